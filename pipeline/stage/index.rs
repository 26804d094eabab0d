//! Numbers found by ids that stand elsewhere, each once: exact, in a few bytes an id.

use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

/// The numbers of ids. Whoever asks says which id has which number.
#[derive(Debug, Default)]
pub(super) struct Index {
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Index {
    /// The numbers of so many ids, none of which stands twice.
    pub(super) fn over<'a>(count: u32, id: impl Fn(u32) -> &'a str) -> Self {
        let (mut numbers, hasher) = (HashTable::with_capacity(count as usize), DefaultHashBuilder::default());
        let hash = |&number: &u32| hasher.hash_one(id(number));
        for number in 0..count {
            numbers.insert_unique(hash(&number), number, hash);
        }
        Self { numbers, hasher }
    }

    /// The number of an id.
    pub(super) fn find<'a>(&self, wanted: &str, id: impl Fn(u32) -> &'a str) -> Option<u32> {
        self.numbers.find(self.hasher.hash_one(wanted), |&number| id(number) == wanted).copied()
    }

    /// Gives a new id its number; or says which one it has already.
    pub(super) fn insert<'a>(&mut self, new: &str, number: u32, id: impl Fn(u32) -> &'a str) -> Result<(), u32> {
        let Self { numbers, hasher } = self;
        let hash = |&other: &u32| hasher.hash_one(id(other));
        match numbers.entry(hasher.hash_one(new), |&other| id(other) == new, hash) {
            Entry::Occupied(first) => Err(*first.get()),
            Entry::Vacant(vacant) => {
                vacant.insert(number);
                Ok(())
            }
        }
    }
}
