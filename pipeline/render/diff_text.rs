//! A diff for the terminal.

use std::fmt::Write;

use super::diff_words::{DECLARATION_DIFFERS, Marks, headline, in_reading_order, particulars, words};
use super::json::DiffSide;
use super::text::{ERROR, FAINT, GOOD, STRONG, Thousands, WARNING, plain, styled};
use crate::model::kind::RecordKind;
use crate::stage::diff::{Change, DatasetDiff, RecordChange, Totals};

/// The heading and the totals.
pub fn stat(diff: &DatasetDiff, old: &DiffSide, new: &DiffSide) -> String {
    let mut text = format!("{} {} {}\n", side(old), styled(FAINT, "->"), side(new));
    for kind in RecordKind::ALL.iter().rev() {
        let totals = diff.totals.get(kind).copied().unwrap_or_default();
        _ = writeln!(text, "  {:<8}{}", format!("{kind}s"), numbers(totals));
    }
    if diff.declaration_differs {
        _ = writeln!(text, "  {}", styled(WARNING, DECLARATION_DIFFERS));
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
            _ = writeln!(text, "\n{}", styled(STRONG, &format!("{}s", change.kind)));
        }
        text.push_str(&record(change));
    }
    let shown = diff.changes.len().min(limit);
    let hidden = diff.not_listed + (diff.changes.len() - shown) as u64;
    if hidden > 0 {
        let words =
            format!("{} more changed records not shown (--limit 0 shows all that are listed)\n", Thousands(hidden));
        text.push_str(&styled(FAINT, &words));
    }
    if diff.is_empty() {
        text.push_str("no record changed\n");
    }
    text
}

fn side(side: &DiffSide) -> String {
    let version = side.version.as_ref().map_or_else(String::new, |version| format!("{}, ", plain(version)));
    let style = if side.trust == "not verified" { WARNING } else { GOOD };
    format!("{} ({version}{})", plain(&side.path), styled(style, side.trust))
}

fn numbers(totals: Totals) -> String {
    let Totals { added, removed, changed, unchanged } = totals;
    let mut parts: Vec<String> = [(added, "added"), (removed, "removed"), (changed, "changed")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", Thousands(count)))
        .collect();
    parts.push(format!("{} unchanged", Thousands(unchanged)));
    parts.join(", ")
}

/// A record's sign, id and what it says.
fn record(change: &RecordChange) -> String {
    let (style, sign, record) = match &change.change {
        Change::Added { new } => (GOOD, "+", new),
        Change::Removed { old } => (ERROR, "-", old),
        Change::Changed { new, .. } => (WARNING, "~", new),
    };
    let mut text = format!(
        "{} {}  {}\n",
        styled(style, sign),
        styled(STRONG, &plain(&change.id)),
        headline(&record.record(), &Terminal)
    );
    if let Change::Added { new: line } | Change::Removed { old: line } = &change.change {
        for words in particulars(&line.record(), &Terminal) {
            _ = writeln!(text, "    {words}");
        }
    }
    if let Change::Changed { fields, .. } = &change.change {
        for field in fields {
            let group = styled(FAINT, &format!("{:<10}", field.group.word()));
            let name = plain(field.pointer.trim_start_matches('/'));
            _ = writeln!(text, "    {group} {name}: {}", words(field, &Terminal));
        }
    }
    text
}

/// Gone words struck out, new ones in green; both in brackets, for terminals without colour.
struct Terminal;

impl Marks for Terminal {
    fn text(&self, text: &str) -> String {
        plain(text)
    }

    fn removed(&self, text: &str) -> String {
        styled(ERROR.strikethrough(), &format!("[-{}-]", plain(text)))
    }

    fn added(&self, text: &str) -> String {
        styled(GOOD, &format!("{{+{}+}}", plain(text)))
    }
}
