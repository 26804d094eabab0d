//! Keyrings: who may sign releases of a dataset, and when; from the second on, each follows from the one before it.
//!
//! The file is a DSSE envelope ([`super::dsse`]) whose payload is one JSON object in canonical form, without a line
//! feed: dataset, date, digest of the payload before it, the text of an OpenSSH allowed_signers file, threshold and
//! version. Whether a keyring follows from the one before, [`crate::stage::keyring`] tells.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::allowed_signers::{AllowedSigners, AllowedSignersError};
use super::dsse::{DsseError, Envelope, MAX_SIGNATURES};
use super::ed25519::{Signer, SignerError, VerifyingKey};
use super::jsonl::MAX_INTEGER;
use super::{canonical, jsonl};
use crate::model::date::Day;
use crate::model::digest::Digest;
use crate::model::id::Id;

/// The type of an envelope's payload that is a keyring.
pub const PAYLOAD_TYPE: &str = "application/vnd.affiant.keyring+json";

/// Largest keyring file, in bytes.
pub const MAX_BYTES: u64 = 1 << 20;

/// What a keyring says, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyringTerms {
    /// The dataset whose releases its keys sign.
    pub dataset: Id,
    /// Its day, as given; no clock is read.
    pub date: Day,
    /// SHA-256 of the payload of the keyring before it; the first has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// The text of an OpenSSH allowed_signers file.
    pub signers: String,
    /// How many different keys must sign a release, and the next keyring.
    pub threshold: u32,
    /// 1 for the first, then counting up.
    pub version: u64,
}

/// Why a keyring is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// The file is no envelope, or a signature cannot be added to it.
    #[error(transparent)]
    Envelope(#[from] DsseError),
    /// The payload is something else.
    #[error("the payload is {0:?}, not {PAYLOAD_TYPE:?}")]
    PayloadType(String),
    /// Larger than [`MAX_BYTES`], or not the payload byte for byte as we print it.
    #[error("the payload is not one keyring in canonical form (RFC 8785)")]
    Form,
    /// No number of a keyring.
    #[error("the version is {0}; versions count from 1 to 2^53-1")]
    Version(u64),
    /// The first keyring follows from another, or a later one from none.
    #[error("every keyring but the first names the digest of the one before it")]
    Previous,
    /// The signers are not an allowed_signers file.
    #[error("the signers are no allowed_signers file: {0}")]
    Signers(#[from] AllowedSignersError),
    /// No number of keys that could ever sign.
    #[error("the threshold is {threshold}; there are {keys} different ssh-ed25519 keys, and room for {MAX_SIGNATURES}")]
    Threshold {
        /// What the keyring asks for.
        threshold: u32,
        /// How many different keys it lists.
        keys: usize,
    },
}

/// Terms that hold together.
#[derive(Clone, Debug)]
pub struct Keyring {
    terms: KeyringTerms,
    signers: AllowedSigners,
}

impl Keyring {
    /// The keyring with these terms.
    ///
    /// # Errors
    /// The last four [`KeyringError`]s.
    pub fn new(terms: KeyringTerms) -> Result<Self, KeyringError> {
        if !(1..=MAX_INTEGER).contains(&terms.version) {
            return Err(KeyringError::Version(terms.version));
        }
        if terms.previous.is_some() != (terms.version > 1) {
            return Err(KeyringError::Previous);
        }
        let signers = AllowedSigners::parse(&terms.signers)?;
        let keys = signers.keys().map(VerifyingKey::as_bytes).collect::<BTreeSet<_>>().len();
        let threshold = usize::try_from(terms.threshold).unwrap_or(usize::MAX);
        if !(1..=keys.min(MAX_SIGNATURES)).contains(&threshold) {
            return Err(KeyringError::Threshold { threshold: terms.threshold, keys });
        }
        Ok(Self { terms, signers })
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn parse(payload: &[u8]) -> Result<Self, KeyringError> {
        if payload.len() as u64 > MAX_BYTES {
            return Err(KeyringError::Form);
        }
        let value = jsonl::parse_document(payload).map_err(|_| KeyringError::Form)?;
        let terms = KeyringTerms::deserialize(value).map_err(|_| KeyringError::Form)?;
        if canonical::to_vec(&terms) == payload { Self::new(terms) } else { Err(KeyringError::Form) }
    }

    /// The bytes of the payload.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(&self.terms)
    }

    /// What it says.
    pub fn terms(&self) -> &KeyringTerms {
        &self.terms
    }

    /// Its keys, and what each is good for.
    pub fn signers(&self) -> &AllowedSigners {
        &self.signers
    }

    /// What the next keyring calls it by.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }
}

impl PartialEq for Keyring {
    fn eq(&self, other: &Self) -> bool {
        self.terms == other.terms
    }
}

impl Eq for Keyring {}

/// A keyring and the signatures on it; whether they hold, only [`SignedKeyring::verify`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedKeyring {
    keyring: Keyring,
    envelope: Envelope,
}

