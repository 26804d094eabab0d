//! Step 1: what a release's folder may not hold.

use std::os::unix::net::UnixListener;

use affiant::finding::Code;
use affiant::format::layout;

use super::Case;

const CLAIMS: &str = "data/claims.jsonl";

pub const KEPT: &[Case] = &[
    Case::new(Code::FolderUnsafe, "link-to-a-file-in-the-release", "data/alias.jsonl", |r| {
        r.link("data/alias.jsonl", "claims.jsonl");
    }),
    Case::new(Code::FolderUnsafe, "link-out-of-the-release", CLAIMS, |r| {
        r.house.rename("dist/1.0.0/data/claims.jsonl", "dist/claims.jsonl");
        r.link(CLAIMS, "../../claims.jsonl");
    }),
    Case::new(Code::FolderUnsafe, "link-to-a-folder", "data/schemas/more", |r| r.link("data/schemas/more", "../texts")),
    Case::new(Code::FolderUnsafe, "link-to-nothing", "data/texts/lost", |r| r.link("data/texts/lost", "nowhere")),
    Case::new(Code::FolderUnsafe, "link-in-the-place-of-a-seal", layout::SIGNATURE, |r| {
        r.house.rename("dist/1.0.0/tagmanifest-sha256.txt.sig", "dist/signature");
        r.link(layout::SIGNATURE, "../signature");
    }),
    Case::new(Code::FolderUnsafe, "name-with-a-zero-width-space", "data/texts/gazette\u{200b}.txt", |r| {
        r.write("data/texts/gazette\u{200b}.txt", "");
    }),
    Case::new(Code::FolderUnsafe, "name-that-is-written-backwards", "data/texts/\u{202e}txt.1.txt", |r| {
        r.write("data/texts/\u{202e}txt.1.txt", "");
    }),
];

/// What not every file system, archive or version control can hold.
pub const MADE: &[Case] = &[
    Case::new(Code::FolderUnsafe, "case-twin", CLAIMS, |r| r.write("data/Claims.jsonl", "")),
    Case::new(Code::FolderUnsafe, "colon", "data/\u{441}laims:1", |r| r.write("data/\u{441}laims:1", "")),
    Case::new(Code::FolderUnsafe, "decomposed", "data/e\u{301}", |r| r.write("data/e\u{301}", "")),
    Case::new(Code::FolderUnsafe, "device-name", "nul.txt", |r| r.write("nul.txt", "")),
    Case::new(Code::FolderUnsafe, "escape-sequence", "data/\u{1b}[2J", |r| r.write("data/\u{1b}[2J", "")),
    Case::new(Code::FolderUnsafe, "backslash", "data\\claims.jsonl", |r| r.write("data\\claims.jsonl", "")),
    Case::new(Code::FolderUnsafe, "socket", "data/socket", |r| {
        UnixListener::bind(r.house.path("dist/1.0.0/data/socket")).map(drop).expect("a socket");
    }),
    Case::new(Code::FolderLimit, "tag-file-of-256-mib", layout::BAG_INFO, |r| {
        let file = std::fs::File::options().write(true).open(r.house.path("dist/1.0.0/bag-info.txt"));
        file.and_then(|file| file.set_len((256 << 20) + 1)).expect("a hole");
    }),
];
