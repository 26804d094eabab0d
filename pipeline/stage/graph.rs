//! What is remembered of every claim: little and of fixed size, so that a dataset of any length can be checked whole.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::figure::{Countables, Figure, Figures};
use super::names::{ById, List, Names};
use super::node::{Node, Nodes};
use super::record::RawRecord;
use super::references::References;
use crate::finding::{Code, Finding, Findings, Place};
use crate::model::claim::{Claim, Link, Relation};
use crate::model::id::Id;
use crate::model::kind::RecordKind;

/// Number of a claim in the order of reading.
pub type ClaimNumber = u32;

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Number of the file, as the caller counts them.
    pub file: u16,
    /// Line, counting from 1.
    pub line: u32,
}

impl Spot {
    /// Where a line of the file of this number stands.
    pub fn of(raw: &RawRecord, file: u16) -> Self {
        Self { file, line: u32::try_from(raw.line).unwrap_or(u32::MAX) }
    }
}

/// All claims and the links between them.
#[derive(Debug, Default)]
pub struct ClaimGraph {
    ids: Names,
    spots: Spots,
    nodes: Nodes,
    figures: Figures,
    edges: Vec<Edge>,
    /// The ids of the claims that the edges lead to.
    targets: List,
    /// These claims, `NO_CLAIM` for one that there is not, once all claims are known and this was asked.
    ends: OnceLock<Vec<ClaimNumber>>,
}

/// The number of no claim.
const NO_CLAIM: ClaimNumber = ClaimNumber::MAX;

/// Where the claims stand: mostly one in each line, so that only what breaks this is kept.
#[derive(Debug, Default)]
struct Spots(Vec<(ClaimNumber, Spot)>);

impl Spots {
    fn at(&self, claim: ClaimNumber) -> Spot {
        let runs = self.0.partition_point(|&(first, _)| first <= claim);
        let (first, spot) = self.0[runs - 1];
        Spot { line: spot.line.saturating_add(claim - first), ..spot }
    }

    fn push(&mut self, claim: ClaimNumber, spot: Spot) {
        if self.0.is_empty() || self.at(claim) != spot {
            self.0.push((claim, spot));
        }
    }
}

/// A link as it was read, but for where it leads.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: ClaimNumber,
    number: u16,
    rel: Relation,
}

/// A link, and where it leads if there is such a claim.
#[derive(Clone, Copy, Debug)]
struct Ended<'a> {
    edge: Edge,
    id: &'a str,
    to: Option<ClaimNumber>,
}

/// What a claim brings to the graph, looked up beforehand.
#[derive(Debug)]
pub struct Noted {
    id: Id,
    node: Node,
    sources: Vec<u32>,
    figure: Option<Figure>,
    links: Vec<Link>,
}

impl Noted {
    /// What the graph keeps of a claim and of what it refers to; and what it counts.
    pub fn new(claim: Claim, references: &References, countables: &Countables) -> Self {
        let node = Node {
            event: references.event.unwrap_or(u32::MAX),
            root: references.root().unwrap_or(u32::MAX),
            is_dead: claim.standing_decision().is_some(),
        };
        let figure = Figure::of(&claim, countables);
        Self { node, sources: references.sources(), figure, links: claim.links, id: claim.id }
    }

    /// The claim's id.
    pub fn id(&self) -> &Id {
        &self.id
    }
}

/// A link between two claims that exist.
#[derive(Clone, Copy, Debug)]
pub struct ResolvedLink {
    /// The claim that holds the link.
    pub from: ClaimNumber,
    /// The relation.
    pub rel: Relation,
    /// The claim it leads to.
    pub to: ClaimNumber,
}

