//! Exactly what changed between two versions of a dataset, what kind of change each is, and what it asks of the version.
//!
//! Two streams in the order of ids are merged; lines that are equal byte for byte are not parsed. What differs is put
//! aside (`pair.rs`), looked over as a whole (`lineage.rs`: who took whose place), and then classified one by one.

use std::collections::BTreeMap;
use std::iter;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::format::changes::{self, ChangesLine};
use crate::model::change::{Change, ChangesHeader, ChangesTrailer, Totals, VersionName};
use crate::model::dataset::Law;
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::model::release_info::RecordTree;
use crate::model::toll::EventSummary;

mod classify;
mod declaration;
mod fields;
mod lineage;
mod merge;
mod pair;
mod patch;
pub mod places;
pub mod quotes;
mod range;
pub mod raw;
mod recapture;
pub mod redact;
pub mod select;
mod toll;
pub mod version;

use super::sort::Scratch;
use super::tape::{Recorder, Tape};
use classify::Classifier;
pub use fields::{FieldChange, FieldGroup, What, field_changes};
use lineage::Lineage;
use merge::{Merge, Step};
use pair::Pair;
use recapture::Recaptures;
use toll::Affected;

/// A record as one version has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its canonical line, without LF.
    pub line: Vec<u8>,
    /// Of a claim, the line of its standing; absent where the version does not hold the statuses.
    pub standing: Option<Vec<u8>>,
}

impl Entry {
    /// Whether nothing differs that both versions hold.
    fn is_same(&self, other: &Self) -> bool {
        let standings = self.standing.as_ref().zip(other.standing.as_ref());
        self.line == other.line && standings.is_none_or(|(one, other)| one == other)
    }
}

/// Records in the order of their ids.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<Entry>> + 'a>;

/// One of the two versions.
pub trait Version {
    /// What it is called.
    fn name(&self) -> VersionName;

    /// Its `dataset.json`.
    fn declaration(&mut self) -> Result<Value>;

    /// Its records of one kind; may be asked for more than once.
    fn entries(&mut self, kind: RecordKind) -> Result<Entries<'_>>;

    /// Digests of its codebook and its schemas, by their paths below the payload.
    fn files(&mut self) -> Result<BTreeMap<String, Digest>>;

    /// A file of the payload, if it is here.
    fn file(&mut self, path: &str) -> Result<Option<Vec<u8>>>;

    /// `SHA256:...` of the key that signed first, if one did.
    fn signer(&self) -> Option<String>;

    /// Count and Merkle root of its records, where it states them.
    fn roots(&self) -> BTreeMap<RecordKind, RecordTree>;
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
        Ok(self.changes.play()?.map(|line| match ChangesLine::parse(&line?) {
            Ok(ChangesLine::Change(change)) => Ok(*change),
            parsed => Err(Error::Refused(format!("a change was not read as it was written: {parsed:?}"))),
        }))
    }

    /// Every line of `changes.jsonl`, without its LF.
    pub fn lines(&mut self) -> Result<impl Iterator<Item = Result<Vec<u8>>>> {
        let first = changes::to_line(&self.header);
        let events = self.events.iter().map(|event| Ok(changes::to_line(event)));
        let last = changes::to_line(&self.trailer);
        Ok(iter::once(Ok(first)).chain(self.changes.play()?).chain(events).chain(iter::once(Ok(last))))
    }
}

fn unfit(why: &str) -> Error {
    Error::Refused(format!("{why}: run `affiant verify` on the release first"))
}

