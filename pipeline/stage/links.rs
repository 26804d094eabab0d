//! The links of claims, found by the claims at both ends.

use std::ops::Range;

use rayon::slice::ParallelSliceMut;

use super::graph::{ClaimGraph, ClaimNumber, ResolvedLink};

/// The links of a graph, by the claims that hold them and by those that they lead to.
pub(super) struct LinksByClaim<'a> {
    graph: &'a ClaimGraph,
    held: Begins,
    /// The numbers of the edges that lead somewhere, sorted by where.
    by_target: Vec<u32>,
    leading: Begins,
}

impl<'a> LinksByClaim<'a> {
    /// Of this graph.
    pub(super) fn new(graph: &'a ClaimGraph) -> Self {
        let end = |edge: u32| graph.link(edge as usize).map(|link| link.to);
        let mut by_target: Vec<u32> = (0..graph.edges() as u32).filter(|&edge| end(edge).is_some()).collect();
        by_target.par_sort_unstable_by_key(|&edge| end(edge));
        Self {
            held: Begins::of(graph.len(), (0..graph.edges()).map(|edge| graph.holder(edge))),
            leading: Begins::of(graph.len(), by_target.iter().filter_map(|&edge| end(edge))),
            by_target,
            graph,
        }
    }

    /// The links that a claim holds.
    pub(super) fn of(&self, claim: ClaimNumber) -> impl Iterator<Item = ResolvedLink> {
        let links = self.held.near(claim).filter_map(|edge| self.graph.link(edge));
        links.filter(move |link| link.from == claim)
    }

    /// The links that lead to a claim.
    pub(super) fn to(&self, claim: ClaimNumber) -> impl Iterator<Item = ResolvedLink> {
        let links = self.leading.near(claim).filter_map(|place| self.graph.link(self.by_target[place] as usize));
        links.filter(move |link| link.to == claim)
    }
}

/// Where, in a list sorted by claims, those of each few claims begin.
struct Begins(Vec<u32>);

impl Begins {
    const STRIDE_BITS: u32 = 3;

    /// Of a list of some of so many claims.
    fn of(count: usize, sorted: impl Iterator<Item = ClaimNumber>) -> Self {
        let mut begins = Vec::with_capacity((count >> Self::STRIDE_BITS) + 2);
        let mut places = 0;
        for claim in sorted {
            begins.resize(begins.len().max((claim as usize >> Self::STRIDE_BITS) + 1), places);
            places += 1;
        }
        begins.resize((count >> Self::STRIDE_BITS) + 2, places);
        Self(begins)
    }

    /// The places of a claim, and of a few beside it.
    fn near(&self, claim: ClaimNumber) -> Range<usize> {
        let stretch = claim as usize >> Self::STRIDE_BITS;
        self.0[stretch] as usize..self.0[stretch + 1] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_a_claim_are_found_in_a_sorted_list() {
        for sorted in [vec![], vec![0], vec![0, 0, 7, 8, 8, 30, 31], vec![16; 40], (0..32).collect()] {
            let begins = Begins::of(32, sorted.iter().copied());
            for claim in 0..32 {
                let places: Vec<usize> = (0..sorted.len()).filter(|&place| sorted[place] == claim).collect();
                let near = begins.near(claim);
                assert!(places.iter().all(|place| near.contains(place)), "{sorted:?} {claim}");
                assert!(near.clone().all(|place| sorted[place] / 8 == claim / 8), "{sorted:?} {claim} {near:?}");
            }
        }
    }
}
