//! Merkle trees over records: RFC 6962 section 2.1, with the proof algorithms of RFC 9162 sections 2.1.3 and 2.1.4.

use crate::model::digest::{Digest, Hasher};

/// Hash of a leaf: SHA-256(0x00 || bytes).
pub fn leaf_hash(bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[0]);
    hasher.update(bytes);
    hasher.finish()
}

/// Hash of an inner node: SHA-256(0x01 || left || right).
pub fn node_hash(left: Digest, right: Digest) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[1]);
    hasher.update(left.as_bytes());
    hasher.update(right.as_bytes());
    hasher.finish()
}

/// A tree that grows at its right end and remembers only the roots of its full subtrees: at most 64 digests.
#[derive(Clone, Debug, Default)]
pub struct CompactRange {
    size: u64,
    /// Roots of full subtrees, largest first: one for each bit that is set in `size`.
    roots: Vec<Digest>,
}

impl CompactRange {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the hash of the next leaf.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                node = node_hash(left, node);
            }
        }
        self.roots.push(node);
        self.size += 1;
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root; of an empty tree the hash of nothing.
    pub fn root(&self) -> Digest {
        let smallest_first = self.roots.iter().rev().copied();
        smallest_first.reduce(|right, left| node_hash(left, right)).unwrap_or_else(|| Digest::of(b""))
    }
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf lies outside the tree, or the trees stand in the wrong order.
    #[error("the position lies outside the tree")]
    OutOfRange,
    /// Too few or too many digests.
    #[error("the proof has the wrong number of digests")]
    Length,
    /// The digests lead to another root.
    #[error("the proof leads to another root")]
    RootMismatch,
}

/// The digests that lead from one leaf to the root (RFC 6962 section 2.1.1).
pub fn inclusion_proof(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let split = largest_power_below(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut proof, other) = if index < split {
        (inclusion_proof(left, index)?, right)
    } else {
        (inclusion_proof(right, index - split)?, left)
    };
    proof.push(root_of(other));
    Some(proof)
}

/// The digests that lead from an earlier root to the present one (RFC 6962 section 2.1.2).
pub fn consistency_proof(leaves: &[Digest], earlier: usize) -> Option<Vec<Digest>> {
    if earlier == 0 || earlier > leaves.len() {
        return None;
    }
    Some(subproof(leaves, earlier, true))
}

fn subproof(leaves: &[Digest], earlier: usize, is_known: bool) -> Vec<Digest> {
    if earlier == leaves.len() {
        return if is_known { Vec::new() } else { vec![root_of(leaves)] };
    }
    let split = largest_power_below(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut proof, other) = if earlier <= split {
        (subproof(left, earlier, is_known), right)
    } else {
        (subproof(right, earlier - split, false), left)
    };
    proof.push(root_of(other));
    proof
}

fn largest_power_below(n: usize) -> usize {
    n.next_power_of_two() >> 1
}

fn root_of(leaves: &[Digest]) -> Digest {
    let mut tree = CompactRange::new();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree.root()
}

/// Whether the leaf stands at `index` in the tree of `size` leaves (RFC 9162 section 2.1.3.2).
pub fn verify_inclusion(leaf: Digest, index: u64, size: u64, proof: &[Digest], root: Digest) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange);
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(*sibling, hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, *sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, hash == root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::RootMismatch),
        _ => Err(ProofError::Length),
    }
}

/// Whether the tree of `size` leaves begins with the tree of `earlier` leaves (RFC 9162 section 2.1.4.2).
pub fn verify_consistency(
    earlier: u64,
    size: u64,
    proof: &[Digest],
    earlier_root: Digest,
    root: Digest,
) -> Result<(), ProofError> {
    if earlier > size {
        return Err(ProofError::OutOfRange);
    }
    if earlier == size || earlier == 0 {
        // Nothing precedes an empty tree, and a tree precedes itself: neither needs a proof.
        let same = earlier == 0 || earlier_root == root;
        return match (proof.is_empty(), same) {
            (false, _) => Err(ProofError::Length),
            (true, false) => Err(ProofError::RootMismatch),
            (true, true) => Ok(()),
        };
    }
    let mut digests = proof.iter().copied();
    let mut node = earlier - 1;
    let mut last = size - 1;
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let first = if earlier.is_power_of_two() { earlier_root } else { digests.next().ok_or(ProofError::Length)? };
    let (mut old, mut new) = (first, first);
    for sibling in digests {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            old = node_hash(sibling, old);
            new = node_hash(sibling, new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, old == earlier_root && new == root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::RootMismatch),
        _ => Err(ProofError::Length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_hold_for_every_leaf_and_every_earlier_tree() {
        let leaves: Vec<Digest> = (0..70_u32).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        for size in 1..=leaves.len() {
            let tree = &leaves[..size];
            let root = root_of(tree);
            for (index, leaf) in tree.iter().enumerate() {
                let proof = inclusion_proof(tree, index).expect("inside");
                assert_eq!(verify_inclusion(*leaf, index as u64, size as u64, &proof, root), Ok(()));
                assert!(
                    verify_inclusion(*leaf, (index as u64 + 1) % 80, size as u64, &proof, root).is_err()
                        || size == 1 && index == 0
                );
            }
            for earlier in 1..=size {
                let proof = consistency_proof(tree, earlier).expect("inside");
                let earlier_root = root_of(&leaves[..earlier]);
                assert_eq!(verify_consistency(earlier as u64, size as u64, &proof, earlier_root, root), Ok(()));
                assert!(verify_consistency(earlier as u64, size as u64, &proof, leaf_hash(b""), root).is_err());
            }
        }
    }

    #[test]
    fn the_empty_tree_is_the_hash_of_nothing() {
        assert_eq!(CompactRange::new().root(), Digest::of(b""));
    }
}
