//! Where changed records stand in their files: in the new version, or in the old one if they are gone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::format::layout;
use crate::model::change::{Change, Sign, Subject};
use crate::model::kind::RecordKind;
use crate::stage::batch::Batches;
use crate::stage::folder::{Folder, record_files};
use crate::stage::tapped::Tapped;

/// The files of one version.
pub struct Shelf<'a> {
    folder: &'a dyn Folder,
    pub(super) data: Tapped<'a>,
}

impl<'a> Shelf<'a> {
    /// The files of a release.
    pub fn of_release(folder: &'a dyn Folder) -> Self {
        Self { folder, data: Tapped::new(folder, layout::PAYLOAD) }
    }

    /// The files of a dataset folder.
    pub fn of_dataset(folder: &'a dyn Folder) -> Self {
        Self { folder, data: Tapped::new(folder, "") }
    }
}

/// A line of a file, or a whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as a person calls it.
    pub file: String,
    /// The line, counting from 1.
    pub line: u64,
}

/// The places of many changes.
#[derive(Clone, Debug, Default)]
pub struct Places(BTreeMap<(Subject, String), Place>);

/// Ids whose lines are looked for, by kind.
type Wanted = BTreeMap<RecordKind, BTreeSet<String>>;

impl Places {
    /// Most changes whose place is looked for; the others have none.
    pub const MOST: usize = 100_000;

    /// Looks the changes up. Each records file that holds one of them is read once.
    pub fn find(changes: impl Iterator<Item = Result<Change>>, old: &Shelf, new: &Shelf) -> Result<Self> {
        let mut places = Self::default();
        let (mut in_old, mut in_new) = (Wanted::new(), Wanted::new());
        for change in changes.take(Self::MOST) {
            let change = change?;
            match change.kind.record_kind() {
                Some(kind) => {
                    let wanted = if change.sign() == Sign::Went { &mut in_old } else { &mut in_new };
                    wanted.entry(kind).or_default().insert(change.id);
                }
                None => places.note_file(change, old, new)?,
            }
        }
        places.note_records(&in_old, old)?;
        places.note_records(&in_new, new)?;
        Ok(places)
    }

    /// Where the changed record stands; `None` if it was not looked for, or stands in no file.
    pub fn of(&self, change: &Change) -> Option<&Place> {
        self.0.get(&(change.kind, change.id.clone()))
    }

    /// What is no record begins its file.
    fn note_file(&mut self, change: Change, old: &Shelf, new: &Shelf) -> Result<()> {
        let file = match change.kind {
            Subject::Signer => Some(new.folder.display(layout::SIGNATURE)),
            Subject::File => {
                let shelf = if change.sign() == Sign::Went { old } else { new };
                let is_here = shelf.data.entries()?.iter().any(|entry| entry.path == change.id);
                is_here.then(|| shelf.data.display(&change.id))
            }
            _ => Some(new.data.display(layout::DATASET)),
        };
        self.0.extend(file.map(|file| ((change.kind, change.id), Place { file, line: 1 })));
        Ok(())
    }

    fn note_records(&mut self, wanted: &Wanted, shelf: &Shelf) -> Result<()> {
        let entries = if wanted.is_empty() { Vec::new() } else { shelf.data.entries()? };
        for (kind, ids) in wanted {
            for path in record_files(&entries, *kind) {
                self.note_lines(*kind, ids, &path, shelf)?;
            }
        }
        Ok(())
    }

    fn note_lines(&mut self, kind: RecordKind, ids: &BTreeSet<String>, path: &str, shelf: &Shelf) -> Result<()> {
        let file = shelf.data.display(path);
        for batch in Batches::new(shelf.data.open(path)?) {
            for (line, bytes) in batch.map_err(Error::io(&file))?.lines() {
                let named = serde_json::from_slice::<Named>(bytes).ok();
                if let Some(Named { id }) = named.filter(|named| ids.contains(&named.id)) {
                    self.0.insert((kind.into(), id), Place { file: file.clone(), line });
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Named {
    id: String,
}
