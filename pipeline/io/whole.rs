//! Files that come, or change, by one step: whoever looks sees all of a file or what was there before.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::{make_parent, parent, sync_folder};
use crate::error::{Error, Result};

/// Writes a file that must not exist yet: whoever looks sees all of it or nothing.
pub fn place(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = drafted(path, bytes)?;
    file.persist_noclobber(path).map_err(|error| Error::io(path.display().to_string())(error.error))?;
    sync_folder(parent(path))
}

/// Bytes on disk that are to stand at `path`.
fn drafted(path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile> {
    let place = path.display().to_string();
    make_parent(path)?;
    let mut file = tempfile::NamedTempFile::new_in(parent(path)).map_err(Error::io(&place))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(Error::io(place))?;
    Ok(file)
}

/// Puts new content in the place of a file by one rename: readers see the old bytes or the new ones.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let place = path.display().to_string();
    let file = drafted(path, bytes)?;
    if let Ok(metadata) = fs::metadata(path) {
        file.as_file().set_permissions(metadata.permissions()).map_err(Error::io(&place))?;
    }
    file.persist(path).map_err(|error| Error::io(&place)(error.error))?;
    sync_folder(parent(path))
}
