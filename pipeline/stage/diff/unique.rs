//! Whether every id stands once, in bounded memory: by hashes, of which two equal ones only raise a suspicion.

use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Write};

use crate::error::Result;
use crate::stage::sort::{RunReader, Sortable, Sorted};

/// What is the same for the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hash(u64);

impl Hash {
    /// That of an id.
    pub(super) fn of(id: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(id.as_bytes());
        Self(hasher.finish())
    }
}

impl Sortable for Hash {
    const ROOM: usize = 16 << 20;

    fn size(&self) -> usize {
        size_of::<Self>()
    }

    fn write(&self, run: &mut impl Write) -> io::Result<u64> {
        run.write_all(&self.0.to_le_bytes()).map(|()| size_of::<Self>() as u64)
    }

    fn read(run: &mut RunReader) -> io::Result<Self> {
        run.array().map(u64::from_le_bytes).map(Self)
    }
}

/// Whether no two hashes are equal, nor one of them to one of others: of two lists, each by itself.
pub(super) fn are_distinct(hashes: Sorted<Hash>, others: [Vec<Hash>; 2]) -> Result<bool> {
    let mut others = others.map(|mut others| {
        others.sort_unstable();
        others.into_iter().peekable()
    });
    let mut before = None;
    for hash in hashes {
        let hash = hash?;
        if before.replace(hash) == Some(hash) {
            return Ok(false);
        }
        for others in &mut others {
            while others.next_if(|other| *other < hash).is_some() {}
            if others.peek() == Some(&hash) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::memory::MemoryScratch;
    use crate::stage::sort::Sorter;

    #[test]
    fn two_equal_ones_are_found_however_far_apart() {
        for count in [3, Hash::ROOM as u64 / 8 + 3] {
            let mixed: Vec<Hash> = (0..count).map(|n| Hash(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
            let lists = |old: &[Hash], new: &[Hash]| [old.to_vec(), new.to_vec()];
            let (one, strange) = ([mixed[1]], [Hash(8), Hash(7)]);
            for (twice, others, distinct) in [
                (None, lists(&[], &[]), true),
                (None, lists(&strange, &strange[1..]), true),
                (Some(mixed[1]), lists(&[], &[]), false),
                (None, lists(&one, &strange), false),
                (None, lists(&[], &[strange[0], mixed[2], strange[1]]), false),
            ] {
                let mut hashes = Sorter::new(&MemoryScratch);
                mixed.iter().copied().chain(twice).try_for_each(|hash| hashes.push(hash)).expect("memory");
                let hashes = hashes.finish().expect("memory");
                assert_eq!(are_distinct(hashes, others).expect("memory"), distinct);
            }
        }
    }
}
