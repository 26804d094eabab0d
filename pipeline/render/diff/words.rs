//! What a change says, in words that every form of output marks in its own way.

use serde::Deserialize;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::model::change::{Change, RangeChange, RangeMove, Subject};
use crate::model::change_class::Bump;
use crate::model::claim::{Claim, Decision, Voice};
use crate::model::claim_context::ClaimContext;
use crate::model::dataset::Law;
use crate::model::status::Status;
use crate::model::toll::{EventSummary, Toll, TollChange, TollRange};
use crate::render::claim;
use crate::render::text::counted;
use crate::stage::diff::{FieldChange, What, field_changes};

/// How a form of output shows text that is not ours.
pub trait Marks {
    /// Text as it stands, made harmless.
    fn text(&self, text: &str) -> String;

    /// Text that is gone.
    fn removed(&self, text: &str) -> String;

    /// Text that is new.
    fn added(&self, text: &str) -> String;
}

/// The claim that a change is about, as it is now or as it was.
pub fn context(change: &Change) -> Option<ClaimContext> {
    if change.claim.is_some() || change.kind != Subject::Claim {
        return change.claim.clone();
    }
    Some(ClaimContext::of(&Claim::deserialize(change.whole()?).ok()?))
}

/// What a change is about, in one line: of a claim what it says, where and by whom; of others their name.
pub fn headline(change: &Change, marks: &dyn Marks) -> String {
    if let Some(claim) = context(change) {
        let proposition = claim::proposition(claim.stance, &claim.kind, claim.value.as_ref(), claim.when.as_deref());
        return marks.text(&format!("{}  {proposition}  by {}", claim.event, claim::chain(&claim.by)));
    }
    let Some(record) = change.whole() else { return String::new() };
    let name = ["label", "title", "note"].iter().find_map(|field| record.get(field)?.as_str());
    let name = name.or_else(|| record.get("names")?.get(0)?.as_str());
    marks.text(name.unwrap_or_default())
}

/// Everything else that a change says, a line each.
pub fn particulars(change: &Change, marks: &dyn Marks) -> Vec<String> {
    let mut lines = change.whole().map_or_else(Vec::new, |record| of_whole(record, marks));
    let fields = field_changes(change);
    lines.extend(fields.iter().map(|field| of_field(change, field, marks)));
    lines.extend(same_words(change, &fields).map(|words| marks.text(&words)));
    lines.extend(of_status(change).map(|words| marks.text(&words)));
    if !change.because.is_empty() {
        lines.push(marks.text(&format!("because of {}", ids(&change.because))));
    }
    if !change.maybe.is_empty() {
        lines.push(marks.text(&format!("maybe the same as {} (they resemble each other)", ids(&change.maybe))));
    }
    if let Some(anchored) = &change.anchored {
        let lists = [
            ("lost", &anchored.lost),
            ("not checked", &anchored.not_checked),
            ("moved", &anchored.moved),
            ("unchanged", &anchored.unchanged),
        ];
        let said = lists.into_iter().filter(|(_, claims)| !claims.is_empty());
        lines.extend(
            said.map(|(word, claims)| marks.text(&format!("claims {word}: {} ({})", claims.len(), some(claims)))),
        );
        if anchored.not_listed > 0 {
            lines.push(marks.text(&format!("and {} more", counted(anchored.not_listed, "claim"))));
        }
    }
    if let Some(count) = change.count {
        lines.push(marks.text(&format!("live {}s: {} -> {}", change.id, count.old, count.new)));
    }
    lines
}

/// Of a figure that differs while its wording does not: nothing that was read has changed.
fn same_words(change: &Change, fields: &[FieldChange]) -> Option<String> {
    let is_figure = |range: RangeChange| {
        let has_moved = range.is != RangeMove::Reworded && range.is != RangeMove::Unit;
        has_moved && (range.lo.is_some() || range.hi.is_some())
    };
    let value =
        fields.iter().find(|field| field.pointer == "/value").filter(|_| change.range.is_some_and(is_figure))?;
    let (old, new) = wordings(value, "said")?;
    (old == new).then(|| format!("but its wording is as before: \u{201c}{new}\u{201d}"))
}

/// The words that one member of a value holds, before and after.
fn wordings<'a>(field: &'a FieldChange, member: &str) -> Option<(&'a str, &'a str)> {
    let words = |side: &'a Option<Value>| side.as_ref()?.get(member)?.as_str();
    Some((words(&field.old)?, words(&field.new)?))
}

/// Most ids of a long list that are named.
const NAMED: usize = 12;

