//! Stage 1: from a line to a valid record. Every problem of the record is reported, not the first.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use serde_path_to_error::Segment;

use super::figure::Countables;
use super::limits::Limits;
use super::quick;
use super::record::{Problem, RawRecord};
use super::rule;
use super::validator::{Validator, forbidden_keyword};
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::canonical;
use crate::format::jsonl::{self, Fault, FaultKind};
use crate::format::strict::Strict;
use crate::model::agent::Agent;
use crate::model::claim::Claim;
use crate::model::dataset::Dataset;
use crate::model::event::Event;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::source::Source;

/// Longest `dataset.json`, in bytes.
pub const MAX_DATASET_BYTES: u64 = jsonl::MAX_LINE_BYTES as u64;

/// A noun that stands in a records file. Its fields, and those of its parts, are declared in the order of the canonical
/// form, which is that of the code points of their names.
pub trait Record: DeserializeOwned + Serialize + Limits + Send + Sync {
    /// Which of the four.
    const KIND: RecordKind;

    /// Its id.
    fn id(&self) -> &Id;

    /// Problems that need no other record to be seen.
    fn problems(&self, dataset: &Dataset) -> Vec<Problem>;
}

macro_rules! record {
    ($($noun:ident $problems:path),*) => {
        $(impl Record for $noun {
            const KIND: RecordKind = RecordKind::$noun;

            fn id(&self) -> &Id {
                &self.id
            }

            fn problems(&self, dataset: &Dataset) -> Vec<Problem> {
                $problems(self, dataset)
            }
        })*
    };
}

record!(Agent rule::agent, Event rule::event, Source rule::source, Claim rule::claim);

/// A record that its schema accepts.
#[derive(Clone, Debug)]
pub struct ValidRecord<T> {
    /// Boxed, since it goes through many hands.
    record: Box<T>,
    form: Form,
}

/// What is known of the canonical form of a record.
#[derive(Clone, Debug)]
enum Form {
    /// It is the line that the record was read from.
    Line,
    /// It is what the record is written as.
    Written,
    /// It is this; the record does not hold all that its line says.
    Printed(Box<[u8]>),
}

impl<T> ValidRecord<T> {
    fn new(record: T, form: Form) -> Self {
        Self { record: Box::new(record), form }
    }

    /// The record.
    pub fn record(&self) -> &T {
        &self.record
    }

    /// The record alone.
    pub fn into_record(self) -> T {
        *self.record
    }
}

impl<T: Serialize> ValidRecord<T> {
    /// Its canonical form (RFC 8785), without LF.
    pub fn canonical(&self) -> Cow<'_, [u8]> {
        match &self.form {
            Form::Printed(printed) => Cow::Borrowed(printed),
            Form::Line | Form::Written => Cow::Owned(canonical::ordered_to_vec(&self.record)),
        }
    }

    /// Whether the line that it was read from is its canonical form.
    pub fn is_canonical(&self, line: &[u8]) -> bool {
        match &self.form {
            Form::Line => true,
            Form::Written => canonical::is_ordered(line, &self.record),
            Form::Printed(printed) => **printed == *line,
        }
    }
}

/// What one line gave.
#[derive(Debug)]
pub struct Validated<T> {
    /// The record, if it could be read at all; it may have findings nevertheless.
    pub record: Option<ValidRecord<T>>,
    /// The id of a record that could not be read, so that references to it still resolve.
    pub unreadable: Option<String>,
    /// All problems of the line.
    pub findings: Vec<Finding>,
}

impl<T> Validated<T> {
    fn unreadable(id: Option<String>, findings: Vec<Finding>) -> Self {
        Self { record: None, unreadable: id, findings }
    }
}

impl<T: Record> Validated<T> {
    /// The id, even of a record that could not be read.
    pub fn id(&self) -> Option<&str> {
        self.record.as_ref().map(|valid| valid.record.id().as_str()).or(self.unreadable.as_deref())
    }
}

/// The schemas and the dataset's own rules, used by every thread.
pub struct Rulebook {
    dataset: Dataset,
    declaration: Box<[u8]>,
    countables: Countables,
    /// The file's name for findings, and its bytes.
    spelled: (String, Vec<u8>),
    /// The schema of each kind, compiled for the first line that the quick way turns down.
    validators: [OnceLock<Validator>; RecordKind::ALL.len()],
    extensions: BTreeMap<RecordKind, Validator>,
}

