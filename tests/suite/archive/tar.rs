//! Tar archives put together block by block, and what can be wrong with them.

use affiant::finding::Code::{self, ArchiveMalformed, FolderLimit, FolderUnsafe};

use super::{Harbour, said};

/// A header and what stands behind it.
struct Member {
    /// 512 bytes; the checksum is put in at the end.
    header: Vec<u8>,
    content: Vec<u8>,
}

impl Member {
    fn new(name: &str, kind: u8, content: &[u8]) -> Self {
        let mut member = Self { header: vec![0; 512], content: content.to_vec() };
        member.set(0, name.as_bytes());
        member.set(100, b"0000644\0");
        member.set(124, format!("{:011o}\0", content.len()).as_bytes());
        member.set(156, &[kind]);
        member.set(257, b"ustar\x0000");
        member
    }

    fn file(name: &str, content: &[u8]) -> Self {
        Self::new(name, b'0', content)
    }

    /// A pax header with these records.
    fn pax(kind: u8, records: &[(&str, &str)]) -> Self {
        let record = |(keyword, value): &(&str, &str)| {
            let rest = keyword.len() + value.len() + 3;
            let digits = (1..4).find(|digits| (rest + digits).to_string().len() == *digits).expect("a length");
            format!("{} {keyword}={value}\n", rest + digits)
        };
        Self::new("pax", kind, records.iter().map(record).collect::<String>().as_bytes())
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        self.header[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn gnu(mut self) -> Self {
        self.set(257, b"ustar  \0");
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut header = self.header.clone();
        if header[148..156] == [0; 8] {
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        let rest = self.content.len().wrapping_neg() % 512;
        [&header[..], &self.content, &vec![0; rest]].concat()
    }
}

/// A whole archive.
pub struct Tar {
    members: Vec<Member>,
    end: Vec<u8>,
}

impl Tar {
    pub fn new(harbour: &Harbour) -> Self {
        let members = harbour.files.iter().map(|(path, bytes)| Member::file(&format!("1.0.0/{path}"), bytes));
        Self { members: members.collect(), end: vec![0; 1024] }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let members: Vec<u8> = self.members.iter().flat_map(Member::bytes).collect();
        [members, self.end.clone()].concat()
    }

    fn insert(&mut self, member: Member) {
        self.members.insert(0, member);
    }
}

/// What the reader says of an archive after an edit: of the tar, and of the tar packed, which must be the same.
fn after(edit: impl FnOnce(&mut Tar)) -> Vec<(Code, String)> {
    let mut tar = Tar::new(Harbour::new());
    edit(&mut tar);
    let plain = said("release.tar", &tar.bytes());
    let packed = zstd::encode_all(&tar.bytes()[..], 1).expect("packed");
    assert_eq!(said("release.tar.zst", &packed), plain);
    plain
}

type Case = (fn(&mut Tar), Code, &'static str);

const WHOLE: &[Case] = &[
    (|tar| tar.end.clear(), ArchiveMalformed, "too early"),
    (|tar| tar.end.truncate(512), ArchiveMalformed, "too early"),
    (|tar| tar.end.extend(b"junk"), ArchiveMalformed, "follows the end"),
    (|tar| tar.end.extend(Member::file("1.0.0/x", b"").bytes()), ArchiveMalformed, "follows the end"),
    (
        |tar| {
            tar.end.truncate(512);
            tar.end.extend(Tar::new(Harbour::new()).bytes());
        },
        ArchiveMalformed,
        "empty block",
    ),
    (|tar| tar.end.extend(Tar::new(Harbour::new()).bytes()), ArchiveMalformed, "follows the end"),
    (|tar| tar.members[1].content.clear(), ArchiveMalformed, "checksum"),
    (|tar| tar.members[1].set(148, b"0000000\0"), ArchiveMalformed, "checksum"),
    (|tar| tar.members[1].set(257, &[0; 8]), ArchiveMalformed, "neither POSIX"),
    (|tar| tar.members[1].set(263, b"01"), ArchiveMalformed, "neither POSIX"),
    (
        |tar| {
            tar.members[1].set(257, b"ustar  \0");
            tar.members[1].set(345, b"other");
        },
        ArchiveMalformed,
        "part of the name",
    ),
];

const LENGTHS: &[Case] = &[
    (|tar| tar.members[0].set(124, b"         72 "), ArchiveMalformed, "tar writes numbers"),
    (|tar| tar.members[0].set(124, b"72\0\0\0\0\0\0\0\0\0\0"), ArchiveMalformed, "tar writes numbers"),
    (|tar| tar.members[0].set(124, b"-0000000072\0"), ArchiveMalformed, "tar writes numbers"),
    (|tar| tar.members[0].set(124, b"00000000089\0"), ArchiveMalformed, "tar writes numbers"),
    (|tar| tar.members[0].set(124, b"\x80\0\0\0\0\0\0\0\0\0\0\x40"), ArchiveMalformed, "tar writes numbers"),
    (|tar| tar.members[0].set(124, &[0xff; 12]), ArchiveMalformed, "tar writes numbers"),
    (|tar| tar.members[0].set(124, b"\x80\0\0\0\x7f\0\0\0\0\0\0\0"), ArchiveMalformed, "too early"),
    (|tar| tar.members[0].set(124, b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"), ArchiveMalformed, "too early"),
    (|tar| tar.insert(Member::pax(b'x', &[("size", "1")])), ArchiveMalformed, "different lengths"),
    (|tar| tar.insert(Member::pax(b'x', &[("size", "01")])), ArchiveMalformed, "number"),
    (|tar| tar.insert(Member::new("1.0.0/data/", b'5', b"x")), ArchiveMalformed, "only some tools pass over"),
    (|tar| tar.insert(Member::new("1.0.0/link", b'1', b"x")), ArchiveMalformed, "only some tools pass over"),
    (|tar| tar.insert(Member::new("1.0.0/link", b'2', b"x")), ArchiveMalformed, "only some tools pass over"),
    (|tar| tar.insert(Member::new("pax", b'x', &[b'x'; 65_537])), FolderLimit, "65536 at most"),
    (|tar| tar.insert(Member::new("pax", b'g', &[b'x'; 65_537])), FolderLimit, "65536 at most"),
    (|tar| tar.insert(Member::new("long", b'L', &[b'x'; 65_537])), FolderLimit, "65536 at most"),
    (|tar| tar.insert(Member::new("long", b'K', &[b'x'; 65_537])), FolderLimit, "65536 at most"),
];

const AHEAD: &[Case] = &[
    (
        |tar| {
            tar.insert(Member::pax(b'x', &[("path", "1.0.0/a")]));
            tar.insert(Member::pax(b'x', &[("path", "1.0.0/b")]));
        },
        ArchiveMalformed,
        "two pax headers",
    ),
    (
        |tar| {
            tar.insert(Member::new("long", b'L', b"1.0.0/a\0"));
            tar.insert(Member::pax(b'x', &[("path", "1.0.0/b")]));
        },
        ArchiveMalformed,
        "name one entry",
    ),
    (
        |tar| {
            tar.insert(Member::new("long", b'L', b"1.0.0/a\0"));
            tar.insert(Member::new("long", b'L', b"1.0.0/b\0"));
        },
        ArchiveMalformed,
        "name one entry",
    ),
    (
        |tar| {
            tar.insert(Member::new("long", b'K', b"a\0"));
            tar.insert(Member::new("long", b'K', b"b\0"));
        },
        ArchiveMalformed,
        "one link",
    ),
    (|tar| tar.insert(Member::pax(b'x', &[("path", "")])), ArchiveMalformed, "takes its name away"),
    (|tar| tar.insert(Member::pax(b'x', &[("path", "a"), ("path", "b")])), ArchiveMalformed, "twice"),
    (|tar| tar.insert(Member::new("pax", b'x', b"11 path=a\n")), ArchiveMalformed, "not lines of"),
    (|tar| tar.insert(Member::pax(b'g', &[("path", "1.0.0/bag-info.txt")])), ArchiveMalformed, "for all entries"),
    (|tar| tar.insert(Member::pax(b'g', &[("size", "0")])), ArchiveMalformed, "for all entries"),
    (|tar| tar.members.push(Member::pax(b'x', &[("mtime", "1")])), ArchiveMalformed, "does not follow"),
    (|tar| tar.members.push(Member::new("long", b'L', b"a\0")), ArchiveMalformed, "does not follow"),
];

const KINDS: &[Case] = &[
    (|tar| tar.insert(Member::new("1.0.0/data/x", b'1', b"")), FolderUnsafe, "a link"),
    (|tar| tar.insert(Member::new("1.0.0/data/x", b'2', b"")), FolderUnsafe, "a link"),
    (|tar| tar.insert(Member::new("1.0.0/data/x", b'3', b"")), FolderUnsafe, "a device"),
    (|tar| tar.insert(Member::new("1.0.0/data/x", b'4', b"")), FolderUnsafe, "a device"),
    (|tar| tar.insert(Member::new("1.0.0/data/x", b'6', b"")), FolderUnsafe, "a pipe"),
    (|tar| tar.members[0].set(156, b"7"), FolderUnsafe, "not a plain file"),
    (|tar| tar.members[0].set(156, b"Z"), FolderUnsafe, "not a plain file"),
    (|tar| tar.insert(Member::new("1.0.0/data/x", b'S', b"").gnu()), FolderUnsafe, "sparse"),
    (
        |tar| {
            let mut sparse = Member::new("1.0.0/data/x", b'S', b"").gnu();
            sparse.set(482, &[1]);
            let mut map = [0; 512];
            map[504] = 1;
            sparse.content = [map, [0; 512]].concat();
            tar.insert(sparse);
        },
        FolderUnsafe,
        "sparse",
    ),
    (|tar| tar.insert(Member::pax(b'x', &[("GNU.sparse.major", "1")])), FolderUnsafe, "sparse"),
    (|tar| tar.insert(Member::pax(b'x', &[("SCHILY.realsize", "1")])), FolderUnsafe, "sparse"),
    // A folder, as tars of the seventies wrote it.
    (|tar| tar.insert(Member::file("1.0.0/data/", b"")), FolderUnsafe, "relative"),
];

const NAMES: &[Case] = &[
    (|tar| tar.insert(Member::file("1.0.0/../x", b"")), FolderUnsafe, "`..`"),
    (|tar| tar.insert(Member::file("../x", b"")), FolderUnsafe, "`..`"),
    (|tar| tar.members.push(Member::file("/etc/passwd", b"")), FolderUnsafe, "relative"),
    (|tar| tar.members.push(Member::file("other/x", b"")), FolderUnsafe, "relative"),
    (|tar| tar.insert(Member::file("1.0.0/..\\x", b"")), FolderUnsafe, "\\"),
    (|tar| tar.insert(Member::pax(b'x', &[("path", "1.0.0/bag-info.txt\0x")])), FolderUnsafe, "control"),
    (|tar| tar.insert(Member::new("long", b'L', b"1.0.0/a\0b\0")), FolderUnsafe, "control"),
    (|tar| tar.members[0].set(9, b"\xff"), FolderUnsafe, "invisible"),
    (|tar| tar.members[0].set(345, b"other"), FolderUnsafe, "relative"),
    (|tar| tar.members.push(Member::file("1.0.0/bagit.txt", b"")), FolderUnsafe, "for one"),
    (|tar| tar.members.push(Member::file("1.0.0/Bagit.txt", b"")), FolderUnsafe, "for one"),
    (|tar| tar.members.push(Member::new("1.0.0/bagit.txt", b'5', b"")), FolderUnsafe, "for one"),
    (|tar| tar.insert(Member::new("long", b'L', &[b'n'; 4097])), FolderLimit, "4096 at most"),
    (|tar| tar.members.push(Member::file("1.0.0/notes.txt", b"")), Code::TagFileExtra, "mentions"),
    (|tar| _ = tar.members.pop(), Code::SignatureMissing, "missing"),
];

#[test]
fn nothing_is_left_to_guess() {
    for (number, (edit, code, words)) in [WHOLE, LENGTHS, AHEAD, KINDS, NAMES].into_iter().flatten().enumerate() {
        let said = after(edit);
        let holds = said.first().is_some_and(|(found, message)| found == code && message.contains(words));
        assert!(holds, "case {number}: expected {code} {words:?}, got {said:?}");
    }
}

/// Other ways to say the same, as other tools say it.
const ACCEPTED: &[fn(&mut Tar)] = &[
    |_| {},
    |tar| tar.members.reverse(),
    |tar| tar.end.extend([0; 8192]),
    |tar| tar.members = std::mem::take(&mut tar.members).into_iter().map(Member::gnu).collect(),
    |tar| tar.members[0].set(156, &[0]),
    |tar| tar.members[0].set(135, b" "),
    |tar| {
        let length = format!("{:012o}", tar.members[0].content.len());
        tar.members[0].set(124, length.as_bytes());
    },
    |tar| {
        tar.members[0].set(0, &[0; 100]);
        tar.members[0].set(0, b"bag-info.txt");
        tar.members[0].set(345, b"1.0.0");
    },
    |tar| {
        tar.members[0].set(0, b"another name");
        tar.insert(Member::new("././@LongLink", b'L', b"1.0.0/bag-info.txt\0").gnu());
    },
    |tar| {
        tar.members[0].set(0, b"another name");
        let size = tar.members[0].content.len().to_string();
        tar.insert(Member::pax(b'x', &[("mtime", "1.5"), ("path", "1.0.0/bag-info.txt"), ("size", &size)]));
    },
    |tar| tar.insert(Member::pax(b'g', &[("comment", "a commit")])),
    |tar| {
        for folder in ["1.0.0/data/texts/", "1.0.0/data", "1.0.0/"] {
            tar.insert(Member::new(folder, b'5', b""));
        }
    },
];

#[test]
fn other_ways_to_say_the_same_are_taken() {
    for (number, edit) in ACCEPTED.iter().enumerate() {
        assert_eq!(after(edit), [], "case {number}");
    }
}
