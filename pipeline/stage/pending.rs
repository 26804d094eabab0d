//! Anchors that wait for their text. Claims stand in any order, and a text that is read anew for each of them is read a
//! hundred times over. So what must be held against texts that are not at hand is put by, on disk if it is much, and at
//! the end every text is read once for all anchors in it.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::iter::Peekable;
use std::ops::Range;

use super::batch::one_ahead;
use super::graph::Spot;
use super::hash::Texts;
use super::shelf::splits_character;
use super::sort::{RunReader, Scratch, Sortable, Sorted, Sorter};
use crate::error::Result;
use crate::model::claim::Anchor;
use crate::model::digest::Digest;
use crate::model::release_info::AnchorTally;
use crate::model::span::Span;

/// Most texts, and most anchors but for those of the last text, that are judged in one go, while the next are gathered.
const TEXTS: usize = 1 << 12;
const ANCHORS: usize = 1 << 15;

/// What is asked of a text: that these bytes of it have this digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    /// The number of the capture.
    capture: u32,
    start: u32,
    end: u32,
    sha256: Digest,
}

impl Waiting {
    /// What an anchor asks of the capture of this number, if that is all it asks: a quote must be the bytes that have
    /// the digest.
    pub fn new(anchor: &Anchor, capture: u32) -> Option<Self> {
        let (start, end) = (u32::try_from(anchor.span.start()).ok()?, u32::try_from(anchor.span.end()).ok()?);
        let is_quoted = anchor.quote.as_ref().is_none_or(|quote| Digest::of(quote.as_bytes()) == anchor.sha256);
        is_quoted.then_some(Self { capture, start, end, sha256: anchor.sha256 })
    }

    fn span(&self) -> Option<Span> {
        Span::new(self.start.into(), self.end.into()).ok()
    }
}

/// An anchor that was put by, and where its claim stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PutBy {
    asks: Waiting,
    spot: Spot,
}

impl Sortable for PutBy {
    const ROOM: usize = 4 << 20;

    fn size(&self) -> usize {
        size_of::<Self>()
    }

    fn write(&self, run: &mut impl Write) -> io::Result<u64> {
        let Self { asks: Waiting { capture, start, end, sha256 }, spot: Spot { file, line } } = self;
        for number in [capture, start, end, line] {
            run.write_all(&number.to_le_bytes())?;
        }
        run.write_all(&file.to_le_bytes())?;
        run.write_all(sha256.as_bytes())?;
        Ok(4 * 4 + 2 + 32)
    }

    fn read(run: &mut RunReader) -> io::Result<Self> {
        let mut number = || Ok::<u32, io::Error>(u32::from_le_bytes(run.array()?));
        let [capture, start, end, line] = [number()?, number()?, number()?, number()?];
        let file = u16::from_le_bytes(run.array()?);
        let sha256 = Digest::from_bytes(run.array()?);
        Ok(Self { asks: Waiting { capture, start, end, sha256 }, spot: Spot { file, line } })
    }
}

/// Anchors put by.
pub struct Pending<'a> {
    texts: &'a Texts<'a>,
    put_by: Sorter<'a, PutBy>,
}

impl<'a> Pending<'a> {
    /// Nothing waits.
    pub fn new(texts: &'a Texts<'a>, scratch: &'a dyn Scratch) -> Self {
        Self { texts, put_by: Sorter::new(scratch) }
    }

    /// Takes what the anchors of the claim at `spot` ask.
    pub fn put_by(&mut self, spot: Spot, anchors: Vec<Waiting>) -> Result<()> {
        anchors.into_iter().try_for_each(|asks| self.put_by.push(PutBy { asks, spot }))
    }

    /// Reads every text that was not read yet, or that anchors wait for. Says how many of these were held against their
    /// bytes, and where claims stand that are not borne out by them.
    pub fn finish(self) -> Result<(AnchorTally, BTreeSet<Spot>)> {
        let Self { texts, put_by } = self;
        let stretches = Stretches { texts, numbers: texts.numbers(), put_by: put_by.finish()?.peekable() };
        let (mut tally, mut misquoted) = (AnchorTally::default(), BTreeSet::new());
        one_ahead(stretches, |Stretch { asked, anchors }| {
            let judge = |asked: &Asked, text: Option<&[u8]>| text.map(|text| asked.misquoted(&anchors, text));
            let judged = texts.read_each(&asked, |asked| asked.number, judge)?;
            for (asked, judged) in asked.iter().zip(judged) {
                let tallied = if judged.is_some() { &mut tally.checked } else { &mut tally.not_checked };
                *tallied += asked.anchors.len() as u64;
                misquoted.extend(judged.unwrap_or_default());
            }
            Ok(())
        })?;
        Ok((tally, misquoted))
    }
}

/// Some texts, and the anchors that wait for them.
struct Stretch {
    asked: Vec<Asked>,
    anchors: Vec<PutBy>,
}

/// All texts that are to be read, in the order of their captures.
struct Stretches<'a> {
    texts: &'a Texts<'a>,
    numbers: Range<u32>,
    put_by: Peekable<Sorted<PutBy>>,
}

