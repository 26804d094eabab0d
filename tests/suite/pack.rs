//! Releases packed into one file.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::UNIX_EPOCH;

use affiant::io::{self, ReleaseFolder};
use affiant::stage::folder::{Entry, EntryKind};
use serde_json::json;

use crate::house::House;

const RELEASE: &str = "dist/1.0.0";

/// The harbour and its release 1.0.0.
fn harbour() -> House {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    house
}

/// Every entry of a release, and the bytes of its files.
fn everything(release: &ReleaseFolder) -> Vec<(String, Option<Vec<u8>>)> {
    let read = |path: &str| {
        let mut bytes = Vec::new();
        release.folder.open(path).expect("a plain file").read_to_end(&mut bytes).expect("read");
        bytes
    };
    let entry = |entry: Entry| match entry.kind {
        EntryKind::File(length) => {
            let bytes = read(&entry.path);
            assert_eq!(bytes.len() as u64, length);
            (entry.path, Some(bytes))
        }
        EntryKind::Folder => (entry.path, None),
        EntryKind::Other => panic!("{} is neither file nor folder", entry.path),
    };
    release.folder.entries().expect("entries").into_iter().map(entry).collect()
}

#[test]
fn a_packed_release_is_the_folder_again() {
    let house = harbour();
    let folder = everything(&io::open_release(&house.path(RELEASE)).expect("a folder"));
    assert!(folder.iter().filter(|(_, bytes)| bytes.is_none()).count() == 3 && folder.len() > 20);
    let files = folder.iter().filter(|(_, bytes)| bytes.is_some()).count();
    let verdict = house.verify(RELEASE).with_code(0).stdout();
    for format in ["tar.zst", "zip"] {
        let words = house.affiant(&["pack", RELEASE, "--format", format]).with_code(0).stdout();
        let file = format!("harbour-1.0.0.{format}");
        assert!(words.starts_with(&format!("packed harbour-1.0.0: {files} files")) && words.contains(&file), "{words}");
        let release = io::open_release(&house.path(&file)).expect("an archive");
        assert_eq!(release.name, "harbour-1.0.0");
        assert!(everything(&release) == folder, "{format}");
        assert_eq!(house.verify(&file).with_code(0).stdout(), verdict);
        let diff = house.affiant(&["diff", &file, RELEASE, "--trust", "trust", "--exit-code"]).with_code(0).stdout();
        assert!(diff.starts_with(&format!("{file} (1.0.0, verified)")), "{diff}");
    }
}

#[test]
fn the_same_release_gives_the_same_bytes() {
    let pack = |house: &House| {
        ["one.tar.zst", "one.zip"].map(|file| {
            house.affiant(&["pack", RELEASE, "--out", file]).with_code(0);
            house.bytes(file)
        })
    };
    let (house, other) = (harbour(), harbour());
    let file = fs::File::open(other.path("dist/1.0.0/release.json")).expect("a file");
    file.set_modified(UNIX_EPOCH).expect("another time");
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(other.path("dist/1.0.0/bagit.txt"), private).expect("another mode");
    assert!(pack(&house) == pack(&other));
}

#[test]
fn what_is_packed_is_a_release_under_a_free_name() {
    let house = harbour();
    let refused = |arguments: &[&str], reason: &str| {
        let before = house.tree("");
        let ended = house.affiant(&[&["pack"], arguments].concat()).with_code(2);
        assert_eq!(ended.stdout(), "");
        assert!(ended.stderr().contains(reason), "{}", ended.stderr());
        assert_eq!(house.tree(""), before);
    };
    refused(&["dataset"], "no release.json");
    refused(&["absent"], "absent");
    refused(&["key"], "not a folder");
    refused(&[RELEASE, "--out", "key"], "not overwritten");
    refused(&[RELEASE, "--out", "dist/1.0.0/data/new/x.zip"], "in the release itself");
    refused(&[RELEASE, "--out", "x.zip", "--format", "tar.zst"], "a file named .zip would hold a .tar.zst");
    house.write("dist/1.0.0/data/nul.txt", "");
    refused(&[RELEASE], "not a safe path");
    house.remove("dist/1.0.0/data/nul.txt");
    symlink("bagit.txt", house.path("dist/1.0.0/link")).expect("a link");
    refused(&[RELEASE], "only plain files");
    house.remove("dist/1.0.0/link");
    house.swap("dist/1.0.0/release.json", "\"seq\":1", "\"seq\":\"one\"");
    refused(&[RELEASE], "release.json");
}

#[test]
fn what_is_wrong_in_the_folder_is_wrong_in_the_archive() {
    let house = harbour();
    house.swap("dist/1.0.0/data/claims.jsonl", "three workers", "four workers");
    house.affiant(&["pack", RELEASE, "--out", "x.zip"]).with_code(0);
    let ended = house.verify("x.zip").with_code(1);
    assert_eq!(ended.codes(), house.verify(RELEASE).with_code(1).codes());
    assert_eq!(ended.findings()[0]["file"], json!("x.zip/data/claims.jsonl"));
}
