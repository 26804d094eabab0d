//! Stage 3: the exact bytes a claim stands on.

use std::fmt;

use super::catalog::Catalog;
use super::dating::Dating;
use super::gist::{CaptureGist, SourceGist};
use super::hash::Texts;
use super::pending::Waiting;
use super::record::Problem;
use super::references::References;
use super::shelf::{AtHand, Text, splits_character};
use super::validate::ValidRecord;
use crate::error::Result;
use crate::finding::Code;
use crate::model::claim::{Anchor, Claim};
use crate::model::digest::Digest;
use crate::model::release_info::AnchorTally;
use crate::model::source::{Part, Role, TextRights};
use crate::model::span::Span;

/// Longest text that is searched for words that have moved, in bytes.
const SEARCH_BYTES: usize = 256 << 10;

/// A valid claim none of whose anchors was found wrong. Some may still wait for their texts: a dataset is
/// [`Checked`](super::check::Checked) only once all were held against them.
#[derive(Clone, Copy, Debug)]
pub struct AnchoredClaim<'a>(&'a ValidRecord<Claim>);

impl<'a> AnchoredClaim<'a> {
    /// The claim.
    pub fn valid(self) -> &'a ValidRecord<Claim> {
        self.0
    }
}

/// A claim held against its evidence.
#[derive(Debug)]
pub struct Anchored {
    /// The claim.
    pub valid: ValidRecord<Claim>,
    /// What it refers to.
    pub references: References,
    /// All problems of its references and anchors.
    pub problems: Vec<Problem>,
    /// How many anchors were held against their bytes, and how many could not be.
    pub tally: AnchorTally,
    /// What the anchors ask that were not counted, because their texts are still to be read.
    pub waiting: Vec<Waiting>,
    /// Whether the words it stands on have the years it names.
    pub dating: Dating,
}

impl Anchored {
    /// The proof that the claim passed: `None` where anything was found.
    pub fn claim(&self) -> Option<AnchoredClaim<'_>> {
        self.problems.is_empty().then_some(AnchoredClaim(&self.valid))
    }
}

/// Holds a claim against the records it refers to and the bytes it stands on; `dating` hears these. An anchor that
/// `may_wait`, and of which everything else is right, does so unless its text is at hand.
pub fn anchor(valid: ValidRecord<Claim>, dating: Dating, texts: &Texts, may_wait: bool) -> Result<Anchored> {
    let catalog = texts.catalog();
    let (references, problems) = References::of(valid.record(), catalog);
    let (tally, waiting) = (AnchorTally::default(), Vec::new());
    let mut anchored = Anchored { valid, references, problems, tally, waiting, dating };
    let claim = anchored.valid.record();
    for (i, (anchor, &position)) in claim.at.iter().zip(&anchored.references.at).enumerate() {
        let at = At(i);
        let found = position.and_then(|position| texts.find(position, anchor.capture.n));
        let Some((source, capture, number)) = found else {
            let unreadable = position.is_none() && catalog.sources.knows(&anchor.capture.source);
            if !unreadable {
                anchored.problems.push(unknown_capture(anchor, catalog, at));
            }
            anchored.tally.not_checked += 1;
            continue;
        };
        let before = anchored.problems.len();
        anchored.problems.extend(form(claim, anchor, source, capture, at));
        if anchored.problems.iter().skip(before).any(|problem| problem.code == Code::AnchorOutOfRange) {
            anchored.tally.checked += 1;
            continue;
        }
        let text = match texts.kept(source, capture) {
            Some(text) => AtHand::Text(text),
            None => {
                let may_wait = may_wait && !anchored.dating.listens() && texts.may_wait(number);
                let is_right = anchored.problems.len() == before;
                if let Some(waiting) = Waiting::new(anchor, number).filter(|_| may_wait && is_right) {
                    anchored.waiting.push(waiting);
                    continue;
                }
                texts.read(number)?
            }
        };
        match text {
            AtHand::Text(text) => {
                anchored.tally.checked += 1;
                anchored.problems.extend(bytes(anchor, &text, at));
                anchored.dating.hear(text.bytes().get(anchor.span.range()));
            }
            AtHand::Changed(..) | AtHand::Absent => {
                anchored.tally.not_checked += 1;
                anchored.dating.hear(None);
            }
        }
    }
    Ok(anchored)
}

/// The pointer to the anchor of this number.
#[derive(Clone, Copy)]
struct At(usize);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/at/{}", self.0)
    }
}

fn unknown_capture(anchor: &Anchor, catalog: &Catalog, at: At) -> Problem {
    let source = catalog.sources.get(&anchor.capture.source);
    let message = match source.filter(|source| source.text == TextRights::Sealed) {
        Some(source) => format!("{} is sealed: no claim may be anchored in it", source.id),
        None => format!("no capture {}", anchor.capture),
    };
    Problem::new(Code::UnknownCapture, format!("{at}/capture"), message)
}

