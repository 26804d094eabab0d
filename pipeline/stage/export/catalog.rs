//! Rows of agents, events and sources, and what the rows of claims repeat of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::rows::Rows;
use crate::error::{Error, Result};
use crate::model::agent::{Agent, AgentKind};
use crate::model::cell::Cell;
use crate::model::date::Edtf;
use crate::model::event::Event;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::origin::Origin;
use crate::model::source::{Capture, Source, TextRights};
use crate::model::table::Table;

const AGENTS: usize = Table::number("agents");
const AGENT_NAMES: usize = Table::number("agent_names");
const EVENTS: usize = Table::number("events");
const SOURCES: usize = Table::number("sources");
const AUTHORS: usize = Table::number("authors");
const DERIVATIONS: usize = Table::number("derivations");
const CAPTURES: usize = Table::number("captures");
const PARTS: usize = Table::number("parts");

/// What is repeated of agents, events and sources where they are referred to.
#[derive(Default)]
pub(super) struct Names {
    agents: BTreeMap<Id, NamedAgent>,
    events: BTreeMap<Id, String>,
    sources: BTreeMap<Id, NamedSource>,
}

/// An agent as it is referred to.
pub(super) struct NamedAgent {
    pub(super) kind: AgentKind,
    /// Its best known public name.
    pub(super) name: Option<String>,
}

/// A source as it is referred to.
pub(super) struct NamedSource {
    pub(super) publisher: Id,
    origins: Vec<Id>,
    /// What it is a summary of.
    summarised: Vec<Id>,
    title: Option<String>,
    url: Option<String>,
    published: Option<String>,
    is_sealed: bool,
}

impl Names {
    /// Remembers what is repeated of a record.
    pub(super) fn learn(&mut self, kind: RecordKind, line: &[u8]) -> Result<()> {
        match kind {
            RecordKind::Agent => {
                let Agent { id, kind, names, .. } = parsed(line)?;
                self.agents.insert(id, NamedAgent { kind, name: names.into_iter().next() });
            }
            RecordKind::Event => {
                let Event { id, label, .. } = parsed(line)?;
                self.events.insert(id, label);
            }
            RecordKind::Source => {
                let Source { id, publisher, title, url, published, from, rights, .. } = parsed(line)?;
                let is_sealed = rights.text == TextRights::Sealed;
                let summarised = from.iter().filter(|origin| origin.how == "summarises");
                let summarised = summarised.map(|origin| origin.what.clone()).collect();
                let origins = from.into_iter().map(|origin| origin.what).collect();
                let named = NamedSource { publisher, origins, summarised, title, url, published, is_sealed };
                self.sources.insert(id, named);
            }
            RecordKind::Claim => {}
        }
        Ok(())
    }

    pub(super) fn agent(&self, id: &Id) -> Result<&NamedAgent> {
        self.agents.get(id).ok_or_else(|| unknown("agent", id))
    }

    pub(super) fn event(&self, id: &Id) -> Result<&str> {
        self.events.get(id).map(String::as_str).ok_or_else(|| unknown("event", id))
    }

    pub(super) fn source(&self, id: &Id) -> Result<&NamedSource> {
        self.sources.get(id).ok_or_else(|| unknown("source", id))
    }

    /// The texts that the dataset stands on.
    pub(super) fn origins(&self) -> Result<Vec<Origin>> {
        let stands_for_another =
            |source: &NamedSource| source.summarised.iter().any(|id| self.sources.contains_key(id));
        let origins = self.sources.iter().filter(|(_, source)| !source.is_sealed && !stands_for_another(source));
        origins.map(|(id, source)| self.origin(id, source)).collect()
    }

    fn origin(&self, id: &Id, source: &NamedSource) -> Result<Origin> {
        let publisher = self.agent(&source.publisher)?;
        Ok(Origin {
            source: id.clone(),
            title: source.title.clone(),
            publisher: (source.publisher.clone(), publisher.name.clone()),
            is_by_person: publisher.kind == AgentKind::Person,
            url: source.url.clone(),
            published: source.published.clone(),
        })
    }

    /// Whether one source is derived from another, near or far.
    pub(super) fn is_derived(&self, source: &Id, from: &Id) -> bool {
        let mut ahead = vec![source];
        let mut seen: Vec<&Id> = Vec::new();
        while let Some(origins) = ahead.pop().and_then(|id| self.sources.get(id)).map(|source| &source.origins) {
            if origins.contains(from) {
                return true;
            }
            let new: Vec<&Id> = origins.iter().filter(|origin| !seen.contains(origin)).collect();
            seen.extend(&new);
            ahead.extend(new.into_iter().filter(|origin| self.sources.contains_key(*origin)));
        }
        false
    }
}

fn unknown(what: &str, id: &Id) -> Error {
    Error::Refused(format!("there is no {what} {id}, which a record refers to"))
}

/// A record that was checked before.
pub(super) fn parsed<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T> {
    serde_json::from_slice(line).map_err(|error| Error::Refused(format!("a record that was checked: {error}")))
}

