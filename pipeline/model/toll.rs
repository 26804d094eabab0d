//! What is counted in an event, in one version, and before and after.

use serde::{Deserialize, Serialize};

use super::id::Id;

/// What the changes of an event's claims mean for what is counted there: a line of `changes.jsonl`, in the order of its
/// canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSummary {
    /// How many of its claims changed.
    pub changed: u64,
    /// The event.
    pub event: Id,
    /// What is counted in it, by kind of claim and unit; sorted.
    pub tolls: Vec<Toll>,
}

/// What is counted in an event: a line of `tolls.jsonl`, in the order of its canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventTolls {
    /// The event.
    pub event: Id,
    /// By kind of claim and unit; sorted, never empty.
    pub tolls: Vec<StatedToll>,
}

/// What live claims of one kind count in an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedToll {
    /// The kind of claim.
    pub kind: Id,
    /// What offices say; absent where none counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub official: Option<TollRange>,
    /// What all others say; absent where nobody else counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<TollRange>,
    /// What is counted.
    pub unit: Id,
}

/// What live claims of one kind count in an event, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toll {
    /// The kind of claim.
    pub kind: Id,
    /// What offices say.
    pub official: TollChange,
    /// What all others say.
    pub others: TollChange,
    /// What is counted.
    pub unit: Id,
}

/// A range of counts before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TollChange {
    /// After; absent where nobody counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<TollRange>,
    /// Before; absent where nobody counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<TollRange>,
}

/// The range that all figures of some claims span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TollRange {
    /// How many claims.
    pub claims: u64,
    /// The most that any of them allows; `null`: one sets no upper bound.
    pub hi: Option<i64>,
    /// The least that any of them allows; `null`: one sets no lower bound.
    pub lo: Option<i64>,
}

impl TollRange {
    /// The range that both span together.
    pub fn spanning(self, other: Self) -> Self {
        let both = |one: Option<i64>, other: Option<i64>, choose: fn(i64, i64) -> i64| Some(choose(one?, other?));
        Self {
            claims: self.claims + other.claims,
            lo: both(self.lo, other.lo, i64::min),
            hi: both(self.hi, other.hi, i64::max),
        }
    }
}
