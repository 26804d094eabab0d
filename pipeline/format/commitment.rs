//! Commitments to sealed texts: a digest that confirms no guess, and under which the text, or a passage of it, can later
//! be shown to have lain all the time.
//!
//! The text is cut into segments, each a word and the white space behind it. Each segment is hashed with a salt of its
//! own, and these hashes are the first leaves of a Merkle tree (RFC 6962) of 2^25 leaves. Where the text has ended the
//! tree is padded with numbers that look like hashes. Salts and padding are derived from one secret.
//!
//! The tree is of one size for every text, so that the proof of a passage tells where the passage stands and nothing of
//! how long the text is.

use std::fmt;
use std::iter::Peekable;
use std::ops::Range;

use hmac::{Hmac, KeyInit, Mac};
use zeroize::Zeroizing;

use super::merkle::{leaf_hash, node_hash};
use crate::model::digest::{Digest, Hasher, Sha256};
use crate::model::id::Id;
use crate::model::span::Span;

/// Longest text that can be sealed, in bytes. All its segments but the last have two bytes or more, so that they never
/// outnumber the leaves.
pub const MAX_TEXT_BYTES: usize = 1 << 26;

/// Levels of the tree above its leaves.
const DEPTH: u32 = 25;

/// First line of what a commitment is the digest of; no leaf and no node begins like it.
const DOMAIN: &str = "affiant-commitment-1";

/// What all salts of one text are derived from: 32 random bytes, kept secret while the text is sealed, wiped from
/// memory when dropped and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// The secret that is these random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(self.as_bytes())
            .unwrap_or_else(|error| unreachable!("HMAC takes keys of any length: {error}"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What a commitment is made for. Copied into another source's record, or into another dataset, it can be opened by
/// nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The dataset.
    pub dataset: &'a Id,
    /// The source in it.
    pub source: &'a Id,
}

impl Subject<'_> {
    fn commitment(self, root: Digest) -> Digest {
        let mut hasher = Hasher::new();
        hasher.update(format!("{DOMAIN}\n{}\n{}\n", self.dataset, self.source).as_bytes());
        hasher.update(root.as_bytes());
        hasher.finish()
    }
}

/// The text is empty, or longer than [`MAX_TEXT_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a text of {0} bytes cannot be sealed; it has 1 to {MAX_TEXT_BYTES}")]
pub struct LengthError(usize);

/// A text and the secret that it is sealed with.
#[derive(Clone, Copy, Debug)]
pub struct SealedText<'a> {
    text: &'a [u8],
    secret: &'a Secret,
}

impl<'a> SealedText<'a> {
    /// Puts a text and its secret together.
    ///
    /// # Errors
    /// [`LengthError`].
    pub fn new(text: &'a [u8], secret: &'a Secret) -> Result<Self, LengthError> {
        let fits = (1..=MAX_TEXT_BYTES).contains(&text.len());
        if fits { Ok(Self { text, secret }) } else { Err(LengthError(text.len())) }
    }

    /// The commitment: whoever knows it and guesses the text cannot tell that the guess is right.
    pub fn commitment(self, subject: Subject) -> Digest {
        subject.commitment(self.walk(0..0).0)
    }

    /// The segments, counted from 0, in which these bytes of the text stand; `None` if they lie past its end.
    pub fn segments_at(self, bytes: Span) -> Option<Range<u64>> {
        let (mut end, bytes) = (0, bytes.range());
        let mut touched = (0..).zip(Segments(self.text)).filter(|(_, segment)| {
            let start = end;
            end += segment.len();
            start < bytes.end && bytes.start < end
        });
        let (first, _) = touched.next()?;
        let (last, _) = touched.last().unwrap_or((first, &[]));
        Some(first..last + 1)
    }

    /// Opens a passage: these segments and nothing else. `None` unless the text has them, and one at least.
    pub fn open(self, passage: Range<u64>) -> Option<Opening> {
        let count = passage.end.checked_sub(passage.start)?;
        let (_, opening) = self.walk(passage);
        (count > 0 && opening.segments.len() as u64 == count).then_some(opening)
    }

    /// The root, and what opens the passage.
    fn walk(self, passage: Range<u64>) -> (Digest, Opening) {
        let opening = Opening { first: passage.start, segments: Vec::new(), proof: Vec::new() };
        let mut walk = Walk { mac: self.secret.mac(), segments: Segments(self.text).peekable(), passage, opening };
        let root = walk.hash(Node::ROOT);
        (root, walk.opening)
    }
}

