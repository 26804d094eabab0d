//! What `check`, `release` and `verify` say in the end.

use std::fmt::Write;

use super::text::{ERROR, GOOD, STRONG, Thousands, WARNING, counted, plain, styled};
use crate::finding::{Findings, Severity};
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, ReleaseInfo};
use crate::model::status::{Status, StatusCounts};
use crate::stage::catalog::Catalog;
use crate::stage::check::Checked;
use crate::stage::hash::{self, TextState};
use crate::stage::parcel::Parcel;
use crate::stage::verify::{Freshness, Told, Uncounted, VerifiedHead, VerifiedPart, VerifiedRelease};

/// What was checked, and what could not be.
pub fn checked(checked: &Checked) -> String {
    let catalog = checked.catalog();
    let counts = [
        counted(checked.graph().len() as u64, "claim"),
        counted(catalog.sources.gists().count() as u64, "source"),
        counted(catalog.agents.gists().count() as u64, "agent"),
        counted(catalog.events.gists().count() as u64, "event"),
    ];
    let mut text = line("RECORDS", &format!("{}: all valid", counts.join(", ")), true);
    text.push_str(&anchors(checked.anchors()));
    let counts: StatusCounts = checked.statuses().iter().copied().collect();
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
        .filter(|&status| counts.of(status) > 0)
        .map(|status| format!("{} {}", Thousands(counts.of(status)), status.word()))
        .collect();
    if !statuses.is_empty() {
        text.push_str(&line("STATUS", &statuses.join(", "), true));
    }
    let accepted = checked.rulebook().dataset().accepted.len() as u64;
    if accepted > 0 {
        let warnings = counted(accepted, "warning");
        text.push_str(&line("ACCEPTED", &format!("{warnings}, with the reason of each in dataset.json"), true));
    }
    text
}

