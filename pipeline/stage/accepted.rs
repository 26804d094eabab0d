//! The warnings that a dataset accepts, and those that it accepts in vain.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::record::Problem;
use crate::finding::{Code, Finding};
use crate::model::dataset::Acceptance;

/// What dataset.json accepts, while threads find what there is to accept.
pub struct Accepted<'a> {
    entries: &'a [Acceptance],
    /// Number of the first entry for a code and an id.
    index: BTreeMap<(&'a str, &'a str), usize>,
    in_vain: Box<[AtomicBool]>,
}

impl<'a> Accepted<'a> {
    /// Nothing was found yet.
    pub fn new(entries: &'a [Acceptance]) -> Self {
        let numbered = entries.iter().enumerate().rev();
        let index = numbered.map(|(i, entry)| ((entry.code.as_str(), entry.id.as_str()), i)).collect();
        Self { entries, index, in_vain: entries.iter().map(|_| AtomicBool::new(true)).collect() }
    }

    /// Whether the finding need not be shown.
    pub fn takes(&self, finding: &Finding) -> bool {
        finding.id.as_deref().is_some_and(|id| self.meets(finding.code, id))
    }

    /// Whether there is an entry for this code and record. What cannot be judged now counts as met, not as in vain.
    pub fn meets(&self, code: Code, id: &str) -> bool {
        let Some(&entry) = self.index.get(&(code.name(), id)) else { return false };
        self.in_vain[entry].store(false, Ordering::Relaxed);
        true
    }

    /// The entries that nothing met, as problems of dataset.json.
    pub fn in_vain(&self) -> Vec<Problem> {
        let entries = (0..).zip(self.entries).zip(&self.in_vain).filter(|(_, in_vain)| in_vain.load(Ordering::Relaxed));
        let problem = |((i, entry), _): ((usize, &Acceptance), _)| {
            let message = format!("there is no warning {} of {} to accept", entry.code, entry.id);
            Problem::new(Code::AcceptedInVain, format!("/accepted/{i}"), message)
        };
        entries.map(problem).collect()
    }
}
