//! From `--trust` and `--keyring` to the keys that may sign a release.

use std::path::Path;

use super::memory;
use super::verify::trust_file;
use crate::error::{Error, Result};
use crate::finding::{Findings, Outcome};
use crate::format::allowed_signers::AllowedSigners;
use crate::format::keyring::{MAX_BYTES, SignedKeyring};
use crate::io::{self, DiskFolder};
use crate::model::seen::{KeyringHead, Seen};
use crate::stage::keyring::{self, KeyringChain, Request, Root, TrustedKeyring};
use crate::stage::verify::TrustedSigners;

/// What the reader brought by a way of his own.
pub enum Anchor {
    /// An allowed_signers file.
    Signers(AllowedSigners),
    /// A keyring.
    Keyring(Box<SignedKeyring>),
}

impl Anchor {
    /// Reads a trust file, whichever of the two it is.
    pub fn read(path: &Path) -> Result<Self> {
        if io::first_bytes(path, 1)?.is_none_or(|start| start != b"{") {
            return Ok(Self::Signers(trust_file(path)?));
        }
        let keyring = SignedKeyring::parse(&io::read(path, MAX_BYTES)?);
        let unusable =
            |error: &dyn std::fmt::Display| Error::Key { path: path.display().to_string(), message: error.to_string() };
        Ok(Self::Keyring(Box::new(keyring.map_err(|error| unusable(&error))?)))
    }

    /// Where it enters a chain.
    pub fn root(&self) -> Root<'_> {
        match self {
            Self::Signers(signers) => Root::Signers(signers),
            Self::Keyring(signed) => Root::Pinned(signed.keyring()),
        }
    }
}

/// Whom the reader trusts for releases.
pub enum Trusted {
    /// Whom his own file lists.
    File(AllowedSigners),
    /// Whom the keyring lists that he brought.
    Pinned(TrustedKeyring),
    /// Whom the newest keyring lists that his trust leads to.
    Newest(TrustedKeyring),
}

impl Trusted {
    /// The keys of the file `trust`, or of the newest keyring in the folder `chain` that at least `threshold` keys at
    /// every step lead to. The value is `None` if they lead to none.
    pub fn find(
        trust: &Path,
        chain: Option<&Path>,
        threshold: u32,
        memory: Option<&Path>,
    ) -> Result<Outcome<Option<Self>>> {
        let anchor = Anchor::read(trust)?;
        let Some(folder) = chain else {
            let trusted = match anchor {
                Anchor::Signers(signers) => Self::File(signers),
                Anchor::Keyring(signed) => Self::Pinned(TrustedKeyring::pinned(signed.keyring())),
            };
            return Ok(Outcome { value: Some(trusted), findings: Findings::default() });
        };
        let Outcome { value, mut findings } = keyring::read(&DiskFolder::open(folder)?)?;
        let Some(chain) = value else { return Ok(Outcome { value: None, findings }) };
        let seen = seen(&chain, memory)?;
        let trusted = chain.trust(Request { root: anchor.root(), threshold, seen });
        findings.append(trusted.findings);
        Ok(Outcome { value: trusted.value.map(Self::Newest), findings })
    }

    /// The same for the verifier, which asks for at least `threshold` keys.
    pub fn signers(&self, threshold: u32) -> TrustedSigners<'_> {
        let (signers, keyring) = match self {
            Self::File(signers) => (signers, None),
            Self::Pinned(keyring) | Self::Newest(keyring) => (keyring.signers(), Some(keyring)),
        };
        TrustedSigners { signers, threshold: Some(threshold), keyring }
    }

    /// What is to be remembered of the keyrings, or stays remembered.
    pub fn remember(&self, seen: Seen, before: Option<&Seen>) -> Seen {
        let keyring = match self {
            Self::Newest(keyring) => Some(keyring.head()),
            Self::File(_) | Self::Pinned(_) => before.and_then(|before| before.keyring),
        };
        Seen { keyring, ..seen }
    }
}

/// The newest keyring of the chain's dataset that the reader saw before.
fn seen(chain: &KeyringChain, memory: Option<&Path>) -> Result<Option<KeyringHead>> {
    let (Some(newest), Some(memory)) = (chain.newest(), memory) else { return Ok(None) };
    let seen = memory::recall(memory, &newest.keyring().terms().dataset)?;
    Ok(seen.and_then(|seen| seen.keyring))
}
