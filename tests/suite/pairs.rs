//! `tests/pairs/`: for each class of change a tiny dataset before and after it, and what `affiant diff old new` says of
//! the two in text, in Markdown and in JSON lines.
//!
//! `PAIRS=overwrite cargo test --release --test suite pairs::` writes what it says anew; `git diff` then shows whether
//! people and machines are still told the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use affiant::format::private_key;
use affiant::model::change_class::ChangeClass::{self, *};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::house::{Ended, House, PROJECT, strange_key};

/// The classes of every change of a pair, by id.
type Changes = &'static [(&'static str, &'static [ChangeClass])];

/// Every class, and all that its pair shows: nothing stands beside it that need not.
const PAIRS: &[(ChangeClass, Changes)] = &[
    (C01, &[("f-3", &[C01])]),
    (C02, &[("f-2", &[C02])]),
    (C03, &[("f-2", &[C03])]),
    (C04, &[("f-2", &[C04]), ("f-3", &[C01])]),
    (C05, &[("f-2", &[C05]), ("ferry-fisherman", &[C05])]),
    (C06, &[("f-1", &[C04, C06]), ("f-2", &[C04, C06]), ("f-3", &[C01])]),
    (C07, &[("f-1", &[C04, C07]), ("f-2", &[C01]), ("f-3", &[C01])]),
    (C08, &[("f-2", &[C08, C11, E03])]),
    (C10, &[("f-1", &[C10])]),
    (C11, &[("f-1", &[C11])]),
    (C12, &[("f-1", &[C12]), ("f-3", &[C01])]),
    (C13, &[("f-2", &[C13])]),
    (C14, &[("f-2", &[C14])]),
    (C15, &[("f-2", &[C15])]),
    (E01, &[("f-1", &[E01])]),
    (E02, &[("f-1", &[E02])]),
    (E03, &[("f-1", &[E03])]),
    (E04, &[("f-1", &[E04])]),
    (E05, &[("notice", &[E05])]),
    (E06, &[("notice", &[E06])]),
    (A01, &[("f-2", &[A01])]),
    (A02, &[("town", &[A02])]),
    (R01, &[("person-02", &[R01])]),
    (R02, &[("person-02", &[R02])]),
    (R03, &[("office", &[R03])]),
    (R04, &[("notice", &[R04])]),
    (R05, &[("person-01", &[R05])]),
    (S01, &[("dataset.json", &[S01])]),
    (S02, &[("dataset.json", &[S02])]),
    (S03, &[("dataset.json", &[S03])]),
    (D01, &[("claim", &[D01]), ("f-2", &[C03])]),
    (D02, &[("dataset.json", &[D02])]),
    (D03, &[("dataset.json", &[D03])]),
    (D04, &[("dataset.json", &[D04])]),
    (D05, &[("README.md", &[D05])]),
];

/// The forms that are kept, and the files they are kept in.
const FORMS: [(&str, &str); 3] = [("text", "expected.txt"), ("markdown", "expected.md"), ("jsonl", "expected.jsonl")];

fn folder() -> PathBuf {
    Path::new(PROJECT).join("tests/pairs")
}

fn name(class: ChangeClass) -> String {
    format!("{}-{}", class.code(), class.name())
}

/// What the program says, run in the folder of a pair.
fn say(class: ChangeClass, arguments: &[&str]) -> Ended {
    let mut command = House::empty().command(arguments);
    Ended(command.current_dir(folder().join(name(class))).output().expect("the program runs"))
}

fn diff(class: ChangeClass, form: &str) -> String {
    say(class, &["diff", "old", "new", "--format", form]).with_code(0).stdout()
}

/// The lines of JSON that hold changes.
fn changes(lines: &str) -> Vec<Value> {
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.filter(|line| line.get("fingerprint").is_some()).collect()
}

fn classes(change: &Value) -> Vec<ChangeClass> {
    serde_json::from_value(change["classes"].clone()).expect("classes")
}

#[test]
fn every_class_has_a_pair_and_every_pair_a_class() {
    let paired: Vec<ChangeClass> = PAIRS.iter().map(|(class, _)| *class).collect();
    assert_eq!(paired, ChangeClass::ALL);
    let folders = fs::read_dir(folder()).expect("the pairs").map(|entry| entry.expect("an entry").file_name());
    let folders: BTreeSet<String> = folders.map(|name| name.into_string().expect("a name in UTF-8")).collect();
    assert_eq!(folders, ChangeClass::ALL.iter().copied().map(name).collect());
}

#[test]
fn both_sides_of_a_pair_pass_their_checks() {
    PAIRS.par_iter().for_each(|(class, _)| {
        for side in ["old", "new"] {
            let report = say(*class, &["check", side, "--format", "json"]).with_code(0).json();
            // So small a dataset makes a curator wonder, and it may.
            assert_eq!(report["errors"], 0, "{class} {side}");
        }
    });
}

