//! `affiant verify`

use std::path::Path;

use super::progress::Bar;
use super::terminal::Terminal;
use super::{Verdict, clock, copies, memory, texts_folder};
use crate::cli::{ReportFormat, Verify};
use crate::error::{Error, Result};
use crate::finding::{Findings, Outcome};
use crate::format::allowed_signers::AllowedSigners;
use crate::format::layout;
use crate::io::{self, DiskFolder};
use crate::model::kind::RecordKind;
use crate::model::release_info::ReleaseInfo;
use crate::model::seen::Seen;
use crate::render::{json, text, verdict};
use crate::stage::folder::Folder;
use crate::stage::log::Log;
use crate::stage::verify::{self, Extent, Freshness, History, Request, TrustedSigners, VerifiedHead};

/// Largest trust file, in bytes.
const MAX_TRUST_BYTES: u64 = 16 << 20;

/// Largest release.json, in bytes.
const MAX_INFO_BYTES: u64 = 256 << 20;

pub fn run(args: Verify, terminal: &mut Terminal) -> Result<Verdict> {
    let signers = trust_file(&args.trust.trust)?;
    let folder = DiskFolder::open(&args.release)?;
    let folder_name = folder.name()?;
    let memory_folder = memory::folder(&args.memory);
    let seen = match (&memory_folder, dataset(&folder)) {
        (Some(memory), Some(info)) => memory::recall(memory, &info.dataset)?,
        _ => None,
    };
    let log = log(&args, seen.as_ref())?;
    let kinds: Vec<RecordKind> = args.only.iter().copied().map(RecordKind::from).collect();
    let texts = texts_folder(args.texts.as_deref())?;
    let bar = Bar::new();
    let request = Request {
        folder: &folder,
        folder_name: Some(&folder_name),
        trust: TrustedSigners { signers: &signers, threshold: Some(args.trust.threshold) },
        history: History {
            seen: seen.as_ref(),
            log: log.as_ref(),
            witnesses: &args.trust.witness,
            witnesses_needed: args.trust.witnesses,
            at: Some(clock::moment(args.trust.at)),
        },
        extent: if kinds.is_empty() { Extent::Whole } else { Extent::Records(&kinds) },
        copies: copies(texts.as_ref())?,
        progress: &bar,
    };
    let report = if kinds.is_empty() { whole(request)? } else { part(request)? };
    drop(bar);
    if let (Some(memory), Some(seen)) = (&memory_folder, &report.seen) {
        memory::keep(memory, seen)?;
    }
    let limit = if args.findings.format == ReportFormat::Text { args.findings.max_findings } else { 0 };
    match args.findings.format {
        ReportFormat::Text => {
            terminal.print(&text::findings(&report.findings, limit))?;
            terminal.print(&report.words)?;
        }
        ReportFormat::Json => terminal.print(&json::report(&report.findings, limit, report.facts))?,
        ReportFormat::Jsonl => terminal.print(&json::lines(&report.findings, limit))?,
    }
    let is_fresh_enough = !report.is_stale || args.trust.allow_stale;
    Ok(if report.seen.is_some() && is_fresh_enough { Verdict::Good } else { Verdict::Bad })
}

/// What is to be said, and what is to be remembered if everything held.
struct Report {
    findings: Findings,
    words: String,
    facts: serde_json::Value,
    seen: Option<Seen>,
    is_stale: bool,
}

impl Report {
    fn new(findings: Findings, words: String, facts: serde_json::Value, head: Option<&VerifiedHead>) -> Self {
        let is_stale = head.is_some_and(|head| matches!(head.freshness(), Freshness::Stale(_)));
        Self { findings, words, facts, seen: head.map(|head| head.seen().clone()), is_stale }
    }
}

fn whole(request: Request) -> Result<Report> {
    let Outcome { value, findings } = verify::verify(request)?;
    let words = value.as_ref().map_or_else(|| verdict::refused(&findings), verdict::verified);
    let facts = json::verdict(value.as_ref());
    Ok(Report::new(findings, words, facts, value.as_ref().map(verify::VerifiedRelease::head)))
}

fn part(request: Request) -> Result<Report> {
    let Outcome { value, findings } = verify::verify_part(request)?;
    let words = value.as_ref().map_or_else(|| verdict::refused(&findings), verdict::verified_part);
    let facts = json::part_verdict(value.as_ref());
    let mut report = Report::new(findings, words, facts, value.as_ref().map(verify::VerifiedPart::head));
    if report.seen.is_none() {
        report.is_stale = false;
    }
    Ok(report)
}

/// What the release says about itself, before anything was verified: which memory to look into.
fn dataset(folder: &DiskFolder) -> Option<ReleaseInfo> {
    serde_json::from_slice(&folder.read(layout::RELEASE_INFO, MAX_INFO_BYTES).ok()?).ok()
}

/// The log that was given; or, where something was seen before, the one beside the release.
fn log(args: &Verify, seen: Option<&Seen>) -> Result<Option<Log>> {
    if let Some(folder) = &args.trust.log {
        let outcome = Log::read(&DiskFolder::open(folder)?)?;
        let damaged = || {
            let findings = text::findings(&outcome.findings, 20);
            Error::Refused(format!("{}: the log is damaged\n{findings}", folder.display()))
        };
        return outcome.value.map(Some).ok_or_else(damaged);
    }
    let beside = io::beside(&args.release, layout::LOG);
    if seen.is_none() || !io::exists(&beside.join("checkpoint")) {
        return Ok(None);
    }
    Ok(Log::read(&DiskFolder::open(beside)?)?.value)
}

/// Reads an allowed_signers file.
pub fn trust_file(path: &Path) -> Result<AllowedSigners> {
    let unusable = |message: String| Error::Key { path: path.display().to_string(), message };
    let bytes = io::read(path, MAX_TRUST_BYTES)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unusable("not UTF-8".to_owned()))?;
    AllowedSigners::parse(text).map_err(|error| unusable(error.to_string()))
}
