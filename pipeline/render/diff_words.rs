//! What a change says, in words that every form of output marks in its own way.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::claim;
use crate::model::claim::{Claim, Decision, Voice};
use crate::model::kind::RecordKind;
use crate::stage::diff::{DatasetDiff, FieldChange, RecordChange, What};

/// How a form of output shows text that is not ours.
pub trait Marks {
    /// Text as it stands, made harmless.
    fn text(&self, text: &str) -> String;

    /// Text that is gone.
    fn removed(&self, text: &str) -> String;

    /// Text that is new.
    fn added(&self, text: &str) -> String;
}

/// What is said where `dataset.json` differs, whose members are not compared one by one.
pub const DECLARATION_DIFFERS: &str =
    "dataset.json differs: vocabulary, law, licence or threshold (not compared in detail)";

/// Changes with claims first: they are what a reviewer decides about.
pub fn in_reading_order(diff: &DatasetDiff) -> impl Iterator<Item = &RecordChange> {
    RecordKind::ALL.into_iter().rev().flat_map(|kind| diff.changes.iter().filter(move |change| change.kind == kind))
}

/// What a record says, in one line.
pub fn headline(record: &Value, marks: &dyn Marks) -> String {
    if let Ok(found) = serde_json::from_value::<Claim>(record.clone()) {
        return marks.text(&format!("{}  {}  by {}", found.event, claim::proposition(&found), claim::voices(&found)));
    }
    let name = ["label", "title", "note"].iter().find_map(|field| record.get(field)?.as_str());
    let name = name.or_else(|| record.get("names")?.get(0)?.as_str());
    marks.text(name.unwrap_or_default())
}

/// What a claim that is new or gone says in its text, and how it stands to others.
pub fn particulars(record: &Value, marks: &dyn Marks) -> Vec<String> {
    let Ok(found) = serde_json::from_value::<Claim>(record.clone()) else { return Vec::new() };
    let quote = found.at.iter().find_map(|anchor| anchor.quote.as_ref());
    let quote = quote.map(|quote| marks.text(&format!("\u{201c}{quote}\u{201d}")));
    let links = found.links.iter().map(|link| marks.text(&format!("{} {}", link.rel.word(), link.to)));
    let log = found.log.iter().map(|decision| marks.text(&decision.to_string()));
    quote.into_iter().chain(links).chain(log).collect()
}

/// What happened to a field.
pub fn words(field: &FieldChange, marks: &dyn Marks) -> String {
    let show = |value: &Option<Value>| value.as_ref().map_or_else(String::new, |value| marks.text(&brief(value)));
    let (old, new) = (show(&field.old), show(&field.new));
    match field.what {
        What::Added => format!("added {new}"),
        What::Removed => format!("removed {old}"),
        What::AnchorMoved => format!("moved {old} -> {new}, the same bytes"),
        What::QuoteChanged => format!("other words: {old} -> {new}{}", quotes(field, marks)),
        What::Recaptured => format!("captured again: {new}"),
        What::Changed => match (&field.old, &field.new) {
            (Some(Value::String(old)), Some(Value::String(new))) => between(old, new, marks),
            (Some(before), Some(after)) if old == new => leaves(before, after, marks),
            _ => format!("{old} -> {new}"),
        },
    }
}

fn quotes(field: &FieldChange, marks: &dyn Marks) -> String {
    let quote = |side: &Option<Value>| Some(side.as_ref()?.get("quote")?.as_str()?.to_owned());
    match (quote(&field.old), quote(&field.new)) {
        (Some(old), Some(new)) => format!(": {}", between(&old, &new, marks)),
        _ => String::new(),
    }
}

/// Anchors, links and captures by what tells them apart; everything else as a value.
fn brief(value: &Value) -> String {
    let text = |member: &str| value.get(member).and_then(Value::as_str);
    let span = value.get("span").and_then(Value::as_array).map(Vec::as_slice);
    if let (Some(capture), Some([start, end])) = (text("capture"), span) {
        return format!("{capture} bytes {start}..{end}");
    }
    if let (Some(rel), Some(to)) = (text("rel"), text("to")) {
        return format!("{rel} {to}");
    }
    if let Ok(log) = serde_json::from_value::<Vec<Decision>>(value.clone()) {
        return log.iter().map(Decision::to_string).collect::<Vec<_>>().join("; ");
    }
    if let Ok(voices) = serde_json::from_value::<Vec<Voice>>(value.clone()) {
        return claim::chain(&voices);
    }
    if let (Some(n), Some(sha256)) = (value.get("n"), text("sha256")) {
        return format!("capture {n}, {}\u{2026}", sha256.get(..12).unwrap_or(sha256));
    }
    claim::value(value)
}

/// Two objects that look alike in one line: their members that differ.
fn leaves(old: &Value, new: &Value, marks: &dyn Marks) -> String {
    let (Value::Object(before), Value::Object(after)) = (old, new) else {
        return marks.text(&format!("{old} -> {new}"));
    };
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let differing = names.filter(|name| before.get(*name) != after.get(*name));
    let show = |side: Option<&Value>| side.map_or("nothing".to_owned(), Value::to_string);
    let shown = differing.map(|name| format!("{name} {} -> {}", show(before.get(name)), show(after.get(name))));
    marks.text(&shown.collect::<Vec<_>>().join(", "))
}

/// Two texts as one, word by word; unlike ones side by side.
fn between(old: &str, new: &str, marks: &dyn Marks) -> String {
    let diff = TextDiff::from_words(old, new);
    if diff.ratio() < 0.5 {
        return format!("{} -> {}", marks.text(old), marks.text(new));
    }
    // Neighbouring words of one kind are one stretch.
    let mut stretches: Vec<(ChangeTag, String)> = Vec::new();
    for change in diff.iter_all_changes() {
        match stretches.last_mut() {
            Some((tag, text)) if *tag == change.tag() => text.push_str(change.value()),
            _ => stretches.push((change.tag(), change.value().to_owned())),
        }
    }
    let mark = |(tag, text): (ChangeTag, String)| match tag {
        ChangeTag::Equal => marks.text(&text),
        ChangeTag::Delete => marks.removed(&text),
        ChangeTag::Insert => marks.added(&text),
    };
    stretches.into_iter().map(mark).collect()
}
