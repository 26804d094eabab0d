//! `affiant diff`

mod print;

use std::path::Path;

use super::Verdict;
use super::operand::{self, Opened};
use super::records;
use super::terminal::Terminal;
use super::trust::Trusted;
use super::version;
use crate::cli::Diff;
use crate::error::Result;
use crate::format::layout;
use crate::io::Scratchpad;
use crate::model::change::Trust;
use crate::stage::check::Spelling;
use crate::stage::diff::places::Shelf;
use crate::stage::diff::version::{DatasetVersion, ReleaseFacts, ReleaseVersion};
use crate::stage::diff::{self, Version};
use crate::stage::folder::Folder;
use crate::stage::verify::VerifiedRelease;

/// What is said where a version is not fit to be compared.
const UNDONE: &str = "nothing was compared";

pub fn run(args: Diff, terminal: &mut Terminal) -> Result<Verdict> {
    if let Some(kind) = records::kind_of_both(&args)? {
        return records::run(&args, kind, terminal);
    }
    let keyring = args.keyring.as_deref();
    let trusted = args.trust.as_deref().map(|trust| version::trusted(trust, keyring, UNDONE, terminal)).transpose()?;
    let mut old = Side::open(&args.old, trusted.as_ref(), terminal)?;
    let mut new = Side::open(&args.new, trusted.as_ref(), terminal)?;
    Side::read_facts(&mut old, &mut new)?;
    let mut versions = [old.version(terminal)?, new.version(terminal)?];
    if let [Operand::Release(old), Operand::Release(new)] = &mut versions {
        ReleaseVersion::leave_out_common(old, new)?;
    }
    let [mut old_version, mut new_version] = versions;
    let mut difference = diff::diff(old_version.as_version(), new_version.as_version(), &Scratchpad)?;
    print::print(&mut difference, &args, [&old, &new], terminal)?;
    Ok(if args.exit_code && !difference.is_empty() { Verdict::Bad } else { Verdict::Good })
}

/// One of the two versions: a release if it has a release.json, else a dataset folder.
struct Side {
    folder: Box<dyn Folder>,
    commit: Option<String>,
    verified: Option<VerifiedRelease>,
    /// What it says of itself, if it is a release.
    facts: Option<ReleaseFacts>,
}

impl Side {
    fn open(path: &Path, trusted: Option<&Trusted>, terminal: &mut Terminal) -> Result<Self> {
        let Opened { release, commit } = operand::open(path)?;
        let verified = match trusted {
            Some(trusted) if release.folder.has(layout::RELEASE_INFO)? => {
                Some(version::verified(&release, trusted, UNDONE, terminal)?)
            }
            _ => None,
        };
        Ok(Self { folder: release.folder, commit, verified, facts: None })
    }

    /// Reads what both say of themselves.
    fn read_facts(old: &mut Self, new: &mut Self) -> Result<()> {
        let found = ReleaseFacts::of_both(&*old.folder, &*new.folder)?;
        for (side, facts) in [old, new].into_iter().zip(found) {
            let Some(mut facts) = facts else { continue };
            facts.name.trust = Some(if side.verified.is_some() { Trust::Verified } else { Trust::NotVerified });
            facts.name.path = Some(side.folder.display("").trim_end_matches('/').to_owned());
            facts.name.commit.clone_from(&side.commit);
            side.facts = Some(facts);
        }
        Ok(())
    }

    /// Its files, to find records in.
    fn shelf(&self) -> Shelf<'_> {
        match self.facts {
            Some(_) => Shelf::of_release(&*self.folder),
            None => Shelf::of_dataset(&*self.folder),
        }
    }

    fn version(&self, terminal: &mut Terminal) -> Result<Operand<'_>> {
        if let Some(facts) = &self.facts {
            let manifest = self.verified.as_ref().map(VerifiedRelease::manifest);
            let version = ReleaseVersion::new(&*self.folder, manifest, facts.clone());
            return Ok(Operand::Release(Box::new(version)));
        }
        let version = version::checked(&*self.folder, Spelling::Free, UNDONE, terminal)?;
        Ok(Operand::Dataset(Box::new(version.at_commit(self.commit.clone()))))
    }
}

/// What is compared.
enum Operand<'a> {
    Release(Box<ReleaseVersion<'a>>),
    Dataset(Box<DatasetVersion<'a>>),
}

impl<'a> Operand<'a> {
    fn as_version(&mut self) -> &mut (dyn Version + 'a) {
        match self {
            Operand::Release(version) => &mut **version,
            Operand::Dataset(version) => &mut **version,
        }
    }
}