/// Cuts a text into segments: the bytes up to the next that is not white space but comes after white space. White space
/// at the beginning belongs to the first segment.
#[derive(Clone, Debug)]
struct Segments<'a>(&'a [u8]);

impl<'a> Iterator for Segments<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.0;
        let word = text.iter().position(|byte| !is_white(byte)).unwrap_or(text.len());
        let white = text[word..].iter().position(is_white).map_or(text.len(), |length| word + length);
        let end = text[white..].iter().position(|byte| !is_white(byte)).map_or(text.len(), |length| white + length);
        let (segment, rest) = text.split_at(end);
        self.0 = rest;
        (!segment.is_empty()).then_some(segment)
    }
}

fn is_white(byte: &u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' ')
}

/// A node of the tree: the leaves are level 0.
#[derive(Clone, Copy, Debug)]
struct Node {
    level: u32,
    index: u64,
}

impl Node {
    const ROOT: Self = Self { level: DEPTH, index: 0 };

    /// The two nodes below; none below a leaf.
    fn children(self) -> Option<[Self; 2]> {
        let level = self.level.checked_sub(1)?;
        Some([2 * self.index, 2 * self.index + 1].map(|index| Self { level, index }))
    }

    fn leaves(self) -> Range<u64> {
        self.index << self.level..(self.index + 1) << self.level
    }

    fn meets(self, passage: &Range<u64>) -> bool {
        let leaves = self.leaves();
        leaves.start < passage.end && passage.start < leaves.end
    }
}

/// A way through the tree from left to right that comes by each segment once.
struct Walk<'a> {
    mac: Hmac<Sha256>,
    segments: Peekable<Segments<'a>>,
    passage: Range<u64>,
    opening: Opening,
}

impl Walk<'_> {
    fn hash(&mut self, node: Node) -> Digest {
        let is_open = node.meets(&self.passage);
        match (self.segments.peek(), node.children()) {
            (None, _) => self.derive(&[b"padding", &node.level.to_be_bytes(), &node.index.to_be_bytes()]),
            (Some(_), Some(children)) => {
                let [left, right] = children.map(|child| {
                    let hash = self.hash(child);
                    if is_open && !child.meets(&self.passage) {
                        self.opening.proof.push(hash);
                    }
                    hash
                });
                node_hash(left, right)
            }
            (Some(bytes), None) => {
                let segment = Segment { bytes: bytes.to_vec(), salt: self.derive(&[&node.index.to_be_bytes()]) };
                let hash = segment.hash();
                self.segments.next();
                if is_open {
                    self.opening.segments.push(segment);
                }
                hash
            }
        }
    }

    /// HMAC-SHA-256 (RFC 2104) of the message under the secret.
    fn derive(&self, message: &[&[u8]]) -> Digest {
        let mut mac = self.mac.clone();
        message.iter().for_each(|part| mac.update(part));
        Digest::from_bytes(mac.finalize().into_bytes().into())
    }
}

/// One word of a sealed text with the white space behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What was hashed in front of them.
    pub salt: Digest,
}

impl Segment {
    fn hash(&self) -> Digest {
        leaf_hash(&[self.salt.as_bytes(), self.bytes.as_slice()].concat())
    }
}

/// A passage of a sealed text, and what leads from it to the commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// How many segments stand before the passage.
    pub first: u64,
    /// The passage, segment by segment.
    pub segments: Vec<Segment>,
    /// The hashes of the subtrees beside the passage that make up the rest of the tree, from left to right.
    pub proof: Vec<Digest>,
}

/// Why an opening is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// No segment, or one where the tree has no leaf.
    #[error("the passage is empty, or reaches past the {} segments that a text can have", Node::ROOT.leaves().end)]
    Range,
    /// A text is not cut like that, so the words could be run together or torn apart.
    #[error("the segments are not a word each with the white space behind it")]
    Segments,
    /// Hashes are missing, or left over.
    #[error("the proof has not the number of hashes that the passage asks for")]
    Proof,
    /// Other words, salts, hashes, or another place.
    #[error("the passage does not lead to the commitment")]
    Commitment,
}

impl Opening {
    /// The segments it opens, counted from 0.
    pub fn passage(&self) -> Range<u64> {
        self.first..self.first.saturating_add(self.segments.len() as u64)
    }

