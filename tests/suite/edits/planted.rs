//! One edit of each field of each kind of record, and exactly the classes that it must be given.

use std::collections::BTreeSet;

use affiant::format::schema;
use affiant::model::change_class::ChangeClass::{self, *};
use affiant::model::digest::Digest;
use affiant::model::kind::RecordKind::{self, *};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::replays;
use super::shelf::{Shelf, compare_folders};

/// An edit, and the classes of all changes it must make, by id.
struct Planted {
    kind: RecordKind,
    id: &'static str,
    field: &'static str,
    /// What the field holds then; `None`: it is gone.
    value: Option<Value>,
    classes: Vec<(&'static str, &'static [ChangeClass])>,
}

const PAGE: &str = "Menu\nThree died, the office said. Three died.\nI saw five.\n";
const SUMMARY: &str = "Three died. The gates were shut. It was in May.\n";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The `nth` place where words stand in a capture.
fn anchor(capture: &str, text: &str, words: &str, nth: usize) -> Value {
    let (start, _) = text.match_indices(words).nth(nth).expect("the words");
    json!({ "capture": capture, "span": [start, start + words.len()], "sha256": Digest::of(words.as_bytes()) })
}

fn page(words: &str, nth: usize) -> Value {
    anchor("page.1", PAGE, words, nth)
}

fn summary(words: &str) -> Value {
    anchor("summary.1", SUMMARY, words, 0)
}

fn capture(text: &str) -> Value {
    json!({ "n": 1, "sha256": Digest::of(text.as_bytes()), "bytes": text.len(), "by": "keepers", "parts": [] })
}

fn with(mut value: Value, member: &str, content: Value) -> Value {
    value[member] = content;
    value
}

fn decision(day: u8, is: &str, why: &str) -> Value {
    json!({ "on": format!("2026-01-{day:02}"), "is": is, "why": why })
}

fn people(lo: i64, hi: i64, qual: &str) -> Value {
    json!({ "unit": "person", "lo": lo, "hi": hi, "qual": qual, "said": "three died" })
}

/// A dataset in which one record of each kind has every field, and another has none that may be absent.
fn base() -> Shelf {
    let ext = json!({ "type": "object", "properties": { "n": { "type": "integer" } } });
    let mut shelf = Shelf::new(json!({
        "id": "planted", "title": "Planted", "license": "CC0-1.0", "law": "living", "threshold": 1,
        "units": { "person": "one human being" },
        "kinds": {
            "killed": { "definition": "Deaths.", "units": ["person"] },
            "hurt": { "definition": "Injuries.", "units": ["person"] },
        },
        "ext": { "agent": ext, "event": ext, "source": ext, "claim": ext },
    }));
    for record in [
        json!({ "id": "keepers", "kind": "org", "names": ["Keepers", "The keepers"], "privacy": "open", "note": "us", "ext": { "n": 1 } }),
        json!({ "id": "office", "kind": "office", "names": ["Office"], "privacy": "open" }),
        json!({ "id": "person-01", "kind": "person", "names": [], "privacy": "masked" }),
        json!({ "id": "person-02", "kind": "person", "names": [], "privacy": "masked" }),
    ] {
        shelf.put(Agent, record);
    }
    let place = json!({ "name": "Pier", "country": "KZ", "precision": "site" });
    for record in [
        json!({ "id": "fire", "label": "Fire", "when": "1999-05-05", "where": place, "within": "strike", "ext": { "n": 1 } }),
        json!({ "id": "strike", "label": "Strike" }),
        json!({ "id": "year", "label": "The year" }),
    ] {
        shelf.put(Event, record);
    }
    let derivation = json!({ "how": "summarises", "what": "person-02", "basis": "it says so" });
    for record in [
        json!({
            "id": "page", "publisher": "office", "title": "A page", "authors": ["office", "keepers"], "lang": "en",
            "url": "https://example.org/", "published": "1999-05-06", "published_basis": "stated", "from": [derivation],
            "rights": { "holder": "office", "text": "withheld" }, "ext": { "n": 1 },
            "captures": [with(capture(PAGE), "parts", json!([{ "id": "menu", "role": "chrome", "span": [0, 4] }, { "id": "body", "role": "body", "span": [5, PAGE.len()] }]))],
        }),
        json!({
            "id": "summary", "publisher": "keepers", "lang": "en", "captures": [capture(SUMMARY)],
            "rights": { "holder": "keepers", "text": "included", "license": "CC0-1.0" },
        }),
        json!({
            "id": "letter", "publisher": "person-01", "lang": "und", "captures": [], "commitment": EMPTY,
            "rights": { "holder": "person-01", "text": "sealed" },
        }),
    ] {
        shelf.put(Source, record);
    }
    shelf.texts.insert("summary.1".to_owned(), SUMMARY.to_owned());
    for record in [
        json!({
            "id": "full", "event": "fire", "kind": "killed", "stance": "asserts", "about": ["person-01", "person-02"],
            "value": people(3, 3, "exact"), "when": "1999-05-05", "basis": "stated", "time": "20:30",
            "where": { "name": "Gate" }, "by": ["keepers", "office"],
            "at": [page("Three died", 0), with(summary("Three died"), "quote", json!("Three died"))],
            "links": [{ "rel": "tension", "to": "bare" }, { "rel": "supports", "to": "bare" }],
            "reading": { "fix": "typo", "basis": "plain" }, "note": "A remark.",
            "log": [decision(1, "withdrawn", "doubt"), decision(2, "restored", "no doubt")], "ext": { "n": 1 },
        }),
        json!({
            "id": "bare", "event": "fire", "kind": "killed", "stance": "asserts", "by": ["office"],
            "at": [summary("The gates were shut")],
        }),
        json!({
            "id": "beside", "event": "fire", "kind": "killed", "stance": "asserts", "by": ["person-02"],
            "at": [page("I saw five", 0)],
        }),
    ] {
        shelf.put(Claim, record);
    }
    shelf
}

