//! Stage 2: the captured texts. Every text is held against its digest each time its bytes are taken.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::catalog::Catalog;
use super::folder::{Entry, EntryKind, Folder};
use super::record::RawRecord;
use super::rule;
use crate::error::Result;
use crate::finding::{Code, Finding};
use crate::format::layout;
use crate::model::digest::Digest;
use crate::model::id::CaptureId;
use crate::model::source::{Capture, Source, TextRights};

/// Largest text, in bytes.
pub const MAX_TEXT_BYTES: u64 = 64 << 20;

/// Bytes of text kept at hand between uses.
const CACHE_BYTES: usize = 16 << 20;

/// Texts kept at hand however large they are: a claim may stand in one of the largest and in a summary of it.
const CACHE_TEXTS: usize = 2;

/// Where an included text stands in a dataset folder.
pub fn text_path(capture: &CaptureId) -> String {
    format!("{}{capture}.txt", layout::TEXTS)
}

/// A capture's bytes, which have just been held against its digest.
#[derive(Clone, Debug)]
pub struct Text {
    bytes: Arc<[u8]>,
    is_utf8: bool,
}

impl Text {
    /// The bytes as received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether they are UTF-8, so that character boundaries mean something.
    pub fn is_utf8(&self) -> bool {
        self.is_utf8
    }
}

/// What there is of a capture's text.
#[derive(Clone, Debug)]
pub enum AtHand {
    /// Its bytes.
    Text(Text),
    /// A file with other bytes: their number and digest.
    Changed(u64, Digest),
    /// Nothing.
    Absent,
}

/// Copies of withheld texts that a person brings along, found by digest; their names do not matter.
pub struct Copies<'a> {
    folder: &'a dyn Folder,
    paths: BTreeMap<Digest, String>,
}

impl<'a> Copies<'a> {
    /// Hashes every plain file below the folder that is not larger than a text may be.
    pub fn open(folder: &'a dyn Folder) -> Result<Self> {
        // A name that is not UTF-8 cannot be opened by its path.
        let is_named = |entry: &Entry| !entry.path.contains('\u{fffd}');
        let fits =
            |entry: &Entry| is_named(entry) && matches!(entry.kind, EntryKind::File(bytes) if bytes <= MAX_TEXT_BYTES);
        let entries: Vec<Entry> = folder.entries()?.into_iter().filter(fits).collect();
        let digest = |entry: Entry| Ok((Digest::of(&folder.read(&entry.path, MAX_TEXT_BYTES)?), entry.path));
        Ok(Self { folder, paths: entries.into_par_iter().map(digest).collect::<Result<_>>()? })
    }
}

/// The texts of a dataset folder and the copies brought along.
pub struct Shelf<'a> {
    folder: &'a dyn Folder,
    files: BTreeSet<String>,
    copies: Option<Copies<'a>>,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    texts: BTreeMap<Digest, Text>,
    oldest_first: VecDeque<Digest>,
    bytes: usize,
}

impl<'a> Shelf<'a> {
    /// The texts of `folder`, whose entries are `entries`.
    pub fn new(folder: &'a dyn Folder, entries: &[Entry], copies: Option<Copies<'a>>) -> Self {
        let text_files = entries.iter().filter(|e| e.path.starts_with(layout::TEXTS) && e.kind != EntryKind::Folder);
        Self { folder, files: text_files.map(|e| e.path.clone()).collect(), copies, cache: Mutex::default() }
    }

    /// The capture's text: its bytes are read and hashed unless they were at hand already.
    pub fn text(&self, source: &Source, capture: &Capture) -> Result<AtHand> {
        self.cached(&capture.sha256).map_or_else(|| self.read(source, capture), |text| Ok(AtHand::Text(text)))
    }