#[test]
fn a_pair_shows_its_class_and_nothing_else() {
    PAIRS.par_iter().for_each(|(class, expected)| {
        let found = changes(&diff(*class, "jsonl"));
        let found: Vec<(&str, Vec<ChangeClass>)> =
            found.iter().map(|change| (change["id"].as_str().expect("an id"), classes(change))).collect();
        let expected: Vec<(&str, Vec<ChangeClass>)> =
            expected.iter().map(|(id, classes)| (*id, classes.to_vec())).collect();
        assert_eq!(found, expected, "{class}");
        assert!(found.iter().any(|(_, classes)| classes.contains(class)), "{class}");
    });
}

#[test]
fn a_pair_is_told_as_it_was() {
    let is_overwritten = std::env::var("PAIRS").is_ok_and(|wish| wish == "overwrite");
    PAIRS.par_iter().for_each(|(class, _)| {
        for (form, file) in FORMS {
            let path = folder().join(name(*class)).join(file);
            let said = diff(*class, form);
            if is_overwritten {
                fs::write(&path, &said).expect("a new file");
            }
            let kept = fs::read_to_string(&path).unwrap_or_default();
            assert!(said == kept, "{}: kept\n{kept}\nsaid\n{said}", path.display());
        }
    });
}

#[test]
fn all_forms_tell_the_same() {
    PAIRS.par_iter().for_each(|(class, _)| {
        let changes = changes(&diff(*class, "jsonl"));
        let document: Value = serde_json::from_str(&diff(*class, "json")).expect("JSON");
        assert_eq!(document["changes"], json!(changes), "{class}");
        for form in ["text", "markdown"] {
            let said = diff(*class, form);
            for change in &changes {
                let word = |member: &str| change[member].as_str().expect("a word").to_owned();
                let (id, fingerprint) = (word("id"), word("fingerprint"));
                let line = said.lines().find(|line| line.contains(&id) && line.contains(&fingerprint));
                assert!(line.is_some(), "{class}: {id} {fingerprint} in {form}\n{said}");
                assert!(
                    classes(change).iter().all(|class| said.contains(&class.to_string())),
                    "{class} in {form}\n{said}"
                );
            }
        }
    });
}

/// A release of the harbour and another one beside it, as they are: nobody verifies them.
fn between_releases(house: &House) -> Vec<Value> {
    changes(&house.affiant(&["diff", "dist/1.0.0", "other/1.0.0", "--format", "jsonl"]).with_code(0).stdout())
}

#[test]
fn another_first_signer_is_told() {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    house.write("strange", private_key::to_openssh(&strange_key(), "tests").as_bytes());
    let arguments = ["release", "dataset", "--texts", "texts", "--version", "1.0.0", "--date", "2026-11-21"];
    house.affiant(&[&arguments[..], &["--key", "strange", "--out", "other"]].concat()).with_code(0);
    let changes = between_releases(&house);
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!(changes[0]["kind"], "signer");
    assert_eq!(classes(&changes[0]), [D02]);
    let [old, new] = [crate::house::key(), strange_key()].map(|key| json!(key.verifying_key().fingerprint()));
    let patch = json!([{ "op": "test", "path": "/signer", "value": old }, { "op": "replace", "path": "/signer", "value": new }]);
    assert_eq!(changes[0]["patch"], patch);
}

#[test]
fn schemas_of_releases_are_held_against_each_other() {
    const SCHEMA: &str = "data/schemas/event.schema.json";
    let text = |most: u32| format!(r#"{{"type":"string","maxLength":{most}}}"#);
    let pattern = |pattern: &str| format!(r#"{{"type":"string","pattern":"{pattern}"}}"#);
    let cases =
        [(text(200), text(300), S01), (text(200), text(100), S02), (pattern("^a+$"), pattern("^(aa|a)+$"), S03)];
    let house = House::new();
    house.release("1.0.0").with_code(0);
    house.copy(&house.path("dist/1.0.0"), "other/1.0.0");
    for (old, new, class) in cases {
        house.write(&format!("dist/1.0.0/{SCHEMA}"), &old);
        house.write(&format!("other/1.0.0/{SCHEMA}"), &new);
        let changes = between_releases(&house);
        assert_eq!(changes.len(), 1, "{changes:#?}");
        assert_eq!([&changes[0]["kind"], &changes[0]["id"]], ["file", "schemas/event.schema.json"]);
        assert_eq!(classes(&changes[0]), [class], "{old} {new}");
    }
    house.remove(&format!("other/1.0.0/{SCHEMA}"));
    assert_eq!(classes(&between_releases(&house)[0]), [S02]);
}
