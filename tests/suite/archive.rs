//! Releases in one file: they verify as their folder does, and no two tools find two contents in them.

mod forged_zip;
mod tar;
mod zip;

use std::fs;
use std::io::Read;
use std::sync::OnceLock;

use affiant::finding::Code;
use affiant::format::allowed_signers::AllowedSigners;
use affiant::io::{self, ReleaseFolder, Scratchpad};
use affiant::stage::folder::Silent;
use affiant::stage::verify::{self, Extent, History, Request, TrustedSigners};
use serde_json::json;

use crate::house::{House, key, signer};
use forged_zip::Zip;
use tar::Tar;

/// The files of the harbour's release 1.0.0.
struct Harbour {
    files: Vec<(String, Vec<u8>)>,
}

impl Harbour {
    fn new() -> &'static Self {
        static HARBOUR: OnceLock<Harbour> = OnceLock::new();
        HARBOUR.get_or_init(|| {
            let house = House::new();
            house.release("1.0.0").with_code(0);
            Self { files: house.files("dist/1.0.0") }
        })
    }
}

/// What the verifier finds in a file with these bytes; nothing if it accepts.
fn said(name: &str, bytes: &[u8]) -> Vec<(Code, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("a file");
    let ReleaseFolder { folder, name } = match io::open_release(&path) {
        Ok(release) => release,
        // Not even the first bytes are those of an archive.
        Err(error) => return vec![(Code::ArchiveMalformed, error.to_string())],
    };
    let signers = AllowedSigners::parse(&signer("", &key())).expect("a trust file");
    let outcome = verify::verify(Request {
        folder: &*folder,
        folder_name: Some(&name),
        history: History::default(),
        previous: None,
        extent: Extent::Whole,
        trust: TrustedSigners { signers: &signers, threshold: Some(1), keyring: None },
        copies: None,
        scratch: &Scratchpad,
        progress: &Silent,
    });
    let outcome = outcome.expect("the work can be done");
    assert_eq!(outcome.value.is_some(), !outcome.findings.has_errors());
    outcome.findings.kept().iter().map(|finding| (finding.code, finding.message.clone())).collect()
}

#[test]
fn a_torn_archive_is_a_finding_and_never_a_verdict() {
    let house = House::new();
    let (zip, tar) = (Zip::new(Harbour::new()).bytes(), Tar::new(Harbour::new()).bytes());
    let tar_zst = zstd::encode_all(&tar[..], 1).expect("packed");
    for (file, bytes) in [("x.zip", zip), ("x.tar", tar), ("x.tar.zst", tar_zst)] {
        house.write(file, &bytes);
        house.verify(file).with_code(0);
        house.write(file, &bytes[..bytes.len() - 1]);
        let ended = house.verify(file).with_code(1);
        assert_eq!(ended.codes(), ["archive-malformed"]);
        assert_eq!(ended.json()["verdict"], "refused");
        assert_eq!(ended.findings()[0]["file"], json!(file));
        let diff = house.affiant(&["diff", file, "dataset"]).with_code(2);
        assert!(diff.stderr().contains(file) && diff.stdout().is_empty(), "{}", diff.stderr());
    }
}

#[test]
fn a_name_that_promises_another_archive_is_refused() {
    let bytes = Zip::new(Harbour::new()).bytes();
    for (name, codes) in [("x", &[][..]), ("x.bin", &[]), ("X.ZIP", &[]), ("x.tar", &[Code::ArchiveMalformed])] {
        let found: Vec<Code> = said(name, &bytes).into_iter().map(|(code, _)| code).collect();
        assert_eq!(found, codes, "{name}");
    }
}

#[test]
fn one_frame_and_nothing_else() {
    let tar = Tar::new(Harbour::new()).bytes();
    let packed = zstd::encode_all(&tar[..], 1).expect("packed");
    assert_eq!(said("r.tar.zst", &packed), []);
    let skippable = b"\x50\x2a\x4d\x18\x04\0\0\0note";
    let half = zstd::encode_all(&tar[..1024], 1).expect("packed");
    let other_half = zstd::encode_all(&tar[1024..], 1).expect("packed");
    let twice = zstd::encode_all(&packed[..], 1).expect("packed");
    for (what, bytes, words) in [
        ("a frame behind it", [&packed[..], &packed].concat(), "follows its Zstandard frame"),
        ("a skippable frame behind it", [&packed[..], skippable].concat(), "follows its Zstandard frame"),
        ("a skippable frame before it", [skippable, &packed[..]].concat(), "neither"),
        ("junk behind it", [&packed[..], b"x"].concat(), "follows its Zstandard frame"),
        ("one tar in two frames", [half, other_half].concat(), "too early"),
        ("a frame in a frame", twice, ""),
        ("half of it", packed[..packed.len() / 2].to_vec(), ""),
        ("nothing of it", packed[..4].to_vec(), ""),
    ] {
        let said = said("r.tar.zst", &bytes);
        let holds = said.len() == 1 && said[0].0 == Code::ArchiveMalformed && said[0].1.contains(words);
        assert!(holds, "{what}: {said:?}");
    }
}

#[test]
fn a_window_too_large_is_a_limit() {
    use std::io::Write;
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
    encoder.window_log(28).expect("a window");
    encoder.write_all(&Tar::new(Harbour::new()).bytes()).expect("packed");
    let said = said("r.tar.zst", &encoder.finish().expect("packed"));
    assert!(said.len() == 1 && said[0].0 == Code::FolderLimit && said[0].1.contains("134217728"), "{said:?}");
}

#[test]
fn a_bomb_is_stopped_before_it_is_large() {
    let bytes = 1 << 31;
    let mut header = ::tar::Header::new_gnu();
    header.set_size(bytes);
    let mut builder = ::tar::Builder::new(zstd::Encoder::new(Vec::new(), 1).expect("an encoder"));
    builder.append_data(&mut header, "1.0.0/data/claims.jsonl", std::io::repeat(0).take(bytes)).expect("packed");
    let packed = builder.into_inner().and_then(zstd::Encoder::finish).expect("packed");
    assert!(packed.len() < 1 << 18);
    let said = said("r.tar.zst", &packed);
    assert!(said.len() == 1 && said[0].0 == Code::FolderLimit && said[0].1.contains("its size allows"), "{said:?}");
}
