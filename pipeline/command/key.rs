//! From `--key` to whoever signs.

use zeroize::Zeroizing;

use super::agent::AgentKey;
use super::passphrase;
use crate::cli::KeyArg;
use crate::error::{Error, Result};
use crate::format::ed25519::Signer;
use crate::format::private_key::{self, PrivateKeyError, PrivateKeyFile};
use crate::format::public_key::{self, PublicKeyError, PublicKeyLine};
use crate::io;

/// Largest key file, in bytes.
const MAX_FILE_BYTES: usize = 1 << 20;

/// A key as it is kept.
pub enum StoredKey {
    /// Its private half is at hand.
    Private(PrivateKeyFile),
    /// An ssh-agent may hold it.
    Public(PublicKeyLine),
}

/// Whoever signs with the key: the key itself, unlocked if need be, or the ssh-agent that holds it.
pub fn signer(key: &KeyArg) -> Result<Box<dyn Signer>> {
    match stored(key, &content(key)?)? {
        Some(StoredKey::Private(PrivateKeyFile::Open { key, .. })) => Ok(Box::new(key)),
        Some(StoredKey::Private(PrivateKeyFile::Locked(locked))) => {
            let unlocked = locked.unlock(&passphrase_of(key)?);
            Ok(Box::new(unlocked.map_err(|error| unusable(key, error))?))
        }
        Some(StoredKey::Public(line)) => Ok(Box::new(AgentKey::find(line.key)?)),
        None => Err(unusable(
            key,
            "neither an OpenSSH private key nor a public one (make both with `affiant keygen` or `ssh-keygen -t ed25519`)",
        )),
    }
}

/// The bytes of the key's file, wherever it is kept.
pub fn content(key: &KeyArg) -> Result<Zeroizing<Vec<u8>>> {
    match key {
        KeyArg::File(path) => io::secret::read(path, MAX_FILE_BYTES),
        KeyArg::Variable(name) => Ok(private_key::from_variable(&variable(key, name)?)),
    }
}

/// The key that these bytes are the file of; none if they are no key file.
pub fn stored(key: &KeyArg, content: &[u8]) -> Result<Option<StoredKey>> {
    match private_key::parse(content) {
        Ok(private) => return Ok(Some(StoredKey::Private(private))),
        Err(PrivateKeyError::NotAKey) => {}
        Err(error) => return Err(unusable(key, error)),
    }
    match public_key::parse(content) {
        Ok(public) => Ok(Some(StoredKey::Public(public))),
        Err(PublicKeyError::NotAKey) => Ok(None),
        Err(error) => Err(unusable(key, error)),
    }
}

/// The error that this key is of no use.
pub fn unusable(key: &KeyArg, why: impl ToString) -> Error {
    Error::Key { path: key.to_string(), message: why.to_string() }
}

fn passphrase_of(key: &KeyArg) -> Result<Zeroizing<String>> {
    match key {
        KeyArg::Variable(name) => variable(key, &format!("{name}_PASSPHRASE")),
        KeyArg::File(_) => {
            let asked = passphrase::ask(&format!("Passphrase for {key}: "))?;
            asked.ok_or_else(|| {
                let why = "the key is locked with a passphrase, and there is no terminal to ask for it; put the key \
                    into an ssh-agent and give its public key's file, or give `env:NAME` with the key in the variable \
                    NAME and the passphrase in NAME_PASSPHRASE";
                unusable(key, why)
            })
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "continuous integration hands keys over in variables")]
fn variable(key: &KeyArg, name: &str) -> Result<Zeroizing<String>> {
    let value = std::env::var(name).ok();
    value.map(Zeroizing::new).ok_or_else(|| unusable(key, format!("the environment has no text in {name:?}")))
}
