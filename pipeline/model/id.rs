//! Names: of records, and of the captures of a source.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Serialize, Serializer};

use super::read::by_parser;

/// The id of a record: lower-case words and digits joined by single hyphens, at most 64 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Id(CompactString);

by_parser!(Id, CaptureId);

/// The text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is lower-case words and digits joined by single hyphens, 64 bytes at most")]
pub struct IdError;

impl Id {
    /// Longest id, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Whether the text is an id.
    pub fn is_one(text: &str) -> bool {
        check(text).is_ok()
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(text: &str) -> Result<(), IdError> {
    let bytes = text.as_bytes();
    let (mut before, mut is_id) = (b'-', bytes.len() <= Id::MAX_BYTES);
    for &b in bytes {
        is_id &= b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' && before != b'-';
        before = b;
    }
    let begins = bytes.first().is_some_and(u8::is_ascii_lowercase);
    if is_id && begins && before != b'-' { Ok(()) } else { Err(IdError) }
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        check(text)?;
        Ok(Self(text.into()))
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.0.into()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Names one capture of one source: `<source>.<n>`, n counting from 1 to 9999.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaptureId {
    /// The source.
    pub source: Id,
    /// The capture's number within it.
    pub n: u16,
}

impl Serialize for CaptureId {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.collect_str(self)
    }
}

/// The text is not a capture's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a capture is named by its source's id, a dot, and its number from 1 to 9999")]
pub struct CaptureIdError;

impl FromStr for CaptureId {
    type Err = CaptureIdError;

    fn from_str(text: &str) -> Result<Self, CaptureIdError> {
        let (source, number) = text.split_once('.').ok_or(CaptureIdError)?;
        let n: u16 = number.parse().map_err(|_| CaptureIdError)?;
        let plain = number.as_bytes()[0].is_ascii_digit() && number.as_bytes()[0] != b'0' && n <= 9999;
        let source = source.parse().map_err(|_| CaptureIdError)?;
        if plain { Ok(Self { source, n }) } else { Err(CaptureIdError) }
    }
}

impl From<CaptureId> for String {
    fn from(id: CaptureId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for CaptureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.source, self.n)
    }
}

impl fmt::Debug for CaptureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        for good in ["a", "zh-0017", "january-2022", "a1-b2", &"a".repeat(64)] {
            assert_eq!(good.parse::<Id>().map(String::from).as_deref(), Ok(good));
        }
        for bad in ["", "1a", "-a", "a-", "a--b", "A", "a_b", "a.b", "é", "a\u{202e}", "a\n", &"a".repeat(65)] {
            assert_eq!(bad.parse::<Id>(), Err(IdError), "{bad:?}");
        }
    }

    #[test]
    fn captures() {
        for good in ["rferl-2011.1", "a.9999"] {
            assert_eq!(good.parse::<CaptureId>().map(|c| c.to_string()).as_deref(), Ok(good));
        }
        for bad in ["a", "a.", "a.0", "a.01", "a.+1", "a.10000", "a.1.2", ".1"] {
            assert_eq!(bad.parse::<CaptureId>(), Err(CaptureIdError), "{bad:?}");
        }
    }
}
