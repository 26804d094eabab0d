//! Signatures and public keys of minisign (<https://jedisct1.github.io/minisign/>), prehashed with BLAKE2b-512.
//!
//! A signature file has four lines: a comment that nothing protects, the signature over the message's hash, a comment
//! that is trusted once the signature holds, and a second, global signature over the first one and that comment. The
//! first comment has one fixed text here, so that all of a file that is accepted has been checked.
//!
//! A minisign key carries an id that its maker draws at random. Ours are derived from the key: a key has one id.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use blake2::{Blake2b512, Digest as _};

use super::ed25519::{Ed25519Error, KEY_BYTES, Signature, Signer, SignerError, VerifyingKey};
use crate::model::digest::Digest;

/// Longest signature file that is read, in bytes.
pub const MAX_BYTES: usize = 2048;

/// Longest trusted comment, in bytes.
pub const MAX_COMMENT_BYTES: usize = 1024;

/// Text of the comment that nothing protects.
pub const UNTRUSTED_COMMENT: &str = "signature of an affiant release";

/// The id of a key: it tells keys apart, and proves nothing.
pub type KeyId = [u8; 8];

const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";

/// Algorithm of a signature over the message's BLAKE2b-512 hash.
const PREHASHED: [u8; 2] = *b"ED";

/// Algorithm of a key, and of a signature over the message itself.
const PLAIN: [u8; 2] = *b"Ed";

/// Why a signature or a public key file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MinisigError {
    /// Not the four lines of a signature file, byte for byte as we print them.
    #[error("not one minisign signature in exactly the form that affiant writes")]
    Form,
    /// A comment that nobody signed, and that is not ours.
    #[error("the untrusted comment is not {UNTRUSTED_COMMENT:?}")]
    UntrustedComment,
    /// Empty, too long, or with other than printable ASCII.
    #[error("the trusted comment is not 1 to {MAX_COMMENT_BYTES} characters of printable ASCII")]
    TrustedComment,
    /// Over the message itself, as minisign signed before version 0.10.
    #[error(
        "made with the legacy algorithm Ed, which signs the file itself; only ED, which signs its hash, is accepted"
    )]
    Legacy,
    /// Neither of minisign's algorithms.
    #[error("made with the algorithm {0:?}; only \"ED\" is accepted")]
    Algorithm(String),
    /// Not the two lines of a public key file, or not under the key's own id.
    #[error("not one minisign public key in exactly the form that affiant writes")]
    PublicKey,
    /// The public key is weak, or none.
    #[error(transparent)]
    Key(#[from] Ed25519Error),
    /// Made with a key of another id.
    #[error("made with another key, of the id {}", printed_id(.0))]
    OtherKey(KeyId),
    /// Other bytes, or another key.
    #[error("the signature does not hold for these bytes")]
    Signature,
    /// The message is the signed one, but the trusted comment is not, or stood beside another signature.
    #[error("the global signature does not hold for this trusted comment")]
    GlobalSignature,
}

/// A signature that has been read; whether it holds, only [`MinisignSignature::verify`] tells. Prints as its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinisignSignature {
    key_id: KeyId,
    signature: Signature,
    trusted_comment: String,
    global_signature: Signature,
}

/// The id of `key`: the first 8 bytes of the SHA-256 digest of its 32.
pub fn key_id(key: &VerifyingKey) -> KeyId {
    let digest = Digest::of(key.as_bytes());
    std::array::from_fn(|at| digest.as_bytes()[at])
}

/// An id as minisign prints it: a little-endian number in hex.
fn printed_id(id: &KeyId) -> String {
    format!("{:016X}", u64::from_le_bytes(*id))
}

/// The content of a public key file, as `minisign -V -p` reads it.
pub fn public_key(key: &VerifyingKey) -> String {
    let id = key_id(key);
    let bytes = [&PLAIN[..], &id, key.as_bytes()].concat();
    format!("{UNTRUSTED}minisign public key {}\n{}\n", printed_id(&id), BASE64.encode(bytes))
}

/// Reads a public key file in exactly the form of [`public_key`].
///
/// # Errors
/// [`MinisigError::PublicKey`] or [`MinisigError::Key`].
pub fn parse_public_key(file: &[u8]) -> Result<VerifyingKey, MinisigError> {
    let line = file.strip_suffix(b"\n").and_then(|lines| lines.split(|&b| b == b'\n').nth(1));
    let (_, _, bytes) = line.and_then(parts::<KEY_BYTES>).ok_or(MinisigError::PublicKey)?;
    let key = VerifyingKey::from_bytes(&bytes)?;
    if public_key(&key).as_bytes() == file { Ok(key) } else { Err(MinisigError::PublicKey) }
}

