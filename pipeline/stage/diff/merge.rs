//! Two streams in the order of ids, step by step.

use std::cmp::Ordering;

use serde_json::Value;

use super::Lines;
use crate::error::{Error, Result};

/// A line that differs from what the other version has, parsed.
pub(super) struct Parsed {
    /// The record's id.
    pub(super) id: String,
    /// The line.
    pub(super) line: Box<[u8]>,
    /// The record.
    pub(super) record: Value,
}

impl Parsed {
    fn new(line: Vec<u8>) -> Result<Self> {
        let record: Value =
            serde_json::from_slice(&line).map_err(|error| unfit(&format!("a record is not JSON ({error})")))?;
        let id = record.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { id, line: line.into(), record })
    }
}

fn unfit(why: &str) -> Error {
    Error::Refused(format!("{why}: run `affiant verify` on the release first"))
}

/// One version's stream, and the record taken from it that waits for its turn.
struct Side<'a> {
    lines: Lines<'a>,
    head: Option<Vec<u8>>,
    waiting: Option<Parsed>,
    last_id: String,
}

impl<'a> Side<'a> {
    fn new(mut lines: Lines<'a>) -> Result<Self> {
        let head = lines.next().transpose()?;
        Ok(Self { lines, head, waiting: None, last_id: String::new() })
    }

    fn advance(&mut self) -> Result<Option<Vec<u8>>> {
        let next = self.lines.next().transpose()?;
        Ok(std::mem::replace(&mut self.head, next))
    }

    /// Parses the head, unless a record waits already. A stream that is not in the order of ids cannot be merged.
    fn wait(&mut self) -> Result<Option<&str>> {
        if self.waiting.is_none()
            && let Some(line) = self.advance()?
        {
            let parsed = Parsed::new(line)?;
            if parsed.id <= self.last_id && !self.last_id.is_empty() {
                return Err(unfit("records are not in the order of their ids"));
            }
            self.last_id.clone_from(&parsed.id);
            self.waiting = Some(parsed);
        }
        Ok(self.waiting.as_ref().map(|parsed| parsed.id.as_str()))
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
    Old(Parsed),
    /// A record in the new version only.
    New(Parsed),
    /// Two different records.
    Both(Parsed, Parsed),
}

impl<'a> Merge<'a> {
    /// Both streams at their beginning.
    pub(super) fn new(old: Lines<'a>, new: Lines<'a>) -> Result<Self> {
        Ok(Self { old: Side::new(old)?, new: Side::new(new)? })
    }

    /// The next id; `None` at the end of both.
    pub(super) fn step(&mut self) -> Result<Option<Step>> {
        let nobody_waits = self.old.waiting.is_none() && self.new.waiting.is_none();
        if nobody_waits && self.old.head.is_some() && self.old.head == self.new.head {
            self.old.advance()?;
            self.new.advance()?;
            return Ok(Some(Step::Same));
        }
        let order = match (self.old.wait()?, self.new.wait()?) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.cmp(new),
        };
        let old = if order.is_le() { self.old.waiting.take() } else { None };
        let new = if order.is_ge() { self.new.waiting.take() } else { None };
        Ok(match (old, new) {
            (Some(old), Some(new)) if old.line == new.line => Some(Step::Same),
            (Some(old), Some(new)) => Some(Step::Both(old, new)),
            (Some(old), None) => Some(Step::Old(old)),
            (None, Some(new)) => Some(Step::New(new)),
            (None, None) => None,
        })
    }
}
