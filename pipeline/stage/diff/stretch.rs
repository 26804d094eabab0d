//! The lines of some chunks of a file, each held against its root as it is read.

use std::io::{self, Cursor, Read};
use std::vec;

use super::part::Stretch;
use super::unfit;
use super::window::lines;
use crate::error::{Error, Result};
use crate::format::merkle::{self, CompactRange};
use crate::stage::folder::Folder;

/// Reads one chunk after the other, as if nothing lay between them.
pub(super) struct Stretches<'a> {
    folder: &'a dyn Folder,
    path: String,
    next: vec::IntoIter<Stretch>,
    at_hand: Cursor<Vec<u8>>,
}

impl<'a> Stretches<'a> {
    /// Those of a file in `folder`.
    pub(super) fn new(folder: &'a dyn Folder, path: String, stretches: Vec<Stretch>) -> Self {
        Self { folder, path, next: stretches.into_iter(), at_hand: Cursor::default() }
    }

    fn read_on(&mut self, Stretch { at, bytes, root }: Stretch) -> Result<()> {
        let changed = || unfit(&format!("{} is not what chunks.jsonl says of it", self.folder.display(&self.path)));
        let file = self.folder.open_at(&self.path, at)?.ok_or_else(changed)?;
        let mut found = Vec::new();
        file.take(bytes).read_to_end(&mut found).map_err(|error| self.folder.fault(&self.path, error))?;
        let leaves = merkle::leaf_hashes(&lines(&found).collect::<Vec<_>>());
        if found.last() != Some(&b'\n') || leaves.into_iter().collect::<CompactRange>().root() != root {
            return Err(changed());
        }
        self.at_hand = Cursor::new(found);
        Ok(())
    }
}

impl Read for Stretches<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.at_hand.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(next) = self.next.next() else { return Ok(0) };
            self.read_on(next).map_err(io::Error::other::<Error>)?;
        }
    }
}
