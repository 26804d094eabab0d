//! Exactly which records changed between two versions: two streams in the order of ids, merged.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::format::schema;
use crate::model::kind::RecordKind;

/// Canonical lines in the order of their ids, without LF.
pub type Lines<'a> = Box<dyn Iterator<Item = Result<Vec<u8>>> + 'a>;

/// One of the two versions.
pub trait Version {
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
}

impl DatasetDiff {
    /// How many changes are listed; past that only the totals grow, so that memory stays bounded.
    pub const LISTED: usize = 50_000;

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.totals.values().all(|totals| totals.added + totals.removed + totals.changed == 0)
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

/// What happened to a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "lowercase")]
pub enum Change {
    /// It is new.
    Added {
        /// The record as it is.
        new: Value,
    },
    /// It is gone.
    Removed {
        /// The record as it was.
        old: Value,
    },
    /// Its content differs.
    Changed {
        /// The record as it was.
        old: Value,
        /// The record as it is.
        new: Value,
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
    let mut diff = DatasetDiff::default();
    for kind in RecordKind::ALL {
        let fields = Fields::of(kind)?;
        let mut merge = Merge { old: Side::new(old.lines(kind)?)?, new: Side::new(new.lines(kind)?)? };
        let mut totals = Totals::default();
        while let Some(step) = merge.step()? {
            let change = match step {
                Step::Same => {
                    totals.unchanged += 1;
                    continue;
                }
                Step::Old(old) => {
                    totals.removed += 1;
                    Change::Removed { old }
                }
                Step::New(new) => {
                    totals.added += 1;
                    Change::Added { new }
                }
                Step::Both(old, new) => {
                    totals.changed += 1;
                    let fields = fields.changes(&old, &new);
                    Change::Changed { old, new, fields }
                }
            };
            if diff.changes.len() < DatasetDiff::LISTED {
                let (Change::Added { new: record }
                | Change::Removed { old: record }
                | Change::Changed { new: record, .. }) = &change;
                diff.changes.push(RecordChange { kind, id: id_of(record).to_owned(), change });
            } else {
                diff.not_listed += 1;
            }
        }
        diff.totals.insert(kind, totals);
    }
    Ok(diff)
}

fn id_of(record: &Value) -> &str {
    record.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// One version's stream: the line at its head.
struct Side<'a> {
    lines: Lines<'a>,
    head: Option<Vec<u8>>,
    last_id: String,
}

impl<'a> Side<'a> {
    fn new(mut lines: Lines<'a>) -> Result<Self> {
        let head = lines.next().transpose()?;
        Ok(Self { lines, head, last_id: String::new() })
    }

    fn advance(&mut self) -> Result<Option<Vec<u8>>> {
        let next = self.lines.next().transpose()?;
        Ok(std::mem::replace(&mut self.head, next))
    }

    /// The head as a value. A stream that is not in the order of ids cannot be merged.
    fn parse(&mut self) -> Result<Option<Value>> {
        let Some(line) = &self.head else { return Ok(None) };
        let unfit = |why: &str| Error::Refused(format!("{why}: run `affiant verify` on the release first"));
        let value: Value =
            serde_json::from_slice(line).map_err(|error| unfit(&format!("a record is not JSON ({error})")))?;
        if id_of(&value) <= self.last_id.as_str() && !self.last_id.is_empty() {
            return Err(unfit("records are not in the order of their ids"));
        }
        Ok(Some(value))
    }
}

struct Merge<'a> {
    old: Side<'a>,
    new: Side<'a>,
}

enum Step {
    Same,
    Old(Value),
    New(Value),
    Both(Value, Value),
}

impl Merge<'_> {
    fn step(&mut self) -> Result<Option<Step>> {
        if self.old.head.is_some() && self.old.head == self.new.head {
            self.old.advance()?;
            self.new.advance()?;
            return Ok(Some(Step::Same));
        }
        let (old, new) = (self.old.parse()?, self.new.parse()?);
        let order = match (&old, &new) {
            (None, None) => return Ok(None),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(old), Some(new)) => id_of(old).cmp(id_of(new)),
        };
        if order.is_le() {
            self.old.last_id = old.as_ref().map(id_of).unwrap_or_default().to_owned();
            self.old.advance()?;
        }
        if order.is_ge() {
            self.new.last_id = new.as_ref().map(id_of).unwrap_or_default().to_owned();
            self.new.advance()?;
        }
        Ok(match (order, old, new) {
            (std::cmp::Ordering::Less, Some(old), _) => Some(Step::Old(old)),
            (std::cmp::Ordering::Greater, _, Some(new)) => Some(Step::New(new)),
            (_, Some(old), Some(new)) => Some(Step::Both(old, new)),
            _ => None,
        })
    }
}

/// What a schema declares about the fields of a kind of record.
struct Fields {
    declared: Map<String, Value>,
}

impl Fields {
    fn of(kind: RecordKind) -> Result<Self> {
        let broken = || Error::Usage(format!("the built-in schema {kind} is broken"));
        let schema = schema::named(kind.word()).ok_or_else(broken)?;
        let mut schema: Value = serde_json::from_str(schema.text).map_err(|_| broken())?;
        match schema.get_mut("properties").map(Value::take) {
            Some(Value::Object(declared)) => Ok(Self { declared }),
            _ => Err(broken()),
        }
    }

