//! Stage 4: a release, written straight into a new folder while its digests are computed.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::approval::Approved;
use super::bagging::Bag;
pub use super::bagging::{NewFolder, Written, bag_info};
use super::check::Checked;
use super::chunk::{self, Chunked};
use super::folder::{Folder, Progress};
use super::gist::{CaptureGist, SourceGist};
use super::law::Decision;
use super::shelf::{MAX_TEXT_BYTES, text_path};
use super::sorted_record::{SortedRecord, SortedRecords};
use super::toll;
use super::validate::MAX_DATASET_BYTES;
use crate::error::{Error, Result};
use crate::format::changelog::Changelog;
use crate::format::changes::ChangesLine;
use crate::format::jsonl::MAX_LINE_BYTES;
use crate::format::merkle::{self, CompactRange};
use crate::format::{layout, schema};
use crate::model::dataset::Approvals;
use crate::model::date::Day;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::release_info::{ChangesInfo, Previous, RecordTree, ReleaseInfo};
use crate::model::source::TextRights;

/// What the maintainer decides about a release.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Its version.
    pub version: semver::Version,
    /// Its number.
    pub seq: u64,
    /// Its day.
    pub date: Day,
    /// The last day on which it may pass for the newest.
    pub fresh_until: Option<Day>,
    /// The release before it.
    pub previous: Option<Previous>,
}

/// A whole release without a signature: a draft.
#[derive(Debug)]
pub struct Release {
    info: ReleaseInfo,
    tag_manifest: Vec<u8>,
    payload: BTreeMap<String, Written>,
    approvals: Option<Approvals>,
}

impl Release {
    /// What it says about itself.
    pub fn info(&self) -> &ReleaseInfo {
        &self.info
    }

    /// The bytes to be signed.
    pub fn tag_manifest(&self) -> &[u8] {
        &self.tag_manifest
    }

    /// The files of its payload as they were written, by their paths in the release.
    pub fn payload(&self) -> &BTreeMap<String, Written> {
        &self.payload
    }

    /// The rule for approvals that its dataset declares.
    pub fn approvals(&self) -> Option<&Approvals> {
        self.approvals.as_ref()
    }
}

/// The payload of a release being made, but for what changed since the release before.
pub struct Payload<'a> {
    bag: Bag<'a>,
    checked: &'a Checked,
    records: BTreeMap<RecordKind, RecordTree>,
    derived: Derived,
    schemas: BTreeMap<String, Digest>,
    changes: Option<ChangesInfo>,
}

/// Writes the records, their statuses, the texts, the schemas and the declaration.
pub fn payload<'a>(
    checked: &'a Checked,
    mut records: SortedRecords,
    dataset: &dyn Folder,
    out: &'a dyn NewFolder,
    progress: &dyn Progress,
) -> Result<Payload<'a>> {
    let bag = Bag::new(out);
    progress.begin("writing claims", checked.graph().len() as u64);
    // Records come one after the other; meanwhile the other threads write everything else.
    let (records, rest) = rayon::join(|| bag.all_records(&mut records, progress), || bag.rest(checked, dataset));
    let (Rest { statuses, tolls, schemas }, records) = (rest?, records?);
    let chunks = bag.chunks(&records, &statuses, &tolls)?;
    let records = records.into_iter().map(|(kind, chunked)| (kind, chunked.tree)).collect();
    let derived = Derived { statuses: statuses.tree, tolls: tolls.tree, chunks };
    Ok(Payload { bag, checked, records, derived, schemas, changes: None })
}

impl Payload<'_> {
    /// Count and root of the records of each kind.
    pub fn records(&self) -> &BTreeMap<RecordKind, RecordTree> {
        &self.records
    }

    /// Writes what changed since the release before: the lines of `changes.jsonl`, and what was decided about them.
    pub fn changes(&mut self, lines: impl Iterator<Item = Result<Vec<u8>>>, decision: &Decision) -> Result<()> {
        let (mut changelog, mut classes) = (Changelog::default(), BTreeMap::new());
        let mut tree = CompactRange::new();
        let lines = lines.map(|line| {
            let line = line?;
            tree.push(merkle::leaf_hash(&line));
            let parsed = ChangesLine::parse(&line).map_err(Error::Refused)?;
            if let ChangesLine::Trailer(trailer) = &parsed {
                classes.clone_from(&trailer.classes);
            }
            changelog.push(parsed);
            Ok(line)
        });
        self.bag.lines(layout::CHANGES, lines)?;
        let tree = RecordTree { count: tree.size(), root: tree.root() };
        let changelog = changelog.finish();
        self.bag.payload(layout::CHANGELOG, |file| file.write_all(&changelog))?;
        let (bump, deciding, allowed) = (decision.bump(), decision.deciding().to_vec(), decision.allowed().to_vec());
        self.changes = Some(ChangesInfo { tree, classes, bump, deciding, allowed });
        Ok(())
    }

    /// Writes the approvals that count.
    pub fn approvals(&mut self, approved: &Approved) -> Result<()> {
        if approved.is_empty() {
            return Ok(());
        }
        self.bag.payload(layout::APPROVALS, |file| approved.lines().try_for_each(|line| file.write_all(line)))?;
        Ok(())
    }

    /// Writes everything else but the signature.
    pub fn finish(self, terms: Terms) -> Result<Release> {
        let Self { bag, checked, records, derived, schemas, changes } = self;
        let declared = checked.rulebook().dataset();
        let info = ReleaseInfo {
            format: ReleaseInfo::FORMAT.to_owned(),
            dataset: declared.id.clone(),
            version: terms.version,
            seq: terms.seq,
            date: terms.date,
            fresh_until: terms.fresh_until,
            previous: terms.previous,
            law: declared.law,
            threshold: declared.threshold,
            records,
            statuses: checked.event_statuses().map(|(event, counts)| (event.clone(), counts)).collect(),
            status_tree: derived.statuses,
            toll_tree: Some(derived.tolls),
            chunk_tree: Some(derived.chunks),
            anchors: checked.anchors(),
            schemas,
            changes,
        };
        let (tag_manifest, payload) = bag.finish(&info)?;
        Ok(Release { info, tag_manifest, payload, approvals: declared.approvals.clone() })
    }
}

