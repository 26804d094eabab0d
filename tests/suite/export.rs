//! `affiant export`: what is refused, what every form holds, and that nothing of a record is left out in silence.
//! What other programs read in the forms is in tests/clients/export_client.py.

use std::collections::BTreeSet;

use affiant::format::schema;
use affiant::model::kind::RecordKind;
use affiant::model::table::Table;
use serde_json::Value;

use crate::house::{Ended, House};

const RELEASE: &str = "dist/1.0.0";

/// The harbour and its release 1.0.0.
fn harbour() -> House {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    house
}

/// Nothing was exported, for this reason, and nothing is left of it.
fn refused(house: &House, arguments: &[&str], reason: &str) {
    let before = house.tree(".");
    let ended = house.affiant(&[&["export"], arguments].concat()).with_code(2);
    assert!(ended.stderr().contains(reason), "{}", ended.stderr());
    assert_eq!(ended.stdout(), "");
    assert_eq!(house.tree("."), before);
}

fn export(house: &House, arguments: &[&str]) -> Ended {
    house.affiant(&[&["export"], arguments].concat()).with_code(0)
}

/// The pointers of everything that a record of a schema can hold, arrays of two apart.
fn fields(schema: &Value, node: &Value, pointer: &str, found: &mut BTreeSet<String>) {
    let node = match node["$ref"].as_str() {
        Some(target) => schema.pointer(target.trim_start_matches('#')).expect(target),
        None => node,
    };
    let branches = ["if", "then", "else"].map(|keyword| &node[keyword]);
    if branches.iter().any(|branch| branch.is_object()) {
        return branches[1..].iter().for_each(|branch| fields(schema, branch, pointer, found));
    }
    if let Some(properties) = node["properties"].as_object() {
        return properties.iter().for_each(|(name, inner)| fields(schema, inner, &format!("{pointer}/{name}"), found));
    }
    match (&node["items"], node["minItems"].as_u64() == Some(2) && node["minItems"] == node["maxItems"]) {
        (Value::Null, _) => _ = found.insert(pointer.to_owned()),
        (items, true) => ["0", "1"].iter().for_each(|at| fields(schema, items, &format!("{pointer}/{at}"), found)),
        (items, false) => fields(schema, items, &format!("{pointer}/*"), found),
    }
}

/// What a record can hold and no column does, and why.
const LEFT_OUT: [(RecordKind, &str); 1] = [
    // A voice that is only an id: the same as /by/*/agent.
    (RecordKind::Claim, "/by/*"),
];

#[test]
fn every_field_of_every_record_is_in_a_column() {
    for kind in RecordKind::ALL {
        let file = format!("{}.schema.json", kind.word());
        let text = schema::ALL.iter().find(|schema| schema.file == file).expect("a schema").text;
        let schema: Value = serde_json::from_str(text).expect("JSON");
        let mut wanted = BTreeSet::new();
        fields(&schema, &schema, "", &mut wanted);
        assert!(wanted.len() >= 6, "{wanted:?}");
        for (_, field) in LEFT_OUT.iter().filter(|(other, _)| *other == kind) {
            assert!(wanted.remove(*field), "{field}");
        }
        let tables = Table::ALL.iter().filter(|table| table.record == Some(kind));
        let columns = tables.flat_map(|table| table.columns).filter_map(|column| column.field);
        let held: BTreeSet<String> = columns.map(str::to_owned).collect();
        assert_eq!(held, wanted, "{kind}: on the left what is exported, on the right what the schema allows");
    }
}

#[test]
fn the_same_release_gives_the_same_bytes_from_anywhere_with_any_number_of_threads() {
    let house = harbour();
    let trust = ["--trust", "trust"];
    let says = export(&house, &[&[RELEASE, "--out", "one", "--threads", "1"], &trust[..]].concat()).stdout();
    assert!(says.starts_with("harbour 1.0.0 (seq 1, 2026-11-21), verified\n"), "{says}");
    export(&house, &[&[RELEASE, "--out", "deep/four", "--threads", "4"], &trust[..]].concat());
    assert_eq!(house.files("one"), house.files("deep/four"));
    house.affiant(&["pack", RELEASE, "--out", "harbour.zip"]).with_code(0);
    export(&house, &[&["harbour.zip", "--out", "packed"], &trust[..]].concat());
    assert_eq!(house.files("one"), house.files("packed"));
    assert_eq!(house.files("one").len(), 2 * Table::ALL.len() + 6);
}

