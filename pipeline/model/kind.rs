//! The four kinds of record.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordKind {
    /// Whoever speaks or is spoken of.
    Agent,
    /// What claims are about.
    Event,
    /// Published texts.
    Source,
    /// What somebody says happened.
    Claim,
}

impl RecordKind {
    /// All kinds; each refers only to itself and to kinds before it.
    pub const ALL: [RecordKind; 4] = [RecordKind::Agent, RecordKind::Event, RecordKind::Source, RecordKind::Claim];

    /// The kind as one word.
    pub fn word(self) -> &'static str {
        match self {
            RecordKind::Agent => "agent",
            RecordKind::Event => "event",
            RecordKind::Source => "source",
            RecordKind::Claim => "claim",
        }
    }

    /// The name of its file in a dataset folder.
    pub fn file(self) -> &'static str {
        match self {
            RecordKind::Agent => "agents.jsonl",
            RecordKind::Event => "events.jsonl",
            RecordKind::Source => "sources.jsonl",
            RecordKind::Claim => "claims.jsonl",
        }
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
