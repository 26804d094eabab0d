//! `datapackage.json`: an export's CSV files as a Data Package, version 2.0 of the standard
//! (<https://datapackage.org/standard/data-package/>).
//!
//! Each file is a Data Resource with its length and digest, and with a Table Schema: types, keys, and what refers to
//! what. Readers of version 1 find all that they need too, but for `reference.resource`, which they want to be empty
//! rather than absent where a table refers to itself.

use serde_json::{Map, Value, json};

use super::{description, identifier, json_bytes, spdx};
use crate::model::export::{Document, Exported, ExportedFile, TableForm};
use crate::model::origin::Origin;
use crate::model::table::{Column, ColumnKind, Table};

const PACKAGE_PROFILE: &str = "https://datapackage.org/profiles/2.0/datapackage.json";
const RESOURCE_PROFILE: &str = "https://datapackage.org/profiles/2.0/dataresource.json";
const SCHEMA_PROFILE: &str = "https://datapackage.org/profiles/2.0/tableschema.json";
const DIALECT_PROFILE: &str = "https://datapackage.org/profiles/2.0/tabledialect.json";

/// The file; `None` without a CSV file, since a package describes at least one resource.
pub fn document(exported: &Exported, files: &[ExportedFile]) -> Option<Document> {
    let csv = files.iter().filter(|file| file.form == TableForm::Csv);
    let resources: Vec<Value> = csv.filter_map(resource).collect();
    if resources.is_empty() {
        return None;
    }
    Some(Document {
        path: "datapackage.json",
        media_type: "application/vnd.datapackage+json",
        description: "The CSV files as a Data Package 2.0: types, keys and what every column says.",
        content: json_bytes(&package(exported, resources)),
    })
}

fn package(exported: &Exported, resources: Vec<Value>) -> Value {
    let mut package = json!({
        "$schema": PACKAGE_PROFILE,
        "name": exported.dataset,
        "title": exported.title,
        "description": description(exported),
        "resources": resources,
    });
    let release = exported.release.as_ref();
    let sources: Vec<Value> = exported.origins.iter().map(source).collect();
    let optional = [
        ("id", identifier(exported).map(Value::from)),
        ("version", release.map(|release| release.version.to_string().into())),
        ("licenses", licence(&exported.license)),
        ("sources", Some(sources).filter(|sources| !sources.is_empty()).map(Value::from)),
    ];
    add(&mut package, optional);
    package
}

fn add<const N: usize>(object: &mut Value, members: [(&str, Option<Value>); N]) {
    for (name, value) in members {
        if let Some(value) = value {
            object[name] = value;
        }
    }
}

/// `licenses`: a name is an id alone, so an expression of several has none; the table `release` holds it as it is.
fn licence(expression: &str) -> Option<Value> {
    let url = spdx::url(expression)?;
    Some(json!([{ "name": expression, "path": url }]))
}

/// One of `sources`.
fn source(origin: &Origin) -> Value {
    let mut source = json!({ "title": origin.label() });
    let path = origin.url.as_ref().filter(|url| url.starts_with("http://") || url.starts_with("https://"));
    add(&mut source, [("path", path.map(|url| Value::from(url.as_str())))]);
    source
}

/// A Data Resource (<https://datapackage.org/standard/data-resource/>).
fn resource(file: &ExportedFile) -> Option<Value> {
    let (table, _) = file.tables.first()?;
    Some(json!({
        "$schema": RESOURCE_PROFILE,
        "name": table.name,
        "title": table.title,
        "description": table.description,
        "path": file.path,
        "type": "table",
        "format": file.form.word(),
        "mediatype": file.form.media_type(),
        "encoding": "utf-8",
        "bytes": file.bytes,
        "hash": format!("sha256:{}", file.sha256),
        "dialect": dialect(),
        "schema": schema(table),
    }))
}

/// A Table Dialect (<https://datapackage.org/standard/table-dialect/>), in full: version 1 had other defaults.
fn dialect() -> Value {
    json!({
        "$schema": DIALECT_PROFILE,
        "header": true,
        "delimiter": ",",
        "lineTerminator": "\r\n",
        "quoteChar": "\"",
        "doubleQuote": true,
        "skipInitialSpace": false,
    })
}

/// A Table Schema (<https://datapackage.org/standard/table-schema/>).
fn schema(table: &Table) -> Value {
    let fields: Vec<Value> = table.columns.iter().map(|column| field(table, column)).collect();
    let mut schema = json!({
        "$schema": SCHEMA_PROFILE,
        "fields": fields,
        "primaryKey": table.key,
        "missingValues": [""],
    });
    let keys: Vec<Value> = table.references().map(|(column, target)| foreign_key(table, column, target)).collect();
    add(&mut schema, [("foreignKeys", Some(keys).filter(|keys| !keys.is_empty()).map(Value::from))]);
    schema
}

