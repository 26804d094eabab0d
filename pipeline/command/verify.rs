//! `affiant verify`

use std::path::Path;

use super::progress::Bar;
use super::terminal::Terminal;
use super::{Verdict, copies, texts_folder};
use crate::cli::{ReportFormat, Verify};
use crate::error::{Error, Result};
use crate::format::allowed_signers::AllowedSigners;
use crate::io::{self, DiskFolder};
use crate::render::{json, text, verdict};
use crate::stage::verify::{self, Request, TrustedSigners};

/// Largest trust file, in bytes.
const MAX_TRUST_BYTES: u64 = 16 << 20;

pub fn run(args: Verify, terminal: &mut Terminal) -> Result<Verdict> {
    let signers = trust_file(&args.trust)?;
    let folder = DiskFolder::open(&args.release)?;
    let folder_name = folder.name()?;
    let texts = texts_folder(args.texts.as_deref())?;
    let bar = Bar::new();
    let outcome = verify::verify(Request {
        folder: &folder,
        folder_name: &folder_name,
        trust: TrustedSigners { signers: &signers, threshold: args.threshold },
        copies: copies(texts.as_ref())?,
        progress: &bar,
    })?;
    drop(bar);
    let release = outcome.value.as_ref();
    let limit = if args.findings.format == ReportFormat::Text { args.findings.max_findings } else { 0 };
    match args.findings.format {
        ReportFormat::Text => {
            terminal.print(&text::findings(&outcome.findings, limit))?;
            terminal.print(&release.map_or_else(|| verdict::refused(&outcome.findings), verdict::verified))?;
        }
        ReportFormat::Json => terminal.print(&json::report(&outcome.findings, limit, json::verdict(release)))?,
        ReportFormat::Jsonl => terminal.print(&json::lines(&outcome.findings, limit))?,
    }
    Ok(if release.is_some() { Verdict::Good } else { Verdict::Bad })
}

/// Reads an allowed_signers file.
pub fn trust_file(path: &Path) -> Result<AllowedSigners> {
    let unusable = |message: String| Error::Key { path: path.display().to_string(), message };
    let bytes = io::read(path, MAX_TRUST_BYTES)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unusable("not UTF-8".to_owned()))?;
    AllowedSigners::parse(text).map_err(|error| unusable(error.to_string()))
}
