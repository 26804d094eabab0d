//! Where a claim stands among the others; computed, never typed in.

use serde::{Deserialize, Serialize};

use super::id::Id;

/// A claim's status and the claims that it is due to: a line of `statuses.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The claim.
    pub id: Id,
    /// Its status.
    pub status: Status,
    /// The claims that dispute, contradict, supersede or corroborate it, sorted; none for the other statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Id>,
}

/// The first of these that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The log says that it was retracted or withdrawn.
    Retracted,
    /// A live claim supersedes it.
    Superseded,
    /// A live claim of another root voice contradicts or denies it.
    Disputed,
    /// A live claim of the same root voice contradicts or denies it.
    Inconsistent,
    /// A live claim of another root voice repeats or supports it, through sources not derived from each other.
    Corroborated,
    /// None of these.
    Asserted,
}

impl Status {
    /// The status as it is written.
    pub fn word(self) -> &'static str {
        match self {
            Status::Retracted => "retracted",
            Status::Superseded => "superseded",
            Status::Disputed => "disputed",
            Status::Inconsistent => "inconsistent",
            Status::Corroborated => "corroborated",
            Status::Asserted => "asserted",
        }
    }

    /// Whether the claim still stands for itself: neither taken back nor superseded.
    pub fn stands(self) -> bool {
        self > Status::Superseded
    }
}
