//! What the changes mean for what is counted in each event: the ranges that offices and all others give, before and after.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;
use rayon::prelude::*;

use super::pair::Pair;
use super::patch::record_path;
use super::window::{Window, first, lines, told, uneven};
use super::{Records, Tolls as Stated, Version};
use crate::error::Result;
use crate::model::agent::Agent;
use crate::model::change::{Change, ChangesTrailer};
use crate::model::claim::Claim;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::status::Standing;
use crate::model::toll::{EventSummary, EventTolls, StatedToll, Toll, TollChange, TollRange};
use crate::stage::batch::{Batch, Batches, in_order};
use crate::stage::tape::Tape;

/// The events of claims that changed, and how many of each.
#[derive(Default)]
pub(super) struct Affected(BTreeMap<Id, u64>);

/// Kind of claim and unit, and whether offices count.
type Count = (Id, Id, bool);

/// What is counted in some events.
type Tolls = BTreeMap<Id, BTreeMap<Count, TollRange>>;

impl Affected {
    /// Takes note of the events a change touches.
    pub(super) fn note(&mut self, change: &Change) {
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

    /// What is counted in those with the most changes. `knows` says which version holds the standings of its claims;
    /// `differing` are the claims that differ, in the order of ids.
    pub(super) fn summaries(
        self,
        versions: [&mut dyn Version; 2],
        knows: [bool; 2],
        differing: &mut Tape,
    ) -> Result<Vec<EventSummary>> {
        let mut most: Vec<(Id, u64)> = self.0.into_iter().collect();
        most.sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
        most.truncate(ChangesTrailer::SUMMARIES);
        most.sort();
        if most.is_empty() {
            return Ok(Vec::new());
        }
        let events: BTreeSet<&str> = most.iter().map(|(event, _)| event.as_str()).collect();
        let [old, new] = versions;
        let (of_old, of_new) = rayon::join(|| old.tolls(&events), || new.tolls(&events));
        let [before, after] = match (of_old?, of_new?) {
            (Stated::Unknown, _) | (_, Stated::Unknown) => return Ok(Vec::new()),
            (Stated::Stated(old), Stated::Stated(new)) => [old, new].map(stated),
            _ => both(&events, [old, new], knows, differing)?.map(|counted| counted.tolls),
        };
        let summary = |(event, changed): (Id, u64)| {
            let tolls = joined([&before, &after].map(|tolls| tolls.get(&event)));
            EventSummary { event, changed, tolls }
        };
        Ok(most.into_par_iter().map(summary).filter(|summary| !summary.tolls.is_empty()).collect())
    }
}

/// What is counted in one event, before and after.
fn joined([old, new]: [Option<&BTreeMap<Count, TollRange>>; 2]) -> Vec<Toll> {
    let mut tolls: BTreeMap<(&Id, &Id), Toll> = BTreeMap::new();
    let sides =
        old.into_iter().flatten().map(|toll| (toll, true)).chain(new.into_iter().flatten().map(|toll| (toll, false)));
    for (((kind, unit, is_official), range), is_old) in sides {
        let none = || Toll { kind: kind.clone(), unit: unit.clone(), official: NOBODY, others: NOBODY };
        let toll = tolls.entry((kind, unit)).or_insert_with(none);
        let voices = if *is_official { &mut toll.official } else { &mut toll.others };
        *(if is_old { &mut voices.old } else { &mut voices.new }) = Some(*range);
    }
    tolls.into_values().collect()
}

/// What a version states, in our form.
fn stated(events: Vec<EventTolls>) -> Tolls {
    let of_one = |StatedToll { kind, unit, official, others }| {
        let said = [(true, official), (false, others)].into_iter();
        said.filter_map(move |(is_official, range)| Some(((kind.clone(), unit.clone(), is_official), range?)))
    };
    events
        .into_iter()
        .map(|EventTolls { event, tolls }| (event, tolls.into_iter().flat_map(of_one).collect()))
        .collect()
}

const NOBODY: TollChange = TollChange { old: None, new: None };

/// What live claims of some events count in one version.
struct Counted {
    offices: BTreeSet<Id>,
    tolls: Tolls,
}

impl Counted {
    fn new(version: &mut dyn Version) -> Result<Self> {
        let mut offices = BTreeSet::new();
        for entry in version.records(RecordKind::Agent)?.entries() {
            let agent = serde_json::from_slice::<Agent>(&entry?.line).ok();
            offices.extend(agent.filter(|agent| agent.kind.is_official()).map(|agent| agent.id));
        }
        Ok(Self { offices, tolls: Tolls::new() })
    }

