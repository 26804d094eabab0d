//! What differs between two records of one id, field by field, as their schema declares.

use serde_json::{Map, Value};

use super::{FieldChange, FieldGroup, What};
use crate::error::{Error, Result};
use crate::format::{jsonl, schema};
use crate::model::kind::RecordKind;

/// What a schema declares about the fields of a kind of record.
pub(super) struct Fields {
    declared: Map<String, Value>,
}

impl Fields {
    /// The fields of a kind of record.
    pub(super) fn of(kind: RecordKind) -> Result<Self> {
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

    /// Everything that differs, in the order of the groups.
    pub(super) fn changes(&self, old: &Value, new: &Value) -> Vec<FieldChange> {
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
        let pointer = format!("/{}", jsonl::escape(name));
        let items = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let mut changes = match self.key(name) {
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
            None => Vec::new(),
        };
        // A field without elements, or with the same ones in another order, changes as a whole.
        if changes.is_empty() {
            changes.push(FieldChange { group, what: what(old, new), pointer, old: old.cloned(), new: new.cloned() });
        }
        changes
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_elements_in_another_order_are_one_change() {
        let old = json!({ "id": "hrw", "names": ["Human Rights Watch", "HRW"] });
        let new = json!({ "id": "hrw", "names": ["HRW", "Human Rights Watch"] });
        let changes = Fields::of(RecordKind::Agent).expect("a schema").changes(&old, &new);
        let found: Vec<_> = changes.iter().map(|change| (change.pointer.as_str(), change.what)).collect();
        assert_eq!(found, [("/names", What::Changed)]);
    }
}
