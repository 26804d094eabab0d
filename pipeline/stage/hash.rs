//! Stage 2: how every capture stands to its text.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::catalog::Catalog;
use super::gist::{CaptureGist, SourceGist};
use super::lines::Spelling;
use super::pile::{self, Place};
use super::record::RawRecord;
use super::rule;
use super::shelf::{AtHand, CACHE_BYTES, MAX_TEXT_BYTES, Shelf, Text, is_of};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding};
use crate::model::digest::Digest;
use crate::model::id::CaptureId;
use crate::model::source::TextRights;

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

/// Holds every capture against its text. The states come in the order of the captures.
pub fn hash(catalog: &Catalog, shelf: &Shelf) -> Result<(Vec<TextState>, Vec<Finding>)> {
    let texts = Texts::new(catalog, shelf, Spelling::Free);
    texts.read_all()?;
    Ok(texts.finish())
}

/// All captures in the order of the sources, which gives them their numbers.
pub fn captures(catalog: &Catalog) -> impl Iterator<Item = (&SourceGist, &CaptureGist)> {
    catalog.sources.gists().flat_map(|source| source.captures.iter().map(move |capture| (source, capture)))
}

/// The texts of all captures. Each is read once, whoever asks for it first, and is then held against its capture.
pub struct Texts<'a> {
    catalog: &'a Catalog,
    shelf: &'a Shelf<'a>,
    /// The captures by their numbers.
    captures: Vec<(&'a SourceGist, &'a CaptureGist)>,
    /// For the source at each position the number of its first capture, unless that is the position.
    firsts: Option<Vec<u32>>,
    /// Whether claims stand in an order that has nothing to do with their texts.
    is_scattered: bool,
    /// How each capture stands, as soon as its text was read.
    states: Vec<OnceLock<TextState>>,
    findings: Mutex<BTreeMap<u32, Finding>>,
    taker: Option<TextTaker<'a>>,
}

/// Takes each included text, once, as the bytes that were held against their capture: on all cores, in no order.
pub type TextTaker<'a> = &'a (dyn Fn(&CaptureId, &[u8]) -> Result<()> + Sync);

impl<'a> Texts<'a> {
    /// Texts of which nothing is known yet. Claims spelled like this are held against them.
    pub fn new(catalog: &'a Catalog, shelf: &'a Shelf<'a>, spelling: Spelling) -> Self {
        let captures: Vec<_> = captures(catalog).collect();
        let first = |next: &mut u32, position: usize| {
            let captures = catalog.sources.at(position).map_or(0, |source| source.captures.len());
            let after = *next + captures as u32;
            Some(std::mem::replace(next, after))
        };
        let firsts: Vec<u32> = (0..catalog.sources.len()).scan(0, first).collect();
        let are_positions = (0..).zip(&firsts).all(|(position, first)| position == *first);
        Self {
            catalog,
            shelf,
            firsts: (!are_positions).then_some(firsts),
            is_scattered: spelling == Spelling::Released,
            states: captures.iter().map(|_| OnceLock::new()).collect(),
            captures,
            findings: Mutex::default(),
            taker: None,
        }
    }

    /// The same, taken by `taker`.
    pub fn taken_by(self, taker: Option<TextTaker<'a>>) -> Self {
        Self { taker, ..self }
    }

    /// What the captures are recorded in.
    pub fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// The source at a position of the catalog, its capture `n`, and the number of that.
    pub fn find(&self, position: u32, n: u16) -> Option<(&'a SourceGist, &'a CaptureGist, u32)> {
        let source = self.catalog.sources.at(position as usize)?;
        let (place, capture) = (0..).zip(source.captures.iter()).find(|(_, capture)| capture.n == n)?;
        let first = self.firsts.as_ref().map_or(position, |firsts| firsts[position as usize]);
        Some((source, capture, first + place))
    }

    /// The capture of this number, and its source.
    fn capture(&self, number: u32) -> (&'a SourceGist, &'a CaptureGist) {
        self.captures[number as usize]
    }

    /// The numbers of all captures.
    pub fn numbers(&self) -> std::ops::Range<u32> {
        0..self.captures.len() as u32
    }

    /// Whether the capture of this number was held against its text.
    pub fn is_known(&self, number: u32) -> bool {
        self.states[number as usize].get().is_some()
    }

    /// Whether whoever asks for a text that is not at hand should let others ask, too, before it is read. The claims of a
    /// dataset stand text by text, so that the first one reads it for all; those of a release do not.
    pub fn may_wait(&self, number: u32) -> bool {
        self.is_scattered || self.is_known(number)
    }

    /// The text of a capture, if it is at hand without being read.
    pub fn kept(&self, source: &SourceGist, capture: &CaptureGist) -> Option<Text> {
        self.shelf.kept(source, capture)
    }

