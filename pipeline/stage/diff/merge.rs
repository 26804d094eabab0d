//! Two streams in the order of ids, step by step; what they have in common is one step, however many records it is.

use std::cmp::Ordering;

use serde::Deserialize;

use super::pair::Pair;
use super::window::{Records, Windows, lines};
use super::{Entry, unfit};
use crate::error::Result;

/// Bytes that are compared at once.
const STRETCH_BYTES: usize = 1 << 12;

/// An entry that waits for its turn.
struct Waiting {
    id: String,
    entry: Entry,
}

/// One version's stream, and the record taken from it that waits for its turn.
struct Side<'a> {
    windows: Windows<'a>,
    waiting: Option<Waiting>,
    last_id: String,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

fn id(line: &[u8]) -> Result<String> {
    let named = serde_json::from_slice::<Named>(line);
    named.map(|named| named.id).map_err(|error| unfit(&format!("a record is not JSON with an id ({error})")))
}

impl<'a> Side<'a> {
    fn new(records: Records<'a>) -> Self {
        Self { windows: Windows::new(records), waiting: None, last_id: String::new() }
    }

    /// Reads the next record's id, unless one waits already. A stream that is not in the order of ids cannot be merged.
    fn wait(&mut self) -> Result<Option<&str>> {
        if self.waiting.is_none()
            && let Some(entry) = self.windows.next()?
        {
            let id = id(&entry.line)?;
            if id <= self.last_id && !self.last_id.is_empty() {
                return Err(unfit("records are not in the order of their ids"));
            }
            self.last_id.clone_from(&id);
            self.waiting = Some(Waiting { id, entry });
        }
        Ok(self.waiting.as_ref().map(|waiting| waiting.id.as_str()))
    }

    /// Goes on behind records that are the same in both streams.
    fn pass(&mut self, common: Common, standings: usize) {
        self.windows.lines.take(common.bytes);
        if let Some(window) = &mut self.windows.standings {
            window.take(standings);
        }
    }
}

/// How far both streams are the same from here: so many records, and how many bytes these are.
#[derive(Clone, Copy, Default)]
struct Common {
    records: usize,
    bytes: usize,
    /// Of the standings of each stream.
    standings: [usize; 2],
}

/// Both streams.
pub(super) struct Merge<'a> {
    old: Side<'a>,
    new: Side<'a>,
    /// What was handed out last and lies in the windows still.
    common: Common,
    /// The last record that was the same in both and of which nobody has read the id.
    passed: Option<Vec<u8>>,
    /// A record that is the same in both, and had to wait.
    alone: Option<[Entry; 2]>,
}

/// What comes next.
pub(super) enum Step<'a> {
    /// The same in both.
    Same(Run<'a>),
    /// Something else in each, or nothing in one of them.
    Differs(Pair),
}

/// Records that are the same in both versions, as far as both hold them.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    /// How many.
    pub(super) records: u64,
    lines: &'a [u8],
    /// Their standings before and after.
    standings: [Option<&'a [u8]>; 2],
}

impl<'a> Run<'a> {
    /// Their lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = &'a [u8]> {
        lines(self.lines)
    }

    /// How many of them count, before and after.
    pub(super) fn live(&self) -> (u64, u64) {
        let live = |standings: Option<&[u8]>| self.records - standings.map_or(0, super::retracted);
        let [old, new] = self.standings;
        let before = live(old);
        (before, if old == new { before } else { live(new) })
    }
}

impl<'a> Merge<'a> {
    /// Both streams at their beginning.
    pub(super) fn new(records: [Records<'a>; 2]) -> Self {
        let [old, new] = records.map(Side::new);
        Self { old, new, common: Common::default(), passed: None, alone: None }
    }

    /// The next ids; `None` at the end of both.
    pub(super) fn step(&mut self) -> Result<Option<Step<'_>>> {
        self.pass();
        self.fill()?;
        if self.old.waiting.is_none() && self.new.waiting.is_none() {
            self.common = self.common();
            if self.common.records > 0 {
                return Ok(Some(Step::Same(self.run())));
            }
        }
        self.differing()
    }

