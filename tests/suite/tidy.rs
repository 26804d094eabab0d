//! The house rules that a reader can count on: who may import what, one door to each crate, short files, nothing in
//! the project that must stay out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

use affiant::model::digest::Digest;
use rayon::prelude::*;
use regex::Regex;
use serde_json::Value;

use crate::house::PROJECT;

/// What each layer may import of ours. Only `command`, `lib.rs` and `main.rs` may import everything.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &["model"]),
    ("format", &["model", "format"]),
    ("finding", &["model", "finding"]),
    ("error", &[]),
    ("stage", &["model", "format", "finding", "error", "stage"]),
    ("render", &["model", "format", "finding", "stage", "render"]),
    ("io", &["stage", "error"]),
    ("cli", &["model", "format"]),
];

/// The only files that may reach for a crate, or for a part of the standard library that touches the world.
const DOORS: &[(&str, &[&str])] = &[
    ("anstream", &["command/git_diff.rs", "command/mod.rs", "command/terminal.rs"]),
    ("anstyle", &["render/text.rs"]),
    ("base45", &["format/compact_receipt.rs"]),
    ("base64", &["format/"]),
    ("blake2", &["format/minisig.rs"]),
    ("clap", &["cli/", "cli/", "command/plain.rs", "main.rs"]),
    ("clap_complete", &["cli/plain.rs", "command/plain.rs"]),
    ("clap_mangen", &["command/plain.rs"]),
    ("compact_str", &["model/id.rs"]),
    ("csv", &["format/table/csv_table.rs"]),
    ("ed25519_dalek", &["format/ed25519.rs"]),
    ("flate2", &["io/"]),
    ("getrandom", &["command/chance.rs"]),
    ("hashbrown", &["stage/index.rs"]),
    ("hmac", &["format/commitment.rs"]),
    ("indicatif", &["command/progress.rs"]),
    ("jsonschema", &["stage/validator.rs", "stage/containment.rs"]),
    ("memchr", &["stage/"]),
    ("mimalloc", &["main.rs"]),
    ("multiversion", &["model/digest/lanes.rs"]),
    ("parquet", &["format/table/parquet_table.rs"]),
    ("quick_xml", &["render/diff/junit.rs"]),
    ("rayon", &["io/mod.rs", "command/mod.rs", "stage/"]),
    ("regex", &["stage/rule.rs"]),
    ("rpassword", &["command/"]),
    ("rusqlite", &["io/sqlite.rs"]),
    ("rustix", &["io/"]),
    (
        "semver",
        &[
            "cli/",
            "format/release_line.rs",
            "model/change.rs",
            "model/export.rs",
            "model/release_info.rs",
            "model/seen.rs",
            "stage/assemble.rs",
            "stage/diff/facts.rs",
            "stage/law.rs",
        ],
    ),
    ("serde", &["model/", "finding/", "format/", "stage/", "render/", "command/"]),
    ("serde_json", &["model/", "format/", "stage/", "render/", "command/"]),
    ("serde_json_canonicalizer", &["format/canonical.rs"]),
    ("serde_path_to_error", &["stage/validate.rs"]),
    ("sha2", &["model/digest.rs", "model/digest/lanes.rs"]),
    ("simdutf8", &["format/utf8.rs"]),
    ("similar", &["render/"]),
    ("ssh_key", &["format/"]),
    ("tar", &["io/"]),
    ("tempfile", &["io/"]),
    ("thiserror", &["model/", "format/", "finding/", "error.rs"]),
    ("unicode_normalization", &["format/", "stage/search.rs"]),
    ("whatlang", &["stage/suggest.rs"]),
    ("zeroize", &["format/commitment.rs", "format/private_key.rs", "io/secret.rs", "command/"]),
    ("zip", &["io/"]),
    ("zstd", &["io/"]),
    (
        "std::env",
        &["command/agent.rs", "command/git_diff.rs", "command/key.rs", "command/memory.rs", "command/release.rs"],
    ),
    ("std::fs", &["io/"]),
    ("std::net", &[]),
    ("std::os::unix::net", &["io/agent.rs"]),
    // Git is not linked but run: whoever has a repository has git, and what it says is what everybody else sees.
    ("std::process", &["command/mod.rs", "io/git/", "main.rs"]),
    ("std::time", &["command/clock.rs", "command/progress.rs"]),
];

/// Longest source file, in lines.
const FILE_LINES: usize = 400;

/// Longest README of the project, in lines.
const README_LINES: usize = 150;

/// Shortest stretch of a withheld text that is looked for, in bytes.
const STRETCH_BYTES: usize = 30;

