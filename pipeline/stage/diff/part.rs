//! What two releases have in common by the lists of their chunks (SPEC.md, "Chunks"), and where all else lies.
//!
//! Files are sorted and no id stands in one twice. So a chunk that begins with the same id in both and has the same
//! roots is the same lines in both, and no line of it stands anywhere else.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::vec;

use rayon::prelude::*;

use super::stretch::Stretch;
use super::version::ReleaseVersion;
use super::window::told;
use crate::error::Result;
use crate::format::layout;
use crate::model::chunk::{Beside, Chunk, ChunkedFile};
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::stage::batch::{Batch, Batches};

/// Largest chunk that is read by itself, in bytes.
const LARGEST_BYTES: u64 = 16 << 20;

/// Bytes of one section that are worth being read by themselves, and most of them: a file with a longer one is read whole.
const SECTION_BYTES: u64 = 1 << 18;
const MOST_BYTES: u64 = 1 << 22;

/// Where no more than one byte in so many is read, it is held against its root, whoever vouches for it.
const ONE_IN: u64 = 4;

/// Of fewer lines than this no other thread hears.
const CHUNKS_AT_ONCE: usize = 1 << 6;

/// What of a release is read, and what is not.
#[derive(Default)]
pub(super) struct Part {
    /// What is read of each file, in sections that have nothing to do with each other.
    sections: BTreeMap<ChunkedFile, Arc<Vec<Section>>>,
    /// How many lines of each file both releases have, and neither reads.
    left_out: BTreeMap<ChunkedFile, u64>,
    /// The files of which nothing is left out.
    whole: BTreeSet<ChunkedFile>,
    /// Where what is counted in events is found.
    tolls: Vec<Piece>,
    /// Whether little enough is read.
    is_small: bool,
}

/// Chunks that are read together: what is in them has nothing to do with what is in others.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    pub(super) pieces: Vec<Piece>,
    /// The id that one of the releases has a chunk begin with behind it, if one does.
    pub(super) until: Option<String>,
}

/// A chunk, and where it lies.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    file: ChunkedFile,
    pub(super) first: String,
    pub(super) count: u64,
    pub(super) lines: Stretch,
    /// Of claims, their statuses.
    pub(super) standings: Option<Stretch>,
}

impl Piece {
    fn key(&self) -> (ChunkedFile, &str) {
        (self.file, &self.first)
    }

    /// Whether the other one is said to be the same lines.
    fn is_same(&self, other: &Self) -> bool {
        let lines = |Stretch { bytes, root, .. }: Stretch| (bytes, root);
        let said = |piece: &Self| (piece.count, lines(piece.lines), piece.standings.map(lines));
        (self.key(), said(self)) == (other.key(), said(other))
    }

    fn bytes(&self) -> u64 {
        self.lines.bytes.saturating_add(self.standings.map_or(0, |standings| standings.bytes))
    }
}

impl Part {
    /// The sections of a file that are read, if it is not read whole.
    pub(super) fn sections(&self, file: ChunkedFile) -> Option<Arc<Vec<Section>>> {
        (!self.whole.contains(&file)).then(|| self.sections.get(&file).cloned().unwrap_or_default())
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

    /// Whether anything is left out.
    pub(super) fn leaves_out(&self) -> bool {
        self.left_out.values().any(|lines| *lines > 0)
    }

    /// Whether so little is read that it costs nothing to hold it against its roots.
    pub(super) fn is_small(&self) -> bool {
        self.is_small
    }
}

/// What differs between two releases, each of which lists its chunks; `None` where a list is not of these files.
pub(super) fn parts(old: &ReleaseVersion, new: &ReleaseVersion) -> Result<Option<[Part; 2]>> {
    let (mut old_list, mut new_list) = (List::open(old)?, List::open(new)?);
    let parts = Cut::of(&mut old_list, &mut new_list)?.parts();
    Ok((old_list.is_of(old)? && new_list.is_of(new)?).then_some(parts))
}

/// Two lists, cut into sections: the same number of each file on both sides.
#[derive(Default)]
struct Cut {
    sides: [CutSide; 2],
    /// Bytes of the section that is not at its end, and the file that it is of.
    open: Option<(ChunkedFile, u64)>,
    /// The files that have a section which is too long.
    whole: BTreeSet<ChunkedFile>,
}

/// One of the two lists.
#[derive(Default)]
struct CutSide {
    sections: BTreeMap<ChunkedFile, Vec<Section>>,
    left_out: BTreeMap<ChunkedFile, u64>,
    tolls: Vec<Piece>,
    /// Bytes of the chunks that are read, and of all.
    bytes: u64,
    all_bytes: u64,
}

impl Cut {
    /// Goes through both lists in step.
    fn of(old: &mut List, new: &mut List) -> Result<Self> {
        let (mut old, mut new) = (old.peekable(), new.peekable());
        let mut cut = Self::default();
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => return Ok(cut),
                (Some(Err(_)), _) | (_, None) => Ordering::Less,
                (_, Some(Err(_))) | (None, _) => Ordering::Greater,
                (Some(Ok(old)), Some(Ok(new))) => old.key().cmp(&new.key()),
            };
            let before = if order.is_le() { old.next().transpose()? } else { None };
            let after = if order.is_ge() { new.next().transpose()? } else { None };
            match (before, after) {
                (Some(old), Some(new)) if old.file != ChunkedFile::Tolls && old.is_same(&new) => {
                    cut.leave_out([&old, &new]);
                }
                (old, new) => cut.take([old, new]),
            }
        }
    }

    fn leave_out(&mut self, pieces: [&Piece; 2]) {
        self.end(pieces[0].file, &pieces[0].first);
        for (side, piece) in self.sides.iter_mut().zip(pieces) {
            side.all_bytes = side.all_bytes.saturating_add(piece.bytes());
            *side.left_out.entry(piece.file).or_default() += piece.count;
        }
    }

    /// Whatever is open ends before a chunk that begins with this id in both.
    fn end(&mut self, file: ChunkedFile, first: &str) {
        let Some(_) = self.open.take().filter(|(open, _)| *open == file) else { return };
        for section in self.sides.iter_mut().filter_map(|side| side.sections.get_mut(&file)?.last_mut()) {
            section.until = Some(first.to_owned());
        }
    }

    fn take(&mut self, pieces: [Option<Piece>; 2]) {
        let Some(file) = pieces.iter().flatten().next().map(|piece| piece.file) else { return };
        // Only where a chunk begins in both does nothing before it have to do with anything behind it.
        let is_both = pieces.iter().all(Option::is_some);
        if self.open.is_some_and(|(_, bytes)| is_both && bytes >= SECTION_BYTES)
            && let Some(piece) = &pieces[0]
        {
            self.end(file, &piece.first);
        }
        let begun = self.open.filter(|&(open, _)| open == file);
        let mut bytes = begun.map_or(0, |(_, bytes)| bytes);
        for (side, piece) in self.sides.iter_mut().zip(pieces) {
            let sections = side.sections.entry(file).or_default();
            if begun.is_none() {
                sections.push(Section::default());
            }
            let Some(piece) = piece else { continue };
            side.all_bytes = side.all_bytes.saturating_add(piece.bytes());
            if file == ChunkedFile::Tolls {
                side.tolls.push(piece);
                continue;
            }
            side.bytes = side.bytes.saturating_add(piece.bytes());
            bytes = bytes.saturating_add(piece.bytes());
            if let Some(section) = sections.last_mut() {
                section.pieces.push(piece);
            }
        }
        if bytes > MOST_BYTES {
            self.whole.insert(file);
        }
        self.open = Some((file, bytes));
    }

    /// What each release is to read.
    fn parts(self) -> [Part; 2] {
        let is_small = self.sides.iter().all(|side| side.bytes <= side.all_bytes / ONE_IN);
        self.sides.map(|CutSide { sections, left_out, tolls, .. }| {
            let sections = sections.into_iter().map(|(file, sections)| (file, Arc::new(sections))).collect();
            let mut part = Part { sections, left_out, whole: BTreeSet::new(), tolls, is_small };
            self.whole.iter().for_each(|file| part.bring_all(*file));
            part
        })
    }
}

