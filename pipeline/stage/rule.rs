//! Rules that one record can break by itself.

use std::sync::LazyLock;

use regex::bytes::Regex;
use serde_json::Value as Json;

use super::record::Problem;
use crate::finding::Code;
use crate::format::jsonl;
use crate::model::agent::{Agent, Privacy};
use crate::model::claim::{Anchor, Claim, Ruling};
use crate::model::dataset::Dataset;
use crate::model::date::{Day, Edtf};
use crate::model::event::Event;
use crate::model::source::{Capture, Source, TextRights};
use crate::model::span::Span;
use crate::model::value::{Quantity, Value};

/// Most words that `said` may have.
const SAID_WORDS: usize = 8;

/// Problems of a dataset's declaration.
pub fn dataset(dataset: &Dataset) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (kind, declared) in &dataset.kinds {
        for (i, unit) in declared.units.iter().enumerate() {
            if !dataset.units.contains_key(unit) {
                let message = format!("dataset.json defines no unit {unit}");
                problems.push(Problem::new(Code::UnknownUnit, format!("/kinds/{kind}/units/{i}"), message));
            }
        }
    }
    problems
}

/// Problems of an agent.
pub fn agent(agent: &Agent, _: &Dataset) -> Vec<Problem> {
    let mut problems = Vec::new();
    if agent.privacy == Privacy::Open {
        return problems;
    }
    if !agent.names.is_empty() {
        problems.push(Problem::new(Code::MaskedName, "/names", "a masked or sealed agent has no names"));
    }
    let number = agent.id.as_str().strip_prefix(agent.kind.word()).and_then(|rest| rest.strip_prefix('-'));
    if !number.is_some_and(|n| n.len() >= 2 && n.bytes().all(|b| b.is_ascii_digit())) {
        let message = format!("the id of a masked {0} is {0}-NN", agent.kind.word());
        problems.push(Problem::new(Code::MaskedId, "/id", message));
    }
    problems
}

/// Problems of an event.
pub fn event(event: &Event, _: &Dataset) -> Vec<Problem> {
    edtf(event.when.as_deref(), "/when").into_iter().collect()
}

/// Problems of a source.
pub fn source(source: &Source, _: &Dataset) -> Vec<Problem> {
    let mut problems: Vec<Problem> = edtf(source.published.as_deref(), "/published").into_iter().collect();
    if source.rights.text == TextRights::Sealed {
        problems.extend(sealed(source));
    } else {
        if source.captures.is_empty() {
            problems.push(Problem::new(Code::CaptureNumber, "/captures", "the source has no capture"));
        }
        if source.commitment.is_some() {
            let message = "only the text of a sealed source is committed to";
            problems.push(Problem::new(Code::CommitmentNotSealed, "/commitment", message));
        }
    }
    for (i, capture) in source.captures.iter().enumerate() {
        let at = format!("/captures/{i}");
        if usize::from(capture.n) != i + 1 {
            let message = format!("the capture is number {}, not {}", i + 1, capture.n);
            problems.push(Problem::new(Code::CaptureNumber, format!("{at}/n"), message));
        }
        problems.extend(day(capture.got.as_deref(), &format!("{at}/got")));
        problems.extend(parts(capture, &at));
    }
    problems
}

/// What a sealed source's record tells although it should not.
fn sealed(source: &Source) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !source.captures.is_empty() {
        problems.push(Problem::new(Code::SealedText, "/captures", "a sealed source records no capture"));
    }
    for (field, is_told) in [
        ("title", source.title.is_some()),
        ("authors", !source.authors.is_empty()),
        ("url", source.url.is_some()),
        ("published", source.published.is_some()),
        ("from", !source.from.is_empty()),
    ] {
        if is_told {
            let message = format!("the {field} of a sealed source helps to find its text");
            problems.push(Problem::new(Code::SealedDetail, format!("/{field}"), message));
        }
    }
    problems
}

