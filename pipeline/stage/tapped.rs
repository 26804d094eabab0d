//! A folder whose files are hashed as they are read, so that what was hashed is what was parsed.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use super::aside::AsideHasher;
use super::folder::{Entry, Folder};
use crate::error::Result;
use crate::model::digest::Digest;

/// The digest of each file that was read to its end, by its path in the outer folder.
type Digests = Arc<Mutex<BTreeMap<String, Digest>>>;

/// The part of a folder below a prefix.
pub struct Tapped<'a> {
    folder: &'a dyn Folder,
    prefix: &'a str,
    untapped: Option<&'a str>,
    digests: Digests,
}

impl<'a> Tapped<'a> {
    /// What lies in `folder` below `prefix`, which ends in a slash.
    pub fn new(folder: &'a dyn Folder, prefix: &'a str) -> Self {
        Self { folder, prefix, untapped: None, digests: Digests::default() }
    }

    /// The same, but for the files below `folder`, which ends in a slash: whoever reads them hashes them himself.
    pub fn but(self, folder: &'a str) -> Self {
        Self { untapped: Some(folder), ..self }
    }

    fn is_tapped(&self, path: &str) -> bool {
        self.untapped.is_none_or(|folder| !path.starts_with(folder))
    }

    /// The digest of a file, by its path in the outer folder, once it was read to its end.
    pub fn digest(&self, path: &str) -> Option<Digest> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).get(path).copied()
    }

    /// The digests of all files read to their end so far.
    pub fn into_digests(self) -> BTreeMap<String, Digest> {
        std::mem::take(&mut *self.digests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Folder for Tapped<'_> {
    fn entries(&self) -> Result<Vec<Entry>> {
        self.below("")
    }

    fn below(&self, folder: &str) -> Result<Vec<Entry>> {
        let below = |entry: Entry| Some(Entry { path: entry.path.strip_prefix(self.prefix)?.to_owned(), ..entry });
        Ok(self.folder.below(&format!("{}{folder}", self.prefix))?.into_iter().filter_map(below).collect())
    }

    fn has(&self, path: &str) -> Result<bool> {
        self.folder.has(&format!("{}{path}", self.prefix))
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        let is_tapped = self.is_tapped(path);
        let path = format!("{}{path}", self.prefix);
        let reader = self.folder.open(&path)?;
        if !is_tapped {
            return Ok(reader);
        }
        // What an earlier reading found says nothing of this one.
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).remove(&path);
        Ok(Box::new(Tap { reader, hasher: Some(AsideHasher::new()), path, digests: Arc::clone(&self.digests) }))
    }

    fn read_onto(&self, path: &str, max_bytes: u64, bytes: &mut Vec<u8>) -> Result<()> {
        if self.is_tapped(path) {
            return self.open_onto(path, max_bytes, bytes);
        }
        self.folder.read_onto(&format!("{}{path}", self.prefix), max_bytes, bytes)
    }

    fn display(&self, path: &str) -> String {
        self.folder.display(&format!("{}{path}", self.prefix))
    }
}

struct Tap {
    reader: Box<dyn Read + Send>,
    hasher: Option<AsideHasher>,
    path: String,
    digests: Digests,
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // What comes after the end was not hashed, so it is not given either.
        if self.hasher.is_none() {
            return Ok(0);
        }
        let read = self.reader.read(buffer)?;
        if read > 0 {
            if let Some(hasher) = &mut self.hasher {
                hasher.update(&buffer[..read]);
            }
        } else if !buffer.is_empty()
            && let Some(hasher) = self.hasher.take()
        {
            let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
            digests.insert(std::mem::take(&mut self.path), hasher.finish());
        }
        Ok(read)
    }
}
