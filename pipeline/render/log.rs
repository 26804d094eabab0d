//! What `log` says: every entry, and what is known of it.

use std::fmt::Write;

use serde_json::{Value, json};

use super::text::{ERROR, FAINT, GOOD, STRONG, counted, plain, styled};
use super::verdict::line;
use crate::finding::{Findings, Severity};
use crate::model::date::Day;
use crate::model::digest::Digest;
use crate::stage::log::{AuditedLog, Cosignature};

/// A log that passed, entry by entry.
pub fn audited(log: &AuditedLog) -> String {
    let (size, origin) = (log.log().size(), log.log().origin());
    let mut text = format!("{}: {}\n", styled(STRONG, &plain(origin)), counted(size, "release"));
    text.push_str(&authentic(log));
    text.push_str(&line("COMPLETE", "every tile and the root are those of the entries", true));
    text.push_str(&witnessed(log.cosignatures()));
    text.push_str(&releases(log));
    for (index, entry) in (0..).zip(log.log().entries()) {
        _ = writeln!(text, "{:>5}  {}  {}", index + 1, Digest::of(entry), known(log, index));
    }
    _ = writeln!(text, "{}", styled(GOOD, "verified"));
    text
}

fn authentic(log: &AuditedLog) -> String {
    let key = &log.signer().fingerprint;
    match (&log.signer().principal, log.date()) {
        (Some(principal), Some(day)) => {
            line("AUTHENTIC", &format!("signed by {} with {key}, valid on {day}", plain(principal)), true)
        }
        _ => {
            let why = "not checked: whether the key was valid, as no release at hand tells the day";
            line("AUTHENTIC", &format!("signed with {key}; {why}"), false)
        }
    }
}

fn witnessed(cosignatures: &[Cosignature]) -> String {
    if cosignatures.is_empty() {
        return line("WITNESSED", "no witness: that other readers are shown another log is not excluded", false);
    }
    let word = |one: &Cosignature| match one.time {
        Some(time) => line("WITNESSED", &format!("by {} at {}", plain(&one.witness), moment(time)), true),
        None => line("WITNESSED", &format!("not by {}", plain(&one.witness)), false),
    };
    cosignatures.iter().map(word).collect()
}

fn releases(log: &AuditedLog) -> String {
    let (size, known) = (log.log().size(), (0..log.log().size()).filter(|&index| log.release(index).is_some()).count());
    let words = match size - known as u64 {
        missing if missing == size => "not checked: none is here".to_owned(),
        0 => format!("{} at hand: each is the one that was logged, and proves it", counted(size, "release")),
        missing => format!("{} at hand, as logged; not checked, not here: {missing}", counted(known as u64, "release")),
    };
    line("RELEASES", &words, known as u64 == size)
}

fn known(log: &AuditedLog, index: u64) -> String {
    match log.release(index) {
        Some(release) => format!("{}  {}", release.info.date, release.info.version),
        None => styled(FAINT, "not here"),
    }
}

/// A second of Unix time, in UTC.
fn moment(time: u64) -> String {
    let day = i64::try_from(time).ok().and_then(Day::from_unix_seconds);
    let (hour, minute, second) = (time / 3_600 % 24, time / 60 % 60, time % 60);
    day.map_or_else(|| format!("second {time}"), |day| format!("{day}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// The verdict on a log that did not pass.
pub fn refused(findings: &Findings) -> String {
    let errors = counted(findings.count(Severity::Error), "error");
    format!("{}: {errors}; nothing in this log is to be relied on\n", styled(ERROR, "REFUSED"))
}

/// The same for machines.
pub fn facts(log: Option<&AuditedLog>) -> Value {
    let Some(log) = log else { return json!({ "format": "affiant-log-draft", "verdict": "refused" }) };
    let root = log.log().checkpoint(log.log().size()).map(|said| said.root);
    let witness = |one: &Cosignature| json!({ "witness": one.witness, "time": one.time });
    let entries = (0..).zip(log.log().entries()).map(|(index, entry)| {
        let release = log.release(index).map(|release| {
            json!({
                "version": release.info.version,
                "date": release.info.date,
                "proved_at": release.proved_at,
            })
        });
        json!({ "index": index, "sha256": Digest::of(entry), "release": release })
    });
    json!({
        "format": "affiant-log-draft",
        "verdict": "verified",
        "origin": log.log().origin(),
        "size": log.log().size(),
        "root": root,
        "authentic": {
            "signer": { "principal": log.signer().principal, "key": log.signer().fingerprint },
            "date": log.date(),
        },
        "witnesses": log.cosignatures().iter().map(witness).collect::<Vec<_>>(),
        "entries": entries.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc() {
        assert_eq!(moment(1_679_315_147), "2023-03-20T12:25:47Z");
        assert_eq!(moment(u64::MAX), "second 18446744073709551615");
    }
}
