//! A diff for a pull request: a summary table first, then the changed records.

use std::fmt::Write;

use super::diff_words::{DECLARATION_DIFFERS, Marks, headline, in_reading_order, particulars, words};
use super::json::DiffSide;
use super::text::{Thousands, plain};
use crate::model::kind::RecordKind;
use crate::stage::diff::{Change, DatasetDiff, RecordChange};

/// The heading and the totals.
pub fn stat(diff: &DatasetDiff, old: &DiffSide, new: &DiffSide) -> String {
    let mut text = format!(
        "### {} → {}\n\n| | added | removed | changed | unchanged |\n|---|--:|--:|--:|--:|\n",
        side(old),
        side(new)
    );
    for kind in RecordKind::ALL.iter().rev() {
        let totals = diff.totals.get(kind).copied().unwrap_or_default();
        let numbers =
            [totals.added, totals.removed, totals.changed, totals.unchanged].map(|n| Thousands(n).to_string());
        _ = writeln!(text, "| {kind}s | {} |", numbers.join(" | "));
    }
    if diff.declaration_differs {
        _ = writeln!(text, "\n**{DECLARATION_DIFFERS}**");
    }
    text
}

/// The whole diff, with at most `limit` changed records (0: all listed ones).
pub fn diff(diff: &DatasetDiff, old: &DiffSide, new: &DiffSide, limit: usize) -> String {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let mut text = stat(diff, old, new);
    let mut kind = None;
    for change in in_reading_order(diff).take(limit) {
        if kind != Some(change.kind) {
            kind = Some(change.kind);
            _ = writeln!(text, "\n#### {}s\n", change.kind);
        }
        text.push_str(&record(change));
    }
    let hidden = diff.not_listed + diff.changes.len().saturating_sub(limit) as u64;
    if hidden > 0 {
        _ = writeln!(text, "\n*{} more changed records are counted above but not shown.*", Thousands(hidden));
    }
    if diff.is_empty() {
        text.push_str("\nNo record changed.\n");
    }
    text
}

fn side(side: &DiffSide) -> String {
    let version = side.version.as_ref().map_or_else(String::new, |version| format!(" {}", escaped(version)));
    format!("{}{version} ({})", escaped(&side.path), side.trust)
}

fn record(change: &RecordChange) -> String {
    let (sign, record) = match &change.change {
        Change::Added { new } => ("➕", new),
        Change::Removed { old } => ("➖", old),
        Change::Changed { new, .. } => ("✏️", new),
    };
    let mut text = format!("- {sign} **{}** {}\n", escaped(&change.id), headline(&record.record(), &Markdown));
    if let Change::Added { new: line } | Change::Removed { old: line } = &change.change {
        for words in particulars(&line.record(), &Markdown) {
            _ = writeln!(text, "  - {words}");
        }
    }
    if let Change::Changed { fields, .. } = &change.change {
        for field in fields {
            let name = plain(field.pointer.trim_start_matches('/')).replace('`', "'");
            _ = writeln!(text, "  - {} `{name}`: {}", field.group.word(), words(field, &Markdown));
        }
    }
    text
}

/// Gone words struck out, new ones in bold.
struct Markdown;

impl Marks for Markdown {
    fn text(&self, text: &str) -> String {
        escaped(text)
    }

    fn removed(&self, text: &str) -> String {
        around("~~", text)
    }

    fn added(&self, text: &str) -> String {
        around("**", text)
    }
}

/// Marks count only where they touch a word; spaces alone show as such.
fn around(mark: &str, text: &str) -> String {
    let words = text.trim();
    match text.split_once(words) {
        Some((before, after)) if !words.is_empty() => format!("{before}{mark}{}{mark}{after}", escaped(words)),
        _ => format!("{mark}\u{2423}{mark}"),
    }
}

/// Text in which no character means anything to Markdown or HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // What a forge turns into a mention, a reference or a link.
            '@' => escaped.push_str("&#64;\u{200b}"),
            '#' => escaped.push_str("&#35;\u{200b}"),
            ':' => escaped.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '|' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    // An address without a scheme is made a link too.
    escaped.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_untrusted_means_anything() {
        assert_eq!(
            escaped("<img src=x> *a* [b](c) @all #1 http://x"),
            "&lt;img src=x&gt; \\*a\\* \\[b\\](c) &#64;\u{200b}all &#35;\u{200b}1 http&#58;//x"
        );
    }
}
