//! A diff for a comment on a pull request: the summary first, then the top of each class, within a number of bytes that
//! is kept exactly. What is kept of the changes until then is bounded too, however many there are.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::budget::Budget;
use super::markdown::{classes, closing, events, one, short, title, totals, verdict};
use super::{DiffHead, DiffOutput, gravest};
use crate::model::change::Change;
use crate::model::change_class::{Bump, ChangeClass};
use crate::model::dataset::Law;
use crate::render::text::Thousands;

/// The gravest class of a change; the gravest first.
type Section = (Reverse<Bump>, ChangeClass);

/// Everything that a comment may say, until it is known what fits.
pub struct Comment {
    max_bytes: usize,
    law: Law,
    total: u64,
    totals: BTreeMap<ChangeClass, u64>,
    summary: Summary,
    sections: BTreeMap<Section, Pile>,
    given: u64,
}

/// What stands before the changes.
#[derive(Default)]
struct Summary {
    title: String,
    totals: String,
    verdict: String,
    classes: Vec<String>,
    events: Vec<String>,
}

/// The first changes of one section, as many as could fit at most.
#[derive(Default)]
struct Pile {
    items: Vec<Item>,
    bytes: usize,
    /// How the first items are written; the others are not.
    written: Vec<Form>,
}

/// How a change is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// By its first line.
    Short,
    /// With everything it says.
    Full,
}

/// One change.
struct Item {
    /// Everything it says.
    full: String,
    /// Its first line.
    short: String,
    classes: Vec<ChangeClass>,
}

impl Comment {
    /// The least a comment may be given: room for the totals and for what the law asks.
    pub const MIN_BYTES: u64 = 1_024;

    /// What a comment on GitHub may hold (65,536 characters), less some room for what a workflow adds to it.
    pub const DEFAULT_BYTES: u64 = 64_000;

    /// A comment of at most so many bytes.
    pub fn new(max_bytes: u64) -> Self {
        Self {
            max_bytes: usize::try_from(max_bytes).unwrap_or(usize::MAX),
            law: Law::Strict,
            total: 0,
            totals: BTreeMap::new(),
            summary: Summary::default(),
            sections: BTreeMap::new(),
            given: 0,
        }
    }
}

impl DiffOutput for Comment {
    fn begin(&mut self, head: DiffHead) -> String {
        self.law = head.header.law;
        self.total = head.changes();
        self.totals = head.classes().clone();
        self.summary = Summary {
            title: title(head.header),
            totals: totals(head.trailer),
            verdict: verdict(&head),
            classes: classes(head.classes(), self.law),
            events: events(head.events),
        };
        String::new()
    }

    fn change(&mut self, change: &Change) -> String {
        self.given += 1;
        let class = gravest(change, self.law);
        let pile = self.sections.entry((Reverse(class.bump(self.law)), class)).or_default();
        pile.keep(change, self.max_bytes);
        String::new()
    }

    fn end(&mut self, _: u64) -> String {
        let mut whole = Budget::new(self.max_bytes);
        // Where none was to be shown, the totals say it all.
        let closes = self.given > 0;
        // No number of shown changes is longer to say than all of them.
        let reserve = if closes { closing(self.total, self.total).len() } else { 0 };
        let mut budget = Budget::new(self.max_bytes.saturating_sub(reserve));
        self.summary.write(&mut budget);
        self.choose(budget.left());
        let shown = self.shown();
        for ((_, class), pile) in self.sections.iter().filter(|(_, pile)| !pile.written.is_empty()) {
            budget.add(&self.heading(*class, shown.get(class).copied().unwrap_or_default()));
            pile.written().for_each(|item| _ = budget.add(item));
        }
        whole.add(&budget.into_text());
        let written = self.sections.values().map(|pile| pile.written.len() as u64).sum();
        if closes && written < self.total {
            whole.add(&closing(written, self.total));
        }
        whole.into_text()
    }
}

impl Summary {
    /// Every part that fits, the most important first.
    fn write(&self, budget: &mut Budget) {
        let has_title = self.title.len() <= budget.left() / 4 && budget.add(&self.title);
        if !has_title {
            budget.add("### Changes\n\n");
        }
        budget.add(&self.totals);
        budget.add(&self.verdict);
        let half = budget.left() / 2;
        budget.add_all(&self.classes, half, |others| format!("| | | and {others} more classes | |\n"));
        let quarter = budget.left() / 4;
        budget.add_all(&self.events, quarter, |others| format!("- and {} more events\n", Thousands(others as u64)));
    }
}

