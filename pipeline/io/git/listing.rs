//! What `git ls-tree -r -t -l -z` prints: `<mode> <type> <id> <size>`, a tab, the path and a NUL for each entry.

use crate::stage::folder::{Entry, EntryKind};

/// One entry of a tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// What a folder says of it.
    pub(super) entry: Entry,
    /// The id of its object.
    pub(super) object: String,
    /// Whether its name is UTF-8; one that is not cannot be asked for.
    pub(super) is_named: bool,
}

/// All entries of a listing; `None` if it is not one, or git lacks the bytes of a file and cannot tell their number.
pub(super) fn parse(listing: &[u8]) -> Option<Vec<Listed>> {
    let lines = listing.strip_suffix(b"\0").map(|listing| listing.split(|&byte| byte == 0));
    match lines {
        Some(lines) => lines.map(one).collect(),
        None => listing.is_empty().then(Vec::new),
    }
}

fn one(line: &[u8]) -> Option<Listed> {
    let tab = line.iter().position(|&byte| byte == b'\t')?;
    let (facts, name) = (std::str::from_utf8(&line[..tab]).ok()?, &line[tab + 1..]);
    let mut facts = facts.split_ascii_whitespace();
    let (mode, _, object, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let kind = match mode {
        "040000" => EntryKind::Folder,
        // Links, submodules and whatever else there may be.
        mode if !mode.starts_with("100") => EntryKind::Other,
        _ => EntryKind::File(size.parse().ok()?),
    };
    let entry = Entry { path: String::from_utf8_lossy(name).into_owned(), kind };
    let is_named = std::str::from_utf8(name).is_ok();
    (facts.next().is_none() && !name.is_empty()).then(|| Listed { entry, object: object.to_owned(), is_named })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn listed(path: &str, kind: EntryKind) -> Listed {
        Listed { entry: Entry { path: path.to_owned(), kind }, object: "0a".to_owned(), is_named: true }
    }

    #[test]
    fn every_kind_of_entry() {
        let lines = [
            "040000 tree 0a       -\tclaims",
            "100644 blob 0a      12\tclaims/a\tb.jsonl",
            "100755 blob 0a 1234567890\trun",
            "120000 blob 0a       3\tlink",
            "160000 commit 0a       -\tmodule",
        ];
        let listing = lines.map(|line| format!("{line}\0")).concat();
        let expected = [
            listed("claims", EntryKind::Folder),
            listed("claims/a\tb.jsonl", EntryKind::File(12)),
            listed("run", EntryKind::File(1_234_567_890)),
            listed("link", EntryKind::Other),
            listed("module", EntryKind::Other),
        ];
        assert_eq!(parse(listing.as_bytes()), Some(Vec::from(expected)));
        assert_eq!(parse(b""), Some(vec![]));
    }

    #[test]
    fn a_name_that_is_not_utf8_is_listed_and_not_named() {
        let found = parse(b"100644 blob 0a       1\ta\xffb\0").expect("a listing");
        assert_eq!((found[0].entry.path.as_str(), found[0].is_named), ("a\u{fffd}b", false));
    }

    #[test]
    fn what_is_no_listing() {
        for listing in [
            &b"100644 blob 0a       1\ta"[..],
            b"100644 blob 0a     BAD\ta\0",
            b"100644 blob 0a\ta\0",
            b"100644 blob 0a 1 2\ta\0",
            b"100644 blob 0a 1\t\0",
            b"100644 blob 0a 1 a\0",
            b"\0",
        ] {
            assert_eq!(parse(listing), None, "{}", String::from_utf8_lossy(listing));
        }
    }

    proptest! {
        #[test]
        fn never_panics(listing: Vec<u8>) {
            _ = parse(&listing);
        }
    }
}
