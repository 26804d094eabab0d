//! One change between two versions of a dataset, and what all changes come to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::change_class::{Bump, ChangeClass};
use super::claim_context::ClaimContext;
use super::dataset::Law;
use super::digest::Digest;
use super::id::Id;
use super::kind::RecordKind;
use super::patch::Operation;
use super::release_info::RecordTree;
use super::status::Status;

/// What a change is a change of, in the order in which changes are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// The declaration, `dataset.json`.
    Dataset,
    /// The number of live records of one kind; its id is the kind.
    Count,
    /// The key that signs first.
    Signer,
    /// What somebody says happened.
    Claim,
    /// A published text.
    Source,
    /// What claims are about.
    Event,
    /// Whoever speaks or is spoken of.
    Agent,
    /// The codebook or a schema; its id is its path.
    File,
}

impl Subject {
    /// All subjects, in their order.
    pub const ALL: [Subject; 8] = [
        Subject::Dataset,
        Subject::Count,
        Subject::Signer,
        Subject::Claim,
        Subject::Source,
        Subject::Event,
        Subject::Agent,
        Subject::File,
    ];

    /// The subject as one word.
    pub fn word(self) -> &'static str {
        match self {
            Subject::Dataset => "dataset",
            Subject::Count => "count",
            Subject::Signer => "signer",
            Subject::Claim => "claim",
            Subject::Source => "source",
            Subject::Event => "event",
            Subject::Agent => "agent",
            Subject::File => "file",
        }
    }

    /// The kind of record that it is, if it is one.
    pub fn record_kind(self) -> Option<RecordKind> {
        match self {
            Subject::Agent => Some(RecordKind::Agent),
            Subject::Event => Some(RecordKind::Event),
            Subject::Source => Some(RecordKind::Source),
            Subject::Claim => Some(RecordKind::Claim),
            Subject::Dataset | Subject::Count | Subject::Signer | Subject::File => None,
        }
    }
}

/// One changed record, or another changed part of the dataset: a line of `changes.jsonl`. Its members stand in the order of
/// its canonical form, and so do those of all that it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// How each claim that stood on a recaptured source stands now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchored: Option<Anchored>,
    /// Other claims that this change goes back to: the old or new id of a rekeyed claim, the claims that supersede it,
    /// the neighbours that changed its status; sorted, [`Change::NEIGHBOURS`] at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Id>,
    /// The claim that changed, where the patch does not hold it whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimContext>,
    /// What kinds of change these are, sorted; never empty.
    pub classes: Vec<ChangeClass>,
    /// How many live records of a kind there were and are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<CountChange>,
    /// First 12 hex digits of the digest of what changed: names the change in a review.
    pub fingerprint: String,
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: Subject,
    /// Claims that came or went in the same version and resemble this one; said, never asserted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maybe: Vec<Id>,
    /// The change as a JSON patch (RFC 6902) on the whole dataset: `/claims/<id>`, `/dataset`, `/files/<path>`, ...
    /// Each value that goes is tested first, so that the patch can also be read backwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patch: Vec<Operation>,
    /// How a changed quantity moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<RangeChange>,
    /// The status of a claim before and after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusChange>,
}

impl From<RecordKind> for Subject {
    fn from(kind: RecordKind) -> Self {
        match kind {
            RecordKind::Agent => Subject::Agent,
            RecordKind::Event => Subject::Event,
            RecordKind::Source => Subject::Source,
            RecordKind::Claim => Subject::Claim,
        }
    }
}

/// What happened to the whole of what a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It is new.
    Came,
    /// It is gone.
    Went,
    /// It was there and is there.
    Changed,
}

impl Change {
    /// Most ids that `because` and `maybe` name.
    pub const NEIGHBOURS: usize = 16;

    /// Whether a record or a file came, went or changed; of everything else, that it changed.
    pub fn sign(&self) -> Sign {
        let is_whole = |path: &str| path.matches('/').count() == 2;
        match self.patch.as_slice() {
            _ if matches!(self.kind, Subject::Dataset | Subject::Signer | Subject::Count) => Sign::Changed,
            [Operation::Add { path, .. }] if is_whole(path) => Sign::Came,
            [_, Operation::Remove { path }] if is_whole(path) => Sign::Went,
            _ => Sign::Changed,
        }
    }

    /// The record or the file's digest that is new or gone.
    pub fn whole(&self) -> Option<&Value> {
        match (self.sign(), self.patch.first()?) {
            (Sign::Came, Operation::Add { value, .. }) | (Sign::Went, Operation::Test { value, .. }) => Some(value),
            _ => None,
        }
    }
}

/// The status of a claim before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusChange {
    /// How many claims it is due to, after.
    pub by: u64,
    /// After; absent if the claim is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Status>,
    /// Before; absent if the claim is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Status>,
}

