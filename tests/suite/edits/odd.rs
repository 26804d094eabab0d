//! What can stand in a release that nobody verified, and must be refused or told, but never passed over.

use std::collections::BTreeMap;

use affiant::error::Result;
use affiant::model::change::VersionName;
use affiant::model::change_class::ChangeClass::*;
use affiant::model::digest::Digest;
use affiant::model::kind::RecordKind;
use affiant::model::release_info::RecordTree;
use affiant::stage::diff::{Records, Version};
use serde_json::{Value, json};

use super::shelf::{Said, Shelf, compare};

/// Lines of claims, and perhaps of their standings, whatever is in them.
struct Lines(Vec<(String, Option<String>)>);

impl Lines {
    fn of(lines: &[&str]) -> Self {
        Self(lines.iter().map(|line| ((*line).to_owned(), None)).collect())
    }
}

impl Version for Lines {
    fn name(&self) -> VersionName {
        VersionName::default()
    }

    fn declaration(&mut self) -> Result<Value> {
        Ok(json!({ "id": "odd" }))
    }

    fn records(&mut self, kind: RecordKind) -> Result<Records<'_>> {
        let lines = if kind == RecordKind::Claim { self.0.as_slice() } else { &[] };
        let records = Records::of_lines(lines.iter().map(|(line, _)| Ok(line.clone().into_bytes())));
        let standings: Option<Vec<String>> = lines.iter().map(|(_, standing)| standing.clone()).collect();
        Ok(match standings.filter(|standings| !standings.is_empty()) {
            Some(standings) => records.with_standings(standings.into_iter().map(|line| Ok(line.into_bytes()))),
            None => records,
        })
    }

    fn files(&mut self) -> Result<BTreeMap<String, Digest>> {
        Ok(BTreeMap::new())
    }

    fn file(&mut self, _: &str) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn signer(&self) -> Option<String> {
        None
    }

    fn roots(&self) -> BTreeMap<RecordKind, RecordTree> {
        BTreeMap::new()
    }
}

