//! `tests/releases/`: good and bad releases, kept as files so that any verifier can be tried on them.
//!
//! A bad release is kept as what differs from the good one it was made from: files that are new or have other bytes, and
//! in its `case.json` those that are gone.
//!
//! The files cannot drift from the code that makes them. `CORPUS=overwrite cargo test --release --test suite corpus::`
//! writes them anew; `git diff` then shows what that means for releases that are out in the world.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::good;
use crate::house::{Ended, House, PROJECT};
use crate::spoiled::{RELEASES, Release};
use crate::tamper;

/// What the verifier is asked about a case, and what it must say.
pub const RUNS: &str = "case.json";

/// The releases that bad ones were made from.
const BASE: &str = "good/first-and-second";

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    File(Vec<u8>),
    Link(PathBuf),
}

/// Files and links by their path below `tests/releases/`.
type Corpus = BTreeMap<String, Content>;

fn folder() -> PathBuf {
    Path::new(PROJECT).join("tests/releases")
}

/// Adds everything below a folder on disk.
fn collect(disk: &Path, below: &str, corpus: &mut Corpus) {
    for item in fs::read_dir(disk).expect("a folder") {
        let path = item.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let place = format!("{below}/{name}");
        if path.is_symlink() {
            corpus.insert(place, Content::Link(fs::read_link(&path).expect("a link")));
        } else if path.is_dir() {
            collect(&path, &place, corpus);
        } else {
            corpus.insert(place, Content::File(fs::read(&path).expect("a file")));
        }
    }
}

fn on_disk() -> Corpus {
    let mut corpus = Corpus::new();
    for kind in ["good", "bad"] {
        collect(&folder().join(kind), kind, &mut corpus);
    }
    corpus
}

fn case(name: &str, release: &Release, case: &Value) -> Corpus {
    let mut corpus = Corpus::new();
    collect(&release.house.path(RELEASES), name, &mut corpus);
    let lines = serde_json::to_string_pretty(case).expect("JSON");
    corpus.insert(format!("{name}/{RUNS}"), Content::File(format!("{lines}\n").into_bytes()));
    corpus
}

fn bad(case_of: &tamper::Case, base: &Corpus) -> Corpus {
    let release = case_of.release();
    let name = format!("bad/{}/{}", case_of.code, case_of.what);
    let mut corpus = Corpus::new();
    collect(&release.house.path(RELEASES), &name, &mut corpus);
    let at = |path: &str| format!("{name}/{path}");
    let has = |version: &str| corpus.keys().any(|path| path.starts_with(&at(&format!("{version}/"))));
    let versions: Vec<&str> = ["1.0.0", "1.1.0"].into_iter().filter(|version| has(version)).collect();
    let base: Corpus = base.clone().into_iter().filter(|(path, _)| versions.contains(&version_of(path))).collect();
    let gone: Vec<&String> = base.keys().filter(|path| !corpus.contains_key(&at(path))).collect();
    let bases: Vec<String> = versions.iter().map(|version| format!("{BASE}/{version}")).collect();
    let run = json!({
        "path": release.version, "arguments": release.arguments, "exit": 1, "verdict": "refused",
        "code": case_of.code, "file": case_of.place(&release),
    });
    let wanted = case(&name, &release, &json!({ "base": bases, "gone": gone, "runs": [run] }));
    corpus.retain(|path, content| {
        let in_base = path.strip_prefix(&at("")).and_then(|path| base.get(path));
        in_base != Some(content)
    });
    corpus.extend(wanted.into_iter().filter(|(path, _)| path.ends_with(RUNS)));
    corpus
}

