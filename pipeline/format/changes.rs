//! The changes between two versions, line by line (SPEC.md, 10.3): a header, one line a change, one line for
//! each event that changed, and a trailer. Every line is its canonical form (RFC 8785).

use std::io::{BufRead, Read};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::canonical;
use crate::model::change::{Change, ChangesHeader, ChangesTrailer, CountChange, Subject};
use crate::model::change_class::ChangeClass;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::patch::Operation;
use crate::model::status::Status;
use crate::model::toll::EventSummary;

/// Longest line, in bytes without its LF: it may hold two records.
pub const MAX_CHANGE_BYTES: usize = 8 << 20;

/// How many hex digits of a change's digest name it.
pub const FINGERPRINT_DIGITS: usize = 12;

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

/// [`to_line`] of what writes its members in their order, a change or what the changes of one event come to: there are many.
pub fn ordered_line(line: &impl Serialize) -> Vec<u8> {
    canonical::plain_to_vec(line).unwrap_or_else(|| to_line(line))
}

/// What makes a change what it is, in the order of its canonical form.
#[derive(Serialize)]
struct Core<'a> {
    classes: &'a [ChangeClass],
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<CountChange>,
    id: &'a str,
    kind: Subject,
    patch: &'a [Operation],
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<CoreStatus>,
}

/// A status that differs.
#[derive(Serialize)]
struct CoreStatus {
    new: Status,
    old: Status,
}

/// The digest of what changed: of the canonical form of the members `classes`, `count`, `id`, `kind`, `patch` and, where
/// the status differs, its `old` and `new`. What only helps a reader to place the change is left out, so that an
/// approval of it lasts.
pub fn digest(change: &Change) -> Digest {
    let Change { classes, count, id, kind, patch, status, .. } = change;
    let status = status.and_then(|status| Some(CoreStatus { new: status.new?, old: status.old? }));
    let status = status.filter(|status| status.new != status.old);
    let core = Core { classes, count: *count, id, kind: *kind, patch, status };
    Digest::of(&ordered_line(&core))
}

/// The first digits of [`digest`], which name the change.
pub fn fingerprint(change: &Change) -> String {
    let mut digits = digest(change).to_string();
    digits.truncate(FINGERPRINT_DIGITS);
    digits
}

/// Gives a change its fingerprint; the line of it.
pub fn seal(change: &mut Change) -> Vec<u8> {
    change.fingerprint = fingerprint(change);
    ordered_line(change)
}

impl ChangesLine {
    /// Parses one line, which must be its own canonical form; a change must have its fingerprint.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(line).map_err(|error| format!("not JSON ({error})"))?;
        let parsed = Self::of(&value).map_err(|error| error.to_string())?;
        if parsed.to_line() != line {
            return Err("it is not its own canonical form".to_owned());
        }
        if let ChangesLine::Change(change) = &parsed {
            let fingerprint = fingerprint(change);
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

    fn to_line(&self) -> Vec<u8> {
        match self {
            ChangesLine::Header(header) => to_line(header),
            ChangesLine::Change(change) => ordered_line(change),
            ChangesLine::Event(event) => ordered_line(event),
            ChangesLine::Trailer(trailer) => to_line(trailer),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A change with every member there is, of a claim that gained one.
    fn change(member: &Value) -> Change {
        let line = json!({
            "anchored": { "lost": ["a"], "moved": ["b"], "not_checked": ["c"], "not_listed": 1, "unchanged": ["d"] },
            "because": ["a"],
            "claim": {
                "by": ["us", { "agent": "us", "basis": "implied" }], "event": "e", "kind": "deaths", "sources": ["s"],
                "stance": "asserts", "when": "2022-01-05",
                "value": { "hi": 3, "lo": 1, "qual": "range", "said": "1 to 3", "unit": "person" },
            },
            "classes": ["C10", "C11"],
            "count": { "new": 2, "old": 1 },
            "fingerprint": "",
            "id": "c",
            "kind": "claim",
            "maybe": ["b"],
            "patch": [
                { "op": "test", "path": "/claims/c/ext", "value": 1 },
                { "op": "replace", "path": "/claims/c/ext", "value": member },
            ],
            "range": { "hi": 2, "is": "shifted", "lo": 1 },
            "status": { "by": 1, "new": "disputed", "old": "asserted" },
        });
        serde_json::from_value(line).expect("a change")
    }

    #[test]
    fn the_line_of_a_change_is_its_canonical_form() {
        let members = [
            json!({ "b": [1, -1, null], "a": "é\u{1f600}\u{7f}\"" }),
            json!({ "\u{1f600}": 2, "\u{e000}": 1 }),
            json!([1.5, 1e300, u64::MAX, i64::MIN, 9_007_199_254_740_993_u64]),
        ];
        for member in &members {
            let mut change = change(member);
            let line = seal(&mut change);
            assert_eq!(String::from_utf8_lossy(&line), String::from_utf8_lossy(&to_line(&change)));
            assert!(matches!(ChangesLine::parse(&line), Ok(ChangesLine::Change(_))));
        }
    }

    #[test]
    fn what_is_hashed_of_a_change_is_the_canonical_form_of_some_members() {
        let mut change = change(&json!("more"));
        let mut value = json!(change);
        let core = |value: &Value| Digest::of(&canonical::value_to_vec(value));
        let members = value.as_object_mut().expect("an object");
        members.retain(|name, _| ["classes", "count", "id", "kind", "patch", "status"].contains(&name.as_str()));
        members["status"].as_object_mut().expect("an object").remove("by");
        assert_eq!(digest(&change), core(&value));
        // A status that is the same is none; nothing that changed is an empty list.
        change.status = change.status.map(|status| crate::model::change::StatusChange { old: status.new, ..status });
        (change.count, change.patch) = (None, Vec::new());
        assert_eq!(
            digest(&change),
            core(&json!({ "classes": ["C10", "C11"], "id": "c", "kind": "claim", "patch": [] }))
        );
    }
}
