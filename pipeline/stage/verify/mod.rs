//! The one verifier: the numbered steps of "Verifying a release" in SPEC.md.
//!
//! The bytes that are hashed are the bytes that are parsed. A step that finds something ends the work after reporting
//! all that this step finds: what lies behind it is not to be trusted with a reader's time.

mod changes;
mod contents;
mod derived;
mod draft;
mod files;
mod history;
mod part;
mod seals;

use std::collections::BTreeMap;

pub use changes::{Previous, Told};
pub use draft::verify_draft;
use files::Files;
pub use history::{Freshness, History, Logged};
pub use part::{VerifiedPart, verify_part};
use seals::Seals;

use super::assemble::Written;
use super::folder::{Folder, Progress};
use super::keyring::TrustedKeyring;
use super::shelf::Copies;
use super::sort::Scratch;
use crate::error::Result;
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::allowed_signers::AllowedSigners;
use crate::format::bag::Manifest;
use crate::format::layout;
use crate::model::date::Day;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, ReleaseInfo};
use crate::model::seen::{LogHead, Seen};

/// Whom the reader trusts.
#[derive(Clone, Copy)]
pub struct TrustedSigners<'a> {
    /// Keys, and what each is good for.
    pub signers: &'a AllowedSigners,
    /// Ask for at least so many keys, and for as many as the dataset does; `None` for whoever is about to sign himself.
    pub threshold: Option<u32>,
    /// The keyring that the keys come from: it is of one dataset, and asks for so many keys at each time.
    pub keyring: Option<&'a TrustedKeyring>,
}

impl TrustedSigners<'_> {
    /// Why the keys say nothing of a release of `dataset`, if they say nothing.
    pub(super) fn other_dataset(&self, dataset: &Id) -> Option<String> {
        let own = self.keyring?.dataset();
        (own != dataset).then(|| format!("it is of {dataset}, and the keyring is that of {own}"))
    }

    /// How many keys must have signed a release of this day that asks for so many itself.
    pub(super) fn needed(&self, asked: u32, date: Day) -> u32 {
        let keyring = self.keyring.map_or(0, |keyring| keyring.threshold(date));
        self.threshold.map_or(0, |threshold| threshold.max(asked).max(keyring))
    }
}

/// A release to be verified.
pub struct Request<'a> {
    /// Its folder.
    pub folder: &'a dyn Folder,
    /// The folder's own name, which is the release's version; `None` where the files come without a folder.
    pub folder_name: Option<&'a str>,
    /// Whom the reader trusts.
    pub trust: TrustedSigners<'a>,
    /// What the reader brings from before.
    pub history: History<'a>,
    /// The release before, if the changelog is to be replayed.
    pub previous: Option<Previous<'a>>,
    /// How much of the payload must be here.
    pub extent: Extent<'a>,
    /// Copies of withheld texts.
    pub copies: Option<Copies<'a>>,
    /// Room for what does not fit into memory.
    pub scratch: &'a dyn Scratch,
    /// Who watches.
    pub progress: &'a dyn Progress,
}

/// How much of the payload must be here; what is here beyond that is held against its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent<'a> {
    /// All of it.
    Whole,
    /// The records of these kinds.
    Records(&'a [RecordKind]),
    /// Nothing, and of the tag files only release.json: what a receipt holds.
    Receipt,
}

/// The files that follow from the records.
const DERIVED: [&str; 3] = [layout::STATUSES, layout::TOLLS, layout::CHUNKS];

impl Extent<'_> {
    fn wants(self, path: &str) -> bool {
        self == Extent::Whole || self.parses(path)
    }

    /// Whether the pass over the records reads this file, and hashes it on the way.
    fn parses(self, path: &str) -> bool {
        let Some(path) = path.strip_prefix(layout::PAYLOAD) else { return false };
        let kinds = match self {
            Extent::Whole if DERIVED.contains(&path) || path.starts_with(layout::TEXTS) => return true,
            Extent::Whole => &RecordKind::ALL,
            Extent::Records(kinds) => kinds,
            Extent::Receipt => return false,
        };
        kinds.iter().any(|kind| kind.file() == path) || (path == layout::DATASET && !kinds.is_empty())
    }
}

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The name the trust file gives the key.
    pub principal: String,
    /// `SHA256:...` of the key.
    pub fingerprint: String,
}

/// A key that signed too, and does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncounted {
    /// `SHA256:...` of the key.
    pub fingerprint: String,
    /// Why not.
    pub why: String,
}

/// What the seals vouch for, whatever is at hand of the payload: only this module makes one.
pub struct VerifiedHead {
    info: ReleaseInfo,
    signers: Vec<Signer>,
    uncounted: Vec<Uncounted>,
    threshold: u32,
    logged: Logged,
    freshness: Freshness,
    seen: Seen,
}

impl VerifiedHead {
    /// What the release says about itself.
    pub fn info(&self) -> &ReleaseInfo {
        &self.info
    }

    /// The trusted keys that signed it.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// The keys that signed it and do not count.
    pub fn uncounted(&self) -> &[Uncounted] {
        &self.uncounted
    }

    /// How many keys were asked for.
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// How it stands in the log.
    pub fn logged(&self) -> &Logged {
        &self.logged
    }

    /// Whether it may pass for the newest.
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// What the reader is to remember of it.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }
}

/// A release that passed every step: only [`verify`] makes one.
pub struct VerifiedRelease {
    head: VerifiedHead,
    payload: Payload,
    anchors: AnchorTally,
    told: Told,
}

impl VerifiedRelease {
    /// What its seals vouch for.
    pub fn head(&self) -> &VerifiedHead {
        &self.head
    }