    /// The words of the passage, once they are shown to have been sealed, at this place, under the commitment.
    ///
    /// # Errors
    /// [`OpeningError`].
    pub fn verify(&self, commitment: Digest, subject: Subject) -> Result<Vec<u8>, OpeningError> {
        let passage = self.passage();
        if passage.is_empty() || passage.end > Node::ROOT.leaves().end {
            return Err(OpeningError::Range);
        }
        let bytes: Vec<u8> = self.segments.iter().flat_map(|segment| &segment.bytes).copied().collect();
        let is_torn = self.first > 0 && bytes.first().is_some_and(is_white);
        if is_torn || !Segments(&bytes).eq(self.segments.iter().map(|segment| segment.bytes.as_slice())) {
            return Err(OpeningError::Segments);
        }
        let root = self.root(&passage).ok_or(OpeningError::Proof)?;
        if subject.commitment(root) == commitment { Ok(bytes) } else { Err(OpeningError::Commitment) }
    }

    fn root(&self, passage: &Range<u64>) -> Option<Digest> {
        let mut leaves = self.segments.iter().map(Segment::hash);
        let mut beside = self.proof.iter().copied();
        let root = rebuilt(Node::ROOT, passage, &mut leaves, &mut beside)?;
        beside.next().is_none().then_some(root)
    }
}

