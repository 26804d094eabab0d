//! What a canonical line says, read as far as it is asked for: equal members are the same bytes, and none of them need
//! become a value.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::unfit;
use crate::error::Result;
use crate::format::{canonical, jsonl};
use crate::model::claim::Claim;
use crate::model::kind::RecordKind;
use crate::stage::quick;

/// The line of a record, which was proved to be its canonical form.
pub(super) struct Spelled<'a> {
    line: &'a [u8],
    /// Of a claim, what it says.
    pub(super) claim: Option<Claim>,
}

impl<'a> Spelled<'a> {
    /// The line of a record of this kind.
    pub(super) fn of(kind: RecordKind, line: &'a [u8]) -> Result<Self> {
        let is_claim = kind == RecordKind::Claim;
        let quickly = || quick::read::<Claim>(line).filter(|read| read.is_canonical(line));
        if let Some(read) = is_claim.then(quickly).flatten() {
            return Ok(Self { line, claim: Some(read.value) });
        }
        let value = value(line)?;
        if !value.is_object() || !canonical::is_canonical(line, &value) {
            return Err(unfit("a record is not an object in canonical form"));
        }
        Ok(Self { line, claim: is_claim.then(|| Claim::deserialize(value).ok()).flatten() })
    }

    /// The record.
    pub(super) fn value(&self) -> Result<Value> {
        value(self.line)
    }

    /// The members of each of two records that the other has not, or not so.
    pub(super) fn differing(&self, other: &Self) -> Result<(Value, Value)> {
        let (mut here, mut there) = (members(self.line)?, members(other.line)?);
        here.retain(|name, member| {
            let is_same = there.get(name).is_some_and(|other| other.get() == member.get());
            if is_same {
                there.remove(name);
            }
            !is_same
        });
        Ok((object(here)?, object(there)?))
    }
}

fn object(members: Members) -> Result<Value> {
    let values = members.into_iter().map(|(name, spelled)| Ok((name, value(spelled.get().as_bytes())?)));
    values.collect::<Result<Map<_, _>>>().map(Value::Object)
}

/// The members of an object, each as it is spelled.
pub(super) type Members<'a> = BTreeMap<String, &'a RawValue>;

/// The members of the object that a line is.
pub(super) fn members(line: &[u8]) -> Result<Members<'_>> {
    read(line)
}

fn value(json: &[u8]) -> Result<Value> {
    read(json)
}

fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T> {
    jsonl::deserialize(json).map_err(|error| unfit(&format!("a record is not JSON ({error})")))
}
