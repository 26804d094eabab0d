//! Step 3: exactly the tag files that were signed.

use affiant::finding::Code;
use affiant::format::layout::{BAG_DECLARATION, BAG_INFO, MANIFEST, RELEASE_INFO, TAG_MANIFEST};
use affiant::model::digest::Digest;
use serde_json::json;

use super::Case;
use crate::house::key;
use crate::spoiled::Release;

/// Signs an edited tag manifest.
fn signed(release: &Release, edit: impl FnOnce(String) -> String) {
    release.edit(TAG_MANIFEST, edit);
    release.sign(&key());
}

pub const TAG_FILES: &[Case] = &[
    Case::new(Code::TagManifestMalformed, "last-line-not-ended", TAG_MANIFEST, |r| {
        signed(r, |text| text.trim_end().to_owned());
    }),
    Case::new(Code::TagManifestMalformed, "lines-in-reverse", TAG_MANIFEST, |r| {
        signed(r, |text| text.split_inclusive('\n').rev().collect());
    }),
    Case::new(Code::TagManifestMalformed, "line-left-out", TAG_MANIFEST, |r| {
        signed(r, |text| text.split_inclusive('\n').skip(1).collect());
    }),
    Case::new(Code::TagManifestMalformed, "line-twice", TAG_MANIFEST, |r| {
        signed(r, |text| text.split_inclusive('\n').take(1).map(|line| line.repeat(2)).collect::<String>() + &text);
    }),
    Case::new(Code::TagManifestMalformed, "line-of-another-file", TAG_MANIFEST, |r| {
        signed(r, |text| text + &format!("{}  zz.txt\n", Digest::of(b"")));
        r.write("zz.txt", "");
    }),
    Case::new(Code::TagManifestMalformed, "carriage-returns", TAG_MANIFEST, |r| {
        signed(r, |text| text.replace('\n', "\r\n"));
    }),
    Case::new(Code::TagManifestMalformed, "byte-order-mark", TAG_MANIFEST, |r| {
        signed(r, |text| format!("\u{feff}{text}"))
    }),
    Case::new(Code::TagManifestMalformed, "capital-hex", TAG_MANIFEST, |r| {
        signed(r, |text| text.replacen(|c: char| c.is_ascii_lowercase(), "A", 1));
    }),
    Case::new(Code::TagFileMissing, "tag-manifest", TAG_MANIFEST, |r| r.remove(TAG_MANIFEST)),
    Case::new(Code::TagFileMissing, "bag-info", BAG_INFO, |r| r.remove(BAG_INFO)),
    Case::new(Code::TagFileMissing, "manifest-under-another-name", MANIFEST, |r| {
        r.write("manifest-sha256.text", r.text(MANIFEST));
        r.remove(MANIFEST);
    }),
    Case::new(Code::TagFileExtra, "notes", "notes.txt", |r| r.write("notes.txt", "")),
    Case::new(Code::TagFileExtra, "folder-beside-the-payload", "database/claims.jsonl", |r| {
        r.write("database/claims.jsonl", "");
    }),
    Case::new(Code::TagFileExtra, "second-tag-manifest", "tagmanifest-sha512.txt", |r| {
        r.write("tagmanifest-sha512.txt", "");
    }),
    Case::new(Code::TagFileExtra, "seal-of-a-misspelled-key-id", "tagmanifest-sha256.txt.0123456789ABCDEF.sig", |r| {
        r.write("tagmanifest-sha256.txt.0123456789ABCDEF.sig", "");
    }),
    Case::new(Code::TagFileChanged, "release-info", RELEASE_INFO, |r| r.info(|info| info["seq"] = json!(2))),
    Case::new(Code::TagFileChanged, "release-info-of-the-next-release", RELEASE_INFO, |r| {
        r.take_from_second(RELEASE_INFO);
    }),
    Case::new(Code::TagFileChanged, "bag-declaration", BAG_DECLARATION, |r| r.swap(BAG_DECLARATION, "1.0", "0.97")),
];
