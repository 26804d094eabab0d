//! Stage 4: a release, written straight into a new folder while its digests are computed.

use std::collections::BTreeMap;

use super::approval::Approved;
use super::bagging::{Bag, SortedFile};
pub use super::bagging::{NewFolder, Written, bag_info};
use super::batch::{one_ahead, stretches};
use super::check::{self, Checked, Request};
use super::chunk::{self, Chunked};
use super::folder::{Folder, Progress};
use super::graph::ClaimNumber;
use super::hash;
use super::law::Decision;
use super::shelf::{MAX_TEXT_BYTES, text_path};
use super::sort::Sorter;
use super::sorted_record::{SortedRecord, SortedRecords};
use super::toll;
use super::validate::MAX_DATASET_BYTES;
use crate::error::{Error, Result};
use crate::finding::Outcome;
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

/// Most records that are written at a time, while the next are read.
const STRETCH: usize = 1 << 10;

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

/// A dataset in which no error was found, on its way into a release: its records in their order, its texts written.
pub struct Gathered<'a> {
    bag: Bag<'a>,
    checked: Checked,
    records: SortedRecords,
}

/// Checks a dataset. What a release holds of it is taken meanwhile, so that what was checked is what is released.
pub fn gather<'a>(request: Request, out: &'a dyn NewFolder) -> Result<Outcome<Option<Gathered<'a>>>> {
    let (bag, mut sorter) = (Bag::new(out), Sorter::new(out));
    let Outcome { value, findings } = check::gather(
        request,
        &|capture, bytes| bag.checked_bytes(&text_path(capture), bytes),
        |record| SortedRecord::new(&record),
        |record| sorter.push(record),
    )?;
    let Some(checked) = value else { return Ok(Outcome { value: None, findings }) };
    Ok(Outcome { value: Some(Gathered { bag, checked, records: sorter.finish()? }), findings })
}

/// The payload of a release being made, but for what changed since the release before.
pub struct Payload<'a> {
    bag: Bag<'a>,
    checked: Checked,
    records: BTreeMap<RecordKind, RecordTree>,
    derived: Derived,
    schemas: BTreeMap<String, Digest>,
    changes: Option<ChangesInfo>,
}

impl<'a> Gathered<'a> {
    /// The dataset.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// Writes the records, their statuses, the schemas and the declaration.
    pub fn payload(self, dataset: &dyn Folder, progress: &dyn Progress) -> Result<Payload<'a>> {
        let Self { bag, checked, mut records } = self;
        progress.begin("writing claims", checked.graph().len() as u64);
        // Records come one after the other; meanwhile another thread writes what does not need their order.
        let sorted = || bag.all_records(&checked, &mut records, progress);
        let (sorted, beside) = rayon::join(sorted, || bag.beside(&checked, dataset));
        let ((records, statuses), (tolls, schemas)) = (sorted?, beside?);
        let chunks = bag.chunks(&records, &statuses, &tolls)?;
        let records = records.into_iter().map(|(kind, chunked)| (kind, chunked.tree)).collect();
        let derived = Derived { statuses: statuses.tree, tolls: tolls.tree, chunks };
        Ok(Payload { bag, checked, records, derived, schemas, changes: None })
    }
}

impl Payload<'_> {
    /// The dataset.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

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
        self.bag.payload(layout::CHANGELOG, [&changelog[..]])?;
        let (bump, deciding, allowed) = (decision.bump(), decision.deciding().to_vec(), decision.allowed().to_vec());
        self.changes = Some(ChangesInfo { tree, classes, bump, deciding, allowed });
        Ok(())
    }

    /// Writes the approvals that count.
    pub fn approvals(&mut self, approved: &Approved) -> Result<()> {
        if approved.is_empty() {
            return Ok(());
        }
        self.bag.payload(layout::APPROVALS, approved.lines())?;
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
        let included = hash::captures(checked.catalog()).filter(|(source, _)| source.text == TextRights::Included);
        for (source, capture) in included {
            let written = Written { digest: capture.sha256, bytes: capture.bytes };
            bag.vouch(&text_path(&source.capture_id(capture)), written);
        }
        let approvals = declared.approvals.clone();
        // A manifest of many texts needs room of its own.
        drop(checked);
        let (tag_manifest, payload) = bag.finish(&info)?;
        Ok(Release { info, tag_manifest, payload, approvals })
    }
}

