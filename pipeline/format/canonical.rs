//! The canonical form of a value: the JSON Canonicalization Scheme (RFC 8785).

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use serde_json::{Serializer, Value};

use super::jsonl::MAX_INTEGER;

/// The canonical form of `value`: UTF-8 without white space, keys sorted by UTF-16 code units, numbers as doubles.
///
/// # Panics
/// On what JSON cannot hold, a map whose keys are not text or a number that is not finite: no type of ours does.
pub fn to_vec(value: &impl Serialize) -> Vec<u8> {
    let value = serde_json::to_value(value).unwrap_or_else(|error| unreachable!("our values are JSON: {error}"));
    value_to_vec(&value)
}

/// [`to_vec`] of a value whose types write their members in the order of the canonical form, no float and no integer
/// beyond 2^53: each record is one, and each document and line of the tool's own that may be long or many. No [`Value`]
/// is made on the way.
pub fn ordered_to_vec(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 << 10);
    let written = serde_json::to_writer(&mut bytes, value);
    written.unwrap_or_else(|error| unreachable!("our values are JSON: {error}"));
    bytes.shrink_to_fit();
    bytes
}

/// Whether `line` is what [`ordered_to_vec`] writes of `value`, which is not written down.
pub fn is_ordered(line: &[u8], value: &impl Serialize) -> bool {
    let mut expected = Expected(line);
    serde_json::to_writer(&mut expected, value).is_ok() && expected.0.is_empty()
}

/// Takes the bytes that it expects, and no others.
struct Expected<'a>(&'a [u8]);

impl Write for Expected<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// [`to_vec`] of a value already in memory.
pub fn value_to_vec(value: &Value) -> Vec<u8> {
    plain_to_vec(value).unwrap_or_else(|| by_scheme(value))
}

/// [`to_vec`] of a [`Value`], or of whatever else writes its members in the order of the canonical form, if every number of
/// it is an integer within ±(2^53-1), and no key takes a closer look.
pub fn plain_to_vec(value: &impl Serialize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1 << 8);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Plain::default())).ok()?;
    Some(bytes)
}

/// Writes what serde_json itself writes canonically, and nothing else. It escapes as RFC 8785 section 3.2.2.2 does and
/// sorts keys by code point, which is the order of UTF-16 code units until U+E000 meets a surrogate; its numbers are
/// another matter, but for integers that are doubles too.
#[derive(Default)]
struct Plain {
    is_in_key: bool,
}

impl Plain {
    fn number(writer: &mut (impl Write + ?Sized), integer: impl TryInto<i64>) -> io::Result<()> {
        match integer.try_into() {
            Ok(integer) if integer.unsigned_abs() <= MAX_INTEGER => CompactFormatter.write_i64(writer, integer),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

impl Formatter for Plain {
    fn write_i64<W: Write + ?Sized>(&mut self, writer: &mut W, integer: i64) -> io::Result<()> {
        Self::number(writer, integer)
    }

    fn write_u64<W: Write + ?Sized>(&mut self, writer: &mut W, integer: u64) -> io::Result<()> {
        Self::number(writer, integer)
    }

    fn write_i128<W: Write + ?Sized>(&mut self, writer: &mut W, integer: i128) -> io::Result<()> {
        Self::number(writer, integer)
    }

    fn write_u128<W: Write + ?Sized>(&mut self, writer: &mut W, integer: u128) -> io::Result<()> {
        Self::number(writer, integer)
    }

    fn write_f32<W: Write + ?Sized>(&mut self, _: &mut W, _: f32) -> io::Result<()> {
        Err(io::ErrorKind::InvalidData.into())
    }

    fn write_f64<W: Write + ?Sized>(&mut self, _: &mut W, _: f64) -> io::Result<()> {
        Err(io::ErrorKind::InvalidData.into())
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.is_in_key = true;
        CompactFormatter.begin_object_key(writer, first)
    }

    fn end_object_key<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.is_in_key = false;
        CompactFormatter.end_object_key(writer)
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if self.is_in_key && fragment.chars().any(|c| c >= '\u{e000}') {
            return Err(io::ErrorKind::InvalidData.into());
        }
        CompactFormatter.write_string_fragment(writer, fragment)
    }
}

/// Some ten times slower than plain serialisation, and needed only where that would not be canonical.
fn by_scheme(value: &Value) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).unwrap_or_else(|error| unreachable!("a value is JSON: {error}"))
}

/// Whether `line` is the canonical form of `value`, byte for byte.
pub fn is_canonical(line: &[u8], value: &Value) -> bool {
    value_to_vec(value) == line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::jsonl;

    fn read(line: &str) -> Value {
        jsonl::parse(line.as_bytes()).expect(line)
    }

    #[test]
    fn keys_sort_by_utf16_code_units() {
        let canonical = "{\"\":4,\"b\":3,\"\u{1f600}\":2,\"\u{e000}\":1}";
        let value = read("{\"\u{e000}\":1,\"\u{1f600}\":2,\"b\":3,\"\":4}");
        assert_eq!(value_to_vec(&value), canonical.as_bytes());
        assert!(is_canonical(canonical.as_bytes(), &value));
    }

    #[test]
    fn there_is_one_canonical_spelling() {
        for line in ["{}", "[1,-1,1e+30]", r#"["\u000f\n\"\\/é"]"#, "9007199254740992", "\"\u{7f}\u{2028}\""] {
            assert!(is_canonical(line.as_bytes(), &read(line)), "{line}");
        }
        for line in
            ["{ }", "{}\n", "[1.0]", "-0", r#"["\u0061"]"#, r#"["\/"]"#, r#"{"b":1,"a":2}"#, "1E2", "9007199254740993"]
        {
            assert!(!is_canonical(line.as_bytes(), &read(line)), "{line}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<i16>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "(?s).{0,8}".prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 32, 6, |inner| {
            let members = proptest::collection::btree_map("(?s).{0,4}", inner.clone(), 0..6);
            prop_oneof![
                proptest::collection::vec(inner, 0..6).prop_map(Value::from),
                members.prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_back_as_itself_from_every_spelling(value in value()) {
            let canonical = to_vec(&value);
            let back = jsonl::parse(&canonical).expect("canonical form is JSON");
            prop_assert!(is_canonical(&canonical, &back));
            let spelled = serde_json::to_string_pretty(&value).expect("JSON");
            prop_assert_eq!(read(&spelled), back);
        }

        #[test]
        fn the_fast_way_writes_the_same_bytes(value in value()) {
            prop_assert_eq!(value_to_vec(&value), by_scheme(&value));
        }
    }
}
