//! A JSON Schema (draft 2020-12), compiled.

use std::error::Error;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Registry, ValidationError, ValidationOptions};
use serde_json::{Value, json};

use super::record::Problem;
use crate::finding::Code;
use crate::format::{jsonl, schema};

/// Longest message of a schema, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// What a schema asks for, ready to be held against values.
pub(super) struct Validator(jsonschema::Validator);

impl Validator {
    /// The validator of any schema.
    pub(super) fn of(schema: &Value) -> Result<Self, Box<ValidationError<'static>>> {
        limited(jsonschema::draft202012::options()).build(schema).map(Self).map_err(Box::new)
    }

    /// The validator of a built-in schema.
    ///
    /// # Panics
    /// On a schema that is none: the tests compile each of them.
    pub(super) fn built_in(name: &str) -> Self {
        referred_to(name).map_or_else(|error| unreachable!("the built-in schema {name}: {error}"), Self)
    }

    /// Everything about a value that is not as the schema asks.
    pub(super) fn problems(&self, value: &Value) -> Vec<Problem> {
        self.0.iter_errors(value).flat_map(problems).collect()
    }
}

/// A dataset brings schemas of its own: no pattern may take more than linear time, and nothing is fetched.
fn limited(options: ValidationOptions) -> ValidationOptions {
    options.offline().with_pattern_options(PatternOptions::regex()).should_validate_formats(true)
}

/// What is built is held against the schema of its draft's schemas first. To make that of draft 2020-12 takes longer
/// than to make ours, so what is built is a reference to ours, in a draft with a smaller one.
fn referred_to(name: &str) -> Result<jsonschema::Validator, Box<dyn Error>> {
    let schema = schema::named(name).ok_or("absent")?;
    let id = format!("urn:affiant:schema:{name}");
    let registry = Registry::new().add(&id, serde_json::from_str::<Value>(schema.text)?)?.prepare()?;
    let options = limited(jsonschema::draft7::options()).with_registry(&registry);
    Ok(options.build(&json!({ "$ref": id }))?)
}

/// A keyword by which a schema leads out of itself or back into itself: the time and memory it takes would be its author's
/// to choose. `uniqueItems` compares every item with every other.
pub(super) fn forbidden_keyword(schema: &Value) -> Option<&str> {
    const FORBIDDEN: &[&str] =
        &["$ref", "$dynamicRef", "$recursiveRef", "$id", "$schema", "$anchor", "$dynamicAnchor", "uniqueItems"];
    match schema {
        Value::Object(members) => members.iter().find_map(|(key, member)| {
            let here = FORBIDDEN.contains(&key.as_str()).then_some(key.as_str());
            here.or_else(|| forbidden_keyword(member))
        }),
        Value::Array(items) => items.iter().find_map(forbidden_keyword),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// What a schema's error says, at the most telling place: a field that should not be there is named itself.
fn problems(error: ValidationError) -> Vec<Problem> {
    let pointer = error.instance_path().to_string();
    let at = |field: &str| format!("{pointer}/{}", jsonl::escape(field));
    let problem = |pointer: String, message: String| Problem::new(Code::SchemaMismatch, pointer, message);
    match error.kind() {
        ValidationErrorKind::UnevaluatedProperties { unexpected }
        | ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|field| problem(at(field), format!("no field of this name: {field:?}"))).collect()
        }
        ValidationErrorKind::Required { property } => {
            vec![problem(pointer, format!("the field {property} is missing"))]
        }
        _ => vec![problem(pointer, cut(error.to_string()))],
    }
}

/// A schema's message can hold the whole value.
fn cut(message: String) -> String {
    match message.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((end, _)) => format!("{}\u{2026}", &message[..end]),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_schema_asks_for_the_same_as_if_it_were_built_itself() {
        for schema in schema::ALL {
            let text: Value = serde_json::from_str(schema.text).expect("JSON");
            let example = text["examples"][0].clone();
            let direct = Validator::of(&text).expect("a schema of draft 2020-12");
            let referred = Validator::built_in(schema.name);
            assert_eq!(referred.problems(&example).len(), 0, "{}", schema.name);
            for value in [json!(null), json!({}), json!({ "id": 1, "unknown": [] })] {
                let told = |validator: &Validator| -> Vec<(String, String)> {
                    validator.problems(&value).into_iter().map(|problem| (problem.pointer, problem.message)).collect()
                };
                assert_eq!(told(&referred), told(&direct), "{}: {value}", schema.name);
                assert!(!told(&direct).is_empty(), "{}: {value}", schema.name);
            }
        }
    }
}
