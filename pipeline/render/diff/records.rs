//! A diff of one records file for the terminal: what can be said without the dataset around it.

use std::fmt::Write;

use super::text::{Text, numbers};
use super::{DiffHead, DiffOutput};
use crate::model::change::{Change, VersionName};
use crate::model::kind::RecordKind;
use crate::render::text::{STRONG, plain, styled};

/// The file's name, how many records came, went and changed, then the changes.
pub struct Records {
    kind: RecordKind,
    text: Text,
}

impl Records {
    /// For a file of records of this kind.
    pub fn of(kind: RecordKind) -> Self {
        Self { kind, text: Text::default() }
    }
}

impl DiffOutput for Records {
    fn begin(&mut self, head: DiffHead) -> String {
        // What all claims of an event come to is not known from one file, nor what the law asks.
        _ = self.text.begin(DiffHead { events: &[], ..head });
        let mut text = heading(&head.header.old, &head.header.new);
        let totals = head.trailer.totals.get(&self.kind).copied().unwrap_or_default();
        _ = writeln!(text, "  {:<8}{}", format!("{}s", self.kind), numbers(totals));
        text
    }

    fn change(&mut self, change: &Change) -> String {
        self.text.change(change)
    }

    fn end(&mut self, hidden: u64) -> String {
        self.text.end(hidden)
    }
}

/// What was compared: `claims.jsonl`, `a.jsonl -> b.jsonl`, `claims.jsonl (new file)`.
pub fn heading(old: &VersionName, new: &VersionName) -> String {
    let words = match (&old.path, &new.path) {
        (Some(old), Some(new)) if old == new => styled(STRONG, &plain(new)),
        (Some(old), Some(new)) => format!("{} -> {}", styled(STRONG, &plain(old)), styled(STRONG, &plain(new))),
        (None, Some(new)) => format!("{} (new file)", styled(STRONG, &plain(new))),
        (Some(old), None) => format!("{} (deleted file)", styled(STRONG, &plain(old))),
        (None, None) => String::new(),
    };
    words + "\n"
}
