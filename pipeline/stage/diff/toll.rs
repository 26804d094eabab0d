//! What the changes mean for what is counted in each event: the ranges that offices and all others give, before and after.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::patch::record_path;
use super::{Entry, Version};
use crate::error::Result;
use crate::model::agent::Agent;
use crate::model::change::{Change, ChangesTrailer};
use crate::model::claim::Claim;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::status::Standing;
use crate::model::toll::{EventSummary, Toll, TollChange, TollRange};

/// The events of claims that changed, and how many of each.
#[derive(Default)]
pub(super) struct Affected(BTreeMap<Id, u64>);

/// Kind of claim and unit, and whether offices count.
type Count = (Id, Id, bool);

/// What is counted in some events.
type Tolls = BTreeMap<Id, BTreeMap<Count, TollRange>>;

impl Affected {
    /// Takes note of the events a change touches.
    pub(super) fn note(&mut self, change: Option<&Change>) {
        let Some(change) = change else { return };
        let record = record_path(RecordKind::Claim, &change.id);
        let named = change.patch.iter().filter_map(|operation| {
            let event = match operation.path().strip_prefix(&record)? {
                "" => operation.value()?.get("event")?,
                "/event" => operation.value()?,
                _ => return None,
            };
            event.as_str()?.parse::<Id>().ok()
        });
        let events: BTreeSet<Id> = named.chain(change.claim.iter().map(|claim| claim.event.clone())).collect();
        for event in events {
            *self.0.entry(event).or_default() += 1;
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// What is counted in those with the most changes.
    pub(super) fn summaries(self, old: &mut dyn Version, new: &mut dyn Version) -> Result<Vec<EventSummary>> {
        let mut most: Vec<(Id, u64)> = self.0.into_iter().collect();
        most.sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
        most.truncate(ChangesTrailer::SUMMARIES);
        most.sort();
        let events: BTreeSet<&Id> = most.iter().map(|(event, _)| event).collect();
        let (mut before, mut after) = (tolls(old, &events)?, tolls(new, &events)?);
        let summary = |(event, changed): (Id, u64)| {
            let tolls = joined(before.remove(&event).unwrap_or_default(), after.remove(&event).unwrap_or_default());
            EventSummary { event, changed, tolls }
        };
        Ok(most.into_iter().map(summary).filter(|summary| !summary.tolls.is_empty()).collect())
    }
}

fn joined(old: BTreeMap<Count, TollRange>, new: BTreeMap<Count, TollRange>) -> Vec<Toll> {
    let mut tolls: BTreeMap<(Id, Id), Toll> = BTreeMap::new();
    let sides = old.into_iter().map(|toll| (toll, true)).chain(new.into_iter().map(|toll| (toll, false)));
    for (((kind, unit, is_official), range), is_old) in sides {
        let none = || Toll { kind: kind.clone(), unit: unit.clone(), official: NOBODY, others: NOBODY };
        let toll = tolls.entry((kind.clone(), unit.clone())).or_insert_with(none);
        let voices = if is_official { &mut toll.official } else { &mut toll.others };
        *(if is_old { &mut voices.old } else { &mut voices.new }) = Some(range);
    }
    tolls.into_values().collect()
}

const NOBODY: TollChange = TollChange { old: None, new: None };

/// What live claims of some events count.
fn tolls(version: &mut dyn Version, events: &BTreeSet<&Id>) -> Result<Tolls> {
    let mut tolls = Tolls::new();
    if events.is_empty() {
        return Ok(tolls);
    }
    let mut offices: BTreeSet<Id> = BTreeSet::new();
    for entry in version.entries(RecordKind::Agent)? {
        let agent = serde_json::from_slice::<Agent>(&entry?.line).ok();
        offices.extend(agent.filter(|agent| agent.kind.is_official()).map(|agent| agent.id));
    }
    for entry in version.entries(RecordKind::Claim)? {
        let entry = entry?;
        if !event_of(&entry.line).is_some_and(|event| events.contains(&event)) {
            continue;
        }
        let Ok(claim) = serde_json::from_slice::<Claim>(&entry.line) else { continue };
        let Some(quantity) = claim.counted().filter(|_| counts(&entry)) else { continue };
        let is_official = claim.root_voice().is_some_and(|root| offices.contains(root));
        let range = tolls.entry(claim.event.clone()).or_default();
        let one = TollRange { claims: 1, lo: quantity.lo, hi: quantity.hi };
        let key = (claim.kind.clone(), quantity.unit.clone(), is_official);
        range.entry(key).and_modify(|range| *range = spanning(*range, one)).or_insert(one);
    }
    Ok(tolls)
}

/// The event of a canonical line, told without parsing it.
fn event_of(line: &[u8]) -> Option<Id> {
    let marker = b"\"event\":\"";
    let at = memchr::memmem::find(line, marker)? + marker.len();
    let rest = &line[at..];
    std::str::from_utf8(&rest[..memchr::memchr(b'"', rest)?]).ok()?.parse().ok()
}

/// Whether the claim still stands for itself.
fn counts(entry: &Entry) -> bool {
    let standing = entry.standing.as_ref().and_then(|line| serde_json::from_slice::<Standing>(line).ok());
    standing.is_none_or(|standing| standing.status.stands())
}

fn spanning(one: TollRange, other: TollRange) -> TollRange {
    let both = |one: Option<i64>, other: Option<i64>, choose: fn(i64, i64) -> i64| Some(choose(one?, other?));
    TollRange {
        claims: one.claims + other.claims,
        lo: both(one.lo, other.lo, i64::min),
        hi: both(one.hi, other.hi, i64::max),
    }
}
