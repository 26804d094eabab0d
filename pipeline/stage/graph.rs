//! What is remembered of every claim: little and of fixed size, so that a dataset of any length can be checked whole.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::catalog::Catalog;
use crate::finding::{Code, Finding, Place};
use crate::model::claim::{Claim, Relation};
use crate::model::id::Id;
use crate::model::kind::RecordKind;

/// Number of a claim in the order of reading.
pub type ClaimNumber = u32;

/// Where a claim or a link of it stands.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// Number of the file, as the caller counts them.
    pub file: u16,
    /// Line, counting from 1.
    pub line: u32,
}

/// All claims and the links between them.
#[derive(Debug, Default)]
pub struct ClaimGraph {
    ids: IdTable,
    nodes: Vec<Node>,
    /// Positions of sources, all claims' one after another.
    sources: Vec<u32>,
    edges: Vec<Edge>,
}

/// What is kept of a claim.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    spot: Spot,
    /// Position of the event; `u32::MAX` for none that could be read.
    pub(super) event: u32,
    /// Position of the root voice.
    pub(super) root: u32,
    /// Where its sources end in `sources`; they begin where the claim before ends.
    sources_end: u32,
    /// Whether the log took the claim back.
    pub(super) is_dead: bool,
}

/// A link as it was read.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) from: ClaimNumber,
    pub(super) rel: Relation,
    to: Id,
    number: u16,
    column: u32,
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

    /// The same, as records hold it.
    pub(super) fn record_id(&self, claim: ClaimNumber) -> Id {
        let id = self.id(claim).parse();
        id.unwrap_or_else(|error| unreachable!("only ids of valid records have a status: {error}"))
    }

    /// Where the claim stands.
    pub(super) fn spot(&self, claim: ClaimNumber) -> Spot {
        self.node(claim).spot
    }

    pub(super) fn node(&self, claim: ClaimNumber) -> &Node {
        &self.nodes[claim as usize]
    }

    /// Positions of the sources the claim stands on.
    pub(super) fn sources(&self, claim: ClaimNumber) -> &[u32] {
        let claim = claim as usize;
        let begin = claim.checked_sub(1).map_or(0, |before| self.nodes[before].sources_end);
        &self.sources[begin as usize..self.nodes[claim].sources_end as usize]
    }

    /// Takes a claim; gives back where its id stands already, if it does.
    pub fn insert(&mut self, claim: &Claim, spot: Spot, columns: &[u32], catalog: &Catalog) -> Result<(), Spot> {
        let from = self.ids.insert(claim.id.as_str()).map_err(|first| self.nodes[first as usize].spot)?;
        let position = |found: Option<usize>| found.and_then(|i| u32::try_from(i).ok()).unwrap_or(u32::MAX);
        let begin = self.sources.len();
        for anchor in &claim.at {
            let source = position(catalog.sources.position(&anchor.capture.source));
            if source != u32::MAX && !self.sources[begin..].contains(&source) {
                self.sources.push(source);
            }
        }
        self.nodes.push(Node {
            spot,
            event: position(catalog.events.position(&claim.event)),
            root: position(claim.root_voice().and_then(|root| catalog.agents.position(root))),
            sources_end: u32::try_from(self.sources.len()).unwrap_or(u32::MAX),
            is_dead: claim.standing_decision().is_some(),
        });
        for (number, link) in claim.links.iter().enumerate() {
            let column = columns.get(number).copied().unwrap_or(1);
            self.edges.push(Edge { from, rel: link.rel, to: link.to.clone(), number: number as u16, column });
        }
        Ok(())
    }

    /// Takes the id of a claim that could not be read, so that links to it still lead somewhere.
    pub fn insert_unreadable(&mut self, id: &str, spot: Spot) -> Result<(), Spot> {
        self.ids.insert(id).map_err(|first| self.nodes[first as usize].spot)?;
        let sources_end = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.nodes.push(Node { spot, event: u32::MAX, root: u32::MAX, sources_end, is_dead: true });
        Ok(())
    }

    /// The links whose other end exists.
    pub fn links(&self) -> impl Iterator<Item = ResolvedLink> {
        self.edges.iter().filter_map(|edge| {
            let to = self.find(edge.to.as_str())?;
            Some(ResolvedLink { from: edge.from, rel: edge.rel, to })
        })
    }

    /// A finding at every link by which one claim backs another and which gives `doubt` a reason.
    pub(super) fn doubtful_backing(
        &self,
        code: Code,
        file: impl Fn(u16) -> String,
        doubt: impl Fn(ResolvedLink) -> Option<String>,
    ) -> Vec<Finding> {
        let finding = |edge: &Edge| {
            let to = self.find(edge.to.as_str())?;
            let reason = doubt(ResolvedLink { from: edge.from, rel: edge.rel, to })?;
            Some(self.finding(edge, file(self.spot(edge.from).file), code, reason))
        };
        self.edges.iter().filter(|edge| edge.rel.backs()).filter_map(finding).collect()
    }

    fn finding(&self, edge: &Edge, file: String, code: Code, message: String) -> Finding {
        let place = Place { file, line: Some(self.spot(edge.from).line.into()), column: Some(edge.column.into()) };
        let pointer = Some(format!("/links/{}/to", edge.number));
        let id = Some(self.id(edge.from).to_owned());
        Finding { code, message, place, kind: Some(RecordKind::Claim), id, pointer, help: None }
    }

    /// Problems between claims. `file` names the files as `Spot` counts them.
    pub fn findings(&self, file: impl Fn(u16) -> String) -> Vec<Finding> {
        let finding = |edge: &Edge, code, message| self.finding(edge, file(self.spot(edge.from).file), code, message);
        let mut findings = Vec::new();
        let circular = self.circular();
        let mut stored: Vec<(ClaimNumber, Relation, ClaimNumber)> = Vec::new();
        for edge in &self.edges {
            match self.find(edge.to.as_str()) {
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
        for edge in self.edges.iter().filter(|edge| edge.rel != Relation::Supersedes) {
            let Some(to) = self.find(edge.to.as_str()) else { continue };
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

/// The ids of all claims, exact, in one stretch of memory with an index over it.
#[derive(Debug, Default)]
struct IdTable {
    letters: String,
    ends: Vec<u32>,
    index: HashTable<ClaimNumber>,
    hasher: DefaultHashBuilder,
}

impl IdTable {
    fn name(&self, claim: ClaimNumber) -> &str {
        name(&self.letters, &self.ends, claim)
    }

    fn find(&self, id: &str) -> Option<ClaimNumber> {
        let hash = self.hasher.hash_one(id);
        self.index.find(hash, |&claim| self.name(claim) == id).copied()
    }

    /// The new claim's number, or that of the claim which has the id already.
    fn insert(&mut self, id: &str) -> Result<ClaimNumber, ClaimNumber> {
        if let Some(first) = self.find(id) {
            return Err(first);
        }
        let claim = self.ends.len() as ClaimNumber;
        self.letters.push_str(id);
        self.ends.push(u32::try_from(self.letters.len()).unwrap_or(u32::MAX));
        let (letters, ends, hasher) = (&self.letters, &self.ends, &self.hasher);
        self.index.insert_unique(hasher.hash_one(id), claim, |&other| hasher.hash_one(name(letters, ends, other)));
        Ok(claim)
    }
}

fn name<'a>(letters: &'a str, ends: &[u32], claim: ClaimNumber) -> &'a str {
    let claim = claim as usize;
    let begin = claim.checked_sub(1).map_or(0, |before| ends[before]);
    &letters[begin as usize..ends[claim] as usize]
}
