//! What is remembered of all records of one kind, found by id.

use std::sync::Arc;

use rayon::slice::ParallelSliceMut;

use super::gist::Gist;
use super::index::Index;
use super::record::{Problem, RawRecord};
use super::validate::Record;
use crate::finding::{Code, Finding, Place};
use crate::model::id::Id;

/// The records of one file.
#[derive(Debug)]
pub struct Table<G> {
    /// The name of their file.
    file: Arc<str>,
    rows: Vec<Row<G>>,
    /// Over the rows, in which alone the ids stand: whoever finds one has the row at hand.
    index: Index,
}

/// One record and where it came from.
#[derive(Debug)]
struct Row<G> {
    /// Of a record that could not be read, the id.
    gist: Result<G, Box<str>>,
    line: u32,
}

impl<G: Gist> Row<G> {
    fn id(&self) -> &str {
        match &self.gist {
            Ok(gist) => gist.id().as_str(),
            Err(id) => id,
        }
    }
}

impl<G> Default for Table<G> {
    fn default() -> Self {
        Self { file: Arc::default(), rows: Vec::new(), index: Index::default() }
    }
}

impl<G: Gist> Table<G> {
    /// Takes what one line gave, its id alone if the record could not be read; an id that is there already is a finding.
    pub fn insert(&mut self, raw: &RawRecord, gist: Option<G>, unreadable: Option<&str>) -> Option<Finding> {
        let gist = match gist {
            Some(gist) => Ok(gist),
            None => Err(unreadable?.into()),
        };
        let row = Row { gist, line: u32::try_from(raw.line).unwrap_or(u32::MAX) };
        let Self { rows, index, .. } = self;
        if let Err(first) = index.insert(row.id(), rows.len() as u32, |position| rows[position as usize].id()) {
            let first = &rows[first as usize];
            let message = format!("{} stands already in {}:{}", row.id(), self.file, first.line);
            return Some(raw.finding(Some(row.id()), Problem::new(Code::IdReused, "/id", message)));
        }
        if self.file.is_empty() {
            self.file = raw.file.into();
        }
        self.rows.push(row);
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
        self.index.find(id.as_str(), |position| self.rows[position as usize].id())
    }

    /// The record with this id.
    pub fn get(&self, id: &Id) -> Option<&G> {
        self.at(self.number(id)? as usize)
    }

    /// The record at a position that `position` gave.
    pub fn at(&self, position: usize) -> Option<&G> {
        self.rows.get(position)?.gist.as_ref().ok()
    }

    /// All positions are smaller.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All records that could be read, in the order of their file.
    pub fn gists(&self) -> impl Iterator<Item = &G> {
        self.rows.iter().filter_map(|row| row.gist.as_ref().ok())
    }

    /// All records that could be read and their positions, in the order of their ids.
    pub fn by_id(&self) -> impl Iterator<Item = (usize, &G)> {
        let id = |&position: &usize| self.rows[position].id();
        let mut positions: Vec<usize> = (0..self.rows.len()).collect();
        if !positions.is_sorted_by_key(id) {
            positions.par_sort_unstable_by_key(id);
        }
        positions.into_iter().filter_map(|position| Some((position, self.at(position)?)))
    }

    /// The findings of a rule for the record at each position, in the order of the file, without columns.
    pub(super) fn findings(&self, rule: impl Fn(usize, &G) -> Vec<Problem>) -> impl Iterator<Item = Finding> {
        let of = move |(position, Row { gist, line }): (usize, &Row<G>)| {
            let Ok(gist) = gist else { return Vec::new() };
            let finding = |Problem { code, pointer, message, help }| Finding {
                code,
                message,
                place: Place { file: Arc::clone(&self.file), line: Some((*line).into()), column: None },
                kind: Some(G::Record::KIND),
                id: Some(gist.id().to_string()),
                pointer: Some(pointer),
                help,
            };
            rule(position, gist).into_iter().map(finding).collect::<Vec<_>>()
        };
        self.rows.iter().enumerate().flat_map(of)
    }
}
