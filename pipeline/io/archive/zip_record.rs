//! The records of a zip archive (PKWARE APPNOTE 6.3.10), read so strictly that there is one way to read them.

use super::fault::Fault;

/// Bytes of a central header before the name (APPNOTE 4.3.12).
pub(super) const LISTED_BYTES: usize = 46;

/// Bytes of a local header before the name (APPNOTE 4.3.7).
pub(super) const LOCAL_BYTES: usize = 30;

/// Most bytes of the records behind the central directory: with zip64 there are three.
pub(super) const END_BYTES: usize = 22 + 20 + 56;

const LISTED: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const END: u32 = 0x0605_4b50;
const END64: u32 = 0x0606_4b50;
const END64_AT: u32 = 0x0706_4b50;

/// The extra field with the lengths that 32 bits cannot say (APPNOTE 4.5.3).
const ZIP64: u16 = 0x0001;

/// Extra fields that say nothing but times and owners: NTFS, extended timestamp, three of Info-ZIP, and the mark of a
/// jar. Others could name the entry, or lock it.
const HARMLESS: [u16; 6] = [0x000a, 0x5455, 0x5855, 0x7855, 0x7875, 0xcafe];

/// Fields of a record, one behind the other, little end first.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (field, rest) = self.0.split_first_chunk().ok_or_else(|| Fault::form("a zip record is too short"))?;
        self.0 = rest;
        Ok(*field)
    }

    fn u16(&mut self) -> Result<u16, Fault> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Fault> {
        self.take().map(u64::from_le_bytes)
    }

    fn bytes(&mut self, count: u16) -> Result<&'a [u8], Fault> {
        let (bytes, rest) =
            self.0.split_at_checked(count.into()).ok_or_else(|| Fault::form("a zip record is too short"))?;
        self.0 = rest;
        Ok(bytes)
    }

    fn expect(&mut self, signature: u32, what: &str) -> Result<(), Fault> {
        if self.u32()? == signature {
            Ok(())
        } else {
            Err(Fault::form(format!("there is no {what} where one must be")))
        }
    }
}

/// What the end of an archive says: where the central directory is, and how many entries it lists.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) entries: u64,
    pub(super) at: u64,
    pub(super) bytes: u64,
}

impl End {
    /// Reads the last bytes, [`END_BYTES`] or all, of an archive of so many bytes in whole.
    ///
    /// Tools look for the end record from behind, some of them with more patience than others: here it is the very
    /// last thing, without a comment that could hold another one. If zip64 records stand in front of it they count,
    /// needed or not, and must agree with it.
    pub(super) fn read(tail: &[u8], whole: u64) -> Result<Self, Fault> {
        let no_end = || Fault::form("it does not end with a zip's end record, without a comment");
        let (before, short) = tail.split_last_chunk::<22>().ok_or_else(no_end)?;
        let mut fields = Fields(short);
        if fields.u32()? != END || !short.ends_with(&[0, 0]) {
            return Err(no_end());
        }
        let disks = [fields.u16()?, fields.u16()?];
        let entries = [fields.u16()?, fields.u16()?];
        let (bytes, at) = (fields.u32()?, fields.u32()?);
        let (end, begins) = match before.split_last_chunk::<20>() {
            Some((before, locator)) if locator.starts_with(&END64_AT.to_le_bytes()) => {
                let end = Self::read64(before, locator, whole)?;
                let agrees = |short: u64, most: u64, long: u64| short == most || short == long;
                let same = agrees(entries[1].into(), u16::MAX.into(), end.entries)
                    && agrees(bytes.into(), u32::MAX.into(), end.bytes)
                    && agrees(at.into(), u32::MAX.into(), end.at);
                if !same {
                    return Err(Fault::form("its two end records disagree"));
                }
                (end, whole.saturating_sub(END_BYTES as u64))
            }
            _ => {
                let end = Self { entries: entries[1].into(), at: at.into(), bytes: bytes.into() };
                (end, whole.saturating_sub(22))
            }
        };
        if disks != [0, 0] || entries[0] != entries[1] {
            return Err(Fault::form("it is one part of several"));
        }
        if end.at.checked_add(end.bytes) != Some(begins) {
            return Err(Fault::form("its central directory does not stand right before its end record"));
        }
        Ok(end)
    }

