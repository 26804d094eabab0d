//! `affiant diff`

use std::path::Path;

use super::progress::Bar;
use super::terminal::Terminal;
use super::verify::trust_file;
use super::{Verdict, copies};
use crate::cli::{Diff, DiffFormat};
use crate::error::{Error, Result};
use crate::format::allowed_signers::AllowedSigners;
use crate::format::layout;
use crate::io::{self, DiskFolder, Scratchpad};
use crate::model::kind::RecordKind;
use crate::render::json::{self, DiffSide};
use crate::render::{diff_markdown, diff_text, text};
use crate::stage::batch::released_lines;
use crate::stage::check::{self, Checked, Request, Spelling};
use crate::stage::diff::{self, Lines, Version};
use crate::stage::folder::Folder;
use crate::stage::sort::{Sorted, Sorter};
use crate::stage::verify::{self, TrustedSigners};

pub fn run(args: Diff, terminal: &mut Terminal) -> Result<Verdict> {
    let signers = args.trust.as_deref().map(trust_file).transpose()?;
    let mut old = Side::open(&args.old, signers.as_ref(), terminal)?;
    let mut new = Side::open(&args.new, signers.as_ref(), terminal)?;
    let difference = diff::diff(&mut old.content, &mut new.content)?;
    let (old_name, new_name) = (old.name, new.name);
    let printed = match args.format {
        DiffFormat::Text if args.stat => diff_text::stat(&difference, &old_name, &new_name),
        DiffFormat::Text => diff_text::diff(&difference, &old_name, &new_name, args.limit),
        DiffFormat::Markdown if args.stat => diff_markdown::stat(&difference, &old_name, &new_name),
        DiffFormat::Markdown => diff_markdown::diff(&difference, &old_name, &new_name, args.limit),
        DiffFormat::Json => {
            let limit = if args.stat { Some(0) } else { None };
            json::diff(&difference, &old_name, &new_name, limit)
        }
    };
    terminal.print(&printed)?;
    Ok(if args.exit_code && !difference.is_empty() { Verdict::Bad } else { Verdict::Good })
}

/// One of the two versions.
struct Side {
    name: DiffSide,
    content: Content,
}

enum Content {
    Release(DiskFolder),
    /// A folder that passed `check`, its claims sorted; they can be taken once.
    Dataset(Box<Checked>, Option<Sorted>),
}

impl Side {
    fn open(path: &Path, signers: Option<&AllowedSigners>, terminal: &mut Terminal) -> Result<Self> {
        let folder = DiskFolder::open(path)?;
        let place = path.display().to_string();
        if !io::exists(&folder.path(layout::RELEASE_INFO)) {
            return Self::dataset(&folder, place, terminal);
        }
        let version = Some(version(&folder)?);
        let trust = match signers {
            Some(signers) => {
                verified(&folder, signers, terminal)?;
                "verified"
            }
            None => "not verified",
        };
        Ok(Self { name: DiffSide { path: place, version, trust }, content: Content::Release(folder) })
    }

    fn dataset(folder: &DiskFolder, path: String, terminal: &mut Terminal) -> Result<Self> {
        let bar = Bar::new();
        let mut scratch = Scratchpad;
        let mut sorter = Sorter::new(&mut scratch);
        let request = Request { folder, copies: copies(None)?, spelling: Spelling::Free, progress: &bar };
        let outcome = check::check(request, |claim| sorter.push(&claim))?;
        drop(bar);
        let claims = sorter.finish()?;
        let Some(checked) = outcome.value else {
            terminal.say(&text::findings(&outcome.findings, 20));
            return Err(Error::Refused(format!("{path} does not pass `affiant check`; nothing was compared")));
        };
        let name = DiffSide { path, version: None, trust: "checked" };
        Ok(Self { name, content: Content::Dataset(Box::new(checked), Some(claims)) })
    }
}

impl Version for Content {
    fn lines(&mut self, kind: RecordKind) -> Result<Lines<'_>> {
        let lines: Lines = match self {
            Content::Release(folder) => {
                let path = format!("{}{}", layout::PAYLOAD, kind.file());
                let place = folder.display(&path);
                Box::new(released_lines(folder.open(&path)?).map(move |line| line.map_err(Error::io(&place))))
            }
            Content::Dataset(checked, claims) => {
                let catalog = checked.catalog();
                match kind {
                    RecordKind::Agent => {
                        Box::new(catalog.agents.sorted().map(|record| Ok(record.canonical().to_vec())))
                    }
                    RecordKind::Event => {
                        Box::new(catalog.events.sorted().map(|record| Ok(record.canonical().to_vec())))
                    }
                    RecordKind::Source => {
                        Box::new(catalog.sources.sorted().map(|record| Ok(record.canonical().to_vec())))
                    }
                    RecordKind::Claim => {
                        let claims = claims.take().into_iter().flatten();
                        Box::new(claims.map(|claim| claim.map(|claim| claim.canonical().to_vec())))
                    }
                }
            }
        };
        Ok(lines)
    }
}

fn version(folder: &DiskFolder) -> Result<String> {
    let json = folder.read(layout::RELEASE_INFO, 256 << 20)?;
    let info: serde_json::Value = serde_json::from_slice(&json).unwrap_or_default();
    Ok(info.get("version").and_then(serde_json::Value::as_str).unwrap_or("unknown version").to_owned())
}

fn verified(folder: &DiskFolder, signers: &AllowedSigners, terminal: &mut Terminal) -> Result<()> {
    let bar = Bar::new();
    let folder_name = folder.name()?;
    let trust = TrustedSigners { signers, threshold: 1 };
    let outcome =
        verify::verify(verify::Request { folder, folder_name: &folder_name, trust, copies: None, progress: &bar })?;
    drop(bar);
    if outcome.value.is_some() {
        return Ok(());
    }
    terminal.say(&text::findings(&outcome.findings, 20));
    Err(Error::Refused(format!("{} does not verify; nothing was compared", folder.display(""))))
}
