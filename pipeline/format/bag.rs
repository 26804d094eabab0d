//! The folder's own description: BagIt 1.0 (RFC 8493), of which one exact spelling is read and written, so that what
//! parses prints back identically and stock tools (`sha256sum -c`, `bagit.py`) agree with us about every line.

use std::fmt;

use super::path;
use crate::model::digest::Digest;

pub use super::path::{PathFault, safe_path, twin_key};

/// The bytes of `bagit.txt` (RFC 8493 section 2.1.1).
pub const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// Most lines a manifest may have.
pub const MAX_ENTRIES: usize = 4_000_000;

/// Longest `bag-info.txt`, in bytes.
pub const MAX_BAG_INFO_BYTES: usize = 1 << 16;

/// The lines of `bag-info.txt` (RFC 8493 section 2.2.2): labels and values in their order, never folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BagInfo(Vec<(String, String)>);

/// The bytes are not labels and values, one a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("bag-info.txt, line {line}: not `Label: value` on one line that ends in LF")]
pub struct BagInfoError {
    /// The line, counting from 1.
    pub line: usize,
}

impl BagInfo {
    /// These labels and values: each one line of visible text, a label of letters, digits and hyphens.
    pub fn new<const N: usize>(elements: [(&str, String); N]) -> Self {
        debug_assert!(elements.iter().all(|(label, value)| is_label(label) && is_value(value)));
        Self(elements.map(|(label, value)| (label.to_owned(), value)).into())
    }

    /// Reads the bytes of `bag-info.txt`.
    ///
    /// # Errors
    /// [`BagInfoError`], also for what RFC 8493 allows and we never write: folded lines, padding, other line ends.
    pub fn parse(bytes: &[u8]) -> Result<Self, BagInfoError> {
        if bytes.len() > MAX_BAG_INFO_BYTES {
            return Err(BagInfoError { line: 1 });
        }
        let lines = (1..).zip(bytes.split_inclusive(|&b| b == b'\n'));
        lines.map(|(line, bytes)| element(bytes).ok_or(BagInfoError { line })).collect::<Result<_, _>>().map(Self)
    }

    /// The first value under `label`.
    pub fn value(&self, label: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == label).map(|(_, value)| value.as_str())
    }
}

fn element(line: &[u8]) -> Option<(String, String)> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (label, value) = line.split_once(": ")?;
    (is_label(label) && is_value(value)).then(|| (label.to_owned(), value.to_owned()))
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_value(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.chars().any(path::is_unseen)
}

impl fmt::Display for BagInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(label, value)| writeln!(f, "{label}: {value}"))
    }
}

/// SHA-256 digests of files by path (RFC 8493 section 2.1.3): lines of `hex  path`, sorted by the paths' bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest(Vec<(Box<str>, Digest)>);

impl Manifest {
    /// The manifest of these files, whose paths are [`safe_path`]s, none of them twice.
    pub fn new(files: impl IntoIterator<Item = (impl Into<Box<str>>, Digest)>) -> Self {
        let mut files: Vec<(Box<str>, Digest)> =
            files.into_iter().map(|(path, digest)| (path.into(), digest)).collect();
        files.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Self(files)
    }

    /// Reads the bytes of a manifest.
    ///
    /// # Errors
    /// The first line that is not exactly as this type prints it, or one too many.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let mut files: Vec<(Box<str>, Digest)> = Vec::new();
        for (line, bytes) in (1..).zip(bytes.split_inclusive(|&b| b == b'\n')) {
            let refuse = |kind| ManifestError { line, kind };
            if line > MAX_ENTRIES {
                return Err(refuse(ManifestFault::TooMany));
            }
            let (digest, path) = entry(bytes).map_err(refuse)?;
            if files.last().is_some_and(|(before, _)| **before >= *path) {
                return Err(refuse(ManifestFault::Order));
            }
            files.push((path.into(), digest));
        }
        Ok(Self(files))
    }

    /// The digest of the file at `path`.
    pub fn digest(&self, path: &str) -> Option<&Digest> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(path)).ok().map(|found| &self.0[found].1)
    }

    /// Paths and digests, sorted by the paths' bytes.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Digest)> {
        self.0.iter().map(|(path, digest)| (&**path, digest))
    }

    /// The paths, sorted by their bytes.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(path, _)| &**path)
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no file is listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn entry(line: &[u8]) -> Result<(Digest, &str), ManifestFault> {
    let line = std::str::from_utf8(line).map_err(|_| ManifestFault::NotUtf8)?;
    let (digest, path) = line.strip_suffix('\n').and_then(|l| l.split_once("  ")).ok_or(ManifestFault::Form)?;
    let digest = digest.parse().map_err(|_| ManifestFault::Form)?;
    safe_path(path)?;
    Ok((digest, path))
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries().try_for_each(|(path, digest)| writeln!(f, "{digest}  {path}"))
    }
}

