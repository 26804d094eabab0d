//! Edits of the harbour, and the changes that they are.

use affiant::model::digest::Digest;
use serde_json::{Value, json};

use crate::house::House;

const ACCEPTED: &str = r#"[{"code":"orphan-agent","id":"gazette","why":"to show it"}]"#;
const AGENTS: &str = "dataset/agents.jsonl";
const EVENTS: &str = "dataset/events.jsonl";
const SOURCES: &str = "dataset/sources.jsonl";
pub const CLAIMS: &str = "dataset/claims.jsonl";
const SUMMARY: &str = "dataset/texts/gazette-summary.1.txt";

/// What is done to the dataset, and the changes that must be reported: without their fingerprints and without the claim
/// as it is now, but with the fields that a reader is told of.
pub type Case = (fn(&House), fn(&House) -> Vec<Value>);

pub const CHANGES: &[Case] = &[
    // A claim added, and one removed.
    (
        |h| h.write(CLAIMS, h.text(CLAIMS) + &line(h, "pf-0001").replace("pf-0001", "pf-0006")),
        |h| {
            let patch = put("/claims/pf-0006", record(h, "dataset", "claim", "pf-0006"));
            vec![claim("pf-0006", "C01", json!({ "new": "asserted", "by": 0 }), &[], patch)]
        },
    ),
    (
        |h| h.write(CLAIMS, h.text(CLAIMS).replace(&line(h, "pf-0005"), "")),
        |h| {
            let patch = cut("/claims/pf-0005", record(h, "dist/1.0.0/data", "claim", "pf-0005"));
            vec![claim("pf-0005", "C02", json!({ "old": "asserted", "by": 0 }), &[], patch)]
        },
    ),
    // What is asserted: the value, the voice, the day.
    (
        |h| h.swap(CLAIMS, r#""lo":3,"hi":3"#, r#""lo":4,"hi":4"#),
        |_| {
            let value =
                |n: u32| json!({ "unit": "person", "lo": n, "hi": n, "qual": "exact", "said": "three workers" });
            let patch = set("/claims/pf-0001/value", value(3), value(4));
            let mut change = claim("pf-0001", "C10", still("disputed", 1), &["Assertion /value Changed"], patch);
            change["range"] = json!({ "is": "disjoint", "lo": 1, "hi": 1 });
            vec![change]
        },
    ),
    (
        |h| h.swap(CLAIMS, r#"["gazette","person-01"]"#, r#"["person-01"]"#),
        |_| {
            let patch = set("/claims/pf-0002/by", json!(["gazette", "person-01"]), json!(["person-01"]));
            vec![claim("pf-0002", "C11", still("disputed", 1), &["Assertion /by Changed"], patch)]
        },
    ),
    (
        |h| h.swap(CLAIMS, r#""when":"1999-05-05","basis":"stated","#, ""),
        |_| {
            let patch =
                [cut("/claims/pf-0001/basis", json!("stated")), cut("/claims/pf-0001/when", json!("1999-05-05"))];
            let fields = ["Assertion /basis Removed", "Assertion /when Removed"];
            vec![claim("pf-0001", "C11", still("disputed", 1), &fields, patch.concat())]
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
        |h| {
            let moved =
                claim("pf-0001", "E04", still("disputed", 1), &["Evidence /at/1 AnchorMoved"], at(h, "pf-0001"));
            vec![moved, recaptured()]
        },
    ),
    (
        |h| h.swap(CLAIMS, &written(1, 19, "counts three dead"), &written(1, 26, "three dead")),
        |h| vec![claim("pf-0001", "E03", still("disputed", 1), &["Evidence /at/1 QuoteChanged"], at(h, "pf-0001"))],
    ),
    (
        |h| {
            let place = written(1, 149, "Жаңа айлақ");
            h.swap(CLAIMS, &place, &format!("{},{place}", written(1, 19, "counts three dead")));
        },
        |h| vec![claim("pf-0004", "E01", still("asserted", 0), &["Evidence /at/0 Added"], at(h, "pf-0004"))],
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
        |_| {
            let old = json!([{ "rel": "supports", "to": "pf-0001" }]);
            let new = json!([{ "rel": "tension", "to": "pf-0002" }, { "rel": "supports", "to": "pf-0001" }]);
            let patch = set("/claims/pf-0005/links", old, new);
            vec![claim("pf-0005", "C13", still("asserted", 0), &["Decision /links/0 Added"], patch)]
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
        |_| {
            let patch = put("/claims/pf-0003/log", json!([{ "on": "2026-11-21", "is": "withdrawn", "why": "no" }]));
            let status = json!({ "old": "asserted", "new": "retracted", "by": 0 });
            vec![claim("pf-0003", "C03", status, &["Decision /log Added"], patch)]
        },
    ),
    (
        |h| h.swap(CLAIMS, "is carried over from the sentence before.", "is carried over."),
        |_| {
            let (old, new) = ("The voice is carried over from the sentence before.", "The voice is carried over.");
            let patch = set("/claims/pf-0003/note", json!(old), json!(new));
            vec![claim("pf-0003", "A01", still("asserted", 0), &["Annotation /note Changed"], patch)]
        },
    ),
    // What others brought about: with the contradiction gone, nobody disputes the first claim any more.
    (
        |h| h.swap(CLAIMS, r#","links":[{"rel":"contradicts","to":"pf-0001","why":"five is not three"}]"#, ""),
        |_| {
            let link = json!([{ "rel": "contradicts", "to": "pf-0001", "why": "five is not three" }]);
            let status = json!({ "old": "disputed", "new": "asserted", "by": 0 });
            let mut left = claim("pf-0001", "C12", status.clone(), &[], vec![]);
            left["because"] = json!(["pf-0002"]);
            let patch = cut("/claims/pf-0002/links", link);
            vec![left, claim("pf-0002", "C13", status, &["Decision /links/0 Removed"], patch)]
        },
    ),
    // Sources, agents, events and the codebook.
    (recapture, |_| vec![recaptured()]),
    (
        |h| h.swap(AGENTS, r#"["The Harbour Gazette"]"#, r#"["The Gazette","The Harbour Gazette"]"#),
        |_| {
            let (old, new) = (json!(["The Harbour Gazette"]), json!(["The Gazette", "The Harbour Gazette"]));
            let patch = set("/agents/gazette/names", old, new);
            vec![change("agent", "gazette", "R03", &["Assertion /names/0 Added"], patch)]
        },
    ),
    (
        |h| h.swap(EVENTS, r#""when":"1999-05"}"#, r#""when":"1999-06"}"#),
        |_| {
            let patch = set("/events/dock-strike/when", json!("1999-05"), json!("1999-06"));
            vec![change("event", "dock-strike", "R03", &["Assertion /when Changed"], patch)]
        },
    ),
    (
        |h| {
            h.swap("dataset/dataset.json", "\"threshold\": 1,", &format!("\"threshold\": 1, \"accepted\": {ACCEPTED},"))
        },
        |_| {
            let patch = put("/dataset/accepted", serde_json::from_str(ACCEPTED).expect("JSON"));
            vec![change("dataset", "dataset.json", "A01", &["Annotation /accepted Added"], patch)]
        },
    ),
    (
        |h| h.write("dataset/README.md", "other words\n"),
        |h| {
            let digest = |path: &str| json!(Digest::of(&h.bytes(path)));
            let patch = set("/files/README.md", digest("dist/1.0.0/data/README.md"), digest("dataset/README.md"));
            vec![change("file", "README.md", "D05", &[], patch)]
        },
    ),
];

/// Edits after which every record is still the same.
pub const NO_CHANGES: &[fn(&House)] = &[
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
pub fn line(house: &House, id: &str) -> String {
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

/// All five claims stood on the summary, and stand two bytes further on in the new capture.
fn recaptured() -> Value {
    let house = House::new();
    let old = record(&house, "dataset", "source", "gazette-summary")["captures"].clone();
    let mut new = old.clone();
    new.as_array_mut().expect("captures").push(new_capture(&format!("{ANEW}{}", house.text(SUMMARY))));
    let patch = set("/sources/gazette-summary/captures", old, new);
    let mut change = change("source", "gazette-summary", "E05", &["Evidence /captures/1 Recaptured"], patch);
    change["anchored"] = json!({ "moved": ["pf-0001", "pf-0002", "pf-0003", "pf-0004", "pf-0005"] });
    change
}

/// A value in another's place.
fn set(path: &str, old: Value, new: Value) -> Vec<Value> {
    vec![json!({ "op": "test", "path": path, "value": old }), json!({ "op": "replace", "path": path, "value": new })]
}

/// A new value.
fn put(path: &str, new: Value) -> Vec<Value> {
    vec![json!({ "op": "add", "path": path, "value": new })]
}

/// A value that is gone.
fn cut(path: &str, old: Value) -> Vec<Value> {
    vec![json!({ "op": "test", "path": path, "value": old }), json!({ "op": "remove", "path": path })]
}

/// Other anchors of a claim.
fn at(house: &House, id: &str) -> Vec<Value> {
    let anchors = |folder: &str| record(house, folder, "claim", id)["at"].clone();
    set(&format!("/claims/{id}/at"), anchors("dist/1.0.0/data"), anchors("dataset"))
}

/// A status that did not change.
fn still(status: &str, by: u32) -> Value {
    json!({ "old": status, "new": status, "by": by })
}

/// A changed record, and the fields that a reader is told of.
fn change(kind: &str, id: &str, class: &str, fields: &[&str], patch: Vec<Value>) -> Value {
    let mut change = json!({ "kind": kind, "id": id, "classes": [class], "fields": fields });
    if !patch.is_empty() {
        change["patch"] = json!(patch);
    }
    change
}

fn claim(id: &str, class: &str, status: Value, fields: &[&str], patch: Vec<Value>) -> Value {
    let mut change = change("claim", id, class, fields, patch);
    change["status"] = status;
    change
}

/// The record of this id, wherever it stands below a folder.
pub fn record(house: &House, folder: &str, kind: &str, id: &str) -> Value {
    let files = house.files(folder).into_iter().filter(|(path, _)| path.ends_with(&format!("{kind}s.jsonl")));
    let lines = files.flat_map(|(_, bytes)| bytes.split(|&b| b == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>());
    let records = lines.filter(|line| !line.is_empty()).map(|line| serde_json::from_slice::<Value>(&line));
    let mut records = records.map(|record| record.expect("a record"));
    records.find(|record| record["id"] == *id).expect("the record")
}
