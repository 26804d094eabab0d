//! Two files of lines in roughly the same order, read in step: a line that both have byte for byte is only asked for its
//! id, since nothing in it can differ.
//!
//! Where the lines ahead differ, each waits for the other line of its id. Whatever finds no line of the same bytes is
//! loose: it is compared by what it means, later, and so is everything if lines wait that are too many.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::iter;
use std::ops::Range;

use serde::Deserialize;

use super::merge::same_lines;
use super::unique::Hash;
use super::window::{Window, lines};
use crate::error::Result;
use crate::format::{jsonl, sound};
use crate::model::id::Id;
use crate::stage::batch::in_order;
use crate::stage::sort::{Scratch, Sorted, Sorter};
use crate::stage::tape::{Recorder, Tape};

/// Most bytes of lines that wait, of one file.
const WAITING_BYTES: usize = 16 << 20;

/// What two files have in common, and what not.
pub(super) struct Aligned {
    /// How many lines both have.
    pub(super) same: u64,
    /// The lines of each that are compared by what they mean.
    pub(super) loose: [Tape; 2],
    /// The ids of the lines that both have.
    pub(super) ids: Sorted<Hash>,
}

/// Reads both files. The lines of each that are not loose have an id each; what else they hold is not looked at.
pub(super) fn align(files: [Box<dyn Read + Send + '_>; 2], scratch: &dyn Scratch) -> Result<Aligned> {
    let [old, new] = files.map(|file| Window::new("records".into(), file));
    let mut sides = [Side::new(old), Side::new(new)];
    let mut tapes = [Recorder::new(scratch), Recorder::new(scratch)];
    // Lines that both files have, and that take a closer look.
    let mut odd = Recorder::new(scratch);
    let (mut same, mut ids) = (0, Sorter::new(scratch));
    let stretches = iter::from_fn(|| Stretch::next(&mut sides, &mut tapes).transpose());
    let work = |stretch: Stretch| -> (Vec<Hash>, Vec<Vec<u8>>) {
        let (mut hashes, mut closely) = (Vec::new(), Vec::new());
        for line in stretch.lines() {
            match leading_id(line).map(Hash::of).or_else(|| Some(Hash::of(sound::id(line)?.as_str()))) {
                Some(hash) => hashes.push(hash),
                None => closely.push(line.to_vec()),
            }
        }
        (hashes, closely)
    };
    in_order(stretches, work, |(hashes, closely)| {
        same += hashes.len() as u64;
        hashes.into_iter().try_for_each(|hash| ids.push(hash))?;
        closely.iter().try_for_each(|line| odd.push(line))
    })?;
    let mut odd = odd.finish()?;
    for tape in &mut tapes {
        odd.play()?.try_for_each(|line| tape.push(&line?))?;
    }
    let [old, new] = tapes;
    Ok(Aligned { same, loose: [old.finish()?, new.finish()?], ids: ids.finish()? })
}

/// One file, and those of its lines that wait.
struct Side<'a> {
    window: Window<'a>,
    waiting: BTreeMap<String, Vec<u8>>,
    bytes: usize,
}

impl<'a> Side<'a> {
    fn new(window: Window<'a>) -> Self {
        Self { window, waiting: BTreeMap::new(), bytes: 0 }
    }

    /// The id of the line ahead, if there is a line, and if it has one.
    fn id(&self) -> Option<Option<String>> {
        let line = lines(self.window.lines()).next()?;
        let named = || jsonl::deserialize::<Named>(line).ok().map(|named| named.id);
        Some(leading_id(line).map(Cow::Borrowed).or_else(named).map(Cow::into_owned))
    }

    /// Goes on behind the line ahead, and gives it.
    fn advance(&mut self) -> Vec<u8> {
        let line = lines(self.window.lines()).next().unwrap_or_default().to_vec();
        self.window.take(line.len() + 1);
        line
    }

    /// Lets the line ahead wait. One whose id waits already is loose.
    fn wait(&mut self, id: &str, loose: &mut Recorder) -> Result<()> {
        let line = self.advance();
        if self.waiting.contains_key(id) {
            return loose.push(&line);
        }
        self.bytes += line.len();
        self.waiting.insert(id.to_owned(), line);
        if self.bytes > WAITING_BYTES { self.release(loose) } else { Ok(()) }
    }

