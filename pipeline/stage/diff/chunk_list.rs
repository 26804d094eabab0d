//! The chunks of a release, as it lists them (SPEC.md, "Chunks").

use std::collections::BTreeMap;
use std::io::Read;
use std::vec;

use rayon::prelude::*;

use super::stretch::Stretch;
use super::version::ReleaseVersion;
use super::window::told;
use crate::error::Result;
use crate::format::{jsonl, layout};
use crate::model::chunk::{Beside, Chunk, ChunkedFile};
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::stage::batch::{Batch, Batches};

/// Largest chunk that is read by itself, in bytes.
const LARGEST_BYTES: u64 = 16 << 20;

/// Of fewer lines than this no other thread hears.
const CHUNKS_AT_ONCE: usize = 1 << 6;

/// A chunk, and where it lies.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) file: ChunkedFile,
    pub(super) first: String,
    pub(super) count: u64,
    pub(super) lines: Stretch,
    /// Of claims, their statuses.
    pub(super) standings: Option<Stretch>,
}

impl Piece {
    /// What the list is sorted by.
    pub(super) fn key(&self) -> (ChunkedFile, &str) {
        (self.file, &self.first)
    }

    /// Whether the other one is said to be the same lines.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let lines = |Stretch { bytes, root, .. }: Stretch| (bytes, root);
        let said = |piece: &Self| (piece.count, lines(piece.lines), piece.standings.map(lines));
        (self.key(), said(self)) == (other.key(), said(other))
    }

    /// Bytes of all its lines.
    pub(super) fn bytes(&self) -> u64 {
        self.lines.bytes.saturating_add(self.standings.map_or(0, |standings| standings.bytes))
    }
}

/// The chunks that a release lists, one by one, up to the first that cannot stand where it stands.
pub(super) struct ChunkList<'a> {
    batches: Batches<Box<dyn Read + Send + 'a>>,
    /// The chunks at hand; `None` for a line that is none.
    chunks: vec::IntoIter<Option<Chunk>>,
    place: String,
    is_broken: bool,
    last: Option<(ChunkedFile, String)>,
    /// Where the next chunk of each file begins, by the file's path.
    ends: BTreeMap<&'static str, u64>,
    /// How many lines each file has; fewer than bytes, of which there are not too many to be added up.
    counts: BTreeMap<ChunkedFile, u64>,
}

impl<'a> ChunkList<'a> {
    /// The list of a release.
    pub(super) fn open(release: &'a ReleaseVersion) -> Result<Self> {
        let (batches, chunks) = (Batches::new(release.open(layout::CHUNKS)?), Vec::new().into_iter());
        let place = release.display(layout::CHUNKS);
        let (ends, counts) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { batches, chunks, place, is_broken: false, last: None, ends, counts })
    }

    /// The next line.
    fn chunk(&mut self) -> Option<Result<Option<Chunk>>> {
        while self.chunks.as_slice().is_empty() {
            match self.batches.next()? {
                Ok(batch) => self.chunks = chunks(&batch).into_iter(),
                Err(error) => return Some(Err(told(error, &self.place))),
            }
        }
        self.chunks.next().map(Ok)
    }

    fn piece(&mut self, chunk: Chunk) -> Option<Piece> {
        let Chunk { bytes, count, file, first, root, statuses } = chunk;
        let is_next = self.last.as_ref().is_none_or(|(last, id)| (*last, id.as_str()) < (file, first.as_str()));
        if !is_next || statuses.is_some() != (file == ChunkedFile::Claims) || count == 0 || count > bytes {
            return None;
        }
        let lines = self.stretch(file.name(), bytes, root)?;
        let standings = match statuses {
            Some(Beside { bytes, root }) => Some(self.stretch(layout::STATUSES, bytes, root)?),
            None => None,
        };
        *self.counts.entry(file).or_default() += count;
        self.last = Some((file, first.clone()));
        Some(Piece { file, first, count, lines, standings })
    }

    fn stretch(&mut self, path: &'static str, bytes: u64, root: Digest) -> Option<Stretch> {
        let end = self.ends.entry(path).or_default();
        let at = *end;
        *end = at.checked_add(bytes).filter(|_| bytes <= LARGEST_BYTES)?;
        Some(Stretch { at, bytes, root })
    }

    /// Whether each file ends where its last chunk does, and has as many lines as the release says.
    pub(super) fn is_of(&self, release: &ReleaseVersion) -> Result<bool> {
        let count = |kind: RecordKind| self.counts.get(&kind.into()).copied().unwrap_or_default();
        let mut is_of = !self.is_broken && RecordKind::ALL.into_iter().all(|kind| count(kind) == release.count(kind));
        for path in ChunkedFile::ALL.map(ChunkedFile::name).into_iter().chain([layout::STATUSES]) {
            is_of = is_of && release.ends_at(path, self.ends.get(path).copied().unwrap_or_default())?;
        }
        Ok(is_of)
    }
}

impl Iterator for ChunkList<'_> {
    type Item = Result<Piece>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_broken {
            return None;
        }
        let piece = match self.chunk()? {
            Ok(chunk) => chunk.and_then(|chunk| self.piece(chunk)),
            Err(error) => return Some(Err(error)),
        };
        self.is_broken = piece.is_none();
        piece.map(Ok)
    }
}

/// The chunks of some lines, `None` for each that is none.
fn chunks(batch: &Batch) -> Vec<Option<Chunk>> {
    let lines: Vec<&[u8]> = batch.lines().map(|(_, line)| line).collect();
    lines.into_par_iter().with_min_len(CHUNKS_AT_ONCE).map(|line| jsonl::deserialize(line).ok()).collect()
}
