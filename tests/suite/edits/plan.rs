//! Random datasets that pass `check`, in two versions.

use std::collections::{BTreeMap, BTreeSet};

use affiant::model::digest::Digest;
use affiant::model::kind::RecordKind;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::shelf::Shelf;

/// What one version of a claim says.
#[derive(Clone, Debug)]
struct Draft {
    event: u8,
    kind: u8,
    number: i64,
    spread: i64,
    stance: &'static str,
    voices: Vec<&'static str>,
    /// Source, sentence, and whether the newest capture is meant.
    anchors: BTreeSet<(u8, u8, bool)>,
    links: Vec<(&'static str, Index)>,
    log: u8,
    note: Option<u8>,
    when: Option<u8>,
}

/// What a claim of the old version has become.
#[derive(Clone, Debug)]
enum Fate {
    Same,
    Gone,
    New,
    /// Parts of another draft, a bit each.
    Edited(Draft, u16),
    /// Another id.
    Rekeyed,
}

/// What is true of a whole version.
#[derive(Clone, Copy, Debug)]
struct Facts {
    title: u8,
    license: u8,
    label: u8,
    is_recaptured: bool,
    is_derived: bool,
    has_spares: bool,
    codebook: u8,
}

/// Two versions of a dataset, each of which passes `check`.
pub fn versions() -> impl Strategy<Value = (Shelf, Shelf)> {
    (vec((draft(), fate()), 2..=30), facts(), facts()).prop_map(|(claims, mut was, mut is)| {
        // A capture once recorded stays.
        is.is_recaptured |= was.is_recaptured;
        was.is_recaptured &= is.is_recaptured;
        let old = claims.iter().map(|(draft, fate)| (!matches!(fate, Fate::New)).then(|| (draft.clone(), false)));
        let new = claims.iter().map(|(draft, fate)| match fate {
            Fate::Same | Fate::New => Some((draft.clone(), false)),
            Fate::Rekeyed => Some((draft.clone(), true)),
            Fate::Edited(other, parts) => Some((draft.mixed(other, *parts), false)),
            Fate::Gone => None,
        });
        (shelf(was, &old.collect::<Vec<_>>()), shelf(is, &new.collect::<Vec<_>>()))
    })
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Same),
        1 => Just(Fate::Gone),
        1 => Just(Fate::New),
        1 => Just(Fate::Rekeyed),
        4 => (draft(), any::<u16>()).prop_map(|(other, parts)| Fate::Edited(other, parts)),
        2 => (draft(), 0..11u16).prop_map(|(other, part)| Fate::Edited(other, 1 << part)),
    ]
}

fn facts() -> impl Strategy<Value = Facts> {
    (0..2u8, 0..2u8, 0..2u8, any::<[bool; 3]>(), 0..2u8).prop_map(|(title, license, label, is, codebook)| {
        let [is_recaptured, is_derived, has_spares] = is;
        Facts { title, license, label, is_recaptured, is_derived, has_spares, codebook }
    })
}

fn draft() -> impl Strategy<Value = Draft> {
    let stance = select(vec!["asserts", "asserts", "denies", "doubts"]);
    let voices = vec(select(vec!["gazette", "radio", "office", "person-01"]), 1..4);
    let rel = select(vec!["contradicts", "denies", "supersedes", "repeats", "supports", "tension"]);
    let links = vec((rel, any::<Index>()), 0..3);
    let anchors = btree_set((0..2u8, 0..5u8, any::<bool>()), 1..4);
    let numbers = (0..6i64, 0..3i64, 0..2u8, 0..3u8);
    (numbers, stance, voices, anchors, links, 0..8u8, option::of(0..3u8), option::of(0..3u8)).prop_map(
        |((number, spread, event, kind), stance, voices, anchors, links, log, note, when)| Draft {
            event,
            kind,
            number,
            spread,
            stance,
            voices,
            anchors,
            links,
            log,
            note,
            when,
        },
    )
}

impl Draft {
    fn mixed(&self, other: &Self, parts: u16) -> Self {
        let mut mixed = self.clone();
        let takes = |part: u16| parts & (1 << part) != 0;
        macro_rules! take {
            ($($part:literal $field:ident),*) => { $(if takes($part) { mixed.$field = other.$field.clone(); })* };
        }
        take!(0 event, 1 kind, 2 number, 3 spread, 4 stance, 5 voices, 6 anchors, 7 links, 8 log, 9 note, 10 when);
        mixed
    }

    fn value(&self) -> (&'static str, Option<Value>) {
        let (lo, hi) = (self.number, self.number + self.spread);
        let qual = if self.spread == 0 { "exact" } else { "range" };
        let said = format!("{lo} to {hi}");
        match self.kind {
            0 => ("killed", Some(json!({ "unit": "person", "lo": lo, "hi": hi, "qual": qual, "said": said }))),
            1 => ("day", Some(json!({ "edtf": format!("1999-05-{:02}", lo + 1), "said": said }))),
            _ => ("denial", None),
        }
    }

    fn log(&self) -> Option<Value> {
        let decision = |day: u8, is: &str| json!({ "on": format!("2026-01-{day:02}"), "is": is, "why": "so" });
        match self.log {
            5 => Some(json!([decision(1, "withdrawn")])),
            6 => Some(json!([decision(1, "withdrawn"), decision(2, "restored")])),
            7 => Some(json!([decision(1, "retracted")])),
            _ => None,
        }
    }
}

