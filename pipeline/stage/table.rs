//! What is remembered of all records of one kind, found by id.

use std::sync::Arc;

use super::gist::Gist;
use super::names::Names;
use super::record::{Problem, RawRecord};
use super::validate::Record;
use crate::finding::{Code, Finding, Place};
use crate::model::id::Id;

/// The records of one file.
#[derive(Debug)]
pub struct Table<G> {
    /// The name of their file.
    file: Arc<str>,
    ids: Names,
    /// By the number of the id; `None` for a record that could not be read.
    entries: Vec<Option<Entry<G>>>,
}

/// One record and where it came from.
#[derive(Debug)]
struct Entry<G> {
    gist: G,
    line: u32,
}

impl<G> Default for Table<G> {
    fn default() -> Self {
        Self { file: Arc::default(), ids: Names::indexed(), entries: Vec::new() }
    }
}

impl<G: Gist> Table<G> {
    /// Takes what one line gave, its id alone if the record could not be read; an id that is there already is a finding.
    pub fn insert(&mut self, raw: &RawRecord, gist: Option<G>, unreadable: Option<&str>) -> Option<Finding> {
        let id = gist.as_ref().map(|gist| gist.id().as_str()).or(unreadable)?;
        if let Err(first) = self.ids.insert(id) {
            let first = self.entries[first as usize].as_ref();
            let where_ = first.map_or_else(String::new, |entry| format!(" in {}:{}", self.file, entry.line));
            let problem = Problem::new(Code::IdReused, "/id", format!("{id} stands already{where_}"));
            return Some(raw.finding(Some(id), problem));
        }
        if self.file.is_empty() {
            self.file = raw.file.into();
        }
        let line = u32::try_from(raw.line).unwrap_or(u32::MAX);
        self.entries.push(gist.map(|gist| Entry { gist, line }));
        None
    }

    /// Whether a record has this id, even one that could not be read.
    pub fn knows(&self, id: &Id) -> bool {
        self.number(id).is_some()
    }

    /// Position of the record, fixed for this run; `None` for one that could not be read.
    pub fn position(&self, id: &Id) -> Option<usize> {
        let position = self.number(id)? as usize;
        self.at(position).map(|_| position)
    }

    /// The same, also for a record that could not be read.
    pub(super) fn number(&self, id: &Id) -> Option<u32> {
        self.ids.find(id.as_str())
    }

    /// The record with this id.
    pub fn get(&self, id: &Id) -> Option<&G> {
        self.at(self.number(id)? as usize)
    }

    /// The record at a position that `position` gave.
    pub fn at(&self, position: usize) -> Option<&G> {
        self.entries.get(position)?.as_ref().map(|entry| &entry.gist)
    }

    /// All positions are smaller.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All records that could be read, in the order of their file.
    pub fn gists(&self) -> impl Iterator<Item = &G> {
        self.entries.iter().flatten().map(|entry| &entry.gist)
    }

    /// All records that could be read and their positions, in the order of their ids.
    pub fn by_id(&self) -> impl Iterator<Item = (usize, &G)> {
        let order = self.ids.by_id();
        let positions = (0..self.entries.len() as u32).map(move |place| order.at(place) as usize);
        positions.filter_map(|position| Some((position, self.at(position)?)))
    }

    /// The findings of a rule, in the order of the file, without columns.
    pub(super) fn findings(&self, rule: impl Fn(&G) -> Vec<Problem>) -> impl Iterator<Item = Finding> {
        let of = move |Entry { gist, line }: &Entry<G>| {
            let finding = |Problem { code, pointer, message, help }| Finding {
                code,
                message,
                place: Place { file: Arc::clone(&self.file), line: Some((*line).into()), column: None },
                kind: Some(G::Record::KIND),
                id: Some(gist.id().to_string()),
                pointer: Some(pointer),
                help,
            };
            rule(gist).into_iter().map(finding).collect::<Vec<_>>()
        };
        self.entries.iter().flatten().flat_map(of)
    }
}