    fn read64(before: &[u8], locator: &[u8], whole: u64) -> Result<Self, Fault> {
        let begins = whole.saturating_sub(END_BYTES as u64);
        let lie = || Fault::form("its zip64 end record is not where it is said to be, or not one");
        let (_, record) = before.split_last_chunk::<56>().ok_or_else(lie)?;
        let mut fields = Fields(locator);
        let locates = (fields.u32()?, fields.u32()?, fields.u64()?, fields.u32()?) == (END64_AT, 0, begins, 1);
        let mut fields = Fields(record);
        let is_record = (fields.u32()?, fields.u64()?) == (END64, 56 - 12);
        let _versions = fields.u32()?;
        let disks = [fields.u32()?, fields.u32()?];
        let entries = [fields.u64()?, fields.u64()?];
        if !locates || !is_record || disks != [0, 0] || entries[0] != entries[1] {
            return Err(lie());
        }
        Ok(Self { entries: entries[0], bytes: fields.u64()?, at: fields.u64()? })
    }
}

/// What both headers of an entry say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) flags: u16,
    pub(super) method: u16,
    stamp: u32,
    pub(super) crc: u32,
    /// Bytes as they stand in the archive.
    pub(super) packed: u64,
    /// Bytes of the entry itself.
    pub(super) bytes: u64,
    pub(super) name: Vec<u8>,
}

/// Lengths of the name, the extra fields and the comment behind a header.
pub(super) struct Behind {
    name: u16,
    extra: u16,
    comment: u16,
}

impl Behind {
    pub(super) fn bytes(&self) -> usize {
        usize::from(self.name) + usize::from(self.extra) + usize::from(self.comment)
    }
}

/// An entry of the central directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) header: Header,
    /// Where its local header begins.
    pub(super) at: u64,
    /// Attributes: those of DOS, and above them the mode of Unix.
    pub(super) attributes: u32,
}

/// How much follows the fixed part of a central header.
pub(super) fn behind_listed(fixed: &[u8; LISTED_BYTES]) -> Result<Behind, Fault> {
    let mut fields = Fields(&fixed[28..34]);
    Ok(Behind { name: fields.u16()?, extra: fields.u16()?, comment: fields.u16()? })
}

/// How much follows the fixed part of a local header.
pub(super) fn behind_local(fixed: &[u8; LOCAL_BYTES]) -> Result<Behind, Fault> {
    let mut fields = Fields(&fixed[26..30]);
    Ok(Behind { name: fields.u16()?, extra: fields.u16()?, comment: 0 })
}

impl Listed {
    /// Reads a central header and what stands behind it.
    pub(super) fn read(fixed: &[u8; LISTED_BYTES], behind: &[u8]) -> Result<Self, Fault> {
        let Behind { name, extra, comment } = behind_listed(fixed)?;
        let mut fields = Fields(fixed);
        fields.expect(LISTED, "header in the central directory")?;
        let _versions = fields.u32()?;
        let mut header = Header::read(&mut fields)?;
        let _lengths = fields.take::<6>()?;
        let (disk, _internal, attributes, at) = (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?);
        let mut behind = Fields(behind);
        header.name = behind.bytes(name)?.to_vec();
        let mut long = Fields(zip64(behind.bytes(extra)?)?);
        header.lengthen(&mut long)?;
        let at = lengthened(at.into(), &mut long)?;
        if disk != 0 || comment != 0 || !long.0.is_empty() {
            return Err(header.fault("has a comment, lies in another part, or has lengths that nothing asks for"));
        }
        Ok(Self { header, at, attributes })
    }
}

impl Header {
    /// The fields that stand in the same order in both headers.
    fn read(fields: &mut Fields) -> Result<Self, Fault> {
        let (flags, method, stamp, crc) = (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?);
        let (packed, bytes) = (fields.u32()?.into(), fields.u32()?.into());
        Ok(Self { flags, method, stamp, crc, packed, bytes, name: Vec::new() })
    }

