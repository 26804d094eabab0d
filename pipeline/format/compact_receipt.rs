//! A receipt small enough for a QR code: the claim, its status, their ways to the signed roots, and the one minisign
//! signature that names these roots.
//!
//! `AFFIANT1:` and base45 (RFC 9285) of, with numbers big-endian:
//!
//! ```text
//! key id 8 | signature 64 | global signature 64 | digests of the tag files, in the tag manifest's order, 4 x 32
//! trusted comment: length 2, bytes | number of the line 8
//! claim:  length 4, bytes | hashes of its way: count 1, 32 each
//! status: length 4, bytes | hashes of its way: count 1, 32 each
//! ```

use std::fmt;

use super::bag::Manifest;
use super::layout;
use super::minisig::{self, MinisignSignature};
use super::receipt::{ProvenLine, Receipt};
use crate::model::digest::Digest;

/// How it begins.
pub const PREFIX: &str = "AFFIANT1:";

/// Characters that the largest QR code holds in alphanumeric mode (ISO/IEC 18004, version 40-L).
pub const MAX_CHARACTERS: usize = 4296;

/// A compact receipt as it is written. Whether it proves anything, only [`crate::stage::compact_receipt::verify`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactReceipt {
    /// The digests of the tag files, in the order of [`layout::TAG_FILES`].
    tags: [Digest; 4],
    /// The first signer's signature over the tag manifest.
    seal: MinisignSignature,
    /// Number of the claim's line, and of its status's, counting from 0.
    index: u64,
    /// The claim's line, without LF.
    claim: String,
    claim_path: Vec<Digest>,
    /// The status's line, without LF.
    status: String,
    status_path: Vec<Digest>,
}

/// Why there is no compact receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompactReceiptError {
    /// Not one in its one spelling.
    #[error("not `{PREFIX}` and a compact receipt in base45")]
    Form,
    /// The receipt that it was to be made from lacks something.
    #[error("the receipt lacks {0}")]
    Lacks(&'static str),
    /// Larger than a QR code.
    #[error("it would have {0} characters, and the largest QR code holds {MAX_CHARACTERS}; use the whole receipt")]
    TooLong(usize),
}

impl CompactReceipt {
    /// The compact form of a receipt.
    ///
    /// # Errors
    /// [`CompactReceiptError::Lacks`] or [`CompactReceiptError::TooLong`].
    pub fn new(receipt: &Receipt) -> Result<Self, CompactReceiptError> {
        let lacks = CompactReceiptError::Lacks;
        let file = |name: &'static str| receipt.files.get(name).ok_or(lacks(name));
        let line = |file: &'static str| receipt.records.iter().find(|proven| proven.file == file).ok_or(lacks(file));
        let manifest = Manifest::parse(file(layout::TAG_MANIFEST)?.as_bytes()).ok();
        let digest = |path| manifest.as_ref().and_then(|manifest| manifest.digest(path)).copied();
        let [Some(a), Some(b), Some(c), Some(d)] = layout::TAG_FILES.map(digest) else {
            return Err(lacks(layout::TAG_MANIFEST));
        };
        let seal = minisig::parse(file(layout::MINISIGN)?.as_bytes()).map_err(|_| lacks(layout::MINISIGN))?;
        let ProvenLine { index, line: claim, path: claim_path, .. } = line("claims.jsonl")?.clone();
        let ProvenLine { line: status, path: status_path, .. } = line(layout::STATUSES)?.clone();
        let compact = Self { tags: [a, b, c, d], seal, index, claim, claim_path, status, status_path };
        match compact.to_string().len() {
            length if length > MAX_CHARACTERS => Err(CompactReceiptError::TooLong(length)),
            _ => Ok(compact),
        }
    }

    /// Reads a compact receipt.
    ///
    /// # Errors
    /// [`CompactReceiptError::Form`].
    pub fn parse(text: &str) -> Result<Self, CompactReceiptError> {
        let read = || {
            let text = Some(text).filter(|text| text.len() <= MAX_CHARACTERS)?;
            let bytes = base45::decode(text.strip_prefix(PREFIX)?).ok()?;
            Self::read(&mut Cursor(&bytes)).filter(|read| read.to_string() == text)
        };
        read().ok_or(CompactReceiptError::Form)
    }

    fn read(bytes: &mut Cursor) -> Option<Self> {
        let (key_id, signature, global) = (bytes.array()?, bytes.array()?, bytes.array()?);
        let tags = [bytes.digest()?, bytes.digest()?, bytes.digest()?, bytes.digest()?];
        let length = u16::from_be_bytes(bytes.array()?);
        let comment = bytes.text(length.into())?;
        let seal = MinisignSignature::from_parts(key_id, signature, &comment, global).ok()?;
        let index = u64::from_be_bytes(bytes.array()?);
        let (claim, claim_path) = bytes.line()?;
        let (status, status_path) = bytes.line()?;
        bytes.0.is_empty().then_some(Self { tags, seal, index, claim, claim_path, status, status_path })
    }

    /// The tag manifest, which follows from the digests.
    pub fn tag_manifest(&self) -> String {
        let files = layout::TAG_FILES.into_iter().zip(self.tags);
        Manifest::new(files).to_string()
    }

    /// The signature over it.
    pub fn seal(&self) -> &MinisignSignature {
        &self.seal
    }

    /// The claim and its status, as lines of their files.
    pub fn lines(&self) -> [ProvenLine; 2] {
        let line = |file: &str, line: &str, path: &[Digest]| ProvenLine {
            file: file.to_owned(),
            index: self.index,
            line: line.to_owned(),
            path: path.to_vec(),
        };
        [line("claims.jsonl", &self.claim, &self.claim_path), line(layout::STATUSES, &self.status, &self.status_path)]
    }
}

impl fmt::Display for CompactReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let comment = self.seal.trusted_comment();
        let mut bytes = [&self.seal.key_id()[..], self.seal.signature(), self.seal.global_signature()].concat();
        self.tags.iter().for_each(|digest| bytes.extend(digest.as_bytes()));
        bytes.extend(u16::try_from(comment.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(comment.as_bytes());
        bytes.extend(self.index.to_be_bytes());
        for (line, path) in [(&self.claim, &self.claim_path), (&self.status, &self.status_path)] {
            bytes.extend(u32::try_from(line.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend(line.as_bytes());
            bytes.push(u8::try_from(path.len()).unwrap_or(u8::MAX));
            path.iter().for_each(|digest| bytes.extend(digest.as_bytes()));
        }
        write!(f, "{PREFIX}{}", base45::encode(bytes))
    }
}

/// What is left to be read.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn digest(&mut self) -> Option<Digest> {
        self.array().map(Digest::from_bytes)
    }

    fn text(&mut self, length: usize) -> Option<String> {
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn line(&mut self) -> Option<(String, Vec<Digest>)> {
        let length = u32::from_be_bytes(self.array()?);
        let line = self.text(length.try_into().ok()?)?;
        let [count] = self.array()?;
        let path = (0..count).map(|_| self.digest()).collect::<Option<_>>()?;
        Some((line, path))
    }
}
