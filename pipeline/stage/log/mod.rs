//! The transparency log of a dataset's releases: an RFC 6962 tree that only grows.
//!
//! Entry number `seq - 1` is the tag manifest of release `seq`, byte for byte. [`Log`] is the log as a value: it
//! proves, and says which files it needs; [`StoredLog`] is one that was read from its files; [`AuditedLog`] is one
//! that was held against keys, witnesses and the releases beside it.

mod audit;
mod stored;

use crate::format::checkpoint::Checkpoint;
use crate::format::ed25519::VerifyingKey;
use crate::format::merkle::{self, CompactRange};
use crate::format::note::{Note, NoteKey};
use crate::format::tile::{self, EntryTooLong, FULL, Level, Tile};
use crate::format::tlog_proof::TlogProof;
use crate::model::digest::Digest;
use crate::model::id::Id;

pub use audit::{AuditedLog, Beside, Cosignature, LogSigner, LoggedRelease, Request, audit};
pub use stored::{MAX_ENTRIES, MAX_LOG_BYTES, StoredLog, read};

/// The name of the log of a dataset's releases, and of the key that signs it.
pub fn origin(dataset: &Id) -> String {
    format!("affiant/{dataset}")
}

/// The entries of a log and the hashes over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    origin: String,
    entries: Vec<Vec<u8>>,
    /// The hashes that stand in tiles, level by level: never empty, leaf hashes first.
    hashes: Vec<Vec<Digest>>,
}

impl Log {
    /// A log without entries.
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), entries: Vec::new(), hashes: vec![Vec::new()] }
    }

    /// The log of these entries, in order.
    ///
    /// # Errors
    /// [`EntryTooLong`].
    pub fn from_entries(
        origin: impl Into<String>,
        entries: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<Self, EntryTooLong> {
        let mut log = Self::new(origin);
        entries.into_iter().try_for_each(|entry| log.append(entry))?;
        Ok(log)
    }

    /// Adds an entry at the end.
    ///
    /// # Errors
    /// [`EntryTooLong`]; the log is then as before.
    pub fn append(&mut self, entry: Vec<u8>) -> Result<(), EntryTooLong> {
        if entry.len() > tile::MAX_ENTRY_BYTES {
            return Err(EntryTooLong(entry.len()));
        }
        let mut hash = merkle::leaf_hash(&entry);
        self.entries.push(entry);
        for level in 0.. {
            if level == self.hashes.len() {
                self.hashes.push(Vec::new());
            }
            let row = &mut self.hashes[level];
            row.push(hash);
            if !row.len().is_multiple_of(FULL.into()) {
                break;
            }
            hash = root(&row[row.len() - usize::from(FULL)..]);
        }
        Ok(())
    }

    /// Its name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Its entries, in order.
    pub fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }

    /// How many entries it has.
    pub fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    /// What it says of itself, or said when it had `size` entries; `None` if it has not so many.
    pub fn checkpoint(&self, size: u64) -> Option<Checkpoint> {
        Some(Checkpoint { origin: self.origin.clone(), size, root: root(self.leaves(size)?) })
    }

    /// The way from the entry at `index`, counting from 0, to the root over the first `size` entries.
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Digest>> {
        merkle::inclusion_proof(self.leaves(size)?, usize::try_from(index).ok()?)
    }

    /// The proof that the first `old` entries, at least one, are a prefix of the first `new`.
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Digest>> {
        merkle::consistency_proof(self.leaves(new)?, usize::try_from(old).ok()?)
    }

    /// The proof that the entry at `index` is in the log that this signed checkpoint speaks of; `None` if that is not
    /// this log, or an older state of it without that entry.
    pub fn prove(&self, index: u64, checkpoint: Note) -> Option<TlogProof> {
        let said: Checkpoint = checkpoint.text().parse().ok()?;
        let path = self.inclusion(index, said.size)?;
        (self.checkpoint(said.size)? == said).then_some(TlogProof { index, path, note: checkpoint })
    }

    /// The files it consists of, beside its checkpoint: paths and bytes. Written before the checkpoint, they leave no
    /// moment in which a reader of the checkpoint misses one.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        Tile::all(self.size()).filter_map(|tile| Some((tile.to_string(), self.tile(tile)?))).collect()
    }

    /// The bytes of one of its files, or of one that it had when it was smaller.
    fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        let range = tile.range()?;
        let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
        match tile.level {
            Level::Entries => tile::encode_bundle(self.entries.get(range)?).ok(),
            Level::Hashes(level) => Some(tile::encode_hashes(self.hashes.get(usize::from(level))?.get(range)?)),
        }
    }

    fn leaves(&self, size: u64) -> Option<&[Digest]> {
        self.hashes[0].get(..usize::try_from(size).ok()?)
    }
}

