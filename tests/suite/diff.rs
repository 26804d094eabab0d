//! One edit of the harbour for each kind of change, and exactly what `affiant diff` says of it.

mod cases;

use std::collections::BTreeMap;

use affiant::format::changes::ChangesLine;
use affiant::format::schema;
use affiant::model::change_class::{Bump, ChangeClass};
use affiant::model::dataset::Law;
use affiant::model::digest::Digest;
use affiant::stage::diff::field_changes;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::house::{Ended, House};
use cases::{CHANGES, CLAIMS, NO_CHANGES, line, record};

/// The claim as it is now, as a change of it shows it.
fn context(house: &House, id: &str) -> Value {
    let mut claim = record(house, "dataset", "claim", id);
    let source = |anchor: &Value| anchor["capture"].as_str().expect("a capture").split('.').next().map(str::to_owned);
    let mut sources: Vec<_> = claim["at"].as_array().expect("anchors").iter().filter_map(source).collect();
    sources.sort();
    sources.dedup();
    let members = claim.as_object_mut().expect("an object");
    members.retain(|name, _| ["event", "kind", "stance", "value", "when", "by"].contains(&name.as_str()));
    members.insert("sources".to_owned(), json!(sources));
    claim
}

/// What was printed, line by line.
struct Printed {
    header: Value,
    changes: Vec<Value>,
    trailer: Value,
}

/// Reads the lines; each must be what the schema says and what the program itself can read back.
fn printed(ended: &Ended) -> Printed {
    let validator = schema_of("");
    let lines: Vec<Value> = ended
        .stdout()
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).expect("JSON");
            validator.validate(&value).unwrap_or_else(|error| panic!("{error}: {value:#}"));
            ChangesLine::parse(line.as_bytes()).unwrap_or_else(|error| panic!("{error}: {line}"));
            value
        })
        .collect();
    let [header, changes @ .., trailer] = &lines[..] else { panic!("a header and a trailer: {lines:?}") };
    let changes = changes.iter().filter(|line| line.get("fingerprint").is_some()).cloned().collect();
    Printed { header: header.clone(), changes, trailer: trailer.clone() }
}

/// The schema of a line, or of another thing that it defines.
fn schema_of(definition: &str) -> Validator {
    let mut schema: Value = serde_json::from_str(schema::named("changes").expect("the schema").text).expect("JSON");
    if !definition.is_empty() {
        schema.as_object_mut().expect("an object").remove("oneOf");
        schema["$ref"] = json!(format!("#/$defs/{definition}"));
    }
    jsonschema::draft202012::new(&schema).expect("a schema")
}

/// The change with the fields that a reader is told of, in place of its name and the claim as it is now.
fn read(house: &House, change: &Value) -> Value {
    let Ok(ChangesLine::Change(parsed)) = ChangesLine::parse(change.to_string().as_bytes()) else {
        panic!("a change: {change}")
    };
    let mut change = change.clone();
    let members = change.as_object_mut().expect("an object");
    members.remove("fingerprint");
    if let Some(claim) = members.remove("claim") {
        assert_eq!(claim, context(house, &parsed.id));
    }
    let fields = field_changes(&parsed);
    let told = fields.iter().map(|field| format!("{:?} {} {:?}", field.group, field.pointer, field.what));
    members.insert("fields".to_owned(), told.collect());
    change
}

