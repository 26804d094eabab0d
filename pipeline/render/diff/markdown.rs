//! A diff for a pull request: the summary first, then the top of each class.

use std::fmt::Write;

use super::words::{self, Marks, Sign, asks, changed, headline, particulars, sign};
use super::{DiffHead, DiffOutput, side};
use crate::model::change::{Change, Subject};
use crate::model::kind::RecordKind;
use crate::render::text::{Thousands, plain};

/// Heading, totals, what each event comes to, then the changes.
#[derive(Default)]
pub struct Markdown {
    kind: Option<Subject>,
    is_empty: bool,
}

impl DiffOutput for Markdown {
    fn begin(&mut self, head: DiffHead) -> String {
        self.is_empty = head.trailer.is_empty();
        let mut text = format!(
            "### {} → {}\n\n| | added | removed | changed | unchanged |\n|---|--:|--:|--:|--:|\n",
            escaped(&side(&head.header.old)),
            escaped(&side(&head.header.new))
        );
        for kind in RecordKind::ALL.iter().rev() {
            let totals = head.trailer.totals.get(kind).copied().unwrap_or_default();
            let numbers =
                [totals.added, totals.removed, totals.changed, totals.unchanged].map(|n| Thousands(n).to_string());
            _ = writeln!(text, "| {kind}s | {} |", numbers.join(" | "));
        }
        _ = writeln!(text, "\n{}", escaped(&asks(head.trailer.bump, head.header.law)));
        for event in head.events {
            _ = writeln!(text, "- **{}** ({})", event.event, changed(event));
            for toll in &event.tolls {
                _ = writeln!(text, "  - {}", escaped(&words::toll(toll)));
            }
        }
        text
    }

    fn change(&mut self, change: &Change) -> String {
        let heading = if self.kind.replace(change.kind) == Some(change.kind) {
            String::new()
        } else {
            format!("\n#### {}s\n\n", change.kind.word())
        };
        heading + &one(change)
    }

    fn end(&mut self, hidden: u64) -> String {
        let mut text = String::new();
        if hidden > 0 {
            _ = writeln!(text, "\n*{} more changes are counted above but not shown.*", Thousands(hidden));
        }
        if self.is_empty {
            text.push_str("\nNo record changed.\n");
        }
        text
    }
}

fn one(change: &Change) -> String {
    let sign = match sign(change) {
        Sign::Came => "➕",
        Sign::Went => "➖",
        Sign::Changed => "✏️",
    };
    let classes: Vec<String> = change.classes.iter().map(ToString::to_string).collect();
    let mut text = format!("- {sign} **{}** {} `{}`\n", escaped(&change.id), classes.join(", "), change.fingerprint);
    let headline = headline(change, &Inline);
    for line in [headline].into_iter().filter(|line| !line.is_empty()).chain(particulars(change, &Inline)) {
        _ = writeln!(text, "  - {line}");
    }
    text
}

/// Gone words struck out, new ones in bold.
struct Inline;

impl Marks for Inline {
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