/// Where and why bytes are not a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct ManifestError {
    /// The line, counting from 1.
    pub line: usize,
    /// What is wrong with it.
    pub kind: ManifestFault,
}

/// What is wrong with a line of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Not a digest, two spaces, a path and LF.
    #[error("not 64 lower-case hex digits, two spaces, a path and LF")]
    Form,
    /// A path that is not safe.
    #[error(transparent)]
    Path(#[from] PathFault),
    /// The same path again, or one that belongs further up.
    #[error("the path does not sort after the one before it")]
    Order,
    /// More than [`MAX_ENTRIES`].
    #[error("more than {MAX_ENTRIES} files")]
    TooMany,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEX: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn fault(text: &str) -> Option<(usize, ManifestFault)> {
        Manifest::parse(text.as_bytes()).err().map(|error| (error.line, error.kind))
    }

    #[test]
    fn a_manifest_prints_as_sha256sum_does() {
        let paths = ["data/B", "data/a", "data/a b", "data/é", "data-1"];
        let manifest = Manifest::new(paths.map(|path| (path, Digest::of(b"abc"))));
        let text = format!("{HEX}  data-1\n{HEX}  data/B\n{HEX}  data/a\n{HEX}  data/a b\n{HEX}  data/é\n");
        assert_eq!(manifest.to_string(), text);
        assert_eq!(Manifest::parse(text.as_bytes()), Ok(manifest));
        assert_eq!(Manifest::parse(b""), Ok(Manifest::default()));
    }

    #[test]
    fn a_manifest_has_one_spelling() {
        use ManifestFault::{Form, Order, Path};
        for (second, kind) in [
            (format!("{HEX}  a\n"), Order),
            (format!("{HEX}  B\n"), Order),
            (format!("{HEX}  b"), Form),
            (format!("{HEX}  b\n\n"), Form),
            (format!("{HEX} b\n"), Form),
            (format!("{HEX} *b\n"), Form),
            (format!("\\{HEX}  b\n"), Form),
            (format!("{}  b\n", HEX.to_uppercase()), Form),
            (format!("{HEX}   b\n"), Path(PathFault::Reserved)),
            (format!("{HEX}  b\r\n"), Path(PathFault::Character)),
            (format!("{HEX}  ../b\n"), Path(PathFault::Component)),
            (format!("{HEX}  \n"), Path(PathFault::Length)),
        ] {
            let line = if second.ends_with("\n\n") { 3 } else { 2 };
            assert_eq!(fault(&format!("{HEX}  a\n{second}")), Some((line, kind)), "{second:?}");
        }
        assert_eq!(Manifest::parse(b"\xff\n").map_err(|error| error.kind), Err(ManifestFault::NotUtf8));
    }

    #[test]
    fn bag_info_has_one_spelling() {
        let info = BagInfo::new([("Bagging-Date", "2024-01-01".to_owned()), ("Payload-Oxum", "12.3".to_owned())]);
        let text = "Bagging-Date: 2024-01-01\nPayload-Oxum: 12.3\n";
        assert_eq!(info.to_string(), text);
        assert_eq!(info.value("Payload-Oxum"), Some("12.3"));
        assert_eq!(BagInfo::parse(text.as_bytes()), Ok(info));
        for bad in [
            "A: b",
            "A: b\r\n",
            "A:b\n",
            "A:  b\n",
            "A: b \n",
            "A : b\n",
            "A: b\n c\n",
            "A: b\n\n",
            ": b\n",
            "A: \n",
            "A: \u{202e}b\n",
        ] {
            assert!(BagInfo::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_prints_back_identically(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let info = b"Bagging-Date: 2024-01-01\nExternal-Identifier: z 1\n";
            let manifest = format!("{HEX}  a/b\n{HEX}  a/c.txt\n");
            for text in [&info[..], manifest.as_bytes()] {
                let mut text = text.to_vec();
                let at = at.index(text.len());
                text[at] = byte;
                if let Ok(info) = BagInfo::parse(&text) {
                    prop_assert_eq!(info.to_string().into_bytes(), text.clone());
                }
                if let Ok(manifest) = Manifest::parse(&text) {
                    prop_assert_eq!(manifest.to_string().into_bytes(), text.clone());
                }
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            _ = (BagInfo::parse(&bytes), Manifest::parse(&bytes));
        }
    }
}