/// The record in which every field stands.
fn full(kind: RecordKind) -> &'static str {
    match kind {
        Agent => "keepers",
        Event => "fire",
        Source => "page",
        Claim => "full",
    }
}

/// An edit that changes no record but its own.
fn edit(
    kind: RecordKind,
    id: &'static str,
    field: &'static str,
    value: Value,
    class: &'static [ChangeClass],
) -> Planted {
    Planted { kind, id, field, value: Some(value), classes: vec![(id, class)] }
}

/// The field is another, in a record that has it; and gone from it.
fn changed_and_gone(
    kind: RecordKind,
    field: &'static str,
    value: Value,
    class: &'static [ChangeClass],
) -> [Planted; 2] {
    let id = full(kind);
    let gone = Planted { kind, id, field, value: None, classes: vec![(id, class)] };
    [edit(kind, id, field, value, class), gone]
}

fn records() -> Vec<Planted> {
    let mut planted = vec![
        edit(Agent, "keepers", "kind", json!("office"), &[R03]),
        edit(Agent, "keepers", "names", json!(["Keepers"]), &[R03]),
        edit(Agent, "keepers", "names", json!(["The keepers", "Keepers"]), &[A02]),
        edit(Agent, "person-01", "privacy", json!("sealed"), &[R05]),
        edit(Event, "fire", "label", json!("Blaze"), &[A01]),
        edit(Source, "page", "publisher", json!("keepers"), &[R03]),
        edit(Source, "page", "authors", json!(["office"]), &[R03]),
        edit(Source, "page", "authors", json!(["keepers", "office"]), &[A02]),
        edit(Source, "page", "lang", json!("ru"), &[R03]),
        edit(Source, "page", "published", json!("1999-05-07"), &[R03]),
        edit(Source, "page", "published_basis", json!("inferred"), &[R03]),
        edit(Source, "page", "rights", json!({ "holder": "keepers", "text": "withheld" }), &[R04]),
        edit(Source, "summary", "rights", json!({ "holder": "keepers", "text": "included" }), &[R04]),
        edit(Source, "page", "captures", json!([capture(PAGE)]), &[R03]),
        edit(Source, "page", "captures", json!([with(capture(PAGE), "got", json!("2001-02-03"))]), &[E06]),
        edit(Source, "letter", "commitment", json!("0".repeat(64)), &[E06]),
        Planted { kind: Source, id: "letter", field: "commitment", value: None, classes: vec![("letter", &[E06])] },
    ];
    planted.extend(changed_and_gone(Agent, "note", json!("they"), &[A01]));
    planted.extend(changed_and_gone(Agent, "ext", json!({ "n": 2 }), &[A01]));
    planted.extend(changed_and_gone(Event, "when", json!("1999-05-06"), &[R03]));
    planted.extend(changed_and_gone(
        Event,
        "where",
        json!({ "name": "Quay", "country": "KZ", "precision": "site" }),
        &[R03],
    ));
    planted.extend(changed_and_gone(Event, "within", json!("year"), &[R03]));
    planted.extend(changed_and_gone(Event, "ext", json!({ "n": 2 }), &[A01]));
    planted.extend(changed_and_gone(Source, "title", json!("The page"), &[A01]));
    planted.extend(changed_and_gone(Source, "url", json!("https://example.org/a"), &[A01]));
    planted.extend(changed_and_gone(
        Source,
        "from",
        json!([{ "how": "spins", "what": "person-02", "basis": "it says so" }]),
        &[R03],
    ));
    planted.extend(changed_and_gone(Source, "ext", json!({ "n": 2 }), &[A01]));
    planted
}