impl Rulebook {
    /// Reads `dataset.json`; `None` if it has errors. `file` is its name for findings.
    pub fn open(file: &str, bytes: &[u8]) -> Outcome<Option<Self>> {
        let raw = RawRecord { kind: None, file, line: 1, bytes };
        let read = read::<Dataset>(&raw, |value| {
            if quick::is_declaration(value) { Vec::new() } else { Validator::built_in("dataset").problems(value) }
        });
        let mut findings = read.findings;
        let mut rulebook = None;
        if let Some(valid) = read.record {
            let declaration = valid.canonical().into();
            let dataset = valid.into_record();
            let mut extensions = BTreeMap::new();
            for kind in RecordKind::ALL {
                let Some(declared) = dataset.ext.get(kind.word()) else { continue };
                if let Some(keyword) = forbidden_keyword(declared) {
                    let message =
                        format!("a schema of the dataset's own may not use {keyword}: it says all it says in place");
                    let problem = Problem::new(Code::SchemaMismatch, format!("/ext/{kind}"), message);
                    findings.push(raw.finding(Some(dataset.id.as_str()), problem));
                    continue;
                }
                match Validator::of(declared) {
                    Ok(validator) => _ = extensions.insert(kind, validator),
                    Err(error) => {
                        let message = format!("not a usable JSON Schema: {error}");
                        let problem = Problem::new(Code::SchemaMismatch, format!("/ext/{kind}"), message);
                        findings.push(raw.finding(Some(dataset.id.as_str()), problem));
                    }
                }
            }
            for problem in rule::dataset(&dataset) {
                findings.push(raw.finding(Some(dataset.id.as_str()), problem));
            }
            let validators = std::array::from_fn(|_| OnceLock::new());
            let spelled = (file.to_owned(), bytes.to_vec());
            let countables = Countables::of(&dataset);
            rulebook = Some(Self { dataset, declaration, countables, spelled, validators, extensions });
        }
        let findings: Findings = findings.into_iter().collect();
        Outcome { value: rulebook.filter(|_| !findings.has_errors()), findings }
    }

    /// What the dataset declares.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The canonical form of `dataset.json`.
    pub fn declaration(&self) -> &[u8] {
        &self.declaration
    }

    /// All that its claims may count.
    pub(super) fn countables(&self) -> &Countables {
        &self.countables
    }

    /// The findings for problems of `dataset.json`.
    pub fn findings(&self, problems: Vec<Problem>) -> Vec<Finding> {
        let (file, bytes) = &self.spelled;
        RawRecord { kind: None, file, line: 1, bytes }.findings(Some(self.dataset.id.as_str()), problems).collect()
    }

    /// Reads one line as a record of its kind.
    pub fn validate<T: Record>(&self, raw: &RawRecord) -> Validated<T> {
        let mut validated: Validated<T> = match quick::read(raw.bytes) {
            Some(Strict { value: record, is_seen_canonical }) => {
                let form = if is_seen_canonical { Form::Line } else { Form::Written };
                Validated { record: Some(ValidRecord::new(record, form)), unreadable: None, findings: Vec::new() }
            }
            None => self.read_fully(raw),
        };
        if let Some(ValidRecord { record, .. }) = &validated.record {
            let problems = record.problems(&self.dataset);
            validated.findings.extend(raw.findings(Some(record.id().as_str()), problems));
        }
        let in_extension = self.extension_findings(raw, &validated);
        validated.findings.extend(in_extension);
        validated
    }

    /// Reads one line as its schema is written, with every problem of it: what the quick way must never contradict.
    /// The rules of the dataset and of its extensions are not among these.
    pub fn read_fully<T: Record>(&self, raw: &RawRecord) -> Validated<T> {
        let validator = self.validators[T::KIND as usize].get_or_init(|| Validator::built_in(T::KIND.word()));
        read(raw, |value| validator.problems(value))
    }

    fn extension_findings<T: Record>(&self, raw: &RawRecord, validated: &Validated<T>) -> Vec<Finding> {
        let has_extension = match &validated.record {
            Some(ValidRecord { form: Form::Printed(line), .. }) => memchr::memmem::find(line, b"\"ext\":").is_some(),
            _ => false,
        };
        let Some(ext) = has_extension
            .then(|| jsonl::parse(raw.bytes).ok())
            .flatten()
            .and_then(|mut r| r.get_mut("ext").map(Value::take))
        else {
            return Vec::new();
        };
        let id = validated.id();
        match self.extensions.get(&T::KIND) {
            Some(validator) => validator
                .problems(&ext)
                .into_iter()
                .map(|problem| raw.finding(id, Problem { pointer: format!("/ext{}", problem.pointer), ..problem }))
                .collect(),
            None => {
                let message = format!("dataset.json declares no schema for the ext object of a {}", T::KIND);
                vec![raw.finding(id, Problem::new(Code::ExtUndeclared, "/ext", message))]
            }
        }
    }
}

/// Reads lines of which nothing is known but that each is a record with an id.
pub struct LooseReader(Validator);

/// What every record has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Named {
    /// Its id.
    pub id: Id,
}

