//! What two releases have in common by the lists of their chunks (SPEC.md, "Chunks"), and where all else lies.
//!
//! Files are sorted and no id stands in one twice. So a chunk that begins with the same id in both and has the same
//! roots is the same lines in both, and no line of it stands anywhere else.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader};

use super::version::ReleaseVersion;
use super::window::told;
use crate::error::Result;
use crate::format::layout;
use crate::model::chunk::{Beside, Chunk, ChunkedFile};
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::stage::batch::released_lines;

/// Largest chunk that is read by itself, in bytes.
const LARGEST_BYTES: u64 = 64 << 20;

/// One byte in so many may differ; beyond that it is quicker to read the whole.
const ONE_IN: u64 = 4;

/// What of a release is read, and what is not.
#[derive(Default)]
pub(super) struct Part {
    pieces: BTreeMap<ChunkedFile, Vec<Piece>>,
    /// How many lines of each file both releases have, and neither reads.
    left_out: BTreeMap<ChunkedFile, u64>,
    /// The files of which nothing is left out.
    whole: BTreeSet<ChunkedFile>,
    /// Where what is counted in events is found.
    tolls: Vec<Piece>,
    /// Bytes of the chunks that are read.
    bytes: u64,
    /// Bytes of all chunks.
    all_bytes: u64,
}

/// A chunk, and where it lies.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    file: ChunkedFile,
    first: String,
    count: u64,
    pub(super) lines: Stretch,
    /// Of claims, their statuses.
    pub(super) standings: Option<Stretch>,
}

/// Where whole lines lie in a file, and the root of the tree over them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) at: u64,
    pub(super) bytes: u64,
    pub(super) root: Digest,
}

impl Piece {
    fn key(&self) -> (ChunkedFile, &str) {
        (self.file, &self.first)
    }

    fn is_same(&self, other: &Self) -> bool {
        let roots = |piece: &Self| (piece.lines.root, piece.standings.map(|standings| standings.root));
        (self.key(), roots(self)) == (other.key(), roots(other))
    }

    fn bytes(&self) -> u64 {
        self.lines.bytes.saturating_add(self.standings.map_or(0, |standings| standings.bytes))
    }
}

impl Part {
    /// The chunks of a file that are read, if not all are.
    pub(super) fn pieces(&self, file: ChunkedFile) -> Option<&[Piece]> {
        let pieces = self.pieces.get(&file).map_or(&[][..], Vec::as_slice);
        (!self.whole.contains(&file)).then_some(pieces)
    }

    /// From now on leaves nothing of a file out.
    pub(super) fn bring_all(&mut self, file: ChunkedFile) {
        self.whole.insert(file);
        self.left_out.remove(&file);
    }

    /// How many lines of a file are not.
    pub(super) fn left_out(&self, file: ChunkedFile) -> u64 {
        self.left_out.get(&file).copied().unwrap_or_default()
    }

    /// The chunks of `tolls.jsonl` in which some events stand, if anything is counted in them.
    pub(super) fn tolls(&self, events: &BTreeSet<&str>) -> Vec<Stretch> {
        let place = |event: &&str| self.tolls.partition_point(|piece| piece.first.as_str() <= *event).checked_sub(1);
        let places: BTreeSet<usize> = events.iter().filter_map(place).collect();
        places.into_iter().map(|place| self.tolls[place].lines).collect()
    }

    fn take(&mut self, piece: Piece) {
        self.all_bytes = self.all_bytes.saturating_add(piece.bytes());
        if piece.file == ChunkedFile::Tolls {
            self.tolls.push(piece);
            return;
        }
        self.bytes = self.bytes.saturating_add(piece.bytes());
        self.pieces.entry(piece.file).or_default().push(piece);
    }

    fn leave_out(&mut self, piece: &Piece) {
        self.all_bytes = self.all_bytes.saturating_add(piece.bytes());
        *self.left_out.entry(piece.file).or_default() += piece.count;
    }

    fn is_small(&self) -> bool {
        self.bytes <= self.all_bytes / ONE_IN
    }

