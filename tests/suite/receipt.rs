//! Receipts: what stands in them, what became of their claim since, and that every byte of them counts.

use affiant::format::allowed_signers::AllowedSigners;
use affiant::format::compact_receipt::CompactReceipt;
use affiant::format::receipt::Receipt;
use affiant::io::Scratchpad;
use affiant::stage::compact_receipt;
use affiant::stage::folder::Silent;
use affiant::stage::receipt::{self, ReceiptFolder};
use affiant::stage::verify::{Extent, History, Request, TrustedSigners};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::house::{Ended, House};
use crate::spoiled::Release;

const CLAIM: &str = "pf-0001";
const DAY: &str = "2026-11-21";

/// A release in `dist/1.0.0`, and both kinds of receipts of a claim beside it.
fn handed_out() -> Release {
    let release = Release::new();
    for (file, more) in [("receipt", &[][..]), ("compact", &["--compact"])] {
        let arguments = ["receipt", "dist/1.0.0", CLAIM, "--out", file];
        release.house.affiant(&[&arguments[..], more].concat()).with_code(0);
    }
    release
}

fn verify(house: &House, file: &str, more: &[&str]) -> Ended {
    let arguments = ["verify", file, "--trust", "trust", "--format", "json"];
    house.affiant(&[&arguments[..], more].concat())
}

#[test]
fn a_receipt_stands_by_itself() {
    let release = handed_out();
    release.house.remove_folder("dist");
    for file in ["receipt", "compact"] {
        let report = verify(&release.house, file, &[]).with_code(0).json();
        assert_eq!(report["verdict"], "verified", "{file}");
        assert_eq!(report["claim"]["id"], CLAIM);
        assert_eq!(report["status"]["status"], "disputed");
        assert_eq!(report["since"], "not checked");
        let words = release.house.affiant(&["verify", file, "--trust", "trust"]).with_code(0).stdout();
        assert!(words.contains("counts three dead") && words.ends_with("verified\n"), "{words}");
    }
}

#[test]
fn a_receipt_is_made_once_and_of_what_is_there() {
    let release = handed_out();
    let before = release.house.bytes("receipt");
    release.house.affiant(&["receipt", "dist/1.0.0", CLAIM, "--out", "receipt"]).with_code(2);
    assert_eq!(release.house.bytes("receipt"), before);
    let printed = release.house.affiant(&["receipt", "dist/1.0.0", CLAIM]).with_code(0);
    assert_eq!(printed.0.stdout, before);
    release.house.affiant(&["receipt", "dist/1.0.0", "pf-9999", "--out", "none"]).with_code(2);
    release.swap("data/claims.jsonl", "three workers", "four workers");
    release.house.affiant(&["receipt", "dist/1.0.0", CLAIM, "--out", "none"]).with_code(2);
    assert!(!release.house.path("none").exists());
}

#[test]
fn every_changed_byte_of_a_receipt_is_refused() {
    let release = handed_out();
    let signers = AllowedSigners::parse(&release.house.text("trust")).expect("a trust file");
    let trust = TrustedSigners { signers: &signers, threshold: Some(1), keyring: None };
    let whole = |bytes: &[u8]| {
        let receipt = Receipt::parse(bytes).ok()?;
        let folder = ReceiptFolder::new(&receipt, "receipt");
        let request = Request {
            folder: &folder,
            folder_name: None,
            trust,
            history: History::default(),
            previous: None,
            extent: Extent::Receipt,
            copies: None,
            scratch: &Scratchpad,
            progress: &Silent,
        };
        receipt::verify(&receipt, request).expect("the work can be done").value.map(|_| ())
    };
    let compact = |bytes: &[u8]| {
        let receipt = CompactReceipt::parse(std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?).ok()?;
        compact_receipt::verify(&receipt, "compact", trust).value.map(|_| ())
    };
    is_brittle(&release.house.bytes("receipt"), whole);
    is_brittle(&release.house.bytes("compact"), compact);
}

/// Shows that bytes are accepted as they are, and with no single bit turned over nor anything more or less.
fn is_brittle(bytes: &[u8], accept: impl Fn(&[u8]) -> Option<()> + Sync) {
    assert!(accept(bytes).is_some());
    let turned = |at: &usize| {
        let mut bytes = bytes.to_vec();
        bytes[*at] ^= 1 << (at % 8);
        accept(&bytes).is_some()
    };
    let accepted: Vec<usize> = (0..bytes.len()).into_par_iter().filter(turned).collect();
    assert_eq!(accepted, [0_usize; 0]);
    let (first, last) = (&bytes[1..], &bytes[..bytes.len() - 1]);
    for other in [first, last, &[], &[bytes, b"\n"].concat(), &[bytes, bytes].concat()] {
        assert!(accept(other).is_none());
    }
}

