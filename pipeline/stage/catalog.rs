//! What claims refer to: agents, events and sources, of which as much is kept as they ask; and the rules between them.

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
        let of_events = self.events.findings(|event| self.event_problems(event));
        of_events.chain(self.sources.findings(|source| self.source_problems(source))).collect()
    }

    fn event_problems(&self, event: &EventGist) -> Vec<Problem> {
        let Some(wider) = &event.within else { return Vec::new() };
        if !self.events.knows(wider) {
            return vec![Problem::new(Code::UnknownEvent, "/within", format!("no event {wider}"))];
        }
        let next = |id: &Id| self.events.get(id).and_then(|event| event.within.clone()).into_iter().collect();
        let circle = leads_back(&event.id, next);
        circle
            .then(|| Problem::new(Code::EventCycle, "/within", format!("{wider} lies within {}", event.id)))
            .into_iter()
            .collect()
    }

    fn source_problems(&self, source: &SourceGist) -> Vec<Problem> {
        let mut problems: Vec<Problem> = Vec::new();
        for (i, origin) in source.from.iter().enumerate() {
            if !self.sources.knows(origin) && !self.agents.knows(origin) {
                let message = format!("no source and no agent {origin}");
                problems.push(Problem::new(Code::UnknownOrigin, format!("/from/{i}/what"), message));
            }
        }
        if leads_back(&source.id, |id| self.origins(id).to_vec()) {
            let message = format!("{} is derived from itself", source.id);
            problems.push(Problem::new(Code::DerivationCycle, "/from", message));
        }
        problems
    }

    fn origins(&self, id: &Id) -> &[Id] {
        self.sources.get(id).map_or(&[], |source| &source.from)
    }

    /// The source itself and everything it is derived from, near or far, each once.
    pub fn lineage<'a>(&'a self, source: &'a SourceGist) -> Vec<&'a Id> {
        let mut lineage = vec![&source.id];
        let mut origins: Vec<&Id> = source.from.iter().collect();
        while let Some(origin) = origins.pop() {
            if !lineage.contains(&origin) {
                lineage.push(origin);
                origins.extend(self.origins(origin));
            }
        }
        lineage
    }
}

/// Whether following `next` from `start` comes back to `start`.
fn leads_back(start: &Id, next: impl Fn(&Id) -> Vec<Id>) -> bool {
    let mut seen: Vec<Id> = Vec::new();
    let mut ahead = next(start);
    while let Some(id) = ahead.pop() {
        if id == *start {
            return true;
        }
        if !seen.contains(&id) {
            ahead.extend(next(&id));
            seen.push(id);
        }
    }
    false
}
