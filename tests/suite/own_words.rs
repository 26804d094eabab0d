//! Everything that the project holds is in its own words: no run of eight words of a withheld text stands anywhere in
//! it, however it is spelled, wrapped or punctuated. The texts stay outside the project, at `../shared/seeds` or
//! `$AFFIANT_TEXTS`; without them nothing is known, and `tests/run.py` says so.
#![expect(
    clippy::disallowed_methods,
    reason = "the test reads the withheld texts and one variable that says where they are"
)]
#![expect(clippy::disallowed_macros, reason = "a test that could not run must say so")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use affiant::model::digest::Digest;
use rayon::prelude::*;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::house::PROJECT;
use crate::tidy::tracked;

/// How many words in a row are copied rather than shared by chance.
const RUN_WORDS: usize = 8;

/// Every word has a letter, so this many letters begin every run.
const BEGINNING: usize = RUN_WORDS;

/// What is left of a text when spelling, case, accents, punctuation, white space and hyphenation are no matter.
fn letters(text: &str) -> String {
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c));
    plain.flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// The runs of words of a text, each as its letters, by their beginnings.
#[derive(Default)]
struct Runs(BTreeMap<String, BTreeSet<String>>);

impl Runs {
    fn add(&mut self, text: &str) {
        let is_between =
            |c: char| !c.is_alphanumeric() && !is_combining_mark(c) && !"'\u{2019}\u{2bc}\u{ad}".contains(c);
        let words: Vec<String> = text.split(is_between).map(letters).filter(|word| !word.is_empty()).collect();
        for run in words.windows(RUN_WORDS).map(<[String]>::concat) {
            let beginning = run.chars().take(BEGINNING).collect();
            self.0.entry(beginning).or_default().insert(run);
        }
    }

    fn len(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// How many of the runs stand in a text.
    fn found_in(&self, text: &str) -> usize {
        let letters = letters(text);
        let starts: Vec<usize> = letters.char_indices().map(|(at, _)| at).chain([letters.len()]).collect();
        let mut found = BTreeSet::new();
        for window in starts.windows(BEGINNING + 1) {
            let runs = self.0.get(&letters[window[0]..window[BEGINNING]]).into_iter().flatten();
            found.extend(runs.filter(|run| letters[window[0]..].starts_with(run.as_str())));
        }
        found.len()
    }
}

/// What a person reads in a file: the strings of JSON, or all of it.
fn texts(path: &str, bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let documents: Vec<Value> = match path.rsplit('.').next() {
        Some("json") => serde_json::from_str(&text).into_iter().collect(),
        Some("jsonl") => text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
        _ => Vec::new(),
    };
    let mut texts = Vec::new();
    documents.iter().for_each(|document| strings(document, &mut texts));
    texts.push(text.into_owned());
    texts
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| strings(value, found)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            found.push(name.clone());
            strings(value, found);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The folder of the withheld texts, or `None` after saying that the test did not run.
fn withheld_folder() -> Option<PathBuf> {
    let beside = || Path::new(PROJECT).join("../shared/seeds");
    let folder = std::env::var_os("AFFIANT_TEXTS").map_or_else(beside, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("own_words: NOT RUN, no withheld texts at {}", folder.display());
        return None;
    }
    Some(folder)
}

/// The withheld captures of the seeds by their digests.
fn withheld_captures() -> BTreeMap<String, String> {
    let sources = fs::read_to_string(format!("{PROJECT}/seeds/sources.jsonl")).expect("the sources");
    let sources: Vec<Value> = sources.lines().map(|line| serde_json::from_str(line).expect("a source")).collect();
    let withheld = sources.iter().filter(|source| source["rights"]["text"] == "withheld");
    let capture = |source: &Value, capture: &Value| {
        let name = format!("{}.{}", source["id"].as_str().expect("an id"), capture["n"]);
        (capture["sha256"].as_str().expect("a digest").to_owned(), name)
    };
    let captures = |source: &'_ Value| -> Vec<(String, String)> {
        source["captures"].as_array().expect("captures").iter().map(|one| capture(source, one)).collect()
    };
    withheld.flat_map(captures).collect()
}

#[test]
fn no_run_of_eight_words_of_a_withheld_text_is_tracked() {
    let Some(folder) = withheld_folder() else { return };
    let mut missing = withheld_captures();
    assert!(!missing.is_empty(), "the seeds withhold texts");
    let mut runs = Runs::default();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let bytes = fs::read(entry.expect("an entry").path()).unwrap_or_default();
        if missing.remove(&Digest::of(&bytes).to_string()).is_some() {
            runs.add(&String::from_utf8_lossy(&bytes));
        }
    }
    assert!(missing.is_empty(), "not at hand: {:?}", missing.values());
    assert!(runs.len() > 1000);

    let files = tracked();
    assert!(files.iter().any(|(path, _)| path.starts_with("seeds/texts/")));
    let found_in = |(path, bytes): &(String, Vec<u8>)| {
        let found: usize = texts(path, bytes).iter().map(|text| runs.found_in(text)).sum();
        (path.clone(), found)
    };
    let mut found: Vec<(String, usize)> = files.par_iter().map(found_in).collect();
    found.retain(|(_, runs)| *runs > 0);
    assert_eq!(found, [], "files, and how many runs of eight words they share with a withheld text");
}

#[test]
fn a_copied_run_is_found_in_any_spelling() {
    let mut runs = Runs::default();
    runs.add("The keeper\u{2019}s men didn't count 1,000 boats at the well-known caf\u{e9} by the pier.\n");
    assert_eq!(runs.len(), 9);
    for (copied, expected) in [
        ("Later THE KEEPER'S MEN DIDN\u{2019}T COUNT 1000 BOATS, they say.", 1),
        ("the keepers men\r\n  didnt, count: \"1 000\u{a0}boats\"", 1),
        ("men didn't count 1,000 boats at the well\u{2014}\nknown cafe\u{301}", 4),
        ("men did\u{ad}n't co-\nunt 1,000 bo\u{200b}ats at the", 1),
        ("\u{201c}1,000 boats at the well known cafe\u{201d}", 1),
        ("\u{ff4d}\u{ff45}\u{ff4e} didn't count 1,000 boats at the", 1),
        ("men didn't count 1,000 boats at", 0),
        ("The keeper's men didn't quite count 1,000 boats at the pier.", 0),
        ("", 0),
    ] {
        assert_eq!(runs.found_in(copied), expected, "{copied}");
    }
}

#[test]
fn a_copied_run_is_found_wherever_it_stands() {
    let mut runs = Runs::default();
    runs.add("one two three four five six seven eight nine");
    let copied = "two three four five six seven eight nine";
    let escaped = copied.replace("five", "\\u0066ive").replace(' ', "\\n");
    let record = format!("{{\"id\":\"x\",\"note\":[{{\"said\":\"{escaped}\"}}]}}\n");
    for (path, text) in [
        ("seeds/claims/a.jsonl", format!("{{\"id\":\"w\"}}\n{record}")),
        ("seeds/dataset.json", record.clone()),
        ("seeds/named.json", format!("{{\"{copied}\":1}}")),
        ("seeds/texts/a.1.txt", copied.to_owned()),
        ("pipeline/lib.rs", format!("// {}", copied.replace("six", "\n// six"))),
        ("seeds/broken.json", format!("{{{copied}")),
    ] {
        assert!(texts(path, text.as_bytes()).iter().any(|text| runs.found_in(text) > 0), "{path}");
    }
    assert_eq!(texts("a.jsonl", record.as_bytes()).iter().filter(|text| runs.found_in(text) > 0).count(), 1);
}
