//! Claims that keep to their schema and whose first anchor is wrong.

use std::collections::VecDeque;

use affiant::model::digest::Digest;
use serde_json::{Value as Json, json};

use crate::claim::{Anchor, Claim, Scene};
use crate::faults::Fault;
use crate::json::{with, without};
use crate::text::Text;

/// What is wrong with an anchor.
#[derive(Clone, Copy)]
enum Tamper {
    QuoteDiffers,
    StartOffByOne,
    EndOffByOne,
    EndPastFile,
    InsideCharacter,
    EmptySpan,
    UnknownSource,
    UnknownCapture,
    OtherSource,
    DigestOfOtherBytes,
    DecomposedQuote,
    InChrome,
    AcrossParts,
}

const TAMPERS: [(Tamper, &str); 13] = [
    (Tamper::QuoteDiffers, "quote_differs"),
    (Tamper::StartOffByOne, "start_off_by_one"),
    (Tamper::EndOffByOne, "end_off_by_one"),
    (Tamper::EndPastFile, "end_past_file"),
    (Tamper::InsideCharacter, "inside_a_character"),
    (Tamper::EmptySpan, "empty_span"),
    (Tamper::UnknownSource, "unknown_source"),
    (Tamper::UnknownCapture, "unknown_capture"),
    (Tamper::OtherSource, "other_source"),
    (Tamper::DigestOfOtherBytes, "digest_of_other_bytes"),
    (Tamper::DecomposedQuote, "nfd_quote"),
    (Tamper::InChrome, "in_chrome"),
    (Tamper::AcrossParts, "across_parts"),
];
const OF_EACH: usize = 8;

/// Tampered claims, as many of each kind as the claims that come along allow.
pub struct Tampered {
    wanted: VecDeque<(Tamper, &'static str)>,
    pub faults: Vec<Fault>,
}

impl Tampered {
    /// None yet.
    pub fn new() -> Self {
        Self { wanted: (0..OF_EACH).flat_map(|_| TAMPERS).collect(), faults: Vec::new() }
    }

    /// Takes a claim and tampers with it in the first way that is still wanted and that it allows.
    pub fn offer(&mut self, claim: &Claim, scene: &Scene) {
        if self.wanted.is_empty() {
            return;
        }
        let Ok(record) = serde_json::from_slice::<Json>(&claim.line()) else { return };
        let tampered = |&(tamper, _): &(Tamper, _)| tamper.apply(&record, &claim.at[0], scene);
        let first = self.wanted.iter().enumerate().find_map(|(at, wanted)| Some((at, tampered(wanted)?)));
        if let Some((at, anchor)) = first
            && let Some((_, name)) = self.wanted.remove(at)
        {
            // The file is checked without the claims that a link would need.
            let record = without(with(record, "/at/0", anchor), "/links");
            self.faults.push(Fault { key: claim.id.clone(), name, line: record.to_string().into_bytes() });
        }
    }
}

impl Tamper {
    /// The anchor tampered with, if its text has what this takes.
    fn apply(self, record: &Json, anchor: &Anchor, scene: &Scene) -> Option<Json> {
        let text = &scene.source.text;
        let quote = anchor.occurrence.sentence.text.as_str();
        let (start, end) = anchor.occurrence.span();
        let set = |name: &str, value: Json| Some(with(record["at"][0].clone(), name, value));
        match self {
            Self::QuoteDiffers => set("/quote", json!(format!("X{quote}"))),
            Self::StartOffByOne => set("/span", json!([start - 1, end])),
            Self::EndOffByOne => set("/span", json!([start, end + 1])),
            Self::EndPastFile => set("/span", json!([start, text.content.len() + 10])),
            Self::InsideCharacter => {
                let inside = (start..end).find(|&offset| !text.content.is_char_boundary(offset))?;
                set("/span", json!([inside, end]))
            }
            Self::EmptySpan => set("/span", json!([start, start])),
            Self::UnknownSource => set("/capture", json!("s-none.1")),
            Self::UnknownCapture => set("/capture", json!(anchor.capture.replace(".1", ".2"))),
            Self::OtherSource => set("/capture", json!(scene.earlier.front()?.capture())),
            Self::DigestOfOtherBytes => set("/sha256", json!(Digest::of(b"other bytes").to_string())),
            Self::DecomposedQuote => {
                quote.contains('й').then(|| set("/quote", json!(quote.replace('й', "и\u{306}"))))?
            }
            Self::InChrome => Some(standing(&anchor.capture, text, part(text, "chrome")?)),
            Self::AcrossParts => {
                let (start, _) = part(text, "title")?;
                Some(standing(&anchor.capture, text, (start, text.refrain().0.span().1)))
            }
        }
    }
}

fn part(text: &Text, role: &str) -> Option<(usize, usize)> {
    text.parts.iter().find(|part| part.role == role).map(|part| part.span)
}

/// An anchor on these bytes with the right digest and quote.
fn standing(capture: &str, text: &Text, (start, end): (usize, usize)) -> Json {
    let quote = &text.content[start..end];
    json!({ "capture": capture, "span": [start, end], "sha256": Digest::of(quote.as_bytes()).to_string(), "quote": quote })
}
