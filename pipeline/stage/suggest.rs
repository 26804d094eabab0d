//! A first draft of a source record from a text alone: its language and its parts. A curator looks at it before it counts.

use std::collections::BTreeMap;

use crate::model::id::Id;
use crate::model::source::{Part, Role};
use crate::model::span::Span;

/// How often a line must stand in a page to be taken for its furniture.
const REPEATED: usize = 3;

/// Longest line taken for a headline, in bytes.
const TITLE_BYTES: usize = 200;

/// First words of lines that pages wrap around their texts.
const CHROME: &[&str] = &[
    "skip to",
    "share",
    "subscribe",
    "sign in",
    "log in",
    "most popular",
    "editor's picks",
    "read more",
    "read also",
    "also read",
    "read full article",
    "check also",
    "related",
    "leave a reply",
    "your email",
    "comment sorting",
    "this forum",
    "follow us",
    "advertisement",
    "enjoying this article",
    "click here",
    "cookie",
    "newsletter",
    "menu",
    "#",
];

/// First words of lines that say who made what.
const CREDIT: &[&str] =
    &["written by", "by ", "source:", "photo", "photograph", "about the author", "edited by", "translated by"];

/// First words of lines that begin a reader's comment.
const COMMENT: &[&str] = &["by:"];

/// BCP 47 tag of the text's language, `und` where it cannot be told.
pub fn language(text: &str) -> &'static str {
    // Letters of Kazakh Cyrillic that no neighbour has all of.
    let kazakh = text.chars().filter(|c| "әғқңөұүһіӘҒҚҢӨҰҮҺІ".contains(*c)).count();
    let cyrillic = text.chars().filter(|c| ('\u{400}'..='\u{4ff}').contains(c)).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if cyrillic * 2 > letters && kazakh * 20 > cyrillic && text.contains(['қ', 'Қ', 'ғ', 'Ғ', 'ң']) {
        return "kk";
    }
    use whatlang::Lang::*;
    match whatlang::detect_lang(text) {
        Some(Eng) => "en",
        Some(Rus) => "ru",
        Some(Deu) => "de",
        Some(Fra) => "fr",
        Some(Spa) => "es",
        Some(Tur) => "tr",
        Some(Ukr) => "uk",
        Some(Uzb) => "uz",
        Some(Cmn) => "zh",
        Some(Ara) => "ar",
        Some(Pes) => "fa",
        Some(Ita) => "it",
        Some(Pol) => "pl",
        Some(Por) => "pt",
        _ => "und",
    }
}

/// Parts of the page, in order; neighbouring lines of one role are one part.
pub fn parts(text: &str) -> Vec<Part> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        *counts.entry(line).or_default() += 1;
    }
    let mut stretches: Vec<(Role, usize, usize)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        if trimmed.is_empty() {
            continue;
        }
        let end = start + trimmed.len();
        let role = role(trimmed, counts.get(trimmed).copied().unwrap_or(1), &stretches);
        match stretches.last_mut() {
            Some((last, _, last_end)) if *last == role && !begins(trimmed, COMMENT) => *last_end = end,
            _ => stretches.push((role, start, end)),
        }
    }
    named(&stretches)
}

fn role(line: &str, count: usize, before: &[(Role, usize, usize)]) -> Role {
    if count >= REPEATED || begins(line, CHROME) {
        return Role::Chrome;
    }
    if begins(line, COMMENT) {
        return Role::Comment;
    }
    if begins(line, CREDIT) {
        return Role::Credit;
    }
    let has_text = before.iter().any(|(role, _, _)| matches!(role, Role::Title | Role::Body));
    if !has_text && line.len() <= TITLE_BYTES && !line.ends_with(['.', '…']) {
        return Role::Title;
    }
    match before.last() {
        Some((Role::Comment, _, _)) => Role::Comment,
        _ => Role::Body,
    }
}

fn begins(line: &str, words: &[&str]) -> bool {
    let line = line.to_lowercase();
    words.iter().any(|word| line.starts_with(word))
}

fn named(stretches: &[(Role, usize, usize)]) -> Vec<Part> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut parts = Vec::new();
    for &(role, start, end) in stretches {
        let word = match role {
            Role::Title => "title",
            Role::Body => "body",
            Role::Caption => "caption",
            Role::Comment => "comment",
            Role::Credit => "credit",
            Role::Chrome => "chrome",
        };
        let count = counts.entry(word).or_default();
        *count += 1;
        let (Ok(id), Ok(span)) = (format!("{word}-{count}").parse::<Id>(), Span::new(start as u64, end as u64)) else {
            continue;
        };
        parts.push(Part { id, role, span, author: None, posted: None });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_falls_into_its_parts() {
        let page = "Skip to main content\nFour hurt in Taraz\n\nFirst paragraph.\nSubscribe now!\nSecond paragraph.\nWritten by A. B.\nby: JM from: Canada\nI doubt it.\nShare\n";
        let parts = parts(page);
        let words: Vec<(&str, &str)> = parts.iter().map(|part| (part.id.as_str(), &page[part.span.range()])).collect();
        assert_eq!(
            words,
            [
                ("chrome-1", "Skip to main content"),
                ("title-1", "Four hurt in Taraz"),
                ("body-1", "First paragraph."),
                ("chrome-2", "Subscribe now!"),
                ("body-2", "Second paragraph."),
                ("credit-1", "Written by A. B."),
                ("comment-1", "by: JM from: Canada\nI doubt it."),
                ("chrome-3", "Share"),
            ]
        );
    }

    #[test]
    fn languages() {
        assert_eq!(language("Алаңда тұрғындар жиналды, полиция оларды ұстады және қаланы жапты."), "kk");
        assert_eq!(
            language("Жители сообщили, что полиция перекрыла площадь и задержала десятки человек вечером."),
            "ru"
        );
        assert_eq!(
            language("Residents reported that police had blocked the square and detained dozens of people."),
            "en"
        );
        assert_eq!(
            language("At the gate of the market a sign says that nobody was hurt: «Ешкім жараланған жоқ»."),
            "en"
        );
        assert_eq!(language(""), "und");
    }
}
