//! Packing a release: the same release gives the same bytes.
//!
//! Entries stand in the order of their paths, owners and clocks are left out, and everything bears the release's own
//! day. Another version of the compressors may pack otherwise; what counts is what comes out again.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use tar::{Builder, EntryType, Header};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::Container;
use super::limit::Allowance;
use crate::error::{Error, Result};
use crate::io::new_file::NewFile;
use crate::stage::folder::{Entry, EntryKind, Folder, Progress};
use crate::stage::parcel::Parcel;

/// Strong, and still some 20 MiB a second.
const ZSTD_LEVEL: i32 = 12;

/// The strongest that deflate has.
const DEFLATE_LEVEL: i64 = 9;

const FILE_MODE: u32 = 0o644;
const FOLDER_MODE: u32 = 0o755;

/// Most bytes that tar adds to an entry: two headers, a long name, and what fills the last blocks.
const TAR_BYTES: u64 = 4096;

/// Packs a release into a new file, and gives its length.
pub fn pack(
    folder: &dyn Folder,
    parcel: &Parcel,
    container: Container,
    path: &Path,
    progress: &dyn Progress,
) -> Result<u64> {
    let place = path.display().to_string();
    let (_, bytes) = parcel.size();
    // What no reader of ours would unpack is not packed.
    let unpacked = bytes.saturating_add(TAR_BYTES * (parcel.entries().len() as u64 + 2));
    let readable = |packed: u64| Allowance::of(packed).spend(unpacked).map_err(|fault| fault.at(&place));
    readable(u64::MAX)?;
    let mut new = NewFile::begin(path)?;
    progress.begin("packing", bytes);
    let packing = Packing { folder, parcel, progress };
    let written = match container {
        Container::Tar => packing.tar(BufWriter::new(new.file())).map(drop),
        Container::TarZst => packing.tar_zst(BufWriter::new(new.file())),
        Container::Zip => packing.zip(new.file()),
    };
    written.map_err(Error::io(&place))?;
    let packed = new.file().metadata().map_err(Error::io(&place))?.len();
    readable(packed)?;
    new.commit()?;
    Ok(packed)
}

struct Packing<'a> {
    folder: &'a dyn Folder,
    parcel: &'a Parcel,
    progress: &'a dyn Progress,
}

impl Packing<'_> {
    fn tar_zst(&self, out: impl Write) -> io::Result<()> {
        let mut encoder = zstd::Encoder::new(out, ZSTD_LEVEL)?;
        encoder.include_checksum(true)?;
        self.tar(encoder)?.finish()?.flush()
    }

    fn tar<W: Write>(&self, out: W) -> io::Result<W> {
        let mut builder = Builder::new(out);
        let header = |kind: EntryType, mode: u32, bytes: u64| {
            let mut header = Header::new_gnu();
            header.set_entry_type(kind);
            header.set_mode(mode);
            header.set_uid(0);
            header.set_gid(0);
            header.set_size(bytes);
            // Tar knows no day before 1970.
            header.set_mtime(self.parcel.date().unix_seconds().try_into().unwrap_or(0));
            header
        };
        let mut folder = header(EntryType::Directory, FOLDER_MODE, 0);
        builder.append_data(&mut folder.clone(), format!("{}/", self.parcel.name()), io::empty())?;
        for Entry { path, kind } in self.parcel.entries() {
            let name = format!("{}/{path}", self.parcel.name());
            match kind {
                EntryKind::File(bytes) => {
                    let mut header = header(EntryType::Regular, FILE_MODE, *bytes);
                    builder.append_data(&mut header, name, self.open(path, *bytes)?)?;
                }
                _ => builder.append_data(&mut folder, format!("{name}/"), io::empty())?,
            }
        }
        builder.into_inner()
    }

    fn zip(&self, out: &mut File) -> io::Result<()> {
        let mut zip = ZipWriter::new(BufWriter::new(out));
        let options = SimpleFileOptions::default().system(System::Unix).last_modified_time(self.dos_time());
        let folder = options.unix_permissions(FOLDER_MODE);
        zip.add_directory(self.parcel.name(), folder)?;
        for Entry { path, kind } in self.parcel.entries() {
            let name = format!("{}/{path}", self.parcel.name());
            let EntryKind::File(bytes) = *kind else {
                zip.add_directory(name, folder)?;
                continue;
            };
            let options = options
                .unix_permissions(FILE_MODE)
                .compression_method(CompressionMethod::Deflated)
                .compression_level(Some(DEFLATE_LEVEL))
                // With room for what deflate adds to bytes that it cannot pack.
                .large_file(bytes > u64::from(u32::MAX / 2));
            zip.start_file(name, options)?;
            io::copy(&mut self.open(path, bytes)?, &mut zip)?;
        }
        zip.finish()?.flush()
    }

    /// Midnight of the release's day, or the first or last day that a zip can say.
    fn dos_time(&self) -> DateTime {
        let (year, month, day) = self.parcel.date().parts();
        let (year, month, day) = match year {
            ..1980 => (1980, 1, 1),
            1980..=2107 => (year, month, day),
            2108.. => (2107, 12, 31),
        };
        DateTime::from_date_and_time(year, month, day, 0, 0, 0).unwrap_or_default()
    }

    fn open(&self, path: &str, bytes: u64) -> io::Result<Exact<'_>> {
        let file = self.folder.open(path).map_err(io::Error::other)?;
        Ok(Exact { file, left: bytes, place: self.folder.display(path), progress: self.progress })
    }
}

/// A file that must have exactly the bytes it was announced with.
struct Exact<'a> {
    file: Box<dyn Read + Send>,
    left: u64,
    place: String,
    progress: &'a dyn Progress,
}

impl Read for Exact<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let changed = || io::Error::other(format!("{} changed while it was packed; run it again", self.place));
        self.left = self.left.checked_sub(read as u64).ok_or_else(changed)?;
        if read == 0 && !buffer.is_empty() && self.left > 0 {
            return Err(changed());
        }
        self.progress.advance(read as u64);
        Ok(read)
    }
}