    fn add(&mut self, claim: &Claim, standing: Option<&[u8]>) {
        let Some(quantity) = claim.counted().filter(|_| counts(standing)) else { return };
        let is_official = claim.root_voice().is_some_and(|root| self.offices.contains(root));
        let range = self.tolls.entry(claim.event.clone()).or_default();
        let one = TollRange { claims: 1, lo: quantity.lo, hi: quantity.hi };
        let key = (claim.kind.clone(), quantity.unit.clone(), is_official);
        range.entry(key).and_modify(|range| *range = range.spanning(one)).or_insert(one);
    }
}

/// What is counted before and after. Claims that do not differ are read in one of the versions only: in the new one,
/// unless the old one alone knows how they stand.
fn both(
    events: &BTreeSet<&str>,
    versions: [&mut dyn Version; 2],
    knows: [bool; 2],
    differing: &mut Tape,
) -> Result<[Counted; 2]> {
    let [old, new] = versions;
    let mut sums = [Counted::new(old)?, Counted::new(new)?];
    for pair in Pair::all(differing)? {
        let pair = pair?;
        for (sum, entry) in sums.iter_mut().zip([pair.old, pair.new]) {
            let Some(entry) = entry else { continue };
            if let Some(claim) = of_one(&entry.line, events) {
                sum.add(&claim, entry.standing.as_deref());
            }
        }
    }
    let read = if knows == [true, false] { old } else { new };
    let mut differing = Pair::all(differing)?.map(|pair| pair.map(|pair| pair.id)).peekable();
    unchanged(read.records(RecordKind::Claim)?, events, |claim, standing| {
        while let Some(id) = differing.next_if(|id| id.as_ref().is_ok_and(|id| id.as_str() < claim.id.as_str())) {
            id?;
        }
        match differing.peek() {
            Some(Ok(id)) if id == claim.id.as_str() => return Ok(()),
            Some(Err(_)) => return differing.next().transpose().map(drop),
            _ => {}
        }
        for (sum, knows) in sums.iter_mut().zip(knows) {
            sum.add(&claim, standing.filter(|_| knows));
        }
        Ok(())
    })?;
    Ok(sums)
}

/// Hands all claims of some events to `sink`, in their order, each with its standing.
fn unchanged(
    claims: Records,
    events: &BTreeSet<&str>,
    mut sink: impl FnMut(Claim, Option<&[u8]>) -> Result<()> + Send,
) -> Result<()> {
    let Records { place, lines: claims, standings } = claims;
    let mut standings = standings.map(|standings| Window::new(Arc::clone(&place), standings));
    let batches = Batches::new(claims).map(|batch| batch.map_err(|error| told(error, &place)));
    let work = |batch: Batch| {
        let (mut found, mut count) = (Vec::new(), 0);
        for line in lines(&batch.bytes) {
            found.extend(of_one(line, events).map(|claim| (count, claim)));
            count += 1;
        }
        (found, count)
    };
    in_order(batches, work, |(found, count)| {
        let mut passed = 0;
        for (at, claim) in found {
            if let Some(standings) = &mut standings {
                standings.skip(at - passed)?;
                passed = at;
            }
            sink(claim, standings.as_ref().map(|standings| first(standings.lines(), 1).1))?;
        }
        standings.as_mut().map_or(Ok(()), |standings| standings.skip(count - passed))
    })?;
    // Only at its end is a file known to be the one that was signed.
    let are_over = standings.is_none_or(|standings| standings.lines().is_empty());
    if are_over { Ok(()) } else { Err(uneven(&place)) }
}

/// The claim of a canonical line, if it is of one of the events.
fn of_one(line: &[u8], events: &BTreeSet<&str>) -> Option<Claim> {
    static MARKER: LazyLock<Finder> = LazyLock::new(|| Finder::new(b"\"event\":\""));
    let rest = &line[MARKER.find(line)? + MARKER.needle().len()..];
    let event = std::str::from_utf8(&rest[..memchr::memchr(b'"', rest)?]).ok()?;
    if !events.contains(event) {
        return None;
    }
    serde_json::from_slice(line).ok()
}

/// Whether a claim still stands for itself.
fn counts(standing: Option<&[u8]>) -> bool {
    let standing = standing.and_then(|line| serde_json::from_slice::<Standing>(line).ok());
    standing.is_none_or(|standing| standing.status.stands())
}
