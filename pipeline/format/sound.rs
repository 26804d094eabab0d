//! Lines that need no closer look: strict JSON (`jsonl.rs`) in plain spelling, told without building a value.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::jsonl::{MAX_DEPTH, MAX_INTEGER, MAX_LINE_BYTES};
use super::utf8;
use crate::model::id::Id;

/// Most members of an object that are held against each other; one with more is looked at closely.
const MAX_MEMBERS: usize = 64;

/// The id of a record, if strict reading has nothing to object to its line, given without LF, nor to any number in it.
/// `None` says nothing against the line: escapes in keys, `1.0` and other rare spellings take a closer look.
pub fn id(line: &[u8]) -> Option<Id> {
    if line.len() > MAX_LINE_BYTES || line.ends_with(b"\r") {
        return None;
    }
    let mut json = serde_json::Deserializer::from_str(utf8::read(line)?);
    let mut keys = Vec::new();
    let id = Record { keys: &mut keys }.deserialize(&mut json).ok()?;
    json.end().ok()?;
    id.parse().ok()
}

/// The record itself, which gives its id.
struct Record<'k, 'de> {
    keys: &'k mut Vec<&'de str>,
}

impl<'de> DeserializeSeed<'de> for Record<'_, 'de> {
    type Value = &'de str;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<&'de str, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Record<'_, 'de> {
    type Value = &'de str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record in plain spelling")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<&'de str, A::Error> {
        let mut id = None;
        while let Some(key) = members.next_key::<&'de str>()? {
            take(self.keys, 0, key)?;
            match key {
                "id" => id = Some(members.next_value::<&'de str>()?),
                _ => members.next_value_seed(Sound { depth: 1, keys: self.keys })?,
            }
        }
        id.ok_or_else(|| Error::missing_field("id"))
    }
}

/// Anything within a record.
struct Sound<'k, 'de> {
    depth: usize,
    /// The keys of all objects that are open.
    keys: &'k mut Vec<&'de str>,
}

/// Takes the next key of an object whose keys begin at `from`.
fn take<'de, E: Error>(keys: &mut Vec<&'de str>, from: usize, key: &'de str) -> Result<(), E> {
    let others = &keys[from..];
    if others.len() == MAX_MEMBERS || others.contains(&key) {
        return Err(E::custom("a key that takes a closer look"));
    }
    keys.push(key);
    Ok(())
}

impl<'de> Sound<'_, 'de> {
    fn deeper<E: Error>(&self) -> Result<usize, E> {
        if self.depth < MAX_DEPTH { Ok(self.depth + 1) } else { Err(E::custom("deep nesting")) }
    }
}

impl<'de> DeserializeSeed<'de> for Sound<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Sound<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value in plain spelling")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        if value <= MAX_INTEGER { Ok(()) } else { Err(E::custom("a large number")) }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_u64(value.unsigned_abs())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        while items.next_element_seed(Sound { depth, keys: &mut *self.keys })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let (depth, from) = (self.deeper()?, self.keys.len());
        while let Some(key) = members.next_key::<&'de str>()? {
            take(self.keys, from, key)?;
            members.next_value_seed(Sound { depth, keys: &mut *self.keys })?;
        }
        self.keys.truncate(from);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::format::jsonl;

    /// What reading the line closely gives.
    fn closely(line: &[u8]) -> Option<Id> {
        let value = jsonl::parse(line).ok().filter(|value| jsonl::unsafe_numbers(value).is_empty())?;
        value.get("id")?.as_str()?.parse().ok()
    }

    #[test]
    fn plain_lines_need_no_closer_look() {
        for line in [
            r#"{"id":"a"}"#,
            r#" {"n":[0,-1,9007199254740991,null,true,{"x":{},"y":[]}],"id":"a","t":"\u0041\"жизнь"} "#,
        ] {
            assert_eq!(id(line.as_bytes()), closely(line.as_bytes()), "{line}");
            assert!(id(line.as_bytes()).is_some(), "{line}");
        }
    }

    #[test]
    fn what_may_be_wrong_takes_a_closer_look() {
        let deep = format!(r#"{{"id":"a","n":{}{}}}"#, "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        let long = format!(r#"{{"id":"a","n":"{}"}}"#, "x".repeat(MAX_LINE_BYTES));
        let wide = json!({ "id": "a", "n": (0..99).map(|n| (n.to_string(), n)).collect::<std::collections::BTreeMap<_, _>>() });
        for line in [
            "",
            "[]",
            "{}",
            "\"id\"",
            r#"{"id":7}"#,
            r#"{"id":"A b"}"#,
            r#"{"id":"a","id":"a"}"#,
            r#"{"id":"a","n":{"m":1,"m":1}}"#,
            r#"{"id":"a","n":{"m":1,"\u006d":1}}"#,
            r#"{"id":"a","n":1.5}"#,
            r#"{"id":"a","n":1e999}"#,
            r#"{"id":"a","n":9007199254740992}"#,
            r#"{"id":"a","n":-9007199254740992}"#,
            r#"{"id":"a","n":"\ud800"}"#,
            "{\"id\":\"a\"}\r",
            "\u{feff}{\"id\":\"a\"}",
            r#"{"id":"a"}{"#,
            &deep,
            &long,
            &wide.to_string(),
        ] {
            assert_eq!(id(line.as_bytes()), None, "{line}");
        }
        assert_eq!(id(b"{\"id\":\"a\",\"n\":\"\xff\"}"), None);
        let nested = format!(r#"{{"id":"a","n":{}{}}}"#, "[".repeat(MAX_DEPTH - 1), "]".repeat(MAX_DEPTH - 1));
        assert!(id(nested.as_bytes()).is_some() && closely(nested.as_bytes()).is_some());
    }

    fn value() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<i16>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "(?s).{0,4}".prop_map(Value::from),
        ];
        scalar.prop_recursive(3, 16, 4, |inner| {
            let members = proptest::collection::btree_map("[ab\"]{0,1}", inner.clone(), 0..4);
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Value::from),
                members.prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_sound_is_what_strict_reading_takes(n in value(), cut in 0..40_usize) {
            let line = json!({ "id": "a", "n": n }).to_string();
            for line in [line.as_bytes(), &line.as_bytes()[cut.min(line.len())..], &line.as_bytes()[..line.len() - cut.min(line.len())]] {
                if let Some(id) = id(line) {
                    prop_assert_eq!(Some(id), closely(line));
                }
            }
        }
    }
}
