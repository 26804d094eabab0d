//! The sources of a dataset, where a verb adds to them.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::io::{self, Lock};
use crate::model::id::Id;
use crate::model::kind::RecordKind;

/// Largest records file that is rewritten, in bytes.
const MAX_RECORDS_BYTES: u64 = 1 << 30;

/// `sources.jsonl` in memory, for whoever holds the dataset's lock.
pub struct SourcesFile {
    path: PathBuf,
    records: Vec<u8>,
}

impl SourcesFile {
    /// Reads the file.
    pub fn open(_lock: &Lock, dataset: &Path) -> Result<Self> {
        let path = dataset.join(RecordKind::Source.file());
        let mut records = io::read(&path, MAX_RECORDS_BYTES)?;
        if !records.is_empty() && !records.ends_with(b"\n") {
            records.push(b'\n');
        }
        Ok(Self { path, records })
    }

    /// Where it stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of the line with this id, with its LF, and the record.
    pub fn find(&self, id: &Id) -> Option<(Range<usize>, Value)> {
        find(&self.records, id)
    }

    /// Puts a record at the end, and gives its line.
    pub fn add(&mut self, record: &impl Serialize) -> Result<String> {
        let end = self.records.len();
        self.put(end..end, record)
    }

    /// Puts a record in the place of a line that was found, and gives its line.
    pub fn put(&mut self, range: Range<usize>, record: &impl Serialize) -> Result<String> {
        let line = line(record)?;
        self.records.splice(range, line.bytes());
        Ok(line)
    }

    /// Brings the file to disk.
    pub fn write(&self) -> Result<()> {
        io::replace(&self.path, &self.records)
    }
}

/// A record as a line of its file.
pub fn line(record: &impl Serialize) -> Result<String> {
    let json = serde_json::to_string(record).map_err(|error| Error::Usage(error.to_string()))?;
    Ok(format!("{json}\n"))
}

/// Says that the dataset does not have an agent yet, if so, and what its record could be.
pub fn say_if_missing(dataset: &Path, agent: &Id, record: &Value, terminal: &mut Terminal) -> Result<()> {
    let records = io::read(&dataset.join(RecordKind::Agent.file()), MAX_RECORDS_BYTES)?;
    if find(&records, agent).is_none() {
        terminal.say(&format!("agents.jsonl has no {agent} yet; add a line such as {record}\n"));
    }
    Ok(())
}

fn find(records: &[u8], id: &Id) -> Option<(Range<usize>, Value)> {
    let mut at = 0;
    for line in records.split_inclusive(|&b| b == b'\n') {
        let range = at..at + line.len();
        at = range.end;
        let record: Option<Value> = serde_json::from_slice(line).ok();
        if let Some(record) = record.filter(|record| record.get("id").and_then(Value::as_str) == Some(id.as_str())) {
            return Some((range, record));
        }
    }
    None
}
