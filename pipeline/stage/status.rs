//! The status of every claim, computed from the records alone.

use std::collections::BTreeMap;

use super::catalog::Catalog;
use super::graph::{ClaimGraph, ClaimNumber, ResolvedLink};
use crate::model::claim::Relation;
use crate::model::id::Id;
use crate::model::status::Status;

/// The status of each claim, by its number in the graph.
pub fn statuses(graph: &ClaimGraph, catalog: &Catalog) -> Vec<Status> {
    let mut statuses: Vec<Status> = (0..graph.len() as ClaimNumber)
        .map(|claim| if graph.node(claim).is_dead { Status::Retracted } else { Status::Asserted })
        .collect();
    // Who is superseded comes first: such a claim disputes and corroborates nothing any more.
    for link in graph.links().filter(|link| link.rel == Relation::Supersedes && !graph.node(link.from).is_dead) {
        raise(&mut statuses, link.to, Status::Superseded);
    }
    for link in graph.links() {
        let Some(status) = implied(link, graph, catalog) else { continue };
        let live = [link.from, link.to].map(|claim| statuses[claim as usize] > Status::Superseded);
        if live[0] {
            raise(&mut statuses, link.to, status);
        }
        if live[1] && matches!(link.rel, Relation::Contradicts | Relation::Repeats) {
            raise(&mut statuses, link.from, status);
        }
    }
    statuses
}

/// Statuses are declared in the order in which they win.
fn raise(statuses: &mut [Status], claim: ClaimNumber, status: Status) {
    let standing = &mut statuses[claim as usize];
    *standing = status.min(*standing);
}

/// What a link between live claims says about the claim it leads to.
fn implied(link: ResolvedLink, graph: &ClaimGraph, catalog: &Catalog) -> Option<Status> {
    let same_root = graph.node(link.from).root == graph.node(link.to).root;
    match link.rel {
        Relation::Contradicts | Relation::Denies if same_root => Some(Status::Inconsistent),
        Relation::Contradicts | Relation::Denies => Some(Status::Disputed),
        Relation::Repeats | Relation::Supports if !same_root && independent(link, graph, catalog) => {
            Some(Status::Corroborated)
        }
        _ => None,
    }
}

/// Whether no source of one claim shares an origin with a source of the other: copies never corroborate.
fn independent(link: ResolvedLink, graph: &ClaimGraph, catalog: &Catalog) -> bool {
    let lineages = |claim: ClaimNumber| -> Vec<Id> {
        let sources = graph.sources(claim).iter().filter_map(|&source| catalog.sources.at(source as usize));
        sources.flat_map(|source| catalog.lineage(&source.id)).collect()
    };
    let other = lineages(link.to);
    !lineages(link.from).iter().any(|origin| other.contains(origin))
}

/// How many claims of each event have each status.
pub fn per_event(graph: &ClaimGraph, catalog: &Catalog, statuses: &[Status]) -> BTreeMap<Id, BTreeMap<Status, u64>> {
    let mut counts: BTreeMap<Id, BTreeMap<Status, u64>> = BTreeMap::new();
    for (claim, status) in (0..).zip(statuses) {
        let Some(event) = catalog.events.at(graph.node(claim).event as usize) else { continue };
        *counts.entry(event.id.clone()).or_default().entry(*status).or_default() += 1;
    }
    counts
}
