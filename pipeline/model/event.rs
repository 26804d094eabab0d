//! What claims are about.

use serde::{Deserialize, Serialize};

use super::id::Id;

/// A thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Names this event for ever.
    pub id: Id,
    /// A neutral name for readers.
    pub label: String,
    /// When it happened, as written (EDTF; the rules check it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Where it happened.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub place: Option<Site>,
    /// The wider event this one is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Id>,
}

/// Where an event happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
    /// The edition of the country code or border in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// The place's name.
    pub name: String,
    /// site, city, region or country.
    pub precision: String,
    /// First-level administrative region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}
