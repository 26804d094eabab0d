//! OpenSSH signatures of files (OpenSSH's PROTOCOL.sshsig), Ed25519 over SHA-512: what `ssh-keygen -Y sign` prints.
//!
//! A signature names its purpose, the namespace, and is good for no other. It carries its key, which says nothing of
//! whether anybody trusts that key: see [`super::allowed_signers`].

use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{Algorithm, Error, HashAlg, LineEnding, SshSig};

use super::ed25519::{Ed25519Error, Signature, Signer, SignerError, VerifyingKey};

/// Longest armored signature, in bytes.
pub const MAX_ARMORED_BYTES: usize = 4096;

/// Why a signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SshSigError {
    /// Not one armored signature, byte for byte as ssh-keygen prints it.
    #[error("not one armored signature in exactly the form that ssh-keygen prints")]
    Form,
    /// The key or the signature is not Ed25519.
    #[error("made with {0}; only ssh-ed25519 is accepted")]
    Algorithm(String),
    /// The message was not hashed with SHA-512.
    #[error("the message was hashed with {0}; only sha512 is accepted")]
    Hash(String),
    /// The key is weak, or none.
    #[error(transparent)]
    Key(Ed25519Error),
    /// Made for another purpose.
    #[error("made for the namespace {0:?}")]
    Namespace(String),
    /// Other bytes, or another key.
    #[error("the signature does not hold for these bytes")]
    Signature,
}

/// A signature that has been read; whether it holds, only [`SshSignature::verify`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSignature {
    key: VerifyingKey,
    namespace: String,
    signature: Signature,
}

/// Signs `message` for the purpose `namespace`; the same input always gives the same armored text.
///
/// # Panics
/// If `namespace` is empty, which PROTOCOL.sshsig forbids.
///
/// # Errors
/// The signer's own.
pub fn sign(signer: &dyn Signer, namespace: &str, message: &[u8]) -> Result<String, SignerError> {
    let printable = |error| -> ! { unreachable!("a signature for the namespace {namespace:?} is printable: {error}") };
    let signed = SshSig::signed_data(namespace, HashAlg::Sha512, message).unwrap_or_else(|error| printable(error));
    let signature = signer.sign(&signed)?;
    let public = KeyData::Ed25519(Ed25519PublicKey(*signer.verifying_key().as_bytes()));
    let armored = ssh_key::Signature::new(Algorithm::Ed25519, signature)
        .and_then(|signature| SshSig::new(public, namespace, HashAlg::Sha512, signature))
        .and_then(|signature| armor(&signature));
    Ok(armored.unwrap_or_else(|error| printable(error)))
}

fn armor(signature: &SshSig) -> ssh_key::Result<String> {
    let mut armored = signature.to_pem(LineEnding::LF)?;
    if !armored.ends_with('\n') {
        armored.push('\n');
    }
    Ok(armored)
}

/// Reads one armored signature with nothing around it.
///
/// # Errors
/// All [`SshSigError`]s but the last two.
pub fn parse(armored: &[u8]) -> Result<SshSignature, SshSigError> {
    if armored.len() > MAX_ARMORED_BYTES {
        return Err(SshSigError::Form);
    }
    let read = SshSig::from_pem(armored).map_err(|error| match error {
        // The crate names only what it was built to read.
        Error::AlgorithmUnknown => SshSigError::Algorithm("an algorithm not known here".to_owned()),
        _ => SshSigError::Form,
    })?;
    let is_exact = armor(&read).is_ok_and(|printed| printed.as_bytes() == armored);
    if !is_exact || read.version() != SshSig::VERSION || !read.reserved().is_empty() {
        return Err(SshSigError::Form);
    }
    if read.hash_alg() != HashAlg::Sha512 {
        return Err(SshSigError::Hash(read.hash_alg().to_string()));
    }
    let other = |algorithm: Algorithm| SshSigError::Algorithm(algorithm.to_string());
    let KeyData::Ed25519(key) = read.public_key() else { return Err(other(read.public_key().algorithm())) };
    if read.algorithm() != Algorithm::Ed25519 {
        return Err(other(read.algorithm()));
    }
    let signature = read.signature_bytes().try_into().map_err(|_| SshSigError::Form)?;
    let key = VerifyingKey::from_bytes(&key.0).map_err(SshSigError::Key)?;
    Ok(SshSignature { key, namespace: read.namespace().to_owned(), signature })
}

