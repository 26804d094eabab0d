//! A claim as a person reads it: one line, or whole with its words in context.

use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value as Json;

use super::text::{FAINT, STRONG, plain, styled};
use crate::model::agent::Agent;
use crate::model::claim::{Anchor, Claim, Stance, Voice};
use crate::model::event::Event;
use crate::model::id::Id;
use crate::model::status::Status;
use crate::model::value::Value;
use crate::stage::search::Context;

/// Another claim, and how it stands to this one.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// `contradicts`, or `contradicted by`, ...
    pub relation: String,
    /// The other claim.
    pub claim: Claim,
    /// Its status.
    pub status: Status,
    /// The curator's ground.
    pub why: Option<String>,
}

/// A claim and all that bears on it.
#[derive(Clone, Debug)]
pub struct Portrait {
    /// The claim.
    pub claim: Claim,
    /// Its computed status.
    pub status: Status,
    /// Its event.
    pub event: Option<Event>,
    /// Its voices, outermost first.
    pub voices: Vec<Option<Agent>>,
    /// The words of each anchor; `None` where the text is not at hand.
    pub contexts: Vec<Option<Context>>,
    /// Claims that it links to or that link to it.
    pub neighbours: Vec<Neighbour>,
}

/// What a claim says in one line.
pub fn summary(claim: &Claim) -> String {
    proposition(claim.stance, &claim.kind, claim.value.as_ref(), claim.when.as_deref())
}

/// Kind, stance, value and day in one line: `killed: 14 person (exact)`.
pub fn proposition(stance: Stance, kind: &Id, value: Option<&Value>, when: Option<&str>) -> String {
    let stance = match stance {
        Stance::Asserts => "",
        Stance::Denies => " denied",
        Stance::Doubts => " doubted",
    };
    let mut line = format!("{kind}{stance}");
    if let Some(value) = value {
        _ = write!(line, ": {}", plain(&value.to_string()));
    }
    if let Some(when) = when {
        _ = write!(line, " ({})", plain(when));
    }
    line
}

/// The chain of voices: `rferl > kz-authorities`.
pub fn voices(claim: &Claim) -> String {
    chain(&claim.by)
}

/// Voices, outermost first.
pub fn chain(voices: &[Voice]) -> String {
    let names: Vec<&str> = voices.iter().map(|voice| voice.agent().as_str()).collect();
    names.join(" > ")
}

/// A value of a record in one line: quantities, dates and places as values, everything else as JSON.
pub fn value(json: &Json) -> String {
    match Value::deserialize(json) {
        Ok(value) => plain(&value.to_string()),
        Err(_) => match json {
            Json::String(text) => plain(text),
            _ => plain(&json.to_string()),
        },
    }
}

/// One anchor in one line.
pub fn anchor(anchor: &Anchor) -> String {
    format!("{} bytes {}", anchor.capture, anchor.span)
}

/// The whole claim.
pub fn portrait(portrait: &Portrait) -> String {
    let Portrait { claim, status, event, voices, contexts, neighbours } = portrait;
    let mut text =
        format!("{}  {}  {}\n", styled(STRONG, claim.id.as_str()), summary(claim), styled(STRONG, status.word()));
    let mut field = |name: &str, words: &str| _ = writeln!(text, "{} {words}", styled(FAINT, &format!("{name:<8}")));
    field(
        "event",
        &event
            .as_ref()
            .map_or_else(|| claim.event.to_string(), |event| format!("{} ({})", plain(&event.label), event.id)),
    );
    if let Some(said) = claim.value.as_ref().and_then(Value::said) {
        field("said", &format!("\u{201c}{}\u{201d}", plain(said)));
    }
    for (name, words) in [("time", &claim.time), ("note", &claim.note)] {
        if let Some(words) = words {
            field(name, &plain(words));
        }
    }
    if let Some(place) = &claim.place {
        field("where", &plain(&place.name));
    }
    if let Some(reading) = &claim.reading {
        field("reading", &format!("{}: {}", reading.fix, plain(&reading.basis)));
    }
    for (depth, (voice, agent)) in claim.by.iter().zip(voices).enumerate() {
        let called =
            agent.as_ref().map(|agent| agent.names.first().or(agent.note.as_ref()).map_or("(masked)", String::as_str));
        let name = if depth == 0 { "by" } else { "" };
        field(
            name,
            &format!("{:indent$}{} {}", "", voice.agent(), plain(called.unwrap_or("(unknown)")), indent = depth * 2),
        );
    }
    for (entry, context) in claim.at.iter().zip(contexts) {
        field("at", &anchor(entry));
        match context {
            Some(context) => {
                let words = styled(STRONG, &plain(&context.words));
                field(
                    "",
                    &format!(
                        "line {}: \u{2026}{}{words}{}\u{2026}",
                        context.line,
                        plain(&context.before),
                        plain(&context.after)
                    ),
                );
            }
            None => field("", "not checked: the text is not at hand (bring a copy with --texts DIR)"),
        }
    }
    for neighbour in neighbours {
        let other = &neighbour.claim;
        let line = format!(
            "{} {}  {}  by {}  [{}]",
            neighbour.relation,
            other.id,
            summary(other),
            self::voices(other),
            neighbour.status.word()
        );
        field("link", &line);
        if let Some(why) = &neighbour.why {
            field("", &format!("  because {}", plain(why)));
        }
    }
    for decision in &claim.log {
        field("log", &plain(&decision.to_string()));
    }
    text
}
