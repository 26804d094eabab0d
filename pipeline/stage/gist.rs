//! What is remembered of the records that claims refer to: as much as claims, texts and other records ask of them, and
//! none of the words in them.

use std::ops::Deref;

use super::validate::Record;
use crate::model::agent::Agent;
use crate::model::digest::Digest;
use crate::model::event::Event;
use crate::model::id::{CaptureId, Id};
use crate::model::source::{Capture, Part, Source, TextRights};

/// What is remembered of a record.
pub trait Gist: From<Self::Record> + Send {
    /// The record.
    type Record: Record;

    /// Its id.
    fn id(&self) -> &Id;
}

/// There are few agents, and little is said of each.
impl Gist for Agent {
    type Record = Agent;

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

impl From<Event> for EventGist {
    fn from(Event { id, within, .. }: Event) -> Self {
        Self { id, within }
    }
}

impl Gist for EventGist {
    type Record = Event;

    fn id(&self) -> &Id {
        &self.id
    }
}

/// What is remembered of a source.
#[derive(Debug)]
pub struct SourceGist {
    /// Its id.
    pub id: Id,
    /// The bylined agents.
    pub authors: Box<[Id]>,
    /// Its captures, oldest first.
    pub captures: Captures,
    /// The sources, or agents, that the text is derived from.
    pub from: Box<[Id]>,
    /// Who holds the rights.
    pub holder: Id,
    /// Who published it.
    pub publisher: Id,
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

impl From<Source> for SourceGist {
    fn from(Source { id, authors, captures, from, publisher, rights, .. }: Source) -> Self {
        Self {
            id,
            authors: authors.into(),
            captures: Captures::of(&captures),
            from: from.iter().map(|origin| origin.what.clone()).collect(),
            holder: rights.holder,
            publisher,
            text: rights.text,
        }
    }
}

impl Gist for SourceGist {
    type Record = Source;

    fn id(&self) -> &Id {
        &self.id
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
    fn of(captures: &[Capture]) -> Self {
        match captures {
            [capture] => Captures::One(CaptureGist::of(capture)),
            captures => Captures::Other(captures.iter().map(CaptureGist::of).collect()),
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
    pub by: Id,
    /// Length in bytes.
    pub bytes: u64,
    /// What each stretch is; empty: all is body.
    pub parts: Box<[Part]>,
    /// Digest of all bytes.
    pub sha256: Digest,
}

impl CaptureGist {
    fn of(capture: &Capture) -> Self {
        let Capture { n, by, bytes, parts, sha256, .. } = capture;
        Self { n: *n, by: by.clone(), bytes: *bytes, parts: parts.as_slice().into(), sha256: *sha256 }
    }
}