/// What these changes between the release and the dataset come to.
fn trailer(changes: &[Value]) -> Value {
    let mut totals = json!({});
    for (kind, count) in [("agent", 4), ("event", 2), ("source", 2), ("claim", 5)] {
        let ops = |change: &Value| -> Vec<Value> {
            change["patch"].as_array().into_iter().flatten().map(|operation| operation["op"].clone()).collect()
        };
        let is_whole = |change: &&Value| change["fields"] == json!([]) && change["kind"] == *kind;
        let of = |wanted: &[&str]| changes.iter().filter(is_whole).filter(|change| ops(change) == wanted).count();
        let (added, removed) = (of(&["add"]), of(&["test", "remove"]));
        let is_edit = |change: &&Value| change["kind"] == *kind && change["fields"] != json!([]);
        let changed = changes.iter().filter(is_edit).count();
        let unchanged = count - removed - changed;
        totals[kind] = json!({ "added": added, "removed": removed, "changed": changed, "unchanged": unchanged });
    }
    let mut classes: BTreeMap<&str, u64> = BTreeMap::new();
    for class in changes.iter().flat_map(|change| change["classes"].as_array().expect("classes")) {
        *classes.entry(class.as_str().expect("a code")).or_default() += 1;
    }
    let bump: Option<Bump> =
        classes.keys().map(|code| code.parse::<ChangeClass>().expect("a class").bump(Law::Living)).max();
    let events = u64::from(changes.iter().any(|change| change["kind"] == "claim"));
    let mut trailer = json!({ "changes": changes.len(), "classes": classes, "totals": totals, "events": events });
    if let Some(bump) = bump {
        trailer["bump"] = json!(bump);
    }
    trailer
}

fn diff(house: &House, old: &str, new: &str, options: &[&str]) -> Ended {
    house.affiant(&[&["diff", old, new, "--format", "jsonl"][..], options].concat())
}

/// The harbour with a release of it as it was, and an edit after that.
fn edited(edit: fn(&House)) -> House {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    edit(&house);
    house
}

/// What is printed of the release and the dataset, and that it is just these changes.
fn expect_changes(house: &House, code: i32, expected: &[Value]) -> Printed {
    let found = printed(&diff(house, "dist/1.0.0", "dataset", &["--trust", "trust", "--exit-code"]).with_code(code));
    let read: Vec<Value> = found.changes.iter().map(|change| read(house, change)).collect();
    assert_eq!(read, expected, "{:#}", json!(read));
    let mut sum = found.trailer.clone();
    let roots = sum.as_object_mut().expect("an object").remove("roots").expect("roots");
    assert_eq!(sum, trailer(expected));
    assert_eq!(roots, json!({ "old": house.json("dist/1.0.0/release.json")["records"] }));
    assert_eq!(found.header["new"], json!({ "path": "dataset", "trust": "checked" }));
    assert_eq!(found.header["old"]["trust"], "verified");
    found
}

#[test]
fn each_change_is_reported_exactly() {
    for (edit, expected) in CHANGES {
        let house = edited(*edit);
        let found = expect_changes(&house, 1, &expected(&house));

        let document = house.affiant(&["diff", "dist/1.0.0", "dataset", "--format", "json"]).with_code(0).json();
        schema_of("document").validate(&document).unwrap_or_else(|error| panic!("{error}: {document:#}"));
        assert_eq!([&document["changes"], &document["sum"]], [&json!(found.changes), &found.trailer]);
        assert_eq!(document["hidden"], 0);
    }
}

#[test]
fn a_release_of_the_dataset_differs_just_as_the_dataset_does() {
    for (edit, expected) in CHANGES {
        let house = edited(*edit);
        if expected(&house).iter().any(|change| change["classes"] == json!(["C02"])) {
            continue; // The law refuses such a release.
        }
        let found = printed(&diff(&house, "dist/1.0.0", "dataset", &["--trust", "trust"]).with_code(0));
        house.release("2.0.0").with_code(0);
        let released = printed(&diff(&house, "dist/1.0.0", "dist/2.0.0", &["--trust", "trust"]).with_code(0));
        assert_eq!([&released.changes, &found.changes], [&found.changes, &released.changes]);
        assert_eq!(released.trailer["totals"], found.trailer["totals"]);
        let tag_manifest = Digest::of(&house.bytes("dist/2.0.0/tagmanifest-sha256.txt"));
        let new = json!({ "path": "dist/2.0.0", "version": "2.0.0", "trust": "verified", "tagmanifest_sha256": tag_manifest });
        assert_eq!(released.header["new"], new);
    }
}

