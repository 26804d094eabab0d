//! The status of every claim, computed from the records alone.

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde::Serialize;

use super::catalog::Catalog;
use super::graph::{ClaimGraph, ClaimNumber, ResolvedLink};
use super::links::LinksByClaim;
use crate::format::merkle;
use crate::model::claim::Relation;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::status::{Status, StatusCounts};

/// The status of each claim, by its number in the graph.
pub fn statuses(graph: &ClaimGraph, catalog: &Catalog) -> Vec<Status> {
    let mut statuses: Vec<Status> = Vec::with_capacity(graph.len());
    statuses.extend(graph.nodes().map(|node| if node.is_dead { Status::Retracted } else { Status::Asserted }));
    // Who is superseded comes first: such a claim disputes and corroborates nothing any more.
    for link in graph.links().filter(|link| supersedes(*link, graph)) {
        raise(&mut statuses, link.to, Status::Superseded);
    }
    let effects = |link| effects(link, graph, catalog, &statuses).into_iter().flatten();
    let effects: Vec<(ClaimNumber, Status)> = graph.par_links().flat_map_iter(effects).collect();
    effects.into_iter().for_each(|(claim, status)| raise(&mut statuses, claim, status));
    statuses
}

/// Statuses are declared in the order in which they win.
fn raise(statuses: &mut [Status], claim: ClaimNumber, status: Status) {
    let standing = &mut statuses[claim as usize];
    *standing = status.min(*standing);
}

fn supersedes(link: ResolvedLink, graph: &ClaimGraph) -> bool {
    link.rel == Relation::Supersedes && !graph.node(link.from).is_dead
}

/// What a link does to the claim it leads to and to the claim that holds it, once it is known which claims live.
fn effects(
    link: ResolvedLink,
    graph: &ClaimGraph,
    catalog: &Catalog,
    statuses: &[Status],
) -> [Option<(ClaimNumber, Status)>; 2] {
    let Some(status) = implied(link, graph, catalog) else { return [None, None] };
    let lives = |claim: ClaimNumber| statuses[claim as usize].stands();
    let goes_back = is_mutual(link.rel) && lives(link.to);
    [lives(link.from).then_some((link.to, status)), goes_back.then_some((link.from, status))]
}

/// Whether a link says of the claim that holds it what it says of the other.
fn is_mutual(rel: Relation) -> bool {
    matches!(rel, Relation::Contradicts | Relation::Repeats)
}

/// How many leaves are hashed at a time.
const HASHED_AT_ONCE: usize = 1 << 8;

/// A [`Standing`](crate::model::status::Standing) whose members stand in the order of its canonical form.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    by: Vec<&'a str>,
    id: &'a str,
    status: Status,
}

/// All that the claims' standings follow from.
pub(super) struct Standings<'a> {
    graph: &'a ClaimGraph,
    catalog: &'a Catalog,
    statuses: &'a [Status],
    links: LinksByClaim<'a>,
}

impl<'a> Standings<'a> {
    /// What follows from these statuses of all claims.
    pub(super) fn new(graph: &'a ClaimGraph, catalog: &'a Catalog, statuses: &'a [Status]) -> Self {
        Self { graph, catalog, statuses, links: LinksByClaim::new(graph) }
    }

