//! A log held against all that a reader has: keys they trust, witnesses they name, and the releases beside it.

use std::collections::BTreeMap;

use super::stored::{self, StoredLog};
use super::{Log, origin, witnessed};
use crate::error::Result;
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::allowed_signers::{AllowedSigners, Trust};
use crate::format::bag::Manifest;
use crate::format::checkpoint;
use crate::format::ed25519::VerifyingKey;
use crate::format::layout::{self, MAX_TAG_BYTES};
use crate::format::note::{Note, NoteError, NoteKey};
use crate::format::tlog_proof::{self, TlogProof};
use crate::model::date::Day;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::release_info::ReleaseInfo;
use crate::stage::folder::{Entry, EntryKind, Folder};

/// A log to be audited.
pub struct Request<'a> {
    /// Its folder.
    pub folder: &'a dyn Folder,
    /// Whom the reader trusts.
    pub signers: &'a AllowedSigners,
    /// For which dataset alone, where a keyring says so.
    pub dataset: Option<&'a Id>,
    /// The witnesses that the reader trusts.
    pub witnesses: &'a [NoteKey],
    /// How many of them must have signed the checkpoint.
    pub witnesses_needed: u32,
    /// The folders of the releases at hand.
    pub releases: &'a [Beside<'a>],
}

/// The folder of a release that stands beside the log.
pub type Beside<'a> = &'a dyn Folder;

/// Who signed the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSigner {
    /// The name that the trust file gives the key on that day; unknown without a day.
    pub principal: Option<String>,
    /// `SHA256:...` of the key.
    pub fingerprint: String,
}

/// Whether a witness has seen the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness.
    pub witness: String,
    /// When, in Unix seconds, as it says itself; `None` if it has not signed.
    pub time: Option<u64>,
}

/// A release at hand whose tag manifest is an entry of the log. Its other files are `verify`'s to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRelease {
    /// What it says about itself.
    pub info: ReleaseInfo,
    /// How many entries the log had when the release's own proof was made.
    pub proved_at: u64,
}

/// A log that passed every question: only [`audit`] makes one.
#[derive(Clone, Debug)]
pub struct AuditedLog {
    log: Log,
    signer: LogSigner,
    cosignatures: Vec<Cosignature>,
    releases: BTreeMap<u64, LoggedRelease>,
}

impl AuditedLog {
    /// The entries and the hashes over them.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The trusted key that signed the checkpoint.
    pub fn signer(&self) -> &LogSigner {
        &self.signer
    }

    /// The day on which that key was asked to be valid: the newest release's, if one is at hand.
    pub fn date(&self) -> Option<Day> {
        newest(&self.releases)
    }

    /// The witnesses in the order in which the reader named them.
    pub fn cosignatures(&self) -> &[Cosignature] {
        &self.cosignatures
    }

    /// The release at hand that the entry at `index` stands for.
    pub fn release(&self, index: u64) -> Option<&LoggedRelease> {
        self.releases.get(&index)
    }
}

fn newest(releases: &BTreeMap<u64, LoggedRelease>) -> Option<Day> {
    releases.last_key_value().map(|(_, release)| release.info.date)
}

/// Audits a log. The value is `None` as soon as one step finds an error.
pub fn audit(request: Request) -> Result<Outcome<Option<AuditedLog>>> {
    let Outcome { value, findings } = stored::read(request.folder)?;
    let Some(stored) = value else { return Ok(Outcome { value: None, findings }) };
    let mut auditor = Auditor { request, findings };
    let value = auditor.run(stored)?;
    let findings = auditor.findings;
    Ok(Outcome { value: value.filter(|_| !findings.has_errors()), findings })
}

struct Auditor<'a> {
    request: Request<'a>,
    findings: Findings,
}

