//! The lines of a sorted file: their Merkle tree, and the chunks that they are cut into.

use std::collections::BTreeMap;
use std::mem;

use crate::format::canonical;
use crate::format::merkle::{self, CompactRange};
use crate::model::chunk::{Beside, Chunk, ChunkedFile};
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::model::release_info::RecordTree;

/// Lines that are hashed at once.
const AT_ONCE: usize = 1 << 10;

/// Takes the lines of one file in their order.
#[derive(Default)]
pub struct Chunker {
    tree: CompactRange,
    runs: Vec<Run>,
    open: Open,
    waiting: Vec<Line>,
}

/// A line that was taken.
struct Line {
    id: Box<str>,
    leaf: Digest,
    bytes: u64,
}

/// A chunk that is not at its end.
#[derive(Default)]
struct Open {
    first: Box<str>,
    bytes: u64,
    leaves: Vec<Digest>,
}

/// A chunk of whatever file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    first: Box<str>,
    count: u64,
    bytes: u64,
    root: Digest,
}

/// The lines of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunked {
    /// Their number, and the root of their tree.
    pub tree: RecordTree,
    /// Their chunks.
    pub runs: Vec<Run>,
}

impl Chunker {
    /// Takes a line by its id, its leaf hash, and its bytes without LF.
    pub fn push(&mut self, id: impl Into<Box<str>>, leaf: Digest, bytes: usize) {
        self.waiting.push(Line { id: id.into(), leaf, bytes: bytes as u64 + 1 });
        if self.waiting.len() == AT_ONCE {
            self.settle();
        }
    }

    /// All lines.
    pub fn finish(mut self) -> Chunked {
        self.settle();
        if !self.open.leaves.is_empty() {
            self.close();
        }
        Chunked { tree: RecordTree { count: self.tree.size(), root: self.tree.root() }, runs: self.runs }
    }

    fn settle(&mut self) {
        let lines = mem::take(&mut self.waiting);
        let grow = || self.tree.extend(&lines.iter().map(|line| line.leaf).collect::<Vec<_>>());
        let ids = || Digest::of_each(&lines.iter().map(|line| line.id.as_bytes()).collect::<Vec<_>>());
        let ((), ids) = rayon::join(grow, ids);
        for (line, id) in lines.into_iter().zip(ids) {
            if self.open.leaves.is_empty() {
                self.open.first = line.id;
            }
            self.open.bytes += line.bytes;
            self.open.leaves.push(line.leaf);
            if Chunk::ends_with(&id) || self.open.leaves.len() == Chunk::LINES {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        let Open { first, bytes, leaves } = mem::take(&mut self.open);
        let tree: CompactRange = leaves.into_iter().collect();
        self.runs.push(Run { first, count: tree.size(), bytes, root: tree.root() });
    }
}

/// The lines of `chunks.jsonl`: leaf hash (RFC 6962) and canonical form of each.
pub fn chunk_lines<'a>(
    records: &'a BTreeMap<RecordKind, Chunked>,
    statuses: &'a Chunked,
    tolls: &'a Chunked,
) -> impl Iterator<Item = (Digest, Vec<u8>)> + 'a {
    chunks(records, statuses, tolls).map(|chunk| {
        let line = canonical::ordered_to_vec(&chunk);
        (merkle::leaf_hash(&line), line)
    })
}

/// The chunks of all files. The statuses have the ids of the claims, so that their chunks end where those of the claims do.
fn chunks<'a>(
    records: &'a BTreeMap<RecordKind, Chunked>,
    statuses: &'a Chunked,
    tolls: &'a Chunked,
) -> impl Iterator<Item = Chunk> + 'a {
    let of_records = records.iter().map(|(kind, chunked)| (ChunkedFile::from(*kind), chunked));
    let mut files: Vec<(ChunkedFile, &Chunked)> = of_records.chain([(ChunkedFile::Tolls, tolls)]).collect();
    files.sort_unstable_by_key(|(file, _)| *file);
    let mut statuses = statuses.runs.iter();
    files.into_iter().flat_map(|(file, chunked)| chunked.runs.iter().map(move |run| (file, run))).map(
        move |(file, run)| {
            let statuses = if file == ChunkedFile::Claims { statuses.next() } else { None };
            let statuses = statuses.map(|Run { bytes, root, .. }| Beside { bytes: *bytes, root: *root });
            let Run { first, count, bytes, root } = run.clone();
            Chunk { bytes, count, file, first: first.into(), root, statuses }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::merkle;

    fn chunked(ids: impl Iterator<Item = String>) -> Chunked {
        let mut chunker = Chunker::default();
        ids.for_each(|id| chunker.push(id.as_str(), merkle::leaf_hash(id.as_bytes()), id.len()));
        chunker.finish()
    }

    fn id(number: u32) -> String {
        format!("c-{number:08}")
    }

    #[test]
    fn chunks_are_all_lines_and_end_where_an_id_says() {
        let Chunked { tree, runs } = chunked((0..50_000).map(id));
        let all: CompactRange = (0..50_000).map(|number| merkle::leaf_hash(id(number).as_bytes())).collect();
        assert_eq!(tree, RecordTree { count: 50_000, root: all.root() });
        assert_eq!(runs.iter().map(|run| run.bytes).sum::<u64>(), 50_000 * 11);
        assert!((300..500).contains(&runs.len()), "{}", runs.len());
        let mut number = 0;
        for run in &runs {
            let lines: Vec<String> = (number..number + run.count as u32).map(id).collect();
            let leaves: CompactRange = lines.iter().map(|id| merkle::leaf_hash(id.as_bytes())).collect();
            assert_eq!((&*run.first, run.root), (lines[0].as_str(), leaves.root()));
            let ends: Vec<bool> = lines.iter().map(|id| Chunk::ends_with(&Digest::of(id.as_bytes()))).collect();
            assert!(ends[..ends.len() - 1].iter().all(|end| !end));
            number += run.count as u32;
            assert!(ends[ends.len() - 1] || number == 50_000);
        }
        assert_eq!(number, 50_000);
    }

    #[test]
    fn a_line_that_goes_touches_its_own_chunk_alone() {
        let (all, one_less) = (chunked((0..20_000).map(id)), chunked((0..20_000).filter(|n| *n != 7_777).map(id)));
        let differing = one_less.runs.iter().filter(|run| !all.runs.contains(run)).count();
        assert!(differing <= 1, "{differing}");
    }

    #[test]
    fn no_chunk_is_longer_than_it_may_be() {
        let no_end = (0..).map(id).filter(|id| !Chunk::ends_with(&Digest::of(id.as_bytes())));
        let runs = chunked(no_end.take(2 * Chunk::LINES + 1)).runs;
        assert_eq!(runs.iter().map(|run| run.count as usize).collect::<Vec<_>>(), [Chunk::LINES, Chunk::LINES, 1]);
        assert_eq!(chunked(std::iter::empty()).runs, []);
    }
}
