//! What claims refer to: agents, events and sources, of which as much is kept as they ask; and the rules between them.

use std::collections::BTreeSet;

use super::circle::on_circles;
use super::gist::{CaptureGist, EventGist, SourceGist};
use super::record::Problem;
use super::table::Table;
use crate::finding::{Code, Findings};
use crate::model::agent::Agent;
use crate::model::id::{CaptureId, Id};

/// The records that claims refer to.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Whoever speaks or is spoken of.
    pub agents: Table<Agent>,
    /// What claims are about.
    pub events: Table<EventGist>,
    /// Published texts.
    pub sources: Table<SourceGist>,
}

impl Catalog {
    /// The source and the capture that an anchor names.
    pub fn capture(&self, id: &CaptureId) -> Option<(&SourceGist, &CaptureGist)> {
        let source = self.sources.get(&id.source)?;
        Some((source, source.capture(id.n)?))
    }

    /// The problem of a pointer that should lead to an agent.
    pub fn agent_problem(&self, id: &Id, pointer: impl FnOnce() -> String) -> Option<Problem> {
        (!self.agents.knows(id)).then(|| Problem::unknown_agent(id, pointer()))
    }

    /// Problems between agents, events and sources, without columns.
    pub fn findings(&self) -> Findings {
        let (events, sources) = (self.circular_events(), self.circular_sources());
        let of_events = self.events.findings(|position, event| self.event_problems(event, events[position]));
        of_events
            .chain(self.sources.findings(|position, source| self.source_problems(source, sources[position])))
            .collect()
    }

    /// Of the event at each position, whether it lies within itself.
    fn circular_events(&self) -> Vec<bool> {
        on_circles(self.events.len(), |event, step| {
            let wider = self.events.at(event)?.within.as_ref().filter(|_| step == 0)?;
            Some(self.events.position(wider))
        })
    }

    /// Of the source at each position, whether it is derived from itself.
    fn circular_sources(&self) -> Vec<bool> {
        on_circles(self.sources.len(), |source, step| {
            Some(self.sources.position(self.sources.at(source)?.from.get(step)?))
        })
    }

    fn event_problems(&self, event: &EventGist, is_circular: bool) -> Vec<Problem> {
        let Some(wider) = &event.within else { return Vec::new() };
        if !self.events.knows(wider) {
            return vec![Problem::new(Code::UnknownEvent, "/within", format!("no event {wider}"))];
        }
        is_circular
            .then(|| Problem::new(Code::EventCycle, "/within", format!("{wider} lies within {}", event.id)))
            .into_iter()
            .collect()
    }

    fn source_problems(&self, source: &SourceGist, is_circular: bool) -> Vec<Problem> {
        let mut problems: Vec<Problem> = Vec::new();
        for (i, origin) in source.from.iter().enumerate() {
            if !self.sources.knows(origin) && !self.agents.knows(origin) {
                let message = format!("no source and no agent {origin}");
                problems.push(Problem::new(Code::UnknownOrigin, format!("/from/{i}/what"), message));
            }
        }
        if is_circular {
            let message = format!("{} is derived from itself", source.id);
            problems.push(Problem::new(Code::DerivationCycle, "/from", message));
        }
        problems
    }

    /// The source itself and everything it is derived from, near or far.
    pub fn lineage<'a>(&'a self, source: &'a SourceGist) -> BTreeSet<&'a Id> {
        let mut lineage = BTreeSet::from([&source.id]);
        let mut origins: Vec<&Id> = source.from.iter().collect();
        while let Some(origin) = origins.pop() {
            if lineage.insert(origin) {
                origins.extend(self.sources.get(origin).into_iter().flat_map(|source| &source.from));
            }
        }
        lineage
    }
}
