//! Byte strings that are written once and read from the beginning any number of times: in memory while they are few, else
//! in a file without a name.

use std::io::{BufReader, ErrorKind, Read, Seek, Write};

use super::sort::{Scratch, ScratchFile};
use crate::error::{Error, Result};

/// Most bytes of a tape that is held in memory.
const ROOM: usize = 8 << 20;

/// Bytes that are written to a file, or read from it, at a time.
const BUFFER_BYTES: usize = 1 << 18;

/// A tape being written.
pub struct Recorder<'a> {
    scratch: &'a dyn Scratch,
    /// What is not in the file.
    bytes: Vec<u8>,
    /// The beginning of a tape that is longer than what is held in memory.
    file: Option<Box<dyn ScratchFile>>,
    count: u64,
}

impl<'a> Recorder<'a> {
    /// A blank tape.
    pub fn new(scratch: &'a dyn Scratch) -> Self {
        Self { scratch, bytes: Vec::new(), file: None, count: 0 }
    }

    /// Adds a byte string of less than 4 GiB.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.push_whole([bytes])
    }

    /// Adds the byte string that these are together, of less than 4 GiB.
    pub fn push_whole<const N: usize>(&mut self, parts: [&[u8]; N]) -> Result<()> {
        let bytes = parts.iter().map(|part| part.len()).sum::<usize>();
        let length = u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
        let room = if self.file.is_some() { BUFFER_BYTES } else { ROOM };
        if self.bytes.len() + length.len() + bytes > room {
            self.file = Some(self.filed()?);
        }
        self.bytes.extend_from_slice(&length);
        parts.into_iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.count += 1;
        Ok(())
    }

    /// The file, with all that was added so far.
    fn filed(&mut self) -> Result<Box<dyn ScratchFile>> {
        let mut file = self.file.take().map_or_else(|| self.scratch.scratch_file(), Ok)?;
        file.write_all(&self.bytes).map_err(broken)?;
        self.bytes.clear();
        self.bytes.shrink_to(BUFFER_BYTES);
        Ok(file)
    }

    /// The tape, to be read.
    pub fn finish(mut self) -> Result<Tape> {
        let kept = if self.file.is_some() { Kept::InFile(self.filed()?) } else { Kept::InMemory(self.bytes) };
        Ok(Tape { kept, count: self.count })
    }
}

/// A tape that was written.
pub struct Tape {
    kept: Kept,
    count: u64,
}

enum Kept {
    InMemory(Vec<u8>),
    InFile(Box<dyn ScratchFile>),
}

impl Tape {
    /// How many byte strings it holds.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All byte strings, from the first.
    pub fn play(&mut self) -> Result<Playing<'_>> {
        Ok(Playing(match &mut self.kept {
            Kept::InMemory(bytes) => Box::new(bytes.as_slice()),
            Kept::InFile(file) => {
                file.rewind().map_err(broken)?;
                Box::new(BufReader::with_capacity(BUFFER_BYTES, file))
            }
        }))
    }
}

/// The byte strings of a tape in their order.
pub struct Playing<'a>(Box<dyn Read + Send + 'a>);

impl Playing<'_> {
    /// Passes over the next byte string.
    pub fn pass(&mut self) -> Result<()> {
        let length = self.length().map_err(broken)?.unwrap_or_default();
        let passed = std::io::copy(&mut (&mut self.0).take(length), &mut std::io::sink()).map_err(broken)?;
        if passed == length { Ok(()) } else { Err(broken(ErrorKind::UnexpectedEof.into())) }
    }

    /// How long the next byte string is; `None` at the end.
    fn length(&mut self) -> std::io::Result<Option<u64>> {
        let mut length = [0; 4];
        match self.0.read_exact(&mut length) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            read => read.map(|()| Some(u32::from_le_bytes(length).into())),
        }
    }

    fn step(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let Some(length) = self.length()? else { return Ok(None) };
        let mut bytes = vec![0; length as usize];
        self.0.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }
}

impl Iterator for Playing<'_> {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().map_err(broken).transpose()
    }
}

fn broken(error: std::io::Error) -> Error {
    Error::io("a temporary file")(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::memory::MemoryScratch;

    #[test]
    fn a_tape_that_was_cut_short_is_not_passed_over() {
        let mut tape = Tape { kept: Kept::InMemory(vec![3, 0, 0, 0, 1, 2]), count: 1 };
        assert!(tape.play().and_then(|mut playing| playing.pass()).is_err());
        assert!(tape.play().expect("memory").next().is_some_and(|read| read.is_err()));
    }

    #[test]
    fn what_was_written_is_read_whether_it_is_little_or_much() {
        let lengths = [0, 1, BUFFER_BYTES - 4, BUFFER_BYTES, 7, ROOM - 4, ROOM, 0, 3];
        let bytes = |number: usize| vec![number as u8; lengths[number % lengths.len()]];
        for count in [0, 1, 3, 5, 6, 7, 40] {
            let mut recorder = Recorder::new(&MemoryScratch);
            (0..count).for_each(|number| recorder.push(&bytes(number)).expect("memory"));
            let mut tape = recorder.finish().expect("memory");
            assert_eq!((tape.len(), matches!(tape.kept, Kept::InMemory(_))), (count as u64, count < 6), "{count}");
            for _ in 0..2 {
                let played = tape.play().expect("memory").collect::<Result<Vec<_>>>().expect("memory");
                assert_eq!(played, (0..count).map(bytes).collect::<Vec<_>>(), "{count}");
            }
            let mut playing = tape.play().expect("memory");
            for number in (1..count).step_by(2) {
                playing.pass().expect("memory");
                assert_eq!(playing.next().expect("one more").expect("memory"), bytes(number), "{count}");
            }
        }
    }
}
