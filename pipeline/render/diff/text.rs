//! A diff for the terminal.

use std::fmt::Write;

use super::words::{self, Marks, asks, changed, headline, particulars};
use super::{DiffHead, DiffOutput, side};
use crate::model::change::{Change, Sign, Subject, Totals, Trust, VersionName};
use crate::model::kind::RecordKind;
use crate::model::toll::EventSummary;
use crate::render::text::{ERROR, FAINT, GOOD, STRONG, Thousands, WARNING, plain, styled};
use crate::stage::diff::quotes::Quotes;
use crate::stage::search::Context;

/// Most events whose counts are shown.
const EVENTS: usize = 20;

/// Heading, totals, what each event comes to, then the changes.
#[derive(Default)]
pub struct Text {
    kind: Option<Subject>,
    is_empty: bool,
    /// Changes to be shown, and those shown so far.
    total: u64,
    shown: u64,
    events: String,
    quotes: Quotes,
}

impl Text {
    /// A diff in which new words are shown in their context.
    pub fn new(quotes: Quotes) -> Self {
        Self { quotes, ..Self::default() }
    }
}

impl DiffOutput for Text {
    fn begin(&mut self, head: DiffHead) -> String {
        self.is_empty = head.trailer.is_empty();
        self.total = head.changes();
        self.events = events(head.events);
        let mut text = format!("{} {} {}\n", named(&head.header.old), styled(FAINT, "->"), named(&head.header.new));
        for kind in RecordKind::ALL.iter().rev() {
            let totals = head.trailer.totals.get(kind).copied().unwrap_or_default();
            _ = writeln!(text, "  {:<8}{}", format!("{kind}s"), numbers(totals));
        }
        for (class, count) in &head.trailer.classes {
            let count = Thousands(*count).to_string();
            _ = writeln!(text, "  {} {:<28}{count}", styled(STRONG, class.code()), class.name());
        }
        if !self.is_empty {
            _ = writeln!(text, "  {}", asks(head.trailer.bump, head.header.law));
        }
        if let Some(selection) = head.selection() {
            _ = writeln!(text, "  {selection}");
        }
        text
    }

    fn change(&mut self, change: &Change) -> String {
        self.shown += 1;
        let heading = if self.kind.replace(change.kind) == Some(change.kind) {
            String::new()
        } else {
            format!("\n{}\n", styled(STRONG, &format!("{}s", change.kind.word())))
        };
        let quotes: String = self.quotes.of(change).into_iter().map(in_context).collect();
        heading + &one(change) + &quotes
    }

    fn end(&mut self, _: u64) -> String {
        let mut text = String::new();
        // Where none was to be shown, the totals say it all.
        if self.shown > 0 && self.shown < self.total {
            let hidden = self.total - self.shown;
            let noun = if hidden == 1 { "change" } else { "changes" };
            let words = format!("{} more {noun} not shown (--limit 0 shows all)\n", Thousands(hidden));
            text.push_str(&styled(FAINT, &words));
        }
        if self.is_empty {
            text.push_str("no record changed\n");
        }
        text + &self.events
    }
}

fn named(name: &VersionName) -> String {
    let style = if name.trust == Some(Trust::NotVerified) { WARNING } else { GOOD };
    match side(name).rsplit_once('(') {
        Some((path, facts)) => format!("{}{}", plain(path), styled(style, &format!("({}", plain(facts)))),
        None => plain(&side(name)),
    }
}

pub(super) fn numbers(totals: Totals) -> String {
    let Totals { added, removed, changed, unchanged } = totals;
    let mut parts: Vec<String> = [(added, "added"), (removed, "removed"), (changed, "changed")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", Thousands(count)))
        .collect();
    parts.push(format!("{} unchanged", Thousands(unchanged)));
    parts.join(", ")
}

fn events(events: &[EventSummary]) -> String {
    if events.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", styled(STRONG, "what is counted"));
    for event in events.iter().take(EVENTS) {
        _ = writeln!(text, "{}  {}", styled(STRONG, event.event.as_str()), styled(FAINT, &changed(event)));
        for toll in &event.tolls {
            _ = writeln!(text, "    {}", plain(&words::toll(toll)));
        }
    }
    if events.len() > EVENTS {
        _ = writeln!(text, "{}", styled(FAINT, &format!("and {} more events", events.len() - EVENTS)));
    }
    text
}

/// Words between those that stand around them.
fn in_context(context: &Context) -> String {
    let [before, words, after] = [&context.before, &context.words, &context.after].map(|text| plain(text));
    let (line, words) = (styled(FAINT, &format!("line {}:", context.line)), styled(STRONG, &words));
    format!("    {line} \u{2026}{before}{words}{after}\u{2026}\n")
}

/// A change's sign, id, classes and what it says.
pub fn one(change: &Change) -> String {
    let (style, mark) = match change.sign() {
        Sign::Came => (GOOD, "+"),
        Sign::Went => (ERROR, "-"),
        Sign::Changed => (WARNING, "~"),
    };
    let classes: Vec<String> = change.classes.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "{} {}  {}",
        styled(style, mark),
        styled(STRONG, &plain(&change.id)),
        styled(style, &classes.join(", "))
    );
    if !change.fingerprint.is_empty() {
        _ = write!(text, "  {}", styled(FAINT, &change.fingerprint));
    }
    text.push('\n');
    let headline = headline(change, &Terminal);
    if !headline.is_empty() {
        _ = writeln!(text, "    {headline}");
    }
    for line in particulars(change, &Terminal) {
        _ = writeln!(text, "    {line}");
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
