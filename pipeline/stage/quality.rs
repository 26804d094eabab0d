//! What a rule can only suspect of a dataset: warnings for its curator, which refuse nothing.
//!
//! They are given to whoever asks with `affiant check`, and by no other command. A release is judged by what was signed: its
//! verdict must not change once this tool suspects more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::accepted::Accepted;
use super::anchor::Anchored;
use super::catalog::Catalog;
use super::dating::Dated;
use super::figure::Figure;
use super::gist::{AgentNumber, Gist, SourceGist};
use super::graph::{ClaimGraph, ClaimNumber, ResolvedLink};
use super::record::{Problem, RawRecord};
use super::references::References;
use super::status;
use super::table::Table;
use super::validate::Rulebook;
use crate::finding::{Code, Finding, Findings, Place};
use crate::model::agent::{Agent, Privacy};
use crate::model::claim::Claim;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::source::TextRights;
use crate::model::status::Status;

/// The unit of a toll. Units are a dataset's own words; this one is the custom.
const PERSON: &str = "person";

/// What is remembered of the claims while threads read them in any order: what is marked is marked, whoever comes first.
pub struct Quality<'a> {
    catalog: &'a Catalog,
    rulebook: &'a Rulebook,
    accepted: Accepted<'a>,
    agents: Marks,
    events: Marks,
    sources: Marks,
    /// For each source the agents that claims on it name as voices, sorted.
    named: Box<[Mutex<Vec<AgentNumber>>]>,
    /// Claims that may have no root, in the order of reading: they are judged once all are known.
    rootless: Mutex<Vec<ClaimNumber>>,
}

/// One mark for each record of a table.
struct Marks(Box<[AtomicBool]>);

impl Marks {
    fn of<G: Gist>(table: &Table<G>) -> Self {
        Self((0..table.len()).map(|_| AtomicBool::new(false)).collect())
    }

    fn set(&self, position: Option<usize>) {
        // Most are set already; a mark that is only read stays with every thread.
        if let Some(mark) = position.and_then(|position| self.0.get(position))
            && !mark.load(Ordering::Relaxed)
        {
            mark.store(true, Ordering::Relaxed);
        }
    }

    fn has(&self, position: usize) -> bool {
        self.0.get(position).is_some_and(|mark| mark.load(Ordering::Relaxed))
    }
}

impl<'a> Quality<'a> {
    /// Nothing is known of any claim yet.
    pub fn new(catalog: &'a Catalog, rulebook: &'a Rulebook) -> Self {
        let Catalog { agents, events, sources } = catalog;
        Self {
            catalog,
            rulebook,
            accepted: Accepted::new(&rulebook.dataset().accepted),
            agents: Marks::of(agents),
            events: Marks::of(events),
            sources: Marks::of(sources),
            named: (0..sources.len()).map(|_| Mutex::default()).collect(),
            rootless: Mutex::default(),
        }
    }

    /// Takes note of a claim; its own warnings go to `findings`. Says whether it may have no root.
    pub fn look(&self, raw: &RawRecord, anchored: &Anchored, findings: &mut Vec<Finding>) -> bool {
        let claim = anchored.valid.record();
        self.mark(claim, &anchored.references);
        if claim.standing_decision().is_some() {
            return false;
        }
        match anchored.dating.dated() {
            Dated::Accounted => {}
            Dated::NotJudged => _ = self.accepted.meets(Code::YearWithoutBasis, claim.id.as_str()),
            Dated::Unsaid(..) if self.accepted.meets(Code::YearWithoutBasis, claim.id.as_str()) => {}
            Dated::Unsaid(year, at) => {
                let message = format!("the words do not have the year {year}, and nothing says where it comes from");
                findings.push(raw.finding(Some(claim.id.as_str()), Problem::new(Code::YearWithoutBasis, at, message)));
            }
        }
        let root = anchored.references.root().and_then(|root| self.catalog.agents.at(root as usize));
        claim.by.last().is_some_and(|voice| voice.is_implied()) || root.is_some_and(is_blank)
    }

