//! The JSON Schemas: complete, true to their own examples, and true of what the program prints.

use affiant::format::schema::{self, Schema};
use affiant::model::change_class::ChangeClass;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::cases::cases;
use crate::house::{House, PROJECT};

fn parsed(schema: &Schema) -> Value {
    serde_json::from_str(schema.text).expect("JSON")
}

fn compiled(schema: &Value) -> Validator {
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).expect("a schema")
}

/// Every subschema that stands in a schema, with its JSON pointer.
fn subschemas<'a>(schema: &'a Value, pointer: &str, found: &mut Vec<(String, &'a Value)>) {
    found.push((pointer.to_owned(), schema));
    for keyword in ["properties", "$defs"] {
        for (name, inner) in schema[keyword].as_object().into_iter().flatten() {
            subschemas(inner, &format!("{pointer}/{keyword}/{name}"), found);
        }
    }
    for keyword in ["items", "additionalProperties", "if", "then", "else"] {
        if schema[keyword].is_object() {
            subschemas(&schema[keyword], &format!("{pointer}/{keyword}"), found);
        }
    }
}

/// The subschemas that describe something: the whole, its definitions, and every property.
fn described(schema: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    subschemas(schema, "", &mut found);
    found.retain(|(pointer, _)| {
        let mut steps = pointer.rsplit('/');
        let (_, parent) = (steps.next(), steps.next());
        pointer.is_empty() || matches!(parent, Some("properties" | "$defs"))
    });
    found
}

#[test]
fn every_field_has_a_title_a_description_and_examples() {
    for schema in schema::ALL {
        let schema_json = parsed(schema);
        let described = described(&schema_json);
        // A schema of several kinds of line has no properties of its own.
        let fields = schema_json["properties"].as_object().map_or(0, serde_json::Map::len);
        assert!(described.len() > fields, "{}", schema.name);
        for (pointer, field) in described {
            let has_words = |name: &str| field[name].as_str().is_some_and(|words| !words.trim().is_empty());
            let has_examples = field["examples"].as_array().is_some_and(|examples| !examples.is_empty());
            let is_complete = has_words("title") && has_words("description") && has_examples;
            assert!(is_complete, "{}#{pointer} lacks title, description or examples", schema.file);
        }
    }
}

#[test]
fn every_example_is_what_its_schema_asks_for() {
    for schema in schema::ALL {
        let whole = parsed(schema);
        for (pointer, field) in described(&whole) {
            let mut alone = field.clone();
            for name in ["$schema", "$defs"].into_iter().filter(|name| whole.get(name).is_some()) {
                alone[name] = whole[name].clone();
            }
            let validator = compiled(&alone);
            for example in field["examples"].as_array().expect("examples") {
                let holds = validator.is_valid(example);
                assert!(holds, "{}#{pointer}: {example}", schema.file);
            }
        }
    }
}

#[test]
fn the_schemas_are_all_there_and_say_who_they_are() {
    let files: Vec<String> = std::fs::read_dir(format!("{PROJECT}/schemas"))
        .expect("the folder")
        .map(|item| item.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".schema.json"))
        .collect();
    assert_eq!(files.len(), schema::ALL.len(), "{files:?}");
    for schema in schema::ALL {
        assert!(files.iter().any(|file| file == schema.file), "{}", schema.file);
        let json = parsed(schema);
        assert_eq!(json["$schema"], "https://json-schema.org/draft/2020-12/schema", "{}", schema.file);
        assert_eq!(json["$id"], format!("urn:affiant:schema:{}", schema.name));
        assert_eq!(House::empty().affiant(&["schema", schema.name]).with_code(0).stdout(), schema.text);
        assert!(jsonschema::draft202012::meta::is_valid(&json), "{}", schema.file);
    }
    for name in schema::RELEASED {
        assert!(schema::named(name).is_some(), "{name}");
    }
}

#[test]
fn no_object_takes_a_field_that_nobody_described() {
    for schema in schema::ALL {
        let whole = parsed(schema);
        let mut found = Vec::new();
        subschemas(&whole, "", &mut found);
        for (pointer, object) in found.iter().filter(|(_, subschema)| subschema["properties"].is_object()) {
            assert_eq!(object["unevaluatedProperties"], false, "{}#{pointer}", schema.file);
        }
    }
}

#[test]
fn every_change_class_is_known_to_the_schema_of_changes() {
    let schema = parsed(schema::named("changes").expect("the schema"));
    let codes: Vec<&str> = ChangeClass::ALL.iter().map(|class| class.code()).collect();
    assert_eq!(schema["$defs"]["class"]["enum"], json!(codes));
}

#[test]
fn findings_are_printed_as_their_schema_says() {
    let finding = compiled(&parsed(schema::named("finding").expect("the schema")));
    for case in cases() {
        let house = case.house();
        let listed = house.check().findings();
        assert!(!listed.is_empty());
        for printed in &listed {
            finding.validate(printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
        }
        let lines = house.affiant(&["check", "dataset", "--texts", "texts", "--format", "jsonl"]).stdout();
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines, listed);
    }
}

#[test]
fn a_release_is_described_as_its_schema_says() {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    house.release("1.1.0").with_code(0);
    let release = compiled(&parsed(schema::named("release").expect("the schema")));
    for version in ["1.0.0", "1.1.0"] {
        let info = house.json(&format!("dist/{version}/release.json"));
        release.validate(&info).unwrap_or_else(|error| panic!("{info}: {error}"));
    }
}
