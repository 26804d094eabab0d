//! A text with signatures below it, one a line (C2SP signed-note), and the timed signatures of witnesses (C2SP
//! tlog-cosignature).
//!
//! A note carries names and key ids, never keys: the reader brings the [`NoteKey`] of whom they trust. Lines of keys
//! that the reader does not know say nothing, and do no harm.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::ed25519::{Signer, SignerError};
use super::note_key::is_name;

pub use super::note_key::{NoteAlgorithm, NoteKey, NoteKeyError};

/// Longest note, in bytes.
pub const MAX_BYTES: usize = 1 << 17;

/// Most signatures below a text.
pub const MAX_SIGNATURES: usize = 16;

/// Latest time of a cosignature: a signed 64-bit number must hold it.
pub const MAX_TIME: u64 = i64::MAX as u64;

/// A text and the signatures below it; whether they hold, only [`Note::verify`] and [`Note::cosignature`] tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// With its last line feed.
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One line below a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

/// Why a note is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a text and signatures in their one spelling.
    #[error("not lines of text, an empty line, and lines of `\u{2014} name base64`")]
    Form,
    /// More than [`MAX_BYTES`].
    #[error("longer than {MAX_BYTES} bytes")]
    Length,
    /// More than [`MAX_SIGNATURES`].
    #[error("more than {MAX_SIGNATURES} signatures")]
    TooMany,
    /// Two signatures of one name and id.
    #[error("two signatures by {0:?} with the same key id")]
    Repeated(String),
    /// A key that makes another kind of signature was asked for.
    #[error("the key of {0:?} does not make this kind of signature")]
    Algorithm(String),
    /// No signature of this name and id.
    #[error("not signed by {0:?} with this key")]
    Unsigned(String),
    /// Another text, or another key.
    #[error("the signature by {0:?} does not hold for this text")]
    Signature(String),
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError`]s up to [`NoteError::Repeated`].
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, NoteError> {
        let bytes = bytes.as_ref();
        if bytes.len() > MAX_BYTES {
            return Err(NoteError::Length);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::Form)?;
        let (lines, signatures) = whole.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let mut note = Self { text: format!("{lines}\n"), signatures: Vec::new() };
        if !is_text(&note.text) {
            return Err(NoteError::Form);
        }
        for line in signatures.split_inclusive('\n') {
            note.add(NoteSignature::parse(line)?)?;
        }
        if note.signatures.is_empty() { Err(NoteError::Form) } else { Ok(note) }
    }

    /// The note of `text` with one signature, by the key of the log called `origin`.
    ///
    /// # Panics
    /// If `origin` is no name of a key, or `text` no text of a note.
    ///
    /// # Errors
    /// The signer's own.
    pub fn sign(signer: &dyn Signer, origin: &str, text: &str) -> Result<Self, SignerError> {
        assert!(is_text(text), "a note's text is whole lines without control characters");
        let key = NoteKey::log(origin, signer.verifying_key()).unwrap_or_else(|error| panic!("{origin:?}: {error}"));
        let bytes = signer.sign(text.as_bytes())?.to_vec();
        Ok(Self { text: text.to_owned(), signatures: vec![NoteSignature::by(&key, bytes)] })
    }

    /// The text that is signed, with its last line feed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures in their order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Takes one more signature, unchecked.
    ///
    /// # Errors
    /// [`NoteError::TooMany`] or [`NoteError::Repeated`].
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), NoteError> {
        if self.find(&signature.name, signature.id).is_some() {
            return Err(NoteError::Repeated(signature.name));
        }
        if self.signatures.len() == MAX_SIGNATURES {
            return Err(NoteError::TooMany);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Checks that the holder of a log's `key` signed the text.
    ///
    /// # Errors
    /// [`NoteError::Algorithm`], [`NoteError::Unsigned`] or [`NoteError::Signature`].
    pub fn verify(&self, key: &NoteKey) -> Result<(), NoteError> {
        let name = || key.name().to_owned();
        if key.algorithm() != NoteAlgorithm::Ed25519 {
            return Err(NoteError::Algorithm(name()));
        }
        let signature = self.find(key.name(), key.id()).ok_or_else(|| NoteError::Unsigned(name()))?;
        check(key, self.text.as_bytes(), &signature.bytes)
    }

    /// The time, in Unix seconds, at which a `witness` signed the text; `None` if it did not.
    ///
    /// # Errors
    /// [`NoteError::Algorithm`], or [`NoteError::Signature`] if its signature is there and does not hold.
    pub fn cosignature(&self, witness: &NoteKey) -> Result<Option<u64>, NoteError> {
        let name = || witness.name().to_owned();
        if witness.algorithm() != NoteAlgorithm::Cosignature {
            return Err(NoteError::Algorithm(name()));
        }
        let Some(signature) = self.find(witness.name(), witness.id()) else { return Ok(None) };
        let (time, signature) = signature.bytes.split_first_chunk().ok_or_else(|| NoteError::Signature(name()))?;
        let time = u64::from_be_bytes(*time);
        if time > MAX_TIME {
            return Err(NoteError::Signature(name()));
        }
        check(witness, cosigned(time, &self.text).as_bytes(), signature)?;
        Ok(Some(time))
    }

    fn find(&self, name: &str, id: [u8; 4]) -> Option<&NoteSignature> {
        self.signatures.iter().find(|signature| signature.name == name && signature.id == id)
    }
}

/// The signature of the witness called `name`, who saw `text` at `time` in Unix seconds (at most [`MAX_TIME`]).
///
/// # Panics
/// If `name` is no name of a key.
///
/// # Errors
/// The signer's own.
pub fn cosign(signer: &dyn Signer, name: &str, time: u64, text: &str) -> Result<NoteSignature, SignerError> {
    let key = NoteKey::witness(name, signer.verifying_key()).unwrap_or_else(|error| panic!("{name:?}: {error}"));
    let signature = signer.sign(cosigned(time, text).as_bytes())?;
    Ok(NoteSignature::by(&key, [&time.to_be_bytes()[..], &signature].concat()))
}

/// What a witness signs (tlog-cosignature, "Ed25519 signed message").
fn cosigned(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

fn check(key: &NoteKey, message: &[u8], signature: &[u8]) -> Result<(), NoteError> {
    let holds = signature.try_into().is_ok_and(|bytes| key.verifying_key().verify(message, bytes).is_ok());
    if holds { Ok(()) } else { Err(NoteError::Signature(key.name().to_owned())) }
}

fn is_text(text: &str) -> bool {
    text.ends_with('\n') && text.chars().all(|c| c == '\n' || c >= ' ')
}

impl NoteSignature {
    fn by(key: &NoteKey, bytes: Vec<u8>) -> Self {
        Self { name: key.name().to_owned(), id: key.id(), bytes }
    }

    fn parse(line: &str) -> Result<Self, NoteError> {
        let line = line.strip_prefix("\u{2014} ").and_then(|rest| rest.strip_suffix('\n')).ok_or(NoteError::Form)?;
        let (name, base64) = line.split_once(' ').filter(|(name, _)| is_name(name)).ok_or(NoteError::Form)?;
        let bytes = BASE64.decode(base64).map_err(|_| NoteError::Form)?;
        match bytes.split_first_chunk() {
            Some((id, bytes)) if !bytes.is_empty() => {
                Ok(Self { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
            }
            _ => Err(NoteError::Form),
        }
    }

    /// Who is said to have signed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the key.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id[..], &self.bytes].concat();
        writeln!(f, "\u{2014} {} {}", self.name, BASE64.encode(bytes))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| signature.fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;

    /// The example of C2SP signed-note and its key.
    const EXAMPLE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2\
        ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    /// Computed by Python's `cryptography` from the seeds 7, 7, ... (the log) and 8, 8, ... (the witness).
    const TEXT: &str = "affiant/harbour\n3\nQ/Kh4OgpxIFeRvWliB7k3Pu1LFuMKI9lpGh0kJHjjew=\n";
    const LOG_LINE: &str = "\u{2014} affiant/harbour Zj93T2anlq0yPe7Zt3O90xYaRuMm8RJX1X/LSW7zwy4SRPCr7MwW5vrrSEOAdOGiWkB8C6\
        ztLtRTEJ1k61fZaUYGRgY=\n";
    const WITNESS_LINE: &str = "\u{2014} witness.example/w1 /qOxhwAAAABkGFDLDYSFgamL9OzFf93PO5FGdy8MJN+q+c4+lUCLOG/x6nkWcbjj\
        fHX6cfXB/MpDiXRxeaUGbio0SI02wCRjy17mAg==\n";
    const LOG: &str = "affiant/harbour+663f774f+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
    const WITNESS: &str = "witness.example/w1+fea3b187+BBOY9ixtGkV8UbpqS189vS9p/KkyFiGNyJl+QWvRfZPK";
    const TIME: u64 = 1_679_315_147;

    fn key(vkey: &str) -> NoteKey {
        vkey.parse().expect(vkey)
    }

    fn signer(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    fn cosigned_note() -> String {
        format!("{TEXT}\n{LOG_LINE}{WITNESS_LINE}")
    }

    #[test]
    fn the_example_of_the_specification() {
        let note = Note::parse(EXAMPLE).expect("a note");
        assert_eq!(note.text(), "This is an example message.\n");
        assert_eq!(note.verify(&key(EXAMPLE_KEY)), Ok(()));
        assert_eq!(note.to_string(), EXAMPLE);
        let other = Note::parse(EXAMPLE.replacen("an example", "no example", 1)).expect("a note");
        assert_eq!(other.verify(&key(EXAMPLE_KEY)), Err(NoteError::Signature("example.com/foo".to_owned())));
    }

    #[test]
    fn signs_and_cosigns_as_another_implementation_does() {
        let mut note = Note::sign(&signer(7), "affiant/harbour", TEXT).expect("signs");
        note.add(cosign(&signer(8), "witness.example/w1", TIME, TEXT).expect("signs")).expect("room");
        assert_eq!(note.to_string(), cosigned_note());
        let note = Note::parse(cosigned_note()).expect("a note");
        assert_eq!(note.verify(&key(LOG)), Ok(()));
        assert_eq!(note.cosignature(&key(WITNESS)), Ok(Some(TIME)));
    }

    #[test]
    fn a_signature_holds_for_its_name_key_kind_and_text_only() {
        let note = Note::parse(cosigned_note()).expect("a note");
        let (log, witness) = (signer(7).verifying_key(), signer(8).verifying_key());
        let unsigned = |name: &str| Err(NoteError::Unsigned(name.to_owned()));
        let of_log = |name: &str, key| note.verify(&NoteKey::log(name, key).expect("a name"));
        assert_eq!(of_log("affiant/harbour", witness.clone()), unsigned("affiant/harbour"));
        assert_eq!(of_log("affiant/port", log.clone()), unsigned("affiant/port"));
        assert_eq!(of_log("witness.example/w1", witness), unsigned("witness.example/w1"));
        assert_eq!(note.cosignature(&NoteKey::witness("affiant/harbour", log).expect("a name")), Ok(None));
        assert_eq!(note.verify(&key(WITNESS)), Err(NoteError::Algorithm("witness.example/w1".to_owned())));
        assert_eq!(note.cosignature(&key(LOG)), Err(NoteError::Algorithm("affiant/harbour".to_owned())));

        let other = Note::parse(cosigned_note().replacen("\n3\n", "\n4\n", 1)).expect("a note");
        assert_eq!(other.verify(&key(LOG)), Err(NoteError::Signature("affiant/harbour".to_owned())));
        assert_eq!(other.cosignature(&key(WITNESS)), Err(NoteError::Signature("witness.example/w1".to_owned())));
    }

    #[test]
    fn a_cosignature_is_as_long_as_it_is_and_of_a_time_that_exists() {
        let witness = key(WITNESS);
        let bad = Err(NoteError::Signature("witness.example/w1".to_owned()));
        let late = cosign(&signer(8), witness.name(), MAX_TIME + 1, TEXT).expect("signs");
        let good = cosign(&signer(8), witness.name(), MAX_TIME, TEXT).expect("signs");
        let longer = NoteSignature::by(&witness, [&good.bytes[..], &[0]].concat());
        let timeless = NoteSignature::by(&witness, good.bytes[8..].to_vec());
        let short = NoteSignature::by(&witness, vec![0; 7]);
        for (signature, result) in [
            (good, Ok(Some(MAX_TIME))),
            (late, bad.clone()),
            (longer, bad.clone()),
            (timeless, bad.clone()),
            (short, bad.clone()),
        ] {
            let note = Note { text: TEXT.to_owned(), signatures: vec![signature] };
            assert_eq!(note.cosignature(&witness), result);
        }
    }

    #[test]
    fn sixteen_signatures_of_different_keys_and_no_more() {
        let line = |n: usize| WITNESS_LINE.replacen("/w1", &format!("/w{n}"), 1);
        let note = |n: usize| format!("{TEXT}\n{}", (0..n).map(line).collect::<String>());
        assert_eq!(Note::parse(note(MAX_SIGNATURES)).map(|note| note.to_string()), Ok(note(MAX_SIGNATURES)));
        assert_eq!(Note::parse(note(MAX_SIGNATURES + 1)), Err(NoteError::TooMany));
        let twice = Err(NoteError::Repeated("affiant/harbour".to_owned()));
        assert_eq!(Note::parse(format!("{TEXT}\n{LOG_LINE}{LOG_LINE}")), twice);
        // The same name with another id is another key.
        let other_id = LOG_LINE.replacen("Zj93", "Zj94", 1);
        assert_eq!(Note::parse(format!("{TEXT}\n{other_id}{LOG_LINE}")).map(|note| note.verify(&key(LOG))), Ok(Ok(())));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let note = cosigned_note();
        for bad in [
            String::new(),
            TEXT.to_owned(),
            format!("{TEXT}\n"),
            format!("{TEXT}{LOG_LINE}"),
            format!("\n{LOG_LINE}"),
            format!("{note}\n"),
            format!("{note}x"),
            format!("{note} "),
            note.trim_end().to_owned(),
            note.replace('\n', "\r\n"),
            note.replacen("harbour\n", "harbour\t\n", 1),
            note.replacen('\u{2014}', "-", 1),
            note.replacen("\u{2014} ", "\u{2014}  ", 1),
            note.replacen("w1 ", "w1  ", 1),
            note.replacen("w1 ", "w+1 ", 1),
            note.replacen("w1 ", "w\u{2003}1 ", 1),
            note.replacen("Ag==\n", "Ag=\n", 1),
            note.replacen("Ag==\n", "Ag==\n ", 1),
            note.replacen("Ag==\n", "Ah==\n", 1),
            format!("{TEXT}\n\u{2014} short Zj93Tw==\n"),
        ] {
            assert_eq!(Note::parse(&bad), Err(NoteError::Form), "{bad:?}");
        }
        assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::Form));
        assert_eq!(Note::parse("\n".repeat(MAX_BYTES + 1)), Err(NoteError::Length));
    }

    #[test]
    fn a_text_may_have_empty_lines() {
        for text in ["\n", "\n\n", "a\n\n\nb\n", "\u{2014} a\n\n"] {
            let note = Note::sign(&signer(7), "affiant/harbour", text).expect("signs");
            let read = Note::parse(note.to_string()).expect("a note");
            assert_eq!((read.text(), read.verify(&key(LOG))), (text, Ok(())));
        }
    }

    proptest! {
        #[test]
        fn a_changed_byte_never_holds(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = cosigned_note().into_bytes();
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            if let Ok(note) = Note::parse(&bytes) {
                prop_assert_eq!(note.to_string().into_bytes(), bytes);
                let both = note.verify(&key(LOG)).is_ok() && note.cosignature(&key(WITNESS)) == Ok(Some(TIME));
                prop_assert!(!both);
            }
        }

        #[test]
        fn what_parses_prints_back_identically(
            text in "([a-z \n]|\n\n|\u{2014} ){0,12}\n\n(\u{2014} [a-z+]{1,2} [A-Za-z0-9+/]{7}[A-Za-z=]\n){0,3}\n?"
        ) {
            if let Ok(note) = Note::parse(&text) {
                prop_assert_eq!(note.to_string(), text);
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            _ = Note::parse(&bytes);
        }
    }
}
