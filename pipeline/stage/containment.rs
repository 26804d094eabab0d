//! Whether one JSON Schema accepts all that another one does.

use jsonschema::canonical::{self, CanonicalSchema, Satisfiability};
use serde_json::Value;

/// What could be proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Containment {
    /// Every value that the other accepts is accepted.
    Yes,
    /// Some value that the other accepts is refused.
    No,
    /// Neither could be proven.
    Undecidable,
}

/// Whether `wide` accepts every value that `narrow` accepts.
pub fn covers(wide: &Value, narrow: &Value) -> Containment {
    let (wide, narrow) = (constraints(wide), constraints(narrow));
    if wide == narrow {
        return Containment::Yes;
    }
    let canonical = |schema: &Value| jsonschema::canonicalize(schema).ok();
    canonical(&wide).zip(canonical(&narrow)).map_or(Containment::Undecidable, |(wide, narrow)| proof(&wide, &narrow))
}

fn proof(wide: &CanonicalSchema, narrow: &CanonicalSchema) -> Containment {
    match wide.covers(narrow) {
        Ok(canonical::Containment::Yes) => return Containment::Yes,
        Ok(canonical::Containment::No) => return Containment::No,
        _ => {}
    }
    // What the narrow one accepts and the wide one refuses.
    match narrow.subtract(wide).map(|lost| lost.satisfiability()) {
        Ok(Satisfiability::No) => Containment::Yes,
        Ok(Satisfiability::Yes) => Containment::No,
        _ => Containment::Undecidable,
    }
}

/// The schema without what constrains nothing, in a form that the proof can follow: where the evaluated properties are
/// those named beside it, `unevaluatedProperties` is `additionalProperties`.
fn constraints(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let in_place = ["$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "not", "dependentSchemas", "$dynamicRef"];
    let is_plain = !in_place.iter().any(|keyword| members.contains_key(*keyword));
    let mut kept = serde_json::Map::new();
    for (keyword, value) in members {
        match keyword.as_str() {
            "$id" | "title" | "description" | "examples" => {}
            keyword if keyword.starts_with("x-") => {}
            "unevaluatedProperties" if is_plain => {
                _ = kept.insert("additionalProperties".to_owned(), constraints(value))
            }
            // Names of properties are no keywords.
            "properties" | "$defs" | "patternProperties" | "dependentSchemas" => {
                _ = kept.insert(keyword.clone(), each_member(value));
            }
            "const" | "enum" => _ = kept.insert(keyword.clone(), value.clone()),
            _ => _ = kept.insert(keyword.clone(), within(value)),
        }
    }
    Value::Object(kept)
}

fn each_member(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, schema)| (name.clone(), constraints(schema))).collect(),
        other => other.clone(),
    }
}

fn within(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(constraints).collect(),
        other => constraints(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::format::schema;

    #[test]
    fn wider_narrower_and_beyond_proof() {
        let counts = |most: u64| json!({ "type": "integer", "minimum": 0, "maximum": most });
        assert_eq!(covers(&counts(50), &counts(20)), Containment::Yes);
        assert_eq!(covers(&counts(20), &counts(50)), Containment::No);
        let texts = |most: u64| json!({ "type": "string", "maxLength": most });
        assert_eq!(covers(&texts(50), &texts(20)), Containment::Yes);
        assert_ne!(covers(&texts(20), &texts(50)), Containment::Yes);
        let object =
            |members: Value| json!({ "type": "object", "properties": members, "unevaluatedProperties": false });
        let (one, two) = (object(json!({ "a": counts(5) })), object(json!({ "a": counts(5), "b": counts(5) })));
        assert_eq!(covers(&two, &one), Containment::Yes);
        assert_ne!(covers(&one, &two), Containment::Yes);
        assert_eq!(covers(&json!(true), &json!(false)), Containment::Yes);
    }

    #[test]
    fn our_own_schemas_can_be_compared() {
        // One is a choice between several things, and has no properties of its own.
        for name in schema::RELEASED.iter().filter(|name| **name != "changes") {
            let schema = schema::named(name).expect("a schema");
            let old: Value = serde_json::from_str(schema.text).expect("JSON");
            let mut new = old.clone();
            new["properties"]["another"] = json!({ "type": "string", "title": "Another" });
            assert_eq!(covers(&old, &old), Containment::Yes, "{name}");
            assert_eq!(covers(&new, &old), Containment::Yes, "{name}");
            assert_ne!(covers(&old, &new), Containment::Yes, "{name}");
        }
    }
}
