//! Records in which nothing was found so far, on their way to whoever keeps them.

use std::borrow::Cow;

use super::anchor::AnchoredClaim;
use super::validate::{Record, ValidRecord};
use crate::format::merkle;
use crate::model::agent::Agent;
use crate::model::digest::Digest;
use crate::model::event::Event;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::source::Source;

/// A record in which nothing was found so far.
#[derive(Debug)]
pub struct Passed<'a> {
    record: PassedRecord<'a>,
    /// The line that it was read from and its leaf hash, if that line is its canonical form.
    released: Option<(&'a [u8], Digest)>,
}

/// The record, as what has passed.
#[derive(Clone, Copy, Debug)]
pub enum PassedRecord<'a> {
    /// Whoever speaks or is spoken of.
    Agent(&'a ValidRecord<Agent>),
    /// What claims are about.
    Event(&'a ValidRecord<Event>),
    /// A published text.
    Source(&'a ValidRecord<Source>),
    /// What somebody says happened.
    Claim(AnchoredClaim<'a>),
}

impl<'a> Passed<'a> {
    /// `released` is the line that the record was read from and its leaf hash, if that line is its canonical form.
    pub(super) fn new(record: impl Into<PassedRecord<'a>>, released: Option<(&'a [u8], Digest)>) -> Self {
        Self { record: record.into(), released }
    }

    /// The record.
    pub fn record(&self) -> PassedRecord<'a> {
        self.record
    }

    /// Its kind.
    pub fn kind(&self) -> RecordKind {
        match self.record {
            PassedRecord::Agent(_) => RecordKind::Agent,
            PassedRecord::Event(_) => RecordKind::Event,
            PassedRecord::Source(_) => RecordKind::Source,
            PassedRecord::Claim(_) => RecordKind::Claim,
        }
    }

    /// Its id.
    pub fn id(&self) -> &'a Id {
        match self.record {
            PassedRecord::Agent(valid) => valid.record().id(),
            PassedRecord::Event(valid) => valid.record().id(),
            PassedRecord::Source(valid) => valid.record().id(),
            PassedRecord::Claim(claim) => claim.valid().record().id(),
        }
    }

    /// Its canonical form (RFC 8785), without LF.
    pub fn canonical(&self) -> Cow<'a, [u8]> {
        match (self.released, self.record) {
            (Some((line, _)), _) => Cow::Borrowed(line),
            (None, PassedRecord::Agent(valid)) => valid.canonical(),
            (None, PassedRecord::Event(valid)) => valid.canonical(),
            (None, PassedRecord::Source(valid)) => valid.canonical(),
            (None, PassedRecord::Claim(claim)) => claim.valid().canonical(),
        }
    }

    /// Its leaf hash (RFC 6962), for whoever has the canonical form.
    pub(super) fn leaf_of(&self, canonical: &[u8]) -> Digest {
        self.released.map_or_else(|| merkle::leaf_hash(canonical), |(_, leaf)| leaf)
    }
}

impl<'a> From<&'a ValidRecord<Agent>> for PassedRecord<'a> {
    fn from(valid: &'a ValidRecord<Agent>) -> Self {
        PassedRecord::Agent(valid)
    }
}

impl<'a> From<&'a ValidRecord<Event>> for PassedRecord<'a> {
    fn from(valid: &'a ValidRecord<Event>) -> Self {
        PassedRecord::Event(valid)
    }
}

impl<'a> From<&'a ValidRecord<Source>> for PassedRecord<'a> {
    fn from(valid: &'a ValidRecord<Source>) -> Self {
        PassedRecord::Source(valid)
    }
}

impl<'a> From<AnchoredClaim<'a>> for PassedRecord<'a> {
    fn from(claim: AnchoredClaim<'a>) -> Self {
        PassedRecord::Claim(claim)
    }
}
