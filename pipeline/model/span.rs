//! Stretches of bytes.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A stretch of a capture: byte offsets `[start, end)` into the bytes as received; never empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "[u64; 2]", into = "[u64; 2]")]
pub struct Span {
    start: u64,
    end: u64,
}

/// The end does not lie after the start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a span ends after it starts: [start, end) in bytes")]
pub struct SpanError;

impl Span {
    /// The bytes from `start` up to, not including, `end`.
    pub fn new(start: u64, end: u64) -> Result<Self, SpanError> {
        if start < end { Ok(Self { start, end }) } else { Err(SpanError) }
    }

    /// Offset of the first byte.
    pub fn start(self) -> u64 {
        self.start
    }

    /// Offset after the last byte.
    pub fn end(self) -> u64 {
        self.end
    }

    /// Whether `inner` lies wholly inside.
    pub fn contains(self, inner: Span) -> bool {
        self.start <= inner.start && inner.end <= self.end
    }

    /// Whether the two share a byte.
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The span as an index into bytes; an offset this machine cannot address lies past every end.
    pub fn range(self) -> Range<usize> {
        let at = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
        at(self.start)..at(self.end)
    }
}

impl TryFrom<[u64; 2]> for Span {
    type Error = SpanError;

    fn try_from([start, end]: [u64; 2]) -> Result<Self, SpanError> {
        Self::new(start, end)
    }
}

impl From<Span> for [u64; 2] {
    fn from(span: Span) -> Self {
        [span.start, span.end]
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
