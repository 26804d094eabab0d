//! Merkle trees over records: RFC 6962 section 2.1, verified by the algorithms of RFC 9162 sections 2.1.3 and 2.1.4.
//!
//! A leaf's hash is SHA-256 of 0x00 and the leaf's bytes, a node's SHA-256 of 0x01 and its two children's hashes; a
//! tree of n leaves splits at the largest power of two below n. The root of no leaves is SHA-256 of nothing.

use crate::model::digest::{Digest, Hasher};

/// How many leaves are taken from an iterator at once.
const AT_ONCE: usize = 1 << 10;

/// The hash of the leaf that holds `bytes`.
pub fn leaf_hash(bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[0]);
    hasher.update(bytes);
    hasher.finish()
}

/// The hashes of the leaves that hold these bytes, in their order.
pub fn leaf_hashes(leaves: &[&[u8]]) -> Vec<Digest> {
    Digest::of_each_behind(&[0], leaves)
}

/// The hashes of the nodes above each two digests; one that is left over has none.
fn node_hashes(digests: &[Digest]) -> Vec<Digest> {
    let pair = |[left, right]: &[Digest; 2]| [*left.as_bytes(), *right.as_bytes()];
    let pairs: Vec<[[u8; 32]; 2]> = digests.as_chunks().0.iter().map(pair).collect();
    Digest::of_each_behind(&[1], &pairs.iter().map(|pair| pair.as_flattened()).collect::<Vec<_>>())
}

/// The hash of the node above `left` and `right`.
pub fn node_hash(left: Digest, right: Digest) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[1]);
    hasher.update(left.as_bytes());
    hasher.update(right.as_bytes());
    hasher.finish()
}

/// A tree that only grows, kept as the roots of its full subtrees: one digest per set bit of its size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompactRange {
    size: u64,
    /// Largest subtree first.
    peaks: Vec<Digest>,
}

impl CompactRange {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a leaf, given by its hash.
    pub fn push(&mut self, leaf: Digest) {
        self.push_full(leaf, 0);
    }

    /// Appends leaves, given by their hashes: many nodes are hashed at once.
    pub fn extend(&mut self, mut leaves: &[Digest]) {
        while let Some(most) = leaves.len().checked_ilog2() {
            let height = most.min(self.size.trailing_zeros());
            let (full, rest) = leaves.split_at(1 << height);
            let mut nodes = full.to_vec();
            for _ in 0..height {
                nodes = node_hashes(&nodes);
            }
            nodes.into_iter().for_each(|root| self.push_full(root, height));
            leaves = rest;
        }
    }

    /// Appends a full subtree of 2^height leaves, where no smaller one stands last.
    fn push_full(&mut self, root: Digest, height: u32) {
        let mut node = root;
        for _ in 0..(self.size >> height).trailing_ones() {
            node = self.peaks.pop().map_or(node, |left| node_hash(left, node));
        }
        self.peaks.push(node);
        self.size += 1 << height;
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves pushed so far.
    pub fn root(&self) -> Digest {
        let fold = self.peaks.iter().rev().copied().reduce(|right, left| node_hash(left, right));
        fold.unwrap_or_else(|| Digest::of(b""))
    }
}

impl FromIterator<Digest> for CompactRange {
    fn from_iter<I: IntoIterator<Item = Digest>>(leaves: I) -> Self {
        let (mut range, mut leaves) = (Self::new(), leaves.into_iter());
        loop {
            let some: Vec<Digest> = leaves.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                return range;
            }
            range.extend(&some);
        }
    }
}

/// The root of the tree as it was before its last leaf, from that leaf's inclusion proof: its siblings are all the
/// full subtrees that the smaller tree consists of.
pub fn root_before_last_leaf(proof: &[Digest]) -> Digest {
    let fold = proof.iter().copied().reduce(|right, left| node_hash(left, right));
    fold.unwrap_or_else(|| Digest::of(b""))
}

fn root(leaves: &[Digest]) -> Digest {
    leaves.iter().copied().collect::<CompactRange>().root()
}

/// Largest power of two below `size`, which is at least 2.
fn split(size: usize) -> usize {
    1 << (size - 1).ilog2()
}

