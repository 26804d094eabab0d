//! Disclosures: a sealed text, or a passage of it, and everything that proves that it was sealed, in one file.
//!
//! One JSON object in canonical form, and LF. A receipt of the source's record brings the commitment. The whole text
//! comes with its secret, so that the commitment can be made again: nothing is left out and nothing added. A passage
//! comes with the salts of its segments and a proof; the secret stays one. Bytes that are UTF-8 are written as `text`,
//! others as `base64`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::canonical;
use super::commitment::{MAX_TEXT_BYTES, Opening, OpeningError, SealedText, Secret, Segment, Subject};
use super::receipt::Receipt;
use crate::model::digest::Digest;

/// Longest disclosure, in bytes: every byte of a text may become an escape of six.
pub const MAX_BYTES: usize = 7 * MAX_TEXT_BYTES;

/// What every disclosure begins with.
pub const PREFIX: &str = "{\"format\":\"affiant-disclosure-";

/// A disclosure as it is written. Whether it proves anything, only [`crate::stage::disclose::verify`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// The source's record, and that it was released.
    pub receipt: Receipt,
    /// What was sealed.
    pub disclosed: Disclosed,
}

/// What is disclosed of a sealed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disclosed {
    /// All of it, and its secret.
    Whole {
        /// Every byte of it.
        text: Vec<u8>,
        /// What its salts are derived from: no secret any more.
        secret: Secret,
    },
    /// Some words.
    Passage(Opening),
}

impl Disclosed {
    /// The disclosed bytes, once they are shown to have been sealed under the commitment.
    ///
    /// # Errors
    /// [`OpeningError`].
    pub fn verify(&self, commitment: Digest, subject: Subject) -> Result<Vec<u8>, OpeningError> {
        match self {
            Self::Passage(opening) => opening.verify(commitment, subject),
            Self::Whole { text, secret } => match SealedText::new(text, secret) {
                Ok(sealed) if sealed.commitment(subject) == commitment => Ok(text.clone()),
                _ => Err(OpeningError::Commitment),
            },
        }
    }
}

/// The bytes are not a disclosure in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    /// Not JSON, or not with these members.
    #[error("not a disclosure: {0}")]
    Form(String),
    /// Another spelling of a disclosure.
    #[error("not in canonical form (RFC 8785) with one LF at its end")]
    NotCanonical,
    /// Another format, of the disclosure or of its receipt.
    #[error("its format is {0:?}; this tool reads {FORMAT:?} with {RECEIPT:?}", FORMAT = Disclosure::FORMAT, RECEIPT = Receipt::FORMAT)]
    Format(String),
}

impl Disclosure {
    /// The format this tool writes.
    pub const FORMAT: &str = "affiant-disclosure-1";

