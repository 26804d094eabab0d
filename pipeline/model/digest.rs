//! SHA-256 digests (FIPS 180-4): the only door to the hash function.

mod lanes;

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::Digest as _;

use super::read::by_parser;

/// The hash function itself, for what is built upon it.
pub use sha2::Sha256;

/// A SHA-256 digest: 32 bytes, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

by_parser!(Digest);

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.serialize_str(std::str::from_utf8(&self.hex()).map_err(serde::ser::Error::custom)?)
    }
}

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of each message, in their order: faster than one after the other where the processor has no
    /// instructions for SHA-256.
    pub fn of_each(messages: &[&[u8]]) -> Vec<Self> {
        Self::of_each_behind(b"", messages)
    }

    /// The digest of each message with the same bytes in front of it.
    pub fn of_each_behind(prefix: &[u8], messages: &[&[u8]]) -> Vec<Self> {
        if lanes::pay() {
            return lanes::digests(prefix, messages).into_iter().map(Self).collect();
        }
        let digest = |message: &&[u8]| Self(Sha256::new().chain_update(prefix).chain_update(message).finalize().into());
        messages.iter().map(digest).collect()
    }

    /// A digest already computed elsewhere, as its 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn hex(&self) -> [u8; 64] {
        let mut hex = [0; 64];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        hex
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Computes a digest over bytes that arrive in pieces.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// A hasher that has seen no bytes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all pieces in order.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.hex()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// The text was not 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 lower-case hex digits")]
pub struct DigestError;

/// What each byte is as a lower-case hex digit; 255 for none.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [255; 256];
    let mut value = 0;
    while value < 16 {
        nibbles[HEX[value] as usize] = value as u8;
        value += 1;
    }
    nibbles
};

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let hex: &[u8; 64] = text.as_bytes().try_into().map_err(|_| DigestError)?;
        let nibble = |c: u8| NIBBLES[usize::from(c)];
        let (mut bytes, mut all) = ([0; 32], 0);
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            let (high, low) = (nibble(pair[0]), nibble(pair[1]));
            all |= high | low;
            *byte = high << 4 | low & 15;
        }
        if all < 16 { Ok(Self(bytes)) } else { Err(DigestError) }
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_parses_the_fips_example() {
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").to_string(), hex);
        assert_eq!(hex.parse(), Ok(Digest::of(b"abc")));
        let mut hasher = Hasher::new();
        hasher.update(b"a");
        hasher.update(b"bc");
        assert_eq!(hasher.finish(), Digest::of(b"abc"));
    }

    #[test]
    fn many_at_once_are_what_each_is_alone() {
        let messages: Vec<Vec<u8>> = (0..40).map(|i| vec![i; usize::from(i) * 11]).collect();
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let alone = |prefix: &[u8]| -> Vec<Digest> {
            messages.iter().map(|message| Digest::of(&[prefix, message].concat())).collect()
        };
        assert_eq!(Digest::of_each(&messages), alone(b""));
        assert_eq!(Digest::of_each_behind(&[0], &messages), alone(&[0]));
        assert_eq!(Digest::of_each(&[]), []);
    }

    #[test]
    fn refuses_every_other_spelling() {
        let hex = Digest::of(b"abc").to_string();
        for bad in [&hex[1..], &hex.to_uppercase(), &format!("{hex} "), &hex.replace('b', "g"), ""] {
            assert_eq!(bad.parse::<Digest>(), Err(DigestError), "{bad}");
        }
    }
}
