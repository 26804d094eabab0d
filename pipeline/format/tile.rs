//! The files of a log (C2SP tlog-tiles): its hashes in tiles and its entries in bundles, 256 a file.
//!
//! `tile/0/...` holds the leaf hashes, and each hash of the next level is the root over one full tile of this one. A
//! tile that is not full yet says in its name how wide it is; it is never changed, only followed by a wider one.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::model::digest::Digest;

/// Hashes in a full tile, entries in a full bundle.
pub const FULL: u16 = 256;

/// Longest entry, in bytes.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// Highest level that a path can name.
const MAX_LEVEL: u8 = 63;

const FOLDER: &str = "tile/";
const PARTIAL: &str = ".p/";

/// What stands in a file of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The entries themselves: the file is a bundle.
    Entries,
    /// Hashes: of leaves at 0, of whole tiles of the level below above it.
    Hashes(u8),
}

/// One file of a log, as its path names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// What stands in it.
    pub level: Level,
    /// The how manieth of its level, counting from 0.
    pub index: u64,
    /// How many hashes or entries it holds, from 1 to [`FULL`].
    pub width: u16,
}

/// The text is not the path of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile: tile/LEVEL/INDEX, with .p/WIDTH if it is partial")]
pub struct TileError;

impl Tile {
    /// The files that a log of `size` entries consists of, beside its checkpoint: bundles first, then level by level.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let levels = std::iter::once(Level::Entries).chain((0..=MAX_LEVEL).map(Level::Hashes));
        let levels = levels.take_while(move |level| level.count(size) > 0);
        levels.flat_map(move |level| {
            let (count, full) = (level.count(size), u64::from(FULL));
            let width = move |index: u64| u16::try_from(count - index * full).unwrap_or(FULL).min(FULL);
            (0..count.div_ceil(full)).map(move |index| Self { level, index, width: width(index) })
        })
    }

    /// The hashes or entries of its level that it holds, counting from 0; `None` if there can be none so far on.
    pub fn range(&self) -> Option<Range<u64>> {
        let start = self.index.checked_mul(u64::from(FULL))?;
        Some(start..start.checked_add(u64::from(self.width))?)
    }
}

impl Level {
    /// How many hashes or entries a log of `size` entries has at this level.
    pub fn count(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Hashes(level) => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entries => f.write_str("entries"),
            Self::Hashes(level) => level.fmt(f),
        }
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FOLDER}{}/", self.level)?;
        index_path(f, self.index / 1000)?;
        write!(f, "{:03}", self.index % 1000)?;
        if self.width < FULL { write!(f, "{PARTIAL}{}", self.width) } else { Ok(()) }
    }
}

/// The folders before the last three digits of an index.
fn index_path(f: &mut fmt::Formatter<'_>, thousands: u64) -> fmt::Result {
    if thousands == 0 {
        return Ok(());
    }
    index_path(f, thousands / 1000)?;
    write!(f, "x{:03}/", thousands % 1000)
}

impl FromStr for Tile {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        read(path).filter(|tile| tile.to_string() == path).ok_or(TileError)
    }
}

/// Reads a path, and a few other spellings of it.
fn read(path: &str) -> Option<Tile> {
    let (level, rest) = path.strip_prefix(FOLDER)?.split_once('/')?;
    let level = match level {
        "entries" => Level::Entries,
        _ => Level::Hashes(level.parse().ok().filter(|level| *level <= MAX_LEVEL)?),
    };
    let (index, width) = match rest.split_once(PARTIAL) {
        Some((index, width)) => (index, width.parse().ok().filter(|width| (1..FULL).contains(width))?),
        None => (rest, FULL),
    };
    let index = index.replace(['/', 'x'], "").parse().ok()?;
    Some(Tile { level, index, width })
}

/// The bytes of a tile.
pub fn encode_hashes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// An entry that fits into no bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of a log has at most {MAX_ENTRY_BYTES} bytes; this one has {0}")]
pub struct EntryTooLong(pub usize);