    /// Reads a disclosure.
    ///
    /// # Errors
    /// [`DisclosureError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DisclosureError> {
        let form = |error: &str| DisclosureError::Form(error.to_owned());
        if bytes.len() > MAX_BYTES {
            return Err(form("it is too long"));
        }
        // Read straight into its few fields: a tree of JSON values would take many times the document's size.
        let document: Document = serde_json::from_slice(bytes).map_err(|error| form(&error.to_string()))?;
        for (format, known) in [(&document.format, Self::FORMAT), (&document.receipt.format, Receipt::FORMAT)] {
            if format != known {
                return Err(DisclosureError::Format(format.clone()));
            }
        }
        let disclosure = document.read().ok_or_else(|| form("it does not disclose exactly one thing"))?;
        if disclosure.to_bytes() == bytes { Ok(disclosure) } else { Err(DisclosureError::NotCanonical) }
    }

    /// The document.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = canonical::to_vec(&Document::of(self));
        bytes.push(b'\n');
        bytes
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passage: Option<PassageForm>,
    receipt: Receipt,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whole: Option<WholeForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PassageForm {
    first: u64,
    proof: Vec<Digest>,
    segments: Vec<SegmentForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    salt: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WholeForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    secret: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl Document {
    fn of(disclosure: &Disclosure) -> Self {
        let (passage, whole) = match &disclosure.disclosed {
            Disclosed::Whole { text, secret } => (None, Some(WholeForm::of(text, secret))),
            Disclosed::Passage(opening) => (Some(PassageForm::of(opening)), None),
        };
        Self { format: Disclosure::FORMAT.to_owned(), passage, receipt: disclosure.receipt.clone(), whole }
    }

    fn read(self) -> Option<Disclosure> {
        let disclosed = match (self.passage, self.whole) {
            (Some(passage), None) => Disclosed::Passage(passage.read()?),
            (None, Some(whole)) => whole.read()?,
            _ => return None,
        };
        Some(Disclosure { receipt: self.receipt, disclosed })
    }
}

impl PassageForm {
    fn of(opening: &Opening) -> Self {
        let segment = |segment: &Segment| {
            let (text, base64) = spelled(&segment.bytes);
            SegmentForm { base64, salt: segment.salt, text }
        };
        let segments = opening.segments.iter().map(segment).collect();
        Self { first: opening.first, proof: opening.proof.clone(), segments }
    }

    fn read(self) -> Option<Opening> {
        let segment = |form: SegmentForm| Some(Segment { bytes: bytes(form.text, form.base64)?, salt: form.salt });
        let segments = self.segments.into_iter().map(segment).collect::<Option<_>>()?;
        Some(Opening { first: self.first, segments, proof: self.proof })
    }
}

impl WholeForm {
    fn of(text: &[u8], secret: &Secret) -> Self {
        let (text, base64) = spelled(text);
        Self { base64, secret: Digest::from_bytes(*secret.as_bytes()), text }
    }

    fn read(self) -> Option<Disclosed> {
        let secret = Secret::from_bytes(*self.secret.as_bytes());
        Some(Disclosed::Whole { text: bytes(self.text, self.base64)?, secret })
    }
}

/// Bytes as text if they are UTF-8, else in base64.
fn spelled(bytes: &[u8]) -> (Option<String>, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Some(text.to_owned()), None),
        Err(_) => (None, Some(STANDARD.encode(bytes))),
    }
}