    /// Whether anything is left out.
    pub(super) fn leaves_out(&self) -> bool {
        self.left_out.values().any(|lines| *lines > 0)
    }
}

/// What differs between two releases, each of which lists its chunks; `None` where a list is not of these files. Where
/// so much differs that reading the whole is quicker, nothing is left out but what each says of its events.
pub(super) fn parts(old: &ReleaseVersion, new: &ReleaseVersion) -> Result<Option<[Part; 2]>> {
    let (mut old_list, mut new_list) = (List::open(old)?, List::open(new)?);
    let mut parts = merge(&mut old_list, &mut new_list)?;
    if !parts.iter().all(Part::is_small) {
        parts.iter_mut().for_each(|part| ChunkedFile::ALL.into_iter().for_each(|file| part.bring_all(file)));
    }
    Ok((old_list.is_of(old)? && new_list.is_of(new)?).then_some(parts))
}

/// Goes through both lists in step.
fn merge(old: &mut List, new: &mut List) -> Result<[Part; 2]> {
    let (mut old, mut new) = (old.peekable(), new.peekable());
    let [mut before, mut after] = [Part::default(), Part::default()];
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return Ok([before, after]),
            (Some(Err(_)), _) | (_, None) => Ordering::Less,
            (_, Some(Err(_))) | (None, _) => Ordering::Greater,
            (Some(Ok(old)), Some(Ok(new))) => old.key().cmp(&new.key()),
        };
        let old = if order.is_le() { old.next().transpose()? } else { None };
        let new = if order.is_ge() { new.next().transpose()? } else { None };
        match (old, new) {
            (Some(old), Some(new)) if old.file != ChunkedFile::Tolls && old.is_same(&new) => {
                before.leave_out(&old);
                after.leave_out(&new);
            }
            (old, new) => {
                old.into_iter().for_each(|piece| before.take(piece));
                new.into_iter().for_each(|piece| after.take(piece));
            }
        }
    }
}

/// The chunks that a release lists, one by one, up to the first that cannot stand where it stands.
struct List<'a> {
    lines: Box<dyn Iterator<Item = io::Result<Vec<u8>>> + 'a>,
    place: String,
    is_broken: bool,
    last: Option<(ChunkedFile, String)>,
    /// Where the next chunk of each file begins, by the file's path.
    ends: BTreeMap<&'static str, u64>,
    /// How many lines each file has; fewer than bytes, of which there are not too many to be added up.
    counts: BTreeMap<ChunkedFile, u64>,
}

impl<'a> List<'a> {
    fn open(release: &'a ReleaseVersion) -> Result<Self> {
        let lines = released_lines(BufReader::new(release.open(layout::CHUNKS)?));
        let place = release.display(layout::CHUNKS);
        let (ends, counts) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { lines: Box::new(lines), place, is_broken: false, last: None, ends, counts })
    }

    fn piece(&mut self, line: &[u8]) -> Option<Piece> {
        let Chunk { bytes, count, file, first, root, statuses } = serde_json::from_slice(line).ok()?;
        let is_next = self.last.as_ref().is_none_or(|(last, id)| (*last, id.as_str()) < (file, first.as_str()));
        if !is_next || statuses.is_some() != (file == ChunkedFile::Claims) || count > bytes {
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
    fn is_of(&self, release: &ReleaseVersion) -> Result<bool> {
        let count = |kind: RecordKind| self.counts.get(&kind.into()).copied().unwrap_or_default();
        let mut is_of = !self.is_broken && RecordKind::ALL.into_iter().all(|kind| count(kind) == release.count(kind));
        for path in ChunkedFile::ALL.map(ChunkedFile::name).into_iter().chain([layout::STATUSES]) {
            is_of = is_of && release.ends_at(path, self.ends.get(path).copied().unwrap_or_default())?;
        }
        Ok(is_of)
    }
}

impl Iterator for List<'_> {
    type Item = Result<Piece>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_broken {
            return None;
        }
        let line = match self.lines.next()? {
            Ok(line) => line,
            Err(error) => return Some(Err(told(error, &self.place))),
        };
        let piece = self.piece(&line);
        self.is_broken = piece.is_none();
        piece.map(Ok)
    }
}
