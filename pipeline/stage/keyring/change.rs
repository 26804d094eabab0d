//! What is different between two keyrings, key by key.

use std::collections::BTreeMap;

use crate::format::allowed_signers::{AllowedSigners, Period};
use crate::format::layout;

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The name that the keyring gives the key, or the one before it gave.
    pub principal: String,
    /// `SHA256:...` of the key.
    pub fingerprint: String,
    /// What became of it.
    pub turn: Turn,
}

/// What may become of a key from one keyring to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It may sign.
    Added,
    /// It ends earlier than before: this is the last second, in Unix time, at which it is good.
    Retired(i64),
    /// It is gone, and with it all that it ever signed.
    Removed,
    /// Its time is another one, and ends no earlier.
    Changed,
}

/// Name and times of each key that may sign releases, by fingerprint.
type Keys<'a> = BTreeMap<String, (&'a str, Vec<Period>)>;

fn keys(signers: &AllowedSigners) -> Keys<'_> {
    let mut keys = Keys::new();
    for (name, key) in signers.named_keys() {
        let periods = signers.periods(key, layout::NAMESPACE);
        if !periods.is_empty() {
            // Of two names for one key the first is told.
            keys.entry(key.fingerprint()).or_insert((name, periods));
        }
    }
    keys
}

/// The keys that changed, sorted by fingerprint, those that are gone last.
pub(super) fn between(old: &AllowedSigners, new: &AllowedSigners) -> Vec<Change> {
    let (old, new) = (keys(old), keys(new));
    let change = |fingerprint: &String, name: &str, turn| Change {
        principal: name.to_owned(),
        fingerprint: fingerprint.clone(),
        turn,
    };
    let mut changes = Vec::new();
    for (fingerprint, (name, periods)) in &new {
        match old.get(fingerprint) {
            None => changes.push(change(fingerprint, name, Turn::Added)),
            Some((_, before)) if before != periods => changes.push(change(fingerprint, name, turn(before, periods))),
            Some(_) => {}
        }
    }
    let removed = old.iter().filter(|(fingerprint, _)| !new.contains_key(*fingerprint));
    changes.extend(removed.map(|(fingerprint, (name, _))| change(fingerprint, name, Turn::Removed)));
    changes
}

fn turn(before: &[Period], now: &[Period]) -> Turn {
    let last = |periods: &[Period]| periods.iter().map(|period| period.last.unwrap_or(i64::MAX)).max();
    match (last(before), last(now)) {
        (Some(before), Some(now)) if now < before => Turn::Retired(now),
        _ => Turn::Changed,
    }
}
