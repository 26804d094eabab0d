//! `affiant git-diff`: shows how one records file changed, where `git diff` would show its lines.
//!
//! Git gives up at once when a diff program fails, so what cannot be compared is said, and is no failure.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

use super::Verdict;
use super::terminal::Terminal;
use crate::cli::GitDiff;
use crate::error::{Error, Result};
use crate::io::{self, Scratchpad};
use crate::model::change::VersionName;
use crate::model::kind::RecordKind;
use crate::render::diff::records::{Records, heading};
use crate::render::diff::{DiffHead, DiffOutput};
use crate::render::text as report;
use crate::stage::diff::raw::RawVersion;
use crate::stage::diff::{self, DatasetDiff};

/// What git writes for a side that has no file.
const NO_FILE: &str = "/dev/null";

/// Most lines of a file that are named because they are no records.
const NAMED: usize = 20;

pub fn run(args: GitDiff, terminal: &mut Terminal) -> Result<Verdict> {
    let words: Vec<&OsString> = args.arguments.iter().collect();
    let (old, new) = match words.as_slice() {
        [path] => {
            let named = named(path);
            terminal.print(&format!("{}  unmerged; not compared\n", heading(&named, &named).trim_end()))?;
            return Ok(Verdict::Good);
        }
        [path, old, _, old_mode, new, _, new_mode, renamed @ ..] => {
            let to = renamed.first().unwrap_or(path);
            (
                Side { path, file: Path::new(old), mode: old_mode },
                Side { path: to, file: Path::new(new), mode: new_mode },
            )
        }
        _ => return Err(Error::Usage("git-diff takes what git gives to a diff program".to_owned())),
    };
    let [before, after] = [&old, &new].map(Side::name);
    let why_not = match (kind_of(new.path), old.is_plain() && new.is_plain()) {
        (Some(kind), true) => compare(&old, &new, kind, terminal)?,
        (None, _) => Some("its name is not that of a records file\n".to_owned()),
        (_, false) => Some("not a plain file\n".to_owned()),
    };
    if let Some(why) = why_not {
        terminal.print(&heading(&before, &after))?;
        terminal.print(&format!("  not compared: {why}"))?;
    }
    Ok(Verdict::Good)
}

/// Prints the difference, or returns why there is none to print.
fn compare(old: &Side, new: &Side, kind: RecordKind, terminal: &mut Terminal) -> Result<Option<String>> {
    let mut versions = Vec::new();
    for side in [old, new] {
        let outcome = RawVersion::read(side.open()?, kind, side.name(), &mut Scratchpad)?;
        match outcome.value {
            Some(version) => versions.push(version),
            None => {
                let which = if versions.is_empty() { "old" } else { "new" };
                let findings = report::findings(&outcome.findings, NAMED);
                return Ok(Some(format!("the {which} file does not hold records\n{findings}")));
            }
        }
    }
    let [old, new] = versions.as_mut_slice() else { return Ok(None) };
    let mut difference = diff::diff(old, new, &mut Scratchpad)?;
    print(&mut difference, kind, terminal)?;
    Ok(None)
}

fn print(diff: &mut DatasetDiff, kind: RecordKind, terminal: &mut Terminal) -> Result<()> {
    let mut output = Records::of(kind);
    let (header, trailer) = (diff.header().clone(), diff.trailer().clone());
    terminal.print(&output.begin(DiffHead { header: &header, trailer: &trailer, events: &[] }))?;
    for change in diff.changes()? {
        terminal.print(&output.change(&change?))?;
    }
    terminal.print(&output.end(0))
}

/// One of the two files.
struct Side<'a> {
    path: &'a OsString,
    file: &'a Path,
    mode: &'a OsString,
}

impl Side<'_> {
    fn is_absent(&self) -> bool {
        self.file == Path::new(NO_FILE)
    }

    fn is_plain(&self) -> bool {
        self.is_absent() || self.mode.to_string_lossy().starts_with("100")
    }

    fn open(&self) -> Result<Box<dyn Read + Send>> {
        if self.is_absent() { Ok(Box::new(std::io::empty())) } else { io::open(self.file) }
    }

    fn name(&self) -> VersionName {
        if self.is_absent() { VersionName::default() } else { named(self.path) }
    }
}

fn named(path: &OsString) -> VersionName {
    VersionName { path: Some(path.to_string_lossy().into_owned()), ..VersionName::default() }
}

/// The kind of record that a file of this name holds: `agents.jsonl`, `claims/somewhere.jsonl`.
fn kind_of(path: &OsString) -> Option<RecordKind> {
    let path = path.to_string_lossy();
    let (above, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let by_name = RecordKind::ALL.into_iter().find(|kind| kind.file() == name);
    let is_of_claims = name.ends_with(".jsonl") && above.rsplit('/').next() == Some("claims");
    by_name.or(is_of_claims.then_some(RecordKind::Claim))
}
