//! Zip archives, of which every byte must be accounted for.
//!
//! A zip lists its entries in a directory at the end, and says most of it again before each entry. Tools differ in which
//! of the two they believe, and in what they pass over. So the entries must follow each other without a gap from the
//! first byte to the directory, both headers must agree, and the directory must end where the end record begins.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Take};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::fault::Fault;
use super::limit::{Allowance, MAX_ENTRIES, Names};
use super::spool::Spool;
use super::zip_record::{END_BYTES, End, Header, LISTED_BYTES, LOCAL_BYTES, Listed, behind_listed, behind_local};
use crate::stage::folder::EntryKind;

/// Content as it is.
const STORED: u16 = 0;

/// Content packed by deflate (RFC 1951).
const DEFLATED: u16 = 8;

/// Reads a zip archive of so many bytes.
pub(super) fn read(file: &File, whole: u64, mut allowance: Allowance, spool: &mut Spool) -> Result<(), Fault> {
    let end = end(file, whole)?;
    let listed = directory(file, &end)?;
    for entry in &listed {
        allowance.spend(entry.header.bytes)?;
    }
    let next = listed.iter().skip(1).map(|entry| entry.at).chain([end.at]);
    let mut input = from(file, 0)?;
    let mut at = 0;
    for (entry, next) in listed.iter().zip(next) {
        if entry.at != at {
            return Err(entry.header.fault("does not begin where the entry before it ends"));
        }
        let whole = next.checked_sub(at).ok_or_else(|| entry.header.fault("lies behind the central directory"))?;
        local(entry, whole, &mut input, spool)?;
        at = next;
    }
    // Without entries, too, the directory comes first.
    if at == end.at { Ok(()) } else { Err(Fault::form("something stands before its central directory")) }
}

