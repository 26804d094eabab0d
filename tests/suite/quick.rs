//! The quick way through stage 1 against the full reading: whatever it takes, the full reading takes without a word and
//! as the same record with the same canonical form.

mod read_back;
mod strange;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use affiant::finding::Code;
use affiant::format::jsonl::MAX_LINE_BYTES;
use affiant::format::{canonical, jsonl, schema};
use affiant::model::agent::Agent;
use affiant::model::change_class::ChangeClass;
use affiant::model::claim::Claim;
use affiant::model::dataset::Dataset;
use affiant::model::event::Event;
use affiant::model::kind::RecordKind;
use affiant::model::release_info::ReleaseInfo;
use affiant::model::source::Source;
use affiant::stage::quick;
use affiant::stage::record::RawRecord;
use affiant::stage::validate::{self, Record, Rulebook};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use strange::strange;
use tree::Tree;

const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(|| {
    let dataset = json!({ "id": "d", "title": "D", "license": "CC0-1.0", "law": "living", "threshold": 1,
        "units": { "person": "one human being" }, "kinds": { "killed": { "definition": "deaths", "units": ["person"] } } });
    let opened = Rulebook::open("dataset.json", dataset.to_string().as_bytes());
    opened.value.expect("no error")
});

/// Records that between them have every field, and every form of it.
fn records(kind: RecordKind) -> Vec<Value> {
    let claim = |value: Value| {
        json!({ "id": "zh-0001", "event": "zhanaozen", "kind": "killed", "stance": "asserts", "about": ["person-03", "crowd-01"],
            "value": value, "when": "2011-12-16", "basis": "stated", "time": "12:00/22:00~",
            "where": { "name": "Жаңаөзен", "country": "KZ", "region": "Маңғыстау" },
            "by": ["rferl", { "agent": "kz-authorities", "basis": "implied" }],
            "at": [{ "capture": "rferl-2011.1", "span": [1863, 1952], "sha256": DIGEST, "quote": "“Fourteen”,\n\the \"said\"." },
                { "capture": "rferl-2011.2", "span": [0, 1], "sha256": DIGEST }],
            "links": [{ "rel": "contradicts", "to": "zh-0000", "why": "disjoint" }, { "rel": "repeats", "to": "zh-0002" }],
            "reading": { "fix": "spin", "basis": "a machine's words" }, "note": "No time zone \\ none / at all.",
            "log": [{ "on": "2026-12-01", "is": "withdrawn", "why": "a duplicate" }, { "on": "2026-12-02", "is": "restored", "why": "it is none" }] })
    };
    match kind {
        RecordKind::Agent => vec![
            json!({ "id": "hrw", "kind": "org", "names": ["Human Rights Watch", "HRW"], "note": "a note", "privacy": "open" }),
        ],
        RecordKind::Event => {
            vec![json!({ "id": "zhanaozen", "label": "Shooting", "when": "2011-12-16", "within": "january-2022",
            "where": { "name": "Zhanaozen", "country": "KZ", "region": "Mangystau", "edition": "SU until 1991", "precision": "city" } })]
        }
        RecordKind::Source => vec![
            json!({ "id": "rferl-2011", "publisher": "rferl", "title": "Report", "authors": ["luke-allnutt", "person-02"],
            "lang": "en-x-spun", "url": "https://example.org/report?x=1", "published": "2011-12-21", "published_basis": "stated",
            "from": [{ "how": "summarises", "what": "bbc-russian", "basis": "the text says so" }],
            "rights": { "holder": "rferl", "text": "included", "license": "CC-BY-4.0" }, "commitment": DIGEST,
            "captures": [{ "n": 1, "sha256": DIGEST, "bytes": 7656, "got": "2016-08-27", "by": "us", "parts":
                [{ "id": "comment-1", "role": "comment", "span": [5121, 6000], "author": "person-11", "posted": "2011-12-21" }] }] }),
        ],
        RecordKind::Claim => [
            json!({ "unit": "person", "lo": 14, "hi": null, "qual": "at_least", "said": "at least 14" }),
            json!({ "edtf": "2022-01-05", "said": "on January 5" }),
            json!({ "place": { "name": "Issyk", "country": "KZ", "region": "Almaty" }, "said": "in Issyk" }),
            json!({ "text": "charge dropped" }),
            json!({ "unknown": true }),
        ]
        .into_iter()
        .map(claim)
        .collect(),
    }
}

