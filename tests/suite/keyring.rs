//! Keyrings: keys come and go, and releases stay good as of their own day.

mod broken;

use affiant::finding::Code;
use affiant::format::dsse::Envelope;
use affiant::format::ed25519::SigningKey;
use affiant::format::keyring::{Keyring, KeyringTerms, PAYLOAD_TYPE, SignedKeyring};
use affiant::format::{allowed_signers, layout, private_key};
use affiant::io::DiskFolder;
use affiant::stage::keyring::{self, KeyringChain, Turn};
use serde_json::{Value, json};

use crate::house::{Ended, House, key};

/// The end of a key that signs no more from 2030 on.
const UNTIL_2029: &str = "valid-before=\"20291231Z\"";
/// The same from 2035 on.
const UNTIL_2034: &str = "valid-before=\"20341231Z\"";

fn seed(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// A line of allowed_signers for a key, with options behind its namespace.
fn line((seed_of_key, options): (u8, &str)) -> String {
    let options = if options.is_empty() { String::new() } else { format!(",{options}") };
    let key = seed(seed_of_key).verifying_key().to_openssh_line("");
    format!("key-{seed_of_key} namespaces=\"affiant-release\"{options} {}\n", key.trim_end())
}

/// What is to be changed of a good keyring before it is signed.
type Edit<'a> = &'a dyn Fn(&mut KeyringTerms);

/// A house with keyrings in the folder `keyring`.
struct Chain(House);

impl Chain {
    fn new() -> Self {
        Self(House::new())
    }

    /// Four keyrings of which the last has none of the keys of the first in force: 7, then 7 and 8, then 8 and 9 under
    /// a threshold of two, then 9 and 10.
    fn good() -> Self {
        let chain = Self::new();
        chain.add(1, "2026-11-21", 1, &[(7, "")], &[7]);
        chain.add(2, "2028-01-01", 1, &[(7, ""), (8, "")], &[7]);
        chain.add(3, "2030-01-01", 2, &[(7, UNTIL_2029), (8, ""), (9, "")], &[8, 9]);
        chain.add(4, "2035-01-01", 2, &[(7, UNTIL_2029), (8, UNTIL_2034), (9, ""), (10, "")], &[8, 9, 10]);
        chain
    }

    fn add(&self, version: u64, date: &str, threshold: u32, keys: &[(u8, &str)], signed_by: &[u8]) {
        self.add_edited(version, date, threshold, keys, signed_by, &|_| ());
    }

    fn add_edited(&self, version: u64, date: &str, threshold: u32, keys: &[(u8, &str)], signed_by: &[u8], edit: Edit) {
        let mut terms = KeyringTerms {
            dataset: "harbour".parse().expect("an id"),
            date: date.parse().expect("a day"),
            previous: (version > 1).then(|| self.keyring(version - 1).keyring().digest()),
            signers: keys.iter().copied().map(line).collect(),
            threshold,
            version,
        };
        edit(&mut terms);
        let payload = affiant::format::canonical::to_vec(&terms);
        let mut envelope = Envelope::sign(&seed(signed_by[0]), PAYLOAD_TYPE, &payload).expect("signs");
        signed_by[1..].iter().for_each(|by| envelope.add(&seed(*by)).expect("another key"));
        self.0.write(&path(version), envelope.to_bytes());
    }

    fn keyring(&self, version: u64) -> SignedKeyring {
        SignedKeyring::parse(&self.0.bytes(&path(version))).expect("a keyring")
    }

    fn chain(&self) -> KeyringChain {
        let folder = DiskFolder::open(self.0.path("keyring")).expect("a folder");
        keyring::read(&folder).expect("readable").value.expect("a whole chain")
    }

    fn check(&self, arguments: &[&str]) -> Ended {
        self.0.affiant(&[&["keyring", "keyring", "--format", "json"], arguments].concat())
    }

    /// That the chain is refused, and for which reason, in which file.
    fn refused(&self, arguments: &[&str], code: Code, version: u64) {
        let ended = self.check(arguments).with_code(1);
        let report = ended.json();
        let first = &report["findings"][0];
        let said = json!([report["verdict"], first["code"], first["file"]]);
        assert_eq!(said, json!(["refused", code.name(), path(version)]), "{}", ended.stdout());
        let words = self.0.affiant(&[&["keyring", "keyring"], arguments].concat()).with_code(1).stdout();
        assert!(words.contains("REFUSED") && !words.contains("\ntrusted"), "{words}");
    }

    /// Cuts a release signed by the keys with these seeds, the first of them first.
    fn release(&self, version: &str, date: &str, signed_by: &[u8]) -> String {
        let house = &self.0;
        for by in signed_by {
            house.write(&format!("key-{by}"), private_key::to_openssh(&seed(*by), "tests").as_bytes());
        }
        let key = format!("key-{}", signed_by[0]);
        let arguments = ["release", "dataset", "--texts", "texts", "--version", version, "--date", date];
        house.affiant(&[&arguments[..], &["--allow", "D02", "--key", &key]].concat()).with_code(0);
        let release = format!("dist/{version}");
        house.write("first", line((signed_by[0], "")));
        for by in &signed_by[1..] {
            let key = format!("key-{by}");
            let arguments = ["sign", &release, "--trust", "first", "--texts", "texts", "--key", &key];
            house.affiant(&arguments).with_code(0);
        }
        release
    }

    fn verify(&self, release: &str, arguments: &[&str]) -> Ended {
        let start = ["verify", release, "--trust", "trust", "--keyring", "keyring", "--format", "json"];
        let arguments = if arguments.is_empty() { &["--no-state"] } else { arguments };
        self.0.affiant(&[&start[..], arguments].concat())
    }
}

fn path(version: u64) -> String {
    format!("keyring/{version}.json")
}

#[test]
fn four_keyrings_lead_from_the_first_key_to_others() {
    let chain = Chain::good();
    let report = chain.check(&["--trust", "trust"]).with_code(0).json();
    assert_eq!((&report["verdict"], &report["root"]), (&json!("trusted"), &json!(1)));
    assert_eq!(report["keyrings"].as_array().map(Vec::len), Some(4));
    let chain = chain.chain();
    let turns = |version: usize| -> Vec<Turn> {
        let mut changes: Vec<_> = chain.links()[version - 1].changes().iter().collect();
        changes.sort_by_key(|change| change.principal.clone());
        changes.into_iter().map(|change| change.turn).collect()
    };
    let second = |day: &str| day.parse::<affiant::model::date::Day>().expect("a day").unix_seconds();
    assert_eq!(turns(1), [Turn::Added]);
    assert_eq!(turns(2), [Turn::Added]);
    assert_eq!(turns(3), [Turn::Retired(second("2029-12-31")), Turn::Added]);
    assert_eq!(turns(4), [Turn::Added, Turn::Retired(second("2034-12-31"))]);
    let last = &chain.links()[3];
    assert_eq!((last.count_before(), last.count_own(), last.signatures().len()), (2, 2, 3));
}

#[test]
fn a_release_verifies_as_of_its_own_day() {
    let chain = Chain::good();
    let old = chain.release("1.0.0", "2026-11-21", &[7]);
    let report = chain.verify(&old, &["--no-state", "--at", "2036-06-01"]).with_code(0).json();
    assert_eq!(report["authentic"]["threshold"], json!(1), "as many as the keyring of that time asked for");

    let late = chain.release("1.1.0", "2030-01-01", &[7, 8]);
    assert_eq!(chain.verify(&late, &[]).with_code(1).codes(), ["key-not-valid", "threshold-not-met"]);
    let alone = chain.release("1.2.0", "2031-01-01", &[8]);
    assert_eq!(chain.verify(&alone, &[]).with_code(1).codes(), ["threshold-not-met"]);
    let both = chain.release("1.3.0", "2034-12-31", &[8, 9]);
    let report = chain.verify(&both, &[]).with_code(0).json();
    assert_eq!(report["authentic"]["threshold"], json!(2));
    let new = chain.release("1.4.0", "2035-01-01", &[9, 10]);
    chain.verify(&new, &[]).with_code(0);
    let without = ["verify", &new, "--trust", "trust", "--no-state", "--format", "json"];
    assert_eq!(chain.0.affiant(&without).with_code(1).codes(), ["key-not-trusted"]);
}

#[test]
fn a_receipt_is_judged_by_the_same_keyring() {
    let chain = Chain::good();
    let release = chain.release("1.0.0", "2026-11-21", &[7]);
    for compact in [false, true] {
        let receipt = if compact { "compact" } else { "whole" };
        let arguments = ["receipt", &release, "pf-0001", "--out", receipt, "--compact"];
        chain.0.affiant(if compact { &arguments } else { &arguments[..5] }).with_code(0);
        chain.verify(receipt, &[]).with_code(0);
    }
    chain.add(5, "2036-01-01", 1, &[(9, ""), (10, "")], &[9, 10]);
    for receipt in ["whole", "compact"] {
        assert_eq!(chain.verify(receipt, &[]).with_code(1).codes(), ["key-not-trusted"], "the key was removed");
    }
}

#[test]
fn trust_enters_at_any_keyring() {
    let chain = Chain::good();
    chain.0.write("strangers", line((11, "")));
    chain.refused(&["--trust", "strangers"], Code::KeyringNotTrusted, 4);
    chain.0.write("later", line((8, "")) + &line((9, "")));
    let report = chain.check(&["--trust", "later"]).with_code(0).json();
    assert_eq!(report["root"], 3, "one of two keys is not enough, and keyring 2 was signed by 7 alone");
    chain.0.write("one", line((9, "")));
    chain.refused(&["--trust", "one"], Code::KeyringNotTrusted, 4);
    chain.0.write("expired", line((7, "valid-before=\"20261120Z\"")));
    chain.refused(&["--trust", "expired"], Code::KeyringNotTrusted, 4);
    for version in 1..=4 {
        let report = chain.check(&["--trust", &path(version)]).with_code(0).json();
        assert_eq!(report["root"], json!(version));
    }
    chain.0.affiant(&["keyring", "keyring"]).with_code(0);
    assert_eq!(chain.check(&[]).with_code(0).json()["verdict"], "not trusted");
}

#[test]
fn a_reader_who_asks_for_two_keys_asks_at_every_step() {
    let chain = Chain::new();
    chain.add(1, "2026-11-21", 1, &[(7, ""), (8, "")], &[7, 8]);
    chain.add(2, "2027-01-01", 1, &[(7, ""), (8, ""), (9, "")], &[7]);
    chain.0.write("trust", line((7, "")) + &line((8, "")));
    chain.check(&["--trust", "trust"]).with_code(0);
    chain.refused(&["--trust", "trust", "--threshold", "2"], Code::KeyringNotTrusted, 2);
    chain.refused(&["--trust", "trust", "--threshold", "3"], Code::KeyringNotTrusted, 2);
}

#[test]
fn a_pinned_keyring_is_a_trust_file_of_its_own() {
    let chain = Chain::good();
    let release = chain.release("1.0.0", "2026-11-21", &[7]);
    let pinned = |version| chain.0.affiant(&["verify", &release, "--trust", &path(version), "--no-state"]);
    pinned(1).with_code(0);
    pinned(2).with_code(0);
    pinned(4).with_code(1);
    let other = Chain::new();
    other.add(1, "2026-11-21", 1, &[(7, ""), (9, "")], &[7]);
    chain.0.write("pinned", other.0.bytes(&path(1)));
    chain.refused(&["--trust", "pinned"], Code::KeyringFork, 4);
    chain.0.write("pinned", chain.0.bytes(&path(4)));
    chain.0.remove(&path(4));
    chain.refused(&["--trust", "pinned"], Code::KeyringRollback, 3);
}

#[test]
fn a_keyring_speaks_for_its_own_dataset_only() {
    let chain = Chain::new();
    let market = |terms: &mut KeyringTerms| terms.dataset = "market".parse().expect("an id");
    chain.add_edited(1, "2026-11-21", 1, &[(7, "")], &[7], &market);
    let release = chain.release("1.0.0", "2026-11-21", &[7]);
    assert_eq!(chain.verify(&release, &[]).with_code(1).codes(), ["keyring-disagrees"]);
    chain.0.affiant(&["receipt", &release, "pf-0001", "--compact", "--out", "compact"]).with_code(0);
    assert_eq!(chain.verify("compact", &[]).with_code(1).codes(), ["keyring-disagrees"]);
    chain.0.affiant(&["verify", &release, "--trust", "trust", "--no-state"]).with_code(0);
}

#[test]
fn a_reader_remembers_the_newest_keyring() {
    let chain = Chain::good();
    let release = chain.release("1.0.0", "2026-11-21", &[7]);
    let state = ["--state", "state"];
    chain.verify(&release, &state).with_code(0);
    let seen = chain.0.json("state/harbour.json");
    let head = json!({ "version": 4, "sha256": chain.keyring(4).keyring().digest() });
    assert_eq!(seen["keyring"], head);

    // Without --keyring it stays remembered.
    chain.0.affiant(&["verify", &release, "--trust", "trust", "--state", "state"]).with_code(0);
    assert_eq!(chain.0.json("state/harbour.json"), seen);

    let fourth = chain.0.bytes(&path(4));
    chain.0.remove(&path(4));
    assert_eq!(chain.verify(&release, &state).with_code(1).codes(), ["keyring-rollback"]);
    let keys = [(7, UNTIL_2029), (8, ""), (9, ""), (12, "")];
    chain.add(4, "2035-01-01", 2, &keys, &[8, 9, 12]);
    assert_eq!(chain.verify(&release, &state).with_code(1).codes(), ["keyring-fork"]);
    chain.verify(&release, &[]).with_code(0);

    // More signatures on the same keyring are no fork, and a newer one behind it is none either.
    chain.0.write(&path(4), fourth);
    chain.add(5, "2036-01-01", 1, &[(7, UNTIL_2029), (10, "")], &[9, 10]);
    chain.verify(&release, &state).with_code(0);
    assert_eq!(chain.0.json("state/harbour.json")["keyring"]["version"], 5);
}

#[test]
fn dates_only_go_forward() {
    let chain = Chain::good();
    let earlier = chain.release("1.0.0", "2029-06-01", &[7]);
    chain.verify(&earlier, &["--state", "state"]).with_code(0);
    // Whoever stole the retired key makes a second release in a folder of his own, and dates it back.
    chain.0.rename("dist", "kept");
    chain.release("1.0.0", "2028-01-01", &[7]);
    let later = chain.release("1.1.0", "2028-01-01", &[7]);
    let codes = chain.verify(&later, &["--state", "state"]).with_code(1).codes();
    assert!(codes.contains(&"date-goes-back".to_owned()), "{codes:?}");
}

#[test]
fn a_diff_may_follow_the_keyrings() {
    let chain = Chain::good();
    let old = chain.release("1.0.0", "2026-11-21", &[7]);
    let new = chain.release("1.1.0", "2035-01-01", &[9, 10]);
    let arguments = ["diff", &old, &new, "--trust", "trust", "--keyring", "keyring"];
    chain.0.affiant(&arguments).with_code(0);
    chain.0.affiant(&arguments[..5]).with_code(2);
    chain.0.remove(&path(2));
    chain.0.affiant(&arguments).with_code(2);
}

/// Runs `affiant rotate` with these keys.
fn rotate(house: &House, date: &str, threshold: &str, keys: &[(u8, &str)], signed_by: &[u8]) -> Ended {
    house.write("signers", keys.iter().copied().map(line).collect::<String>());
    let mut arguments =
        ["rotate", "keyring", "--signers", "signers", "--threshold", threshold, "--date", date].to_vec();
    let files: Vec<String> = signed_by.iter().map(|by| format!("key-{by}")).collect();
    for (by, file) in signed_by.iter().zip(&files) {
        house.write(file, private_key::to_openssh(&seed(*by), "tests").as_bytes());
        arguments.extend(["--key", file]);
    }
    if !house.path(&path(1)).exists() {
        arguments.extend(["--dataset", "harbour"]);
    }
    house.affiant(&arguments)
}

#[test]
fn rotate_and_sign_write_what_the_chain_asks_for() {
    let (house, chain) = (House::new(), Chain::good());
    rotate(&house, "2026-11-21", "1", &[(7, "")], &[7]).with_code(0);
    rotate(&house, "2028-01-01", "1", &[(7, ""), (8, "")], &[7]).with_code(0);
    let words = rotate(&house, "2030-01-01", "2", &[(7, UNTIL_2029), (8, ""), (9, "")], &[8]).with_code(0).stdout();
    assert!(words.contains("not to be published yet"), "{words}");
    house.affiant(&["keyring", "keyring"]).with_code(1);
    let keys = [(7, UNTIL_2029), (8, UNTIL_2034), (9, ""), (10, "")];
    rotate(&house, "2035-01-01", "2", &keys, &[8, 9, 10]).with_code(1);

    let sign = |version, by: u8| {
        house.write(&format!("key-{by}"), private_key::to_openssh(&seed(by), "tests").as_bytes());
        house.affiant(&["sign", &path(version), "--key", &format!("key-{by}")])
    };
    let stranger = sign(3, 11).with_code(2);
    assert!(stranger.stderr().contains("no key of it"), "{}", stranger.stderr());
    let words = sign(3, 9).with_code(0).stdout();
    assert!(!words.contains("not to be published"), "{words}");
    assert!(sign(3, 9).with_code(2).stderr().contains("already signed"));
    rotate(&house, "2035-01-01", "2", &keys, &[10, 9, 8]).with_code(0);
    assert!(house.files("keyring") == chain.0.files("keyring"), "the same keyrings, byte for byte");
    assert_eq!(house.tree("keyring").len(), 4);
}

#[test]
fn rotate_refuses_what_could_not_follow() {
    let house = House::new();
    let refused = |ended: Ended, words: &str| {
        let ended = ended.with_code(2);
        assert!(ended.stderr().contains(words), "{words}: {}", ended.stderr());
    };
    refused(rotate(&house, "2026-11-21", "0", &[(7, "")], &[7]), "threshold is 0");
    refused(rotate(&house, "2026-11-21", "2", &[(7, "")], &[7]), "threshold is 2");
    refused(rotate(&house, "2026-11-21", "1", &[(7, "")], &[8]), "no key of it");
    assert_eq!(house.tree("keyring"), [""; 0]);
    rotate(&house, "2026-11-21", "1", &[(7, "")], &[7]).with_code(0);
    refused(rotate(&house, "2026-11-20", "1", &[(7, "")], &[7]), "lies before");
    refused(rotate(&house, "2026-11-21", "1", &[(7, "")], &[7, 7]), "already signed");
    assert_eq!(house.tree("keyring"), ["1.json"]);
    house.write("missing", "ann\n");
    let arguments =
        ["rotate", "keyring", "--signers", "missing", "--threshold", "1", "--date", "2027-01-01", "--key", "key"];
    refused(house.affiant(&arguments), "line 1");
}

#[test]
fn the_signers_are_an_ordinary_allowed_signers_file() {
    let chain = Chain::good();
    let envelope: Value = chain.0.json(&path(1));
    assert_eq!(envelope["payloadType"], PAYLOAD_TYPE);
    let signers = chain.keyring(1).keyring().terms().signers.clone();
    let expected = allowed_signers::line("key-7", layout::NAMESPACE, &key().verifying_key()).expect("a line");
    assert_eq!(signers.trim_end(), expected.trim_end());
    let keyring = Keyring::new(chain.keyring(1).keyring().terms().clone()).expect("terms");
    assert_eq!(SignedKeyring::sign(keyring, &key()).expect("signs").to_bytes(), chain.0.bytes(&path(1)));
}
