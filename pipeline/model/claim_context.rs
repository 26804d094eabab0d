//! A claim in a few words, beside a change of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::claim::{Claim, Stance, Voice};
use super::id::Id;
use super::value::Value;

/// What a reader needs to know of a claim to place a change of it: the claim as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimContext {
    /// The chain of voices, outermost first.
    pub by: Vec<Voice>,
    /// The event it is about.
    pub event: Id,
    /// A word of the dataset's vocabulary.
    pub kind: Id,
    /// The sources it stands on, sorted.
    pub sources: Vec<Id>,
    /// asserts, denies or doubts.
    pub stance: Stance,
    /// The asserted value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// When it happened (EDTF).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

impl ClaimContext {
    /// What is to be known of this claim.
    pub fn of(claim: &Claim) -> Self {
        let sources: BTreeSet<Id> = claim.at.iter().map(|anchor| anchor.capture.source.clone()).collect();
        Self {
            event: claim.event.clone(),
            kind: claim.kind.clone(),
            stance: claim.stance,
            value: claim.value.clone(),
            when: claim.when.clone(),
            by: claim.by.clone(),
            sources: sources.into_iter().collect(),
        }
    }
}
