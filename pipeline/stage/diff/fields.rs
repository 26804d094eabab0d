//! What differs between two records of one id, field by field, as their schema declares.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::patch::record_path;
use crate::format::pointer::{escape, unescape};
use crate::format::{canonical, schema};
use crate::model::change::Change;
use crate::model::kind::RecordKind;
use crate::model::patch::Operation;

/// One change within a record.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// What the field is for.
    pub group: FieldGroup,
    /// What happened.
    pub what: What,
    /// JSON pointer; elements count by their position in the new record, or in the old one if removed.
    pub pointer: String,
    /// The old content.
    pub old: Option<Value>,
    /// The new content.
    pub new: Option<Value>,
}

impl FieldChange {
    /// The field of the record that it lies in.
    pub fn field(&self) -> &str {
        self.pointer.split('/').nth(1).unwrap_or_default()
    }
}

/// What a field is for, as its schema declares in `x-affiant-group`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has other content.
    Changed,
    /// The same elements stand in another order, which means nothing.
    Reordered,
    /// The same bytes are anchored at a new place.
    AnchorMoved,
    /// Other bytes of the same source are anchored.
    QuoteChanged,
    /// The source has a new capture.
    Recaptured,
}

/// What a change of a record changes in it, in the order of the groups; nothing for a record that is new or gone.
pub fn field_changes(change: &Change) -> Vec<FieldChange> {
    let kind = change.kind.record_kind();
    let prefix = kind.map_or_else(|| format!("/{}/", change.kind.word()), |kind| record_path(kind, &change.id) + "/");
    let (mut old, mut new) = (Map::new(), Map::new());
    for operation in &change.patch {
        let side = if matches!(operation, Operation::Test { .. }) { &mut old } else { &mut new };
        if let (Some(member), Some(value)) = (operation.path().strip_prefix(&prefix), operation.value()) {
            side.insert(unescape(member).into_owned(), value.clone());
        }
    }
    Fields::of(kind).changes(&old, &new)
}

/// What a schema declares about the fields of a kind of record.
pub(super) struct Fields {
    declared: Map<String, Value>,
}

