//! Strict JSON lines: one JSON text (RFC 8259) per line, read so that two readers can never see two values in it.
//!
//! On top of the grammar a line keeps to I-JSON (RFC 7493): UTF-8 without a byte order mark, no key twice in an
//! object, no lone surrogate. A number is what RFC 8785 says it is, a double: one that is a whole number within
//! ±(2^53-1) becomes an integer however it was spelled (`1.0`, `1e2`, `-0`), so that all spellings of one canonical
//! form give equal values.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use super::utf8;

pub use super::pointer::{escape, locate, locate_key};

/// Longest line, in bytes, without its line feed.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// Deepest nesting of arrays and objects; a scalar has depth 0.
pub const MAX_DEPTH: usize = 64;

/// Largest magnitude up to which every integer is a double of its own: 2^53-1 (RFC 7493 section 2.2).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Why a line is not strict JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (byte {at} of the line)")]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Offset in the line of the first byte that is wrong; the line's length where something is missing at its end.
    pub at: usize,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// The line begins with U+FEFF (RFC 8259 section 8.1).
    #[error("the line begins with a byte order mark")]
    Bom,
    /// A byte sequence that is not UTF-8.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// More than [`MAX_LINE_BYTES`].
    #[error("the line is longer than {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// More than [`MAX_DEPTH`].
    #[error("arrays and objects are nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// A key that stands earlier in the same object, perhaps under another spelling.
    #[error("the key {0:?} stands twice in one object")]
    DuplicateKey(String),
    /// Half of a UTF-16 pair, written as an escape.
    #[error("an escape names half a character (a lone surrogate)")]
    LoneSurrogate,
    /// A number beyond the largest double.
    #[error("the number is too large for a double")]
    NumberTooLarge,
    /// Any other offence against the grammar, in the parser's words.
    #[error("not JSON: {0}")]
    Syntax(String),
}

/// Reads one line, given without its line feed, as one JSON text with nothing but JSON white space around it.
///
/// # Errors
/// The first [`Fault`] of the line.
pub fn parse(line: &[u8]) -> Result<Value, Fault> {
    if line.len() > MAX_LINE_BYTES {
        return Err(Fault { kind: FaultKind::TooLong, at: MAX_LINE_BYTES });
    }
    parse_document(line)
}

/// What JSON says, read leniently: of lines that were proved before, or whose meaning is proved elsewhere. It is found to be
/// UTF-8 as a whole, which is faster than string by string.
pub fn deserialize<'a, T: Deserialize<'a>>(json: &'a [u8]) -> serde_json::Result<T> {
    let text = utf8::read(json).ok_or_else(|| serde::de::Error::custom("it is not UTF-8"));
    text.and_then(serde_json::from_str)
}

/// The same for a whole document, whose length its reader has bounded.
///
/// # Errors
/// The first [`Fault`] of the document.
pub fn parse_document(line: &[u8]) -> Result<Value, Fault> {
    let refuse = |kind, at| Err(Fault { kind, at });
    let Some(text) = utf8::read(line) else {
        let valid = std::str::from_utf8(line).map_or_else(|error| error.valid_up_to(), str::len);
        return refuse(FaultKind::NotUtf8, valid);
    };
    if text.starts_with('\u{feff}') {
        return refuse(FaultKind::Bom, 0);
    }
    if text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
        return refuse(FaultKind::Syntax("the line is blank".to_owned()), 0);
    }
    let refused = Cell::new(None);
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0, refused: &refused }.deserialize(&mut json);
    value.and_then(|value| json.end().map(|()| value)).map_err(|error| fault(text, &error, refused.take()))
}

/// Builds a [`Value`]; leaves in `refused` what the JSON grammar allows and we do not.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    refused: &'a Cell<Option<FaultKind>>,
}

impl Strict<'_> {
    fn refuse<T, E: serde::de::Error>(self, kind: FaultKind) -> Result<T, E> {
        let error = E::custom(&kind);
        self.refused.set(Some(kind));
        Err(error)
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return self.refuse(FaultKind::TooDeep);
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            match object.entry(key) {
                Entry::Vacant(member) => member.insert(members.next_value_seed(inner)?),
                Entry::Occupied(member) => return self.refuse(FaultKind::DuplicateKey(member.key().clone())),
            };
        }
        Ok(Value::Object(object))
    }
}

/// A double as an integer where it is one and its neighbours are doubles too.
fn number(double: f64) -> Value {
    if double.fract() == 0.0 && double.abs() <= MAX_INTEGER as f64 {
        Value::from(double as i64)
    } else {
        Value::from(double)
    }
}

