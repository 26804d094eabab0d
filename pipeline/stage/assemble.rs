//! Stage 4: a release, written straight into a new folder while its digests are computed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::approval::Approved;
use super::check::Checked;
use super::folder::{Folder, Progress};
use super::hash::{MAX_TEXT_BYTES, text_path};
use super::law::Decision;
use super::sort::{Scratch, Sorted};
use super::status;
use super::validate::{Record, ValidRecord};
use crate::error::{Error, Result};
use crate::format::bag::{self, BagInfo, Manifest};
use crate::format::changelog::Changelog;
use crate::format::changes::ChangesLine;
use crate::format::merkle::{self, CompactRange};
use crate::format::{canonical, layout, schema};
use crate::model::date::Day;
use crate::model::digest::{Digest, Hasher};
use crate::model::kind::RecordKind;
use crate::model::release_info::{ChangesInfo, Previous, RecordTree, ReleaseInfo};
use crate::model::source::TextRights;

/// A folder being written, which nobody else sees yet.
pub trait NewFolder: Scratch {
    /// A new file; folders on the way are made.
    fn create(&mut self, path: &str) -> Result<Box<dyn Write + Send>>;

    /// How a person calls the file.
    fn display(&self, path: &str) -> String;
}

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
}

/// The payload of a release being made, but for what changed since the release before.
pub struct Payload<'a> {
    bag: Bag<'a>,
    checked: &'a Checked,
    records: BTreeMap<RecordKind, RecordTree>,
    status_tree: RecordTree,
    schemas: BTreeMap<String, Digest>,
    changes: Option<ChangesInfo>,
}

/// Writes the records, their statuses, the texts, the schemas and the declaration.
pub fn payload<'a>(
    checked: &'a Checked,
    claims: Sorted,
    dataset: &dyn Folder,
    out: &'a mut dyn NewFolder,
    progress: &dyn Progress,
) -> Result<Payload<'a>> {
    let mut bag = Bag { out, manifest: BTreeMap::new(), bytes: 0 };
    let catalog = checked.catalog();
    let mut records = BTreeMap::new();
    records.insert(RecordKind::Agent, bag.table(catalog.agents.sorted())?);
    records.insert(RecordKind::Event, bag.table(catalog.events.sorted())?);
    records.insert(RecordKind::Source, bag.table(catalog.sources.sorted())?);
    progress.begin("writing claims", checked.graph().len() as u64);
    let lines = claims.map(|claim| {
        progress.advance(1);
        claim.map(|claim| (claim.leaf(), claim.canonical().to_vec()))
    });
    records.insert(RecordKind::Claim, bag.lines(RecordKind::Claim.file(), lines)?);
    let status_tree = bag.statuses(checked)?;
    bag.texts(checked, dataset)?;
    let schemas = bag.schemas()?;
    bag.payload(layout::DATASET, |file| {
        file.write_all(checked.rulebook().declaration())?;
        file.write_all(b"\n")
    })?;
    if dataset.entries()?.iter().any(|entry| entry.path == layout::CODEBOOK) {
        let codebook = dataset.read(layout::CODEBOOK, MAX_TEXT_BYTES)?;
        bag.payload(layout::CODEBOOK, |file| file.write_all(&codebook))?;
    }
    Ok(Payload { bag, checked, records, status_tree, schemas, changes: None })
}

impl Payload<'_> {
    /// Count and root of the records of each kind.
    pub fn records(&self) -> &BTreeMap<RecordKind, RecordTree> {
        &self.records
    }

    /// Writes what changed since the release before: the lines of `changes.jsonl`, and what was decided about them.
    pub fn changes(&mut self, lines: impl Iterator<Item = Result<Vec<u8>>>, decision: &Decision) -> Result<()> {
        let (mut changelog, mut classes) = (Changelog::default(), BTreeMap::new());
        let leaves = lines.map(|line| {
            let line = line?;
            let parsed = ChangesLine::parse(&line).map_err(Error::Refused)?;
            if let ChangesLine::Trailer(trailer) = &parsed {
                classes.clone_from(&trailer.classes);
            }
            changelog.push(parsed);
            Ok((merkle::leaf_hash(&line), line))
        });
        let tree = self.bag.lines(layout::CHANGES, leaves)?;
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
        self.bag.payload(layout::APPROVALS, |file| approved.lines().try_for_each(|line| file.write_all(line))).map(drop)
    }

    /// Writes everything else but the signature.
    pub fn finish(self, terms: Terms) -> Result<Release> {
        let Self { bag, checked, records, status_tree, schemas, changes } = self;
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
            statuses: status::per_event(checked.graph(), checked.catalog(), checked.statuses()),
            status_tree,
            anchors: checked.anchors(),
            schemas,
            changes,
        };
        let tag_manifest = bag.finish(&info)?;
        Ok(Release { info, tag_manifest })
    }
}

