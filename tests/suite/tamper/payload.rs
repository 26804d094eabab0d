//! Step 4: exactly the payload that was signed.

use affiant::finding::Code;
use affiant::format::layout::MANIFEST;
use affiant::model::digest::Digest;

use super::Case;
use crate::spoiled::Release;

const CLAIMS: &str = "data/claims.jsonl";
const EVENTS: &str = "data/events.jsonl";
const SCHEMA: &str = "data/schemas/claim.schema.json";
const SUMMARY: &str = "data/texts/gazette-summary.1.txt";

/// Seals a release with an edited manifest.
fn listed(release: &Release, edit: impl FnOnce(String) -> String) {
    release.edit(MANIFEST, edit);
    release.seal();
}

/// A line of the manifest for an empty file.
fn line(path: &str) -> String {
    format!("{}  {path}\n", Digest::of(b""))
}

pub const PAYLOAD: &[Case] = &[
    Case::new(Code::ManifestMalformed, "lines-in-reverse", MANIFEST, |r| {
        listed(r, |text| text.split_inclusive('\n').rev().collect());
    }),
    Case::new(Code::ManifestMalformed, "binary-marker", MANIFEST, |r| {
        listed(r, |text| text.replacen("  data/", " *data/", 1))
    }),
    Case::new(Code::ManifestMalformed, "path-that-climbs", MANIFEST, |r| {
        listed(r, |text| text + &line("data/../../key"))
    }),
    Case::new(Code::ManifestMalformed, "absolute-path", MANIFEST, |r| listed(r, |text| line("/etc/passwd") + &text)),
    Case::new(Code::ManifestMalformed, "path-with-a-nul", MANIFEST, |r| listed(r, |text| text + &line("data/z\0.txt"))),
    Case::new(Code::ManifestMalformed, "path-with-an-escape", MANIFEST, |r| {
        listed(r, |text| text + &line("data/z%0A"))
    }),
    Case::new(Code::ManifestMalformed, "case-twins", MANIFEST, |r| listed(r, |text| line("data/Agents.jsonl") + &text)),
    Case::new(Code::ManifestMalformed, "tag-file-among-the-payload", MANIFEST, |r| {
        listed(r, |text| text + &line("release.json"));
    }),
    Case::new(Code::ManifestMalformed, "file-of-no-release", MANIFEST, |r| {
        r.write("data/zz.sh", "");
        listed(r, |text| text + &line("data/zz.sh"));
    }),
    Case::new(Code::ManifestMalformed, "no-claims", MANIFEST, |r| {
        r.remove(CLAIMS);
        listed(r, |text| text.split_inclusive('\n').filter(|line| !line.contains(CLAIMS)).collect());
    }),
    Case::new(Code::ManifestMalformed, "line-twice", MANIFEST, |r| {
        listed(r, |text| text.split_inclusive('\n').take(1).map(str::to_owned).collect::<String>() + &text);
    }),
    Case::new(Code::PayloadMissing, "claims", CLAIMS, |r| r.remove(CLAIMS)),
    Case::new(Code::PayloadMissing, "text", SUMMARY, |r| r.remove(SUMMARY)),
    Case::new(Code::PayloadMissing, "events-under-another-name", EVENTS, |r| {
        r.house.rename("dist/1.0.0/data/events.jsonl", "dist/1.0.0/data/event.jsonl");
    }),
    Case::new(Code::PayloadExtra, "more-claims", "data/claims/more.jsonl", |r| r.write("data/claims/more.jsonl", "")),
    Case::new(Code::PayloadExtra, "withheld-text", "data/texts/gazette-1999.1.txt", |r| {
        r.write("data/texts/gazette-1999.1.txt", r.house.text("texts/gazette-1999.txt"));
    }),
    Case::new(Code::PayloadChanged, "claim", CLAIMS, |r| r.swap(CLAIMS, "three workers", "four workers")),
    Case::new(Code::PayloadChanged, "claims-spelled-otherwise", CLAIMS, |r| {
        r.edit(CLAIMS, |text| text.replacen(':', ": ", 1))
    }),
    Case::new(Code::PayloadChanged, "text-without-its-last-line-feed", SUMMARY, |r| {
        r.swap(SUMMARY, "айлақ.\n", "айлақ.")
    }),
    Case::new(Code::PayloadChanged, "text-with-carriage-returns", SUMMARY, |r| {
        r.edit(SUMMARY, |text| text.replace('\n', "\r\n"))
    }),
    Case::new(Code::PayloadChanged, "schema-that-asks-nothing", SCHEMA, |r| r.write(SCHEMA, "{}")),
    Case::new(Code::PayloadChanged, "empty-declaration", "data/dataset.json", |r| r.write("data/dataset.json", "")),
    Case::new(Code::PayloadChanged, "codebook-with-carriage-returns", "data/README.md", |r| {
        r.edit("data/README.md", |text| text.replace('\n', "\r\n"));
    }),
    Case::new(Code::PayloadChanged, "statuses", "data/statuses.jsonl", |r| {
        r.edit("data/statuses.jsonl", |text| text.replace("disputed", "asserted"));
    }),
];
