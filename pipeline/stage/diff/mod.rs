//! Exactly which records changed between two versions: two streams in the order of ids, merged.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::kind::RecordKind;

mod fields;
mod merge;
pub mod version;

use fields::Fields;
use merge::{Merge, Step};

/// Canonical lines in the order of their ids, without LF.
pub type Lines<'a> = Box<dyn Iterator<Item = Result<Vec<u8>>> + 'a>;

/// One of the two versions.
pub trait Version {
    /// Its `dataset.json`.
    fn declaration(&mut self) -> Result<Value>;

    /// Its records of one kind.
    fn lines(&mut self, kind: RecordKind) -> Result<Lines<'_>>;
}

/// Everything that changed.
#[derive(Debug, Default)]
pub struct DatasetDiff {
    /// Exact numbers per kind of record.
    pub totals: BTreeMap<RecordKind, Totals>,
    /// The changed records, kind by kind, each in the order of ids.
    pub changes: Vec<RecordChange>,
    /// How many changes are counted but not listed.
    pub not_listed: u64,
    /// Whether `dataset.json` says something else: vocabulary, law, licence or threshold.
    pub declaration_differs: bool,
}

impl DatasetDiff {
    /// How many changes are listed; past that only the totals grow, so that memory stays bounded.
    pub const LISTED: usize = 50_000;

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        let unchanged = |totals: &Totals| totals.added + totals.removed + totals.changed == 0;
        !self.declaration_differs && self.totals.values().all(unchanged)
    }
}

/// Exact numbers of one kind of record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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

/// One changed record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordChange {
    /// Its kind.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
    /// What happened to it.
    #[serde(flatten)]
    pub change: Change,
}

/// A record as its canonical line: a fifth of the memory that a parsed one takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Line(Box<[u8]>);

impl Line {
    /// The record.
    pub fn record(&self) -> Value {
        // Only lines that were parsed once become a `Line`.
        serde_json::from_slice(&self.0).unwrap_or_default()
    }
}

impl Serialize for Line {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.record().serialize(serializer)
    }
}

/// What happened to a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "lowercase")]
pub enum Change {
    /// It is new.
    Added {
        /// The record as it is.
        new: Line,
    },
    /// It is gone.
    Removed {
        /// The record as it was.
        old: Line,
    },
    /// Its content differs.
    Changed {
        /// The record as it was.
        old: Line,
        /// The record as it is.
        new: Line,
        /// What differs.
        fields: Vec<FieldChange>,
    },
}

/// One change within a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// What the field is for.
    pub group: FieldGroup,
    /// What happened.
    pub what: What,
    /// JSON pointer; elements count by their position in the new record, or in the old one if removed.
    pub pointer: String,
    /// The old content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// The new content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// What a field is for, as its schema declares in `x-affiant-group`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldGroup {
    /// Names the record.
    Identity,
    /// What is asserted.
    Assertion,
    /// What it stands on.
    Evidence,
    /// The curator's decisions.
    Decision,
    /// The curator's remarks.
    Annotation,
}

impl FieldGroup {
    /// The group as it is written.
    pub fn word(self) -> &'static str {
        match self {
            FieldGroup::Identity => "identity",
            FieldGroup::Assertion => "assertion",
            FieldGroup::Evidence => "evidence",
            FieldGroup::Decision => "decision",
            FieldGroup::Annotation => "annotation",
        }
    }
}

/// What happened to a field or to an element of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has other content.
    Changed,
    /// The same bytes are anchored at a new place.
    AnchorMoved,
    /// Other bytes of the same source are anchored.
    QuoteChanged,
    /// The source has a new capture.
    Recaptured,
}

/// Compares two versions, kind by kind. Lines that are equal byte for byte are not parsed.
pub fn diff(old: &mut dyn Version, new: &mut dyn Version) -> Result<DatasetDiff> {
    let (before, after) = (old.declaration()?, new.declaration()?);
    if before.get("id") != after.get("id") {
        let id = |declaration: &Value| declaration.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let message = format!("{} and {} are two datasets; nothing was compared", id(&before), id(&after));
        return Err(Error::Refused(message));
    }
    let mut diff = DatasetDiff { declaration_differs: before != after, ..DatasetDiff::default() };
    for kind in RecordKind::ALL {
        let fields = Fields::of(kind)?;
        let mut merge = Merge::new(old.lines(kind)?, new.lines(kind)?)?;
        let mut totals = Totals::default();
        while let Some(step) = merge.step()? {
            let (id, change) = match step {
                Step::Same => {
                    totals.unchanged += 1;
                    continue;
                }
                Step::Old(old) => {
                    totals.removed += 1;
                    (old.id, Change::Removed { old: Line(old.line) })
                }
                Step::New(new) => {
                    totals.added += 1;
                    (new.id, Change::Added { new: Line(new.line) })
                }
                Step::Both(old, new) => {
                    totals.changed += 1;
                    let fields = fields.changes(&old.record, &new.record);
                    (new.id, Change::Changed { old: Line(old.line), new: Line(new.line), fields })
                }
            };
            if diff.changes.len() < DatasetDiff::LISTED {
                diff.changes.push(RecordChange { kind, id, change });
            } else {
                diff.not_listed += 1;
            }
        }
        diff.totals.insert(kind, totals);
    }
    Ok(diff)
}
