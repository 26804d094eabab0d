//! `ro-crate-metadata.json`: the folder of an export as an RO-Crate 1.1
//! (<https://www.researchobject.org/ro-crate/specification/1.1/>), the packaging of research repositories.
//!
//! It tells of every file, of the release that the export was made of, of the tool that made it, and of the texts that
//! the dataset stands on; of these no word. No entity is named by what a stranger wrote: each `@id` is a path of the
//! export, an id of a record, or a digest.

use serde_json::{Value, json};

use super::{description, digest_uri, json_bytes, provenance, spdx};
use crate::model::date::Edtf;
use crate::model::digest::Digest;
use crate::model::export::{Document, Exported, ExportedFile, ReleaseName};
use crate::model::kind::RecordKind;
use crate::model::origin::Origin;
use crate::model::release_info::RecordTree;

/// The name by which tools find it ("RO-Crate Structure").
const FILE: &str = "ro-crate-metadata.json";

const SPECIFICATION: &str = "https://w3id.org/ro/crate/1.1";
const ROOT: &str = "./";
const TOOL: &str = "#affiant";
const EXPORT: &str = "#export";

/// The file; `documents` are all other files of the folder that hold no rows. `None` for a draft, which has no date:
/// without `datePublished` the folder makes no crate ("Root Data Entity").
pub fn document(exported: &Exported, files: &[ExportedFile], documents: &[Document]) -> Option<Document> {
    let release = exported.release.as_ref()?;
    Some(Document {
        path: FILE,
        media_type: "application/ld+json",
        description: "All files as an RO-Crate 1.1, with their digests and where they come from.",
        content: json_bytes(&json!({
            "@context": context(),
            "@graph": graph(exported, release, parts(files, documents)),
        })),
    })
}

fn graph(exported: &Exported, release: &ReleaseName, parts: Vec<Value>) -> Vec<Value> {
    let mut graph = vec![
        descriptor(),
        root(exported, release, &parts),
        licence(&exported.license),
        release_entity(exported, release),
        tool(),
        export(exported, release, &parts),
    ];
    graph.extend(exported.origins.iter().map(origin));
    graph.extend(publishers(&exported.origins));
    graph.extend(parts);
    graph
}

/// The terms of RO-Crate 1.1, and one of schema.org that came later ("Extending RO-Crate").
fn context() -> Value {
    json!([format!("{SPECIFICATION}/context"), { "sha256": "http://schema.org/sha256" }])
}

fn named(id: &str) -> Value {
    json!({ "@id": id })
}

fn ids(entities: &[Value]) -> Value {
    alone_or_listed(entities.iter().map(|entity| json!({ "@id": entity["@id"] })).collect())
}

/// Values as compacted JSON-LD has them: no array of one.
fn alone_or_listed(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { values.into() }
}

/// The file itself ("RO-Crate Metadata File Descriptor").
fn descriptor() -> Value {
    json!({ "@id": FILE, "@type": "CreativeWork", "about": named(ROOT), "conformsTo": named(SPECIFICATION) })
}

/// The folder ("Root Data Entity").
fn root(exported: &Exported, release: &ReleaseName, parts: &[Value]) -> Value {
    let mut root = json!({
        "@id": ROOT,
        "@type": "Dataset",
        "name": exported.title,
        "identifier": exported.dataset,
        "description": description(exported),
        "version": release.version.to_string(),
        "datePublished": release.date,
        "license": named(&licence_id(&exported.license)),
        "hasPart": ids(parts),
        "mentions": named(EXPORT),
    });
    if !exported.origins.is_empty() {
        let origins = exported.origins.iter().map(|origin| named(&origin_id(origin)));
        root["isBasedOn"] = alone_or_listed(origins.collect());
    }
    root
}

fn licence_id(expression: &str) -> String {
    spdx::url(expression).unwrap_or_else(|| "#licence".to_owned())
}

/// The terms of use ("Licensing, Access control and copyright").
fn licence(expression: &str) -> Value {
    let id = licence_id(expression);
    let description = "The licence of the records, as an SPDX licence expression.";
    json!({ "@id": id, "@type": "CreativeWork", "name": expression, "description": description })
}

/// The release's name in any place: its digest.
fn release_id(release: &ReleaseName) -> String {
    digest_uri(&release.tagmanifest_sha256)
}

