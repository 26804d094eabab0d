//! What a stage may ask of a folder: the file system (or an archive) stays behind this door.

use std::io::{self, Read};

use crate::error::{Error, Result};
use crate::model::kind::RecordKind;

/// A folder tree to read.
pub trait Folder: Sync {
    /// Everything below the folder, recursively, sorted by path. What an archive lists twice stands here twice.
    fn entries(&self) -> Result<Vec<Entry>>;

    /// Opens a plain file by its path relative to the folder; links are not followed.
    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>>;

    /// The same, to be read from anywhere; `None` where a file can only be read from its beginning.
    fn open_at(&self, _path: &str) -> Result<Option<Box<dyn ReadAt>>> {
        Ok(None)
    }

    /// The entries below one of its folders, named with its slash; none if there is no such folder.
    fn below(&self, folder: &str) -> Result<Vec<Entry>> {
        Ok(self.entries()?.into_iter().filter(|entry| entry.path.starts_with(folder)).collect())
    }

    /// Whether something stands at a path.
    fn has(&self, path: &str) -> Result<bool> {
        Ok(self.entries()?.iter().any(|entry| entry.path == path))
    }

    /// How a person calls the file: the folder's own name and the path.
    fn display(&self, path: &str) -> String;

    /// Whole content of a file of at most `max_bytes`.
    fn read(&self, path: &str, max_bytes: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_onto(path, max_bytes, &mut bytes)?;
        Ok(bytes)
    }

    /// The same, put behind the bytes that are there already.
    fn read_onto(&self, path: &str, max_bytes: u64, bytes: &mut Vec<u8>) -> Result<()> {
        self.open_onto(path, max_bytes, bytes)
    }

    /// The same by way of `open`: for folders that have a shorter way to some of their files.
    fn open_onto(&self, path: &str, max_bytes: u64, bytes: &mut Vec<u8>) -> Result<()> {
        let read = self.open(path)?.take(max_bytes + 1).read_to_end(bytes).map_err(|error| self.fault(path, error))?;
        if read as u64 > max_bytes { Err(self.too_large(path, max_bytes)) } else { Ok(()) }
    }

    /// That a file cannot be read.
    fn fault(&self, path: &str, error: io::Error) -> Error {
        Error::io(self.display(path))(error)
    }

    /// That a file has more bytes than it may have.
    fn too_large(&self, path: &str, max_bytes: u64) -> Error {
        let too_large = format!("larger than the {max_bytes} bytes such a file may have");
        self.fault(path, io::Error::other(too_large))
    }
}

/// A plain file that all threads may read at once, each from where it likes.
pub trait ReadAt: Send + Sync {
    /// How many bytes it had when it was opened.
    fn size(&self) -> u64;

    /// Puts so many of its bytes, from one on (counting from 0), behind those that are there already.
    fn read_at(&self, begin: u64, count: usize, bytes: &mut Vec<u8>) -> io::Result<()>;
}

/// One thing in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path relative to the folder, `/` between components; bytes that are not UTF-8 are replaced by U+FFFD.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A plain file of this many bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A symbolic link, device, socket or pipe; in an archive also what is locked or sparse.
    Other,
}

impl EntryKind {
    /// How many bytes a file has; nothing else has any.
    pub fn bytes(self) -> u64 {
        match self {
            EntryKind::File(bytes) => bytes,
            EntryKind::Folder | EntryKind::Other => 0,
        }
    }
}

/// The files of a dataset folder that hold records of one kind, in order: `claims.jsonl`, then `claims/*.jsonl`.
pub fn record_files(entries: &[Entry], kind: RecordKind) -> Vec<String> {
    let folder = kind.file().replace(".jsonl", "/");
    let holds = |path: &str| {
        let below = path.strip_prefix(&folder).is_some_and(|rest| !rest.contains('/') && rest.ends_with(".jsonl"));
        path == kind.file() || (kind == RecordKind::Claim && below)
    };
    let files = entries.iter().filter(|entry| matches!(entry.kind, EntryKind::File(_)) && holds(&entry.path));
    files.map(|entry| entry.path.clone()).collect()
}

/// Takes the word how far a long piece of work has come.
pub trait Progress: Sync {
    /// A new piece of work begins: so many bytes, or so many things.
    fn begin(&self, what: &str, total: u64);

    /// So many of them more are done.
    fn advance(&self, amount: u64);
}

/// Progress that nobody watches.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: u64) {}

    fn advance(&self, _: u64) {}
}
