//! A plain file of a folder, open for reading.

use std::fs::File;
use std::io;
use std::path::Path;

use super::fault;
use crate::error::Result;
#[cfg(unix)]
use crate::stage::folder::ReadAt;

/// A plain file, and how many bytes it had when it was opened.
pub(super) struct PlainFile {
    pub(super) file: File,
    size: u64,
}

impl PlainFile {
    /// Opens it. Neither a link nor a pipe that takes the file's place meanwhile is followed or waited for.
    #[cfg(unix)]
    pub(super) fn open(path: &Path) -> Result<Self> {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from);
        Self::of(opened.map(File::from).map_err(fault(path))?, path)
    }

    #[cfg(not(unix))]
    pub(super) fn open(path: &Path) -> Result<Self> {
        let metadata = std::fs::symlink_metadata(path).map_err(fault(path))?;
        if !metadata.is_file() {
            return Err(fault(path)(io::Error::other("not a plain file")));
        }
        Self::of(File::open(path).map_err(fault(path))?, path)
    }

    fn of(file: File, path: &Path) -> Result<Self> {
        let metadata = file.metadata().map_err(fault(path))?;
        match metadata.is_file() {
            true => Ok(Self { file, size: metadata.len() }),
            false => Err(fault(path)(io::Error::other("not a plain file"))),
        }
    }

    /// Reads it to its end, or until it has more than `max_bytes`, behind the bytes that are there already; says how many
    /// bytes it had.
    #[cfg(unix)]
    pub(super) fn read_whole(&self, max_bytes: u64, bytes: &mut Vec<u8>) -> io::Result<u64> {
        use rustix::buffer::spare_capacity;
        use rustix::io::{Errno, read};
        let before = bytes.len();
        // Room for all that is announced, and for seeing the end.
        bytes.reserve(self.size.min(max_bytes) as usize + 1);
        loop {
            bytes.reserve(1);
            let count = match read(&self.file, spare_capacity(bytes)) {
                Err(Errno::INTR) => continue,
                count => count?,
            };
            let so_far = (bytes.len() - before) as u64;
            // Of small files there are many: where all came that was announced, and room is left, nobody asks for the end.
            if count == 0 || so_far > max_bytes || so_far == self.size && bytes.len() < bytes.capacity() {
                return Ok(so_far);
            }
        }
    }

    #[cfg(not(unix))]
    pub(super) fn read_whole(&self, max_bytes: u64, bytes: &mut Vec<u8>) -> io::Result<u64> {
        use std::io::Read;
        bytes.reserve(self.size.min(max_bytes) as usize + 1);
        Ok((&self.file).take(max_bytes + 1).read_to_end(bytes)? as u64)
    }
}

#[cfg(unix)]
impl ReadAt for PlainFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, begin: u64, count: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
        use rustix::buffer::spare_capacity;
        use rustix::io::{Errno, pread};
        let before = bytes.len();
        bytes.reserve_exact(count);
        while bytes.len() < before + count {
            let at = begin + (bytes.len() - before) as u64;
            match pread(&self.file, spare_capacity(bytes), at) {
                Err(Errno::INTR) => {}
                read => {
                    if read? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
            }
        }
        // There may have been room for more.
        bytes.truncate(before + count);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(content).expect("written");
        file
    }

    #[test]
    fn a_file_is_read_whole_whatever_it_announced() {
        for length in [0_u64, 1, 31, 8_192, 100_000] {
            let content: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let file = file(&content);
            for announced in [0, content.len() / 2, content.len(), content.len() + 5] {
                let read = |max| {
                    let opened = PlainFile::open(file.path()).expect("a plain file");
                    assert_eq!(opened.size, length);
                    let mut bytes = b"before".to_vec();
                    let opened = PlainFile { size: announced as u64, ..opened };
                    (opened.read_whole(max, &mut bytes).expect("readable"), bytes)
                };
                assert_eq!(read(200_000), (length, [&b"before"[..], &content].concat()), "{announced}");
                if let Some(less) = length.checked_sub(1) {
                    assert!(read(less).0 > less, "{announced}");
                }
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn any_part_of_a_file_can_be_read_and_no_more() {
        let content: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        let file = file(&content);
        let opened = PlainFile::open(file.path()).expect("a plain file");
        let mut bytes = Vec::with_capacity(200_000);
        for (begin, count) in [(0, 0), (0, 1), (99_999, 1), (40, 60_000), (0, 100_000), (100_000, 0)] {
            let before = bytes.len();
            opened.read_at(begin as u64, count, &mut bytes).expect("readable");
            assert!(bytes[before..] == content[begin..begin + count], "{count} from {begin}");
        }
        for (begin, count) in [(0, 100_001), (100_000, 1), (200_000, 1)] {
            assert!(opened.read_at(begin, count, &mut bytes).is_err(), "{count} from {begin}");
        }
    }
}
