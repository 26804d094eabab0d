//! A file that appears whole and under a free name, or not at all.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{exists, make_parent, parent, sync_folder};
use crate::error::{Error, Result};

/// A file being written beside its place, under a name of its own. Unless [`NewFile::commit`] is called it vanishes.
pub struct NewFile {
    file: NamedTempFile,
    path: PathBuf,
}

impl NewFile {
    /// Begins a file whose name must be free; folders on the way are made.
    pub fn begin(path: &Path) -> Result<Self> {
        let place = path.display().to_string();
        if exists(path) {
            return Err(Error::Usage(format!("{place} exists and is not overwritten")));
        }
        make_parent(path)?;
        let file = tempfile::Builder::new()
            .prefix(".")
            .suffix(".draft")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(parent(path))
            .map_err(Error::io(place))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// The file, to be written.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Makes the file visible, once all its bytes are on disk.
    pub fn commit(self) -> Result<()> {
        let place = self.path.display().to_string();
        self.file.as_file().sync_all().map_err(Error::io(&place))?;
        self.file.persist_noclobber(&self.path).map_err(|error| Error::io(place)(error.error))?;
        sync_folder(parent(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let items = std::fs::read_dir(folder).expect("a folder");
        items.map(|item| item.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn it_appears_at_the_end_or_vanishes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        drop(NewFile::begin(&path).expect("a free name"));
        assert_eq!(names(folder.path()), [""; 0]);
        let mut new = NewFile::begin(&path).expect("a free name");
        new.file().write_all(b"whole").expect("written");
        assert!(!path.exists());
        new.commit().expect("still free");
        assert_eq!(names(folder.path()), ["file"]);
        assert_eq!(std::fs::read(&path).expect("a file"), b"whole");
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let new = NewFile::begin(&path).expect("a free name");
        std::fs::write(&path, "first").expect("written");
        assert!(NewFile::begin(&path).is_err());
        assert!(new.commit().is_err());
        assert_eq!(std::fs::read(&path).expect("a file"), b"first");
        assert_eq!(names(folder.path()), ["file"]);
    }
}