    /// The capture's own file or copy, even where another capture has the same bytes.
    fn read(&self, source: &Source, capture: &Capture) -> Result<AtHand> {
        let path = text_path(&source.capture_id(capture));
        let is_included = source.rights.text == TextRights::Included;
        let copy = self.copies.as_ref().and_then(|copies| Some((copies.folder, copies.paths.get(&capture.sha256)?)));
        let bytes = match copy {
            _ if is_included && self.files.contains(&path) => self.folder.read(&path, MAX_TEXT_BYTES)?,
            Some((folder, path)) if !is_included => folder.read(path, MAX_TEXT_BYTES)?,
            _ => return Ok(AtHand::Absent),
        };
        let digest = Digest::of(&bytes);
        if digest != capture.sha256 || bytes.len() as u64 != capture.bytes {
            return Ok(AtHand::Changed(bytes.len() as u64, digest));
        }
        let text = Text { is_utf8: std::str::from_utf8(&bytes).is_ok(), bytes: bytes.into() };
        self.keep(digest, &text);
        Ok(AtHand::Text(text))
    }

    fn cached(&self, digest: &Digest) -> Option<Text> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).texts.get(digest).cloned()
    }

    fn keep(&self, digest: Digest, text: &Text) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.texts.insert(digest, text.clone()).is_none() {
            cache.bytes += text.bytes.len();
            cache.oldest_first.push_back(digest);
        }
        while cache.bytes > CACHE_BYTES && cache.texts.len() > CACHE_TEXTS {
            let Some(oldest) = cache.oldest_first.pop_front() else { break };
            cache.bytes -= cache.texts.remove(&oldest).map_or(0, |text| text.bytes.len());
        }
    }
}

/// One capture held against its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// The capture.
    pub capture: CaptureId,
    /// How it stands.
    pub state: TextState,
}

/// How a capture stands to its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextState {
    /// The bytes have the recorded digest.
    Holds,
    /// The bytes are other ones.
    Changed,
    /// There are no bytes: not checked.
    NotAtHand,
}

/// Holds every capture against its text. The states come in the order of the sources.
pub fn hash(catalog: &Catalog, shelf: &Shelf) -> Result<(Vec<Hashed>, Vec<Finding>)> {
    let captures: Vec<(&Source, &Capture)> = catalog
        .sources
        .records()
        .flat_map(|source| source.captures.iter().map(move |capture| (source, capture)))
        .collect();
    let states: Vec<(Hashed, Vec<Finding>)> = captures
        .into_par_iter()
        .map(|(source, capture)| held_against(shelf, source, capture))
        .collect::<Result<_>>()?;
    let (mut hashed, mut findings) = (Vec::new(), Vec::new());
    for (state, found) in states {
        hashed.push(state);
        findings.extend(found);
    }
    findings.extend(unexpected(catalog, shelf));
    Ok((hashed, findings))
}

fn held_against(shelf: &Shelf, source: &Source, capture: &Capture) -> Result<(Hashed, Vec<Finding>)> {
    let id = source.capture_id(capture);
    let path = text_path(&id);
    let file = shelf.folder.display(&path);
    let mut findings = Vec::new();
    let state = match shelf.read(source, capture)? {
        AtHand::Text(text) => {
            if source.rights.text == TextRights::Included {
                findings.extend(rule::contact_data(text.bytes()).map(|at| {
                    let raw = RawRecord { kind: None, file: &file, line: 1, bytes: text.bytes() };
                    raw.finding_at(Code::ContactData, at, "an e-mail address or a phone number".to_owned())
                }));
            }
            TextState::Holds
        }
        AtHand::Changed(bytes, digest) => {
            let recorded = format!("{} bytes, {}", capture.bytes, capture.sha256);
            let message = format!("capture {id} is {recorded}; the file is {bytes} bytes, {digest}");
            findings.push(Finding::of_file(Code::CaptureDigestMismatch, file, message));
            TextState::Changed
        }
        AtHand::Absent => {
            if source.rights.text == TextRights::Included {
                let message = format!("capture {id} is included but its text is not here");
                findings.push(Finding::of_file(Code::TextMissing, file, message));
            }
            TextState::NotAtHand
        }
    };
    Ok((Hashed { capture: id, state }, findings))
}

