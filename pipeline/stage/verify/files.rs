//! Steps 1, 3 and 4: the folder, and exactly the files that were signed.

use rayon::prelude::*;

use super::{Extent, Payload, TagFiles, Verifier, step, tag};
use crate::error::{Error, Result};
use crate::finding::Code;
use crate::format::bag::{self, Manifest, PathFault};
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
        let (faults, twins) = rayon::join(|| faults(entries), || twins(entries));
        for ((entry, fault), twin) in entries.iter().zip(faults).zip(twins) {
            if let Some(fault) = fault {
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
            if let Some(other) = twin {
                let message = format!("some file systems take this name and {other:?} for one");
                self.report(Code::FolderUnsafe, &entry.path, message);
            }
        }
    }

    /// Step 3: exactly the tag files that the tag manifest lists, with exactly their bytes.
    pub(super) fn tag_files(&mut self, files: &Files, tag_manifest: &[u8]) -> Result<Option<TagFiles>> {
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
            if !files.has(path) {
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
        for path in files.paths().filter(|path| !is_known(path)) {
            self.report(Code::TagFileExtra, path, "nothing that was signed mentions this file");
        }
        step!(self);
        Ok(Some(tags))
    }

    /// Step 4, first half: exactly the payload files that the manifest lists. All but the records have their bytes.
    pub(super) fn manifest(&mut self, files: &Files, tags: &TagFiles) -> Result<Option<Payload>> {
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
        let missing: Vec<String> = manifest.paths().filter(|path| !files.has(path)).map(str::to_owned).collect();
        let extent = self.request.extent;
        for path in missing.iter().filter(|path| extent.wants(path)) {
            self.report(Code::PayloadMissing, path, "the manifest lists it, but it is not here");
        }
        for path in files.payload().filter(|path| manifest.digest(path).is_none()) {
            self.report(Code::PayloadExtra, path, "nothing that was signed mentions this file");
        }
        step!(self);
        let bytes = files.payload().filter_map(|path| files.bytes(path)).sum();
        let payload = Payload { manifest, missing, bytes };
        self.payload_bytes(&payload, files)?;
        Ok((!self.findings.has_errors()).then_some(payload))
    }

    fn payload_bytes(&mut self, payload: &Payload, files: &Files) -> Result<()> {
        // Records are hashed in the same pass that parses them, and texts in the one that holds them against captures.
        let is_read = |path: &str| !self.parses(path) && !self.is_as_written(path, files, payload);
        let here: Vec<(&str, &Digest)> = payload.here().filter(|(path, _)| is_read(path)).collect();
        let folder = self.request.folder;
        let digest = |&(path, _): &(&str, &Digest)| stream_digest(folder, path);
        let found: Vec<Digest> = here.par_iter().map(digest).collect::<Result<_>>()?;
        for ((path, _), _) in here.iter().zip(found).filter(|((_, digest), found)| *digest != found) {
            self.changed_payload(path);
        }
        if self.findings.has_errors() {
            // Say the same of the records too, before anybody is sent away with half of the story.
            self.parsed_payload(payload, Manifest::default())?;
        }
        Ok(())
    }

    /// Step 4, second half: holds the files that the pass over the records reads against their digests in the manifest.
    /// What an early error left unread, and so is not `found`, is read for it.
    pub(super) fn parsed_payload(&mut self, payload: &Payload, found: Manifest) -> Result<()> {
        let folder = self.request.folder;
        let parsed: Vec<(&str, &Digest)> = payload.here().filter(|(path, _)| self.parses(path)).collect();
        let is_changed = |&(path, digest): &(&str, &Digest)| match found.digest(path) {
            Some(found) => Ok(found != digest),
            None => Ok(stream_digest(folder, path)? != *digest),
        };
        let are_changed: Vec<bool> = parsed.par_iter().map(is_changed).collect::<Result<_>>()?;
        for ((path, _), _) in parsed.iter().zip(are_changed).filter(|(_, is_changed)| *is_changed) {
            self.changed_payload(path);
        }
        Ok(())
    }

    fn changed_payload(&mut self, path: &str) {
        self.report(Code::PayloadChanged, path, "its bytes are not those that were signed");
    }
}

impl Payload {
    /// What is listed and here.
    fn here(&self) -> impl Iterator<Item = (&str, &Digest)> {
        let is_missing = |path: &str| self.missing.binary_search_by(|missing| missing.as_str().cmp(path)).is_ok();
        self.manifest.entries().filter(move |(path, _)| !is_missing(path))
    }
}

/// The plain files of a release, sorted by path.
pub(super) struct Files(Vec<Entry>);

impl Files {
    /// Those among the entries of a folder, which are sorted, too.
    pub(super) fn of(mut entries: Vec<Entry>) -> Self {
        entries.retain(|entry| matches!(entry.kind, EntryKind::File(_)));
        Self(entries)
    }

    /// How many bytes the file at a path has, if there is one.
    pub(super) fn bytes(&self, path: &str) -> Option<u64> {
        let found = self.0.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        Some(self.0[found].kind.bytes())
    }

    /// Whether there is a file at a path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.bytes(path).is_some()
    }

    /// All paths.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|entry| entry.path.as_str())
    }

    /// Those of the payload.
    fn payload(&self) -> impl Iterator<Item = &str> {
        self.paths().filter(|path| path.starts_with(layout::PAYLOAD))
    }

    /// The files of the payload, by their paths in the dataset folder that it is; they stand here no longer.
    pub(super) fn take_payload(&mut self) -> Vec<Entry> {
        let below = |Entry { mut path, kind }: Entry| {
            path.drain(..path.strip_prefix(layout::PAYLOAD).map(|_| layout::PAYLOAD.len())?);
            Some(Entry { path, kind })
        };
        std::mem::take(&mut self.0).into_iter().filter_map(below).collect()
    }
}

/// Why the path of each entry is not safe, where it is not.
fn faults(entries: &[Entry]) -> Vec<Option<PathFault>> {
    entries.par_iter().map(|entry| bag::safe_path(&entry.path).err()).collect()
}

/// For each entry the path, if there is one, of another before it that some file system takes for the same.
fn twins(entries: &[Entry]) -> Vec<Option<&str>> {
    let keys: Vec<String> = entries.par_iter().map(|entry| bag::twin_key(&entry.path)).collect();
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.par_sort_unstable_by_key(|&entry| (&keys[entry], entry));
    let mut twins = vec![None; entries.len()];
    for pair in order.windows(2).filter(|pair| keys[pair[0]] == keys[pair[1]]) {
        twins[pair[1]] = Some(entries[pair[0]].path.as_str());
    }
    twins
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
