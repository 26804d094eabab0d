//! The quick way through stage 1, for a line in which there is nothing to find.
//!
//! [`read`] gives the record of a line only where it has proved that the full reading (`validate.rs`) would give the
//! same record without a word. It turns down every other line, the faulty as well as the doubtful, and finds nothing
//! itself: what is wrong, where and why is said by the full reading alone. The proof has three parts.
//!
//! 1. **Form**: [`strict::read`] takes only an object of the record's own fields, each once, none null, each value of
//!    its type. So the record holds all that the line says. A line with an `ext` object is turned down here.
//! 2. **Limits**: `Limits::fit` holds what a type does not say against the numbers and patterns of the schema.
//! 3. **Text**: `is_plain` sees in the spelling of the line that no text of it can be one that `rule::strings` names.
//!
//! `tests/suite/quick.rs` breaks every constraint of every schema, one at a time, and compares both ways.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::rule::is_hidden;
use crate::format::canonical;
use crate::format::jsonl::{MAX_INTEGER, MAX_LINE_BYTES};
use crate::format::{strict, utf8};
use crate::model::agent::Agent;
use crate::model::claim::{Anchor, Claim, Decision, Link, Reading, Voice};
use crate::model::event::{Event, Site};
use crate::model::kind::RecordKind;
use crate::model::release_info::{ChangesInfo, RecordTree, ReleaseInfo};
use crate::model::source::{Capture, Derivation, Part, Rights, Source};
use crate::model::span::Span;
use crate::model::value::{Place, Quantity, Value};

/// Most items of a list that are compared with each other; a longer list is left to the full reading.
const COMPARED: usize = 16;

/// The record of a line, if nothing at all can be said against the line.
pub fn read<T: DeserializeOwned + Limits>(line: &[u8]) -> Option<T> {
    let text = utf8::read(line)?;
    if line.len() > MAX_LINE_BYTES || line.ends_with(b"\r") || !is_plain(text) {
        return None;
    }
    strict::read(text).ok().filter(T::fit)
}

/// The document of the tool's own that a line is, if nothing can be said against it, and it is its canonical form.
pub fn document<T: DeserializeOwned + Serialize + Limits>(line: &[u8]) -> Option<T> {
    read(line).filter(|document| canonical::to_vec(document) == line)
}

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
            && self.statuses.values().all(|event| !event.is_empty() && event.values().copied().all(counts))
            && self.anchors.checked.max(self.anchors.not_checked) <= MAX_INTEGER
            && !self.schemas.is_empty()
            && self.changes.as_ref().is_none_or(ChangesInfo::fit)
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

/// Whether no text of the line, once its escapes are read, can hold contact data or a hidden character: whether the
/// line itself holds none of the characters that these must have, and no escape that could stand for one of them.
fn is_plain(line: &str) -> bool {
    has_plain_escapes(line) && !may_hold_contact(line.as_bytes()) && !hides(line)
}

/// `\"`, `\\`, `\/`, `\n` and `\t` alone.
fn has_plain_escapes(line: &str) -> bool {
    let mut rest = line.as_bytes();
    while let Some(at) = memchr::memchr(b'\\', rest) {
        if !matches!(rest.get(at + 1), Some(b'"' | b'\\' | b'/' | b'n' | b't')) {
            return false;
        }
        rest = &rest[at + 2..];
    }
    true
}

/// An address has an `@`; a phone number begins with `+` and a digit, or with 8, one or two signs and a 7.
fn may_hold_contact(line: &[u8]) -> bool {
    let is_sign = |byte: &u8| matches!(byte, b' ' | b'(' | b'-');
    let begins_number = |at: usize| match line[at..] {
        [b'+', next, ..] => next.is_ascii_digit(),
        [b'8', sign, b'7', ..] => is_sign(&sign),
        [b'8', sign, other, b'7', ..] => is_sign(&sign) && is_sign(&other),
        [other, ..] => other == b'@',
        [] => false,
    };
    memchr::memchr3_iter(b'@', b'+', b'8', line).any(begins_number)
}

/// Which bytes a hidden character begins with, outside the control characters that JSON does not take anyway.
const HIDDEN: [[u8; 3]; 2] = [[0xc2, 0xe2, 0xef], [0xd8, 0xe1, 0xf3]];

fn hides(line: &str) -> bool {
    let is_hidden_at = |at: usize| line[at..].chars().next().is_some_and(is_hidden);
    let bytes = line.as_bytes();
    memchr::memchr(0x7f, bytes).is_some()
        || HIDDEN.iter().any(|[a, b, c]| memchr::memchr3_iter(*a, *b, *c, bytes).any(is_hidden_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hidden_character_is_seen() {
        for c in ('\u{7f}'..=char::MAX).filter(|c| is_hidden(*c)) {
            assert!(hides(&format!("\"қ{c}\"")), "{c:?}");
        }
        assert!(!hides("\"“қ” «a»\u{a0}— \u{301}😀\""));
    }
}
