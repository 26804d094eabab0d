//! Two streams in the order of ids. Both are cut into blocks at the same ids, so that no record of a block has anything
//! to do with one of another: each is merged by itself, and what both versions have in common is passed over by
//! comparing bytes.

use std::cmp::Ordering;
use std::ops::Range;

use serde::Deserialize;

use super::pair::Pair;
use super::window::{Records, Windows, first, lines, uneven};
use super::{Entry, retracted, unfit};
use crate::error::Result;

#[derive(Deserialize)]
struct Named {
    id: String,
}

fn id(line: &[u8]) -> Result<String> {
    let named = serde_json::from_slice::<Named>(line);
    named.map(|named| named.id).map_err(|error| unfit(&format!("a record is not JSON with an id ({error})")))
}

/// Both streams, to be cut into blocks.
pub(super) struct Blocks<'a> {
    sides: [Windows<'a>; 2],
    /// The last id of the block before.
    last_id: Option<String>,
}

/// The id of the last line at hand, if there are more behind it.
fn last_id(windows: &Windows) -> Result<Option<String>> {
    let lines = &windows.lines;
    if lines.is_at_end() { Ok(None) } else { last(lines.lines()).map(id).transpose() }
}

/// The lines at hand up to those that come behind this id, and the standings beside them.
fn cut(windows: &mut Windows, last_id: Option<&str>) -> Result<Side> {
    let lines = windows.lines.lines();
    let mut bytes = lines.len();
    while let (Some(line), Some(last_id)) = (last(&lines[..bytes]), last_id)
        && id(line)?.as_str() > last_id
    {
        bytes -= line.len() + 1;
    }
    let lines = windows.lines.cut(bytes);
    let standings = windows.standings.as_mut().map(|standings| standings.cut_lines(count(&lines))).transpose()?;
    Ok(Side { lines, standings })
}

impl<'a> Blocks<'a> {
    /// Both streams at their beginning.
    pub(super) fn new(records: [Records<'a>; 2]) -> Self {
        Self { sides: records.map(Windows::new), last_id: None }
    }

    /// The next block; `None` at the end of both streams.
    fn block(&mut self) -> Result<Option<Block>> {
        let [old, new] = &mut self.sides;
        old.lines.fill()?;
        new.lines.fill()?;
        // Whatever stands behind the last line at hand of either stream is not known yet.
        let last_id = match (last_id(old)?, last_id(new)?) {
            (Some(old), Some(new)) => Some(old.min(new)),
            (old, new) => old.or(new),
        };
        let sides = [cut(old, last_id.as_deref())?, cut(new, last_id.as_deref())?];
        let after = std::mem::replace(&mut self.last_id, last_id);
        if sides.iter().any(|side| !side.lines.is_empty()) {
            return Ok(Some(Block { sides, after }));
        }
        for standings in [old, new].into_iter().filter_map(|side| side.standings.as_mut()) {
            standings.fill()?;
            if !standings.lines().is_empty() {
                return Err(uneven());
            }
        }
        Ok(None)
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
    /// The last id of the block before.
    after: Option<String>,
}

/// What one version has in a block: whole lines.
struct Side {
    lines: Vec<u8>,
    standings: Option<Vec<u8>>,
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
    /// The lines of a run.
    pub(super) fn lines(&self, run: &Run) -> impl Iterator<Item = &[u8]> {
        lines(&self.block.sides[0].lines[run.lines.clone()])
    }
}

impl Block {
    /// Goes through both versions in step.
    pub(super) fn merged(self) -> Result<Merged> {
        let [mut old, mut new] = [&self.sides[0], &self.sides[1]].map(|side| Cursor::new(side, self.after.clone()));
        let mut steps = Vec::new();
        loop {
            steps.extend(same(&mut old, &mut new).map(Step::Same));
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
        Ok(Merged { block: self, steps })
    }
}

/// What is left of one side of a block.
struct Cursor<'a> {
    at: usize,
    lines: &'a [u8],
    standings: Option<&'a [u8]>,
    /// The line before, if nobody has read its id.
    passed: Option<&'a [u8]>,
    /// The id of the line before, if it was read.
    last_id: Option<String>,
    /// The id of the line ahead, if it was read.
    ahead: Option<String>,
}

impl<'a> Cursor<'a> {
    fn new(side: &'a Side, last_id: Option<String>) -> Self {
        let standings = side.standings.as_deref();
        Self { at: 0, lines: &side.lines, standings, passed: None, last_id, ahead: None }
    }

    /// Goes on behind so many bytes of lines and of standings; the lines.
    fn pass(&mut self, bytes: usize, standings: usize) -> &'a [u8] {
        let (lines, rest) = self.lines.split_at(bytes);
        (self.at, self.lines) = (self.at + bytes, rest);
        self.standings = self.standings.map(|lines| &lines[standings..]);
        self.ahead = None;
        lines
    }

    /// The id of the line ahead. A stream that is not in the order of ids cannot be merged.
    fn ahead(&mut self) -> Result<Option<&str>> {
        if let Some(passed) = self.passed.take() {
            self.last_id = Some(id(passed)?);
        }
        if self.ahead.is_none()
            && let Some(line) = lines(self.lines).next()
        {
            let id = id(line)?;
            if self.last_id.as_ref().is_some_and(|last_id| id <= *last_id) {
                return Err(unfit("records are not in the order of their ids"));
            }
            self.ahead = Some(id);
        }
        Ok(self.ahead.as_deref())
    }

    /// The record ahead, whose id was read.
    fn take(&mut self) -> Result<Option<Entry>> {
        let Some(line) = lines(self.lines).next() else { return Ok(None) };
        let standing = match self.standings.map(|standings| lines(standings).next().ok_or_else(uneven)) {
            Some(standing) => Some(standing?),
            None => None,
        };
        self.last_id = self.ahead.take();
        self.pass(line.len() + 1, standing.map_or(0, |standing| standing.len() + 1));
        Ok(Some(Entry { line: line.to_vec(), standing: standing.map(<[u8]>::to_vec) }))
    }
}

/// Goes on behind what lies ahead and is the same in both.
fn same<'a>(old: &mut Cursor<'a>, new: &mut Cursor<'a>) -> Option<Run> {
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
    let live =
        |cursor: &Cursor, bytes| like as u64 - cursor.standings.map_or(0, |standings| retracted(&standings[..bytes]));
    let (live, lines) = ((live(old, before), live(new, after)), old.at..old.at + bytes);
    let passed = last(old.pass(bytes, before));
    new.pass(bytes, after);
    (old.passed, new.passed) = (passed, passed);
    Some(Run { records: like as u64, live, lines })
}

/// How many lines these are, each with its LF.
fn count(lines: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', lines).count()
}

/// The last of some whole lines, without its LF.
fn last(lines: &[u8]) -> Option<&[u8]> {
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
