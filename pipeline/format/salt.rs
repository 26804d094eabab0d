//! Salt files: the secret of one sealed text, kept by whoever sealed it, outside the dataset.

use std::fmt;

use super::commitment::{Secret, Subject};
use crate::model::digest::Digest;
use crate::model::id::Id;

/// Longest salt file, in bytes.
pub const MAX_FILE_BYTES: usize = 1024;

/// What every salt file begins with.
const HEADING: &str = "affiant salt file 1: KEEP SECRET\n\
    Whoever reads this file can try out guesses at the sealed text.\n\
    Whoever loses it, or one byte of the text, can never prove what was sealed.\n";

/// The secret of one sealed text, and where its commitment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaltFile {
    /// The dataset.
    pub dataset: Id,
    /// The sealed source in it.
    pub source: Id,
    /// What the salts of its text are derived from.
    pub secret: Secret,
}

/// Not a salt file, byte for byte as one is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a salt file in exactly the form that `affiant seal` writes")]
pub struct SaltFileError;

impl SaltFile {
    /// What the secret's commitment is made for.
    pub fn subject(&self) -> Subject<'_> {
        Subject { dataset: &self.dataset, source: &self.source }
    }

    /// Reads the bytes of a salt file.
    ///
    /// # Errors
    /// [`SaltFileError`].
    pub fn parse(file: &[u8]) -> Result<Self, SaltFileError> {
        std::str::from_utf8(file).ok().and_then(read).ok_or(SaltFileError)
    }
}

fn read(file: &str) -> Option<SaltFile> {
    let mut lines = file.strip_prefix(HEADING)?.strip_suffix('\n')?.split('\n');
    let mut value = |name| lines.next()?.strip_prefix(name);
    let dataset = value("dataset ")?.parse().ok()?;
    let source = value("source ")?.parse().ok()?;
    let secret: Digest = value("secret ")?.parse().ok()?;
    let secret = Secret::from_bytes(*secret.as_bytes());
    lines.next().is_none().then_some(SaltFile { dataset, source, secret })
}

impl fmt::Display for SaltFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = Digest::from_bytes(*self.secret.as_bytes());
        write!(f, "{HEADING}dataset {}\nsource {}\nsecret {secret}\n", self.dataset, self.source)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file() -> SaltFile {
        let id = |id: &str| id.parse().expect("an id");
        SaltFile { dataset: id("harbour"), source: id("letter-01"), secret: Secret::from_bytes([7; 32]) }
    }

    #[test]
    fn a_file_reads_back() {
        let text = file().to_string();
        assert!(text.len() < MAX_FILE_BYTES - 2 * Id::MAX_BYTES);
        assert_eq!(SaltFile::parse(text.as_bytes()), Ok(file()));
        assert!(!format!("{:?}", file()).contains("07"));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let text = file().to_string();
        for bad in [
            text.replace('\n', "\r\n"),
            format!("{text}\n"),
            format!("\u{feff}{text}"),
            format!("{text}note x\n"),
            text.trim_end().to_owned(),
            text.replace("0707", "0A07"),
            text.replace("source letter-01", "source Letter-01"),
            text.replace("source letter-01\n", ""),
            text.replace("salt file 1", "salt file 2"),
            String::new(),
        ] {
            assert_eq!(SaltFile::parse(bad.as_bytes()), Err(SaltFileError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_prints_back(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut text = file().to_string().into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            if let Ok(read) = SaltFile::parse(&text) {
                prop_assert_eq!(read.to_string().into_bytes(), text);
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            _ = SaltFile::parse(&bytes);
            _ = SaltFile::parse(&[HEADING.as_bytes(), &bytes].concat());
        }
    }
}