    /// Reads a local header and what stands behind it.
    pub(super) fn read_local(fixed: &[u8; LOCAL_BYTES], behind: &[u8]) -> Result<Self, Fault> {
        let Behind { name, extra, .. } = behind_local(fixed)?;
        let mut fields = Fields(fixed);
        fields.expect(LOCAL, "header of an entry")?;
        let _version = fields.u16()?;
        let mut header = Self::read(&mut fields)?;
        let mut behind = Fields(behind);
        header.name = behind.bytes(name)?.to_vec();
        let mut long = Fields(zip64(behind.bytes(extra)?)?);
        header.lengthen(&mut long)?;
        if !long.0.is_empty() {
            return Err(header.fault("has lengths that nothing asks for"));
        }
        Ok(header)
    }

    fn lengthen(&mut self, long: &mut Fields) -> Result<(), Fault> {
        self.bytes = lengthened(self.bytes, long)?;
        self.packed = lengthened(self.packed, long)?;
        Ok(())
    }

    /// Whether the local header of the same entry says the same. With a descriptor behind the content, checksum and
    /// lengths may be left open in front of it.
    pub(super) fn agrees(&self, local: &Self) -> bool {
        let open = Self { crc: 0, packed: 0, bytes: 0, ..self.clone() };
        let same = |ours: u64, theirs: u64| ours == theirs || (self.has_descriptor() && theirs == 0);
        open == Self { crc: 0, packed: 0, bytes: 0, ..local.clone() }
            && same(self.crc.into(), local.crc.into())
            && same(self.packed, local.packed)
            && same(self.bytes, local.bytes)
    }

    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & (1 << 3) != 0
    }

    /// Whether the entry cannot be read without a key: bits for encryption, and for headers that are masked.
    pub(super) fn is_locked(&self) -> bool {
        self.flags & (1 | 1 << 6 | 1 << 13) != 0
    }

    /// Whether a flag is set that no plain entry has: but locks and descriptors, deflate's two, and UTF-8.
    pub(super) fn has_strange_flags(&self) -> bool {
        self.flags & !(1 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 11 | 1 << 13) != 0
    }

    /// The name as text. Without the flag for UTF-8 it is in some code page, and only ASCII is the same in all.
    pub(super) fn text(&self) -> String {
        let is_utf8 = self.flags & (1 << 11) != 0;
        if is_utf8 {
            return String::from_utf8_lossy(&self.name).into_owned();
        }
        let in_ascii = |&byte: &u8| if byte.is_ascii() { char::from(byte) } else { char::REPLACEMENT_CHARACTER };
        self.name.iter().map(in_ascii).collect()
    }

    /// Checks the descriptor behind the content, which is all that stands before the next entry.
    pub(super) fn check_descriptor(&self, descriptor: &[u8]) -> Result<(), Fault> {
        let mut fields = Fields(descriptor);
        let said = match descriptor.len() {
            16 => (fields.u32()?, fields.u32()?, fields.u32()?.into(), fields.u32()?.into()),
            24 => (fields.u32()?, fields.u32()?, fields.u64()?, fields.u64()?),
            _ => return Err(self.fault("is not followed by its descriptor alone")),
        };
        if said != (DESCRIPTOR, self.crc, self.packed, self.bytes) {
            return Err(self.fault("is followed by a descriptor that says something else"));
        }
        Ok(())
    }

    /// A fault of this entry.
    pub(super) fn fault(&self, message: &str) -> Fault {
        Fault::form(format!("{:?} {message}", self.text()))
    }
}

/// A length that is said in 64 bits where 32 do not suffice.
fn lengthened(short: u64, long: &mut Fields) -> Result<u64, Fault> {
    if short == u64::from(u32::MAX) { long.u64() } else { Ok(short) }
}

/// The zip64 field among the extra fields; empty if there is none.
fn zip64(extra: &[u8]) -> Result<&[u8], Fault> {
    let mut fields = Fields(extra);
    let mut found = None;
    while !fields.0.is_empty() {
        let (id, count) = (fields.u16()?, fields.u16()?);
        let content = fields.bytes(count)?;
        if id == ZIP64 && found.is_none() {
            found = Some(content);
        } else if !HARMLESS.contains(&id) {
            return Err(Fault::form(format!(
                "an entry has an extra field {id:#06x} that could mean anything, or twice"
            )));
        }
    }
    Ok(found.unwrap_or_default())
}