/// Holds the two readings of a line against each other; gives back whether the quick one took it.
fn compared<T: Record + PartialEq + std::fmt::Debug>(line: &[u8]) -> bool {
    let raw = RawRecord { kind: Some(T::KIND), file: "records", line: 1, bytes: line };
    let Some(read) = quick::read::<T>(line) else { return false };
    let quick = &read.value;
    let full = RULEBOOK.read_fully::<T>(&raw);
    let shown = String::from_utf8_lossy(line);
    assert!(full.findings.is_empty(), "{:?} in {shown:.2000}", full.findings);
    let valid = full.record.unwrap_or_else(|| panic!("no record in {shown:.2000}"));
    assert_eq!(valid.record(), quick, "{shown:.2000}");
    assert_eq!(*valid.canonical(), canonical::ordered_to_vec(quick), "{shown:.2000}");
    assert_eq!(read.is_canonical(line), *valid.canonical() == *line, "{shown:.2000}");
    true
}

/// The same for the content of release.json.
fn compared_info(line: &[u8]) -> bool {
    let Some(quick) = quick::document::<ReleaseInfo>(line) else { return false };
    let raw = RawRecord { kind: None, file: "release.json", line: 1, bytes: line };
    let full = validate::document_fully::<ReleaseInfo>("release", &raw);
    let shown = String::from_utf8_lossy(line);
    assert!(full.findings.is_empty(), "{:?} in {shown:.2000}", full.findings);
    let valid = full.record.unwrap_or_else(|| panic!("no document in {shown:.2000}"));
    assert_eq!((valid.record(), &*valid.canonical()), (&quick, line), "{shown:.2000}");
    true
}

/// The same for the content of dataset.json, of which all but the schema is asked either way.
fn compared_declaration(document: &[u8]) -> bool {
    let Some(value) = jsonl::parse_document(document).ok().filter(quick::is_declaration) else { return false };
    let raw = RawRecord { kind: None, file: "dataset.json", line: 1, bytes: document };
    let full = validate::document_fully::<Dataset>("dataset", &raw);
    let is_refused = full.findings.iter().any(|finding| finding.code == Code::SchemaMismatch);
    let shown = String::from_utf8_lossy(document);
    assert!(!is_refused, "{:?} in {shown:.2000}", full.findings);
    assert!(full.record.is_some_and(|valid| *valid.canonical() == canonical::value_to_vec(&value)), "{shown:.2000}");
    true
}

/// What a release says of itself, with every field, and every member of each.
fn release_info() -> Value {
    let tree = json!({ "count": 2, "root": DIGEST });
    let classes: BTreeMap<&str, u32> = ChangeClass::ALL.iter().map(|class| class.code()).zip(1..).collect();
    json!({ "format": ReleaseInfo::FORMAT, "dataset": "kz-protests", "version": "1.2.0-rc.1", "seq": 3,
        "date": "2026-11-21", "fresh_until": "2026-12-21", "law": "living", "threshold": 2,
        "previous": { "version": "1.1.0", "tagmanifest_sha256": DIGEST },
        "records": { "agent": tree, "claim": tree, "event": tree, "source": tree },
        "statuses": { "zhanaozen": { "asserted": 5, "corroborated": 1, "disputed": 2, "inconsistent": 1, "retracted": 1, "superseded": 1 } },
        "status_tree": tree, "toll_tree": tree, "chunk_tree": tree, "anchors": { "checked": 5, "not_checked": 0 },
        "schemas": { "claim.schema.json": DIGEST },
        "changes": { "tree": tree, "classes": classes, "bump": "minor", "deciding": ["0123456789ab"], "allowed": ["A01"] } })
}

fn compare(kind: RecordKind, line: &[u8]) -> bool {
    match kind {
        RecordKind::Agent => compared::<Agent>(line),
        RecordKind::Event => compared::<Event>(line),
        RecordKind::Source => compared::<Source>(line),
        RecordKind::Claim => compared::<Claim>(line),
    }
}

/// Every record with one part of it replaced or spoiled.
fn spoiled(records: Vec<Value>) -> impl Iterator<Item = Tree> {
    let strange = strange();
    records.into_iter().flat_map(move |record| {
        let whole = Tree::of(&record);
        let strange = strange.clone();
        whole.ways().into_iter().flat_map(move |way| {
            let mut place = whole.clone();
            let spoiled = place.at(&way).expect("a way leads there").spoiled();
            let put = |part: &Tree| {
                let mut whole = whole.clone();
                *whole.at(&way).expect("a way leads there") = part.clone();
                whole
            };
            strange.iter().chain(&spoiled).map(put).collect::<Vec<_>>()
        })
    })
}

