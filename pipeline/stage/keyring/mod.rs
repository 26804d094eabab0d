//! The chain of a dataset's keyrings: who may sign its releases, and when, from the first day on.
//!
//! Keyring n+1 follows from keyring n when both answer for it: at least n's threshold of n's keys, and at least its own
//! threshold of its own. A key that retires keeps its line and gets an end, so that old releases stay good. The chain
//! vouches for nobody until a reader's own trust enters it ([`KeyringChain::trust`]).

mod change;
mod trust;

use std::collections::BTreeMap;

pub use change::{Change, Turn};
pub use trust::{Request, Root, TrustedKeyring};

use super::folder::{EntryKind, Folder};
use crate::error::Result;
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::allowed_signers::{AllowedSigners, Trust};
use crate::format::ed25519::VerifyingKey;
use crate::format::keyring::{Keyring, MAX_BYTES, SignedKeyring};
use crate::format::layout;

/// Most keyrings that a chain may have here: more than one a week for ten years.
pub const MAX_KEYRINGS: usize = 600;

/// Keyrings of which each follows from the one before it: only [`read`] makes a chain.
#[derive(Clone, Debug)]
pub struct KeyringChain {
    links: Vec<Link>,
}

/// A keyring in its place in a chain.
#[derive(Clone, Debug)]
pub struct Link {
    keyring: SignedKeyring,
    /// How a person calls its file.
    file: String,
    signatures: Vec<Signature>,
    changes: Vec<Change>,
}

/// A signature on a keyring, which holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name that the keyring, or the one before it, gives the key.
    pub principal: String,
    /// The key.
    pub key: VerifyingKey,
    /// Counts towards the threshold of the keyring before.
    pub counts_before: bool,
    /// Counts towards the keyring's own threshold.
    pub counts_own: bool,
}

/// Why a keyring does not follow, or is not trusted.
type Refusal = (Code, String);

impl KeyringChain {
    /// The keyrings, oldest first.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The newest one.
    pub fn newest(&self) -> Option<&Link> {
        self.links.last()
    }
}

impl Link {
    /// What the keyring says.
    pub fn keyring(&self) -> &Keyring {
        self.keyring.keyring()
    }

    /// Who signed it.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// What is different from the keyring before.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The keyring in its place behind another, whatever number of signatures it still lacks.
    fn new(before: Option<&Keyring>, keyring: SignedKeyring, file: String) -> Result<Self, Refusal> {
        follows(before, keyring.keyring())?;
        let signatures = signatures(before, &keyring)?;
        let nobody = AllowedSigners::default();
        let changes = change::between(before.map_or(&nobody, Keyring::signers), keyring.keyring().signers());
        Ok(Self { keyring, file, signatures, changes })
    }

    /// How many signatures count towards the threshold of the keyring before.
    pub fn count_before(&self) -> usize {
        self.signatures.iter().filter(|signature| signature.counts_before).count()
    }

    /// How many signatures count towards its own threshold.
    pub fn count_own(&self) -> usize {
        self.signatures.iter().filter(|signature| signature.counts_own).count()
    }

    fn has_thresholds(&self, before: Option<&Keyring>) -> Result<(), Refusal> {
        let short = |count, needed, whose| {
            let message = format!("keys of {whose} that signed it: {count}; needed: {needed}");
            (Code::KeyringThresholdNotMet, message)
        };
        if let Some(before) =
            before.map(Keyring::terms).filter(|before| !reaches(self.count_before(), before.threshold))
        {
            return Err(short(self.count_before(), before.threshold, format!("keyring {}", before.version)));
        }
        let threshold = self.keyring().terms().threshold;
        if reaches(self.count_own(), threshold) {
            Ok(())
        } else {
            Err(short(self.count_own(), threshold, "its own".to_owned()))
        }
    }
}

/// Whether so many keys are enough.
fn reaches(count: usize, threshold: u32) -> bool {
    count as u64 >= u64::from(threshold)
}

/// The name that `signers` give a key that is good for releases at `at`.
fn principal(signers: &AllowedSigners, key: &VerifyingKey, at: i64) -> Option<String> {
    match signers.find(key, layout::NAMESPACE, at) {
        Trust::Trusted { principal } => Some(principal),
        Trust::UnknownKey | Trust::WrongNamespace | Trust::OutsideValidity => None,
    }
}

/// That a keyring says what may be said behind another.
fn follows(before: Option<&Keyring>, keyring: &Keyring) -> Result<(), Refusal> {
    let terms = keyring.terms();
    let refuse = |message| Err((Code::KeyringDisagrees, message));
    let version = before.map_or(1, |before| before.terms().version + 1);
    if terms.version != version {
        return refuse(format!("its version is {}, and this is the place of {version}", terms.version));
    }
    let Some(before) = before else { return Ok(()) };
    if terms.dataset != before.terms().dataset {
        return refuse(format!("it is of {}, and the one before it of {}", terms.dataset, before.terms().dataset));
    }
    if terms.date < before.terms().date {
        return refuse(format!("its date, {}, lies before {}", terms.date, before.terms().date));
    }
    if terms.previous != Some(before.digest()) {
        return refuse(format!("the keyring before it is another one, {}", before.digest()));
    }
    Ok(())
}

