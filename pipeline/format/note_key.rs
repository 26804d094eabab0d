//! The keys that sign notes, written as one word: verifier keys, "vkeys" (C2SP signed-note, "Verifier keys").
//!
//! `name+id+key`: who signs, the key's id as eight hex digits, and the base64 of one byte of algorithm and the public
//! key. The id follows from the rest, so that a reader finds the lines of a note that a key must answer for.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::ed25519::{Ed25519Error, KEY_BYTES, VerifyingKey};
use crate::model::digest::Digest;

/// Longest name of a key, in bytes.
pub const MAX_NAME_BYTES: usize = 255;

/// What a key signs of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteAlgorithm {
    /// The text itself: the signature of a log (signed-note, type 0x01).
    Ed25519,
    /// The text and the time at which a witness saw it (tlog-cosignature, type 0x04).
    Cosignature,
}

impl NoteAlgorithm {
    fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
        }
    }
}

/// A public key with its name and its one algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    algorithm: NoteAlgorithm,
    key: VerifyingKey,
}

/// Why a text is no vkey.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteKeyError {
    /// Not three parts in their one spelling.
    #[error("not `name+id+key`, with eight lower-case hex digits and the base64 of 33 bytes")]
    Form,
    /// Not a name.
    #[error("a key's name is 1 to {MAX_NAME_BYTES} bytes of visible text without spaces or `+`")]
    Name,
    /// An algorithm that is not read here.
    #[error("the key is of type {0:#04x}; only Ed25519 (0x01) and Ed25519 cosignatures (0x04) are accepted")]
    Algorithm(u8),
    /// A weak key, or none.
    #[error(transparent)]
    Key(#[from] Ed25519Error),
    /// An id that does not follow from the name and the key.
    #[error("the id {found} is not the key's own, {expected}")]
    Id {
        /// As written.
        found: String,
        /// As computed.
        expected: String,
    },
}

impl NoteKey {
    /// The key of a log, named after the log's origin.
    ///
    /// # Errors
    /// [`NoteKeyError::Name`].
    pub fn log(origin: &str, key: VerifyingKey) -> Result<Self, NoteKeyError> {
        Self::new(origin, NoteAlgorithm::Ed25519, key)
    }

    /// The key of a witness.
    ///
    /// # Errors
    /// [`NoteKeyError::Name`].
    pub fn witness(name: &str, key: VerifyingKey) -> Result<Self, NoteKeyError> {
        Self::new(name, NoteAlgorithm::Cosignature, key)
    }

    fn new(name: &str, algorithm: NoteAlgorithm, key: VerifyingKey) -> Result<Self, NoteKeyError> {
        let name = name.to_owned();
        if is_name(&name) { Ok(Self { name, algorithm, key }) } else { Err(NoteKeyError::Name) }
    }

    /// Who signs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the key signs.
    pub fn algorithm(&self) -> NoteAlgorithm {
        self.algorithm
    }

    /// The public key.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The key's id: the first four bytes of the digest of name, line feed, algorithm and key.
    pub fn id(&self) -> [u8; 4] {
        let digest = Digest::of(&[self.name.as_bytes(), b"\n", &self.typed_key()].concat());
        let [a, b, c, d, ..] = *digest.as_bytes();
        [a, b, c, d]
    }

    fn typed_key(&self) -> Vec<u8> {
        [&[self.algorithm.byte()][..], self.key.as_bytes()].concat()
    }
}

/// Whether `text` can name a key.
pub fn is_name(text: &str) -> bool {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    (1..=MAX_NAME_BYTES).contains(&text.len()) && text.chars().all(is_plain)
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.name, hex(self.id()), BASE64.encode(self.typed_key()))
    }
}

impl FromStr for NoteKey {
    type Err = NoteKeyError;