/// Every place of a schema where something is asked for, as a validator names it.
fn constraints(root: &Value, schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (keyword, inner) in schema.as_object().into_iter().flatten() {
        let here = format!("{path}/{keyword}");
        match (keyword.as_str(), inner) {
            ("$ref", Value::String(target)) => {
                constraints(root, root.pointer(target.trim_start_matches('#')).expect("a definition"), &here, found);
            }
            ("properties", Value::Object(properties)) => {
                for (name, property) in properties {
                    constraints(root, property, &format!("{here}/{name}"), found);
                }
            }
            ("items" | "then" | "else" | "additionalProperties", inner) => constraints(root, inner, &here, found),
            ("required", Value::Array(_)) => _ = found.insert(here),
            (
                "type"
                | "enum"
                | "const"
                | "pattern"
                | "minLength"
                | "maxLength"
                | "minItems"
                | "maxItems"
                | "minProperties"
                | "uniqueItems"
                | "minimum"
                | "maximum"
                | "unevaluatedProperties"
                | "dependentRequired",
                _,
            ) => _ = found.insert(here),
            // A validator does not say of which object a name was refused.
            ("propertyNames", _) => {}
            ("title" | "description" | "examples" | "$defs" | "$schema" | "$id" | "if", _) => {}
            (known, _) if known.starts_with("x-affiant-") => {}
            (unknown, _) => panic!("{here}: a keyword that the quick way does not know: {unknown}"),
        }
    }
}

/// Constraints that nothing can break: an `if` in front of them asks for the same.
const SUPERFLUOUS: &[&str] = &[
    "/properties/by/items/$ref/then/$ref/type",
    "/properties/value/$ref/else/then/$ref/type",
    "/properties/value/$ref/else/else/then/$ref/type",
    "/properties/value/$ref/else/else/else/then/$ref/type",
    "/properties/value/$ref/else/else/else/then/$ref/required",
    "/properties/value/$ref/else/else/else/else/$ref/type",
];

/// A constraint on so many items that a test of its own breaks it.
const BROKEN_ELSEWHERE: &str = "/properties/accepted/maxItems";

#[test]
fn whatever_the_quick_way_takes_is_taken_without_a_word_and_every_constraint_is_broken_once() {
    for kind in RecordKind::ALL {
        for record in records(kind) {
            for space in ["", " ", "\t "] {
                let line = Tree::of(&record).print(space);
                assert!(compare(kind, line.as_bytes()), "not taken: {line}");
            }
        }
        break_each_constraint(kind.word(), records(kind), |line| compare(kind, line));
    }
}

#[test]
fn release_json_is_read_the_quick_way_without_a_word_missing() {
    let line = Tree::of(&release_info()).print("");
    assert!(compared_info(line.as_bytes()), "not taken: {line}");
    break_each_constraint("release", vec![release_info()], compared_info);
    let mut out_of_order = release_info();
    out_of_order["schemas"] = json!({ "\u{e000}": DIGEST, "\u{1f600}": DIGEST });
    let by_bytes = serde_json::to_vec(&out_of_order).expect("JSON");
    assert_ne!(by_bytes, canonical::value_to_vec(&out_of_order));
    assert!(!compared_info(&by_bytes), "taken, though not in canonical order");
    let mut of_many_events = release_info();
    of_many_events["statuses"] =
        (0..50_000).map(|event| (format!("event-{event:05}"), json!({ "asserted": 1 }))).collect::<Map<_, _>>().into();
    let line = canonical::value_to_vec(&of_many_events);
    assert!(line.len() > MAX_LINE_BYTES && compared_info(&line), "not taken, with many events");
    for path in ["dist/1.0.0", "dist/1.2.0", "tests/releases/good/co-signed/1.0.0"] {
        let info = std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path).join("release.json"));
        assert!(compared_info(info.expect("a release").trim_ascii_end()), "not taken: {path}");
    }
}