    /// Reads on, both streams at a time.
    fn fill(&mut self) -> Result<()> {
        let (old, new) = (&mut self.old.windows, &mut self.new.windows);
        if !old.are_low() && !new.are_low() {
            return Ok(());
        }
        let (old, new) = rayon::join(|| old.fill(), || new.fill());
        old.and(new)
    }

    /// Goes on behind what was handed out.
    fn pass(&mut self) {
        let common = std::mem::take(&mut self.common);
        if common.records > 0 {
            let lines = self.old.windows.lines.lines()[..common.bytes].strip_suffix(b"\n").unwrap_or_default();
            let last = memchr::memrchr(b'\n', lines).map_or(0, |end| end + 1);
            self.passed = Some(lines[last..].to_vec());
        }
        let [old, new] = common.standings;
        self.old.pass(common, old);
        self.new.pass(common, new);
    }

    /// What lies ahead and is the same in both.
    fn common(&self) -> Common {
        let (old, new) = (&self.old.windows, &self.new.windows);
        let bytes = same_lines(old.lines.lines(), new.lines.lines());
        let records = memchr::memchr_iter(b'\n', &old.lines.lines()[..bytes]).count();
        let (standings, standing) = match (&old.standings, &new.standings) {
            (None, None) => ([0, 0], records),
            (Some(before), Some(after)) => {
                let (before, after) = (before.first(records).1, after.lines());
                let same = same_lines(before, &after[..before.len().min(after.len())]);
                ([same, same], memchr::memchr_iter(b'\n', &before[..same]).count())
            }
            (Some(before), None) => {
                let (records, lines) = before.first(records);
                ([lines.len(), 0], records)
            }
            (None, Some(after)) => {
                let (records, lines) = after.first(records);
                ([0, lines.len()], records)
            }
        };
        let bytes = if standing == records { bytes } else { old.lines.first(standing).1.len() };
        Common { records: standing, bytes, standings }
    }

    fn run(&self) -> Run<'_> {
        let Common { records, bytes, standings: [before, after] } = self.common;
        let (old, new) = (&self.old.windows, &self.new.windows);
        let standings = [
            old.standings.as_ref().map(|window| &window.lines()[..before]),
            new.standings.as_ref().map(|window| &window.lines()[..after]),
        ];
        Run { records: records as u64, lines: &old.lines.lines()[..bytes], standings }
    }

    /// The next id, where what lies ahead is not the same.
    fn differing(&mut self) -> Result<Option<Step<'_>>> {
        if let Some(passed) = self.passed.take() {
            let id = id(&passed)?;
            self.old.last_id.clone_from(&id);
            self.new.last_id = id;
        }
        let order = match (self.old.wait()?, self.new.wait()?) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.cmp(new),
        };
        let old = if order.is_le() { self.old.waiting.take() } else { None };
        let new = if order.is_ge() { self.new.waiting.take() } else { None };
        let id = old.as_ref().or(new.as_ref()).map_or_else(String::new, |waiting| waiting.id.clone());
        Ok(Some(match (old.map(|old| old.entry), new.map(|new| new.entry)) {
            (Some(old), Some(new)) if old.is_same(&new) => {
                let [old, new] = &*self.alone.insert([old, new]);
                let standings = [old, new].map(|entry| entry.standing.as_deref());
                Step::Same(Run { records: 1, lines: &old.line, standings })
            }
            (old, new) => Step::Differs(Pair { id, old, new }),
        }))
    }
}

/// How many bytes of both are the same whole lines.
pub(super) fn same_lines(one: &[u8], other: &[u8]) -> usize {
    let stretches = one.chunks(STRETCH_BYTES).zip(other.chunks(STRETCH_BYTES));
    let same = stretches.take_while(|(one, other)| one == other).map(|(stretch, _)| stretch.len()).sum::<usize>();
    let rest = one[same..].iter().zip(&other[same..]).take_while(|(one, other)| one == other).count();
    memchr::memrchr(b'\n', &one[..same + rest]).map_or(0, |last| last + 1)
}