/// Rules that need no bytes: rights, range and parts.
fn form(claim: &Claim, anchor: &Anchor, source: &SourceGist, capture: &CaptureGist, at: At) -> Vec<Problem> {
    let span = anchor.span;
    let mut problems = Vec::new();
    if anchor.quote.is_some() && source.text != TextRights::Included {
        let message = format!("the text of {} may not travel", source.id);
        problems.push(Problem::new(Code::WithheldTextQuoted, format!("{at}/quote"), message));
    }
    if span.end() > capture.bytes {
        let message = format!("bytes {span} of a capture of {} bytes", capture.bytes);
        problems.push(Problem::new(Code::AnchorOutOfRange, format!("{at}/span"), message));
        return problems;
    }
    match part_problem(capture, span) {
        Some(problem) => problems.push(Problem { pointer: format!("{at}/span"), ..problem }),
        None => {
            let part = capture.parts.iter().find(|part| part.span.contains(span));
            problems.extend(part.and_then(|part| voice_problem(claim, part)));
        }
    }
    problems
}

/// Why no claim may stand on these bytes of a capture, if the capture lists its parts.
pub fn part_problem(capture: &CaptureGist, span: Span) -> Option<Problem> {
    if capture.parts.is_empty() {
        return None;
    }
    let touched = || capture.parts.iter().filter(|part| part.span.overlaps(span));
    if let Some(chrome) = touched().find(|part| part.role == Role::Chrome) {
        let message = format!("bytes {span} touch the part {}, which is chrome", chrome.id);
        return Some(Problem::new(Code::AnchorInChrome, "", message));
    }
    if touched().any(|part| part.span.contains(span)) {
        return None;
    }
    let crossed: Vec<&str> = touched().map(|part| part.id.as_str()).collect();
    if crossed.is_empty() {
        return Some(Problem::new(Code::AnchorOutsideParts, "", format!("bytes {span} lie in no part")));
    }
    let message = format!("bytes {span} reach beyond the part {}", crossed.join(" and "));
    Some(Problem::new(Code::AnchorAcrossParts, "", message))
}

fn voice_problem(claim: &Claim, part: &Part) -> Option<Problem> {
    let author = part.author.as_ref()?;
    let named = claim.by.iter().any(|voice| voice.agent() == author);
    let message = || format!("the part {} speaks for {author}, who is not in `by`", part.id);
    (!named).then(|| Problem::new(Code::VoiceMissing, "/by", message()))
}

/// Rules about the bytes themselves.
fn bytes(anchor: &Anchor, text: &Text, at: At) -> Option<Problem> {
    let pointer = || format!("{at}/span");
    let Some(bytes) = text.bytes().get(anchor.span.range()) else {
        let message = format!("bytes {} of a text of {} bytes", anchor.span, text.bytes().len());
        return Some(Problem::new(Code::AnchorOutOfRange, pointer(), message));
    };
    if splits_character(text.bytes(), anchor.span) {
        let message = format!("bytes {} begin or end inside a character", anchor.span);
        return Some(Problem::new(Code::AnchorSplitsCharacter, pointer(), message));
    }
    if Digest::of(bytes) != anchor.sha256 {
        let message = "the anchored bytes are not what the claim recorded";
        let problem = Problem::new(Code::QuoteNotFound, pointer(), message);
        if anchor.quote.as_ref().is_some_and(|quote| quote.as_bytes() == bytes) {
            let help = format!("the bytes are the quote; their digest is {}", Digest::of(bytes));
            return Some(problem.with_help(help));
        }
        let help = match places(anchor, text.bytes()).as_slice() {
            [] => "the words stand nowhere in this capture; run `affiant explain quote-not-found`".to_owned(),
            [span] => format!("the same words stand at bytes {span}; run `affiant explain quote-not-found`"),
            [span, rest @ ..] => format!("the same words stand at bytes {span} and in {} more places", rest.len()),
        };
        return Some(problem.with_help(help));
    }
    let differs = anchor.quote.as_ref().is_some_and(|quote| quote.as_bytes() != bytes);
    differs.then(|| Problem::new(Code::QuoteDiffers, format!("{at}/quote"), "the quote is not what the bytes say"))
}

/// Where else in the text the bytes with the anchor's digest stand.
fn places(anchor: &Anchor, text: &[u8]) -> Vec<Span> {
    let range = anchor.span.range();
    let length = range.len();
    if text.len() > SEARCH_BYTES || length > text.len() {
        return Vec::new();
    }
    let quote = anchor.quote.as_ref().filter(|quote| Digest::of(quote.as_bytes()) == anchor.sha256);
    let starts: Vec<usize> = match quote {
        Some(quote) => memchr::memmem::find_iter(text, quote.as_bytes()).collect(),
        None => (0..=text.len() - length).filter(|&i| Digest::of(&text[i..i + length]) == anchor.sha256).collect(),
    };
    let length = quote.map_or(length, |quote| quote.len());
    starts.into_iter().filter_map(|start| Span::new(start as u64, (start + length) as u64).ok()).collect()
}
