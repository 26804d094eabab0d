//! Chains that hold no more, or never did: what `affiant keyring` says of each.

use affiant::finding::{Code, Group};
use affiant::format::keyring::KeyringTerms;

use super::{Chain, path};

/// What was done to a good chain of four, and what must be said: the code, and the keyring it names.
type Case = (Code, u64, fn(&Chain));

const KEYS_OF_5: &[(u8, &str)] = &[(9, ""), (10, "")];

const CASES: &[Case] = &[
    (Code::KeyringMalformed, 3, |c| c.0.write(&path(3), c.0.text(&path(3)) + "\n")),
    (Code::KeyringMalformed, 3, |c| c.0.write(&path(3), c.0.text(&path(3)).replace('\n', "\r\n"))),
    (Code::KeyringMalformed, 3, |c| c.0.write(&path(3), "")),
    (Code::KeyringMalformed, 3, |c| c.0.write(&path(3), vec![b'x'; (1 << 20) + 1])),
    (Code::KeyringMalformed, 5, |c| c.add(5, "2036-01-01", 0, KEYS_OF_5, &[9, 10])),
    (Code::KeyringMalformed, 5, |c| c.add(5, "2036-01-01", 3, KEYS_OF_5, &[9, 10])),
    (Code::KeyringMalformed, 5, |c| c.add(5, "2036-01-01", 2, &[(9, ""), (9, "")], &[9, 10])),
    (Code::KeyringMalformed, 5, |c| {
        c.add_edited(5, "2036-01-01", 2, KEYS_OF_5, &[9, 10], &|terms| terms.previous = None);
    }),
    (Code::KeyringMissing, 2, |c| c.0.remove(&path(2))),
    (Code::KeyringMissing, 1, |c| c.0.remove(&path(1))),
    (Code::KeyringMissing, 1, |c| (1..=4).for_each(|version| c.0.remove(&path(version)))),
    (Code::KeyringDisagrees, 5, |c| c.0.write(&path(5), c.0.bytes(&path(4)))),
    (Code::KeyringDisagrees, 3, |c| c.0.rename(&path(4), &path(3))),
    (Code::KeyringDisagrees, 5, |c| {
        c.add_edited(5, "2036-01-01", 2, KEYS_OF_5, &[9, 10], &|terms| terms.version = 6);
    }),
    (Code::KeyringDisagrees, 5, |c| c.add(5, "2034-12-31", 2, KEYS_OF_5, &[8, 9, 10])),
    (Code::KeyringDisagrees, 5, |c| {
        let other = |terms: &mut KeyringTerms| terms.dataset = "market".parse().expect("an id");
        c.add_edited(5, "2036-01-01", 2, KEYS_OF_5, &[9, 10], &other);
    }),
    // A keyring of the past says something else, and all who may have signed it.
    (Code::KeyringDisagrees, 3, |c| c.add(2, "2028-01-02", 1, &[(7, ""), (8, "")], &[7])),
    (Code::KeyringSignatureInvalid, 5, |c| c.add(5, "2036-01-01", 2, KEYS_OF_5, &[9, 10, 11])),
    (Code::KeyringSignatureInvalid, 4, |c| {
        let (four, other) = (c.0.text(&path(4)), c.0.text(&path(3)));
        let signature = |text: &str| text.rsplit("\"sig\":\"").next().map(|rest| rest[..88].to_owned());
        let (from, to) = (signature(&four).expect("one"), signature(&other).expect("one"));
        c.0.write(&path(4), four.replace(&from, &to));
    }),
    // The payload of another keyring under the signatures of this one.
    (Code::KeyringSignatureInvalid, 2, |c| {
        let payload = |text: &str| text.split('"').nth(3).expect("a payload").to_owned();
        let two = c.0.text(&path(2));
        let signatures = two.replace(&payload(&two), "PAYLOAD");
        c.add(2, "2028-01-02", 1, &[(7, ""), (8, "")], &[7]);
        c.0.write(&path(2), signatures.replace("PAYLOAD", &payload(&c.0.text(&path(2)))));
    }),
    // Too few of the keyring before: one of two; one that retired; all new ones and none of the old.
    (Code::KeyringThresholdNotMet, 5, |c| c.add(5, "2036-01-01", 1, KEYS_OF_5, &[9])),
    (Code::KeyringThresholdNotMet, 5, |c| c.add(5, "2036-01-01", 1, KEYS_OF_5, &[8, 9])),
    (Code::KeyringThresholdNotMet, 5, |c| c.add(5, "2036-01-01", 1, &[(11, ""), (12, "")], &[11, 12])),
    // Too few of its own: none; one that is not yet good; one under two names.
    (Code::KeyringThresholdNotMet, 5, |c| c.add(5, "2036-01-01", 1, &[(11, "")], &[9, 10])),
    (Code::KeyringThresholdNotMet, 5, |c| {
        c.add(5, "2036-01-01", 1, &[(11, "valid-after=\"20360102Z\"")], &[9, 10, 11]);
    }),
    (Code::KeyringThresholdNotMet, 5, |c| {
        c.add(5, "2036-01-01", 2, &[(11, ""), (11, ""), (12, "")], &[9, 10, 11]);
    }),
    (Code::KeyringThresholdNotMet, 1, |c| {
        (1..=4).for_each(|version| c.0.remove(&path(version)));
        c.add(1, "2026-11-21", 2, &[(7, ""), (8, "")], &[7]);
    }),
];

#[test]
fn each_broken_chain_is_refused_for_its_reason() {
    for (code, version, spoil) in CASES {
        let chain = Chain::good();
        spoil(&chain);
        chain.refused(&["--trust", "trust"], *code, *version);
    }
}

#[test]
fn each_code_of_a_keyring_has_a_case() {
    let by_reader = [Code::KeyringNotTrusted, Code::KeyringRollback, Code::KeyringFork];
    for code in Code::ALL.iter().filter(|code| code.group() == Group::Keyring) {
        assert!(by_reader.contains(code) || CASES.iter().any(|(of, _, _)| of == code), "{code} has no case");
    }
}

#[test]
fn nothing_else_stands_in_the_folder() {
    for stray in ["keyring/01.json", "keyring/0.json", "keyring/README", "keyring/1.json.sig", "keyring/old/1.json"] {
        let chain = Chain::good();
        chain.0.write(stray, "");
        let codes = chain.check(&[]).with_code(1).codes();
        assert!(codes.iter().all(|code| code == "keyring-malformed") && !codes.is_empty(), "{stray}: {codes:?}");
    }
    let chain = Chain::good();
    std::os::unix::fs::symlink("4.json", chain.0.path("keyring/5.json")).expect("a link");
    chain.refused(&[], Code::KeyringMalformed, 5);
    chain.0.remove("keyring/5.json");
    chain.0.write("keyring/.tmpA1b2C3", "half of a keyr");
    chain.check(&[]).with_code(0);
}
