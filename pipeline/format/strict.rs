//! Records read straight from their line, into the types that serde derives, without leniency and without a detour.
//!
//! A derived reader takes more than the type it is derived from says: an array in place of an object, an object in
//! place of a word (`{"asserts":null}`), `null` in place of an absent field, and any field it does not know. Here none
//! of this passes. What remains is left to the derived readers: that no field is missing and none stands twice, and
//! that a number or a text is one that the type holds. Only a type that asks for any value at all sees `null`, arrays
//! and objects as they come. Such a reader is written by hand and must refuse by itself what it does not want;
//! `serde_json::Value` does not.
//!
//! Of JSON (RFC 8259) it takes what records are made of. Numbers are integers written as integers: `1.0`, `1e2` and
//! `-0` do not pass. Of escapes `\"`, `\\`, `\/`, `\n` and `\t` do. Whoever is turned down is read by `jsonl.rs`, which
//! takes all of JSON and says what is wrong.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize};

use super::canonical;
use super::jsonl::{MAX_DEPTH, MAX_INTEGER};

/// What a text was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strict<T> {
    /// The value.
    pub value: T,
    /// Whether reading has shown that the text is its own canonical form. If not, it may still be.
    pub is_seen_canonical: bool,
}

impl<T: Serialize> Strict<T> {
    /// Whether the text that it was read from is the canonical form of the value, which is of a type that
    /// [`canonical::ordered_to_vec`] writes as it was read: that an empty list, say, is refused where it would be left away.
    pub fn is_canonical(&self, text: &[u8]) -> bool {
        self.is_seen_canonical || canonical::is_ordered(text, &self.value)
    }
}

/// Reads one JSON text with nothing but JSON white space around it; `None` if it is not JSON, not of the type's form, or
/// not spelled as above.
pub fn read<T: DeserializeOwned>(text: &str) -> Option<Strict<T>> {
    let mut reader = Reader { text, at: 0, depth: 0, has_controls: has_controls(text), is_canonical: true };
    let value = T::deserialize(&mut reader).ok()?;
    let is_all = reader.ahead().is_none();
    is_all.then_some(Strict { value, is_seen_canonical: reader.is_canonical })
}

/// The text was turned down.
#[derive(Debug)]
struct Refused;

type Result<T, E = Refused> = std::result::Result<T, E>;

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not read strictly")
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

struct Reader<'de> {
    text: &'de str,
    /// Offset of the next byte.
    at: usize,
    /// How many arrays and objects are open.
    depth: usize,
    /// Whether there is any control character: then no string is taken unseen.
    has_controls: bool,
    /// Whether all so far is spelled as RFC 8785 section 3.2 asks. Of keys and numbers for which this is not plain to
    /// see, it is denied.
    is_canonical: bool,
}

impl<'de> Reader<'de> {
    /// The next byte behind white space.
    fn ahead(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.is_canonical = false;
            self.at += 1;
        }
    }

    /// Goes on behind this byte, which must be ahead.
    fn pass(&mut self, byte: u8) -> Result<()> {
        if self.ahead() != Some(byte) {
            return Err(Refused);
        }
        self.at += 1;
        Ok(())
    }

    /// Goes on behind this word, which must be ahead.
    fn word(&mut self, word: &str) -> Result<()> {
        self.at += word.len();
        let is_ahead = self.text.as_bytes().get(self.at - word.len()..self.at) == Some(word.as_bytes());
        if is_ahead { Ok(()) } else { Err(Refused) }
    }

    /// The text of a string.
    fn string(&mut self) -> Result<Cow<'de, str>> {
        self.pass(b'"')?;
        let (run, is_end) = self.run()?;
        if is_end {
            return Ok(Cow::Borrowed(run));
        }
        let mut text = run.to_owned();
        loop {
            let escaped = match self.text.as_bytes().get(self.at) {
                Some(b'n') => '\n',
                Some(b't') => '\t',
                Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
                _ => return Err(Refused),
            };
            self.is_canonical &= escaped != '/';
            self.at += 1;
            text.push(escaped);
            let (run, is_end) = self.run()?;
            text.push_str(run);
            if is_end {
                return Ok(Cow::Owned(text));
            }
        }
    }

    /// What of a string stands for itself, and whether it ends there; goes on behind the `"` or the `\`.
    fn run(&mut self) -> Result<(&'de str, bool)> {
        let rest = &self.text[self.at..];
        let length = run_length(rest.as_bytes()).ok_or(Refused)?;
        let run = &rest[..length];
        if self.has_controls && has_controls(run) {
            return Err(Refused);
        }
        self.at += length + 1;
        Ok((run, rest.as_bytes()[length] == b'"'))
    }

    /// Whether an integer is negative, and its magnitude.
    fn integer(&mut self) -> Result<(bool, u64)> {
        let is_negative = self.ahead() == Some(b'-');
        self.at += usize::from(is_negative);
        let digits = &self.text.as_bytes()[self.at..];
        let count = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
        let is_plain = match digits[..count] {
            [b'0'] => !is_negative,
            [b'0', ..] | [] => false,
            _ => true,
        };
        if !is_plain || matches!(digits.get(count), Some(b'.' | b'e' | b'E')) {
            return Err(Refused);
        }
        let more = |number: u64, digit: &u8| number.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
        let magnitude = digits[..count].iter().try_fold(0, more).ok_or(Refused)?;
        self.is_canonical &= magnitude <= MAX_INTEGER;
        self.at += count;
        Ok((is_negative, magnitude))
    }

    /// Reads an array or an object from its first to its last byte.
    fn within<T>(&mut self, [first, last]: [u8; 2], read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.pass(first)?;
        if self.depth == MAX_DEPTH {
            return Err(Refused);
        }
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        self.pass(last).map(|()| value)
    }

    /// Goes to the next item of an array or an object; `false` at its end.
    fn next(&mut self, last: u8, is_first: &mut bool) -> Result<bool> {
        if self.ahead() == Some(last) {
            return Ok(false);
        }
        if !std::mem::take(is_first) {
            self.pass(b',')?;
        }
        Ok(true)
    }
}

