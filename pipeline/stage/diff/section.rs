//! The records that two releases have between one id and another, at both of which each has a chunk begin: whatever is
//! in such a section has nothing to do with any other.

use std::sync::Arc;

use super::Version;
use super::merge::{Block, Merged, Side, id, last};
use super::part::Section;
use super::stretch::StretchedFile;
use super::window::first;
use crate::error::Result;
use crate::model::kind::RecordKind;

/// The records of one kind that a release has, section by section.
pub struct Sections {
    /// The chunks of each.
    pub(super) sections: Arc<Vec<Section>>,
    /// How a person calls the file.
    pub(super) place: Arc<str>,
    /// The file.
    pub(super) lines: StretchedFile,
    /// Of claims, the file of their standings.
    pub(super) standings: Option<StretchedFile>,
}

impl Sections {
    /// The records of one section.
    fn side(&self, number: usize) -> Result<Side> {
        let Section { pieces, until } = &self.sections[number];
        let lines = self.lines.read(&pieces.iter().map(|piece| piece.lines).collect::<Vec<_>>())?;
        let standings: Vec<_> = pieces.iter().filter_map(|piece| piece.standings).collect();
        let standings = self.standings.as_ref().map(|file| file.read(&standings)).transpose()?;
        if let Some(piece) = pieces.first() {
            let begins = id(first(&lines, 1).1, &self.place)?;
            let ends = last(&lines).map(|line| id(line, &self.place)).transpose()?;
            if begins != piece.first || until.as_ref().is_some_and(|until| ends.is_none_or(|ends| ends >= *until)) {
                return Err(self.lines.changed());
            }
        }
        Ok(Side { place: Arc::clone(&self.place), lines, standings })
    }

    /// Whether as many records were found in a section as are listed.
    fn agrees(&self, number: usize, found: u64) -> Result<()> {
        let listed: u64 = self.sections[number].pieces.iter().map(|piece| piece.count).sum();
        if found == listed { Ok(()) } else { Err(self.lines.changed()) }
    }
}

/// The sections of both releases.
pub(super) struct PairedSections([Sections; 2]);

impl PairedSections {
    /// Those of two versions, if both are cut into sections.
    pub(super) fn of(old: &dyn Version, new: &dyn Version, kind: RecordKind) -> Result<Option<Self>> {
        Ok(old.sections(kind)?.zip(new.sections(kind)?).map(|(old, new)| Self([old, new])))
    }

    /// Which of the two holds the standings of its claims.
    pub(super) fn have_standings(&self) -> [bool; 2] {
        self.0.each_ref().map(|side| side.standings.is_some())
    }

    /// All of them, none of which is read yet.
    pub(super) fn unmerged(&self) -> impl Iterator<Item = Result<Unmerged<'_>>> {
        (0..self.0[0].sections.len()).map(|number| Ok(Unmerged::Section(self, number)))
    }

    fn merged(&self, number: usize) -> Result<Merged> {
        let [old, new] = self.0.each_ref().map(|side| side.side(number));
        let merged = Block::of([old?, new?]).merged()?;
        self.0.iter().zip(merged.records()).try_for_each(|(side, found)| side.agrees(number, found))?;
        Ok(merged)
    }
}

/// All records of both versions between two ids.
pub(super) enum Unmerged<'a> {
    /// They were read already.
    AtHand(Block),
    /// They are those of the section of this number.
    Section(&'a PairedSections, usize),
}

impl Unmerged<'_> {
    /// Goes through both versions in step.
    pub(super) fn merged(self) -> Result<Merged> {
        match self {
            Unmerged::AtHand(block) => block.merged(),
            Unmerged::Section(sections, number) => sections.merged(number),
        }
    }
}
