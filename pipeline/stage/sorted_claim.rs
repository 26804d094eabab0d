//! A claim on its way to its place in a release.

use std::io::{self, Write};

use super::anchor::AnchoredClaim;
use super::sort::{RunReader, Sortable, Sorted};
use crate::model::digest::Digest;
use crate::model::id::Id;

/// A claim in its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortedClaim {
    id: Id,
    leaf: Digest,
    canonical: Vec<u8>,
}

/// Claims in the order of their ids.
pub type SortedClaims = Sorted<SortedClaim>;

impl SortedClaim {
    /// A claim to be put into its place.
    pub fn new(claim: &AnchoredClaim) -> Self {
        let canonical = claim.canonical();
        let leaf = claim.leaf_of(&canonical);
        Self { id: claim.record().id.clone(), leaf, canonical: canonical.into_owned() }
    }

    /// The canonical line of any record, which is put into its place as a claim is.
    pub fn of_line(id: Id, leaf: Digest, canonical: Vec<u8>) -> Self {
        Self { id, leaf, canonical }
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

impl Sortable for SortedClaim {
    const ROOM: usize = 16 << 20;

    fn size(&self) -> usize {
        self.canonical.len()
    }

    /// The length of the id in one byte, that of the line in four, the leaf, the id and the line.
    fn write(&self, run: &mut impl Write) -> io::Result<u64> {
        let id = self.id.as_str().as_bytes();
        run.write_all(&[id.len() as u8])?;
        run.write_all(&(self.canonical.len() as u32).to_le_bytes())?;
        run.write_all(self.leaf.as_bytes())?;
        run.write_all(id)?;
        run.write_all(&self.canonical)?;
        Ok((1 + 4 + 32 + id.len() + self.canonical.len()) as u64)
    }

    fn read(run: &mut RunReader) -> io::Result<Self> {
        let [id] = run.array()?;
        let canonical = u32::from_le_bytes(run.array()?);
        let leaf = Digest::from_bytes(run.array()?);
        let id = str::from_utf8(run.take(id.into())?).map_err(io::Error::other)?;
        let id = id.parse().map_err(io::Error::other)?;
        Ok(Self { id, leaf, canonical: run.take(canonical as usize)?.to_vec() })
    }
}
