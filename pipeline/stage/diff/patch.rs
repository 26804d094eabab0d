//! A change as a JSON patch (RFC 6902) on the whole dataset as one document.
//!
//! The document has the members `agents`, `claims`, `events` and `sources` (records by id), `dataset` (the declaration),
//! `files` (digests by path) and `signer`. Each operation that removes or replaces a value tests it first.

use serde_json::{Map, Value};

use crate::format::pointer::escape;
use crate::model::kind::RecordKind;
use crate::model::patch::Operation;

/// Where a record stands in the document.
pub(super) fn record_path(kind: RecordKind, id: &str) -> String {
    format!("/{kind}s/{}", escape(id))
}

/// From one value to another at one place; absent means that there is none.
pub(super) fn value(path: &str, old: Option<&Value>, new: Option<&Value>) -> Vec<Operation> {
    let path = || path.to_owned();
    let test = old.map(|old| Operation::Test { path: path(), value: old.clone() });
    let then = match (old, new) {
        (None, Some(new)) => Some(Operation::Add { path: path(), value: new.clone() }),
        (Some(_), Some(new)) => Some(Operation::Replace { path: path(), value: new.clone() }),
        (Some(_), None) => Some(Operation::Remove { path: path() }),
        (None, None) => None,
    };
    test.into_iter().chain(then).collect()
}

/// From one object to another, member by member.
pub(super) fn members(path: &str, old: &Value, new: &Value) -> Vec<Operation> {
    let empty = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let mut names: Vec<&String> = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
    names.sort();
    let differing = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    differing.flat_map(|name| value(&format!("{path}/{}", escape(name)), old.get(name), new.get(name))).collect()
}
