//! Where a value stands in its line: JSON pointers (RFC 6901) to byte ranges.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A key as one token of a JSON pointer (RFC 6901 section 3).
pub fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1").into() } else { key.into() }
}

/// What [`escape`] was given.
pub fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') { token.replace("~1", "/").replace("~0", "~").into() } else { token.into() }
}

/// The bytes of the value at `pointer` in a line that [`super::jsonl::parse`] accepts, or of its nearest ancestor
/// that exists. In a line that is not JSON, the whole line.
pub fn locate(line: &[u8], pointer: &str) -> Range<usize> {
    find(line, pointer).map_or(0..line.len(), |found| range_in(line, found.value))
}

/// The bytes of the key, quotes included, of the member at `pointer`; where that is no member of an object or does
/// not exist, as [`locate`].
pub fn locate_key(line: &[u8], pointer: &str) -> Range<usize> {
    find(line, pointer).map_or(0..line.len(), |found| range_in(line, found.key.unwrap_or(found.value)))
}

#[derive(Clone, Copy)]
struct Found<'a> {
    /// The key, if this is a member of an object and just the one asked for.
    key: Option<&'a str>,
    value: &'a str,
}

fn find<'a>(line: &'a [u8], pointer: &str) -> Option<Found<'a>> {
    let root: &RawValue = serde_json::from_slice(line).ok()?;
    let mut found = Found { key: None, value: root.get() };
    for token in pointer.split('/').skip(1) {
        match child(found.value, &unescape(token)) {
            Some(child) => found = child,
            None => return Some(Found { key: None, ..found }),
        }
    }
    Some(found)
}

fn child<'a>(parent: &'a str, token: &str) -> Option<Found<'a>> {
    match serde_json::from_str(parent).ok()? {
        Children::Items(items) => {
            let index: usize = token.parse().ok().filter(|index: &usize| index.to_string() == token)?;
            items.get(index).map(|item| Found { key: None, value: item.get() })
        }
        Children::Members(members) => {
            let named = |key: &str| serde_json::from_str::<String>(key).is_ok_and(|key| key == token);
            let (key, value) = members.into_iter().find(|(key, _)| named(key.get()))?;
            Some(Found { key: Some(key.get()), value: value.get() })
        }
    }
}

/// Where `part`, a slice of `line`, lies in it.
fn range_in(line: &[u8], part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - line.as_ptr().addr();
    start..start + part.len()
}

/// The children of an array or an object as they are spelled.
enum Children<'a> {
    Items(Vec<&'a RawValue>),
    Members(Vec<(&'a RawValue, &'a RawValue)>),
}

impl<'de> Deserialize<'de> for Children<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(ChildrenVisitor)
    }
}

struct ChildrenVisitor;

impl<'de> Visitor<'de> for ChildrenVisitor {
    type Value = Children<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Children<'de>, A::Error> {
        let mut found = Vec::new();
        while let Some(item) = items.next_element()? {
            found.push(item);
        }
        Ok(Children::Items(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Children<'de>, A::Error> {
        let mut found = Vec::new();
        while let Some(member) = members.next_entry()? {
            found.push(member);
        }
        Ok(Children::Members(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#" {"é":[1, {"a/b" : "x\"y" ,"\u007e":[]}],"n":null} "#;

    fn at(range: Range<usize>) -> &'static str {
        &LINE[range]
    }

    #[test]
    fn values_and_keys_are_found_as_spelled() {
        assert_eq!(at(locate(LINE.as_bytes(), "")), LINE.trim());
        for (pointer, key, value) in [
            ("/é", r#""é""#, r#"[1, {"a/b" : "x\"y" ,"\u007e":[]}]"#),
            ("/é/0", "1", "1"),
            ("/é/1/a~1b", r#""a/b""#, r#""x\"y""#),
            ("/é/1/~0", r#""\u007e""#, "[]"),
            ("/n", r#""n""#, "null"),
        ] {
            assert_eq!(at(locate(LINE.as_bytes(), pointer)), value, "{pointer}");
            assert_eq!(at(locate_key(LINE.as_bytes(), pointer)), key, "{pointer}");
        }
    }

    #[test]
    fn what_does_not_exist_is_its_nearest_ancestor() {
        for (pointer, value) in [
            ("/n/x", "null"),
            ("/é/2", r#"[1, {"a/b" : "x\"y" ,"\u007e":[]}]"#),
            ("/é/00", r#"[1, {"a/b" : "x\"y" ,"\u007e":[]}]"#),
            ("/é/1/~0/0/q", "[]"),
            ("/q", LINE.trim()),
        ] {
            assert_eq!(at(locate(LINE.as_bytes(), pointer)), value, "{pointer}");
            assert_eq!(at(locate_key(LINE.as_bytes(), pointer)), value, "{pointer}");
        }
        assert_eq!(locate(b"[1", "/0"), 0..2);
        assert_eq!(locate(b"", ""), 0..0);
    }
}