/// Fields of the dataset's own, as they stand in the canonical line.
pub(super) fn ext(line: &[u8]) -> Result<Cell> {
    #[derive(Deserialize)]
    struct Extended<'a> {
        #[serde(borrow)]
        ext: Option<&'a RawValue>,
    }
    let extended: Extended = parsed(line)?;
    Ok(Cell::text_of(extended.ext.map(RawValue::get)))
}

/// An EDTF expression, and the first and the last day it can mean.
pub(super) fn dates(edtf: Option<&String>) -> [Cell; 3] {
    let parsed = edtf.and_then(|text| text.parse::<Edtf>().ok());
    let first = parsed.as_ref().and_then(Edtf::first);
    let last = parsed.as_ref().and_then(Edtf::last);
    [Cell::text_of(edtf), Cell::day(first), Cell::day(last)]
}

/// A word of a closed vocabulary, as records write it.
pub(super) fn word(value: &impl serde::Serialize) -> Cell {
    let word = serde_json::to_value(value).ok();
    Cell::text_of(word.as_ref().and_then(serde_json::Value::as_str))
}

/// The rows of one record.
pub(super) fn rows(kind: RecordKind, line: &[u8], names: &Names, rows: &mut Rows) -> Result<()> {
    match kind {
        RecordKind::Agent => agent(&parsed(line)?, ext(line)?, rows),
        RecordKind::Event => event(&parsed(line)?, ext(line)?, rows),
        RecordKind::Source => source(&parsed(line)?, ext(line)?, names, rows)?,
        RecordKind::Claim => {}
    }
    Ok(())
}

fn agent(agent: &Agent, ext: Cell, rows: &mut Rows) {
    let cells = vec![
        Cell::text(&agent.id),
        word(&agent.kind),
        Cell::text_of(agent.names.first()),
        Cell::text_of(agent.note.as_ref()),
        word(&agent.privacy),
        ext,
    ];
    rows.put(AGENTS, cells);
    for (position, name) in (1..).zip(&agent.names) {
        rows.put(AGENT_NAMES, vec![Cell::text(&agent.id), Cell::Integer(position), Cell::text(name)]);
    }
}

fn event(event: &Event, ext: Cell, rows: &mut Rows) {
    let place = event.place.as_ref();
    let mut cells = vec![Cell::text(&event.id), Cell::text(&event.label)];
    cells.extend(dates(event.when.as_ref()));
    cells.extend([
        Cell::text_of(place.map(|place| &place.name)),
        Cell::text_of(place.map(|place| &place.country)),
        Cell::text_of(place.and_then(|place| place.region.as_ref())),
        Cell::text_of(place.and_then(|place| place.edition.as_ref())),
        Cell::text_of(place.map(|place| &place.precision)),
        Cell::text_of(event.within.as_ref()),
        ext,
    ]);
    rows.put(EVENTS, cells);
}

fn source(source: &Source, ext: Cell, names: &Names, rows: &mut Rows) -> Result<()> {
    let id = || Cell::text(&source.id);
    let mut cells = vec![
        id(),
        Cell::text(&source.publisher),
        Cell::text_of(names.agent(&source.publisher)?.name.as_ref()),
        Cell::text_of(source.title.as_ref()),
        Cell::text(&source.lang),
        Cell::text_of(source.url.as_ref()),
    ];
    cells.extend(dates(source.published.as_ref()));
    cells.extend([
        Cell::text_of(source.published_basis.as_ref()),
        Cell::text(&source.rights.holder),
        word(&source.rights.text),
        Cell::text_of(source.rights.license.as_ref()),
        Cell::text_of(source.commitment),
        ext,
    ]);
    rows.put(SOURCES, cells);
    for (position, author) in (1..).zip(&source.authors) {
        rows.put(AUTHORS, vec![id(), Cell::Integer(position), Cell::text(author)]);
    }
    for (position, origin) in (1..).zip(&source.from) {
        let is_source = names.sources.contains_key(&origin.what);
        let what = |wanted: bool| Cell::text_of(Some(&origin.what).filter(|_| wanted));
        let cells = [
            id(),
            Cell::Integer(position),
            Cell::text(&origin.how),
            what(is_source),
            what(!is_source),
            Cell::text(&origin.basis),
        ];
        rows.put(DERIVATIONS, cells.into());
    }
    source.captures.iter().for_each(|taken| capture(source, taken, rows));
    Ok(())
}

fn capture(source: &Source, capture: &Capture, rows: &mut Rows) {
    let id = source.capture_id(capture);
    let cells = vec![
        Cell::text(&id),
        Cell::text(&source.id),
        Cell::Integer(capture.n.into()),
        Cell::text(capture.sha256),
        Cell::count(capture.bytes),
        Cell::day(capture.got.as_ref().and_then(|day| day.parse().ok())),
        Cell::text(&capture.by),
    ];
    rows.put(CAPTURES, cells);
    for (position, part) in (1..).zip(&capture.parts) {
        let mut cells = vec![
            Cell::text(&id),
            Cell::Integer(position),
            Cell::text(&part.id),
            word(&part.role),
            Cell::count(part.span.start()),
            Cell::count(part.span.end()),
            Cell::text_of(part.author.as_ref()),
        ];
        cells.extend(dates(part.posted.as_ref()));
        rows.put(PARTS, cells);
    }
}