impl ClaimGraph {
    /// How many claims there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 0
    }

    /// Number of the claim that was taken last.
    pub(super) fn last(&self) -> ClaimNumber {
        self.len().saturating_sub(1) as ClaimNumber
    }

    /// Number of the claim with this id.
    pub fn find(&self, id: &str) -> Option<ClaimNumber> {
        self.ids.find(id)
    }

    /// The claims in the order of their ids.
    pub(super) fn by_id(&self) -> ById {
        self.ids.by_id()
    }

    /// The id of a claim.
    pub fn id(&self, claim: ClaimNumber) -> &str {
        self.ids.name(claim)
    }

    /// Where the claim stands.
    pub(super) fn spot(&self, claim: ClaimNumber) -> Spot {
        self.spots.at(claim)
    }

    /// What a claim refers to.
    pub(super) fn node(&self, claim: ClaimNumber) -> Node {
        self.nodes.at(claim)
    }

    /// What each claim refers to, in their order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> {
        self.nodes.iter()
    }

    /// What each claim counts, in their order.
    pub(super) fn figures(&self) -> impl Iterator<Item = Option<Figure>> {
        self.figures.iter()
    }

    /// Positions of the sources the claim stands on.
    pub(super) fn sources(&self, claim: ClaimNumber) -> Vec<u32> {
        self.nodes.sources(claim)
    }

    /// Takes a claim; gives back where its id stands already, if it does.
    pub fn insert(&mut self, noted: &Noted, spot: Spot) -> Result<(), Spot> {
        let from = self.add(noted.id.as_str(), spot)?;
        self.nodes.push(noted.node, &noted.sources);
        self.figures.push(noted.figure);
        for (number, Link { rel, to, .. }) in (0..).zip(&noted.links) {
            self.edges.push(Edge { from, number, rel: *rel });
            self.targets.push(to.as_str());
        }
        Ok(())
    }

    /// Takes the id of a claim that could not be read, so that links to it still lead somewhere.
    pub fn insert_unreadable(&mut self, id: &str, spot: Spot) -> Result<(), Spot> {
        self.add(id, spot)?;
        self.nodes.push(Node { event: u32::MAX, root: u32::MAX, is_dead: true }, &[]);
        self.figures.push(None);
        Ok(())
    }

    fn add(&mut self, id: &str, spot: Spot) -> Result<ClaimNumber, Spot> {
        let number = self.ids.insert(id).map_err(|first| self.spots.at(first))?;
        self.ends.take();
        self.spots.push(number, spot);
        Ok(number)
    }

    /// The links whose other end exists.
    pub fn links(&self) -> impl Iterator<Item = ResolvedLink> {
        (0..self.edges.len()).filter_map(|edge| self.link(edge))
    }

    /// The same, for all threads.
    pub(super) fn par_links(&self) -> impl ParallelIterator<Item = ResolvedLink> {
        (0..self.edges.len()).into_par_iter().filter_map(|edge| self.link(edge))
    }

    /// How many links there are, those that lead nowhere among them.
    pub(super) fn edges(&self) -> usize {
        self.edges.len()
    }

    /// The claim that holds the link of this number. They come in the order of their claims.
    pub(super) fn holder(&self, edge: usize) -> ClaimNumber {
        self.edges[edge].from
    }

    /// The link of this number, if its other end exists.
    pub(super) fn link(&self, edge: usize) -> Option<ResolvedLink> {
        let (Edge { from, rel, .. }, to) = (self.edges[edge], self.ends()[edge]);
        (to != NO_CLAIM).then_some(ResolvedLink { from, rel, to })
    }

    fn ends(&self) -> &[ClaimNumber] {
        let end = |edge: usize| self.find(self.targets.name(edge as u32)).unwrap_or(NO_CLAIM);
        self.ends.get_or_init(|| (0..self.edges.len()).into_par_iter().map(end).collect())
    }

    /// Every edge with its end.
    fn ended(&self) -> impl Iterator<Item = Ended<'_>> {
        let ends = (0..).zip(&self.edges).zip(self.ends());
        ends.map(|((number, &edge), &to)| Ended {
            edge,
            id: self.targets.name(number),
            to: (to != NO_CLAIM).then_some(to),
        })
    }

    /// A finding at every link by which one claim backs another and which gives `doubt` a reason, without columns.
    pub(super) fn doubtful_backing(
        &self,
        code: Code,
        file: impl Fn(u16) -> Arc<str>,
        doubt: impl Fn(ResolvedLink) -> Option<String>,
    ) -> impl Iterator<Item = Finding> {
        let finding = move |Ended { edge, to, .. }: Ended| {
            let reason = doubt(ResolvedLink { from: edge.from, rel: edge.rel, to: to? })?;
            Some(self.finding(edge, &file, code, reason))
        };
        self.ended().filter(|ended| ended.edge.rel.backs()).filter_map(finding)
    }

    fn finding(&self, edge: Edge, file: impl Fn(u16) -> Arc<str>, code: Code, message: String) -> Finding {
        let Spot { file: number, line } = self.spot(edge.from);
        let place = Place { file: file(number), line: Some(line.into()), column: None };
        let pointer = Some(format!("/links/{}/to", edge.number));
        let id = Some(self.id(edge.from).to_owned());
        Finding { code, message, place, kind: Some(RecordKind::Claim), id, pointer, help: None }
    }

    /// Problems between claims, without columns. `file` names the files as `Spot` counts them.
    pub fn findings(&self, file: impl Fn(u16) -> Arc<str>) -> Findings {
        let finding = |edge: Edge, code, message| self.finding(edge, &file, code, message);
        let mut findings = Findings::default();
        let circular = self.circular();
        let mut stored: Vec<(ClaimNumber, Relation, ClaimNumber)> = Vec::new();
        for Ended { edge, id, to } in self.ended() {
            match to {
                None => findings.push(finding(edge, Code::UnknownClaim, format!("no claim {id}"))),
                Some(to) => {
                    stored.push((edge.from, edge.rel, to));
                    if edge.rel == Relation::Supersedes && circular.binary_search(&edge.from).is_ok() {
                        let message = format!("following `supersedes` to {id} never ends");
                        findings.push(finding(edge, Code::SupersedesCycle, message));
                    }
                }
            }
        }
        stored.sort_unstable();
        for Ended { edge, id, to } in self.ended().filter(|ended| ended.edge.rel != Relation::Supersedes) {
            let Some(to) = to else { continue };
            let mirrored = to < edge.from && stored.binary_search(&(to, edge.rel, edge.from)).is_ok();
            if mirrored {
                let message = format!("{id} links back with {}", edge.rel.word());
                findings.push(finding(edge, Code::LinkStoredTwice, message));
            }
        }
        findings
    }

    /// Claims from which following `supersedes` never ends, sorted: what is left when every claim that ends is taken away.
    fn circular(&self) -> Vec<ClaimNumber> {
        let supersedes = |link: &ResolvedLink| link.rel == Relation::Supersedes && link.from != link.to;
        let mut back: Vec<(ClaimNumber, ClaimNumber)> =
            self.links().filter(supersedes).map(|link| (link.to, link.from)).collect();
        back.sort_unstable();
        let mut leads_on: BTreeMap<ClaimNumber, u32> = BTreeMap::new();
        for &(_, from) in &back {
            *leads_on.entry(from).or_default() += 1;
        }
        let mut ends: Vec<ClaimNumber> =
            back.iter().map(|&(to, _)| to).filter(|to| !leads_on.contains_key(to)).collect();
        ends.dedup();
        while let Some(end) = ends.pop() {
            let first = back.partition_point(|&(to, _)| to < end);
            for &(_, from) in back[first..].iter().take_while(|&&(to, _)| to == end) {
                let Some(on) = leads_on.get_mut(&from) else { continue };
                *on -= 1;
                if *on == 0 {
                    ends.push(from);
                }
            }
        }
        leads_on.into_iter().filter(|&(_, on)| on > 0).map(|(claim, _)| claim).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spots_are_given_back_as_they_came() {
        let spot = |file, line| Spot { file, line };
        let came = [spot(0, 1), spot(0, 2), spot(0, 4), spot(0, 5), spot(1, 6), spot(2, 1), spot(2, 2)];
        let mut spots = Spots::default();
        (0..).zip(came).for_each(|(claim, spot)| spots.push(claim, spot));
        assert_eq!((0..7).map(|claim| spots.at(claim)).collect::<Vec<_>>(), came);
        assert_eq!(spots.0.len(), 4);
    }
}