#[test]
fn only_the_forms_that_are_asked_for() {
    let house = harbour();
    export(&house, &["dataset", "--out", "csv", "--format", "csv"]);
    export(&house, &["dataset", "--out", "two", "--format", "sqlite,parquet,sqlite"]);
    let below = |folder: &str| -> Vec<String> {
        house.tree(folder).into_iter().filter(|path| !path.trim_end_matches('/').contains('/')).collect()
    };
    assert_eq!(below("csv"), ["CODEBOOK.md", "README.md", "croissant.json", "csv/", "datapackage.json"]);
    assert_eq!(below("two"), ["CODEBOOK.md", "README.md", "harbour.sqlite", "parquet/"]);
    export(&house, &[RELEASE, "--out", "one", "--format", "sqlite"]);
    assert_eq!(below("one"), ["CODEBOOK.md", "README.md", "harbour.sqlite", "ro-crate-metadata.json"]);
    assert_eq!(house.bytes("csv/CODEBOOK.md"), house.bytes("dataset/README.md"));
}

#[test]
fn an_export_says_how_far_it_is_to_be_trusted() {
    let house = harbour();
    let told = |out: &str, arguments: &[&str]| {
        let says = export(&house, &[arguments, &["--out", out, "--format", "csv"]].concat()).stdout();
        (says, house.text(&format!("{out}/csv/release.csv")), house.text(&format!("{out}/README.md")))
    };
    let (says, table, readme) = told("verified", &[RELEASE, "--trust", "trust"]);
    assert!(says.contains("1.0.0 (seq 1, 2026-11-21), verified\n"), "{says}");
    assert!(table.contains(",verified,1.0.0,1,2026-11-21,") && readme.contains("Its seals, its files and its records"));

    let (says, table, readme) = told("not-verified", &[RELEASE]);
    assert!(says.contains("not verified: its seals were not looked at"), "{says}");
    assert!(table.contains(",not verified,1.0.0,1,2026-11-21,") && readme.contains("**Its seals were not**"));

    let (says, table, readme) = told("draft", &["dataset"]);
    assert!(says.contains("harbour, a draft"), "{says}");
    assert!(table.contains(",draft,,,,,") && readme.contains("**a draft**") && readme.contains("not to be cited"));
    for says in [&says, &readme] {
        assert!(says.contains(" not"), "what was not checked is said: {says}");
    }
}

#[test]
fn what_does_not_verify_or_pass_the_check_is_not_exported() {
    let house = harbour();
    refused(&house, &[RELEASE, "--out", RELEASE, "--trust", "trust"], "never overwritten");
    refused(&house, &[RELEASE, "--out", "dist/1.0.0/tables"], "would lie in what is exported");
    refused(&house, &["dataset", "--out", ".."], "no name for a new folder");
    refused(&house, &["nothing", "--out", "out"], "nothing");

    house.copy(&house.path(RELEASE), "forged/1.0.0");
    house.swap("forged/1.0.0/data/agents.jsonl", "The Harbour Gazette", "The Harbour Gazetto");
    refused(&house, &["forged/1.0.0", "--out", "out", "--trust", "trust"], "does not verify; nothing was exported");
    refused(&house, &["forged/1.0.0", "--out", "out"], "not those that release.json names");

    house.write("dataset/events.jsonl", "{}\n");
    refused(&house, &["dataset", "--out", "out"], "does not pass `affiant check`; nothing was exported");
}

#[test]
fn the_statuses_of_a_release_that_was_not_verified_are_computed_anew() {
    let house = harbour();
    export(&house, &[RELEASE, "--out", "true", "--format", "csv"]);
    house.swap(
        "dist/1.0.0/data/statuses.jsonl",
        r#"{"by":["pf-0002"],"id":"pf-0001","status":"disputed"}"#,
        r#"{"by":["pf-0002"],"id":"pf-0001","status":"corroborated"}"#,
    );
    export(&house, &[RELEASE, "--out", "forged", "--format", "csv"]);
    assert_eq!(house.bytes("true/csv/claims.csv"), house.bytes("forged/csv/claims.csv"));
    refused(&house, &[RELEASE, "--out", "out", "--trust", "trust"], "does not verify");
}

#[test]
fn a_text_that_not_every_form_can_hold_is_refused() {
    let house = House::new();
    house.swap("dataset/claims.jsonl", "carried over", "carried\\u0000over");
    refused(&house, &["dataset", "--out", "out"], "pf-0003: claims.note holds the character U+0000");
}

#[test]
fn whoever_has_no_name_in_the_records_has_none_in_the_tables() {
    let house = harbour();
    export(&house, &["dataset", "--out", "out", "--format", "csv"]);
    let agents = house.text("out/csv/agents.csv");
    assert!(agents.contains("\r\nperson-01,person,,a reader who wrote a comment,masked,\r\n"), "{agents}");
    assert!(!house.text("out/csv/agent_names.csv").contains("person-01"));
    assert!(house.text("out/csv/claims.csv").contains(",person-01,,person,false,2,gazette > person-01,"));
}
