//! Many small files, read and hashed a pile at a time: the hash function then has all of them before it at once.

use std::ops::Range;

use rayon::prelude::*;

use super::folder::Folder;
use crate::error::Result;
use crate::model::digest::Digest;

/// Bytes after which a pile is hashed. They should stay in a processor's own cache.
const PILE_BYTES: usize = 1 << 20;

/// Most files of a pile.
const PILE_FILES: usize = 256;

/// Where a file stands.
pub struct Place<'a> {
    /// The folder.
    pub folder: &'a dyn Folder,
    /// The file's path in it.
    pub path: String,
}

/// Reads the file of each item that has a place, on all cores, and gives `work` its bytes and their digest. The results
/// come in the items' order. For each thread `PILE_BYTES` and one file of at most `max_bytes` are in memory.
pub fn each<'a, T: Sync, R: Send>(
    items: &[T],
    max_bytes: u64,
    place: impl Fn(&T) -> Option<Place<'a>> + Sync,
    work: impl Fn(&T, Option<(&[u8], Digest)>) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let share = items.len().div_ceil(8 * rayon::current_num_threads()).clamp(1, PILE_FILES);
    let piles: Vec<Vec<R>> = items
        .par_chunks(share)
        .map_init(Pile::default, |pile, mut items| {
            let mut results = Vec::with_capacity(items.len());
            while !items.is_empty() {
                let (piled, rest) = items.split_at(pile.take(items, max_bytes, &place)?);
                for (item, file) in pile.hashed(piled) {
                    results.push(work(item, file)?);
                }
                items = rest;
            }
            Ok(results)
        })
        .collect::<Result<_>>()?;
    Ok(piles.into_iter().flatten().collect())
}

/// Some files, one behind the other.
#[derive(Default)]
struct Pile {
    bytes: Vec<u8>,
    /// Where the file of each item lies, of those that have one.
    files: Vec<Option<Range<usize>>>,
}

impl Pile {
    /// Reads the files of the first items; says how many items that were.
    fn take<'a, T>(&mut self, items: &[T], max_bytes: u64, place: impl Fn(&T) -> Option<Place<'a>>) -> Result<usize> {
        self.files.clear();
        self.bytes.clear();
        self.bytes.shrink_to(2 * PILE_BYTES);
        for item in items {
            let start = self.bytes.len();
            let file = match place(item) {
                Some(Place { folder, path }) => {
                    folder.read_onto(&path, max_bytes, &mut self.bytes)?;
                    Some(start..self.bytes.len())
                }
                None => None,
            };
            self.files.push(file);
            if self.bytes.len() >= PILE_BYTES {
                break;
            }
        }
        Ok(self.files.len())
    }

    /// Each item with its file's bytes and their digest.
    fn hashed<'p, T>(&'p self, items: &'p [T]) -> impl Iterator<Item = (&'p T, Option<(&'p [u8], Digest)>)> {
        let files: Vec<&[u8]> = self.files.iter().flatten().map(|file| &self.bytes[file.clone()]).collect();
        let digests = Digest::of_each(&files);
        let mut hashed = files.into_iter().zip(digests);
        items.iter().zip(self.files.iter().map(move |file| file.as_ref().and_then(|_| hashed.next())))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use super::*;
    use crate::error::Error;
    use crate::stage::folder::Entry;

    struct Numbers;

    impl Folder for Numbers {
        fn entries(&self) -> Result<Vec<Entry>> {
            Ok(Vec::new())
        }

        /// A file of as many bytes as its name says.
        fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
            let bytes = path.parse().map_err(|_| Error::io(path)(std::io::ErrorKind::NotFound.into()))?;
            Ok(Box::new(std::io::repeat(b'x').take(bytes)))
        }

        fn display(&self, path: &str) -> String {
            path.to_owned()
        }
    }

    fn digests(items: &[Option<u64>], max_bytes: u64) -> Result<Vec<Option<(usize, Digest)>>> {
        let place = |item: &Option<u64>| item.map(|bytes| Place { folder: &Numbers, path: bytes.to_string() });
        each(items, max_bytes, place, |_, file| Ok(file.map(|(bytes, digest)| (bytes.len(), digest))))
    }

    #[test]
    fn each_item_has_its_own_file() {
        let piled = PILE_BYTES as u64;
        let sizes = [0, 1, 63, 64, piled - 1, 300, piled, 5, 2 * piled + 3, 55, 56, 57];
        let items: Vec<Option<u64>> = (0..2_000).map(|i| (i % 7 != 3).then(|| sizes[i % 11 % sizes.len()])).collect();
        let items: Vec<Option<u64>> =
            items.iter().enumerate().map(|(i, item)| item.map(|n| n.min(if i % 97 == 0 { n } else { 900 }))).collect();
        let mut known: BTreeMap<u64, Digest> = BTreeMap::new();
        let digests = digests(&items, 3 * piled).expect("readable");
        assert_eq!(digests.len(), items.len());
        for (item, found) in items.iter().zip(digests) {
            let expected =
                item.map(|n| (n as usize, *known.entry(n).or_insert_with(|| Digest::of(&vec![b'x'; n as usize]))));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_is_missing_or_too_large_is_an_error() {
        assert!(digests(&[Some(1), Some(1_001)], 1_000).is_err());
        assert_eq!(digests(&[Some(1_000), None], 1_000).expect("readable").len(), 2);
        let place = |_: &()| Some(Place { folder: &Numbers, path: "nothing".to_owned() });
        assert!(each(&[()], 9, place, |(), _| Ok(())).is_err());
    }
}
