//! Sources that were captured again, and how every claim that stood on them stands now.

use std::collections::BTreeMap;

use super::Version;
use crate::error::Result;
use crate::model::change::Anchored;
use crate::model::claim::{Anchor, Claim};
use crate::model::digest::Digest;
use crate::model::id::{CaptureId, Id};
use crate::model::source::{Capture, Source};
use crate::stage::shelf::text_path;

/// Most bytes of texts that are held at once; claims on sources beyond that are not checked.
const MAX_TEXT_BYTES: u64 = 64 << 20;

/// All sources that were captured again.
#[derive(Default)]
pub(super) struct Recaptures {
    sources: BTreeMap<Id, Recapture>,
}

/// One source that was captured again.
struct Recapture {
    old: Source,
    newest: Capture,
    /// The texts of its captures that travel, by number.
    texts: BTreeMap<u16, Vec<u8>>,
    anchored: Anchored,
}

/// How one anchor stands in the newest capture, the worst last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stands {
    Unchanged,
    Moved,
    NotChecked,
    Lost,
}

impl Recaptures {
    /// Takes note of a source, if it has a capture that it did not have.
    pub(super) fn source(&mut self, old: &[u8], new: &[u8]) {
        let parsed = |line: &[u8]| serde_json::from_slice::<Source>(line).ok();
        let (Some(old), Some(new)) = (parsed(old), parsed(new)) else { return };
        let newest = new.captures.last().filter(|newest| old.captures.iter().all(|capture| capture.n < newest.n));
        if let Some(newest) = newest.cloned() {
            let recapture = Recapture { newest, texts: BTreeMap::new(), anchored: Anchored::default(), old };
            self.sources.insert(new.id, recapture);
        }
    }

    /// Reads the texts of all captures that travel and hold what their records say.
    pub(super) fn bring_texts(&mut self, old: &mut dyn Version, new: &mut dyn Version) -> Result<()> {
        let mut room = MAX_TEXT_BYTES;
        for recapture in self.sources.values_mut() {
            let wanted = recapture.old.captures.iter().chain([&recapture.newest]);
            if room < wanted.clone().map(|capture| capture.bytes).sum() {
                continue;
            }
            for capture in wanted {
                let path = text_path(&recapture.old.capture_id(capture));
                let text = match new.file(&path)? {
                    None => old.file(&path)?,
                    text => text,
                };
                if let Some(text) = text.filter(|text| Digest::of(text) == capture.sha256) {
                    room = room.saturating_sub(text.len() as u64);
                    recapture.texts.insert(capture.n, text);
                }
            }
        }
        Ok(())
    }

    /// Whether claims are to be noted.
    pub(super) fn any(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Takes note of a claim that the old version held and the new one holds.
    pub(super) fn claim(&mut self, old: &[u8], new: &[u8]) {
        if !self.stands_on_one(old) {
            return;
        }
        let parsed = |line: &[u8]| serde_json::from_slice::<Claim>(line).ok();
        let (Some(before), Some(after)) = (parsed(old), parsed(new)) else { return };
        let mut standing: BTreeMap<&Id, Stands> = BTreeMap::new();
        for anchor in &before.at {
            let Some(recapture) = self.sources.get(&anchor.capture.source) else { continue };
            let stands = standing.entry(&anchor.capture.source).or_insert(Stands::Unchanged);
            *stands = recapture.stands(anchor, &after).max(*stands);
        }
        let standing: Vec<(Id, Stands)> = standing.into_iter().map(|(id, stands)| (id.clone(), stands)).collect();
        for (source, stands) in standing {
            let Some(recapture) = self.sources.get_mut(&source) else { continue };
            let anchored = &mut recapture.anchored;
            let list = match stands {
                Stands::Unchanged => &mut anchored.unchanged,
                Stands::Moved => &mut anchored.moved,
                Stands::NotChecked => &mut anchored.not_checked,
                Stands::Lost => &mut anchored.lost,
            };
            if list.len() < Anchored::LISTED {
                list.push(after.id.clone());
            } else {
                anchored.not_listed += 1;
            }
        }
    }

    /// Whether a canonical line holds an anchor in one of the sources, told without parsing it.
    fn stands_on_one(&self, line: &[u8]) -> bool {
        let marker = b"\"capture\":\"";
        memchr::memmem::find_iter(line, marker).any(|at| {
            let rest = &line[at + marker.len()..];
            let id = rest.split(|&byte| byte == b'.').next().and_then(|id| std::str::from_utf8(id).ok());
            id.and_then(|id| id.parse::<Id>().ok()).is_some_and(|id| self.sources.contains_key(&id))
        })
    }

    /// How the claims on this source stand.
    pub(super) fn anchored(&self, source: &str) -> Option<Anchored> {
        let id: Id = source.parse().ok()?;
        self.sources.get(&id).map(|recapture| recapture.anchored.clone())
    }
}

impl Recapture {
    /// How an anchor of the old version stands in the newest capture.
    fn stands(&self, anchor: &Anchor, after: &Claim) -> Stands {
        let newest = CaptureId { source: anchor.capture.source.clone(), n: self.newest.n };
        let place = |span| if span == anchor.span { Stands::Unchanged } else { Stands::Moved };
        let anew = after.at.iter().find(|here| here.capture == newest && here.sha256 == anchor.sha256);
        if let Some(here) = anew {
            return place(here.span);
        }
        let words = self.texts.get(&anchor.capture.n).and_then(|text| text.get(anchor.span.range()));
        let (Some(words), Some(text)) = (words, self.texts.get(&self.newest.n)) else { return Stands::NotChecked };
        if text.get(anchor.span.range()) == Some(words) {
            Stands::Unchanged
        } else if memchr::memmem::find(text, words).is_some() {
            Stands::Moved
        } else {
            Stands::Lost
        }
    }
}
