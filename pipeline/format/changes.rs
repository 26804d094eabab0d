//! The changes between two versions, line by line (SPEC.md, 10.3): a header, one line a change, one line for
//! each event that changed, and a trailer. Every line is its canonical form (RFC 8785).

use std::io::{BufRead, Read};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::canonical;
use crate::model::change::{Change, ChangesHeader, ChangesTrailer, Subject};
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::toll::EventSummary;

/// Longest line, in bytes without its LF: it may hold two records.
pub const MAX_CHANGE_BYTES: usize = 8 << 20;

/// How many hex digits of a change's digest name it.
pub const FINGERPRINT_DIGITS: usize = 12;

/// The members that make a change what it is, but for its status.
const CORE: [&str; 5] = ["classes", "count", "id", "kind", "patch"];

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ChangesLine {
    /// What was compared.
    Header(ChangesHeader),
    /// One change.
    Change(Box<Change>),
    /// What the changes of one event come to.
    Event(EventSummary),
    /// What all changes come to.
    Trailer(ChangesTrailer),
}

/// Why bytes are no such file.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// A line is not what it ought to be.
    #[error("line {0}: {1}")]
    Line(u64, String),
    /// The bytes could not be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The line's bytes, without LF.
pub fn to_line(line: &impl Serialize) -> Vec<u8> {
    canonical::to_vec(line)
}

/// [`to_line`] of what the changes of one event come to: there are many of these.
pub fn event_line(event: &EventSummary) -> Vec<u8> {
    canonical::ordered_to_vec(event)
}

/// The digest of what changed: of the canonical form of the members `classes`, `count`, `id`, `kind`, `patch` and, where
/// the status differs, its `old` and `new`. What only helps a reader to place the change is left out, so that an
/// approval of it lasts.
pub fn digest(change: &Change) -> Digest {
    digest_of(change, &mut json!(change))
}

/// The same of a change and its value, which is left as it was.
fn digest_of(change: &Change, value: &mut Value) -> Digest {
    let mut core = Map::new();
    for name in CORE {
        core.extend(value.get_mut(name).map(|member| (name.to_owned(), member.take())));
    }
    // There is always a patch here, if only an empty one.
    core.entry("patch").or_insert_with(|| json!([]));
    let status = change.status.filter(|status| status.old.is_some() && status.new.is_some());
    if let Some(status) = status.filter(|status| status.old != status.new) {
        core.insert("status".to_owned(), json!({ "new": status.new, "old": status.old }));
    }
    let core = Value::Object(core);
    let digest = Digest::of(&canonical::value_to_vec(&core));
    if let Value::Object(mut core) = core {
        for name in CORE {
            if let (Some(member), Some(taken)) = (value.get_mut(name), core.remove(name)) {
                *member = taken;
            }
        }
    }
    digest
}

/// The first digits of [`digest`], which name the change.
pub fn fingerprint(change: &Change) -> String {
    first_digits(digest(change))
}

fn first_digits(digest: Digest) -> String {
    let mut digits = digest.to_string();
    digits.truncate(FINGERPRINT_DIGITS);
    digits
}

/// Gives a change its fingerprint; the line of it.
pub fn seal(change: &mut Change) -> Vec<u8> {
    let mut value = json!(change);
    change.fingerprint = first_digits(digest_of(change, &mut value));
    value["fingerprint"] = json!(change.fingerprint);
    canonical::value_to_vec(&value)
}

