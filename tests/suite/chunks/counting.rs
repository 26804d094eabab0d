//! A folder that counts.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex};

use affiant::error::Result;
use affiant::io::DiskFolder;
use affiant::stage::folder::{Entry, Folder, ReadAt};

/// A folder that counts what is read of each of its files.
pub struct Counting {
    folder: DiskFolder,
    read: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Counting {
    pub fn new(release: &Path) -> Self {
        Self { folder: DiskFolder::open(release).expect("a folder"), read: Arc::default() }
    }

    fn counted(&self, path: &str, file: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        Box::new(Counted { file, path: path.to_owned(), read: Arc::clone(&self.read) })
    }

    /// Bytes of a file of the payload.
    pub fn read_of(&self, file: &str) -> u64 {
        self.read.lock().expect("counts").get(&format!("data/{file}")).copied().unwrap_or_default()
    }
}

impl Folder for Counting {
    fn entries(&self) -> Result<Vec<Entry>> {
        self.folder.entries()
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        Ok(self.counted(path, self.folder.open(path)?))
    }

    fn open_at(&self, path: &str) -> Result<Option<Box<dyn ReadAt>>> {
        let (path, read) = (path.to_owned(), Arc::clone(&self.read));
        let counted = |file| -> Box<dyn ReadAt> { Box::new(Counted { file, path: path.clone(), read }) };
        Ok(self.folder.open_at(&path)?.map(counted))
    }

    fn display(&self, path: &str) -> String {
        self.folder.display(path)
    }
}

struct Counted<F> {
    file: F,
    path: String,
    read: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl<F> Counted<F> {
    fn count(&self, bytes: usize) {
        *self.read.lock().expect("counts").entry(self.path.clone()).or_default() += bytes as u64;
    }
}

impl Read for Counted<Box<dyn Read + Send>> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.count(read);
        Ok(read)
    }
}

impl ReadAt for Counted<Box<dyn ReadAt>> {
    fn size(&self) -> u64 {
        self.file.size()
    }

    fn read_at(&self, begin: u64, count: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
        self.count(count);
        self.file.read_at(begin, count, bytes)
    }
}