fn bytes(text: Option<String>, base64: Option<String>) -> Option<Vec<u8>> {
    match (text, base64) {
        (Some(text), None) => Some(text.into_bytes()),
        (None, Some(base64)) => STANDARD.decode(base64).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::id::Id;

    const TEXT: &[u8] = b"We were told to say three.\nIt was seven.\n";

    fn secret() -> Secret {
        Secret::from_bytes([7; 32])
    }

    fn receipt() -> Receipt {
        let files = [("release.json".to_owned(), "{}\n".to_owned())].into();
        Receipt { format: Receipt::FORMAT.to_owned(), files, records: Vec::new() }
    }

    fn passage(text: &[u8]) -> Disclosure {
        let secret = secret();
        let opening = SealedText::new(text, &secret).expect("a text").open(0..1).expect("a segment");
        Disclosure { receipt: receipt(), disclosed: Disclosed::Passage(opening) }
    }

    fn whole(text: &[u8]) -> Disclosure {
        Disclosure { receipt: receipt(), disclosed: Disclosed::Whole { text: text.to_vec(), secret: secret() } }
    }

    fn print(disclosure: &Disclosure) -> String {
        String::from_utf8(disclosure.to_bytes()).expect("UTF-8")
    }

    #[test]
    fn the_whole_text_and_its_secret_are_readable() {
        let secret = "07".repeat(32);
        let receipt = r#"{"files":{"release.json":"{}\n"},"format":"affiant-receipt-1","records":[]}"#;
        let told = format!(r#"{{"secret":"{secret}","text":"We were told to say three.\nIt was seven.\n"}}"#);
        let expected = format!(r#"{{"format":"affiant-disclosure-1","receipt":{receipt},"whole":{told}}}"#);
        assert_eq!(print(&whole(TEXT)), expected + "\n");
        assert!(print(&whole(TEXT)).starts_with(PREFIX) && print(&passage(TEXT)).starts_with(PREFIX));
        assert!(print(&whole(b"caf\xe9")).contains(r#"{"base64":"Y2Fm6Q==","#));
        assert!(print(&passage(TEXT)).contains(r#""passage":{"first":0,"#));
        assert!(!print(&passage(TEXT)).contains(&secret));
    }

    #[test]
    fn what_was_sealed_holds_and_nothing_else() {
        let id = |id: &str| id.parse::<Id>().expect("an id");
        let (dataset, source, secret) = (id("harbour"), id("letter-01"), secret());
        let subject = Subject { dataset: &dataset, source: &source };
        let commitment = SealedText::new(TEXT, &secret).expect("a text").commitment(subject);
        let verify = |disclosure: Disclosure| disclosure.disclosed.verify(commitment, subject);
        assert_eq!(verify(whole(TEXT)), Ok(TEXT.to_vec()));
        assert_eq!(verify(passage(TEXT)), Ok(b"We ".to_vec()));
        assert_eq!(verify(whole(&TEXT[..26])), Err(OpeningError::Commitment));
        assert_eq!(verify(whole(b"")), Err(OpeningError::Commitment));
        assert_eq!(verify(passage(b"We are well.")), Err(OpeningError::Commitment));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let text = print(&whole(TEXT));
        for (old, new) in [
            ("}\n", "}"),
            ("}\n", "}\n\n"),
            ("}\n", "}\r\n"),
            ("{\"format", " {\"format"),
            ("We were", "\\u0057e were"),
            ("\"text\":", "\"base64\":null,\"text\":"),
            ("\"whole\":", "\"passage\":null,\"whole\":"),
        ] {
            let bad = text.replacen(old, new, 1);
            assert!(bad != text);
            assert_eq!(Disclosure::parse(bad.as_bytes()), Err(DisclosureError::NotCanonical), "{bad}");
        }
        let base64 = STANDARD.encode("We were told to say three.\nIt was seven.\n");
        let as_base64 = format!("{{\"base64\":\"{base64}\",\"secret\":\"{}\"}}", "07".repeat(32));
        let (before, _) = text.split_once("{\"secret\"").expect("the secret");
        let bad = format!("{before}{as_base64}}}\n");
        assert_eq!(Disclosure::parse(bad.as_bytes()), Err(DisclosureError::NotCanonical), "{bad}");
    }

    #[test]
    fn what_is_no_disclosure_is_refused() {
        let (text, other) = (print(&whole(TEXT)), print(&passage(TEXT)));
        let (_, rest) = other.split_once("\"passage\":").expect("a passage");
        let (opened, _) = rest.split_once(",\"receipt\"").expect("the end of it");
        for bad in [
            String::new(),
            "{}\n".to_owned(),
            text.replace("\"whole\":", "\"more\":1,\"whole\":"),
            text.replace("\"receipt\":", &format!("\"passage\":{opened},\"receipt\":")),
            text.replace("\"receipt\":", "\"receipt\":{},\"receipt\":"),
            text.replace("\"records\":", "\"more\":1,\"records\":"),
            text.replace("\"text\":", "\"base64\":\"\",\"text\":"),
            text.replace("\"text\":", "\"secret\":"),
            text.replace("0707", "070"),
            text.replace("0707", "0A07"),
            text.replace("We were", "\\ud83d were"),
            other.replace(&format!("\"passage\":{opened},"), ""),
            other.replace("\"first\":0", "\"first\":-1"),
            other.replace("\"first\":0", "\"first\":0.5"),
            format!("{}{text}", "[".repeat(100_000)),
        ] {
            assert!(bad != text && bad != other);
            assert!(matches!(Disclosure::parse(bad.as_bytes()), Err(DisclosureError::Form(_))), "{bad}");
        }
        for format in ["affiant-disclosure-2", "affiant-receipt-2"] {
            let bad = text.replace(&format.replace('2', "1"), format);
            assert_eq!(Disclosure::parse(bad.as_bytes()), Err(DisclosureError::Format(format.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(text in proptest::collection::vec(any::<u8>(), 1..60)) {
            for disclosure in [whole(&text), passage(&text)] {
                prop_assert_eq!(Disclosure::parse(&disclosure.to_bytes()), Ok(disclosure));
            }
        }

        #[test]
        fn what_parses_prints_back(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            for disclosure in [whole(TEXT), passage(TEXT)] {
                let mut bytes = disclosure.to_bytes();
                let at = at.index(bytes.len());
                bytes[at] = byte;
                if let Ok(read) = Disclosure::parse(&bytes) {
                    prop_assert_eq!(read.to_bytes(), bytes);
                }
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            _ = Disclosure::parse(&bytes);
        }
    }
}
