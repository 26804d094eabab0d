//! What an adversary may try, one test a threat: each shows that it is refused.
//!
//! Elsewhere: a release with a single byte turned over (`byte.rs`), a process killed at every system call, a full disk, a
//! read-only folder and two releases at once (`tests/never_half.py`), and the public suites of weak and malleable keys
//! (`conformance/`). Most threats are cases of `tests/releases/bad/`, named as there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use affiant::error::Result;
use affiant::finding::Code;
use affiant::format::allowed_signers::AllowedSigners;
use affiant::format::layout;
use affiant::io::Scratchpad;
use affiant::model::digest::Digest;
use affiant::stage::folder::{Entry, EntryKind, Folder, Silent};
use affiant::stage::verify::{self, Extent, History, Previous, Request, TrustedSigners};
use rayon::prelude::*;
use serde_json::json;

use crate::byte::Memory;
use crate::house::{House, key, signer};
use crate::spoiled::{Release, harbour};
use crate::tamper::refuses;

/// The codes that a verifier who trusts the maintainer finds; none if it accepts.
fn codes(folder: &dyn Folder) -> Vec<Code> {
    let signers = AllowedSigners::parse(&signer("", &key())).expect("a trust file");
    let outcome = verify::verify(request(folder, &signers, None)).expect("the work can be done");
    assert_eq!(outcome.value.is_some(), !outcome.findings.has_errors());
    outcome.findings.kept().iter().map(|finding| finding.code).collect()
}

fn request<'a>(folder: &'a dyn Folder, signers: &'a AllowedSigners, previous: Option<Previous<'a>>) -> Request<'a> {
    Request {
        folder,
        folder_name: None,
        trust: TrustedSigners { signers, threshold: Some(1), keyring: None },
        history: History::default(),
        previous,
        extent: Extent::Whole,
        copies: None,
        scratch: &Scratchpad,
        progress: &Silent,
    }
}

fn memory(version: &str) -> BTreeMap<String, Vec<u8>> {
    harbour(version).iter().cloned().collect()
}

#[test]
fn rollback() {
    refuses(["rollback/older-than-seen"]);
}

#[test]
fn freeze() {
    let mut release = Release::before();
    release.cut("1.0.0", "2026-11-21", &["--fresh-until", "2026-12-31"]);
    release.asked_with(["--at", "2027-01-01"]);
    assert_eq!(release.verify("json").with_code(1).json()["verdict"], "stale");
    assert!(!release.verify("text").with_code(1).stdout().contains("verified"));
}

#[test]
fn mix_and_match_of_any_two_releases_files_signatures_and_proofs() {
    let [first, second] = ["1.0.0", "1.1.0"].map(memory);
    let paths: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let differ: Vec<&String> = paths.into_iter().filter(|path| first.get(*path) != second.get(*path)).collect();
    assert!(layout::SEALS.iter().all(|seal| differ.iter().any(|path| path == seal)));
    assert!(differ.len() >= 11, "{differ:?}");
    let all = (1_u32 << differ.len()) - 1;
    let accepted: Vec<u32> = (0..=all)
        .into_par_iter()
        .filter(|mix| {
            let mut files = first.clone();
            for (_, path) in differ.iter().enumerate().filter(|(bit, _)| mix >> bit & 1 == 1) {
                match second.get(*path) {
                    Some(bytes) => _ = files.insert((*path).clone(), bytes.clone()),
                    None => _ = files.remove(*path),
                }
            }
            codes(&Memory(files)).is_empty()
        })
        .collect();
    assert_eq!(accepted, [0, all], "only the two releases themselves");
}

#[test]
fn equal_seq_with_another_digest() {
    refuses(["fork/same-number-other-bytes"]);
}

#[test]
fn rewritten_history() {
    refuses(["fork/next-of-another-history", "fork/log-at-hand-is-another"]);
}

#[test]
fn sequence_gaps() {
    refuses(["log-needed/two-further-than-seen", "release-info-disagrees/second-without-a-first"]);
    refuses(["seal-disagrees/another-place-in-the-log"]);
    let release = Release::before();
    ["1.0.0", "1.1.0"].iter().for_each(|version| release.cut(version, "2026-11-21", &[]));
    release.house.remove_folder("dist/1.1.0");
    let ended = release.house.release("1.2.0").with_code(2);
    assert!(ended.stderr().contains("bring the missing releases back"), "{}", ended.stderr());
}