fn unexpected(catalog: &Catalog, shelf: &Shelf) -> Vec<Finding> {
    let included = |source: &&Source| source.rights.text == TextRights::Included;
    let expected: BTreeSet<String> = catalog
        .sources
        .records()
        .filter(included)
        .flat_map(|source| source.captures.iter().map(|capture| text_path(&source.capture_id(capture))))
        .collect();
    // A text of a source that could not be read is neither expected nor unexpected.
    let unreadable = |path: &str| {
        let capture =
            path.strip_prefix(layout::TEXTS).and_then(|name| name.strip_suffix(".txt")?.parse::<CaptureId>().ok());
        capture.is_some_and(|id| catalog.sources.knows(&id.source) && catalog.sources.get(&id.source).is_none())
    };
    let extra = shelf.files.iter().filter(|path| !expected.contains(*path) && !unreadable(path));
    extra
        .map(|path| {
            Finding::of_file(Code::TextUnexpected, shelf.folder.display(path), "no included capture has this text")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, ErrorKind, Read};

    use serde_json::json;

    use super::*;
    use crate::error::Error;
    use crate::stage::check::{self, Spelling};
    use crate::stage::folder::Silent;

    const WORDS: &[u8] = b"Three people were hurt.";

    struct Memory(BTreeMap<String, Vec<u8>>);

    impl Folder for Memory {
        fn entries(&self) -> Result<Vec<Entry>> {
            let entry = |(path, bytes): (&String, &Vec<u8>)| {
                let kind = EntryKind::File(bytes.len() as u64);
                Entry { path: path.clone(), kind }
            };
            Ok(self.0.iter().map(entry).collect())
        }

        fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
            let missing = || Error::io(path)(ErrorKind::NotFound.into());
            Ok(Box::new(Cursor::new(self.0.get(path).cloned().ok_or_else(missing)?)))
        }

        fn display(&self, path: &str) -> String {
            path.to_owned()
        }
    }

    /// What is found in a source captured twice with the same digest, once the bytes are at hand.
    fn found(bytes: u64, second: Option<&[u8]>, copy: Option<&[u8]>) -> Vec<Code> {
        let capture =
            |n, bytes| json!({ "n": n, "sha256": Digest::of(WORDS), "bytes": bytes, "by": "us", "parts": [] });
        let dataset = json!({ "id": "d", "title": "D", "license": "CC0-1.0", "law": "living", "threshold": 1,
            "units": { "person": "one human being" }, "kinds": { "crowd": { "definition": "people present" } } });
        let agent = json!({ "id": "us", "kind": "org", "names": ["Us"], "privacy": "open" });
        let source = json!({ "id": "page", "publisher": "us", "lang": "en", "rights": { "holder": "us", "text": "included" },
            "captures": [capture(1, WORDS.len() as u64), capture(2, bytes)] });
        let records = [("dataset.json", dataset), ("agents.jsonl", agent), ("sources.jsonl", source)];
        let mut files: BTreeMap<String, Vec<u8>> =
            records.map(|(path, record)| (path.to_owned(), record.to_string().into_bytes())).into();
        files.insert("events.jsonl".to_owned(), Vec::new());
        files.insert("texts/page.1.txt".to_owned(), WORDS.to_vec());
        files.extend(second.map(|bytes| ("texts/page.2.txt".to_owned(), bytes.to_vec())));
        let folder = Memory(files);
        let copies = Memory(copy.map(|bytes| ("copy".to_owned(), bytes.to_vec())).into_iter().collect());

        let catalog = check::catalog(&folder, Spelling::Free, &Silent).expect("readable").value.expect("no error");
        let copies = Copies::open(&copies).expect("readable");
        let shelf = Shelf::new(&folder, &folder.entries().expect("readable"), Some(copies));
        hash(&catalog, &shelf).expect("readable");
        let (_, findings) = hash(&catalog, &shelf).expect("readable");
        findings.into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn every_capture_is_held_against_its_own_file() {
        let length = WORDS.len() as u64;
        assert_eq!(found(length, Some(WORDS), None), []);
        assert_eq!(found(length, Some(b"Nobody was."), None), [Code::CaptureDigestMismatch]);
        assert_eq!(found(length + 1, Some(WORDS), None), [Code::CaptureDigestMismatch]);
        assert_eq!(found(length, None, None), [Code::TextMissing]);
        assert_eq!(found(length, None, Some(WORDS)), [Code::TextMissing]);
    }
}