/// The files that git tracks, without the paths that a commit is about to remove.
pub fn tracked() -> Vec<(String, Vec<u8>)> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(PROJECT).output().expect("git runs");
    assert!(output.status.success(), "the project is a git repository");
    let paths = String::from_utf8(output.stdout).expect("UTF-8");
    let read = |path: &str| Some((path.to_owned(), std::fs::read(format!("{PROJECT}/{path}")).ok()?));
    let files: Vec<_> = paths.split_terminator('\0').filter_map(read).collect();
    assert!(files.iter().any(|(path, _)| path == "Cargo.toml"));
    files
}

/// The source files by their path below `pipeline/`.
fn sources() -> Vec<(String, String)> {
    let source = |(path, bytes): (String, Vec<u8>)| {
        let path = path.strip_prefix("pipeline/").filter(|path| path.ends_with(".rs"))?.to_owned();
        Some((path, String::from_utf8(bytes).expect("UTF-8")))
    };
    let sources: Vec<_> = tracked().into_iter().filter_map(source).collect();
    assert!(sources.iter().any(|(path, _)| path == "lib.rs"));
    sources
}

/// The code of a file: no comments, no unit tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// The module that a file holds, as a path.
fn module(path: &str) -> Vec<&str> {
    path.trim_end_matches(".rs").trim_end_matches("/mod").split('/').collect()
}

/// The modules of ours that some code names.
fn named<'a>(path: &'a str, code: &'a str) -> Vec<Vec<&'a str>> {
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(crate::|(?:super::)+)([a-z_0-9]+)(?:::([a-z_0-9]+))?").expect("a pattern"));
    let resolve = |found: regex::Captures<'a>| {
        let mut target = module(path);
        let levels = found.get(1).map_or("", |m| m.as_str()).matches("super").count();
        target.truncate(if levels == 0 { 0 } else { target.len().saturating_sub(levels) });
        target.extend([found.get(2), found.get(3)].into_iter().flatten().map(|m| m.as_str()));
        target
    };
    PATH.captures_iter(code).map(resolve).collect()
}

#[test]
fn layers_import_downwards() {
    let mut checked = BTreeSet::new();
    for (path, text) in sources() {
        let layer = module(&path)[0];
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            assert!(["command", "lib", "main"].contains(&layer), "{path} belongs to no layer");
            continue;
        };
        checked.insert(layer.to_owned());
        for target in named(&path, &code(&text)) {
            assert!(allowed.contains(&target[0]) || target[0] == layer, "{path} imports {}", target.join("::"));
        }
    }
    assert_eq!(checked.len(), LAYERS.len(), "{checked:?}");
}

#[test]
fn a_stage_imports_earlier_stages_only() {
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources() {
        let [layer, stage, ..] = module(&path)[..] else { continue };
        if layer != "stage" {
            continue;
        }
        let text = code(&text);
        let targets = named(&path, &text).into_iter().filter(|target| target.len() > 1 && target[0] == "stage");
        let others = targets.map(|target| target[1].to_owned()).filter(|other| other != stage);
        imports.entry(stage.to_owned()).or_default().extend(others);
    }
    let stages = imports.len();
    let mut done = BTreeSet::new();
    while let Some(next) = imports.iter().find(|(_, needs)| needs.is_subset(&done)).map(|(stage, _)| stage.clone()) {
        imports.remove(&next);
        done.insert(next);
    }
    assert!(imports.is_empty(), "stages that wait for each other: {imports:?}");
    assert!(stages > 15 && done.contains("verify"));
}

#[test]
fn each_crate_has_one_door() {
    let sources: Vec<_> = sources().into_iter().map(|(path, text)| (path, code(&text))).collect();
    for (name, doors) in DOORS {
        let pattern = Regex::new(&format!(r"(?:\b{name}::|\buse {name};)")).expect("a pattern");
        let users: Vec<_> = sources.iter().filter(|(_, code)| pattern.is_match(code)).map(|(path, _)| path).collect();
        for path in &users {
            assert!(doors.iter().any(|door| path.starts_with(door)), "{path} reaches for {name}");
        }
        for door in *doors {
            assert!(users.iter().any(|path| path.starts_with(door)), "{door} is no door to {name} any more");
        }
    }
    let manifest = std::fs::read_to_string(format!("{PROJECT}/Cargo.toml")).expect("Cargo.toml");
    let (_, rest) = manifest.split_once("[dependencies]\n").expect("dependencies");
    let dependencies = rest.lines().take_while(|line| !line.is_empty());
    for name in dependencies.map(|line| line.split(' ').next().unwrap_or_default().replace('-', "_")) {
        assert!(DOORS.iter().any(|(door, _)| *door == name), "no door is named for {name}");
    }
}

