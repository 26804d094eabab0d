//! A dataset in memory: records as JSON values, compared as they are or as the files of a checked dataset.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use affiant::error::{Error, Result};
use affiant::format::changes::ChangesReader;
use affiant::format::{canonical, layout};
use affiant::model::change::{Change, ChangesHeader, ChangesTrailer, VersionName};
use affiant::model::digest::Digest;
use affiant::model::kind::RecordKind;
use affiant::model::release_info::RecordTree;
use affiant::model::toll::EventSummary;
use affiant::stage::check::{self, Request, Spelling};
use affiant::stage::diff::version::DatasetVersion;
use affiant::stage::diff::{self, Version};
use affiant::stage::folder::{self, EntryKind, Folder, Silent};
use affiant::stage::sort::{Scratch, ScratchFile, Sorter};
use affiant::stage::sorted_record::SortedRecord;
use serde_json::{Value, json};

/// Records of one kind by id.
pub type Records = BTreeMap<String, Value>;

/// A version of a dataset. Compared as such, it is a release that nobody verified: records may be any JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Shelf {
    pub declaration: Value,
    pub records: BTreeMap<RecordKind, Records>,
    /// Codebook and schemas by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Texts by the name of their capture.
    pub texts: BTreeMap<String, String>,
    pub signer: Option<String>,
}

impl Shelf {
    /// A dataset without records.
    pub fn new(declaration: Value) -> Self {
        let records = RecordKind::ALL.into_iter().map(|kind| (kind, Records::new())).collect();
        Self { declaration, records, files: BTreeMap::new(), texts: BTreeMap::new(), signer: None }
    }

    /// Records of one kind.
    pub fn of(&mut self, kind: RecordKind) -> &mut Records {
        self.records.entry(kind).or_default()
    }

    /// Puts a record in its place.
    pub fn put(&mut self, kind: RecordKind, record: Value) {
        let id = record["id"].as_str().expect("an id").to_owned();
        self.of(kind).insert(id, record);
    }

    /// The whole dataset as the document that patches are written for.
    pub fn document(&self) -> Value {
        let mut document = json!({ "dataset": self.declaration });
        for (kind, records) in &self.records {
            document[format!("{kind}s")] = json!(records);
        }
        let digests: BTreeMap<_, _> = self.files.iter().map(|(path, bytes)| (path, Digest::of(bytes))).collect();
        document["files"] = json!(digests);
        document["signer"] = json!(self.signer);
        document
    }

    /// The dataset's folder, in canonical spelling.
    pub fn folder(&self) -> Files {
        let mut files = self.files.clone();
        files.insert(layout::DATASET.to_owned(), self.declaration.to_string().into_bytes());
        for (kind, records) in &self.records {
            let lines = records.values().flat_map(|record| [canonical::value_to_vec(record), b"\n".to_vec()]);
            files.insert(kind.file().to_owned(), lines.flatten().collect());
        }
        let texts = self.texts.iter().map(|(name, text)| (format!("texts/{name}.txt"), text.clone().into_bytes()));
        files.extend(texts);
        Files(files)
    }
}

impl Version for Shelf {
    fn name(&self) -> VersionName {
        VersionName::default()
    }

    fn declaration(&mut self) -> Result<Value> {
        Ok(self.declaration.clone())
    }

    fn records(&mut self, kind: RecordKind) -> Result<diff::Records<'_>> {
        Ok(diff::Records::of_lines(self.records[&kind].values().map(|record| Ok(canonical::value_to_vec(record)))))
    }

    fn files(&mut self) -> Result<BTreeMap<String, Digest>> {
        Ok(self.files.iter().map(|(path, bytes)| (path.clone(), Digest::of(bytes))).collect())
    }

    fn file(&mut self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.files.get(path).cloned())
    }

    fn signer(&self) -> Option<String> {
        self.signer.clone()
    }

    fn roots(&self) -> BTreeMap<RecordKind, RecordTree> {
        BTreeMap::new()
    }
}

/// The files of a dataset folder by path.
#[derive(Clone, Debug, PartialEq)]
pub struct Files(pub BTreeMap<String, Vec<u8>>);

impl Folder for Files {
    fn entries(&self) -> Result<Vec<folder::Entry>> {
        let entry = |(path, bytes): (&String, &Vec<u8>)| folder::Entry {
            path: path.clone(),
            kind: EntryKind::File(bytes.len() as u64),
        };
        Ok(self.0.iter().map(entry).collect())
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        let bytes = self.0.get(path).ok_or_else(|| Error::Refused(format!("there is no {path}")))?;
        Ok(Box::new(Cursor::new(bytes.clone())))
    }

    fn display(&self, path: &str) -> String {
        path.to_owned()
    }
}

struct Memory;

impl Scratch for Memory {
    fn scratch_file(&self) -> Result<Box<dyn ScratchFile>> {
        Ok(Box::new(Cursor::new(Vec::new())))
    }
}

/// The dataset in a folder; it must pass `check`.
fn checked(folder: &Files) -> DatasetVersion<'_> {
    let mut sorter = Sorter::new(&Memory);
    let request = Request { folder, copies: None, spelling: Spelling::Free, scratch: &Memory, progress: &Silent };
    let outcome =
        check::check(request, |record| SortedRecord::new(&record), |record| sorter.push(record)).expect("a check");
    let claims = sorter.finish().expect("claims");
    let checked = outcome.value.unwrap_or_else(|| panic!("{:#?}\n{folder:?}", outcome.findings.kept()));
    DatasetVersion::new(folder, checked, claims, &Memory).expect("a version")
}

/// All that a diff says.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub header: ChangesHeader,
    pub changes: Vec<Change>,
    pub events: Vec<EventSummary>,
    pub trailer: ChangesTrailer,
    /// The bytes of `changes.jsonl`.
    pub bytes: Vec<u8>,
}

/// Compares two versions; the lines must read back as they were written.
pub fn compare(old: &mut dyn Version, new: &mut dyn Version) -> Result<Said> {
    let mut diff = diff::diff(old, new, &Memory)?;
    let changes: Vec<Change> = diff.changes()?.collect::<Result<_>>()?;
    let mut bytes = Vec::new();
    for line in diff.lines()? {
        bytes.extend(line?);
        bytes.push(b'\n');
    }
    let lines = ChangesReader::new(bytes.as_slice()).map(|line| line.map(drop));
    lines.collect::<std::result::Result<(), _>>().unwrap_or_else(|error| panic!("{error}: {changes:#?}"));
    let (header, trailer, events) = (diff.header().clone(), diff.trailer().clone(), diff.events().to_vec());
    Ok(Said { header, changes, events, trailer, bytes })
}

/// Compares two dataset folders, both of which must pass `check`.
pub fn compare_folders(old: &Files, new: &Files) -> Said {
    compare(&mut checked(old), &mut checked(new)).expect("a diff")
}
