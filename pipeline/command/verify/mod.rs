//! `affiant verify`: of a release, whole or in part, of a receipt, or of a disclosure.

mod disclosure;
mod receipt;
mod release;

use std::path::Path;

use super::terminal::Terminal;
use super::trust::Trusted;
use super::{Verdict, clock, memory};
use crate::cli::{ReportFormat, TrustArgs, Verify};
use crate::error::{Error, Result};
use crate::finding::Findings;
use crate::format::allowed_signers::AllowedSigners;
use crate::format::{compact_receipt, disclosure as disclosure_format, layout};
use crate::io::{self, DiskFolder, Scratchpad};
use crate::model::id::Id;
use crate::model::seen::Seen;
use crate::render::{json, text, verdict};
use crate::stage::folder::{Folder, Progress};
use crate::stage::log::{self, Log, StoredLog};
use crate::stage::verify::{Extent, Freshness, History, Request, TrustedSigners, VerifiedHead};

/// Largest trust file, in bytes.
const MAX_TRUST_BYTES: u64 = 16 << 20;

pub fn run(args: Verify, terminal: &mut Terminal) -> Result<Verdict> {
    let memory = memory::folder(&args.memory);
    let TrustArgs { trust, keyring, threshold, .. } = &args.trust;
    let found = Trusted::find(trust, keyring.as_deref(), *threshold, memory.as_deref())?;
    let report = match found.value {
        Some(trusted) => verify(&args, &trusted)?,
        None => Report::refused(found.findings),
    };
    if let (Some(memory), Some(seen)) = (memory, &report.seen) {
        match memory::keep(&memory, seen) {
            // Nobody asked for this folder, and a reader without one can verify all the same.
            Err(Error::Io { path, source }) if args.memory.state.is_none() => {
                terminal.say(&format!("{path}: {source}; this release will not be remembered\n"));
            }
            kept => kept?,
        }
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
    Ok(if report.is_good { Verdict::Good } else { Verdict::Bad })
}

fn verify(args: &Verify, trusted: &Trusted) -> Result<Report> {
    match io::first_bytes(&args.release, disclosure_format::PREFIX.len())? {
        Some(start) if start.starts_with(disclosure_format::PREFIX.as_bytes()) => disclosure::verify(args, trusted),
        Some(start) if start.starts_with(b"{") => receipt::whole(args, trusted),
        Some(start) if start.starts_with(compact_receipt::PREFIX.as_bytes()) => receipt::compact(args, trusted),
        _ => release::verify(args, trusted),
    }
}

/// What is to be said, and what is to be remembered.
struct Report {
    findings: Findings,
    words: String,
    facts: serde_json::Value,
    /// What the reader is to remember: only what passed every check.
    seen: Option<Seen>,
    is_good: bool,
}

impl Report {
    /// The keyrings are not to be relied on, so that nothing else was looked at.
    fn refused(findings: Findings) -> Self {
        let facts = json::verdict(None);
        Self { words: verdict::refused(&findings), facts, findings, seen: None, is_good: false }
    }
}

/// Whether a release is fresh enough for the reader.
fn is_fresh_enough(head: &VerifiedHead, trust: &TrustArgs) -> bool {
    trust.allow_stale || !matches!(head.freshness(), Freshness::Stale(_))
}

/// What the reader brings to every verification of one run.
struct Reader<'a> {
    trust: &'a TrustArgs,
    trusted: &'a Trusted,
    seen: Option<Seen>,
    log: Option<Log>,
}

impl<'a> Reader<'a> {
    /// Looks up what was seen of `dataset`, and the log where it is needed.
    fn new(args: &'a Verify, trusted: &'a Trusted, dataset: Option<&Id>) -> Result<Self> {
        let seen = match (memory::folder(&args.memory), dataset) {
            (Some(memory), Some(dataset)) => memory::recall(&memory, dataset)?,
            _ => None,
        };
        let log = log_at_hand(args, seen.as_ref())?;
        Ok(Self { trust: &args.trust, trusted, seen, log })
    }

    fn request<'r>(&'r self, folder: &'r dyn Folder, progress: &'r dyn Progress) -> Request<'r> {
        Request {
            folder,
            folder_name: None,
            trust: self.signers(),
            history: History {
                seen: self.seen.as_ref(),
                log: self.log.as_ref(),
                witnesses: &self.trust.witness,
                witnesses_needed: self.trust.witnesses,
                at: Some(clock::moment(self.trust.at)),
            },
            previous: None,
            extent: Extent::Whole,
            copies: None,
            scratch: &Scratchpad,
            progress,
        }
    }

    fn signers(&self) -> TrustedSigners<'_> {
        self.trusted.signers(self.trust.threshold)
    }
}

/// The log that was given; or, where something was seen before, the one beside the release.
fn log_at_hand(args: &Verify, seen: Option<&Seen>) -> Result<Option<Log>> {
    if let Some(folder) = &args.trust.log {
        let outcome = log::read(&DiskFolder::open(folder)?)?;
        let damaged = || {
            let findings = text::in_words(&outcome.findings);
            Error::Refused(format!("{}: the log is damaged: {findings}", folder.display()))
        };
        return outcome.value.map(|stored| Some(stored.into_log())).ok_or_else(damaged);
    }
    let beside = io::beside(&args.release, layout::LOG);
    if seen.is_none() || !io::exists(&beside.join("checkpoint")) {
        return Ok(None);
    }
    Ok(log::read(&DiskFolder::open(beside)?)?.value.map(StoredLog::into_log))
}

/// Reads an allowed_signers file.
pub fn trust_file(path: &Path) -> Result<AllowedSigners> {
    let unusable = |message: String| Error::Key { path: path.display().to_string(), message };
    let bytes = io::read(path, MAX_TRUST_BYTES)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unusable("not UTF-8".to_owned()))?;
    AllowedSigners::parse(text).map_err(|error| unusable(error.to_string()))
}
