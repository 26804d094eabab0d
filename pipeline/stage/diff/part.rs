//! What of a release is read, where another one has the rest of it, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::chunk_list::Piece;
use super::stretch::Stretch;
use crate::model::chunk::ChunkedFile;

/// What of a release is read, and what is not.
#[derive(Default)]
pub(super) struct Part {
    /// What is read of each file, in sections that have nothing to do with each other.
    pub(super) sections: BTreeMap<ChunkedFile, Arc<Vec<Section>>>,
    /// How many lines of each file both releases have, and neither reads.
    pub(super) left_out: BTreeMap<ChunkedFile, u64>,
    /// The files of which nothing is left out.
    pub(super) whole: BTreeSet<ChunkedFile>,
    /// Where what is counted in events is found.
    pub(super) tolls: Vec<Piece>,
    /// Whether so little is read that it costs nothing to hold it against its roots.
    pub(super) is_small: bool,
}

/// Chunks that are read together: what is in them has nothing to do with what is in others.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    pub(super) pieces: Vec<Piece>,
    /// The id that the next chunk begins with which begins in both releases, if there is one.
    pub(super) until: Option<String>,
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
}
