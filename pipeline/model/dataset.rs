//! What a dataset declares about itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change_class::ChangeClass;
use super::id::Id;
use super::kind::RecordKind;

/// The declaration in `dataset.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Names the dataset in every release.
    pub id: Id,
    /// Its name for readers.
    pub title: String,
    /// What it covers and what it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// SPDX licence expression of the records.
    pub license: String,
    /// The law its versions follow.
    pub law: Law,
    /// How many different trusted keys must have signed a release.
    pub threshold: u32,
    /// What share of the live records of a kind, in percent, may be lost from one release to the next.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub envelope: BTreeMap<RecordKind, u8>,
    /// Who must approve changes before a release may hold them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<Approvals>,
    /// Warnings that are right and stay so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Acceptance>,
    /// The units quantities may use.
    pub units: BTreeMap<Id, String>,
    /// The kinds of claim.
    pub kinds: BTreeMap<Id, Kind>,
    /// JSON Schemas of the dataset's own `ext` fields, by kind of record.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ext: BTreeMap<String, serde_json::Value>,
}

/// Who must approve changes before a release may hold them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvals {
    /// How many of the keys must have approved a change.
    pub needed: u32,
    /// OpenSSH Ed25519 public keys, without comments.
    pub keys: Vec<String>,
    /// The classes of change that need approval; empty: every change does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ChangeClass>,
}

/// A warning about one record that its curator has looked at and accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// The finding's code.
    pub code: String,
    /// The record.
    pub id: Id,
    /// Why the warning is right and stays so.
    pub why: String,
}

/// One kind of claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// What claims of this kind assert.
    pub definition: String,
    /// The units a quantity of this kind may use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<Id>,
}

/// The law of versions a dataset follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Law {
    /// Any edit is major.
    Strict,
    /// Corrections are normal.
    Living,
}

impl Law {
    /// The law as it is written.
    pub fn word(self) -> &'static str {
        match self {
            Law::Strict => "strict",
            Law::Living => "living",
        }
    }
}
