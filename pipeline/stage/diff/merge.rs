//! Two streams in the order of ids, step by step.

use std::cmp::Ordering;

use serde::Deserialize;

use super::pair::Pair;
use super::{Entries, Entry, unfit};
use crate::error::Result;

/// An entry that waits for its turn.
struct Waiting {
    id: String,
    entry: Entry,
}

/// One version's stream, and the record taken from it that waits for its turn.
struct Side<'a> {
    entries: Entries<'a>,
    head: Option<Entry>,
    waiting: Option<Waiting>,
    last_id: String,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

fn id(line: &[u8]) -> Result<String> {
    let named = serde_json::from_slice::<Named>(line);
    named.map(|named| named.id).map_err(|error| unfit(&format!("a record is not JSON with an id ({error})")))
}

impl<'a> Side<'a> {
    fn new(mut entries: Entries<'a>) -> Result<Self> {
        let head = entries.next().transpose()?;
        Ok(Self { entries, head, waiting: None, last_id: String::new() })
    }

    /// No record that comes later may have this id, or one before it.
    fn pass(&mut self, line: &[u8]) -> Result<()> {
        self.last_id = id(line)?;
        Ok(())
    }

    fn advance(&mut self) -> Result<Option<Entry>> {
        let next = self.entries.next().transpose()?;
        Ok(std::mem::replace(&mut self.head, next))
    }

    /// Reads the head's id, unless a record waits already. A stream that is not in the order of ids cannot be merged.
    fn wait(&mut self) -> Result<Option<&str>> {
        if self.waiting.is_none()
            && let Some(entry) = self.advance()?
        {
            let id = id(&entry.line)?;
            if id <= self.last_id && !self.last_id.is_empty() {
                return Err(unfit("records are not in the order of their ids"));
            }
            self.last_id.clone_from(&id);
            self.waiting = Some(Waiting { id, entry });
        }
        Ok(self.waiting.as_ref().map(|waiting| waiting.id.as_str()))
    }
}

/// Both streams.
pub(super) struct Merge<'a> {
    old: Side<'a>,
    new: Side<'a>,
    /// The last record that was the same in both and of which nobody has read the id.
    passed: Option<Entry>,
}

/// What the next id has.
pub(super) enum Step {
    /// The same in both.
    Same(Entry),
    /// Something else in each, or nothing in one of them.
    Differs(Pair),
}

impl<'a> Merge<'a> {
    /// Both streams at their beginning.
    pub(super) fn new(old: Entries<'a>, new: Entries<'a>) -> Result<Self> {
        Ok(Self { old: Side::new(old)?, new: Side::new(new)?, passed: None })
    }

    /// The next id; `None` at the end of both.
    pub(super) fn step(&mut self) -> Result<Option<Step>> {
        let nobody_waits = self.old.waiting.is_none() && self.new.waiting.is_none();
        if nobody_waits
            && let (Some(old), Some(new)) = (&self.old.head, &self.new.head)
            && old.is_same(new)
        {
            self.passed = self.old.advance()?;
            return Ok(self.new.advance()?.map(Step::Same));
        }
        if let Some(passed) = self.passed.take() {
            self.old.pass(&passed.line)?;
            self.new.pass(&passed.line)?;
        }
        let order = match (self.old.wait()?, self.new.wait()?) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.cmp(new),
        };
        let old = if order.is_le() { self.old.waiting.take() } else { None };
        let new = if order.is_ge() { self.new.waiting.take() } else { None };
        let id = old.as_ref().or(new.as_ref()).map_or_else(String::new, |waiting| waiting.id.clone());
        let (old, new) = (old.map(|old| old.entry), new.map(|new| new.entry));
        Ok(Some(match (&old, &new) {
            (Some(before), Some(after)) if before.is_same(after) => Step::Same(after.clone()),
            _ => Step::Differs(Pair { id, old, new }),
        }))
    }
}
