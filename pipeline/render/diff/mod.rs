//! A diff in every form of output. A form is given the diff piece by piece and says what is to be printed.

use crate::model::change::{Change, ChangesHeader, ChangesTrailer, VersionName};
use crate::model::toll::EventSummary;

pub mod json;
pub mod markdown;
pub mod records;
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

/// How a version is called: `dist/1.0.0 (1.0.0, verified)`, `HEAD~1:seeds (1f2e3d4, checked)`, `1.0.0`.
fn side(name: &VersionName) -> String {
    let version = name.version.as_ref().map(ToString::to_string);
    let trust = name.trust.map(|trust| trust.words().to_owned());
    let commit = name.commit.as_ref().map(|commit| commit.chars().take(COMMIT_SHOWN).collect());
    let facts: Vec<String> = version.into_iter().chain(commit).chain(trust).collect();
    match &name.path {
        Some(path) => format!("{path} ({})", facts.join(", ")),
        None => facts.join(", "),
    }
}