impl Stretches<'_> {
    fn fill(&mut self) -> Result<Stretch> {
        let (mut asked, mut anchors) = (Vec::new(), Vec::new());
        while anchors.len() < ANCHORS
            && asked.len() < TEXTS
            && let Some(number) = self.numbers.next()
        {
            let first = anchors.len();
            let is_further = |next: &Result<PutBy>| next.as_ref().is_ok_and(|next| next.asks.capture > number);
            while let Some(next) = self.put_by.next_if(|next| !is_further(next)) {
                anchors.push(next?);
            }
            if first < anchors.len() || !self.texts.is_known(number) {
                asked.push(Asked { number, anchors: first..anchors.len() });
            }
        }
        Ok(Stretch { asked, anchors })
    }
}

impl Iterator for Stretches<'_> {
    type Item = Result<Stretch>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.numbers.is_empty()).then(|| self.fill())
    }
}

/// A text to be read, and which anchors wait for it.
struct Asked {
    number: u32,
    anchors: Range<usize>,
}

impl Asked {
    /// Where claims stand that say of the text what it does not say.
    fn misquoted(&self, anchors: &[PutBy], text: &[u8]) -> Vec<Spot> {
        let anchors = &anchors[self.anchors.clone()];
        let spans: Vec<Option<Span>> = anchors.iter().map(|anchor| anchor.asks.span()).collect();
        let words = |span: &Option<Span>| span.and_then(|span| text.get(span.range())).unwrap_or_default();
        let digests = Digest::of_each(&spans.iter().map(words).collect::<Vec<_>>());
        let holds = |anchor: &PutBy, span: Option<Span>, digest| {
            digest == anchor.asks.sha256 && span.is_some_and(|span| !splits_character(text, span))
        };
        let judged = anchors.iter().zip(spans).zip(digests);
        judged
            .filter(|((anchor, span), digest)| !holds(anchor, *span, *digest))
            .map(|((anchor, _), _)| anchor.spot)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;
    use std::sync::atomic::{AtomicBool, Ordering};

    use serde_json::{Value, json};

    use super::*;
    use crate::finding::{Findings, Outcome};
    use crate::stage::check::{self, Checked, Request, Spelling};
    use crate::stage::folder::{Entry, Folder, Silent};
    use crate::stage::memory::{MemoryFolder, MemoryScratch, sorted_on_disk};

    const WORDS: &str = "Three people were hurt. Трое пострадали.";

    /// An anchor in a capture. What is said of its words is true but for `said`.
    fn anchor(capture: &str, span: [usize; 2], said: Option<&str>) -> Value {
        let words = WORDS.as_bytes().get(span[0]..span[1]).unwrap_or_default();
        let mut anchor = json!({ "capture": capture, "span": span, "sha256": Digest::of(words) });
        if let Some(said) = said {
            anchor["quote"] = json!(said);
        }
        anchor
    }

    fn misquoted(capture: &str, span: [usize; 2], quote: Option<&str>) -> Value {
        let mut anchor = anchor(capture, span, quote);
        anchor["sha256"] = json!(Digest::of(quote.unwrap_or("Nobody was.").as_bytes()));
        anchor
    }

    /// Claims with these anchors, by files. A text of `padding` bytes more is one of those that stand in the folder.
    fn dataset(files: &[(&str, &[Vec<Value>])], padding: usize) -> MemoryFolder {
        let source = |id: &str, text: &str, rights: &str| {
            let capture =
                json!({ "n": 1, "sha256": Digest::of(text.as_bytes()), "bytes": text.len(), "by": "us", "parts": [] });
            json!({ "id": id, "publisher": "us", "lang": "en", "rights": { "holder": "us", "text": rights },
                "captures": [capture] })
        };
        let (long, other) = (format!("{WORDS}{}", " ".repeat(padding)), format!("{WORDS} Again."));
        let dataset = json!({ "id": "d", "title": "D", "license": "CC0-1.0", "law": "living", "threshold": 1,
            "units": { "person": "one human being" }, "kinds": { "crowd": { "definition": "people present" } } });
        let agent = json!({ "id": "us", "kind": "org", "names": ["Us"], "privacy": "open" });
        let event = json!({ "id": "e", "label": "An event" });
        let sources = [
            source("long", &long, "included"),
            source("other", &other, "included"),
            source("page", WORDS, "included"),
            source("elsewhere", &format!("{WORDS} Elsewhere."), "withheld"),
            source("reprint", WORDS, "withheld"),
        ];
        let lines =
            |records: &[Value]| records.iter().map(|record| format!("{record}\n")).collect::<String>().into_bytes();
        let mut folder = MemoryFolder(BTreeMap::from([
            ("dataset.json".to_owned(), dataset.to_string().into_bytes()),
            ("agents.jsonl".to_owned(), lines(&[agent])),
            ("events.jsonl".to_owned(), lines(&[event])),
            ("sources.jsonl".to_owned(), lines(&sources)),
            ("texts/long.1.txt".to_owned(), long.into_bytes()),
            ("texts/other.1.txt".to_owned(), other.into_bytes()),
            ("texts/page.1.txt".to_owned(), WORDS.as_bytes().to_vec()),
        ]));
        for (file, claims) in files {
            let claim = |(number, at): (usize, &Vec<Value>)| {
                json!({ "id": format!("{file}-{number}"), "event": "e", "kind": "crowd", "stance": "asserts",
                    "value": { "text": "some" }, "when": "2022-01-05", "by": ["us"], "at": at })
            };
            let claims: Vec<Value> = claims.iter().enumerate().map(claim).collect();
            folder.0.insert(format!("claims/{file}.jsonl"), lines(&claims));
        }
        folder
    }

    fn checked(folder: &dyn Folder) -> Result<Outcome<Option<Checked>>> {
        let (spelling, scratch) = (Spelling::Free, &MemoryScratch);
        check::check(Request { folder, copies: None, spelling, scratch, progress: &Silent }, |_| (), |()| Ok(()))
    }

    /// What is said of such claims, and how many anchors were checked if nothing is wrong.
    fn reviewed(files: &[(&str, &[Vec<Value>])], padding: usize) -> (Findings, Option<AnchorTally>) {
        let outcome = checked(&dataset(files, padding)).expect("readable");
        (outcome.findings, outcome.value.map(|checked| checked.anchors()))
    }

    /// A folder in which a text is another one whenever it is read again.
    struct Changing(MemoryFolder, AtomicBool);

    impl Folder for Changing {
        fn entries(&self) -> Result<Vec<Entry>> {
            self.0.entries()
        }

        fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
            let is_other = path == "texts/page.1.txt" && self.1.swap(true, Ordering::Relaxed);
            if is_other { Ok(Box::new(&b"Nobody was hurt."[..])) } else { self.0.open(path) }
        }

        fn display(&self, path: &str) -> String {
            self.0.display(path)
        }
    }