impl Pile {
    /// Keeps a change, unless those before it fill the whole comment already.
    fn keep(&mut self, change: &Change, max_bytes: usize) {
        if self.bytes > max_bytes {
            return;
        }
        let (mut full, short) = (one(change), short(change));
        if full.len() > max_bytes {
            full.clone_from(&short);
        }
        self.bytes += full.len();
        self.items.push(Item { full, short, classes: change.classes.clone() });
    }

    /// Begins with the first line of the first change, if it fits with the heading; says how many bytes that takes.
    fn begin(&mut self, heading: usize, room: usize) -> usize {
        let Some(first) = self.items.first() else { return 0 };
        let bytes = heading + first.short.len();
        if bytes > room {
            return 0;
        }
        self.written.push(Form::Short);
        bytes
    }

    /// Goes on while there is room, and says how many bytes that takes: what was begun is told in full, and so is what
    /// follows, or else, where `form` allows it, by its first line.
    fn go_on(&mut self, room: usize, form: Form) -> usize {
        let mut left = room;
        if let (Some(written @ Form::Short), Some(first)) = (self.written.first_mut(), self.items.first())
            && first.full.len() - first.short.len() <= left
        {
            left -= first.full.len() - first.short.len();
            *written = Form::Full;
        }
        while let Some(item) = self.items.get(self.written.len()).filter(|_| !self.written.is_empty()) {
            let fits = |text: &str| left.checked_sub(text.len());
            let full = fits(&item.full).map(|rest| (rest, Form::Full));
            let short = || fits(&item.short).filter(|_| form == Form::Short).map(|rest| (rest, Form::Short));
            let Some((rest, form)) = full.or_else(short) else { break };
            self.written.push(form);
            left = rest;
        }
        room - left
    }

    fn written(&self) -> impl Iterator<Item = &str> {
        let both = self.items.iter().zip(&self.written);
        both.map(|(item, form)| match form {
            Form::Full => item.full.as_str(),
            Form::Short => item.short.as_str(),
        })
    }
}

impl Comment {
    /// Chooses what is written: of every class the first change, the gravest class first; then each class has its share
    /// of what is left; and what the shares leave is used up, again the gravest class first.
    fn choose(&mut self, room: usize) {
        let headings: Vec<usize> = self.sections.keys().map(|(_, class)| self.widest_heading(*class)).collect();
        let mut left = room;
        for (pile, heading) in self.sections.values_mut().zip(headings) {
            left -= pile.begin(heading, left);
        }
        let mut waiting = self.sections.len();
        for pile in self.sections.values_mut() {
            left -= pile.go_on(left / waiting, Form::Full);
            waiting -= 1;
        }
        for pile in self.sections.values_mut() {
            left -= pile.go_on(left, Form::Short);
        }
    }

    /// How many written changes are of each class, in whatever section they stand.
    fn shown(&self) -> BTreeMap<ChangeClass, u64> {
        let mut shown = BTreeMap::new();
        for pile in self.sections.values() {
            let items = pile.items.iter().take(pile.written.len());
            items.flat_map(|item| &item.classes).for_each(|class| *shown.entry(*class).or_default() += 1);
        }
        shown
    }

    /// `#### C10 value-changed: 3 of 1,204 shown`
    fn heading(&self, class: ChangeClass, shown: u64) -> String {
        let total = self.totals.get(&class).copied().unwrap_or_default();
        format!("\n#### {class}: {} of {} shown\n\n", Thousands(shown), Thousands(total))
    }

    fn widest_heading(&self, class: ChangeClass) -> usize {
        self.heading(class, self.totals.get(&class).copied().unwrap_or_default()).len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};
    use serde_json::json;

    use super::*;
    use crate::model::change::{ChangesHeader, ChangesTrailer};
    use crate::model::toll::EventSummary;
    use crate::render::diff::markdown::Markdown;

