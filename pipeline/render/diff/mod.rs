//! A diff in every form of output. A form is given the diff piece by piece and says what is to be printed.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::model::change::{Change, ChangesHeader, ChangesTrailer, VersionName};
use crate::model::change_class::{Bump, ChangeClass};
use crate::model::dataset::Law;
use crate::model::toll::EventSummary;
use crate::render::text::{Thousands, counted};
use crate::stage::diff::select::Taken;

mod annotation;
mod budget;
pub mod comment;
pub mod github;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod names;
pub mod page;
pub mod records;
pub mod sarif;
pub mod text;
mod words;

/// What is known before the first change: exact numbers of the whole diff, whatever of it is shown.
#[derive(Clone, Copy)]
pub struct DiffHead<'a> {
    /// What was compared.
    pub header: &'a ChangesHeader,
    /// What all changes come to.
    pub trailer: &'a ChangesTrailer,
    /// What they mean for what is counted in each event.
    pub events: &'a [EventSummary],
    /// How many changes a reader asked for; absent if for all.
    pub selected: Option<&'a Taken>,
}

impl DiffHead<'_> {
    /// How many changes there are to be shown.
    fn changes(&self) -> u64 {
        self.selected.map_or(self.trailer.changes, |taken| taken.changes)
    }

    /// How many of them are of each class.
    fn classes(&self) -> &BTreeMap<ChangeClass, u64> {
        self.selected.map_or(&self.trailer.classes, |taken| &taken.classes)
    }

    /// `3 of 1,204 changes selected`, if a reader asked for some only.
    fn selection(&self) -> Option<String> {
        let taken = self.selected?.changes;
        Some(format!("{} of {} selected", Thousands(taken), counted(self.trailer.changes, "change")))
    }
}

/// One form of output.
pub trait DiffOutput {
    /// What stands before all changes.
    fn begin(&mut self, head: DiffHead) -> String;

    /// One change, in the order of the diff.
    fn change(&mut self, change: &Change) -> String;

    /// What stands behind them; `hidden` changes were left out, by a filter or a limit.
    fn end(&mut self, hidden: u64) -> String;
}

/// How much of a commit's id is shown, in characters.
const COMMIT_SHOWN: usize = 7;

/// The class of a change that asks for the most.
fn gravest(change: &Change, law: Law) -> ChangeClass {
    let weight = |class: ChangeClass| (class.bump(law) == Bump::Refused, class.needs_leave(), class.bump(law));
    let gravest = change.classes.iter().copied().min_by_key(|class| (Reverse(weight(*class)), *class));
    gravest.unwrap_or(ChangeClass::A01)
}

/// How a version is called: `dist/1.0.0 (1.0.0, verified)`, `HEAD~1:seeds (1f2e3d4, checked)`, `1.0.0`.
fn side(name: &VersionName) -> String {
    let version = name.version.as_ref().map(ToString::to_string);
    let commit = name.commit.as_ref().map(|commit| commit.chars().take(COMMIT_SHOWN).collect());
    let facts: Vec<String> = version.into_iter().chain(commit).chain(name.trust_in_words()).collect();
    match &name.path {
        Some(path) => format!("{path} ({})", facts.join(", ")),
        None => facts.join(", "),
    }
}
