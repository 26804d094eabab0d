//! A version of a dataset as tables: records in, rows out, in one pass and in the order of the records.
//!
//! Claims are made into rows on all cores and handed to all forms in the order of their ids, so that the bytes of an
//! export are the same for any number of threads; what is remembered of them is two Merkle trees.

mod catalog;
mod claim;
mod database;
mod declared;
mod dictionary;
mod files;
pub mod listing;
mod rows;

use std::collections::BTreeMap;

use rayon::prelude::*;

pub use crate::model::cell::Cell;
use catalog::Names;
pub use database::{Database, Databased};
pub use files::Files;
pub use rows::Rows;

use super::check::Checked;
use super::diff::{Entry, Version};
use super::folder::Progress;
use crate::error::{Error, Result};
use crate::format::merkle::{CompactRange, leaf_hash};
use crate::model::change::Trust;
use crate::model::digest::Digest;
use crate::model::export::{Exported, ReleaseName};
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, RecordTree, ReleaseInfo};
use crate::model::table::Table;

/// Claims that are made into rows together.
const GROUP: usize = 1024;

/// One form of an export.
pub trait TableSink: Send {
    /// Takes rows of any tables; those of one table in their order.
    fn rows(&mut self, rows: &Rows) -> Result<()>;

    /// Ends it, once it is known what was exported.
    fn finish(self: Box<Self>, exported: &Exported) -> Result<()>;
}

/// What is known of a version beside its records.
#[derive(Clone, Debug)]
pub struct Facts {
    /// How far it is to be trusted.
    pub trust: Trust,
    /// What it is called as a release.
    pub release: Option<ReleaseName>,
    /// The git commit it was read from.
    pub commit: Option<String>,
    /// Per kind of record, how many there must be and their Merkle root; empty for what is no release.
    pub records: BTreeMap<RecordKind, RecordTree>,
    /// How many anchors were held against their bytes in this run.
    pub anchors: AnchorTally,
}

impl Facts {
    /// What a release says of itself, whose tag manifest has this digest.
    pub fn of_release(info: &ReleaseInfo, tagmanifest_sha256: Digest, trust: Trust, anchors: AnchorTally) -> Self {
        let ReleaseInfo { version, seq, date, records, .. } = info.clone();
        let release = Some(ReleaseName { version, seq, date, tagmanifest_sha256 });
        Self { trust, release, commit: None, records, anchors }
    }

    /// What is known of a dataset folder that was checked.
    pub fn of_dataset(checked: &Checked) -> Self {
        let (records, anchors) = (BTreeMap::new(), checked.anchors());
        Self { trust: Trust::Checked, release: None, commit: None, records, anchors }
    }
}

/// The dataset that a version is of.
pub fn dataset(version: &mut dyn Version) -> Result<Id> {
    Ok(declared::Declared::parse(version.declaration()?)?.into_id())
}

/// Writes all tables in all forms. What comes back is what was exported, and the number of rows of each table of
/// [`Table::ALL`].
///
/// # Errors
///
/// Refused: the records are not those that the release names; a text holds a NUL, which not every form can hold.
pub fn export(
    version: &mut dyn Version,
    facts: Facts,
    sinks: Vec<Box<dyn TableSink>>,
    progress: &dyn Progress,
) -> Result<(Exported, Vec<u64>)> {
    let declared = declared::Declared::parse(version.declaration()?)?;
    let mut sheets = Sheets { sinks, counts: vec![0; Table::ALL.len()] };
    sheets.put(&declared.rows())?;

    let mut names = Names::default();
    let mut records = BTreeMap::new();
    for kind in [RecordKind::Agent, RecordKind::Event, RecordKind::Source] {
        let tree = catalog(version.records(kind)?.entries(), kind, &mut names, &mut sheets)?;
        records.insert(kind, tree);
    }
    let count = facts.records.get(&RecordKind::Claim).map_or(0, |tree| tree.count);
    progress.begin("exporting claims", count);
    let (claims, statuses) = claims(version.records(RecordKind::Claim)?.entries(), &names, &mut sheets, progress)?;
    records.insert(RecordKind::Claim, claims);
    if !facts.records.is_empty() && facts.records != records {
        return Err(Error::Refused("the records are not those that release.json names".to_owned()));
    }
    let exported = declared.exported(facts, records, statuses, names.origins()?);
    let mut rows = Rows::default();
    declared::release(&exported, &mut rows);
    dictionary::columns(&mut rows);
    sheets.put(&rows)?;
    let counts = sheets.finish(&exported)?;
    Ok((exported, counts))
}

/// The tables being written, in every form that is asked for.
struct Sheets {
    sinks: Vec<Box<dyn TableSink>>,
    counts: Vec<u64>,
}

impl Sheets {
    fn put(&mut self, rows: &Rows) -> Result<()> {
        rows.are_writable()?;
        self.sinks.par_iter_mut().try_for_each(|sink| sink.rows(rows))?;
        self.counts.iter_mut().zip(rows.counts()).for_each(|(count, more)| *count += more);
        Ok(())
    }

    fn finish(self, exported: &Exported) -> Result<Vec<u64>> {
        self.sinks.into_par_iter().try_for_each(|sink| sink.finish(exported))?;
        Ok(self.counts)
    }
}

/// Agents, events or sources: all their rows, and what claims are told of them.
fn catalog(
    entries: impl Iterator<Item = Result<Entry>>,
    kind: RecordKind,
    names: &mut Names,
    sheets: &mut Sheets,
) -> Result<RecordTree> {
    let mut tree = CompactRange::new();
    let mut lines = Vec::new();
    for entry in entries {
        let line = entry?.line;
        tree.push(leaf_hash(&line));
        names.learn(kind, &line)?;
        lines.push(line);
    }
    // A source may be derived from one that comes behind it.
    for lines in lines.chunks(GROUP) {
        let mut rows = Rows::default();
        lines.iter().try_for_each(|line| catalog::rows(kind, line, names, &mut rows))?;
        sheets.put(&rows)?;
    }
    Ok(grown(&tree))
}

fn grown(tree: &CompactRange) -> RecordTree {
    RecordTree { count: tree.size(), root: tree.root() }
}

/// The rows of all claims; count and root of the claims, and of their standings.
fn claims(
    mut entries: impl Iterator<Item = Result<Entry>>,
    names: &Names,
    sheets: &mut Sheets,
    progress: &dyn Progress,
) -> Result<(RecordTree, RecordTree)> {
    let (mut tree, mut standings) = (CompactRange::new(), CompactRange::new());
    loop {
        let group: Vec<_> = entries.by_ref().take(GROUP).collect::<Result<_>>()?;
        if group.is_empty() {
            return Ok((grown(&tree), grown(&standings)));
        }
        let flat: Vec<claim::Flat> =
            group.par_iter().map(|entry| claim::flatten(entry, names)).collect::<Result<_>>()?;
        let mut rows = Rows::default();
        for claim in flat {
            tree.push(claim.leaf);
            standings.push(claim.standing_leaf);
            rows.append(claim.rows);
        }
        sheets.put(&rows)?;
        progress.advance(group.len() as u64);
    }
}
