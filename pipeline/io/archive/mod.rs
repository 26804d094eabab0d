//! A release in one file: `.tar.zst`, `.tar` or `.zip`, read as if it were the folder that was packed.
//!
//! An archive is unpacked once, from its first byte to its last, into a nameless file (`spool.rs`). It is refused
//! wherever two tools could see two different contents in it (`tar.rs`, `zip.rs`), and as soon as it asks for more than
//! its size allows (`limit.rs`). What single entries are, and what they are called, is left to who checks the folder.

mod fault;
mod limit;
mod pax;
mod spool;
mod tar;
mod write;
mod zip;
mod zip_record;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use super::DiskFolder;
use crate::error::{Error, Result};
use crate::stage::folder::{Entry, Folder};
use fault::Fault;
use limit::Allowance;
use spool::{Spool, Spooled};

pub use write::pack;

/// The kinds of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// A tar as it is.
    Tar,
    /// A tar, packed by Zstandard (RFC 8878).
    TarZst,
    /// A zip.
    Zip,
}

impl Container {
    const ALL: [Self; 3] = [Self::Tar, Self::TarZst, Self::Zip];

    /// How the names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Tar => ".tar",
            Self::TarZst => ".tar.zst",
            Self::Zip => ".zip",
        }
    }

    /// The container that a file's name promises.
    pub fn promised_by(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        Self::ALL.into_iter().find(|container| name.ends_with(container.ending()))
    }

    /// The container that a file's first bytes show.
    fn shown_by(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\x28\xb5\x2f\xfd") {
            Some(Self::TarZst)
        } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            Some(Self::Zip)
        } else if head.get(257..262) == Some(b"ustar") {
            Some(Self::Tar)
        } else {
            None
        }
    }
}

/// A release, wherever it was found.
pub struct ReleaseFolder {
    /// What it holds.
    pub folder: Box<dyn Folder>,
    /// The folder's own name.
    pub name: String,
}

/// Opens a release: a folder, or an archive of one.
///
/// What is wrong with an archive as a whole is said by its [`Folder::entries`].
pub fn open_release(path: &Path) -> Result<ReleaseFolder> {
    let place = path.display().to_string();
    let metadata = fs::metadata(path).map_err(Error::io(&place))?;
    if metadata.is_dir() {
        let folder = DiskFolder::open(path)?;
        let name = folder.name()?;
        return Ok(ReleaseFolder { folder: Box::new(folder), name });
    }
    let no_release = || Error::Usage(format!("{place} is neither a folder nor a .tar.zst, .tar or .zip of one"));
    if !metadata.is_file() {
        return Err(no_release());
    }
    let mut file = File::open(path).map_err(Error::io(&place))?;
    let mut head = Vec::new();
    file.by_ref().take(512).read_to_end(&mut head).map_err(Error::io(&place))?;
    let container = Container::shown_by(&head).ok_or_else(no_release)?;
    let content = match Container::promised_by(path) {
        Some(promised) if promised != container => Err(Fault::form(format!(
            "it is named {} and is a {}: other tools could see something else in it",
            promised.ending(),
            container.ending()
        ))),
        _ => unpack(file, metadata.len(), container),
    };
    if let Err(fault @ (Fault::Io(_) | Fault::Scratch(_))) = &content {
        return Err(fault.at(&place));
    }
    let name = content.as_ref().map_or("", Spooled::top).to_owned();
    Ok(ReleaseFolder { folder: Box::new(Archive { place, content }), name })
}

fn unpack(mut file: File, whole: u64, container: Container) -> Result<Spooled, Fault> {
    file.rewind()?;
    let mut spool = Spool::new()?;
    let allowance = Allowance::of(whole);
    match container {
        Container::Tar => tar::read(&mut BufReader::new(file), allowance, &mut spool)?,
        Container::TarZst => tar_zst(file, allowance, &mut spool)?,
        Container::Zip => zip::read(&file, whole, allowance, &mut spool)?,
    }
    spool.finish()
}

/// Largest window that is kept while unpacking, as a power of two: 128 MiB, the most that `zstd` takes unasked.
const WINDOW_LOG: u32 = 27;

/// What libzstd says of a larger one.
const WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";

/// One Zstandard frame and nothing behind it: not every tool goes on to a second one.
fn tar_zst(file: File, allowance: Allowance, spool: &mut Spool) -> Result<(), Fault> {
    let mut decoder = zstd::Decoder::new(file)?.single_frame();
    decoder.window_log_max(WINDOW_LOG)?;
    tar::read(&mut decoder, allowance, spool).map_err(|fault| match fault {
        Fault::Malformed(message) if message == WINDOW_TOO_LARGE => {
            Fault::Limit(format!("unpacking it takes more than {} bytes of memory", 1_u64 << WINDOW_LOG))
        }
        fault => fault,
    })?;
    let is_all = decoder.finish().fill_buf()?.is_empty();
    if is_all { Ok(()) } else { Err(Fault::form("something follows its Zstandard frame")) }
}

