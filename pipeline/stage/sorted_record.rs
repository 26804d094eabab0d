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

    /// The canonical line of a record of which nothing else is known, and whose leaf hash nobody will ask for.
    pub fn of_line(kind: RecordKind, id: Id, canonical: Vec<u8>) -> Self {
        Self { kind, id, leaf: Digest::from_bytes([0; 32]), canonical }
    }

    /// Its id, its leaf hash and its canonical form.
    pub fn into_parts(self) -> (Id, Digest, Vec<u8>) {
        (self.id, self.leaf, self.canonical)
    }

    /// Its leaf hash (RFC 6962).
    pub fn leaf(&self) -> Digest {
        self.leaf
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
        let id = str::from_utf8(run.take(id.into())?).map_err(io::Error::other)?;
        let id = id.parse().map_err(io::Error::other)?;
        Ok(Self { kind, id, leaf, canonical: run.take(canonical as usize)?.to_vec() })
    }
}
