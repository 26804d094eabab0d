//! Things in their order, however many: sorted runs on disk, merged. What comes sorted is one run.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::iter;

use rayon::slice::ParallelSliceMut;

use crate::error::{Error, Result};
use crate::model::id::Id;

/// A file without a name, for one run.
pub trait ScratchFile: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> ScratchFile for T {}

/// Where runs are kept.
pub trait Scratch: Sync {
    /// A new empty file that vanishes by itself.
    fn scratch_file(&self) -> Result<Box<dyn ScratchFile>>;
}

/// What can be sorted.
pub trait Sortable: Clone + Ord + Send {
    /// Bytes held in memory before a run is written.
    const ROOM: usize;

    /// How many of these bytes this one takes.
    fn size(&self) -> usize;

    /// Writes it into a run; gives back how many bytes that took.
    fn write(&self, run: &mut impl Write) -> io::Result<u64>;

    /// Reads the next one of a run.
    fn read(run: &mut RunReader) -> io::Result<Self>;
}

/// Takes things in any order.
pub struct Sorter<'a, T> {
    scratch: &'a dyn Scratch,
    buffer: Vec<T>,
    bytes: usize,
    runs: Option<Runs<T>>,
}

impl<'a, T: Sortable> Sorter<'a, T> {
    /// A sorter that holds nothing.
    pub fn new(scratch: &'a dyn Scratch) -> Self {
        Self { scratch, buffer: Vec::new(), bytes: 0, runs: None }
    }

    /// Takes one more.
    pub fn push(&mut self, item: T) -> Result<()> {
        self.bytes += item.size();
        self.buffer.push(item);
        if self.bytes > T::ROOM { self.spill() } else { Ok(()) }
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

    /// All of them in their order.
    pub fn finish(mut self) -> Result<Sorted<T>> {
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

/// Things in their order.
pub enum Sorted<T> {
    /// They all fit into memory.
    Memory(std::vec::IntoIter<T>),
    /// They come from runs.
    Runs(Merge<T>),
}

impl<T: Sortable> Sorted<T> {
    /// The one that comes next.
    pub fn first(&self) -> Option<&T> {
        match self {
            Sorted::Memory(items) => items.as_slice().first(),
            Sorted::Runs(merge) => merge.heads.peek().map(|Reverse((item, _))| item),
        }
    }
}

impl<T: Sortable> Iterator for Sorted<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Sorted::Memory(items) => items.next().map(Ok),
            Sorted::Runs(merge) => merge.next().map_err(Error::io(RUN)).transpose(),
        }
    }
}

/// Runs being written, one behind the other in one file.
struct Runs<T> {
    file: BufWriter<Box<dyn ScratchFile>>,
    /// Where each ends, in bytes from the beginning of the file.
    ends: Vec<u64>,
    written: u64,
    last: Option<T>,
}

impl<T: Sortable> Runs<T> {
    fn new(file: Box<dyn ScratchFile>) -> Self {
        let file = BufWriter::with_capacity(1 << 18, file);
        Self { file, ends: Vec::new(), written: 0, last: None }
    }

    /// Adds sorted items: to the run before if they sort behind it, so that sorted input makes one run of any length.
    fn write(&mut self, items: &[T]) -> io::Result<()> {
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return Ok(()) };
        if self.last.as_ref().is_some_and(|last| last <= first) {
            self.ends.pop();
        }
        self.last = Some(last.clone());
        for item in items {
            self.written += item.write(&mut self.file)?;
        }
        self.ends.push(self.written);
        Ok(())
    }

    fn merge(self) -> io::Result<Merge<T>> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let window = (MERGE_BYTES / self.ends.len().max(1)).clamp(1 << 14, 1 << 20);
        let begins = iter::once(0).chain(self.ends.iter().copied());
        let run = |(begin, end): (u64, &u64)| Run { ahead: begin, end: *end, window, bytes: Vec::new(), at: 0 };
        let runs: Vec<Run> = begins.zip(&self.ends).map(run).collect();
        let mut merge = Merge { file, runs, heads: BinaryHeap::new() };
        for number in 0..merge.runs.len() {
            let head = merge.runs[number].next(&mut merge.file)?;
            merge.heads.extend(head.map(|item| Reverse((item, number))));
        }
        Ok(merge)
    }
}

