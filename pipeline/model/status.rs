//! Where a claim stands among the others; computed, never typed in.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU64;

use serde::de::{Deserializer, MapAccess, Visitor};
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

/// How many claims have each status; a status that none has is not written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(into = "BTreeMap<&'static str, NonZeroU64>")]
pub struct StatusCounts([Option<NonZeroU64>; Status::ALL.len()]);

impl StatusCounts {
    /// How many claims have this status.
    pub fn of(&self, status: Status) -> u64 {
        self.0[status as usize].map_or(0, NonZeroU64::get)
    }

    /// The statuses that claims have, and how many.
    pub fn iter(&self) -> impl Iterator<Item = (Status, NonZeroU64)> {
        Status::ALL.into_iter().zip(self.0).filter_map(|(status, count)| Some((status, count?)))
    }

    /// Counts one claim more.
    pub fn count(&mut self, status: Status) {
        let count = &mut self.0[status as usize];
        *count = Some(count.map_or(NonZeroU64::MIN, |count| count.saturating_add(1)));
    }
}

impl FromIterator<Status> for StatusCounts {
    fn from_iter<I: IntoIterator<Item = Status>>(statuses: I) -> Self {
        let mut counts = Self::default();
        statuses.into_iter().for_each(|status| counts.count(status));
        counts
    }
}

impl<'de> Deserialize<'de> for StatusCounts {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Counts;

        impl<'de> Visitor<'de> for Counts {
            type Value = StatusCounts;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("numbers by status")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<StatusCounts, A::Error> {
                let mut counts = StatusCounts::default();
                while let Some((status, count)) = entries.next_entry::<Status, NonZeroU64>()? {
                    counts.0[status as usize] = Some(count);
                }
                Ok(counts)
            }
        }

        input.deserialize_map(Counts)
    }
}

impl From<StatusCounts> for BTreeMap<&'static str, NonZeroU64> {
    fn from(counts: StatusCounts) -> Self {
        counts.iter().map(|(status, count)| (status.word(), count)).collect()
    }
}

impl Status {
    /// All of them, in the order in which they apply.
    pub const ALL: [Status; 6] = [
        Status::Retracted,
        Status::Superseded,
        Status::Disputed,
        Status::Inconsistent,
        Status::Corroborated,
        Status::Asserted,
    ];

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
