//! Where a reader's own trust enters a chain of keyrings, and what it makes of the newest one.

use super::{KeyringChain, Link, Refusal, file_name, principal, reaches};
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::allowed_signers::AllowedSigners;
use crate::format::keyring::Keyring;
use crate::model::date::Day;
use crate::model::id::Id;
use crate::model::seen::KeyringHead;

/// What a reader trusts before he has looked at any chain.
#[derive(Clone, Copy)]
pub enum Root<'a> {
    /// His allowed_signers file.
    Signers(&'a AllowedSigners),
    /// A keyring that he got by a way he trusts.
    Pinned(&'a Keyring),
}

/// What a reader brings to a chain.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What he trusts.
    pub root: Root<'a>,
    /// So many keys at least must answer for every step from there on, whatever the keyrings ask for.
    pub threshold: u32,
    /// The newest keyring that he saw before.
    pub seen: Option<KeyringHead>,
}

/// The newest keyring of a chain that a reader's own trust leads to: made by [`KeyringChain::trust`]; or one that he
/// trusts by itself.
#[derive(Clone, Debug)]
pub struct TrustedKeyring {
    keyring: Keyring,
    root: u64,
    /// The day of each keyring, oldest first, and how many keys it asks for.
    thresholds: Vec<(Day, u32)>,
}

impl TrustedKeyring {
    /// The keyring that a reader got by a way he trusts, without any other.
    pub fn pinned(keyring: &Keyring) -> Self {
        let terms = keyring.terms();
        Self { keyring: keyring.clone(), root: terms.version, thresholds: vec![(terms.date, terms.threshold)] }
    }

    /// The dataset whose releases its keys sign.
    pub fn dataset(&self) -> &Id {
        &self.keyring.terms().dataset
    }

    /// Its keys, and what each is good for.
    pub fn signers(&self) -> &AllowedSigners {
        self.keyring.signers()
    }

    /// How many different keys must have signed a release of this day: as many as the keyring of that time asked for.
    /// To what was made before the first keyring, the first applies.
    pub fn threshold(&self, date: Day) -> u32 {
        let in_force = self.thresholds.iter().rev().find(|(since, _)| *since <= date);
        in_force.or(self.thresholds.first()).map_or(1, |(_, threshold)| *threshold)
    }

    /// What the reader is to remember of it.
    pub fn head(&self) -> KeyringHead {
        head(&self.keyring)
    }

    /// The version of the keyring at which the reader's own trust enters the chain.
    pub fn root(&self) -> u64 {
        self.root
    }
}

fn head(keyring: &Keyring) -> KeyringHead {
    KeyringHead { version: keyring.terms().version, sha256: keyring.digest() }
}

impl KeyringChain {
    /// The newest keyring, as far as the reader's own trust leads to it. The value is `None` if it does not.
    pub fn trust(&self, request: Request) -> Outcome<Option<TrustedKeyring>> {
        let mut findings = Findings::default();
        let value = match self.newest().map(|newest| self.trusted(newest, request)) {
            Some(Ok(trusted)) => Some(trusted),
            Some(Err((code, message))) => {
                findings.push(Finding::of_file(code, self.links.last().map_or("", |link| &link.file), message));
                None
            }
            None => {
                findings.push(Finding::of_file(Code::KeyringMissing, file_name(1), "there is no keyring"));
                None
            }
        };
        Outcome { value, findings }
    }

    fn trusted(&self, newest: &Link, request: Request) -> Result<TrustedKeyring, Refusal> {
        let root = match request.root {
            Root::Signers(signers) => self.vouched(signers, request.threshold)?,
            Root::Pinned(keyring) => self.holds(head(keyring))?,
        };
        if let Some(seen) = request.seen {
            self.holds(seen)?;
        }
        self.leads_on(root, request.threshold)?;
        let terms = self.links.iter().map(|link| link.keyring().terms());
        Ok(TrustedKeyring {
            keyring: newest.keyring().clone(),
            root: self.links[root].keyring().terms().version,
            thresholds: terms.map(|terms| (terms.date, terms.threshold)).collect(),
        })
    }

    /// The place of the first keyring that enough keys of the reader's file have signed.
    fn vouched(&self, signers: &AllowedSigners, threshold: u32) -> Result<usize, Refusal> {
        let vouches = |link: &Link| {
            let terms = link.keyring().terms();
            let own = link.signatures.iter().filter(|signature| signature.counts_own);
            let known = own.filter(|by| principal(signers, &by.key, terms.date.unix_seconds()).is_some());
            reaches(known.count(), terms.threshold.max(threshold))
        };
        let stranger = || {
            let message = "no keyring is signed by as many keys of the trust file as it asks for and --threshold does";
            (Code::KeyringNotTrusted, message.to_owned())
        };
        self.links.iter().position(vouches).ok_or_else(stranger)
    }

    /// The place of a keyring that the reader knows.
    fn holds(&self, known: KeyringHead) -> Result<usize, Refusal> {
        let place = self.links.iter().position(|link| link.keyring().terms().version == known.version);
        let Some(place) = place else {
            let message = format!("keyring {} was seen, and is not here", known.version);
            return Err((Code::KeyringRollback, message));
        };
        if head(self.links[place].keyring()) == known {
            Ok(place)
        } else {
            let message = format!("keyring {} is not the one that was seen, {}", known.version, known.sha256);
            Err((Code::KeyringFork, message))
        }
    }

    /// That behind the root as many keys as the reader asks for answer for every step.
    fn leads_on(&self, root: usize, threshold: u32) -> Result<(), Refusal> {
        match self.links[root + 1..].iter().find(|link| !reaches(link.count_before(), threshold)) {
            None => Ok(()),
            Some(link) => {
                let message = format!(
                    "keyring {} was signed by {} of the keys before it, and --threshold asks for {threshold}",
                    link.keyring().terms().version,
                    link.count_before()
                );
                Err((Code::KeyringNotTrusted, message))
            }
        }
    }
}
