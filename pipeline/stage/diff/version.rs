//! Where the records of a version come from: a release's files, or a dataset folder that passed `check`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::cut::parts;
pub use super::facts::ReleaseFacts;
use super::part::Part;
use super::section::Sections;
use super::stretch::{Stretch, StretchedFile};
use super::window::lines;
use super::{Records, Tolls, Version};
use crate::error::{Error, Result};
use crate::format::bag::Manifest;
use crate::format::{jsonl, layout, schema};
use crate::model::change::{Trust, VersionName};
use crate::model::chunk::ChunkedFile;
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::model::release_info::{RecordTree, ReleaseInfo};
use crate::model::toll::EventTolls;
use crate::stage::check::Checked;
use crate::stage::folder::{EntryKind, Folder};
use crate::stage::shelf::MAX_TEXT_BYTES;
use crate::stage::sort::Scratch;
use crate::stage::sorted_record::SortedRecords;
use crate::stage::tape::{Recorder, Tape};
use crate::stage::tapped::Tapped;
use crate::stage::validate::MAX_DATASET_BYTES;

/// The records of a release.
pub struct ReleaseVersion<'a> {
    folder: &'a dyn Folder,
    data: Tapped<'a>,
    manifest: Option<&'a Manifest>,
    facts: ReleaseFacts,
    /// What of it is read, if not all.
    part: Option<Part>,
}

impl<'a> ReleaseVersion<'a> {
    /// The release in `folder`. Where its manifest is known, every file must have the digest that it lists.
    pub fn new(folder: &'a dyn Folder, manifest: Option<&'a Manifest>, facts: ReleaseFacts) -> Self {
        Self { folder, data: Tapped::new(folder, layout::PAYLOAD), manifest, facts, part: None }
    }

    /// Leaves out of two releases what they have in common by the lists of their chunks: it is not read. Does nothing
    /// where that is no help.
    pub fn leave_out_common(old: &mut Self, new: &mut Self) -> Result<()> {
        if !old.has_chunks()? || !new.has_chunks()? {
            return Ok(());
        }
        let Some([before, after]) = parts(old, new)? else { return Ok(()) };
        for (version, part) in [(old, before), (new, after)] {
            version.facts.name.read_in_part = version.manifest.is_none() && part.leaves_out();
            version.part = Some(part);
        }
        Ok(())
    }

    fn has_chunks(&self) -> Result<bool> {
        // Whoever can only read a file from its beginning is not helped by a list.
        Ok(self.facts.is_chunked && self.data.has(layout::CHUNKS)? && self.stretched(layout::CHUNKS)?.is_some())
    }

    /// How a person calls a file of the payload.
    pub(super) fn display(&self, path: &str) -> String {
        self.data.display(path)
    }

    /// How many records of a kind the release says that it has.
    pub(super) fn count(&self, kind: RecordKind) -> u64 {
        self.facts.records.get(&kind).map_or(0, |tree| tree.count)
    }

    /// Whether a file of the payload can be read from anywhere, and ends behind so many bytes.
    pub(super) fn ends_at(&self, path: &str, bytes: u64) -> Result<bool> {
        self.stretched(path)?.map_or(Ok(false), |file| file.ends_at(bytes))
    }

    /// A file of the payload of which some chunks are read. Where the release was verified, or little of it is read, each
    /// is held against its root.
    fn stretched(&self, path: &str) -> Result<Option<StretchedFile>> {
        let is_proven = self.manifest.is_some() || self.part.as_ref().is_some_and(|part| part.is_small);
        StretchedFile::open(self.folder, path, is_proven)
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

    /// A file that is hashed only where its digest is known.
    pub(super) fn open(&self, path: &'static str) -> Result<Box<dyn Read + Send + '_>> {
        match self.manifest {
            Some(_) => Ok(Box::new(Proven { file: self.data.open(path)?, path, version: self })),
            None => self.folder.open(&format!("{}{path}", layout::PAYLOAD)),
        }
    }
}

/// A file of a release, and at its end the proof that it was the verified one.
struct Proven<'a> {
    file: Box<dyn Read + Send>,
    path: &'static str,
    version: &'a ReleaseVersion<'a>,
}

impl Read for Proven<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read(buffer) {
            Ok(0) if !buffer.is_empty() && !self.version.is_still(self.path) => {
                Err(io::Error::other(self.version.changed(self.path)))
            }
            read => read,
        }
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