/// Turns the parser's error into ours. The parser stops behind the token it refuses; a fault points at its first byte.
fn fault(text: &str, error: &serde_json::Error, refused: Option<FaultKind>) -> Fault {
    let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let end = text.len().min(line_start + error.column());
    let before = &text.as_bytes()[..end];
    if let Some(kind) = refused {
        let at = match kind {
            FaultKind::TooDeep => last(before, |b| matches!(b, b'[' | b'{')),
            _ => opening_quote(before),
        };
        return Fault { kind, at };
    }
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string();
    let message = message.strip_suffix(&place).unwrap_or(&message);
    let (kind, at) = match message {
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            (FaultKind::LoneSurrogate, lone_surrogate(before))
        }
        "number out of range" => {
            let digits =
                before.iter().rev().take_while(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
            (FaultKind::NumberTooLarge, end - digits.count())
        }
        _ if error.is_eof() => (FaultKind::Syntax(message.to_owned()), text.len()),
        _ => (FaultKind::Syntax(message.to_owned()), end.saturating_sub(1)),
    };
    Fault { kind, at }
}

fn last(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    bytes.iter().rposition(|&b| wanted(b)).unwrap_or(0)
}

/// Whether the byte after `before` is not itself escaped: an even run of backslashes stands in front of it.
fn unescaped(before: &[u8]) -> bool {
    before.iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 0
}

/// Where the last string in `before` opens.
fn opening_quote(before: &[u8]) -> usize {
    let string = &before[..last(before, |b| b == b'"')];
    (0..string.len()).rev().find(|&at| string[at] == b'"' && unescaped(&string[..at])).unwrap_or(0)
}

/// Where the escape of a lone surrogate begins, `before` ending where the parser stopped: 12 bytes after it when
/// another escape follows that is not its other half, 8 or 7 when something else does, 6 when it is itself a second half.
fn lone_surrogate(before: &[u8]) -> usize {
    let first_half = |&at: &usize| {
        matches!(before[at..], [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..])
            && unescaped(&before[..at])
    };
    [12, 8, 7]
        .iter()
        .filter_map(|back| before.len().checked_sub(*back))
        .find(first_half)
        .unwrap_or_else(|| before.len().saturating_sub(6))
}

/// Why a number cannot stand in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// Not a whole number.
    #[error("not an integer")]
    Fraction,
    /// A whole number beyond ±(2^53-1), where neighbours share one double.
    #[error("beyond ±(2^53-1)")]
    TooLarge,
}

/// Every number that is not an integer within ±(2^53-1), with its JSON pointer (RFC 6901).
pub fn unsafe_numbers(value: &Value) -> Vec<(String, NumberFault)> {
    let mut found = Vec::new();
    walk(value, &mut String::new(), &mut found);
    found
}

fn walk(value: &Value, path: &mut String, found: &mut Vec<(String, NumberFault)>) {
    let here = path.len();
    match value {
        Value::Number(number) => found.extend(number_fault(number).map(|fault| (path.clone(), fault))),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push('/');
                path.push_str(&index.to_string());
                walk(item, path, found);
                path.truncate(here);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                path.push('/');
                path.push_str(&escape(key));
                walk(member, path, found);
                path.truncate(here);
            }
        }
        _ => {}
    }
}

