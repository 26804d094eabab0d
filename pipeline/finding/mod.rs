//! "The data has a problem": what, where, and what to do next.

mod code;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

pub use code::{Code, Group, Severity, UnknownCode};

use crate::model::change::Change;
use crate::model::kind::RecordKind;

/// One problem of the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of problem.
    pub code: Code,
    /// This case of it.
    pub message: String,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// The record's kind, where one is concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<RecordKind>,
    /// The record's id, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// JSON pointer (RFC 6901) within the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Finding {
    /// A problem of a whole file.
    pub fn of_file(code: Code, file: impl Into<Arc<str>>, message: impl Into<String>) -> Self {
        let place = Place { file: file.into(), line: None, column: None };
        Self { code, message: message.into(), place, kind: None, id: None, pointer: None, help: None }
    }

    /// A problem of a change; `file` is what it points to.
    pub fn of_change(code: Code, file: impl Into<Arc<str>>, change: &Change, message: impl Into<String>) -> Self {
        let id = Some(change.id.clone());
        Self { kind: change.kind.record_kind(), id, ..Self::of_file(code, file, message) }
    }

    /// The same with a next step.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, as it was named to the tool or found by it.
    pub file: Arc<str>,
    /// Counting from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Counting characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        Ok(())
    }
}

/// Findings in the order they were made: exact totals, and the first of them in full.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    #[expect(clippy::vec_box, reason = "they are many, and put in order: what moves is small")]
    kept: Vec<Box<Finding>>,
    totals: BTreeMap<Code, u64>,
    /// The names of the files, each once.
    files: BTreeSet<Arc<str>>,
}

impl Findings {
    /// How many findings are kept in full; past that only the totals grow, so that memory stays bounded.
    pub const KEPT: usize = 100_000;

    /// Takes one finding.
    pub fn push(&mut self, mut finding: Finding) {
        *self.totals.entry(finding.code).or_default() += 1;
        if self.kept.len() < Self::KEPT {
            finding.place.file = self.file(&finding.place.file);
            finding.message.shrink_to_fit();
            self.kept.push(Box::new(finding));
        }
    }

    /// The name of a file as the other findings have it.
    fn file(&mut self, file: &Arc<str>) -> Arc<str> {
        if let Some(known) = self.files.get(file) {
            return Arc::clone(known);
        }
        self.files.insert(Arc::clone(file));
        Arc::clone(file)
    }

    /// Takes all findings of another part of the work.
    pub fn append(&mut self, other: Findings) {
        for (code, total) in other.totals {
            *self.totals.entry(code).or_default() += total;
        }
        let room = Self::KEPT.saturating_sub(self.kept.len());
        self.kept.extend(other.kept.into_iter().take(room));
    }

    /// The findings kept in full.
    pub fn kept(&self) -> &[Box<Finding>] {
        &self.kept
    }

    /// The same, to be completed.
    pub fn kept_mut(&mut self) -> &mut [Box<Finding>] {
        &mut self.kept
    }

    /// Exact number of findings of each code.
    pub fn totals(&self) -> &BTreeMap<Code, u64> {
        &self.totals
    }

    /// Exact number of findings of one severity.
    pub fn count(&self, severity: Severity) -> u64 {
        self.totals.iter().filter(|(code, _)| code.severity() == severity).map(|(_, total)| total).sum()
    }

    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.totals.keys().any(|code| code.severity() == Severity::Error)
    }

    /// Puts the findings of each file into the order of its lines; files keep the order in which they came up.
    pub fn sort(&mut self) {
        let mut rank: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for finding in &self.kept {
            let next = rank.len();
            rank.entry(Arc::clone(&finding.place.file)).or_insert(next);
        }
        self.kept.sort_by(|a, b| {
            let key = |f: &Finding| (rank.get(&f.place.file).copied(), f.place.line, f.place.column);
            key(a).cmp(&key(b))
        });
    }
}

impl Extend<Finding> for Findings {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        for finding in findings {
            self.push(finding);
        }
    }
}

impl FromIterator<Finding> for Findings {
    fn from_iter<I: IntoIterator<Item = Finding>>(findings: I) -> Self {
        let mut collected = Self::default();
        collected.extend(findings);
        collected
    }
}

/// A result together with what was found on the way to it.
#[derive(Clone, Debug)]
pub struct Outcome<T> {
    /// What the work gave.
    pub value: T,
    /// What it found.
    pub findings: Findings,
}
