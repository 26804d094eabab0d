//! How nouns are read, beyond what serde derives.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// Reads a noun through its parser, straight from the text that spells it.
pub(super) fn parsed<'de, T, D>(input: D) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    input.deserialize_str(Parsed(PhantomData))
}

struct Parsed<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// `impl Deserialize` for nouns that [`parsed`] reads.
macro_rules! by_parser {
    ($($noun:ty),*) => {
        $(impl<'de> serde::Deserialize<'de> for $noun {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                crate::model::read::parsed(input)
            }
        })*
    };
}

pub(super) use by_parser;

/// Reads a list that is left away rather than empty.
pub(super) fn filled<'de, T: Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(input)?;
    if list.is_empty() { Err(Error::invalid_length(0, &"a list of at least one")) } else { Ok(list) }
}
