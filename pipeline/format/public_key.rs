//! Public keys as other tools read them: the line of an OpenSSH public key file (RFC 8709 inside), its bytes on the
//! wire, its fingerprint, and a PEM file (RFC 8410).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{HashAlg, PublicKey};

use super::ed25519::{Ed25519Error, VerifyingKey};

/// Longest public key file, in bytes: several times an RSA key.
pub const MAX_FILE_BYTES: usize = 1 << 13;

/// The DER of an Ed25519 SubjectPublicKeyInfo up to the key itself (RFC 8410 section 4).
const KEY_INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Why a public key file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// Not one line as ssh-keygen writes it.
    #[error("not an OpenSSH public key file (one line: `ssh-ed25519 AAAA... comment`)")]
    NotAKey,
    /// Not Ed25519.
    #[error("the key's algorithm is {0}; only ssh-ed25519 signs here")]
    Algorithm(String),
    /// A weak key, or none.
    #[error(transparent)]
    Ed25519(#[from] Ed25519Error),
}

/// The one line of a public key file; prints as it was read, without the line feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeyLine {
    /// The key.
    pub key: VerifyingKey,
    /// What its owner calls it; may be empty.
    pub comment: String,
}

/// Reads the bytes of a public key file. White space at its end counts for nothing.
///
/// # Errors
/// [`PublicKeyError`].
pub fn parse(file: &[u8]) -> Result<PublicKeyLine, PublicKeyError> {
    let text = std::str::from_utf8(file).map_err(|_| PublicKeyError::NotAKey)?;
    let line = text.trim_ascii_end();
    if line.len() > MAX_FILE_BYTES || line.contains(char::is_control) {
        return Err(PublicKeyError::NotAKey);
    }
    match line.split(' ').next() {
        Some("ssh-ed25519") => {}
        Some(name) if is_other_algorithm(name) => return Err(PublicKeyError::Algorithm(name.to_owned())),
        _ => return Err(PublicKeyError::NotAKey),
    }
    let read = PublicKey::from_openssh(line).map_err(|_| PublicKeyError::NotAKey)?;
    let KeyData::Ed25519(key) = read.key_data() else { return Err(PublicKeyError::NotAKey) };
    let read = PublicKeyLine { key: VerifyingKey::from_bytes(&key.0)?, comment: read.comment().to_owned() };
    if read.to_string() == line { Ok(read) } else { Err(PublicKeyError::NotAKey) }
}

fn is_other_algorithm(word: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-sha2-"].iter().any(|start| word.starts_with(start))
}

impl fmt::Display for PublicKeyLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key.to_openssh_line(&self.comment))
    }
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

    /// The key as SSH sends it (RFC 8709 section 4): what the base64 of the line holds.
    pub fn to_wire(&self) -> Vec<u8> {
        let bytes = self.to_ssh("").to_bytes();
        bytes.unwrap_or_else(|error| unreachable!("an Ed25519 key is printable: {error}"))
    }

    /// The PEM file that openssl reads: `-----BEGIN PUBLIC KEY-----` and so on.
    pub fn to_pem(&self) -> String {
        let base64 = STANDARD.encode([&KEY_INFO[..], self.as_bytes()].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n")
    }

    fn to_ssh(&self, comment: &str) -> PublicKey {
        PublicKey::new(KeyData::Ed25519(Ed25519PublicKey(*self.as_bytes())), comment)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;

    const LINE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs a comment";

    fn key() -> VerifyingKey {
        SigningKey::from_seed(&[7; 32]).verifying_key()
    }

    #[test]
    fn a_line_reads_back() {
        for line in [LINE, LINE.trim_end_matches(" a comment")] {
            for end in ["", "\n", "\r\n", " \n\n"] {
                let read = parse(format!("{line}{end}").as_bytes()).expect("a public key");
                assert_eq!((&read.key, read.to_string().as_str()), (&key(), line));
            }
        }
        assert!(key().fingerprint().starts_with("SHA256:"));
        assert_eq!(key().to_wire()[..19], *b"\0\0\0\x0bssh-ed25519\0\0\0\x20");
        assert_eq!(key().to_wire()[19..], *key().as_bytes());
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for bad in [
            "",
            "ssh-ed25519",
            "ssh-ed25519 AAAA",
            &format!("{LINE}\n{LINE}\n"),
            &format!("{LINE}\0"),
            &format!("\n{LINE}"),
            &format!(" {LINE}"),
            &LINE.replacen(' ', "  ", 1),
            &LINE.replacen(' ', "\t", 1),
            &LINE.replace("a comment", "a \u{1b}[2J comment"),
            &LINE.replacen("RtIs ", "RtI= ", 1),
            &format!("{LINE}{}", "x".repeat(MAX_FILE_BYTES)),
        ] {
            assert_eq!(parse(bad.as_bytes()), Err(PublicKeyError::NotAKey), "{bad:?}");
        }
    }

    #[test]
    fn other_algorithms_and_weak_keys_are_named() {
        for name in ["ssh-rsa", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com"] {
            let line = format!("{name} AAAA a comment\n");
            assert_eq!(parse(line.as_bytes()), Err(PublicKeyError::Algorithm(name.to_owned())));
        }
        let weak = PublicKey::from(Ed25519PublicKey([0; 32])).to_openssh().expect("printable");
        assert_eq!(parse(weak.as_bytes()), Err(PublicKeyError::Ed25519(Ed25519Error::WeakKey)));
    }

    #[test]
    fn pem_is_that_of_rfc_8410_section_10_1() {
        let key = [
            0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc, 0x3b, 0x96, 0xc8, 0x50,
            0x86, 0xaa, 0x30, 0xb6, 0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad, 0x70, 0x31, 0x66, 0xe1,
        ];
        let pem = VerifyingKey::from_bytes(&key).expect("a key").to_pem();
        let base64 = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
        assert_eq!(pem, format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n"));
    }

    proptest! {
        #[test]
        fn what_parses_prints_back(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut line = LINE.as_bytes().to_vec();
            let at = at.index(line.len());
            line[at] = byte;
            if let Ok(read) = parse(&line) {
                let printed = read.to_string();
                prop_assert_eq!(printed.as_bytes(), line.trim_ascii_end());
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "ssh-ed25519 [A-Za-z0-9+/= ]{0,80}") {
            _ = parse(&bytes);
            _ = parse(text.as_bytes());
        }
    }
}
