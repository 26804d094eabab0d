//! A folder as a revision has it.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};

use super::listing::{self, Listed};
use super::{Git, Printed};
use crate::error::{Error, Result};
use crate::stage::folder::{Entry, EntryKind, Folder};

/// Longest listing of a tree, in bytes.
const MAX_LISTING_BYTES: u64 = 256 << 20;

/// What stands for the current folder's place, in git's own spelling.
const HERE: &str = "./";

/// A folder at a revision: the exact bytes of its blobs.
pub struct GitFolder {
    git: Git,
    place: String,
    commit: Option<String>,
    entries: Vec<Entry>,
    /// The objects of plain files by path; none where git lists a path twice.
    files: BTreeMap<String, Option<String>>,
}

/// A folder at a revision, as it is typed.
struct Operand<'a> {
    revision: &'a str,
    path: Option<&'a str>,
}

impl<'a> Operand<'a> {
    /// `REVISION` or `REVISION:PATH`. As git has it, a colon within braces belongs to the revision: `HEAD^{/fix: typo}`.
    fn of(typed: &'a str) -> Self {
        let mut depth = 0_usize;
        let colon = typed.char_indices().find(|(_, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            *c == ':' && depth == 0
        });
        match colon {
            // A commit is sought by its message.
            Some((0, _)) if typed.starts_with(":/") => Self { revision: typed, path: None },
            Some((at, _)) => Self { revision: &typed[..at], path: Some(&typed[at + 1..]) },
            None => Self { revision: typed, path: None },
        }
    }
}

impl GitFolder {
    /// Opens `REVISION:FOLDER`, or at `REVISION` the current folder; without a revision, `:FOLDER` as it is staged.
    /// What went wrong is said so that "there is no such file" may stand before it.
    pub fn open(typed: &str) -> Result<Self> {
        let git = Git::here();
        let Operand { revision, path } = Operand::of(typed);
        if let Err(complaint) = git.ask(&["rev-parse", "--git-dir"])? {
            return Err(Error::Usage(complaint));
        }
        let is_staged = revision.is_empty();
        let object = if is_staged { Some(git.staged()?) } else { git.object(revision)? };
        let object = object.ok_or_else(|| Error::Usage(format!("git knows no revision {revision}")))?;
        let commit = if is_staged { None } else { git.object(&format!("{object}^{{commit}}"))? };
        let there = format!("{object}:{}", path.unwrap_or(HERE));
        let found = git.object(&there)?.ok_or_else(|| Error::Usage(format!("git finds nothing at {typed}")))?;
        let tree = git.object(&format!("{found}^{{tree}}"))?;
        let tree = tree.ok_or_else(|| Error::Usage(format!("{typed} is a file there, not a folder")))?;
        let place = match path {
            Some(_) => typed.trim_end_matches('/').to_owned(),
            None => format!("{revision}:{}", git.prefix()?.trim_end_matches('/')),
        };
        Self { git, place, commit, entries: Vec::new(), files: BTreeMap::new() }.list(&tree)
    }

    fn list(mut self, tree: &str) -> Result<Self> {
        let mut listing = Vec::new();
        let arguments = ["ls-tree", "-r", "-t", "-l", "-z", "--full-tree", tree];
        let read = self.git.stream(&arguments)?.take(MAX_LISTING_BYTES + 1).read_to_end(&mut listing);
        let is_whole = read.is_ok_and(|bytes| bytes as u64 <= MAX_LISTING_BYTES);
        let listed = if is_whole { listing::parse(&listing) } else { None };
        let not_whole = || Error::Refused(format!("git does not list {} whole (a partial clone?)", self.place));
        for Listed { entry, object, is_named } in listed.ok_or_else(not_whole)? {
            if is_named && matches!(entry.kind, EntryKind::File(_)) {
                self.files.entry(entry.path.clone()).and_modify(|object| *object = None).or_insert(Some(object));
            }
            self.entries.push(entry);
        }
        self.entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(self)
    }

    /// The commit that was named, if it was one.
    pub fn commit(&self) -> Option<&str> {
        self.commit.as_deref()
    }

    /// The folder's own name.
    pub fn name(&self) -> &str {
        self.place.rsplit([':', '/']).next().unwrap_or_default()
    }
}

impl Folder for GitFolder {
    fn entries(&self) -> Result<Vec<Entry>> {
        Ok(self.entries.clone())
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        let error = |kind| Error::io(self.display(path))(kind);
        let twice = || error(std::io::Error::other("git lists it twice"));
        let object = self.files.get(path).ok_or_else(|| error(ErrorKind::NotFound.into()))?;
        let object = object.as_deref().ok_or_else(twice)?;
        let printed: Printed = self.git.stream(&["cat-file", "blob", object])?;
        Ok(Box::new(printed))
    }

    fn display(&self, path: &str) -> String {
        match (path, self.place.strip_suffix(':')) {
            ("", Some(revision)) if !revision.is_empty() => revision.to_owned(),
            ("", _) => self.place.clone(),
            (path, Some(_)) => format!("{}{path}", self.place),
            (path, None) => format!("{}/{path}", self.place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_parts_revision_and_folder() {
        let parted = |typed| {
            let Operand { revision, path } = Operand::of(typed);
            (revision, path)
        };
        assert_eq!(parted("HEAD~1"), ("HEAD~1", None));
        assert_eq!(parted("HEAD:seeds"), ("HEAD", Some("seeds")));
        assert_eq!(parted("HEAD:"), ("HEAD", Some("")));
        assert_eq!(parted(":seeds"), ("", Some("seeds")));
        assert_eq!(parted(":"), ("", Some("")));
        assert_eq!(parted("HEAD^{/fix: typo}:a:b"), ("HEAD^{/fix: typo}", Some("a:b")));
        assert_eq!(parted("main@{12:00}"), ("main@{12:00}", None));
        assert_eq!(parted(":/fix: typo"), (":/fix: typo", None));
        assert_eq!(parted("}:x"), ("}", Some("x")));
    }
}
