//! `affiant diff`

use std::path::Path;

use super::Verdict;
use super::progress::Bar;
use super::terminal::Terminal;
use super::trust::Trusted;
use crate::cli::{Diff, DiffFormat};
use crate::error::{Error, Result};
use crate::format::layout;
use crate::io::{self, ReleaseFolder, Scratchpad};
use crate::render::json::{self, DiffSide};
use crate::render::{diff_markdown, diff_text, text};
use crate::stage::check::{self, Request, Spelling};
use crate::stage::diff::version::{DatasetVersion, ReleaseVersion};
use crate::stage::diff::{self, Version};
use crate::stage::folder::Folder;
use crate::stage::sort::Sorter;
use crate::stage::verify::{self, Extent, History, VerifiedRelease};

pub fn run(args: Diff, terminal: &mut Terminal) -> Result<Verdict> {
    let trusted = args.trust.as_deref().map(|trust| trusted(trust, &args, terminal)).transpose()?;
    let old = Side::open(&args.old, trusted.as_ref(), terminal)?;
    let new = Side::open(&args.new, trusted.as_ref(), terminal)?;
    let mut old_version = old.version(terminal)?;
    let mut new_version = new.version(terminal)?;
    let difference = diff::diff(&mut *old_version, &mut *new_version)?;
    let printed = match args.format {
        DiffFormat::Text if args.stat => diff_text::stat(&difference, &old.name, &new.name),
        DiffFormat::Text => diff_text::diff(&difference, &old.name, &new.name, args.limit),
        DiffFormat::Markdown if args.stat => diff_markdown::stat(&difference, &old.name, &new.name),
        DiffFormat::Markdown => diff_markdown::diff(&difference, &old.name, &new.name, args.limit),
        DiffFormat::Json => json::diff(&difference, &old.name, &new.name, args.stat.then_some(0)),
    };
    terminal.print(&printed)?;
    Ok(if args.exit_code && !difference.is_empty() { Verdict::Bad } else { Verdict::Good })
}

/// One of the two versions: a release if it has a release.json, else a dataset folder.
struct Side {
    folder: Box<dyn Folder>,
    name: DiffSide,
    is_release: bool,
    verified: Option<VerifiedRelease>,
}

impl Side {
    fn open(path: &Path, trusted: Option<&Trusted>, terminal: &mut Terminal) -> Result<Self> {
        let release = io::open_release(path)?;
        let path = path.display().to_string();
        if !release.folder.entries()?.iter().any(|entry| entry.path == layout::RELEASE_INFO) {
            let name = DiffSide { path, version: None, trust: "checked" };
            return Ok(Self { folder: release.folder, name, is_release: false, verified: None });
        }
        let version = Some(version(&*release.folder)?);
        let verified = trusted.map(|trusted| verified(&release, trusted, terminal)).transpose()?;
        let trust = if verified.is_some() { "verified" } else { "not verified" };
        Ok(Self { folder: release.folder, name: DiffSide { path, version, trust }, is_release: true, verified })
    }

    fn version(&self, terminal: &mut Terminal) -> Result<Box<dyn Version + '_>> {
        if self.is_release {
            return Ok(Box::new(ReleaseVersion::new(&*self.folder, self.verified.as_ref())));
        }
        let bar = Bar::new();
        let mut scratch = Scratchpad;
        let mut sorter = Sorter::new(&mut scratch);
        let request = Request { folder: &*self.folder, copies: None, spelling: Spelling::Free, progress: &bar };
        let outcome = check::check(request, |claim| sorter.push(&claim))?;
        drop(bar);
        let claims = sorter.finish()?;
        match outcome.value {
            Some(checked) => Ok(Box::new(DatasetVersion::new(checked, claims))),
            None => {
                terminal.say(&text::findings(&outcome.findings, 20));
                Err(Error::Refused(format!("{} does not pass `affiant check`; nothing was compared", self.name.path)))
            }
        }
    }
}

fn version(folder: &dyn Folder) -> Result<String> {
    let json = folder.read(layout::RELEASE_INFO, 256 << 20)?;
    let info: serde_json::Value = serde_json::from_slice(&json).unwrap_or_default();
    Ok(info.get("version").and_then(serde_json::Value::as_str).unwrap_or("unknown version").to_owned())
}

/// The keys that are good for both sides.
fn trusted(trust: &Path, args: &Diff, terminal: &mut Terminal) -> Result<Trusted> {
    let outcome = Trusted::find(trust, args.keyring.as_deref(), 1, None)?;
    outcome.value.ok_or_else(|| {
        terminal.say(&text::findings(&outcome.findings, 20));
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
        extent: Extent::Whole,
        copies: None,
        progress: &bar,
    };
    let outcome = verify::verify(request)?;
    drop(bar);
    outcome.value.ok_or_else(|| {
        terminal.say(&text::findings(&outcome.findings, 20));
        Error::Refused(format!("{} does not verify; nothing was compared", folder.display("")))
    })
}