    /// The text of the capture of this number, read now.
    pub fn read(&self, number: u32) -> Result<AtHand> {
        let (source, capture) = self.capture(number);
        let file = self.shelf.file(source, capture)?;
        self.note(number, file.as_ref().map(|(bytes, digest)| (&bytes[..], *digest)))?;
        Ok(self.shelf.take(capture, file))
    }

    /// Reads all texts, if they will then all be at hand.
    pub fn read_few(&self) -> Result<()> {
        if self.fit() { self.read_all() } else { Ok(()) }
    }

    fn read_all(&self) -> Result<()> {
        self.read_each(&Vec::from_iter(self.numbers()), |&number| number, |_, _| ())?;
        Ok(())
    }

    /// Whether all can be kept at hand. Of more, the last ones would not be worth the copy.
    fn fit(&self) -> bool {
        let bytes = self.captures.iter().fold(0, |bytes: u64, (_, capture)| bytes.saturating_add(capture.bytes));
        bytes <= CACHE_BYTES as u64
    }

    /// Reads the text of each item's capture, on all cores, and gives `work` its bytes if they are the captured ones. The
    /// results come in the items' order.
    pub fn read_each<T: Sync, R: Send>(
        &self,
        items: &[T],
        number: impl Fn(&T) -> u32 + Sync,
        work: impl Fn(&T, Option<&[u8]>) -> R + Sync,
    ) -> Result<Vec<R>> {
        let fit = self.fit();
        let place = |item: &T| -> Option<Place<'a>> {
            let (source, capture) = self.capture(number(item));
            self.shelf.place(source, capture)
        };
        pile::each(items, MAX_TEXT_BYTES, place, |item, file| {
            let number = number(item);
            let (_, capture) = self.capture(number);
            let held = file.filter(|(bytes, digest)| is_of(capture, bytes, *digest));
            self.note(number, file)?;
            if let Some((bytes, digest)) = held.filter(|_| fit) {
                self.shelf.keep(digest, &Text::of(bytes));
            }
            Ok(work(item, held.map(|(bytes, _)| bytes)))
        })
    }

    /// Takes note of how a capture stands to its file. If it was another text when it was read before, that was said
    /// then; but none may take the place of the text that was taken and judged by.
    fn note(&self, number: u32, file: Option<(&[u8], Digest)>) -> Result<()> {
        let (source, capture) = self.capture(number);
        let (state, finding) = held_against(self.shelf, source, capture, file);
        let noted = &self.states[number as usize];
        if noted.set(state).is_err() {
            return match noted.get() {
                Some(before) if *before == state || *before == TextState::Changed => Ok(()),
                _ => Err(Error::changed_meanwhile(self.shelf.display(&source.capture_id(capture)))),
            };
        }
        if let Some(finding) = finding {
            self.findings.lock().unwrap_or_else(PoisonError::into_inner).insert(number, finding);
        }
        let (Some(take), Some((bytes, _))) = (self.taker, file) else { return Ok(()) };
        // A faulty source may have two captures of one number.
        let is_first = source.capture(capture.n).is_some_and(|first| std::ptr::eq(first, capture));
        let is_released = state == TextState::Holds && source.text == TextRights::Included && is_first;
        if is_released { take(&source.capture_id(capture), bytes) } else { Ok(()) }
    }

    /// How each capture stands, those whose texts nobody read as if they were not at hand, and what was found in the
    /// folder of the texts.
    pub fn finish(self) -> (Vec<TextState>, Vec<Finding>) {
        let findings = self.findings.into_inner().unwrap_or_else(PoisonError::into_inner);
        let findings = findings.into_values().chain(unexpected(self.catalog, self.shelf)).collect();
        let state = |state: OnceLock<TextState>| state.into_inner().unwrap_or(TextState::NotAtHand);
        (self.states.into_iter().map(state).collect(), findings)
    }
}

fn held_against(
    shelf: &Shelf,
    source: &SourceGist,
    capture: &CaptureGist,
    file: Option<(&[u8], Digest)>,
) -> (TextState, Option<Finding>) {
    let id = source.capture_id(capture);
    let place = || shelf.display(&id);
    let is_included = source.text == TextRights::Included;
    match file {
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
    }
}

fn unexpected(catalog: &Catalog, shelf: &Shelf) -> impl Iterator<Item = Finding> {
    let is_expected = |id: &CaptureId| match catalog.sources.get(&id.source) {
        Some(source) => source.text == TextRights::Included && source.capture(id.n).is_some(),
        // A text of a source that could not be read is neither expected nor unexpected.
        None => catalog.sources.knows(&id.source),
    };
    let finding = |file| Finding::of_file(Code::TextUnexpected, file, "no included capture has this text");
    shelf.unexpected(is_expected).map(finding)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stage::check;
    use crate::stage::folder::{Folder, Silent};
    use crate::stage::memory::MemoryFolder;
    use crate::stage::shelf::Copies;

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
        let shelf = Shelf::new(&folder, entries, Some(copies));
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