/// The trees of the files that follow from the records.
struct Derived {
    statuses: RecordTree,
    tolls: RecordTree,
    chunks: RecordTree,
}

impl Bag<'_> {
    /// Writes the records, and the statuses beside their claims.
    fn all_records(
        &self,
        checked: &Checked,
        records: &mut SortedRecords,
        progress: &dyn Progress,
    ) -> Result<(BTreeMap<RecordKind, Chunked>, Chunked)> {
        let mut statuses = self.sorted(layout::STATUSES)?;
        let standings = checked.standings();
        let mut chunked = BTreeMap::new();
        for kind in RecordKind::ALL {
            let mut file = RecordFile { kind, lines: self.sorted(kind.file())?, before: None };
            one_ahead(stretches(records.of(kind), STRETCH), |stretch| {
                let number = |record: &SortedRecord| checked.graph().find(record.id().as_str());
                let claims: Vec<ClaimNumber> = match kind {
                    RecordKind::Claim => stretch.iter().filter_map(number).collect(),
                    _ => Vec::new(),
                };
                let write = || stretch.into_iter().try_for_each(|record| file.push(record));
                let stand = || {
                    standings.lines(&claims).into_iter().try_for_each(|(id, leaf, line)| statuses.push(id, leaf, &line))
                };
                let (written, stood) = rayon::join(write, stand);
                progress.advance(claims.len() as u64);
                written.and(stood)
            })?;
            chunked.insert(kind, file.lines.finish()?);
        }
        Ok((chunked, statuses.finish()?))
    }

    fn beside(&self, checked: &Checked, dataset: &dyn Folder) -> Result<(Chunked, BTreeMap<String, Digest>)> {
        let mut tolls = self.sorted(layout::TOLLS)?;
        toll::toll_lines(checked).try_for_each(|(id, leaf, line)| tolls.push(String::from(id), leaf, &line))?;
        let tolls = tolls.finish()?;
        let schemas = self.schemas()?;
        self.declaration(checked)?;
        if dataset.has(layout::CODEBOOK)? {
            let codebook = dataset.read(layout::CODEBOOK, MAX_TEXT_BYTES)?;
            self.payload(layout::CODEBOOK, [&codebook[..]])?;
        }
        Ok((tolls, schemas))
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

    fn declaration(&self, checked: &Checked) -> Result<()> {
        let declaration = checked.rulebook().declaration();
        if declaration.len() as u64 >= MAX_DATASET_BYTES {
            let why = format!("is longer than {MAX_DATASET_BYTES} bytes in canonical form and with LF");
            return Err(Error::Refused(format!("{} {why}: the release would not verify", layout::DATASET)));
        }
        self.payload(layout::DATASET, [declaration, b"\n"])?;
        Ok(())
    }

    fn schemas(&self) -> Result<BTreeMap<String, Digest>> {
        let mut digests = BTreeMap::new();
        for schema in schema::released(ReleaseInfo::FORMAT) {
            let path = format!("{}{}", layout::SCHEMAS, schema.file);
            digests.insert(schema.file.to_owned(), self.payload(&path, [schema.text.as_bytes()])?);
        }
        Ok(digests)
    }
}

/// A file of records being written.
struct RecordFile<'a> {
    kind: RecordKind,
    lines: SortedFile<'a>,
    before: Option<Id>,
}

impl RecordFile<'_> {
    /// Takes a record that a reader will find in its order, not twice, and in a line that he can read: the canonical form
    /// may be longer than what the curator wrote, `1e15` is.
    fn push(&mut self, record: SortedRecord) -> Result<()> {
        let (id, leaf, canonical) = record.into_parts();
        let kind = self.kind;
        let unfit = |why: &str| Error::Refused(format!("{kind} {id} {why}: the release would not verify"));
        if canonical.len() > MAX_LINE_BYTES {
            return Err(unfit(&format!("is longer than {MAX_LINE_BYTES} bytes in canonical form")));
        }
        if self.before.as_ref().is_some_and(|before| *before >= id) {
            return Err(unfit("stands out of its order"));
        }
        self.lines.push(id.as_str(), leaf, &canonical)?;
        self.before = Some(id);
        Ok(())
    }
}