    #[test]
    fn a_text_that_is_read_again_must_be_the_one_that_it_was() {
        // The second claim on the page comes when the page is no longer kept at hand.
        let captures = ["page.1", "long.1", "other.1", "page.1"];
        let claims = captures.map(|capture| vec![anchor(capture, [0, 5], None)]);
        let folder = dataset(&[("a", &claims)], PADDING);
        assert!(checked(&folder).expect("readable").value.is_some());
        let error = checked(&Changing(folder, AtomicBool::new(false))).map(drop).expect_err("another text");
        assert_eq!(error.to_string(), "texts/page.1.txt changed while it was being read; run it again");
    }

    /// More than is kept at hand.
    const PADDING: usize = 17 << 20;

    #[test]
    fn whoever_waits_is_judged_as_if_he_had_not() {
        let right = || anchor("page.1", [0, 22], Some("Three people were hurt"));
        let a = [
            vec![right(), anchor("long.1", [0, 5], None)],
            vec![misquoted("page.1", [0, 22], None)],
            vec![right(), misquoted("other.1", [0, 5], Some("Three people")), right()],
        ];
        let b = [
            vec![anchor("page.1", [0, 5], Some("Four"))],
            vec![anchor("page.1", [0, 4_000], None), anchor("page.2", [0, 5], None)],
            vec![anchor("page.1", [25, 30], None)],
            vec![misquoted("elsewhere.1", [0, 5], None), misquoted("other.1", [6, 12], None)],
            vec![right()],
        ];
        let files = [("a", &a[..]), ("b", &b[..])];
        let (at_once, _) = reviewed(&files, 0);
        let (later, _) = reviewed(&files, PADDING);
        assert_eq!(later.kept(), at_once.kept());
        assert_eq!(later.totals(), at_once.totals());
        assert_eq!(later.kept().iter().filter(|finding| finding.code.name() == "quote-not-found").count(), 3);
    }

    #[test]
    fn what_waits_on_disk_comes_back_by_its_text() {
        let put_by = |number: u32| {
            let sha256 = Digest::of(&number.to_le_bytes());
            let asks = Waiting { capture: number, start: number / 3, end: number / 2, sha256 };
            PutBy { asks, spot: Spot { file: number as u16, line: number.wrapping_mul(7) } }
        };
        let ordered: Vec<PutBy> = (0..PutBy::ROOM as u32 / 50).map(put_by).collect();
        assert_eq!(sorted_on_disk(ordered.iter().rev().cloned()), ordered);
    }

    #[test]
    fn what_is_not_at_hand_is_not_counted_as_checked() {
        let withheld = ["elsewhere.1", "reprint.1"].map(|capture| anchor(capture, [0, 5], None));
        let a = [[&[anchor("page.1", [0, 5], Some("Three"))], &withheld[..]].concat()];
        let tally = Some(AnchorTally { checked: 1, not_checked: 2 });
        for padding in [0, PADDING] {
            let (findings, found) = reviewed(&[("a", &a)], padding);
            assert_eq!((findings.kept(), found), (&[][..], tally), "{padding}");
        }
    }
}
