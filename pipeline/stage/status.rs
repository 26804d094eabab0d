//! The status of every claim, computed from the records alone.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::catalog::Catalog;
use super::graph::{ClaimGraph, ClaimNumber, ResolvedLink};
use crate::format::merkle;
use crate::model::claim::Relation;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::status::Status;

/// The status of each claim, by its number in the graph.
pub fn statuses(graph: &ClaimGraph, catalog: &Catalog) -> Vec<Status> {
    let mut statuses: Vec<Status> = Vec::with_capacity(graph.len());
    statuses.extend(graph.nodes().map(|node| if node.is_dead { Status::Retracted } else { Status::Asserted }));
    // Who is superseded comes first: such a claim disputes and corroborates nothing any more.
    for link in graph.links().filter(|link| supersedes(*link, graph)) {
        raise(&mut statuses, link.to, Status::Superseded);
    }
    for link in graph.links() {
        for (claim, status) in effects(link, graph, catalog, &statuses).into_iter().flatten() {
            raise(&mut statuses, claim, status);
        }
    }
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
    let is_mutual = matches!(link.rel, Relation::Contradicts | Relation::Repeats);
    [lives(link.from).then_some((link.to, status)), (is_mutual && lives(link.to)).then_some((link.from, status))]
}

/// How many claims' lines are made at a time, on all threads.
const STRETCH: usize = 1 << 14;

/// How many leaves are hashed at a time.
const HASHED_AT_ONCE: usize = 1 << 8;

/// Every claim's standing, in the order of the ids: id, leaf hash (RFC 6962) and canonical form of each line of
/// `statuses.jsonl`.
pub fn standings<'a>(
    graph: &'a ClaimGraph,
    catalog: &Catalog,
    statuses: &'a [Status],
) -> impl Iterator<Item = (&'a str, Digest, Vec<u8>)> + use<'a> {
    let causes = causes(graph, catalog, statuses);
    let mut order: Vec<ClaimNumber> = (0..graph.len() as ClaimNumber).collect();
    if !order.is_sorted_by_key(|&claim| graph.id(claim)) {
        order.par_sort_unstable_by_key(|&claim| graph.id(claim));
    }
    (0..order.len()).step_by(STRETCH).flat_map(move |begin| {
        let stretch = &order[begin..order.len().min(begin + STRETCH)];
        let some = |claims: &[ClaimNumber]| {
            let lines: Vec<Vec<u8>> = claims.iter().map(|&claim| line(claim, graph, statuses, &causes)).collect();
            let leaves = merkle::leaf_hashes(&lines.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let named = claims.iter().map(|&claim| graph.id(claim)).zip(leaves).zip(lines);
            named.map(|((id, leaf), line)| (id, leaf, line)).collect::<Vec<_>>()
        };
        stretch.par_chunks(HASHED_AT_ONCE).flat_map_iter(some).collect::<Vec<_>>()
    })
}

/// A [`Standing`](crate::model::status::Standing) whose members stand in the order of its canonical form.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    by: Vec<&'a str>,
    id: &'a str,
    status: Status,
}

fn line(claim: ClaimNumber, graph: &ClaimGraph, statuses: &[Status], causes: &[(ClaimNumber, ClaimNumber)]) -> Vec<u8> {
    let first = causes.partition_point(|&(other, _)| other < claim);
    let causes = causes[first..].iter().take_while(|&&(other, _)| other == claim);
    let mut by: Vec<&str> = causes.map(|&(_, cause)| graph.id(cause)).collect();
    by.sort_unstable();
    let line = Line { by, id: graph.id(claim), status: statuses[claim as usize] };
    serde_json::to_vec(&line).unwrap_or_else(|error| unreachable!("ids and a word are JSON: {error}"))
}

/// Which claims each claim's status is due to, as sorted pairs.
fn causes(graph: &ClaimGraph, catalog: &Catalog, statuses: &[Status]) -> Vec<(ClaimNumber, ClaimNumber)> {
    let mut causes = Vec::new();
    for link in graph.links() {
        let other = |claim| if claim == link.to { link.from } else { link.to };
        let superseded = supersedes(link, graph).then_some((link.to, Status::Superseded));
        let effects = effects(link, graph, catalog, statuses).into_iter().flatten().chain(superseded);
        let decisive = effects.filter(|&(claim, status)| statuses[claim as usize] == status);
        causes.extend(decisive.map(|(claim, _)| (claim, other(claim))));
    }
    causes.par_sort_unstable();
    causes.dedup();
    causes
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
    let lineages = |claim: ClaimNumber| -> Vec<Id> {
        let sources = graph.sources(claim).into_iter().filter_map(|source| catalog.sources.at(source as usize));
        sources.flat_map(|source| catalog.lineage(&source.id)).collect()
    };
    let other = lineages(link.to);
    !lineages(link.from).iter().any(|origin| other.contains(origin))
}

/// How many claims of each event have each status.
pub fn per_event(graph: &ClaimGraph, catalog: &Catalog, statuses: &[Status]) -> BTreeMap<Id, BTreeMap<Status, u64>> {
    let mut counts: Vec<BTreeMap<Status, u64>> = vec![BTreeMap::new(); catalog.events.len()];
    for (node, status) in graph.nodes().zip(statuses) {
        if let Some(counts) = counts.get_mut(node.event as usize) {
            *counts.entry(*status).or_default() += 1;
        }
    }
    let named = counts.into_iter().enumerate().filter(|(_, counts)| !counts.is_empty());
    named.filter_map(|(event, counts)| Some((catalog.events.at(event)?.id.clone(), counts))).collect()
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
