//! What is counted in every event, computed from the records alone.

use std::sync::Arc;

use super::check::Checked;
use super::figure::{Countables, Figure};
use super::gist::EventGist;
use crate::format::{canonical, merkle};
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::toll::{EventTolls, StatedToll, TollRange};

/// What claims of one kind and of one sort of voices count in one event. There are many of them, so it is kept small.
#[derive(Clone, Copy)]
struct Sum {
    /// Number of kind and unit.
    what: u32,
    is_official: bool,
    claims: u32,
    /// `i64::MIN`: there is no lower bound.
    lo: i64,
    /// `i64::MAX`: there is no upper bound.
    hi: i64,
}

impl Sum {
    fn of(Figure { what, lo, hi }: Figure, is_official: bool) -> Self {
        Self { what, is_official, claims: 1, lo: lo.unwrap_or(i64::MIN), hi: hi.unwrap_or(i64::MAX) }
    }

    fn add(&mut self, other: Self) {
        self.claims += other.claims;
        self.lo = self.lo.min(other.lo);
        self.hi = self.hi.max(other.hi);
    }

    fn range(self) -> TollRange {
        let bound = |bound: i64, none: i64| (bound != none).then_some(bound);
        TollRange { claims: self.claims.into(), lo: bound(self.lo, i64::MIN), hi: bound(self.hi, i64::MAX) }
    }
}

/// The lines of `tolls.jsonl` in the order of the events' ids: the event, leaf hash (RFC 6962) and canonical form of each.
pub fn toll_lines(checked: &Checked) -> impl Iterator<Item = (Id, Digest, Vec<u8>)> {
    tolls(checked).map(|tolls| {
        let line = canonical::ordered_to_vec(&tolls);
        (tolls.event, merkle::leaf_hash(&line), line)
    })
}

/// Events whose claims are summed up in one pass over all claims: the sums of all events at once would take much room.
const STRETCH: usize = 1 << 15;

/// What the claims that stand count in each event.
fn tolls(checked: &Checked) -> impl Iterator<Item = EventTolls> {
    let events: Arc<[(usize, &EventGist)]> = checked.catalog().events.by_id().collect();
    let mut places = vec![u32::MAX; checked.catalog().events.len()];
    (0..).zip(&*events).for_each(|(place, (position, _))| places[*position] = place);
    (0..events.len()).step_by(STRETCH).flat_map(move |begin| {
        let count = STRETCH.min(events.len() - begin);
        let sums = sums(checked, |event| (*places.get(event)? as usize).checked_sub(begin), count);
        let events = Arc::clone(&events);
        let counting = (begin..).zip(sums).filter(|(_, sums)| !sums.is_empty());
        counting.map(move |(place, sums)| {
            let tolls = by_kind(sums, checked.rulebook().countables());
            EventTolls { event: events[place].1.id.clone(), tolls }
        })
    })
}

/// The sums of so many events. `place` says in which place an event stands, by its position in the catalog.
fn sums(checked: &Checked, place: impl Fn(usize) -> Option<usize>, count: usize) -> Vec<Vec<Sum>> {
    let (graph, agents) = (checked.graph(), &checked.catalog().agents);
    let mut events: Vec<Vec<Sum>> = vec![Vec::new(); count];
    for ((node, status), figure) in graph.nodes().zip(checked.statuses()).zip(graph.figures()) {
        let (Some(figure), true) = (figure, status.stands()) else { continue };
        let Some(sums) = place(node.event as usize).and_then(|place| events.get_mut(place)) else { continue };
        let is_official = agents.at(node.root as usize).is_some_and(|root| root.kind.is_official());
        let one = Sum::of(figure, is_official);
        match sums.iter_mut().find(|sum| (sum.what, sum.is_official) == (one.what, one.is_official)) {
            Some(sum) => sum.add(one),
            None => sums.push(one),
        }
    }
    events
}

/// In the order of kinds and units, what offices say and what all others do.
fn by_kind(mut sums: Vec<Sum>, countables: &Countables) -> Vec<StatedToll> {
    sums.sort_unstable_by_key(|sum| sum.what);
    let of_one = |sums: &[Sum]| {
        let (kind, unit) = countables.at(sums[0].what)?.clone();
        let said = |is_official| sums.iter().find(|sum| sum.is_official == is_official).map(|sum| sum.range());
        Some(StatedToll { kind, unit, official: said(true), others: said(false) })
    };
    sums.chunk_by(|one, next| one.what == next.what).filter_map(of_one).collect()
}
