//! Reviewers' approvals: who gives them, what they are worth, and for how long.

use affiant::format::ed25519::SigningKey;
use affiant::format::private_key;
use serde_json::{Value, json};

use crate::house::{Ended, House, key};
use crate::spoiled::Release;

const CLAIMS: &str = "dataset/claims.jsonl";

/// The reviewers' keys, two of which must have approved each change.
const REVIEWERS: [u8; 3] = [11, 12, 13];

/// A house with a first release, whose next one needs approvals.
fn reviewed() -> House {
    let house = House::new();
    let mut declaration = house.json("dataset/dataset.json");
    let line = |seed: &u8| SigningKey::from_seed(&[*seed; 32]).verifying_key().to_openssh_line("").trim().to_owned();
    let keys: Vec<String> = REVIEWERS.iter().map(line).collect();
    declaration["approvals"] = json!({ "needed": 2, "keys": keys });
    house.write("dataset/dataset.json", declaration.to_string());
    for seed in REVIEWERS.iter().chain(&[14]) {
        let file = private_key::to_openssh(&SigningKey::from_seed(&[*seed; 32]), "tests");
        house.write(&format!("reviewer-{seed}"), file.as_bytes());
    }
    house.release("1.0.0").with_code(0);
    house.swap(CLAIMS, r#""lo":3,"hi":3"#, r#""lo":4,"hi":4"#);
    house
}

/// The changes since the first release, in a file; and their fingerprints by id.
fn changes(house: &House) -> Vec<(String, String)> {
    let lines = house.affiant(&["diff", "dist/1.0.0", "dataset", "--format", "jsonl"]).with_code(0).stdout();
    house.write("changes.jsonl", &lines);
    let values = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    values.filter(|line| line.get("fingerprint").is_some()).map(|c| (text(&c["id"]), text(&c["fingerprint"]))).collect()
}

fn approve(house: &House, seed: u8, fingerprints: &[&str]) -> Ended {
    let key = format!("reviewer-{seed}");
    let arguments = ["approve", "changes.jsonl", "--key", &key, "--out", "dataset/approvals"];
    house.affiant(&[&arguments[..], fingerprints].concat())
}

/// Has two reviewers approve everything.
fn approve_all(house: &House) {
    let found = changes(house);
    let fingerprints: Vec<&str> = found.iter().map(|(_, fingerprint)| fingerprint.as_str()).collect();
    approve(house, 11, &fingerprints).with_code(0);
    approve(house, 13, &fingerprints).with_code(0);
}

#[test]
fn a_change_passes_once_enough_reviewers_have_approved_it() {
    let house = reviewed();
    let refused = house.release("1.1.0").with_code(1);
    assert_eq!(refused.codes(), ["approval-missing"]);
    assert_eq!(refused.findings()[0]["id"], "pf-0001");
    let found = changes(&house);
    let told = approve(&house, 11, &[&found[0].1]).with_code(0).stdout();
    assert!(told.contains("C10 value-changed") && told.contains("approved 1 change"), "{told}");
    assert_eq!(house.release("1.1.0").with_code(1).codes(), ["approval-missing"]);
    approve(&house, 12, &[&found[0].1]).with_code(0);
    house.release("1.1.0").with_code(0);
    assert_eq!(house.text("dist/1.1.0/data/approvals.jsonl").lines().count(), 2);
    house.verify("dist/1.1.0").with_code(0);
    let from = ["verify", "dist/1.1.0", "--from", "dist/1.0.0", "--trust", "trust", "--format", "json"];
    assert_eq!(house.affiant(&from).with_code(0).json()["changes"], json!({ "are": "replayed", "count": 1 }));
}

#[test]
fn an_approval_lasts_while_its_change_is_the_same() {
    let house = reviewed();
    approve_all(&house);
    house.swap(CLAIMS, "is carried over from the sentence before.", "is carried over.");
    let refused = house.release("1.1.0").with_code(1);
    assert_eq!(refused.codes(), ["approval-missing"]);
    assert_eq!(refused.findings()[0]["id"], "pf-0003", "only the new change is asked about");
    house.swap(CLAIMS, r#""lo":4,"hi":4"#, r#""lo":5,"hi":5"#);
    assert_eq!(house.release("1.1.0").with_code(1).codes(), ["approval-missing", "approval-missing"]);
}

#[test]
fn what_does_not_count_is_told() {
    let house = reviewed();
    let found = changes(&house);
    let fingerprint = found[0].1.as_str();
    approve(&house, 11, &[fingerprint]).with_code(0);
    approve(&house, 14, &[fingerprint]).with_code(0);
    let codes = house.release("1.1.0").with_code(1).codes();
    assert_eq!(codes, ["approval-not-counted", "approval-missing"]);
    // One reviewer twice is one reviewer.
    house.remove_folder("dataset/approvals");
    approve(&house, 11, &[fingerprint]).with_code(0);
    let (path, bytes) = house.files("dataset/approvals").remove(0);
    house.write(&format!("dataset/approvals/again-{path}"), bytes);
    assert_eq!(house.release("1.1.0").with_code(1).codes(), ["approval-missing"]);
}

#[test]
fn an_approval_of_earlier_changes_is_of_no_use_later() {
    let house = reviewed();
    approve_all(&house);
    house.release("1.1.0").with_code(0);
    house.swap(CLAIMS, r#""lo":4,"hi":4"#, r#""lo":3,"hi":3"#);
    let back = house.affiant(&["diff", "dist/1.1.0", "dataset", "--format", "jsonl"]).stdout();
    assert!(back.contains("C10"));
    let codes = house.release("1.2.0").with_code(1).codes();
    assert_eq!(codes, ["approval-not-counted", "approval-not-counted", "approval-missing"]);
}

#[test]
fn no_change_lifts_its_own_bar() {
    let house = reviewed();
    house.write("dataset/dataset.json", house.text("dataset/dataset.json").replace("\"needed\":2", "\"needed\":1"));
    let found = changes(&house);
    let fingerprints: Vec<&str> = found.iter().map(|(_, fingerprint)| fingerprint.as_str()).collect();
    approve(&house, 11, &fingerprints).with_code(0);
    let codes = house.release("2.0.0").with_code(1).codes();
    assert_eq!(codes, ["change-not-allowed", "approval-missing", "approval-missing"]);
}

#[test]
fn the_rule_itself_goes_by_its_own_leave_only() {
    let house = reviewed();
    let mut declaration = house.json("dataset/dataset.json");
    declaration["approvals"]["classes"] = json!(["C10"]);
    house.write("dataset/dataset.json", declaration.to_string());
    house.swap(CLAIMS, r#""lo":4,"hi":4"#, r#""lo":3,"hi":3"#);
    house.remove_folder("dist");
    house.release("1.0.0").with_code(0);
    declaration.as_object_mut().expect("an object").remove("approvals");
    house.write("dataset/dataset.json", declaration.to_string());
    let arguments = ["release", "dataset", "--texts", "texts", "--version", "2.0.0", "--date", "2026-11-21"];
    let ended = house.affiant(&[&arguments[..], &["--key", "key", "--allow", "D04", "--format", "json"]].concat());
    assert_eq!(ended.with_code(1).codes(), ["approval-missing"]);
}

#[test]
fn an_unknown_fingerprint_approves_nothing() {
    let house = reviewed();
    changes(&house);
    let ended = approve(&house, 11, &["000000000000"]).with_code(2);
    assert!(ended.stderr().contains("0 changes have the fingerprint"), "{}", ended.stderr());
    assert!(!house.path("dataset/approvals").exists());
}

#[test]
fn a_release_without_the_approvals_it_needs_is_refused() {
    let mut release = Release::before();
    release.house = reviewed();
    release.house.write("dist/trust", release.house.text("trust"));
    approve_all(&release.house);
    release.house.release("1.1.0").with_code(0);
    release.version = "1.1.0";
    release.house.verify("dist/1.1.0").with_code(0);
    let first = release.text("data/approvals.jsonl").lines().next().map(|line| format!("{line}\n"));
    release.write("data/approvals.jsonl", first.expect("an approval"));
    resealed(&release, "law-broken");
    release.write("data/approvals.jsonl", "{}\n");
    resealed(&release, "changes-disagree");
    release.remove("data/approvals.jsonl");
    resealed(&release, "law-broken");
}

/// Verifies a release that its own maintainer sealed anew.
fn resealed(release: &Release, code: &str) {
    release.seal_payload();
    let before = release.house.bytes("dist/1.0.0/tagmanifest-sha256.txt");
    release.prove_after(&key(), &before);
    let report = release.verify("json").with_code(1);
    assert_eq!(report.codes()[0], code, "{}", report.stdout());
}
