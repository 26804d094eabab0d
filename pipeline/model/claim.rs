//! One voice, one proposition, one value.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::id::{CaptureId, Id};
use super::read::filled;
use super::span::Span;
use super::value::{Place, Quantity, Value};

/// What somebody says happened, and the exact bytes in which they say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The agents it speaks of.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<Id>,
    /// The anchors; never empty.
    pub at: Vec<Anchor>,
    /// stated or inferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// The chain of voices, outermost first, root voice last; never empty.
    pub by: Vec<Voice>,
    /// The event it is about.
    pub event: Id,
    /// Names this claim for ever.
    pub id: Id,
    /// A word of the dataset's vocabulary.
    pub kind: Id,
    /// How it stands to other claims.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// The dataset's own decisions, oldest first.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<Decision>,
    /// A curator's remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What was mended, and on what ground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// asserts, denies or doubts.
    pub stance: Stance,
    /// Local clock time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The asserted value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// When it happened, as written (EDTF; the rules check it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Where it happened.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Claim {
    /// The root voice: on whose word the claim rests.
    pub fn root_voice(&self) -> Option<&Id> {
        self.by.last().map(Voice::agent)
    }

    /// What it counts, if it asserts a quantity.
    pub fn counted(&self) -> Option<&Quantity> {
        match &self.value {
            Some(Value::Quantity(quantity)) if self.stance == Stance::Asserts => Some(quantity),
            _ => None,
        }
    }

    /// The decision in force, if the log holds one that was not undone.
    pub fn standing_decision(&self) -> Option<&Decision> {
        self.log.last().filter(|decision| decision.is != Ruling::Restored)
    }
}

/// How a voice stands to the proposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    /// Says that it is so.
    Asserts,
    /// Says that it is not so.
    Denies,
    /// Says that it is uncertain.
    Doubts,
}

/// One link of the chain of voices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Voice {
    /// The text names it.
    Named(Id),
    /// The text implies it.
    Implied(Implied),
}

/// A voice that the text does not name at this place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Implied {
    /// The agent.
    pub agent: Id,
    /// Always `implied`.
    pub basis: String,
}

impl Voice {
    /// The agent that speaks.
    pub fn agent(&self) -> &Id {
        match self {
            Voice::Named(agent) | Voice::Implied(Implied { agent, .. }) => agent,
        }
    }

    /// Whether the text only implies it.
    pub fn is_implied(&self) -> bool {
        matches!(self, Voice::Implied(_))
    }
}

impl<'de> Deserialize<'de> for Voice {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(VoiceVisitor)
    }
}

struct VoiceVisitor;

impl<'de> Visitor<'de> for VoiceVisitor {
    type Value = Voice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an agent's id or {agent, basis}")
    }

    fn visit_str<E: de::Error>(self, id: &str) -> Result<Voice, E> {
        id.parse().map(Voice::Named).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Voice, A::Error> {
        Implied::deserialize(MapAccessDeserializer::new(fields)).map(Voice::Implied)
    }
}

/// Exact bytes of one capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The capture.
    pub capture: CaptureId,
    /// The bytes as text; only where the source's text is included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// Digest of exactly those bytes.
    pub sha256: Digest,
    /// Its bytes.
    pub span: Span,
}

/// One relation to another claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The relation.
    pub rel: Relation,
    /// The other claim.
    pub to: Id,
    /// The curator's ground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How one claim stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// Both cannot hold.
    Contradicts,
    /// Says the other is false.
    Denies,
    /// Replaces it.
    Supersedes,
    /// The same from another place.
    Repeats,
    /// Makes it likelier.
    Supports,
    /// Hard to reconcile.
    Tension,
}

impl Relation {
    /// The relation as it is written.
    pub fn word(self) -> &'static str {
        match self {
            Relation::Contradicts => "contradicts",
            Relation::Denies => "denies",
            Relation::Supersedes => "supersedes",
            Relation::Repeats => "repeats",
            Relation::Supports => "supports",
            Relation::Tension => "tension",
        }
    }

    /// Whether it is a ground to believe the other claim.
    pub fn backs(self) -> bool {
        matches!(self, Relation::Repeats | Relation::Supports)
    }

    /// The relation as the other claim has it.
    pub fn reversed(self) -> &'static str {
        match self {
            Relation::Contradicts => "contradicted by",
            Relation::Denies => "denied by",
            Relation::Supersedes => "superseded by",
            Relation::Repeats => "repeated by",
            Relation::Supports => "supported by",
            Relation::Tension => "tension with",
        }
    }
}

/// A marked departure from the letter of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What the text says, what it must mean, and on what ground.
    pub basis: String,
    /// typo, spin, relative-date or translation.
    pub fix: String,
}

/// One decision of the dataset's maintainers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What was decided.
    pub is: Ruling,
    /// The day, as written (`YYYY-MM-DD`; the rules check it).
    pub on: String,
    /// Why.
    pub why: String,
}

impl fmt::Display for Decision {
    /// `withdrawn on 2026-12-01: duplicate of zh-0003`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.is {
            Ruling::Retracted => "retracted",
            Ruling::Withdrawn => "withdrawn",
            Ruling::Restored => "restored",
        };
        write!(f, "{word} on {}: {}", self.on, self.why)
    }
}

/// What was decided about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ruling {
    /// The source took it back.
    Retracted,
    /// It should not have been recorded.
    Withdrawn,
    /// An earlier decision is undone.
    Restored,
}
