//! Reports for machines. Their form is public: `affiant schema finding`, `affiant schema diff`.

use serde::Serialize;
use serde_json::{Value, json};

use crate::finding::{Finding, Findings, Severity};
use crate::stage::diff::DatasetDiff;
use crate::stage::verify::VerifiedRelease;

#[derive(Serialize)]
struct FindingLine<'a> {
    severity: Severity,
    #[serde(flatten)]
    finding: &'a Finding,
}

fn finding(finding: &Finding) -> Value {
    json!(FindingLine { severity: finding.code.severity(), finding })
}

/// All findings as one document, with what else the command has to say.
pub fn report(findings: &Findings, limit: usize, mut rest: Value) -> String {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let listed: Vec<Value> = findings.kept().iter().take(limit).map(finding).collect();
    if let Value::Object(members) = &mut rest {
        members.insert("errors".to_owned(), json!(findings.count(Severity::Error)));
        members.insert("warnings".to_owned(), json!(findings.count(Severity::Warning)));
        members.insert(
            "totals".to_owned(),
            findings.totals().iter().map(|(code, n)| (code.name().to_owned(), json!(n))).collect(),
        );
        members.insert("findings".to_owned(), json!(listed));
    }
    format!("{rest:#}\n")
}

/// One finding a line.
pub fn lines(findings: &Findings, limit: usize) -> String {
    let limit = if limit == 0 { usize::MAX } else { limit };
    findings.kept().iter().take(limit).map(|f| format!("{}\n", finding(f))).collect()
}

/// The parts of a verdict.
pub fn verdict(release: Option<&VerifiedRelease>) -> Value {
    let Some(release) = release else { return json!({ "verdict": "refused" }) };
    let info = release.info();
    let signers: Vec<Value> =
        release.signers().iter().map(|s| json!({ "principal": s.principal, "key": s.fingerprint })).collect();
    json!({
        "verdict": "verified",
        "dataset": info.dataset,
        "version": info.version,
        "seq": info.seq,
        "date": info.date,
        "authentic": { "signers": signers, "threshold": release.threshold() },
        "anchors": release.anchors(),
        "fresh": "not checked",
        "logged": "not checked",
    })
}

/// One side of a diff.
#[derive(Clone, Debug, Serialize)]
pub struct DiffSide {
    /// The folder, as it was given.
    pub path: String,
    /// The release's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `verified`, `not verified` or `checked`.
    pub trust: &'static str,
}

/// A diff as one document, with at most `limit` changes.
pub fn diff(diff: &DatasetDiff, old: &DiffSide, new: &DiffSide, limit: Option<usize>) -> String {
    let listed = &diff.changes[..diff.changes.len().min(limit.unwrap_or(usize::MAX))];
    let not_listed = diff.not_listed + (diff.changes.len() - listed.len()) as u64;
    let document = json!({
        "format": "affiant-diff-draft",
        "old": old,
        "new": new,
        "totals": diff.totals,
        "changes": listed,
        "not_listed": not_listed,
    });
    format!("{document:#}\n")
}