#[test]
fn what_is_no_record_is_refused() {
    for (old, new) in [
        (r#"["a"]"#, r#"["a",1]"#),
        (r#"{"id":"a","n":1}"#, r#"{"id":"a","n":1.0}"#),
        (r#"{"id":"a","n":1}"#, r#"{"id":"a", "n":1}"#),
        (r#"{"id":"a","n":1}"#, r#"{"n":1,"id":"a"}"#),
        (r#"{"id":"a","n":"b"}"#, r#"{"id":"a","n":"\u0062"}"#),
        (r#"{"id":"a","n":2}"#, r#"{"id":"a","n":1,"n":2}"#),
        (r#"{"id":"a","n":0}"#, r#"{"id":"a","n":-0}"#),
        (r#"{"id":"a","n":9007199254740992}"#, r#"{"id":"a","n":9007199254740993}"#),
        (r#"{"id":"a","n":0}"#, r#"{"id":"a","n":1e999}"#),
        (r#"{"id":"a","n":0}"#, r#"{"id":"a","n":NaN}"#),
        (r#"{"id":"a"}"#, r#"{"id":"a"}{"id":"a"}"#),
        (r#"{"id":"a"}"#, r#"{"id":1}"#),
        (r#"{"id":"a"}"#, ""),
    ] {
        assert!(compare(&mut Lines::of(&[old]), &mut Lines::of(&[new])).is_err(), "{old} {new}");
        assert!(compare(&mut Lines::of(&[new]), &mut Lines::of(&[old])).is_err(), "{new} {old}");
    }
}

#[test]
fn records_out_of_order_are_refused() {
    let (a, b, other) = (r#"{"id":"a"}"#, r#"{"id":"b"}"#, r#"{"id":"a","n":1}"#);
    for lines in [[b, a], [a, a], [a, other], [other, a]] {
        for same in [a, b] {
            assert!(compare(&mut Lines::of(&[same]), &mut Lines::of(&lines)).is_err(), "{same} {lines:?}");
            assert!(compare(&mut Lines::of(&lines), &mut Lines::of(&[same])).is_err(), "{same} {lines:?}");
        }
    }
}

#[test]
fn the_status_of_another_claim_is_refused() {
    let line = |id: &str, standing: &str, status: &str| {
        (format!(r#"{{"id":"{id}"}}"#), Some(format!(r#"{{"id":"{standing}","status":"{status}"}}"#)))
    };
    let old = || Lines(vec![line("a", "a", "asserted"), line("b", "b", "asserted")]);
    let shifted = || Lines(vec![line("a", "b", "disputed"), line("b", "c", "asserted")]);
    assert!(compare(&mut old(), &mut shifted()).is_err());
    assert!(compare(&mut shifted(), &mut old()).is_err());
}

/// One claim whose `field` was one value and is another.
fn edited(field: &str, old: Value, new: Value) -> Said {
    let shelf = |value| {
        let mut shelf = Shelf::new(json!({ "id": "odd" }));
        let mut claim = json!({ "id": "a" });
        claim[field] = value;
        shelf.put(RecordKind::Claim, claim);
        shelf
    };
    compare(&mut shelf(old), &mut shelf(new)).expect("a diff")
}

fn anchor(n: u64, digit: &str) -> Value {
    json!({ "capture": "s.1", "span": [n, n + 1], "sha256": digit.repeat(64) })
}

#[test]
fn elements_that_share_a_key_are_never_a_remark() {
    let (one, other) = (anchor(1, "a"), anchor(1, "b"));
    for (old, new) in [
        (json!([one, other]), json!([one])),
        (json!([one, one]), json!([one])),
        (json!([one, one, other]), json!([one, other, other])),
    ] {
        assert_eq!(edited("at", old.clone(), new.clone()).changes[0].classes, [E03], "{old} {new}");
    }
}

#[test]
fn a_log_that_is_none_is_told() {
    assert_eq!(edited("log", json!({}), json!([])).changes[0].classes, [C15]);
    assert_eq!(edited("log", json!(1), json!(2)).changes[0].classes, [C15]);
}

#[test]
fn very_many_elements_come_to_an_end() {
    let anchors = |digit: &str, from: u64| -> Value { (from..from + 30_000).map(|n| anchor(n, digit)).collect() };
    assert_eq!(edited("at", anchors("a", 0), anchors("a", 100_000)).changes[0].classes, [E01, E02]);
    assert_eq!(edited("at", anchors("a", 0), anchors("b", 0)).changes[0].classes, [E03]);
    let names: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
    let reversed: Vec<&String> = names.iter().rev().collect();
    assert_eq!(edited("about", json!(names), json!(reversed)).changes[0].classes, [A02]);
}

#[test]
fn very_many_that_look_alike_come_to_an_end() {
    let shelf = |prefix: &str| {
        let mut shelf = Shelf::new(json!({ "id": "odd" }));
        for n in 0..20_000 {
            let claim = json!({
                "id": format!("{prefix}-{n}"), "event": "e", "kind": "k", "stance": "asserts", "value": { "unknown": true },
                "by": ["a"], "at": [anchor(n, "a")],
            });
            shelf.put(RecordKind::Claim, claim);
        }
        shelf
    };
    let said = compare(&mut shelf("old"), &mut shelf("new")).expect("a diff");
    assert_eq!(said.trailer.classes[&C05], 40_000);
}

#[test]
fn bounds_beyond_all_bounds_are_compared() {
    const FAR: i64 = 8_000_000_000_000_000_000;
    let shelf = |lo: i64, hi: i64| {
        let mut shelf = Shelf::new(json!({ "id": "odd" }));
        let value = json!({ "unit": "person", "lo": lo, "hi": hi, "qual": "range", "said": "all" });
        let (by, at) = (json!(["a"]), json!([anchor(1, "a")]));
        let claim =
            json!({ "id": "a", "event": "e", "kind": "k", "stance": "asserts", "value": value, "by": by, "at": at });
        shelf.put(RecordKind::Claim, claim);
        shelf
    };
    let said = compare(&mut shelf(-FAR, -FAR), &mut shelf(FAR, FAR)).expect("a diff");
    assert_eq!(said.changes[0].classes, [C10]);
}
