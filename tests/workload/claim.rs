//! Claims.

use std::collections::VecDeque;

use crate::agent::Cast;
use crate::date;
use crate::event;
use crate::json::{object, text};
use crate::random::Random;
use crate::source::Source;
use crate::text::{Occurrence, Sentence};
use crate::value::{Value, write_place};
use crate::words::{PLACES, Place};

/// One claim.
pub struct Claim<'a> {
    pub id: String,
    event: String,
    pub kind: &'static str,
    pub stance: &'static str,
    about: Option<&'a str>,
    pub value: Option<Value>,
    pub when: Option<String>,
    time: Option<String>,
    pub place: Option<Place>,
    by: Vec<Voice<'a>>,
    pub at: Vec<Anchor<'a>>,
    pub link: Option<Link>,
    reading: Option<&'static str>,
    pub note: Option<String>,
    pub retracted: bool,
}

/// Somebody in the chain of voices.
struct Voice<'a> {
    agent: &'a str,
    is_implied: bool,
}

/// A sentence where it stands in a capture.
pub struct Anchor<'a> {
    pub capture: String,
    pub occurrence: Occurrence<'a>,
}

/// How the claim stands to another one.
pub struct Link {
    pub rel: &'static str,
    pub to: String,
}

/// What a claim is drawn from: the source it stands in, sources before that one, and who may speak.
pub struct Scene<'s, 'a> {
    pub source: &'s Source<'a>,
    pub earlier: &'s VecDeque<Source<'a>>,
    pub cast: &'a Cast,
}

/// The id of the claim of this number.
pub fn id(number: u32) -> String {
    format!("c-{number:08}")
}

impl<'a> Claim<'a> {
    /// A claim about the `event`th event, without links.
    pub fn draw(random: &mut Random, number: u32, event: usize, scene: &Scene<'_, 'a>) -> Self {
        let Scene { source, earlier, cast } = *scene;
        let (kind, value) = Value::draw(random, source.language);
        let mut by = vec![Voice { agent: source.publisher, is_implied: false }];
        if random.percent(70) {
            by.push(Voice { agent: &random.pick(cast.speakers()).id, is_implied: random.percent(10) });
        }
        let mut at = vec![Anchor::new(source, *random.pick(&source.text.occurrences))];
        let more = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2][random.below(10)];
        for _ in 0..more.min(earlier.len()) {
            let other = &earlier[random.below(earlier.len())];
            let anchor = Anchor::new(other, *random.pick(&other.text.occurrences));
            // Two anchors in one capture could be the same bytes, which no claim may name twice.
            if at.iter().all(|before| before.capture != anchor.capture) {
                at.push(anchor);
            }
        }
        Self {
            id: id(number),
            event: event::id(event),
            kind,
            stance: *random.pick(&["asserts", "asserts", "asserts", "asserts", "denies", "doubts"]),
            about: random.percent(15).then(|| random.pick(cast.speakers()).id.as_str()),
            value,
            when: random.percent(75).then(|| date::edtf(random)),
            time: random.percent(10).then(|| format!("{:02}:{:02}", random.below(24), random.below(60))),
            place: random.percent(50).then(|| *random.pick(&PLACES)),
            by,
            at,
            link: None,
            reading: random.percent(4).then(|| *random.pick(&["typo", "relative-date", "translation"])),
            note: random.percent(45).then(|| source.language.sentence(random)),
            retracted: false,
        }
    }

    /// Its record.
    pub fn line(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1_024);
        object(&mut out, |claim| {
            claim.text("id", &self.id);
            claim.text("event", &self.event);
            claim.text("kind", self.kind);
            claim.text("stance", self.stance);
            if let Some(about) = self.about {
                claim.array("about", [about], text);
            }
            if let Some(value) = &self.value {
                claim.object("value", |object| value.write(object));
            }
            if let Some(when) = &self.when {
                claim.text("when", when);
                claim.text("basis", "stated");
            }
            claim.optional("time", self.time.as_deref());
            if let Some(place) = self.place {
                claim.object("where", |object| write_place(place, object));
            }
            claim.array("by", &self.by, Voice::write);
            claim.array("at", &self.at, Anchor::write);
            if let Some(link) = &self.link {
                claim.array("links", [link], Link::write);
            }
            if let Some(fix) = self.reading {
                claim.object("reading", |reading| {
                    reading.text("fix", fix);
                    reading.text("basis", "the sentence before leaves no other sense");
                });
            }
            claim.optional("note", self.note.as_deref());
            if self.retracted {
                claim.array("log", [()], |out, ()| {
                    object(out, |decision| {
                        decision.text("on", "2026-11-20");
                        decision.text("is", "retracted");
                        decision.text("why", "the source took it back");
                    });
                });
            }
        });
        out.push(b'\n');
        out
    }
}

impl Voice<'_> {
    fn write(out: &mut Vec<u8>, voice: &Self) {
        if voice.is_implied {
            object(out, |object| {
                object.text("agent", voice.agent);
                object.text("basis", "implied");
            });
        } else {
            text(out, voice.agent);
        }
    }
}

impl<'a> Anchor<'a> {
    /// A sentence of a source's text.
    pub fn new(source: &Source<'a>, occurrence: Occurrence<'a>) -> Self {
        Self { capture: source.capture(), occurrence }
    }

    fn write(out: &mut Vec<u8>, anchor: &Self) {
        let Sentence { quote, sha256, .. } = anchor.occurrence.sentence;
        object(out, |object| {
            object.text("capture", &anchor.capture);
            object.span("span", anchor.occurrence.span());
            object.text("sha256", sha256);
            object.member("quote", |out| out.extend_from_slice(quote.as_bytes()));
        });
    }
}

impl Link {
    fn write(out: &mut Vec<u8>, link: &Self) {
        object(out, |object| {
            object.text("rel", link.rel);
            object.text("to", &link.to);
        });
    }
}
