//! `CHANGELOG.md`: what `changes.jsonl` says, for people (SPEC.md, 10.4). The same lines give the same bytes,
//! so that a verifier can hold one file against the other; nothing here may change what an earlier release holds.

use std::fmt::Write;

use serde_json::Value;

use super::canonical;
use super::changes::ChangesLine;
use crate::model::change::{Change, ChangesHeader, ChangesTrailer, Subject, VersionName};
use crate::model::kind::RecordKind;
use crate::model::patch::Operation;
use crate::model::toll::{EventSummary, Toll, TollChange, TollRange};

/// Most changes that are written out.
pub const LISTED: u64 = 1_000;

/// Most events that are summed up.
const EVENTS: usize = 100;

/// The file being made, from one line after the other.
#[derive(Default)]
pub struct Changelog {
    header: Option<ChangesHeader>,
    changes: String,
    listed: u64,
    events: Vec<EventSummary>,
    trailer: ChangesTrailer,
}

impl Changelog {
    /// Takes the next line of `changes.jsonl`.
    pub fn push(&mut self, line: ChangesLine) {
        match line {
            ChangesLine::Header(header) => self.header = Some(header),
            ChangesLine::Change(change) if self.listed < LISTED => {
                self.listed += 1;
                self.changes.push_str(&one(&change));
            }
            ChangesLine::Change(_) => {}
            ChangesLine::Event(event) if self.events.len() < EVENTS => self.events.push(event),
            ChangesLine::Event(_) => {}
            ChangesLine::Trailer(trailer) => self.trailer = trailer,
        }
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        let mut text = self.heading();
        text.push_str(&self.counts());
        if !self.events.is_empty() {
            text.push_str("\n## What is counted\n\n");
            text.extend(self.events.iter().map(event));
            if self.trailer.events > self.events.len() as u64 {
                _ = writeln!(text, "\n{} events changed in all.", self.trailer.events);
            }
        }
        if self.listed > 0 {
            _ = write!(text, "\n## Changes\n\n{}", self.changes);
        }
        if self.trailer.changes > self.listed {
            _ = writeln!(text, "\n{} more stand in changes.jsonl.", self.trailer.changes - self.listed);
        }
        text.into_bytes()
    }

    fn heading(&self) -> String {
        let Some(header) = &self.header else { return String::new() };
        let mut text = format!("# {} {}\n\nChanges since {}.", header.dataset, name(&header.new), name(&header.old));
        _ = match self.trailer.bump {
            None => writeln!(text, " Nothing changed."),
            Some(bump) => writeln!(text, " The {} law asks: {}.", header.law.word(), bump.word()),
        };
        text.push_str("Made from changes.jsonl, which says the same exactly and replays.\n\n");
        text
    }

    fn counts(&self) -> String {
        let mut text = "| | added | removed | changed | unchanged |\n|---|--:|--:|--:|--:|\n".to_owned();
        for kind in RecordKind::ALL.iter().rev() {
            let totals = self.trailer.totals.get(kind).copied().unwrap_or_default();
            let numbers = [totals.added, totals.removed, totals.changed, totals.unchanged].map(|n| n.to_string());
            _ = writeln!(text, "| {kind}s | {} |", numbers.join(" | "));
        }
        if !self.trailer.classes.is_empty() {
            text.push_str("\n| class | changes | |\n|---|--:|---|\n");
        }
        for (class, count) in &self.trailer.classes {
            _ = writeln!(text, "| {class} | {count} | {} |", class.title());
        }
        text
    }
}

fn name(name: &VersionName) -> String {
    name.version.as_ref().map_or_else(|| "unnamed".to_owned(), ToString::to_string)
}

fn event(event: &EventSummary) -> String {
    let mut text = format!("- **{}**: {} of its claims changed\n", event.event, event.changed);
    text.extend(event.tolls.iter().map(toll));
    text
}

fn toll(toll: &Toll) -> String {
    let voices = [("offices", toll.official), ("others", toll.others)];
    let said: Vec<String> =
        voices.iter().filter_map(|(who, change)| Some(format!("{who} {}", toll_change(*change)?))).collect();
    format!("  - {} ({}): {}\n", toll.kind, toll.unit, said.join("; "))
}

fn toll_change(change: TollChange) -> Option<String> {
    let range = |range: TollRange| {
        let bound = |bound: Option<i64>| bound.map_or_else(String::new, |bound| bound.to_string());
        match (range.lo, range.hi) {
            (Some(lo), Some(hi)) if lo == hi => lo.to_string(),
            (lo, hi) => format!("{}..{}", bound(lo), bound(hi)),
        }
    };
    match (change.old.map(range), change.new.map(range)) {
        (None, None) => None,
        (Some(old), Some(new)) if old == new => Some(format!("{new}, as before")),
        (old, new) => {
            let nothing = || "nothing".to_owned();
            Some(format!("{} → {}", old.unwrap_or_else(nothing), new.unwrap_or_else(nothing)))
        }
    }
}