/// What became of the claim in release 1.1.0, cut of a dataset whose claims were edited.
fn since(edit: impl FnOnce(Vec<Value>) -> Vec<Value>) -> [Value; 2] {
    since_in("1.1.0", edit)
}

fn since_in(version: &str, edit: impl FnOnce(Vec<Value>) -> Vec<Value>) -> [Value; 2] {
    let release = handed_out();
    let claims = release.house.text("dataset/claims.jsonl");
    let claims = claims.lines().map(|line| serde_json::from_str(line).expect("a claim")).collect();
    let lines: String = edit(claims).iter().map(|claim| format!("{claim}\n")).collect();
    release.house.write("dataset/claims.jsonl", lines);
    release.cut(version, DAY, &[]);
    ["receipt", "compact"].map(|file| {
        let newer = format!("dist/{version}");
        let report = verify(&release.house, file, &["--newer", &newer]).with_code(0).json();
        assert_eq!(report["since"]["version"], version);
        report["since"].clone()
    })
}

#[test]
fn a_newer_release_says_what_became_of_the_claim() {
    for since in since(|claims| claims) {
        assert_eq!(json!([since["is"], since["status"]["status"]]), json!(["unchanged", "disputed"]));
    }
    let noted = |mut claims: Vec<Value>| {
        claims[0]["note"] = json!("A note.");
        claims
    };
    for since in since(noted) {
        assert_eq!(json!([since["is"], since["status"]["status"]]), json!(["changed", "disputed"]));
    }
    let withdrawn = |mut claims: Vec<Value>| {
        claims[0]["log"] = json!([{ "on": "2026-11-21", "is": "withdrawn", "why": "it was an error" }]);
        claims
    };
    for since in since(withdrawn) {
        assert_eq!(json!([since["is"], since["status"]["status"]]), json!(["changed", "retracted"]));
    }
}

#[test]
fn a_claim_may_be_gone_from_a_newer_release() {
    let rekeyed = |claims: Vec<Value>| {
        let rekey = |mut claim: Value| {
            claim.as_object_mut().expect("an object").remove("links");
            if claim["id"] == CLAIM {
                claim["id"] = json!("pf-0009");
            }
            claim
        };
        claims.into_iter().map(rekey).collect()
    };
    for since in since_in("2.0.0", rekeyed) {
        assert_eq!(json!([since["is"], since["status"]]), json!(["gone", null]));
    }
}

#[test]
fn a_newer_release_that_does_not_verify_says_nothing() {
    let release = handed_out();
    release.place("1.1.0");
    release.house.swap("dist/1.1.0/release.json", "\"seq\":2", "\"seq\":3");
    for file in ["receipt", "compact"] {
        assert_eq!(verify(&release.house, file, &["--newer", "dist/1.1.0"]).with_code(1).codes(), ["tag-file-changed"]);
    }
}

#[test]
fn a_receipt_outlives_its_key() {
    let release = handed_out();
    release.trust("valid-before=\"20261231Z\"");
    release.house.rename("dist/trust", "trust");
    for file in ["receipt", "compact"] {
        verify(&release.house, file, &["--at", "2040-01-01"]).with_code(0);
    }
}

#[test]
fn words_reach_a_terminal_without_their_escapes() {
    let release = Release::before();
    let edited =
        release.house.text("dataset/claims.jsonl").replacen("\"log\":[{", "\"note\":\"\\u001b[2J\",\"log\":[{", 1);
    release.house.write("dataset/claims.jsonl", edited.replace("was doubted", "was \\u001b[31mdoubted\\u202e\\u200b"));
    release.cut("1.0.0", DAY, &[]);
    release.house.affiant(&["receipt", "dist/1.0.0", "pf-0004", "--out", "receipt"]).with_code(0);
    release.house.affiant(&["receipt", "dist/1.0.0", "pf-0004", "--compact", "--out", "compact"]).with_code(0);
    for file in ["receipt", "compact"] {
        let words = release.house.affiant(&["verify", file, "--trust", "trust"]).with_code(0).stdout();
        assert!(words.contains("doubted"), "{words}");
        assert!(!words.contains(['\u{1b}', '\u{202e}', '\u{200b}']), "{words:?}");
    }
}