/// What was exported.
fn release_entity(exported: &Exported, release: &ReleaseName) -> Value {
    let root = |(kind, tree): (&RecordKind, &RecordTree)| format!("{} {}", kind.word(), tree.root);
    let roots: Vec<String> = exported.records.iter().map(root).collect();
    json!({
        "@id": release_id(release),
        "@type": "CreativeWork",
        "name": format!("{} {}", exported.dataset, release.version),
        "description": format!(
            "The signed release; it is named by the digest of its tag manifest, the bytes that are signed. Merkle roots \
             (RFC 6962, SHA-256) of its records: {}.",
            roots.join(", ")
        ),
        "version": release.version.to_string(),
        "datePublished": release.date,
        "license": named(&licence_id(&exported.license)),
        "sha256": release.tagmanifest_sha256,
    })
}

fn tool() -> Value {
    json!({
        "@id": TOOL,
        "@type": "SoftwareApplication",
        "name": env!("CARGO_PKG_NAME"),
        "description": env!("CARGO_PKG_DESCRIPTION"),
        "softwareVersion": env!("CARGO_PKG_VERSION"),
    })
}

/// How the files came about ("Provenance of entities"). When is not said: no clock is read.
fn export(exported: &Exported, release: &ReleaseName, parts: &[Value]) -> Value {
    json!({
        "@id": EXPORT,
        "@type": "CreateAction",
        "name": "Export",
        "description": provenance(exported),
        "instrument": named(TOOL),
        "object": named(&release_id(release)),
        "result": ids(parts),
    })
}

fn origin_id(origin: &Origin) -> String {
    format!("#source-{}", origin.source)
}

fn publisher_id(origin: &Origin) -> String {
    format!("#agent-{}", origin.publisher.0)
}

/// A text that the dataset stands on ("Contextual Entities").
fn origin(origin: &Origin) -> Value {
    let mut entity = json!({ "@id": origin_id(origin), "@type": "CreativeWork", "name": origin.label() });
    entity["identifier"] = origin.source.as_str().into();
    if let Some(url) = &origin.url {
        entity["url"] = url.as_str().into();
    }
    if let Some(date) = origin.published.as_deref().filter(|date| is_iso_8601(date)) {
        entity["datePublished"] = date.into();
    }
    if origin.publisher.1.is_some() {
        entity["publisher"] = named(&publisher_id(origin));
    }
    entity
}

/// Whether an EDTF expression is a year, month or day in ISO 8601 too: without what only EDTF can say.
fn is_iso_8601(date: &str) -> bool {
    let is_plain = date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let is_season = date.get(5..7).is_some_and(|month| month > "12");
    is_plain && !is_season && date.parse::<Edtf>().is_ok()
}

/// Who published these texts, each once; whoever is not named in public is not listed.
fn publishers(origins: &[Origin]) -> Vec<Value> {
    let mut publishers: Vec<Value> = origins.iter().filter_map(publisher).collect();
    publishers.sort_by(|one, other| one["@id"].as_str().cmp(&other["@id"].as_str()));
    publishers.dedup();
    publishers
}

fn publisher(origin: &Origin) -> Option<Value> {
    let name = origin.publisher.1.as_deref()?;
    let kind = if origin.is_by_person { "Person" } else { "Organization" };
    Some(json!({ "@id": publisher_id(origin), "@type": kind, "name": name }))
}

/// The files ("Data Entities").
fn parts(files: &[ExportedFile], documents: &[Document]) -> Vec<Value> {
    files.iter().map(table_file).chain(documents.iter().map(written)).collect()
}

fn written(document: &Document) -> Value {
    let Document { path, media_type, description, content } = document;
    let mut entity = file(path, media_type, u64::try_from(content.len()).unwrap_or(u64::MAX), &Digest::of(content));
    entity["description"] = (*description).into();
    entity
}

fn table_file(exported: &ExportedFile) -> Value {
    let mut entity = file(&exported.path, exported.form.media_type(), exported.bytes, &exported.sha256);
    entity["description"] = match exported.tables.as_slice() {
        [(table, rows)] => format!("{}: {} {rows} rows.", table.title, table.description).into(),
        tables => format!("All {} tables.", tables.len()).into(),
    };
    entity
}

