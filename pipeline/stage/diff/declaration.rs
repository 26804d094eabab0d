//! What changed about the dataset as a whole: its declaration, its numbers, its signer, its codebook and its schemas.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::classify::blank;
use super::{Version, patch};
use crate::error::{Error, Result};
use crate::format::layout;
use crate::format::pointer::escape;
use crate::model::change::{Change, CountChange, Subject};
use crate::model::change_class::ChangeClass::{self, *};
use crate::model::dataset::Law;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::stage::containment::{self, Containment};

/// The dataset that both declare.
pub(super) fn same_dataset(old: &Value, new: &Value) -> Result<Id> {
    let id = |declaration: &Value| declaration.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (old, new) = (id(old), id(new));
    if old != new {
        return Err(Error::Refused(format!("{old} and {new} are two datasets; nothing was compared")));
    }
    new.parse().map_err(|_| Error::Refused(format!("dataset.json has no id, but {new:?}")))
}

/// The law by which changes are judged: strict, if either version says so.
pub(super) fn stricter(old: &Value, new: &Value) -> Law {
    let is_strict = |declaration: &Value| declaration.get("law").and_then(Value::as_str) == Some(Law::Strict.word());
    if is_strict(old) || is_strict(new) { Law::Strict } else { Law::Living }
}

/// Changes of the declaration, and numbers that fell further than it allows.
pub(super) fn changes(old: &Value, new: &Value, live: &BTreeMap<RecordKind, (u64, u64)>) -> Vec<Change> {
    let mut changes = Vec::new();
    if old != new {
        let patch = patch::members("/dataset", old, new);
        changes.push(Change { classes: of_declaration(old, new), patch, ..blank(Subject::Dataset, layout::DATASET) });
    }
    let collapsed = live.iter().filter(|(kind, (before, after))| {
        let shares = [old, new].map(|side| side.pointer(&format!("/envelope/{kind}")).and_then(Value::as_u64));
        shares.into_iter().flatten().min().is_some_and(|share| fell_further(*before, *after, share))
    });
    changes.extend(collapsed.map(|(kind, &(old, new))| Change {
        classes: vec![D01],
        count: Some(CountChange { old, new }),
        ..blank(Subject::Count, kind.word())
    }));
    changes
}

/// Whether more than `percent` of `old` are gone.
fn fell_further(old: u64, new: u64, percent: u64) -> bool {
    u128::from(old.saturating_sub(new)) * 100 > u128::from(old) * u128::from(percent)
}

fn of_declaration(old: &Value, new: &Value) -> Vec<ChangeClass> {
    let members = |value: &Value| value.as_object().map(|members| members.keys().cloned().collect::<BTreeSet<_>>());
    let names = [members(old), members(new)].into_iter().flatten().flatten();
    let differing: BTreeSet<String> = names.filter(|name| old.get(name) != new.get(name)).collect();
    let classes = differing.iter().flat_map(|name| match name.as_str() {
        "title" | "description" | "accepted" => vec![A01],
        "license" => vec![D02],
        "law" | "threshold" | "envelope" | "approvals" => vec![D04],
        "ext" => of_extensions(old.get(name), new.get(name)),
        _ => vec![D03],
    });
    classes.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The dataset's own schemas, one for each kind of record; without one, a record may not have an extension.
fn of_extensions(old: Option<&Value>, new: Option<&Value>) -> Vec<ChangeClass> {
    let schema = |side: Option<&Value>, kind: RecordKind| {
        side.and_then(|side| side.get(kind.word())).cloned().unwrap_or(json!(false))
    };
    let pairs = RecordKind::ALL.iter().map(|kind| (schema(old, *kind), schema(new, *kind)));
    let classes: Vec<_> = pairs.filter(|(old, new)| old != new).map(|(old, new)| of_schema(&old, &new)).collect();
    if classes.is_empty() { vec![A01] } else { classes }
}

fn of_schema(old: &Value, new: &Value) -> ChangeClass {
    match containment::covers(new, old) {
        Containment::Yes => S01,
        Containment::No => S02,
        Containment::Undecidable => S03,
    }
}

/// Another key signs first.
pub(super) fn signer(old: Option<String>, new: Option<String>) -> Option<Change> {
    let (old, new) = (old?, new?);
    let patch = patch::value("/signer", Some(&json!(old)), Some(&json!(new)));
    (old != new).then(|| Change { classes: vec![D02], patch, ..blank(Subject::Signer, "signer") })
}

/// Codebook and schemas whose bytes differ.
pub(super) fn files(old: &mut dyn Version, new: &mut dyn Version) -> Result<Vec<Change>> {
    let (before, after) = (old.files()?, new.files()?);
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut changes = Vec::new();
    for path in paths.into_iter().filter(|path| before.get(*path) != after.get(*path)) {
        let class = match (before.get(path), after.get(path)) {
            _ if !path.starts_with(layout::SCHEMAS) => D05,
            (Some(_), Some(_)) => of_schema(&schema(old, path)?, &schema(new, path)?),
            // A kind of file that no release had constrains nothing that one had.
            (None, _) => S01,
            (_, None) => S02,
        };
        let digest = |files: &BTreeMap<String, Digest>| files.get(path).map(|digest| json!(digest));
        let at = format!("/files/{}", escape(path));
        let patch = patch::value(&at, digest(&before).as_ref(), digest(&after).as_ref());
        changes.push(Change { classes: vec![class], patch, ..blank(Subject::File, path) });
    }
    Ok(changes)
}

fn schema(version: &mut dyn Version, path: &str) -> Result<Value> {
    let bytes = version.file(path)?.unwrap_or_default();
    serde_json::from_slice(&bytes).map_err(|error| Error::Refused(format!("{path} is not JSON ({error})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_is_left_only_beyond_its_share() {
        for (old, new, percent, is) in [
            (100, 90, 10, false),
            (100, 89, 10, true),
            (10, 9, 9, true),
            (0, 0, 0, false),
            (5, 5, 0, false),
            (5, 4, 0, true),
            (u64::MAX, 0, 100, false),
            (5, 9, 0, false),
        ] {
            assert_eq!(fell_further(old, new, percent), is, "{old} {new} {percent}");
        }
    }
}
