//! Whoever speaks or is spoken of.

use serde::{Deserialize, Serialize};

use super::id::Id;

/// A person, organisation, office, crowd or document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Names this agent for ever.
    pub id: Id,
    /// What it is.
    pub kind: AgentKind,
    /// Public names, best known first; empty unless `privacy` is open.
    pub names: Vec<String>,
    /// What a reader must know, without identifying a masked person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether the record may name it.
    pub privacy: Privacy,
}

/// What an agent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentKind {
    /// One human being.
    Person,
    /// An organisation.
    Org,
    /// An office and whoever holds it.
    Office,
    /// A group without membership.
    Crowd,
    /// A document that speaks.
    Document,
}

impl AgentKind {
    /// The kind as it stands in the id of a masked agent.
    pub fn word(self) -> &'static str {
        match self {
            AgentKind::Person => "person",
            AgentKind::Org => "org",
            AgentKind::Office => "office",
            AgentKind::Crowd => "crowd",
            AgentKind::Document => "document",
        }
    }

    /// Whether what it says is official.
    pub fn is_official(self) -> bool {
        self == AgentKind::Office
    }
}

/// Whether a record may name its agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Privacy {
    /// Named in public.
    Open,
    /// Not named; the id tells nothing.
    Masked,
    /// A confidential source: the record says only that one exists.
    Sealed,
}
