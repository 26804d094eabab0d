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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;

    const MESSAGE: &[u8] = b"the bytes of a tag manifest\n";
    const COMMENT: &str = "dataset:example version:1.0.0 seq:1";

    // Computed with Python's hashlib and cryptography; minisign 0.11 verifies the one with the other.
    const PUBLIC_KEY: &str = "untrusted comment: minisign public key E64CABF3122C81FE\n\
        RWT+gSwS86tM5upKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs\n";
    const SIGNATURE: &str = "untrusted comment: signature of an affiant release\n\
        RUT+gSwS86tM5ujC1Eu24WKQq4/BM1aHSzQSAxOwQueEErIBnp+9aa4PkxLBHpw0siDrzgoUPexAmuYi5mGbbSuTeULMYwoFFAk=\n\
        trusted comment: dataset:example version:1.0.0 seq:1\n\
        J3pk6kr24A2uIYz4rHLQpwJNSdJtzCVFjDm2CjZ0PnTZA8UCtFbFMvwXjEuzIByKjs7b3lZVTI9OpyZkobLaCQ==\n";

    /// The order of the curve's group, little-endian.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    fn key() -> SigningKey {
        SigningKey::from_seed(&[7; 32])
    }

    fn signed() -> MinisignSignature {
        parse(SIGNATURE.as_bytes()).expect("our own form")
    }

    fn verdict(signature: &MinisignSignature) -> Result<&str, MinisigError> {
        signature.verify(&key().verifying_key(), MESSAGE)
    }

    /// The same signature with the group's order added to S, which lenient verifiers accept too.
    fn second_spelling(signature: &Signature) -> Signature {
        let mut sum = *signature;
        let mut carry = 0;
        for (byte, order) in sum[32..].iter_mut().zip(ORDER) {
            carry += u16::from(*byte) + u16::from(order);
            *byte = carry as u8;
            carry >>= 8;
        }
        sum
    }

    /// The signature file with other bytes in its second line.
    fn sealed(algorithm: &[u8; 2], signature: &Signature) -> String {
        let bytes = [&algorithm[..], &key_id(&key().verifying_key()), signature].concat();
        let lines: Vec<_> = SIGNATURE.lines().collect();
        format!("{}\n{}\n{}\n{}\n", lines[0], BASE64.encode(bytes), lines[2], lines[3])
    }

    #[test]
    fn signs_as_others_do() {
        assert_eq!(sign(&key(), COMMENT, MESSAGE).as_deref(), Ok(SIGNATURE));
        assert_eq!(public_key(&key().verifying_key()), PUBLIC_KEY);
        assert_eq!(parse_public_key(PUBLIC_KEY.as_bytes()), Ok(key().verifying_key()));
        assert_eq!(signed().to_string(), SIGNATURE);
        assert_eq!(signed().key_id(), &key_id(&key().verifying_key()));
    }

    #[test]
    fn holds_for_its_message_key_and_comment_only() {
        let signature = signed();
        assert_eq!(verdict(&signature), Ok(COMMENT));
        assert_eq!(signature.verify(&key().verifying_key(), b""), Err(MinisigError::Signature));
        let other = SigningKey::from_seed(&[8; 32]).verifying_key();
        assert_eq!(signature.verify(&other, MESSAGE), Err(MinisigError::OtherKey(*signature.key_id())));

        let edited = SIGNATURE.replace("seq:1", "seq:2");
        assert_eq!(verdict(&parse(edited.as_bytes()).expect("the form")), Err(MinisigError::GlobalSignature));
        let renamed = MinisignSignature { key_id: key_id(&other), ..signed() };
        assert_eq!(renamed.verify(&other, MESSAGE), Err(MinisigError::Signature));
        let older = sign(&key(), "dataset:example version:0.9.0 seq:1", b"older bytes").expect("signs");
        let older = parse(older.as_bytes()).expect("our own form");
        assert_eq!(
            verdict(&MinisignSignature { signature: older.signature, ..signed() }),
            Err(MinisigError::Signature)
        );
        let mixed = MinisignSignature { signature: signed().signature, ..older };
        assert_eq!(verdict(&mixed), Err(MinisigError::GlobalSignature));
    }

    #[test]
    fn a_second_spelling_of_a_signature_is_none() {
        let first = MinisignSignature { signature: second_spelling(&signed().signature), ..signed() };
        assert_eq!(verdict(&first), Err(MinisigError::Signature));
        let global = MinisignSignature { global_signature: second_spelling(&signed().global_signature), ..signed() };
        assert_eq!(verdict(&global), Err(MinisigError::GlobalSignature));
    }

    #[test]
    fn signatures_of_the_message_itself_are_refused() {
        let legacy = sealed(b"Ed", &key().sign(MESSAGE));
        assert_eq!(parse(legacy.as_bytes()), Err(MinisigError::Legacy));
        let legacy = legacy.replace(UNTRUSTED_COMMENT, "signature from minisign secret key");
        assert_eq!(parse(legacy.as_bytes()), Err(MinisigError::Legacy));
        // The algorithm is not itself signed: a legacy signature that calls itself another one must fail.
        let renamed = parse(sealed(b"ED", &key().sign(MESSAGE)).as_bytes()).expect("the form");
        assert_eq!(verdict(&renamed), Err(MinisigError::Signature));
        let other = parse(sealed(b"e\n", &[0; 64]).as_bytes());
        assert_eq!(other, Err(MinisigError::Algorithm("e\\n".to_owned())));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let lines: Vec<_> = SIGNATURE.lines().collect();
        for bad in [
            SIGNATURE.replace('\n', "\r\n"),
            SIGNATURE.replacen("seq:1\n", "seq:1\n\n", 1),
            format!("{SIGNATURE}\n"),
            format!("\n{SIGNATURE}"),
            format!("\u{feff}{SIGNATURE}"),
            format!("{SIGNATURE}{SIGNATURE}"),
            format!("{SIGNATURE}x"),
            format!("{SIGNATURE}# junk\n"),
            SIGNATURE.trim_end().to_owned(),
            SIGNATURE.replace("FAk=", "FAk"),
            SIGNATURE.replace("FAk=", "FAl="),
            SIGNATURE.replace("FAk=", "FAk= "),
            SIGNATURE.replace("FAk=", "FAk=="),
            SIGNATURE.replace('+', "-").replace('/', "_"),
            SIGNATURE.replace("LaCQ==", "LaCR=="),
            SIGNATURE.replace("untrusted comment: ", "untrusted comment:"),
            SIGNATURE.replace("\ntrusted comment: ", "\nTrusted comment: "),
            format!("{}\n{}\n{}\n{}\n", lines[0], lines[3], lines[2], lines[1]),
            format!("{}\n{}\n{}\n{}\n", lines[2], lines[1], lines[0], lines[3]),
            String::new(),
            "\n\n\n\n".to_owned(),
            "\n".repeat(MAX_BYTES + 1),
        ] {
            assert_eq!(parse(bad.as_bytes()), Err(MinisigError::Form), "{bad}");
        }
        for comment in ["", "signature from minisign secret key", "signature of an affiant release "] {
            let edited = SIGNATURE.replace(UNTRUSTED_COMMENT, comment);
            assert_eq!(parse(edited.as_bytes()), Err(MinisigError::UntrustedComment), "{comment}");
        }
    }

    #[test]
    fn a_trusted_comment_is_printable_and_short() {
        let longest = "x".repeat(MAX_COMMENT_BYTES);
        let file = sign(&key(), &longest, MESSAGE).expect("signs");
        assert!(file.len() <= MAX_BYTES);
        assert_eq!(parse(file.as_bytes()).expect("our own form").trusted_comment(), longest);
        for bad in ["", &format!("{longest}x"), "a\tb", "a\r", "\u{1b}[2J", "caf\u{e9}", "\u{7f}"] {
            let error = sign(&key(), bad, MESSAGE).expect_err(bad);
            assert_eq!(error.0, MinisigError::TrustedComment.to_string());
            let file = SIGNATURE.replace(COMMENT, bad);
            assert_eq!(parse(file.as_bytes()), Err(MinisigError::TrustedComment), "{bad}");
        }
        assert!(sign(&key(), "a\nb", MESSAGE).is_err());
    }

    #[test]
    fn a_public_key_has_one_spelling() {
        let line = |algorithm: &[u8], id: &[u8], key: &[u8]| {
            let (start, _) = PUBLIC_KEY.split_at(PUBLIC_KEY.find('\n').expect("two lines") + 1);
            format!("{start}{}\n", BASE64.encode([algorithm, id, key].concat()))
        };
        let (key, id) = (key().verifying_key(), key_id(&key().verifying_key()));
        assert_eq!(line(b"Ed", &id, key.as_bytes()), PUBLIC_KEY);
        for bad in [
            line(b"ED", &id, key.as_bytes()),
            line(b"Ed", &[0; 8], key.as_bytes()),
            line(b"Ed", &id, &key.as_bytes()[1..]),
            PUBLIC_KEY.replace("E64C", "e64c"),
            PUBLIC_KEY.replace('\n', "\r\n"),
            PUBLIC_KEY.trim_end().to_owned(),
            format!("{PUBLIC_KEY}\n"),
            format!("{PUBLIC_KEY}{PUBLIC_KEY}"),
            PUBLIC_KEY.lines().skip(1).collect(),
            String::new(),
        ] {
            assert_eq!(parse_public_key(bad.as_bytes()), Err(MinisigError::PublicKey), "{bad}");
        }
        let weak = line(b"Ed", &id, &[0; 32]);
        assert_eq!(parse_public_key(weak.as_bytes()), Err(MinisigError::Key(Ed25519Error::WeakKey)));
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_and_prints_back(
            seed in any::<[u8; 32]>(),
            comment in "[ -~]{1,80}",
            message in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let key = SigningKey::from_seed(&seed);
            let file = sign(&key, &comment, &message).expect("signs");
            let signature = parse(file.as_bytes()).expect("our own form");
            prop_assert_eq!(signature.verify(&key.verifying_key(), &message), Ok(&comment[..]));
            prop_assert_eq!(signature.to_string(), file);
            let public = public_key(&key.verifying_key());
            prop_assert_eq!(parse_public_key(public.as_bytes()), Ok(key.verifying_key()));
        }

        #[test]
        fn parts_print_and_parse(
            key_id in any::<KeyId>(),
            signature in proptest::collection::vec(any::<u8>(), 64),
            comment in "[ -~]{1,80}",
            global in proptest::collection::vec(any::<u8>(), 64),
        ) {
            let bytes = |bytes: Vec<u8>| Signature::try_from(bytes).expect("64 bytes");
            let signature = MinisignSignature::from_parts(key_id, bytes(signature), &comment, bytes(global));
            let signature = signature.expect("a printable comment");
            prop_assert_eq!(parse(signature.to_string().as_bytes()), Ok(signature));
        }

        #[test]
        fn a_changed_byte_never_holds(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut file = SIGNATURE.as_bytes().to_owned();
            let at = at.index(file.len());
            prop_assume!(file[at] != byte);
            file[at] = byte;
            if let Ok(signature) = parse(&file) {
                prop_assert_eq!(signature.to_string().into_bytes(), file);
                prop_assert!(verdict(&signature).is_err());
            }
        }

        #[test]
        fn never_panics(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            text in "((un)?trusted comment: |signature of an affiant release|RU[A-Za-z0-9+/]{6,150}={0,2}|[ -~]|\\n|\u{e9}){0,12}",
        ) {
            _ = parse(&bytes);
            _ = parse(text.as_bytes());
            _ = parse_public_key(&bytes);
            _ = parse_public_key(text.as_bytes());
        }
    }
}
