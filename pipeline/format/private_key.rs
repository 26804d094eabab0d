//! OpenSSH private key files (OpenSSH's PROTOCOL.key), open or locked with a passphrase.
//!
//! Read is what ssh-keygen reads, whatever the length of its lines; written is what ssh-keygen writes. The passphrase
//! and the salt come from the caller.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{Cipher, Error, Kdf, LineEnding, PrivateKey};
use zeroize::Zeroizing;

use super::ed25519::{Ed25519Error, SigningKey, VerifyingKey};
use super::public_key::PublicKeyLine;

/// Longest private key file, in bytes: several times an RSA key.
pub const MAX_FILE_BYTES: usize = 1 << 14;

/// Bytes of chance that go into locking a key.
pub const SALT_BYTES: usize = 16;

/// Rounds of bcrypt-pbkdf: what OpenSSH takes since 9.4.
const ROUNDS: u32 = 24;

const BEGIN: &[u8] = b"-----BEGIN OPENSSH PRIVATE KEY-----";
const END: &[u8] = b"-----END OPENSSH PRIVATE KEY-----";

/// Why a private key file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrivateKeyError {
    /// Not an OpenSSH private key file.
    #[error("not an OpenSSH private key file (make one with `affiant keygen` or `ssh-keygen -t ed25519`)")]
    NotAKey,
    /// Not Ed25519.
    #[error("the key's algorithm is {0}; only ssh-ed25519 signs here")]
    Algorithm(String),
    /// Locked with a cipher that is not read here.
    #[error("the key is locked with {0}, which is not supported (lock it anew: `ssh-keygen -p -Z aes256-ctr -f FILE`)")]
    Cipher(String),
    /// Another passphrase locked it, or the file was damaged since.
    #[error("the passphrase is wrong")]
    Passphrase,
    /// The public half is not that of the private one: a signature would give the private key away.
    #[error("the two halves of the key do not belong together")]
    Mismatch,
    /// The public half is a weak key, or none.
    #[error(transparent)]
    Ed25519(#[from] Ed25519Error),
}

/// A private key file that has been read.
#[derive(Debug)]
pub enum PrivateKeyFile {
    /// Ready to sign.
    Open {
        /// The key.
        key: SigningKey,
        /// What its owner calls it; may be empty.
        comment: String,
    },
    /// Needs its passphrase first.
    Locked(LockedKey),
}

impl PrivateKeyFile {
    /// The public half. That of a locked file is what the file says: only unlocking proves it. Its comment is locked
    /// away too.
    pub fn public(&self) -> PublicKeyLine {
        match self {
            Self::Open { key, comment } => PublicKeyLine { key: key.verifying_key(), comment: comment.clone() },
            Self::Locked(locked) => PublicKeyLine { key: locked.public.clone(), comment: String::new() },
        }
    }
}

/// A private key behind a passphrase.
#[derive(Debug)]
pub struct LockedKey {
    file: Box<PrivateKey>,
    public: VerifyingKey,
}

impl LockedKey {
    /// Takes the key out.
    ///
    /// # Errors
    /// [`PrivateKeyError::Passphrase`] or [`PrivateKeyError::Mismatch`].
    pub fn unlock(&self, passphrase: &str) -> Result<SigningKey, PrivateKeyError> {
        let open = self.file.decrypt(passphrase).map_err(|error| match error {
            Error::PublicKey => PrivateKeyError::Mismatch,
            _ => PrivateKeyError::Passphrase,
        })?;
        signing_key(&open)
    }
}

/// Reads the bytes of a private key file. White space around and within it counts for nothing.
///
/// # Errors
/// [`PrivateKeyError`], but not [`PrivateKeyError::Passphrase`].
pub fn parse(file: &[u8]) -> Result<PrivateKeyFile, PrivateKeyError> {
    let bytes = unarmor(file).ok_or(PrivateKeyError::NotAKey)?;
    let read = PrivateKey::from_bytes(&bytes).map_err(|error| match error {
        // The crate names only what it was built to read.
        Error::AlgorithmUnknown => PrivateKeyError::Algorithm("ECDSA, or one not known here".to_owned()),
        Error::AlgorithmUnsupported { algorithm } => PrivateKeyError::Algorithm(algorithm.to_string()),
        Error::PublicKey => PrivateKeyError::Mismatch,
        _ => PrivateKeyError::NotAKey,
    })?;
    let KeyData::Ed25519(public) = read.public_key().key_data() else {
        return Err(PrivateKeyError::Algorithm(read.algorithm().to_string()));
    };
    if !read.is_encrypted() {
        return Ok(PrivateKeyFile::Open { key: signing_key(&read)?, comment: read.comment().to_owned() });
    }
    if read.cipher() == Cipher::TDesCbc {
        return Err(PrivateKeyError::Cipher(read.cipher().to_string()));
    }
    let public = VerifyingKey::from_bytes(&public.0)?;
    Ok(PrivateKeyFile::Locked(LockedKey { file: Box::new(read), public }))
}

