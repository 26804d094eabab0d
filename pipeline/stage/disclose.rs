//! What is shown later of a sealed text, and whether it was sealed.

use std::ops::Range;

use super::batch::released_lines;
use super::folder::Folder;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::commitment::{SealedText, Subject};
use crate::format::disclosure::{Disclosed, Disclosure};
use crate::format::salt::SaltFile;
use crate::format::{canonical, jsonl, layout};
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::source::{Source, TextRights};
use crate::model::span::Span;

/// How much of a sealed text is to be disclosed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it. Its secret is none from then on.
    Whole,
    /// The words in which these bytes stand.
    Words(Span),
}

/// The canonical line of a source in a release.
///
/// # Errors
/// [`Error::Usage`] if there is none; I/O.
pub fn released_line(release: &dyn Folder, source: &Id) -> Result<String> {
    let path = format!("{}{}", layout::PAYLOAD, RecordKind::Source.file());
    for line in released_lines(release.open(&path)?) {
        let line = String::from_utf8_lossy(&line.map_err(Error::io(release.display(&path)))?).into_owned();
        if read_source(&line).is_some_and(|read| read.id == *source) {
            return Ok(line);
        }
    }
    Err(Error::Usage(format!("{} has no source {source}", release.display(&path))))
}

/// Discloses a sealed text, whose source's record was released as `line`, a canonical line, in the dataset.
///
/// # Errors
/// [`Error::Refused`] if text, salt file and record do not belong together: what would be made could not be verified.
pub fn disclose(line: &str, dataset: &Id, text: &[u8], salt: &SaltFile, extent: Extent) -> Result<Disclosure> {
    let (source, commitment) = sealed_source(line).map_err(Error::Refused)?;
    let subject = Subject { dataset, source: &source.id };
    if salt.subject() != subject {
        let message =
            format!("the salt file is that of {} in {}, not of {} in {dataset}", salt.source, salt.dataset, source.id);
        return Err(Error::Refused(message));
    }
    let sealed = SealedText::new(text, &salt.secret).map_err(|error| Error::Refused(error.to_string()))?;
    if sealed.commitment(subject) != commitment {
        let message =
            format!("this text, byte for byte, and this salt file do not give the commitment of {}", source.id);
        return Err(Error::Refused(message));
    }
    let disclosed = match extent {
        Extent::Whole => Disclosed::Whole { text: text.to_vec(), secret: salt.secret.clone() },
        Extent::Words(span) => {
            let opening = sealed.segments_at(span).and_then(|passage| sealed.open(passage));
            Disclosed::Passage(opening.ok_or_else(|| Error::Refused(format!("the text has no bytes {span}")))?)
        }
    };
    Ok(Disclosure { source: line.to_owned(), disclosed })
}

/// The sealed source in a released line, and its commitment; or what it is instead.
fn sealed_source(line: &str) -> Result<(Source, Digest), String> {
    let source = read_source(line).ok_or("the line is not the record of a source in canonical form")?;
    match source.commitment.filter(|_| source.rights.text == TextRights::Sealed) {
        Some(commitment) => Ok((source, commitment)),
        None => Err(format!("{} is no sealed source with a commitment", source.id)),
    }
}

fn read_source(line: &str) -> Option<Source> {
    let value = jsonl::parse(line.as_bytes()).ok()?;
    canonical::is_canonical(line.as_bytes(), &value).then(|| serde_json::from_value(value).ok())?
}

/// What a disclosure shows, once it is shown to have been sealed: only [`verify`] makes one.
#[derive(Clone, Debug)]
pub struct VerifiedDisclosure {
    source: Source,
    bytes: Vec<u8>,
    passage: Option<Range<u64>>,
}

