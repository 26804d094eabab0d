//! One edit of the harbour for each kind of change, and exactly what `affiant diff` says of it.

use affiant::format::schema;
use affiant::model::digest::Digest;
use serde_json::{Value, json};

use crate::house::{Ended, House};

const AGENTS: &str = "dataset/agents.jsonl";
const EVENTS: &str = "dataset/events.jsonl";
const SOURCES: &str = "dataset/sources.jsonl";
const CLAIMS: &str = "dataset/claims.jsonl";
const SUMMARY: &str = "dataset/texts/gazette-summary.1.txt";

/// What is done to the dataset, and the changes that must be reported, without the whole records.
type Case = (fn(&House), fn() -> Value);

const CHANGES: &[Case] = &[
    // A claim added, and one removed.
    (
        |h| h.write(CLAIMS, h.text(CLAIMS) + &line(h, "pf-0001").replace("pf-0001", "pf-0006")),
        || json!([{ "kind": "claim", "id": "pf-0006", "change": "added" }]),
    ),
    (
        |h| h.write(CLAIMS, h.text(CLAIMS).replace(&line(h, "pf-0005"), "")),
        || json!([{ "kind": "claim", "id": "pf-0005", "change": "removed" }]),
    ),
    // What is asserted: the value, the voice, the day.
    (
        |h| h.swap(CLAIMS, r#""lo":3,"hi":3"#, r#""lo":4,"hi":4"#),
        || {
            let value =
                |n: u32| json!({ "unit": "person", "lo": n, "hi": n, "qual": "exact", "said": "three workers" });
            changed("claim", "pf-0001", &[field("assertion", "changed", "/value", value(3), value(4))])
        },
    ),
    (
        |h| h.swap(CLAIMS, r#"["gazette","person-01"]"#, r#"["person-01"]"#),
        || {
            let (old, new) = (json!(["gazette", "person-01"]), json!(["person-01"]));
            changed("claim", "pf-0002", &[field("assertion", "changed", "/by", old, new)])
        },
    ),
    (
        |h| h.swap(CLAIMS, r#""when":"1999-05-05","basis":"stated","#, ""),
        || {
            let basis = field("assertion", "removed", "/basis", json!("stated"), Value::Null);
            let when = field("assertion", "removed", "/when", json!("1999-05-05"), Value::Null);
            changed("claim", "pf-0001", &[basis, when])
        },
    ),
    // What it stands on: the same words elsewhere, other words, one piece of evidence more.
    (
        |h| {
            recapture(h);
            h.swap(
                CLAIMS,
                r#""capture":"gazette-summary.1","span":[19,36]"#,
                r#""capture":"gazette-summary.2","span":[21,38]"#,
            );
        },
        || {
            let (old, new) = (anchor(1, 19, "counts three dead"), anchor(2, 21, "counts three dead"));
            let moved = changed("claim", "pf-0001", &[field("evidence", "anchor-moved", "/at/1", old, new)]);
            json!([recaptured()[0], moved[0]])
        },
    ),
    (
        |h| h.swap(CLAIMS, &written(1, 19, "counts three dead"), &written(1, 26, "three dead")),
        || {
            let (old, new) = (anchor(1, 19, "counts three dead"), anchor(1, 26, "three dead"));
            changed("claim", "pf-0001", &[field("evidence", "quote-changed", "/at/1", old, new)])
        },
    ),
    (
        |h| {
            let place = written(1, 149, "Жаңа айлақ");
            h.swap(CLAIMS, &place, &format!("{},{place}", written(1, 19, "counts three dead")));
        },
        || {
            let added = field("evidence", "added", "/at/0", Value::Null, anchor(1, 19, "counts three dead"));
            changed("claim", "pf-0004", &[added])
        },
    ),
    // What the curators decided and remarked.
    (
        |h| {
            h.swap(
                CLAIMS,
                r#""links":[{"rel":"supports","to":"pf-0001"}]"#,
                r#""links":[{"rel":"tension","to":"pf-0002"},{"rel":"supports","to":"pf-0001"}]"#,
            )
        },
        || {
            let link = json!({ "rel": "tension", "to": "pf-0002" });
            changed("claim", "pf-0005", &[field("decision", "added", "/links/0", Value::Null, link)])
        },
    ),
    (
        |h| {
            h.swap(
                CLAIMS,
                r#","note":"The voice"#,
                r#","log":[{"on":"2026-11-21","is":"withdrawn","why":"no"}],"note":"The voice"#,
            )
        },
        || {
            let log = json!([{ "on": "2026-11-21", "is": "withdrawn", "why": "no" }]);
            changed("claim", "pf-0003", &[field("decision", "added", "/log", Value::Null, log)])
        },
    ),
    (
        |h| h.swap(CLAIMS, "is carried over from the sentence before.", "is carried over."),
        || {
            let (old, new) = ("The voice is carried over from the sentence before.", "The voice is carried over.");
            changed("claim", "pf-0003", &[field("annotation", "changed", "/note", json!(old), json!(new))])
        },
    ),
    // Sources, agents and events.
    (recapture, recaptured),
    (
        |h| h.swap(AGENTS, r#"["The Harbour Gazette"]"#, r#"["The Gazette","The Harbour Gazette"]"#),
        || {
            let name = field("assertion", "added", "/names/0", Value::Null, json!("The Gazette"));
            changed("agent", "gazette", &[name])
        },
    ),
    (
        |h| h.swap(EVENTS, r#""when":"1999-05"}"#, r#""when":"1999-06"}"#),
        || {
            let when = field("assertion", "changed", "/when", json!("1999-05"), json!("1999-06"));
            changed("event", "dock-strike", &[when])
        },
    ),
];

/// Edits after which every record is still the same.
const NO_CHANGES: &[fn(&House)] = &[
    |h| {
        h.swap(
            EVENTS,
            r#""id":"dock-strike","label":"Strike at the docks""#,
            r#""label":"Strike at the docks","id":"dock-strike""#,
        )
    },
    |h| h.swap(EVENTS, r#"{"id":"dock-strike","#, "  { \"id\" :\t\"dock-strike\" , "),
    |h| h.swap(CLAIMS, r#""lo":3,"hi":3"#, r#""lo":3.0,"hi":30e-1"#),
    |h| h.swap(CLAIMS, "five is not three", r"\u0066ive \u0069s not three"),
    |h| h.swap(CLAIMS, r#""name":"Жаңа айлақ""#, r#""name":"\u0416а\u04a3а айлақ""#),
    |h| h.swap(SOURCES, "https://example.org/fire", r"https:\/\/example.org\/fire"),
    |h| h.write(CLAIMS, h.text(CLAIMS).split_inclusive('\n').rev().collect::<String>()),
    |h| h.write(AGENTS, h.text(AGENTS).trim_end()),
    |h| {
        for (number, line) in h.text(CLAIMS).lines().enumerate() {
            h.write(&format!("dataset/claims/{}.jsonl", 9 - number), line);
        }
        h.remove(CLAIMS);
    },
];

/// The harbour's line with this id, with its LF.
fn line(house: &House, id: &str) -> String {
    let claims = house.text(CLAIMS);
    let has_id = |line: &&str| line.starts_with(&format!("{{\"id\":\"{id}\""));
    claims.split_inclusive('\n').find(has_id).expect("the claim").to_owned()
}

/// An anchor in a capture of the summary, as the harbour's records spell it.
fn written(capture: u32, start: usize, words: &str) -> String {
    let (span, digest) = ([start, start + words.len()], Digest::of(words.as_bytes()));
    format!(
        r#"{{"capture":"gazette-summary.{capture}","span":[{},{}],"sha256":"{digest}","quote":"{words}"}}"#,
        span[0], span[1]
    )
}

fn anchor(capture: u32, start: usize, words: &str) -> Value {
    serde_json::from_str(&written(capture, start, words)).expect("an anchor")
}

/// The summary's page with two bytes before its text.
const ANEW: &str = "> ";

fn new_capture(text: &str) -> Value {
    json!({ "n": 2, "sha256": Digest::of(text.as_bytes()), "bytes": text.len(), "by": "maintainers", "parts": [] })
}

/// Captures the summary a second time.
fn recapture(house: &House) {
    let text = format!("{ANEW}{}", house.text(SUMMARY));
    house.write("dataset/texts/gazette-summary.2.txt", &text);
    house.swap(
        SOURCES,
        "\"bytes\":170,\"by\":\"maintainers\",\"parts\":[]}",
        &format!("\"bytes\":170,\"by\":\"maintainers\",\"parts\":[]}},{}", new_capture(&text)),
    );
}

fn recaptured() -> Value {
    let capture = new_capture(&format!("{ANEW}{}", House::new().text(SUMMARY)));
    let field = field("evidence", "recaptured", "/captures/1", Value::Null, capture);
    changed("source", "gazette-summary", &[field])
}

/// One changed record.
fn changed(kind: &str, id: &str, fields: &[Value]) -> Value {
    json!([{ "kind": kind, "id": id, "change": "changed", "fields": fields }])
}

/// One change within a record; null is absent.
fn field(group: &str, what: &str, pointer: &str, old: Value, new: Value) -> Value {
    let mut field = json!({ "group": group, "what": what, "pointer": pointer, "old": old, "new": new });
    field.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    field
}

/// The record of this id, wherever it stands below a folder.
fn record(house: &House, folder: &str, kind: &str, id: &str) -> Value {
    let files = house.files(folder).into_iter().filter(|(path, _)| path.ends_with(&format!("{kind}s.jsonl")));
    let lines = files.flat_map(|(_, bytes)| bytes.split(|&b| b == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>());
    let records = lines.filter(|line| !line.is_empty()).map(|line| serde_json::from_slice::<Value>(&line));
    let mut records = records.map(|record| record.expect("a record"));
    records.find(|record| record["id"] == *id).expect("the record")
}

/// The whole report that these changes between the release and the dataset must give.
fn report(house: &House, mut changes: Value) -> Value {
    let mut totals = json!({});
    for (kind, count) in [("agent", 4), ("event", 2), ("source", 2), ("claim", 5)] {
        let of = |change: &str| {
            let changes = changes.as_array().expect("changes");
            changes.iter().filter(|c| c["kind"] == *kind && c["change"] == *change).count()
        };
        let (added, removed, changed) = (of("added"), of("removed"), of("changed"));
        let unchanged = count - removed - changed;
        totals[kind] = json!({ "added": added, "removed": removed, "changed": changed, "unchanged": unchanged });
    }
    for change in changes.as_array_mut().expect("changes") {
        let (kind, id) = (change["kind"].as_str().expect("a kind").to_owned(), change["id"].clone());
        let id = id.as_str().expect("an id");
        if change["change"] != "added" {
            change["old"] = record(house, "dist/1.0.0/data", &kind, id);
        }
        if change["change"] != "removed" {
            change["new"] = record(house, "dataset", &kind, id);
        }
    }
    json!({
        "format": "affiant-diff-draft",
        "old": { "path": "dist/1.0.0", "version": "1.0.0", "trust": "verified" },
        "new": { "path": "dataset", "trust": "checked" },
        "totals": totals,
        "changes": changes,
        "declaration_differs": false, "not_listed": 0,
    })
}

fn diff(house: &House, old: &str, new: &str, options: &[&str]) -> Ended {
    house.affiant(&[&["diff", old, new, "--format", "json"][..], options].concat())
}

/// The harbour with a release of it as it was, and an edit after that.
fn edited(edit: fn(&House)) -> House {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    edit(&house);
    house
}

#[test]
fn each_change_is_reported_exactly() {
    let schema: Value = serde_json::from_str(schema::named("diff").expect("the schema").text).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    for (edit, expected) in CHANGES {
        let house = edited(*edit);
        let found = diff(&house, "dist/1.0.0", "dataset", &["--trust", "trust", "--exit-code"]).with_code(1).json();
        assert_eq!(found, report(&house, expected()), "{found:#}");
        validator.validate(&found).unwrap_or_else(|error| panic!("{error}: {found:#}"));

        house.release("1.1.0").with_code(0);
        let released = diff(&house, "dist/1.0.0", "dist/1.1.0", &["--trust", "trust"]).with_code(0).json();
        assert_eq!([&released["changes"], &released["totals"]], [&found["changes"], &found["totals"]]);
        assert_eq!(released["new"], json!({ "path": "dist/1.1.0", "version": "1.1.0", "trust": "verified" }));
    }
}

#[test]
fn another_spelling_is_no_change() {
    for (number, edit) in NO_CHANGES.iter().enumerate() {
        let house = edited(*edit);
        assert!(house.files("dataset") != House::new().files("dataset"), "edit {number} edits");
        let found = diff(&house, "dist/1.0.0", "dataset", &["--trust", "trust", "--exit-code"]).with_code(0).json();
        assert_eq!(found, report(&house, json!([])), "edit {number}");

        let before = house.files("dist/1.0.0/data");
        house.release("1.0.1").with_code(0);
        assert!(house.files("dist/1.0.1/data") == before, "edit {number} releases the same bytes");
    }
}

#[test]
fn there_and_back_are_mirrored() {
    let house = edited(|house| {
        house.swap(CLAIMS, r#""lo":3,"hi":3"#, r#""lo":4,"hi":4"#);
        house.write(CLAIMS, house.text(CLAIMS).replace(&line(house, "pf-0005"), ""));
    });
    let there = diff(&house, "dist/1.0.0", "dataset", &[]).with_code(0).json();
    let back = diff(&house, "dataset", "dist/1.0.0", &[]).with_code(0).json();
    assert_eq!([&there["old"], &there["new"]], [&back["new"], &back["old"]]);
    assert_eq!(there["old"]["trust"], "not verified");
    assert_eq!([&there["changes"][1]["change"], &back["changes"][1]["change"]], ["removed", "added"]);
    assert_eq!(there["changes"][1]["old"], back["changes"][1]["new"]);
    let [gone, come] = [&there, &back].map(|report| report["changes"][0]["fields"][0].clone());
    assert_eq!([&gone["old"], &gone["new"]], [&come["new"], &come["old"]]);
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
