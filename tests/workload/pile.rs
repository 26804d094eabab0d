//! A random order for more lines than memory should hold.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use crate::files::{Lines, at};
use crate::random::Random;

/// Lines that are kept on disk until all are there, and then written in a random order.
pub struct Pile {
    path: PathBuf,
    lines: Lines,
    /// Where each line ends, in bytes.
    ends: Vec<u64>,
}

impl Pile {
    /// No lines yet.
    pub fn create(path: PathBuf) -> io::Result<Self> {
        Ok(Self { lines: Lines::create(path.clone())?, path, ends: Vec::new() })
    }

    /// Adds a line.
    pub fn push(&mut self, line: &[u8]) -> io::Result<()> {
        self.ends.push(self.ends.last().unwrap_or(&0) + line.len() as u64);
        self.lines.push(line)
    }

    /// Hands all lines on in a random order, and removes the pile.
    pub fn scatter(self, random: &mut Random, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.lines.finish()?;
        let mut order: Vec<u32> = (0..self.ends.len() as u32).collect();
        random.shuffle(&mut order);
        let mut pile = File::open(&self.path).map_err(at(&self.path))?;
        let mut line = Vec::new();
        for n in order {
            let n = n as usize;
            let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
            line.resize((self.ends[n] - start) as usize, 0);
            pile.seek(SeekFrom::Start(start)).and_then(|_| pile.read_exact(&mut line)).map_err(at(&self.path))?;
            take(&line)?;
        }
        fs::remove_file(&self.path).map_err(at(&self.path))
    }
}
