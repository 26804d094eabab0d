//! The one verifier: the numbered steps of "Verifying a release" in SPEC.md.
//!
//! The bytes that are hashed are the bytes that are parsed. A step that finds something ends the work after reporting
//! all that this step finds: what lies behind it is not to be trusted with a reader's time.

mod contents;
mod files;

use std::collections::BTreeMap;

use super::folder::{Entry, EntryKind, Folder, Progress};
use super::hash::{Copies, Hashed};
use crate::error::Result;
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::allowed_signers::AllowedSigners;
use crate::format::bag::Manifest;
use crate::format::layout;
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, ReleaseInfo};

/// Whom the reader trusts.
pub struct TrustedSigners<'a> {
    /// Keys, and what each is good for.
    pub signers: &'a AllowedSigners,
    /// Ask for at least so many keys, whatever the dataset asks for.
    pub threshold: u32,
}

/// A release to be verified.
pub struct Request<'a> {
    /// Its folder.
    pub folder: &'a dyn Folder,
    /// The folder's own name, which is the release's version.
    pub folder_name: &'a str,
    /// Whom the reader trusts.
    pub trust: TrustedSigners<'a>,
    /// Copies of withheld texts.
    pub copies: Option<Copies<'a>>,
    /// Who watches.
    pub progress: &'a dyn Progress,
}

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The name the trust file gives the key.
    pub principal: String,
    /// `SHA256:...` of the key.
    pub fingerprint: String,
}

/// A release that passed every step: only [`verify`] makes one.
pub struct VerifiedRelease {
    info: ReleaseInfo,
    signers: Vec<Signer>,
    threshold: u32,
    manifest: Manifest,
    bytes: u64,
    anchors: AnchorTally,
    captures: Vec<Hashed>,
}

impl VerifiedRelease {
    /// What it says about itself.
    pub fn info(&self) -> &ReleaseInfo {
        &self.info
    }

    /// The trusted keys that signed it.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// How many keys were asked for.
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// The files of the payload and their digests.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Bytes in the payload.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many anchors were held against their bytes by this reader.
    pub fn anchors(&self) -> AnchorTally {
        self.anchors
    }

    /// How each capture stands to its text.
    pub fn captures(&self) -> &[Hashed] {
        &self.captures
    }
}

/// Verifies a release. The value is `None` as soon as one step finds an error.
pub fn verify(request: Request) -> Result<Outcome<Option<VerifiedRelease>>> {
    let mut verifier = Verifier { request, findings: Findings::default() };
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
    findings: Findings,
}

/// The tag files that the signature vouches for, by path.
type TagFiles = BTreeMap<String, Vec<u8>>;

impl Verifier<'_> {
    fn run(&mut self) -> Result<Option<VerifiedRelease>> {
        let entries = self.request.folder.entries()?;
        self.folder(&entries);
        step!(self);
        let files: BTreeMap<&str, u64> = entries.iter().filter_map(plain_file).collect();
        let Some((tag_manifest, key)) = self.signature(&files)? else { return Ok(None) };
        let Some(tags) = self.tag_files(&files, &tag_manifest)? else { return Ok(None) };
        let Some(manifest) = self.manifest(&files, &tags)? else { return Ok(None) };
        let Some(info) = self.release_info(&manifest, &files, &tags)? else { return Ok(None) };
        let Some(signer) = self.signer(&key, &info) else { return Ok(None) };
        let Some(checked) = self.records(&manifest, &info)? else { return Ok(None) };
        let threshold = self.threshold(&checked, 1);
        step!(self);
        let bytes = payload_bytes(&entries);
        let (anchors, captures) = (checked.anchors(), checked.hashed().to_vec());
        Ok(Some(VerifiedRelease { info, signers: vec![signer], threshold, manifest, bytes, anchors, captures }))
    }

    fn report(&mut self, code: Code, path: &str, message: impl Into<String>) {
        self.findings.push(Finding::of_file(code, self.request.folder.display(path), message));
    }
}

fn plain_file(entry: &Entry) -> Option<(&str, u64)> {
    match entry.kind {
        EntryKind::File(bytes) => Some((entry.path.as_str(), bytes)),
        EntryKind::Folder | EntryKind::Other => None,
    }
}

fn payload_bytes(entries: &[Entry]) -> u64 {
    entries
        .iter()
        .filter_map(plain_file)
        .filter(|(path, _)| path.starts_with(layout::PAYLOAD))
        .map(|(_, bytes)| bytes)
        .sum()
}

/// Whether the pass over the records parses this file, and hashes it on the way.
fn is_parsed(path: &str) -> bool {
    let path = path.strip_prefix(layout::PAYLOAD).unwrap_or(path);
    path == layout::DATASET || RecordKind::ALL.iter().any(|kind| kind.file() == path)
}

fn tag<'a>(tags: &'a TagFiles, path: &str) -> &'a [u8] {
    tags.get(path).map_or(&[], Vec::as_slice)
}
