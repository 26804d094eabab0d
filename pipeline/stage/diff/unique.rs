//! Whether every id stands once, in bounded memory: by hashes, of which two equal ones only raise a suspicion.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::slice::ParallelSliceMut;

use crate::error::Result;
use crate::stage::sort::Scratch;
use crate::stage::tape::{Recorder, Tape};

/// Most hashes in memory.
const MOST: usize = 1 << 21;

/// The hashes of many ids.
#[derive(Default)]
pub(super) struct Hashes {
    hashes: Vec<u64>,
    runs: Vec<Tape>,
}

/// A hash that is the same for the same id.
pub(super) fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

impl Hashes {
    /// Takes some hashes.
    pub(super) fn extend(&mut self, hashes: &[u64], scratch: &dyn Scratch) -> Result<()> {
        if self.hashes.len() + hashes.len() > MOST {
            let run = self.run(scratch)?;
            self.runs.push(run);
        }
        self.hashes.extend_from_slice(hashes);
        Ok(())
    }

    /// What is in memory, sorted, as a tape.
    fn run(&mut self, scratch: &dyn Scratch) -> Result<Tape> {
        self.hashes.par_sort_unstable();
        let mut run = Recorder::new(scratch)?;
        self.hashes.drain(..).try_for_each(|hash| run.push(&hash.to_be_bytes()))?;
        run.finish()
    }

    /// Whether no two are equal.
    pub(super) fn are_distinct(mut self, scratch: &dyn Scratch) -> Result<bool> {
        if self.runs.is_empty() {
            self.hashes.par_sort_unstable();
            return Ok(self.hashes.windows(2).all(|two| two[0] != two[1]));
        }
        let last = self.run(scratch)?;
        self.runs.push(last);
        let mut runs = self.runs.iter_mut().map(Tape::play).collect::<Result<Vec<_>>>()?;
        let mut heads = BinaryHeap::new();
        for (number, run) in runs.iter_mut().enumerate() {
            heads.extend(run.next().transpose()?.map(|hash| Reverse((hash, number))));
        }
        let mut before = None;
        while let Some(Reverse((hash, number))) = heads.pop() {
            if before.as_ref() == Some(&hash) {
                return Ok(false);
            }
            heads.extend(runs[number].next().transpose()?.map(|hash| Reverse((hash, number))));
            before = Some(hash);
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::stage::memory::MemoryScratch;

    #[test]
    fn two_equal_ones_are_found_however_far_apart() {
        for count in [3_u64, MOST as u64 + 3] {
            let mixed: Vec<u64> = (0..count).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
            for (twice, distinct) in [(None, true), (Some(mixed[1]), false)] {
                let mut hashes = Hashes::default();
                for some in mixed.chunks(1 << 16) {
                    hashes.extend(some, &MemoryScratch).expect("memory");
                }
                hashes.extend(twice.as_slice(), &MemoryScratch).expect("memory");
                assert_eq!(hashes.are_distinct(&MemoryScratch).expect("memory"), distinct);
            }
        }
    }
}
