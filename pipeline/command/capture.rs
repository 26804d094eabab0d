//! `affiant capture`

use std::path::Path;

use serde_json::{Value, json};

use super::Verdict;
use super::sources::{self, SourcesFile};
use super::terminal::Terminal;
use crate::cli;
use crate::error::{Error, Result};
use crate::io::{self, Lock};
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::source::{Capture, Rights, Source, TextRights};
use crate::stage::shelf::{MAX_TEXT_BYTES, text_path};
use crate::stage::suggest;

pub fn run(args: cli::Capture, terminal: &mut Terminal) -> Result<Verdict> {
    let bytes = io::read(&args.file, MAX_TEXT_BYTES)?;
    let id = args.id.clone().map_or_else(|| id_from(&args.file), Ok)?;
    let text = String::from_utf8_lossy(&bytes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        terminal.say("the text is not UTF-8: anchors count its bytes all the same, and no parts are suggested\n");
    }
    let parts = if std::str::from_utf8(&bytes).is_ok() { suggest::parts(&text) } else { Vec::new() };
    let sha256 = Digest::of(&bytes);
    let got = args.got.map(|day| day.to_string());
    let capture = Capture { n: 1, sha256, bytes: bytes.len() as u64, got, by: args.by.clone(), parts };
    let rights = if args.withheld {
        Rights { holder: args.publisher.clone(), text: TextRights::Withheld, license: None }
    } else {
        Rights { holder: args.publisher.clone(), text: TextRights::Included, license: Some(args.license.clone()) }
    };
    let source = Source {
        id,
        publisher: args.publisher.clone(),
        title: None,
        authors: Vec::new(),
        lang: suggest::language(&text).to_owned(),
        url: None,
        published: None,
        published_basis: None,
        from: Vec::new(),
        rights,
        commitment: None,
        captures: vec![capture],
    };
    match &args.into {
        None => terminal.print(&sources::line(&source)?)?,
        Some(dataset) => add(source, &bytes, dataset, terminal)?,
    }
    Ok(Verdict::Good)
}

fn id_from(file: &Path) -> Result<Id> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let words: Vec<&str> =
        stem.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit()).filter(|w| !w.is_empty()).collect();
    words
        .join("-")
        .parse()
        .map_err(|error| Error::Usage(format!("no id can be made of {stem:?} ({error}); give one with --id")))
}

/// Adds a new source, or a new capture of a known one, to a dataset.
fn add(mut source: Source, bytes: &[u8], dataset: &Path, terminal: &mut Terminal) -> Result<()> {
    let lock = Lock::take(dataset)?;
    let mut sources = SourcesFile::open(&lock, dataset)?;
    let known = sources.find(&source.id);
    // Who published a known source stands in its record.
    let publisher = known.is_none().then(|| source.publisher.clone());
    let printed = match known {
        None => sources.add(&source)?,
        Some((range, mut record)) => {
            source.captures[0].n = next_capture(&record, &source)?;
            let capture = serde_json::to_value(&source.captures[0]).map_err(|error| Error::Usage(error.to_string()))?;
            if let Some(captures) = record.get_mut("captures").and_then(Value::as_array_mut) {
                captures.push(capture);
            }
            sources.put(range, &record)?
        }
    };
    let included = source.rights.text == TextRights::Included;
    if included {
        io::write_new(&dataset.join(text_path(&source.capture_id(&source.captures[0]))), bytes)?;
    }
    sources.write()?;
    terminal.print(&printed)?;
    terminal.say(&format!("added {} to {}\n", source.capture_id(&source.captures[0]), sources.path().display()));
    for agent in publisher.iter().chain([&source.captures[0].by]) {
        let record = json!({ "id": agent, "kind": "org", "names": ["..."], "privacy": "open" });
        sources::say_if_missing(dataset, agent, &record, terminal)?;
    }
    terminal.say("look at the suggested parts, then run `affiant anchor` for the words of your first claim\n");
    Ok(())
}

fn next_capture(record: &Value, source: &Source) -> Result<u16> {
    let captures = record.get("captures").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    let digest = source.captures[0].sha256.to_string();
    if captures.iter().any(|capture| capture.get("sha256").and_then(Value::as_str) == Some(&digest)) {
        return Err(Error::Usage(format!("{} has a capture of exactly these bytes already", source.id)));
    }
    let rights = record.pointer("/rights/text").and_then(Value::as_str).unwrap_or_default();
    if rights == "sealed" {
        let message =
            format!("{} is sealed: a capture would tell its text's digest, which confirms any right guess", source.id);
        return Err(Error::Usage(message));
    }
    let given = if source.rights.text == TextRights::Included { "included" } else { "withheld" };
    if rights != given {
        return Err(Error::Usage(format!(
            "the text of {} is {rights}; {}",
            source.id,
            if given == "included" { "add --withheld" } else { "leave out --withheld" }
        )));
    }
    u16::try_from(captures.len() + 1).map_err(|_| Error::Usage(format!("{} has too many captures", source.id)))
}
