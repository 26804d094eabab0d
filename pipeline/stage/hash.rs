//! Stage 2: the captured texts. Every text is held against its digest each time its bytes are taken.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::catalog::Catalog;
use super::folder::{Entry, EntryKind, Folder};
use super::pile::{self, Place};
use super::record::RawRecord;
use super::rule;
use crate::error::Result;
use crate::finding::{Code, Finding};
use crate::format::layout;
use crate::model::digest::Digest;
use crate::model::id::CaptureId;
use crate::model::source::{Capture, Source, TextRights};
use crate::model::span::Span;

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
}

impl Text {
    /// The bytes as received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Whether a span begins or ends inside a character, in a text that is UTF-8: in no other do characters mean anything.
pub(super) fn splits_character(text: &[u8], span: Span) -> bool {
    let is_inside = |offset: u64| {
        let byte = usize::try_from(offset).ok().and_then(|i| text.get(i));
        byte.is_some_and(|byte| byte & 0xC0 == 0x80)
    };
    (is_inside(span.start()) || is_inside(span.end())) && std::str::from_utf8(text).is_ok()
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
        let place = |entry: &Entry| Some(Place { folder, path: entry.path.clone() });
        let named = |entry: &Entry, file: Option<(&[u8], Digest)>| file.map(|(_, digest)| (digest, entry.path.clone()));
        let named = pile::each(&entries, MAX_TEXT_BYTES, place, named)?;
        Ok(Self { folder, paths: named.into_iter().flatten().collect() })
    }
}

/// The texts of a dataset folder and the copies brought along.
pub struct Shelf<'a> {
    folder: &'a dyn Folder,
    /// The paths of the files in `texts/`, sorted.
    files: Vec<String>,
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
        self.kept(source, capture).map_or_else(|| self.read(source, capture), |text| Ok(AtHand::Text(text)))
    }

    /// The capture's text, if it is at hand without being read. That another capture has the same bytes brings no
    /// withheld text here: what is kept is a matter of chance, what is checked must not be.
    pub(super) fn kept(&self, source: &Source, capture: &Capture) -> Option<Text> {
        let is_copied = || self.copies.as_ref().is_some_and(|copies| copies.paths.contains_key(&capture.sha256));
        if source.rights.text != TextRights::Included && !is_copied() {
            return None;
        }
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).texts.get(&capture.sha256).cloned()
    }

    fn read(&self, source: &Source, capture: &Capture) -> Result<AtHand> {
        let Some(Place { folder, path }) = self.place(source, capture) else { return Ok(AtHand::Absent) };
        let bytes = folder.read(&path, MAX_TEXT_BYTES)?;
        let digest = Digest::of(&bytes);
        if !is_of(capture, &bytes, digest) {
            return Ok(AtHand::Changed(bytes.len() as u64, digest));
        }
        let text = Text { bytes: bytes.into() };
        self.keep(digest, &text);
        Ok(AtHand::Text(text))
    }

    /// Where the capture's own file or copy stands, even where another capture has the same bytes.
    pub(super) fn place(&self, source: &Source, capture: &Capture) -> Option<Place<'a>> {
        if source.rights.text == TextRights::Included {
            let path = text_path(&source.capture_id(capture));
            return self.files.binary_search(&path).is_ok().then_some(Place { folder: self.folder, path });
        }
        let copies = self.copies.as_ref()?;
        Some(Place { folder: copies.folder, path: copies.paths.get(&capture.sha256)?.clone() })
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

/// Whether bytes are those that a capture recorded.
pub(super) fn is_of(capture: &Capture, bytes: &[u8], digest: Digest) -> bool {
    digest == capture.sha256 && bytes.len() as u64 == capture.bytes
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
    // Texts that all fit are kept for the claims anchored in them; of more, the last ones would not be worth the copy.
    let bytes = captures.iter().fold(0, |bytes: u64, (_, capture)| bytes.saturating_add(capture.bytes));
    let fits = bytes <= CACHE_BYTES as u64;
    let states = pile::each(
        &captures,
        MAX_TEXT_BYTES,
        |(source, capture)| shelf.place(source, capture),
        |(source, capture), file| {
            let (hashed, found) = held_against(shelf, source, capture, file);
            if let Some((bytes, digest)) = file.filter(|_| fits && hashed.state == TextState::Holds) {
                shelf.keep(digest, &Text { bytes: bytes.into() });
            }
            (hashed, found)
        },
    )?;
    let (mut hashed, mut findings) = (Vec::with_capacity(states.len()), Vec::new());
    for (state, found) in states {
        hashed.push(state);
        findings.extend(found);
    }
    findings.extend(unexpected(catalog, shelf));
    Ok((hashed, findings))
}

fn held_against(
    shelf: &Shelf,
    source: &Source,
    capture: &Capture,
    file: Option<(&[u8], Digest)>,
) -> (Hashed, Option<Finding>) {
    let id = source.capture_id(capture);
    let place = || shelf.folder.display(&text_path(&id));
    let is_included = source.rights.text == TextRights::Included;
    let (state, finding) = match file {
        Some((bytes, digest)) if is_of(capture, bytes, digest) => {
            let contact = is_included.then(|| rule::contact_data(bytes)).flatten().map(|at| {
                let raw = RawRecord { kind: None, file: &place(), line: 1, bytes };
                raw.finding_at(Code::ContactData, at, "an e-mail address or a phone number".to_owned())
            });
            (TextState::Holds, contact)
        }
        Some((bytes, digest)) => {
            let recorded = format!("{} bytes, {}", capture.bytes, capture.sha256);
            let message = format!("capture {id} is {recorded}; the file is {} bytes, {digest}", bytes.len());
            (TextState::Changed, Some(Finding::of_file(Code::CaptureDigestMismatch, place(), message)))
        }
        None => {
            let message = || format!("capture {id} is included but its text is not here");
            let missing = is_included.then(|| Finding::of_file(Code::TextMissing, place(), message()));
            (TextState::NotAtHand, missing)
        }
    };
    (Hashed { capture: id, state }, finding)
}

fn unexpected(catalog: &Catalog, shelf: &Shelf) -> Vec<Finding> {
    let capture = |path: &str| path.strip_prefix(layout::TEXTS)?.strip_suffix(".txt")?.parse::<CaptureId>().ok();
    let is_expected = |id: &CaptureId| match catalog.sources.get(&id.source) {
        Some(source) => source.rights.text == TextRights::Included && source.capture(id.n).is_some(),
        // A text of a source that could not be read is neither expected nor unexpected.
        None => catalog.sources.knows(&id.source),
    };
    let extra = shelf.files.iter().filter(|path| !capture(path).as_ref().is_some_and(is_expected));
    let finding = |path: &String| {
        Finding::of_file(Code::TextUnexpected, shelf.folder.display(path), "no included capture has this text")
    };
    extra.map(finding).collect()
}

#[cfg(test)]
mod tests {

    use serde_json::json;

    use super::*;
    use crate::stage::check::{self, Spelling};
    use crate::stage::folder::Silent;
    use crate::stage::memory::MemoryFolder;

    const WORDS: &[u8] = b"Three people were hurt.";

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
        let folder = MemoryFolder(files);
        let copies = MemoryFolder(copy.map(|bytes| ("copy".to_owned(), bytes.to_vec())).into_iter().collect());

        let entries = folder.entries().expect("readable");
        let opened = check::catalog(&folder, &entries, Spelling::Free, &Silent).expect("readable");
        let catalog = opened.value.expect("no error");
        let copies = Copies::open(&copies).expect("readable");
        let shelf = Shelf::new(&folder, &entries, Some(copies));
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
