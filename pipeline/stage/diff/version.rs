//! Where the records of a version come from: a release's files, or a dataset folder that passed `check`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Entries, Entry, Version, unfit};
use crate::error::{Error, Result};
use crate::format::bag::Manifest;
use crate::format::layout::{self, MAX_TAG_BYTES};
use crate::format::{schema, sshsig};
use crate::model::change::{Trust, VersionName};
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::model::release_info::{RecordTree, ReleaseInfo};
use crate::stage::batch::released_lines;
use crate::stage::check::Checked;
use crate::stage::folder::{EntryKind, Folder};
use crate::stage::hash::MAX_TEXT_BYTES;
use crate::stage::sort::{Scratch, Sorted};
use crate::stage::tape::{Recorder, Tape};
use crate::stage::tapped::Tapped;
use crate::stage::validate::MAX_DATASET_BYTES;

/// What a release says beside its payload.
#[derive(Clone, Debug, Default)]
pub struct ReleaseFacts {
    /// What it is called.
    pub name: VersionName,
    /// `SHA256:...` of the key that signed first.
    pub signer: Option<String>,
    /// Count and Merkle root of its records.
    pub records: BTreeMap<RecordKind, RecordTree>,
}

impl ReleaseFacts {
    /// What the release in `folder` says; nothing of it is verified here.
    pub fn of(folder: &dyn Folder) -> Result<Self> {
        let info: Option<ReleaseInfo> = serde_json::from_slice(&folder.read(layout::RELEASE_INFO, MAX_TAG_BYTES)?).ok();
        let tag_manifest = folder.read(layout::TAG_MANIFEST, MAX_TAG_BYTES)?;
        let signature = folder.read(layout::SIGNATURE, MAX_TAG_BYTES).unwrap_or_default();
        let signer = sshsig::parse(&signature).ok().map(|signature| signature.key().fingerprint());
        let name = VersionName {
            version: info.as_ref().map(|info| info.version.clone()),
            tagmanifest_sha256: Some(Digest::of(&tag_manifest)),
            ..VersionName::default()
        };
        Ok(Self { name, signer, records: info.map(|info| info.records).unwrap_or_default() })
    }
}

/// The records of a release.
pub struct ReleaseVersion<'a> {
    data: Tapped<'a>,
    manifest: Option<&'a Manifest>,
    facts: ReleaseFacts,
}

impl<'a> ReleaseVersion<'a> {
    /// The release in `folder`. Where its manifest is known, every file must have the digest that it lists.
    pub fn new(folder: &'a dyn Folder, manifest: Option<&'a Manifest>, facts: ReleaseFacts) -> Self {
        Self { data: Tapped::new(folder, layout::PAYLOAD), manifest, facts }
    }

    fn is_still(&self, path: &str) -> bool {
        let path = format!("{}{path}", layout::PAYLOAD);
        let now = self.data.digest(&path);
        self.manifest.is_none_or(|manifest| manifest.digest(&path) == now.as_ref())
    }

    fn changed(&self, path: &str) -> Error {
        Error::Refused(format!("{} is not the file that was signed", self.data.display(path)))
    }

    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>> {
        let bytes = self.data.read(path, max_bytes)?;
        if self.is_still(path) { Ok(bytes) } else { Err(self.changed(path)) }
    }

    /// The lines of a file, and at its end the proof that it was the verified one.
    fn lines<'s>(&'s self, path: &'s str) -> Result<impl Iterator<Item = Result<Vec<u8>>> + 's> {
        let place = self.data.display(path);
        let lines = released_lines(self.data.open(path)?).map(move |line| line.map_err(Error::io(&place)));
        let at_the_end = std::iter::from_fn(move || (!self.is_still(path)).then(|| Err(self.changed(path))));
        Ok(lines.chain(at_the_end.take(1)))
    }

    fn holds(&self, path: &str) -> Result<bool> {
        let entries = self.data.entries()?;
        Ok(entries.iter().any(|entry| entry.path == path && matches!(entry.kind, EntryKind::File(_))))
    }
}

