//! What a log says of itself at one size: the text of a note (C2SP tlog-checkpoint), three lines and no more.
//!
//! The origin, which names the log; how many entries it has; the root over them, in base64. Extension lines, which
//! nobody could check, are refused.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::ed25519::{Signer, SignerError};
use super::note::Note;
use super::note_key::is_name;
use crate::model::digest::Digest;

/// Where a log keeps its newest checkpoint.
pub const PATH: &str = "checkpoint";

/// The size and the root of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, which is also its key's.
    pub origin: String,
    /// How many entries the log has.
    pub size: u64,
    /// The root over them (RFC 6962).
    pub root: Digest,
}

/// The text is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a checkpoint is three lines: the log's origin, its size in decimal digits, its root in base64")]
pub struct CheckpointError;

impl Checkpoint {
    /// The note of this checkpoint, signed by the log's key.
    ///
    /// # Panics
    /// If the origin is no name of a key.
    ///
    /// # Errors
    /// The signer's own.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Note, SignerError> {
        Note::sign(signer, &self.origin, &self.to_string())
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<_> = text.strip_suffix('\n').ok_or(CheckpointError)?.split('\n').collect();
        let [origin, size, root] = lines[..] else { return Err(CheckpointError) };
        if !is_name(origin) {
            return Err(CheckpointError);
        }
        let size = decimal(size).ok_or(CheckpointError)?;
        let root = hash(root).ok_or(CheckpointError)?;
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root.as_bytes()))
    }
}

/// A number in its one spelling: decimal digits, none of them leading zeroes.
pub(super) fn decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// A hash in base64.
pub(super) fn hash(text: &str) -> Option<Digest> {
    Some(Digest::from_bytes(BASE64.decode(text).ok()?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of C2SP tlog-checkpoint.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_example_of_the_specification() {
        let checkpoint: Checkpoint = EXAMPLE.parse().expect("a checkpoint");
        assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
        assert!(checkpoint.root.to_string().starts_with("0ac5186a"));
        assert_eq!(checkpoint.to_string(), EXAMPLE);
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for bad in [
            String::new(),
            "\n\n\n".to_owned(),
            EXAMPLE.trim_end().to_owned(),
            format!("{EXAMPLE}\n"),
            format!("\n{EXAMPLE}"),
            format!("{EXAMPLE}an extension\n"),
            EXAMPLE.replace('\n', "\r\n"),
            EXAMPLE.replace("example.com/behind-the-sofa", ""),
            EXAMPLE.replace("example.com", "example com"),
            EXAMPLE.replace("example.com", "example+com"),
            EXAMPLE.replace("20852163", "020852163"),
            EXAMPLE.replace("20852163", "+20852163"),
            EXAMPLE.replace("20852163", "-1"),
            EXAMPLE.replace("20852163", ""),
            EXAMPLE.replace("20852163", "18446744073709551616"),
            EXAMPLE.replace("q2I=", "q2I"),
            EXAMPLE.replace("q2I=", "q2J="),
            EXAMPLE.replace("q2I=", "q2I=="),
            EXAMPLE.replace("CsUY", ""),
        ] {
            assert_eq!(bad.parse::<Checkpoint>(), Err(CheckpointError), "{bad:?}");
        }
        for good in ["0", "18446744073709551615"] {
            assert!(EXAMPLE.replace("20852163", good).parse::<Checkpoint>().is_ok(), "{good}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_prints_back_identically(text in "[a-z/]{1,3}\n[0-9+]{1,3}\n[A-Za-z0-9+/]{42}[A-Za-z]=?\n{1,2}") {
            if let Ok(checkpoint) = text.parse::<Checkpoint>() {
                prop_assert_eq!(checkpoint.to_string(), text);
            }
        }

        #[test]
        fn never_panics(text in "\\PC{0,20}\n\\PC{0,20}\n\\PC{0,50}\n?") {
            _ = text.parse::<Checkpoint>();
        }
    }
}
