//! Steps 6 to 8: the records are those that release.json states, and what `check` finds in a dataset, `verify` finds in
//! a release, whoever signed it.

use affiant::finding::Code;
use affiant::format::layout::RELEASE_INFO;
use affiant::model::digest::Digest;
use serde_json::{Value, json};

use super::Case;
use crate::spoiled::Release;

const CLAIMS: &str = "data/claims.jsonl";
const EVENTS: &str = "data/events.jsonl";
const SOURCES: &str = "data/sources.jsonl";
const STATUSES: &str = "data/statuses.jsonl";
const TOLLS: &str = "data/tolls.jsonl";
const CHUNKS: &str = "data/chunks.jsonl";
const SCHEMA: &str = "data/schemas/claim.schema.json";
const SUMMARY: &str = "data/texts/gazette-summary.1.txt";

/// Seals a release with an edited file of records.
fn recorded(release: &Release, file: &str, edit: impl FnOnce(String) -> String) {
    release.edit(file, edit);
    release.seal_payload();
}

/// Seals a release with words of its claims exchanged.
fn claimed(release: &Release, old: &str, new: &str) {
    recorded(release, CLAIMS, |text| text.replacen(old, new, 1));
}

/// Seals a release with edited content of release.json.
fn stated(release: &Release, edit: impl FnOnce(&mut Value)) {
    release.info(edit);
    release.seal();
}

pub const RECORDS: &[Case] = &[
    Case::new(Code::RecordNotCanonical, "space-after-a-colon", CLAIMS, |r| claimed(r, ":", ": ")),
    Case::new(Code::RecordNotCanonical, "escaped-letter", CLAIMS, |r| {
        claimed(r, "three workers", r"three w\u006frkers")
    }),
    Case::new(Code::RecordNotCanonical, "last-line-not-ended", EVENTS, |r| {
        recorded(r, EVENTS, |text| text.trim_end().to_owned());
    }),
    Case::new(Code::RecordOrder, "lines-in-reverse", EVENTS, |r| {
        recorded(r, EVENTS, |text| text.split_inclusive('\n').rev().collect());
    }),
    Case::new(Code::JsonDuplicateKey, "member-twice", CLAIMS, |r| {
        claimed(r, r#""stance":"#, r#""stance":"denies","stance":"#)
    }),
    Case::new(Code::JsonEncoding, "byte-order-mark", CLAIMS, |r| recorded(r, CLAIMS, |text| format!("\u{feff}{text}"))),
    Case::new(Code::RootMismatch, "words-of-a-claim", CLAIMS, |r| claimed(r, "three workers", "four workers")),
    Case::new(Code::RootMismatch, "last-claim-left-out", CLAIMS, |r| {
        recorded(r, CLAIMS, |text| text.split_inclusive('\n').take(4).collect());
    }),
    Case::new(Code::RootMismatch, "one-event-more-is-stated", EVENTS, |r| {
        stated(r, |info| info["records"]["event"]["count"] = json!(3));
    }),
    Case::new(Code::RootMismatch, "another-root-of-statuses", STATUSES, |r| {
        stated(r, |info| info["status_tree"]["root"] = json!(Digest::of(b"")));
    }),
    Case::new(Code::StatusMismatch, "all-corroborated", RELEASE_INFO, |r| {
        stated(r, |info| info["statuses"]["pier-fire"] = json!({ "corroborated": 5 }));
    }),
    Case::new(Code::StatusMismatch, "dispute-settled", STATUSES, |r| {
        recorded(r, STATUSES, |text| text.replace("disputed", "asserted"));
    }),
    Case::new(Code::TollMismatch, "one-more-killed", TOLLS, |r| {
        recorded(r, TOLLS, |text| text.replacen(r#""hi":3,"lo":3"#, r#""hi":4,"lo":3"#, 1));
    }),
    Case::new(Code::TollMismatch, "tolls-left-out", TOLLS, |r| {
        r.remove(TOLLS);
        r.seal_payload();
    }),
    Case::new(Code::RootMismatch, "another-root-of-tolls", TOLLS, |r| {
        stated(r, |info| info["toll_tree"]["root"] = json!(Digest::of(b"")));
    }),
    Case::new(Code::ChunkMismatch, "another-root-of-a-chunk", CHUNKS, |r| {
        recorded(r, CHUNKS, |text| {
            let (before, root) = text.split_once(r#""root":""#).expect("a root");
            format!("{before}\"root\":\"{}{}", Digest::of(b""), &root[64..])
        });
    }),
    Case::new(Code::ChunkMismatch, "one-line-more", CHUNKS, |r| {
        recorded(r, CHUNKS, |text| text.replacen(r#""count":2,"#, r#""count":3,"#, 1));
    }),
    Case::new(Code::ChunkMismatch, "chunks-left-out", CHUNKS, |r| {
        r.remove(CHUNKS);
        r.seal_payload();
    }),
    Case::new(Code::ChunkMismatch, "no-tree-stated", RELEASE_INFO, |r| {
        stated(r, |info| _ = info.as_object_mut().expect("an object").remove("chunk_tree"));
    }),
    Case::new(Code::RootMismatch, "another-root-of-chunks", CHUNKS, |r| {
        stated(r, |info| info["chunk_tree"]["root"] = json!(Digest::of(b"")));
    }),
    Case::new(Code::SchemaUnknown, "schema-with-a-line-more", SCHEMA, |r| {
        r.edit(SCHEMA, |text| text + "\n");
        r.info(|info| info["schemas"]["claim.schema.json"] = json!(Digest::of(r.text(SCHEMA).as_bytes())));
        r.seal_payload();
    }),
    Case::new(Code::SchemaUnknown, "schema-left-out", SCHEMA, |r| {
        r.remove(SCHEMA);
        r.info(|info| _ = info["schemas"].as_object_mut().expect("schemas").remove("claim.schema.json"));
        r.seal_payload();
    }),
    Case::new(Code::AnchorTallyMismatch, "one-anchor-more", RELEASE_INFO, |r| {
        stated(r, |info| info["anchors"]["checked"] = json!(10));
    }),
    Case::new(Code::QuoteNotFound, "anchor-moved", CLAIMS, |r| claimed(r, "[19,36]", "[20,37]")),
    Case::new(Code::CaptureDigestMismatch, "text-changed", SUMMARY, |r| {
        recorded(r, SUMMARY, |text| text.replacen("three dead", "there dead", 1));
    }),
    Case::new(Code::UnknownAgent, "agent-left-out", CLAIMS, |r| {
        r.edit("data/agents.jsonl", |text| text.split_inclusive('\n').take(3).collect());
        recorded(r, SOURCES, |text| text.replace("\"author\":\"person-01\",", ""));
    }),
];