/// The labels of `bag-info.txt`, which follow from the release's own words and the payload's size.
pub fn bag_info(info: &ReleaseInfo, payload_bytes: u64, payload_files: u64) -> BagInfo {
    BagInfo::new([
        ("Bag-Software-Agent", "affiant".to_owned()),
        ("Bagging-Date", info.date.to_string()),
        ("External-Identifier", format!("{}-{}", info.dataset, info.version)),
        ("Payload-Oxum", format!("{payload_bytes}.{payload_files}")),
    ])
}

/// A bag (RFC 8493) being written.
struct Bag<'a> {
    out: &'a mut dyn NewFolder,
    manifest: BTreeMap<String, Digest>,
    bytes: u64,
}

impl Bag<'_> {
    fn file(&mut self, path: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(Digest, u64)> {
        let file = self.out.create(path)?;
        let mut hashed = Hashed { file, hasher: Hasher::new(), bytes: 0 };
        let written = write(&mut hashed).and_then(|()| hashed.flush());
        written.map_err(Error::io(self.out.display(path)))?;
        Ok((hashed.hasher.finish(), hashed.bytes))
    }

    fn payload(&mut self, path: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Digest> {
        let path = format!("{}{path}", layout::PAYLOAD);
        let (digest, bytes) = self.file(&path, write)?;
        self.bytes += bytes;
        self.manifest.insert(path, digest);
        Ok(digest)
    }

    fn table<'a, T: Record + 'a>(&mut self, records: impl Iterator<Item = &'a ValidRecord<T>>) -> Result<RecordTree> {
        self.lines(T::KIND.file(), records.map(|valid| Ok((valid.leaf(), valid.canonical().into_owned()))))
    }

    fn statuses(&mut self, checked: &Checked) -> Result<RecordTree> {
        self.lines(layout::STATUSES, checked.status_lines().map(|line| Ok((merkle::leaf_hash(&line), line))))
    }

    fn lines(&mut self, path: &str, lines: impl Iterator<Item = Result<(Digest, Vec<u8>)>>) -> Result<RecordTree> {
        let mut tree = CompactRange::new();
        let mut broken = Ok(());
        self.payload(path, |file| {
            for line in lines {
                match line {
                    Ok((leaf, canonical)) => {
                        tree.push(leaf);
                        file.write_all(&canonical)?;
                        file.write_all(b"\n")?;
                    }
                    Err(error) => {
                        broken = Err(error);
                        break;
                    }
                }
            }
            Ok(())
        })?;
        broken?;
        Ok(RecordTree { count: tree.size(), root: tree.root() })
    }

    fn texts(&mut self, checked: &Checked, dataset: &dyn Folder) -> Result<()> {
        let sources = checked.catalog().sources.sorted().map(ValidRecord::record);
        for source in sources.filter(|source| source.rights.text == TextRights::Included) {
            for capture in &source.captures {
                let path = text_path(&source.capture_id(capture));
                let bytes = dataset.read(&path, MAX_TEXT_BYTES)?;
                if self.payload(&path, |file| file.write_all(&bytes))? != capture.sha256 {
                    let path = dataset.display(&path);
                    return Err(Error::Refused(format!(
                        "{path} changed while the release was being made; run it again"
                    )));
                }
            }
        }
        Ok(())
    }

    fn schemas(&mut self) -> Result<BTreeMap<String, Digest>> {
        let mut digests = BTreeMap::new();
        for schema in schema::released(ReleaseInfo::FORMAT) {
            let path = format!("{}{}", layout::SCHEMAS, schema.file);
            let digest = self.payload(&path, |file| file.write_all(schema.text.as_bytes()))?;
            digests.insert(schema.file.to_owned(), digest);
        }
        Ok(digests)
    }

    fn finish(mut self, info: &ReleaseInfo) -> Result<Vec<u8>> {
        let payload = Manifest::new(std::mem::take(&mut self.manifest));
        let mut json = canonical::to_vec(info);
        json.push(b'\n');
        let info = bag_info(info, self.bytes, payload.len() as u64).to_string();
        let mut tags = BTreeMap::new();
        for (path, bytes) in [
            (layout::BAG_DECLARATION, bag::DECLARATION.as_bytes()),
            (layout::BAG_INFO, info.as_bytes()),
            (layout::MANIFEST, payload.to_string().as_bytes()),
            (layout::RELEASE_INFO, &json),
        ] {
            let (digest, _) = self.file(path, |file| file.write_all(bytes))?;
            tags.insert(path.to_owned(), digest);
        }
        let tag_manifest = Manifest::new(tags).to_string().into_bytes();
        self.file(layout::TAG_MANIFEST, |file| file.write_all(&tag_manifest))?;
        Ok(tag_manifest)
    }
}

/// A file whose bytes are hashed on their way.
struct Hashed {
    file: Box<dyn Write + Send>,
    hasher: Hasher,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
