//! The folder's own description: BagIt 1.0 (RFC 8493), in one exact form.

use std::collections::BTreeMap;
use std::fmt;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::model::digest::Digest;

/// The bytes of `bagit.txt` (RFC 8493 section 2.1.1).
pub const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// Most lines of a manifest.
const MAX_ENTRIES: usize = 4_000_000;

/// The labels of `bag-info.txt` (RFC 8493 section 2.2.2), in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BagInfo(Vec<(String, String)>);

impl BagInfo {
    /// Labels and their values.
    pub fn new<const N: usize>(labels: [(&str, String); N]) -> Self {
        Self(labels.map(|(label, value)| (label.to_owned(), value)).into())
    }

    /// Reads `bag-info.txt`; only what prints back identically is accepted.
    pub fn parse(bytes: &[u8]) -> Result<Self, BagInfoError> {
        let text = std::str::from_utf8(bytes).map_err(|_| BagInfoError)?;
        let label = |line: &str| {
            let (label, value) = line.split_once(": ")?;
            Some((label.to_owned(), value.to_owned()))
        };
        let labels = text.lines().map(label).collect::<Option<Vec<_>>>().ok_or(BagInfoError)?;
        let info = Self(labels);
        if info.to_string() == text { Ok(info) } else { Err(BagInfoError) }
    }
}

impl fmt::Display for BagInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(label, value)| writeln!(f, "{label}: {value}"))
    }
}

/// The bytes are not labels, one a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bag-info.txt is lines of `Label: value`, each ending in LF")]
pub struct BagInfoError;

/// Digests of files by their path (RFC 8493 section 2.1.3): `hex  path`, sorted by bytes, LF at every end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest(BTreeMap<String, Digest>);

impl Manifest {
    /// The manifest of these files.
    pub fn new(files: BTreeMap<String, Digest>) -> Self {
        Self(files)
    }

    /// Reads a manifest; only what prints back identically is accepted.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let whole = |kind| ManifestError { line: 1, kind };
        let text = std::str::from_utf8(bytes).map_err(|_| whole(ManifestFault::NotUtf8))?;
        let mut files: BTreeMap<String, Digest> = BTreeMap::new();
        for (line, entry) in (1..).zip(text.split_inclusive('\n')) {
            let fault = |kind| ManifestError { line, kind };
            if line > MAX_ENTRIES {
                return Err(fault(ManifestFault::TooMany));
            }
            let entry = entry.strip_suffix('\n').ok_or(fault(ManifestFault::Form))?;
            let (digest, path) = entry.split_once("  ").ok_or(fault(ManifestFault::Form))?;
            let digest = digest.parse().map_err(|_| fault(ManifestFault::Form))?;
            safe_path(path).map_err(|path| fault(ManifestFault::Path(path)))?;
            if files.last_key_value().is_some_and(|(before, _)| before.as_str() >= path) {
                return Err(fault(ManifestFault::Order));
            }
            files.insert(path.to_owned(), digest);
        }
        Ok(Self(files))
    }

    /// Paths and digests, sorted by the paths' bytes.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Digest)> {
        self.0.iter().map(|(path, digest)| (path.as_str(), digest))
    }

    /// The paths, sorted by their bytes.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it lists no file.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries().try_for_each(|(path, digest)| writeln!(f, "{digest}  {path}"))
    }
}

/// Where and why bytes are not a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct ManifestError {
    /// The line, counting from 1.
    pub line: usize,
    /// What is wrong with it.
    pub kind: ManifestFault,
}

/// What is wrong with a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// Bytes that are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Not `hex  path` and LF.
    #[error("not 64 lower-case hex digits, two spaces, a path and LF")]
    Form,
    /// An unsafe path.
    #[error("{0}")]
    Path(PathFault),
    /// Not behind the line before it.
    #[error("the path does not sort behind the one before it")]
    Order,
    /// More lines than a manifest may have.
    #[error("more than {MAX_ENTRIES} files")]
    TooMany,
}

