//! Folders and scratch files in memory, for tests.

use std::collections::BTreeMap;
use std::io::{Cursor, ErrorKind, Read};

use super::folder::{Entry, EntryKind, Folder};
use super::sort::{Scratch, ScratchFile, Sortable, Sorted, Sorter};
use crate::error::{Error, Result};

/// Files by their paths.
pub(super) struct MemoryFolder(pub(super) BTreeMap<String, Vec<u8>>);

impl Folder for MemoryFolder {
    fn entries(&self) -> Result<Vec<Entry>> {
        let entry = |(path, bytes): (&String, &Vec<u8>)| {
            let kind = EntryKind::File(bytes.len() as u64);
            Entry { path: path.clone(), kind }
        };
        Ok(self.0.iter().map(entry).collect())
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        let missing = || Error::io(path)(ErrorKind::NotFound.into());
        Ok(Box::new(Cursor::new(self.0.get(path).cloned().ok_or_else(missing)?)))
    }

    fn display(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// What comes of things, more than there is room for, that are sorted in runs.
pub(super) fn sorted_on_disk<T: Sortable>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut sorter = Sorter::new(&MemoryScratch);
    items.into_iter().for_each(|item| sorter.push(item).expect("memory"));
    let sorted = sorter.finish().expect("memory");
    assert!(matches!(sorted, Sorted::Runs(_)), "there was room for all");
    sorted.collect::<Result<_>>().expect("memory")
}

/// Scratch files that are no files.
pub(super) struct MemoryScratch;

impl Scratch for MemoryScratch {
    fn scratch_file(&self) -> Result<Box<dyn ScratchFile>> {
        Ok(Box::new(Cursor::new(Vec::new())))
    }
}
