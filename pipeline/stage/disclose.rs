//! What is shown later of a sealed text, and whether it was sealed.

use std::ops::Range;

use super::folder::Folder;
use super::receipt;
use super::verify::{Request, VerifiedHead};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Outcome};
use crate::format::commitment::{SealedText, Subject};
use crate::format::disclosure::{Disclosed, Disclosure};
use crate::format::receipt::Receipt;
use crate::format::salt::SaltFile;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::source::{Source, TextRights};
use crate::model::span::Span;

/// How much of a sealed text is to be disclosed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it, and its secret.
    Whole,
    /// The words in which these bytes stand.
    Words(Span),
}

/// Discloses the text of the salt file's source, which a release has, verified or not.
///
/// # Errors
/// [`Error::Usage`] if the release has no such source; [`Error::Refused`] if release, text and salt file do not belong
/// together, so that nobody could verify what would be made.
pub fn disclose(release: &dyn Folder, text: &[u8], salt: &SaltFile, extent: Extent) -> Result<Disclosure> {
    let receipt = receipt::of_source(release, &salt.source)?;
    if receipt.records.is_empty() {
        return Err(Error::Usage(format!("{} has no source {}", release.display(""), salt.source)));
    }
    let (_, commitment) = sealed_source(&receipt).map_err(Error::Refused)?;
    let disclosed = opened(text, salt, extent, commitment).map_err(Error::Refused)?;
    Ok(Disclosure { receipt, disclosed })
}

/// What is disclosed, if it is what was sealed.
fn opened(text: &[u8], salt: &SaltFile, extent: Extent, commitment: Digest) -> Result<Disclosed, String> {
    let sealed = SealedText::new(text, &salt.secret).map_err(|error| error.to_string())?;
    if sealed.commitment(salt.subject()) != commitment {
        let SaltFile { dataset, source, .. } = salt;
        return Err(format!(
            "this text, byte for byte, and this salt file do not give the commitment of {source} in {dataset}"
        ));
    }
    match extent {
        Extent::Whole => Ok(Disclosed::Whole { text: text.to_vec(), secret: salt.secret.clone() }),
        Extent::Words(span) => {
            let opening = sealed.segments_at(span).and_then(|passage| sealed.open(passage));
            opening.map(Disclosed::Passage).ok_or_else(|| format!("the text has no bytes {span}"))
        }
    }
}

/// The sealed source of a receipt, and its commitment; or what it holds instead.
fn sealed_source(receipt: &Receipt) -> Result<(Source, Digest), String> {
    let [proven] = &receipt.records[..] else {
        return Err(format!("it takes one record of a source, and here are {}", receipt.records.len()));
    };
    let source: Option<Source> = serde_json::from_str(&proven.line).ok();
    let source = source.filter(|_| proven.file == RecordKind::Source.file());
    let source =
        source.ok_or_else(|| format!("line {} of {} is not the record of a source", proven.index, proven.file))?;
    match source.commitment.filter(|_| source.rights.text == TextRights::Sealed) {
        Some(commitment) => Ok((source, commitment)),
        None => Err(format!("{} is no sealed source with a commitment", source.id)),
    }
}

/// What a disclosure shows, once it is shown to have been sealed and released: only [`verify`] makes one.
pub struct VerifiedDisclosure {
    head: VerifiedHead,
    source: Source,
    bytes: Vec<u8>,
    passage: Option<Range<u64>>,
}

impl VerifiedDisclosure {
    /// What the release's seals vouch for.
    pub fn head(&self) -> &VerifiedHead {
        &self.head
    }

    /// The sealed source.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The disclosed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Which words of the text they are, counted from 0; `None` if they are the whole text.
    pub fn passage(&self) -> Option<Range<u64>> {
        self.passage.clone()
    }
}

/// Verifies a disclosure: its receipt, and then that what it shows leads to the commitment in the source's record. The
/// request's folder is that of the receipt.
pub fn verify(disclosure: &Disclosure, request: Request) -> Result<Outcome<Option<VerifiedDisclosure>>> {
    let name = request.folder.display("");
    let Outcome { value, mut findings } = receipt::verify_lines(&disclosure.receipt, request)?;
    let value = value.and_then(|head| {
        let held = held(disclosure, &head.info().dataset);
        let (source, bytes) =
            held.map_err(|why| findings.push(Finding::of_file(Code::DisclosureMismatch, name, why))).ok()?;
        let passage = match &disclosure.disclosed {
            Disclosed::Whole { .. } => None,
            Disclosed::Passage(opening) => Some(opening.passage()),
        };
        Some(VerifiedDisclosure { head, source, bytes, passage })
    });
    Ok(Outcome { value, findings })
}

