//! A folder that appears, or changes, by one step; and the lock that keeps other writers out meanwhile.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{DiskFolder, exists, folders_in, make_parent, name_of, parent, sync_folder, write_new};
use crate::error::{Error, Result};
use crate::stage::assemble::NewFolder;
use crate::stage::folder::{EntryKind, Folder};
use crate::stage::sort::{Scratch, ScratchFile};

/// Keeps other writers out of a folder for as long as it lives.
pub struct Lock(File);

impl Lock {
    /// Takes the lock, or says at once that somebody else has it.
    pub fn take(folder: &Path) -> Result<Self> {
        let place = folder.display().to_string();
        fs::create_dir_all(folder).map_err(Error::io(&place))?;
        let file = File::open(folder).map_err(Error::io(&place))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                Err(Error::Usage(format!("{place}: another affiant is writing here; wait until it has ended")))
            }
            Err(TryLockError::Error(error)) => Err(Error::io(place)(error)),
        }
    }
}

impl Drop for Lock {
    /// Whoever was started meanwhile may have the folder open for a moment still; the lock must not wait for that.
    fn drop(&mut self) {
        _ = self.0.unlock();
    }
}

/// A folder being written under a name of its own, which becomes visible under its real name by one rename.
/// Unless [`NewDiskFolder::commit`] is called it vanishes.
pub struct NewDiskFolder {
    parent: PathBuf,
    name: String,
    draft: PathBuf,
    committed: bool,
}

impl NewDiskFolder {
    /// Begins a folder `name` in `parent`, for whoever holds the lock. What an interrupted run left behind is removed.
    pub fn begin(lock: &Lock, parent: &Path, name: &str) -> Result<Self> {
        let whole = parent.join(name);
        if exists(&whole) {
            return Err(Error::Usage(format!("{} exists, and is never overwritten", whole.display())));
        }
        remove_drafts(lock, parent)?;
        let draft = parent.join(format!(".{name}.draft"));
        if exists(&draft) {
            fs::remove_dir_all(&draft).map_err(Error::io(draft.display().to_string()))?;
        }
        fs::create_dir(&draft).map_err(Error::io(draft.display().to_string()))?;
        Ok(Self { parent: parent.to_owned(), name: name.to_owned(), draft, committed: false })
    }

    /// Where a file lies until the folder is visible; for a writer that opens its file itself.
    pub fn path(&self, path: &str) -> PathBuf {
        self.draft.join(path)
    }

    /// What was written so far.
    pub fn so_far(&self) -> Result<DiskFolder> {
        DiskFolder::open(&self.draft)
    }

    /// Makes the folder visible, once all its bytes are on disk.
    pub fn commit(mut self) -> Result<PathBuf> {
        let whole = self.parent.join(&self.name);
        let place = whole.display().to_string();
        let folder = File::open(&self.draft).map_err(Error::io(&place))?;
        sync_all_below(&folder, &self.draft).map_err(Error::io(&place))?;
        rename_new(&self.draft, &whole).map_err(Error::io(&place))?;
        self.committed = true;
        sync_folder(&self.parent)?;
        Ok(whole)
    }

    fn new_file(&self, path: &str) -> Result<File> {
        let path = self.draft.join(path);
        let open = || OpenOptions::new().write(true).create_new(true).open(&path);
        let file = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_parent(&path)?;
                open()
            }
            opened => opened,
        };
        file.map_err(Error::io(path.display().to_string()))
    }
}

