//! What a release says about itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dataset::Law;
use super::date::Day;
use super::digest::Digest;
use super::id::Id;
use super::kind::RecordKind;
use super::status::Status;

/// The content of `release.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseInfo {
    /// Always [`ReleaseInfo::FORMAT`].
    pub format: String,
    /// The dataset.
    pub dataset: Id,
    /// Semantic version.
    pub version: semver::Version,
    /// 1 for the first release of the dataset, then counting up.
    pub seq: u64,
    /// The release's day, as given; no clock is read.
    pub date: Day,
    /// The last day on which it may pass for the newest; a newer release is due by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh_until: Option<Day>,
    /// The release before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// The law its versions follow.
    pub law: Law,
    /// How many different trusted keys must have signed.
    pub threshold: u32,
    /// Per kind of record: how many, and their Merkle root.
    pub records: BTreeMap<RecordKind, RecordTree>,
    /// How many claims of each event have each computed status.
    pub statuses: BTreeMap<Id, BTreeMap<Status, u64>>,
    /// The lines of `statuses.jsonl`: as many as claims, and their Merkle root.
    pub status_tree: RecordTree,
    /// What was checked when the release was made.
    pub anchors: AnchorTally,
    /// Digest of each JSON Schema in `data/schemas/`, by file name.
    pub schemas: BTreeMap<String, Digest>,
}

impl ReleaseInfo {
    /// The release format this tool writes.
    pub const FORMAT: &str = "affiant-release-1";
}

/// The release before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Its version.
    pub version: semver::Version,
    /// Digest of its tag manifest.
    pub tagmanifest_sha256: Digest,
}

/// The Merkle tree (RFC 6962) over the canonical lines of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordTree {
    /// Number of records.
    pub count: u64,
    /// Root of the tree; a leaf is one canonical line without its newline.
    pub root: Digest,
}

/// How many anchors were held against their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchorTally {
    /// Anchors whose text was at hand, and which hold.
    pub checked: u64,
    /// Anchors whose text was not at hand: nothing is known about them.
    pub not_checked: u64,
}
