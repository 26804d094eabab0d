//! A diff in Markdown, its parts and the whole of it. What may stand in a comment is chosen in `comment.rs`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use super::words::{self, Marks, asks, changed, headline, particulars};
use super::{DiffHead, DiffOutput, side};
use crate::model::change::{Change, ChangesHeader, ChangesTrailer, Sign, Subject};
use crate::model::change_class::ChangeClass;
use crate::model::dataset::Law;
use crate::model::kind::RecordKind;
use crate::model::toll::EventSummary;
use crate::render::text::{Thousands, counted, plain};

/// The summary, then all changes in the order of the diff.
#[derive(Default)]
pub struct Markdown {
    kind: Option<Subject>,
    /// Changes to be shown, and those shown so far.
    total: u64,
    shown: u64,
}

impl DiffOutput for Markdown {
    fn begin(&mut self, head: DiffHead) -> String {
        self.total = head.changes();
        let (classes, events) = (classes(head.classes(), head.header.law), events(head.events));
        title(head.header) + &totals(head.trailer) + &verdict(&head) + &classes.concat() + &events.concat()
    }

    fn change(&mut self, change: &Change) -> String {
        self.shown += 1;
        let heading = if self.kind.replace(change.kind) == Some(change.kind) {
            String::new()
        } else {
            format!("\n#### {}s\n\n", change.kind.word())
        };
        heading + &one(change)
    }

    fn end(&mut self, _: u64) -> String {
        // Where none was to be shown, the totals say it all.
        let is_cut = self.shown > 0 && self.shown < self.total;
        if is_cut { closing(self.shown, self.total) } else { String::new() }
    }
}

/// What is compared.
pub fn title(header: &ChangesHeader) -> String {
    format!("### {} → {}\n\n", escaped(&side(&header.old)), escaped(&side(&header.new)))
}

/// The table of the kinds of record.
pub fn totals(trailer: &ChangesTrailer) -> String {
    let mut text = "| | added | removed | changed | unchanged |\n|---|--:|--:|--:|--:|\n".to_owned();
    for kind in RecordKind::ALL.iter().rev() {
        let totals = trailer.totals.get(kind).copied().unwrap_or_default();
        let numbers =
            [totals.added, totals.removed, totals.changed, totals.unchanged].map(|n| Thousands(n).to_string());
        _ = writeln!(text, "| {kind}s | {} |", numbers.join(" | "));
    }
    text
}

/// The table of the classes, the gravest first, row by row; the first row brings the table's head.
pub fn classes(classes: &BTreeMap<ChangeClass, u64>, law: Law) -> Vec<String> {
    let mut sorted: Vec<ChangeClass> = classes.keys().copied().collect();
    sorted.sort_by_key(|class| (Reverse(class.bump(law)), *class));
    let row = |class: &ChangeClass| {
        let (count, asked) = (Thousands(classes[class]), class.bump(law).word());
        format!("| {class} | {count} | {asked} | {} |\n", escaped(class.title()))
    };
    let head = "\n| class | changes | version | |\n|---|--:|---|---|\n";
    headed(head, sorted.iter().map(row))
}

/// What is counted in each event, one by one; the first brings the heading.
pub fn events(events: &[EventSummary]) -> Vec<String> {
    let one = |event: &EventSummary| {
        let tolls: String = event.tolls.iter().map(|toll| format!("  - {}\n", escaped(&words::toll(toll)))).collect();
        format!("- **{}** ({})\n{tolls}", event.event, changed(event))
    };
    headed("\n#### What is counted\n\n", events.iter().map(one))
}

fn headed(head: &str, elements: impl Iterator<Item = String>) -> Vec<String> {
    elements.enumerate().map(|(i, element)| if i == 0 { format!("{head}{element}") } else { element }).collect()
}

/// What the law asks, and how much of the diff a reader asked for.
pub fn verdict(head: &DiffHead) -> String {
    let selection = head.selection().map_or(String::new(), |selection| format!(" {selection}."));
    let asked = escaped(&asks(head.trailer.bump, head.header.law));
    let (first, rest) = asked.split_at(asked.chars().next().map_or(0, char::len_utf8));
    format!("\n{}{rest}.{selection}\n", first.to_uppercase())
}

/// How many of all changes were shown.
pub fn closing(shown: u64, total: u64) -> String {
    let (shown, total) = (Thousands(shown), counted(total, "change"));
    format!("\n*{shown} of {total} shown; the tables above count them all.*\n")
}

/// A change with everything it says.
pub fn one(change: &Change) -> String {
    let mut text = short(change);
    let headline = headline(change, &Inline);
    for line in [headline].into_iter().filter(|line| !line.is_empty()).chain(particulars(change, &Inline)) {
        _ = writeln!(text, "  - {line}");
    }
    text
}

/// A change in one line: what it is called, its classes, its fingerprint.
pub fn short(change: &Change) -> String {
    let sign = match change.sign() {
        Sign::Came => "➕",
        Sign::Went => "➖",
        Sign::Changed => "✏️",
    };
    let kind = match change.kind {
        Subject::Claim => String::new(),
        kind => format!("{} ", kind.word()),
    };
    let classes: Vec<String> = change.classes.iter().map(ToString::to_string).collect();
    format!("- {sign} {kind}**{}** {} `{}`\n", escaped(&change.id), classes.join(", "), change.fingerprint)
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