impl Fields {
    /// The fields of a kind of record; `None` is the dataset itself.
    pub(super) fn of(kind: Option<RecordKind>) -> &'static Self {
        static FIELDS: LazyLock<BTreeMap<Option<RecordKind>, Fields>> = LazyLock::new(|| {
            let kinds = RecordKind::ALL.into_iter().map(Some).chain([None]);
            kinds.map(|kind| (kind, Fields::declared(kind.map_or("dataset", RecordKind::word)))).collect()
        });
        &FIELDS[&kind]
    }

    fn declared(name: &str) -> Self {
        let schema = schema::named(name).map(|schema| serde_json::from_str(schema.text));
        let Some(Ok(Value::Object(mut schema))) = schema else { unreachable!("{name} is a schema of ours") };
        match schema.remove("properties") {
            Some(Value::Object(declared)) => Self { declared },
            _ => unreachable!("the schema {name} declares properties"),
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

    /// Everything that differs, in the order of the groups.
    pub(super) fn changes(&self, old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<FieldChange> {
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
        let pointer = format!("/{}", escape(name));
        let items = |value: Option<&'_ Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let (before, after) = (items(old), items(new));
        let mut changes = match self.key(name) {
            Some(key) => elements(group, &pointer, &key, &before, &after),
            None => Vec::new(),
        };
        if name == "at" {
            pair_anchors(&mut changes);
        }
        if name == "captures" {
            changes.iter_mut().filter(|c| c.what == What::Added).for_each(|c| c.what = What::Recaptured);
        }
        // A field without elements, or with the same ones in another order, changes as a whole.
        if changes.is_empty() {
            let is_order = self.key(name).is_some() && !before.is_empty() && sorted(&before) == sorted(&after);
            let what = if is_order { What::Reordered } else { what(old, new) };
            changes.push(FieldChange { group, what, pointer, old: old.cloned(), new: new.cloned() });
        }
        changes
    }
}

fn sorted(elements: &[Value]) -> Vec<Vec<u8>> {
    let mut sorted: Vec<Vec<u8>> = elements.iter().map(canonical::value_to_vec).collect();
    sorted.sort();
    sorted
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
    let key_of = |element: &Value| {
        let members: Vec<Option<&Value>> = key.iter().map(|member| element.get(member)).collect();
        if key.is_empty() { canonical::value_to_vec(element) } else { canonical::to_vec(&members) }
    };
    let index = |elements: &[Value]| -> BTreeMap<Vec<u8>, usize> {
        elements.iter().enumerate().rev().map(|(i, element)| (key_of(element), i)).collect()
    };
    let (before, after) = (index(old), index(new));
    // Elements that share a key cannot be told apart; no checked record has such.
    if before.len() < old.len() || after.len() < new.len() {
        return Vec::new();
    }
    let mut changes = Vec::new();
    for (i, gone) in old.iter().enumerate().filter(|(_, element)| !after.contains_key(&key_of(element))) {
        let pointer = format!("{pointer}/{i}");
        changes.push(FieldChange { group, what: What::Removed, pointer, old: Some(gone.clone()), new: None });
    }
    for (i, here) in new.iter().enumerate() {
        let was = before.get(&key_of(here)).map(|&i| &old[i]);
        if was != Some(here) {
            let pointer = format!("{pointer}/{i}");
            let what = what(was, Some(here));
            changes.push(FieldChange { group, what, pointer, old: was.cloned(), new: Some(here.clone()) });
        }
    }
    changes
}

/// Joins a removed and an added anchor: of the same bytes, or else the only ones of their source.
fn pair_anchors(changes: &mut Vec<FieldChange>) {
    let bytes = |anchor: &Value| Some(format!("{} {}", source_of(anchor)?, anchor.get("sha256")?.as_str()?));
    pair(changes, What::AnchorMoved, bytes);
    pair(changes, What::QuoteChanged, |anchor| source_of(anchor).map(str::to_owned));
}

/// The source that an anchor stands in.
pub(super) fn source_of(anchor: &Value) -> Option<&str> {
    anchor.get("capture")?.as_str()?.split('.').next()
}

fn pair(changes: &mut Vec<FieldChange>, what: What, key: impl Fn(&Value) -> Option<String>) {
    // Where the only element of each key stands; `None`: there are several.
    let alone = |what: What, side: fn(&FieldChange) -> Option<&Value>| {
        let mut places: BTreeMap<String, Option<usize>> = BTreeMap::new();
        for (i, change) in changes.iter().enumerate().filter(|(_, change)| change.what == what) {
            if let Some(key) = side(change).and_then(&key) {
                places.entry(key).and_modify(|place| *place = None).or_insert(Some(i));
            }
        }
        places
    };
    let removed = alone(What::Removed, |change| change.old.as_ref());
    let added = alone(What::Added, |change| change.new.as_ref());
    let mut joined = BTreeSet::new();
    for (key, from) in removed {
        if let (Some(from), Some(Some(to))) = (from, added.get(&key)) {
            changes[*to].what = what;
            changes[*to].old = changes[from].old.clone();
            joined.insert(from);
        }
    }
    let mut i = 0;
    changes.retain(|_| {
        i += 1;
        !joined.contains(&(i - 1))
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_elements_in_another_order_are_one_change() {
        let old = json!({ "id": "hrw", "names": ["Human Rights Watch", "HRW"] });
        let new = json!({ "id": "hrw", "names": ["HRW", "Human Rights Watch"] });
        let (old, new) = (old.as_object().expect("an object"), new.as_object().expect("an object"));
        let changes = Fields::of(Some(RecordKind::Agent)).changes(old, new);
        let found: Vec<_> = changes.iter().map(|change| (change.pointer.as_str(), change.what)).collect();
        assert_eq!(found, [("/names", What::Reordered)]);
    }
}
