//! Files and folders.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

const BUFFER_BYTES: usize = 1 << 17;

/// Names the file that an error is about.
pub fn at(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Writes a whole file.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(path, bytes).map_err(at(path))
}

/// Makes a new folder; one that is there must be empty.
pub fn create(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path).map_err(at(path))?;
    if fs::read_dir(path).map_err(at(path))?.next().is_some() {
        return Err(at(path)(io::Error::new(io::ErrorKind::AlreadyExists, "the folder is not empty")));
    }
    Ok(())
}

/// Writes the same bytes to a second file.
pub fn copy(old: &Path, new: &Path) -> io::Result<()> {
    fs::copy(old, new).map(drop).map_err(at(new))
}

/// Puts the same bytes under a second name, without a second copy where the file system can do that.
pub fn link(old: &Path, new: &Path) -> io::Result<()> {
    fs::hard_link(old, new).or_else(|_| copy(old, new))
}

/// A file written from its beginning to its end.
pub struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Lines {
    /// A new, empty file.
    pub fn create(path: PathBuf) -> io::Result<Self> {
        let file = File::create(&path).map_err(at(&path))?;
        Ok(Self { file: BufWriter::with_capacity(BUFFER_BYTES, file), path })
    }

    /// Adds a line, given with its line feed.
    pub fn push(&mut self, line: &[u8]) -> io::Result<()> {
        self.file.write_all(line).map_err(at(&self.path))
    }

    /// Makes sure that everything is written.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush().map_err(at(&self.path))
    }
}