#[test]
fn stages_know_no_world_and_no_chance() {
    let banned =
        Regex::new(r"\b(HashMap|HashSet|SystemTime|Instant|thread_rng|println|eprintln)\b").expect("a pattern");
    for (path, text) in sources().iter().filter(|(path, _)| !path.starts_with("command/")) {
        assert!(!banned.is_match(&code(text)), "{path}");
    }
}

#[test]
fn no_file_is_long() {
    // Unit tests stand in the file of what they test, and do not count.
    let code =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).split("#[cfg(test)]").next().unwrap_or_default().lines().count();
    let limit = |path: &str| match path {
        path if path.ends_with(".rs") => FILE_LINES,
        "README.md" => README_LINES,
        _ => usize::MAX,
    };
    let files = tracked();
    assert!(files.iter().any(|(path, _)| path == "README.md"));
    let long: Vec<String> = files
        .iter()
        .filter(|(path, bytes)| code(bytes) > limit(path))
        .map(|(path, bytes)| format!("{path}: {} lines", code(bytes)))
        .collect();
    assert_eq!(long, [""; 0]);
}

#[test]
fn no_key_and_no_path_of_a_machine_is_tracked() {
    // Put together here, so that this file holds neither.
    let key = Regex::new(&["-----BEGIN [A-Z ]*PRIVATE", r" KEY-----(?:\s|\\n)*[A-Za-z0-9+/]{16}"].concat())
        .expect("a pattern");
    let path =
        Regex::new(&["(?m)(?:^|[^\\w.~/:-])/(?:home|root|Users", "|work|tmp)/[A-Za-z]"].concat()).expect("a pattern");
    for (file, bytes) in tracked() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!key.is_match(&text), "{file} holds a private key");
        let found = path.find(&text).map(|found| found.as_str().to_owned());
        assert_eq!(found, None, "{file} names a path of one machine");
    }
}

/// Length and digest of every stretch of a withheld text on which a claim of the project stands, unless the few words
/// that `said` may repeat are all of it.
fn withheld_stretches() -> BTreeMap<usize, BTreeSet<String>> {
    let files = tracked();
    let records = |folder: &str| -> Vec<Value> {
        let lines = files
            .iter()
            .filter(|(path, _)| path.starts_with(folder))
            .flat_map(|(_, bytes)| bytes.split(|&b| b == b'\n'));
        lines.filter(|line| !line.is_empty()).map(|line| serde_json::from_slice(line).expect("a record")).collect()
    };
    let sources = records("seeds/sources.jsonl");
    let is_withheld = |anchor: &Value| {
        let capture = anchor["capture"].as_str().unwrap_or_default();
        let source = sources.iter().find(|source| capture.split('.').next() == source["id"].as_str());
        source.is_some_and(|source| source["rights"]["text"] == "withheld")
    };
    let mut stretches: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for claim in records("seeds/claims/") {
        for anchor in claim["at"].as_array().expect("anchors").iter().filter(|anchor| is_withheld(anchor)) {
            let (start, end): (usize, usize) = serde_json::from_value(anchor["span"].clone()).expect("a span");
            let digest = anchor["sha256"].as_str().expect("a digest").to_owned();
            if claim["value"]["said"].as_str().is_none_or(|said| Digest::of(said.as_bytes()).to_string() != digest) {
                stretches.entry(end - start).or_default().insert(digest);
            }
        }
    }
    stretches
}

/// Where words of a withheld text stand in some bytes.
fn withheld_words(bytes: &[u8], stretches: &BTreeMap<usize, BTreeSet<String>>) -> Vec<usize> {
    let is_start = |at: &usize| *at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
    let holds = |at: &usize| {
        stretches.iter().any(|(length, digests)| {
            bytes.get(*at..at + length).is_some_and(|words| digests.contains(&Digest::of(words).to_string()))
        })
    };
    (0..bytes.len()).filter(is_start).filter(holds).collect()
}

#[test]
fn no_words_of_a_withheld_text_are_tracked() {
    let mut stretches = withheld_stretches().split_off(&STRETCH_BYTES);
    assert!(stretches.values().map(BTreeSet::len).sum::<usize>() > 50);
    let files: Vec<_> = tracked().into_iter().filter(|(path, _)| path != "Cargo.lock").collect();
    let search = |(path, bytes): &(String, Vec<u8>)| (path.clone(), withheld_words(bytes, &stretches));
    let mut found: Vec<_> = files.par_iter().map(search).collect();
    found.retain(|(_, places)| !places.is_empty());
    assert_eq!(found, []);

    let words = b"words that a claim might stand on";
    stretches.entry(words.len()).or_default().insert(Digest::of(words).to_string());
    assert_eq!(withheld_words(b"The words that a claim might stand on.", &stretches), [4]);
}
