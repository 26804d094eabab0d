//! `affiant log`

use std::path::{Path, PathBuf};

use super::Verdict;
use super::terminal::Terminal;
use super::trust::Trusted;
use crate::cli::{Log, ReportFormat};
use crate::error::Result;
use crate::finding::Outcome;
use crate::format::layout;
use crate::io::{self, DiskFolder};
use crate::render::{json, log as render, text};
use crate::stage::folder::Folder;
use crate::stage::keyring::TrustedKeyring;
use crate::stage::log::{self, AuditedLog, Request};
use crate::stage::verify::TrustedSigners;

pub fn run(args: Log, terminal: &mut Terminal) -> Result<Verdict> {
    let found = Trusted::find(&args.trust, args.keyring.as_deref(), 1, None)?;
    let Outcome { value, findings } = match &found.value {
        Some(trusted) => audit(&args, trusted)?,
        None => Outcome { value: None, findings: found.findings },
    };
    let limit = if args.findings.format == ReportFormat::Text { args.findings.max_findings } else { 0 };
    match args.findings.format {
        ReportFormat::Text => {
            terminal.print(&text::findings(&findings, limit))?;
            terminal.print(&value.as_ref().map_or_else(|| render::refused(&findings), render::audited))?;
        }
        ReportFormat::Json => terminal.print(&json::report(&findings, limit, render::facts(value.as_ref())))?,
        ReportFormat::Jsonl => terminal.print(&json::lines(&findings, limit))?,
    }
    Ok(if value.is_some() { Verdict::Good } else { Verdict::Bad })
}

fn audit(args: &Log, trusted: &Trusted) -> Result<Outcome<Option<AuditedLog>>> {
    let folder = DiskFolder::open(&args.log)?;
    let releases = releases(&args.releases.clone().unwrap_or_else(|| holder(&args.log)))?;
    let releases: Vec<&dyn Folder> = releases.iter().map(|release| release as &dyn Folder).collect();
    let TrustedSigners { signers, keyring, .. } = trusted.signers(1);
    log::audit(Request {
        folder: &folder,
        signers,
        dataset: keyring.map(TrustedKeyring::dataset),
        witnesses: &args.witness,
        witnesses_needed: args.witnesses,
        releases: &releases,
    })
}

/// The releases in a folder, by their names.
fn releases(folder: &Path) -> Result<Vec<DiskFolder>> {
    let names = io::folders_in(folder)?;
    let paths = names.iter().filter(|name| !name.starts_with('.')).map(|name| folder.join(name));
    paths.filter(|path| io::exists(&path.join(layout::RELEASE_INFO))).map(DiskFolder::open).collect()
}

/// The folder in which another one stands.
fn holder(folder: &Path) -> PathBuf {
    match (folder.parent(), folder.file_name()) {
        (Some(parent), Some(_)) if parent == Path::new("") => PathBuf::from("."),
        (Some(parent), Some(_)) => parent.to_owned(),
        _ => folder.join(".."),
    }
}
