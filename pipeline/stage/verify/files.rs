//! Steps 1 to 4: the folder, the signature, and exactly the files that were signed.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{TagFiles, Verifier, is_parsed, step, tag};
use crate::error::{Error, Result};
use crate::finding::Code;
use crate::format::allowed_signers::Trust;
use crate::format::bag::{self, Manifest};
use crate::format::ed25519::VerifyingKey;
use crate::format::{layout, sshsig};
use crate::model::digest::{Digest, Hasher};
use crate::model::kind::RecordKind;
use crate::stage::folder::{Entry, EntryKind, Folder};

/// Most entries a release folder may have.
const MAX_ENTRIES: usize = 4_000_000;

/// Largest tag file, in bytes.
const MAX_TAG_BYTES: u64 = 256 << 20;

/// Largest file of the payload, in bytes.
const MAX_PAYLOAD_BYTES: u64 = 1 << 40;

impl Verifier<'_> {
    /// Step 1: plain files under safe, distinct paths; sizes and counts within limits.
    pub(super) fn folder(&mut self, entries: &[Entry]) {
        if entries.len() > MAX_ENTRIES {
            self.report(Code::FolderLimit, "", format!("{} entries, {MAX_ENTRIES} at most", entries.len()));
            return;
        }
        let mut twins: BTreeMap<String, &str> = BTreeMap::new();
        for entry in entries {
            if let Err(fault) = bag::safe_path(&entry.path) {
                self.report(Code::FolderUnsafe, &entry.path, format!("not a safe path: {fault}"));
            }
            match entry.kind {
                EntryKind::Other => {
                    self.report(Code::FolderUnsafe, &entry.path, "a link, device or pipe, not a plain file");
                }
                EntryKind::File(bytes) => {
                    let limit = if entry.path.starts_with(layout::PAYLOAD) { MAX_PAYLOAD_BYTES } else { MAX_TAG_BYTES };
                    if bytes > limit {
                        self.report(Code::FolderLimit, &entry.path, format!("{bytes} bytes, {limit} at most"));
                    }
                }
                EntryKind::Folder => {}
            }
            if let Some(other) = twins.insert(bag::twin_key(&entry.path), &entry.path) {
                let message = format!("some file systems take this name and {other:?} for one");
                self.report(Code::FolderUnsafe, &entry.path, message);
            }
        }
    }

    /// Step 2, first half: the signature fits the tag manifest, and its key is one the reader trusts for releases.
    pub(super) fn signature(&mut self, files: &BTreeMap<&str, u64>) -> Result<Option<(Vec<u8>, VerifyingKey)>> {
        for (path, code) in [(layout::TAG_MANIFEST, Code::TagFileMissing), (layout::SIGNATURE, Code::SignatureMissing)]
        {
            if !files.contains_key(path) {
                self.report(code, path, "the file is missing");
            }
        }
        step!(self);
        let tag_manifest = self.request.folder.read(layout::TAG_MANIFEST, MAX_TAG_BYTES)?;
        let armored = self.request.folder.read(layout::SIGNATURE, MAX_TAG_BYTES)?;
        let signature = match sshsig::parse(&armored) {
            Ok(signature) => signature,
            Err(error) => {
                self.report(Code::SignatureMalformed, layout::SIGNATURE, error.to_string());
                return Ok(None);
            }
        };
        if let Err(error) = signature.verify(layout::NAMESPACE, &tag_manifest) {
            self.report(
                Code::SignatureInvalid,
                layout::TAG_MANIFEST,
                format!("{} does not fit: {error}", layout::SIGNATURE),
            );
            return Ok(None);
        }
        let key = signature.key().clone();
        // The key's time is asked about once the release's date is known.
        if let Trust::UnknownKey = self.request.trust.signers.find(&key, layout::NAMESPACE, 0) {
            let message = format!("signed by {}, which the trust file does not list", key.fingerprint());
            self.report(Code::KeyNotTrusted, layout::SIGNATURE, message);
            return Ok(None);
        }
        Ok(Some((tag_manifest, key)))
    }

    /// Step 3: exactly the tag files that the tag manifest lists, with exactly their bytes.
    pub(super) fn tag_files(&mut self, files: &BTreeMap<&str, u64>, tag_manifest: &[u8]) -> Result<Option<TagFiles>> {
        let manifest = match Manifest::parse(tag_manifest) {
            Ok(manifest) => manifest,
            Err(error) => {
                self.report(Code::TagManifestMalformed, layout::TAG_MANIFEST, error.to_string());
                return Ok(None);
            }
        };
        if !manifest.paths().eq(layout::TAG_FILES) {
            let message = format!("it must list {}", layout::TAG_FILES.join(", "));
            self.report(Code::TagManifestMalformed, layout::TAG_MANIFEST, message);
            return Ok(None);
        }
        let mut tags = TagFiles::new();
        for (path, digest) in manifest.entries() {
            if !files.contains_key(path) {
                self.report(Code::TagFileMissing, path, "the tag manifest lists it, but it is not here");
                continue;
            }
            let bytes = self.request.folder.read(path, MAX_TAG_BYTES)?;
            if Digest::of(&bytes) != *digest {
                self.report(Code::TagFileChanged, path, "its bytes are not those that were signed");
            }
            tags.insert(path.to_owned(), bytes);
        }
        let known = |path: &str| {
            path.starts_with(layout::PAYLOAD)
                || [layout::TAG_MANIFEST, layout::SIGNATURE].contains(&path)
                || layout::TAG_FILES.contains(&path)
        };
        for path in files.keys().filter(|path| !known(path)) {
            self.report(Code::TagFileExtra, path, "nothing that was signed mentions this file");
        }
        step!(self);
        Ok(Some(tags))
    }

    /// Step 4, first half: exactly the payload files that the manifest lists; all but the records with their bytes.
    pub(super) fn manifest(&mut self, files: &BTreeMap<&str, u64>, tags: &TagFiles) -> Result<Option<Manifest>> {
        let manifest = match Manifest::parse(tag(tags, layout::MANIFEST)) {
            Ok(manifest) => manifest,
            Err(error) => {
                self.report(Code::ManifestMalformed, layout::MANIFEST, error.to_string());
                return Ok(None);
            }
        };
        for path in manifest.paths() {
            if !is_known_payload(path) {
                self.report(Code::ManifestMalformed, layout::MANIFEST, format!("no release has a file {path}"));
            } else if !files.contains_key(path) {
                self.report(Code::PayloadMissing, path, "the manifest lists it, but it is not here");
            }
        }
        for path in required_payload().filter(|path| manifest.digest(path).is_none()) {
            self.report(Code::ManifestMalformed, layout::MANIFEST, format!("every release has a file {path}"));
        }
        let listed: BTreeSet<&str> = manifest.paths().collect();
        for path in files.keys().filter(|path| path.starts_with(layout::PAYLOAD) && !listed.contains(*path)) {
            self.report(Code::PayloadExtra, path, "nothing that was signed mentions this file");
        }
        step!(self);
        // Records are hashed in the same pass that parses them.
        let apart: Vec<(&str, &Digest)> = manifest.entries().filter(|(path, _)| !is_parsed(path)).collect();
        let folder = self.request.folder;
        let changed: Vec<Option<&str>> = apart
            .into_par_iter()
            .map(|(path, digest)| Ok((stream_digest(folder, path)? != *digest).then_some(path)))
            .collect::<Result<_>>()?;
        for path in changed.into_iter().flatten() {
            self.report(Code::PayloadChanged, path, "its bytes are not those that were signed");
        }
        if self.findings.has_errors() {
            // Say the same of the records too, before anybody is sent away with half of the story.
            self.changed_records(&manifest, &stream_digests(folder, &manifest)?);
            return Ok(None);
        }
        Ok(Some(manifest))
    }

    pub(super) fn changed_records(&mut self, manifest: &Manifest, digests: &BTreeMap<String, Digest>) {
        for (path, digest) in manifest.entries().filter(|(path, _)| is_parsed(path)) {
            if digests.get(path) != Some(digest) {
                self.report(Code::PayloadChanged, path, "its bytes are not those that were signed");
            }
        }
    }
}

