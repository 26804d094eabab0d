//! A diff for the terminal.

use std::fmt::Write;

use anstyle::Style;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::claim;
use super::json::DiffSide;
use super::text::{ERROR, FAINT, GOOD, STRONG, Thousands, WARNING, plain, styled};
use crate::model::claim::Claim;
use crate::model::kind::RecordKind;
use crate::stage::diff::{Change, DatasetDiff, FieldChange, RecordChange, Totals, What};

/// The heading and the totals.
pub fn stat(diff: &DatasetDiff, old: &DiffSide, new: &DiffSide) -> String {
    let mut text = format!("{} {} {}\n", side(old), styled(FAINT, "->"), side(new));
    for kind in RecordKind::ALL.iter().rev() {
        let totals = diff.totals.get(kind).copied().unwrap_or_default();
        _ = writeln!(text, "  {:<8}{}", format!("{kind}s"), numbers(totals));
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
        let words = format!("{} more changed records not shown (--limit 0 shows more)\n", Thousands(hidden));
        text.push_str(&styled(FAINT, &words));
    }
    if diff.is_empty() {
        text.push_str("no record changed\n");
    }
    text
}

/// Claims first: they are what a reviewer decides about.
pub fn in_reading_order(diff: &DatasetDiff) -> impl Iterator<Item = &RecordChange> {
    RecordKind::ALL.into_iter().rev().flat_map(|kind| diff.changes.iter().filter(move |change| change.kind == kind))
}

fn side(side: &DiffSide) -> String {
    let version = side.version.as_ref().map_or_else(String::new, |version| format!("{version}, "));
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
    let mut text = format!("{} {}  {}\n", styled(style, sign), styled(STRONG, &plain(&change.id)), headline(record));
    if let Change::Changed { fields, .. } = &change.change {
        for field in fields {
            let (name, words) = words(field, &styled_words);
            _ = writeln!(text, "    {} {name}: {words}", styled(FAINT, &format!("{:<10}", field.group.word())));
        }
    }
    text
}

/// What a record says, in one line.
pub fn headline(record: &Value) -> String {
    if let Ok(found) = serde_json::from_value::<Claim>(record.clone()) {
        return format!("{}  {}  by {}", found.event, claim::proposition(&found), claim::voices(&found));
    }
    let name = ["label", "title", "note"].iter().find_map(|field| record.get(field)?.as_str());
    let name = name.or_else(|| record.get("names")?.get(0)?.as_str());
    plain(name.unwrap_or_default())
}

/// The field's name and what happened to it. `between` shows two texts as one.
pub fn words(field: &FieldChange, between: &dyn Fn(&str, &str) -> String) -> (String, String) {
    let name = field.pointer.trim_start_matches('/').to_owned();
    let show = |value: &Option<Value>| value.as_ref().map_or_else(String::new, brief);
    let (old, new) = (show(&field.old), show(&field.new));
    let words = match field.what {
        What::Added => format!("added {new}"),
        What::Removed => format!("removed {old}"),
        What::AnchorMoved => format!("moved {old} -> {new}, the same bytes"),
        What::QuoteChanged => format!("other words: {old} -> {new}{}", quotes(field, between)),
        What::Recaptured => format!("captured again: {new}"),
        What::Changed => match (&field.old, &field.new) {
            (Some(Value::String(old)), Some(Value::String(new))) => between(&plain(old), &plain(new)),
            (Some(before), Some(after)) if old == new => leaves(before, after),
            _ => format!("{old} -> {new}"),
        },
    };
    (name, words)
}

fn quotes(field: &FieldChange, between: &dyn Fn(&str, &str) -> String) -> String {
    let quote = |side: &Option<Value>| Some(plain(side.as_ref()?.get("quote")?.as_str()?));
    match (quote(&field.old), quote(&field.new)) {
        (Some(old), Some(new)) => format!(": {}", between(&old, &new)),
        _ => String::new(),
    }
}

/// Anchors, links and captures by what tells them apart; everything else as a value.
fn brief(value: &Value) -> String {
    let text = |member: &str| value.get(member).and_then(Value::as_str);
    if let (Some(capture), Some([start, end])) =
        (text("capture"), value.get("span").and_then(Value::as_array).map(Vec::as_slice))
    {
        return format!("{} bytes {start}..{end}", plain(capture));
    }
    if let (Some(rel), Some(to)) = (text("rel"), text("to")) {
        return format!("{} {}", plain(rel), plain(to));
    }
    if let (Some(n), Some(sha256)) = (value.get("n"), text("sha256")) {
        return format!("capture {n}, {}\u{2026}", plain(sha256.get(..12).unwrap_or(sha256)));
    }
    claim::value(value)
}

/// Two objects that look alike in one line: their members that differ.
fn leaves(old: &Value, new: &Value) -> String {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return format!("{old} -> {new}") };
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    let differing = names.filter(|name| old.get(*name) != new.get(*name));
    let shown = differing.map(|name| {
        let show = |side: Option<&Value>| side.map_or("nothing".to_owned(), |value| plain(&value.to_string()));
        format!("{} {} -> {}", plain(name), show(old.get(name)), show(new.get(name)))
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn styled_words(old: &str, new: &str) -> String {
    between_words(
        old,
        new,
        |text| styled(strike(ERROR), &format!("[-{text}-]")),
        |text| styled(GOOD, &format!("{{+{text}+}}")),
    )
}

fn strike(style: Style) -> Style {
    style.strikethrough()
}

/// Two texts as one, word by word; short or unlike ones side by side.
pub fn between_words(old: &str, new: &str, removed: impl Fn(&str) -> String, added: impl Fn(&str) -> String) -> String {
    let diff = TextDiff::from_words(old, new);
    if diff.ratio() < 0.5 {
        return format!("{old} -> {new}");
    }
    let mut text = String::new();
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal => text.push_str(change.value()),
            ChangeTag::Delete => text.push_str(&removed(change.value())),
            ChangeTag::Insert => text.push_str(&added(change.value())),
        }
    }
    text
}
