//! A record as the two versions have it, where they do not have the same.

use std::iter;

use super::Entry;
use crate::error::{Error, Result};
use crate::stage::tape::{Playing, Recorder, Tape};

/// One record of which at least one version has another line or another standing.
#[derive(Clone, Debug, Default)]
pub(super) struct Pair {
    /// Its id.
    pub(super) id: String,
    /// As the old version has it.
    pub(super) old: Option<Entry>,
    /// As the new version has it.
    pub(super) new: Option<Entry>,
}

/// Behind the id of a record that both versions have, and of one that a single version has.
const MARKS: [u8; 2] = [b'=', b'-'];

impl Pair {
    /// Whether only one version has it.
    fn is_alone(&self) -> bool {
        self.old.is_some() != self.new.is_some()
    }

    /// Writes it as five byte strings.
    pub(super) fn record(&self, tape: &mut Recorder) -> Result<()> {
        tape.push_whole([self.id.as_bytes(), &[MARKS[usize::from(self.is_alone())]]])?;
        for entry in [&self.old, &self.new] {
            let (line, standing) =
                entry.as_ref().map_or((None, None), |entry| (Some(&entry.line), entry.standing.as_ref()));
            for part in [line, standing] {
                tape.push_whole(part.map_or([b"", b""], |bytes| [bytes, b"+"]))?;
            }
        }
        Ok(())
    }

    /// All that [`Pair::record`] wrote.
    pub(super) fn all(tape: &mut Tape) -> Result<impl Iterator<Item = Result<Self>>> {
        Self::of_marks(tape, &MARKS)
    }

    /// Those of them that only one version has.
    pub(super) fn alone(tape: &mut Tape) -> Result<impl Iterator<Item = Result<Self>>> {
        Self::of_marks(tape, &MARKS[1..])
    }

    fn of_marks<'a>(tape: &'a mut Tape, marks: &'static [u8]) -> Result<impl Iterator<Item = Result<Self>> + use<'a>> {
        let mut tape = tape.play()?;
        Ok(iter::from_fn(move || Self::play(&mut tape, marks).transpose()))
    }

    /// The next with one of these marks.
    fn play(tape: &mut Playing, marks: &[u8]) -> Result<Option<Self>> {
        let id = loop {
            let Some(mut id) = tape.next().transpose()? else { return Ok(None) };
            if id.pop().is_some_and(|mark| marks.contains(&mark)) {
                break id;
            }
            (0..4).try_for_each(|_| tape.pass())?;
        };
        let broken = || Error::io("a temporary file")(std::io::Error::other("it was cut short"));
        let mut next = || tape.next().ok_or_else(broken)?;
        let id = String::from_utf8(id).map_err(|_| broken())?;
        let part = |mut bytes: Vec<u8>| bytes.pop().map(|_| bytes);
        let mut entry = || -> Result<Option<Entry>> {
            let (line, standing) = (part(next()?), part(next()?));
            Ok(line.map(|line| Entry { line, standing }))
        };
        let (old, new) = (entry()?, entry()?);
        Ok(Some(Self { id, old, new }))
    }
}