    /// What it says about itself.
    pub fn info(&self) -> &ReleaseInfo {
        &self.head.info
    }

    /// The files of the payload and their digests.
    pub fn manifest(&self) -> &Manifest {
        &self.payload.manifest
    }

    /// Bytes in the payload.
    pub fn bytes(&self) -> u64 {
        self.payload.bytes
    }

    /// How many anchors were held against their bytes by this reader.
    pub fn anchors(&self) -> AnchorTally {
        self.anchors
    }

    /// What was checked of its changelog.
    pub fn told(&self) -> Told {
        self.told
    }
}

/// Verifies the seals and release.json alone: what stands in a receipt.
pub fn verify_head(request: Request) -> Result<Outcome<Option<VerifiedHead>>> {
    let request = Request { extent: Extent::Receipt, ..request };
    let mut verifier = Verifier::new(request);
    let value = verifier.open()?.and_then(|opened| verifier.close(opened)).map(|(head, _)| head);
    let findings = verifier.findings;
    Ok(Outcome { value: value.filter(|_| !findings.has_errors()), findings })
}

/// Verifies a release. The value is `None` as soon as one step finds an error.
pub fn verify(request: Request) -> Result<Outcome<Option<VerifiedRelease>>> {
    let mut verifier = Verifier::new(Request { extent: Extent::Whole, ..request });
    let value = verifier.run()?;
    let findings = verifier.findings;
    Ok(Outcome { value: value.filter(|_| !findings.has_errors()), findings })
}

/// Ends the work when the step before found an error.
macro_rules! step {
    ($verifier:ident) => {
        if $verifier.findings.has_errors() {
            return Ok(None);
        }
    };
}
use step;

struct Verifier<'a> {
    request: Request<'a>,
    /// Of a draft, what its maker wrote into the payload.
    written: Option<&'a BTreeMap<String, Written>>,
    findings: Findings,
}

/// The tag files that the seals vouch for, by path.
type TagFiles = BTreeMap<String, Vec<u8>>;

/// The payload as the manifest lists it; nothing, where there is no manifest.
#[derive(Default)]
struct Payload {
    manifest: Manifest,
    /// What is listed and not here, sorted.
    missing: Vec<String>,
    /// Bytes of what is here.
    bytes: u64,
}

/// Everything up to step 5.
struct Opened {
    files: Files,
    seals: Seals,
    payload: Payload,
    info: ReleaseInfo,
    signers: Vec<Signer>,
    uncounted: Vec<Uncounted>,
    threshold: u32,
}

impl<'a> Verifier<'a> {
    fn new(request: Request<'a>) -> Self {
        Self { request, written: None, findings: Findings::default() }
    }
}

impl Verifier<'_> {
    fn run(&mut self) -> Result<Option<VerifiedRelease>> {
        let Some(mut opened) = self.open()? else { return Ok(None) };
        let Some(checked) = self.records(&mut opened)? else { return Ok(None) };
        let anchors = checked.anchors();
        let rule = checked.rulebook().dataset().approvals.clone();
        drop(checked);
        let Some(told) = self.changes(&opened, rule.as_ref())? else { return Ok(None) };
        let Some((head, payload)) = self.close(opened) else { return Ok(None) };
        Ok(Some(VerifiedRelease { head, payload, anchors, told }))
    }

    /// Steps 1 to 5.
    fn open(&mut self) -> Result<Option<Opened>> {
        let Some(entries) = self.entries()? else { return Ok(None) };
        self.folder(&entries);
        step!(self);
        let files = Files::of(entries);
        let Some(seals) = self.seals(&files)? else { return Ok(None) };
        let Some(tags) = self.tag_files(&files, &seals.tag_manifest)? else { return Ok(None) };
        let payload = match self.request.extent {
            Extent::Receipt => Payload::default(),
            Extent::Whole | Extent::Records(_) => match self.manifest(&files, &tags)? {
                Some(payload) => payload,
                None => return Ok(None),
            },
        };
        let Some(info) = self.release_info(&payload, &tags)? else { return Ok(None) };
        self.seals_agree(&seals, &info);
        step!(self);
        let (signers, uncounted) = self.signers(&seals, &info);
        let threshold = self.threshold(&info, signers.len());
        step!(self);
        Ok(Some(Opened { files, seals, payload, info, signers, uncounted, threshold }))
    }

    /// Step 10, and what is to be remembered once everything holds.
    fn close(&mut self, opened: Opened) -> Option<(VerifiedHead, Payload)> {
        let Opened { seals, payload, info, signers, uncounted, threshold, .. } = opened;
        let logged = self.history(&seals, &info)?;
        let checkpoint = seals.proof.checkpoint().ok()?;
        let seen = Seen {
            format: Seen::FORMAT.to_owned(),
            dataset: info.dataset.clone(),
            version: info.version.clone(),
            seq: info.seq,
            date: info.date,
            tagmanifest_sha256: Digest::of(&seals.tag_manifest),
            log: LogHead { size: checkpoint.size, root: checkpoint.root },
            keyring: None,
        };
        let freshness = history::freshness(&info, self.request.history.at);
        Some((VerifiedHead { info, signers, uncounted, threshold, logged, freshness, seen }, payload))
    }

    fn report(&mut self, code: Code, path: &str, message: impl Into<String>) {
        self.findings.push(Finding::of_file(code, self.request.folder.display(path), message));
    }
}

fn tag<'a>(tags: &'a TagFiles, path: &str) -> &'a [u8] {
    tags.get(path).map_or(&[], Vec::as_slice)
}