fn parts(capture: &Capture, at: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut before: Option<Span> = None;
    for (i, part) in capture.parts.iter().enumerate() {
        let span = format!("{at}/parts/{i}/span");
        if part.span.end() > capture.bytes {
            let message = format!("bytes {} lie past the capture's {} bytes", part.span, capture.bytes);
            problems.push(Problem::new(Code::PartOutOfRange, span.clone(), message));
        }
        if before.is_some_and(|before| part.span.start() < before.end()) {
            let message = format!("bytes {} begin before the part in front of them ends", part.span);
            problems.push(Problem::new(Code::PartsOverlap, span, message));
        }
        if capture.parts.iter().take(i).any(|other| other.id == part.id) {
            let message = format!("the capture has another part {}", part.id);
            problems.push(Problem::new(Code::PartsOverlap, format!("{at}/parts/{i}/id"), message));
        }
        problems.extend(edtf(part.posted.as_deref(), &format!("{at}/parts/{i}/posted")));
        before = Some(part.span);
    }
    problems
}

/// Problems of a claim.
pub fn claim(claim: &Claim, dataset: &Dataset) -> Vec<Problem> {
    let mut problems: Vec<Problem> = edtf(claim.when.as_deref(), "/when").into_iter().collect();
    let kind = dataset.kinds.get(&claim.kind);
    if kind.is_none() {
        let message = format!("dataset.json declares no kind {}", claim.kind);
        problems.push(Problem::new(Code::UnknownKind, "/kind", message));
    }
    match &claim.value {
        Some(Value::Quantity(quantity)) => {
            problems.extend(bounds(quantity));
            if kind.is_some_and(|kind| !kind.units.contains(&quantity.unit)) {
                let message = format!("claims of kind {} do not count in {}", claim.kind, quantity.unit);
                problems.push(Problem::new(Code::UnknownUnit, "/value/unit", message));
            }
        }
        Some(Value::Date { edtf: date, .. }) => problems.extend(edtf(Some(date), "/value/edtf")),
        _ => {}
    }
    if let Some(said) = claim.value.as_ref().and_then(Value::said) {
        let words = said.split_whitespace().count();
        if words > SAID_WORDS {
            problems.push(Problem::new(
                Code::SaidTooLong,
                "/value/said",
                format!("{words} words, {SAID_WORDS} at most"),
            ));
        }
    }
    problems.extend(repeated_anchors(&claim.at));
    problems.extend(links(claim));
    problems.extend(log(claim));
    problems
}

fn bounds(quantity: &Quantity) -> Option<Problem> {
    if quantity.is_inverted() {
        return Some(Problem::new(Code::BoundsInverted, "/value/lo", "lo is greater than hi"));
    }
    let message = || format!("{} does not allow these bounds", quantity.qual.words());
    (!quantity.bounds_agree()).then(|| Problem::new(Code::QualifierDisagrees, "/value/qual", message()))
}

fn repeated_anchors(anchors: &[Anchor]) -> Vec<Problem> {
    let same = |a: &Anchor, b: &Anchor| a.span == b.span && a.capture == b.capture;
    let repeated = |&(i, anchor): &(usize, &Anchor)| anchors.iter().take(i).any(|other| same(anchor, other));
    let problem = |(i, anchor): (usize, &Anchor)| {
        let message = format!("bytes {} of {} stand here twice", anchor.span, anchor.capture);
        Problem::new(Code::AnchorRepeated, format!("/at/{i}/span"), message)
    };
    anchors.iter().enumerate().filter(repeated).map(problem).collect()
}

fn links(claim: &Claim) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (i, link) in claim.links.iter().enumerate() {
        if link.to == claim.id {
            problems.push(Problem::new(
                Code::LinkToItself,
                format!("/links/{i}/to"),
                "a claim cannot relate to itself",
            ));
        }
        if claim.links.iter().take(i).any(|other| other.rel == link.rel && other.to == link.to) {
            let message = format!("{} {} stands here twice", link.rel.word(), link.to);
            problems.push(Problem::new(Code::LinkStoredTwice, format!("/links/{i}"), message));
        }
    }
    problems
}

