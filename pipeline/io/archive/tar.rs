//! Tar archives: POSIX ustar and pax, and what GNU tar writes.
//!
//! The header's fields are read by the `tar` crate. What is read here, block by block, is what tools disagree on: who
//! has the last word on a name or a length, what belongs to which entry, and where the archive ends.

use std::io::Read;

use tar::{EntryType, GnuExtSparseHeader, Header};

use super::fault::Fault;
use super::limit::Allowance;
use super::pax;
use super::spool::Spool;
use crate::stage::folder::EntryKind;

/// Bytes of a block.
const BLOCK: u64 = 512;

/// Most bytes of an extension header: room for the longest name and what systems add about owners and times.
const MAX_EXTENSION_BYTES: u64 = 64 << 10;

/// Reads a tar archive to its end.
pub(super) fn read(stream: &mut dyn Read, allowance: Allowance, spool: &mut Spool) -> Result<(), Fault> {
    let mut blocks = Blocks { stream, allowance };
    let mut ahead = Ahead::default();
    while let Some(header) = header(&mut blocks)? {
        let bytes = size(&header)?;
        match header.entry_type() {
            EntryType::XHeader => ahead.pax(&blocks.extension(bytes)?)?,
            EntryType::XGlobalHeader => global(&blocks.extension(bytes)?)?,
            EntryType::GNULongName => ahead.long_name(blocks.extension(bytes)?)?,
            EntryType::GNULongLink => ahead.long_link(&blocks.extension(bytes)?)?,
            _ => entry(&header, bytes, std::mem::take(&mut ahead), &mut blocks, spool)?,
        }
    }
    if ahead != Ahead::default() {
        return Err(Fault::form("its last header describes an entry that does not follow"));
    }
    blocks.end()
}

/// The blocks of an archive, each counted before it is read.
struct Blocks<'a> {
    stream: &'a mut dyn Read,
    allowance: Allowance,
}

impl Blocks<'_> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Fault> {
        self.allowance.spend(bytes.len() as u64)?;
        Ok(self.stream.read_exact(bytes)?)
    }

    /// Hands on the bytes of an entry, and passes over what fills its last block.
    fn content(&mut self, bytes: u64, mut take: impl FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut buffer = [0; 1 << 14];
        let mut left = bytes;
        while left > 0 {
            let wanted = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            self.fill(&mut buffer[..wanted])?;
            take(&buffer[..wanted])?;
            left -= wanted as u64;
        }
        let rest = usize::try_from(bytes.wrapping_neg() % BLOCK).unwrap_or_default();
        self.fill(&mut buffer[..rest])
    }

    /// The bytes of a header that describes the entry behind it.
    fn extension(&mut self, bytes: u64) -> Result<Vec<u8>, Fault> {
        if bytes > MAX_EXTENSION_BYTES {
            return Err(Fault::Limit(format!("a header of {bytes} bytes, {MAX_EXTENSION_BYTES} at most")));
        }
        let mut extension = Vec::new();
        self.content(bytes, |piece| {
            extension.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(extension)
    }

    /// Behind the last entry there is nothing but zeros.
    fn end(&mut self) -> Result<(), Fault> {
        let mut buffer = [0; 1 << 14];
        loop {
            let read = self.stream.read(&mut buffer)?;
            self.allowance.spend(read as u64)?;
            match read {
                0 => return Ok(()),
                read if buffer[..read].iter().all(|&byte| byte == 0) => {}
                _ => return Err(Fault::form("something follows the end of the tar")),
            }
        }
    }
}

/// The next header; none at the two empty blocks that end an archive.
fn header(blocks: &mut Blocks) -> Result<Option<Header>, Fault> {
    let mut header = Header::new_old();
    blocks.fill(header.as_mut_bytes())?;
    let is_empty = |header: &Header| header.as_bytes().iter().all(|&byte| byte == 0);
    if is_empty(&header) {
        blocks.fill(header.as_mut_bytes())?;
        return if is_empty(&header) { Ok(None) } else { Err(Fault::form("an empty block stands between entries")) };
    }
    check(&header)?;
    Ok(Some(header))
}

/// Checksum and dialect. In a GNU header nothing may stand where a ustar header goes on with the name: some tools would
/// read it so.
fn check(header: &Header) -> Result<(), Fault> {
    let bytes = header.as_bytes();
    let spaces = 8 * u32::from(b' ');
    let sum = bytes[..148].iter().chain(&bytes[156..]).map(|&byte| u32::from(byte)).sum::<u32>() + spaces;
    if header.cksum().ok() != Some(sum) {
        return Err(Fault::form("a header's checksum is not that of its bytes"));
    }
    let is_sparse = header.entry_type() == EntryType::GNUSparse;
    match header.as_gnu() {
        Some(_) if !is_sparse && bytes[345..].iter().any(|&byte| byte != 0) => {
            Err(Fault::form("a GNU header has fields that other tools take for a part of the name"))
        }
        None if header.as_ustar().is_none() => Err(Fault::form("a header is neither POSIX (ustar) nor GNU")),
        _ => Ok(()),
    }
}

/// The length of an entry, if all tools read it alike: octal digits, or GNU's binary form for what they cannot say.
fn size(header: &Header) -> Result<u64, Fault> {
    let is_octal = |digits: &[u8]| digits.iter().all(|digit| matches!(digit, b'0'..=b'7'));
    let is_exact = match &header.as_old().size {
        [digits @ .., 0 | b' '] if is_octal(digits) => true,
        digits if is_octal(digits) => true,
        [0x80, 0, 0, 0, ..] => header.entry_size().is_ok_and(|bytes| bytes >= 1 << 33),
        _ => false,
    };
    match header.entry_size() {
        Ok(bytes) if is_exact => Ok(bytes),
        _ => Err(Fault::form("a length is not written as tar writes numbers")),
    }
}

/// What headers say of the entry behind them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ahead {
    name: Option<Vec<u8>>,
    bytes: Option<u64>,
    is_sparse: bool,
    has_pax: bool,
    has_link: bool,
}

