//! Steps 1, 3 and 4: the folder, and exactly the files that were signed.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{Extent, Payload, TagFiles, Verifier, step, tag};
use crate::error::{Error, Result};
use crate::finding::Code;
use crate::format::bag::{self, Manifest};
use crate::format::layout::{self, MAX_TAG_BYTES};
use crate::model::digest::{Digest, Hasher};
use crate::model::kind::RecordKind;
use crate::stage::folder::{Entry, EntryKind, Folder};

/// Most entries a release folder may have.
const MAX_ENTRIES: usize = 4_000_000;

/// Largest file of the payload, in bytes.
const MAX_PAYLOAD_BYTES: u64 = 1 << 40;

impl Verifier<'_> {
    /// Step 1 for a release in one file: an archive that every tool reads alike, within its limits.
    pub(super) fn entries(&mut self) -> Result<Option<Vec<Entry>>> {
        let (code, message) = match self.request.folder.entries() {
            Err(Error::Archive { message, .. }) => (Code::ArchiveMalformed, message),
            Err(Error::ArchiveLimit { message, .. }) => (Code::FolderLimit, message),
            entries => return entries.map(Some),
        };
        self.report(code, "", message);
        Ok(None)
    }

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
                    self.report(
                        Code::FolderUnsafe,
                        &entry.path,
                        "not a plain file but a link, a device or a pipe, or locked or sparse in its archive",
                    );
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

    /// Step 3: exactly the tag files that the tag manifest lists, with exactly their bytes.
    pub(super) fn tag_files(&mut self, files: &BTreeMap<String, u64>, tag_manifest: &[u8]) -> Result<Option<TagFiles>> {
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
                if self.request.extent != Extent::Receipt || path == layout::RELEASE_INFO {
                    self.report(Code::TagFileMissing, path, "the tag manifest lists it, but it is not here");
                }
                continue;
            }
            let bytes = self.request.folder.read(path, MAX_TAG_BYTES)?;
            if Digest::of(&bytes) != *digest {
                self.report(Code::TagFileChanged, path, "its bytes are not those that were signed");
            }
            tags.insert(path.to_owned(), bytes);
        }
        let is_known = |path: &str| {
            path.starts_with(layout::PAYLOAD)
                || path == layout::TAG_MANIFEST
                || layout::is_seal(path)
                || layout::TAG_FILES.contains(&path)
        };
        for path in files.keys().filter(|path| !is_known(path)) {
            self.report(Code::TagFileExtra, path, "nothing that was signed mentions this file");
        }
        step!(self);
        Ok(Some(tags))
    }

    /// Step 4, first half: exactly the payload files that the manifest lists. All but the records have their bytes.
    pub(super) fn manifest(&mut self, files: &BTreeMap<String, u64>, tags: &TagFiles) -> Result<Option<Payload>> {
        let manifest = match Manifest::parse(tag(tags, layout::MANIFEST)) {
            Ok(manifest) => manifest,
            Err(error) => {
                self.report(Code::ManifestMalformed, layout::MANIFEST, error.to_string());
                return Ok(None);
            }
        };
        for path in manifest.paths().filter(|path| !is_known_payload(path)) {
            self.report(Code::ManifestMalformed, layout::MANIFEST, format!("no release has a file {path}"));
        }
        for path in required_payload().filter(|path| manifest.digest(path).is_none()) {
            self.report(Code::ManifestMalformed, layout::MANIFEST, format!("every release has a file {path}"));
        }
        let (here, missing): (Vec<String>, Vec<String>) =
            manifest.paths().map(str::to_owned).partition(|path| files.contains_key(path));
        let extent = self.request.extent;
        for path in missing.iter().filter(|path| extent.wants(path)) {
            self.report(Code::PayloadMissing, path, "the manifest lists it, but it is not here");
        }
        let listed: BTreeSet<&str> = manifest.paths().collect();
        for path in files.keys().filter(|path| path.starts_with(layout::PAYLOAD) && !listed.contains(path.as_str())) {
            self.report(Code::PayloadExtra, path, "nothing that was signed mentions this file");
        }
        step!(self);
        let bytes = here.iter().filter_map(|path| files.get(path)).sum();
        let payload = Payload { manifest, missing, bytes };
        self.payload_bytes(&payload, files, here)?;
        Ok((!self.findings.has_errors()).then_some(payload))
    }

    fn payload_bytes(&mut self, payload: &Payload, files: &BTreeMap<String, u64>, mut here: Vec<String>) -> Result<()> {
        // Records are hashed in the same pass that parses them, and texts in the one that holds them against captures.
        here.retain(|path| !self.parses(path) && !self.is_as_written(path, files, payload));
        let folder = self.request.folder;
        let changed: Vec<Option<String>> = here
            .into_par_iter()
            .map(|path| {
                let is_changed = Some(&stream_digest(folder, &path)?) != payload.manifest.digest(&path);
                Ok(is_changed.then_some(path))
            })
            .collect::<Result<_>>()?;
        for path in changed.into_iter().flatten() {
            self.report(Code::PayloadChanged, &path, "its bytes are not those that were signed");
        }
        if self.findings.has_errors() {
            // Say the same of the records too, before anybody is sent away with half of the story.
            let digests = self.all_digests(payload, BTreeMap::new())?;
            self.changed_payload(payload, &digests);
        }
        Ok(())
    }

    /// Names the parsed files whose digests are not those of the manifest.
    pub(super) fn changed_payload(&mut self, payload: &Payload, digests: &BTreeMap<String, Digest>) {
        for (path, digest) in self.parsed(payload) {
            if digests.get(path) != Some(digest) {
                self.report(Code::PayloadChanged, path, "its bytes are not those that were signed");
            }
        }
    }

    /// The files that the pass over the records reads.
    pub(super) fn parsed<'p>(&self, payload: &'p Payload) -> Vec<(&'p str, &'p Digest)> {
        let is_here = |path: &str| !payload.missing.iter().any(|missing| missing == path);
        let entries = payload.manifest.entries();
        entries.filter(|(path, _)| self.parses(path) && is_here(path)).collect()
    }
}

/// The payload files that every release holds.
fn required_payload() -> impl Iterator<Item = String> {
    let records = RecordKind::ALL.iter().map(|kind| kind.file());
    records.chain([layout::DATASET, layout::STATUSES]).map(|path| format!("{}{path}", layout::PAYLOAD))
}

/// The payload files, beside records, that some release holds.
const OTHERS: [&str; 8] = [
    layout::DATASET,
    layout::CODEBOOK,
    layout::STATUSES,
    layout::TOLLS,
    layout::CHUNKS,
    layout::CHANGES,
    layout::CHANGELOG,
    layout::APPROVALS,
];

/// Whether a release may hold a payload file of this name.
fn is_known_payload(path: &str) -> bool {
    let Some(path) = path.strip_prefix(layout::PAYLOAD) else { return false };
    let is_record = RecordKind::ALL.iter().any(|kind| kind.file() == path);
    let is_below = |folder: &str| path.strip_prefix(folder).is_some_and(|name| !name.contains('/'));
    is_record || OTHERS.contains(&path) || is_below(layout::TEXTS) || is_below(layout::SCHEMAS)
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
