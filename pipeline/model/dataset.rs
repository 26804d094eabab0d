//! What a dataset declares about itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::Id;

/// The declaration in `dataset.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Names the dataset in every release.
    pub id: Id,
    /// Its name for readers.
    pub title: String,
    /// SPDX licence expression of the records.
    pub license: String,
    /// The law its versions follow.
    pub law: Law,
    /// How many different trusted keys must have signed a release.
    pub threshold: u32,
    /// The units quantities may use.
    pub units: BTreeMap<Id, String>,
    /// The kinds of claim.
    pub kinds: BTreeMap<Id, Kind>,
    /// JSON Schemas of the dataset's own `ext` fields, by kind of record.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ext: BTreeMap<String, serde_json::Value>,
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
