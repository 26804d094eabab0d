//! A dataset folder.

use std::io;
use std::path::{Path, PathBuf};

use crate::files::{self, Lines};
use crate::pile::Pile;
use crate::random::Random;
use crate::source::Source;

const CLAIMS_PER_FILE: usize = 250_000;
/// The records that both versions share.
const RECORDS: [&str; 4] = ["dataset.json", "agents.jsonl", "events.jsonl", "sources.jsonl"];

/// A dataset folder that is being written.
pub struct Folder {
    path: PathBuf,
    claims: Lines,
    count: usize,
    /// Where the claims wait for their order, if it is to be random.
    pile: Option<Pile>,
}

impl Folder {
    /// A new folder without records.
    pub fn create(path: PathBuf, is_shuffled: bool) -> io::Result<Self> {
        files::create(&path.join("claims"))?;
        files::create(&path.join("texts"))?;
        let pile = is_shuffled.then(|| Pile::create(path.join("pile"))).transpose()?;
        Ok(Self { claims: Self::claims_file(&path, 0)?, path, count: 0, pile })
    }

    fn claims_file(path: &Path, number: usize) -> io::Result<Lines> {
        Lines::create(path.join(format!("claims/claims-{number:04}.jsonl")))
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Adds the text of a source.
    pub fn text(&self, source: &Source) -> io::Result<()> {
        files::write(&self.text_path(source), source.text.content.as_bytes())
    }

    /// Adds the text of a source that `other` has already.
    pub fn same_text(&self, other: &Self, source: &Source) -> io::Result<()> {
        files::link(&other.text_path(source), &self.text_path(source))
    }

    fn text_path(&self, source: &Source) -> PathBuf {
        self.path.join("texts").join(source.capture() + ".txt")
    }

    /// Adds all records but the claims, as `other` has them.
    pub fn same_records(&self, other: &Self) -> io::Result<()> {
        RECORDS.iter().try_for_each(|name| files::copy(&other.file(name), &self.file(name)))
    }

    /// Adds a claim, given as a line with its line feed.
    pub fn claim(&mut self, line: &[u8]) -> io::Result<()> {
        match &mut self.pile {
            Some(pile) => pile.push(line),
            None => self.write(line),
        }
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.count > 0 && self.count.is_multiple_of(CLAIMS_PER_FILE) {
            let next = Self::claims_file(&self.path, self.count / CLAIMS_PER_FILE)?;
            std::mem::replace(&mut self.claims, next).finish()?;
        }
        self.count += 1;
        self.claims.push(line)
    }

    /// Writes what waits for its order, which `random` decides.
    pub fn finish(mut self, random: &mut Random) -> io::Result<()> {
        if let Some(pile) = self.pile.take() {
            pile.scatter(random, |line| self.write(line))?;
        }
        self.claims.finish()
    }
}