fn assertions() -> Vec<Planted> {
    let mut planted = vec![
        // A claim of another event on the same evidence is the same claim, corrected; on other evidence it is another.
        edit(Claim, "full", "event", json!("strike"), &[C11]),
        edit(Claim, "full", "kind", json!("hurt"), &[C11]),
        edit(Claim, "full", "stance", json!("doubts"), &[C11]),
        edit(Claim, "full", "about", json!(["person-02", "person-01"]), &[A02]),
        edit(Claim, "full", "value", people(3, 4, "range"), &[C10]),
        edit(Claim, "full", "value", json!({ "unknown": true }), &[C10]),
        edit(Claim, "full", "by", json!(["office"]), &[C11]),
        edit(Claim, "full", "by", json!(["keepers", { "agent": "office", "basis": "implied" }]), &[C11]),
        edit(Claim, "bare", "value", people(3, 3, "exact"), &[C10]),
        edit(Claim, "bare", "note", json!("new"), &[A01]),
        edit(Claim, "bare", "when", json!("1999"), &[C11]),
        edit(Claim, "bare", "about", json!(["person-01"]), &[C11]),
    ];
    planted.extend(changed_and_gone(Claim, "value", people(4, 4, "exact"), &[C10]));
    planted.extend(changed_and_gone(Claim, "about", json!(["person-01"]), &[C11]));
    planted.extend(changed_and_gone(Claim, "when", json!("1999-05-06"), &[C11]));
    planted.extend(changed_and_gone(Claim, "basis", json!("inferred"), &[C11]));
    planted.extend(changed_and_gone(Claim, "time", json!("20:31"), &[C11]));
    planted.extend(changed_and_gone(Claim, "where", json!({ "name": "Quay" }), &[C11]));
    planted.extend(changed_and_gone(Claim, "reading", json!({ "fix": "spin", "basis": "plain" }), &[A01]));
    planted.extend(changed_and_gone(Claim, "note", json!("Another."), &[A01]));
    planted.extend(changed_and_gone(Claim, "ext", json!({ "n": 2 }), &[A01]));
    planted
}

fn evidence() -> Vec<Planted> {
    let quoted = with(summary("Three died"), "quote", json!("Three died"));
    let at = |anchors: &[Value], class: &'static [ChangeClass]| edit(Claim, "full", "at", json!(anchors), class);
    let first = page("Three died", 0);
    vec![
        at(&[first.clone(), summary("Three died")], &[A01]),
        at(&[quoted.clone(), first.clone()], &[A02]),
        at(std::slice::from_ref(&first), &[E02]),
        at(&[first.clone(), quoted.clone(), page("I saw five", 0)], &[E01]),
        at(&[page("Three died", 1), quoted.clone()], &[E04]),
        at(&[page("Three died", 1), summary("It was in May")], &[E03, E04]),
        at(&[page("I saw five", 0), quoted.clone()], &[E03]),
        at(&[page("Three", 0), quoted.clone()], &[E03]),
        at(&[quoted.clone(), summary("It was in May")], &[E01, E02]),
        edit(Claim, "bare", "at", json!([page("I saw five", 0)]), &[E01, E02]),
    ]
}