/// Compares two versions of one dataset.
pub fn diff(old: &mut dyn Version, new: &mut dyn Version, scratch: &mut dyn Scratch) -> Result<DatasetDiff> {
    let (before, after) = (old.declaration()?, new.declaration()?);
    let dataset = declaration::same_dataset(&before, &after)?;
    let law = declaration::stricter(&before, &after);
    let mut scan = Scan::of(old, new, scratch)?;
    let mut lines = Lines { tape: Recorder::new(scratch)?, law, trailer: ChangesTrailer::default() };
    lines.extend(declaration::changes(&before, &after, &scan.live))?;
    lines.extend(declaration::signer(old.signer(), new.signer()))?;
    let lineage = Lineage::of(&mut scan.pairs)?;
    let mut affected = Affected::default();
    let classifier = Classifier::new(&lineage, &scan.recaptures);
    for kind in RecordKind::ALL.into_iter().rev() {
        let mut tape = scan.pairs.play()?;
        while let Some((found, pair)) = Pair::play(&mut tape)? {
            if found == kind {
                let change = classifier.change(kind, &pair)?;
                affected.note(change.as_ref().filter(|_| kind == RecordKind::Claim));
                lines.extend(change)?;
            }
        }
    }
    lines.extend(declaration::files(old, new)?)?;
    let Lines { tape, mut trailer, .. } = lines;
    trailer.totals = scan.totals;
    trailer.events = affected.len();
    trailer.roots.old = old.roots();
    trailer.roots.new = new.roots();
    let events = affected.summaries(old, new)?;
    let header =
        ChangesHeader { format: ChangesHeader::FORMAT.to_owned(), dataset, law, old: old.name(), new: new.name() };
    Ok(DatasetDiff { header, changes: tape.finish()?, events, trailer })
}

/// The changes being written, and what they come to.
struct Lines {
    tape: Recorder,
    law: Law,
    trailer: ChangesTrailer,
}

impl Lines {
    fn push(&mut self, mut change: Change) -> Result<()> {
        change.fingerprint = changes::fingerprint(&change);
        self.trailer.count(&change, self.law);
        self.tape.push(&changes::to_line(&change))
    }

    fn extend(&mut self, changes: impl IntoIterator<Item = Change>) -> Result<()> {
        changes.into_iter().try_for_each(|change| self.push(change))
    }
}

/// What one pass over both versions finds.
struct Scan {
    pairs: Tape,
    totals: BTreeMap<RecordKind, Totals>,
    /// Live records of each kind, before and after.
    live: BTreeMap<RecordKind, (u64, u64)>,
    recaptures: Recaptures,
}

impl Scan {
    fn of(old: &mut dyn Version, new: &mut dyn Version, scratch: &mut dyn Scratch) -> Result<Self> {
        let mut pairs = Recorder::new(scratch)?;
        let (mut all, mut all_live) = (BTreeMap::new(), BTreeMap::new());
        let mut recaptures = Recaptures::default();
        for kind in RecordKind::ALL {
            let (mut totals, mut live) = (Totals::default(), (0, 0));
            let mut merge = Merge::new(old.entries(kind)?, new.entries(kind)?)?;
            while let Some(step) = merge.step()? {
                match step {
                    Step::Same(entry) => {
                        totals.unchanged += 1;
                        let lives = u64::from(is_live(&entry));
                        live = (live.0 + lives, live.1 + lives);
                        recaptures.claim(kind, Some(&entry), Some(&entry));
                    }
                    Step::Differs(pair) => {
                        let Pair { old, new, .. } = &pair;
                        *match (old, new) {
                            (None, _) => &mut totals.added,
                            (_, None) => &mut totals.removed,
                            // A claim whose standing alone differs is the record that it was.
                            (Some(old), Some(new)) if old.line == new.line => &mut totals.unchanged,
                            _ => &mut totals.changed,
                        } += 1;
                        let lives = |entry: &Option<Entry>| u64::from(entry.as_ref().is_some_and(is_live));
                        live = (live.0 + lives(old), live.1 + lives(new));
                        recaptures.claim(kind, old.as_ref(), new.as_ref());
                        recaptures.source(kind, old.as_ref(), new.as_ref());
                        pair.record(kind, &mut pairs)?;
                    }
                }
            }
            drop(merge);
            if kind == RecordKind::Source {
                recaptures.bring_texts(old, new)?;
            }
            all.insert(kind, totals);
            all_live.insert(kind, live);
        }
        Ok(Self { pairs: pairs.finish()?, totals: all, live: all_live, recaptures })
    }
}

/// Whether a record still counts: all but claims that were taken back.
fn is_live(entry: &Entry) -> bool {
    let retracted = b"\"status\":\"retracted\"";
    entry.standing.as_ref().is_none_or(|standing| memchr::memmem::find(standing, retracted).is_none())
}
