//! A bag (RFC 8493) being written: every file of a release, hashed on its way.

use std::collections::BTreeMap;
use std::io::{self, Write};
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

    fn file(&self, path: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Written> {
        let file = self.out.create(path)?;
        let mut hashed = Hashed { file, hasher: AsideHasher::new(), bytes: 0 };
        let written = write(&mut hashed).and_then(|()| hashed.flush());
        written.map_err(Error::io(self.out.display(path)))?;
        Ok(Written { digest: hashed.hasher.finish(), bytes: hashed.bytes })
    }

    /// A file below `data/`.
    pub(super) fn payload(&self, path: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Written> {
        let path = format!("{}{path}", layout::PAYLOAD);
        let written = self.file(&path, write)?;
        self.payload.lock().unwrap_or_else(PoisonError::into_inner).insert(path, written);
        Ok(written)
    }

    /// Writes lines, each with its id and its leaf hash.
    pub(super) fn sorted(
        &self,
        path: &str,
        lines: impl Iterator<Item = Result<(impl Into<Box<str>>, Digest, impl AsRef<[u8]>)>>,
    ) -> Result<Chunked> {
        let mut chunker = Chunker::default();
        let lines = lines.map(|line| {
            let (id, leaf, line) = line?;
            chunker.push(id, leaf, line.as_ref().len());
            Ok(line)
        });
        self.lines(path, lines)?;
        Ok(chunker.finish())
    }

    /// Writes lines, each with an LF.
    pub(super) fn lines(&self, path: &str, lines: impl Iterator<Item = Result<impl AsRef<[u8]>>>) -> Result<()> {
        let mut broken = Ok(());
        self.payload(path, |file| {
            for line in lines {
                match line {
                    Ok(canonical) => {
                        file.write_all(canonical.as_ref())?;
                        file.write_all(b"\n")?;
                    }
                    Err(error) => {
                        broken = Err(error);
                        break;
                    }
                }
            }
            Ok(())
        })?;
        broken
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
            tags.insert(path.to_owned(), self.file(path, |file| file.write_all(bytes))?.digest);
        }
        let tag_manifest = Manifest::new(tags).to_string().into_bytes();
        self.file(layout::TAG_MANIFEST, |file| file.write_all(&tag_manifest))?;
        Ok((tag_manifest, written))
    }
}

/// A file whose bytes are hashed on their way.
struct Hashed {
    file: Box<dyn Write + Send>,
    hasher: AsideHasher,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
