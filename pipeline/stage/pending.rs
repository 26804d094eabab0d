//! Anchors that wait for their text. Claims stand in any order, and a text that is read anew for each of them is read a
//! hundred times over. So what must be held against texts that are not at hand is put by, and once there is enough of
//! it every text is read once for all anchors in it.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::catalog::Catalog;
use super::graph::Spot;
use super::hash::{MAX_TEXT_BYTES, Shelf, is_of, splits_character};
use super::pile;
use crate::error::Result;
use crate::model::claim::Anchor;
use crate::model::digest::Digest;
use crate::model::release_info::AnchorTally;
use crate::model::source::{Capture, Source};
use crate::model::span::Span;

/// Most anchors that wait, each in 56 bytes.
const MOST: usize = 1 << 19;

/// What is asked of a text: that these bytes of it have this digest.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Position of the source in the catalog, and the number of the capture.
    capture: (u32, u16),
    start: u32,
    end: u32,
    sha256: Digest,
}

impl Waiting {
    /// What an anchor asks of a capture of the source at this position, if that is all it asks: a quote must be the bytes
    /// that have the digest.
    pub fn new(anchor: &Anchor, source: u32) -> Option<Self> {
        let capture = (source, anchor.capture.n);
        let (start, end) = (u32::try_from(anchor.span.start()).ok()?, u32::try_from(anchor.span.end()).ok()?);
        let is_quoted = anchor.quote.as_ref().is_none_or(|quote| Digest::of(quote.as_bytes()) == anchor.sha256);
        is_quoted.then_some(Self { capture, start, end, sha256: anchor.sha256 })
    }

    fn span(&self) -> Option<Span> {
        Span::new(self.start.into(), self.end.into()).ok()
    }
}

/// An anchor that was put by, and where its claim stands.
struct PutBy {
    spot: Spot,
    asks: Waiting,
}

/// Anchors put by, and what came of those that were.
pub struct Pending<'a> {
    catalog: &'a Catalog,
    shelf: &'a Shelf<'a>,
    put_by: Vec<PutBy>,
    tally: AnchorTally,
    misquoted: BTreeSet<Spot>,
}

impl<'a> Pending<'a> {
    /// Nothing waits. Room is made at once, and taken only as it is filled.
    pub fn new(catalog: &'a Catalog, shelf: &'a Shelf<'a>) -> Self {
        Self {
            catalog,
            shelf,
            put_by: Vec::with_capacity(MOST + 64),
            tally: AnchorTally::default(),
            misquoted: BTreeSet::new(),
        }
    }

    /// Takes what the anchors of the claim at `spot` ask.
    pub fn put_by(&mut self, spot: Spot, anchors: Vec<Waiting>) -> Result<()> {
        self.put_by.extend(anchors.into_iter().map(|asks| PutBy { spot, asks }));
        if self.put_by.len() < MOST { Ok(()) } else { self.hold() }
    }

    /// How many anchors were held against their bytes, and where claims stand that are not borne out by them.
    pub fn finish(mut self) -> Result<(AnchorTally, BTreeSet<Spot>)> {
        self.hold()?;
        Ok((self.tally, self.misquoted))
    }

    /// Holds all that waits against its texts.
    fn hold(&mut self) -> Result<()> {
        self.put_by.par_sort_unstable_by_key(|put_by| put_by.asks.capture);
        let of_texts: Vec<&[PutBy]> = self.put_by.chunk_by(|one, next| one.asks.capture == next.asks.capture).collect();
        let (catalog, shelf) = (self.catalog, self.shelf);
        let held = pile::each(
            &of_texts,
            MAX_TEXT_BYTES,
            |anchors| captured(anchors, catalog).and_then(|(source, capture)| shelf.place(source, capture)),
            |anchors, file| {
                let text = file.zip(captured(anchors, catalog));
                let text = text.filter(|((bytes, digest), (_, capture))| is_of(capture, bytes, *digest));
                text.map(|((bytes, _), _)| misquoted(anchors, bytes)).ok_or(anchors.len() as u64)
            },
        )?;
        for (anchors, held) in of_texts.iter().zip(held) {
            match held {
                Ok(misquoted) => {
                    self.tally.checked += anchors.len() as u64;
                    self.misquoted.extend(misquoted);
                }
                Err(not_checked) => self.tally.not_checked += not_checked,
            }
        }
        self.put_by.clear();
        Ok(())
    }
}

/// The capture that all these anchors ask.
fn captured<'c>(anchors: &[PutBy], catalog: &'c Catalog) -> Option<(&'c Source, &'c Capture)> {
    let (source, n) = anchors.first()?.asks.capture;
    let source = catalog.sources.at(source as usize)?;
    Some((source, source.capture(n)?))
}

/// Where claims stand that say of a text what it does not say.
fn misquoted(anchors: &[PutBy], text: &[u8]) -> Vec<Spot> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::finding::Findings;
    use crate::stage::check::{self, Request, Spelling};
    use crate::stage::folder::Silent;
    use crate::stage::memory::MemoryFolder;

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

    /// What is said of claims with these anchors, by files, and how many anchors were checked if nothing is wrong. A text
    /// of `padding` bytes more is one of those that stand in the folder.
    fn reviewed(files: &[(&str, &[Vec<Value>])], padding: usize) -> (Findings, Option<AnchorTally>) {
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
        let request = Request { folder: &folder, copies: None, spelling: Spelling::Free, progress: &Silent };
        let outcome = check::check(request, |_| (), |()| Ok(())).expect("readable");
        (outcome.findings, outcome.value.map(|checked| checked.anchors()))
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