/// How the range of a quantity moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeChange {
    /// By how much the upper bound rose, where there was and is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hi: Option<i64>,
    /// How the two ranges stand to each other.
    pub is: RangeMove,
    /// By how much the lower bound rose, where there was and is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lo: Option<i64>,
}

/// How two ranges stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RangeMove {
    /// The bounds are the same; the wording or the qualifier differs.
    Reworded,
    /// The new range holds the old one and more.
    Widened,
    /// The old range holds the new one and more.
    Narrowed,
    /// They overlap.
    Shifted,
    /// No number lies in both.
    Disjoint,
    /// Something else is counted.
    Unit,
}

/// How each claim that stood on a recaptured source stands now; ids sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchored {
    /// Its words are not in the new capture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Id>,
    /// Its words stand elsewhere in the new capture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Id>,
    /// The texts are not in the dataset, and the claim stands on the earlier capture still.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_checked: Vec<Id>,
    /// How many more there are, where a list has [`Anchored::LISTED`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_listed: u64,
    /// Its words stand at the same place of the new capture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchanged: Vec<Id>,
}

impl Anchored {
    /// Most ids of one list: all four together stay within a line.
    pub const LISTED: usize = 25_000;
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How many live records of a kind there were and are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountChange {
    /// After.
    pub new: u64,
    /// Before.
    pub old: u64,
}

/// One of the two versions, in the first line of `changes.jsonl`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionName {
    /// Its version, if it is a release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<semver::Version>,
    /// Digest of its tag manifest, if it is a release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tagmanifest_sha256: Option<Digest>,
    /// Where it was found; never in a release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The git commit it was read from; never in a release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// How far it is to be trusted; never in a release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    /// Whether what both versions have in common by their lists of chunks was not read: said to people alone, for the
    /// lines are the same as if it had been.
    #[serde(skip)]
    pub read_in_part: bool,
}

impl VersionName {
    /// How far it is to be trusted, in words.
    pub fn trust_in_words(&self) -> Option<String> {
        let how_far = if self.read_in_part { ", read in part" } else { "" };
        self.trust.map(|trust| format!("{}{how_far}", trust.words()))
    }
}

/// How far one side of a diff is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trust {
    /// A release that was verified in this run.
    #[serde(rename = "verified")]
    Verified,
    /// A release that was not.
    #[serde(rename = "not verified")]
    NotVerified,
    /// A dataset folder that passed `check`.
    #[serde(rename = "checked")]
    Checked,
}

impl Trust {
    /// The trust as it is written.
    pub fn words(self) -> &'static str {
        match self {
            Trust::Verified => "verified",
            Trust::NotVerified => "not verified",
            Trust::Checked => "checked",
        }
    }
}

/// The first line of `changes.jsonl`: what was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangesHeader {
    /// Always [`ChangesHeader::FORMAT`].
    pub format: String,
    /// The dataset.
    pub dataset: Id,
    /// The law by which the bump is reckoned: the stricter of both versions'.
    pub law: Law,
    /// The version that was compared from.
    pub old: VersionName,
    /// The version that was compared to.
    pub new: VersionName,
}

impl ChangesHeader {
    /// The format's name.
    pub const FORMAT: &str = "affiant-changes-1";
}

/// Exact numbers of one kind of record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Only in the new version.
    pub added: u64,
    /// Only in the old version.
    pub removed: u64,
    /// In both, with other content.
    pub changed: u64,
    /// In both, the same.
    pub unchanged: u64,
}

/// The last line of `changes.jsonl`: what all changes come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangesTrailer {
    /// What the law asks of the next version; absent if nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bump: Option<Bump>,
    /// How many lines hold changes.
    pub changes: u64,
    /// How many changes are of each class; a change may be of several.
    pub classes: BTreeMap<ChangeClass, u64>,
    /// Exact numbers per kind of record.
    pub totals: BTreeMap<RecordKind, Totals>,
    /// How many events changed; the lines with summaries are [`ChangesTrailer::SUMMARIES`] at most.
    pub events: u64,
    /// Count and Merkle root of the records of each kind, before and after, where release.json states them.
    pub roots: Roots,
}

impl ChangesTrailer {
    /// Most events that are summed up, those with the most changes first.
    pub const SUMMARIES: usize = 1_000;

    /// Counts a change, and tells what it asks of the next version.
    pub fn count(&mut self, change: &Change, law: Law) -> Bump {
        self.changes += 1;
        for class in &change.classes {
            *self.classes.entry(*class).or_default() += 1;
        }
        let bump = change.classes.iter().map(|class| class.bump(law)).max().unwrap_or(Bump::Patch);
        self.bump = self.bump.max(Some(bump));
        bump
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes == 0
    }
}

/// Count and Merkle root of the records of each kind, before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roots {
    /// Before.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub old: BTreeMap<RecordKind, RecordTree>,
    /// After.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub new: BTreeMap<RecordKind, RecordTree>,
}
