//! What can be wrong with a zip, and what cannot.

use affiant::finding::Code;

use super::forged_zip::{End, FILE, Member, UTF8, Zip};
use super::{Harbour, said};

/// What the reader says of an archive after an edit.
fn after(edit: impl FnOnce(&mut Zip)) -> Vec<(Code, String)> {
    let harbour = Harbour::new();
    let mut zip = Zip::new(harbour);
    edit(&mut zip);
    said("release.zip", &zip.bytes())
}

/// What an archive is edited into, and what must be said of it.
type Case = (fn(&mut Zip), &'static str);

fn first(zip: &mut Zip) -> &mut Member {
    &mut zip.members[0]
}

/// The first member, packed, with a descriptor behind it.
fn described(zip: &mut Zip) -> &mut Member {
    let member = first(zip);
    member.deflate();
    member.describe();
    member
}

const WHOLE: &[Case] = &[
    (|zip| zip.members[0].before = b"#!/bin/sh\n".to_vec(), "neither"),
    (|zip| zip.members[1].before = b"junk".to_vec(), "no entry"),
    (|zip| zip.before_directory = b"junk".to_vec(), "no entry"),
    (|zip| zip.behind_directory = b"junk".to_vec(), "right before its end record"),
    (|zip| zip.behind = b"junk".to_vec(), "end record"),
    (
        |zip| {
            zip.end = |end| end.comment = 4;
            zip.behind = b"note".to_vec();
        },
        "without a comment",
    ),
    // The comment is another whole archive, or holds another end record.
    (
        |zip| {
            zip.behind = Zip::new(Harbour::new()).bytes();
            zip.end = |end| end.comment = 999;
        },
        "right before its end record",
    ),
    (
        |zip| {
            zip.end = |end| end.comment = 22;
            zip.behind = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        },
        "right before its end record",
    ),
    (|zip| zip.end = |end| end.disk = 1, "several"),
    (|zip| zip.end = |end| end.entries_here -= 1, "several"),
    (
        |zip| {
            zip.end = |end| (end.entries_here, end.entries) = (end.entries - 1, end.entries - 1);
        },
        "more entries than",
    ),
    (
        |zip| {
            zip.end = |end| (end.entries_here, end.entries) = (end.entries + 1, end.entries + 1);
        },
        "too early",
    ),
    (|zip| zip.end = |end| end.bytes -= 1, "right before its end record"),
    (
        |zip| {
            zip.end = |end| (end.bytes, end.at) = (end.bytes - 1, end.at + 1);
        },
        "header in the central directory",
    ),
    (|zip| zip.zip64 = Some(|end| end.entries += 1), "disagree"),
    (|zip| zip.zip64 = Some(|end| end.bytes -= 1), "disagree"),
    (|zip| zip.zip64 = Some(|end| end.at -= 1), "disagree"),
    (|zip| zip.zip64 = Some(|end| end.located -= 1), "zip64 end record"),
    (
        |zip| {
            zip.end = End::open;
            zip.zip64 = Some(|end| end.bytes = u64::MAX);
        },
        "right before its end record",
    ),
];

const HEADERS: &[Case] = &[
    (|zip| first(zip).local.name[8] ^= 1, "two ways"),
    (|zip| first(zip).local.name.push(b'x'), "two ways"),
    (|zip| first(zip).local.method = 8, "two ways"),
    (|zip| first(zip).local.flags = UTF8, "two ways"),
    (|zip| first(zip).local.time = 1, "two ways"),
    (|zip| first(zip).local.crc ^= 1, "two ways"),
    (|zip| first(zip).local.crc = 0, "two ways"),
    (|zip| first(zip).local.bytes -= 1, "two ways"),
    (|zip| first(zip).local.packed -= 1, "two ways"),
    (|zip| first(zip).both(|header| header.crc ^= 1), "not what its header says"),
    (|zip| first(zip).both(|header| header.bytes += 1), "not what its header says"),
    (|zip| first(zip).both(|header| header.bytes -= 1), "longer than its header says"),
    (|zip| first(zip).both(|header| header.packed -= 1), "not what its header says"),
    (|zip| first(zip).both(|header| header.packed += 1), "entry behind it"),
    (|zip| first(zip).both(|header| header.packed = u32::MAX - 1), "entry behind it"),
    (|zip| first(zip).both(|header| header.method = 12), "method 12"),
    (|zip| first(zip).both(|header| header.method = 93), "method 93"),
    (|zip| first(zip).both(|header| header.flags = 1 << 5), "flags"),
    (|zip| first(zip).both(|header| header.flags = 1 << 4), "flags"),
    (|zip| first(zip).comment = b"a note".to_vec(), "comment"),
    (|zip| first(zip).disk = 1, "another part"),
    // Two entries share their bytes.
    (|zip| zip.members[1].at = Some(0), "entry behind it"),
    (
        |zip| {
            zip.members[1].at = Some(0);
            zip.members[1].listed = zip.members[0].listed.clone();
        },
        "entry behind it",
    ),
    (|zip| zip.members[1].at = Some(u32::MAX - 1), "no entry"),
    // A local entry that the directory does not list.
    (
        |zip| {
            let hidden = Zip { members: vec![Member::new("1.0.0/hidden", b"x")], ..Zip::new(Harbour::new()) }.bytes();
            zip.members[1].before = hidden[..43].to_vec();
        },
        "no entry",
    ),
    (|zip| first(zip).attributes = FILE | 16, "a folder to others"),
    (|zip| first(zip).attributes = 0o040_755 << 16, "a folder to others"),
    (|zip| first(zip).name(b"1.0.0/bag-info.txt/"), "a folder to others"),
    (|zip| first(zip).name(b"1.0.0/"), "a folder to others"),
];

const EXTRAS: &[Case] = &[
    // Info-ZIP's Unicode path, AES, strong encryption, and one that nobody knows.
    (|zip| first(zip).listed.extra = b"\x75\x70\x06\0\x01\0\0\0\0x".to_vec(), "0x7075"),
    (|zip| first(zip).local.extra = b"\x75\x70\x06\0\x01\0\0\0\0x".to_vec(), "0x7075"),
    (|zip| first(zip).listed.extra = b"\x01\x99\x07\0\x02\0AE\x03\x08\0".to_vec(), "0x9901"),
    (|zip| first(zip).listed.extra = b"\x17\0\0\0".to_vec(), "0x0017"),
    (|zip| first(zip).local.extra = b"\xff\xff\0\0".to_vec(), "0xffff"),
    (|zip| first(zip).local.extra = b"UT\x05\0\x01\0\0\0".to_vec(), "too short"),
    (|zip| first(zip).listed.extra = b"UT".to_vec(), "too short"),
    // zip64 lengths that nothing asks for, that are asked for and missing, said twice, or wrong.
    (|zip| first(zip).listed.extra = [&b"\x01\0\x08\0"[..], &[0; 8]].concat(), "nothing asks for"),
    (|zip| first(zip).local.extra = [&b"\x01\0\x08\0"[..], &[0; 8]].concat(), "nothing asks for"),
    (|zip| first(zip).listed.bytes = u32::MAX, "too short"),
    (
        |zip| {
            first(zip).listed.bytes = u32::MAX;
            first(zip).listed.extra = [&b"\x01\0\x08\0"[..], &[0; 8]].concat().repeat(2);
        },
        "twice",
    ),
    (
        |zip| {
            first(zip).local.bytes = u32::MAX;
            first(zip).local.extra = [&b"\x01\0\x08\0"[..], &[1; 8]].concat();
        },
        "two ways",
    ),
];

const CONTENT: &[Case] = &[
    (
        |zip| {
            first(zip).deflate();
            first(zip).content.push(0);
            first(zip).both(|header| header.packed += 1);
        },
        "some behind them",
    ),
    (
        |zip| {
            first(zip).deflate();
            first(zip).content.pop();
            first(zip).both(|header| header.packed -= 1);
        },
        "no end",
    ),
    // A block of deflate that says that another one follows.
    (
        |zip| {
            first(zip).content = b"\0\x01\0\xfe\xffx".to_vec();
            let said = Member::new("", b"x").listed;
            first(zip).both(|header| {
                (header.method, header.crc, header.packed, header.bytes) = (8, said.crc, 6, 1);
            });
        },
        "no end",
    ),
    (|zip| first(zip).both(|header| header.method = 8), "deflate"),
    (|zip| first(zip).describe(), "must be guessed"),
    (|zip| described(zip).behind[5] ^= 1, "says something else"),
    (|zip| _ = described(zip).behind.drain(..4), "no entry"),
    (|zip| described(zip).behind.extend([0; 8]), "says something else"),
    (|zip| described(zip).behind.clear(), "no entry"),
];

const TOO_MUCH: &[Case] = &[
    (
        |zip| {
            zip.end = End::open;
            zip.zip64 = Some(|end| end.entries = 4_000_001);
        },
        "4000001 entries",
    ),
    (|zip| first(zip).name(&b"n".repeat(4097)), "4096 at most"),
    (|zip| first(zip).both(|header| header.bytes = u32::MAX - 1), "the most that its size allows"),
    (
        |zip| {
            first(zip).listed.bytes = u32::MAX;
            first(zip).listed.extra = [&b"\x01\0\x08\0"[..], &u64::MAX.to_le_bytes()].concat();
        },
        "the most that its size allows",
    ),
];

const UNSAFE: &[Case] = &[
    (|zip| first(zip).attributes = 0o120_777 << 16, "a link"),
    (|zip| first(zip).attributes = 0o020_644 << 16, "a link"),
    (|zip| first(zip).attributes = FILE | 8, "a link"),
    (|zip| first(zip).both(|header| header.flags = 1), "locked"),
    (|zip| first(zip).both(|header| header.flags = 1 | 1 << 6), "locked"),
    (|zip| first(zip).both(|header| header.flags = 1 << 13), "locked"),
    (|zip| first(zip).name(b"1.0.0/../bag-info.txt"), "`..`"),
    (|zip| first(zip).name(b"../bag-info.txt"), "`..`"),
    (|zip| zip.members[1].name(b"../../etc/passwd"), "`..`"),
    (|zip| zip.members[1].name(b"/etc/passwd"), "relative"),
    (|zip| zip.members[1].name(b"other/bagit.txt"), "relative"),
    (|zip| zip.members[1].name(b"1.0.0\\bagit.txt"), "relative"),
    (|zip| first(zip).name(b"1.0.0/..\\bagit.txt"), "\\"),
    (|zip| first(zip).name(b"1.0.0/C:bagit.txt"), "\\ :"),
    (|zip| first(zip).name(b"1.0.0/bag\0info.txt"), "control"),
    (|zip| first(zip).name(b"1.0.0/bag-info.txt\0.exe"), "control"),
    (|zip| first(zip).name(b"1.0.0//bag-info.txt"), "relative"),
    (|zip| first(zip).name(b"1.0.0/./bag-info.txt"), "relative"),
    (|zip| first(zip).name(b"1.0.0"), "1 to 1024 bytes"),
    (|zip| zip.members[1].name(b""), "relative"),
    (|zip| first(zip).name(b"1.0.0/caf\xe9"), "invisible"),
    // UTF-8, but without the flag that says so; and with it, but not UTF-8.
    (|zip| first(zip).name("1.0.0/caf\u{e9}".as_bytes()), "invisible"),
    (
        |zip| {
            first(zip).name(b"1.0.0/caf\xe9");
            first(zip).both(|header| header.flags = UTF8);
        },
        "invisible",
    ),
    (|zip| zip.members.push(Member::new("1.0.0/bagit.txt", b"")), "for one"),
    (|zip| zip.members.push(Member::new("1.0.0/BagIt.txt", b"")), "for one"),
];

#[test]
fn every_byte_is_accounted_for() {
    let malformed = [WHOLE, HEADERS, EXTRAS, CONTENT].map(|cases| (Code::ArchiveMalformed, cases));
    let others = [(Code::FolderLimit, TOO_MUCH), (Code::FolderUnsafe, UNSAFE)];
    for (code, cases) in malformed.into_iter().chain(others) {
        for (number, (edit, words)) in cases.iter().enumerate() {
            let said = after(edit);
            let holds = said.first().is_some_and(|(found, message)| *found == code && message.contains(words));
            assert!(holds, "case {number} of {}: expected {code} {words:?}, got {said:?}", cases.len());
        }
    }
}

#[test]
fn a_sound_archive_is_judged_by_what_it_holds() {
    assert_eq!(after(|zip| zip.members.clear())[0].0, Code::TagFileMissing);
    assert_eq!(after(|zip| zip.members.push(Member::new("1.0.0/notes.txt", b"")))[0].0, Code::TagFileExtra);
}

/// Other ways to say the same, as other tools say it.
const ACCEPTED: &[fn(&mut Zip)] = &[
    |_| {},
    |zip| zip.members.reverse(),
    |zip| zip.members.iter_mut().for_each(Member::deflate),
    |zip| {
        for member in &mut zip.members {
            member.deflate();
            member.describe();
        }
    },
    // Info-ZIP, writing to a pipe, knows the length of the content beforehand.
    |zip| {
        let member = described(zip);
        member.local.bytes = member.listed.bytes;
    },
    |zip| first(zip).both(|header| header.flags = UTF8),
    |zip| first(zip).attributes = 0,
    |zip| first(zip).attributes = 0x20,
    |zip| first(zip).local.extra = b"UT\x05\0\x01\0\0\0\0ux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0".to_vec(),
    |zip| first(zip).listed.extra = b"\x0a\0\x04\0\0\0\0\0\xfe\xca\0\0".to_vec(),
    // Lengths in 64 bits where 32 would do, in front of the content, in the directory and behind the content.
    |zip| {
        let lengths = [first(zip).listed.bytes, 0, first(zip).listed.packed, 0].map(u32::to_le_bytes).concat();
        (first(zip).local.bytes, first(zip).local.packed) = (u32::MAX, u32::MAX);
        first(zip).local.extra = [&b"\x01\0\x10\0"[..], &lengths].concat();
    },
    |zip| {
        let lengths = [first(zip).listed.bytes, 0].map(u32::to_le_bytes).concat();
        first(zip).listed.bytes = u32::MAX;
        first(zip).listed.extra = [&b"\x01\0\x08\0"[..], &lengths].concat();
    },
    |zip| {
        let member = described(zip);
        let lengths = [member.listed.packed, 0, member.listed.bytes, 0].map(u32::to_le_bytes).concat();
        member.behind.truncate(8);
        member.behind.extend(lengths);
    },
    |zip| zip.zip64 = Some(|_| {}),
    |zip| {
        zip.end = End::open;
        zip.zip64 = Some(|_| {});
    },
    |zip| {
        let folders = ["1.0.0/", "1.0.0/data/", "1.0.0/data/texts/"];
        zip.members.extend(folders.map(|name| Member { attributes: 0o040_755 << 16 | 16, ..Member::new(name, b"") }));
    },
    // An empty folder of a jar is packed all the same.
    |zip| {
        let mut folder = Member { attributes: 0, ..Member::new("1.0.0/data/", b"") };
        folder.deflate();
        folder.describe();
        zip.members.insert(0, folder);
    },
    |zip| {
        for member in &mut zip.members {
            let name = String::from_utf8(member.listed.name.clone()).expect("ASCII");
            member.name(name.replacen("1.0.0", "harbour-1.0.0", 1).as_bytes());
        }
    },
];

#[test]
fn other_ways_to_say_the_same_are_taken() {
    for (number, edit) in ACCEPTED.iter().enumerate() {
        assert_eq!(after(edit), [], "case {number}");
    }
}

#[test]
fn order_in_the_directory_does_not_matter() {
    let zip = Zip::new(Harbour::new());
    let bytes = zip.bytes();
    let mut turned = bytes.clone();
    let at = bytes.windows(4).position(|four| four == b"PK\x01\x02").expect("a directory");
    let lengths: Vec<usize> = zip.members.iter().map(|member| 46 + member.listed.name.len()).collect();
    let (first, second) = (lengths[0], lengths[1]);
    turned[at..at + first + second].rotate_left(first);
    assert!(turned != bytes);
    assert_eq!(said("release.zip", &turned), []);
}