/// The hash of a node, from the leaves of the passage and the subtrees beside it.
fn rebuilt(
    node: Node,
    passage: &Range<u64>,
    leaves: &mut impl Iterator<Item = Digest>,
    beside: &mut impl Iterator<Item = Digest>,
) -> Option<Digest> {
    if !node.meets(passage) {
        return beside.next();
    }
    let Some([left, right]) = node.children() else { return leaves.next() };
    let left = rebuilt(left, passage, leaves, beside)?;
    Some(node_hash(left, rebuilt(right, passage, leaves, beside)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    const TEXT: &[u8] = b"Three people were hurt.\n\nNobody was asked. ";

    fn id(id: &str) -> Id {
        id.parse().expect("an id")
    }

    /// Calls with a dataset's and a source's id.
    fn letter<T>(call: impl FnOnce(Subject) -> T) -> T {
        call(Subject { dataset: &id("harbour"), source: &id("letter-01") })
    }

    fn secret() -> Secret {
        Secret::from_bytes([7; 32])
    }

    fn commitment(text: &[u8]) -> Digest {
        letter(|letter| SealedText::new(text, &secret()).expect("a text").commitment(letter))
    }

    fn open(text: &[u8], passage: Range<u64>) -> Option<Opening> {
        SealedText::new(text, &secret()).expect("a text").open(passage)
    }

    fn verify(opening: &Opening, commitment: Digest) -> Result<Vec<u8>, OpeningError> {
        letter(|letter| opening.verify(commitment, letter))
    }

    fn cut(text: &[u8]) -> Vec<&str> {
        Segments(text).map(|segment| std::str::from_utf8(segment).expect("UTF-8")).collect()
    }

    #[test]
    fn a_segment_is_a_word_and_the_white_space_behind_it() {
        assert_eq!(cut(TEXT), ["Three ", "people ", "were ", "hurt.\n\n", "Nobody ", "was ", "asked. "]);
        assert_eq!(cut(b" \n a\tb"), [" \n a\t", "b"]);
        assert_eq!(cut(b" \t\r\n"), [" \t\r\n"]);
        assert_eq!(cut("\u{a0}a\u{2003}b".as_bytes()), ["\u{a0}a\u{2003}b"]);
        assert_eq!(cut(b""), [""; 0]);
    }

    #[test]
    fn the_longest_text_has_no_more_segments_than_the_tree_has_leaves() {
        let most = b"a ".repeat(MAX_TEXT_BYTES / 2);
        assert_eq!(Segments(&most).count() as u64, Node::ROOT.leaves().end);
    }

    #[test]
    fn only_a_text_can_be_sealed() {
        assert_eq!(SealedText::new(b"", &secret()).err(), Some(LengthError(0)));
        let long = vec![b'a'; MAX_TEXT_BYTES + 1];
        assert_eq!(SealedText::new(&long, &secret()).err(), Some(LengthError(MAX_TEXT_BYTES + 1)));
    }

    /// Computed apart from this code; SPEC.md has the same example.
    #[test]
    fn the_hashes_are_those_of_the_specification() {
        let secret = Secret::from_bytes(std::array::from_fn(|i| i as u8));
        let text = SealedText::new(b"We were told to say three.\nIt was seven.\n", &secret).expect("a text");
        let (dataset, source) = (id("example"), id("letter-01"));
        let subject = Subject { dataset: &dataset, source: &source };
        let commitment = text.commitment(subject);
        assert_eq!(commitment.to_string(), "cbbb73472f71321b046fe62aebe6b393dd585c59ba733c29b96132365cec6c6a");

        let opening = text.open(6..9).expect("segments of the text");
        assert_eq!(opening.verify(commitment, subject), Ok(b"It was seven.\n".to_vec()));
        let salt = "67858c7b73928a1f5356f15d2010a15712cf3f01cd10b68669e1c913005a36b1";
        assert_eq!(opening.segments[0].salt.to_string(), salt);
        let (first, last) = (opening.proof[0].to_string(), opening.proof[25].to_string());
        assert_eq!(opening.proof.len(), 26);
        assert_eq!(first, "9fa05a63bd00a507776aff2fe17337e2f40af670e51e3a0afd0b38a7a74b3e2c");
        assert_eq!(last, "f342e3808097bd8b68e2ddb58f0ac54265641b4d218aaf713a07eca5f76cd214");
    }

    #[test]
    fn a_commitment_is_for_one_text_one_secret_and_one_source() {
        let [harbour, mine] = ["harbour", "mine"].map(id);
        let [one, two] = ["letter-01", "letter-02"].map(id);
        let (this, other) = (secret(), Secret::from_bytes([8; 32]));
        let of = |text: &[u8], secret: &Secret, dataset: &Id, source: &Id| {
            SealedText::new(text, secret).expect("a text").commitment(Subject { dataset, source })
        };
        let commitments = [
            of(TEXT, &this, &harbour, &one),
            of(TEXT, &other, &harbour, &one),
            of(TEXT, &this, &harbour, &two),
            of(TEXT, &this, &mine, &one),
            of(&TEXT[1..], &this, &harbour, &one),
            of(&TEXT[..TEXT.len() - 1], &this, &harbour, &one),
        ];
        let different: std::collections::BTreeSet<_> = commitments.iter().collect();
        assert_eq!(different.len(), commitments.len());

        let opening = open(TEXT, 1..3).expect("segments of the text");
        assert_eq!(verify(&opening, commitments[0]), Ok(b"people were ".to_vec()));
        for other in &commitments[1..] {
            assert_eq!(verify(&opening, *other), Err(OpeningError::Commitment));
        }
    }

    #[test]
    fn words_lie_in_the_fewest_segments_that_hold_them() {
        let (secret, span) = (secret(), |start, end| Span::new(start, end).expect("a span"));
        let text = SealedText::new(TEXT, &secret).expect("a text");
        assert_eq!(text.segments_at(span(0, 1)), Some(0..1));
        assert_eq!(text.segments_at(span(5, 6)), Some(0..1));
        assert_eq!(text.segments_at(span(5, 7)), Some(0..2));
        assert_eq!(text.segments_at(span(6, 17)), Some(1..3));
        assert_eq!(text.segments_at(span(24, 25)), Some(3..4));
        assert_eq!(text.segments_at(span(0, TEXT.len() as u64)), Some(0..7));
        assert_eq!(text.segments_at(span(TEXT.len() as u64, 99)), None);
    }

    #[test]
    fn only_what_the_text_has_is_opened() {
        assert!(open(TEXT, 0..7).is_some() && open(TEXT, 6..7).is_some());
        for (start, end) in [(0, 0), (7, 7), (0, 8), (7, 8), (3, 2), (1 << 25, (1 << 25) + 1), (u64::MAX - 1, u64::MAX)]
        {
            assert_eq!(open(TEXT, start..end), None, "{start}..{end}");
        }
    }

    #[test]
    fn a_passage_is_made_of_whole_segments() {
        let good = open(TEXT, 1..4).expect("segments of the text");
        let spoiled = |spoil: fn(&mut Opening)| {
            let mut opening = good.clone();
            spoil(&mut opening);
            verify(&opening, commitment(TEXT))
        };
        assert_eq!(spoiled(|_| ()), Ok(b"people were hurt.\n\n".to_vec()));
        assert_eq!(spoiled(|opening| opening.segments.clear()), Err(OpeningError::Range));
        assert_eq!(spoiled(|opening| opening.first = (1 << 25) - 2), Err(OpeningError::Range));
        assert_eq!(spoiled(|opening| opening.first = u64::MAX), Err(OpeningError::Range));
        assert_eq!(spoiled(|opening| opening.segments[1].bytes.clear()), Err(OpeningError::Segments));
        assert_eq!(spoiled(|opening| opening.segments[0].bytes = b"people".to_vec()), Err(OpeningError::Segments));
        assert_eq!(spoiled(|opening| opening.segments[0].bytes = b" people ".to_vec()), Err(OpeningError::Segments));
        assert_eq!(spoiled(|opening| opening.segments[1].bytes = b"we re ".to_vec()), Err(OpeningError::Segments));
        assert_eq!(spoiled(|opening| opening.segments[2].bytes = b"hurt.".to_vec()), Err(OpeningError::Commitment));
        assert_eq!(spoiled(|opening| opening.proof.truncate(20)), Err(OpeningError::Proof));
        assert_eq!(spoiled(|opening| opening.proof.push(Digest::of(b""))), Err(OpeningError::Proof));
        assert_eq!(spoiled(|opening| opening.proof.swap(0, 1)), Err(OpeningError::Commitment));
        assert_eq!(spoiled(|opening| opening.first = 5), Err(OpeningError::Commitment));
    }

    /// Texts of words and white space, some of them not UTF-8.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![3 => any::<u8>(), 2 => prop::sample::select(b" \n\t\r".to_vec())];
        proptest::collection::vec(byte, 1..200)
    }

    fn passage(text: &[u8], from: Index, to: Index) -> Range<u64> {
        let count = Segments(text).count();
        let (from, to) = (from.index(count) as u64, to.index(count) as u64);
        from.min(to)..from.max(to) + 1
    }

    proptest! {
        #[test]
        fn segments_are_the_text(text in text()) {
            prop_assert_eq!(Segments(&text).flatten().copied().collect::<Vec<_>>(), text.clone());
            prop_assert!(Segments(&text).skip(1).all(|segment| !is_white(&segment[0])));
        }

        #[test]
        fn a_passage_opens_to_its_words_and_to_nothing_else(text in text(), from: Index, to: Index) {
            let passage = passage(&text, from, to);
            let opening = open(&text, passage.clone()).expect("segments of the text");
            let inside = |index: &u64| passage.contains(index);
            let words: Vec<u8> =
                (0..).zip(Segments(&text)).filter(|(i, _)| inside(i)).flat_map(|(_, segment)| segment).copied().collect();
            prop_assert_eq!(verify(&opening, commitment(&text)), Ok(words));

            // What else the opening holds is hashes of salted segments, of nodes above them, and padding.
            let whole = open(&text, 0..Segments(&text).count() as u64).expect("all segments");
            let shown: Vec<Digest> = opening.segments.iter().map(|segment| segment.salt).chain(opening.proof.clone()).collect();
            for (_, hidden) in (0..).zip(&whole.segments).filter(|(i, _)| !inside(i)) {
                prop_assert!(!shown.contains(&hidden.salt));
                for guess in [Digest::of(&hidden.bytes), leaf_hash(&hidden.bytes), leaf_hash(&[&[0; 32], hidden.bytes.as_slice()].concat())] {
                    prop_assert!(!shown.contains(&guess));
                }
            }
        }

        #[test]
        fn a_proof_is_as_long_in_every_text(text in text(), more in text(), from: Index, to: Index) {
            let passage = passage(&text, from, to);
            let longer = [text.as_slice(), b" ", &more].concat();
            let [short, long] = [&text, &longer].map(|text| open(text, passage.clone()).expect("segments of both").proof.len());
            prop_assert_eq!(short, long);
        }

        #[test]
        fn nothing_changed_leads_to_the_commitment(text in text(), from: Index, to: Index, what in 0..4, at: Index, bit in 0..8_u32) {
            let commitment = commitment(&text);
            let mut opening = open(&text, passage(&text, from, to)).expect("segments of the text");
            let flip = |digest: &mut Digest| {
                let mut bytes = *digest.as_bytes();
                bytes[at.index(32)] ^= 1 << bit;
                *digest = Digest::from_bytes(bytes);
            };
            let place = at.index(opening.segments.len());
            match what {
                0 => {
                    let bytes = &mut opening.segments[place].bytes;
                    let byte = at.index(bytes.len());
                    bytes[byte] ^= 1 << bit;
                }
                1 => flip(&mut opening.segments[place].salt),
                2 => opening.proof.get_mut(at.index(20)).into_iter().for_each(flip),
                _ => opening.first ^= 1 << bit,
            }
            prop_assert!(verify(&opening, commitment).is_err());
        }
    }
}