/// Everything that is written beside the records.
struct Rest {
    statuses: Chunked,
    tolls: Chunked,
    schemas: BTreeMap<String, Digest>,
}

/// The trees of the files that follow from the records.
struct Derived {
    statuses: RecordTree,
    tolls: RecordTree,
    chunks: RecordTree,
}

impl Bag<'_> {
    fn all_records(
        &self,
        records: &mut SortedRecords,
        progress: &dyn Progress,
    ) -> Result<BTreeMap<RecordKind, Chunked>> {
        let mut chunked = BTreeMap::new();
        for kind in RecordKind::ALL {
            let advance = |_: &_| progress.advance(u64::from(kind == RecordKind::Claim));
            chunked.insert(kind, self.records(kind, records.of(kind).inspect(advance))?);
        }
        Ok(chunked)
    }

    fn rest(&self, checked: &Checked, dataset: &dyn Folder) -> Result<Rest> {
        let statuses = checked.status_leaves().map(|(id, leaf, line)| Ok((id, leaf, line)));
        let statuses = self.sorted(layout::STATUSES, statuses)?;
        let tolls = self.sorted(
            layout::TOLLS,
            toll::toll_lines(checked).map(|(id, leaf, line)| Ok((String::from(id), leaf, line))),
        )?;
        self.texts(checked, dataset)?;
        let schemas = self.schemas()?;
        self.declaration(checked)?;
        if dataset.entries()?.iter().any(|entry| entry.path == layout::CODEBOOK) {
            let codebook = dataset.read(layout::CODEBOOK, MAX_TEXT_BYTES)?;
            self.payload(layout::CODEBOOK, |file| file.write_all(&codebook))?;
        }
        Ok(Rest { statuses, tolls, schemas })
    }

    /// Writes the chunks of all these lines.
    fn chunks(
        &self,
        records: &BTreeMap<RecordKind, Chunked>,
        statuses: &Chunked,
        tolls: &Chunked,
    ) -> Result<RecordTree> {
        let mut tree = CompactRange::new();
        let lines = chunk::chunk_lines(records, statuses, tolls).map(|(leaf, line)| {
            tree.push(leaf);
            Ok(line)
        });
        self.lines(layout::CHUNKS, lines)?;
        Ok(RecordTree { count: tree.size(), root: tree.root() })
    }

    /// Writes records that a reader will find in their order, none of them twice, and in lines that he can read: the
    /// canonical form may be longer than what the curator wrote, `1e15` is.
    fn records(&self, kind: RecordKind, records: impl Iterator<Item = Result<SortedRecord>>) -> Result<Chunked> {
        let mut before: Option<Id> = None;
        let lines = records.map(|record| {
            let (id, leaf, canonical) = record?.into_parts();
            let unfit = |why: &str| Error::Refused(format!("{kind} {id} {why}: the release would not verify"));
            if canonical.len() > MAX_LINE_BYTES {
                return Err(unfit(&format!("is longer than {MAX_LINE_BYTES} bytes in canonical form")));
            }
            if before.as_ref().is_some_and(|before| *before >= id) {
                return Err(unfit("stands out of its order"));
            }
            let line = (Box::<str>::from(id.as_str()), leaf, canonical);
            before = Some(id);
            Ok(line)
        });
        self.sorted(kind.file(), lines)
    }

    fn texts(&self, checked: &Checked, dataset: &dyn Folder) -> Result<()> {
        let included = checked.catalog().sources.gists().filter(|source| source.text == TextRights::Included);
        let captures: Vec<(&SourceGist, &CaptureGist)> =
            included.flat_map(|source| source.captures.iter().map(move |capture| (source, capture))).collect();
        captures.into_par_iter().try_for_each(|(source, capture)| self.text(source, capture, dataset))
    }

    fn text(&self, source: &SourceGist, capture: &CaptureGist, dataset: &dyn Folder) -> Result<()> {
        let path = text_path(&source.capture_id(capture));
        let bytes = dataset.read(&path, MAX_TEXT_BYTES)?;
        if self.payload(&path, |file| file.write_all(&bytes))?.digest != capture.sha256 {
            let path = dataset.display(&path);
            return Err(Error::Refused(format!("{path} changed while the release was being made; run it again")));
        }
        Ok(())
    }

    fn declaration(&self, checked: &Checked) -> Result<()> {
        let declaration = checked.rulebook().declaration();
        if declaration.len() as u64 >= MAX_DATASET_BYTES {
            let why = format!("is longer than {MAX_DATASET_BYTES} bytes in canonical form and with LF");
            return Err(Error::Refused(format!("{} {why}: the release would not verify", layout::DATASET)));
        }
        self.payload(layout::DATASET, |file| {
            file.write_all(declaration)?;
            file.write_all(b"\n")
        })?;
        Ok(())
    }

    fn schemas(&self) -> Result<BTreeMap<String, Digest>> {
        let mut digests = BTreeMap::new();
        for schema in schema::released(ReleaseInfo::FORMAT) {
            let path = format!("{}{}", layout::SCHEMAS, schema.file);
            let written = self.payload(&path, |file| file.write_all(schema.text.as_bytes()))?;
            digests.insert(schema.file.to_owned(), written.digest);
        }
        Ok(digests)
    }
}