    /// What waits is loose.
    fn release(&mut self, loose: &mut Recorder) -> Result<()> {
        self.bytes = 0;
        std::mem::take(&mut self.waiting).into_values().try_for_each(|line| loose.push(&line))
    }

    /// The line that waits under an id, which waits no longer.
    fn take(&mut self, id: &str) -> Option<Vec<u8>> {
        let line = self.waiting.remove(id)?;
        self.bytes -= line.len();
        Some(line)
    }
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

/// The id of a line that begins with it, as curators write it.
fn leading_id(line: &[u8]) -> Option<&str> {
    let rest = line.strip_prefix(b"{\"id\":\"")?;
    let (id, rest) = rest.split_at(memchr::memchr(b'"', &rest[..rest.len().min(Id::MAX_BYTES + 1)])?);
    let id = std::str::from_utf8(id).ok().filter(|id| Id::is_one(id))?;
    (rest.starts_with(b"\",") && rest.ends_with(b"}")).then_some(id)
}

/// Some of the lines that both files have.
#[derive(Default)]
struct Stretch {
    /// Lines of the old file, and which of them the new one has, too.
    old: Vec<u8>,
    same: Vec<Range<usize>>,
    /// Those for which the other line had to wait, or that waited themselves.
    met: Vec<u8>,
}

impl Stretch {
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let same = self.same.iter().flat_map(|range| lines(&self.old[range.clone()]));
        same.chain(lines(&self.met))
    }

    /// The next ones; `None` at the end of both files.
    fn next(sides: &mut [Side; 2], loose: &mut [Recorder; 2]) -> Result<Option<Self>> {
        let mut stretch = Self::default();
        let [old, new] = &mut *sides;
        let (filled_old, filled_new) = rayon::join(|| old.window.fill(), || new.window.fill());
        filled_old.and(filled_new)?;
        while sides.iter().all(|side| side.window.is_at_end() || !side.window.lines().is_empty()) {
            let [old, new] = &mut *sides;
            let same = same_lines(old.window.lines(), new.window.lines());
            if same > 0 {
                stretch.same.push(old.window.taken()..old.window.taken() + same);
                old.window.take(same);
                new.window.take(same);
            } else if !step(sides, loose, &mut stretch.met)? {
                sides.iter_mut().zip(loose).try_for_each(|(side, loose)| side.release(loose))?;
                if stretch.same.is_empty() && stretch.met.is_empty() {
                    return Ok(None);
                }
                break;
            }
        }
        stretch.old = sides[0].window.give();
        Ok(Some(stretch))
    }
}

/// Goes on where the lines ahead differ; `false` at the end of both files.
fn step(sides: &mut [Side; 2], loose: &mut [Recorder; 2], met: &mut Vec<u8>) -> Result<bool> {
    let ids = [sides[0].id(), sides[1].id()];
    if ids.iter().all(Option::is_none) {
        return Ok(false);
    }
    // A line that waited for one ahead comes first, so that both files get in step again.
    for here in [1, 0] {
        let Some(Some(id)) = &ids[here] else { continue };
        if let Some(waited) = sides[1 - here].take(id) {
            let line = sides[here].advance();
            let [old, new] = if here == 1 { [waited, line] } else { [line, waited] };
            meet(&old, &new, loose, met)?;
            return Ok(true);
        }
    }
    if let [Some(Some(old)), Some(Some(new))] = &ids
        && old == new
    {
        let [old, new] = [sides[0].advance(), sides[1].advance()];
        meet(&old, &new, loose, met)?;
        return Ok(true);
    }
    for ((side, loose), id) in sides.iter_mut().zip(loose).zip(ids) {
        match id {
            Some(Some(id)) => side.wait(&id, loose)?,
            Some(None) => loose.push(&side.advance())?,
            None => {}
        }
    }
    Ok(true)
}

/// Two lines of one id: the same bytes, or else loose.
fn meet(old: &[u8], new: &[u8], loose: &mut [Recorder; 2], met: &mut Vec<u8>) -> Result<()> {
    if old == new {
        met.extend_from_slice(old);
        met.push(b'\n');
        return Ok(());
    }
    loose[0].push(old)?;
    loose[1].push(new)
}
