//! A diff as annotations of a GitHub workflow: one command a line, which the runner shows beside the record's line.

use super::annotation::{Annotation, Level};
use super::words::asks;
use super::{DiffHead, DiffOutput, side};
use crate::model::change::Change;
use crate::model::dataset::Law;
use crate::render::text::{Thousands, counted};
use crate::stage::diff::places::Places;

/// A summary, then one annotation for each change.
pub struct Github {
    places: Places,
    law: Law,
    changes: u64,
}

impl Github {
    /// Annotations at these places.
    pub fn new(places: Places) -> Self {
        Self { places, law: Law::Strict, changes: 0 }
    }
}

impl DiffOutput for Github {
    fn begin(&mut self, head: DiffHead) -> String {
        self.law = head.header.law;
        self.changes = head.trailer.changes;
        let sides = format!("{} -> {}", side(&head.header.old), side(&head.header.new));
        let asked = asks(head.trailer.bump, self.law);
        let message = format!("{sides}: {}; {asked}", counted(self.changes, "change"));
        let levels = head.trailer.classes.keys().map(|class| Level::of(*class, head.header.law));
        command(levels.max().unwrap_or(Level::Note), &[("title", "affiant diff".to_owned())], &message)
    }

    fn change(&mut self, change: &Change) -> String {
        let Annotation { level, title, message, .. } = Annotation::of(change, self.law);
        let place = self.places.of(change);
        let place = place.into_iter().flat_map(|at| [("file", at.file.clone()), ("line", at.line.to_string())]);
        command(level, &place.chain([("title", title)]).collect::<Vec<_>>(), &message)
    }

    fn end(&mut self, hidden: u64) -> String {
        if hidden == 0 {
            return String::new();
        }
        let shown = format!("{} of {}", Thousands(self.changes - hidden), counted(self.changes, "change"));
        command(Level::Note, &[("title", "affiant diff".to_owned())], &format!("{shown} annotated"))
    }
}

/// `::warning file=seeds/claims/x.jsonl,line=17,title=...::...`
fn command(level: Level, properties: &[(&str, String)], message: &str) -> String {
    let word = match level {
        Level::Note => "notice",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    format!("::{word} {}::{}\n", properties.join(","), data(message))
}

/// A message in which nothing ends the command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value in which nothing ends the property either.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        let properties = [("file", "a,b:c%.jsonl".to_owned()), ("title", "::error::x\r\n".to_owned())];
        assert_eq!(
            command(Level::Warning, &properties, "1% of a\n::error::b, c: d"),
            "::warning file=a%2Cb%3Ac%25.jsonl,title=%3A%3Aerror%3A%3Ax%0D%0A::1%25 of a%0A::error::b, c: d\n"
        );
    }
}
