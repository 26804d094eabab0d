//! One version and a changelog give the next version, byte for byte.

use std::collections::BTreeMap;
use std::iter::Peekable;

use serde_json::{Map, Value};

use super::diff::{Entry, Version};
use crate::error::{Error, Result};
use crate::format::canonical;
use crate::format::pointer::unescape;
use crate::model::change::{Change, Subject};
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::model::patch::Operation;

/// Holds `old`, changed as `changes` say, against `new`; the first difference is said in a sentence. The changes come in
/// the order of a changelog.
pub fn replay(
    old: &mut dyn Version,
    new: &mut dyn Version,
    changes: impl Iterator<Item = Result<Change>>,
) -> Result<Option<String>> {
    let mut changes = changes.peekable();
    let declaration = match next(&mut changes, Subject::Dataset)? {
        Some(change) => match applied(&change, Some(old.declaration()?)) {
            Ok(declaration) => declaration,
            Err(fault) => return Ok(Some(fault)),
        },
        None => Some(old.declaration()?),
    };
    if declaration != Some(new.declaration()?) {
        return Ok(Some("dataset.json is not what the changes make of it".to_owned()));
    }
    for whole in [Subject::Count, Subject::Signer] {
        while next(&mut changes, whole)?.is_some() {}
    }
    for kind in RecordKind::ALL.into_iter().rev() {
        if let Some(fault) = records(kind, old, new, &mut changes)? {
            return Ok(Some(fault));
        }
    }
    let mut files = old.files()?;
    while let Some(change) = next(&mut changes, Subject::File)? {
        if let Err(fault) = file(&change, &mut files) {
            return Ok(Some(fault));
        }
    }
    let (wanted, left) = (new.files()?, changes.next().transpose()?);
    Ok(match left {
        Some(change) => Some(format!("{} {} stands out of its order", change.kind.word(), change.id)),
        None if files != wanted => Some("the codebook or a schema is not the one that the changes name".to_owned()),
        None => None,
    })
}

/// The next change, if it is of this kind.
fn next<I: Iterator<Item = Result<Change>>>(changes: &mut Peekable<I>, kind: Subject) -> Result<Option<Change>> {
    let is_next = changes.peek().is_some_and(|change| change.as_ref().is_ok_and(|change| change.kind == kind));
    if !is_next && !matches!(changes.peek(), Some(Err(_))) {
        return Ok(None);
    }
    changes.next().transpose()
}

/// All records of one kind, in one pass over both versions.
fn records<I: Iterator<Item = Result<Change>>>(
    kind: RecordKind,
    old: &mut dyn Version,
    new: &mut dyn Version,
    changes: &mut Peekable<I>,
) -> Result<Option<String>> {
    let (mut old, mut new) = (old.records(kind)?.entries().peekable(), new.records(kind)?.entries());
    loop {
        let made = match step(kind, &mut old, changes)? {
            Ok(made) => made,
            Err(fault) => return Ok(Some(fault)),
        };
        match (made, new.next().transpose()?) {
            (None, None) => return Ok(None),
            (Some(line), Some(entry)) if line == entry.line => {}
            (Some(line), _) | (None, Some(Entry { line, .. })) => {
                let id = id_of(&line).unwrap_or_default();
                return Ok(Some(format!("{kind} {id} is not what the changes make of it")));
            }
        }
    }
}

