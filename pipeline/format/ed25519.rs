//! Ed25519 (RFC 8032), strict: the only door to the curve.

use std::fmt;

use ed25519_dalek::Signer;
use ssh_key::public::KeyData;
use ssh_key::{HashAlg, PublicKey};

/// A private key: 32 bytes that are wiped when dropped and never shown.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key with this seed (RFC 8032 section 5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed.
    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// Signs bytes (RFC 8032 section 5.1.6): the same bytes always give the same 64 bytes.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey of {:?}", self.verifying_key())
    }
}

/// A public key of full order, in its one encoding.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

/// Why a key or a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ed25519Error {
    /// Not a point, not canonically encoded, or of small order.
    #[error("the public key is weak or not a key")]
    Key,
    /// Not over these bytes by this key, or malleable.
    #[error("the signature does not verify")]
    Signature,
}

impl VerifyingKey {
    /// The key in 32 bytes; weak keys and second encodings are refused.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Ed25519Error> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| Ed25519Error::Key)?;
        let is_canonical = key.to_edwards().compress().as_bytes() == bytes;
        if key.is_weak() || !is_canonical { Err(Ed25519Error::Key) } else { Ok(Self(key)) }
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Verifies a signature strictly: S below the group order, R of full order, no cofactor.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Ed25519Error> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).map_err(|_| Ed25519Error::Signature)
    }

    /// The fingerprint that ssh-keygen prints: `SHA256:...`.
    pub fn fingerprint(&self) -> String {
        self.to_openssh("").fingerprint(HashAlg::Sha256).to_string()
    }

    /// The public line of a key file: `ssh-ed25519 AAAA... comment`.
    pub fn to_openssh_line(&self, comment: &str) -> String {
        let line = self.to_openssh(comment).to_openssh().unwrap_or_default();
        format!("{}\n", line.trim_end())
    }

    fn to_openssh(&self, comment: &str) -> PublicKey {
        PublicKey::new(KeyData::Ed25519(ssh_key::public::Ed25519PublicKey(*self.as_bytes())), comment)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fingerprint())
    }
}