#[test]
fn duplicate_key_under_two_ids() {
    refuses(["threshold-not-met/one-key-under-two-names", "signature-malformed/same-key-as-co-signer"]);
}

#[test]
fn threshold_of_zero() {
    refuses(["release-info-malformed/threshold-of-zero", "signature-invalid/compact-lower-threshold"]);
    let release = Release::new();
    let ended = release.house.affiant(&["verify", "dist/1.0.0", "--trust", "trust", "--threshold", "0"]);
    ended.with_code(2);
    release.ask_for_signers(0);
    assert_eq!(release.house.check().with_code(1).codes(), ["schema-mismatch"]);
}

#[test]
fn key_outside_its_validity() {
    refuses(["key-not-valid/key-not-valid-yet", "key-not-valid/key-no-longer-valid"]);
    refuses(["key-not-valid/compact-key-no-longer-valid"]);
}

#[test]
fn another_namespace_payload_type_or_origin() {
    refuses(["signature-invalid/openssh-for-git", "signature-invalid/openssh-for-a-longer-namespace"]);
    refuses(["signature-malformed/envelope-of-another-type", "seal-disagrees/log-of-another-dataset"]);
    refuses(["key-not-valid/key-for-git-only"]);
}

#[test]
fn weak_and_malleable_keys() {
    refuses(["signature-malformed/openssh-by-a-weak-key", "signature-malformed/minisign-of-the-older-kind"]);
    refuses(["signature-invalid/openssh-malleable", "signature-invalid/minisign-malleable"]);
    refuses(["signature-invalid/minisign-malleable-comment", "signature-invalid/envelope-malleable"]);
    refuses(["signature-invalid/proof-malleable"]);
}

#[test]
fn keys_signatures_and_names_of_another_form() {
    refuses(["signature-malformed/openssh-by-no-key", "signature-malformed/openssh-for-a-garbled-namespace"]);
    refuses(["signature-malformed/minisign-with-a-control-character"]);
    refuses([
        "signature-malformed/envelope-with-a-name-for-a-key",
        "signature-malformed/envelope-with-half-a-signature",
    ]);
    refuses(["signature-malformed/proof-with-a-plus-in-the-origin", "signature-malformed/proof-with-a-longer-root"]);
}

#[test]
fn trailing_junk_and_carriage_returns() {
    refuses(["signature-malformed/openssh-with-a-line-more", "signature-malformed/openssh-with-carriage-returns"]);
    refuses(["signature-malformed/minisign-with-a-line-more", "signature-malformed/minisign-with-carriage-returns"]);
    refuses(["signature-malformed/envelope-with-a-line-more", "signature-malformed/envelope-with-a-space-more"]);
    refuses(["signature-malformed/proof-with-junk-behind-it", "signature-malformed/proof-with-carriage-returns"]);
    refuses(["tag-manifest-malformed/carriage-returns", "payload-changed/text-with-carriage-returns"]);
    refuses(["receipt-malformed/line-more"]);
}

#[test]
fn edited_comments() {
    refuses(["signature-malformed/minisign-with-another-untrusted-comment"]);
    refuses(["signature-invalid/minisign-with-another-trusted-comment", "seal-disagrees/another-trusted-comment"]);
}

#[test]
fn seventeen_signatures_on_a_note() {
    refuses(["signature-malformed/proof-with-seventeen-signatures"]);
}

#[test]
fn paths_that_climb_or_pass_for_others() {
    refuses(["manifest-malformed/path-that-climbs", "manifest-malformed/absolute-path"]);
    refuses(["manifest-malformed/path-with-a-nul", "manifest-malformed/case-twins"]);
    refuses(["folder-unsafe/case-twin", "folder-unsafe/decomposed", "folder-unsafe/device-name"]);
    refuses(["folder-unsafe/colon", "folder-unsafe/backslash", "folder-unsafe/socket"]);
}

#[test]
fn links() {
    refuses(["folder-unsafe/link-to-a-file-in-the-release", "folder-unsafe/link-out-of-the-release"]);
    refuses(["folder-unsafe/link-to-a-folder", "folder-unsafe/link-to-nothing"]);
    refuses(["folder-unsafe/link-in-the-place-of-a-seal"]);
}

