//! A version of a dataset, verified or checked before anything is made of it.

use std::path::Path;

use super::progress::Bar;
use super::terminal::Terminal;
use super::trust::Trusted;
use crate::error::{Error, Result};
use crate::io::{ReleaseFolder, Scratchpad};
use crate::render::text as report;
use crate::stage::check::{self, Request, Spelling};
use crate::stage::diff::version::DatasetVersion;
use crate::stage::folder::Folder;
use crate::stage::sort::Sorter;
use crate::stage::sorted_record::SortedRecord;
use crate::stage::verify::{self, Extent, History, VerifiedRelease};

/// Most findings that are told where they stop the work.
const TOLD: usize = 20;

/// The keys that are good for releases; `undone` says what was not done if there are none.
pub fn trusted(trust: &Path, keyring: Option<&Path>, undone: &str, terminal: &mut Terminal) -> Result<Trusted> {
    let outcome = Trusted::find(trust, keyring, 1, None)?;
    outcome.value.ok_or_else(|| {
        terminal.say(&report::findings(&outcome.findings, TOLD));
        Error::Refused(format!("the keyrings are not to be relied on; {undone}"))
    })
}

/// A release that passes every step.
pub fn verified(
    release: &ReleaseFolder,
    trusted: &Trusted,
    undone: &str,
    terminal: &mut Terminal,
) -> Result<VerifiedRelease> {
    let bar = Bar::new();
    let ReleaseFolder { folder, name } = release;
    let request = verify::Request {
        folder: &**folder,
        folder_name: Some(name),
        trust: trusted.signers(1),
        history: History::default(),
        previous: None,
        extent: Extent::Whole,
        copies: None,
        scratch: &Scratchpad,
        progress: &bar,
    };
    let outcome = verify::verify(request)?;
    drop(bar);
    outcome.value.ok_or_else(|| {
        terminal.say(&report::findings(&outcome.findings, TOLD));
        Error::Refused(format!("{} does not verify; {undone}", folder.display("")))
    })
}

/// A dataset folder in which no error is found.
pub fn checked<'a>(
    folder: &'a dyn Folder,
    spelling: Spelling,
    undone: &str,
    terminal: &mut Terminal,
) -> Result<DatasetVersion<'a>> {
    let bar = Bar::new();
    let mut sorter = Sorter::new(&Scratchpad);
    let request = Request { folder, copies: None, spelling, scratch: &Scratchpad, progress: &bar };
    let outcome = check::check(request, |record| SortedRecord::new(&record), |record| sorter.push(record))?;
    drop(bar);
    let claims = sorter.finish()?;
    let Some(checked) = outcome.value else {
        terminal.say(&report::findings(&outcome.findings, TOLD));
        let place = folder.display("");
        let place = place.trim_end_matches('/');
        return Err(Error::Refused(format!("{place} does not pass `affiant check`; {undone}")));
    };
    DatasetVersion::new(folder, checked, claims, &Scratchpad)
}
