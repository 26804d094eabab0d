//! A claim as rows: one of `claims`, and one for each thing that it holds many of.

use super::catalog::{Names, dates, ext, parsed, word};
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::format::merkle::leaf_hash;
use crate::model::agent::AgentKind;
use crate::model::cell::Cell;
use crate::model::claim::{Claim, Voice};
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::status::Standing;
use crate::model::table::Table;
use crate::model::value::{Place, Quantity, Value};
use crate::stage::diff::Entry;

const CLAIMS: usize = Table::number("claims");
const VOICES: usize = Table::number("voices");
const ABOUTS: usize = Table::number("abouts");
const ANCHORS: usize = Table::number("anchors");
const LINKS: usize = Table::number("links");
const DECISIONS: usize = Table::number("decisions");
const GROUNDS: usize = Table::number("grounds");

/// A claim as rows.
pub(super) struct Flat {
    pub(super) rows: Rows,
    /// Leaf hash of its line.
    pub(super) leaf: Digest,
    /// Leaf hash of the line of its standing.
    pub(super) standing_leaf: Digest,
}

/// Makes rows of a claim and its standing.
pub(super) fn flatten(entry: &Entry, names: &Names) -> Result<Flat> {
    let missing = || Error::Refused("a claim without a status; run `affiant verify` on the release first".to_owned());
    let standing_line = entry.standing.as_ref().ok_or_else(missing)?;
    let (claim, standing): (Claim, Standing) = (parsed(&entry.line)?, parsed(standing_line)?);
    let mut rows = Rows::default();
    rows.put(CLAIMS, flat(&claim, &standing, ext(&entry.line)?, names)?);
    several(&claim, &standing, &mut rows);
    Ok(Flat { rows, leaf: leaf_hash(&entry.line), standing_leaf: leaf_hash(standing_line) })
}

/// The row of `claims`.
fn flat(claim: &Claim, standing: &Standing, ext: Cell, names: &Names) -> Result<Vec<Cell>> {
    let mut cells = vec![
        Cell::text(&claim.id),
        Cell::text(&claim.event),
        Cell::text(names.event(&claim.event)?),
        Cell::text(&claim.kind),
        word(&claim.stance),
        Cell::text(standing.status.word()),
        Cell::text_of((!standing.by.is_empty()).then(|| joined(&standing.by, " "))),
    ];
    cells.extend(value(claim.value.as_ref()));
    cells.extend(dates(claim.when.as_ref()));
    cells.extend([Cell::text_of(claim.basis.as_ref()), Cell::text_of(claim.time.as_ref())]);
    cells.extend(place(claim.place.as_ref()));
    cells.extend(voices(claim, names)?);
    cells.extend(source(claim, names)?);
    cells.extend([
        Cell::text_of(claim.reading.as_ref().map(|reading| &reading.fix)),
        Cell::text_of(claim.reading.as_ref().map(|reading| &reading.basis)),
        Cell::text_of(claim.note.as_ref()),
        claim.standing_decision().map_or(Cell::Null, |decision| word(&decision.is)),
        ext,
    ]);
    Ok(cells)
}

/// `value_kind` to `is_unknown`.
fn value(value: Option<&Value>) -> Vec<Cell> {
    let kind = value.map(|value| match value {
        Value::Quantity(_) => "quantity",
        Value::Date { .. } => "date",
        Value::Place { .. } => "place",
        Value::Text { .. } => "text",
        Value::Unknown { .. } => "unknown",
    });
    let mut cells = vec![Cell::text_of(kind)];
    cells.extend(match value {
        Some(Value::Quantity(Quantity { unit, lo, hi, qual, .. })) => {
            [Cell::text(unit), Cell::number(*lo), Cell::number(*hi), word(qual)]
        }
        _ => [const { Cell::Null }; 4],
    });
    cells.push(Cell::text_of(value.and_then(Value::said)));
    cells.extend(dates(match value {
        Some(Value::Date { edtf, .. }) => Some(edtf),
        _ => None,
    }));
    cells.extend(place(match value {
        Some(Value::Place { place, .. }) => Some(place),
        _ => None,
    }));
    cells.push(match value {
        Some(Value::Text { text }) => Cell::text(text),
        _ => Cell::Null,
    });
    cells.push(Cell::Boolean(matches!(value, Some(Value::Unknown { .. }))));
    cells
}