/// The signatures, each by a key of the keyring or of the one before it.
fn signatures(before: Option<&Keyring>, signed: &SignedKeyring) -> Result<Vec<Signature>, Refusal> {
    let own = signed.keyring().signers();
    let at = signed.keyring().terms().date.unix_seconds();
    let known = before.into_iter().map(Keyring::signers).chain([own]).flat_map(AllowedSigners::named_keys);
    let known: BTreeMap<String, (&str, &VerifyingKey)> =
        known.map(|(name, key)| (key.fingerprint(), (name, key))).collect();
    let check = |key_id: &str| {
        let invalid = |why: String| (Code::KeyringSignatureInvalid, format!("signed with {key_id}: {why}"));
        let (name, key) = known.get(key_id).ok_or_else(|| invalid("no key of it or of the one before".to_owned()))?;
        signed.verify(key).map_err(|error| invalid(error.to_string()))?;
        Ok(Signature {
            principal: (*name).to_owned(),
            key: (*key).clone(),
            counts_before: before.is_some_and(|before| principal(before.signers(), key, at).is_some()),
            counts_own: principal(own, key, at).is_some(),
        })
    };
    signed.key_ids().map(check).collect()
}

/// The name of a keyring's file.
pub fn file_name(version: u64) -> String {
    format!("{version}.json")
}

/// Reads the keyrings of a folder, `1.json` and on. The value is `None` if they are not one whole chain.
pub fn read(folder: &dyn Folder) -> Result<Outcome<Option<KeyringChain>>> {
    read_below(folder, u64::MAX)
}

/// The same with only the keyrings before `version`.
pub fn read_below(folder: &dyn Folder, version: u64) -> Result<Outcome<Option<KeyringChain>>> {
    let mut reader = Reader { folder, findings: Findings::default() };
    let value = reader.run(version)?;
    let findings = reader.findings;
    Ok(Outcome { value: value.filter(|_| !findings.has_errors()), findings })
}

/// A keyring that is to follow from the newest of a chain, perhaps not yet signed by all who must.
///
/// # Errors
/// Why it cannot follow.
pub fn pending(chain: &KeyringChain, keyring: SignedKeyring, file: &str) -> Result<Link, String> {
    let link = Link::new(chain.newest().map(Link::keyring), keyring, file.to_owned());
    link.map_err(|(_, message)| format!("{file}: {message}"))
}

struct Reader<'a> {
    folder: &'a dyn Folder,
    findings: Findings,
}

impl Reader<'_> {
    fn run(&mut self, below: u64) -> Result<Option<KeyringChain>> {
        let mut versions = self.versions()?;
        versions.retain(|version| *version < below);
        if self.findings.has_errors() {
            return Ok(None);
        }
        let mut links: Vec<Link> = Vec::new();
        for version in versions {
            let Some(keyring) = self.keyring(&file_name(version))? else { return Ok(None) };
            let before = links.last().map(Link::keyring);
            let file = self.folder.display(&file_name(version));
            let link = Link::new(before, keyring, file)
                .and_then(|link| link.has_thresholds(before).map(|()| link))
                .map_err(|(code, message)| self.report(code, &file_name(version), message));
            let Ok(link) = link else { return Ok(None) };
            links.push(link);
        }
        Ok(Some(KeyringChain { links }))
    }

    /// The versions that stand in the folder, in which nothing else may stand: 1 and on without a gap.
    fn versions(&mut self) -> Result<Vec<u64>> {
        let mut versions = Vec::new();
        for entry in self.folder.entries()? {
            let version = entry.path.strip_suffix(".json").and_then(|stem| stem.parse().ok());
            match version.filter(|version| *version > 0 && file_name(*version) == entry.path) {
                Some(version) if matches!(entry.kind, EntryKind::File(_)) => versions.push(version),
                // An interrupted run left it behind.
                None if entry.path.starts_with(".tmp") => {}
                _ => self.report(Code::KeyringMalformed, &entry.path, "no keyring is called that"),
            }
        }
        versions.sort_unstable();
        if versions.len() > MAX_KEYRINGS {
            let message = format!("{} keyrings; {MAX_KEYRINGS} at most", versions.len());
            self.report(Code::KeyringMalformed, "", message);
        }
        if let Some((missing, _)) = (1..).zip(&versions).find(|(place, version)| place != *version) {
            self.report(Code::KeyringMissing, &file_name(missing), "the chain has a later keyring, and not this one");
        }
        Ok(versions)
    }

    fn keyring(&mut self, path: &str) -> Result<Option<SignedKeyring>> {
        let bytes = self.folder.open(path)?;
        let bytes = read_bounded(bytes, &self.folder.display(path))?;
        let read = SignedKeyring::parse(&bytes);
        Ok(read.map_err(|error| self.report(Code::KeyringMalformed, path, error.to_string())).ok())
    }

    fn report(&mut self, code: Code, path: &str, message: impl Into<String>) {
        self.findings.push(Finding::of_file(code, self.folder.display(path), message));
    }
}

/// As much of a file as shows whether it is too large for a keyring.
fn read_bounded(file: Box<dyn std::io::Read + Send>, place: &str) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(crate::error::Error::io(place))?;
    Ok(bytes)
}
