//! Other spellings of a claim that mean the same: what a diff must not report.

use std::fmt::Write;

use serde_json::Value as Json;

use crate::claim::Claim;
use crate::edit::{count, remark};
use crate::value::Value;

/// One way to spell a record otherwise.
#[derive(Clone, Copy, PartialEq)]
pub enum Respelling {
    KeyReorder,
    Whitespace,
    NumberFormat,
    StringEscape,
}

impl Respelling {
    /// Its name in the answer key.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyReorder => "key_reorder",
            Self::Whitespace => "whitespace",
            Self::NumberFormat => "number_format",
            Self::StringEscape => "string_escape",
        }
    }

    /// Gives the claim what will be spelled otherwise.
    pub fn prepare(self, claim: &mut Claim) {
        match self {
            Self::NumberFormat => count(claim),
            Self::StringEscape => remark(claim),
            Self::KeyReorder | Self::Whitespace => {}
        }
    }

    /// The claim's `line`, spelled otherwise.
    pub fn apply(self, claim: &Claim, line: &str) -> String {
        match (self, &claim.value, &claim.note) {
            (Self::KeyReorder, ..) => sorted(line),
            (Self::Whitespace, ..) => spaced(line),
            (Self::NumberFormat, Some(Value::Quantity(quantity)), _) => {
                let n = quantity.number().unwrap_or_default();
                line.replacen(&format!("\"lo\":{n},\"hi\":{n},"), &format!("\"lo\":{n}.0,\"hi\":{n}0e-1,"), 1)
            }
            (Self::StringEscape, _, Some(note)) => {
                line.replacen(&Json::from(note.as_str()).to_string(), &escaped(note), 1)
            }
            (Self::NumberFormat | Self::StringEscape, ..) => line.to_owned(),
        }
    }
}

/// The members of each object in the order of their names.
fn sorted(line: &str) -> String {
    serde_json::from_str::<Json>(line).map_or_else(|_| line.to_owned(), |record| format!("{record}\n"))
}

/// White space around every colon and comma that stands outside strings.
pub fn spaced(line: &str) -> String {
    let mut spaced = String::with_capacity(line.len() + 200);
    let (mut in_string, mut is_escaped) = (false, false);
    for c in line.chars() {
        in_string ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        match c {
            ':' | ',' if !in_string => spaced.extend([' ', c, '\t']),
            _ => spaced.push(c),
        }
    }
    spaced
}

/// A JSON string in which every character is an escape.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::from('"');
    for unit in text.encode_utf16() {
        write!(escaped, "\\u{unit:04x}").expect("memory takes every byte");
    }
    escaped + "\""
}