impl ChangesLine {
    /// Parses one line, which must be its own canonical form; a change must have its fingerprint.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let mut value: Value = serde_json::from_slice(line).map_err(|error| format!("not JSON ({error})"))?;
        let parsed = Self::of(&value).map_err(|error| error.to_string())?;
        if to_line(&parsed) != line {
            return Err("it is not its own canonical form".to_owned());
        }
        if let ChangesLine::Change(change) = &parsed {
            let fingerprint = first_digits(digest_of(change, &mut value));
            if change.fingerprint != fingerprint {
                return Err(format!("its fingerprint is {fingerprint}"));
            }
        }
        match &parsed {
            ChangesLine::Change(change) if !is_ascending(&change.classes) => {
                Err("its classes are not sorted, or there are none".to_owned())
            }
            ChangesLine::Header(header) if header.format != ChangesHeader::FORMAT => {
                Err(format!("format {:?}; this tool reads {:?}", header.format, ChangesHeader::FORMAT))
            }
            _ => Ok(parsed),
        }
    }

    fn of(value: &Value) -> serde_json::Result<Self> {
        let has = |member: &str| value.get(member).is_some();
        Ok(if has("format") {
            ChangesLine::Header(ChangesHeader::deserialize(value)?)
        } else if has("fingerprint") {
            ChangesLine::Change(Box::new(Change::deserialize(value)?))
        } else if has("tolls") {
            ChangesLine::Event(EventSummary::deserialize(value)?)
        } else {
            ChangesLine::Trailer(ChangesTrailer::deserialize(value)?)
        })
    }
}

fn is_ascending<T: Ord>(items: &[T]) -> bool {
    !items.is_empty() && items.is_sorted_by(|a, b| a < b)
}

/// Reads such a file: every line in its place, changes and events in their order.
pub struct ChangesReader<R> {
    reader: R,
    number: u64,
    last: Option<Last>,
}

/// What the next line must come behind.
enum Last {
    Header,
    Change(Subject, String),
    Event(Id),
    Trailer,
}

impl Last {
    fn of(line: &ChangesLine) -> Self {
        match line {
            ChangesLine::Header(_) => Last::Header,
            ChangesLine::Change(change) => Last::Change(change.kind, change.id.clone()),
            ChangesLine::Event(event) => Last::Event(event.event.clone()),
            ChangesLine::Trailer(_) => Last::Trailer,
        }
    }
}

impl<R: BufRead> ChangesReader<R> {
    /// A reader at the beginning of the file.
    pub fn new(reader: R) -> Self {
        Self { reader, number: 0, last: None }
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>, ChangesError> {
        let mut line = Vec::new();
        (&mut self.reader).take(MAX_CHANGE_BYTES as u64 + 1).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        match line.pop() {
            Some(b'\n') => Ok(Some(line)),
            _ => Err(self.fault("it does not end in LF, or is too long")),
        }
    }

    fn fault(&self, message: impl Into<String>) -> ChangesError {
        ChangesError::Line(self.number, message.into())
    }

    /// Whether `next` may follow the line before.
    fn follows(&self, next: &ChangesLine) -> bool {
        use ChangesLine::{Change, Event, Header, Trailer};
        match (&self.last, next) {
            (None, Header(_)) | (Some(Last::Header | Last::Change(..)), Event(_)) | (Some(Last::Header), Change(_)) => {
                true
            }
            (Some(Last::Change(kind, id)), Change(next)) => (*kind, id) < (next.kind, &next.id),
            (Some(Last::Event(event)), Event(next)) => *event < next.event,
            (Some(Last::Header | Last::Change(..) | Last::Event(_)), Trailer(_)) => true,
            _ => false,
        }
    }

    /// The lines together with their bytes, without LF.
    pub fn spelled(mut self) -> impl Iterator<Item = Result<(Vec<u8>, ChangesLine), ChangesError>> {
        std::iter::from_fn(move || self.step().transpose())
    }

    fn step(&mut self) -> Result<Option<(Vec<u8>, ChangesLine)>, ChangesError> {
        let Some(line) = self.line()? else {
            return match self.last {
                Some(Last::Trailer) => Ok(None),
                _ => Err(self.fault("the file ends before its trailer")),
            };
        };
        let parsed = ChangesLine::parse(&line).map_err(|message| self.fault(message))?;
        if !self.follows(&parsed) {
            return Err(self.fault("it stands out of its order"));
        }
        self.last = Some(Last::of(&parsed));
        Ok(Some((line, parsed)))
    }
}

impl<R: BufRead> Iterator for ChangesReader<R> {
    type Item = Result<ChangesLine, ChangesError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().map(|step| step.map(|(_, line)| line)).transpose()
    }
}