/// Why a path is not safe on every file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// Empty, or longer than 1,024 bytes, or a component longer than 255 bytes.
    #[error("a path has 1 to 1024 bytes, its components at most 255")]
    Length,
    /// Absolute, or with an empty component, `.` or `..`.
    #[error("a path is relative, without empty components, . and ..")]
    Component,
    /// A character that some system gives a meaning, or that cannot be seen.
    #[error("a path has no control, invisible or replacement characters, no backslash and no colon")]
    Character,
    /// Not in normalisation form C.
    #[error("a path is in Unicode normalisation form C")]
    NotNfc,
    /// A name that Windows reserves, or one that ends in a dot or a space.
    #[error("a name that some system reserves")]
    Reserved,
}

/// Whether a path leads to the same place below a folder on every file system, and nowhere else.
pub fn safe_path(path: &str) -> Result<(), PathFault> {
    if path.is_empty() || path.len() > 1024 {
        return Err(PathFault::Length);
    }
    if path.chars().any(|c| matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{fffd}') || is_unseen(c)) {
        return Err(PathFault::Character);
    }
    if !is_nfc(path) {
        return Err(PathFault::NotNfc);
    }
    path.split('/').try_for_each(safe_component)
}

fn safe_component(name: &str) -> Result<(), PathFault> {
    const RESERVED: &[&str] = &["con", "prn", "aux", "nul"];
    if name.len() > 255 {
        return Err(PathFault::Length);
    }
    if matches!(name, "" | "." | "..") {
        return Err(PathFault::Component);
    }
    let stem = name.split('.').next().unwrap_or(name).to_lowercase();
    let port = (stem.starts_with("com") || stem.starts_with("lpt"))
        && stem.len() == 4
        && stem.ends_with(|c: char| c.is_ascii_digit());
    if port || RESERVED.contains(&stem.as_str()) || name.ends_with(['.', ' ']) {
        return Err(PathFault::Reserved);
    }
    Ok(())
}

fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Two paths with the same key are one file on some file system: it folds case and normalises.
pub fn twin_key(path: &str) -> String {
    path.nfc().flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths() {
        for good in ["data/claims.jsonl", "data/texts/қала.1.txt", "a b", ".hidden"] {
            assert_eq!(safe_path(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "/a",
            "a/",
            "a//b",
            ".",
            "../a",
            "a/../b",
            "a\\b",
            "c:a",
            "a\nb",
            "a\0b",
            "a\u{202e}b",
            "a\u{200b}",
            "e\u{301}",
            "CON",
            "aux.txt",
            "com1",
            "a.",
            "a ",
            &"x".repeat(256),
            &"x/".repeat(600),
        ] {
            assert!(safe_path(bad).is_err(), "{bad:?}");
        }
        assert_eq!(twin_key("Data/É"), twin_key("data/e\u{301}"));
    }

    #[test]
    fn manifests_have_one_form() {
        let digest = Digest::of(b"");
        let good = format!("{digest}  a\n{digest}  b/c\n");
        assert_eq!(Manifest::parse(good.as_bytes()).map(|m| m.to_string()), Ok(good.clone()));
        for (bad, line) in [
            (good.replace("  a", " a"), 1),
            (good.replace("  a", "  *a").replace('*', "\t"), 1),
            (good.trim_end().to_owned(), 2),
            (good.replace('\n', "\r\n"), 1),
            (format!("{digest}  b\n{digest}  a\n"), 2),
            (format!("{digest}  a\n{digest}  a\n"), 2),
            (good.to_uppercase(), 1),
            (format!("{digest}  a\n\n"), 2),
            (format!("{digest}  ../a\n"), 1),
        ] {
            assert_eq!(Manifest::parse(bad.as_bytes()).map_err(|error| error.line), Err(line), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_prints_back(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "([0-9a-f]{64}  [a-c/.]{1,5}\n){0,3}") {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                if let Ok(manifest) = Manifest::parse(bytes) {
                    let printed = manifest.to_string();
                    prop_assert_eq!(printed.as_bytes(), bytes);
                }
                if let Ok(info) = BagInfo::parse(bytes) {
                    let printed = info.to_string();
                    prop_assert_eq!(printed.as_bytes(), bytes);
                }
            }
        }
    }
}
