//! Who approved which changes, and whether that is enough.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::diff::DatasetDiff;
use super::folder::{EntryKind, Folder};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::approval::{MAX_BYTES, SignedApproval};
use crate::format::changes;
use crate::format::ed25519::VerifyingKey;
use crate::format::{layout, public_key};
use crate::model::change::{Change, Subject};
use crate::model::dataset::Approvals;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::patch::Operation;

/// Where the rule stands.
const RULE: &str = "/dataset/approvals";

/// Approvals held against the rule in force.
#[derive(Debug, Default)]
pub struct Approved {
    rule: Option<Approvals>,
    /// Which reviewers approved each change, by its digest.
    by: BTreeMap<Digest, BTreeSet<usize>>,
    /// The approvals that count, as files, in order.
    files: BTreeSet<Vec<u8>>,
}

/// The rule by which changes are approved: that of the release before, so that no change can lift its own bar; where
/// that one had none, that of the new declaration.
pub fn rule_in_force(new: Option<&Approvals>, declaration: Option<&Change>) -> Result<Option<Approvals>> {
    let before = declaration.into_iter().flat_map(|change| &change.patch).find_map(|operation| match operation {
        Operation::Test { path: at, value } if at == RULE => Some(value),
        _ => None,
    });
    match before {
        Some(rule) => Approvals::deserialize(rule)
            .map(Some)
            .map_err(|error| Error::Refused(format!("{RULE} of the release before: {error}"))),
        None => Ok(new.cloned()),
    }
}

/// The approvals in a dataset folder: the files of `approvals/`.
pub fn read(dataset: &dyn Folder) -> Result<Vec<(String, Vec<u8>)>> {
    let entries = dataset.entries()?.into_iter();
    let files = entries.filter(|entry| {
        matches!(entry.kind, EntryKind::File(_))
            && entry.path.starts_with(layout::APPROVALS_FOLDER)
            && entry.path.ends_with(".json")
    });
    files.map(|entry| Ok((dataset.display(&entry.path), dataset.read(&entry.path, MAX_BYTES)?))).collect()
}

impl Approved {
    /// Holds files with approvals against the rule, for changes of `dataset` since the release whose tag manifest has the
    /// digest `from`. What does not count is told as a warning.
    pub fn of(
        rule: Option<Approvals>,
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
        dataset: &Id,
        from: Digest,
    ) -> Result<Outcome<Self>> {
        let mut findings = Findings::default();
        let keys = rule.as_ref().map_or_else(|| Ok(Vec::new()), keys)?;
        let mut approved = Self { rule, ..Self::default() };
        for (place, file) in files {
            if let Err(why) = approved.add(&keys, &file, dataset, from) {
                findings.push(Finding::of_file(Code::ApprovalNotCounted, place, why));
            }
        }
        Ok(Outcome { value: approved, findings })
    }

    fn add(&mut self, keys: &[VerifyingKey], file: &[u8], dataset: &Id, from: Digest) -> Result<(), String> {
        let signed = SignedApproval::parse(file).map_err(|error| error.to_string())?;
        let approval = signed.approval();
        if approval.dataset != *dataset || approval.from != from {
            return Err("it is about changes since another release".to_owned());
        }
        let reviewer = keys.iter().position(|key| key.fingerprint() == signed.key_id());
        let reviewer = reviewer.ok_or_else(|| format!("{} is no reviewer's key", signed.key_id()))?;
        signed.verify(&keys[reviewer]).map_err(|error| error.to_string())?;
        for change in &approval.changes {
            self.by.entry(*change).or_default().insert(reviewer);
        }
        self.files.insert(file.to_vec());
        Ok(())
    }

    /// Why a change may not pass yet, if too few have approved it.
    pub fn missing(&self, change: &Change) -> Option<String> {
        let rule = self.rule.as_ref()?;
        // The rule itself changes by its own leave only, whatever classes it names.
        let is_of_rule =
            change.kind == Subject::Dataset && change.patch.iter().any(|operation| operation.path() == RULE);
        let is_meant =
            is_of_rule || rule.classes.is_empty() || change.classes.iter().any(|class| rule.classes.contains(class));
        let by = self.by.get(&changes::digest(change)).map_or(0, BTreeSet::len);
        (is_meant && by < rule.needed as usize).then(|| {
            let (kind, id) = (change.kind.word(), &change.id);
            format!("{kind} {id} ({}): approved by {by} of {} reviewers needed", change.fingerprint, rule.needed)
        })
    }

    /// The approvals that count: the lines of `approvals.jsonl`, each with its LF.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.files.iter().map(Vec::as_slice)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

fn keys(rule: &Approvals) -> Result<Vec<VerifyingKey>> {
    let key = |line: &String| {
        let parsed = public_key::parse(format!("{line}\n").as_bytes());
        parsed.map(|line| line.key).map_err(|error| Error::Refused(format!("approvals in dataset.json: {error}")))
    };
    rule.keys.iter().map(key).collect()
}

/// The change of the declaration, if it changed.
pub fn of_declaration(diff: &mut DatasetDiff) -> Result<Option<Change>> {
    diff.changes()?.next().transpose().map(|first| first.filter(|change| change.kind == Subject::Dataset))
}

/// Whether all changes have their approvals; `place` is what findings point to.
pub fn judge(diff: &mut DatasetDiff, approved: &Approved, place: &str) -> Result<Findings> {
    let mut findings = Findings::default();
    if approved.rule.is_none() {
        return Ok(findings);
    }
    for change in diff.changes()? {
        let change = change?;
        let Some(message) = approved.missing(&change) else { continue };
        let help = format!(
            "a reviewer runs `affiant diff RELEASE {place} --format jsonl | affiant approve - {} --key KEY`, RELEASE being the one before",
            change.fingerprint
        );
        findings.push(Finding::of_change(Code::ApprovalMissing, place, &change, message).with_help(help));
    }
    Ok(findings)
}