impl Default for LooseReader {
    fn default() -> Self {
        let schema = json!({ "type": "object", "required": ["id"] });
        Self(Validator::of(&schema).unwrap_or_else(|error| unreachable!("the schema of all records: {error}")))
    }
}

impl LooseReader {
    /// Reads one line. What could only be suspected of a record is not said.
    pub fn read(&self, raw: &RawRecord) -> Validated<Named> {
        match named(raw.bytes) {
            Some(valid) => Validated { record: Some(valid), unreadable: None, findings: Vec::new() },
            None => read(raw, |value| self.0.problems(value)),
        }
    }
}

/// The record of a line in which there is no error, but for rare ones that take the full reading.
fn named(line: &[u8]) -> Option<ValidRecord<Named>> {
    let value = jsonl::parse(line).ok().filter(|_| !line.ends_with(b"\r"))?;
    let id = value.as_object()?.get("id")?.as_str()?.parse().ok()?;
    Some(ValidRecord::new(Named { id }, Form::Printed(canonical::plain_to_vec(&value)?.into())))
}

/// Whether a document of the tool's own (release.json) is what its schema asks for.
pub fn document<T: DeserializeOwned + Serialize + Limits>(name: &str, raw: &RawRecord) -> Validated<T> {
    match quick::document(raw.bytes) {
        Some(record) => {
            Validated { record: Some(ValidRecord::new(record, Form::Line)), unreadable: None, findings: Vec::new() }
        }
        None => document_fully(name, raw),
    }
}

/// The same as its schema is written, with every problem of it: what the quick way must never contradict.
pub fn document_fully<T: DeserializeOwned>(name: &str, raw: &RawRecord) -> Validated<T> {
    read(raw, |value| Validator::built_in(name).problems(value))
}

/// `judge` says what a value is not as its schema asks.
fn read<T: DeserializeOwned>(raw: &RawRecord, judge: impl FnOnce(&Value) -> Vec<Problem>) -> Validated<T> {
    if raw.bytes.ends_with(b"\r") {
        let id = lenient_id(raw.bytes);
        let finding = raw.finding_at(Code::LineEnding, raw.bytes.len() - 1, "the line ends in CR LF".to_owned());
        return Validated::unreadable(id.clone(), vec![Finding { id, ..finding }]);
    }
    // Only records are lines; dataset.json and release.json are documents, bounded where they are read.
    let parse = if raw.kind.is_some() { jsonl::parse } else { jsonl::parse_document };
    let value = match parse(raw.bytes) {
        Ok(value) => value,
        Err(fault) => {
            let id = lenient_id(raw.bytes);
            let finding = Finding { id: id.clone(), ..fault_finding(raw, &fault) };
            return Validated::unreadable(id, vec![finding]);
        }
    };
    let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
    let mut problems: Vec<Problem> = jsonl::unsafe_numbers(&value)
        .into_iter()
        .map(|(pointer, fault)| Problem::new(Code::JsonNumber, pointer, fault.to_string()))
        .collect();
    problems.extend(judge(&value));
    problems.extend(rule::strings(&value));
    let finding = |problem| raw.finding(id.as_deref(), problem);
    let broken = problems.iter().any(|problem| matches!(problem.code, Code::JsonNumber | Code::SchemaMismatch));
    let mut findings: Vec<Finding> = raw.findings(id.as_deref(), problems).collect();
    if broken {
        return Validated::unreadable(id, findings);
    }
    let canonical = canonical::value_to_vec(&value);
    match serde_path_to_error::deserialize(&value) {
        Ok(record) => {
            let valid = ValidRecord::new(record, Form::Printed(canonical.into()));
            Validated { record: Some(valid), unreadable: None, findings }
        }
        Err(error) => {
            let token = |segment: &Segment| match segment {
                Segment::Seq { index } => format!("/{index}"),
                other => format!("/{}", jsonl::escape(&other.to_string())),
            };
            let pointer: String = error.path().iter().map(token).collect();
            findings.push(finding(Problem::new(Code::SchemaMismatch, pointer, error.inner().to_string())));
            Validated::unreadable(id, findings)
        }
    }
}

/// The id of a line that is not acceptable JSON, where it still has one.
fn lenient_id(line: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(line);
    serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')).ok()?.get("id")?.as_str().map(str::to_owned)
}

fn fault_finding(raw: &RawRecord, fault: &Fault) -> Finding {
    let code = match &fault.kind {
        FaultKind::Bom | FaultKind::NotUtf8 | FaultKind::LoneSurrogate => Code::JsonEncoding,
        FaultKind::DuplicateKey(_) => Code::JsonDuplicateKey,
        FaultKind::TooDeep | FaultKind::TooLong => Code::JsonLimit,
        FaultKind::NumberTooLarge => Code::JsonNumber,
        _ => Code::JsonSyntax,
    };
    raw.finding_at(code, fault.at, fault.kind.to_string())
}