/// The chunks that a release lists, one by one, up to the first that cannot stand where it stands.
struct List<'a> {
    batches: Batches<Box<dyn io::Read + Send + 'a>>,
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

impl<'a> List<'a> {
    fn open(release: &'a ReleaseVersion) -> Result<Self> {
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
    lines.into_par_iter().with_min_len(CHUNKS_AT_ONCE).map(|line| serde_json::from_slice(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Digest;

    /// A chunk of claims that begins with this id.
    fn piece(first: u32, bytes: u64) -> Piece {
        let lines = Stretch { at: 0, bytes, root: Digest::of(&first.to_le_bytes()) };
        Piece { file: ChunkedFile::Claims, first: format!("c-{first:04}"), count: 1, lines, standings: None }
    }

    /// The ids that the chunks of each section begin with, and whether the file is read whole.
    fn sections(cut: Cut) -> ([Vec<Vec<String>>; 2], bool) {
        let parts = cut.parts();
        let is_whole = parts.iter().any(|part| part.sections(ChunkedFile::Claims).is_none());
        let firsts = |section: &Section| section.pieces.iter().map(|piece| piece.first.clone()).collect();
        (parts.map(|part| part.sections[&ChunkedFile::Claims].iter().map(firsts).collect()), is_whole)
    }

    #[test]
    fn sections_begin_where_both_have_a_chunk_begin() {
        let half = SECTION_BYTES / 2;
        let mut cut = Cut::default();
        cut.take([Some(piece(1, half)), Some(piece(1, half))]);
        cut.take([Some(piece(2, half)), None]);
        cut.take([None, Some(piece(3, half))]);
        cut.take([Some(piece(4, 1)), Some(piece(4, 1))]);
        cut.take([Some(piece(5, 1)), Some(piece(5, 1))]);
        cut.leave_out([&piece(6, 1), &piece(6, 1)]);
        cut.take([None, Some(piece(7, 1))]);
        let ends = |side: &CutSide| -> Vec<Option<String>> {
            side.sections[&ChunkedFile::Claims].iter().map(|section| section.until.clone()).collect()
        };
        for side in &cut.sides {
            assert_eq!(ends(side), [Some("c-0004".to_owned()), Some("c-0006".to_owned()), None]);
        }
        let (sides, is_whole) = sections(cut);
        assert_eq!(sides[0], [vec!["c-0001", "c-0002"], vec!["c-0004", "c-0005"], vec![]]);
        assert_eq!(sides[1], [vec!["c-0001", "c-0003"], vec!["c-0004", "c-0005"], vec!["c-0007"]]);
        assert!(!is_whole);
    }

    #[test]
    fn a_file_with_too_long_a_section_is_read_whole() {
        for (chunks, is_too_long) in [(MOST_BYTES / SECTION_BYTES, false), (MOST_BYTES / SECTION_BYTES + 1, true)] {
            let mut cut = Cut::default();
            (0..chunks as u32).for_each(|number| cut.take([Some(piece(number, SECTION_BYTES)), None]));
            assert_eq!(sections(cut).1, is_too_long);
        }
    }
}