/// Puts files into a folder, or in the place of files in it, all at once: whoever looks sees all of them or none.
/// Built as a second folder of links to the same files, which then takes the first one's place.
pub fn exchange_files(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    let place = folder.display().to_string();
    let whole = fs::canonicalize(folder).map_err(Error::io(&place))?;
    let draft = parent(&whole).join(format!(".{}.draft", name_of(&whole)?));
    if exists(&draft) {
        fs::remove_dir_all(&draft).map_err(Error::io(draft.display().to_string()))?;
    }
    let is_new = |path: &str| files.iter().any(|(new, _)| new == path);
    fs::create_dir(&draft).map_err(Error::io(draft.display().to_string()))?;
    for entry in DiskFolder::open(&whole)?.entries()? {
        let to = draft.join(&entry.path);
        match entry.kind {
            EntryKind::Folder => fs::create_dir(&to),
            _ if is_new(&entry.path) => Ok(()),
            _ => fs::hard_link(whole.join(&entry.path), &to)
                .or_else(|_| fs::copy(whole.join(&entry.path), &to).map(drop)),
        }
        .map_err(Error::io(to.display().to_string()))?;
    }
    for (path, bytes) in files {
        write_new(&draft.join(path), bytes)?;
    }
    let built = File::open(&draft).map_err(Error::io(&place))?;
    sync_all_below(&built, &draft).map_err(Error::io(&place))?;
    exchange(&draft, &whole).map_err(Error::io(&place))?;
    sync_folder(parent(&whole))?;
    fs::remove_dir_all(&draft).map_err(Error::io(draft.display().to_string()))
}

/// Lets two folders take each other's place.
#[cfg(target_os = "linux")]
fn exchange(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(from: &Path, to: &Path) -> io::Result<()> {
    // Other systems cannot do it in one step: between the two renames the folder is away, and never half.
    let away = from.with_extension("away");
    fs::rename(to, &away)?;
    fs::rename(from, to)?;
    fs::rename(&away, from)
}

/// Removes what interrupted runs left behind, for whoever holds the lock.
pub fn remove_drafts(_lock: &Lock, parent: &Path) -> Result<()> {
    for leftover in folders_in(parent)?.iter().filter(|folder| is_draft(folder)) {
        let leftover = parent.join(leftover);
        fs::remove_dir_all(&leftover).map_err(Error::io(leftover.display().to_string()))?;
    }
    Ok(())
}

/// Whether a folder has the name of a release that was never finished: `.<version>.draft`.
fn is_draft(folder: &str) -> bool {
    let version = folder.strip_prefix('.').and_then(|name| name.strip_suffix(".draft"));
    version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.'))
}

/// One call writes everything back where the system has such a call.
#[cfg(target_os = "linux")]
fn sync_all_below(folder: &File, _: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(folder)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_all_below(folder: &File, path: &Path) -> io::Result<()> {
    for item in fs::read_dir(path)? {
        let path = item?.path();
        let file = File::open(&path)?;
        if path.is_dir() {
            sync_all_below(&file, &path)?;
        } else {
            file.sync_all()?;
        }
    }
    folder.sync_all()
}

/// Renames to a name that must be free.
#[cfg(target_os = "linux")]
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

#[cfg(not(target_os = "linux"))]
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    // The lock keeps other writers of ours away between the question and the rename.
    if exists(to) { Err(io::ErrorKind::AlreadyExists.into()) } else { fs::rename(from, to) }
}

impl Drop for NewDiskFolder {
    fn drop(&mut self) {
        if !self.committed {
            // What cannot be removed now is removed by the next run.
            _ = fs::remove_dir_all(&self.draft);
        }
    }
}

impl Scratch for NewDiskFolder {
    fn scratch_file(&self) -> Result<Box<dyn ScratchFile>> {
        let file = tempfile::tempfile_in(&self.draft).map_err(Error::io(self.draft.display().to_string()))?;
        Ok(Box::new(file))
    }
}

impl NewFolder for NewDiskFolder {
    fn create(&self, path: &str) -> Result<Box<dyn Write + Send>> {
        Ok(Box::new(BufWriter::with_capacity(1 << 16, self.new_file(path)?)))
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.new_file(path)?.write_all(bytes).map_err(Error::io(self.display(path)))
    }

    fn display(&self, path: &str) -> String {
        self.draft.join(path).display().to_string()
    }
}
