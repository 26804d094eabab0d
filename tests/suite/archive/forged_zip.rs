//! Zip archives put together byte by byte, so that anything can be wrong with them.

use std::io::Read;

use flate2::Crc;

use super::Harbour;

const STORED: u16 = 0;
const WITH_DESCRIPTOR: u16 = 1 << 3;
pub const UTF8: u16 = 1 << 11;
pub const FILE: u32 = 0o100_644 << 16;

/// What one of the two headers of a member says.
#[derive(Clone)]
pub struct Header {
    pub flags: u16,
    pub method: u16,
    pub time: u16,
    pub crc: u32,
    pub packed: u32,
    pub bytes: u32,
    pub name: Vec<u8>,
    pub extra: Vec<u8>,
}

impl Header {
    fn fields(&self) -> Vec<u8> {
        let words = [self.flags, self.method, self.time, 0x5d75].map(u16::to_le_bytes).concat();
        [words, [self.crc, self.packed, self.bytes].map(u32::to_le_bytes).concat()].concat()
    }

    fn lengths(&self) -> Vec<u8> {
        [self.name.len() as u16, self.extra.len() as u16].map(u16::to_le_bytes).concat()
    }
}

/// A member as it stands in the archive.
pub struct Member {
    pub listed: Header,
    pub local: Header,
    pub attributes: u32,
    pub disk: u16,
    pub comment: Vec<u8>,
    /// What stands in front of the local header.
    pub before: Vec<u8>,
    /// What stands where the content belongs.
    pub content: Vec<u8>,
    /// What stands behind the content.
    pub behind: Vec<u8>,
    /// Where the directory says that the local header is, if not where it is.
    pub at: Option<u32>,
}

impl Member {
    pub fn new(name: &str, content: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(content);
        let bytes = content.len() as u32;
        let (name, extra) = (name.as_bytes().to_vec(), Vec::new());
        let header = Header { flags: 0, method: STORED, time: 0, crc: crc.sum(), packed: bytes, bytes, name, extra };
        Self {
            listed: header.clone(),
            local: header,
            attributes: FILE,
            disk: 0,
            comment: Vec::new(),
            before: Vec::new(),
            content: content.to_vec(),
            behind: Vec::new(),
            at: None,
        }
    }

    /// Changes both headers alike.
    pub fn both(&mut self, edit: impl Fn(&mut Header)) {
        edit(&mut self.listed);
        edit(&mut self.local);
    }

    /// Says the name in both headers.
    pub fn name(&mut self, name: &[u8]) {
        self.both(|header| header.name = name.to_vec());
    }

    /// Packs the content with deflate.
    pub fn deflate(&mut self) {
        let mut packed = Vec::new();
        let level = flate2::Compression::new(9);
        flate2::read::DeflateEncoder::new(&self.content[..], level).read_to_end(&mut packed).expect("deflated");
        self.content = packed;
        let length = self.content.len() as u32;
        self.both(|header| (header.method, header.packed) = (8, length));
    }

    /// Moves checksum and lengths from the local header to a descriptor behind the content.
    pub fn describe(&mut self) {
        self.both(|header| header.flags |= WITH_DESCRIPTOR);
        let said = [0x0807_4b50, self.listed.crc, self.listed.packed, self.listed.bytes];
        self.behind = said.map(u32::to_le_bytes).concat();
        (self.local.crc, self.local.packed, self.local.bytes) = (0, 0, 0);
    }
}

/// What the end record says.
pub struct End {
    pub disk: u64,
    pub disk_of_directory: u64,
    pub entries_here: u64,
    pub entries: u64,
    pub bytes: u64,
    pub at: u64,
    pub comment: u64,
}

impl End {
    /// Leaves all to zip64.
    pub fn open(&mut self) {
        (self.entries_here, self.entries) = (0xffff, 0xffff);
        (self.bytes, self.at) = (0xffff_ffff, 0xffff_ffff);
    }
}

/// What the end record of zip64 says, and where its locator finds it.
pub struct End64 {
    pub entries: u64,
    pub bytes: u64,
    pub at: u64,
    pub located: u64,
}

/// A whole archive, and what may be said differently at its end.
pub struct Zip {
    pub members: Vec<Member>,
    pub before_directory: Vec<u8>,
    pub behind_directory: Vec<u8>,
    /// Edits the end record.
    pub end: fn(&mut End),
    /// Adds the records of zip64, and edits them.
    pub zip64: Option<fn(&mut End64)>,
    pub behind: Vec<u8>,
}

impl Zip {
    pub fn new(harbour: &Harbour) -> Self {
        let members = harbour.files.iter().map(|(path, bytes)| Member::new(&format!("1.0.0/{path}"), bytes)).collect();
        Self {
            members,
            before_directory: Vec::new(),
            behind_directory: Vec::new(),
            end: |_| {},
            zip64: None,
            behind: Vec::new(),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for member in &self.members {
            out.extend(&member.before);
            let at = member.at.unwrap_or(out.len() as u32);
            let Member { local, listed, .. } = member;
            out.extend(b"PK\x03\x04\x14\0");
            out.extend([local.fields(), local.lengths(), local.name.clone(), local.extra.clone()].concat());
            out.extend([&member.content[..], &member.behind].concat());
            directory.extend(b"PK\x01\x02\x1e\x03\x14\0");
            directory.extend([listed.fields(), listed.lengths()].concat());
            directory.extend([member.comment.len() as u16, member.disk, 0].map(u16::to_le_bytes).concat());
            directory.extend([member.attributes, at].map(u32::to_le_bytes).concat());
            directory.extend([&listed.name[..], &listed.extra, &member.comment].concat());
        }
        out.extend(&self.before_directory);
        let entries = self.members.len() as u64;
        let (at, bytes) = (out.len() as u64, directory.len() as u64);
        out.extend(directory);
        out.extend(&self.behind_directory);
        if let Some(edit) = self.zip64 {
            let mut end = End64 { entries, bytes, at, located: out.len() as u64 };
            edit(&mut end);
            out.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
            out.extend([end.entries, end.entries, end.bytes, end.at].map(u64::to_le_bytes).concat());
            out.extend([&b"PK\x06\x07\0\0\0\0"[..], &end.located.to_le_bytes(), &[1, 0, 0, 0]].concat());
        }
        let mut end = End { disk: 0, disk_of_directory: 0, entries_here: entries, entries, bytes, at, comment: 0 };
        (self.end)(&mut end);
        let End { disk, disk_of_directory, entries_here, entries, bytes, at, comment } = end;
        out.extend(b"PK\x05\x06");
        out.extend([disk, disk_of_directory, entries_here, entries].map(|field| (field as u16).to_le_bytes()).concat());
        out.extend([bytes, at].map(|field| (field as u32).to_le_bytes()).concat());
        out.extend((comment as u16).to_le_bytes());
        out.extend(&self.behind);
        out
    }
}
