//! Ed25519 (RFC 8032), strict: the one door to the curve.
//!
//! Verifiers disagree about keys of small order, points and scalars with a second encoding, and the cofactor. Here
//! none of these passes, so that what we accept every verifier accepts, and a key has one spelling.

use std::fmt;

use ed25519_dalek::Signer as _;

/// Bytes of a seed.
pub const SEED_BYTES: usize = 32;

/// Bytes of a public key.
pub const KEY_BYTES: usize = 32;

/// A signature: R and S (RFC 8032 section 5.1.6).
pub type Signature = [u8; 64];

/// Why a key or a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ed25519Error {
    /// The bytes are no point of the curve, or not its one encoding.
    #[error("the bytes are not an Ed25519 public key")]
    NotAKey,
    /// A point of small order, under which one signature holds for many messages.
    #[error("the public key is weak (of small order)")]
    WeakKey,
    /// Other bytes, another key, or a second spelling of a signature.
    #[error("the signature does not hold for these bytes and this key")]
    Signature,
}

/// Whoever signs: a private key at hand, or an agent that keeps one.
pub trait Signer {
    /// The public key that the signatures hold under.
    fn verifying_key(&self) -> VerifyingKey;

    /// Signs `message`: the same bytes always give the same signature.
    ///
    /// # Errors
    /// [`SignerError`] if the keeper of the key does not answer, or refuses.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError>;
}

/// Why there is no signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SignerError(pub String);

/// A private key, wiped from memory when dropped and never shown.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key that grows from a seed (RFC 8032 section 5.1.5).
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed; a secret.
    pub fn seed(&self) -> &[u8; SEED_BYTES] {
        self.0.as_bytes()
    }

    /// The public key.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// Signs `message`: the same bytes always give the same signature.
    pub fn sign(&self, message: &[u8]) -> Signature {
        self.0.sign(message).to_bytes()
    }
}

impl Signer for SigningKey {
    fn verifying_key(&self) -> VerifyingKey {
        self.verifying_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        Ok(self.sign(message))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("verifying_key", &self.verifying_key()).finish_non_exhaustive()
    }
}

/// A public key of full order, in its one encoding.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// The key these bytes encode (RFC 8032 section 5.1.3).
    ///
    /// # Errors
    /// [`Ed25519Error::NotAKey`] or [`Ed25519Error::WeakKey`].
    pub fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Result<Self, Ed25519Error> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| Ed25519Error::NotAKey)?;
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(Ed25519Error::NotAKey);
        }
        if key.is_weak() { Err(Ed25519Error::WeakKey) } else { Ok(Self(key)) }
    }

    /// The key's encoding.
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        self.0.as_bytes()
    }

    /// Checks `signature` (RFC 8032 section 5.1.7, without the cofactor): S is reduced, R canonical and not of small
    /// order.
    ///
    /// # Errors
    /// [`Ed25519Error::Signature`].
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Ed25519Error> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).map_err(|_| Ed25519Error::Signature)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyingKey(")?;
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_rfc_8032_section_7_1_test_1() {
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49,
            0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let key = SigningKey::from_seed(&seed);
        let public = key.verifying_key();
        let printed = "VerifyingKey(d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a)";
        assert_eq!(format!("{public:?}"), printed);
        let signature = key.sign(b"");
        assert_eq!(signature[..4], [0xe5, 0x56, 0x43, 0x00]);
        assert_eq!(public.verify(b"", &signature), Ok(()));
        assert_eq!(public.verify(b"x", &signature), Err(Ed25519Error::Signature));
        assert!(!format!("{key:?}").contains("9d61b19d"));
    }

    #[test]
    fn weak_and_second_encodings_are_no_keys() {
        let mut y = [0; KEY_BYTES];
        assert_eq!(VerifyingKey::from_bytes(&y), Err(Ed25519Error::WeakKey));
        y[0] = 2;
        assert_eq!(VerifyingKey::from_bytes(&y), Err(Ed25519Error::NotAKey));
        let p_plus_1 = [&[0xee][..], &[0xff; 30], &[0x7f]].concat();
        let p_plus_1 = p_plus_1.try_into().expect("32 bytes");
        assert_eq!(VerifyingKey::from_bytes(&p_plus_1), Err(Ed25519Error::NotAKey));
    }
}
