//! Exactly what changed between two versions of a dataset, what kind of change each is, and what it asks of the version.
//!
//! Two streams in the order of ids are merged; lines that are equal byte for byte are not parsed. What differs is put
//! aside (`pair.rs`), looked over as a whole (`lineage.rs`: who took whose place), and then classified one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::format::{changes, jsonl};
use crate::model::change::{Change, ChangesHeader, ChangesTrailer, Totals, VersionName};
use crate::model::dataset::Law;
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::model::release_info::RecordTree;
use crate::model::toll::{EventSummary, EventTolls};

mod align;
mod chunk_list;
mod classify;
mod cut;
mod declaration;
mod facts;
mod fields;
mod lineage;
mod merge;
mod pair;
mod part;
mod patch;
pub mod places;
pub mod quotes;
mod range;
pub mod raw;
mod recapture;
pub mod redact;
mod section;
pub mod select;
mod spelled;
mod stretch;
mod toll;
mod unique;
pub mod version;
mod window;

use super::batch::in_order;
use super::sort::Scratch;
use super::tape::{Recorder, Tape};
use classify::Classifier;
pub use fields::{FieldChange, FieldGroup, What, field_changes};
use lineage::Lineage;
use merge::{Blocks, Step};
use pair::Pair;
use recapture::Recaptures;
pub use section::Sections;
use section::{PairedSections, Unmerged};
use toll::Affected;
pub use window::Records;

/// A record as one version has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its canonical line, without LF.
    pub line: Vec<u8>,
    /// Of a claim, the line of its standing; absent where the version does not hold the statuses.
    pub standing: Option<Vec<u8>>,
}

/// How many records are classified at a time.
const AT_A_TIME: usize = 64;

/// One of the two versions.
pub trait Version: Send {
    /// What it is called.
    fn name(&self) -> VersionName;

    /// Its `dataset.json`.
    fn declaration(&mut self) -> Result<Value>;

    /// Its records of one kind; may be asked for more than once.
    fn records(&mut self, kind: RecordKind) -> Result<Records<'_>>;

    /// The same, cut where two releases that were looked at together both have a chunk begin, without what both hold byte
    /// for byte; `None` where all are to be read.
    fn sections(&self, _: RecordKind) -> Result<Option<Sections>> {
        Ok(None)
    }

    /// How many records of a kind both versions hold byte for byte and leave out here.
    fn left_out(&self, _: RecordKind) -> u64 {
        0
    }

    /// From now on leaves no claim out.
    fn bring_all_claims(&mut self) {}

    /// How many records of a kind are live, where the version says so.
    fn live(&self, _: RecordKind) -> Option<u64> {
        None
    }

    /// What is counted in some events.
    fn tolls(&mut self, _: &BTreeSet<&str>) -> Result<Tolls> {
        Ok(Tolls::ToBeReckoned)
    }

    /// Digests of its codebook and its schemas, by their paths below the payload.
    fn files(&mut self) -> Result<BTreeMap<String, Digest>>;

    /// A file of the payload, if it is here.
    fn file(&mut self, path: &str) -> Result<Option<Vec<u8>>>;

    /// `SHA256:...` of the key that signed first, if one did.
    fn signer(&self) -> Option<String>;

    /// Count and Merkle root of its records, where it states them.
    fn roots(&self) -> BTreeMap<RecordKind, RecordTree>;
}

/// What a version says of what is counted in some events.
pub enum Tolls {
    /// Nothing: it follows from all its claims.
    ToBeReckoned,
    /// Nothing, and it does not hold all claims either.
    Unknown,
    /// This.
    Stated(Vec<EventTolls>),
}

/// Everything that changed: the lines of `changes.jsonl`.
pub struct DatasetDiff {
    header: ChangesHeader,
    changes: Tape,
    events: Vec<EventSummary>,
    trailer: ChangesTrailer,
}

impl DatasetDiff {
    /// What was compared.
    pub fn header(&self) -> &ChangesHeader {
        &self.header
    }

    /// What all changes come to.
    pub fn trailer(&self) -> &ChangesTrailer {
        &self.trailer
    }

    /// What the changes mean for what is counted in each event.
    pub fn events(&self) -> &[EventSummary] {
        &self.events
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.trailer.is_empty()
    }

    /// All changes in their order; may be asked for more than once.
    pub fn changes(&mut self) -> Result<impl Iterator<Item = Result<Change>>> {
        self.some(None)
    }

