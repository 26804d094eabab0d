//! What stands around the words that claims newly stand on, where the text travels with the new version.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::places::Shelf;
use super::{What, field_changes};
use crate::error::Result;
use crate::format::layout;
use crate::model::change::{Change, Sign, Subject};
use crate::model::claim::{Anchor, Claim};
use crate::model::id::CaptureId;
use crate::model::span::Span;
use crate::stage::folder::Folder;
use crate::stage::search::{Context, context_in};
use crate::stage::shelf::{MAX_TEXT_BYTES, text_path};

/// Words in their context, by where they stand.
#[derive(Default)]
pub struct Quotes(BTreeMap<(CaptureId, Span), Context>);

impl Quotes {
    /// Most changes whose words are looked for; the others are shown without.
    const MOST: usize = 10_000;

    /// Reads each text that one of the changes newly stands on, once.
    pub fn find(changes: impl Iterator<Item = Result<Change>>, new: &Shelf) -> Result<Self> {
        let mut wanted: BTreeMap<CaptureId, BTreeSet<Span>> = BTreeMap::new();
        for change in changes.take(Self::MOST) {
            for anchor in anchors(&change?) {
                wanted.entry(anchor.capture).or_default().insert(anchor.span);
            }
        }
        let entries = if wanted.is_empty() { Vec::new() } else { new.data.below(layout::TEXTS)? };
        let here: BTreeSet<String> = entries.into_iter().map(|entry| entry.path).collect();
        let mut quotes = Self::default();
        for (capture, spans) in wanted {
            let path = text_path(&capture);
            if here.contains(&path) {
                let text = new.data.read(&path, MAX_TEXT_BYTES)?;
                let found = spans.into_iter().map(|span| ((capture.clone(), span), context_in(&text, span)));
                quotes.0.extend(found);
            }
        }
        Ok(quotes)
    }

    /// The words that a change newly stands on, in their context.
    pub fn of(&self, change: &Change) -> Vec<&Context> {
        anchors(change).into_iter().filter_map(|anchor| self.0.get(&(anchor.capture, anchor.span))).collect()
    }
}

/// The anchors that are new, or stand on other words than before.
fn anchors(change: &Change) -> Vec<Anchor> {
    match (change.kind, change.sign(), change.whole()) {
        (Subject::Claim, Sign::Changed, _) => {}
        (Subject::Claim, Sign::Came, Some(record)) => {
            return Claim::deserialize(record).map(|claim| claim.at).unwrap_or_default();
        }
        _ => return Vec::new(),
    }
    let is_other = |what: What| matches!(what, What::Added | What::QuoteChanged | What::Changed);
    let fields = field_changes(change).into_iter().filter(|field| field.field() == "at" && is_other(field.what));
    let anchor = |value: Value| Anchor::deserialize(value).ok();
    fields.filter_map(|field| anchor(field.new?)).collect()
}
