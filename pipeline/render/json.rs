//! Reports for machines. Their form is public: `affiant schema finding`.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::finding::{Finding, Findings, Severity};
use crate::model::release_info::ReleaseInfo;
use crate::model::status::StatusCounts;
use crate::stage::catalog::Catalog;
use crate::stage::check::Checked;
use crate::stage::hash::{self, TextState};
use crate::stage::rule::is_hidden;
use crate::stage::verify::{Freshness, Told, VerifiedHead, VerifiedPart, VerifiedRelease};

#[derive(Serialize)]
struct FindingLine<'a> {
    severity: Severity,
    #[serde(flatten)]
    finding: &'a Finding,
}

fn finding(finding: &Finding) -> Value {
    json!(FindingLine { severity: finding.code.severity(), finding })
}

/// JSON for any reader, terminals too: inside its strings, what cannot be seen is spelled as an escape.
pub fn visible(json: &str) -> String {
    let mut visible = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            let mut units = [0; 2];
            visible.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            visible.push(c);
        }
    }
    visible
}

/// All findings as one document, with what else the command has to say.
pub fn report(findings: &Findings, limit: usize, mut rest: Value) -> String {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let listed: Vec<Value> = findings.kept().iter().take(limit).map(|found| finding(found)).collect();
    if let Value::Object(members) = &mut rest {
        members.insert("errors".to_owned(), json!(findings.count(Severity::Error)));
        members.insert("warnings".to_owned(), json!(findings.count(Severity::Warning)));
        members.insert(
            "totals".to_owned(),
            findings.totals().iter().map(|(code, n)| (code.name().to_owned(), json!(n))).collect(),
        );
        members.insert("findings".to_owned(), json!(listed));
    }
    visible(&format!("{rest:#}\n"))
}

/// One finding a line.
pub fn lines(findings: &Findings, limit: usize) -> String {
    let limit = if limit == 0 { usize::MAX } else { limit };
    findings.kept().iter().take(limit).map(|f| visible(&format!("{}\n", finding(f)))).collect()
}

/// What a check found to hold.
pub fn checked(checked: Option<&Checked>) -> Value {
    let mut facts = json!({ "format": "affiant-check-draft" });
    if let Some(checked) = checked {
        facts["accepted"] = json!(checked.rulebook().dataset().accepted);
        facts["anchors"] = json!(checked.anchors());
        facts["records"] = json!({
            "agent": checked.catalog().agents.gists().count(),
            "claim": checked.graph().len(),
            "event": checked.catalog().events.gists().count(),
            "source": checked.catalog().sources.gists().count(),
        });
        facts["statuses"] = json!(checked.statuses().iter().copied().collect::<StatusCounts>());
    }
    facts
}

/// How each capture stands to its text.
pub fn captures(catalog: &Catalog, states: &[TextState]) -> Value {
    let word = |state: &TextState| match state {
        TextState::Holds => "holds",
        TextState::Changed => "changed",
        TextState::NotAtHand => "not checked",
    };
    let named = hash::captures(catalog).map(|(source, capture)| source.capture_id(capture).to_string());
    let captures: Map<String, Value> = named.zip(states.iter().map(|state| json!(word(state)))).collect();
    json!({ "format": "affiant-hash-draft", "captures": captures })
}

/// A release that was made, or was not.
pub fn released(info: Option<&ReleaseInfo>) -> Value {
    json!({ "format": "affiant-release-report-draft", "released": info })
}

/// The parts of a verdict.
pub fn verdict(release: Option<&VerifiedRelease>) -> Value {
    let Some(release) = release else { return refused() };
    let mut facts = head(release.head(), "verified");
    facts["anchors"] = json!(release.anchors());
    facts["changes"] = match release.told() {
        Told::Nothing if release.info().previous.is_some() => json!({ "are": "not checked" }),
        Told::Nothing => json!({ "are": "none" }),
        Told::Stated(count) => json!({ "are": "not replayed", "count": count }),
        Told::Replayed(count) => json!({ "are": "replayed", "count": count }),
    };
    facts
}

/// The same for a release of which a part is at hand.
pub fn part_verdict(part: Option<&VerifiedPart>) -> Value {
    let Some(part) = part else { return refused() };
    let mut facts = head(part.head(), "verified in part");
    facts["records"] = json!(part.records());
    facts["not_checked"] = json!(part.not_checked());
    facts
}

fn refused() -> Value {
    json!({ "format": "affiant-verdict-1", "verdict": "refused" })
}

/// What the seals vouch for.
pub(super) fn head(head: &VerifiedHead, good: &str) -> Value {
    let info = head.info();
    let signers: Vec<Value> =
        head.signers().iter().map(|s| json!({ "principal": s.principal, "key": s.fingerprint })).collect();
    let uncounted: Vec<Value> =
        head.uncounted().iter().map(|key| json!({ "key": key.fingerprint, "why": key.why })).collect();
    let (fresh, until) = match head.freshness() {
        Freshness::Fresh(until) => ("fresh", Some(until)),
        Freshness::Stale(until) => ("stale", Some(until)),
        Freshness::NotChecked(until) => ("not checked", Some(until)),
        Freshness::NoTerm => ("no term", None),
    };
    let logged = head.logged();
    let witnesses: Vec<Value> =
        logged.witnesses.iter().map(|(name, time)| json!({ "name": name, "time": time })).collect();
    json!({
        "format": "affiant-verdict-1",
        "verdict": if fresh == "stale" { "stale" } else { good },
        "dataset": info.dataset,
        "version": info.version,
        "seq": info.seq,
        "date": info.date,
        "authentic": { "signers": signers, "not_counted": uncounted, "threshold": head.threshold() },
        "fresh": { "is": fresh, "until": until },
        "logged": { "origin": logged.origin, "size": logged.size, "seen_before": logged.follows, "witnesses": witnesses },
    })
}

/// The same of what may be of any release, old or new: a receipt, a disclosure.
pub(super) fn head_alone(verified: &VerifiedHead, good: &str) -> Value {
    let mut facts = head(verified, good);
    facts["logged"]["seen_before"] = json!("not checked");
    facts
}