impl SshSignature {
    /// The key that the signature says it was made with.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The purpose that the signature says it was made for.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The key that signed `message` for the purpose `namespace`.
    ///
    /// # Errors
    /// [`SshSigError::Namespace`] or [`SshSigError::Signature`].
    pub fn verify(&self, namespace: &str, message: &[u8]) -> Result<&VerifyingKey, SshSigError> {
        if self.namespace != namespace {
            return Err(SshSigError::Namespace(self.namespace.clone()));
        }
        let signed = SshSig::signed_data(namespace, HashAlg::Sha512, message).map_err(|_| SshSigError::Form)?;
        self.key.verify(&signed, &self.signature).map_err(|_| SshSigError::Signature)?;
        Ok(&self.key)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;

    const MESSAGE: &[u8] = b"the bytes of a tag manifest\n";

    fn key() -> SigningKey {
        SigningKey::from_seed(&[7; 32])
    }

    fn armored() -> String {
        sign(&key(), "affiant-release", MESSAGE).expect("signs")
    }

    fn print(signature: &SshSignature) -> String {
        let public = KeyData::Ed25519(Ed25519PublicKey(*signature.key.as_bytes()));
        let bytes = ssh_key::Signature::new(Algorithm::Ed25519, signature.signature).expect("64 bytes");
        let signature = SshSig::new(public, signature.namespace.clone(), HashAlg::Sha512, bytes);
        armor(&signature.expect("a namespace")).expect("printable")
    }

    #[test]
    fn holds_for_its_message_and_purpose_only() {
        let signature = parse(armored().as_bytes()).expect("our own form");
        assert_eq!(signature.verify("affiant-release", MESSAGE), Ok(&key().verifying_key()));
        assert_eq!(signature.verify("affiant-release", b""), Err(SshSigError::Signature));
        assert_eq!(signature.verify("file", MESSAGE), Err(SshSigError::Namespace("affiant-release".to_owned())));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let armored = armored();
        let wrapped_at_64 = armored.replace('\n', "").replace("URE-----", "URE-----\n");
        for bad in [
            armored.replace('\n', "\r\n"),
            format!("{armored}\n"),
            format!("\n{armored}"),
            format!("{armored}{armored}"),
            format!("{armored}x"),
            armored.trim_end().to_owned(),
            armored.replacen("BEGIN SSH", "BEGIN  SSH", 1),
            armored.replacen("\nU1NI", "\n U1NI", 1),
            wrapped_at_64,
            String::new(),
            "\n".repeat(MAX_ARMORED_BYTES + 1),
        ] {
            assert_eq!(parse(bad.as_bytes()), Err(SshSigError::Form), "{bad}");
        }
    }

    #[test]
    fn weak_hashes_and_keys_are_named() {
        let public = KeyData::Ed25519(Ed25519PublicKey(*key().verifying_key().as_bytes()));
        let bytes = || ssh_key::Signature::new(Algorithm::Ed25519, [0; 64]).expect("64 bytes");
        let sha256 = SshSig::new(public, "n", HashAlg::Sha256, bytes()).and_then(|s| armor(&s)).expect("printable");
        assert_eq!(parse(sha256.as_bytes()), Err(SshSigError::Hash("sha256".to_owned())));
        let weak = KeyData::Ed25519(Ed25519PublicKey([0; 32]));
        let weak = SshSig::new(weak, "n", HashAlg::Sha512, bytes()).and_then(|s| armor(&s)).expect("printable");
        assert_eq!(parse(weak.as_bytes()), Err(SshSigError::Key(Ed25519Error::WeakKey)));
    }

    proptest! {
        #[test]
        fn a_changed_byte_never_holds(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut text = armored().into_bytes();
            let at = at.index(text.len());
            prop_assume!(text[at] != byte);
            text[at] = byte;
            if let Ok(signature) = parse(&text) {
                prop_assert_eq!(print(&signature).into_bytes(), text);
                prop_assert!(signature.verify("affiant-release", MESSAGE).is_err());
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            _ = parse(&bytes);
        }
    }
}