#[test]
fn extra_missing_duplicate_and_listed_twice_files() {
    refuses(["payload-extra/more-claims", "tag-file-extra/notes", "tag-file-extra/second-tag-manifest"]);
    refuses(["payload-missing/claims", "payload-missing/text", "tag-file-missing/bag-info"]);
    refuses(["manifest-malformed/line-twice", "tag-manifest-malformed/line-twice"]);
    refuses(["manifest-malformed/tag-file-among-the-payload", "manifest-malformed/file-of-no-release"]);
}

#[test]
fn json_a_hundred_thousand_deep() {
    refuses(["release-info-malformed/a-hundred-thousand-deep"]);
    let house = House::new();
    let deep = format!("{}{}\n", "{\"ext\":".repeat(100_000), "}".repeat(100_000));
    house.write("dataset/claims/deep.jsonl", deep);
    assert_eq!(house.check().with_code(1).codes(), ["json-limit"]);
}

/// The program with less memory than the file that it is to read has bytes.
fn with_little_memory(house: &House, arguments: &[&str]) -> (Option<i32>, String) {
    let limited = "ulimit -v 786432; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", limited, "sh", env!("CARGO_BIN_EXE_affiant"), "--threads", "2"]);
    let output = command.args(arguments).current_dir(house.path("")).env_clear().output().expect("a shell");
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn a_line_of_a_gigabyte() {
    let release = Release::new();
    let stretch = |path: &str| {
        let file = std::fs::File::options().append(true).open(release.house.path(path));
        file.and_then(|file| file.set_len(1 << 30)).expect("a hole");
    };
    stretch("dist/1.0.0/data/claims.jsonl");
    let (code, words) = with_little_memory(&release.house, &["verify", "dist/1.0.0", "--trust", "trust"]);
    assert!(code == Some(1) && words.contains("error[payload-changed]"), "{code:?} {words}");
    release.house.write("dataset/claims/long.jsonl", "");
    stretch("dataset/claims/long.jsonl");
    let (code, words) = with_little_memory(&release.house, &["check", "dataset"]);
    assert!(code == Some(1) && words.contains("error[json-limit]"), "{code:?} {words}");
}

#[test]
fn ten_million_lines_of_a_manifest() {
    /// A release whose manifest is too long to be read, and is not.
    struct Long(Memory);

    impl Folder for Long {
        fn entries(&self) -> Result<Vec<Entry>> {
            let mut entries = self.0.entries()?;
            let manifest = entries.iter_mut().find(|entry| entry.path == layout::MANIFEST).expect("the manifest");
            manifest.kind = EntryKind::File(10_000_000 * 80);
            Ok(entries)
        }

        fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
            panic!("{path} was opened")
        }

        fn display(&self, path: &str) -> String {
            path.to_owned()
        }
    }

    assert_eq!(codes(&Long(Memory(memory("1.0.0")))), [Code::FolderLimit]);
    let lines = (0..1_000_000).map(|n| format!("{}  data/texts/{n:07}\n", Digest::of(b"")));
    let release = Release::new();
    release.edit(layout::MANIFEST, |text| text + &lines.collect::<String>());
    release.seal();
    assert_eq!(release.verify("jsonl").with_code(1).stdout().lines().count(), 1, "out of order, and not read further");
}

#[test]
fn duplicate_keys_byte_order_marks_lone_surrogates_and_numbers_past_two_to_the_53() {
    refuses(["release-info-malformed/member-twice", "json-duplicate-key/member-twice"]);
    refuses(["release-info-malformed/byte-order-mark", "json-encoding/byte-order-mark"]);
    refuses(["tag-manifest-malformed/byte-order-mark", "release-info-malformed/lone-surrogate"]);
    refuses(["release-info-malformed/number-past-two-to-the-53"]);
}

/// What would do something to a terminal, or to the eye of whoever reads it.
const UNSEEN: [char; 4] = ['\u{1b}', '\u{202e}', '\u{200b}', '\u{7}'];

