//! A diff for machines: the lines of `changes.jsonl` (`affiant schema changes`), or the same as one document.

use serde_json::{Value, json};

use super::{DiffHead, DiffOutput};
use crate::format::changes;
use crate::model::change::Change;
use crate::render::json::visible;

/// One JSON object a line, as in a release: header, changes, events, trailer.
#[derive(Default)]
pub struct Lines {
    end: String,
}

fn line(value: &impl serde::Serialize) -> String {
    text(&changes::to_line(value))
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned() + "\n"
}

impl DiffOutput for Lines {
    fn begin(&mut self, head: DiffHead) -> String {
        let events = head.events.iter().map(|event| text(&changes::ordered_line(event)));
        self.end = events.collect::<String>() + &line(head.trailer);
        line(head.header)
    }

    fn change(&mut self, change: &Change) -> String {
        line(change)
    }

    fn end(&mut self, _: u64) -> String {
        std::mem::take(&mut self.end)
    }
}

/// One document: the header's members, `changes`, `events`, the trailer's members under `sum`, and `hidden`.
#[derive(Default)]
pub struct Document {
    is_first: bool,
    end: String,
}

/// JSON in the place of a member, indented as the document is.
fn indented(value: &Value) -> String {
    visible(&format!("{value:#}")).replace('\n', "\n  ")
}

impl DiffOutput for Document {
    fn begin(&mut self, head: DiffHead) -> String {
        self.is_first = true;
        self.end = format!(
            "  \"events\": {},\n  \"sum\": {}\n}}\n",
            indented(&json!(head.events)),
            indented(&json!(head.trailer))
        );
        let header = visible(&format!("{:#}", json!(head.header)));
        let header = header.strip_suffix("\n}").unwrap_or(&header);
        format!("{header},\n  \"changes\": [")
    }

    fn change(&mut self, change: &Change) -> String {
        let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
        format!("{comma}\n    {}", indented(&json!(change)).replace('\n', "\n  "))
    }

    fn end(&mut self, hidden: u64) -> String {
        let close = if self.is_first { "]" } else { "\n  ]" };
        format!("{close},\n  \"hidden\": {hidden},\n{}", std::mem::take(&mut self.end))
    }
}
