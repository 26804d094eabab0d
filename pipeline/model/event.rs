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
    /// The wider event this one is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Id>,
}