/// Algorithm, key id and the rest of a line in base64.
fn parts<const N: usize>(line: &[u8]) -> Option<([u8; 2], KeyId, [u8; N])> {
    let bytes = BASE64.decode(line).ok()?;
    let (algorithm, bytes) = bytes.split_first_chunk()?;
    let (key_id, bytes) = bytes.split_first_chunk()?;
    Some((*algorithm, *key_id, bytes.try_into().ok()?))
}

/// Signs `message` and `trusted_comment`; the same input always gives the same file.
///
/// # Errors
/// The signer's own, or that the trusted comment is not 1 to [`MAX_COMMENT_BYTES`] characters of printable ASCII.
pub fn sign(signer: &dyn Signer, trusted_comment: &str, message: &[u8]) -> Result<String, SignerError> {
    let key_id = key_id(&signer.verifying_key());
    let signature = signer.sign(&Blake2b512::digest(message))?;
    let global_signature = signer.sign(&globally_signed(&signature, trusted_comment))?;
    let signature = MinisignSignature::from_parts(key_id, signature, trusted_comment, global_signature);
    signature.map(|signature| signature.to_string()).map_err(|error| SignerError(error.to_string()))
}

/// What the global signature is over.
fn globally_signed(signature: &Signature, trusted_comment: &str) -> Vec<u8> {
    [signature, trusted_comment.as_bytes()].concat()
}

/// Reads one signature file with nothing around it.
///
/// # Errors
/// The first five [`MinisigError`]s.
pub fn parse(file: &[u8]) -> Result<MinisignSignature, MinisigError> {
    if file.len() > MAX_BYTES {
        return Err(MinisigError::Form);
    }
    let text = std::str::from_utf8(file).ok().and_then(|text| text.strip_suffix('\n')).ok_or(MinisigError::Form)?;
    let lines: Vec<_> = text.split('\n').collect();
    let [untrusted, signed, trusted, global] = lines[..] else { return Err(MinisigError::Form) };
    let untrusted_comment = untrusted.strip_prefix(UNTRUSTED).ok_or(MinisigError::Form)?;
    let trusted_comment = trusted.strip_prefix(TRUSTED).ok_or(MinisigError::Form)?;
    let (algorithm, key_id, signature) = parts(signed.as_bytes()).ok_or(MinisigError::Form)?;
    let global = BASE64.decode(global).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(MinisigError::Form)?;
    match algorithm {
        PREHASHED if untrusted_comment != UNTRUSTED_COMMENT => Err(MinisigError::UntrustedComment),
        PREHASHED => MinisignSignature::from_parts(key_id, signature, trusted_comment, global),
        PLAIN => Err(MinisigError::Legacy),
        other => Err(MinisigError::Algorithm(other.escape_ascii().to_string())),
    }
}

impl MinisignSignature {
    /// A signature from what its file says beyond the fixed text.
    ///
    /// # Errors
    /// [`MinisigError::TrustedComment`].
    pub fn from_parts(
        key_id: KeyId,
        signature: Signature,
        trusted_comment: &str,
        global_signature: Signature,
    ) -> Result<Self, MinisigError> {
        let is_printable = trusted_comment.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !is_printable || !(1..=MAX_COMMENT_BYTES).contains(&trusted_comment.len()) {
            return Err(MinisigError::TrustedComment);
        }
        Ok(Self { key_id, signature, trusted_comment: trusted_comment.to_owned(), global_signature })
    }

    /// The id of the key that the signature says it was made with.
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The trusted comment, which says nothing until [`MinisignSignature::verify`] has passed.
    pub fn trusted_comment(&self) -> &str {
        &self.trusted_comment
    }

    /// The signature over the message's hash.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The signature over the first one and the trusted comment.
    pub fn global_signature(&self) -> &Signature {
        &self.global_signature
    }

    /// The trusted comment, once both signatures hold for `message` under `key`.
    ///
    /// # Errors
    /// [`MinisigError::OtherKey`], [`MinisigError::Signature`] or [`MinisigError::GlobalSignature`].
    pub fn verify(&self, key: &VerifyingKey, message: &[u8]) -> Result<&str, MinisigError> {
        if self.key_id != key_id(key) {
            return Err(MinisigError::OtherKey(self.key_id));
        }
        key.verify(&Blake2b512::digest(message), &self.signature).map_err(|_| MinisigError::Signature)?;
        key.verify(&globally_signed(&self.signature, &self.trusted_comment), &self.global_signature)
            .map_err(|_| MinisigError::GlobalSignature)?;
        Ok(&self.trusted_comment)
    }
}

impl fmt::Display for MinisignSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{UNTRUSTED}{UNTRUSTED_COMMENT}")?;
        writeln!(f, "{}", BASE64.encode([&PREHASHED[..], &self.key_id, &self.signature].concat()))?;
        writeln!(f, "{TRUSTED}{}", self.trusted_comment)?;
        writeln!(f, "{}", BASE64.encode(self.global_signature))
    }
}