/// Bytes of all runs together that are in memory while they are merged.
const MERGE_BYTES: usize = 4 << 20;

/// Several runs being merged.
pub struct Merge<T> {
    file: Box<dyn ScratchFile>,
    runs: Vec<Run>,
    heads: BinaryHeap<Reverse<(T, usize)>>,
}

impl<T: Sortable> Merge<T> {
    fn next(&mut self) -> io::Result<Option<T>> {
        let Some(mut head) = self.heads.peek_mut() else { return Ok(None) };
        let Reverse((item, run)) = &mut *head;
        Ok(Some(match self.runs[*run].next(&mut self.file)? {
            Some(next) => std::mem::replace(item, next),
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
    /// Where in `bytes` the next item begins.
    at: usize,
}

impl Run {
    fn next<T: Sortable>(&mut self, file: &mut dyn ScratchFile) -> io::Result<Option<T>> {
        if self.at == self.bytes.len() && self.ahead == self.end {
            return Ok(None);
        }
        T::read(&mut RunReader { run: self, file }).map(Some)
    }
}

/// A run, and the file that holds it.
pub struct RunReader<'a> {
    run: &'a mut Run,
    file: &'a mut dyn ScratchFile,
}

impl RunReader<'_> {
    /// The next bytes, so many.
    pub fn take(&mut self, count: usize) -> io::Result<&[u8]> {
        let Run { ahead, end, window, bytes, at } = &mut *self.run;
        if bytes.len() - *at < count {
            bytes.drain(..*at);
            *at = 0;
            self.file.seek(SeekFrom::Start(*ahead))?;
            let wanted = (*window).max(count) as u64;
            *ahead += (&mut *self.file).take(wanted.min(*end - *ahead)).read_to_end(bytes)? as u64;
        }
        let taken = bytes.get(*at..*at + count).ok_or(io::ErrorKind::UnexpectedEof)?;
        *at += count;
        Ok(taken)
    }

    /// The next bytes, so many, as an id.
    pub fn id(&mut self, count: u8) -> io::Result<Id> {
        let id = str::from_utf8(self.take(count.into())?).map_err(io::Error::other)?;
        id.parse().map_err(io::Error::other)
    }

    /// The next bytes, as many as fit.
    pub fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.take(N)?.try_into().map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::memory::MemoryScratch;

    /// A number, four of which fill the memory.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Number(u32);

    impl Sortable for Number {
        const ROOM: usize = 16;

        fn size(&self) -> usize {
            5
        }

        /// In as many bytes more as the number has units.
        fn write(&self, run: &mut impl Write) -> io::Result<u64> {
            run.write_all(&self.0.to_le_bytes())?;
            run.write_all(&vec![b'x'; self.0 as usize % 10])?;
            Ok(4 + u64::from(self.0 % 10))
        }

        fn read(run: &mut RunReader) -> io::Result<Self> {
            let number = u32::from_le_bytes(run.array()?);
            assert_eq!(run.take(number as usize % 10)?, vec![b'x'; number as usize % 10]);
            Ok(Self(number))
        }
    }

    /// The numbers in their order, and in how many runs they were kept.
    fn sorted(numbers: impl IntoIterator<Item = u32>) -> (Vec<u32>, usize) {
        let mut sorter = Sorter::new(&MemoryScratch);
        numbers.into_iter().for_each(|number| sorter.push(Number(number)).expect("room"));
        let sorted = sorter.finish().expect("room");
        let runs = match &sorted {
            Sorted::Memory(_) => 0,
            Sorted::Runs(merge) => merge.runs.len(),
        };
        (sorted.map(|number| number.expect("a number").0).collect(), runs)
    }

    #[test]
    fn any_order_comes_out_sorted_and_sorted_input_is_one_run() {
        let all: Vec<u32> = (0..20).collect();
        assert_eq!(sorted(0..20), (all.clone(), 1));
        assert_eq!(sorted((0..20).rev()), (all.clone(), 5));
        assert_eq!(sorted((0..20).step_by(2).chain((1..20).step_by(2))), (all, 3));
        assert_eq!(sorted([2, 1]), (vec![1, 2], 0));
        assert_eq!(sorted([7, 7, 5, 7, 7, 5]), (vec![5, 5, 7, 7, 7, 7], 2));
        assert_eq!(sorted([]), (vec![], 0));
    }
}