    fn mark(&self, claim: &Claim, references: &References) {
        let References { event, by, about, .. } = references;
        let sources = references.sources();
        let position = |position: &u32| *position as usize;
        self.events.set(event.as_ref().map(position));
        about.iter().for_each(|agent| self.agents.set(agent.as_ref().map(position)));
        sources.iter().for_each(|source| self.sources.set(Some(position(source))));
        for (voice, agent) in claim.by.iter().zip(by) {
            self.agents.set(agent.as_ref().map(position));
            if let Some(agent) = agent.filter(|_| !voice.is_implied()) {
                sources.iter().for_each(|source| self.name(position(source), agent));
            }
        }
    }

    fn name(&self, source: usize, agent: AgentNumber) {
        let Some(named) = self.named.get(source) else { return };
        let mut named = unlocked(named);
        if let Err(place) = named.binary_search(&agent) {
            if named.len() == named.capacity() {
                // There are many of them, and each may be half empty.
                let more = 2 + named.len() / 4;
                named.reserve_exact(more);
            }
            named.insert(place, agent);
        }
    }

    /// Takes the claim of this number, which may have no root: in the order of reading.
    pub fn suspect(&self, claim: ClaimNumber) {
        unlocked(&self.rootless).push(claim);
    }

    /// What is to be said once every claim was seen, none of them with an error: of records without columns. `file`
    /// names the files as `Spot` counts them.
    pub fn warnings(&self, graph: &ClaimGraph, statuses: &[Status], file: impl Fn(u16) -> Arc<str>) -> Findings {
        let rootless = unlocked(&self.rootless);
        let of_records = self.of_agents().chain(self.of_events(graph, statuses)).chain(self.of_sources());
        let of_claims = self.rootless(&rootless, graph, &file).chain(self.copies(graph, statuses, &file));
        let of_all = of_records.chain(of_claims).filter(|warning| !self.accepted.takes(warning));
        let mut warnings: Findings = of_all.collect();
        warnings.extend(self.rulebook.findings(self.accepted.in_vain()));
        warnings
    }

    fn of_agents(&self) -> impl Iterator<Item = Finding> {
        for agent in self.catalog.sources.gists().flat_map(|source| self.speakers(source).chain(keepers(source))) {
            self.agents.set(Some(agent as usize));
        }
        let agents = &self.catalog.agents;
        agents.findings(move |position, agent| {
            let is_orphan = agent.privacy != Privacy::Sealed && !self.agents.has(position);
            orphan(is_orphan, Code::OrphanAgent, "no claim and no source names it")
        })
    }

    fn of_events(&self, graph: &ClaimGraph, statuses: &[Status]) -> impl Iterator<Item = Finding> + use<'_, 'a> {
        let events = &self.catalog.events;
        for wider in events.gists().filter_map(|event| event.within.as_ref()) {
            self.events.set(events.position(wider));
        }
        let tolls = self.tolls(graph, statuses);
        events.findings(move |position, _| {
            let is_orphan = !self.events.has(position);
            let mut problems =
                orphan(is_orphan, Code::OrphanEvent, "no claim is about it, and no event lies within it");
            problems.extend(tolls.get(&position).filter(|toll| toll.official == 0).map(|toll| {
                let message = format!("claims that count people in it: {}; by an office: none", toll.claims);
                Problem::new(Code::TollWithoutOffice, "/id", message)
            }));
            problems
        })
    }

    fn tolls(&self, graph: &ClaimGraph, statuses: &[Status]) -> BTreeMap<usize, Toll> {
        let countables = self.rulebook.countables();
        let counts_people =
            |figure: Figure| countables.at(figure.what).is_some_and(|(_, unit)| unit.as_str() == PERSON);
        let mut tolls: BTreeMap<usize, Toll> = BTreeMap::new();
        for ((node, status), figure) in graph.nodes().zip(statuses).zip(graph.figures()) {
            if !status.stands() || !figure.is_some_and(counts_people) {
                continue;
            }
            let root = self.catalog.agents.at(node.root as usize);
            let toll = tolls.entry(node.event as usize).or_default();
            toll.claims += 1;
            toll.official += u64::from(root.is_some_and(|root| root.kind.is_official()));
        }
        tolls
    }