/// An archive that was read, with what it held or why that is not known.
struct Archive {
    place: String,
    content: Result<Spooled, Fault>,
}

impl Archive {
    fn content(&self) -> Result<&Spooled> {
        self.content.as_ref().map_err(|fault| fault.at(&self.place))
    }
}

impl Folder for Archive {
    fn entries(&self) -> Result<Vec<Entry>> {
        self.content().map(Spooled::entries)
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        Ok(Box::new(self.content()?.open(path).map_err(Error::io(self.display(path)))?))
    }

    fn display(&self, path: &str) -> String {
        if path.is_empty() { self.place.clone() } else { format!("{}/{path}", self.place) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Write;

    use ::zip::ZipWriter;
    use ::zip::write::SimpleFileOptions;
    use proptest::prelude::*;

    use super::*;
    use crate::stage::folder::EntryKind;

    const FILES: [(&str, &str); 4] =
        [("r/a.txt", "one one one one one one one"), ("r/b/c.txt", "two"), ("r/empty", ""), ("r/z", "last\n")];

    fn zip() -> Vec<u8> {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.add_directory("r/b", SimpleFileOptions::default()).expect("written");
        for (number, (name, text)) in FILES.into_iter().enumerate() {
            let method =
                if number % 2 == 0 { ::zip::CompressionMethod::Deflated } else { ::zip::CompressionMethod::Stored };
            let options = SimpleFileOptions::default().compression_method(method).large_file(number == 1);
            zip.start_file(name, options).expect("begun");
            zip.write_all(text.as_bytes()).expect("written");
        }
        zip.finish().expect("written").into_inner()
    }

    fn tar() -> Vec<u8> {
        let mut builder = ::tar::Builder::new(Vec::new());
        for (name, text) in FILES {
            let mut header = ::tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            builder.append_data(&mut header, name, text.as_bytes()).expect("written");
        }
        builder.into_inner().expect("written")
    }

    fn tar_zst() -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).expect("an encoder");
        encoder.include_checksum(true).expect("an option");
        encoder.write_all(&tar()).expect("written");
        encoder.finish().expect("written")
    }

    /// Files and their texts; none if the archive is refused, as a whole or for what one entry is or is called.
    fn content(bytes: &[u8], container: Container) -> Option<Vec<(String, String)>> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        if Container::shown_by(bytes) != Some(container) {
            return None;
        }
        let spooled = unpack(file, bytes.len() as u64, container).ok()?;
        let mut files = Vec::new();
        for entry in spooled.entries() {
            crate::format::path::safe_path(&entry.path).ok()?;
            match entry.kind {
                EntryKind::File(_) => {
                    let mut text = String::new();
                    spooled.open(&entry.path).ok()?.read_to_string(&mut text).ok()?;
                    files.push((format!("{}/{}", spooled.top(), entry.path), text));
                }
                EntryKind::Folder => {}
                EntryKind::Other => return None,
            }
        }
        Some(files)
    }

    fn files() -> Vec<(String, String)> {
        FILES.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
    }

    #[test]
    fn every_changed_byte_is_refused_or_changes_nothing() {
        for (bytes, container) in [(zip(), Container::Zip), (tar_zst(), Container::TarZst)] {
            assert_eq!(content(&bytes, container), Some(files()));
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut changed = bytes.clone();
                    changed[at] ^= 1 << bit;
                    let content = content(&changed, container);
                    assert!(content.is_none_or(|content| content == files()), "{container:?} {at} {bit}");
                }
            }
        }
    }

    #[test]
    fn a_torn_archive_is_refused() {
        for (bytes, container) in [(zip(), Container::Zip), (tar(), Container::Tar), (tar_zst(), Container::TarZst)] {
            assert_eq!(content(&bytes, container), Some(files()));
            for end in 0..bytes.len() {
                assert_eq!(content(&bytes[..end], container), None, "{container:?} up to {end}");
            }
        }
    }

    proptest! {
        #[test]
        fn never_panics(
            kind in 0..3_usize,
            edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..8),
        ) {
            let (mut bytes, container) =
                [(zip(), Container::Zip), (tar(), Container::Tar), (tar_zst(), Container::TarZst)][kind].clone();
            for (at, byte, edit) in edits {
                let at = at.index(bytes.len().max(1));
                match edit {
                    0 => bytes.insert(at, byte),
                    1 => bytes.truncate(at.max(1)),
                    _ => bytes[at] = byte,
                }
            }
            _ = content(&bytes, container);
        }

        #[test]
        fn a_changed_zip_is_refused_or_holds_the_same_texts(
            edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let mut bytes = zip();
            for (at, byte) in edits {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            // A name that was changed in both headers alike is another name, and whoever checks the folder sees it.
            let texts = |files: Vec<(String, String)>| files.into_iter().map(|(_, text)| text).collect::<BTreeSet<_>>();
            prop_assert!(content(&bytes, Container::Zip).is_none_or(|content| texts(content) == texts(files())));
        }
    }
}
