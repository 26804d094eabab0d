//! A record on its way to its place in a release.

use std::io::{self, Write};
use std::iter;

use super::passed::Passed;
use super::sort::{RunReader, Sortable, Sorted};
use crate::error::Result;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::kind::RecordKind;

/// A record in its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortedRecord {
    kind: RecordKind,
    id: Id,
    leaf: Digest,
    canonical: Vec<u8>,
}

/// Records in the order of their kinds and ids.
pub type SortedRecords = Sorted<SortedRecord>;

impl SortedRecord {
    /// A record to be put into its place.
    pub fn new(record: &Passed) -> Self {
        let canonical = record.canonical();
        let leaf = record.leaf_of(&canonical);
        Self { kind: record.kind(), id: record.id().clone(), leaf, canonical: canonical.into_owned() }
    }

    /// Its id.
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// Its id, its leaf hash and its canonical form.
    pub fn into_parts(self) -> (Id, Digest, Vec<u8>) {
        (self.id, self.leaf, self.canonical)
    }

    /// Its canonical form (RFC 8785), without LF.
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }
}

impl SortedRecords {
    /// The records of a kind, if it is the turn of this kind.
    pub fn of(&mut self, kind: RecordKind) -> impl Iterator<Item = Result<SortedRecord>> {
        iter::from_fn(move || if self.first()?.kind == kind { self.next() } else { None })
    }
}

impl Sortable for SortedRecord {
    const ROOM: usize = 16 << 20;

    fn size(&self) -> usize {
        self.canonical.len()
    }

    /// The kind and the length of the id in a byte each, the length of the line in four, the leaf, the id and the line.
    fn write(&self, run: &mut impl Write) -> io::Result<u64> {
        let id = self.id.as_str().as_bytes();
        run.write_all(&[self.kind as u8, id.len() as u8])?;
        run.write_all(&(self.canonical.len() as u32).to_le_bytes())?;
        run.write_all(self.leaf.as_bytes())?;
        run.write_all(id)?;
        run.write_all(&self.canonical)?;
        Ok((1 + 1 + 4 + 32 + id.len() + self.canonical.len()) as u64)
    }

    fn read(run: &mut RunReader) -> io::Result<Self> {
        let [kind, id] = run.array()?;
        let kind = RecordKind::ALL.get(usize::from(kind)).copied().ok_or(io::ErrorKind::InvalidData)?;
        let canonical = u32::from_le_bytes(run.array()?);
        let leaf = Digest::from_bytes(run.array()?);
        Ok(Self { kind, id: run.id(id)?, leaf, canonical: run.take(canonical as usize)?.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::memory::sorted_on_disk;

    #[test]
    fn records_come_back_by_kind_and_id() {
        let record = |(kind, id): (RecordKind, &str)| SortedRecord {
            kind,
            id: id.parse().expect("an id"),
            leaf: Digest::of(id.as_bytes()),
            canonical: id.repeat(SortedRecord::ROOM / 2 / id.len() + 1).into_bytes(),
        };
        let ordered =
            [(RecordKind::ALL[0], "zh-2"), (RecordKind::ALL[0], "zh-3"), (RecordKind::ALL[3], "a-1")].map(record);
        assert_eq!(sorted_on_disk(ordered.iter().rev().cloned()), ordered);
    }
}