fn place(place: Option<&Place>) -> [Cell; 3] {
    [
        Cell::text_of(place.map(|place| &place.name)),
        Cell::text_of(place.and_then(|place| place.country.as_ref())),
        Cell::text_of(place.and_then(|place| place.region.as_ref())),
    ]
}

/// `outer_voice` to `chain`.
fn voices(claim: &Claim, names: &Names) -> Result<Vec<Cell>> {
    let mute = || Error::Refused(format!("{}: a claim without a voice", claim.id));
    let outer = claim.by.first().map(Voice::agent).ok_or_else(mute)?;
    let root = claim.root_voice().ok_or_else(mute)?;
    let mut cells = Vec::new();
    for voice in [outer, root] {
        let agent = names.agent(voice)?;
        cells.extend([Cell::text(voice), Cell::text_of(agent.name.as_ref()), Cell::text(agent.kind.word())]);
    }
    let chain: Vec<&Id> = claim.by.iter().map(Voice::agent).collect();
    cells.extend([
        Cell::Boolean(names.agent(root)?.kind == AgentKind::Office),
        Cell::count(chain.len() as u64),
        Cell::text(joined(chain, " > ")),
    ]);
    Ok(cells)
}

/// `source` to `anchor_count`.
fn source(claim: &Claim, names: &Names) -> Result<[Cell; 4]> {
    let anchored = || claim.at.iter().map(|anchor| &anchor.capture.source);
    let is_original = |source: &&Id| !anchored().any(|other| other != *source && names.is_derived(source, other));
    let source = anchored().find(is_original).or_else(|| anchored().next());
    let source = source.ok_or_else(|| Error::Refused(format!("{}: a claim without an anchor", claim.id)))?;
    let publisher = &names.source(source)?.publisher;
    Ok([
        Cell::text(source),
        Cell::text(publisher),
        Cell::text_of(names.agent(publisher)?.name.as_ref()),
        Cell::count(claim.at.len() as u64),
    ])
}

/// What the claim holds many of.
fn several(claim: &Claim, standing: &Standing, rows: &mut Rows) {
    let id = || Cell::text(&claim.id);
    let is_last = |position: i64| usize::try_from(position) == Ok(claim.by.len());
    for (position, voice) in (1..).zip(&claim.by) {
        let basis = if matches!(voice, Voice::Named(_)) { "named" } else { "implied" };
        let agent = Cell::text(voice.agent());
        let is_root = Cell::Boolean(is_last(position));
        rows.put(VOICES, vec![id(), Cell::Integer(position), agent, Cell::text(basis), is_root]);
    }
    for (position, agent) in (1..).zip(&claim.about) {
        rows.put(ABOUTS, vec![id(), Cell::Integer(position), Cell::text(agent)]);
    }
    for (position, anchor) in (1..).zip(&claim.at) {
        let cells = vec![
            id(),
            Cell::Integer(position),
            Cell::text(&anchor.capture.source),
            Cell::text(&anchor.capture),
            Cell::count(anchor.span.start()),
            Cell::count(anchor.span.end()),
            Cell::text(anchor.sha256),
            Cell::text_of(anchor.quote.as_ref()),
        ];
        rows.put(ANCHORS, cells);
    }
    for (position, link) in (1..).zip(&claim.links) {
        let why = Cell::text_of(link.why.as_ref());
        rows.put(LINKS, vec![id(), Cell::Integer(position), Cell::text(link.rel.word()), Cell::text(&link.to), why]);
    }
    for (position, decision) in (1..).zip(&claim.log) {
        let on = Cell::day(decision.on.parse().ok());
        let why = Cell::text(&decision.why);
        rows.put(DECISIONS, vec![id(), Cell::Integer(position), on, word(&decision.is), why]);
    }
    for (position, ground) in (1..).zip(&standing.by) {
        rows.put(GROUNDS, vec![id(), Cell::Integer(position), Cell::text(ground)]);
    }
}

fn joined(ids: impl IntoIterator<Item = impl ToString>, between: &str) -> String {
    ids.into_iter().map(|id| id.to_string()).collect::<Vec<_>>().join(between)
}
