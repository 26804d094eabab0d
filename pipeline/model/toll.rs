//! What is counted in an event, before and after.

use serde::{Deserialize, Serialize};

use super::id::Id;

/// What the changes of an event's claims mean for what is counted there: a line of `changes.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSummary {
    /// The event.
    pub event: Id,
    /// How many of its claims changed.
    pub changed: u64,
    /// What is counted in it, by kind of claim and unit; sorted.
    pub tolls: Vec<Toll>,
}

/// What live claims of one kind count in an event, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toll {
    /// The kind of claim.
    pub kind: Id,
    /// What is counted.
    pub unit: Id,
    /// What offices say.
    pub official: TollChange,
    /// What all others say.
    pub others: TollChange,
}

/// A range of counts before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TollChange {
    /// Before; absent where nobody counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<TollRange>,
    /// After; absent where nobody counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<TollRange>,
}

/// The range that all figures of some claims span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TollRange {
    /// How many claims.
    pub claims: u64,
    /// The least that any of them allows; `null`: one sets no lower bound.
    pub lo: Option<i64>,
    /// The most that any of them allows; `null`: one sets no upper bound.
    pub hi: Option<i64>,
}
