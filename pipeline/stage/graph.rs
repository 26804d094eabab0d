//! What is remembered of every claim: little and of fixed size, so that a dataset of any length can be checked whole.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::catalog::Catalog;
use super::figure::{Countables, Figure, Figures};
use super::names::Names;
use super::record::RawRecord;
use crate::finding::{Code, Finding, Place};
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
    nodes: Vec<Node>,
    /// Whether the log took the claim back.
    is_dead: Vec<bool>,
    figures: Figures,
    /// Positions of sources, all claims' one after another.
    sources: Vec<u32>,
    edges: Vec<Edge>,
    /// The claims that the edges lead to, once all claims are known and this was asked.
    ends: OnceLock<Vec<Option<ClaimNumber>>>,
}

/// What is kept of a claim.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Position of the event; `u32::MAX` for none that could be read.
    pub(super) event: u32,
    /// Position of the root voice.
    pub(super) root: u32,
    /// Where its sources end in `sources`; they begin where the claim before ends.
    sources_end: u32,
}

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

/// A link as it was read.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) from: ClaimNumber,
    pub(super) rel: Relation,
    to: Id,
    number: u16,
}

/// What a claim brings to the graph, looked up beforehand.
#[derive(Debug)]
pub struct Noted {
    id: Id,
    event: u32,
    root: u32,
    sources: Vec<u32>,
    is_dead: bool,
    figure: Option<Figure>,
    links: Vec<Link>,
}

impl Noted {
    /// Looks up what the claim refers to, but for the sources it stands on: their positions are known; and what it counts.
    pub fn new(claim: Claim, sources: Vec<u32>, catalog: &Catalog, countables: &Countables) -> Self {
        let position = |found: Option<usize>| found.and_then(|i| u32::try_from(i).ok());
        Self {
            event: position(catalog.events.position(&claim.event)).unwrap_or(u32::MAX),
            root: position(claim.root_voice().and_then(|root| catalog.agents.position(root))).unwrap_or(u32::MAX),
            sources,
            is_dead: claim.standing_decision().is_some(),
            figure: Figure::of(&claim, countables),
            links: claim.links,
            id: claim.id,
        }
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
        self.nodes.is_empty()
    }

    /// Number of the claim that was taken last.
    pub(super) fn last(&self) -> ClaimNumber {
        self.len().saturating_sub(1) as ClaimNumber
    }

    /// Number of the claim with this id.
    pub fn find(&self, id: &str) -> Option<ClaimNumber> {
        self.ids.find(id)
    }

    /// The id of a claim.
    pub fn id(&self, claim: ClaimNumber) -> &str {
        self.ids.name(claim)
    }

    /// Where the claim stands.
    pub(super) fn spot(&self, claim: ClaimNumber) -> Spot {
        self.spots.at(claim)
    }

    pub(super) fn node(&self, claim: ClaimNumber) -> &Node {
        &self.nodes[claim as usize]
    }

    /// Whether the log took the claim back.
    pub(super) fn is_dead(&self, claim: ClaimNumber) -> bool {
        self.is_dead[claim as usize]
    }

    /// What each claim counts, in their order.
    pub(super) fn figures(&self) -> impl Iterator<Item = Option<Figure>> {
        self.figures.iter()
    }

    /// Positions of the sources the claim stands on.
    pub(super) fn sources(&self, claim: ClaimNumber) -> &[u32] {
        let claim = claim as usize;
        let begin = claim.checked_sub(1).map_or(0, |before| self.nodes[before].sources_end);
        &self.sources[begin as usize..self.nodes[claim].sources_end as usize]
    }

    /// Takes a claim; gives back where its id stands already, if it does.
    pub fn insert(&mut self, noted: &Noted, spot: Spot) -> Result<(), Spot> {
        let from = self.add(noted.id.as_str(), spot)?;
        self.sources.extend(&noted.sources);
        self.push(noted.event, noted.root, noted.is_dead, noted.figure);
        for (number, Link { rel, to, .. }) in (0..).zip(&noted.links) {
            self.edges.push(Edge { from, rel: *rel, to: to.clone(), number });
        }
        Ok(())
    }

    /// Takes the id of a claim that could not be read, so that links to it still lead somewhere.
    pub fn insert_unreadable(&mut self, id: &str, spot: Spot) -> Result<(), Spot> {
        self.add(id, spot)?;
        self.push(u32::MAX, u32::MAX, true, None);
        Ok(())
    }

