//! Finding words in a captured text: where they stand, or what comes nearest to them.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::catalog::Catalog;
use super::shelf::{AtHand, Shelf};
use crate::error::Result;
use crate::model::claim::Anchor;
use crate::model::span::Span;

/// Bytes shown on either side of anchored words, give or take a character.
const CONTEXT_BYTES: usize = 60;

/// Smallest share of words in common that is worth showing.
const NEAR_ENOUGH: f64 = 0.4;

/// Anchored words with what stands around them, all from the same line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The line of the text, counting from 1.
    pub line: u64,
    /// A few words before.
    pub before: String,
    /// The anchored words.
    pub words: String,
    /// A few words after.
    pub after: String,
}

/// The passage of a text that comes nearest to some words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// Its bytes.
    pub span: Span,
    /// Whether it differs in nothing but case, quotation marks, spaces, punctuation or the composition of letters.
    pub is_same_words: bool,
}

/// Every place where the words stand, byte for byte.
pub fn occurrences(text: &[u8], words: &str) -> Vec<Span> {
    let place = |start: usize| Span::new(start as u64, (start + words.len()) as u64).ok();
    memchr::memmem::find_iter(text, words.as_bytes()).filter_map(place).collect()
}

/// The window of the text with the most words in common, if it has enough of them.
pub fn nearest(text: &str, words: &str) -> Option<Nearest> {
    let wanted: Vec<String> = tokens(words).into_iter().map(|(_, _, word)| word).collect();
    let found = tokens(text);
    let width = wanted.len().min(found.len());
    if width == 0 {
        return None;
    }
    let mut missing: BTreeMap<&str, i64> = BTreeMap::new();
    for word in &wanted {
        *missing.entry(word).or_default() += 1;
    }
    let mut common = 0_i64;
    let mut best: Option<(i64, usize)> = None;
    for end in 0..found.len() {
        if let Some(count) = missing.get_mut(found[end].2.as_str()) {
            *count -= 1;
            common += i64::from(*count >= 0);
        }
        if end >= width
            && let Some(count) = missing.get_mut(found[end - width].2.as_str())
        {
            *count += 1;
            common -= i64::from(*count > 0);
        }
        if end + 1 >= width && best.is_none_or(|(most, _)| common > most) {
            best = Some((common, end + 1 - width));
        }
    }
    let (common, first) = best?;
    if (common as f64) < wanted.len() as f64 * NEAR_ENOUGH {
        return None;
    }
    let window = &found[first..first + width];
    let shared = |(_, _, word): &&(usize, usize, String)| wanted.contains(word);
    let (from, to) = (window.iter().find(shared)?, window.iter().rev().find(shared)?);
    let is_same_words = window.iter().map(|(_, _, word)| word).eq(&wanted);
    Some(Nearest { span: Span::new(from.0 as u64, to.1 as u64).ok()?, is_same_words })
}

/// Words as (start, end, word in plain form): letters and digits, lower case, compatibility-composed.
fn tokens(text: &str) -> Vec<(usize, usize, String)> {
    let mut tokens = Vec::new();
    for piece in text.split_whitespace() {
        let start = piece.as_ptr() as usize - text.as_ptr() as usize;
        let plain: String = piece.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
        if !plain.is_empty() {
            tokens.push((start, start + piece.len(), plain));
        }
    }
    tokens
}

/// The words of an anchor with what stands around them; `None` where the text is not at hand.
pub fn context(anchor: &Anchor, catalog: &Catalog, shelf: &Shelf) -> Result<Option<Context>> {
    let Some((source, capture)) = catalog.capture(&anchor.capture) else { return Ok(None) };
    match shelf.text(source, capture)? {
        AtHand::Text(text) => Ok(Some(context_in(text.bytes(), anchor.span))),
        AtHand::Changed(..) | AtHand::Absent => Ok(None),
    }
}

/// The words at a span with what stands around them.
pub fn context_in(text: &[u8], span: Span) -> Context {
    let range = span.range();
    let (start, end) = (range.start.min(text.len()), range.end.min(text.len()));
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (before, after) = (&text[..start], &text[end..]);
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
    let line_end = memchr::memchr(b'\n', after).unwrap_or(after.len());
    let boundary = |bytes: &[u8], mut at: usize| {
        while at < bytes.len() && bytes[at] & 0xC0 == 0x80 {
            at += 1;
        }
        at
    };
    let from = boundary(text, line_start.max(start.saturating_sub(CONTEXT_BYTES)));
    let to = boundary(after, line_end.min(CONTEXT_BYTES));
    Context {
        line: memchr::memchr_iter(b'\n', before).count() as u64 + 1,
        before: lossy(&text[from.min(start)..start]),
        words: lossy(&text[start..end]),
        after: lossy(&after[..to]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_bytes() {
        let text = "Қаза тапты: 14.\nҚаза тапты: 16.\n".as_bytes();
        let found = occurrences(text, "Қаза тапты");
        assert_eq!(found.iter().map(|span| span.start()).collect::<Vec<_>>(), [0, 25]);
        assert_eq!(
            context_in(text, found[1]),
            Context { line: 2, before: String::new(), words: "Қаза тапты".into(), after: ": 16.".into() }
        );
    }

    #[test]
    fn the_nearest_passage_tells_what_differs() {
        let text = "The mayor said that “15 people” had been killed, all of them by bullets.";
        let same = nearest(text, "\"15 People\" had been\u{a0}killed").expect("near");
        assert!(same.is_same_words);
        assert_eq!(&text[same.span.range()], "“15 people” had been killed,");
        let near = nearest(text, "15 people were killed there").expect("near");
        assert!(!near.is_same_words);
        assert_eq!(nearest(text, "nothing of the kind stands here"), None);
        assert_eq!(nearest("", "words"), None);
        assert_eq!(nearest(text, "…"), None);
    }
}
