//! A bag (RFC 8493) being written: every file of a release, hashed on its way, but for texts, whose digests were held
//! against their captures when they were read.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use super::aside::AsideHasher;
use super::chunk::{Chunked, Chunker};
use super::sort::Scratch;
use crate::error::{Error, Result};
use crate::format::bag::{self, BagInfo, Manifest};
use crate::format::{canonical, layout};
use crate::model::digest::Digest;
use crate::model::release_info::ReleaseInfo;

/// A folder being written, which nobody else sees yet.
pub trait NewFolder: Scratch + Sync {
    /// A new file; folders on the way are made.
    fn create(&self, path: &str) -> Result<Box<dyn Write + Send>>;

    /// A new file of these bytes.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<()>;

    /// How a person calls the file.
    fn display(&self, path: &str) -> String;
}

/// The bytes of a file, as they were written into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Their digest.
    pub digest: Digest,
    /// Their number.
    pub bytes: u64,
}

/// The labels of `bag-info.txt`, which follow from the release's own words and the payload's size.
pub fn bag_info(info: &ReleaseInfo, payload_bytes: u64, payload_files: u64) -> BagInfo {
    BagInfo::new([
        ("Bag-Software-Agent", "affiant".to_owned()),
        ("Bagging-Date", info.date.to_string()),
        ("External-Identifier", format!("{}-{}", info.dataset, info.version)),
        ("Payload-Oxum", format!("{payload_bytes}.{payload_files}")),
    ])
}

/// A bag (RFC 8493) being written, by several threads at a time.
pub(super) struct Bag<'a> {
    out: &'a dyn NewFolder,
    payload: Mutex<BTreeMap<String, Written>>,
}

impl<'a> Bag<'a> {
    /// An empty one.
    pub(super) fn new(out: &'a dyn NewFolder) -> Self {
        Self { out, payload: Mutex::default() }
    }

    /// A new file, written piece by piece.
    fn begin(&self, path: String) -> Result<NewFile<'_>> {
        let file = self.out.create(&path)?;
        Ok(NewFile { out: self.out, path, file, hasher: AsideHasher::new(), bytes: 0 })
    }

    fn file(&self, path: &str, bytes: &[u8]) -> Result<Written> {
        let mut file = self.begin(path.to_owned())?;
        file.write(bytes)?;
        file.finish()
    }

    /// Writes a file below `data/`, of bytes that were just held against their digest; it is still to be vouched for.
    pub(super) fn checked_bytes(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.out.write(&below_data(path), bytes)
    }

    /// Takes note of what stands in a file below `data/`.
    pub(super) fn vouch(&self, path: &str, written: Written) {
        self.payload.lock().unwrap_or_else(PoisonError::into_inner).insert(below_data(path), written);
    }

    /// Writes a file below `data/`, of these pieces.
    pub(super) fn payload<'b>(&self, path: &str, pieces: impl IntoIterator<Item = &'b [u8]>) -> Result<Digest> {
        let mut file = self.begin(below_data(path))?;
        pieces.into_iter().try_for_each(|piece| file.write(piece))?;
        let written = file.finish()?;
        self.vouch(path, written);
        Ok(written.digest)
    }

    /// Writes a file below `data/`, of these lines, each with an LF.
    pub(super) fn lines(&self, path: &str, mut lines: impl Iterator<Item = Result<impl AsRef<[u8]>>>) -> Result<()> {
        let mut file = self.begin(below_data(path))?;
        lines.try_for_each(|line| file.line(line?.as_ref()))?;
        self.vouch(path, file.finish()?);
        Ok(())
    }

    /// A new file below `data/` whose lines will come in the order of their ids.
    pub(super) fn sorted(&self, path: &'static str) -> Result<SortedFile<'_>> {
        Ok(SortedFile { bag: self, path, file: self.begin(below_data(path))?, chunker: Chunker::default() })
    }

    /// The tag manifest, and the payload as it was written.
    pub(super) fn finish(self, info: &ReleaseInfo) -> Result<(Vec<u8>, BTreeMap<String, Written>)> {
        let written = std::mem::take(&mut *self.payload.lock().unwrap_or_else(PoisonError::into_inner));
        let payload = Manifest::new(written.iter().map(|(path, file)| (path.as_str(), file.digest)));
        let bytes = written.values().map(|file| file.bytes).sum();
        let mut json = canonical::ordered_to_vec(info);
        json.push(b'\n');
        let info = bag_info(info, bytes, payload.len() as u64).to_string();
        let mut tags = BTreeMap::new();
        for (path, bytes) in [
            (layout::BAG_DECLARATION, bag::DECLARATION.as_bytes()),
            (layout::BAG_INFO, info.as_bytes()),
            (layout::MANIFEST, payload.to_string().as_bytes()),
            (layout::RELEASE_INFO, &json),
        ] {
            tags.insert(path.to_owned(), self.file(path, bytes)?.digest);
        }
        let tag_manifest = Manifest::new(tags).to_string().into_bytes();
        self.file(layout::TAG_MANIFEST, &tag_manifest)?;
        Ok((tag_manifest, written))
    }
}

/// A path in the payload, as a path in the release.
fn below_data(path: &str) -> String {
    format!("{}{path}", layout::PAYLOAD)
}

/// A file being written, whose bytes are hashed on their way.
struct NewFile<'a> {
    out: &'a dyn NewFolder,
    path: String,
    file: Box<dyn Write + Send>,
    hasher: AsideHasher,
    bytes: u64,
}

impl NewFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| Error::io(self.out.display(&self.path))(error))?;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<()> {
        self.write(line)?;
        self.write(b"\n")
    }

    /// What stands in it.
    fn finish(mut self) -> Result<Written> {
        self.file.flush().map_err(|error| Error::io(self.out.display(&self.path))(error))?;
        Ok(Written { digest: self.hasher.finish(), bytes: self.bytes })
    }
}

/// A file being written line by line, in the order of the lines' ids.
pub(super) struct SortedFile<'a> {
    bag: &'a Bag<'a>,
    path: &'static str,
    file: NewFile<'a>,
    chunker: Chunker,
}

impl SortedFile<'_> {
    /// Takes a line by its id and its leaf hash.
    pub(super) fn push(&mut self, id: impl Into<Box<str>>, leaf: Digest, line: &[u8]) -> Result<()> {
        self.chunker.push(id, leaf, line.len());
        self.file.line(line)
    }

    /// All lines.
    pub(super) fn finish(self) -> Result<Chunked> {
        self.bag.vouch(self.path, self.file.finish()?);
        Ok(self.chunker.finish())
    }
}