    fn records(&mut self, kind: RecordKind) -> Result<Records<'_>> {
        let place = self.data.display(kind.file()).into();
        let lines = self.open(kind.file())?;
        let has_standings = kind == RecordKind::Claim && self.data.has(layout::STATUSES)?;
        let standings = has_standings.then(|| self.open(layout::STATUSES)).transpose()?;
        Ok(Records { place, lines, standings })
    }

    fn sections(&self, kind: RecordKind) -> Result<Option<Sections>> {
        let Some(sections) = self.part.as_ref().and_then(|part| part.sections(kind.into())) else { return Ok(None) };
        let has_standings = kind == RecordKind::Claim;
        let standings = if has_standings { self.stretched(layout::STATUSES)? } else { None };
        let place = self.data.display(kind.file()).into();
        Ok(self.stretched(kind.file())?.map(|lines| Sections { sections, place, lines, standings }))
    }

    fn left_out(&self, kind: RecordKind) -> u64 {
        self.part.as_ref().map_or(0, |part| part.left_out(kind.into()))
    }

    fn bring_all_claims(&mut self) {
        if let Some(part) = &mut self.part {
            part.bring_all(ChunkedFile::Claims);
        }
    }

    fn live(&self, kind: RecordKind) -> Option<u64> {
        self.part.as_ref()?.sections(kind.into())?;
        let count = self.facts.records.get(&kind)?.count;
        Some(if kind == RecordKind::Claim { count.saturating_sub(self.facts.retracted) } else { count })
    }

    fn tolls(&mut self, events: &BTreeSet<&str>) -> Result<Tolls> {
        let Some(part) = &self.part else { return Ok(Tolls::ToBeReckoned) };
        let Some(file) = self.stretched(layout::TOLLS)? else { return Ok(Tolls::ToBeReckoned) };
        let read = |stretch: Stretch| -> Result<Vec<EventTolls>> {
            let (found, mut stated) = (file.read(&[stretch])?, Vec::new());
            for line in lines(&found) {
                // The event stands first in a canonical line.
                let event =
                    line.strip_prefix(b"{\"event\":\"").and_then(|rest| rest.split(|&byte| byte == b'"').next());
                if event.is_some_and(|event| str::from_utf8(event).is_ok_and(|event| !events.contains(event))) {
                    continue;
                }
                let tolls: EventTolls = parsed(line, &self.data.display(layout::TOLLS))?;
                stated.extend(events.contains(tolls.event.as_str()).then_some(tolls));
            }
            Ok(stated)
        };
        let stated: Vec<Vec<EventTolls>> = part.tolls(events).into_par_iter().map(read).collect::<Result<_>>()?;
        Ok(Tolls::Stated(stated.into_iter().flatten().collect()))
    }

    fn files(&mut self) -> Result<BTreeMap<String, Digest>> {
        let schemas = self.data.below(layout::SCHEMAS)?.into_iter();
        let mut paths: Vec<String> =
            schemas.filter(|entry| matches!(entry.kind, EntryKind::File(_))).map(|entry| entry.path).collect();
        paths.extend(self.data.has(layout::CODEBOOK)?.then(|| layout::CODEBOOK.to_owned()));
        let digest = |path: String| Ok((path.clone(), Digest::of(&self.read(&path, MAX_TEXT_BYTES)?)));
        paths.into_iter().map(digest).collect()
    }

    fn file(&mut self, path: &str) -> Result<Option<Vec<u8>>> {
        if self.data.has(path)? { self.read(path, MAX_TEXT_BYTES).map(Some) } else { Ok(None) }
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
    /// The canonical lines of each kind in the order of their ids.
    records: BTreeMap<RecordKind, Tape>,
    /// The standing of each claim in turn.
    standings: Tape,
}

impl<'a> DatasetVersion<'a> {
    /// The dataset in `folder`, which passed `check`, and its records in order.
    pub fn new(
        folder: &'a dyn Folder,
        checked: Checked,
        mut sorted: SortedRecords,
        scratch: &dyn Scratch,
    ) -> Result<Self> {
        let mut records = BTreeMap::new();
        for kind in RecordKind::ALL {
            let mut lines = Recorder::new(scratch);
            sorted.of(kind).try_for_each(|record| lines.push(record?.canonical()))?;
            records.insert(kind, lines.finish()?);
        }
        let mut standings = Recorder::new(scratch);
        checked.status_lines().try_for_each(|line| standings.push(&line))?;
        Ok(Self { folder, commit: None, checked, records, standings: standings.finish()? })
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

    fn records(&mut self, kind: RecordKind) -> Result<Records<'_>> {
        let Some(tape) = self.records.get_mut(&kind) else { return Ok(Records::of_lines(std::iter::empty())) };
        let records = Records::of_lines(tape.play()?);
        Ok(if kind == RecordKind::Claim { records.with_standings(self.standings.play()?) } else { records })
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
        if self.folder.has(path)? { self.folder.read(path, MAX_TEXT_BYTES).map(Some) } else { Ok(None) }
    }

    fn signer(&self) -> Option<String> {
        None
    }

    fn roots(&self) -> BTreeMap<RecordKind, RecordTree> {
        BTreeMap::new()
    }
}

fn parsed<T: DeserializeOwned>(json: &[u8], place: &str) -> Result<T> {
    jsonl::deserialize(json).map_err(|error| Error::Refused(format!("{place} is not JSON ({error})")))
}