/// The key file that a variable of the environment holds: as it is, or as its base64 in one line, which is how services
/// keep a text of several lines.
pub fn from_variable(text: &str) -> Zeroizing<Vec<u8>> {
    let decoded = STANDARD.decode(text.trim_ascii());
    Zeroizing::new(decoded.unwrap_or_else(|_| text.as_bytes().to_vec()))
}

/// The bytes between the two marks.
fn unarmor(file: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if file.len() > MAX_FILE_BYTES {
        return None;
    }
    let lines = file.trim_ascii().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let mut base64 = Zeroizing::new(Vec::with_capacity(lines.len()));
    base64.extend(lines.iter().filter(|byte| !byte.is_ascii_whitespace()));
    STANDARD.decode(&base64).ok().map(Zeroizing::new)
}

fn signing_key(open: &PrivateKey) -> Result<SigningKey, PrivateKeyError> {
    let KeypairData::Ed25519(pair) = open.key_data() else {
        return Err(PrivateKeyError::Algorithm(open.algorithm().to_string()));
    };
    let key = SigningKey::from_seed(pair.private.as_ref());
    if key.verifying_key().as_bytes() == &pair.public.0 { Ok(key) } else { Err(PrivateKeyError::Mismatch) }
}

/// The open private key file of `key`, as ssh-keygen writes it; wiped from memory when dropped.
pub fn to_openssh(key: &SigningKey, comment: &str) -> Zeroizing<String> {
    print(private_key(key, comment))
}

/// The private key file of `key`, locked with `passphrase` by AES-256 in counter mode. `salt` is to be random.
pub fn to_openssh_locked(
    key: &SigningKey,
    comment: &str,
    passphrase: &str,
    salt: &[u8; SALT_BYTES],
) -> Zeroizing<String> {
    let kdf = Kdf::Bcrypt { salt: salt.to_vec(), rounds: ROUNDS };
    // Stands in the file twice, so that a wrong passphrase shows; any number will do.
    let check = u32::from_be_bytes([salt[0], salt[1], salt[2], salt[3]]);
    print(private_key(key, comment).and_then(|key| key.encrypt_with(Cipher::Aes256Ctr, kdf, check, passphrase)))
}

fn private_key(key: &SigningKey, comment: &str) -> ssh_key::Result<PrivateKey> {
    let public = Ed25519PublicKey(*key.verifying_key().as_bytes());
    let pair = Ed25519Keypair { public, private: Ed25519PrivateKey::from_bytes(key.seed()) };
    PrivateKey::new(KeypairData::Ed25519(pair), comment)
}

