//! The only door to the file system: bounded reads, folders that appear by one rename or not at all, locks.

#![expect(clippy::disallowed_methods, reason = "this is the door through which the file system is reached")]

pub mod agent;
pub mod archive;
pub mod git;
mod new_file;
mod new_folder;
mod plain_file;
pub mod secret;
pub mod sqlite;
mod whole;

use std::fs::{self, DirEntry, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::error::{Error, Result};
#[cfg(unix)]
use crate::stage::folder::ReadAt;
use crate::stage::folder::{Entry, EntryKind, Folder};
use crate::stage::sort::{Scratch, ScratchFile};
pub use archive::{ReleaseFolder, open_release};
pub use new_folder::{Lock, NewDiskFolder, exchange_files, remove_drafts};
use plain_file::PlainFile;
pub use whole::{place, replace};

/// A folder on disk.
#[derive(Clone, Debug)]
pub struct DiskFolder {
    root: PathBuf,
}

impl DiskFolder {
    /// Opens an existing folder.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        let metadata = fs::metadata(&root).map_err(Error::io(root.display().to_string()))?;
        if metadata.is_dir() {
            Ok(Self { root })
        } else {
            Err(Error::Usage(format!("{} is not a folder", root.display())))
        }
    }

    /// The folder's own name, even where it was given as `.` or `..`.
    pub fn name(&self) -> Result<String> {
        name_of(&self.root)
    }

    /// The path of a file in it.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Whether a path, which need not exist yet, leads into the folder.
    pub fn holds(&self, path: &Path) -> bool {
        let real = |path: &Path| fs::canonicalize(if path == Path::new("") { Path::new(".") } else { path }).ok();
        let above = path.ancestors().skip(1).find_map(real);
        above.zip(real(&self.root)).is_some_and(|(above, root)| above.starts_with(root))
    }

    fn walk(&self, below: &str, entries: &mut Vec<Entry>) -> Result<()> {
        let items = fs::read_dir(self.path(below)).and_then(Iterator::collect::<io::Result<Vec<DirEntry>>>);
        let items = items.map_err(|error| self.fault(below, error))?;
        let found = items.into_par_iter().with_min_len(ASKED_AT_ONCE).map(|item| self.entry(below, &item));
        let found: Vec<Entry> = found.collect::<Result<_>>()?;
        let folders = found.iter().filter(|entry| entry.kind == EntryKind::Folder);
        let folders: Vec<String> = folders.map(|folder| folder.path.clone()).collect();
        entries.extend(found);
        folders.iter().try_for_each(|folder| self.walk(folder, entries))
    }

    fn entry(&self, below: &str, item: &DirEntry) -> Result<Entry> {
        let name = item.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        let metadata = item.metadata().map_err(|error| self.fault(&path, error))?;
        let kind = match metadata.file_type() {
            kind if kind.is_dir() => EntryKind::Folder,
            kind if kind.is_file() => EntryKind::File(metadata.len()),
            _ => EntryKind::Other,
        };
        Ok(Entry { path, kind })
    }
}

/// Of a folder with fewer files than this no other thread hears.
const ASKED_AT_ONCE: usize = 1 << 9;