/// The next record that the changes leave or make; `None` at the end.
fn step<'a, I: Iterator<Item = Result<Change>>>(
    kind: RecordKind,
    old: &mut Peekable<impl Iterator<Item = Result<Entry>> + 'a>,
    changes: &mut Peekable<I>,
) -> Result<Result<Option<Vec<u8>>, String>> {
    loop {
        let old_id = match old.peek() {
            Some(Ok(entry)) => id_of(&entry.line),
            Some(Err(_)) => return old.next().transpose().map(|_| Ok(None)),
            None => None,
        };
        let changed = match changes.peek() {
            Some(Ok(change)) if change.kind == kind.into() => Some(change.id.clone()),
            Some(Err(_)) => return changes.next().transpose().map(|_| Ok(None)),
            _ => None,
        };
        let Some(changed) = changed.filter(|changed| old_id.as_ref().is_none_or(|old| changed <= old)) else {
            return Ok(Ok(old.next().transpose()?.map(|entry| entry.line)));
        };
        let record = match old.next_if(|_| old_id.as_ref() == Some(&changed)).transpose()? {
            Some(entry) => {
                Some(serde_json::from_slice(&entry.line).map_err(|error| Error::Refused(error.to_string()))?)
            }
            None => None,
        };
        let Some(change) = changes.next().transpose()? else { return Ok(Ok(None)) };
        match applied(&change, record) {
            Ok(Some(record)) => return Ok(Ok(Some(canonical::value_to_vec(&record)))),
            Ok(None) => {}
            Err(fault) => return Ok(Err(fault)),
        }
    }
}

fn id_of(line: &[u8]) -> Option<String> {
    let record: Value = serde_json::from_slice(line).ok()?;
    Some(record.get("id")?.as_str()?.to_owned())
}

/// One record as a change makes it; `None`: there is none.
fn applied(change: &Change, record: Option<Value>) -> Result<Option<Value>, String> {
    let place = match change.kind.record_kind() {
        Some(kind) => format!("/{kind}s/{}", change.id),
        None => "/dataset".to_owned(),
    };
    change.patch.iter().try_fold(record, |record, operation| {
        apply(operation, &place, record).ok_or_else(|| {
            format!("{} {}: its patch does not fit what it is said to change", change.kind.word(), change.id)
        })
    })
}

/// One operation of a JSON patch (RFC 6902) on a record at `place`: on the whole of it, or on one of its members.
fn apply(operation: &Operation, place: &str, record: Option<Value>) -> Option<Option<Value>> {
    let rest = operation.path().strip_prefix(place)?;
    if rest.is_empty() {
        return match (operation, record) {
            (Operation::Add { value, .. }, None) | (Operation::Replace { value, .. }, Some(_)) => {
                Some(Some(value.clone()))
            }
            (Operation::Test { value, .. }, Some(record)) if *value == record => Some(Some(record)),
            (Operation::Remove { .. }, Some(_)) => Some(None),
            _ => None,
        };
    }
    let Some(Value::Object(mut members)) = record else { return None };
    member(operation, &unescape(rest.strip_prefix('/')?), &mut members)?;
    Some(Some(Value::Object(members)))
}

fn member(operation: &Operation, name: &str, members: &mut Map<String, Value>) -> Option<()> {
    let is_there = members.contains_key(name);
    match operation {
        Operation::Add { value, .. } if !is_there => _ = members.insert(name.to_owned(), value.clone()),
        Operation::Replace { value, .. } if is_there => _ = members.insert(name.to_owned(), value.clone()),
        Operation::Remove { .. } if is_there => _ = members.remove(name),
        Operation::Test { value, .. } if members.get(name) == Some(value) => {}
        _ => return None,
    }
    Some(())
}

fn file(change: &Change, files: &mut BTreeMap<String, Digest>) -> Result<(), String> {
    for operation in &change.patch {
        let fits = match operation {
            Operation::Test { value, .. } => files.get(&change.id).is_some_and(|digest| digest.to_string() == *value),
            Operation::Remove { .. } => files.remove(&change.id).is_some(),
            Operation::Add { value, .. } | Operation::Replace { value, .. } => {
                let digest = value.as_str().and_then(|digest| digest.parse().ok());
                digest.map(|digest| files.insert(change.id.clone(), digest)).is_some()
            }
        };
        if !fits {
            return Err(format!("file {}: its patch does not fit what it is said to change", change.id));
        }
    }
    Ok(())
}
