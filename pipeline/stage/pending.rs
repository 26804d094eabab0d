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
    pub fn new(anchor: &Anchor, source: usize) -> Option<Self> {
        let capture = (u32::try_from(source).ok()?, anchor.capture.n);
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
    /// Nothing waits.
    pub fn new(catalog: &'a Catalog, shelf: &'a Shelf<'a>) -> Self {
        Self { catalog, shelf, put_by: Vec::new(), tally: AnchorTally::default(), misquoted: BTreeSet::new() }
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
