//! OpenSSH private key files (PROTOCOL.key).

use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{LineEnding, PrivateKey};

use super::ed25519::SigningKey;

/// Why a key file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrivateKeyError {
    /// Not an OpenSSH private key.
    #[error("not an OpenSSH private key file (make one with: ssh-keygen -t ed25519 -f FILE)")]
    Form,
    /// Locked with a passphrase.
    #[error("the key is locked with a passphrase, which this version cannot ask for; use a key without one")]
    Encrypted,
    /// Another algorithm.
    #[error("a key of type {0}; releases are signed with ssh-ed25519")]
    Algorithm(String),
}

/// Reads a private key file.
pub fn parse(file: &[u8]) -> Result<SigningKey, PrivateKeyError> {
    let key = PrivateKey::from_openssh(file).map_err(|_| PrivateKeyError::Form)?;
    match key.key_data() {
        KeypairData::Ed25519(pair) => Ok(SigningKey::from_seed(&pair.private.to_bytes())),
        KeypairData::Encrypted(_) => Err(PrivateKeyError::Encrypted),
        _ => Err(PrivateKeyError::Algorithm(key.algorithm().to_string())),
    }
}

/// The private key file of a key, as ssh-keygen writes it without a passphrase.
pub fn to_openssh(key: &SigningKey, comment: &str) -> Result<String, PrivateKeyError> {
    let public = ssh_key::public::Ed25519PublicKey(*key.verifying_key().as_bytes());
    let pair = Ed25519Keypair { public, private: ssh_key::private::Ed25519PrivateKey::from_bytes(key.seed()) };
    let file = PrivateKey::new(KeypairData::Ed25519(pair), comment).and_then(|key| key.to_openssh(LineEnding::LF));
    Ok(file.map_err(|_| PrivateKeyError::Form)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_reads_back() {
        let key = SigningKey::from_seed(&[7; 32]);
        let file = to_openssh(&key, "a comment").expect("a file");
        assert_eq!(parse(file.as_bytes()).expect("a key").seed(), key.seed());
        assert_eq!(parse(b"ssh-ed25519 AAAA").err(), Some(PrivateKeyError::Form));
    }
}