fn field(table: &Table, column: &Column) -> Value {
    let mut constraints = Map::new();
    if column.is_required {
        constraints.insert("required".into(), true.into());
    }
    if table.key == [column.name] {
        constraints.insert("unique".into(), true.into());
    }
    let mut field = json!({
        "name": column.name,
        "type": field_type(column.kind),
        "description": column.description,
    });
    let constraints = Some(constraints).filter(|constraints| !constraints.is_empty());
    add(&mut field, [("constraints", constraints.map(Value::from))]);
    field
}

fn field_type(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "string",
        ColumnKind::Integer => "integer",
        ColumnKind::Boolean => "boolean",
        ColumnKind::Day => "date",
    }
}

/// One of `foreignKeys`; what refers to its own table names no resource.
fn foreign_key(table: &Table, column: &Column, (target, key): (&str, &str)) -> Value {
    let mut reference = json!({ "fields": [key] });
    add(&mut reference, [("resource", Some(Value::from(target)).filter(|_| target != table.name))]);
    json!({ "fields": [column.name], "reference": reference })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HOSTILE, draft, exported, files};
    use super::*;

    fn read(exported: &Exported) -> Value {
        let content = document(exported, &files()).expect("CSV files").content;
        assert_eq!(content.last(), Some(&b'\n'));
        serde_json::from_slice(&content).expect("JSON")
    }

    fn resource<'a>(package: &'a Value, name: &str) -> &'a Value {
        let resources = package["resources"].as_array().expect("resources");
        resources.iter().find(|resource| resource["name"] == name).expect(name)
    }

    #[test]
    fn every_csv_file_is_a_resource_with_its_digest() {
        let package = read(&exported());
        assert_eq!(package["resources"].as_array().map(Vec::len), Some(Table::ALL.len()));
        let claims = resource(&package, "claims");
        let file = files().into_iter().find(|file| file.path == "csv/claims.csv").expect("the claims");
        assert_eq!(claims["path"], "csv/claims.csv");
        assert_eq!(claims["hash"], format!("sha256:{}", file.sha256));
        assert_eq!(claims["bytes"], 10);
        assert_eq!(claims["schema"]["primaryKey"], json!(["id"]));
        let fields = claims["schema"]["fields"].as_array().expect("fields");
        let field = |name: &str| fields.iter().find(|field| field["name"] == name).expect(name);
        assert_eq!(field("id")["constraints"], json!({ "required": true, "unique": true }));
        assert_eq!(field("lo")["type"], "integer");
        assert_eq!(field("lo").get("constraints"), None);
        assert_eq!(field("when_from")["type"], "date");
        assert_eq!(field("is_official")["type"], "boolean");
    }

    #[test]
    fn keys_lead_to_the_keys_of_other_resources() {
        let package = read(&exported());
        let key = json!({ "fields": ["event"], "reference": { "resource": "events", "fields": ["id"] } });
        let keys = resource(&package, "claims")["schema"]["foreignKeys"].as_array().expect("keys");
        assert!(keys.contains(&key));
        let within = json!([{ "fields": ["within_event"], "reference": { "fields": ["id"] } }]);
        assert_eq!(resource(&package, "events")["schema"]["foreignKeys"], within);
        assert_eq!(resource(&package, "kinds")["schema"].get("foreignKeys"), None);
    }

    #[test]
    fn it_is_named_licensed_and_based_on_its_sources() {
        let package = read(&exported());
        assert_eq!(package["name"], "harbour");
        assert_eq!(package["version"], "1.2.0");
        assert_eq!(package["id"], identifier(&exported()).expect("a release"));
        let licence = json!([{ "name": "CC-BY-4.0", "path": "https://spdx.org/licenses/CC-BY-4.0" }]);
        assert_eq!(package["licenses"], licence);
        let sources = package["sources"].as_array().expect("sources");
        assert_eq!(sources[0], json!({ "title": HOSTILE, "path": format!("https://{HOSTILE}") }));
        assert_eq!(sources[1], json!({ "title": "report" }));
    }

    #[test]
    fn what_there_is_not_is_left_out() {
        let package = read(&Exported { license: "MIT OR Apache-2.0".into(), origins: Vec::new(), ..draft() });
        for name in ["version", "id", "licenses", "sources", "created", "contributors"] {
            assert_eq!(package.get(name), None);
        }
        assert_eq!(document(&draft(), &files()[Table::ALL.len()..]), None);
    }
}
