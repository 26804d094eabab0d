//! `affiant diff`

mod print;

use std::path::Path;

use super::Verdict;
use super::operand::{self, Opened};
use super::progress::Bar;
use super::records;
use super::terminal::Terminal;
use super::trust::Trusted;
use crate::cli::Diff;
use crate::error::{Error, Result};
use crate::format::layout;
use crate::io::{ReleaseFolder, Scratchpad};
use crate::model::change::Trust;
use crate::render::text as report;
use crate::stage::check::{self, Request, Spelling};
use crate::stage::diff::places::Shelf;
use crate::stage::diff::version::{DatasetVersion, ReleaseFacts, ReleaseVersion};
use crate::stage::diff::{self, Version};
use crate::stage::folder::Folder;
use crate::stage::sort::Sorter;
use crate::stage::verify::{self, Extent, History, VerifiedRelease};

pub fn run(args: Diff, terminal: &mut Terminal) -> Result<Verdict> {
    if let Some(kind) = records::kind_of_both(&args) {
        return records::run(&args, kind, terminal);
    }
    let trusted = args.trust.as_deref().map(|trust| trusted(trust, &args, terminal)).transpose()?;
    let old = Side::open(&args.old, trusted.as_ref(), terminal)?;
    let new = Side::open(&args.new, trusted.as_ref(), terminal)?;
    let mut old_version = old.version(terminal)?;
    let mut new_version = new.version(terminal)?;
    let mut difference = diff::diff(&mut *old_version, &mut *new_version, &mut Scratchpad)?;
    print::print(&mut difference, &args, [&old, &new], terminal)?;
    Ok(if args.exit_code && !difference.is_empty() { Verdict::Bad } else { Verdict::Good })
}

/// One of the two versions: a release if it has a release.json, else a dataset folder.
struct Side {
    folder: Box<dyn Folder>,
    commit: Option<String>,
    facts: Option<ReleaseFacts>,
    verified: Option<VerifiedRelease>,
}

impl Side {
    fn open(path: &Path, trusted: Option<&Trusted>, terminal: &mut Terminal) -> Result<Self> {
        let Opened { release, commit } = operand::open(path)?;
        if !release.folder.entries()?.iter().any(|entry| entry.path == layout::RELEASE_INFO) {
            return Ok(Self { folder: release.folder, commit, facts: None, verified: None });
        }
        let verified = trusted.map(|trusted| verified(&release, trusted, terminal)).transpose()?;
        let trust = if verified.is_some() { Trust::Verified } else { Trust::NotVerified };
        let mut facts = ReleaseFacts::of(&*release.folder)?;
        facts.name.trust = Some(trust);
        facts.name.path = Some(release.folder.display("").trim_end_matches('/').to_owned());
        facts.name.commit.clone_from(&commit);
        Ok(Self { folder: release.folder, commit, facts: Some(facts), verified })
    }

    /// Its files, to find records in.
    fn shelf(&self) -> Shelf<'_> {
        match self.facts {
            Some(_) => Shelf::of_release(&*self.folder),
            None => Shelf::of_dataset(&*self.folder),
        }
    }

    fn version(&self, terminal: &mut Terminal) -> Result<Box<dyn Version + '_>> {
        if let Some(facts) = &self.facts {
            return Ok(Box::new(ReleaseVersion::new(
                &*self.folder,
                self.verified.as_ref().map(VerifiedRelease::manifest),
                facts.clone(),
            )));
        }
        let bar = Bar::new();
        let mut scratch = Scratchpad;
        let mut sorter = Sorter::new(&mut scratch);
        let request = Request { folder: &*self.folder, copies: None, spelling: Spelling::Free, progress: &bar };
        let outcome = check::check(request, |claim| sorter.push(&claim))?;
        drop(bar);
        let claims = sorter.finish()?;
        let Some(checked) = outcome.value else {
            terminal.say(&report::findings(&outcome.findings, 20));
            let place = self.folder.display("");
            let place = place.trim_end_matches('/');
            return Err(Error::Refused(format!("{place} does not pass `affiant check`; nothing was compared")));
        };
        let version = DatasetVersion::new(&*self.folder, checked, claims, &mut Scratchpad)?;
        Ok(Box::new(version.at_commit(self.commit.clone())))
    }
}

/// The keys that are good for both sides.
fn trusted(trust: &Path, args: &Diff, terminal: &mut Terminal) -> Result<Trusted> {
    let outcome = Trusted::find(trust, args.keyring.as_deref(), 1, None)?;
    outcome.value.ok_or_else(|| {
        terminal.say(&report::findings(&outcome.findings, 20));
        Error::Refused("the keyrings are not to be relied on; nothing was compared".to_owned())
    })
}

fn verified(release: &ReleaseFolder, trusted: &Trusted, terminal: &mut Terminal) -> Result<VerifiedRelease> {
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
        progress: &bar,
    };
    let outcome = verify::verify(request)?;
    drop(bar);
    outcome.value.ok_or_else(|| {
        terminal.say(&report::findings(&outcome.findings, 20));
        Error::Refused(format!("{} does not verify; nothing was compared", folder.display("")))
    })
}
