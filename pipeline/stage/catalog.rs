//! What claims refer to: agents, events and sources, all of them in memory; and the rules between these records.

use std::sync::Arc;

use super::names::Names;
use super::record::{Problem, RawRecord};
use super::validate::{Record, ValidRecord};
use crate::finding::{Code, Finding, Place};
use crate::model::agent::Agent;
use crate::model::event::Event;
use crate::model::id::{CaptureId, Id};
use crate::model::source::{Capture, Source};

/// All records of one kind.
#[derive(Debug)]
pub struct Table<T> {
    entries: Vec<TableEntry<T>>,
    ids: Names,
    /// Position in `entries` of the record with the id of this number; `None` for one that could not be read.
    positions: Vec<Option<usize>>,
}

/// One record and where it came from.
#[derive(Debug)]
pub struct TableEntry<T> {
    valid: ValidRecord<T>,
    file: Arc<str>,
    line: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), ids: Names::indexed(), positions: Vec::new() }
    }
}

impl<T: Record> Table<T> {
    /// Takes what one line gave; an id that is there already is a finding.
    pub fn insert(&mut self, raw: &RawRecord, valid: Option<ValidRecord<T>>, id: Option<String>) -> Option<Finding> {
        let id = id?;
        if let Err(first) = self.ids.insert(&id) {
            let first = self.positions[first as usize].map(|position| &self.entries[position]);
            let where_ = first.map_or_else(String::new, |entry| format!(" in {}:{}", entry.file, entry.line));
            let problem = Problem::new(Code::IdReused, "/id", format!("{id} stands already{where_}"));
            return Some(raw.finding(Some(&id), problem));
        }
        let position = valid.map(|valid| {
            let before = self.entries.last().map(|entry| &entry.file).filter(|file| ***file == *raw.file);
            let file = before.map_or_else(|| Arc::from(raw.file), Arc::clone);
            self.entries.push(TableEntry { valid, file, line: raw.line });
            self.entries.len() - 1
        });
        self.positions.push(position);
        None
    }

    /// Whether a record has this id, even one that could not be read.
    pub fn knows(&self, id: &Id) -> bool {
        self.ids.find(id.as_str()).is_some()
    }

    /// Position of the record, fixed for this run.
    pub fn position(&self, id: &Id) -> Option<usize> {
        self.positions[self.ids.find(id.as_str())? as usize]
    }

    /// The record with this id.
    pub fn get(&self, id: &Id) -> Option<&T> {
        Some(self.entries[self.position(id)?].valid.record())
    }

    /// The record at a position that `position` gave.
    pub fn at(&self, position: usize) -> Option<&T> {
        self.entries.get(position).map(|entry| entry.valid.record())
    }

    /// How many records could be read: positions are smaller.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All records, in the order of their files.
    pub fn records(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| entry.valid.record())
    }

    /// All records with their canonical lines, sorted by id.
    pub fn sorted(&self) -> impl Iterator<Item = &ValidRecord<T>> {
        let mut valid: Vec<&ValidRecord<T>> = self.entries.iter().map(|entry| &entry.valid).collect();
        valid.sort_unstable_by_key(|valid| valid.record().id());
        valid.into_iter()
    }

    /// The findings of a rule, in the order of the files, without columns.
    pub(super) fn findings(&self, rule: impl Fn(&T) -> Vec<Problem>) -> Vec<Finding> {
        let of = |entry: &TableEntry<T>| {
            let finding = |Problem { code, pointer, message, help }| Finding {
                code,
                message,
                place: Place { file: entry.file.to_string(), line: Some(entry.line), column: None },
                kind: Some(T::KIND),
                id: Some(entry.valid.record().id().to_string()),
                pointer: Some(pointer),
                help,
            };
            rule(entry.valid.record()).into_iter().map(finding).collect::<Vec<_>>()
        };
        self.entries.iter().flat_map(of).collect()
    }
}

