//! Two streams in the order of ids, step by step.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Lines, id_of};
use crate::error::{Error, Result};

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

/// Both streams.
pub(super) struct Merge<'a> {
    old: Side<'a>,
    new: Side<'a>,
}

/// What the next id has.
pub(super) enum Step {
    /// The same line in both.
    Same,
    /// A record in the old version only.
    Old(Value),
    /// A record in the new version only.
    New(Value),
    /// Two different records.
    Both(Value, Value),
}

impl<'a> Merge<'a> {
    /// Both streams at their beginning.
    pub(super) fn new(old: Lines<'a>, new: Lines<'a>) -> Result<Self> {
        Ok(Self { old: Side::new(old)?, new: Side::new(new)? })
    }

    /// The next id; `None` at the end of both.
    pub(super) fn step(&mut self) -> Result<Option<Step>> {
        if self.old.head.is_some() && self.old.head == self.new.head {
            self.old.advance()?;
            self.new.advance()?;
            return Ok(Some(Step::Same));
        }
        let (old, new) = (self.old.parse()?, self.new.parse()?);
        let order = match (&old, &new) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
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
            (Ordering::Less, Some(old), _) => Some(Step::Old(old)),
            (Ordering::Greater, _, Some(new)) => Some(Step::New(new)),
            (_, Some(old), Some(new)) => Some(Step::Both(old, new)),
            _ => None,
        })
    }
}
