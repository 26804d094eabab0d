//! Byte strings that are written once and read from the beginning any number of times, in a file without a name.

use std::io::{BufReader, BufWriter, ErrorKind, Read, Seek, Write};

use super::sort::{Scratch, ScratchFile};
use crate::error::{Error, Result};

const BUFFER_BYTES: usize = 1 << 18;

/// A tape being written.
pub struct Recorder {
    file: BufWriter<Box<dyn ScratchFile>>,
    count: u64,
}

impl Recorder {
    /// A blank tape.
    pub fn new(scratch: &dyn Scratch) -> Result<Self> {
        Ok(Self { file: BufWriter::with_capacity(BUFFER_BYTES, scratch.scratch_file()?), count: 0 })
    }

    /// Adds a byte string of less than 4 GiB.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
        let written = self.file.write_all(&length).and_then(|()| self.file.write_all(bytes));
        self.count += 1;
        written.map_err(Error::io("a temporary file"))
    }

    /// The tape, to be read.
    pub fn finish(self) -> Result<Tape> {
        let file = self.file.into_inner().map_err(|error| Error::io("a temporary file")(error.into_error()))?;
        Ok(Tape { file, count: self.count })
    }
}

/// A tape that was written.
pub struct Tape {
    file: Box<dyn ScratchFile>,
    count: u64,
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
        self.file.rewind().map_err(Error::io("a temporary file"))?;
        Ok(Playing { file: BufReader::with_capacity(BUFFER_BYTES, &mut *self.file) })
    }
}

/// The byte strings of a tape in their order.
pub struct Playing<'a> {
    file: BufReader<&'a mut dyn ScratchFile>,
}

impl Playing<'_> {
    fn step(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut length = [0; 4];
        match self.file.read_exact(&mut length) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        self.file.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }
}

impl Iterator for Playing<'_> {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().map_err(Error::io("a temporary file")).transpose()
    }
}
