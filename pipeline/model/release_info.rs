//! What a release says about itself.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize, Serializer};

use super::change_class::{Bump, ChangeClass};
use super::dataset::Law;
use super::date::Day;
use super::digest::Digest;
use super::id::Id;
use super::kind::RecordKind;
use super::status::StatusCounts;

/// The content of `release.json`, in the order of its canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseInfo {
    /// What was checked when the release was made.
    pub anchors: AnchorTally,
    /// What changed since the release before; absent in the first one, and in format 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangesInfo>,
    /// The lines of `chunks.jsonl`; absent in formats 1 and 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk_tree: Option<RecordTree>,
    /// The dataset.
    pub dataset: Id,
    /// The release's day, as given; no clock is read.
    pub date: Day,
    /// One of [`ReleaseInfo::FORMATS`].
    pub format: String,
    /// The last day on which it may pass for the newest; a newer release is due by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh_until: Option<Day>,
    /// The law its versions follow.
    pub law: Law,
    /// The release before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// Per kind of record: how many, and their Merkle root.
    #[serde(serialize_with = "by_word")]
    pub records: BTreeMap<RecordKind, RecordTree>,
    /// Digest of each JSON Schema in `data/schemas/`, by file name.
    pub schemas: BTreeMap<String, Digest>,
    /// 1 for the first release of the dataset, then counting up.
    pub seq: u64,
    /// The lines of `statuses.jsonl`: as many as claims, and their Merkle root.
    pub status_tree: RecordTree,
    /// How many claims of each event have each computed status.
    pub statuses: BTreeMap<Id, StatusCounts>,
    /// How many different trusted keys must have signed.
    pub threshold: u32,
    /// The lines of `tolls.jsonl`; absent in formats 1 and 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toll_tree: Option<RecordTree>,
    /// Semantic version.
    pub version: semver::Version,
}

/// Writes members in the order of their names, which is not that of the kinds.
fn by_word<S: Serializer>(records: &BTreeMap<RecordKind, RecordTree>, out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(records.iter().map(|(kind, tree)| (kind.word(), tree)).collect::<BTreeMap<_, _>>())
}

/// What a release says about its changes since the release before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesInfo {
    /// The classes that the maintainer allowed by name, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<ChangeClass>,
    /// What the law asks of the version for them; absent if nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bump: Option<Bump>,
    /// How many changes are of each class.
    #[serde(serialize_with = "by_code")]
    pub classes: BTreeMap<ChangeClass, u64>,
    /// The fingerprints of changes that ask for it, in the order of the file, [`ChangesInfo::DECIDING`] at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deciding: Vec<String>,
    /// The lines of `changes.jsonl` and their Merkle root.
    pub tree: RecordTree,
}

/// Writes members in the order of their codes, which is not that of the classes.
fn by_code<S: Serializer>(classes: &BTreeMap<ChangeClass, u64>, out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(classes.iter().map(|(class, count)| (class.code(), count)).collect::<BTreeMap<_, _>>())
}

impl ChangesInfo {
    /// Most fingerprints that `deciding` names.
    pub const DECIDING: usize = 64;
}

impl ReleaseInfo {
    /// The release format this tool writes.
    pub const FORMAT: &str = "affiant-release-3";

    /// The release formats this tool reads. The first one knew no changes, the first two neither tolls nor chunks.
    pub const FORMATS: [&str; 3] = ["affiant-release-1", "affiant-release-2", ReleaseInfo::FORMAT];

    /// Longest version, in bytes.
    pub const MAX_VERSION_BYTES: usize = 64;

    /// Whether a release can have this version: it has no build metadata, and is not too long.
    pub fn may_be_version(version: &semver::Version) -> bool {
        version.build.is_empty() && version.to_string().len() <= Self::MAX_VERSION_BYTES
    }

    /// Whether it must say what changed since the release before.
    pub fn tells_changes(&self) -> bool {
        self.format != ReleaseInfo::FORMATS[0] && self.previous.is_some()
    }

    /// Whether it must hold tolls and chunks.
    pub fn is_chunked(&self) -> bool {
        self.format == ReleaseInfo::FORMAT
    }
}

/// The release before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Digest of its tag manifest.
    pub tagmanifest_sha256: Digest,
    /// Its version.
    pub version: semver::Version,
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

impl AddAssign for AnchorTally {
    fn add_assign(&mut self, other: Self) {
        self.checked += other.checked;
        self.not_checked += other.not_checked;
    }
}
