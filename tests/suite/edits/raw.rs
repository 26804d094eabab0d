//! Records that no check would let pass, as they can stand in a release that was not verified.

use std::collections::BTreeMap;

use affiant::format::schema;
use affiant::model::kind::RecordKind;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::shelf::{Records, Shelf};

/// Two versions of a dataset of anything.
pub fn versions() -> impl Strategy<Value = (Shelf, Shelf)> {
    let records = RecordKind::ALL.map(|kind| pairs(kind).prop_map(move |pairs| (kind, pairs)));
    (records, declaration(), declaration(), files(), files(), signer(), signer()).prop_map(
        |(records, declared, declares, had, has, signed, signs)| {
            let mut old = Shelf { files: had, signer: signed, ..Shelf::new(declared) };
            let mut new = Shelf { files: has, signer: signs, ..Shelf::new(declares) };
            for (kind, (before, after)) in records {
                old.records.insert(kind, before);
                new.records.insert(kind, after);
            }
            (old, new)
        },
    )
}

/// What a record of this id has become.
#[derive(Clone, Debug)]
enum Fate {
    Same(Map<String, Value>),
    New(Map<String, Value>),
    Gone(Map<String, Value>),
    Other(Map<String, Value>, Map<String, Value>),
    /// One member differs.
    Edited(Map<String, Value>, String, Value),
}

fn pairs(kind: RecordKind) -> impl Strategy<Value = (Records, Records)> {
    let one = || members(kind);
    let fate = prop_oneof![
        one().prop_map(Fate::Same),
        one().prop_map(Fate::New),
        one().prop_map(Fate::Gone),
        (one(), one()).prop_map(|(old, new)| Fate::Other(old, new)),
        (one(), select(names(kind)), anything()).prop_map(|(old, name, value)| Fate::Edited(old, name, value)),
    ];
    btree_map(id(), fate, 0..5).prop_map(|fates| {
        let (mut old, mut new) = (Records::new(), Records::new());
        for (id, fate) in fates {
            let with_id = |mut members: Map<String, Value>| {
                members.insert("id".to_owned(), json!(id));
                Value::Object(members)
            };
            let (before, after) = match fate {
                Fate::Same(members) => (Some(members.clone()), Some(members)),
                Fate::New(members) => (None, Some(members)),
                Fate::Gone(members) => (Some(members), None),
                Fate::Other(before, after) => (Some(before), Some(after)),
                Fate::Edited(before, name, value) => {
                    let mut after = before.clone();
                    after.insert(name, value);
                    (Some(before), Some(after))
                }
            };
            old.extend(before.map(|members| (id.clone(), with_id(members))));
            new.extend(after.map(|members| (id.clone(), with_id(members))));
        }
        (old, new)
    })
}

fn id() -> impl Strategy<Value = String> {
    let odd = vec!["a", "a-1", "a/b", "~0~1", "", "\0", "\"\\", "\u{e000}", "\u{1f30a}", "events", "\u{202e}x"];
    prop_oneof![select(odd).prop_map(str::to_owned), "[a-c]{1,2}", "\\PC{1,3}"]
}

/// The names of the fields that a kind of record may have, and some that it may not.
fn names(kind: RecordKind) -> Vec<String> {
    let schema = schema::named(kind.word()).expect("a schema");
    let schema: Value = serde_json::from_str(schema.text).expect("JSON");
    let declared = schema["properties"].as_object().expect("properties").keys().cloned();
    declared.filter(|name| name != "id").chain(["a/b", "~", "", "\u{fb01}"].map(str::to_owned)).collect()
}

fn members(kind: RecordKind) -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![3 => plausible(), 1 => anything()];
    btree_map(select(names(kind)), value, 0..5).prop_map(|members| members.into_iter().collect())
}

/// What could stand in a record, if not always there: much of it several times.
fn plausible() -> impl Strategy<Value = Value> {
    let digest = "0".repeat(64);
    let anchor = |capture: &str, start: u64| json!({ "capture": capture, "span": [start, 9], "sha256": digest });
    let capture = |n: u64, by: &str| json!({ "n": n, "sha256": digest, "bytes": 9, "by": by, "parts": [] });
    let decision = |is: &str| json!({ "on": "2026-01-01", "is": is, "why": "x" });
    let elements = vec![
        anchor("s.1", 0),
        anchor("s.1", 1),
        anchor("s.2", 1),
        anchor("t.1", 0),
        capture(1, "a"),
        capture(1, "b"),
        capture(2, "a"),
        decision("retracted"),
        decision("restored"),
        json!({ "rel": "supports", "to": "a" }),
        json!({ "rel": "supports", "to": "a", "why": "x" }),
        json!({ "how": "spins", "what": "a", "basis": "x" }),
        json!("a"),
        json!("b"),
        json!({ "unit": "person", "lo": 1, "hi": 2, "qual": "range", "said": "x" }),
        json!(["nested"]),
        json!(null),
    ];
    prop_oneof![
        select(elements.clone()),
        vec(select(elements), 0..5).prop_map(Value::Array),
        select(vec![json!("asserts"), json!("e-1"), json!("2026"), json!({}), json!(-1)]),
    ]
}

/// Any JSON that has a canonical form of its own.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        select(vec![json!((1_i64 << 53) - 1), json!(-(1_i64 << 53)), json!(0.5), json!(1e300), json!(5e-324)]),
        "(?s).{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            btree_map("(?s).{0,2}", inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
}

fn declaration() -> impl Strategy<Value = Value> {
    let names = vec!["title", "license", "law", "threshold", "envelope", "approvals", "units", "kinds", "ext", "a/b"];
    let value = prop_oneof![
        anything(),
        Just(json!("strict")),
        select(vec![json!(0), json!(10)]).prop_map(|share| json!({ "claim": share, "agent": share })),
        select(vec![json!({ "type": "object" }), json!({ "type": "string" })]).prop_map(|of| json!({ "claim": of })),
    ];
    btree_map(select(names), value, 0..4).prop_map(|members| {
        let mut declaration = json!(members);
        declaration["id"] = json!("anything");
        declaration
    })
}

fn files() -> impl Strategy<Value = BTreeMap<String, Vec<u8>>> {
    let path = select(vec!["README.md", "schemas/claim.schema.json", "schemas/a~b.schema.json"]);
    let content =
        select(vec!["{}", "true", r#"{"type":"string"}"#, r#"{"$ref":"x"}"#, r#"{"type":["string","null"]}"#]);
    btree_map(path.prop_map(str::to_owned), content.prop_map(|text| text.as_bytes().to_vec()), 0..3)
}

fn signer() -> impl Strategy<Value = Option<String>> {
    select(vec![Some("SHA256:a".to_owned()), Some("SHA256:b".to_owned())])
}
