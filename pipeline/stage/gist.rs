//! What is remembered of the records that claims refer to: as much as claims, texts and other records ask of them, and
//! none of the words in them.

use std::ops::Deref;

use super::record::Problem;
use super::validate::Record;
use crate::model::agent::Agent;
use crate::model::digest::Digest;
use crate::model::event::Event;
use crate::model::id::{CaptureId, Id};
use crate::model::source::{Capture, Part, Source, TextRights};

/// The number of an agent in its table, if it is there.
pub type Agents<'a> = dyn Fn(&Id) -> Option<AgentNumber> + Sync + 'a;

/// What is remembered of a record.
pub trait Gist: Sized + Send + Sync {
    /// The record.
    type Record: Record;

    /// What is remembered of it, and where it names agents that are not there. `agents` gives their numbers.
    fn of(record: Self::Record, agents: &Agents) -> (Self, Vec<Problem>);

    /// Its id.
    fn id(&self) -> &Id;
}

/// There are few agents, and little is said of each.
impl Gist for Agent {
    type Record = Agent;

    fn of(agent: Agent, _: &Agents) -> (Self, Vec<Problem>) {
        (agent, Vec::new())
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// What is remembered of an event.
#[derive(Debug)]
pub struct EventGist {
    /// Its id.
    pub id: Id,
    /// The wider event it is a part of.
    pub within: Option<Id>,
}

impl Gist for EventGist {
    type Record = Event;

    fn of(Event { id, within, .. }: Event, _: &Agents) -> (Self, Vec<Problem>) {
        (Self { id, within }, Vec::new())
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// Number of an agent in its table; the largest there is for one that is not in it.
pub type AgentNumber = u32;

/// The number of no agent.
const NOBODY: AgentNumber = AgentNumber::MAX;

/// What is remembered of a source.
#[derive(Debug)]
pub struct SourceGist {
    /// Its id.
    pub id: Id,
    /// The bylined agents.
    pub authors: Box<[AgentNumber]>,
    /// Its captures, oldest first.
    pub captures: Captures,
    /// The sources, or agents, that the text is derived from.
    pub from: Box<[Id]>,
    /// Who holds the rights.
    pub holder: AgentNumber,
    /// Who published it.
    pub publisher: AgentNumber,
    /// Whether the bytes may travel.
    pub text: TextRights,
}

impl SourceGist {
    /// The capture of this number.
    pub fn capture(&self, n: u16) -> Option<&CaptureGist> {
        self.captures.iter().find(|capture| capture.n == n)
    }

    /// How anchors name a capture of this source.
    pub fn capture_id(&self, capture: &CaptureGist) -> CaptureId {
        CaptureId { source: self.id.clone(), n: capture.n }
    }
}

impl Gist for SourceGist {
    type Record = Source;

    fn of(source: Source, agents: &Agents) -> (Self, Vec<Problem>) {
        let Source { id, authors, captures, from, publisher, rights, .. } = source;
        let mut named = Named { agents, missing: Vec::new() };
        let gist = Self {
            id,
            publisher: named.number(&publisher, || "/publisher".to_owned()),
            holder: named.number(&rights.holder, || "/rights/holder".to_owned()),
            authors: (0..).zip(&authors).map(|(i, author)| named.number(author, || format!("/authors/{i}"))).collect(),
            captures: Captures::of(captures, &mut named),
            from: from.into_iter().map(|origin| origin.what).collect(),
            text: rights.text,
        };
        (gist, named.missing)
    }

    fn id(&self) -> &Id {
        &self.id
    }
}

/// The agents that a source names.
struct Named<'a> {
    agents: &'a Agents<'a>,
    /// Where it names one that is not there.
    missing: Vec<Problem>,
}

impl Named<'_> {
    fn number(&mut self, agent: &Id, pointer: impl FnOnce() -> String) -> AgentNumber {
        let number = (self.agents)(agent);
        if number.is_none() {
            self.missing.push(Problem::unknown_agent(agent, pointer()));
        }
        number.unwrap_or(NOBODY)
    }
}

/// What is remembered of the captures of a source. Mostly there is one, which then lies with the source: many small
/// pieces of memory that stay would cut up what is given back between them.
#[derive(Debug)]
pub enum Captures {
    /// A single one.
    One(CaptureGist),
    /// None, or several.
    Other(Box<[CaptureGist]>),
}

impl Captures {
    fn of(captures: Vec<Capture>, named: &mut Named) -> Self {
        let gists = (0..).zip(captures).map(|(i, capture)| CaptureGist::of(capture, i, named));
        match <[CaptureGist; 1]>::try_from(gists.collect::<Vec<_>>()) {
            Ok([capture]) => Captures::One(capture),
            Err(gists) => Captures::Other(gists.into()),
        }
    }
}

impl Deref for Captures {
    type Target = [CaptureGist];

    fn deref(&self) -> &[CaptureGist] {
        match self {
            Captures::One(capture) => std::slice::from_ref(capture),
            Captures::Other(captures) => captures,
        }
    }
}

/// What is remembered of a capture.
#[derive(Debug)]
pub struct CaptureGist {
    /// Its number within the source.
    pub n: u16,
    /// Who received the bytes.
    pub by: AgentNumber,
    /// Length in bytes.
    pub bytes: u64,
    /// What each stretch is; empty: all is body.
    pub parts: Box<[Part]>,
    /// Digest of all bytes.
    pub sha256: Digest,
}

impl CaptureGist {
    /// What is remembered of the capture in this place of its source.
    fn of(Capture { n, by, bytes, parts, sha256, .. }: Capture, i: usize, named: &mut Named) -> Self {
        let by = named.number(&by, || format!("/captures/{i}/by"));
        for (j, part) in parts.iter().enumerate() {
            if let Some(author) = &part.author {
                named.number(author, || format!("/captures/{i}/parts/{j}/author"));
            }
        }
        Self { n, by, bytes, parts: parts.into(), sha256 }
    }
}
