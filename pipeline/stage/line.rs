//! What one line of a records file gave.

use super::anchor::Anchored;
use super::quality::Suspicion;
use crate::finding::Finding;

/// What one line gave, with the line's number.
pub(super) struct Line<T> {
    pub(super) number: u64,
    pub(super) id: Option<String>,
    pub(super) value: Option<T>,
    pub(super) columns: Vec<u32>,
    pub(super) findings: Vec<Finding>,
}

/// A claim held against its evidence.
pub(super) struct Held {
    pub(super) anchored: Anchored,
    pub(super) is_clean: bool,
    pub(super) suspicion: Option<Suspicion>,
}

impl<T> Line<T> {
    /// The same line, read further.
    pub(super) fn map<U>(self, read: impl FnOnce(T) -> U) -> Line<U> {
        let Self { number, id, value, columns, findings } = self;
        Line { number, id, value: value.map(read), columns, findings }
    }
}
