//! One step from an old document to a new one, as a JSON patch (RFC 6902) writes it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One operation of a JSON patch (RFC 6902).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub enum Operation {
    /// A value is new.
    Add {
        /// JSON pointer (RFC 6901).
        path: String,
        /// The value.
        value: Value,
    },
    /// A value is gone.
    Remove {
        /// JSON pointer (RFC 6901).
        path: String,
    },
    /// Another value stands there.
    Replace {
        /// JSON pointer (RFC 6901).
        path: String,
        /// The value.
        value: Value,
    },
    /// The value that must stand there.
    Test {
        /// JSON pointer (RFC 6901).
        path: String,
        /// The value.
        value: Value,
    },
}

impl Operation {
    /// The JSON pointer (RFC 6901) to where it stands.
    pub fn path(&self) -> &str {
        match self {
            Operation::Add { path, .. }
            | Operation::Remove { path }
            | Operation::Replace { path, .. }
            | Operation::Test { path, .. } => path,
        }
    }

    /// The value that comes, or that must stand there; nothing of one that is gone.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Operation::Add { value, .. } | Operation::Replace { value, .. } | Operation::Test { value, .. } => {
                Some(value)
            }
            Operation::Remove { .. } => None,
        }
    }

    /// The same, to be written anew.
    pub fn value_mut(&mut self) -> Option<&mut Value> {
        match self {
            Operation::Add { value, .. } | Operation::Replace { value, .. } | Operation::Test { value, .. } => {
                Some(value)
            }
            Operation::Remove { .. } => None,
        }
    }
}