    fn group(&self, field: &str) -> FieldGroup {
        match self.declared.get(field).and_then(|f| f.get("x-affiant-group")).and_then(Value::as_str) {
            Some("identity") => FieldGroup::Identity,
            Some("assertion") => FieldGroup::Assertion,
            Some("evidence") => FieldGroup::Evidence,
            Some("decision") => FieldGroup::Decision,
            _ => FieldGroup::Annotation,
        }
    }

    /// The members that tell elements of an array apart; empty: an element is its own key.
    fn key(&self, field: &str) -> Option<Vec<&str>> {
        let declared = self.declared.get(field)?;
        if declared.get("x-affiant-set").is_some() {
            return Some(Vec::new());
        }
        let members = declared.get("x-affiant-key")?.as_array()?;
        Some(members.iter().filter_map(Value::as_str).collect())
    }

    fn changes(&self, old: &Value, new: &Value) -> Vec<FieldChange> {
        let empty = Map::new();
        let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
        let mut names: Vec<&String> = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
        names.sort_by_key(|name| (self.group(name), *name));
        let mut changes = Vec::new();
        for name in names {
            let (before, after) = (old.get(name), new.get(name));
            if before != after {
                changes.extend(self.field(name, before, after));
            }
        }
        changes
    }

    fn field(&self, name: &str, old: Option<&Value>, new: Option<&Value>) -> Vec<FieldChange> {
        let group = self.group(name);
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let items = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        match self.key(name) {
            Some(key) => {
                let mut changes = elements(group, &pointer, &key, &items(old), &items(new));
                if name == "at" {
                    pair_anchors(&mut changes);
                }
                if name == "captures" {
                    changes.iter_mut().filter(|c| c.what == What::Added).for_each(|c| c.what = What::Recaptured);
                }
                changes
            }
            None => vec![FieldChange { group, what: what(old, new), pointer, old: old.cloned(), new: new.cloned() }],
        }
    }
}

fn what(old: Option<&Value>, new: Option<&Value>) -> What {
    match (old, new) {
        (None, _) => What::Added,
        (_, None) => What::Removed,
        _ => What::Changed,
    }
}

/// Changes of an array whose elements are told apart by some of their members; their order means nothing.
fn elements(group: FieldGroup, pointer: &str, key: &[&str], old: &[Value], new: &[Value]) -> Vec<FieldChange> {
    let same = |a: &Value, b: &Value| {
        if key.is_empty() { a == b } else { key.iter().all(|member| a.get(member) == b.get(member)) }
    };
    let mut changes = Vec::new();
    for (i, before) in old.iter().enumerate().filter(|(_, before)| !new.iter().any(|after| same(before, after))) {
        let pointer = format!("{pointer}/{i}");
        changes.push(FieldChange { group, what: What::Removed, pointer, old: Some(before.clone()), new: None });
    }
    for (i, after) in new.iter().enumerate() {
        let before = old.iter().find(|before| same(before, after));
        if before != Some(after) {
            let pointer = format!("{pointer}/{i}");
            changes.push(FieldChange {
                group,
                what: what(before, Some(after)),
                pointer,
                old: before.cloned(),
                new: Some(after.clone()),
            });
        }
    }
    changes
}

/// Joins a removed and an added anchor: of the same bytes, or else the only ones of their source.
fn pair_anchors(changes: &mut Vec<FieldChange>) {
    let source =
        |anchor: &Value| -> Option<String> { Some(anchor.get("capture")?.as_str()?.split('.').next()?.to_owned()) };
    let bytes = |anchor: &Value| Some((source(anchor)?, anchor.get("sha256")?.as_str()?.to_owned()));
    pair(changes, What::AnchorMoved, |anchor| bytes(anchor).map(|(source, digest)| format!("{source} {digest}")));
    pair(changes, What::QuoteChanged, source);
}

fn pair(changes: &mut Vec<FieldChange>, what: What, key: impl Fn(&Value) -> Option<String>) {
    let keys = |what: What, changes: &[FieldChange]| -> Vec<(String, usize)> {
        let of = |(i, change): (usize, &FieldChange)| {
            let value = if what == What::Added { change.new.as_ref() } else { change.old.as_ref() };
            (change.what == what).then(|| Some((key(value?)?, i))).flatten()
        };
        changes.iter().enumerate().filter_map(of).collect()
    };
    let (removed, added) = (keys(What::Removed, changes), keys(What::Added, changes));
    let alone = |keys: &[(String, usize)], key: &str| keys.iter().filter(|(other, _)| other == key).count() == 1;
    let mut joined = Vec::new();
    for (key, from) in &removed {
        let partner = added.iter().find(|(other, _)| other == key);
        if let Some((_, to)) = partner.filter(|_| alone(&removed, key) && alone(&added, key)) {
            changes[*to].what = what;
            changes[*to].old = changes[*from].old.clone();
            joined.push(*from);
        }
    }
    let mut i = 0;
    changes.retain(|_| {
        i += 1;
        !joined.contains(&(i - 1))
    });
}
