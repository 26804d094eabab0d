//! Two records files by themselves, compared without the dataset around them.

use std::io::Read;
use std::path::Path;

use super::Verdict;
use super::terminal::Terminal;
use crate::cli::{Diff, DiffFormat};
use crate::error::{Error, Result};
use crate::io::{self, Scratchpad};
use crate::model::change::Change;
use crate::model::change::VersionName;
use crate::model::kind::RecordKind;
use crate::render::diff::names::Names;
use crate::render::diff::records::Records;
use crate::render::diff::{DiffHead, DiffOutput};
use crate::render::text as report;
use crate::stage::diff::raw::RawVersion;
use crate::stage::diff::{self, DatasetDiff};

/// Most lines of a file that are named because they are no records.
const NAMED: usize = 20;

/// What a records file is called.
const NAMES: &str =
    "call it agents.jsonl, events.jsonl, sources.jsonl or claims.jsonl, or put a file of claims in a folder claims/";

/// One of the two files.
pub struct RecordsFile<'a> {
    /// What it is called; nothing for a file that is not there.
    pub name: VersionName,
    /// Where it is read.
    pub path: Option<&'a Path>,
}

impl<'a> RecordsFile<'a> {
    /// The file at `path`, called `name`.
    pub fn called(name: &Path, path: &'a Path) -> Self {
        let name = VersionName { path: Some(name.display().to_string()), ..VersionName::default() };
        Self { name, path: Some(path) }
    }

    /// No file.
    pub fn absent() -> Self {
        Self { name: VersionName::default(), path: None }
    }

    fn open(&self) -> Result<Box<dyn Read + Send>> {
        self.path.map_or_else(|| Ok(Box::new(std::io::empty()) as Box<dyn Read + Send>), io::open)
    }
}

/// How a comparison ended.
pub enum Compared {
    /// Nothing changed.
    Same,
    /// Something changed.
    Changed,
    /// A file does not hold records; why.
    Not(String),
}

/// The kind of record that a file of this name holds: `agents.jsonl`, `claims/somewhere.jsonl`.
pub fn kind_of(path: &Path) -> Option<RecordKind> {
    let name = path.file_name()?.to_str()?;
    let by_name = RecordKind::ALL.into_iter().find(|kind| kind.file() == name);
    let above = path.parent().and_then(Path::file_name);
    let is_of_claims = name.ends_with(".jsonl") && above.is_some_and(|above| above == "claims");
    by_name.or(is_of_claims.then_some(RecordKind::Claim))
}

/// The kind of record of both sides, if both are records files.
pub fn kind_of_both(args: &Diff) -> Result<Option<RecordKind>> {
    let is_records = |path: &Path| path.extension().is_some_and(|end| end == "jsonl") && io::is_file(path);
    if !(is_records(&args.old) && is_records(&args.new)) {
        return Ok(None);
    }
    let kind = |path: &Path| {
        let unnamed = || format!("{}: its name does not say what its records are; {NAMES}", path.display());
        kind_of(path).ok_or_else(|| Error::Usage(unnamed()))
    };
    let [old, new] = [kind(&args.old)?, kind(&args.new)?];
    if old != new {
        return Err(Error::Usage(format!("{} are not compared with {}", old.file(), new.file())));
    }
    Ok(Some(old))
}

/// `affiant diff` of two records files.
pub fn run(args: &Diff, kind: RecordKind, terminal: &mut Terminal) -> Result<Verdict> {
    if args.format != DiffFormat::Text {
        let why = "two records files by themselves are compared as text only: nothing is known of their dataset";
        return Err(Error::Usage(why.to_owned()));
    }
    let [old, new] = [&args.old, &args.new].map(|path| RecordsFile::called(path, path));
    let mut output: Box<dyn DiffOutput> = if args.name_only { Box::new(Names) } else { Box::new(Records::of(kind)) };
    match compare(&old, &new, kind, &mut *output, terminal)? {
        Compared::Changed if args.exit_code => Ok(Verdict::Bad),
        Compared::Not(why) => {
            terminal.say(&why);
            Err(Error::Refused("nothing was compared".to_owned()))
        }
        _ => Ok(Verdict::Good),
    }
}

/// Prints the difference, if both files hold records.
pub fn compare(
    old: &RecordsFile,
    new: &RecordsFile,
    kind: RecordKind,
    output: &mut dyn DiffOutput,
    terminal: &mut Terminal,
) -> Result<Compared> {
    let names = [old, new].map(|side| side.name.clone());
    let mut versions = Vec::new();
    if let Some(both) = RawVersion::read_both([old.open()?, new.open()?], kind, names, &Scratchpad)? {
        versions.extend(both);
    }
    for side in [old, new].into_iter().skip(versions.len()) {
        let outcome = RawVersion::read(side.open()?, kind, side.name.clone(), &Scratchpad)?;
        match outcome.value {
            Some(version) => versions.push(version),
            None => {
                let which = if versions.is_empty() { "old" } else { "new" };
                let findings = report::findings(&outcome.findings, NAMED);
                return Ok(Compared::Not(format!("the {which} file does not hold records\n{findings}")));
            }
        }
    }
    let [old, new] = versions.as_mut_slice() else { return Ok(Compared::Same) };
    let mut difference = diff::diff(old, new, &Scratchpad)?;
    print(&mut difference, output, terminal)?;
    Ok(if difference.is_empty() { Compared::Same } else { Compared::Changed })
}

fn print(diff: &mut DatasetDiff, output: &mut dyn DiffOutput, terminal: &mut Terminal) -> Result<()> {
    let (header, trailer) = (diff.header().clone(), diff.trailer().clone());
    terminal.print(&output.begin(DiffHead { header: &header, trailer: &trailer, events: &[], selected: None }))?;
    // Of a single file no status is known, so that a change has another name here than in the dataset.
    let nameless = |change| Change { fingerprint: String::new(), ..change };
    terminal.print_all(diff.changes()?.map(|change| Ok(output.change(&nameless(change?)))))?;
    terminal.print(&output.end(0))
}