impl Auditor<'_> {
    fn run(&mut self, stored: StoredLog) -> Result<Option<AuditedLog>> {
        let mut releases = BTreeMap::new();
        for folder in self.request.releases {
            if let Some(release) = self.release(*folder, stored.log())? {
                releases.insert(release.info.seq - 1, release);
            }
        }
        let origin = stored.log().origin();
        let signer = signed(stored.checkpoint(), origin, self.request.signers, newest(&releases));
        let place = self.request.folder.display(checkpoint::PATH);
        if let Some(why) = self.other_dataset(origin) {
            self.report(Code::KeyringDisagrees, &place, why);
        }
        let cosignatures = self.cosignatures(stored.checkpoint());
        let signer = signer.map_err(|why| self.report(Code::LogSignatureInvalid, &place, why)).ok();
        Ok(signer.map(|signer| AuditedLog { log: stored.into_log(), signer, cosignatures, releases }))
    }

    /// Why the keys say nothing of the log of this name, if they say nothing.
    fn other_dataset(&self, name: &str) -> Option<String> {
        let own = self.request.dataset.filter(|own| origin(own) != name)?;
        Some(format!("it is of {name:?}, and the keyring is that of {own}"))
    }

    fn cosignatures(&mut self, note: &Note) -> Vec<Cosignature> {
        let place = self.request.folder.display(checkpoint::PATH);
        let mut cosignatures = Vec::new();
        for witness in self.request.witnesses {
            match note.cosignature(witness) {
                Ok(time) => cosignatures.push(Cosignature { witness: witness.name().to_owned(), time }),
                Err(error) => self.report(Code::LogSignatureInvalid, &place, error.to_string()),
            }
        }
        let (signed, needed) = (witnessed(note, self.request.witnesses).len(), self.request.witnesses_needed);
        if (signed as u64) < u64::from(needed) {
            let message = format!("witnesses that signed the checkpoint: {signed}; needed: {needed}");
            self.report(Code::WitnessesMissing, &place, message);
        }
        cosignatures
    }

    /// The release in this folder, if the log holds it and its own proof says so.
    fn release(&mut self, folder: Beside, log: &Log) -> Result<Option<LoggedRelease>> {
        let entries = folder.entries()?;
        let is_missing = |path: &str| !entries.iter().any(|entry| entry.path == path && is_file(entry));
        if let Some(path) = [layout::TAG_MANIFEST, layout::RELEASE_INFO].into_iter().find(|path| is_missing(path)) {
            self.report(Code::LogEntryMismatch, &folder.display(path), "the release has no such file");
            return Ok(None);
        }
        let tag_manifest = folder.read(layout::TAG_MANIFEST, MAX_TAG_BYTES)?;
        let json = folder.read(layout::RELEASE_INFO, MAX_TAG_BYTES)?;
        let info = match described(&tag_manifest, &json).and_then(|info| entered(log, &tag_manifest, &info)) {
            Ok(info) => info,
            Err(why) => {
                self.report(Code::LogEntryMismatch, &folder.display(layout::TAG_MANIFEST), why);
                return Ok(None);
            }
        };
        let place = folder.display(layout::TLOG_PROOF);
        if is_missing(layout::TLOG_PROOF) {
            self.report(Code::LogProofMismatch, &place, "the release carries no proof that it is in the log");
            return Ok(None);
        }
        let proof = folder.read(layout::TLOG_PROOF, tlog_proof::MAX_BYTES as u64)?;
        let proved = proved(log, &tag_manifest, &info, &proof, self.request.signers);
        let proved_at = proved.map_err(|why| self.report(Code::LogProofMismatch, &place, why)).ok();
        Ok(proved_at.map(|proved_at| LoggedRelease { info, proved_at }))
    }

    fn report(&mut self, code: Code, place: &str, message: impl Into<String>) {
        self.findings.push(Finding::of_file(code, place, message));
    }
}

fn is_file(entry: &Entry) -> bool {
    matches!(entry.kind, EntryKind::File(_))
}