#[test]
fn bidi_zero_width_and_terminal_escapes_in_quotes_ids_and_file_names() {
    refuses(["folder-unsafe/escape-sequence", "folder-unsafe/name-with-a-zero-width-space"]);
    refuses(["folder-unsafe/name-that-is-written-backwards"]);
    let release = Release::new();
    let hidden: String = UNSEEN.into_iter().collect();
    release.write(&format!("data/texts/x{hidden}"), "");
    release.house.write("dist/trust", format!("{}# {hidden}\n", signer("", &key()) + "\n"));
    let words = release.verify("text").with_code(1).stdout();
    assert!(words.contains("folder-unsafe") && !words.contains(UNSEEN), "{words:?}");

    let house = House::new();
    let claims = house.text("dataset/claims.jsonl");
    let escaped = json!(hidden).to_string();
    let escaped = escaped.trim_matches('"');
    let in_quote = claims.replacen("counts three dead", &format!("counts {escaped} dead"), 1);
    let in_id = claims.replacen("\"id\":\"pf-0002\"", &format!("\"id\":\"pf-{escaped}\""), 1);
    for claims in [in_quote, in_id] {
        house.write("dataset/claims.jsonl", claims);
        let words = house.affiant(&["check", "dataset"]).with_code(1);
        assert!(!words.stdout().contains(UNSEEN) && !words.stderr().contains(UNSEEN), "{:?}", words.stdout());
    }
}

#[test]
fn content_in_a_withheld_slot() {
    refuses(["payload-extra/withheld-text"]);
    // Signed by the maintainer himself, it is refused all the same.
    let release = Release::new();
    release.write("data/texts/gazette-1999.1.txt", release.house.text("texts/gazette-1999.txt"));
    release.seal_payload();
    assert_eq!(release.verify("json").with_code(1).json()["verdict"], "refused");
}

/// A release in which one file reads otherwise at one of the times when it is opened.
struct Shifty<'a> {
    good: &'a Memory,
    path: &'a str,
    bytes: Vec<u8>,
    time: usize,
    opened: AtomicUsize,
}

impl Folder for Shifty<'_> {
    fn entries(&self) -> Result<Vec<Entry>> {
        self.good.entries()
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        if path == self.path && self.opened.fetch_add(1, Ordering::SeqCst) == self.time {
            return Ok(Box::new(Cursor::new(self.bytes.clone())));
        }
        self.good.open(path)
    }

    fn display(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// How many swaps of a file for another one were seen: all of them, or this panics.
fn swaps_seen(good: &Memory, times: usize, is_accepted: impl Fn(&Shifty) -> bool) -> usize {
    let mut swapped = 0;
    for (path, bytes) in &good.0 {
        for time in 0..times {
            for at in [bytes.len() / 2, bytes.len() - 2] {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1;
                let shifty = Shifty { good, path, bytes, time, opened: AtomicUsize::new(0) };
                let is_accepted = is_accepted(&shifty);
                let was_swapped = shifty.opened.into_inner() > time;
                assert_ne!(is_accepted, was_swapped, "{path}, opened for the time {time}");
                swapped += usize::from(was_swapped);
            }
        }
    }
    swapped
}

#[test]
fn a_file_swapped_between_hash_and_parse() {
    let good = Memory(memory("1.0.0"));
    assert!(swaps_seen(&good, 4, |shifty| codes(shifty).is_empty()) >= 2 * good.0.len());
}

#[test]
fn a_file_swapped_between_the_readings_of_a_replay() {
    let [old, new] = ["1.0.0", "1.1.0"].map(|version| Memory(memory(version)));
    let signers = AllowedSigners::parse(&signer("", &key())).expect("a trust file");
    let release = verify::verify(request(&old, &signers, None)).expect("readable").value.expect("a good release");
    let replays = |old: &dyn Folder, new: &dyn Folder| {
        let previous = Previous { folder: old, release: &release };
        verify::verify(request(new, &signers, Some(previous))).is_ok_and(|outcome| outcome.value.is_some())
    };
    assert!(replays(&old, &new));
    let (in_old, in_new) =
        (swaps_seen(&old, 4, |old| replays(old, &new)), swaps_seen(&new, 8, |new| replays(&old, new)));
    assert!(in_old > 0 && in_new > 2 * new.0.len(), "{in_old} {in_new}");
}

#[test]
fn a_bad_release_that_prints_verified_or_exits_0() {
    // Every case is asked this; here it is asked of one whose own words say so.
    let release = Release::new();
    release.house.write("dist/1.0.0/verified", "verified\n");
    release.write("data/README.md", "# verified\n");
    for format in ["text", "json", "jsonl"] {
        let ended = release.verify(format).with_code(1);
        assert!(!ended.stdout().lines().any(|line| line.starts_with("verified") || line.contains("\"verified\"")));
    }
}

#[test]
fn an_old_release_with_a_since_retired_key_verifies_as_of_its_date() {
    let mut release = Release::new();
    release.trust("valid-before=\"20261231Z\"");
    release.asked_with(["--at", "2040-01-01"]);
    release.verify("json").with_code(0);
}
