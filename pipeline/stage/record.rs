//! A record on its way: the line as it stands in its file, and the problems found in it.

use crate::finding::{Code, Finding, Place};
use crate::format::jsonl;
use crate::model::id::Id;
use crate::model::kind::RecordKind;

/// How many problems of one record are given a column.
const LOCATED: usize = 100;

/// One line of a records file.
#[derive(Clone, Copy, Debug)]
pub struct RawRecord<'a> {
    /// What the file holds; `None` for `dataset.json`.
    pub kind: Option<RecordKind>,
    /// The file, as a person calls it.
    pub file: &'a str,
    /// Number of the line, counting from 1.
    pub line: u64,
    /// The line without its LF.
    pub bytes: &'a [u8],
}

/// A problem at a JSON pointer of a record.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What kind of problem.
    pub code: Code,
    /// JSON pointer (RFC 6901) to the value concerned.
    pub pointer: String,
    /// This case of it.
    pub message: String,
    /// The next step, where one can be named.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at `pointer`.
    pub fn new(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, pointer: pointer.into(), message: message.into(), help: None }
    }

    /// The problem of a pointer that should lead to an agent.
    pub fn unknown_agent(agent: &Id, pointer: impl Into<String>) -> Self {
        Self::new(Code::UnknownAgent, pointer, format!("no agent {agent}"))
    }

    /// The same with a next step.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl RawRecord<'_> {
    /// The column of what a JSON pointer leads to, counting characters from 1.
    pub fn column(&self, pointer: &str) -> u64 {
        let before = self.bytes.get(..jsonl::locate(self.bytes, pointer).start).unwrap_or(self.bytes);
        String::from_utf8_lossy(before).chars().count() as u64 + 1
    }

    /// The finding for a problem at a byte offset of the line.
    pub fn finding_at(&self, code: Code, offset: usize, message: String) -> Finding {
        let before = self.bytes.get(..offset).unwrap_or(self.bytes);
        // Lines of dataset.json: the "record" is the whole file.
        let line = self.line + memchr::memchr_iter(b'\n', before).count() as u64;
        let start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() as u64 + 1;
        let place = Place { file: self.file.into(), line: Some(line), column: Some(column) };
        Finding { code, message, place, kind: self.kind, id: None, pointer: None, help: None }
    }

    /// The findings for all problems of this record. Only the first have a column: looking one up reads the line again.
    pub fn findings<'a>(&'a self, id: Option<&'a str>, problems: Vec<Problem>) -> impl Iterator<Item = Finding> + 'a {
        problems.into_iter().enumerate().map(move |(number, problem)| {
            if number < LOCATED {
                return self.finding(id, problem);
            }
            let place = Place { file: self.file.into(), line: Some(self.line), column: None };
            let Problem { code, pointer, message, help } = problem;
            Finding { code, message, place, kind: self.kind, id: id.map(str::to_owned), pointer: Some(pointer), help }
        })
    }

    /// The finding for a problem of this record.
    pub fn finding(&self, id: Option<&str>, problem: Problem) -> Finding {
        let at = jsonl::locate(self.bytes, &problem.pointer).start;
        let finding = self.finding_at(problem.code, at, problem.message);
        Finding { id: id.map(str::to_owned), pointer: Some(problem.pointer), help: problem.help, ..finding }
    }
}