/// What a release says about itself, if its tag manifest vouches for these words.
fn described(tag_manifest: &[u8], json: &[u8]) -> Result<ReleaseInfo, String> {
    let manifest = Manifest::parse(tag_manifest).map_err(|error| error.to_string())?;
    if manifest.digest(layout::RELEASE_INFO) != Some(&Digest::of(json)) {
        return Err(format!("{} is not the one that it lists", layout::RELEASE_INFO));
    }
    serde_json::from_slice(json).map_err(|error| format!("{}: {error}", layout::RELEASE_INFO))
}

/// The same words, if the log holds the tag manifest under the release's number.
fn entered(log: &Log, tag_manifest: &[u8], info: &ReleaseInfo) -> Result<ReleaseInfo, String> {
    let name = origin(&info.dataset);
    if name != log.origin() {
        return Err(format!("the release is of {name:?}, the log of {:?}", log.origin()));
    }
    let index = info.seq.checked_sub(1).and_then(|index| usize::try_from(index).ok());
    match index.and_then(|index| log.entries().get(index)) {
        Some(entry) if entry == tag_manifest => Ok(info.clone()),
        Some(_) => Err(format!("the log holds another release with seq {}", info.seq)),
        None => Err(format!("it says seq {}, the log has {} entries", info.seq, log.size())),
    }
}

/// How many entries the log had, if a release's own proof is one of this very log.
fn proved(
    log: &Log,
    tag_manifest: &[u8],
    info: &ReleaseInfo,
    proof: &[u8],
    signers: &AllowedSigners,
) -> Result<u64, String> {
    let proof = TlogProof::parse(proof).map_err(|error| error.to_string())?;
    if proof.index != info.seq - 1 {
        return Err(format!("it speaks of entry {}, the release says seq {}", proof.index, info.seq));
    }
    proof.verify_inclusion(tag_manifest).map_err(|error| error.to_string())?;
    let said = proof.checkpoint().map_err(|error| error.to_string())?;
    // All entries are at hand: the root that the log had then says more than a proof of consistency.
    if log.checkpoint(said.size).as_ref() != Some(&said) {
        return Err(format!("its checkpoint of {} entries is not one that this log had", said.size));
    }
    signed(&proof.note, log.origin(), signers, Some(info.date))?;
    Ok(said.size)
}

/// The trusted key that signed a checkpoint, valid on `date` if one is known.
fn signed(note: &Note, origin: &str, signers: &AllowedSigners, date: Option<Day>) -> Result<LogSigner, String> {
    let mut signer = Err("no key in the trust file has signed it".to_owned());
    for key in signers.keys() {
        let log_key = NoteKey::log(origin, key.clone()).map_err(|error| error.to_string())?;
        match note.verify(&log_key) {
            Err(NoteError::Unsigned(_)) => {}
            Err(error) => return Err(error.to_string()),
            Ok(()) if signer.is_ok() => {}
            Ok(()) => signer = trusted(key, signers, date),
        }
    }
    signer
}

/// The holder of a key that is trusted for releases, and was on `date` if one is known.
fn trusted(key: &VerifyingKey, signers: &AllowedSigners, date: Option<Day>) -> Result<LogSigner, String> {
    let fingerprint = key.fingerprint();
    let refuse = |why: &str| Err(format!("signed by {fingerprint}: the trust file {why}"));
    match (signers.find(key, layout::NAMESPACE, date.map_or(0, Day::unix_seconds)), date) {
        (Trust::Trusted { .. } | Trust::OutsideValidity, None) => Ok(LogSigner { principal: None, fingerprint }),
        (Trust::Trusted { principal }, Some(_)) => Ok(LogSigner { principal: Some(principal), fingerprint }),
        (Trust::OutsideValidity, Some(date)) => refuse(&format!("does not hold it valid on {date}")),
        (Trust::WrongNamespace, _) => refuse(&format!("does not allow it for {}", layout::NAMESPACE)),
        (Trust::UnknownKey, _) => refuse("does not list it"),
    }
}
