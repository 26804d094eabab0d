//! Records flow in batches: whole lines in, results out in the same order, on all cores.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::iter;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::Yield;

use crate::error::Result;
use crate::format::jsonl::MAX_LINE_BYTES;

/// Size of a batch in bytes, give or take a line.
const BATCH_BYTES: usize = 1 << 16;

/// Most lines of a batch: what is found in a line may take a hundred times its bytes.
const BATCH_LINES: usize = 1 << 14;

/// Some whole lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Number of the first line, counting from 1.
    pub first_line: u64,
    /// The lines, each with its LF; only a file's last line may lack it.
    pub bytes: Vec<u8>,
}

impl Batch {
    /// The lines without their LF, with their numbers.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let bytes = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        let mut begin = 0;
        let ends = memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]);
        (self.first_line..).zip(ends.map(move |end| &bytes[std::mem::replace(&mut begin, end + 1)..end]))
    }

    /// Whether the last line has its LF.
    pub fn is_terminated(&self) -> bool {
        self.bytes.ends_with(b"\n")
    }
}

/// Cuts what a reader gives into batches. A line longer than [`MAX_LINE_BYTES`] comes cut to one byte more than that.
pub struct Batches<R> {
    reader: R,
    carry: Vec<u8>,
    next_line: u64,
    skipping: bool,
    ended: bool,
}

impl<R: Read> Batches<R> {
    /// Batches of the lines that `reader` gives.
    pub fn new(reader: R) -> Self {
        Self { reader, carry: Vec::new(), next_line: 1, skipping: false, ended: false }
    }

    fn fill(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        let before = buffer.len();
        buffer.reserve_exact(BATCH_BYTES);
        (&mut self.reader).take(BATCH_BYTES as u64).read_to_end(buffer)?;
        self.ended = buffer.len() == before;
        if self.skipping {
            // The rest of an overlong line, up to and with its LF.
            let end = memchr::memchr(b'\n', &buffer[before..]).map(|i| i + 1);
            self.skipping = end.is_none() && !self.ended;
            buffer.drain(before..end.map_or(buffer.len(), |i| before + i));
        }
        Ok(())
    }

    fn batch(&mut self, bytes: Vec<u8>) -> Option<io::Result<Batch>> {
        let first_line = self.next_line;
        self.next_line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        Some(Ok(Batch { first_line, bytes }))
    }
}

impl<R: Read> Iterator for Batches<R> {
    type Item = io::Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut buffer = std::mem::take(&mut self.carry);
        loop {
            if let Some(last) = memchr::memchr_iter(b'\n', &buffer).nth(BATCH_LINES - 1) {
                self.carry = buffer.split_off(last + 1);
                return self.batch(buffer);
            }
            if let Err(error) = self.fill(&mut buffer) {
                self.ended = true;
                return Some(Err(error));
            }
            if self.ended {
                return if buffer.is_empty() { None } else { self.batch(buffer) };
            }
            let many = memchr::memchr_iter(b'\n', &buffer).nth(BATCH_LINES - 1);
            if let Some(last) = many.or_else(|| memchr::memrchr(b'\n', &buffer)) {
                self.carry = buffer.split_off(last + 1);
                return self.batch(buffer);
            }
            if buffer.len() > MAX_LINE_BYTES {
                buffer.truncate(MAX_LINE_BYTES + 1);
                buffer.push(b'\n');
                self.skipping = true;
                return self.batch(buffer);
            }
        }
    }
}

/// The lines of a released records file, one by one, without their LF.
pub fn released_lines(reader: impl Read) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    Batches::new(reader).flat_map(|batch| match batch {
        Ok(batch) => batch.lines().map(|(_, line)| Ok(line.to_vec())).collect::<Vec<_>>(),
        Err(error) => vec![Err(error)],
    })
}

/// Items so many at a time, the last ones fewer.
pub fn stretches<T>(mut items: impl Iterator<Item = Result<T>>, count: usize) -> impl Iterator<Item = Result<Vec<T>>> {
    iter::from_fn(move || {
        let stretch: Result<Vec<T>> = items.by_ref().take(count).collect();
        stretch.map(|stretch| (!stretch.is_empty()).then_some(stretch)).transpose()
    })
}

/// Hands items to `sink`, in their order, each while another thread makes the next one.
pub fn one_ahead<T: Send>(
    mut items: impl Iterator<Item = Result<T>> + Send,
    mut sink: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    let mut item = items.next();
    while let Some(made) = item.transpose()? {
        let (next, taken) = rayon::join(|| items.next(), || sink(made));
        taken?;
        item = next;
    }
    Ok(())
}

/// Runs `work` over items on all cores and hands the results to `sink` in the items' own order, while the next ones
/// are being read and worked on. At most three times as many items as threads are in memory.
pub fn in_order<B: Send, T: Send>(
    mut items: impl Iterator<Item = Result<B>>,
    work: impl Fn(B) -> T + Sync,
    mut sink: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let work = &work;
    let first: Vec<Result<B>> = items.by_ref().take(2).collect();
    let is_little = first.len() < 2 || rayon::current_num_threads() == 1;
    let mut items = first.into_iter().chain(items).fuse();
    if is_little {
        // No other thread need hear of it.
        return items.try_for_each(|item| sink(work(item?)));
    }
    let places = RefCell::new(VecDeque::new());
    let job = |item: B| -> Job {
        let place = Arc::new(Mutex::new(None));
        places.borrow_mut().push_back(Arc::clone(&place));
        Box::new(move || *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(work(item)))
    };
    let mut next = || items.next().map(|item| item.map(job));
    let mut take = || {
        let place: Option<Arc<Mutex<Option<T>>>> = places.borrow_mut().pop_front();
        let result = place.and_then(|place| place.lock().unwrap_or_else(PoisonError::into_inner).take());
        result.map_or(Ok(()), &mut sink)
    };
    run_in_order(&mut next, &mut take)
}