/// The proof that leaf `index` is in the tree of `leaves`, lowest sibling first (RFC 6962 section 2.1.1); `None` when
/// there is no such leaf.
pub fn inclusion_proof(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    match leaves {
        _ if index >= leaves.len() => None,
        [_] => Some(Vec::new()),
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            let (inside, outside, index) =
                if index < left.len() { (left, right, index) } else { (right, left, index - left.len()) };
            let mut proof = inclusion_proof(inside, index)?;
            proof.push(root(outside));
            Some(proof)
        }
    }
}

/// The proof that the tree of the first `size` leaves is a prefix of the tree of all `leaves` (RFC 6962 section
/// 2.1.2), empty when it is the whole; `None` unless `size` is from 1 to their number.
pub fn consistency_proof(leaves: &[Digest], size: usize) -> Option<Vec<Digest>> {
    (1..=leaves.len()).contains(&size).then(|| subproof(leaves, size, true))
}

/// SUBPROOF of RFC 6962: `known` while the verifier holds the root of these very leaves.
fn subproof(leaves: &[Digest], size: usize, known: bool) -> Vec<Digest> {
    if size == leaves.len() {
        return if known { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, outside) = if size <= left.len() {
        (subproof(left, size, known), right)
    } else {
        (subproof(right, size - left.len(), false), left)
    };
    proof.push(root(outside));
    proof
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index lies outside the tree.
    #[error("leaf {index} lies outside a tree of {size}")]
    NoSuchLeaf {
        /// The leaf asked for.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// The older tree is empty: a prefix of everything, which no proof need show.
    #[error("nothing can be proved from an empty tree")]
    Empty,
    /// The older tree is larger than the newer one.
    #[error("a tree of {size1} cannot come before a tree of {size2}")]
    Shrunk {
        /// Leaves in the older tree.
        size1: u64,
        /// Leaves in the newer tree.
        size2: u64,
    },
    /// Hashes are missing, or left over.
    #[error("the proof has {found} hashes, not the number these sizes ask for")]
    WrongLength {
        /// Hashes in the proof.
        found: usize,
    },
    /// The proof leads to another root.
    #[error("the proof leads to another root")]
    WrongRoot,
}

/// Checks that `leaf` stands at `index`, from 0, in the tree of `size` leaves under `root` (RFC 9162 section 2.1.3.2).
///
/// # Errors
/// [`ProofError`].
pub fn verify_inclusion(leaf: Digest, index: u64, size: u64, proof: &[Digest], root: Digest) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let wrong_length = ProofError::WrongLength { found: proof.len() };
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for &sibling in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, hash);
            skip_lone_levels(&mut node, &mut last);
        } else {
            hash = node_hash(hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match (last, hash == root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::WrongRoot),
        _ => Err(wrong_length),
    }
}

/// Checks that the tree of `size1` leaves, at least one, under `root1` is a prefix of the tree of `size2` under `root2`
/// (RFC 9162 section 2.1.4.2).
///
/// # Errors
/// [`ProofError`].
pub fn verify_consistency(
    size1: u64,
    size2: u64,
    proof: &[Digest],
    root1: Digest,
    root2: Digest,
) -> Result<(), ProofError> {
    let wrong_length = ProofError::WrongLength { found: proof.len() };
    if size1 > size2 {
        return Err(ProofError::Shrunk { size1, size2 });
    }
    if size1 == 0 {
        return Err(ProofError::Empty);
    }
    if size1 == size2 {
        return match (proof, root1 == root2) {
            ([], true) => Ok(()),
            ([], false) => Err(ProofError::WrongRoot),
            _ => Err(wrong_length),
        };
    }
    // The root of a full older tree is a node of the newer one, so the proof leaves it out.
    let (&seed, path) = match proof {
        [] => return Err(wrong_length),
        _ if size1.is_power_of_two() => (&root1, proof),
        [seed, path @ ..] => (seed, path),
    };
    let (mut node, mut last) = (size1 - 1, size2 - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut older, mut newer) = (seed, seed);
    for &sibling in path {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            older = node_hash(sibling, older);
            newer = node_hash(sibling, newer);
            skip_lone_levels(&mut node, &mut last);
        } else {
            newer = node_hash(newer, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match (last, older == root1 && newer == root2) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::WrongRoot),
        _ => Err(wrong_length),
    }
}