    fn of_sources(&self) -> impl Iterator<Item = Finding> {
        let sources = &self.catalog.sources;
        let origins: BTreeSet<&Id> = sources.gists().flat_map(|source| &source.from).collect();
        sources.findings(move |position, source| {
            let may_stand_alone = source.text == TextRights::Sealed || origins.contains(&source.id);
            let is_orphan = !may_stand_alone && !self.sources.has(position);
            orphan(is_orphan, Code::OrphanSource, "no claim stands on it, and no source is derived from it")
        })
    }

    fn rootless(
        &self,
        suspects: &[ClaimNumber],
        graph: &ClaimGraph,
        file: impl Fn(u16) -> Arc<str>,
    ) -> impl Iterator<Item = Finding> {
        let finding = move |&claim: &ClaimNumber| {
            let number = graph.node(claim).root;
            let root = self.catalog.agents.at(number as usize)?;
            let message = if is_blank(root) {
                format!("nothing is recorded of {}", root.id)
            } else if graph.sources(claim).into_iter().any(|source| self.knows(source, number)) {
                return None;
            } else {
                format!("{} is only implied here, and named nowhere in the source", root.id)
            };
            let spot = graph.spot(claim);
            let place = Place { file: file(spot.file), line: Some(spot.line.into()), column: None };
            let (kind, id) = (Some(RecordKind::Claim), Some(graph.id(claim).to_owned()));
            Some(Finding { code: Code::RootUnknown, message, place, kind, id, pointer: Some("/by".into()), help: None })
        };
        suspects.iter().filter_map(finding)
    }

    /// Whether a source names an agent, in a claim or in its own record.
    fn knows(&self, source: u32, agent: AgentNumber) -> bool {
        let named = self.named.get(source as usize);
        let in_claims = named.is_some_and(|named| unlocked(named).binary_search(&agent).is_ok());
        let record = self.catalog.sources.at(source as usize);
        in_claims || record.is_some_and(|source| self.speakers(source).any(|speaker| speaker == agent))
    }

    /// Who speaks in a text, as its source's record has it. An origin may be another source: then no agent has its id.
    fn speakers<'b>(&self, source: &'b SourceGist) -> impl Iterator<Item = AgentNumber> + use<'_, 'a, 'b> {
        let authors = source.captures.iter().flat_map(|capture| &capture.parts).filter_map(|part| part.author.as_ref());
        let by_id = source.from.iter().chain(authors).filter_map(|agent| self.catalog.agents.number(agent));
        std::iter::once(source.publisher).chain(source.authors.iter().copied()).chain(by_id)
    }

    fn copies(
        &self,
        graph: &ClaimGraph,
        statuses: &[Status],
        file: impl Fn(u16) -> Arc<str>,
    ) -> impl Iterator<Item = Finding> {
        let counts_twice = move |link: ResolvedLink| {
            let [from, to] = [link.from, link.to].map(|claim| graph.sources(claim));
            let ends_stand = [link.from, link.to].iter().all(|&claim| statuses[claim as usize].stands());
            let is_one_text = from.iter().any(|source| to.contains(source));
            ends_stand
                && !is_one_text
                && graph.node(link.from).root != graph.node(link.to).root
                && !status::independent(link, graph, self.catalog)
        };
        graph.doubtful_backing(Code::CopyAsVoice, file, move |link| {
            let message = || {
                format!(
                    "the texts of the two derive from each other, so that {} has no second voice",
                    graph.id(link.to)
                )
            };
            counts_twice(link).then(message)
        })
    }
}

/// How many claims count people in an event.
#[derive(Clone, Copy, Debug, Default)]
struct Toll {
    claims: u64,
    official: u64,
}

fn unlocked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn orphan(is_orphan: bool, code: Code, message: &str) -> Vec<Problem> {
    is_orphan.then(|| Problem::new(code, "/id", message)).into_iter().collect()
}

/// Whether nothing is known of an agent, though nobody decided to seal it.
fn is_blank(agent: &Agent) -> bool {
    agent.names.is_empty() && agent.note.is_none() && agent.privacy != Privacy::Sealed
}

/// Who keeps a text.
fn keepers(source: &SourceGist) -> impl Iterator<Item = AgentNumber> {
    source.captures.iter().map(|capture| capture.by).chain([source.holder])
}
