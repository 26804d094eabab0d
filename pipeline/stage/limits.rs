//! What the schemas say of records and of the tool's own documents beyond the types of their fields: numbers, lengths,
//! patterns. Whoever fits has all of it; whoever does not may still, and is left to the schema.

use std::collections::BTreeSet;

use crate::format::jsonl::MAX_INTEGER;
use crate::model::agent::Agent;
use crate::model::claim::{Anchor, Claim, Decision, Link, Reading, Voice};
use crate::model::dataset::{Acceptance, Approvals, Dataset};
use crate::model::event::{Event, Site};
use crate::model::kind::RecordKind;
use crate::model::release_info::{ChangesInfo, RecordTree, ReleaseInfo};
use crate::model::source::{Capture, Derivation, Part, Rights, Source};
use crate::model::span::Span;
use crate::model::status::StatusCounts;
use crate::model::value::{Place, Quantity, Value};

/// Most items of a list that are compared with each other; a longer list is left to the full reading.
const COMPARED: usize = 16;

/// What a schema says of a record beyond the types of its fields.
pub trait Limits {
    /// Whether all of it holds.
    fn fit(&self) -> bool;
}

impl Limits for Agent {
    fn fit(&self) -> bool {
        is_set(&self.names) && self.names.iter().all(|name| text(name, 200)) && optional(&self.note, 1000)
    }
}

impl Limits for Event {
    fn fit(&self) -> bool {
        text(&self.label, 200) && dated(&self.when) && self.place.as_ref().is_none_or(Site::fit)
    }
}

impl Limits for Site {
    fn fit(&self) -> bool {
        text(&self.name, 200)
            && country(&self.country)
            && optional(&self.region, 200)
            && optional(&self.edition, 100)
            && matches!(self.precision.as_str(), "site" | "city" | "region" | "country")
    }
}

impl Limits for Source {
    fn fit(&self) -> bool {
        optional(&self.title, 300)
            && is_set(&self.authors)
            && language(&self.lang)
            && self.url.as_deref().is_none_or(web_address)
            && dated(&self.published)
            && based(&self.published_basis)
            && self.published.is_some() == self.published_basis.is_some()
            && self.from.iter().all(Derivation::fit)
            && self.rights.fit()
            && self.captures.len() <= 1000
            && self.captures.iter().all(Capture::fit)
    }
}

impl Limits for Derivation {
    fn fit(&self) -> bool {
        matches!(self.how.as_str(), "quotes" | "summarises" | "syndicates" | "translates" | "spins")
            && text(&self.basis, 300)
    }
}

impl Limits for Rights {
    fn fit(&self) -> bool {
        optional(&self.license, 300)
    }
}

impl Limits for Capture {
    fn fit(&self) -> bool {
        (1..=9999).contains(&self.n)
            && self.bytes <= MAX_INTEGER
            && self.got.as_deref().is_none_or(day)
            && self.parts.len() <= 10_000
            && self.parts.iter().all(Part::fit)
    }
}

impl Limits for Part {
    fn fit(&self) -> bool {
        self.span.fit() && dated(&self.posted)
    }
}

impl Limits for Claim {
    fn fit(&self) -> bool {
        is_set(&self.about)
            && self.value.as_ref().is_none_or(Value::fit)
            && dated(&self.when)
            && based(&self.basis)
            && self.time.as_deref().is_none_or(time_of_day)
            && self.place.as_ref().is_none_or(Place::fit)
            && (1..=16).contains(&self.by.len())
            && self.by.iter().all(Voice::fit)
            && (1..=64).contains(&self.at.len())
            && self.at.iter().all(Anchor::fit)
            && self.links.len() <= 256
            && self.links.iter().all(Link::fit)
            && self.reading.as_ref().is_none_or(Reading::fit)
            && optional(&self.note, 1000)
            && self.log.len() <= 64
            && self.log.iter().all(Decision::fit)
    }
}

impl Limits for Value {
    fn fit(&self) -> bool {
        self.said().is_none_or(|said| text(said, 120))
            && match self {
                Value::Quantity(Quantity { lo, hi, .. }) => {
                    [lo, hi].into_iter().flatten().all(|bound| bound.unsigned_abs() <= MAX_INTEGER)
                }
                Value::Date { edtf, .. } => date(edtf),
                Value::Place { place, .. } => place.fit(),
                Value::Text { text: statement } => text(statement, 1000),
                Value::Unknown { unknown } => *unknown,
            }
    }
}

impl Limits for Place {
    fn fit(&self) -> bool {
        text(&self.name, 200) && self.country.as_deref().is_none_or(country) && optional(&self.region, 200)
    }
}

impl Limits for Voice {
    fn fit(&self) -> bool {
        match self {
            Voice::Named(_) => true,
            Voice::Implied(implied) => implied.basis == "implied",
        }
    }
}

impl Limits for Anchor {
    fn fit(&self) -> bool {
        self.span.fit() && optional(&self.quote, 4000)
    }
}

impl Limits for Span {
    fn fit(&self) -> bool {
        self.end() <= MAX_INTEGER
    }
}

impl Limits for Link {
    fn fit(&self) -> bool {
        optional(&self.why, 1000)
    }
}

impl Limits for Reading {
    fn fit(&self) -> bool {
        matches!(self.fix.as_str(), "typo" | "spin" | "relative-date" | "translation") && text(&self.basis, 1000)
    }
}

