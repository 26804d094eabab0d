//! The one spelling of a JSON value: RFC 8785 (JSON Canonicalization Scheme).

use serde::Serialize;

/// The canonical form, without LF.
///
/// # Panics
/// Never for values that JSON can hold: a map with keys that are not strings, or a number that is not finite, is a bug
/// of the caller.
pub fn to_vec(value: &impl Serialize) -> Vec<u8> {
    match serde_json_canonicalizer::to_vec(value) {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("a value of ours is always JSON: {error}"),
    }
}
