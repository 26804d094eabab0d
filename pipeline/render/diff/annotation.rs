//! A change as a check on a commit shows it: how grave it is, what it is called and what it says.

use super::gravest;
use super::words::{Marks, headline, particulars};
use crate::model::change::{Change, RangeMove, Subject};
use crate::model::change_class::{Bump, ChangeClass};
use crate::model::dataset::Law;
use crate::render::text::plain;

/// How loud a check is about a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing to worry about.
    Note,
    /// It breaks what readers rely on.
    Warning,
    /// The law refuses it, or wants it allowed by name.
    Error,
}

impl Level {
    /// How loud a check is about a class under a law.
    pub fn of(class: ChangeClass, law: Law) -> Self {
        match class.bump(law) {
            Bump::Refused => Level::Error,
            _ if class.needs_leave() => Level::Error,
            Bump::Major => Level::Warning,
            Bump::Patch | Bump::Minor => Level::Note,
        }
    }
}

/// What a check says of one change.
pub struct Annotation {
    /// Its gravest class.
    pub class: ChangeClass,
    /// How loud.
    pub level: Level,
    /// `C10 value-changed: zh-0001`
    pub title: String,
    /// What changed, a line each.
    pub message: String,
}

impl Annotation {
    /// What is said of a change under a law.
    pub fn of(change: &Change, law: Law) -> Self {
        let class = gravest(change, law);
        let lines = [headline(change, &Bare)].into_iter().filter(|line| !line.is_empty());
        let mut lines: Vec<String> = lines.chain(particulars(change, &Bare)).collect();
        let others: Vec<String> = change.classes.iter().filter(|c| **c != class).map(ToString::to_string).collect();
        if !others.is_empty() {
            lines.push(format!("also {}", others.join(", ")));
        }
        lines.push(format!("change {}", change.fingerprint));
        let title = format!("{class}: {}", named(change));
        let is_disjoint = change.range.is_some_and(|range| range.is == RangeMove::Disjoint);
        let level = Level::of(class, law).max(if is_disjoint { Level::Warning } else { Level::Note });
        Self { class, level, title, message: lines.join("\n") }
    }
}

/// A claim by its id, everything else with its kind: `zh-0001`, `source rferl-2011`.
pub fn named(change: &Change) -> String {
    match change.kind {
        Subject::Claim => plain(&change.id),
        kind if kind.word() == change.id => change.id.clone(),
        kind => format!("{} {}", kind.word(), plain(&change.id)),
    }
}

/// Words without colours or markup.
pub struct Bare;

impl Marks for Bare {
    fn text(&self, text: &str) -> String {
        plain(text)
    }

    fn removed(&self, text: &str) -> String {
        format!("[-{}-]", plain(text))
    }

    fn added(&self, text: &str) -> String {
        format!("{{+{}+}}", plain(text))
    }
}