    fn a_change() -> impl Strategy<Value = Change> {
        let classes = subsequence(ChangeClass::ALL.to_vec(), 1..4);
        let kind = select(vec!["claim", "source", "file"]);
        (kind, "[a-z]{1,20}", classes, "[ -~\u{436}\u{1f525}\n|#@]{0,300}").prop_map(|(kind, id, classes, note)| {
            let value = json!({ "id": id, "title": note });
            let patch = json!([{ "op": "add", "path": format!("/{kind}s/{id}"), "value": value }]);
            let change = json!({
                "kind": kind, "id": id, "classes": classes, "fingerprint": "0123456789ab", "patch": patch,
            });
            serde_json::from_value(change).expect("a change")
        })
    }

    fn header(path: &str) -> ChangesHeader {
        let side = json!({ "path": path, "trust": "checked" });
        let header = json!({ "format": "x", "dataset": "x", "law": "living", "old": side, "new": side });
        serde_json::from_value(header).expect("a header")
    }

    fn summaries(count: usize) -> Vec<EventSummary> {
        let range = json!({ "old": { "claims": 1, "lo": 14, "hi": 14 } });
        let toll = json!({ "kind": "killed", "unit": "person", "official": range, "others": {} });
        let event = |n: usize| json!({ "event": format!("e-{n}"), "changed": n, "tolls": [toll] });
        (0..count).map(|n| serde_json::from_value(event(n)).expect("a summary")).collect()
    }

    fn trailer(changes: &[Change]) -> ChangesTrailer {
        let mut trailer = ChangesTrailer { changes: changes.len() as u64, ..ChangesTrailer::default() };
        for class in changes.iter().flat_map(|change| &change.classes) {
            *trailer.classes.entry(*class).or_default() += 1;
        }
        trailer
    }

    /// Lines that are cut: neither of the whole nor what a comment says of what it leaves out.
    fn cut<'a>(text: &'a str, whole: &str) -> Vec<&'a str> {
        let lines: BTreeSet<&str> = whole.lines().collect();
        let ends = [" more events", " more classes | |", " shown", "shown; the tables above count them all.*"];
        let is_ours = |line: &&str| *line == "### Changes" || ends.iter().any(|end| line.ends_with(end));
        text.lines().filter(|line| !lines.contains(line) && !is_ours(line)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_comment_is_never_longer_than_it_may_be(
            changes in prop::collection::vec(a_change(), 0..60), path in "[a-z/]{1,600}", count in 0usize..40,
            max_bytes in Comment::MIN_BYTES..20_000,
        ) {
            let (header, events, trailer) = (header(&path), summaries(count), trailer(&changes));
            let head = DiffHead { header: &header, trailer: &trailer, events: &events, selected: None };
            let mut comment = Comment::new(max_bytes);
            comment.begin(head);
            changes.iter().for_each(|change| _ = comment.change(change));
            let text = comment.end(0);
            prop_assert!(text.len() as u64 <= max_bytes, "{} of {max_bytes}", text.len());

            let everything: String = changes.iter().map(one).collect();
            let whole = Markdown::default().begin(head) + &everything;
            prop_assert_eq!(cut(&text, &whole), [] as [&str; 0]);
            prop_assert!(text.contains(&totals(&trailer)) && text.contains(&verdict(&head)));

            let shown = text.lines().filter(|line| line.starts_with("- \u{2795}")).count();
            if shown < changes.len() {
                prop_assert!(text.ends_with(&closing(shown as u64, changes.len() as u64)), "{text}");
            }
        }

        #[test]
        fn where_there_is_room_everything_is_shown(changes in prop::collection::vec(a_change(), 1..20)) {
            let (header, events, trailer) = (header("x"), summaries(3), trailer(&changes));
            let head = DiffHead { header: &header, trailer: &trailer, events: &events, selected: None };
            let mut comment = Comment::new(Comment::DEFAULT_BYTES);
            comment.begin(head);
            changes.iter().for_each(|change| _ = comment.change(change));
            let text = comment.end(0);
            for change in &changes {
                prop_assert!(text.contains(&one(change)));
            }
            prop_assert!(!text.contains("the tables above"));
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let change = json!({ "kind": "claim", "id": "a-1", "classes": ["C10"], "fingerprint": "0123456789ab" });
        let change: Change = serde_json::from_value(change).expect("a change");
        let mut comment = Comment::new(Comment::MIN_BYTES);
        (0..10_000).for_each(|_| _ = comment.change(&change));
        let kept: usize = comment.sections.values().map(|pile| pile.items.len()).sum();
        assert!(kept * short(&change).len() < 2 * comment.max_bytes, "{kept}");
    }
}
