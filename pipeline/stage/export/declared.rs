//! What the dataset declares of itself: the tables `release`, `kinds`, `units` and `kind_units`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Facts;
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::format::layout;
use crate::model::cell::Cell;
use crate::model::dataset::Dataset;
use crate::model::export::Exported;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::origin::Origin;
use crate::model::release_info::RecordTree;
use crate::model::table::Table;

const RELEASE: usize = Table::number("release");
const KINDS: usize = Table::number("kinds");
const UNITS: usize = Table::number("units");
const KIND_UNITS: usize = Table::number("kind_units");

/// A parsed `dataset.json`.
pub(super) struct Declared {
    dataset: Dataset,
    description: Option<String>,
}

impl Declared {
    pub(super) fn parse(declaration: Value) -> Result<Self> {
        let description = declaration.get("description").and_then(Value::as_str).map(str::to_owned);
        let unfit = |error| Error::Refused(format!("{}: {error}", layout::DATASET));
        Ok(Self { dataset: Dataset::deserialize(&declaration).map_err(unfit)?, description })
    }

    pub(super) fn into_id(self) -> Id {
        self.dataset.id
    }

    /// The vocabulary.
    pub(super) fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        for (id, kind) in &self.dataset.kinds {
            rows.put(KINDS, vec![Cell::text(id), Cell::text(&kind.definition)]);
            let mut units: Vec<_> = kind.units.iter().collect();
            units.sort_unstable();
            units.into_iter().for_each(|unit| rows.put(KIND_UNITS, vec![Cell::text(id), Cell::text(unit)]));
        }
        for (id, definition) in &self.dataset.units {
            rows.put(UNITS, vec![Cell::text(id), Cell::text(definition)]);
        }
        rows
    }

    pub(super) fn exported(
        self,
        facts: Facts,
        records: BTreeMap<RecordKind, RecordTree>,
        statuses: RecordTree,
        origins: Vec<Origin>,
    ) -> Exported {
        Exported {
            dataset: self.dataset.id,
            title: self.dataset.title,
            description: self.description,
            license: self.dataset.license,
            trust: facts.trust,
            release: facts.release,
            commit: facts.commit,
            records,
            statuses,
            anchors: facts.anchors,
            origins,
        }
    }
}

/// The one row of `release`.
pub(super) fn release(exported: &Exported, rows: &mut Rows) {
    let release = exported.release.as_ref();
    let mut cells = vec![
        Cell::text(&exported.dataset),
        Cell::text(&exported.title),
        Cell::text_of(exported.description.as_ref()),
        Cell::text(&exported.license),
        Cell::text(exported.trust_word()),
        Cell::text_of(release.map(|release| &release.version)),
        release.map_or(Cell::Null, |release| Cell::count(release.seq)),
        Cell::day(release.map(|release| release.date)),
        Cell::text_of(release.map(|release| release.tagmanifest_sha256)),
        Cell::text_of(exported.commit.as_ref()),
    ];
    for kind in RecordKind::ALL {
        let tree = exported.records.get(&kind);
        cells.push(Cell::count(tree.map_or(0, |tree| tree.count)));
        cells.push(Cell::text_of(tree.map(|tree| tree.root)));
    }
    cells.push(Cell::text(exported.statuses.root));
    cells.push(Cell::count(exported.anchors.checked));
    cells.push(Cell::count(exported.anchors.not_checked));
    rows.put(RELEASE, cells);
}