fn version_of(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// The releases that bad ones were made from, by their paths.
fn base(corpus: &Corpus) -> Corpus {
    let below =
        |(path, content): (&String, &Content)| Some((path.strip_prefix(BASE)?[1..].to_owned(), content.clone()));
    corpus.iter().filter_map(below).collect()
}

fn good(good: &good::Good) -> Corpus {
    let release = good.release();
    let run = |run: &good::Run| {
        let more = run.arguments.iter().map(|&word| word.to_owned());
        let arguments: Vec<String> = release.arguments.iter().cloned().chain(more).collect();
        json!({ "path": run.path, "arguments": arguments, "exit": run.exit, "verdict": run.verdict })
    };
    let runs: Vec<Value> = good.runs.iter().map(run).collect();
    case(&format!("good/{}", good.name), &release, &json!({ "runs": runs }))
}

fn made() -> Corpus {
    let good: Corpus = good::GOOD.par_iter().map(good).collect::<Vec<_>>().into_iter().flatten().collect();
    let base = base(&good);
    let bad: Vec<_> = tamper::kept().collect::<Vec<_>>().into_par_iter().map(|case| bad(case, &base)).collect();
    bad.into_iter().flatten().chain(good).collect()
}

fn overwrite(corpus: &Corpus) {
    for kind in ["good", "bad"] {
        _ = fs::remove_dir_all(folder().join(kind));
    }
    for (path, content) in corpus {
        let path = folder().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        match content {
            Content::File(bytes) => fs::write(path, bytes).expect("a new file"),
            Content::Link(to) => symlink(to, path).expect("a new link"),
        }
    }
}

#[test]
fn the_corpus_is_what_the_code_makes() {
    let made = made();
    if std::env::var("CORPUS").is_ok_and(|wish| wish == "overwrite") {
        overwrite(&made);
    }
    let kept = on_disk();
    let differs = |path: &&String| made.get(*path) != kept.get(*path);
    let paths: Vec<&String> = made.keys().chain(kept.keys()).filter(differs).collect();
    assert!(paths.is_empty(), "{paths:#?}");
}

/// What differs from what a run must say, if anything.
fn fault(house: &House, name: &str, run: &Value) -> Option<String> {
    let arguments: Vec<String> = serde_json::from_value(run["arguments"].clone()).expect("arguments");
    let verify = |format: &str| {
        let path = run["path"].as_str().expect("a path");
        let fixed = ["verify", path, "--trust", "trust", "--format", format].map(str::to_owned);
        let words: Vec<&str> = fixed.iter().chain(&arguments).map(String::as_str).collect();
        let output = house.command(&words).current_dir(house.path(name)).output();
        Ended(output.expect("the program runs"))
    };
    let (ended, words) = (verify("json"), verify("text"));
    let report = ended.json();
    let first = &report["findings"][0];
    let said = json!([ended.code(), report["verdict"], first["code"], first["file"]]);
    let expected = json!([run["exit"], run["verdict"], run["code"], run["file"]]);
    let boasts = run["exit"] != 0 && words.stdout().contains("verified");
    let holds = said == expected && words.code() == ended.code() && !boasts;
    (!holds).then(|| format!("{name}: expected {expected}\n{}{}", ended.stdout(), words.stdout()))
}

/// Adds to a bad release what it has from the good one.
fn make_whole(house: &House, name: &str, case: &Value) {
    let Some(bases) = case["base"].as_array() else { return };
    let gone: Vec<String> = serde_json::from_value(case["gone"].clone()).expect("paths");
    for base in bases.iter().filter_map(Value::as_str) {
        let version = base.rsplit('/').next().unwrap_or_default();
        for (path, bytes) in house.files(base) {
            let path = format!("{version}/{path}");
            let here = format!("{name}{path}");
            if !gone.contains(&path) && house.path(&here).symlink_metadata().is_err() {
                house.write(&here, bytes);
            }
        }
    }
}

#[test]
fn every_case_of_the_corpus_ends_as_it_says() {
    // In a copy: what passes is remembered.
    let house = House::empty();
    house.copy(&folder(), "");
    let names: Vec<String> =
        house.tree("").into_iter().filter_map(|path| Some(path.strip_suffix(RUNS)?.to_owned())).collect();
    let faults: Vec<String> = names
        .par_iter()
        .flat_map_iter(|name| {
            let case = house.json(&format!("{name}{RUNS}"));
            make_whole(&house, name, &case);
            let runs: Vec<Value> = case["runs"].as_array().expect("runs").clone();
            let house = &house;
            runs.into_iter().filter_map(move |run| fault(house, name, &run))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(names.len() > 100);
}