pub(super) fn line(part: &str, words: &str, good: bool) -> String {
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
pub fn captures(catalog: &Catalog, states: &[TextState]) -> String {
    let mut text = String::new();
    for ((source, capture), state) in hash::captures(catalog).zip(states) {
        let (style, word) = match state {
            TextState::Holds => (GOOD, "holds"),
            TextState::Changed => (ERROR, "changed"),
            TextState::NotAtHand => (WARNING, "not checked"),
        };
        let (recorded, capture) = (capture.sha256, source.capture_id(capture));
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
    let mut text = format!(
        "{} {} {} (seq {}, {}): {} in {}\n",
        styled(GOOD, "released"),
        info.dataset,
        info.version,
        info.seq,
        info.date,
        counted(count(RecordKind::Claim), "claim"),
        plain(path)
    );
    if info.threshold > 1 {
        let signers = counted(info.threshold.into(), "signer");
        _ = writeln!(text, "signed by 1 of {signers} needed; the others run `affiant sign {}`", plain(path));
    }
    text
}

/// A release that has one more signer.
pub fn cosigned(info: &ReleaseInfo, fingerprint: &str, signed: u64) -> String {
    format!(
        "{} {} {} (seq {}) with {fingerprint}: {} now, {} needed\n",
        styled(GOOD, "signed"),
        info.dataset,
        info.version,
        info.seq,
        counted(signed, "signer"),
        info.threshold
    )
}

/// A release was packed into a file of so many bytes.
pub fn packed(parcel: &Parcel, path: &str, bytes: u64) -> String {
    let (files, unpacked) = parcel.size();
    let words = styled(GOOD, "packed");
    let (name, files) = (parcel.name(), counted(files, "file"));
    format!("{words} {name}: {files}, {} bytes, as {} in {}\n", Thousands(unpacked), Thousands(bytes), plain(path))
}

/// The parts of a verdict on a release that passed.
pub fn verified(release: &VerifiedRelease) -> String {
    let mut text = authentic(release.head());
    let size = format!(
        "{}, {}, all as signed",
        counted(release.manifest().len() as u64, "file"),
        counted(release.bytes(), "byte")
    );
    text.push_str(&line("COMPLETE", &size, true));
    let kinds = [RecordKind::Claim, RecordKind::Source, RecordKind::Agent, RecordKind::Event];
    text.push_str(&line(
        "RECORDS",
        &format!("{}: canonical, valid, roots agree", counts(release.info(), &kinds)),
        true,
    ));
    text.push_str(&anchors(release.anchors()));
    text.push_str(&told(release));
    text.push_str(&standing(release.head()));
    text.push_str(&last_word(release.head(), "verified"));
    text
}

/// What was checked of the changelog.
fn told(release: &VerifiedRelease) -> String {
    let before = release.info().previous.as_ref().map_or_else(String::new, |before| before.version.to_string());
    let (words, is_good) = match (release.told(), &release.info().previous) {
        (Told::Nothing, None) => ("this is the first release".to_owned(), true),
        (Told::Nothing, Some(_)) => (format!("not checked: releases of this format say nothing of {before}"), false),
        (Told::Stated(count), _) => {
            let count = counted(count, "change");
            (format!("not replayed: {count} stated since {before}; give that release with --from"), false)
        }
        (Told::Replayed(count), _) => (
            format!("replayed: {before} and {} give this release, and no others were made", counted(count, "change")),
            true,
        ),
    };
    let allowed = release.info().changes.as_ref().map(|changes| changes.allowed.as_slice()).unwrap_or_default();
    let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    let text = line("CHANGES", &words, is_good);
    if allowed.is_empty() { text } else { text + &line("", &format!("allowed by name: {}", allowed.join(", ")), false) }
}

/// The same for a release of which a part is at hand.
pub fn verified_part(part: &VerifiedPart) -> String {
    let mut text = authentic(part.head());
    let mut missing = part.not_checked().to_vec();
    missing.truncate(8);
    let more = part.not_checked().len() - missing.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let words = match part.not_checked().len() {
        0 => "every file is here, and as signed".to_owned(),
        _ => format!("not checked, not here: {}{more}", plain(&missing.join(", "))),
    };
    text.push_str(&line("COMPLETE", &words, part.not_checked().is_empty()));
    if !part.records().is_empty() {
        let counts = counts(part.head().info(), part.records());
        let words = format!("{counts}: canonical, each valid by itself, roots agree");
        text.push_str(&line("RECORDS", &words, true));
    }
    let unasked = "not checked: neither anchors, nor what one record says of another";
    text.push_str(&line("ANCHORS", unasked, false));
    text.push_str(&standing(part.head()));
    text.push_str(&last_word(part.head(), "verified in part"));
    text
}

fn counts(info: &ReleaseInfo, kinds: &[RecordKind]) -> String {
    let count = |kind: &RecordKind| counted(info.records.get(kind).map_or(0, |tree| tree.count), kind.word());
    kinds.iter().map(count).collect::<Vec<_>>().join(", ")
}

/// Which release it is, and who answers for it.
pub fn authentic(head: &VerifiedHead) -> String {
    let info = head.info();
    let name = styled(STRONG, &info.dataset.to_string());
    let mut text = format!("{name} {} (seq {}, {})\n", info.version, info.seq, info.date);
    let signers: Vec<String> =
        head.signers().iter().map(|s| format!("{} with {}", plain(&s.principal), s.fingerprint)).collect();
    let keys = format!("{} of {} needed", signers.len(), counted(head.threshold().into(), "key"));
    text.push_str(&line("AUTHENTIC", &format!("signed by {} ({keys})", signers.join(", ")), true));
    for Uncounted { fingerprint, why } in head.uncounted() {
        text.push_str(&line("", &format!("also signed with {fingerprint}, not counted: {why}"), false));
    }
    text
}

/// Whether it may pass for the newest, and how it stands in its log and to what the reader saw before.
pub fn standing(head: &VerifiedHead) -> String {
    let before = match head.logged().follows {
        None => "nothing was seen before".to_owned(),
        Some(seen) if seen == head.info().seq => "the release that was seen before".to_owned(),
        Some(seen) => format!("the same history as when seq {seen} was seen"),
    };
    stands(head, &before)
}

/// The same of what may be of any release, old or new: a receipt, a disclosure.
pub fn standing_alone(head: &VerifiedHead) -> String {
    stands(head, "not checked: whether it follows what was seen before")
}

fn stands(head: &VerifiedHead, before: &str) -> String {
    let mut text = match head.freshness() {
        Freshness::Fresh(until) => line("FRESH", &format!("may pass for the newest release until {until}"), true),
        Freshness::Stale(until) => {
            line("STALE", &format!("a newer release was due by {until}: look for it before relying on this one"), false)
        }
        Freshness::NoTerm => line("FRESH", "not checked: the release sets no term", false),
        Freshness::NotChecked(until) => line("FRESH", &format!("not checked: its term is {until}"), false),
    };
    let logged = head.logged();
    let entry = head.info().seq;
    let words = format!("entry {entry} of {} in {}; {before}", logged.size, plain(&logged.origin));
    text.push_str(&line("LOGGED", &words, true));
    let witnesses: Vec<String> = logged.witnesses.iter().map(|(name, _)| plain(name)).collect();
    text.push_str(&match witnesses.len() {
        0 => line("", "no witness: that other readers are shown another log is not excluded", false),
        _ => line("", &format!("witnessed by {}", witnesses.join(", ")), true),
    });
    text
}

fn last_word(head: &VerifiedHead, good: &str) -> String {
    match head.freshness() {
        Freshness::Stale(_) => {
            format!("{}: authentic, but no longer the newest by its own word\n", styled(WARNING, "STALE"))
        }
        _ => format!("{}\n", styled(GOOD, good)),
    }
}

/// The verdict on a release that did not pass.
pub fn refused(findings: &Findings) -> String {
    let errors = counted(findings.count(Severity::Error), "error");
    format!("{}: {errors}; nothing in this release is to be relied on\n", styled(ERROR, "REFUSED"))
}