fn number_fault(number: &Number) -> Option<NumberFault> {
    match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) if integer.unsigned_abs() <= MAX_INTEGER => None,
        (None, Some(double)) if double.fract() != 0.0 => Some(NumberFault::Fraction),
        _ => Some(NumberFault::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn fault(line: &str) -> (FaultKind, usize) {
        let Fault { kind, at } = parse(line.as_bytes()).expect_err(line);
        (kind, at)
    }

    #[test]
    fn spellings_of_one_number_are_one_value() {
        assert_eq!(parse(b"[1, 1.0, 1e2, 10E-1, -0, -0.0, 0e9]").expect("JSON"), json!([1, 1, 100, 1, 0, 0, 0]));
        assert_eq!(
            parse(b"[9007199254740991,-9007199254740991.0]").expect("JSON"),
            json!([9007199254740991_i64, -9007199254740991_i64])
        );
        let pairs = [
            ("9007199254740992", "9007199254740993"),
            ("-9007199254740992", "-9007199254740992.0"),
            ("1e20", "100000000000000000000"),
        ];
        for (one, other) in pairs {
            assert_eq!(parse(one.as_bytes()), parse(other.as_bytes()), "{one} {other}");
        }
    }

    #[test]
    fn a_fault_points_at_its_first_byte() {
        use FaultKind::{Bom, DuplicateKey, LoneSurrogate, NumberTooLarge, TooDeep};
        let duplicate = |key: &str| DuplicateKey(key.to_owned());
        let syntax = |reason: &str| FaultKind::Syntax(reason.to_owned());
        for (line, kind, at) in [
            ("", syntax("the line is blank"), 0),
            (" \t\r\n", syntax("the line is blank"), 0),
            ("\u{feff}{}", Bom, 0),
            (r#"{"a":1,"a":2}"#, duplicate("a"), 7),
            (r#"{"a":1, "a" : 2}"#, duplicate("a"), 8),
            (r#"{"a":1,"a"}"#, duplicate("a"), 7),
            (r#"{"é":[{"a\"\\":1,"\u0061\u0022\\":2}]}"#, duplicate("a\"\\"), 18),
            (r#"{"":1,"":2}"#, duplicate(""), 6),
            (r#"["\uD800"]"#, LoneSurrogate, 2),
            (r#"["\uD800x"]"#, LoneSurrogate, 2),
            (r#"["\uD800\n"]"#, LoneSurrogate, 2),
            (r#"["\uD800\u0041"]"#, LoneSurrogate, 2),
            (r#"["\uD83D\uDE00\uDC00"]"#, LoneSurrogate, 14),
            (r#"["\\uD800\uDC00"]"#, LoneSurrogate, 9),
            (r#"{"\udead":1}"#, LoneSurrogate, 2),
            ("[1,-1e400 ]", NumberTooLarge, 3),
            ("[1,1e400]", NumberTooLarge, 3),
            ("1e400", NumberTooLarge, 0),
            (&"[".repeat(65), TooDeep, 64),
            (&"[".repeat(100_000), TooDeep, 64),
            (&format!("{}{{ }}", "[ ".repeat(64)), TooDeep, 128),
        ] {
            assert_eq!(fault(line), (kind, at), "{line:.40}");
        }
        assert_eq!(parse(b"[\"\xff\"]"), Err(Fault { kind: FaultKind::NotUtf8, at: 2 }));
        let long = parse(&vec![b' '; MAX_LINE_BYTES + 1]);
        assert_eq!(long, Err(Fault { kind: FaultKind::TooLong, at: MAX_LINE_BYTES }));
        assert!(parse(format!("{}{}", "[".repeat(64), "]".repeat(64)).as_bytes()).is_ok());
    }

    #[test]
    fn syntax_faults_point_at_the_offending_byte_or_the_end() {
        for (line, at) in [
            ("{} x", 3),
            ("[1 2]", 3),
            ("[1,]", 3),
            ("{\"a\" 1}", 5),
            ("[\"a", 3),
            ("[1,\n 2", 6),
            ("[1,\n x]", 5),
            ("nul", 3),
            ("'a'", 0),
            ("[01]", 2),
            ("[\"\t\"]", 2),
            ("{1:2}", 1),
            ("[\"\\x\"]", 3),
            ("{\"a\":1,}", 7),
            ("[NaN]", 1),
            ("-", 1),
            ("}", 0),
        ] {
            let (kind, found) = fault(line);
            assert!(matches!(kind, FaultKind::Syntax(_)), "{line}: {kind:?}");
            assert_eq!(found, at, "{line:?}: {kind}");
            assert!(!kind.to_string().contains("column"), "{kind}");
        }
    }

    #[test]
    fn a_key_is_only_a_key() {
        let line = br#"{"$serde_json::private::RawValue":"[1]","$serde_json::private::Number":"1"}"#;
        assert_eq!(parse(line).expect("JSON").as_object().map(Map::len), Some(2));
    }

    #[test]
    fn unsafe_numbers_are_named_by_pointer() {
        let value = parse(br#"{"a/b~":[1,1.5,9007199254740992],"n":-1e300,"ok":-9007199254740991}"#).expect("JSON");
        let found = unsafe_numbers(&value);
        let pointers: Vec<_> = found.iter().map(|(pointer, fault)| (pointer.as_str(), *fault)).collect();
        let expected =
            [("/a~1b~0/1", NumberFault::Fraction), ("/a~1b~0/2", NumberFault::TooLarge), ("/n", NumberFault::TooLarge)];
        assert_eq!(pointers, expected);
        assert!(found.iter().all(|(pointer, _)| value.pointer(pointer).is_some()));
    }

    proptest! {
        #[test]
        fn never_panics(line in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Err(fault) = parse(&line) {
                prop_assert!(fault.at <= line.len());
            }
        }

        #[test]
        fn never_panics_on_json_like_text(line in r#"([\[\]{},:" \n]|"a"|\\|\\u[dD][89c]00|1e999|-|0|true|é|\u{1F600}){0,24}"#) {
            if let Err(fault) = parse(line.as_bytes()) {
                prop_assert!(fault.at <= line.len());
            }
        }
    }
}