/// The source and the disclosed bytes, held against the source's commitment.
fn held(disclosure: &Disclosure, dataset: &Id) -> Result<(Source, Vec<u8>), String> {
    let (source, commitment) = sealed_source(&disclosure.receipt)?;
    let subject = Subject { dataset, source: &source.id };
    let bytes = disclosure.disclosed.verify(commitment, subject).map_err(|error| error.to_string())?;
    Ok((source, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::commitment::Secret;
    use crate::format::receipt::ProvenLine;

    const TEXT: &[u8] = b"We were told to say three.\nIt was seven.\n";

    fn id(id: &str) -> Id {
        id.parse().expect("an id")
    }

    fn salt() -> SaltFile {
        SaltFile { dataset: id("harbour"), source: id("letter-01"), secret: Secret::from_bytes([7; 32]) }
    }

    fn commitment() -> Digest {
        let salt = salt();
        SealedText::new(TEXT, &salt.secret).expect("a text").commitment(salt.subject())
    }

    fn seven() -> Extent {
        Extent::Words(Span::new(34, 39).expect("a span"))
    }

    /// A disclosure by whoever holds the text, with the sealed letter's record as it was released.
    fn disclosure(extent: Extent) -> Disclosure {
        let (file, commitment) = (RecordKind::Source.file().to_owned(), commitment());
        let line = format!(
            r#"{{"captures":[],"commitment":"{commitment}","id":"letter-01","lang":"und","publisher":"person-01","rights":{{"holder":"person-01","text":"sealed"}}}}"#
        );
        let records = vec![ProvenLine { file, index: 0, line, path: Vec::new() }];
        let receipt = Receipt { format: Receipt::FORMAT.to_owned(), files: Default::default(), records };
        Disclosure { receipt, disclosed: opened(TEXT, &salt(), extent, commitment).expect("belong together") }
    }

    #[test]
    fn what_was_sealed_holds() {
        for (extent, words) in [(Extent::Whole, TEXT), (seven(), b"seven.\n")] {
            let (source, bytes) = held(&disclosure(extent), &id("harbour")).expect("it was sealed");
            assert_eq!((source.id, bytes.as_slice()), (id("letter-01"), words));
        }
    }

    #[test]
    fn what_does_not_belong_together_is_not_disclosed() {
        let refusal = |text, salt: SaltFile, extent| opened(text, &salt, extent, commitment()).expect_err("refused");
        let far = Extent::Words(Span::new(41, 42).expect("a span"));
        let other = SaltFile { secret: Secret::from_bytes([8; 32]), ..salt() };
        for (refused, expected) in [
            (refusal(&TEXT[1..], salt(), seven()), "do not give the commitment of letter-01 in harbour"),
            (refusal(TEXT, other, seven()), "do not give the commitment of letter-01 in harbour"),
            (refusal(TEXT, SaltFile { dataset: id("mine"), ..salt() }, seven()), "of letter-01 in mine"),
            (refusal(TEXT, SaltFile { source: id("letter-02"), ..salt() }, seven()), "of letter-02 in harbour"),
            (refusal(b"", salt(), Extent::Whole), "cannot be sealed"),
            (refusal(TEXT, salt(), far), "no bytes 41..42"),
        ] {
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn what_was_not_sealed_is_refused() {
        let good = disclosure(seven());
        let why = |edit: fn(&mut Disclosure)| {
            let mut spoiled = good.clone();
            edit(&mut spoiled);
            held(&spoiled, &id("harbour")).expect_err("refused")
        };
        let other = |text: &[u8]| {
            let salt = salt();
            let commitment = SealedText::new(text, &salt.secret).expect("a text").commitment(salt.subject());
            opened(text, &salt, Extent::Whole, commitment).expect("belong together")
        };
        fn swap(disclosure: &mut Disclosure, old: &str, new: &str) {
            let line = &mut disclosure.receipt.records[0].line;
            *line = line.replace(old, new);
        }
        assert!(held(&good, &id("mine")).is_err());
        assert!(held(&Disclosure { disclosed: other(b"It was three.\n"), ..good.clone() }, &id("harbour")).is_err());
        for (refused, expected) in [
            (why(|d| swap(d, "letter-01", "letter-02")), "does not lead to the commitment"),
            (why(|d| swap(d, &commitment().to_string(), &Digest::of(b"x").to_string())), "does not lead"),
            (why(|d| swap(d, "sealed", "withheld")), "letter-01 is no sealed source with a commitment"),
            (why(|d| swap(d, "\"commitment\"", "\"other\"")), "letter-01 is no sealed source with a commitment"),
            (why(|d| swap(d, "lang", "long")), "is not the record of a source"),
            (why(|d| d.receipt.records[0].file = "claims.jsonl".to_owned()), "is not the record of a source"),
            (why(|d| d.receipt.records.clear()), "here are 0"),
            (why(|d| d.receipt.records.extend(d.receipt.records.clone())), "here are 2"),
        ] {
            assert!(refused.contains(expected), "{refused}");
        }
    }
}
