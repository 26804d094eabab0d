//! A disclosure of a sealed text.

use super::{Reader, Report};
use crate::cli::Verify;
use crate::command::progress::Bar;
use crate::command::trust::Trusted;
use crate::error::Result;
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::disclosure::{self as format, Disclosure};
use crate::io;
use crate::render::{disclosure as render, verdict};
use crate::stage::disclose;
use crate::stage::receipt::ReceiptFolder;

pub(super) fn verify(args: &Verify, trusted: &Trusted) -> Result<Report> {
    let name = args.release.display().to_string();
    let disclosure = match Disclosure::parse(&io::read(&args.release, format::MAX_BYTES as u64)?) {
        Ok(disclosure) => disclosure,
        Err(error) => {
            let finding = Finding::of_file(Code::DisclosureMalformed, name, error.to_string());
            return Ok(refused([finding].into_iter().collect()));
        }
    };
    // Words may be disclosed from an old release, so that what was seen before is not asked.
    let reader = Reader { trust: &args.trust, trusted, seen: None, log: None };
    let bar = Bar::new();
    let folder = ReceiptFolder::new(&disclosure.receipt, &name);
    let Outcome { value, findings } = disclose::verify(&disclosure, reader.request(&folder, &bar))?;
    let Some(verified) = value else { return Ok(refused(findings)) };
    let (words, facts) = (render::verified(&verified), render::facts(&verified));
    Ok(Report { words, facts, findings, seen: None, is_good: true })
}

fn refused(findings: Findings) -> Report {
    Report { words: verdict::refused(&findings), facts: render::refused(), findings, seen: None, is_good: false }
}
