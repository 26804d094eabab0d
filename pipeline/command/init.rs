//! `affiant init`

use serde_json::{Value, json};

use super::Verdict;
use super::terminal::Terminal;
use crate::cli::Init;
use crate::error::{Error, Result};
use crate::io;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::render::text::plain;
use crate::stage::search;

const DATASET: &str = include_str!("init/dataset.json");
const CODEBOOK: &str = include_str!("init/README.md");
const TEXT: &str = include_str!("init/example-notice.1.txt");
const ATTRIBUTES: &str = "# The bytes are what is signed: git must never rewrite a line ending.\n* -text\n";

pub fn run(args: Init, terminal: &mut Terminal) -> Result<Verdict> {
    let folder = &args.folder;
    if io::exists(folder) && !io::is_empty_folder(folder)? {
        return Err(Error::Usage(format!("{} is not an empty folder; nothing was written", folder.display())));
    }
    let id = match args.id {
        Some(id) => id,
        None => id_from(&io::name_of(folder)?)?,
    };
    let file = |path: &str, bytes: &[u8]| io::write_new(&folder.join(path), bytes);
    file("dataset.json", DATASET.replace("DATASET-ID", id.as_str()).as_bytes())?;
    file("README.md", CODEBOOK.replace("DATASET-ID", id.as_str()).as_bytes())?;
    file("texts/example-notice.1.txt", TEXT.as_bytes())?;
    file("agents.jsonl", lines(&agents()).as_bytes())?;
    file("events.jsonl", lines(&[event()]).as_bytes())?;
    file("sources.jsonl", lines(&[source()]).as_bytes())?;
    file("claims/example.jsonl", lines(&claims()).as_bytes())?;
    file(".gitattributes", ATTRIBUTES.as_bytes())?;
    let shown = plain(&folder.display().to_string());
    terminal.say(&format!("made the dataset {id} in {shown}; next: `affiant check {shown}`, then put your own records in place of the example's\n"));
    Ok(Verdict::Good)
}

fn id_from(name: &str) -> Result<Id> {
    name.to_lowercase()
        .parse()
        .map_err(|error| Error::Usage(format!("{name:?} cannot be the dataset's id ({error}); give one with --id")))
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn agents() -> Vec<Value> {
    vec![
        json!({ "id": "example-council", "kind": "office", "names": ["Example Town Council"], "privacy": "open" }),
        json!({ "id": "maintainers", "kind": "org", "names": ["The maintainers of this dataset"], "privacy": "open" }),
        json!({ "id": "person-01", "kind": "person", "names": [], "note": "a resident quoted in the notice", "privacy": "masked" }),
    ]
}

fn event() -> Value {
    json!({
        "id": "example-fair", "label": "The example fair", "when": "2026-05-01",
        "where": { "name": "Example Town", "country": "KZ", "precision": "city" },
    })
}

fn source() -> Value {
    json!({
        "id": "example-notice", "publisher": "example-council", "lang": "en", "published": "2026-05-02", "published_basis": "stated",
        "rights": { "holder": "example-council", "text": "included", "license": "CC0-1.0" },
        "captures": [{ "n": 1, "sha256": Digest::of(TEXT.as_bytes()), "bytes": TEXT.len(), "by": "maintainers", "parts": [] }],
    })
}

fn claims() -> Vec<Value> {
    vec![
        json!({
            "id": "ex-0001", "event": "example-fair", "kind": "crowd", "stance": "asserts",
            "value": { "unit": "person", "lo": 401, "hi": null, "qual": "more_than", "said": "more than 400" },
            "when": "2026-05-01", "basis": "stated", "by": ["example-council"], "at": [anchor("more than 400 visitors came")],
        }),
        json!({
            "id": "ex-0002", "event": "example-fair", "kind": "crowd", "stance": "asserts",
            "value": { "unit": "person", "lo": 24, "hi": null, "qual": "indefinite", "said": "a few dozen" },
            "when": "2026-05-01", "basis": "stated", "by": ["example-council", "person-01"], "at": [anchor("a few dozen at most were there")],
            "links": [{ "rel": "tension", "to": "ex-0001", "why": "far fewer, in the same notice" }],
        }),
    ]
}

fn anchor(words: &str) -> Value {
    let span = search::occurrences(TEXT.as_bytes(), words).first().copied();
    json!({ "capture": "example-notice.1", "span": span, "sha256": Digest::of(words.as_bytes()), "quote": words })
}