impl Version for ReleaseVersion<'_> {
    fn name(&self) -> VersionName {
        self.facts.name.clone()
    }

    fn declaration(&mut self) -> Result<Value> {
        let bytes = self.read(layout::DATASET, MAX_DATASET_BYTES)?;
        parsed(&bytes, &self.data.display(layout::DATASET))
    }

    fn entries(&mut self, kind: RecordKind) -> Result<Entries<'_>> {
        let lines = self.lines(kind.file())?;
        if kind != RecordKind::Claim || !self.holds(layout::STATUSES)? {
            return Ok(Box::new(lines.map(|line| line.map(|line| Entry { line, standing: None }))));
        }
        let mut standings = self.lines(layout::STATUSES)?;
        let mut lines = lines;
        Ok(Box::new(std::iter::from_fn(move || match (lines.next(), standings.next()) {
            (Some(Ok(line)), Some(Ok(standing))) => Some(Ok(Entry { line, standing: Some(standing) })),
            (Some(Err(error)), _) | (_, Some(Err(error))) => Some(Err(error)),
            (None, None) => None,
            _ => Some(Err(unfit("there are not as many statuses as claims"))),
        })))
    }

    fn files(&mut self) -> Result<BTreeMap<String, Digest>> {
        let mut digests = BTreeMap::new();
        for entry in self.data.entries()? {
            let is_one = entry.path == layout::CODEBOOK || entry.path.starts_with(layout::SCHEMAS);
            if is_one && matches!(entry.kind, EntryKind::File(_)) {
                let digest = Digest::of(&self.read(&entry.path, MAX_TEXT_BYTES)?);
                digests.insert(entry.path, digest);
            }
        }
        Ok(digests)
    }

    fn file(&mut self, path: &str) -> Result<Option<Vec<u8>>> {
        if self.holds(path)? { self.read(path, MAX_TEXT_BYTES).map(Some) } else { Ok(None) }
    }

    fn signer(&self) -> Option<String> {
        self.facts.signer.clone()
    }

    fn roots(&self) -> BTreeMap<RecordKind, RecordTree> {
        self.facts.records.clone()
    }
}

/// The records of a dataset folder.
pub struct DatasetVersion<'a> {
    folder: &'a dyn Folder,
    commit: Option<String>,
    checked: Checked,
    /// Line and standing of each claim in turn.
    claims: Tape,
}

impl<'a> DatasetVersion<'a> {
    /// The dataset in `folder`, which passed `check`, and its claims in order.
    pub fn new(folder: &'a dyn Folder, checked: Checked, claims: Sorted, scratch: &mut dyn Scratch) -> Result<Self> {
        let mut tape = Recorder::new(scratch)?;
        let mut standings = checked.status_lines();
        for claim in claims {
            tape.push(claim?.canonical())?;
            tape.push(&standings.next().unwrap_or_default())?;
        }
        drop(standings);
        Ok(Self { folder, commit: None, checked, claims: tape.finish()? })
    }

    /// What was checked.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// The same, read from a commit of this id.
    pub fn at_commit(self, commit: Option<String>) -> Self {
        Self { commit, ..self }
    }
}

impl Version for DatasetVersion<'_> {
    fn name(&self) -> VersionName {
        VersionName {
            path: Some(self.folder.display("").trim_end_matches('/').to_owned()),
            commit: self.commit.clone(),
            trust: Some(Trust::Checked),
            ..VersionName::default()
        }
    }

    fn declaration(&mut self) -> Result<Value> {
        parsed(self.checked.rulebook().declaration(), layout::DATASET)
    }

    fn entries(&mut self, kind: RecordKind) -> Result<Entries<'_>> {
        let entry = |line: &[u8]| Ok(Entry { line: line.to_vec(), standing: None });
        let catalog = self.checked.catalog();
        Ok(match kind {
            RecordKind::Agent => Box::new(catalog.agents.sorted().map(move |record| entry(&record.canonical()))),
            RecordKind::Event => Box::new(catalog.events.sorted().map(move |record| entry(&record.canonical()))),
            RecordKind::Source => Box::new(catalog.sources.sorted().map(move |record| entry(&record.canonical()))),
            RecordKind::Claim => {
                let mut tape = self.claims.play()?;
                Box::new(std::iter::from_fn(move || {
                    let line = tape.next()?;
                    let standing = tape.next()?;
                    Some(line.and_then(|line| Ok(Entry { line, standing: Some(standing?) })))
                }))
            }
        })
    }

    fn files(&mut self) -> Result<BTreeMap<String, Digest>> {
        let mut digests: BTreeMap<String, Digest> = schema::released(ReleaseInfo::FORMAT)
            .map(|schema| (format!("{}{}", layout::SCHEMAS, schema.file), Digest::of(schema.text.as_bytes())))
            .collect();
        if let Some(codebook) = self.file(layout::CODEBOOK)? {
            digests.insert(layout::CODEBOOK.to_owned(), Digest::of(&codebook));
        }
        Ok(digests)
    }

    fn file(&mut self, path: &str) -> Result<Option<Vec<u8>>> {
        if let Some(name) = path.strip_prefix(layout::SCHEMAS) {
            let schema = schema::ALL.iter().find(|schema| schema.file == name);
            return Ok(schema.map(|schema| schema.text.as_bytes().to_vec()));
        }
        let is_here = self.folder.entries()?.iter().any(|entry| entry.path == path);
        if is_here { self.folder.read(path, MAX_TEXT_BYTES).map(Some) } else { Ok(None) }
    }

    fn signer(&self) -> Option<String> {
        None
    }

    fn roots(&self) -> BTreeMap<RecordKind, RecordTree> {
        BTreeMap::new()
    }
}

fn parsed(declaration: &[u8], place: &str) -> Result<Value> {
    serde_json::from_slice(declaration).map_err(|error| Error::Refused(format!("{place} is not JSON ({error})")))
}
