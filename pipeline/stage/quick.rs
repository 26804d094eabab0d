//! The quick way through stage 1, for a line in which there is nothing to find.
//!
//! [`read`] gives the record of a line only where it has proved that the full reading (`validate.rs`) would give the
//! same record without a word. It turns down every other line, the faulty as well as the doubtful, and finds nothing
//! itself: what is wrong, where and why is said by the full reading alone. The proof has three parts.
//!
//! 1. **Form**: [`strict::read`] takes only an object of the record's own fields, each once, none null, each value of
//!    its type. So the record holds all that the line says. A line with an `ext` object is turned down here.
//! 2. **Limits**: `Limits::fit` holds what a type does not say against the numbers and patterns of the schema.
//! 3. **Text**: `is_plain` sees in the spelling of the line that no text of it can be one that `rule::strings` names.
//!
//! `tests/suite/quick.rs` breaks every constraint of every schema, one at a time, and compares both ways.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::rule::is_hidden;
use crate::format::jsonl::MAX_LINE_BYTES;
use crate::format::strict::{self, Strict};
use crate::format::{canonical, utf8};
use crate::model::dataset::Dataset;

/// The record of a line, if nothing at all can be said against the line.
pub fn read<T: DeserializeOwned + Limits>(line: &[u8]) -> Option<Strict<T>> {
    if line.len() > MAX_LINE_BYTES { None } else { read_any(line) }
}

/// The document of the tool's own that a line is, if nothing can be said against it, and it is its canonical form. Such
/// a document is no record, and as long as it is.
pub fn document<T: DeserializeOwned + Serialize + Limits>(line: &[u8]) -> Option<T> {
    let Strict { value, .. } = read_any(line)?;
    canonical::is_ordered(line, &value).then_some(value)
}

/// Whether nothing can be said against a declaration by its schema: it holds what is read of it, and no more. One with
/// schemas of its own is left to the full reading.
pub fn is_declaration(value: &serde_json::Value) -> bool {
    let read = Dataset::deserialize(value).ok().filter(Dataset::fit);
    read.and_then(|dataset| serde_json::to_value(dataset).ok()).is_some_and(|written| written == *value)
}

fn read_any<T: DeserializeOwned + Limits>(line: &[u8]) -> Option<Strict<T>> {
    let text = utf8::read(line)?;
    let is_fit = !line.ends_with(b"\r") && is_plain(text);
    if is_fit { strict::read(text).filter(|read: &Strict<T>| read.value.fit()) } else { None }
}

/// Whether no text of the line, once its escapes are read, can hold contact data or a hidden character: whether the
/// line itself holds none of the characters that these must have. No escape that is taken stands for one of them.
fn is_plain(line: &str) -> bool {
    !may_hold_contact(line.as_bytes()) && !hides(line)
}

/// An address has an `@`; a phone number begins with `+` and a digit, or with 8, one or two signs and a 7.
fn may_hold_contact(line: &[u8]) -> bool {
    let is_sign = |byte: &u8| matches!(byte, b' ' | b'(' | b'-');
    let begins_number = |at: usize| match line[at..] {
        [b'+', next, ..] => next.is_ascii_digit(),
        [b'8', sign, b'7', ..] => is_sign(&sign),
        [b'8', sign, other, b'7', ..] => is_sign(&sign) && is_sign(&other),
        [other, ..] => other == b'@',
        [] => false,
    };
    memchr::memchr3_iter(b'@', b'+', b'8', line).any(begins_number)
}

/// Which bytes a hidden character begins with, outside the control characters that JSON does not take anyway.
const HIDDEN: [[u8; 3]; 2] = [[0xc2, 0xe2, 0xef], [0xd8, 0xe1, 0xf3]];

fn hides(line: &str) -> bool {
    let is_hidden_at = |at: usize| line[at..].chars().next().is_some_and(is_hidden);
    let bytes = line.as_bytes();
    memchr::memchr(0x7f, bytes).is_some()
        || HIDDEN.iter().any(|[a, b, c]| memchr::memchr3_iter(*a, *b, *c, bytes).any(is_hidden_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_of_a_number_is_seen_wherever_it_stands() {
        for begun in ["@", "+7", "8 7", "8(7", "8-7", "8 (7", "8--7"] {
            for (before, behind) in (0..40).flat_map(|before| [(before, 0), (before, 1), (before, 40)]) {
                let line = ["x".repeat(before).as_str(), begun, &"x".repeat(behind)].concat();
                assert!(may_hold_contact(line.as_bytes()), "{line}");
            }
        }
        for other in ["", "8", "+", "8 ", "+x", "87", "8  ", "8x7", "8 x7", "8   7", "9 7"] {
            for line in [other.to_owned(), format!("x{other}"), format!("{}{other}", "x".repeat(40))] {
                assert!(!may_hold_contact(line.as_bytes()), "{line}");
            }
        }
    }

    #[test]
    fn every_hidden_character_is_seen() {
        for c in ('\u{7f}'..=char::MAX).filter(|c| is_hidden(*c)) {
            assert!(hides(&format!("\"қ{c}\"")), "{c:?}");
        }
        assert!(!hides("\"“қ” «a»\u{a0}— \u{301}😀\""));
    }
}