/// The payload files that every release holds.
fn required_payload() -> impl Iterator<Item = String> {
    let records = RecordKind::ALL.iter().map(|kind| kind.file());
    records.chain([layout::DATASET]).map(|path| format!("{}{path}", layout::PAYLOAD))
}

/// Whether a release may hold a payload file of this name.
fn is_known_payload(path: &str) -> bool {
    let Some(path) = path.strip_prefix(layout::PAYLOAD) else { return false };
    let is_record = RecordKind::ALL.iter().any(|kind| kind.file() == path);
    let is_below = |folder: &str| path.strip_prefix(folder).is_some_and(|name| !name.contains('/'));
    is_record
        || [layout::DATASET, layout::CODEBOOK].contains(&path)
        || is_below(layout::TEXTS)
        || is_below(layout::SCHEMAS)
}

/// Digest of a file, read piece by piece.
pub(super) fn stream_digest(folder: &dyn Folder, path: &str) -> Result<Digest> {
    let mut hasher = Hasher::new();
    let mut reader = folder.open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer).map_err(Error::io(folder.display(path)))? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// Digests of the files that the pass over the records parses.
pub(super) fn stream_digests(folder: &dyn Folder, manifest: &Manifest) -> Result<BTreeMap<String, Digest>> {
    let parsed = manifest.paths().filter(|path| is_parsed(path));
    parsed.map(|path| Ok((path.to_owned(), stream_digest(folder, path)?))).collect()
}