fn print(file: ssh_key::Result<PrivateKey>) -> Zeroizing<String> {
    let file = file.and_then(|key| key.to_openssh(LineEnding::LF));
    file.unwrap_or_else(|error| unreachable!("a whole Ed25519 key is printable: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    const PASSPHRASE: &str = "open, sesame";

    fn key() -> SigningKey {
        SigningKey::from_seed(&[7; 32])
    }

    fn open() -> String {
        to_openssh(&key(), "throwaway").to_string()
    }

    /// Made once: locking takes its time on purpose.
    fn locked() -> String {
        static LOCKED: LazyLock<String> =
            LazyLock::new(|| to_openssh_locked(&key(), "locked", PASSPHRASE, &[3; SALT_BYTES]).to_string());
        LOCKED.clone()
    }

    fn file_of(pair: Ed25519Keypair) -> String {
        PrivateKey::from(pair).to_openssh(LineEnding::LF).expect("a file").to_string()
    }

    fn error(file: &str) -> PrivateKeyError {
        parse(file.as_bytes()).expect_err(file)
    }

    #[test]
    fn an_open_file_reads_back() {
        let file = open();
        assert!(file.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
        assert!(file.ends_with("-----END OPENSSH PRIVATE KEY-----\n"));
        let read = parse(file.as_bytes()).expect("a key");
        assert_eq!(read.public(), PublicKeyLine { key: key().verifying_key(), comment: "throwaway".to_owned() });
        let PrivateKeyFile::Open { key: read, .. } = read else { panic!("it is not locked") };
        assert_eq!(read.seed(), key().seed());
    }

    #[test]
    fn a_locked_file_opens_with_its_passphrase_only() {
        let read = parse(locked().as_bytes()).expect("a key");
        assert_eq!(read.public(), PublicKeyLine { key: key().verifying_key(), comment: String::new() });
        let PrivateKeyFile::Locked(read) = read else { panic!("it is locked") };
        assert_eq!(read.unlock(PASSPHRASE).expect("the passphrase").seed(), key().seed());
        for wrong in ["", "open, sesam", "Open, sesame"] {
            assert_eq!(read.unlock(wrong).expect_err(wrong), PrivateKeyError::Passphrase);
        }
    }

    #[test]
    fn lines_may_have_any_length() {
        for file in [open(), locked()] {
            let lines: Vec<_> = file.lines().collect();
            let [begin, base64 @ .., end] = &lines[..] else { panic!("no marks in {file}") };
            let wrapped = |width: usize| {
                let base64 = base64.concat();
                let lines: Vec<_> = base64.as_bytes().chunks(width).map(String::from_utf8_lossy).collect();
                format!("{begin}\n{}\n{end}\n", lines.join("\n"))
            };
            let public = parse(file.as_bytes()).expect("a key").public();
            for same in [
                wrapped(70),
                wrapped(1),
                wrapped(64),
                wrapped(10_000),
                file.replace('\n', "\r\n"),
                format!("\n {file}\n"),
            ] {
                assert_eq!(parse(same.as_bytes()).expect(&same).public(), public);
            }
            assert_eq!(wrapped(70), file);
        }
    }

    #[test]
    fn a_variable_holds_the_file_or_its_base64() {
        let file = open();
        assert_eq!(*from_variable(&file), file.as_bytes());
        assert_eq!(*from_variable(&format!("{}\n", STANDARD.encode(file.as_bytes()))), file.as_bytes());
        assert!(parse(&from_variable(file.trim_end())).is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let file = open();
        for bad in [
            "",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            "-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n",
            &file.replace('=', ""),
            &file.replace("OPENSSH", "RSA"),
            &file.replacen('\n', "\n-", 1),
            &format!("x{file}"),
            &format!("{file}x"),
            &file.repeat(2),
            &" ".repeat(MAX_FILE_BYTES + 1),
        ] {
            assert_eq!(error(bad), PrivateKeyError::NotAKey, "{bad}");
        }
    }

    #[test]
    fn halves_that_do_not_match_are_refused() {
        let public = Ed25519PublicKey(*SigningKey::from_seed(&[8; 32]).verifying_key().as_bytes());
        let pair = Ed25519Keypair { public, private: Ed25519PrivateKey::from_bytes(key().seed()) };
        assert_eq!(error(&file_of(pair)), PrivateKeyError::Mismatch);
    }

    #[test]
    fn an_unsupported_cipher_is_named() {
        let parts = locked().lines().filter(|line| !line.starts_with('-')).collect::<String>();
        let mut bytes = STANDARD.decode(parts).expect("base64");
        let at = bytes.windows(10).position(|name| name == b"aes256-ctr").expect("the cipher's name");
        bytes.splice(at - 1..at + 10, *b"\x083des-cbc");
        let begin = std::str::from_utf8(BEGIN).expect("ASCII");
        let end = std::str::from_utf8(END).expect("ASCII");
        let file = format!("{begin}\n{}\n{end}\n", STANDARD.encode(bytes));
        assert_eq!(error(&file), PrivateKeyError::Cipher("3des-cbc".to_owned()));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            _ = parse(&bytes);
            _ = from_variable(&String::from_utf8_lossy(&bytes));
            for mut file in [open().into_bytes(), locked().into_bytes()] {
                let at = at.index(file.len());
                file[at] = byte;
                _ = parse(&file);
            }
        }
    }
}
