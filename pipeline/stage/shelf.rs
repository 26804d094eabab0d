//! Captured texts: those of a dataset folder, and copies of withheld ones. Each is held against its digest whenever its
//! bytes are read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::folder::{Entry, EntryKind, Folder};
use super::gist::{CaptureGist, SourceGist};
use super::pile::{self, Place};
use crate::error::Result;
use crate::format::layout;
use crate::model::digest::Digest;
use crate::model::id::CaptureId;
use crate::model::source::TextRights;
use crate::model::span::Span;

/// Largest text, in bytes.
pub const MAX_TEXT_BYTES: u64 = 64 << 20;

/// Bytes of text kept at hand between uses.
pub(super) const CACHE_BYTES: usize = 8 << 20;

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
    /// Bytes that were just found to have the digest of a capture.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.into() }
    }

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
        let named =
            |entry: &Entry, file: Option<(&[u8], Digest)>| Ok(file.map(|(_, digest)| (digest, entry.path.clone())));
        let named = pile::each(&entries, MAX_TEXT_BYTES, place, named)?;
        Ok(Self { folder, paths: named.into_iter().flatten().collect() })
    }
}

/// The texts of a dataset folder and the copies brought along.
pub struct Shelf<'a> {
    folder: &'a dyn Folder,
    /// What stands in `texts/`, sorted by path.
    texts: Vec<Entry>,
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
    /// The texts of `folder`, whose entries, or those among them that lie in `texts/`, are `entries`.
    pub fn new(folder: &'a dyn Folder, mut entries: Vec<Entry>, copies: Option<Copies<'a>>) -> Self {
        entries.retain(|entry| entry.path.starts_with(layout::TEXTS));
        Self { folder, texts: entries, copies, cache: Mutex::default() }
    }

    /// The capture's text: its bytes are read and hashed unless they were at hand already.
    pub fn text(&self, source: &SourceGist, capture: &CaptureGist) -> Result<AtHand> {
        match self.kept(source, capture) {
            Some(text) => Ok(AtHand::Text(text)),
            None => Ok(self.take(capture, self.file(source, capture)?)),
        }
    }

    /// The capture's text, if it is at hand without being read. That another capture has the same bytes brings no
    /// withheld text here: what is kept is a matter of chance, what is checked must not be.
    pub(super) fn kept(&self, source: &SourceGist, capture: &CaptureGist) -> Option<Text> {
        let is_copied = || self.copies.as_ref().is_some_and(|copies| copies.paths.contains_key(&capture.sha256));
        if source.text != TextRights::Included && !is_copied() {
            return None;
        }
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).texts.get(&capture.sha256).cloned()
    }

    /// The bytes of the capture's own file or copy, and their digest.
    pub(super) fn file(&self, source: &SourceGist, capture: &CaptureGist) -> Result<Option<(Vec<u8>, Digest)>> {
        let Some(Place { folder, path }) = self.place(source, capture) else { return Ok(None) };
        let bytes = folder.read(&path, MAX_TEXT_BYTES)?;
        let digest = Digest::of(&bytes);
        Ok(Some((bytes, digest)))
    }

    /// What a file is to a capture; its text is kept.
    pub(super) fn take(&self, capture: &CaptureGist, file: Option<(Vec<u8>, Digest)>) -> AtHand {
        let Some((bytes, digest)) = file else { return AtHand::Absent };
        if !is_of(capture, &bytes, digest) {
            return AtHand::Changed(bytes.len() as u64, digest);
        }
        let text = Text { bytes: bytes.into() };
        self.keep(digest, &text);
        AtHand::Text(text)
    }

    /// Where the capture's own file or copy stands, even where another capture has the same bytes.
    pub(super) fn place(&self, source: &SourceGist, capture: &CaptureGist) -> Option<Place<'a>> {
        if source.text == TextRights::Included {
            let path = text_path(&source.capture_id(capture));
            let found = self.texts.binary_search_by(|entry| entry.path.cmp(&path)).ok()?;
            return (self.texts[found].kind != EntryKind::Folder).then_some(Place { folder: self.folder, path });
        }
        let copies = self.copies.as_ref()?;
        Some(Place { folder: copies.folder, path: copies.paths.get(&capture.sha256)?.clone() })
    }

    /// The name for a person of the file in which an included text stands.
    pub(super) fn display(&self, capture: &CaptureId) -> String {
        self.folder.display(&text_path(capture))
    }

    /// The paths of the files in `texts/` that hold no text which `is_expected`, by their names for a person.
    pub(super) fn unexpected(&self, is_expected: impl Fn(&CaptureId) -> bool) -> impl Iterator<Item = String> {
        let capture = |path: &str| path.strip_prefix(layout::TEXTS)?.strip_suffix(".txt")?.parse::<CaptureId>().ok();
        let files = self.texts.iter().filter(|entry| entry.kind != EntryKind::Folder).map(|entry| &entry.path);
        let extra = files.filter(move |path| !capture(path).is_some_and(|id| is_expected(&id)));
        extra.map(|path| self.folder.display(path))
    }

    /// Keeps bytes with this digest, as long as there is room.
    pub(super) fn keep(&self, digest: Digest, text: &Text) {
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
pub(super) fn is_of(capture: &CaptureGist, bytes: &[u8], digest: Digest) -> bool {
    digest == capture.sha256 && bytes.len() as u64 == capture.bytes
}