impl Limits for Decision {
    fn fit(&self) -> bool {
        day(&self.on) && text(&self.why, 1000)
    }
}

impl Limits for Dataset {
    fn fit(&self) -> bool {
        let accepted: BTreeSet<_> = self.accepted.iter().map(|Acceptance { code, id, why }| (id, code, why)).collect();
        text(&self.title, 200)
            && optional(&self.description, 2000)
            && text(&self.license, 100)
            && (1..=100).contains(&self.threshold)
            && self.envelope.values().all(|percent| *percent <= 100)
            && self.approvals.as_ref().is_none_or(Approvals::fit)
            && self.accepted.len() <= 10_000
            && accepted.len() == self.accepted.len()
            && self.accepted.iter().all(Acceptance::fit)
            && !self.units.is_empty()
            && self.units.values().all(|definition| text(definition, 500))
            && !self.kinds.is_empty()
            && self.kinds.values().all(|kind| text(&kind.definition, 500) && is_set(&kind.units))
            && self.ext.is_empty()
    }
}

impl Limits for Approvals {
    fn fit(&self) -> bool {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        let is_key = |key: &String| {
            key.strip_prefix("ssh-ed25519 ").is_some_and(|key| key.len() == 68 && key.bytes().all(is_letter))
        };
        (1..=100).contains(&self.needed)
            && !self.keys.is_empty()
            && is_set(&self.keys)
            && self.keys.iter().all(is_key)
            && is_set(&self.classes)
    }
}

impl Limits for Acceptance {
    fn fit(&self) -> bool {
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        self.code.len() <= 64 && self.code.split('-').all(is_word) && text(&self.why, 500)
    }
}

impl Limits for ReleaseInfo {
    fn fit(&self) -> bool {
        let trees = self.records.values().chain([&self.status_tree]).chain(&self.toll_tree).chain(&self.chunk_tree);
        text(&self.format, 64)
            && ReleaseInfo::may_be_version(&self.version)
            && counts(self.seq)
            && self.previous.as_ref().is_none_or(|previous| ReleaseInfo::may_be_version(&previous.version))
            && (1..=100).contains(&self.threshold)
            && self.records.len() == RecordKind::ALL.len()
            && trees.into_iter().all(RecordTree::fit)
            && self.statuses.values().all(StatusCounts::fit)
            && self.anchors.checked.max(self.anchors.not_checked) <= MAX_INTEGER
            && !self.schemas.is_empty()
            // Beyond ASCII the order of the names' bytes may not be the canonical one.
            && self.schemas.keys().all(|file| file.is_ascii())
            && self.changes.as_ref().is_none_or(ChangesInfo::fit)
    }
}

impl Limits for StatusCounts {
    fn fit(&self) -> bool {
        self.iter().next().is_some() && self.iter().all(|(_, count)| counts(count.get()))
    }
}

impl Limits for RecordTree {
    fn fit(&self) -> bool {
        self.count <= MAX_INTEGER
    }
}

impl Limits for ChangesInfo {
    fn fit(&self) -> bool {
        let is_fingerprint =
            |text: &String| text.len() == 12 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        self.tree.fit()
            && self.classes.values().copied().all(counts)
            && self.deciding.len() <= ChangesInfo::DECIDING
            && self.deciding.iter().all(is_fingerprint)
            && self.allowed.len() <= 100
    }
}

/// A text of one to so many characters.
fn text(text: &str, most: usize) -> bool {
    !text.is_empty() && (text.len() <= most || text.chars().count() <= most)
}

fn optional(field: &Option<String>, most: usize) -> bool {
    field.as_deref().is_none_or(|field| text(field, most))
}

/// No item twice, and not so many that comparing them takes long.
fn is_set<T: PartialEq>(items: &[T]) -> bool {
    items.len() <= COMPARED && items.iter().enumerate().all(|(i, item)| !items[..i].contains(item))
}

/// At least one.
fn counts(number: u64) -> bool {
    (1..=MAX_INTEGER).contains(&number)
}

fn date(edtf: &str) -> bool {
    edtf.len() >= 4 && edtf.len() <= 64 && edtf.is_ascii()
}

fn dated(edtf: &Option<String>) -> bool {
    edtf.as_deref().is_none_or(date)
}

fn based(basis: &Option<String>) -> bool {
    matches!(basis.as_deref(), None | Some("stated" | "inferred"))
}

/// `2026-12-01`, whether the calendar has it or not.
fn day(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(fits)
}

/// `20:30`, `12:00/22:00~`
fn time_of_day(text: &str) -> bool {
    let minute = |time: &str| {
        let time = time.strip_suffix('~').unwrap_or(time).as_bytes();
        matches!(time, [b'0' | b'1', b'0'..=b'9', b':', b'0'..=b'5', b'0'..=b'9'])
            || matches!(time, [b'2', b'0'..=b'3', b':', b'0'..=b'5', b'0'..=b'9'])
    };
    match text.split_once('/') {
        Some((from, to)) => minute(from) && minute(to),
        None => minute(text),
    }
}

fn country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())
}

fn language(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let first = subtags.next().unwrap_or_default();
    tag.len() <= 35
        && matches!(first.len(), 2 | 3)
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && subtags.all(|tag| matches!(tag.len(), 1..=8) && tag.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn web_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    url.len() <= 2000
        && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic() && b != b'@'))
}
