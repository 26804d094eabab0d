//! The releases that stand in a folder already, and the log of them.
//!
//! A release appears by one rename, and with it the proof of its place in the log. The log's own files come after it:
//! a run that was broken off in between is made good by the next one, from the releases themselves.

use std::path::Path;

use crate::error::{Error, Result};
use crate::format::bag::Manifest;
use crate::format::layout::{self, MAX_TAG_BYTES};
use crate::format::note::Note;
use crate::format::sshsig;
use crate::format::tlog_proof::TlogProof;
use crate::io::{self, DiskFolder};
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::release_info::ReleaseInfo;
use crate::render::text;
use crate::stage::folder::Folder;
use crate::stage::log::{self, Log};

/// A release that was made before.
pub struct PastRelease {
    /// Its folder.
    pub folder: DiskFolder,
    /// What it says about itself.
    pub info: ReleaseInfo,
    /// The bytes that its seals are about: its entry in the log.
    pub tag_manifest: Vec<u8>,
    /// The log's checkpoint when it was made.
    checkpoint: Note,
}

impl PastRelease {
    /// The digests of its payload, which its entry in the log vouches for.
    pub fn manifest(&self) -> Result<Manifest> {
        let damaged =
            |why: String| Error::Refused(format!("{}: {why}; verify the release before", self.folder.display("")));
        let tags = Manifest::parse(&self.tag_manifest).map_err(|error| damaged(error.to_string()))?;
        let mut manifest = Vec::new();
        for path in layout::TAG_FILES {
            let bytes = self.folder.read(path, MAX_TAG_BYTES)?;
            if tags.digest(path) != Some(&Digest::of(&bytes)) {
                return Err(damaged(format!("{path} is not the file that was signed")));
            }
            if path == layout::MANIFEST {
                manifest = bytes;
            }
        }
        let signature = sshsig::parse(&self.folder.read(layout::SIGNATURE, MAX_TAG_BYTES)?);
        let holds = signature.and_then(|signature| signature.verify(layout::NAMESPACE, &self.tag_manifest).map(drop));
        holds.map_err(|error| damaged(format!("{}: {error}", layout::SIGNATURE)))?;
        Manifest::parse(&manifest).map_err(|error| damaged(error.to_string()))
    }
}

/// The releases in a folder, oldest first, and their log.
pub struct Past {
    releases: Vec<PastRelease>,
    log: Option<Log>,
}

impl Past {
    /// Reads the releases in the folder `out`, and brings the log's files up to them.
    pub fn open(out: &Path) -> Result<Self> {
        let mut releases = Vec::new();
        for name in io::folders_in(out)?.iter().filter(|name| !name.starts_with('.')) {
            if io::exists(&out.join(name).join(layout::RELEASE_INFO)) {
                releases.push(release(&out.join(name))?);
            }
        }
        releases.sort_by_key(|release| release.info.seq);
        let mut log = read_log(&out.join(layout::LOG))?;
        for release in &releases {
            let origin = log::origin(&release.info.dataset);
            let log = log.get_or_insert_with(|| Log::new(origin.clone()));
            let index = release.info.seq.saturating_sub(1);
            if index == log.size() {
                let too_long = |error| Error::Refused(format!("{}: {error}", out.display()));
                log.append(release.tag_manifest.clone()).map_err(too_long)?;
            }
            let entry = usize::try_from(index).ok().and_then(|index| log.entries().get(index));
            if log.origin() != origin || entry != Some(&release.tag_manifest) {
                let ReleaseInfo { dataset, version, seq, .. } = &release.info;
                return Err(Error::Refused(format!(
                    "{}: {dataset} {version} (seq {seq}) is not what the log of {} has in its place; \
                     a new release would rewrite history",
                    out.display(),
                    log.origin(),
                )));
            }
        }
        let past = Self { releases, log };
        past.is_whole(out)?;
        if let (Some(log), Some(newest)) = (&past.log, past.newest()) {
            publish_log(out, log, &newest.checkpoint)?;
        }
        Ok(past)
    }

    fn is_whole(&self, out: &Path) -> Result<()> {
        let (newest, size) =
            (self.newest().map_or(0, |release| release.info.seq), self.log.as_ref().map_or(0, Log::size));
        if newest == size {
            return Ok(());
        }
        let message =
            format!("{}: the log has {size} entries, and the newest release here is seq {newest}", out.display());
        Err(Error::Refused(format!("{message}; bring the missing releases back")))
    }

    /// The newest release.
    pub fn newest(&self) -> Option<&PastRelease> {
        self.releases.last()
    }

    /// Whether a release of `dataset` may be added.
    pub fn is_of(&self, dataset: &Id, out: &Path) -> Result<()> {
        let origin = log::origin(dataset);
        let Some(log) = self.log.as_ref().filter(|log| log.origin() != origin) else { return Ok(()) };
        Err(Error::Usage(format!(
            "{} holds releases of {}; give {dataset} a folder of its own with --out",
            out.display(),
            log.origin()
        )))
    }

    /// The log, to which a release of `dataset` is to be added.
    pub fn into_log(self, dataset: &Id) -> Log {
        self.log.unwrap_or_else(|| Log::new(log::origin(dataset)))
    }
}

/// Writes the log's files, the checkpoint last: who reads meanwhile sees the old log or the new one.
pub fn publish_log(out: &Path, log: &Log, checkpoint: &Note) -> Result<()> {
    let folder = out.join(layout::LOG);
    for (path, bytes) in log.files() {
        let path = folder.join(path);
        if io::read_if_there(&path, MAX_TAG_BYTES)?.as_ref() != Some(&bytes) {
            io::replace(&path, &bytes)?;
        }
    }
    let path = folder.join("checkpoint");
    let standing = io::read_if_there(&path, MAX_TAG_BYTES)?.and_then(|bytes| Note::parse(&bytes).ok());
    // One that witnesses have signed meanwhile says the same, and stays.
    if standing.is_none_or(|note| note.text() != checkpoint.text()) {
        io::replace(&path, checkpoint.to_string().as_bytes())?;
    }
    Ok(())
}

fn read_log(folder: &Path) -> Result<Option<Log>> {
    if !io::exists(&folder.join("checkpoint")) {
        return Ok(None);
    }
    let outcome = log::read(&DiskFolder::open(folder)?)?;
    let damaged = || {
        let findings = text::in_words(&outcome.findings);
        Error::Refused(format!("{}: the log is damaged: {findings}", folder.display()))
    };
    outcome.value.map(|stored| Some(stored.into_log())).ok_or_else(damaged)
}

fn release(path: &Path) -> Result<PastRelease> {
    let folder = DiskFolder::open(path)?;
    let unreadable = |error: &dyn std::fmt::Display| {
        Error::Refused(format!("{} is not readable ({error}); a new release would have no past", path.display()))
    };
    let info = folder.read(layout::RELEASE_INFO, MAX_TAG_BYTES)?;
    let info: ReleaseInfo = serde_json::from_slice(&info).map_err(|error| unreadable(&error))?;
    let proof = folder.read(layout::TLOG_PROOF, MAX_TAG_BYTES)?;
    let proof = TlogProof::parse(&proof).map_err(|error| unreadable(&error))?;
    let tag_manifest = folder.read(layout::TAG_MANIFEST, MAX_TAG_BYTES)?;
    Ok(PastRelease { folder, info, tag_manifest, checkpoint: proof.note })
}
