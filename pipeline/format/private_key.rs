//! OpenSSH key files (OpenSSH's PROTOCOL.key): the private file and the public line.

use std::ops::Deref;

use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{Error, HashAlg, LineEnding, PrivateKey, PublicKey};

use super::ed25519::{SigningKey, VerifyingKey};

/// Longest private key file, in bytes: several times an RSA key.
pub const MAX_FILE_BYTES: usize = 1 << 14;

/// Why a private key file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrivateKeyError {
    /// Not an OpenSSH private key file.
    #[error("not an OpenSSH private key file (make one with `ssh-keygen -t ed25519`)")]
    NotAKey,
    /// Encrypted with a passphrase.
    #[error("the key is locked with a passphrase, and passphrases are not supported yet")]
    Encrypted,
    /// Not Ed25519.
    #[error("the key's algorithm is {0}; only ssh-ed25519 signs here")]
    Algorithm(String),
    /// The public half is not that of the private one: a signature would give the private key away.
    #[error("the two halves of the key do not belong together")]
    Mismatch,
}

/// Reads the bytes of a private key file.
///
/// # Errors
/// [`PrivateKeyError`].
pub fn parse(file: &[u8]) -> Result<SigningKey, PrivateKeyError> {
    if file.len() > MAX_FILE_BYTES {
        return Err(PrivateKeyError::NotAKey);
    }
    let key = PrivateKey::from_openssh(file).map_err(|error| match error {
        // The crate names only what it was built to read.
        Error::AlgorithmUnknown => PrivateKeyError::Algorithm("ECDSA, or one not known here".to_owned()),
        Error::AlgorithmUnsupported { algorithm } => PrivateKeyError::Algorithm(algorithm.to_string()),
        _ => PrivateKeyError::NotAKey,
    })?;
    match key.key_data() {
        KeypairData::Encrypted(_) => Err(PrivateKeyError::Encrypted),
        KeypairData::Ed25519(pair) => {
            let key = SigningKey::from_seed(pair.private.as_ref());
            if key.verifying_key().as_bytes() == &pair.public.0 { Ok(key) } else { Err(PrivateKeyError::Mismatch) }
        }
        _ => Err(PrivateKeyError::Algorithm(key.algorithm().to_string())),
    }
}

/// The unencrypted private key file of `key`, as ssh-keygen writes it; wiped from memory when dropped.
pub fn to_openssh(key: &SigningKey, comment: &str) -> impl Deref<Target = String> + use<> {
    let public = Ed25519PublicKey(*key.verifying_key().as_bytes());
    let pair = Ed25519Keypair { public, private: Ed25519PrivateKey::from_bytes(key.seed()) };
    let file = PrivateKey::new(KeypairData::Ed25519(pair), comment).and_then(|key| key.to_openssh(LineEnding::LF));
    file.unwrap_or_else(|error| unreachable!("a whole Ed25519 key is printable: {error}"))
}

impl VerifyingKey {
    /// The fingerprint as ssh-keygen prints it: `SHA256:` and 43 characters of base64.
    pub fn fingerprint(&self) -> String {
        self.to_ssh("").fingerprint(HashAlg::Sha256).to_string()
    }

    /// The line of a public key file, without a line feed: `ssh-ed25519 AAAA... comment`.
    pub fn to_openssh_line(&self, comment: &str) -> String {
        let line = self.to_ssh(comment).to_openssh();
        line.unwrap_or_else(|error| unreachable!("an Ed25519 key is printable: {error}"))
    }

    fn to_ssh(&self, comment: &str) -> PublicKey {
        PublicKey::new(KeyData::Ed25519(Ed25519PublicKey(*self.as_bytes())), comment)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_seed(&[7; 32])
    }

    #[test]
    fn a_file_reads_back() {
        let file = to_openssh(&key(), "throwaway");
        assert!(file.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
        assert!(file.ends_with("-----END OPENSSH PRIVATE KEY-----\n"));
        assert_eq!(parse(file.as_bytes()).expect("a key").seed(), key().seed());
    }

    #[test]
    fn halves_that_do_not_match_are_refused() {
        let public = Ed25519PublicKey(*SigningKey::from_seed(&[8; 32]).verifying_key().as_bytes());
        let pair = Ed25519Keypair { public, private: Ed25519PrivateKey::from_bytes(key().seed()) };
        let file = PrivateKey::from(pair).to_openssh(LineEnding::LF).expect("a file");
        assert_eq!(parse(file.as_bytes()).map(|_| ()), Err(PrivateKeyError::Mismatch));
    }

    #[test]
    fn the_public_line_names_the_key() {
        let line = key().verifying_key().to_openssh_line("a b");
        let read = PublicKey::from_openssh(&line).expect("a public key");
        assert_eq!(read.comment(), "a b");
        assert_eq!(read.fingerprint(HashAlg::Sha256).to_string(), key().verifying_key().fingerprint());
        assert!(key().verifying_key().fingerprint().starts_with("SHA256:"));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            _ = parse(&bytes);
            let mut file = to_openssh(&key(), "").clone().into_bytes();
            let at = at.index(file.len());
            file[at] = byte;
            _ = parse(&file);
        }
    }
}
