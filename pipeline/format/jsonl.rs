//! Strict JSON lines: what two readers could understand differently is refused (RFC 8259, RFC 7493).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

/// Longest line, in bytes without its LF.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// Deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 64;

/// Largest integer that every reader of JSON holds exactly (RFC 7493 section 2.2).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Why a line is not acceptable JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (byte {at})")]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Where, as a byte offset into the line.
    pub at: usize,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// A byte order mark.
    #[error("a byte order mark stands before the text")]
    Bom,
    /// Bytes that are not UTF-8.
    #[error("the bytes are not UTF-8")]
    NotUtf8,
    /// The same key twice in one object.
    #[error("the key {0:?} stands twice in one object")]
    DuplicateKey(String),
    /// Half of a surrogate pair.
    #[error("half of a surrogate pair")]
    LoneSurrogate,
    /// Deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Longer than [`MAX_LINE_BYTES`].
    #[error("longer than {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// A number that no double can hold.
    #[error("a number too large for any reader")]
    NumberTooLarge,
    /// Anything else.
    #[error("{0}")]
    Syntax(String),
}

/// Why a number may not stand in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// It is not an integer.
    #[error("not an integer")]
    Fraction,
    /// It is an integer that some readers round.
    #[error("an integer beyond 2^53-1, which some readers round")]
    TooLarge,
}

/// Reads one line. A number spelled as a fraction whose value is an integer comes out as that integer, so that all
/// spellings of one canonical form (RFC 8785) give equal values.
pub fn parse(line: &[u8]) -> Result<Value, Fault> {
    if line.len() > MAX_LINE_BYTES {
        return Err(Fault { kind: FaultKind::TooLong, at: MAX_LINE_BYTES });
    }
    parse_document(line)
}

/// The same for a whole document, whose length its reader has bounded.
pub fn parse_document(line: &[u8]) -> Result<Value, Fault> {
    let fault = |kind, at| Err(Fault { kind, at });
    if line.starts_with(b"\xef\xbb\xbf") {
        return fault(FaultKind::Bom, 0);
    }
    let text = match std::str::from_utf8(line) {
        Ok(text) => text,
        Err(error) => return fault(FaultKind::NotUtf8, error.valid_up_to()),
    };
    if text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
        return fault(FaultKind::Syntax("the line is blank".to_owned()), 0);
    }
    let found = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0, fault: &found }.deserialize(&mut deserializer);
    value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| {
        let at = offset(line, &error);
        match found.take() {
            Some(FaultKind::DuplicateKey(key)) => Fault { at: key_start(text, at), kind: FaultKind::DuplicateKey(key) },
            Some(kind) => Fault { kind, at },
            None => Fault { kind: classify(&error), at },
        }
    })
}

/// serde_json counts lines and, within them, bytes from 1.
fn offset(line: &[u8], error: &serde_json::Error) -> usize {
    let start: usize =
        line.split_inclusive(|&b| b == b'\n').take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    (start + error.column().saturating_sub(1)).min(line.len().saturating_sub(1))
}

/// The opening quotation mark of a key that ends at or before `end`.
fn key_start(text: &str, end: usize) -> usize {
    let bytes = text.as_bytes();
    let close = memchr::memrchr(b'"', &bytes[..(end + 1).min(bytes.len())]).unwrap_or(0);
    let mut open = close;
    while let Some(before) = memchr::memrchr(b'"', &bytes[..open]) {
        open = before;
        let escapes = bytes[..open].iter().rev().take_while(|&&b| b == b'\\').count();
        if escapes % 2 == 0 {
            break;
        }
    }
    open
}

fn classify(error: &serde_json::Error) -> FaultKind {
    let words = error.to_string();
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    if words.contains("surrogate") || words.contains("unexpected end of hex escape") {
        FaultKind::LoneSurrogate
    } else if words.contains("number out of range") {
        FaultKind::NumberTooLarge
    } else if words.contains("recursion limit") {
        FaultKind::TooDeep
    } else {
        FaultKind::Syntax(words.to_owned())
    }
}

/// Builds a value and refuses what serde_json lets pass: equal keys and deep nesting.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    fault: &'a RefCell<Option<FaultKind>>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth < MAX_DEPTH {
            return Ok(Self { depth: self.depth + 1, ..self });
        }
        self.fault.replace(Some(FaultKind::TooDeep));
        Err(E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        if value.fract() == 0.0 && value.abs() <= MAX_INTEGER as f64 {
            return Ok((value as i64).into());
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
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
            if object.contains_key(&key) {
                self.fault.replace(Some(FaultKind::DuplicateKey(key)));
                return Err(A::Error::custom("duplicate key"));
            }
            object.insert(key, members.next_value_seed(inner)?);
        }
        Ok(Value::Object(object))
    }
}

/// JSON pointers (RFC 6901) to all numbers that may not stand in a record.
pub fn unsafe_numbers(value: &Value) -> Vec<(String, NumberFault)> {
    let mut faults = Vec::new();
    collect_unsafe(value, &mut String::new(), &mut faults);
    faults
}