fn file(path: &str, media_type: &str, bytes: u64, sha256: &Digest) -> Value {
    json!({
        "@id": path,
        "@type": "File",
        "name": path,
        "contentSize": bytes.to_string(),
        "encodingFormat": media_type,
        "sha256": sha256,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tests::{HOSTILE, draft, exported, files};
    use super::*;

    fn graph(exported: &Exported) -> Vec<Value> {
        let (path, media_type, description) = ("README.md", "text/markdown", "What this is.");
        let readme = Document { path, media_type, description, content: b"abc".into() };
        let content = document(exported, &files(), &[readme]).expect("a release").content;
        let mut written: Value = serde_json::from_slice(&content).expect("JSON");
        serde_json::from_value(written["@graph"].take()).expect("entities")
    }

    fn entity<'a>(graph: &'a [Value], id: &str) -> &'a Value {
        graph.iter().find(|entity| entity["@id"] == id).expect(id)
    }

    /// The ids that the entities refer to.
    fn referred(value: &Value, is_entity: bool, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| referred(item, false, found)),
            Value::Object(members) => {
                if let Some(id) = members.get("@id").filter(|_| !is_entity) {
                    found.insert(id.as_str().expect("an id").to_owned());
                }
                members.values().for_each(|member| referred(member, false, found));
            }
            _ => {}
        }
    }

    #[test]
    fn it_is_flat_and_every_reference_leads_to_one_entity() {
        let graph = graph(&exported());
        let ids: BTreeSet<String> = graph.iter().map(|entity| entity["@id"].as_str().expect("an id").into()).collect();
        assert_eq!(ids.len(), graph.len());
        let mut found = BTreeSet::new();
        graph.iter().for_each(|entity| referred(entity, true, &mut found));
        assert!(found.remove(SPECIFICATION));
        assert_eq!(found.difference(&ids).collect::<Vec<_>>(), [""; 0]);
        assert!(
            ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&b))),
            "{ids:?}"
        );
    }

    #[test]
    fn every_file_is_a_part_with_its_length_and_digest() {
        let graph = graph(&exported());
        let root = entity(&graph, ROOT);
        assert_eq!(root["name"], HOSTILE);
        assert_eq!(root["hasPart"].as_array().map(Vec::len), Some(files().len() + 1));
        for file in files() {
            let part = entity(&graph, &file.path);
            assert_eq!((&part["contentSize"], &part["sha256"]), (&json!("10"), &json!(file.sha256)));
        }
        let readme = entity(&graph, "README.md");
        assert_eq!((&readme["contentSize"], &readme["sha256"]), (&json!("3"), &json!(Digest::of(b"abc"))));
        assert_eq!(entity(&graph, EXPORT)["result"], root["hasPart"]);
        let release = entity(&graph, entity(&graph, EXPORT)["object"]["@id"].as_str().expect("an id"));
        assert_eq!(release["@id"], digest_uri(&Digest::of(b"abc")));
        let root = format!("of its records: claim {}.", Digest::of(b"a tree"));
        assert!(release["description"].as_str().expect("text").ends_with(&root));
    }

    #[test]
    fn the_texts_it_stands_on_are_listed_without_whom_nobody_may_name() {
        let graph = graph(&exported());
        let ids: Vec<Value> =
            exported().origins.iter().map(|origin| named(&format!("#source-{}", origin.source))).collect();
        assert_eq!(entity(&graph, ROOT)["isBasedOn"], Value::Array(ids));
        let notice = entity(&graph, "#source-notice");
        assert_eq!(
            (&notice["datePublished"], &notice["publisher"]["@id"]),
            (&json!("2025-12"), &json!("#agent-gazette"))
        );
        assert_eq!(entity(&graph, "#source-report").get("datePublished"), None, "a season is no month");
        assert_eq!(entity(&graph, "#source-letter").get("publisher"), None);
        assert!(!graph.iter().any(|entity| entity["@id"] == "#agent-person-1"));
    }

    #[test]
    fn one_text_stands_alone_and_none_is_not_listed() {
        let based_on = |count: usize| {
            let origins = exported().origins.into_iter().take(count).collect();
            entity(&graph(&Exported { origins, ..exported() }), ROOT).get("isBasedOn").cloned()
        };
        assert_eq!(based_on(0), None);
        assert_eq!(based_on(1), Some(named("#source-notice")));
        assert_eq!(based_on(2), Some(json!([named("#source-notice"), named("#source-report")])));
    }

    #[test]
    fn a_draft_makes_no_crate() {
        assert_eq!(document(&draft(), &files(), &[]), None);
        let graph = graph(&Exported { license: "MIT OR Apache-2.0".into(), ..exported() });
        assert_eq!(entity(&graph, ROOT)["license"]["@id"], "#licence");
        assert_eq!(entity(&graph, "#licence")["name"], "MIT OR Apache-2.0");
    }
}
