//! Claims in the order of their ids, however many: sorted runs on disk, merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{BufReader, BufWriter, Read, Seek, Write};

use rayon::slice::ParallelSliceMut;

use super::anchor::AnchoredClaim;
use crate::error::{Error, Result};
use crate::format::merkle;
use crate::model::digest::Digest;
use crate::model::id::Id;

/// Canonical bytes held in memory before a run is written.
const RUN_BYTES: usize = 32 << 20;

/// A file without a name, for one run.
pub trait ScratchFile: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> ScratchFile for T {}

/// Where runs are kept.
pub trait Scratch: Send {
    /// A new empty file that vanishes by itself.
    fn scratch_file(&mut self) -> Result<Box<dyn ScratchFile>>;
}

/// A claim in its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortedClaim {
    id: String,
    leaf: Digest,
    canonical: Vec<u8>,
}

impl SortedClaim {
    /// A claim to be put into its place.
    pub fn new(claim: &AnchoredClaim) -> Self {
        let canonical = claim.canonical().into_owned();
        Self { id: claim.record().id.to_string(), leaf: merkle::leaf_hash(&canonical), canonical }
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

/// Takes claims in any order.
pub struct Sorter<'a> {
    scratch: &'a mut dyn Scratch,
    buffer: Vec<SortedClaim>,
    bytes: usize,
    runs: Vec<Box<dyn ScratchFile>>,
}

impl<'a> Sorter<'a> {
    /// A sorter without claims.
    pub fn new(scratch: &'a mut dyn Scratch) -> Self {
        Self { scratch, buffer: Vec::new(), bytes: 0, runs: Vec::new() }
    }

    /// Takes a claim.
    pub fn push(&mut self, claim: SortedClaim) -> Result<()> {
        self.bytes += claim.canonical.len();
        self.buffer.push(claim);
        if self.bytes > RUN_BYTES { self.spill() } else { Ok(()) }
    }

    /// Takes the canonical line of any record.
    pub fn push_line(&mut self, id: &Id, leaf: Digest, canonical: Vec<u8>) -> Result<()> {
        self.push(SortedClaim { id: id.to_string(), leaf, canonical })
    }

    fn spill(&mut self) -> Result<()> {
        self.buffer.par_sort_unstable();
        let mut run = self.scratch.scratch_file()?;
        write_run(&mut run, &self.buffer).map_err(Error::io("a sorted run"))?;
        self.runs.push(run);
        self.buffer.clear();
        self.bytes = 0;
        Ok(())
    }

    /// The claims in the order of their ids.
    pub fn finish(mut self) -> Result<Sorted> {
        if self.runs.is_empty() {
            self.buffer.par_sort_unstable();
            return Ok(Sorted::Memory(self.buffer.into_iter()));
        }
        self.spill()?;
        drop(self.buffer);
        let mut merge = Merge { runs: Vec::new(), heads: BinaryHeap::new() };
        for (number, mut run) in self.runs.into_iter().enumerate() {
            run.rewind().map_err(Error::io("a sorted run"))?;
            merge.runs.push(BufReader::with_capacity(1 << 18, run));
            merge.refill(number)?;
        }
        Ok(Sorted::Runs(merge))
    }
}

/// Claims in the order of their ids.
pub enum Sorted {
    /// They all fit into memory.
    Memory(std::vec::IntoIter<SortedClaim>),
    /// They come from several runs.
    Runs(Merge),
}

impl Iterator for Sorted {
    type Item = Result<SortedClaim>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Sorted::Memory(claims) => claims.next().map(Ok),
            Sorted::Runs(merge) => merge.next(),
        }
    }
}

/// Several runs being merged.
pub struct Merge {
    runs: Vec<BufReader<Box<dyn ScratchFile>>>,
    heads: BinaryHeap<Reverse<(SortedClaim, usize)>>,
}

impl Merge {
    fn refill(&mut self, run: usize) -> Result<()> {
        let head = read_claim(&mut self.runs[run]).map_err(Error::io("a sorted run"))?;
        self.heads.extend(head.map(|claim| Reverse((claim, run))));
        Ok(())
    }

    fn next(&mut self) -> Option<Result<SortedClaim>> {
        let Reverse((claim, run)) = self.heads.pop()?;
        Some(self.refill(run).map(|()| claim))
    }
}

/// A run: per claim the length of the id in one byte, the id, the leaf, the length of the line in four bytes, the line.
fn write_run(run: &mut dyn Write, claims: &[SortedClaim]) -> std::io::Result<()> {
    let mut run = BufWriter::with_capacity(1 << 18, run);
    for claim in claims {
        run.write_all(&[claim.id.len() as u8])?;
        run.write_all(claim.id.as_bytes())?;
        run.write_all(claim.leaf.as_bytes())?;
        run.write_all(&(claim.canonical.len() as u32).to_le_bytes())?;
        run.write_all(&claim.canonical)?;
    }
    run.flush()
}

fn read_claim(run: &mut impl Read) -> std::io::Result<Option<SortedClaim>> {
    let mut length = [0; 1];
    if run.read(&mut length)? == 0 {
        return Ok(None);
    }
    let mut id = vec![0; length[0].into()];
    run.read_exact(&mut id)?;
    let mut leaf = [0; 32];
    run.read_exact(&mut leaf)?;
    let mut length = [0; 4];
    run.read_exact(&mut length)?;
    let mut canonical = vec![0; u32::from_le_bytes(length) as usize];
    run.read_exact(&mut canonical)?;
    let id = String::from_utf8(id).map_err(std::io::Error::other)?;
    Ok(Some(SortedClaim { id, leaf: Digest::from_bytes(leaf), canonical }))
}