    fn add(&mut self, id: &str, spot: Spot) -> Result<ClaimNumber, Spot> {
        let number = self.ids.insert(id).map_err(|first| self.spots.at(first))?;
        self.ends.take();
        self.spots.push(number, spot);
        Ok(number)
    }

    fn push(&mut self, event: u32, root: u32, is_dead: bool, figure: Option<Figure>) {
        let sources_end = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.nodes.push(Node { event, root, sources_end });
        self.is_dead.push(is_dead);
        self.figures.push(figure);
    }

    /// The links whose other end exists.
    pub fn links(&self) -> impl Iterator<Item = ResolvedLink> {
        self.ended().filter_map(|(Edge { from, rel, .. }, to)| Some(ResolvedLink { from: *from, rel: *rel, to: to? }))
    }

    /// Every edge, and the claim that it leads to if there is one.
    fn ended(&self) -> impl Iterator<Item = (&Edge, Option<ClaimNumber>)> {
        let end = |edge: &Edge| self.find(edge.to.as_str());
        let ends = self.ends.get_or_init(|| self.edges.par_iter().map(end).collect());
        self.edges.iter().zip(ends.iter().copied())
    }

    /// A finding at every link by which one claim backs another and which gives `doubt` a reason, without columns.
    pub(super) fn doubtful_backing(
        &self,
        code: Code,
        file: impl Fn(u16) -> String,
        doubt: impl Fn(ResolvedLink) -> Option<String>,
    ) -> Vec<Finding> {
        let finding = |(edge, to): (&Edge, Option<ClaimNumber>)| {
            let reason = doubt(ResolvedLink { from: edge.from, rel: edge.rel, to: to? })?;
            Some(self.finding(edge, &file, code, reason))
        };
        self.ended().filter(|(edge, _)| edge.rel.backs()).filter_map(finding).collect()
    }

    fn finding(&self, edge: &Edge, file: impl Fn(u16) -> String, code: Code, message: String) -> Finding {
        let Spot { file: number, line } = self.spot(edge.from);
        let place = Place { file: file(number), line: Some(line.into()), column: None };
        let pointer = Some(format!("/links/{}/to", edge.number));
        let id = Some(self.id(edge.from).to_owned());
        Finding { code, message, place, kind: Some(RecordKind::Claim), id, pointer, help: None }
    }

    /// Problems between claims, without columns. `file` names the files as `Spot` counts them.
    pub fn findings(&self, file: impl Fn(u16) -> String) -> Vec<Finding> {
        let finding = |edge: &Edge, code, message| self.finding(edge, &file, code, message);
        let mut findings = Vec::new();
        let circular = self.circular();
        let mut stored: Vec<(ClaimNumber, Relation, ClaimNumber)> = Vec::new();
        for (edge, to) in self.ended() {
            match to {
                None => findings.push(finding(edge, Code::UnknownClaim, format!("no claim {}", edge.to))),
                Some(to) => {
                    stored.push((edge.from, edge.rel, to));
                    if edge.rel == Relation::Supersedes && circular.binary_search(&edge.from).is_ok() {
                        let message = format!("following `supersedes` to {} never ends", edge.to);
                        findings.push(finding(edge, Code::SupersedesCycle, message));
                    }
                }
            }
        }
        stored.sort_unstable();
        for (edge, to) in self.ended().filter(|(edge, _)| edge.rel != Relation::Supersedes) {
            let Some(to) = to else { continue };
            let mirrored = to < edge.from && stored.binary_search(&(to, edge.rel, edge.from)).is_ok();
            if mirrored {
                let message = format!("{} links back with {}", edge.to, edge.rel.word());
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
        let mut leads_on = vec![0_u32; self.len()];
        for &(_, from) in &back {
            leads_on[from as usize] += 1;
        }
        let mut ends: Vec<ClaimNumber> =
            back.iter().map(|&(to, _)| to).filter(|&to| leads_on[to as usize] == 0).collect();
        ends.dedup();
        while let Some(end) = ends.pop() {
            let first = back.partition_point(|&(to, _)| to < end);
            for &(_, from) in back[first..].iter().take_while(|&&(to, _)| to == end) {
                leads_on[from as usize] -= 1;
                if leads_on[from as usize] == 0 {
                    ends.push(from);
                }
            }
        }
        (0..).zip(leads_on).filter(|&(_, on)| on > 0).map(|(claim, _)| claim).collect()
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
