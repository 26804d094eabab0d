//! `affiant check`

use serde_json::Value;

use super::progress::Bar;
use super::terminal::Terminal;
use super::{Verdict, copies, operand, texts_folder};
use crate::cli::{Check, FindingArgs, ReportFormat};
use crate::error::Result;
use crate::finding::Findings;
use crate::io::Scratchpad;
use crate::render::{json, text, verdict};
use crate::stage::check::{self, Request, Spelling};

pub fn run(args: Check, terminal: &mut Terminal) -> Result<Verdict> {
    let dataset = operand::open(&args.dataset.dataset)?;
    let texts = texts_folder(args.dataset.texts.as_deref())?;
    let bar = Bar::new();
    let request = Request {
        folder: &*dataset.release.folder,
        copies: copies(texts.as_ref())?,
        spelling: Spelling::Free,
        scratch: &Scratchpad,
        progress: &bar,
    };
    let outcome = check::review(request)?;
    drop(bar);
    let summary = outcome.value.as_ref().map_or_else(String::new, verdict::checked);
    let facts = json::checked(outcome.value.as_ref());
    report(&outcome.findings, &args.findings, &summary, facts, terminal)
}

/// Prints findings in the form asked for, with the summary behind them: words for people, facts for machines.
pub fn report(
    findings: &Findings,
    args: &FindingArgs,
    summary: &str,
    facts: Value,
    terminal: &mut Terminal,
) -> Result<Verdict> {
    // Machines get everything that was kept.
    let limit = if args.format == ReportFormat::Text { args.max_findings } else { 0 };
    match args.format {
        ReportFormat::Text => {
            terminal.print(&text::findings(findings, limit))?;
            terminal.print(summary)?;
            terminal.print(&verdict::totals(findings))?;
        }
        ReportFormat::Json => terminal.print(&json::report(findings, limit, facts))?,
        ReportFormat::Jsonl => terminal.print(&json::lines(findings, limit))?,
    }
    Ok(if findings.has_errors() { Verdict::Bad } else { Verdict::Good })
}
