//! Whole lines of a file of a release, read from where they lie.

use super::unfit;
use super::window::lines;
use crate::error::{Error, Result};
use crate::format::layout;
use crate::format::merkle::{self, CompactRange};
use crate::model::digest::Digest;
use crate::stage::folder::{Folder, ReadAt};

/// Where whole lines lie in a file, in bytes, and the root of the tree over them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) at: u64,
    pub(super) bytes: u64,
    pub(super) root: Digest,
}

impl Stretch {
    /// The byte behind it.
    fn end(&self) -> u64 {
        self.at + self.bytes
    }
}

/// A file of which some stretches are read, on any thread.
pub(super) struct StretchedFile {
    file: Box<dyn ReadAt>,
    place: String,
    is_proven: bool,
}

impl StretchedFile {
    /// A file of the payload in `folder`; `None` where it can only be read from its beginning. If it `is_proven`, every
    /// stretch is held against its root.
    pub(super) fn open(folder: &dyn Folder, path: &str, is_proven: bool) -> Result<Option<Self>> {
        let path = format!("{}{path}", layout::PAYLOAD);
        let file = folder.open_at(&path)?;
        Ok(file.map(|file| Self { file, place: folder.display(&path), is_proven }))
    }

    /// Whether its last line ends behind so many bytes.
    pub(super) fn ends_at(&self, bytes: u64) -> Result<bool> {
        let Some(last) = bytes.checked_sub(1) else { return Ok(self.file.size() == 0) };
        let mut end = Vec::new();
        if self.file.size() == bytes {
            self.file.read_at(last, 1, &mut end).map_err(Error::io(&*self.place))?;
        }
        Ok(end == b"\n")
    }

    /// The lines of some stretches in their order.
    pub(super) fn read(&self, stretches: &[Stretch]) -> Result<Vec<u8>> {
        let bytes = |stretches: &[Stretch]| stretches.iter().map(|stretch| stretch.bytes as usize).sum();
        let mut found = Vec::with_capacity(bytes(stretches));
        for run in stretches.chunk_by(|one, next| one.end() == next.at) {
            self.file.read_at(run[0].at, bytes(run), &mut found).map_err(Error::io(&*self.place))?;
        }
        let mut rest = found.as_slice();
        for stretch in stretches {
            let (whole, behind) = rest.split_at(stretch.bytes as usize);
            if whole.last() != Some(&b'\n') || (self.is_proven && root(whole) != stretch.root) {
                return Err(self.changed());
            }
            rest = behind;
        }
        Ok(found)
    }

    /// That it is another file than the one whose chunks are listed.
    pub(super) fn changed(&self) -> Error {
        unfit(&format!("{} is not what chunks.jsonl says of it", self.place))
    }
}

/// The root of the tree over some whole lines.
fn root(bytes: &[u8]) -> Digest {
    merkle::leaf_hashes(&lines(bytes).collect::<Vec<_>>()).into_iter().collect::<CompactRange>().root()
}