    /// Those at some places, counting from 0 and ascending; `None`: all.
    pub fn some<'a>(&'a mut self, places: Option<&'a [u64]>) -> Result<impl Iterator<Item = Result<Change>> + 'a> {
        let read = |line: Result<Vec<u8>>| jsonl::deserialize(&line?).map_err(|error| unread(&error));
        Ok(self.some_lines(places)?.map(read))
    }

    /// The lines of these, without their LF.
    pub fn some_lines<'a>(
        &'a mut self,
        places: Option<&'a [u64]>,
    ) -> Result<impl Iterator<Item = Result<Vec<u8>>> + 'a> {
        let end = places.map_or(usize::MAX, |places| places.last().map_or(0, |last| *last as usize + 1));
        let mut places = places.map(|places| places.iter().peekable());
        let is_meant = move |(place, line): &(u64, Result<Vec<u8>>)| match &mut places {
            Some(places) => places.next_if(|next| *next == place).is_some() || line.is_err(),
            None => true,
        };
        Ok((0..).zip(self.changes.play()?).take(end).filter(is_meant).map(|(_, line)| line))
    }

    /// Every line of `changes.jsonl`, without its LF.
    pub fn lines(&mut self) -> Result<impl Iterator<Item = Result<Vec<u8>>>> {
        let first = changes::to_line(&self.header);
        let events = self.events.iter().map(|event| Ok(changes::ordered_line(event)));
        let last = changes::to_line(&self.trailer);
        Ok(iter::once(Ok(first)).chain(self.changes.play()?).chain(events).chain(iter::once(Ok(last))))
    }
}

/// A change that this tool wrote itself.
fn unread(error: &serde_json::Error) -> Error {
    Error::Refused(format!("a change was not read as it was written: {error}"))
}

fn unfit(why: &str) -> Error {
    Error::Refused(format!("{why}: run `affiant verify` on the release first"))
}

/// Compares two versions of one dataset.
pub fn diff(old: &mut dyn Version, new: &mut dyn Version, scratch: &dyn Scratch) -> Result<DatasetDiff> {
    let (before, after) = (old.declaration()?, new.declaration()?);
    let dataset = declaration::same_dataset(&before, &after)?;
    let law = declaration::stricter(&before, &after);
    let mut scan = Scan::of(old, new, scratch)?;
    let mut lines = Lines { tape: Recorder::new(scratch), law, trailer: ChangesTrailer::default() };
    lines.extend(declaration::changes(&before, &after, &scan.live))?;
    lines.extend(declaration::signer(old.signer(), new.signer()))?;
    let mut affected = Affected::default();
    for kind in RecordKind::ALL.into_iter().rev() {
        let Scan { pairs, lineage, recaptures, .. } = &mut scan;
        let classifier = Classifier::new(lineage, recaptures);
        let Some(tape) = pairs.get_mut(&kind) else { continue };
        in_order(
            some(Pair::all(tape)?),
            |pairs| classifier.lines(kind, &pairs),
            |changed| {
                changed?.into_iter().try_for_each(|(change, line)| {
                    if kind == RecordKind::Claim {
                        affected.note(&change);
                    }
                    lines.take(&change, &line)
                })
            },
        )?;
    }
    lines.extend(declaration::files(old, new)?)?;
    let Lines { tape, mut trailer, .. } = lines;
    trailer.events = affected.len();
    trailer.roots.old = old.roots();
    trailer.roots.new = new.roots();
    let events = affected.summaries([old, new], scan.knows, scan.pairs(RecordKind::Claim)?)?;
    trailer.totals = scan.totals;
    let header =
        ChangesHeader { format: ChangesHeader::FORMAT.to_owned(), dataset, law, old: old.name(), new: new.name() };
    Ok(DatasetDiff { header, changes: tape.finish()?, events, trailer })
}

/// The changes being written, and what they come to.
struct Lines<'a> {
    tape: Recorder<'a>,
    law: Law,
    trailer: ChangesTrailer,
}

impl Lines<'_> {
    fn push(&mut self, mut change: Change) -> Result<()> {
        let line = changes::seal(&mut change);
        self.take(&change, &line)
    }

    /// Takes a change that has its fingerprint, and its line.
    fn take(&mut self, change: &Change, line: &[u8]) -> Result<()> {
        self.trailer.count(change, self.law);
        self.tape.push(line)
    }

    fn extend(&mut self, changes: impl IntoIterator<Item = Change>) -> Result<()> {
        changes.into_iter().try_for_each(|change| self.push(change))
    }
}

/// What one pass over both versions finds.
struct Scan {
    pairs: BTreeMap<RecordKind, Tape>,
    totals: BTreeMap<RecordKind, Totals>,
    /// Live records of each kind, before and after.
    live: BTreeMap<RecordKind, (u64, u64)>,
    /// Which version holds the standings of its claims.
    knows: [bool; 2],
    lineage: Lineage,
    recaptures: Recaptures,
}

