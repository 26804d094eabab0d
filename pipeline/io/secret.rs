//! Files that hold secrets: read into memory that is wiped, written for their owner's eyes alone.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use super::{make_parent, open, parent, sync_folder};
use crate::error::{Error, Result};

/// Whole content of a file of at most `max_bytes`; `-` is standard input, links are followed.
pub fn read(path: &Path, max_bytes: usize) -> Result<Zeroizing<Vec<u8>>> {
    let place = path.display().to_string();
    // As large as it may ever become: a vector that grows leaves its old bytes behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(max_bytes + 1));
    open(path)?.take(max_bytes as u64 + 1).read_to_end(&mut bytes).map_err(Error::io(&place))?;
    if bytes.len() > max_bytes {
        return Err(Error::Usage(format!("{place} is larger than {max_bytes} bytes")));
    }
    Ok(bytes)
}

/// Writes a file that must not exist yet and that its owner alone may read; it appears whole or not at all.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let place = path.display().to_string();
    make_parent(path)?;
    let parent = parent(path);
    // Temporary files are their owner's alone from the start.
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(Error::io(&place))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(Error::io(&place))?;
    file.persist_noclobber(path).map_err(|error| Error::io(&place)(error.error))?;
    sync_folder(parent)
}

/// Whether a file, which need not exist yet, stands or would stand somewhere below a folder. Its own folder must exist.
pub fn lies_below(file: &Path, folder: &Path) -> Result<bool> {
    let real = |path: &Path| fs::canonicalize(path).map_err(Error::io(path.display().to_string()));
    let place = if file.exists() { real(file)? } else { real(parent(file))? };
    Ok(place.starts_with(real(folder)?))
}