fn one(change: &Change) -> String {
    let classes: Vec<String> = change.classes.iter().map(ToString::to_string).collect();
    let (id, classes) = (code(&change.id), classes.join(", "));
    let mut text = format!("- {} {id}: {classes} (`{}`)\n", change.kind.word(), change.fingerprint);
    if let Some(claim) = &change.claim {
        let by: Vec<&str> = claim.by.iter().map(|voice| voice.agent().as_str()).collect();
        _ = writeln!(text, "  - {}, {}, by {}", claim.event, claim.kind, by.join(" > "));
    }
    let prefix = change.patch.first().map_or(0, prefix_bytes);
    let mut old: Option<&Value> = None;
    for operation in &change.patch {
        if let Operation::Test { value, .. } = operation {
            old = Some(value);
            continue;
        }
        let (old, new) = (old.take(), operation.value());
        match operation.path().get(prefix..).filter(|field| !field.is_empty()) {
            Some(field) => _ = writeln!(text, "  - {}: {} → {}", code(field), brief(old), brief(new)),
            None if change.kind == Subject::File || change.kind == Subject::Signer => {
                _ = writeln!(text, "  - {} → {}", brief(old), brief(new));
            }
            None => text.extend(old.into_iter().chain(new).map(whole)),
        }
    }
    if let Some(status) = change.status
        && let (Some(old), Some(new)) = (status.old, status.new)
        && old != new
    {
        _ = writeln!(text, "  - status {} → {}", old.word(), new.word());
    }
    if !change.because.is_empty() {
        let ids: Vec<&str> = change.because.iter().map(|id| id.as_str()).collect();
        _ = writeln!(text, "  - because of {}", ids.join(", "));
    }
    if let Some(anchored) = &change.anchored {
        let lists = [&anchored.unchanged, &anchored.moved, &anchored.lost, &anchored.not_checked].map(Vec::len);
        let [unchanged, moved, lost, not_checked] = lists;
        _ = write!(text, "  - claims unchanged {unchanged}, moved {moved}, lost {lost}, not checked {not_checked}");
        text.push_str(&match anchored.not_listed {
            0 => "\n".to_owned(),
            more => format!(", and {more} more\n"),
        });
    }
    if let Some(count) = change.count {
        _ = writeln!(text, "  - live records {} → {}", count.old, count.new);
    }
    text
}

/// Members of a record that say what it is about.
const TELLING: [&str; 10] = ["label", "names", "title", "publisher", "event", "kind", "stance", "value", "when", "by"];

/// A record that is new or gone, by what it is about.
fn whole(record: &Value) -> String {
    let told = TELLING.iter().filter_map(|name| Some(format!("{name} {}", brief(Some(record.get(name)?)))));
    format!("  - {}\n", told.collect::<Vec<_>>().join(", "))
}

/// A value as JSON; anchors and captures by what tells them apart.
fn brief(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let part = |item: &Value| -> Option<String> {
        if let (Some(capture), Some(span)) = (item.get("capture"), item.get("span")) {
            return Some(format!("{} {}", capture.as_str()?, json(span)));
        }
        Some(format!("{} {}", json(item.get("n")?), item.get("sha256")?.as_str()?))
    };
    let parts = value.as_array().and_then(|items| items.iter().map(part).collect::<Option<Vec<_>>>());
    match parts {
        Some(parts) if !parts.is_empty() => code(&parts.join(", ")),
        _ => code(&json(value)),
    }
}

fn json(value: &Value) -> String {
    String::from_utf8_lossy(&canonical::value_to_vec(value)).into_owned()
}

/// How much of a path names the record itself: `/claims/zh-0001`, `/dataset`.
fn prefix_bytes(operation: &Operation) -> usize {
    let path = operation.path();
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    let depth = if path.starts_with("/dataset") { 1 } else { 2 };
    slashes.get(depth).copied().unwrap_or(path.len())
}

/// Text in which no character means anything to Markdown or HTML: a code span whose fence is longer than any within.
fn code(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let longest = visible.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if visible.starts_with('`') || visible.ends_with('`') || visible.is_empty() { " " } else { "" };
    format!("{fence}{space}{visible}{space}{fence}")
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn a_code_span_ends_where_its_text_does() {
        assert_eq!(code("zh-0001"), "`zh-0001`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("a\n# b"), "`a\u{fffd}# b`");
        assert_eq!(code(""), "`  `");
    }
}
