//! A change without the words of the texts: digests stand in their place.
//!
//! This keeps words off a public page. It is no secret: whoever guesses the words can compute their digest.

use serde_json::Value;

use crate::model::change::Change;
use crate::model::digest::Digest;
use crate::model::patch::Operation;
use crate::model::value;

/// Members of a record that hold words of a text.
const WORDS: [&str; 2] = ["quote", "said"];

/// How many hex digits of their digest stand in the words' place.
const DIGITS: usize = 12;

/// The change with `sha256:...` in place of every `quote` and `said`. Its fingerprint is still that of the real change.
pub fn redacted(mut change: Change) -> Change {
    change.patch.iter_mut().filter_map(Operation::value_mut).for_each(redact);
    if let Some(value) = change.claim.as_mut().and_then(|claim| claim.value.as_mut()) {
        match value {
            value::Value::Quantity(value::Quantity { said, .. })
            | value::Value::Date { said, .. }
            | value::Value::Place { said, .. } => *said = digest(said),
            value::Value::Text { .. } | value::Value::Unknown { .. } => {}
        }
    }
    change
}

fn redact(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(words) if WORDS.contains(&name.as_str()) => *words = digest(words),
                    value => redact(value),
                }
            }
        }
        _ => {}
    }
}

fn digest(words: &str) -> String {
    let mut digits = Digest::of(words.as_bytes()).to_string();
    digits.truncate(DIGITS);
    format!("sha256:{digits}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_word_of_a_text_is_left() {
        let json = json!({
            "kind": "claim", "id": "a-1", "classes": ["C10", "E03"], "fingerprint": "0123456789ab",
            "patch": [
                { "op": "test", "path": "/claims/a-1/at", "value": [{ "capture": "page.1", "quote": "SECRET" }] },
                { "op": "add", "path": "/claims/a-1/value", "value": { "lo": 1, "said": "SECRET" } },
                { "op": "replace", "path": "/claims/a-1/note", "value": "a remark of our own" },
                { "op": "remove", "path": "/claims/a-1/at" },
            ],
            "claim": {
                "event": "fire", "kind": "killed", "stance": "asserts", "by": ["a"], "sources": [],
                "value": { "unit": "person", "lo": 1, "hi": 1, "qual": "exact", "said": "SECRET" },
            },
        });
        let change: Change = serde_json::from_value(json.clone()).expect("a change");
        let redacted = redacted(change);
        let expected = json.to_string().replace("SECRET", &digest("SECRET"));
        assert_eq!(json!(redacted), serde_json::from_str::<Value>(&expected).expect("JSON"));
        assert_eq!(digest("SECRET").len(), "sha256:".len() + DIGITS);
    }
}