/// Something to be done on any thread.
type Job<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Runs the jobs that `next` gives, on all cores, and calls `take` once for each, in their own order, when it is done.
/// This is the same code for whatever flows: a copy of it for each kind of item would be a large part of the program.
fn run_in_order<'a>(
    next: &mut dyn FnMut() -> Option<Result<Job<'a>>>,
    take: &mut dyn FnMut() -> Result<()>,
) -> Result<()> {
    let threads = rayon::current_num_threads();
    rayon::in_place_scope_fifo(|scope| {
        let (mut running, mut read) = (VecDeque::new(), Ok(()));
        loop {
            while read.is_ok()
                && running.len() < 3 * threads
                && let Some(job) = next()
            {
                let (done, is_done) = mpsc::sync_channel(1);
                match job {
                    Ok(job) => scope.spawn_fifo(move |_| {
                        job();
                        _ = done.send(());
                    }),
                    Err(error) => read = Err(error),
                }
                running.push_back(is_done);
            }
            // Nothing comes where the items end, or reading fails, or work has panicked, and then the scope does.
            let Some(()) = running.pop_front().and_then(awaited) else { return read };
            take()?;
        }
    })
}

/// What another thread says, or this one, which works on what nobody has begun instead of waiting.
fn awaited(is_done: Receiver<()>) -> Option<()> {
    loop {
        match is_done.try_recv() {
            Err(TryRecvError::Empty) if rayon::yield_now() == Some(Yield::Executed) => {}
            Err(TryRecvError::Empty) => return is_done.recv().ok(),
            received => return received.ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn lines(bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
        let batches = Batches::new(bytes).map(|batch| batch.expect("memory can be read"));
        batches.flat_map(|batch| batch.lines().map(|(n, line)| (n, line.to_vec())).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn keeps_every_line_with_its_number() {
        let long = vec![b'x'; BATCH_BYTES - 3];
        let mut bytes = b"one\n\n".to_vec();
        bytes.extend_from_slice(&long);
        bytes.extend_from_slice(b"\nlast");
        let expected = vec![(1, b"one".to_vec()), (2, vec![]), (3, long), (4, b"last".to_vec())];
        assert_eq!(lines(&bytes), expected);
        assert_eq!(lines(b""), vec![]);
        assert_eq!(lines(b"\n"), vec![(1, vec![])]);
    }

    #[test]
    fn many_short_lines_are_many_batches() {
        let bytes = vec![b'\n'; 3 * BATCH_LINES + 5];
        let sizes: Vec<usize> = Batches::new(&bytes[..]).map(|batch| batch.expect("memory").lines().count()).collect();
        assert_eq!(sizes, [BATCH_LINES, BATCH_LINES, BATCH_LINES, 5]);
        assert_eq!(lines(&bytes).last(), Some(&(bytes.len() as u64, Vec::new())));
    }

    #[test]
    fn cuts_an_overlong_line_and_goes_on_behind_it() {
        for length in [MAX_LINE_BYTES, MAX_LINE_BYTES + 1, MAX_LINE_BYTES * 3 + 7] {
            let mut bytes = b"a\n".to_vec();
            bytes.extend(iter::repeat_n(b'x', length));
            bytes.extend_from_slice(b"\nb\n");
            let got = lines(&bytes);
            assert_eq!(got.len(), 3);
            assert_eq!(got[1].1.len(), length.min(MAX_LINE_BYTES + 1));
            assert_eq!(got[2], (3, b"b".to_vec()));
        }
    }

    #[test]
    fn whatever_is_made_ahead_is_taken_in_order_up_to_the_first_error() {
        let numbers = |end: u32, error: Option<u32>| {
            let items =
                (0..end).map(move |n| if error == Some(n) { Err(Error::Refused(n.to_string())) } else { Ok(n) });
            let mut taken = Vec::new();
            let result = one_ahead(stretches(items, 3), |stretch| {
                taken.push(stretch);
                if taken.len() < 5 { Ok(()) } else { Err(Error::Refused("enough".to_owned())) }
            });
            (taken, result.map_err(|error| error.to_string()))
        };
        assert_eq!(numbers(0, None), (vec![], Ok(())));
        assert_eq!(numbers(7, None), (vec![vec![0, 1, 2], vec![3, 4, 5], vec![6]], Ok(())));
        assert_eq!(numbers(7, Some(4)), (vec![vec![0, 1, 2]], Err("4".to_owned())));
        assert_eq!(numbers(99, None).0.len(), 5);
        assert_eq!(numbers(99, Some(16)).1, Err("enough".to_owned()));
    }

    #[test]
    fn results_come_in_order() {
        let mut got = Vec::new();
        in_order(
            (0..1000).map(Ok),
            |n: u32| n * 2,
            |n| {
                let _: () = got.push(n);
                Ok(())
            },
        )
        .expect("nothing fails");
        assert_eq!(got, (0..1000).map(|n| n * 2).collect::<Vec<_>>());
    }
}