fn ids(list: &[crate::model::id::Id]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn some(list: &[crate::model::id::Id]) -> String {
    if list.len() <= NAMED { ids(list) } else { format!("{}, ...", ids(&list[..NAMED])) }
}

/// What a claim that is new or gone says in its text, and how it stands to others.
fn of_whole(record: &Value, marks: &dyn Marks) -> Vec<String> {
    let Ok(found) = Claim::deserialize(record) else { return Vec::new() };
    let quote = found.at.iter().find_map(|anchor| anchor.quote.as_ref());
    let quote = quote.map(|quote| marks.text(&format!("\u{201c}{quote}\u{201d}")));
    let links = found.links.iter().map(|link| marks.text(&format!("{} {}", link.rel.word(), link.to)));
    let log = found.log.iter().map(|decision| marks.text(&decision.to_string()));
    quote.into_iter().chain(links).chain(log).collect()
}

/// `status asserted -> disputed by 4`; nothing of a claim that is merely asserted and was not otherwise.
fn of_status(change: &Change) -> Option<String> {
    let status = change.status?;
    let new = status.new?;
    let by = if status.by > 0 { format!(" by {}", status.by) } else { String::new() };
    match status.old {
        Some(old) if old != new => Some(format!("status {} -> {}{by}", old.word(), new.word())),
        _ if new == Status::Asserted => None,
        _ => Some(format!("status {}{by}", new.word())),
    }
}

fn of_field(change: &Change, field: &FieldChange, marks: &dyn Marks) -> String {
    let name = marks.text(field.pointer.trim_start_matches('/'));
    let moved = change.range.filter(|_| field.field() == "value").map(|range| format!(": {}", of_range(range)));
    format!("{name}: {}{}", words(field, marks), moved.map_or_else(String::new, |moved| marks.text(&moved)))
}

/// `disjoint, up by 2`
fn of_range(range: RangeChange) -> String {
    let how = match range.is {
        RangeMove::Reworded => return "the same bounds in other words".to_owned(),
        RangeMove::Unit => return "another unit".to_owned(),
        RangeMove::Widened => "widened",
        RangeMove::Narrowed => "narrowed",
        RangeMove::Shifted => "shifted",
        RangeMove::Disjoint => "disjoint",
    };
    let by = |rise: i64| format!("{} by {}", if rise > 0 { "up" } else { "down" }, rise.unsigned_abs());
    let bound = |name: &str, rise: Option<i64>| Some(format!("{name} {}", by(rise.filter(|rise| *rise != 0)?)));
    match (range.lo, range.hi) {
        (Some(lo), Some(hi)) if lo == hi && lo != 0 => format!("{how}, {}", by(lo)),
        (lo, hi) => {
            let bounds: Vec<String> = bound("lower bound", lo).into_iter().chain(bound("upper bound", hi)).collect();
            if bounds.is_empty() { how.to_owned() } else { format!("{how}, {}", bounds.join(", ")) }
        }
    }
}

/// What happened to a field.
fn words(field: &FieldChange, marks: &dyn Marks) -> String {
    let show = |value: &Option<Value>| value.as_ref().map_or_else(String::new, |value| marks.text(&brief(value)));
    let (old, new) = (show(&field.old), show(&field.new));
    match field.what {
        What::Added => format!("added {new}"),
        What::Removed => format!("removed {old}"),
        What::Reordered => "in another order".to_owned(),
        What::AnchorMoved => format!("moved {old} -> {new}, the same bytes"),
        What::QuoteChanged => {
            let quotes = wordings(field, "quote").map(|(old, new)| format!(": {}", between(old, new, marks)));
            format!("other words: {old} -> {new}{}", quotes.unwrap_or_default())
        }
        What::Recaptured => format!("captured again: {new}"),
        What::Changed => match (&field.old, &field.new) {
            (Some(Value::String(old)), Some(Value::String(new))) => between(old, new, marks),
            (Some(before), Some(after)) if old == new || is_group(before, after) => leaves(before, after, marks),
            _ => format!("{old} -> {new}{}", said(field, marks)),
        },
    }
}

/// Whether two objects hold things of their own rather than one value, so that their members tell more than the whole.
fn is_group(old: &Value, new: &Value) -> bool {
    let is_value = |side: &Value| crate::model::value::Value::deserialize(side).is_ok();
    old.is_object() && new.is_object() && !is_value(old) && !is_value(new)
}

/// The wording of a value, where it changed with it.
fn said(field: &FieldChange, marks: &dyn Marks) -> String {
    let other = wordings(field, "said").filter(|(old, new)| old != new);
    other.map_or_else(String::new, |(old, new)| format!(" (\u{201c}{}\u{201d})", between(old, new, marks)))
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
    if let Ok(log) = Vec::<Decision>::deserialize(value) {
        return log.iter().map(Decision::to_string).collect::<Vec<_>>().join("; ");
    }
    if let Ok(voices) = Vec::<Voice>::deserialize(value) {
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

/// What the law asks, in a sentence.
pub fn asks(bump: Option<Bump>, law: Law) -> String {
    let law = law.word();
    match bump {
        None => "nothing changed".to_owned(),
        Some(Bump::Refused) => format!("the {law} law refuses these changes"),
        Some(bump) => format!("the {law} law asks for a {} version", bump.word()),
    }
}

/// `killed, person: official 14; others 23 or more; unchanged`
pub fn toll(toll: &Toll) -> String {
    let voices = [("official", toll.official), ("others", toll.others)];
    let said: Vec<String> =
        voices.iter().filter_map(|(who, change)| Some(format!("{who} {}", of_toll(*change)?))).collect();
    let is_same = voices.iter().all(|(_, change)| change.old == change.new);
    format!("{}, {}: {}{}", toll.kind, toll.unit, said.join("; "), if is_same { "; unchanged" } else { "" })
}

fn of_toll(change: TollChange) -> Option<String> {
    match (change.old, change.new) {
        (None, None) => None,
        (None, Some(new)) => Some(format!("nothing -> {}", of_toll_range(new))),
        (Some(old), None) => Some(format!("{} -> nothing", of_toll_range(old))),
        (Some(old), Some(new)) if old == new => Some(of_toll_range(new)),
        (Some(old), Some(new)) => Some(format!("{} -> {}", of_toll_range(old), of_toll_range(new))),
    }
}

fn of_toll_range(range: TollRange) -> String {
    let figures = match (range.lo, range.hi) {
        (Some(lo), Some(hi)) if lo == hi => lo.to_string(),
        (Some(lo), Some(hi)) => format!("{lo} to {hi}"),
        (Some(lo), None) => format!("{lo} or more"),
        (None, Some(hi)) => format!("{hi} or fewer"),
        (None, None) => "some".to_owned(),
    };
    if range.claims == 1 { figures } else { format!("{figures} ({} claims)", range.claims) }
}

/// `5 claims changed`
pub fn changed(event: &EventSummary) -> String {
    format!("{} changed", counted(event.changed, "claim"))
}
