//! Two lists of chunks, cut where a chunk begins with the same id in both (SPEC.md, "Chunks").
//!
//! Files are sorted and no id stands in one twice. So a chunk that begins with the same id in both and has the same
//! roots is the same lines in both, and no line of it stands anywhere else.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::chunk_list::{ChunkList, Piece};
use super::part::{Part, Section};
use super::version::ReleaseVersion;
use crate::error::Result;
use crate::model::chunk::ChunkedFile;

/// Bytes of one section that are worth being read by themselves, and most of them: a file with a longer one is read whole.
const SECTION_BYTES: u64 = 1 << 18;
const MOST_BYTES: u64 = 1 << 22;

/// Where no more than one byte in so many is read, it is held against its root, whoever vouches for it.
const ONE_IN: u64 = 4;

/// What differs between two releases, each of which lists its chunks; `None` where a list is not of these files.
pub(super) fn parts(old: &ReleaseVersion, new: &ReleaseVersion) -> Result<Option<[Part; 2]>> {
    let (mut old_list, mut new_list) = (ChunkList::open(old)?, ChunkList::open(new)?);
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
    fn of(old: &mut ChunkList, new: &mut ChunkList) -> Result<Self> {
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
            let is_of_tolls = before.iter().chain(&after).any(|piece| piece.file == ChunkedFile::Tolls);
            match (before, after) {
                (old, new) if is_of_tolls => cut.take_tolls([old, new]),
                (Some(old), Some(new)) if old.is_same(&new) => cut.leave_out([&old, &new]),
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

    /// What each counts in its events, which is read for as many events as are asked for.
    fn take_tolls(&mut self, pieces: [Option<Piece>; 2]) {
        for (side, piece) in self.sides.iter_mut().zip(pieces) {
            side.all_bytes = side.all_bytes.saturating_add(piece.as_ref().map_or(0, Piece::bytes));
            side.tolls.extend(piece);
        }
    }

    /// Chunks that both have begin with the same id, or one that only one of them has.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Digest;
    use crate::stage::diff::stretch::Stretch;

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
