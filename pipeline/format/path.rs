//! Paths of files in a release, which mean the same file on every system and look like what they are.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Longest path, in bytes.
pub const MAX_PATH_BYTES: usize = 1024;

/// Longest component of a path, in bytes.
pub const MAX_COMPONENT_BYTES: usize = 255;

/// Why a path is not safe on every system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// Empty, or longer than [`MAX_PATH_BYTES`], or a component longer than [`MAX_COMPONENT_BYTES`].
    #[error("a path has 1 to {MAX_PATH_BYTES} bytes, its components at most {MAX_COMPONENT_BYTES}")]
    Length,
    /// Absolute, or with an empty component, `.` or `..`.
    #[error("a path is relative, without empty components, `.` and `..`")]
    Component,
    /// A character that cannot be seen, or that some system or tool reads as more than itself.
    #[error("a path has no control or invisible character and none of \\ : * ? \" < > | % $")]
    Character,
    /// Not in normalisation form C.
    #[error("a path is in Unicode normalisation form C")]
    NotNfc,
    /// A component that Windows reserves or trims, or a leading `~` that means somebody's home.
    #[error("a component of the path is a name that some system reserves")]
    Reserved,
}

/// Checks that `path` leads to the same file below a folder on every system, and nowhere else.
///
/// Beyond what file systems ask, `%` would have to be percent-encoded in a manifest (RFC 8493 section 2.1.3), and
/// `bagit.py` refuses paths that a shell would expand (`~`, `$`).
///
/// # Errors
/// [`PathFault`].
pub fn safe_path(path: &str) -> Result<(), PathFault> {
    let mut components = path.split('/');
    if path.is_empty() || path.len() > MAX_PATH_BYTES || components.clone().any(|c| c.len() > MAX_COMPONENT_BYTES) {
        return Err(PathFault::Length);
    }
    if components.clone().any(|c| matches!(c, "" | "." | "..")) {
        return Err(PathFault::Component);
    }
    if path.chars().any(|c| is_unseen(c) || "\\:*?\"<>|%$".contains(c)) {
        return Err(PathFault::Character);
    }
    if !is_nfc(path) {
        return Err(PathFault::NotNfc);
    }
    if path.starts_with('~') || components.any(is_reserved) {
        return Err(PathFault::Reserved);
    }
    Ok(())
}

/// Device names with any extension, and ends that Windows trims ("Naming Files, Paths, and Namespaces").
fn is_reserved(component: &str) -> bool {
    let stem = component.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let is_port = |name: &str| {
        let number = stem.strip_prefix(name).unwrap_or_default();
        matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
    };
    component.starts_with(' ')
        || component.ends_with(['.', ' '])
        || matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || is_port("com")
        || is_port("lpt")
}

/// Whether a character leaves no mark, or marks only others: controls, formats, spaces but U+0020, bidi controls,
/// fillers, variation selectors, tags; and the replacement character, which stands for one that was lost.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}'
            | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// What `path` is on a file system that folds case and normalises: two paths with one key cannot both exist there.
///
/// Folds by way of lower and upper case, so that ẞ and ß and ss, ſ and s, ς and σ meet as well.
pub fn twin_key(path: &str) -> String {
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    let folded = path.nfd().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    folded.nfc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn safe_paths() {
        for good in ["data/claims.jsonl", "data/texts/қала-1.txt", "a b", ".hidden", "com", "console", "a~", "com10"]
        {
            assert_eq!(safe_path(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn unsafe_paths() {
        use PathFault::{Character, Component, Length, NotNfc, Reserved};
        let (component, path) = ("x".repeat(256), "x/".repeat(512) + "x");
        for (bad, fault) in [
            ("", Length),
            (&component, Length),
            (&path, Length),
            ("/a", Component),
            ("a/", Component),
            ("a//b", Component),
            (".", Component),
            ("a/./b", Component),
            ("../a", Component),
            ("a/..", Component),
            ("a\\b", Character),
            ("c:a", Character),
            ("a\nb", Character),
            ("a\0b", Character),
            ("a\u{7f}", Character),
            ("a\u{85}", Character),
            ("a\u{202e}b", Character),
            ("a\u{200b}b", Character),
            ("a\u{feff}", Character),
            ("a\u{a0}b", Character),
            ("a\u{2066}", Character),
            ("a\u{e0041}", Character),
            ("a\u{3164}", Character),
            ("a%20b", Character),
            ("$HOME/a", Character),
            ("a*", Character),
            ("a\u{fffd}", Character),
            ("e\u{301}", NotNfc),
            ("\u{212b}", NotNfc),
            ("CON", Reserved),
            ("a/aux.txt", Reserved),
            ("com1", Reserved),
            ("LPT9.x.y", Reserved),
            ("com¹", Reserved),
            ("nul .txt", Reserved),
            ("a.", Reserved),
            ("a ", Reserved),
            (" a", Reserved),
            ("~/a", Reserved),
            ("...", Reserved),
        ] {
            assert_eq!(safe_path(bad), Err(fault), "{bad:?}");
        }
    }

    #[test]
    fn twins() {
        for (one, other) in [
            ("Data/É", "data/e\u{301}"),
            ("straße", "STRASSE"),
            ("straße", "STRAẞE"),
            ("ΣΑΣ", "σας"),
            ("\u{212a}", "k"),
            ("ſ", "S"),
            ("ﬃ", "FFI"),
        ] {
            assert_eq!(twin_key(one), twin_key(other), "{one} {other}");
        }
        assert_ne!(twin_key("a/b"), twin_key("a/c"));
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_twin(path in ".{0,12}") {
            let key = twin_key(&path);
            prop_assert_eq!(twin_key(&key), key);
        }

        #[test]
        fn safe_paths_stay_below(path in "[a./ ~\\\\:é]{0,12}") {
            if safe_path(&path).is_ok() {
                let mut components = std::path::Path::new(&path).components();
                prop_assert!(components.all(|c| matches!(c, std::path::Component::Normal(_))));
            }
        }
    }
}
