//! What a claim refers to, looked up once.

use super::catalog::Catalog;
use super::gist::Gist;
use super::record::Problem;
use super::table::Table;
use crate::finding::Code;
use crate::model::claim::{Claim, Voice};
use crate::model::id::Id;

/// Positions in the catalog; `None` for a record that is not there, or that could not be read.
#[derive(Debug)]
pub struct References {
    /// The event that the claim is about.
    pub event: Option<u32>,
    /// The chain of voices, outermost first.
    pub by: Vec<Option<u32>>,
    /// The agents that the claim speaks of.
    pub about: Vec<Option<u32>>,
    /// The sources of the anchors.
    pub at: Vec<Option<u32>>,
}

impl References {
    /// Looks all up. Says which event and agents are not there; what is wrong with an anchor is for others to say.
    pub fn of(claim: &Claim, catalog: &Catalog) -> (Self, Vec<Problem>) {
        let Catalog { agents, events, sources } = catalog;
        let agent = |id: &Id| position(agents, id);
        let references = Self {
            event: position(events, &claim.event),
            by: claim.by.iter().map(Voice::agent).map(agent).collect(),
            about: claim.about.iter().map(agent).collect(),
            at: claim.at.iter().map(|anchor| position(sources, &anchor.capture.source)).collect(),
        };
        let mut problems = Vec::new();
        if references.event.is_none() && !events.knows(&claim.event) {
            problems.push(Problem::new(Code::UnknownEvent, "/event", format!("no event {}", claim.event)));
        }
        for (i, voice) in lost(&claim.by, &references.by) {
            problems.extend(catalog.agent_problem(voice.agent(), || format!("/by/{i}")));
        }
        for (i, agent) in lost(&claim.about, &references.about) {
            problems.extend(catalog.agent_problem(agent, || format!("/about/{i}")));
        }
        (references, problems)
    }

    /// The root voice.
    pub fn root(&self) -> Option<u32> {
        self.by.last().copied().flatten()
    }

    /// The sources that the claim stands on, each once.
    pub fn sources(&self) -> Vec<u32> {
        let mut sources = Vec::with_capacity(self.at.len());
        for source in self.at.iter().flatten() {
            if !sources.contains(source) {
                sources.push(*source);
            }
        }
        sources
    }
}

/// Those that have no position, and which they are.
fn lost<'a, T>(all: &'a [T], found: &'a [Option<u32>]) -> impl Iterator<Item = (usize, &'a T)> {
    all.iter().enumerate().zip(found).filter(|(_, position)| position.is_none()).map(|(lost, _)| lost)
}

fn position<G: Gist>(table: &Table<G>, id: &Id) -> Option<u32> {
    table.position(id).and_then(|position| u32::try_from(position).ok())
}