    /// The standings of some claims: id, leaf hash (RFC 6962) and canonical form of the line of `statuses.jsonl` of each.
    pub(super) fn lines(&self, claims: &[ClaimNumber]) -> Vec<(&'a str, Digest, Vec<u8>)> {
        let some = |claims: &[ClaimNumber]| {
            let lines: Vec<Vec<u8>> = claims.iter().map(|&claim| self.line(claim)).collect();
            let leaves = merkle::leaf_hashes(&lines.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let named = claims.iter().map(|&claim| self.graph.id(claim)).zip(leaves).zip(lines);
            named.map(|((id, leaf), line)| (id, leaf, line)).collect::<Vec<_>>()
        };
        claims.par_chunks(HASHED_AT_ONCE).flat_map_iter(some).collect()
    }

    fn line(&self, claim: ClaimNumber) -> Vec<u8> {
        let mut by: Vec<&str> = self.causes(claim).map(|cause| self.graph.id(cause)).collect();
        by.sort_unstable();
        by.dedup();
        let line = Line { by, id: self.graph.id(claim), status: self.statuses[claim as usize] };
        serde_json::to_vec(&line).unwrap_or_else(|error| unreachable!("ids and a word are JSON: {error}"))
    }

    /// The claims that a claim's status is due to.
    fn causes(&self, claim: ClaimNumber) -> impl Iterator<Item = ClaimNumber> {
        let held = self.links.of(claim).filter(|link| is_mutual(link.rel)).map(|link| (link, link.to));
        let leading = self.links.to(claim).map(|link| (link, link.from));
        leading.chain(held).filter(move |(link, _)| self.decides(*link, claim)).map(|(_, other)| other)
    }

    /// Whether a link is why a claim at one of its ends has the status that it has.
    fn decides(&self, link: ResolvedLink, claim: ClaimNumber) -> bool {
        let Self { graph, catalog, statuses, .. } = *self;
        let status = statuses[claim as usize];
        match status {
            Status::Retracted | Status::Asserted => false,
            Status::Superseded => link.to == claim && supersedes(link, graph),
            // What backs a claim is laborious to judge, and only ever corroborates.
            _ if link.rel.backs() != (status == Status::Corroborated) => false,
            _ => effects(link, graph, catalog, statuses).into_iter().flatten().any(|effect| effect == (claim, status)),
        }
    }
}

/// What a link between live claims says about the claim it leads to.
fn implied(link: ResolvedLink, graph: &ClaimGraph, catalog: &Catalog) -> Option<Status> {
    let same_root = graph.node(link.from).root == graph.node(link.to).root;
    match link.rel {
        Relation::Contradicts | Relation::Denies if same_root => Some(Status::Inconsistent),
        Relation::Contradicts | Relation::Denies => Some(Status::Disputed),
        rel if rel.backs() && !same_root && independent(link, graph, catalog) => Some(Status::Corroborated),
        _ => None,
    }
}

/// Whether no source of one claim shares an origin with a source of the other: copies never corroborate.
pub(super) fn independent(link: ResolvedLink, graph: &ClaimGraph, catalog: &Catalog) -> bool {
    let lineages = |claim: ClaimNumber| -> BTreeSet<&Id> {
        let sources = graph.sources(claim).into_iter().filter_map(|source| catalog.sources.at(source as usize));
        sources.flat_map(|source| catalog.lineage(source)).collect()
    };
    lineages(link.from).is_disjoint(&lineages(link.to))
}

/// How many claims of each event have each status, in the order of the events' ids.
pub fn per_event<'a>(
    graph: &ClaimGraph,
    catalog: &'a Catalog,
    statuses: &[Status],
) -> impl Iterator<Item = (&'a Id, StatusCounts)> + use<'a> {
    let mut counts = vec![StatusCounts::default(); catalog.events.len()];
    for (node, status) in graph.nodes().zip(statuses) {
        if let Some(counts) = counts.get_mut(node.event as usize) {
            counts.count(*status);
        }
    }
    let named = catalog.events.by_id().map(move |(position, event)| (&event.id, counts[position]));
    named.filter(|(_, counts)| counts.iter().next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::canonical;
    use crate::model::status::Standing;

    #[test]
    fn a_line_is_the_canonical_form_of_the_standing() {
        for by in [vec![], vec!["a-1"], vec!["a-1", "b-2"]] {
            let id = |id: &str| id.parse::<Id>().expect("an id");
            let status = Status::Disputed;
            let standing = Standing { id: id("c-0"), status, by: by.iter().copied().map(id).collect() };
            let line = serde_json::to_vec(&Line { by, id: "c-0", status }).expect("JSON");
            assert_eq!(line, canonical::to_vec(&standing));
        }
    }
}
