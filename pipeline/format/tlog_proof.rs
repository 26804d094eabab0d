//! That an entry is in a log, in one file that is checked offline (C2SP tlog-proof): the entry's index, the way from
//! its leaf to the root, and the checkpoint that has this root.
//!
//! The `extra` line, which nothing authenticates, is refused.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::checkpoint::{Checkpoint, CheckpointError, decimal, hash};
use super::merkle::{self, ProofError};
use super::note::{Note, NoteError};
use crate::model::digest::Digest;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// Most hashes of a way: a tree has at most 2^64 leaves.
pub const MAX_PATH: usize = 64;

/// Longest proof, in bytes.
pub const MAX_BYTES: usize = super::note::MAX_BYTES + (1 << 13);

/// The proof that an entry is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// The entry's index, counting from 0.
    pub index: u64,
    /// The hashes beside the way from leaf to root, lowest first (RFC 6962 section 2.1.1).
    pub path: Vec<Digest>,
    /// The signed checkpoint.
    pub note: Note,
}

/// Why a proof is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Not a proof in its one spelling.
    #[error("not `{FIRST_LINE}`, an index, hashes in base64, an empty line and a checkpoint")]
    Form,
    /// The checkpoint is no note.
    #[error("the checkpoint: {0}")]
    Note(#[from] NoteError),
    /// The note is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The way does not lead from this entry to the checkpoint's root.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl TlogProof {
    /// Reads a proof.
    ///
    /// # Errors
    /// All [`TlogProofError`]s but the last.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > MAX_BYTES {
            return Err(TlogProofError::Form);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TlogProofError::Form)?;
        let (head, note) = text.split_once("\n\n").ok_or(TlogProofError::Form)?;
        let mut lines = head.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(TlogProofError::Form);
        }
        let index = lines.next().and_then(|line| decimal(line.strip_prefix("index ")?)).ok_or(TlogProofError::Form)?;
        let path: Vec<_> = lines.map(hash).collect::<Option<_>>().ok_or(TlogProofError::Form)?;
        if path.len() > MAX_PATH {
            return Err(TlogProofError::Form);
        }
        let proof = Self { index, path, note: Note::parse(note)? };
        proof.checkpoint()?;
        Ok(proof)
    }

    /// What the log says of itself; whether it was the log that says it, only the note's signatures tell.
    ///
    /// # Errors
    /// [`CheckpointError`], never for a proof that was parsed.
    pub fn checkpoint(&self) -> Result<Checkpoint, CheckpointError> {
        self.note.text().parse()
    }

    /// Checks that the entry of these bytes stands at the proof's index in the checkpoint's tree.
    ///
    /// # Errors
    /// [`TlogProofError::Proof`].
    pub fn verify_inclusion(&self, entry: &[u8]) -> Result<(), TlogProofError> {
        let Checkpoint { size, root, .. } = self.checkpoint()?;
        Ok(merkle::verify_inclusion(merkle::leaf_hash(entry), self.index, size, &self.path, root)?)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nindex {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", BASE64.encode(hash.as_bytes())))?;
        write!(f, "\n{}", self.note)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;
    use crate::format::merkle::{CompactRange, inclusion_proof, leaf_hash};
    use crate::format::note::NoteKey;

    /// Computed in Python: the second of the entries "one", "two" and "three" of a log, each with its line feed.
    const EXAMPLE: &str = "c2sp.org/tlog-proof@v1\nindex 1\nlD5eosO4F2xz3FDWIQHcStF/1KiAB5NaK6wO7HBR+t4=\n\
        ac4Awp25BYulryxOvJxfbX2CLvDHpt14m6Cw4Izd7sQ=\n\naffiant/harbour\n3\n\
        Q/Kh4OgpxIFeRvWliB7k3Pu1LFuMKI9lpGh0kJHjjew=\n\n\u{2014} affiant/harbour Zj93T2anlq0yPe7Zt3O90xYaRuMm8RJX1X/LSW7zw\
        y4SRPCr7MwW5vrrSEOAdOGiWkB8C6ztLtRTEJ1k61fZaUYGRgY=\n";

    fn signer() -> SigningKey {
        SigningKey::from_seed(&[7; 32])
    }

    #[test]
    fn a_proof_made_elsewhere_holds() {
        let proof = TlogProof::parse(EXAMPLE.as_bytes()).expect("a proof");
        assert_eq!((proof.index, proof.path.len()), (1, 2));
        assert_eq!(proof.to_string(), EXAMPLE);
        assert_eq!(proof.verify_inclusion(b"two\n"), Ok(()));
        assert_eq!(proof.verify_inclusion(b"one\n"), Err(TlogProofError::Proof(ProofError::WrongRoot)));
        let key = NoteKey::log("affiant/harbour", signer().verifying_key()).expect("a name");
        assert_eq!(proof.note.verify(&key), Ok(()));
        let outside = TlogProof { index: 3, ..proof };
        let error = ProofError::NoSuchLeaf { index: 3, size: 3 };
        assert_eq!(outside.verify_inclusion(b"two\n"), Err(TlogProofError::Proof(error)));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let hash = "lD5eosO4F2xz3FDWIQHcStF/1KiAB5NaK6wO7HBR+t4=\n";
        for bad in [
            String::new(),
            format!("\n{EXAMPLE}"),
            EXAMPLE.replace('\n', "\r\n"),
            EXAMPLE.replace("@v1", "@v2"),
            EXAMPLE.replace("index 1", "extra YQ==\nindex 1"),
            EXAMPLE.replace("index 1", "index 01"),
            EXAMPLE.replace("index 1", "index +1"),
            EXAMPLE.replace("index 1", "index  1"),
            EXAMPLE.replace("index 1", "index -1"),
            EXAMPLE.replace("index 1\n", ""),
            EXAMPLE.replace(hash, "lD5eosO4\n"),
            EXAMPLE.replace(hash, &hash.replace('=', "")),
            EXAMPLE.replace(hash, &hash.repeat(MAX_PATH)),
            "\n".repeat(MAX_BYTES + 1),
        ] {
            assert_eq!(TlogProof::parse(bad.as_bytes()), Err(TlogProofError::Form), "{bad:?}");
        }
        let parse = |text: String| TlogProof::parse(text.as_bytes());
        assert_eq!(parse(format!("{EXAMPLE}\n")), Err(NoteError::Form.into()));
        assert_eq!(parse(EXAMPLE.replace(hash, &format!("{hash}\n"))), Err(CheckpointError.into()));
        assert_eq!(parse(EXAMPLE.replace("\n3\n", "\n03\n")), Err(CheckpointError.into()));
        assert_eq!(parse(EXAMPLE.replace("jew=\n", "jew=\nan extension\n")), Err(CheckpointError.into()));
    }

    proptest! {
        #[test]
        fn what_parses_prints_back_identically(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = EXAMPLE.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(proof) = TlogProof::parse(&bytes) {
                prop_assert_eq!(proof.to_string().into_bytes(), bytes);
            }
        }

        #[test]
        fn every_entry_of_every_log_has_its_proof(size in 1..600usize, at in any::<prop::sample::Index>()) {
            let entry = |index: usize| index.to_be_bytes();
            let leaves: Vec<_> = (0..size).map(|index| leaf_hash(&entry(index))).collect();
            let index = at.index(size);
            let root = leaves.iter().copied().collect::<CompactRange>().root();
            let checkpoint = Checkpoint { origin: "affiant/harbour".to_owned(), size: size as u64, root };
            let note = checkpoint.sign(&signer()).expect("signs");
            let path = inclusion_proof(&leaves, index).expect("a leaf");
            let proof = TlogProof { index: index as u64, path, note };
            let read = TlogProof::parse(proof.to_string().as_bytes());
            prop_assert_eq!(read.as_ref(), Ok(&proof));
            prop_assert_eq!(proof.checkpoint(), Ok(checkpoint));
            prop_assert_eq!(proof.verify_inclusion(&entry(index)), Ok(()));
            prop_assert!(proof.verify_inclusion(&entry(size)).is_err());
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            _ = TlogProof::parse(&bytes);
        }
    }
}
