//! `croissant.json`: an export as Croissant 1.0 (<https://docs.mlcommons.org/croissant/docs/croissant-spec.html>), the
//! vocabulary by which tools of machine learning load a dataset.
//!
//! Every file is a FileObject; the CSV files are read into one RecordSet a table, whose Fields are its columns. The
//! specification also asks for a `url` and a `creator`, which a dataset does not declare, and for a date, which a draft
//! does not have ("Dataset-level information"): they are left out rather than made up.

use serde_json::{Value, json};

use super::{description, digest_uri, json_bytes, spdx};
use crate::model::export::{Document, Exported, ExportedFile, TableForm};
use crate::model::table::{Column, ColumnKind, Table};

/// The version that is followed ("Dataset-level information", `dct:conformsTo`).
const CONFORMS_TO: &str = "http://mlcommons.org/croissant/1.0";

/// The file; `None` without a CSV file, since nothing could be loaded then.
pub fn document(exported: &Exported, files: &[ExportedFile]) -> Option<Document> {
    let csv = files.iter().filter(|file| file.form == TableForm::Csv);
    let record_sets: Vec<Value> = csv.filter_map(record_set).collect();
    if record_sets.is_empty() {
        return None;
    }
    Some(Document {
        path: "croissant.json",
        media_type: "application/ld+json",
        description: "The CSV files as Croissant 1.0, for tools of machine learning.",
        content: json_bytes(&dataset(exported, files, record_sets)),
    })
}

fn dataset(exported: &Exported, files: &[ExportedFile], record_sets: Vec<Value>) -> Value {
    let mut dataset = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": exported.title,
        "alternateName": exported.dataset,
        "description": description(exported),
        "license": spdx::url(&exported.license).as_ref().unwrap_or(&exported.license),
        "distribution": files.iter().map(file_object).collect::<Vec<_>>(),
        "recordSet": record_sets,
    });
    if let Some(release) = &exported.release {
        dataset["version"] = release.version.to_string().into();
        dataset["datePublished"] = release.date.to_string().into();
        dataset["identifier"] = digest_uri(&release.tagmanifest_sha256).into();
    }
    dataset
}

/// The context that the specification gives in "Appendix 1: JSON-LD context"; readers want it word for word.
fn context() -> Value {
    json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "cr": "http://mlcommons.org/croissant/",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "dct": "http://purl.org/dc/terms/",
        "equivalentProperty": "cr:equivalentProperty",
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "extract": "cr:extract",
        "field": "cr:field",
        "fileObject": "cr:fileObject",
        "fileProperty": "cr:fileProperty",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "parentField": "cr:parentField",
        "path": "cr:path",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "samplingRate": "cr:samplingRate",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform",
    })
}

/// A file ("FileObject").
fn file_object(file: &ExportedFile) -> Value {
    json!({
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": format!("{} B", file.bytes),
        "encodingFormat": file.form.media_type(),
        "sha256": file.sha256,
    })
}

/// The rows of a table ("RecordSet").
fn record_set(file: &ExportedFile) -> Option<Value> {
    let (table, _) = file.tables.first()?;
    Some(json!({
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.title,
        "description": table.description,
        "key": table.key.iter().map(|name| reference(table.name, name)).collect::<Vec<_>>(),
        "field": table.columns.iter().map(|column| field(file, table, column)).collect::<Vec<_>>(),
    }))
}

/// A column ("Field").
fn field(file: &ExportedFile, table: &Table, column: &Column) -> Value {
    let mut field = json!({
        "@type": "cr:Field",
        "@id": format!("{}/{}", table.name, column.name),
        "name": column.name,
        "description": column.description,
        "dataType": data_type(column.kind),
        "source": { "fileObject": { "@id": file.path }, "extract": { "column": column.name } },
    });
    // What refers to its own table is not said: mlcroissant 1.1.1 cannot order such a table before itself, and then
    // reads none of it.
    if let Some((target, key)) = column.refers.filter(|(target, _)| *target != table.name) {
        field["references"] = json!({ "field": reference(target, key) });
    }
    field
}

fn reference(table: &str, column: &str) -> Value {
    json!({ "@id": format!("{table}/{column}") })
}

fn data_type(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "sc:Text",
        ColumnKind::Integer => "sc:Integer",
        ColumnKind::Boolean => "sc:Boolean",
        ColumnKind::Day => "sc:Date",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tests::{HOSTILE, draft, exported, files};
    use super::*;

    fn read(exported: &Exported) -> Value {
        serde_json::from_slice(&document(exported, &files()).expect("CSV files").content).expect("JSON")
    }

    fn entries<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
        value[name].as_array().expect("an array")
    }

    #[test]
    fn every_table_is_a_record_set_read_from_its_file() {
        let dataset = read(&exported());
        assert_eq!(dataset["name"], HOSTILE);
        assert_eq!(dataset["license"], "https://spdx.org/licenses/CC-BY-4.0");
        assert_eq!(dataset["datePublished"], "2026-01-02");
        let files: BTreeSet<&str> =
            entries(&dataset, "distribution").iter().filter_map(|file| file["@id"].as_str()).collect();
        assert_eq!(files.len(), Table::ALL.len() + 1);
        let sets = entries(&dataset, "recordSet");
        assert_eq!(sets.len(), Table::ALL.len());
        for (set, table) in sets.iter().zip(Table::ALL) {
            let fields = entries(set, "field");
            assert_eq!(set["@id"], table.name);
            assert_eq!(fields.len(), table.columns.len());
            for field in fields {
                assert!(files.contains(field["source"]["fileObject"]["@id"].as_str().expect("a file")));
            }
        }
    }

    #[test]
    fn ids_are_unique_and_references_lead_to_other_record_sets() {
        let dataset = read(&exported());
        let sets = entries(&dataset, "recordSet");
        let fields: Vec<&Value> = sets.iter().flat_map(|set| entries(set, "field")).collect();
        let nodes = fields.iter().copied().chain(sets).chain(entries(&dataset, "distribution"));
        let ids: Vec<&str> = nodes.filter_map(|node| node["@id"].as_str()).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len());
        let references: Vec<(&str, &str)> = fields
            .iter()
            .filter_map(|field| Some((field["@id"].as_str()?, field["references"]["field"]["@id"].as_str()?)))
            .collect();
        assert!(references.contains(&("claims/event", "events/id")));
        for (from, to) in references {
            assert!(unique.contains(to), "{from} refers to {to}");
            assert_ne!(from.split('/').next(), to.split('/').next());
        }
    }

    #[test]
    fn a_draft_has_no_version_and_no_date() {
        let dataset = read(&draft());
        for name in ["version", "datePublished", "identifier"] {
            assert_eq!(dataset.get(name), None);
        }
        let other = read(&Exported { license: "MIT OR Apache-2.0".into(), ..draft() });
        assert_eq!(other["license"], "MIT OR Apache-2.0");
        assert_eq!(document(&draft(), &[]), None);
    }
}