impl SignedKeyring {
    /// A keyring with one signature; the same input always gives the same file.
    ///
    /// # Errors
    /// The signer's own.
    pub fn sign(keyring: Keyring, signer: &dyn Signer) -> Result<Self, SignerError> {
        let envelope = Envelope::sign(signer, PAYLOAD_TYPE, &keyring.to_bytes())?;
        Ok(Self { keyring, envelope })
    }

    /// Adds a signature.
    ///
    /// # Errors
    /// [`KeyringError::Envelope`]; the keyring stays as it was.
    pub fn add(&mut self, signer: &dyn Signer) -> Result<(), KeyringError> {
        Ok(self.envelope.add(signer)?)
    }

    /// Reads a keyring file with nothing around it.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn parse(file: &[u8]) -> Result<Self, KeyringError> {
        if file.len() as u64 > MAX_BYTES {
            return Err(KeyringError::Form);
        }
        let envelope = Envelope::parse(file)?;
        if envelope.payload_type() != PAYLOAD_TYPE {
            return Err(KeyringError::PayloadType(envelope.payload_type().to_owned()));
        }
        Ok(Self { keyring: Keyring::parse(envelope.payload())?, envelope })
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.envelope.to_bytes()
    }

    /// What was signed, which says nothing until [`SignedKeyring::verify`] has passed.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The fingerprints of the keys that are said to have signed it, sorted.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.envelope.signatures().iter().map(|(key_id, _)| key_id.as_str())
    }

    /// That `key` signed it.
    ///
    /// # Errors
    /// [`DsseError::NotSigned`] or [`DsseError::Signature`].
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), DsseError> {
        self.envelope.verify(key)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    fn line(principal: &str, seed: u8) -> String {
        format!("{principal} namespaces=\"affiant-release\" {}\n", key(seed).verifying_key().to_openssh_line("").trim())
    }

    fn terms() -> KeyringTerms {
        KeyringTerms {
            dataset: "harbour".parse().expect("an id"),
            date: "2026-11-21".parse().expect("a day"),
            previous: None,
            signers: line("ann@example.org", 7),
            threshold: 1,
            version: 1,
        }
    }

    fn signed() -> SignedKeyring {
        SignedKeyring::sign(Keyring::new(terms()).expect("terms"), &key(7)).expect("signs")
    }

    fn refused(terms: KeyringTerms) -> KeyringError {
        let error = Keyring::new(terms.clone()).expect_err("refused");
        assert_eq!(Keyring::parse(&canonical::to_vec(&terms)), Err(error.clone()));
        error
    }

    #[test]
    fn says_what_a_reader_without_our_tool_can_read() {
        let payload = String::from_utf8(signed().keyring().to_bytes()).expect("UTF-8");
        let expected = concat!(
            r#"{"dataset":"harbour","date":"2026-11-21","signers":"ann@example.org namespaces=\"affiant-release\" "#,
            r#"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs\n","threshold":1,"version":1}"#
        );
        assert_eq!(payload, expected);
        assert_eq!(signed().verify(&key(7).verifying_key()), Ok(()));
        assert!(matches!(signed().verify(&key(8).verifying_key()), Err(DsseError::NotSigned(_))));
    }

    #[test]
    fn a_threshold_is_a_number_of_different_keys() {
        let threshold = |threshold, keys| KeyringError::Threshold { threshold, keys };
        assert_eq!(refused(KeyringTerms { threshold: 0, ..terms() }), threshold(0, 1));
        assert_eq!(refused(KeyringTerms { threshold: 2, ..terms() }), threshold(2, 1));
        let twice = line("ann@example.org", 7) + &line("bob@example.org", 7);
        assert_eq!(refused(KeyringTerms { threshold: 2, signers: twice.clone(), ..terms() }), threshold(2, 1));
        Keyring::new(KeyringTerms { threshold: 2, signers: twice + &line("carl", 8), ..terms() }).expect("two keys");
        assert_eq!(refused(KeyringTerms { signers: String::new(), ..terms() }), threshold(1, 0));
        let many: String = (1..=17).map(|seed| line("many", seed)).collect();
        Keyring::new(KeyringTerms { threshold: 16, signers: many.clone(), ..terms() }).expect("room for 16");
        assert_eq!(refused(KeyringTerms { threshold: 17, signers: many, ..terms() }), threshold(17, 17));
    }

    #[test]
    fn versions_count_from_1_and_name_the_one_before() {
        let previous = Some(Digest::of(b""));
        assert_eq!(refused(KeyringTerms { version: 0, ..terms() }), KeyringError::Version(0));
        assert_eq!(refused(KeyringTerms { previous, ..terms() }), KeyringError::Previous);
        assert_eq!(refused(KeyringTerms { version: 2, ..terms() }), KeyringError::Previous);
        Keyring::new(KeyringTerms { version: 2, previous, ..terms() }).expect("the second");
        let error = refused(KeyringTerms { signers: "ann".to_owned(), ..terms() });
        assert!(matches!(error, KeyringError::Signers(_)));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let payload = String::from_utf8(signed().keyring().to_bytes()).expect("UTF-8");
        for bad in [
            format!("{payload}\n"),
            format!(" {payload}"),
            format!("{payload}{payload}"),
            payload.replacen(':', ": ", 1),
            payload.replacen("harbour", "h\\u0061rbour", 1),
            payload.replacen("{", "{\"previous\":null,", 1),
            payload.replacen("\"date\"", "\"data\":1,\"date\"", 1),
            payload.replacen("\"date\"", "\"dataset\":\"other\",\"date\"", 1),
            payload.replacen("\"threshold\":1", "\"threshold\":-1", 1),
            payload.replacen("\"threshold\":1", "\"threshold\":1.0", 1),
            payload.replacen("\"version\":1", "\"version\":\"1\"", 1),
            payload.replacen("2026-11-21", "2026-11-31", 1),
            payload.replacen("harbour", "Har bour", 1),
            String::new(),
        ] {
            assert_eq!(Keyring::parse(bad.as_bytes()), Err(KeyringError::Form), "{bad}");
        }
        let other = Envelope::sign(&key(7), "text/plain", payload.as_bytes()).expect("signs").to_bytes();
        assert_eq!(SignedKeyring::parse(&other), Err(KeyringError::PayloadType("text/plain".to_owned())));
        let file = signed().to_bytes();
        assert_eq!(SignedKeyring::parse(&[&file[..], b"\n"].concat()), Err(DsseError::Form.into()));
        let large = KeyringTerms { signers: "#".repeat(1 << 20) + "\n" + &terms().signers, ..terms() };
        assert_eq!(Keyring::parse(&canonical::to_vec(&large)), Err(KeyringError::Form));
    }

    proptest! {
        #[test]
        fn what_is_signed_prints_back_identically(
            seeds in proptest::collection::btree_set(any::<u8>(), 1..=MAX_SIGNATURES),
            version in 1..=MAX_INTEGER,
            comment in "[^\r\n]{0,40}",
        ) {
            let lines: String = seeds.iter().map(|&seed| line("somebody", seed)).collect();
            let keyring = Keyring::new(KeyringTerms {
                signers: format!("#{comment}\n{lines}"),
                threshold: seeds.len() as u32,
                previous: (version > 1).then(|| Digest::of(comment.as_bytes())),
                version,
                ..terms()
            }).expect("terms");
            let mut signers = seeds.iter().map(|&seed| key(seed));
            let mut signed = SignedKeyring::sign(keyring, &signers.next().expect("one key")).expect("signs");
            signers.for_each(|key| signed.add(&key).expect("another key"));
            let read = SignedKeyring::parse(&signed.to_bytes()).expect("our own form");
            prop_assert_eq!(&read, &signed);
            prop_assert_eq!(read.to_bytes(), signed.to_bytes());
            for seed in seeds {
                prop_assert_eq!(read.verify(&key(seed).verifying_key()), Ok(()));
            }
        }

        #[test]
        fn a_changed_byte_never_holds(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut file = signed().to_bytes();
            let at = at.index(file.len());
            prop_assume!(file[at] != byte);
            file[at] = byte;
            if let Ok(read) = SignedKeyring::parse(&file) {
                prop_assert_eq!(read.to_bytes(), file);
                prop_assert!(read.verify(&key(7).verifying_key()).is_err());
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            _ = Keyring::parse(&bytes);
            _ = SignedKeyring::parse(&bytes);
        }
    }
}
