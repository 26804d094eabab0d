//! Ids by number and numbers by id: exact, in one stretch of memory with an index over it.

use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

/// Ids, numbered in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Names {
    letters: String,
    ends: Vec<u32>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Names {
    /// The id of this number.
    pub(super) fn name(&self, number: u32) -> &str {
        name(&self.letters, &self.ends, number)
    }

    /// The number of this id.
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(id);
        self.index.find(hash, |&number| self.name(number) == id).copied()
    }

    /// The new id's number, or the one that it has already.
    pub(super) fn insert(&mut self, id: &str) -> Result<u32, u32> {
        let Self { letters, ends, index, hasher } = self;
        let is_same = |&other: &u32| name(letters, ends, other) == id;
        let hash = |&other: &u32| hasher.hash_one(name(letters, ends, other));
        let vacant = match index.entry(hasher.hash_one(id), is_same, hash) {
            Entry::Occupied(first) => return Err(*first.get()),
            Entry::Vacant(vacant) => vacant,
        };
        let number = ends.len() as u32;
        vacant.insert(number);
        letters.push_str(id);
        ends.push(u32::try_from(letters.len()).unwrap_or(u32::MAX));
        Ok(number)
    }
}

fn name<'a>(letters: &'a str, ends: &[u32], number: u32) -> &'a str {
    let number = number as usize;
    let begin = number.checked_sub(1).map_or(0, |before| ends[before]);
    &letters[begin as usize..ends[number] as usize]
}
