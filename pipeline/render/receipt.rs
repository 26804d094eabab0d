//! A receipt as a person reads it: who answers for it, what was said and by whom, and how that stands.

use std::fmt::Write;

use serde_json::{Value, json};

use super::claim::summary;
use super::json::head_alone;
use super::text::{FAINT, GOOD, STRONG, WARNING, plain, styled};
use super::verdict::{authentic, line, standing_alone};
use crate::model::claim::Claim;
use crate::model::id::Id;
use crate::model::status::{Standing, Status};
use crate::stage::compact_receipt::VerifiedCompactReceipt;
use crate::stage::receipt::{Sequel, VerifiedReceipt};
use crate::stage::verify::VerifiedHead;

/// A claim of another release, and which release that is.
type Later = (VerifiedHead, Sequel);

/// The whole view.
pub fn verified(receipt: &VerifiedReceipt, later: Option<&Later>) -> String {
    let mut text = authentic(receipt.head());
    text.push_str(&standing_alone(receipt.head()));
    let event = plain(&receipt.event().label);
    let called = |id: &Id| {
        let agent = receipt.agent(id);
        agent.map(|agent| agent.names.first().or(agent.note.as_ref()).map_or("(masked)", String::as_str).to_owned())
    };
    text.push_str(&claim(receipt.claim(), receipt.standing(), &event, called));
    text.push_str(&sequel(later));
    _ = writeln!(text, "{}", styled(GOOD, "verified"));
    text
}

/// The view of a compact receipt, which holds no names, no log and no term.
pub fn verified_compact(receipt: &VerifiedCompactReceipt, later: Option<&Later>) -> String {
    let release = receipt.release();
    let name = styled(STRONG, release.dataset.as_str());
    let mut text = format!("{name} {} (seq {}, {})\n", release.version, release.seq, release.date);
    let signer = receipt.signer();
    text.push_str(&line(
        "AUTHENTIC",
        &format!("signed by {} with {}", plain(&signer.principal), signer.fingerprint),
        true,
    ));
    text.push_str(&line("FRESH", "not checked: a compact receipt holds no term", false));
    text.push_str(&line("LOGGED", "not checked: a compact receipt holds no log proof", false));
    let claim_text = claim(receipt.claim(), receipt.standing(), receipt.claim().event.as_str(), |_| None);
    text.push_str(&claim_text);
    text.push_str(&sequel(later));
    _ = writeln!(text, "{}", styled(GOOD, "verified"));
    text
}

fn claim(claim: &Claim, standing: &Standing, event: &str, called: impl Fn(&Id) -> Option<String>) -> String {
    let mut text = format!("\n{}  {}\n", styled(STRONG, claim.id.as_str()), summary(claim));
    let mut field = |name: &str, words: &str| _ = writeln!(text, "{} {words}", styled(FAINT, &format!("{name:<8}")));
    field("event", event);
    for (depth, voice) in claim.by.iter().enumerate() {
        let id = voice.agent();
        let name = called(id).map_or_else(String::new, |name| format!("  {}", plain(&name)));
        field(if depth == 0 { "by" } else { "" }, &format!("{:indent$}{id}{name}", "", indent = depth * 2));
    }
    for anchor in &claim.at {
        field("at", &super::claim::anchor(anchor));
        match &anchor.quote {
            Some(quote) => field("", &format!("\u{201c}{}\u{201d}, the words with the anchor's digest", plain(quote))),
            None => field("", "not checked: the text does not travel"),
        }
    }
    let by: Vec<&str> = standing.by.iter().map(Id::as_str).collect();
    let due = if by.is_empty() { String::new() } else { format!(" by {}", by.join(", ")) };
    field("status", &format!("{}{due}, among the claims of this release", styled(STRONG, standing.status.word())));
    for decision in &claim.log {
        field("log", &plain(&decision.to_string()));
    }
    text.push('\n');
    text
}

fn sequel(later: Option<&Later>) -> String {
    let Some((head, sequel)) = later else {
        return line("SINCE", "not checked: give a newer release with --newer to see what became of the claim", false);
    };
    let version = &head.info().version;
    let status = |standing: &Standing| match standing.status {
        Status::Retracted => "WITHDRAWN".to_owned(),
        other => other.word().to_owned(),
    };
    match sequel {
        Sequel::Same(standing) => line("SINCE", &format!("unchanged in {version}; {} there", status(standing)), true),
        Sequel::Changed(standing) => {
            line("SINCE", &styled(WARNING, &format!("changed in {version}; {} there", status(standing))), false)
        }
        Sequel::Gone => line("SINCE", &styled(WARNING, &format!("no longer in {version}")), false),
    }
}

/// The same for machines.
pub fn facts(receipt: &VerifiedReceipt, later: Option<&Later>) -> Value {
    let mut facts = head_alone(receipt.head(), "verified");
    facts["format"] = json!("affiant-receipt-verdict-1");
    facts["claim"] = json!(receipt.claim());
    facts["status"] = json!(receipt.standing());
    facts["since"] = since(later);
    facts
}

/// The same of a compact receipt.
pub fn compact_facts(receipt: &VerifiedCompactReceipt, later: Option<&Later>) -> Value {
    let (release, signer) = (receipt.release(), receipt.signer());
    json!({
        "format": "affiant-receipt-verdict-1",
        "verdict": "verified",
        "dataset": release.dataset,
        "version": release.version,
        "seq": release.seq,
        "date": release.date,
        "authentic": { "signers": [{ "principal": signer.principal, "key": signer.fingerprint }], "threshold": 1 },
        "fresh": { "is": "not checked" },
        "logged": "not checked",
        "claim": receipt.claim(),
        "status": receipt.standing(),
        "since": since(later),
    })
}

fn since(later: Option<&Later>) -> Value {
    let Some((head, sequel)) = later else { return json!("not checked") };
    let (is, status) = match sequel {
        Sequel::Same(standing) => ("unchanged", Some(standing)),
        Sequel::Changed(standing) => ("changed", Some(standing)),
        Sequel::Gone => ("gone", None),
    };
    json!({ "version": head.info().version, "is": is, "status": status })
}
