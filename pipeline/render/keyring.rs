//! A chain of keyrings as a person reads it: who came, who left, who answered for it.

use std::fmt::Write;

use serde_json::{Value, json};

use super::text::{ERROR, GOOD, STRONG, WARNING, counted, plain, styled};
use crate::finding::{Findings, Severity};
use crate::model::date::Day;
use crate::stage::keyring::{Change, KeyringChain, Link, Signature, TrustedKeyring, Turn};

/// Every keyring, oldest first.
pub fn chain(chain: &KeyringChain) -> String {
    let Some(newest) = chain.newest() else { return String::new() };
    let dataset = styled(STRONG, newest.keyring().terms().dataset.as_str());
    let mut text = format!("{dataset}: {}\n", counted(chain.links().len() as u64, "keyring"));
    chain.links().iter().for_each(|link| text.push_str(&entry(link)));
    text
}

fn entry(link: &Link) -> String {
    let terms = link.keyring().terms();
    let mut text = format!("{:<4} {}, {} needed\n", terms.version, terms.date, counted(terms.threshold.into(), "key"));
    for change in link.changes() {
        let name = plain(&change.principal);
        _ = writeln!(text, "     {:<8} {name} {}{}", word(change), change.fingerprint, until(change));
    }
    for signature in link.signatures() {
        let name = plain(&signature.principal);
        _ = writeln!(text, "     {:<8} {name} {}, {}", "signed", signature.key.fingerprint(), counts(link, signature));
    }
    text
}

fn word(change: &Change) -> &'static str {
    match change.turn {
        Turn::Added => "added",
        Turn::Retired(_) => "retired",
        Turn::Removed => "removed",
        Turn::Changed => "changed",
    }
}

fn until(change: &Change) -> String {
    match change.turn {
        Turn::Retired(last) => {
            Day::from_unix_seconds(last).map_or_else(String::new, |day| format!(", good until {day}"))
        }
        Turn::Added | Turn::Removed | Turn::Changed => String::new(),
    }
}

fn counts(link: &Link, signature: &Signature) -> String {
    let before = link.keyring().terms().version - 1;
    match (signature.counts_before, signature.counts_own) {
        (true, true) => format!("for keyring {before} and for its own"),
        (true, false) => format!("for keyring {before}"),
        (false, true) => "for its own".to_owned(),
        (false, false) => "not counted: not good on that day".to_owned(),
    }
}

/// What the chain is worth to the reader.
pub fn verdict(findings: &Findings, trusted: Option<&TrustedKeyring>) -> String {
    if findings.has_errors() {
        let errors = counted(findings.count(Severity::Error), "error");
        return format!("{}: {errors}; no key is to be relied on for these keyrings\n", styled(ERROR, "REFUSED"));
    }
    match trusted {
        Some(trusted) => format!(
            "{}: your trust enters at keyring {} and leads to keyring {}\n",
            styled(GOOD, "trusted"),
            trusted.root(),
            trusted.head().version
        ),
        None => format!("{}: one whole chain; whose it is, only --trust FILE tells\n", styled(WARNING, "not trusted")),
    }
}

/// A keyring that was written, and what it still lacks.
pub fn written(link: &Link, before: Option<&Link>) -> String {
    let terms = link.keyring().terms();
    let mut text =
        format!("{} keyring {} of {}, {}\n", styled(GOOD, "written"), terms.version, terms.dataset, terms.date);
    let mut missing = false;
    let mut side = |whose: String, count: usize, needed: u32| {
        missing |= (count as u64) < u64::from(needed);
        let keys = counted(needed.into(), "key");
        _ = writeln!(text, "signed by {count} of {keys} needed of {whose}");
    };
    if let Some(before) = before.map(|before| before.keyring().terms()) {
        side(format!("keyring {}", before.version), link.count_before(), before.threshold);
    }
    side("its own".to_owned(), link.count_own(), terms.threshold);
    if missing {
        text.push_str("not to be published yet: the others add theirs with `affiant sign`\n");
    }
    text
}

/// The same for machines.
pub fn facts(chain: Option<&KeyringChain>, findings: &Findings, trusted: Option<&TrustedKeyring>) -> Value {
    let verdict = match trusted {
        _ if findings.has_errors() => "refused",
        Some(_) => "trusted",
        None => "not trusted",
    };
    let mut facts = json!({ "format": "affiant-keyrings-1", "verdict": verdict });
    if let Some(trusted) = trusted {
        facts["root"] = json!(trusted.root());
    }
    if let Some(newest) = chain.and_then(KeyringChain::newest) {
        facts["dataset"] = json!(newest.keyring().terms().dataset);
    }
    facts["keyrings"] = chain.map_or(&[][..], KeyringChain::links).iter().map(link_facts).collect();
    facts
}

fn link_facts(link: &Link) -> Value {
    let terms = link.keyring().terms();
    let change = |change: &Change| {
        let mut facts = json!({ "principal": change.principal, "key": change.fingerprint, "is": word(change) });
        if let Turn::Retired(last) = change.turn {
            facts["last_second"] = json!(last);
        }
        facts
    };
    let signature = |by: &Signature| {
        json!({
            "principal": by.principal,
            "key": by.key.fingerprint(),
            "counts_before": by.counts_before,
            "counts_own": by.counts_own,
        })
    };
    json!({
        "version": terms.version,
        "date": terms.date,
        "threshold": terms.threshold,
        "sha256": link.keyring().digest(),
        "changes": link.changes().iter().map(change).collect::<Vec<_>>(),
        "signatures": link.signatures().iter().map(signature).collect::<Vec<_>>(),
    })
}
