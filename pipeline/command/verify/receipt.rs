//! A receipt, whole or compact; and what became of its claim in a newer release.

use super::{Reader, Report};
use crate::cli::Verify;
use crate::command::progress::Bar;
use crate::command::trust::Trusted;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::compact_receipt::CompactReceipt;
use crate::format::receipt::{self as format, Receipt};
use crate::io::{self, ReleaseFolder};
use crate::model::id::Id;
use crate::render::{receipt as render, verdict};
use crate::stage::receipt::ReceiptFolder;
use crate::stage::verify::VerifiedHead;
use crate::stage::{compact_receipt, receipt};

pub(super) fn whole(args: &Verify, trusted: &Trusted) -> Result<Report> {
    let name = args.release.display().to_string();
    let read = Receipt::parse(&io::read(&args.release, format::MAX_BYTES)?);
    let receipt = match read {
        Ok(receipt) => receipt,
        Err(error) => return Ok(unreadable(&name, error.to_string())),
    };
    // A receipt of an old release is no rollback, so that what was seen before is not asked.
    let reader = Reader { trust: &args.trust, trusted, seen: None, log: None };
    let bar = Bar::new();
    let folder = ReceiptFolder::new(&receipt, &name);
    let Outcome { value, mut findings } = receipt::verify(&receipt, reader.request(&folder, &bar))?;
    let Some(verified) = value else { return Ok(refused(findings)) };
    let info = verified.head().info();
    let told = Told { dataset: &info.dataset, seq: info.seq, claim: &verified.claim().id, line: verified.line() };
    let sequel = sequel(args, trusted, told, &mut findings)?;
    if findings.has_errors() {
        return Ok(refused(findings));
    }
    Ok(Report {
        words: render::verified(&verified, sequel.as_ref()),
        facts: render::facts(&verified, sequel.as_ref()),
        findings,
        seen: None,
        is_good: true,
    })
}

pub(super) fn compact(args: &Verify, trusted: &Trusted) -> Result<Report> {
    let name = args.release.display().to_string();
    let text = String::from_utf8(io::read(&args.release, format::MAX_BYTES)?).unwrap_or_default();
    let receipt = match CompactReceipt::parse(text.trim_end_matches('\n')) {
        Ok(receipt) => receipt,
        Err(error) => return Ok(unreadable(&name, error.to_string())),
    };
    let reader = Reader { trust: &args.trust, trusted, seen: None, log: None };
    let Outcome { value, mut findings } = compact_receipt::verify(&receipt, &name, reader.signers());
    let Some(verified) = value else { return Ok(refused(findings)) };
    let release = verified.release();
    let told = Told { dataset: &release.dataset, seq: release.seq, claim: &verified.claim().id, line: verified.line() };
    let sequel = sequel(args, trusted, told, &mut findings)?;
    if findings.has_errors() {
        return Ok(refused(findings));
    }
    Ok(Report {
        words: render::verified_compact(&verified, sequel.as_ref()),
        facts: render::compact_facts(&verified, sequel.as_ref()),
        findings,
        seen: None,
        is_good: true,
    })
}

fn refused(findings: Findings) -> Report {
    let facts = serde_json::json!({ "format": "affiant-receipt-verdict-1", "verdict": "refused" });
    Report { words: verdict::refused(&findings), facts, findings, seen: None, is_good: false }
}

fn unreadable(name: &str, message: String) -> Report {
    let mut findings = Findings::default();
    findings.push(Finding::of_file(Code::ReceiptMalformed, name, message));
    refused(findings)
}

/// What a receipt tells: a claim's canonical line, as a release of this number has it.
struct Told<'a> {
    dataset: &'a Id,
    seq: u64,
    claim: &'a Id,
    line: &'a str,
}

/// What became of the claim in the release given with `--newer`, which must not be an older one.
fn sequel(
    args: &Verify,
    trusted: &Trusted,
    told: Told,
    findings: &mut Findings,
) -> Result<Option<(VerifiedHead, receipt::Sequel)>> {
    let Told { dataset, seq, claim: id, line } = told;
    let Some(path) = &args.newer else { return Ok(None) };
    let ReleaseFolder { folder, .. } = io::open_release(path)?;
    let (newer, name) = (receipt::make(&*folder, id)?, path.display().to_string());
    let reader = Reader { trust: &args.trust, trusted, seen: None, log: None };
    let bar = Bar::new();
    let folder = ReceiptFolder::new(&newer, &name);
    let found = receipt::sequel(id, line, &newer, reader.request(&folder, &bar))?;
    if found.value.is_none() && !found.findings.has_errors() {
        return Err(Error::Refused(format!("{} is no release that holds {id}", path.display())));
    }
    if let Some((head, _)) = &found.value {
        let info = head.info();
        if info.dataset != *dataset {
            let message =
                format!("--newer {}: a release of {}, and the receipt is of {dataset}", path.display(), info.dataset);
            return Err(Error::Usage(message));
        }
        if info.seq < seq {
            let message =
                format!("--newer {}: seq {} came before the receipt's, which is seq {seq}", path.display(), info.seq);
            return Err(Error::Usage(message));
        }
    }
    findings.append(found.findings);
    Ok(found.value)
}
