//! Every line of the record files of one kind: judged on all cores, taken in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::batch::{Batch, Batches, in_order};
use super::folder::{Entry, Folder, Progress, record_files};
use super::record::{Problem, RawRecord};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Findings, Severity};
use crate::format::merkle;
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;

/// Whether records may be spelled freely, as a curator writes them, or only as a release holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Any spelling, any order, several claims files.
    Free,
    /// Canonical lines, sorted by id.
    Released,
}

/// The record files of a folder.
pub(super) struct Lines<'a> {
    pub(super) folder: &'a dyn Folder,
    pub(super) entries: &'a [Entry],
    pub(super) spelling: Spelling,
    pub(super) progress: &'a dyn Progress,
}

/// What one line gave.
pub(super) struct Line<T> {
    /// What its record came to.
    pub(super) value: Option<T>,
    /// The id of a record that could not be read.
    pub(super) unreadable: Option<String>,
    /// All problems of the line.
    pub(super) findings: Vec<Finding>,
}

impl<T> Line<T> {
    /// Whether nothing in it is an error.
    pub(super) fn is_clean(&self) -> bool {
        self.findings.iter().all(|finding| finding.code.severity() == Severity::Warning)
    }

    /// The same with another value.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Line<U> {
        Line { value: self.value.map(change), unreadable: self.unreadable, findings: self.findings }
    }
}

/// Some lines of the file of this number.
struct FileBatch {
    file: u16,
    batch: Batch,
}

impl Lines<'_> {
    /// Runs `work` over each line of the files of a kind, and `sink` over the results in order, each with the file's
    /// number; of a released line `work` is given the leaf hash too. Gives the names of the files.
    pub(super) fn each<T: Send>(
        &self,
        kind: RecordKind,
        work: impl Fn(&RawRecord, u16, Option<Digest>) -> Result<Line<T>> + Sync,
        mut sink: impl FnMut(&RawRecord, u16, Line<T>, &mut Findings) -> Result<()> + Send,
        findings: &mut Findings,
    ) -> Result<Vec<Arc<str>>> {
        let files = record_files(self.entries, kind);
        if files.is_empty() {
            let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(Error::io(self.folder.display(kind.file()))(missing));
        }
        let size = |path: &String| {
            let entry = self.entries.iter().find(|entry| entry.path == *path);
            entry.map_or(0, |entry| entry.kind.bytes())
        };
        self.progress.begin(&format!("{kind}s"), files.iter().map(size).sum());
        let names: Vec<Arc<str>> = files.iter().map(|path| self.folder.display(path).into()).collect();
        let batches = files.iter().enumerate().flat_map(|(file, path)| self.batches(file, path));
        in_order(
            batches,
            |FileBatch { file, batch }| {
                let leaves = self.leaves(&batch).into_iter().map(Some).chain(std::iter::repeat(None));
                // How many there will be is not known to a collection of results: it would move them as it grows.
                let mut lines = Vec::with_capacity(batch.lines().count());
                let judged = batch.lines().zip(leaves).try_for_each(|((number, bytes), leaf)| {
                    lines.push(work(&raw(kind, &names, file, number, bytes), file, leaf)?);
                    Ok(())
                });
                (file, batch, judged.map(|()| lines))
            },
            |(file, batch, lines)| {
                for ((number, bytes), line) in batch.lines().zip(lines?) {
                    sink(&raw(kind, &names, file, number, bytes), file, line, findings)?;
                }
                if self.spelling == Spelling::Released && !batch.is_terminated() {
                    let message = "the last line does not end in LF";
                    findings.push(Finding::of_file(
                        Code::RecordNotCanonical,
                        Arc::clone(&names[usize::from(file)]),
                        message,
                    ));
                }
                self.progress.advance(batch.bytes.len() as u64);
                Ok(())
            },
        )?;
        Ok(names)
    }

    /// How a person calls the file of this number among those of a kind.
    pub(super) fn name(&self, kind: RecordKind, file: u16) -> String {
        let files = record_files(self.entries, kind);
        files.get(usize::from(file)).map_or_else(String::new, |path| self.folder.display(path))
    }

    /// The leaf hashes of released lines, which are their own canonical forms or faulty.
    fn leaves(&self, batch: &Batch) -> Vec<Digest> {
        match self.spelling {
            Spelling::Free => Vec::new(),
            Spelling::Released => merkle::leaf_hashes(&batch.lines().map(|(_, line)| line).collect::<Vec<_>>()),
        }
    }

    /// Gives their columns to findings that were made when their lines were gone: the lines are read again, so that
    /// nothing is kept of those of which there is nothing to say.
    pub(super) fn placed(&self, mut findings: Findings) -> Result<Findings> {
        let mut wanted: BTreeMap<Arc<str>, Vec<Wanted>> = BTreeMap::new();
        for (number, finding) in findings.kept().iter().enumerate() {
            let place = &finding.place;
            let line = place.line.unwrap_or_default();
            wanted.entry(Arc::clone(&place.file)).or_default().push(Wanted { line, number });
        }
        for path in RecordKind::ALL.into_iter().flat_map(|kind| record_files(self.entries, kind)) {
            let name = self.folder.display(&path);
            let Some(mut wanted) = wanted.remove(name.as_str()) else { continue };
            wanted.sort_unstable();
            let last = wanted.last().map_or(0, |wanted| wanted.line);
            let batches = Batches::new(self.folder.open(&path)?).map(|batch| batch.map_err(Error::io(&name)));
            let batches = batches.take_while(|batch| batch.as_ref().map_or(true, |batch| batch.first_line <= last));
            let mut columns = Vec::with_capacity(wanted.len());
            in_order(
                batches,
                |batch| columns_in(&batch, &wanted, &name, findings.kept()),
                |found| {
                    columns.extend(found);
                    Ok(())
                },
            )?;
            for (number, column) in columns {
                findings.kept_mut()[number].place.column = Some(column);
            }
        }
        Ok(findings)
    }

    fn batches(&self, file: usize, path: &str) -> Box<dyn Iterator<Item = Result<FileBatch>> + Send> {
        let name = self.folder.display(path);
        let Ok(file) = u16::try_from(file) else {
            return Box::new(std::iter::once(Err(Error::Usage(format!("{name}: more than 65,536 claims files")))));
        };
        match self.folder.open(path) {
            Ok(reader) => Box::new(Batches::new(reader).map(move |batch| match batch {
                Ok(batch) => Ok(FileBatch { file, batch }),
                Err(error) => Err(Error::io(name.clone())(error)),
            })),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }
}