/// The records that claims refer to.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Whoever speaks or is spoken of.
    pub agents: Table<Agent>,
    /// What claims are about.
    pub events: Table<Event>,
    /// Published texts.
    pub sources: Table<Source>,
}

impl Catalog {
    /// The source and the capture that an anchor names.
    pub fn capture(&self, id: &CaptureId) -> Option<(&Source, &Capture)> {
        let source = self.sources.get(&id.source)?;
        Some((source, source.capture(id.n)?))
    }

    /// The problem of a pointer that should lead to an agent.
    pub fn agent_problem(&self, id: &Id, pointer: impl FnOnce() -> String) -> Option<Problem> {
        (!self.agents.knows(id)).then(|| Problem::new(Code::UnknownAgent, pointer(), format!("no agent {id}")))
    }

    /// Problems between agents, events and sources, without columns.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = self.events.findings(|event| self.event_problems(event));
        findings.extend(self.sources.findings(|source| self.source_problems(source)));
        findings
    }

    fn event_problems(&self, event: &Event) -> Vec<Problem> {
        let Some(wider) = &event.within else { return Vec::new() };
        if !self.events.knows(wider) {
            return vec![Problem::new(Code::UnknownEvent, "/within", format!("no event {wider}"))];
        }
        let next = |id: &Id| self.events.get(id).and_then(|event| event.within.clone()).into_iter().collect();
        let circle = leads_back(&event.id, next);
        circle
            .then(|| Problem::new(Code::EventCycle, "/within", format!("{wider} lies within {}", event.id)))
            .into_iter()
            .collect()
    }

    fn source_problems(&self, source: &Source) -> Vec<Problem> {
        let mut problems: Vec<Problem> = Vec::new();
        problems.extend(self.agent_problem(&source.publisher, || "/publisher".to_owned()));
        problems.extend(self.agent_problem(&source.rights.holder, || "/rights/holder".to_owned()));
        for (i, author) in source.authors.iter().enumerate() {
            problems.extend(self.agent_problem(author, || format!("/authors/{i}")));
        }
        for (i, origin) in source.from.iter().enumerate() {
            if !self.sources.knows(&origin.what) && !self.agents.knows(&origin.what) {
                let message = format!("no source and no agent {}", origin.what);
                problems.push(Problem::new(Code::UnknownOrigin, format!("/from/{i}/what"), message));
            }
        }
        if leads_back(&source.id, |id| self.origins(id)) {
            let message = format!("{} is derived from itself", source.id);
            problems.push(Problem::new(Code::DerivationCycle, "/from", message));
        }
        for (i, capture) in source.captures.iter().enumerate() {
            problems.extend(self.agent_problem(&capture.by, || format!("/captures/{i}/by")));
            for (j, part) in capture.parts.iter().enumerate() {
                let pointer = || format!("/captures/{i}/parts/{j}/author");
                problems.extend(part.author.as_ref().and_then(|author| self.agent_problem(author, pointer)));
            }
        }
        problems
    }

    fn origins(&self, id: &Id) -> Vec<Id> {
        let source = self.sources.get(id);
        source.into_iter().flat_map(|source| source.from.iter().map(|origin| origin.what.clone())).collect()
    }

    /// The source itself and everything it is derived from, near or far, sorted.
    pub fn lineage(&self, source: &Id) -> Vec<Id> {
        let mut lineage = vec![source.clone()];
        let mut next = 0;
        while let Some(id) = lineage.get(next).cloned() {
            for origin in self.origins(&id) {
                if !lineage.contains(&origin) {
                    lineage.push(origin);
                }
            }
            next += 1;
        }
        lineage.sort();
        lineage
    }
}

/// Whether following `next` from `start` comes back to `start`.
fn leads_back(start: &Id, next: impl Fn(&Id) -> Vec<Id>) -> bool {
    let mut seen: Vec<Id> = Vec::new();
    let mut ahead = next(start);
    while let Some(id) = ahead.pop() {
        if id == *start {
            return true;
        }
        if !seen.contains(&id) {
            ahead.extend(next(&id));
            seen.push(id);
        }
    }
    false
}