/// Links and logs, which decide how neighbours stand.
fn decisions() -> Vec<Planted> {
    let link = |rel: &str, to: &str| json!({ "rel": rel, "to": to });
    let of = |id, field, value, classes| Planted { kind: Claim, id, field, value: Some(value), classes };
    let (doubt, cleared) = (decision(1, "withdrawn", "doubt"), decision(2, "restored", "no doubt"));
    vec![
        of("full", "links", json!([link("supports", "bare"), link("tension", "bare")]), vec![("full", &[A02])]),
        of("full", "links", json!([link("tension", "bare")]), vec![("full", &[C13])]),
        Planted { kind: Claim, id: "full", field: "links", value: None, classes: vec![("full", &[C13])] },
        of("beside", "links", json!([link("contradicts", "bare")]), vec![("bare", &[C12]), ("beside", &[C13])]),
        of("beside", "links", json!([link("denies", "bare")]), vec![("bare", &[C12]), ("beside", &[C13])]),
        of("beside", "links", json!([link("supersedes", "bare")]), vec![("bare", &[C04]), ("beside", &[C13])]),
        of("bare", "links", json!([link("contradicts", "full")]), vec![("bare", &[C13]), ("full", &[C12])]),
        of("bare", "log", json!([doubt]), vec![("bare", &[C03])]),
        of("bare", "log", json!([doubt, cleared]), vec![("bare", &[C03, C14])]),
        of("full", "log", json!([doubt, cleared, decision(3, "retracted", "they say so")]), vec![("full", &[C03])]),
        of("full", "log", json!([doubt]), vec![("full", &[C15])]),
        of("full", "log", json!([doubt, decision(2, "restored", "why not")]), vec![("full", &[C15])]),
        Planted { kind: Claim, id: "full", field: "log", value: None, classes: vec![("full", &[C15])] },
    ]
}

fn all() -> Vec<Planted> {
    [records(), assertions(), evidence(), decisions()].into_iter().flatten().collect()
}

#[test]
fn a_planted_edit_has_exactly_its_classes() {
    let old = base();
    let faults: Vec<String> = all()
        .par_iter()
        .filter_map(|planted| {
            let mut new = old.clone();
            let record = new.of(planted.kind).get_mut(planted.id)?.as_object_mut()?;
            match &planted.value {
                Some(value) => record.insert(planted.field.to_owned(), value.clone()),
                None => record.remove(planted.field),
            };
            assert!(old != new, "an edit of {} {}", planted.id, planted.field);
            let said = compare_folders(&old.folder(), &new.folder());
            replays(&old, &new, &said);
            let found: Vec<(&str, &[ChangeClass])> =
                said.changes.iter().map(|change| (change.id.as_str(), change.classes.as_slice())).collect();
            let Planted { id, field, value, classes, .. } = planted;
            (found != *classes).then(|| format!("{id} {field} {value:?}: {found:?}, not {classes:?}"))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_edit_of_each_field_is_planted() {
    let planted: BTreeSet<(RecordKind, &str)> = all().iter().map(|planted| (planted.kind, planted.field)).collect();
    let mut declared = BTreeSet::new();
    let schemas = RecordKind::ALL.map(|kind| (kind, schema::named(kind.word()).expect("a schema").text));
    let schemas: Vec<(RecordKind, Value)> =
        schemas.into_iter().map(|(kind, text)| (kind, serde_json::from_str(text).expect("JSON"))).collect();
    for (kind, schema) in &schemas {
        let fields = schema["properties"].as_object().expect("properties").keys();
        declared.extend(fields.filter(|field| *field != "id").map(|field| (*kind, field.as_str())));
    }
    assert_eq!(planted, declared);
}