fn raw<'a>(kind: RecordKind, names: &'a [Arc<str>], file: u16, line: u64, bytes: &'a [u8]) -> RawRecord<'a> {
    RawRecord { kind: Some(kind), file: &names[usize::from(file)], line, bytes }
}

/// A finding by its number, and the line that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    line: u64,
    number: usize,
}

/// The columns of the findings in the lines of a batch, by their numbers. `wanted` is sorted.
fn columns_in(batch: &Batch, wanted: &[Wanted], file: &str, findings: &[Box<Finding>]) -> Vec<(usize, u64)> {
    let mut wanted = wanted[wanted.partition_point(|wanted| wanted.line < batch.first_line)..].iter().peekable();
    let mut columns = Vec::new();
    for (line, bytes) in batch.lines() {
        while let Some(Wanted { number, .. }) = wanted.next_if(|wanted| wanted.line == line) {
            let Finding { kind, pointer, .. } = &*findings[*number];
            let raw = RawRecord { kind: *kind, file, line, bytes };
            columns.push((*number, raw.column(pointer.as_deref().unwrap_or_default())));
        }
    }
    columns
}

/// Whether the records of a file stand in the order of their ids, as a release holds them.
pub(super) struct Order {
    spelling: Spelling,
    before: Option<String>,
}

impl Order {
    pub(super) fn new(spelling: Spelling) -> Self {
        Self { spelling, before: None }
    }

    /// The problem of a record that does not stand behind the one before it.
    pub(super) fn finding(&mut self, raw: &RawRecord, id: Option<&str>) -> Option<Finding> {
        if self.spelling == Spelling::Free {
            return None;
        }
        let is_late = self.before.as_deref().zip(id).filter(|(before, id)| id <= before);
        let finding = is_late.map(|(before, id)| {
            let problem = Problem::new(Code::RecordOrder, "/id", format!("{id} stands behind {before}"));
            raw.finding(Some(id), problem)
        });
        match (&mut self.before, id) {
            (Some(before), Some(id)) => id.clone_into(before),
            (before, id) => *before = id.map(str::to_owned),
        }
        finding
    }
}
