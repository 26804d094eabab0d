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

impl Pair {
    /// Writes it as five byte strings.
    pub(super) fn record(&self, tape: &mut Recorder) -> Result<()> {
        tape.push(self.id.as_bytes())?;
        for entry in [&self.old, &self.new] {
            let part = |part: Option<&Vec<u8>>| part.map_or(Vec::new(), |bytes| [b"+", bytes.as_slice()].concat());
            tape.push(&part(entry.as_ref().map(|entry| &entry.line)))?;
            tape.push(&part(entry.as_ref().and_then(|entry| entry.standing.as_ref())))?;
        }
        Ok(())
    }

    /// All that [`Pair::record`] wrote.
    pub(super) fn all(tape: &mut Tape) -> Result<impl Iterator<Item = Result<Self>>> {
        let mut tape = tape.play()?;
        Ok(iter::from_fn(move || Self::play(&mut tape).transpose()))
    }

    fn play(tape: &mut Playing) -> Result<Option<Self>> {
        let Some(id) = tape.next().transpose()? else { return Ok(None) };
        let broken = || Error::io("a temporary file")(std::io::Error::other("it was cut short"));
        let mut next = || tape.next().ok_or_else(broken)?;
        let id = String::from_utf8(id).map_err(|_| broken())?;
        let part = |bytes: Vec<u8>| bytes.split_first().map(|(_, bytes)| bytes.to_vec());
        let mut entry = || -> Result<Option<Entry>> {
            let (line, standing) = (part(next()?), part(next()?));
            Ok(line.map(|line| Entry { line, standing }))
        };
        let (old, new) = (entry()?, entry()?);
        Ok(Some(Self { id, old, new }))
    }
}
