//! Claims in the order of their ids, however many: sorted runs on disk, merged. What comes sorted is one run.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::iter;

use rayon::slice::ParallelSliceMut;

use super::anchor::AnchoredClaim;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::id::Id;

/// Canonical bytes held in memory before a run is written.
const RUN_BYTES: usize = 16 << 20;

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
    id: Id,
    leaf: Digest,
    canonical: Vec<u8>,
}

impl SortedClaim {
    /// A claim to be put into its place.
    pub fn new(claim: &AnchoredClaim) -> Self {
        let canonical = claim.canonical();
        let leaf = claim.leaf_of(&canonical);
        Self { id: claim.record().id.clone(), leaf, canonical: canonical.into_owned() }
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

/// Takes claims in any order.
pub struct Sorter<'a> {
    scratch: &'a mut dyn Scratch,
    buffer: Vec<SortedClaim>,
    bytes: usize,
    runs: Option<Runs>,
}

impl<'a> Sorter<'a> {
    /// A sorter without claims.
    pub fn new(scratch: &'a mut dyn Scratch) -> Self {
        Self { scratch, buffer: Vec::new(), bytes: 0, runs: None }
    }

    /// Takes a claim.
    pub fn push(&mut self, claim: SortedClaim) -> Result<()> {
        self.bytes += claim.canonical.len();
        self.buffer.push(claim);
        if self.bytes > RUN_BYTES { self.spill() } else { Ok(()) }
    }

    /// Takes the canonical line of any record.
    pub fn push_line(&mut self, id: &Id, leaf: Digest, canonical: Vec<u8>) -> Result<()> {
        self.push(SortedClaim { id: id.clone(), leaf, canonical })
    }

    /// Sorts what is in memory; what came sorted is left alone.
    fn sort(&mut self) {
        if !self.buffer.is_sorted() {
            self.buffer.par_sort_unstable();
        }
    }

    fn spill(&mut self) -> Result<()> {
        self.sort();
        let mut runs = match self.runs.take() {
            Some(runs) => runs,
            None => Runs::new(self.scratch.scratch_file()?),
        };
        runs.write(&self.buffer).map_err(Error::io(RUN))?;
        self.runs = Some(runs);
        self.buffer.clear();
        self.bytes = 0;
        Ok(())
    }

    /// The claims in the order of their ids.
    pub fn finish(mut self) -> Result<Sorted> {
        if self.runs.is_some() {
            self.spill()?;
        }
        match self.runs {
            None => {
                self.sort();
                Ok(Sorted::Memory(self.buffer.into_iter()))
            }
            Some(runs) => runs.merge().map(Sorted::Runs).map_err(Error::io(RUN)),
        }
    }
}

/// How a person calls the file of the runs.
const RUN: &str = "a sorted run";

/// Claims in the order of their ids.
pub enum Sorted {
    /// They all fit into memory.
    Memory(std::vec::IntoIter<SortedClaim>),
    /// They come from runs.
    Runs(Merge),
}

impl Iterator for Sorted {
    type Item = Result<SortedClaim>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Sorted::Memory(claims) => claims.next().map(Ok),
            Sorted::Runs(merge) => merge.next().map_err(Error::io(RUN)).transpose(),
        }
    }
}

/// Runs being written, one behind the other in one file.
struct Runs {
    file: BufWriter<Box<dyn ScratchFile>>,
    /// Where each ends, in bytes from the beginning of the file.
    ends: Vec<u64>,
    written: u64,
    last: Option<Id>,
}

impl Runs {
    fn new(file: Box<dyn ScratchFile>) -> Self {
        let file = BufWriter::with_capacity(1 << 18, file);
        Self { file, ends: Vec::new(), written: 0, last: None }
    }

    /// Adds sorted claims: to the run before if they sort behind it, so that sorted input makes one run of any length.
    fn write(&mut self, claims: &[SortedClaim]) -> io::Result<()> {
        let (Some(first), Some(last)) = (claims.first(), claims.last()) else { return Ok(()) };
        if self.last.as_ref().is_some_and(|last| *last < first.id) {
            self.ends.pop();
        }
        self.last = Some(last.id.clone());
        for claim in claims {
            self.written += claim.write(&mut self.file)?;
        }
        self.ends.push(self.written);
        Ok(())
    }

    fn merge(self) -> io::Result<Merge> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let window = (MERGE_BYTES / self.ends.len().max(1)).clamp(1 << 14, 1 << 20);
        let begins = iter::once(0).chain(self.ends.iter().copied());
        let run = |(begin, end): (u64, &u64)| Run { ahead: begin, end: *end, window, bytes: Vec::new(), at: 0 };
        let runs: Vec<Run> = begins.zip(&self.ends).map(run).collect();
        let mut merge = Merge { file, runs, heads: BinaryHeap::new() };
        for number in 0..merge.runs.len() {
            let head = merge.runs[number].next(&mut merge.file)?;
            merge.heads.extend(head.map(|claim| Reverse((claim, number))));
        }
        Ok(merge)
    }
}

/// Bytes of all runs together that are in memory while they are merged.
const MERGE_BYTES: usize = 16 << 20;