impl Folder for DiskFolder {
    fn entries(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        self.walk("", &mut entries)?;
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    fn below(&self, folder: &str) -> Result<Vec<Entry>> {
        let folder = folder.trim_end_matches('/');
        if !fs::symlink_metadata(self.path(folder)).is_ok_and(|metadata| metadata.is_dir()) {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        self.walk(folder, &mut entries)?;
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    fn has(&self, path: &str) -> Result<bool> {
        Ok(exists(&self.path(path)))
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        Ok(Box::new(PlainFile::open(&self.path(path))?.file))
    }

    #[cfg(unix)]
    fn open_at(&self, path: &str) -> Result<Option<Box<dyn ReadAt>>> {
        Ok(Some(Box::new(PlainFile::open(&self.path(path))?)))
    }

    fn read_onto(&self, path: &str, max_bytes: u64, bytes: &mut Vec<u8>) -> Result<()> {
        let file = PlainFile::open(&self.path(path))?;
        let read = file.read_whole(max_bytes, bytes).map_err(|error| self.fault(path, error))?;
        if read > max_bytes { Err(self.too_large(path, max_bytes)) } else { Ok(()) }
    }

    fn display(&self, path: &str) -> String {
        self.path(path).display().to_string()
    }
}

fn fault(path: &Path) -> impl FnOnce(io::Error) -> Error {
    |error| Error::io(path.display().to_string())(error)
}

/// The last component of a path, even where it was given as `.` or `..`.
pub fn name_of(path: &Path) -> Result<String> {
    let whole = if exists(path) {
        fs::canonicalize(path).map_err(Error::io(path.display().to_string()))?
    } else {
        path.to_owned()
    };
    Ok(whole.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()))
}

/// Opens a file; `-` is standard input, links are followed.
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(File::open(path).map_err(Error::io(path.display().to_string()))?))
}

/// Whole content of a file of at most `max_bytes`; `-` is standard input, links are followed.
pub fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>> {
    let place = path.display().to_string();
    let mut bytes = Vec::new();
    open(path)?.take(max_bytes + 1).read_to_end(&mut bytes).map_err(Error::io(&place))?;
    if bytes.len() as u64 > max_bytes {
        return Err(Error::Usage(format!("{place} is larger than {max_bytes} bytes")));
    }
    Ok(bytes)
}

/// The first bytes of a file, as many as there are up to `bytes`; `None` for a folder.
pub fn first_bytes(path: &Path, bytes: usize) -> Result<Option<Vec<u8>>> {
    let place = path.display().to_string();
    if fs::metadata(path).map_err(Error::io(&place))?.is_dir() {
        return Ok(None);
    }
    let mut start = Vec::new();
    open(path)?.take(bytes as u64).read_to_end(&mut start).map_err(Error::io(place))?;
    Ok(Some(start))
}

/// The same for a file that may not be there.
pub fn read_if_there(path: &Path, max_bytes: u64) -> Result<Option<Vec<u8>>> {
    if exists(path) { read(path, max_bytes).map(Some) } else { Ok(None) }
}

/// What stands under a name beside a file or folder, even where that was given as `.` or `..`.
pub fn beside(path: &Path, name: &str) -> PathBuf {
    let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    parent(&whole).join(name)
}

/// Whether something stands at the path.
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether a file stands at the path, perhaps through a link.
pub fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// Whether a folder holds nothing.
pub fn is_empty_folder(path: &Path) -> Result<bool> {
    let place = path.display().to_string();
    Ok(fs::read_dir(path).map_err(Error::io(place))?.next().is_none())
}

/// The names of the folders directly below a folder, sorted; none if it does not exist.
pub fn folders_in(path: &Path) -> Result<Vec<String>> {
    let place = path.display().to_string();
    let items = match fs::read_dir(path) {
        Ok(items) => items,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(place)(error)),
    };
    let mut names = Vec::new();
    for item in items {
        let item = item.map_err(Error::io(&place))?;
        if item.file_type().map_err(Error::io(&place))?.is_dir() {
            names.push(item.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Writes a file that must not exist yet; folders on the way are made.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let place = path.display().to_string();
    make_parent(path)?;
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Error::Usage(format!("{place} exists and is not overwritten")));
        }
        opened => opened.map_err(Error::io(&place))?,
    };
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io(place))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn make_parent(path: &Path) -> Result<()> {
    let parent = parent(path);
    fs::create_dir_all(parent).map_err(Error::io(parent.display().to_string()))
}

fn sync_folder(path: &Path) -> Result<()> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(Error::io(path.display().to_string()))
}

/// Scratch files in the system's folder for them, for work that writes nothing else.
pub struct Scratchpad;

impl Scratch for Scratchpad {
    fn scratch_file(&self) -> Result<Box<dyn ScratchFile>> {
        Ok(Box::new(tempfile::tempfile().map_err(Error::io("a temporary file"))?))
    }
}