#[test]
fn dataset_json_is_read_without_its_schema_and_without_a_word_missing() {
    let key = |last: char| format!("ssh-ed25519 {}{last}", "A".repeat(67));
    let declaration = json!({ "id": "kz-protests", "title": "Protests", "description": "Claims.", "license": "CC-BY-4.0",
        "law": "living", "threshold": 2, "envelope": { "agent": 20, "claim": 10, "event": 20, "source": 0 },
        "approvals": { "needed": 2, "keys": [key('A'), key('B')], "classes": ["C03", "C10"] },
        "accepted": [{ "code": "toll-without-office", "id": "pier-fire", "why": "no office is quoted" },
            { "code": "root-unknown", "id": "pier-fire", "why": "it is not named" }],
        "units": { "person": "one human being" },
        "kinds": { "killed": { "definition": "deaths", "units": ["person", "body"] }, "site": { "definition": "a place" } } });
    let mut extended = declaration.clone();
    extended["ext"] =
        RecordKind::ALL.map(|kind| (kind.word().to_owned(), json!({ "type": "object" }))).into_iter().collect();
    assert!(compared_declaration(declaration.to_string().as_bytes()), "not taken: {declaration}");
    break_each_constraint("dataset", vec![declaration, extended.clone()], compared_declaration);
    for count in [10_000, 10_001] {
        let acceptance = |n: u32| json!({ "code": "root-unknown", "id": format!("c-{n}"), "why": "it is not named" });
        extended["accepted"] = (0..count).map(acceptance).collect();
        extended.as_object_mut().expect("an object").remove("ext");
        assert_eq!(compared_declaration(extended.to_string().as_bytes()), count == 10_000);
    }
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/dataset.json");
    assert!(compared_declaration(&std::fs::read(shipped).expect("the dataset")), "that of the project is not taken");
}

/// Breaks every constraint of a schema, one at a time, and has both readings compared.
fn break_each_constraint(name: &str, records: Vec<Value>, compare: impl Fn(&[u8]) -> bool) {
    let schema: Value = serde_json::from_str(schema::named(name).expect("a schema").text).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let (mut wanted, mut broken, mut taken) = (BTreeSet::new(), BTreeSet::new(), 0);
    constraints(&schema, &schema, "", &mut wanted);
    for tree in spoiled(records) {
        let line = tree.print("");
        taken += u32::from(compare(line.as_bytes()));
        if let Ok(value) = serde_json::from_str::<Value>(&line) {
            broken.extend(validator.iter_errors(&value).map(|error| error.evaluation_path().to_string()));
        }
    }
    let is_missed =
        |path: &&String| !SUPERFLUOUS.contains(&path.as_str()) && !broken.iter().any(|b| b.starts_with(*path));
    wanted.remove(BROKEN_ELSEWHERE);
    let missed: Vec<&String> = wanted.iter().filter(is_missed).collect();
    assert!(missed.is_empty(), "{name}: no line breaks {missed:#?}; broken: {broken:#?}");
    assert!(taken > 100, "{name}: only {taken} of the changed lines are taken");
}

/// One change of a record's text.
fn edit(text: &mut Vec<u8>, at: usize, length: usize, put: &[u8]) {
    let at = at % (text.len() + 1);
    let end = (at + length).min(text.len());
    text.splice(at..end, put.iter().copied());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn random_changes_and_cuts(
        kind in 0..4_usize, which in any::<usize>(), parts in proptest::collection::vec((any::<usize>(), any::<usize>()), 0..4),
        cuts in proptest::collection::vec((any::<usize>(), 0..3_usize, prop_oneof![
            "[\\[\\]{},:\"\\\\ 0-9a-zA-Z+@.-]", "\\PC", Just("null".to_owned()), Just("\"id\":\"a\",".to_owned()),
            Just("\\u0041".to_owned()), Just("\\ud800".to_owned()), Just(".0".to_owned()), Just("e1".to_owned()), Just("[]".to_owned()),
        ]), 0..3),
    ) {
        let kind = RecordKind::ALL[kind];
        let records = records(kind);
        let mut tree = Tree::of(&records[which % records.len()]);
        let strange = strange();
        for (way, part) in parts {
            let ways = tree.ways();
            let place = tree.at(&ways[way % ways.len()]).expect("a way leads there");
            let spoiled = place.spoiled();
            let number = part % (strange.len() + spoiled.len() * 4);
            *place = strange.get(number).unwrap_or_else(|| &spoiled[(number - strange.len()) / 4]).clone();
        }
        let mut line = tree.print("").into_bytes();
        for (at, length, put) in cuts {
            edit(&mut line, at, length, put.as_bytes());
        }
        compare(kind, &line);
    }
}
