//! Two streams in the order of ids. Both are cut into blocks at the same ids, so that no record of a block has anything
//! to do with one of another: each is merged by itself, and what both versions have in common is passed over by
//! comparing bytes.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;
use std::{iter, mem};

use serde::Deserialize;

use super::pair::Pair;
use super::window::{Records, Window, Windows, first, lines, uneven};
use super::{Entry, retracted, unfit};
use crate::error::Result;
use crate::format::jsonl;

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// The id of a line.
pub(super) fn id(line: &[u8], place: &str) -> Result<String> {
    let named = jsonl::deserialize::<Named>(line);
    named.map(|named| named.id).map_err(|_| unfit(&format!("{place}: a line is not a record with an id")))
}

/// Both streams, to be cut into blocks.
pub(super) struct Blocks<'a> {
    sides: [Windows<'a>; 2],
    /// The last id of the block before.
    last_id: Option<String>,
}

/// The id of the last line at hand, if there are more behind it.
fn last_id(window: &Window) -> Option<Result<String>> {
    if window.is_at_end() { None } else { last(window.lines()).map(|line| id(line, &window.place)) }
}

/// The lines at hand up to those whose ids come behind this one.
fn cut(window: &mut Window, last_id: Option<&str>) -> Result<Vec<u8>> {
    let lines = window.lines();
    let Some(last_id) = last_id else { return Ok(window.cut(lines.len())) };
    // Some lines are known to belong to them, and some not to; first it is looked for near the end.
    let (mut within, mut behind, mut reach) = (0, lines.len(), 0);
    while within < behind {
        let at = behind - 1 - reach.min((behind - 1 - within) / 2);
        let begin = memchr::memrchr(b'\n', &lines[within..at]).map_or(within, |end| within + end + 1);
        let line = first(&lines[begin..behind], 1).1;
        if id(line, &window.place)?.as_str() > last_id {
            (behind, reach) = (begin, 2 * reach + line.len());
        } else {
            within = begin + line.len();
        }
    }
    Ok(window.cut(within))
}

impl<'a> Blocks<'a> {
    /// Both streams at their beginning.
    pub(super) fn new(records: [Records<'a>; 2]) -> Self {
        Self { sides: records.map(Windows::new), last_id: None }
    }

    /// The next block; `None` at the end of both streams.
    fn block(&mut self) -> Result<Option<Block>> {
        let [old, new] = &mut self.sides;
        let (filled_old, filled_new) = rayon::join(|| old.fill(), || new.fill());
        filled_old.and(filled_new)?;
        // Whatever stands behind the last line at hand of any file is not known yet.
        let windows = self.sides.iter().flat_map(|side| iter::once(&side.lines).chain(&side.standings));
        let last_id = windows.filter_map(last_id).collect::<Result<Vec<_>>>()?.into_iter().min();
        let [old, new] = self.sides.each_mut().map(|side| {
            let lines = cut(&mut side.lines, last_id.as_deref())?;
            let standings = side.standings.as_mut().map(|standings| cut(standings, last_id.as_deref()));
            Ok(Side { place: Arc::clone(&side.lines.place), lines, standings: standings.transpose()? })
        });
        let sides = [old?, new?];
        let after = mem::replace(&mut self.last_id, last_id);
        let is_over =
            sides.iter().all(|side| side.lines.is_empty() && side.standings.as_ref().is_none_or(Vec::is_empty));
        Ok((!is_over).then_some(Block { sides, after }))
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        self.block().transpose()
    }
}

/// All records of both versions between two ids.
pub(super) struct Block {
    sides: [Side; 2],
    /// The last id of the block before, if that is known.
    after: Option<String>,
}

/// What one version has in a block: whole lines.
pub(super) struct Side {
    pub(super) place: Arc<str>,
    pub(super) lines: Vec<u8>,
    pub(super) standings: Option<Vec<u8>>,
}

/// A block, and what becomes of its records, in the order of their ids.
pub(super) struct Merged {
    block: Block,
    /// One step after the other.
    pub(super) steps: Vec<Step>,
}

/// What comes next.
pub(super) enum Step {
    /// The same in both, as far as both hold it.
    Same(Run),
    /// Something else in each, or nothing in one of them.
    Differs(Pair),
}

/// Records that are the same in both versions.
pub(super) struct Run {
    /// How many.
    pub(super) records: u64,
    /// How many of them count, before and after.
    pub(super) live: (u64, u64),
    /// Where the old version has their lines in the block.
    lines: Range<usize>,
}

impl Merged {
    /// How many records each version has.
    pub(super) fn records(&self) -> [u64; 2] {
        let of = |step: &Step| match step {
            Step::Same(run) => [run.records; 2],
            Step::Differs(pair) => [&pair.old, &pair.new].map(|entry| entry.is_some().into()),
        };
        self.steps.iter().map(of).fold([0; 2], |sum, one| [sum[0] + one[0], sum[1] + one[1]])
    }

    /// The lines of a run.
    pub(super) fn lines(&self, run: &Run) -> impl Iterator<Item = &[u8]> {
        lines(&self.block.sides[0].lines[run.lines.clone()])
    }
}

impl Block {
    /// Both versions of one section.
    pub(super) fn of(sides: [Side; 2]) -> Self {
        Self { sides, after: None }
    }