impl VerifiedDisclosure {
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

/// Holds a disclosure against the commitment in its source's record, for a record released in the dataset. That it was
/// released is another matter.
pub fn verify(disclosure: &Disclosure, dataset: &Id, file: &str) -> Outcome<Option<VerifiedDisclosure>> {
    let mut findings = Findings::default();
    let value =
        held(disclosure, dataset).map_err(|why| findings.push(Finding::of_file(Code::DisclosureMismatch, file, why)));
    Outcome { value: value.ok(), findings }
}

fn held(disclosure: &Disclosure, dataset: &Id) -> Result<VerifiedDisclosure, String> {
    let (source, commitment) = sealed_source(&disclosure.source)?;
    let subject = Subject { dataset, source: &source.id };
    let bytes = disclosure.disclosed.verify(commitment, subject).map_err(|error| error.to_string())?;
    let passage = match &disclosure.disclosed {
        Disclosed::Whole { .. } => None,
        Disclosed::Passage(opening) => Some(opening.passage()),
    };
    Ok(VerifiedDisclosure { source, bytes, passage })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::commitment::Secret;

    const TEXT: &[u8] = b"We were told to say three.\nIt was seven.\n";

    fn id(id: &str) -> Id {
        id.parse().expect("an id")
    }

    fn salt() -> SaltFile {
        SaltFile { dataset: id("harbour"), source: id("letter-01"), secret: Secret::from_bytes([7; 32]) }
    }

    /// The record of the sealed letter, as it was released.
    fn line() -> String {
        let salt = salt();
        let commitment = SealedText::new(TEXT, &salt.secret).expect("a text").commitment(salt.subject());
        format!(
            r#"{{"captures":[],"commitment":"{commitment}","id":"letter-01","lang":"und","publisher":"person-01","rights":{{"holder":"person-01","text":"sealed"}}}}"#
        )
    }

    fn seven() -> Extent {
        Extent::Words(Span::new(34, 39).expect("a span"))
    }

    fn refusal(line: &str, dataset: &str, text: &[u8], salt: &SaltFile, extent: Extent) -> String {
        disclose(line, &id(dataset), text, salt, extent).expect_err("refused").to_string()
    }

    fn why(disclosure: &Disclosure, dataset: &str) -> String {
        let outcome = verify(disclosure, &id(dataset), "file");
        assert!(outcome.value.is_none());
        let [finding] = outcome.findings.kept() else { panic!("one finding") };
        assert_eq!(finding.code, Code::DisclosureMismatch);
        finding.message.clone()
    }

    #[test]
    fn what_was_sealed_is_shown_and_nothing_else() {
        for (extent, words, passage) in [(Extent::Whole, TEXT, None), (seven(), &b"seven.\n"[..], Some(8..9))] {
            let disclosure = disclose(&line(), &id("harbour"), TEXT, &salt(), extent).expect("belong together");
            let shown = verify(&disclosure, &id("harbour"), "file").value.expect("it was sealed");
            assert_eq!((shown.bytes(), shown.passage()), (words, passage));
            assert_eq!(shown.source().id, id("letter-01"));
        }
    }

    #[test]
    fn what_does_not_belong_together_is_not_disclosed() {
        let (line, salt) = (line(), salt());
        let unsealed = line.replace("sealed", "withheld");
        let other = SaltFile { secret: Secret::from_bytes([8; 32]), ..salt.clone() };
        let far = Extent::Words(Span::new(41, 42).expect("a span"));
        for (refused, expected) in [
            (refusal(&line, "harbour", &TEXT[1..], &salt, seven()), "do not give the commitment of letter-01"),
            (refusal(&line, "harbour", TEXT, &other, seven()), "do not give the commitment of letter-01"),
            (refusal(&line, "harbour", b"", &salt, seven()), "cannot be sealed"),
            (refusal(&line, "mine", TEXT, &salt, seven()), "of letter-01 in harbour, not of letter-01 in mine"),
            (refusal(&unsealed, "harbour", TEXT, &salt, seven()), "no sealed source with a commitment"),
            (refusal("{}", "harbour", TEXT, &salt, seven()), "not the record of a source"),
            (refusal(&line, "harbour", TEXT, &salt, far), "no bytes 41..42"),
        ] {
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn what_was_not_sealed_is_refused() {
        let good = disclose(&line(), &id("harbour"), TEXT, &salt(), seven()).expect("belong together");
        let with = |source: String| Disclosure { source, ..good.clone() };
        let commitment = Digest::of(b"another commitment").to_string();
        let other = line().replace(&line()[29..93], &commitment);
        for (refused, expected) in [
            (why(&good, "mine"), "does not lead to the commitment"),
            (why(&with(line().replace("letter-01", "letter-02")), "harbour"), "does not lead to the commitment"),
            (why(&with(other), "harbour"), "does not lead to the commitment"),
            (why(&with(line().replace("sealed", "withheld")), "harbour"), "no sealed source"),
            (why(&with(line().replace("\"id\"", " \"id\"")), "harbour"), "canonical form"),
        ] {
            assert!(refused.contains(expected), "{refused}");
        }
    }
}