fn from(file: &File, at: u64) -> Result<BufReader<&File>, Fault> {
    let mut file = file;
    file.seek(SeekFrom::Start(at))?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

fn end(file: &File, whole: u64) -> Result<End, Fault> {
    let mut tail = Vec::new();
    from(file, whole.saturating_sub(END_BYTES as u64))?.read_to_end(&mut tail)?;
    End::read(&tail, whole)
}

/// All entries that the central directory lists, in the order in which they stand.
fn directory(file: &File, end: &End) -> Result<Vec<Listed>, Fault> {
    if end.entries > MAX_ENTRIES as u64 {
        return Err(Fault::Limit(format!("{} entries, {MAX_ENTRIES} at most", end.entries)));
    }
    let mut input = from(file, end.at)?.take(end.bytes);
    let mut names = Names::default();
    let mut listed = Vec::new();
    for _ in 0..end.entries {
        let mut fixed = [0; LISTED_BYTES];
        input.read_exact(&mut fixed)?;
        let mut behind = vec![0; behind_listed(&fixed)?.bytes()];
        input.read_exact(&mut behind)?;
        let entry = Listed::read(&fixed, &behind)?;
        names.keep(entry.header.name.len())?;
        listed.push(entry);
    }
    if input.limit() > 0 {
        return Err(Fault::form("its central directory lists more entries than its end record counts"));
    }
    listed.sort_by_key(|entry| entry.at);
    Ok(listed)
}

/// Reads the entry that stands next, which fills `whole` bytes with all that belongs to it.
fn local(entry: &Listed, whole: u64, input: &mut BufReader<&File>, spool: &mut Spool) -> Result<(), Fault> {
    let header = &entry.header;
    let mut fixed = [0; LOCAL_BYTES];
    input.read_exact(&mut fixed)?;
    let mut behind = vec![0; behind_local(&fixed)?.bytes()];
    input.read_exact(&mut behind)?;
    if !header.agrees(&Header::read_local(&fixed, &behind)?) {
        return Err(header.fault("is described in two ways"));
    }
    let front = (LOCAL_BYTES + behind.len()) as u64;
    let descriptor = whole.checked_sub(front).and_then(|rest| rest.checked_sub(header.packed));
    let descriptor = descriptor.ok_or_else(|| header.fault("reaches into the entry behind it"))?;
    let kind = kind(entry)?;
    let name = header.text();
    let name = name.strip_suffix('/').filter(|_| kind == EntryKind::Folder).unwrap_or(&name);
    spool.begin(name.to_owned(), kind)?;
    let mut packed = input.by_ref().take(header.packed);
    match kind {
        EntryKind::Other => copy(&mut packed, |_| Ok(()))?,
        EntryKind::File(_) | EntryKind::Folder => content(header, &mut packed, spool)?,
    }
    match (header.has_descriptor(), descriptor) {
        (false, 0) => Ok(()),
        (true, 16 | 24) => {
            let mut bytes = [0; 24];
            let bytes = &mut bytes[..if descriptor == 16 { 16 } else { 24 }];
            input.read_exact(bytes)?;
            header.check_descriptor(bytes)
        }
        _ => Err(header.fault("is followed by something that is no entry")),
    }
}

/// What an entry is: its name, its DOS attributes and its Unix mode must say the same.
fn kind(entry: &Listed) -> Result<EntryKind, Fault> {
    const KIND: u32 = 0o170_000;
    const FOLDER: u32 = 0o040_000;
    const FILE: u32 = 0o100_000;
    const DOS_LABEL: u32 = 1 << 3;
    const DOS_FOLDER: u32 = 1 << 4;
    let header = &entry.header;
    if header.has_strange_flags() {
        return Err(header.fault("has flags that no plain entry has"));
    }
    let mode = entry.attributes >> 16 & KIND;
    if header.is_locked() || entry.attributes & DOS_LABEL != 0 || ![0, FOLDER, FILE].contains(&mode) {
        return Ok(EntryKind::Other);
    }
    let is_dos_folder = entry.attributes & DOS_FOLDER != 0;
    match (header.name.ends_with(b"/"), mode, is_dos_folder) {
        (true, 0 | FOLDER, _) => Ok(EntryKind::Folder),
        (false, 0 | FILE, false) => Ok(EntryKind::File(header.bytes)),
        _ => Err(header.fault("is a file to some tools and a folder to others")),
    }
}

/// Unpacks content, which has exactly the length and the checksum that the header says, and fills exactly its place.
fn content(header: &Header, packed: &mut Take<impl BufRead>, spool: &mut Spool) -> Result<(), Fault> {
    let mut crc = Crc::new();
    let mut left = header.bytes;
    let take = |piece: &[u8]| {
        left = left.checked_sub(piece.len() as u64).ok_or_else(|| header.fault("is longer than its header says"))?;
        crc.update(piece);
        spool.write(piece)
    };
    match header.method {
        STORED if header.has_descriptor() && header.packed > 0 => {
            return Err(header.fault("is stored with its length behind it, so that its end must be guessed"));
        }
        STORED => copy(packed, take)?,
        DEFLATED => inflate(packed, take)?,
        method => return Err(header.fault(&format!("is packed by method {method}, which not every tool reads"))),
    }
    if left > 0 || packed.limit() > 0 || crc.sum() != header.crc {
        return Err(header.fault("is not what its header says: other bytes, fewer, or some behind them"));
    }
    Ok(())
}

fn copy(input: &mut impl BufRead, mut take: impl FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
    loop {
        let piece = input.fill_buf()?;
        let read = piece.len();
        if read == 0 {
            return Ok(());
        }
        take(piece)?;
        input.consume(read);
    }
}

/// Unpacks up to the end that the packed bytes themselves mark, and takes nothing behind it.
fn inflate(input: &mut impl BufRead, mut take: impl FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut inflater = Decompress::new(false);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let (before_in, before_out) = (inflater.total_in(), inflater.total_out());
        let status = inflater.decompress(input.fill_buf()?, &mut buffer, FlushDecompress::None);
        let status = status.map_err(|error| Fault::form(error.to_string()))?;
        let progress = |before: u64, now: u64| usize::try_from(now - before).unwrap_or_default();
        let consumed = progress(before_in, inflater.total_in());
        let produced = progress(before_out, inflater.total_out());
        input.consume(consumed);
        take(&buffer[..produced])?;
        match status {
            Status::StreamEnd => return Ok(()),
            Status::Ok | Status::BufError if consumed + produced == 0 => {
                return Err(Fault::form("deflated content has no end"));
            }
            Status::Ok | Status::BufError => {}
        }
    }
}