impl Scan {
    fn of(old: &mut dyn Version, new: &mut dyn Version, scratch: &dyn Scratch) -> Result<Self> {
        let (mut tapes, mut all, mut all_live) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (mut lineage, mut recaptures, mut knows) = (Lineage::default(), Recaptures::default(), [false; 2]);
        for kind in RecordKind::ALL {
            let mut pairs = Recorder::new(scratch);
            let mut live = (0, 0);
            let mut totals = Totals { unchanged: new.left_out(kind), ..Totals::default() };
            let sections = PairedSections::of(&*old, &*new, kind)?;
            let (have_standings, blocks): (_, Box<dyn Iterator<Item = Result<Unmerged>>>) = match &sections {
                Some(sections) => (sections.have_standings(), Box::new(sections.unmerged())),
                None => {
                    let records = [old.records(kind)?, new.records(kind)?];
                    let have_standings = records.each_ref().map(|records| records.standings.is_some());
                    (have_standings, Box::new(Blocks::new(records).map(|block| Ok(Unmerged::AtHand(block?)))))
                }
            };
            if kind == RecordKind::Claim {
                knows = have_standings;
            }
            in_order(blocks, Unmerged::merged, |merged| {
                let merged = merged?;
                merged.steps.iter().try_for_each(|step| match step {
                    Step::Same(run) => {
                        totals.unchanged += run.records;
                        live = (live.0 + run.live.0, live.1 + run.live.1);
                        if kind == RecordKind::Claim && recaptures.any() {
                            merged.lines(run).for_each(|line| recaptures.claim(line, line));
                        }
                        Ok(())
                    }
                    Step::Differs(pair) => {
                        let Pair { old, new, .. } = pair;
                        *match (old, new) {
                            (None, _) => &mut totals.added,
                            (_, None) => &mut totals.removed,
                            // A claim whose standing alone differs is the record that it was.
                            (Some(old), Some(new)) if old.line == new.line => &mut totals.unchanged,
                            _ => &mut totals.changed,
                        } += 1;
                        let lives = |entry: &Option<Entry>| u64::from(entry.as_ref().is_some_and(is_live));
                        live = (live.0 + lives(old), live.1 + lives(new));
                        match (kind, old, new) {
                            (RecordKind::Claim, Some(old), Some(new)) if recaptures.any() => {
                                recaptures.claim(&old.line, &new.line);
                            }
                            (RecordKind::Source, Some(old), Some(new)) => recaptures.source(&old.line, &new.line),
                            _ => {}
                        }
                        if kind == RecordKind::Claim {
                            lineage.note(pair)?;
                        }
                        pair.record(&mut pairs)
                    }
                })
            })?;
            if kind == RecordKind::Source && recaptures.any() {
                recaptures.bring_texts(old, new)?;
                // Every claim that stood on one of them is looked at.
                old.bring_all_claims();
                new.bring_all_claims();
            }
            let mut pairs = pairs.finish()?;
            if kind == RecordKind::Claim && totals.added > 0 && totals.removed > 0 {
                lineage.look_over(&mut pairs)?;
            }
            tapes.insert(kind, pairs);
            all.insert(kind, totals);
            all_live.insert(kind, (old.live(kind).unwrap_or(live.0), new.live(kind).unwrap_or(live.1)));
        }
        Ok(Self { pairs: tapes, totals: all, live: all_live, knows, lineage, recaptures })
    }

    /// Records of one kind that differ.
    fn pairs(&mut self, kind: RecordKind) -> Result<&mut Tape> {
        self.pairs.get_mut(&kind).ok_or_else(|| unfit("there are no records of a kind"))
    }
}

/// How many claims were taken back, by the lines of their standings: they count no longer.
fn retracted(standings: &[u8]) -> u64 {
    memchr::memmem::find_iter(standings, b"\"status\":\"retracted\"").count() as u64
}

/// Whether a record still counts: all but claims that were taken back.
fn is_live(entry: &Entry) -> bool {
    entry.standing.as_ref().is_none_or(|standing| retracted(standing) == 0)
}

/// Some at a time, for all cores to work on.
fn some<T>(mut items: impl Iterator<Item = Result<T>>) -> impl Iterator<Item = Result<Vec<T>>> {
    iter::from_fn(move || {
        let some = items.by_ref().take(AT_A_TIME).collect::<Result<Vec<T>>>();
        some.map(|some| (!some.is_empty()).then_some(some)).transpose()
    })
}