/// Several runs being merged.
pub struct Merge {
    file: Box<dyn ScratchFile>,
    runs: Vec<Run>,
    heads: BinaryHeap<Reverse<(SortedClaim, usize)>>,
}

impl Merge {
    fn next(&mut self) -> io::Result<Option<SortedClaim>> {
        let Some(mut head) = self.heads.peek_mut() else { return Ok(None) };
        let Reverse((claim, run)) = &mut *head;
        Ok(Some(match self.runs[*run].next(&mut self.file)? {
            Some(next) => std::mem::replace(claim, next),
            None => PeekMut::pop(head).0.0,
        }))
    }
}

/// A run being read.
struct Run {
    /// Where the bytes stand that come after those in memory.
    ahead: u64,
    end: u64,
    /// How many bytes are read at a time.
    window: usize,
    bytes: Vec<u8>,
    /// Where in `bytes` the next claim begins.
    at: usize,
}

impl Run {
    fn next(&mut self, file: &mut dyn ScratchFile) -> io::Result<Option<SortedClaim>> {
        if self.at == self.bytes.len() && self.ahead == self.end {
            return Ok(None);
        }
        let lengths = Lengths::read(self.take(Lengths::BYTES, file)?);
        let leaf = self.take(32, file)?.try_into().map(Digest::from_bytes).map_err(io::Error::other)?;
        let id = str::from_utf8(self.take(lengths.id.into(), file)?).map_err(io::Error::other)?;
        let id = id.parse().map_err(io::Error::other)?;
        let canonical = self.take(lengths.canonical as usize, file)?.to_vec();
        Ok(Some(SortedClaim { id, leaf, canonical }))
    }

    /// The next bytes, so many.
    fn take(&mut self, count: usize, file: &mut dyn ScratchFile) -> io::Result<&[u8]> {
        if self.bytes.len() - self.at < count {
            self.bytes.drain(..self.at);
            self.at = 0;
            file.seek(SeekFrom::Start(self.ahead))?;
            let wanted = (self.window.max(count) as u64).min(self.end - self.ahead);
            self.ahead += file.take(wanted).read_to_end(&mut self.bytes)? as u64;
        }
        let taken = self.bytes.get(self.at..self.at + count).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.at += count;
        Ok(taken)
    }
}

/// What stands before each claim in a run: the length of the id in one byte, that of the line in four. The leaf, the id
/// and the line follow.
struct Lengths {
    id: u8,
    canonical: u32,
}

impl Lengths {
    const BYTES: usize = 5;

    fn read(bytes: &[u8]) -> Self {
        let mut canonical = [0; 4];
        canonical.copy_from_slice(&bytes[1..Self::BYTES]);
        Self { id: bytes[0], canonical: u32::from_le_bytes(canonical) }
    }
}

impl SortedClaim {
    /// Writes the claim into a run; gives back how many bytes that took.
    fn write(&self, run: &mut impl Write) -> io::Result<u64> {
        let id = self.id.as_str().as_bytes();
        run.write_all(&[id.len() as u8])?;
        run.write_all(&(self.canonical.len() as u32).to_le_bytes())?;
        run.write_all(self.leaf.as_bytes())?;
        run.write_all(id)?;
        run.write_all(&self.canonical)?;
        Ok((Lengths::BYTES + 32 + id.len() + self.canonical.len()) as u64)
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::stage::memory::MemoryScratch;

    /// The numbers in the order of their ids, and in how many runs they were kept; four claims fill the memory.
    fn sorted(numbers: impl IntoIterator<Item = u32>) -> (Vec<u32>, usize) {
        let mut memory = MemoryScratch;
        let mut sorter = Sorter::new(&mut memory);
        for number in numbers {
            let id: Id = format!("c-{number:06}").parse().expect("an id");
            let mut canonical = number.to_le_bytes().to_vec();
            canonical.resize(RUN_BYTES / 4 + 1, b'x');
            sorter.push_line(&id, Digest::of(&number.to_le_bytes()), canonical).expect("room");
        }
        let sorted = sorter.finish().expect("room");
        let runs = match &sorted {
            Sorted::Memory(_) => 0,
            Sorted::Runs(merge) => merge.runs.len(),
        };
        let number = |claim: Result<SortedClaim>| {
            let (id, leaf, canonical) = claim.expect("a claim").into_parts();
            let number: u32 = id.as_str()["c-".len()..].parse().expect("a number");
            assert_eq!(leaf, Digest::of(&number.to_le_bytes()));
            assert_eq!((canonical.len(), &canonical[..4]), (RUN_BYTES / 4 + 1, &number.to_le_bytes()[..]));
            number
        };
        (sorted.map(number).collect(), runs)
    }

    #[test]
    fn any_order_comes_out_sorted_and_sorted_input_is_one_run() {
        let all: Vec<u32> = (0..20).collect();
        assert_eq!(sorted(0..20), (all.clone(), 1));
        assert_eq!(sorted((0..20).rev()), (all.clone(), 5));
        assert_eq!(sorted((0..20).step_by(2).chain((1..20).step_by(2))), (all, 3));
        assert_eq!(sorted([2, 1]), (vec![1, 2], 0));
        assert_eq!(sorted([]), (vec![], 0));
    }
}
