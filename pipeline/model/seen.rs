//! What a reader remembers of a dataset's releases, so that history cannot be rewritten behind his back.

use serde::{Deserialize, Serialize};

use super::date::Day;
use super::digest::Digest;
use super::id::Id;

/// The newest release that passed every check, and the log as it stood then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Always [`Seen::FORMAT`].
    pub format: String,
    /// The dataset.
    pub dataset: Id,
    /// The release's version.
    pub version: semver::Version,
    /// Its number.
    pub seq: u64,
    /// Its day.
    pub date: Day,
    /// Digest of its tag manifest.
    pub tagmanifest_sha256: Digest,
    /// The log that it is an entry of.
    pub log: LogHead,
    /// The newest keyring that was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyring: Option<KeyringHead>,
}

impl Seen {
    /// The form in which it is kept.
    pub const FORMAT: &str = "affiant-seen-1";
}

/// How far a log had grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogHead {
    /// Number of entries.
    pub size: u64,
    /// Root of the tree over them (RFC 6962).
    pub root: Digest,
}

/// How far a chain of keyrings had come. Each keyring names the one before it, so that this one stands for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyringHead {
    /// Its version.
    pub version: u64,
    /// Digest of its payload.
    pub sha256: Digest,
}
