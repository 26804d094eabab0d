//! The law of versions, as `affiant release` keeps it.

use serde_json::json;

use crate::house::{Ended, House, signer};
use affiant::format::ed25519::SigningKey;
use affiant::format::private_key;

const CLAIMS: &str = "dataset/claims.jsonl";
const DATASET: &str = "dataset/dataset.json";

/// A house whose first release was made.
fn released() -> House {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    house
}

fn release(house: &House, version: &str, more: &[&str]) -> Ended {
    let arguments = ["release", "dataset", "--texts", "texts", "--version", version, "--date", "2026-11-21"];
    house.affiant(&[&arguments[..], &["--key", "key", "--format", "json"], more].concat())
}

/// Replaces a claim's note.
fn remark(house: &House) {
    house.swap(CLAIMS, "is carried over from the sentence before.", "is carried over.");
}

/// Replaces a claim's value.
fn value(house: &House) {
    house.swap(CLAIMS, r#""lo":3,"hi":3"#, r#""lo":4,"hi":4"#);
}

/// Takes a claim away.
fn removal(house: &House) {
    let claims = house.text(CLAIMS);
    let line = claims.lines().find(|line| line.contains(r#""id":"pf-0005""#)).expect("the claim");
    house.write(CLAIMS, claims.replace(&format!("{line}\n"), ""));
}

#[test]
fn a_version_lower_than_the_law_asks_is_refused() {
    for (edit, law, low, high, bump) in [
        (remark as fn(&House), "living", "1.0.0", "1.0.1", "patch"),
        (value, "living", "1.0.1", "1.1.0", "minor"),
        (remark, "strict", "1.0.0", "1.0.1", "patch"),
        (value, "strict", "1.9.9", "2.0.0", "major"),
    ] {
        let house = House::new();
        house.write(DATASET, house.text(DATASET).replace("\"living\"", &format!("\"{law}\"")));
        house.release("1.0.0").with_code(0);
        edit(&house);
        let refused = release(&house, low, &[]);
        // A version that does not even come after the one before is no question of the law.
        assert!(refused.code() == 2 || refused.codes() == ["version-too-low"], "{}", refused.stdout());
        let info = release(&house, high, &[]).with_code(0).json()["released"].clone();
        assert_eq!(info["changes"]["bump"], bump);
    }
}

#[test]
fn what_no_release_may_hold_is_refused_at_any_version() {
    let house = released();
    removal(&house);
    let refused = release(&house, "9.0.0", &["--allow", "C02"]).with_code(1);
    assert_eq!(refused.codes(), ["change-refused"]);
    assert_eq!(refused.findings()[0]["id"], "pf-0005");
    assert!(!house.path("dist/9.0.0").exists());
}

#[test]
fn what_needs_leave_is_refused_until_it_is_given_by_name() {
    let house = released();
    house.swap(DATASET, "\"CC0-1.0\"", "\"CC-BY-4.0\"");
    assert_eq!(release(&house, "2.0.0", &[]).with_code(1).codes(), ["change-not-allowed"]);
    assert_eq!(release(&house, "2.0.0", &["--allow", "D01"]).with_code(1).codes(), ["change-not-allowed"]);
    assert_eq!(release(&house, "1.0.1", &["--allow", "D02"]).with_code(1).codes(), ["version-too-low"]);
    let info = release(&house, "2.0.0", &["--allow", "d02"]).with_code(0).json()["released"].clone();
    assert_eq!(info["changes"]["allowed"], json!(["D02"]));
    house.verify("dist/2.0.0").with_code(0);
}

#[test]
fn another_signer_needs_leave() {
    let house = released();
    remark(&house);
    house.write("key", private_key::to_openssh(&SigningKey::from_seed(&[9; 32]), "tests").as_bytes());
    assert_eq!(release(&house, "2.0.0", &[]).with_code(1).codes(), ["change-not-allowed"]);
    release(&house, "2.0.0", &["--allow", "D02"]).with_code(0);
    let other = signer("", &SigningKey::from_seed(&[9; 32]));
    house.write("trust", format!("{}\n{other}\n", house.text("trust").trim_end()));
    let from = ["verify", "dist/2.0.0", "--from", "dist/1.0.0", "--trust", "trust", "--format", "json"];
    assert_eq!(house.affiant(&from).with_code(0).json()["changes"]["are"], "replayed");
}

#[test]
fn more_losses_than_the_envelope_allows_need_leave() {
    let house = House::new();
    house.swap(DATASET, "\"threshold\": 1", "\"threshold\": 1, \"envelope\": { \"claim\": 10 }");
    house.release("1.0.0").with_code(0);
    house.swap(
        CLAIMS,
        r#","note":"The voice"#,
        r#","log":[{"on":"2026-11-21","is":"withdrawn","why":"no"}],"note":"The voice"#,
    );
    let refused = release(&house, "2.0.0", &[]).with_code(1);
    assert_eq!(refused.codes(), ["change-not-allowed"]);
    assert!(refused.findings()[0]["message"].as_str().expect("a message").starts_with("D01"));
    release(&house, "2.0.0", &["--allow", "D01"]).with_code(0);
}

#[test]
fn a_release_of_another_previous_payload_is_not_compared() {
    let house = released();
    remark(&house);
    let claims = house.text("dist/1.0.0/data/claims.jsonl");
    house.write("dist/1.0.0/data/claims.jsonl", claims.replace("carried over", "carried  over"));
    let ended = release(&house, "1.1.0", &[]).with_code(2);
    assert!(ended.stderr().contains("is not the file that was signed"), "{}", ended.stderr());
    assert!(!house.path("dist/1.1.0").exists());
}

#[test]
fn nothing_changed_is_a_changelog_too() {
    let house = released();
    let info = release(&house, "1.0.1", &[]).with_code(0).json()["released"].clone();
    assert_eq!(info["changes"]["classes"], json!({}));
    assert!(house.text("dist/1.0.1/data/CHANGELOG.md").contains("Nothing changed."));
    house.verify("dist/1.0.1").with_code(0);
}