impl Ahead {
    fn pax(&mut self, extension: &[u8]) -> Result<(), Fault> {
        if std::mem::replace(&mut self.has_pax, true) {
            return Err(Fault::form("two pax headers describe one entry"));
        }
        for (keyword, value) in pax::records(extension)? {
            match keyword {
                "path" => self.name(value.to_vec())?,
                "size" => self.bytes = Some(pax::number(value)?),
                "SCHILY.realsize" => self.is_sparse = true,
                _ if keyword.starts_with("GNU.sparse.") => self.is_sparse = true,
                _ => {}
            }
        }
        Ok(())
    }

    fn long_name(&mut self, mut extension: Vec<u8>) -> Result<(), Fault> {
        if extension.last() == Some(&0) {
            extension.pop();
        }
        self.name(extension)
    }

    fn long_link(&mut self, _: &[u8]) -> Result<(), Fault> {
        // No release holds links, so where one leads to is nobody's business.
        if std::mem::replace(&mut self.has_link, true) {
            return Err(Fault::form("two headers say where one link leads"));
        }
        Ok(())
    }

    fn name(&mut self, name: Vec<u8>) -> Result<(), Fault> {
        if name.is_empty() || self.name.replace(name).is_some() {
            return Err(Fault::form("two headers name one entry, or one takes its name away"));
        }
        Ok(())
    }
}

/// A header for all entries may hold a comment, as `git archive` writes it, and nothing that changes an entry.
fn global(extension: &[u8]) -> Result<(), Fault> {
    match pax::records(extension)?.iter().find(|(keyword, _)| *keyword != "comment") {
        Some((keyword, _)) => Err(Fault::form(format!("a header for all entries sets {keyword:?}"))),
        None => Ok(()),
    }
}

fn entry(header: &Header, bytes: u64, ahead: Ahead, blocks: &mut Blocks, spool: &mut Spool) -> Result<(), Fault> {
    let name = ahead.name.unwrap_or_else(|| header.path_bytes().into_owned());
    let name = String::from_utf8_lossy(&name).into_owned();
    if ahead.bytes.is_some_and(|other| other != bytes) {
        return Err(Fault::form(format!("two headers give {name:?} different lengths")));
    }
    match header.entry_type() {
        EntryType::Regular if !ahead.is_sparse => {
            spool.begin(name, EntryKind::File(bytes))?;
            return blocks.content(bytes, |piece| spool.write(piece));
        }
        EntryType::Directory => spool.begin(name.strip_suffix('/').unwrap_or(&name).to_owned(), EntryKind::Folder)?,
        _ => spool.begin(name.clone(), EntryKind::Other)?,
    }
    let is_bare = matches!(
        header.entry_type(),
        EntryType::Directory
            | EntryType::Link
            | EntryType::Symlink
            | EntryType::Char
            | EntryType::Block
            | EntryType::Fifo
    );
    if is_bare && bytes > 0 {
        return Err(Fault::form(format!("{name:?} has no content but a length, which only some tools pass over")));
    }
    if header.entry_type() == EntryType::GNUSparse {
        sparse_map(header, blocks)?;
    }
    blocks.content(bytes, |_| Ok(()))
}

/// Passes over the map of a sparse file, as far as it does not fit into the header.
fn sparse_map(header: &Header, blocks: &mut Blocks) -> Result<(), Fault> {
    let mut goes_on = header.as_gnu().is_some_and(|header| header.is_extended());
    while goes_on {
        let mut map = GnuExtSparseHeader::new();
        blocks.fill(map.as_mut_bytes())?;
        goes_on = map.is_extended();
    }
    Ok(())
}