/// Where the first `"` or `\` is: eight bytes are looked at together. What is found in one of them is carried into those
/// behind it, and into none in front.
fn run_length(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let (words, rest) = bytes.as_chunks();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(number * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(words.len() * 8 + at)
}

/// Whether there is a control character, of those that JSON takes in no string.
fn has_controls(text: &str) -> bool {
    // Without a way out before the end many bytes are looked at together.
    text.bytes().fold(false, |found, byte| found | (byte < b' '))
}

macro_rules! read_by {
    ($read:ident $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.$read(visitor)
        })*
    };
}

impl<'de> Reader<'de> {
    fn text<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        match self.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        match self.integer()? {
            (false, number) => visitor.visit_u64(number),
            (true, number) => visitor.visit_i64(0_i64.checked_sub_unsigned(number).ok_or(Refused)?),
        }
    }

    fn array<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        self.within(*b"[]", |reader| visitor.visit_seq(Items { reader, is_first: true }))
    }

    fn object<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        self.within(*b"{}", |reader| visitor.visit_map(Members { reader, is_first: true, before: "" }))
    }

    fn any<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        match self.ahead() {
            Some(b'"') => self.text(visitor),
            Some(b'[') => self.array(visitor),
            Some(b'{') => self.object(visitor),
            Some(b'n') => self.word("null").and_then(|()| visitor.visit_unit()),
            Some(b't') => self.word("true").and_then(|()| visitor.visit_bool(true)),
            Some(b'f') => self.word("false").and_then(|()| visitor.visit_bool(false)),
            _ => self.number(visitor),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Refused;

    read_by! { any deserialize_any }

    read_by! { number deserialize_i64 deserialize_u16 deserialize_u32 deserialize_u64 }

    read_by! { text deserialize_str deserialize_string deserialize_identifier }

    read_by! { array deserialize_seq }

    read_by! { object deserialize_map }

    serde::forward_to_deserialize_any! { bool i8 i16 i32 u8 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.ahead() == Some(b'n') { Err(Refused) } else { visitor.visit_some(self) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.object(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let word = self.string()?;
        let word: StrDeserializer<'_, Refused> = word.as_ref().into_deserializer();
        visitor.visit_enum(word)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    /// How a derived reader passes over a field that it does not know.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(Refused)
    }
}

struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    is_first: bool,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Refused;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, item: S) -> Result<Option<S::Value>> {
        let is_there = self.reader.next(b']', &mut self.is_first)?;
        if is_there { item.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

struct Members<'a, 'de> {
    reader: &'a mut Reader<'de>,
    is_first: bool,
    /// The key before; none sorts before the first.
    before: &'de str,
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = Refused;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let is_first = self.is_first;
        if !self.reader.next(b'}', &mut self.is_first)? {
            return Ok(None);
        }
        match self.reader.string()? {
            Cow::Borrowed(key) => {
                // Code points and UTF-16 code units sort alike, as far as ASCII goes.
                let is_next = is_first || self.before.as_bytes().first() < key.as_bytes().first() || self.before < key;
                self.reader.is_canonical &= is_next && key.is_ascii();
                self.before = key;
                seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
            }
            Cow::Owned(key) => {
                self.reader.is_canonical = false;
                seed.deserialize(key.into_deserializer()).map(Some)
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, value: S) -> Result<S::Value> {
        self.reader.pass(b':')?;
        value.deserialize(&mut *self.reader)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::format::jsonl;

    /// Holds a text against the full reading: what is taken here is taken there as the same, and if it was found to be
    /// canonical it is.
    fn compared(text: &str) -> Option<Strict<Value>> {
        let read = read::<Value>(text)?;
        // An object that has a key twice is taken here, where any value is.
        let expected: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(read.value, expected, "{text}");
        let is_canonical =
            jsonl::parse(text.as_bytes()).is_ok_and(|value| canonical::is_canonical(text.as_bytes(), &value));
        assert!(is_canonical || !read.is_seen_canonical, "not canonical: {text}");
        Some(read)
    }

    #[test]
    fn what_records_are_made_of() {
        for text in
            [r#"{"a":[1,-2,{"b":"é \" \\ \n\t"}],"b":true,"c":null}"#, "[]", "{}", "0", "\"\"", "9007199254740991"]
        {
            assert!(compared(text).is_some_and(|read| read.is_seen_canonical), "{text}");
        }
        for text in [
            "{ }",
            " []",
            "[] ",
            "\t1",
            "[1, 2]",
            "{\"a\" :1}",
            r#"{"b":1,"a":2}"#,
            r#""\/""#,
            "9007199254740993",
            r#"{"é":1}"#,
            r#"{"a\"":1}"#,
            r#"{"a":1,"a":1}"#,
            "18446744073709551615",
        ] {
            assert!(compared(text).is_some_and(|read| !read.is_seen_canonical), "{text}");
        }
        for text in [
            "",
            " ",
            "1.0",
            "1e2",
            "-0",
            "-",
            "01",
            "+1",
            "18446744073709551616",
            "-9223372036854775809",
            "nul",
            "nulll",
            "truefalse",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1",
            "[1}",
            r#"{"a":1,}"#,
            r#"{"a"}"#,
            "{1:2}",
            r#"{"a":1"b":2}"#,
            "{\"a\":1]",
            "\"a",
            "\"\u{1}\"",
            "\"\n\"",
            r#""\u0041""#,
            r#""\b""#,
            r#""\"#,
            r#""\x""#,
            "[]]",
            "1 2",
            "\u{feff}1",
        ] {
            assert!(compared(text).is_none(), "{text}");
        }
        for (depth, is_taken) in [(MAX_DEPTH, true), (MAX_DEPTH + 1, false)] {
            assert_eq!(compared(&("[".repeat(depth) + &"]".repeat(depth))).is_some(), is_taken);
        }
    }

    #[test]
    fn a_run_ends_at_the_first_that_ends_it() {
        for (length, at) in (0..40).flat_map(|length| (0..length).map(move |at| (length, at))) {
            for (around, end) in
                [b'a', 0x80, 0xff, b'!', b'#', b'[', b']', 0].into_iter().flat_map(|a| [(a, b'"'), (a, b'\\')])
            {
                let mut bytes = vec![around; length];
                assert_eq!(run_length(&bytes), None);
                bytes[at] = end;
                assert_eq!(run_length(&bytes), Some(at));
                bytes[length - 1] = b'"';
                assert_eq!(run_length(&bytes), Some(at));
            }
        }
    }

    #[test]
    fn no_string_holds_a_control_character() {
        for c in (0..b' ').map(char::from) {
            for text in [format!("\"{c}\""), format!("[\"a\\\"{c}\"]"), format!("{{\"{c}\":1}}"), format!("\"{c}\\n\"")]
            {
                assert!(compared(&text).is_none(), "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_is_taken_for_another(text in "[\\[\\]{},:\"\\\\0-9a-bé \n.eE+-]{0,24}|(\\[|\\{\"a\":|[ 0-9,\\]}\"an]){0,12}") {
            compared(&text);
        }

        #[test]
        fn every_text_is_read_back(text in any::<String>(), number in any::<i64>()) {
            let line = canonical::to_vec(&(&text, number >> 11));
            let line = String::from_utf8(line).expect("UTF-8");
            let has_rare_escapes = text.chars().any(|c| c < ' ' && c != '\n' && c != '\t');
            prop_assert_eq!(compared(&line).is_some_and(|read| read.is_seen_canonical), !has_rare_escapes);
        }
    }
}