/// The sentences that all texts are made of; the first stands twice in each.
const SENTENCES: [&str; 5] = ["Three died. ", "Қалада өрт. ", "The gates were open. ", "🌊 rose. ", "It was May. "];

fn text(source: u8, capture: u8) -> String {
    let mut sentences: Vec<&str> = SENTENCES.iter().chain([&SENTENCES[0]]).copied().collect();
    sentences.rotate_left(usize::from(source));
    if capture == 2 {
        sentences.insert(0, "Corrected: ");
    }
    sentences.concat()
}

fn anchor(source: u8, sentence: u8, capture: u8) -> Value {
    let (text, words) = (text(source, capture), SENTENCES[usize::from(sentence)].trim_end());
    let start = text.find(words).expect("the sentence");
    json!({
        "capture": format!("s-{source}.{capture}"), "span": [start, start + words.len()],
        "sha256": Digest::of(words.as_bytes()), "quote": words,
    })
}

fn id(index: usize, is_rekeyed: bool) -> String {
    format!("c-{index:02}{}", if is_rekeyed { "-new" } else { "" })
}

fn shelf(facts: Facts, claims: &[Option<(Draft, bool)>]) -> Shelf {
    let license = if facts.license == 0 { "CC0-1.0" } else { "CC-BY-4.0" };
    let mut shelf = Shelf::new(json!({
        "id": "edits", "title": format!("Title {}", facts.title), "license": license,
        "law": "living", "threshold": 1, "units": { "person": "one human being" },
        "kinds": {
            "killed": { "definition": "Deaths.", "units": ["person"] },
            "day": { "definition": "On what day." }, "denial": { "definition": "That it was not so." },
        },
    }));
    shelf.files.insert("README.md".to_owned(), format!("Codebook {}\n", facts.codebook).into_bytes());
    let agents = [("gazette", "org"), ("radio", "org"), ("office", "office"), ("person-01", "person")];
    let spare = [("crowd-01", "crowd")].into_iter().filter(|_| facts.has_spares);
    for (id, kind) in agents.into_iter().chain(spare) {
        let is_open = matches!(kind, "org" | "office");
        let names: Vec<&str> = [id].into_iter().filter(|_| is_open).collect();
        let privacy = if is_open { "open" } else { "masked" };
        shelf.put(RecordKind::Agent, json!({ "id": id, "kind": kind, "names": names, "privacy": privacy }));
    }
    for event in 0..2 + u8::from(facts.has_spares) {
        let label = format!("Event {event}, edition {}", facts.label);
        shelf.put(RecordKind::Event, json!({ "id": format!("e-{event}"), "label": label }));
    }
    for source in 0..2 {
        let captures = 1..=1 + u8::from(facts.is_recaptured && source == 0);
        let captures = captures.map(|n| {
            let text = text(source, n);
            let capture = json!({ "n": n, "sha256": Digest::of(text.as_bytes()), "bytes": text.len(), "by": "gazette", "parts": [] });
            shelf.texts.insert(format!("s-{source}.{n}"), text);
            capture
        });
        let captures: Vec<Value> = captures.collect();
        let mut record = json!({
            "id": format!("s-{source}"), "publisher": "gazette", "lang": "en", "captures": captures,
            "rights": { "holder": "gazette", "text": "included" },
        });
        if source == 1 && facts.is_derived {
            record["from"] = json!([{ "how": "quotes", "what": "s-0", "basis": "it says so" }]);
        }
        shelf.put(RecordKind::Source, record);
    }
    let ids: BTreeMap<usize, String> =
        claims.iter().enumerate().filter_map(|(i, claim)| Some((i, id(i, claim.as_ref()?.1)))).collect();
    for (index, (draft, _)) in claims.iter().enumerate().filter_map(|(i, claim)| Some((i, claim.as_ref()?))) {
        shelf.put(RecordKind::Claim, claim(index, draft, &ids, facts));
    }
    shelf
}

fn claim(index: usize, draft: &Draft, ids: &BTreeMap<usize, String>, facts: Facts) -> Value {
    let (kind, value) = draft.value();
    // Anchors that differ only in a capture that is not there are one.
    let anchors: BTreeSet<_> = draft
        .anchors
        .iter()
        .map(|&(source, sentence, is_newest)| {
            (source, sentence, 1 + u8::from(is_newest && source == 0 && facts.is_recaptured))
        })
        .collect();
    let anchors: Vec<Value> = anchors.into_iter().map(|(source, sentence, n)| anchor(source, sentence, n)).collect();
    let mut claim = json!({
        "id": ids[&index], "event": format!("e-{}", draft.event), "kind": kind, "stance": draft.stance,
        "by": draft.voices, "at": anchors,
    });
    let links: BTreeSet<(&str, &String)> = draft
        .links
        .iter()
        .filter(|_| index > 0)
        .filter_map(|(rel, to)| Some((*rel, ids.get(&to.index(index))?)))
        .collect();
    let links: Vec<Value> = links.into_iter().map(|(rel, to)| json!({ "rel": rel, "to": to })).collect();
    let optional = [
        ("value", value),
        ("links", (!links.is_empty()).then_some(json!(links))),
        ("log", draft.log()),
        ("note", draft.note.map(|note| json!(format!("Remark {note}")))),
        ("when", draft.when.map(|when| json!(format!("1999-0{}", when + 1)))),
    ];
    for (name, value) in optional.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        claim[name] = value;
    }
    claim
}