fn collect_unsafe(value: &Value, pointer: &mut String, faults: &mut Vec<(String, NumberFault)>) {
    let length = pointer.len();
    match value {
        Value::Number(number) => faults.extend(number_fault(number).map(|fault| (pointer.clone(), fault))),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{i}"));
                collect_unsafe(item, pointer, faults);
                pointer.truncate(length);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                pointer.push('/');
                pointer.push_str(&escape(key));
                collect_unsafe(member, pointer, faults);
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn number_fault(number: &Number) -> Option<NumberFault> {
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    match (magnitude, number.as_f64()) {
        (Some(magnitude), _) => (magnitude > MAX_INTEGER).then_some(NumberFault::TooLarge),
        (None, Some(double)) if double.fract() == 0.0 => Some(NumberFault::TooLarge),
        (None, _) => Some(NumberFault::Fraction),
    }
}

/// A key as a reference token of a JSON pointer (RFC 6901 section 3).
pub fn escape(key: &str) -> std::borrow::Cow<'_, str> {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1").into() } else { key.into() }
}

/// The bytes of the value at a JSON pointer, or of its nearest ancestor that exists; the whole line if it is not JSON.
pub fn locate(line: &[u8], pointer: &str) -> Range<usize> {
    let whole = 0..line.len();
    let Some(text) = std::str::from_utf8(line).ok() else { return whole };
    let Ok(mut raw) = serde_json::from_str::<&RawValue>(text) else { return whole };
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        match member(raw, &token) {
            Some(inner) => raw = inner,
            None => break,
        }
    }
    let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
    start..start + raw.get().len()
}

fn member<'a>(raw: &'a RawValue, token: &str) -> Option<&'a RawValue> {
    if raw.get().starts_with('{') {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get()).ok()?;
        return members.get(token).copied();
    }
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
    items.get(token.parse::<usize>().ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fault(line: &[u8]) -> (FaultKind, usize) {
        let fault = parse(line).expect_err("must be refused");
        (fault.kind, fault.at)
    }

    #[test]
    fn refuses_what_readers_disagree_about() {
        assert_eq!(fault(b"\xef\xbb\xbf{}"), (FaultKind::Bom, 0));
        assert_eq!(fault(b"{\"a\":\"\xff\"}"), (FaultKind::NotUtf8, 6));
        assert_eq!(fault(br#"{"a":1,"b":{"c":1,"c":2}}"#), (FaultKind::DuplicateKey("c".into()), 18));
        assert_eq!(fault(br#"{"a":1,"\u0061":2}"#), (FaultKind::DuplicateKey("a".into()), 7));
        assert_eq!(fault(br#"{"a":"\ud83d"}"#).0, FaultKind::LoneSurrogate);
        assert_eq!(fault(br#"{"a":"\ud83d b"}"#).0, FaultKind::LoneSurrogate);
        assert_eq!(fault(br#"{"a":"\ude00"}"#).0, FaultKind::LoneSurrogate);
        assert_eq!(fault(b"[1e400]").0, FaultKind::NumberTooLarge);
        assert_eq!(fault(&b"[".repeat(100_000)).0, FaultKind::TooDeep);
        assert_eq!(fault(&vec![b' '; MAX_LINE_BYTES + 1]).0, FaultKind::TooLong);
        for bad in ["", "   ", "{} x", "{}{}", "[NaN]", "[01]", "{'a':1}", "{\"a\":1", "\"a\tb\"", "[1,]"] {
            assert!(matches!(fault(bad.as_bytes()).0, FaultKind::Syntax(_)), "{bad}");
        }
    }

    #[test]
    fn depth_is_counted_exactly() {
        let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(fault(&nested(MAX_DEPTH + 1)).0, FaultKind::TooDeep);
    }

    #[test]
    fn spellings_of_one_integer_are_one_value() {
        for line in ["[100]", "[100.0]", "[1e2]", "[1E+2]", " [ 100 ] "] {
            assert_eq!(parse(line.as_bytes()).expect(line).to_string(), "[100]");
        }
        assert_eq!(parse(b"[-0]").expect("zero").to_string(), "[0]");
        assert_eq!(parse(b"[-0.0]").expect("zero").to_string(), "[0]");
    }

    #[test]
    fn unsafe_numbers_are_named() {
        let value = parse(br#"{"a/b":[1,1.5,9007199254740991],"c":9007199254740992,"d":-9007199254740993,"e":1e30}"#)
            .expect("JSON");
        let faults = unsafe_numbers(&value);
        let expected = [
            ("/a~1b/1", NumberFault::Fraction),
            ("/c", NumberFault::TooLarge),
            ("/d", NumberFault::TooLarge),
            ("/e", NumberFault::TooLarge),
        ];
        assert_eq!(faults, expected.map(|(pointer, fault)| (pointer.to_owned(), fault)));
    }

    #[test]
    fn values_are_located_in_their_line() {
        let line = r#"{"a": [10, {"b/c": "қ"}], "d":null}"#;
        for (pointer, text) in
            [("/a/0", "10"), ("/a/1/b~1c", "\"қ\""), ("/d", "null"), ("/a/7", "[10, {\"b/c\": \"қ\"}]"), ("", line)]
        {
            assert_eq!(&line[locate(line.as_bytes(), pointer)], text);
        }
        assert_eq!(locate(b"not json", "/a"), 0..8);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), pointer in "[/a-z0-9~]{0,12}") {
            if let Ok(value) = parse(&bytes) {
                prop_assert_eq!(parse(value.to_string().as_bytes()), Ok(value));
            }
            let range = locate(&bytes, &pointer);
            prop_assert!(bytes.get(range).is_some());
        }
    }
}