#[test]
fn another_spelling_is_no_change() {
    for (number, edit) in NO_CHANGES.iter().enumerate() {
        let house = edited(*edit);
        assert!(house.files("dataset") != House::new().files("dataset"), "edit {number} edits");
        expect_changes(&house, 0, &[]);

        let payload = |version: &str| {
            let mut files = house.files(&format!("dist/{version}/data"));
            files.retain(|(path, _)| !["changes.jsonl", "CHANGELOG.md"].contains(&path.as_str()));
            files
        };
        let before = payload("1.0.0");
        house.release("1.0.1").with_code(0);
        assert!(payload("1.0.1") == before, "edit {number} releases the same bytes");
    }
}

#[test]
fn there_and_back_are_mirrored() {
    let house = edited(|house| {
        house.swap(CLAIMS, r#""lo":3,"hi":3"#, r#""lo":4,"hi":4"#);
        house.write(CLAIMS, house.text(CLAIMS).replace(&line(house, "pf-0005"), ""));
    });
    let there = printed(&diff(&house, "dist/1.0.0", "dataset", &[]).with_code(0));
    let back = printed(&diff(&house, "dataset", "dist/1.0.0", &[]).with_code(0));
    assert_eq!([&there.header["old"], &there.header["new"]], [&back.header["new"], &back.header["old"]]);
    assert_eq!(there.header["old"]["trust"], "not verified");
    let [value, gone] = &there.changes[..] else { panic!("two changes") };
    let [value_back, came] = &back.changes[..] else { panic!("two changes") };
    assert_eq!([&gone["classes"], &came["classes"]], [&json!(["C02"]), &json!(["C01"])]);
    assert_eq!(gone["patch"][0]["value"], came["patch"][0]["value"]);
    assert_eq!(value["patch"][0]["value"], value_back["patch"][1]["value"]);
    assert_eq!(value["patch"][1]["value"], value_back["patch"][0]["value"]);
    assert_eq!([&value["range"]["lo"], &value_back["range"]["lo"]], [1, -1]);
}

#[test]
fn what_cannot_be_compared_is_never_no_change() {
    let house = edited(|house| house.swap(CLAIMS, "[41,71]", "[19,3]"));
    let refused = |ended: Ended, reason: &str| {
        let ended = ended.with_code(2);
        assert_eq!(ended.stdout(), "");
        assert!(ended.stderr().contains(reason), "{}", ended.stderr());
    };
    refused(diff(&house, "dist/1.0.0", "dataset", &[]), "nothing was compared");
    refused(diff(&house, "dist/1.0.0", "dist/2.0.0", &[]), "dist/2.0.0");
    refused(diff(&house, "dist/1.0.0", "texts", &[]), "texts");
    house.swap("dist/1.0.0/data/claims.jsonl", "three workers", "four workers");
    refused(diff(&house, "dist/1.0.0", "dist/1.0.0", &["--trust", "trust"]), "does not verify; nothing was compared");
}

#[test]
fn a_list_of_chunks_that_lies_about_how_many_records_it_leaves_out_is_not_used() {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    house.swap("dataset/events.jsonl", r#""when":"1999-05"}"#, r#""when":"1999-06"}"#);
    house.release("1.1.0").with_code(0);
    let diff = || house.affiant(&["diff", "dist/1.0.0", "dist/1.1.0"]).with_code(0).stdout();
    let list = house.text("dist/1.1.0/data/chunks.jsonl");
    let agents = list.lines().find(|line| line.contains(r#""file":"agents""#)).expect("a chunk of agents");
    let count = serde_json::from_str::<Value>(agents).expect("JSON")["count"].as_u64().expect("a number");
    let said = diff();
    assert!(said.contains("read in part"), "{said}");
    for lie in [0, count + 1, 1_000_000_000_000, u64::MAX] {
        let lying = agents.replace(&format!("\"count\":{count}"), &format!("\"count\":{lie}"));
        house.write("dist/1.1.0/data/chunks.jsonl", list.replace(agents, &lying));
        assert_eq!(diff(), said.replace(", read in part", ""), "{lie}");
    }
}
