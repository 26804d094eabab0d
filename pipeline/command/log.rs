//! `affiant log`

use std::path::{Path, PathBuf};

use super::Verdict;
use super::terminal::Terminal;
use super::verify::trust_file;
use crate::cli::{Log, ReportFormat};
use crate::error::Result;
use crate::format::layout;
use crate::io::{self, DiskFolder};
use crate::render::{self, json, text};
use crate::stage::folder::Folder;
use crate::stage::log::{self, Request};

pub fn run(args: Log, terminal: &mut Terminal) -> Result<Verdict> {
    let signers = trust_file(&args.trust)?;
    let folder = DiskFolder::open(&args.log)?;
    let releases = releases(&args.releases.unwrap_or_else(|| holder(&args.log)))?;
    let releases: Vec<&dyn Folder> = releases.iter().map(|release| release as &dyn Folder).collect();
    let outcome = log::audit(Request {
        folder: &folder,
        signers: &signers,
        witnesses: &args.witness,
        witnesses_needed: args.witnesses,
        releases: &releases,
    })?;
    let log = outcome.value.as_ref();
    let limit = if args.findings.format == ReportFormat::Text { args.findings.max_findings } else { 0 };
    match args.findings.format {
        ReportFormat::Text => {
            terminal.print(&text::findings(&outcome.findings, limit))?;
            terminal.print(&log.map_or_else(|| render::log::refused(&outcome.findings), render::log::audited))?;
        }
        ReportFormat::Json => terminal.print(&json::report(&outcome.findings, limit, render::log::facts(log)))?,
        ReportFormat::Jsonl => terminal.print(&json::lines(&outcome.findings, limit))?,
    }
    Ok(if log.is_some() { Verdict::Good } else { Verdict::Bad })
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