/// Which of these witnesses signed a checkpoint, and when, in Unix seconds: a key counts once, under the first of its
/// names, and a log's own key never.
pub fn witnessed<'a>(checkpoint: &Note, witnesses: &'a [NoteKey]) -> Vec<(&'a NoteKey, u64)> {
    let origin = checkpoint.text().split('\n').next().unwrap_or_default();
    let is_log =
        |key: &VerifyingKey| NoteKey::log(origin, key.clone()).is_ok_and(|key| checkpoint.verify(&key).is_ok());
    let mut signed: Vec<(&NoteKey, u64)> = Vec::new();
    for witness in witnesses {
        let key = witness.verifying_key();
        let is_counted = signed.iter().any(|(other, _)| other.verifying_key() == key);
        if let Ok(Some(time)) = checkpoint.cosignature(witness)
            && !is_counted
            && !is_log(key)
        {
            signed.push((witness, time));
        }
    }
    signed
}

fn root(hashes: &[Digest]) -> Digest {
    hashes.iter().copied().collect::<CompactRange>().root()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;

    /// A log of `size` entries that all differ.
    pub(super) fn log(size: usize) -> Log {
        let entries = (0..size).map(|index| format!("entry {index}\n").into_bytes());
        Log::from_entries("affiant/harbour", entries).expect("short entries")
    }

    pub(super) fn signer() -> SigningKey {
        SigningKey::from_seed(&[7; 32])
    }

    pub(super) fn note(log: &Log) -> Note {
        log.checkpoint(log.size()).expect("its own size").sign(&signer()).expect("signs")
    }

    #[test]
    fn each_hash_above_the_leaves_is_the_root_over_a_full_tile() {
        let log = log(600);
        let rows: Vec<_> = log.hashes.iter().map(Vec::len).collect();
        assert_eq!(rows, [600, 2]);
        assert_eq!(log.hashes[1][1], root(&log.hashes[0][256..512]));
        let size = usize::from(FULL) * usize::from(FULL);
        let large = Log::from_entries("o", (0..size).map(|_| Vec::new())).expect("short entries");
        assert_eq!(large.hashes.iter().map(Vec::len).collect::<Vec<_>>(), [size, 256, 1]);
        assert_eq!(large.hashes[2][0], root(&large.hashes[0]));
    }

    #[test]
    fn every_state_is_a_prefix_of_every_later_one() {
        let log = log(20);
        let root = |size| log.checkpoint(size).expect("a state").root;
        for new in 1..=20 {
            for old in 1..=new {
                let proof = log.consistency(old, new).expect("states");
                assert_eq!(merkle::verify_consistency(old, new, &proof, root(old), root(new)), Ok(()));
            }
        }
        assert_eq!((log.consistency(0, 5), log.consistency(6, 5), log.consistency(5, 21)), (None, None, None));
        assert_eq!((log.checkpoint(21), log.inclusion(5, 5), log.inclusion(0, 21)), (None, None, None));
        assert_eq!(Log::new("o").checkpoint(0).map(|said| said.root), Some(Digest::of(b"")));
    }

    #[test]
    fn an_entry_that_is_too_long_changes_nothing() {
        let mut log = log(3);
        let before = log.clone();
        let size = tile::MAX_ENTRY_BYTES + 1;
        assert_eq!(log.append(vec![0; size]), Err(EntryTooLong(size)));
        assert_eq!(log, before);
        assert_eq!(log.append(vec![0; tile::MAX_ENTRY_BYTES]), Ok(()));
    }

    #[test]
    fn proofs_are_for_checkpoints_of_this_log() {
        let log = log(5);
        let older = log.checkpoint(3).expect("a state").sign(&signer()).expect("signs");
        let proof = log.prove(2, older.clone()).expect("in the older state");
        assert_eq!(proof.verify_inclusion(b"entry 2\n"), Ok(()));
        assert_eq!(log.prove(3, older), None);
        let other = Log::from_entries("affiant/harbour", [b"x".to_vec()]).expect("short entries");
        assert_eq!(log.prove(0, note(&other)), None);
        let named = Log::from_entries("affiant/port", log.entries().to_vec()).expect("short entries");
        assert_eq!(log.prove(0, note(&named)), None);
        assert_eq!(log.prove(0, Note::sign(&signer(), "affiant/harbour", "no checkpoint\n").expect("signs")), None);
    }

    proptest! {
        #[test]
        fn every_entry_proves_itself_at_every_size(size in 1..600usize, at in any::<prop::sample::Index>()) {
            let log = log(size);
            let index = at.index(size);
            let proof = log.prove(index as u64, note(&log)).expect("in the log");
            prop_assert_eq!(proof.verify_inclusion(&log.entries()[index]), Ok(()));
        }
    }
}