/// The bytes of a bundle: each entry after its length in two bytes.
///
/// # Errors
/// [`EntryTooLong`].
pub fn encode_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, EntryTooLong> {
    let mut bundle = Vec::new();
    for entry in entries.iter().map(AsRef::as_ref) {
        let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong(entry.len()))?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// The bytes are not a bundle of this many entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {0} entries, each after its length in two bytes")]
pub struct BundleError(pub u16);

/// The entries of a bundle of exactly `width`.
///
/// # Errors
/// [`BundleError`].
pub fn decode_bundle(mut bytes: &[u8], width: u16) -> Result<Vec<Vec<u8>>, BundleError> {
    let entry = |_| {
        let (length, rest) = bytes.split_first_chunk()?;
        let (entry, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        bytes = rest;
        Some(entry.to_vec())
    };
    let entries: Option<_> = (0..width).map(entry).collect();
    entries.filter(|_| bytes.is_empty()).ok_or(BundleError(width))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paths(size: u64) -> Vec<String> {
        Tile::all(size).map(|tile| tile.to_string()).collect()
    }

    #[test]
    fn paths_of_the_specification() {
        let tile = |level, index, width| Tile { level, index, width };
        for (tile, path) in [
            (tile(Level::Hashes(0), 1_234_067, FULL), "tile/0/x001/x234/067"),
            (tile(Level::Entries, 0, FULL), "tile/entries/000"),
            (tile(Level::Entries, 999, 1), "tile/entries/999.p/1"),
            (tile(Level::Hashes(63), 1000, 255), "tile/63/x001/000.p/255"),
            (tile(Level::Hashes(1), u64::MAX, FULL), "tile/1/x018/x446/x744/x073/x709/x551/615"),
        ] {
            assert_eq!((tile.to_string().as_str(), path.parse()), (path, Ok(tile)));
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for bad in [
            "",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/0/001/001",
            "tile/0/x001/x001",
            "tile/0/x0001/001",
            "tile/0/+01",
            "tile/00/001",
            "tile/+0/001",
            "tile/64/001",
            "tile/-1/001",
            "tile/Entries/001",
            "tile/0/001.p/0",
            "tile/0/001.p/01",
            "tile/0/001.p/256",
            "tile/0/001.p/",
            "tile/0/001.p",
            "tile/0/001.p/1.p/1",
            "tile/0/001/",
            "/tile/0/001",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
        ] {
            assert_eq!(bad.parse::<Tile>(), Err(TileError), "{bad:?}");
        }
    }

    #[test]
    fn the_files_of_the_sizes_that_the_specification_names() {
        assert_eq!(paths(0), [""; 0]);
        assert_eq!(paths(1), ["tile/entries/000.p/1", "tile/0/000.p/1"]);
        assert_eq!(paths(256), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
        let level = |wanted: u8| Tile::all(70_000).filter(move |tile| tile.level == Level::Hashes(wanted));
        assert_eq!(level(0).filter(|tile| tile.width == FULL).count(), 273);
        assert_eq!(level(0).last().map(|tile| (tile.index, tile.width)), Some((273, 112)));
        assert_eq!(level(1).map(|tile| tile.width).collect::<Vec<_>>(), [256, 17]);
        assert_eq!(level(2).map(|tile| tile.width).collect::<Vec<_>>(), [1]);
        assert_eq!(level(3).count(), 0);
    }

    #[test]
    fn an_entry_fits_or_is_refused() {
        let longest = vec![0; MAX_ENTRY_BYTES];
        let bundle = encode_bundle(&[&longest[..], b"", b"ab"]).expect("fits");
        assert_eq!(bundle[MAX_ENTRY_BYTES + 2..], [0, 0, 0, 2, b'a', b'b']);
        assert_eq!(decode_bundle(&bundle, 3), Ok(vec![longest.clone(), vec![], b"ab".to_vec()]));
        let too_long = [longest, vec![0]].concat();
        assert_eq!(encode_bundle(&[too_long]), Err(EntryTooLong(MAX_ENTRY_BYTES + 1)));
    }

    #[test]
    fn a_bundle_holds_as_many_entries_as_its_name_says_and_nothing_else() {
        let bundle = encode_bundle(&["a", "bc"]).expect("fits");
        assert_eq!(decode_bundle(&bundle, 1), Err(BundleError(1)));
        assert_eq!(decode_bundle(&bundle, 3), Err(BundleError(3)));
        assert_eq!(decode_bundle(&bundle[..bundle.len() - 1], 2), Err(BundleError(2)));
        assert_eq!(decode_bundle(&[&bundle[..], &[0]].concat(), 2), Err(BundleError(2)));
        assert_eq!(decode_bundle(&[&bundle[..], &[0, 1]].concat(), 2), Err(BundleError(2)));
    }

    #[test]
    fn ranges_end_where_numbers_do() {
        let tile = |index, width| Tile { level: Level::Entries, index, width };
        assert_eq!(tile(1, 3).range(), Some(256..259));
        assert_eq!(tile(u64::MAX, 1).range(), None);
        assert_eq!(tile(u64::MAX >> 8, 255).range(), Some(u64::MAX - 255..u64::MAX));
        assert_eq!(tile(u64::MAX >> 8, FULL).range(), None);
    }

    proptest! {
        #[test]
        fn the_files_of_any_size_hold_every_hash_once(size in 0..100_000u64) {
            let mut next = std::collections::BTreeMap::new();
            for tile in Tile::all(size) {
                prop_assert_eq!(tile.to_string().parse(), Ok(tile));
                let range = tile.range().expect("within a log");
                let end = next.insert(tile.level, range.end);
                prop_assert_eq!(range.start, end.unwrap_or(0));
            }
            for (level, end) in next {
                prop_assert_eq!(end, level.count(size));
            }
        }

        #[test]
        fn bundles_read_back(entries in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..5), 0..20)) {
            let bundle = encode_bundle(&entries).expect("fits");
            prop_assert_eq!(decode_bundle(&bundle, entries.len() as u16), Ok(entries));
        }

        #[test]
        fn what_parses_prints_back_identically(path in "tile/([0-9]{1,2}|entries)/(x?[0-9]{3}/){0,2}x?[0-9]{3}(\\.p/[0-9]{1,3})?") {
            if let Ok(tile) = path.parse::<Tile>() {
                prop_assert_eq!(tile.to_string(), path);
            }
        }

        #[test]
        fn never_panics(path in "(tile/|entries|[0-9x./]|\\.p/|é){0,12}", bytes in any::<[u8; 12]>(), width: u16) {
            _ = (path.parse::<Tile>(), decode_bundle(&bytes, width));
        }
    }
}
