//! What `check`, `release` and `verify` say in the end.

use std::fmt::Write;

use super::text::{ERROR, GOOD, STRONG, Thousands, WARNING, counted, plain, styled};
use crate::finding::{Findings, Severity};
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, ReleaseInfo};
use crate::model::status::Status;
use crate::stage::catalog::Catalog;
use crate::stage::check::Checked;
use crate::stage::hash::{Hashed, TextState};
use crate::stage::verify::VerifiedRelease;

/// What was checked, and what could not be.
pub fn checked(checked: &Checked) -> String {
    let catalog = checked.catalog();
    let counts = [
        counted(checked.graph().len() as u64, "claim"),
        counted(catalog.sources.records().count() as u64, "source"),
        counted(catalog.agents.records().count() as u64, "agent"),
        counted(catalog.events.records().count() as u64, "event"),
    ];
    let mut text = line("RECORDS", &format!("{}: all valid", counts.join(", ")), true);
    text.push_str(&anchors(checked.anchors()));
    let total = |status: Status| checked.statuses().iter().filter(|&&other| other == status).count() as u64;
    let statuses = [
        Status::Asserted,
        Status::Corroborated,
        Status::Disputed,
        Status::Inconsistent,
        Status::Superseded,
        Status::Retracted,
    ];
    let statuses: Vec<String> = statuses
        .into_iter()
        .filter(|&status| total(status) > 0)
        .map(|status| format!("{} {}", Thousands(total(status)), status.word()))
        .collect();
    if !statuses.is_empty() {
        text.push_str(&line("STATUS", &statuses.join(", "), true));
    }
    text
}

fn line(part: &str, words: &str, good: bool) -> String {
    format!("{} {words}\n", styled(if good { GOOD } else { WARNING }, &format!("{part:<10}")))
}

fn anchors(tally: AnchorTally) -> String {
    let checked = format!("{} checked against their bytes", Thousands(tally.checked));
    if tally.not_checked == 0 {
        return line("ANCHORS", &checked, true);
    }
    let missing = format!(
        "{} not checked: their texts are not at hand (bring copies with --texts DIR)",
        Thousands(tally.not_checked)
    );
    line("ANCHORS", &format!("{checked}, {missing}"), false)
}

/// How each capture stands to its text, a line each.
pub fn captures(catalog: &Catalog, hashed: &[Hashed]) -> String {
    let mut text = String::new();
    for Hashed { capture, state } in hashed {
        let (style, word) = match state {
            TextState::Holds => (GOOD, "holds"),
            TextState::Changed => (ERROR, "changed"),
            TextState::NotAtHand => (WARNING, "not checked"),
        };
        let recorded = catalog.capture(capture).map_or_else(String::new, |(_, capture)| capture.sha256.to_string());
        _ = writeln!(text, "{} {recorded}  {capture}", styled(style, &format!("{word:<12}")));
    }
    text
}

/// How many problems there are, in one line.
pub fn totals(findings: &Findings) -> String {
    let (errors, warnings) = (findings.count(Severity::Error), findings.count(Severity::Warning));
    let words = match (errors, warnings) {
        (0, 0) => return styled(GOOD, "ok") + ": no problem found\n",
        (0, _) => format!("{}: {}", styled(GOOD, "ok"), counted(warnings, "warning")),
        (_, 0) => format!("{}: {}", styled(ERROR, "failed"), counted(errors, "error")),
        _ => format!("{}: {}, {}", styled(ERROR, "failed"), counted(errors, "error"), counted(warnings, "warning")),
    };
    words + "\n"
}

/// A release that was just made.
pub fn released(info: &ReleaseInfo, path: &str) -> String {
    let count = |kind| info.records.get(&kind).map_or(0, |tree| tree.count);
    format!(
        "{} {} {} (seq {}, {}): {} in {}\n",
        styled(GOOD, "released"),
        info.dataset,
        info.version,
        info.seq,
        info.date,
        counted(count(RecordKind::Claim), "claim"),
        plain(path)
    )
}

/// The parts of a verdict on a release that passed.
pub fn verified(release: &VerifiedRelease) -> String {
    let info = release.info();
    let mut text =
        format!("{} {} (seq {}, {})\n", styled(STRONG, &info.dataset.to_string()), info.version, info.seq, info.date);
    let signers: Vec<String> =
        release.signers().iter().map(|s| format!("{} with {}", plain(&s.principal), s.fingerprint)).collect();
    let keys = format!("{} of {} needed", signers.len(), counted(release.threshold().into(), "key"));
    text.push_str(&line("AUTHENTIC", &format!("signed by {} ({keys})", signers.join(", ")), true));
    let size = format!(
        "{}, {}, all as signed",
        counted(release.manifest().len() as u64, "file"),
        counted(release.bytes(), "byte")
    );
    text.push_str(&line("COMPLETE", &size, true));
    let count = |kind: RecordKind| counted(info.records.get(&kind).map_or(0, |tree| tree.count), kind.word());
    let kinds = [RecordKind::Claim, RecordKind::Source, RecordKind::Agent, RecordKind::Event].map(count);
    text.push_str(&line("RECORDS", &format!("{}: canonical, valid, roots agree", kinds.join(", ")), true));
    text.push_str(&anchors(release.anchors()));
    text.push_str(&line("FRESH", "not checked: the draft format sets no term", false));
    text.push_str(&line("LOGGED", "not checked: the draft format has no log", false));
    _ = writeln!(text, "{}", styled(GOOD, "verified"));
    text
}

/// The verdict on a release that did not pass.
pub fn refused(findings: &Findings) -> String {
    let errors = counted(findings.count(Severity::Error), "error");
    format!("{}: {errors}; nothing in this release is to be relied on\n", styled(ERROR, "REFUSED"))
}