fn log(claim: &Claim) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut before: Option<&crate::model::claim::Decision> = None;
    for (i, decision) in claim.log.iter().enumerate() {
        problems.extend(day(Some(&decision.on), &format!("/log/{i}/on")));
        if before.is_some_and(|before| before.on > decision.on) {
            let problem = Problem::new(Code::LogOrder, format!("/log/{i}/on"), "earlier than the decision before it");
            problems.push(problem);
        }
        let stands = before.is_some_and(|before| before.is != Ruling::Restored);
        if (decision.is == Ruling::Restored) != stands {
            let message = if stands { "an earlier decision still stands" } else { "there is nothing to restore" };
            problems.push(Problem::new(Code::LogOrder, format!("/log/{i}/is"), message));
        }
        before = Some(decision);
    }
    problems
}

fn edtf(text: Option<&str>, pointer: &str) -> Option<Problem> {
    let text = text?;
    let error = text.parse::<Edtf>().err()?;
    Some(Problem::new(Code::EdtfInvalid, pointer, format!("{text:?}: {error}")))
}

fn day(text: Option<&str>, pointer: &str) -> Option<Problem> {
    let text = text?;
    let error = text.parse::<Day>().err()?;
    Some(Problem::new(Code::DateInvalid, pointer, format!("{text:?}: {error}")))
}

/// Problems that any text of any record can have, wherever it stands.
pub fn strings(record: &Json) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk(record, &mut String::new(), &mut problems);
    problems
}

fn walk(value: &Json, pointer: &mut String, problems: &mut Vec<Problem>) {
    let length = pointer.len();
    match value {
        Json::String(text) => problems.extend(text_problems(text, pointer)),
        Json::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{i}"));
                walk(item, pointer, problems);
                pointer.truncate(length);
            }
        }
        Json::Object(members) => {
            for (key, member) in members {
                pointer.push('/');
                pointer.push_str(&jsonl::escape(key));
                walk(member, pointer, problems);
                pointer.truncate(length);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn text_problems(text: &str, pointer: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if contact_data(text.as_bytes()).is_some() {
        problems.push(Problem::new(Code::ContactData, pointer, "an e-mail address or a phone number"));
    }
    // A quote repeats its source exactly, whatever characters stand there.
    if !pointer.ends_with("/quote")
        && !text.is_ascii() | text.bytes().any(|b| b.is_ascii_control())
        && let Some(hidden) = text.chars().find(|&c| is_hidden(c))
    {
        let message =
            format!("the character U+{:04X} is invisible or changes the direction of the text", u32::from(hidden));
        problems.push(Problem::new(Code::HiddenCharacter, pointer, message));
    }
    problems
}

/// Where the first e-mail address or phone number begins, as a byte offset.
pub fn contact_data(text: &[u8]) -> Option<usize> {
    static MAIL: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}").ok());
    static PHONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?-u)\+[0-9][0-9 ()./-]{7,}[0-9]|\b8[ (-]{1,2}7[0-9]{2}[ )-]{1,2}[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}\b",
        )
        .ok()
    });
    let mail = memchr::memchr(b'@', text).and_then(|_| MAIL.as_ref()?.find(text));
    let phone = || PHONE.as_ref()?.find(text);
    mail.or_else(phone).map(|found| found.start())
}

/// Whether a character is not seen, or changes how others are seen.
pub fn is_hidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contact_data_is_found_and_figures_are_not() {
        for text in [
            "write to a.b@example.org!",
            "call +7 (727) 258-25-25",
            "8 (727) 258-25-25",
            "8-727-258-25-25",
            "+77272582525",
        ] {
            assert!(contact_data(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "14 people @ noon",
            "a + b",
            "+5 000",
            "8 people, 7 cars",
            "2011-12-16/2011-12-21",
            "60,000 tenge, about $124",
            "8 700 people",
        ] {
            assert!(contact_data(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn hidden_characters() {
        for c in ['\u{202e}', '\u{200b}', '\u{feff}', '\u{1b}', '\u{7f}', '\u{ad}'] {
            assert!(is_hidden(c));
            assert_eq!(strings(&Json::String(format!("a{c}b"))).len(), 1, "{c:?}");
        }
        for c in ['a', 'қ', '\n', '\t', '\u{a0}', '“', '😀', '\u{301}'] {
            assert!(!is_hidden(c));
        }
    }
}