    fn from_str(text: &str) -> Result<Self, NoteKeyError> {
        // Base64 has a plus sign of its own, so the key is all that follows the second one.
        let [name, id, key] = text.splitn(3, '+').collect::<Vec<_>>()[..] else { return Err(NoteKeyError::Form) };
        let typed = BASE64.decode(key).map_err(|_| NoteKeyError::Form)?;
        let (&byte, key) = typed.split_first().ok_or(NoteKeyError::Form)?;
        let algorithms = [NoteAlgorithm::Ed25519, NoteAlgorithm::Cosignature];
        let known = algorithms.into_iter().find(|algorithm| algorithm.byte() == byte);
        let algorithm = known.ok_or(NoteKeyError::Algorithm(byte))?;
        let key: &[u8; KEY_BYTES] = key.try_into().map_err(|_| NoteKeyError::Form)?;
        let key = Self::new(name, algorithm, VerifyingKey::from_bytes(key)?)?;
        let expected = hex(key.id());
        if id == expected { Ok(key) } else { Err(NoteKeyError::Id { found: id.to_owned(), expected }) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;

    /// The example of C2SP signed-note.
    const EXAMPLE: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    fn public(seed: u8) -> VerifyingKey {
        SigningKey::from_seed(&[seed; 32]).verifying_key()
    }

    #[test]
    fn the_example_of_the_specification() {
        let key: NoteKey = EXAMPLE.parse().expect("a vkey");
        assert_eq!((key.name(), key.algorithm()), ("example.com/foo", NoteAlgorithm::Ed25519));
        assert_eq!(key.id(), [0x53, 0x0d, 0x90, 0x3a]);
        assert_eq!(key.to_string(), EXAMPLE);
        assert_eq!(NoteKey::log("example.com/foo", key.verifying_key().clone()), Ok(key));
    }

    #[test]
    fn name_algorithm_and_key_make_the_id() {
        let ids = [
            NoteKey::log("a", public(1)),
            NoteKey::log("b", public(1)),
            NoteKey::log("a", public(2)),
            NoteKey::witness("a", public(1)),
        ];
        let ids: std::collections::BTreeSet<_> = ids.map(|key| key.expect("a name").id()).into();
        assert_eq!(ids.len(), 4);
    }

    #[test]
    fn names() {
        for good in ["a", "affiant/zhanaozen", "é", &"n".repeat(MAX_NAME_BYTES)] {
            assert!(is_name(good), "{good:?}");
        }
        let long = "n".repeat(MAX_NAME_BYTES + 1);
        for bad in ["", " ", "a b", "a\u{a0}b", "a\u{3000}b", "a+b", "a\nb", "a\u{7f}", &long] {
            assert_eq!(NoteKey::log(bad, public(1)), Err(NoteKeyError::Name), "{bad:?}");
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let witness = NoteKey::witness("w", public(1)).expect("a name").to_string();
        assert_eq!(witness.parse::<NoteKey>().map(|key| key.to_string()), Ok(witness.clone()));
        let typed = |byte: u8, key: &[u8]| format!("a+00000000+{}", BASE64.encode([&[byte], key].concat()));
        let id = |found: &str| NoteKeyError::Id { found: found.to_owned(), expected: "530d903a".to_owned() };
        let (name, rest) = EXAMPLE.split_once('+').expect("three parts");
        for (text, error) in [
            (EXAMPLE.replace("530d903a", "530D903A"), id("530D903A")),
            (EXAMPLE.replace("530d903a", "530d903b"), id("530d903b")),
            (EXAMPLE.replace("530d903a", ""), id("")),
            (format!("{EXAMPLE}="), NoteKeyError::Form),
            (format!("{EXAMPLE}\n"), NoteKeyError::Form),
            (format!("{name}+530d903a"), NoteKeyError::Form),
            (format!("+{rest}"), NoteKeyError::Name),
            (format!("x +{rest}"), NoteKeyError::Name),
            (typed(2, &[0; 32]), NoteKeyError::Algorithm(2)),
            (typed(1, &[0; 31]), NoteKeyError::Form),
            (typed(1, &[0; 32]), NoteKeyError::Key(Ed25519Error::WeakKey)),
            (String::new(), NoteKeyError::Form),
        ] {
            assert_eq!(text.parse::<NoteKey>(), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_prints_back_identically(at in 0..EXAMPLE.len(), byte in 0x20..0x7fu8) {
            let mut text = EXAMPLE.as_bytes().to_vec();
            text[at] = byte;
            let text = String::from_utf8(text).expect("ASCII");
            if let Ok(key) = text.parse::<NoteKey>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }

        #[test]
        fn never_panics(text in "[a-zA-Z0-9+/=é \\n]{0,80}") {
            _ = text.parse::<NoteKey>();
        }
    }
}