/// A last node that is a left child has no sibling: it rises unhashed until it is a right one.
fn skip_lone_levels(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(n: u8) -> Vec<Digest> {
        (0..n).map(|i| leaf_hash(&[i])).collect()
    }

    #[test]
    fn roots_follow_the_definition() {
        let l = leaves(5);
        let pair = |a, b| node_hash(l[a], l[b]);
        let expected = node_hash(node_hash(pair(0, 1), pair(2, 3)), l[4]);
        assert_eq!(root(&l), expected);
        assert_eq!(root(&[]), Digest::of(b""));
        assert_eq!(root(&l[..1]), l[0]);
        assert_eq!(leaf_hash(b"").to_string(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }

    #[test]
    fn a_range_keeps_one_digest_per_set_bit() {
        let mut range = CompactRange::new();
        for leaf in leaves(100) {
            range.push(leaf);
            assert_eq!(range.peaks.len(), range.size().count_ones() as usize);
        }
    }

    #[test]
    fn every_inclusion_proof_holds_and_only_there() {
        for n in 1..=20u8 {
            let (leaves, size) = (leaves(n), u64::from(n));
            let root = root(&leaves);
            for index in 0..leaves.len() {
                let proof = inclusion_proof(&leaves, index).expect("in the tree");
                for (at, leaf) in leaves.iter().enumerate() {
                    assert_eq!(verify_inclusion(*leaf, at as u64, size, &proof, root).is_ok(), at == index);
                }
                let longer = [proof.as_slice(), &[root]].concat();
                assert!(verify_inclusion(leaves[index], index as u64, size, &longer, root).is_err());
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(verify_inclusion(leaves[index], index as u64, size, shorter, root).is_err());
                }
            }
            assert_eq!(inclusion_proof(&leaves, leaves.len()), None);
        }
    }

    #[test]
    fn many_leaves_at_once_are_the_same_leaves() {
        let lines: Vec<Vec<u8>> = (0..=255_u8).map(|i| vec![i; usize::from(i)]).collect();
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let leaves = leaf_hashes(&lines);
        assert_eq!(leaves, lines.iter().map(|line| leaf_hash(line)).collect::<Vec<_>>());
        for n in 0..=leaves.len() {
            let mut one_by_one = CompactRange::new();
            leaves[..n].iter().for_each(|leaf| one_by_one.push(*leaf));
            let mut at_once = CompactRange::new();
            for cut in [n / 3, n / 2, n] {
                at_once.extend(&leaves[at_once.size() as usize..cut]);
            }
            assert_eq!(at_once, one_by_one, "{n}");
            assert_eq!(leaves[..n].iter().copied().collect::<CompactRange>(), one_by_one, "{n}");
        }
    }

    #[test]
    fn every_consistency_proof_holds_and_only_there() {
        for n in 0..=20u8 {
            let all = leaves(n);
            for m in 1..=all.len() {
                let proof = consistency_proof(&all, m).expect("in the tree");
                let (old, new) = (root(&all[..m]), root(&all));
                let verify = |proof: &[Digest], old, new| verify_consistency(m as u64, u64::from(n), proof, old, new);
                assert_eq!(verify(&proof, old, new), Ok(()), "{m} {n}");
                let other = Digest::of(b"other");
                assert!(verify(&proof, other, new).is_err());
                assert!(verify(&proof, old, other).is_err());
                assert!(verify(&[proof.as_slice(), &[new]].concat(), old, new).is_err());
                assert!(proof.is_empty() || verify(&proof[1..], old, new).is_err());
            }
            assert_eq!(consistency_proof(&all, all.len() + 1), None);
            assert_eq!(consistency_proof(&all, 0), None);
            assert_eq!(verify_consistency(0, u64::from(n), &[], root(&[]), root(&all)), Err(ProofError::Empty));
        }
    }
}