    /// Goes through both versions in step.
    pub(super) fn merged(self) -> Result<Merged> {
        let [mut old, mut new] = [&self.sides[0], &self.sides[1]].map(|side| Cursor::new(side, self.after.clone()));
        let (mut steps, mut passed) = (Vec::new(), None);
        loop {
            if let Some(run) = same(&mut old, &mut new) {
                passed = last(&self.sides[0].lines[run.lines.clone()]);
                steps.push(Step::Same(run));
            }
            if old.lines.is_empty() && new.lines.is_empty() {
                break;
            }
            if let Some(passed) = passed.take() {
                let id = id(passed, old.place)?;
                (old.last_id, new.last_id) = (Some(id.clone()), Some(id));
            }
            let order = match (old.ahead()?, new.ahead()?) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.cmp(new),
            };
            let before = if order.is_le() { old.take()? } else { None };
            let after = if order.is_ge() { new.take()? } else { None };
            let id = if order.is_le() { old.last_id.clone() } else { new.last_id.clone() };
            steps.push(Step::Differs(Pair { id: id.unwrap_or_default(), old: before, new: after }));
        }
        if let Some(side) = [&old, &new].into_iter().find(|side| side.has_standings()) {
            return Err(uneven(side.place));
        }
        Ok(Merged { block: self, steps })
    }
}

/// What is left of one side of a block.
struct Cursor<'a> {
    place: &'a str,
    at: usize,
    lines: &'a [u8],
    standings: Option<&'a [u8]>,
    /// The id of the line before.
    last_id: Option<String>,
    /// The id of the line ahead, if it was read.
    ahead: Option<String>,
}

impl<'a> Cursor<'a> {
    fn new(side: &'a Side, last_id: Option<String>) -> Self {
        let standings = side.standings.as_deref();
        Self { place: &side.place, at: 0, lines: &side.lines, standings, last_id, ahead: None }
    }

    /// Goes on behind so many bytes of lines and of standings.
    fn pass(&mut self, bytes: usize, standings: usize) {
        (self.at, self.lines) = (self.at + bytes, &self.lines[bytes..]);
        self.standings = self.standings.map(|lines| &lines[standings..]);
        self.ahead = None;
    }

    /// The id of the line ahead. A stream that is not in the order of ids cannot be merged.
    fn ahead(&mut self) -> Result<Option<&str>> {
        if self.ahead.is_none()
            && let Some(line) = lines(self.lines).next()
        {
            let id = id(line, self.place)?;
            if self.last_id.as_ref().is_some_and(|last_id| id <= *last_id) {
                return Err(unfit(&format!("{}: records are not in the order of their ids", self.place)));
            }
            self.ahead = Some(id);
        }
        Ok(self.ahead.as_deref())
    }

    /// Whether standings are left.
    fn has_standings(&self) -> bool {
        self.standings.is_some_and(|standings| !standings.is_empty())
    }

    /// The record ahead, whose id was read.
    fn take(&mut self) -> Result<Option<Entry>> {
        let Some(line) = lines(self.lines).next() else { return Ok(None) };
        let standing = match self.standings.map(|standings| lines(standings).next().ok_or_else(|| uneven(self.place))) {
            Some(standing) => Some(standing?),
            None => None,
        };
        self.last_id = self.ahead.take();
        self.pass(line.len() + 1, standing.map_or(0, |standing| standing.len() + 1));
        Ok(Some(Entry { line: line.to_vec(), standing: standing.map(<[u8]>::to_vec) }))
    }
}

/// Goes on behind what lies ahead and is the same in both.
fn same(old: &mut Cursor, new: &mut Cursor) -> Option<Run> {
    let bytes = same_lines(old.lines, new.lines);
    let records = count(&old.lines[..bytes]);
    // So many of them have the same standings, too, and how many bytes these are on each side.
    let (like, before, after) = match (old.standings, new.standings) {
        (None, None) => (records, 0, 0),
        (Some(before), Some(after)) => {
            let before = first(before, records).1;
            let same = same_lines(before, &after[..before.len().min(after.len())]);
            (count(&before[..same]), same, same)
        }
        (Some(before), None) => {
            let (like, before) = first(before, records);
            (like, before.len(), 0)
        }
        (None, Some(after)) => {
            let (like, after) = first(after, records);
            (like, 0, after.len())
        }
    };
    let bytes = if like == records { bytes } else { first(&old.lines[..bytes], like).1.len() };
    if like == 0 {
        return None;
    }
    let live = |standings: Option<&[u8]>, bytes| like as u64 - standings.map_or(0, |lines| retracted(&lines[..bytes]));
    let was_live = live(old.standings, before);
    let is_live = if before == after { was_live } else { live(new.standings, after) };
    let run = Run { records: like as u64, live: (was_live, is_live), lines: old.at..old.at + bytes };
    old.pass(bytes, before);
    new.pass(bytes, after);
    Some(run)
}

/// How many lines these are, each with its LF.
fn count(lines: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', lines).count()
}

/// The last of some whole lines, without its LF.
pub(super) fn last(lines: &[u8]) -> Option<&[u8]> {
    let lines = lines.strip_suffix(b"\n")?;
    Some(&lines[memchr::memrchr(b'\n', lines).map_or(0, |end| end + 1)..])
}

/// Bytes that are compared at once, and then those among which the first that differs is looked for one by one.
const STRETCHES: [usize; 2] = [1 << 12, 1 << 6];

/// How many bytes of both are the same whole lines.
pub(super) fn same_lines(one: &[u8], other: &[u8]) -> usize {
    let mut same = 0;
    for bytes in STRETCHES {
        let stretches = one[same..].chunks(bytes).zip(other[same..].chunks(bytes));
        same += stretches.take_while(|(one, other)| one == other).map(|(stretch, _)| stretch.len()).sum::<usize>();
    }
    same += one[same..].iter().zip(&other[same..]).take_while(|(one, other)| one == other).count();
    memchr::memrchr(b'\n', &one[..same]).map_or(0, |last| last + 1)
}
