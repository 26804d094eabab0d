//! OpenSSH signatures over files (PROTOCOL.sshsig), with Ed25519 and SHA-512.

use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, LineEnding, Signature, SshSig};

use super::ed25519::{SigningKey, VerifyingKey};

/// Why a signature is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SshSigError {
    /// Not one armored signature in the form ssh-keygen prints.
    #[error("not one armored signature in exactly the form that ssh-keygen prints")]
    Form,
    /// Not Ed25519.
    #[error("a signature of type {0}, not ssh-ed25519")]
    Algorithm(String),
    /// Not SHA-512.
    #[error("the message was hashed with {0}, not sha512")]
    Hash(String),
    /// A weak key, or bytes that are no key.
    #[error("the public key is weak or not a key")]
    Key,
    /// Made for another purpose.
    #[error("made for the namespace {0:?}")]
    Namespace(String),
    /// Not over these bytes by this key.
    #[error("the signature does not verify")]
    Signature,
}

/// One signature, with the key that says it made it.
#[derive(Clone, Debug)]
pub struct SshSignature {
    key: VerifyingKey,
    namespace: String,
    signature: [u8; 64],
}

/// Signs a message; the same message always gives the same text.
pub fn sign(key: &SigningKey, namespace: &str, message: &[u8]) -> String {
    let public = KeyData::Ed25519(ssh_key::public::Ed25519PublicKey(*key.verifying_key().as_bytes()));
    let armored = SshSig::signed_data(namespace, HashAlg::Sha512, message)
        .and_then(|data| Signature::new(Algorithm::Ed25519, key.sign(&data).to_vec()))
        .and_then(|signature| SshSig::new(public, namespace, HashAlg::Sha512, signature))
        .and_then(|signature| signature.to_pem(LineEnding::LF));
    match armored {
        Ok(armored) => format!("{}\n", armored.trim_end()),
        Err(error) => unreachable!("an Ed25519 signature in a fixed namespace is always printable: {error}"),
    }
}

/// Reads an armored signature; only what prints back identically is accepted.
pub fn parse(armored: &[u8]) -> Result<SshSignature, SshSigError> {
    let parsed = SshSig::from_pem(armored).map_err(|_| SshSigError::Form)?;
    let printed = parsed.to_pem(LineEnding::LF).map_err(|_| SshSigError::Form)?;
    if format!("{}\n", printed.trim_end()).as_bytes() != armored || !parsed.reserved().is_empty() {
        return Err(SshSigError::Form);
    }
    if parsed.hash_alg() != HashAlg::Sha512 {
        return Err(SshSigError::Hash(parsed.hash_alg().to_string()));
    }
    let (KeyData::Ed25519(key), Algorithm::Ed25519) = (parsed.public_key(), parsed.algorithm()) else {
        return Err(SshSigError::Algorithm(parsed.algorithm().to_string()));
    };
    let key = VerifyingKey::from_bytes(&key.0).map_err(|_| SshSigError::Key)?;
    let signature = parsed.signature_bytes().try_into().map_err(|_| SshSigError::Form)?;
    Ok(SshSignature { key, namespace: parsed.namespace().to_owned(), signature })
}

impl SshSignature {
    /// The key that says it made the signature; whether anybody trusts it is another question.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Whether the signature is over this message and was made for this purpose.
    pub fn verify(&self, namespace: &str, message: &[u8]) -> Result<(), SshSigError> {
        if self.namespace != namespace {
            return Err(SshSigError::Namespace(self.namespace.clone()));
        }
        let data = SshSig::signed_data(namespace, HashAlg::Sha512, message).map_err(|_| SshSigError::Form)?;
        self.key.verify(&data, &self.signature).map_err(|_| SshSigError::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_signature_holds_for_its_message_and_purpose_only() {
        let key = SigningKey::from_seed(&[7; 32]);
        let armored = sign(&key, "affiant-release", b"bytes");
        let parsed = parse(armored.as_bytes()).expect("our own form");
        assert_eq!(parsed.key(), &key.verifying_key());
        assert_eq!(parsed.verify("affiant-release", b"bytes"), Ok(()));
        assert_eq!(parsed.verify("affiant-release", b"bytes "), Err(SshSigError::Signature));
        assert_eq!(parsed.verify("git", b"bytes"), Err(SshSigError::Namespace("affiant-release".into())));
    }

    #[test]
    fn there_is_one_form() {
        let armored = sign(&SigningKey::from_seed(&[7; 32]), "affiant-release", b"bytes");
        for bad in [
            armored.replace('\n', "\r\n"),
            format!("{armored}\n"),
            format!("{armored}{armored}"),
            format!(" {armored}"),
            armored.trim_end().to_owned(),
            armored.replacen("BEGIN SSH", "BEGIN  SSH", 1),
            String::new(),
        ] {
            assert_eq!(parse(bad.as_bytes()).err(), Some(SshSigError::Form), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_never_accepted(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut armored = sign(&SigningKey::from_seed(&[7; 32]), "affiant-release", b"bytes").into_bytes();
            let at = at.index(armored.len());
            prop_assume!(armored[at] != byte);
            armored[at] = byte;
            prop_assert!(parse(&armored).and_then(|parsed| parsed.verify("affiant-release", b"bytes").map(|()| parsed)).is_err());
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            _ = parse(&bytes);
        }
    }
}
