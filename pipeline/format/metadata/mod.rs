//! An export as tools of others describe data: Data Package, Croissant and RO-Crate tell the same, each in its own way.
//!
//! Here is what they share. They are made of the tables' definitions, of what was exported, and of the files' lengths and
//! digests; what a dataset does not declare they leave out.

pub mod croissant;
pub mod data_package;
pub mod ro_crate;
mod spdx;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64_URL;
use serde_json::Value;

use crate::model::change::Trust;
use crate::model::digest::Digest;
use crate::model::export::{Exported, ReleaseName};
use crate::model::release_info::AnchorTally;

/// A description as its file holds it: indented JSON, keys in the order of their code points, one line feed at the end.
fn json_bytes(description: &Value) -> Vec<u8> {
    format!("{description:#}\n").into_bytes()
}

/// A digest as a URI: "Naming Things with Hashes" (RFC 6920, section 3).
fn digest_uri(digest: &Digest) -> String {
    format!("ni:///sha-256;{}", BASE64_URL.encode(digest.as_bytes()))
}

/// What was exported, for machines: the digest of the release's tag manifest, the bytes that are signed. A draft has
/// none.
fn identifier(exported: &Exported) -> Option<String> {
    Some(digest_uri(&exported.release.as_ref()?.tagmanifest_sha256))
}

/// What the dataset covers, in its own words, and how far this export of it is to be trusted.
fn description(exported: &Exported) -> String {
    let own = exported.description.iter().map(String::as_str);
    own.chain([CSV_NOTE, &provenance(exported)]).collect::<Vec<_>>().join(" ")
}

/// What a reader of the CSV files would otherwise stumble over.
const CSV_NOTE: &str = "In the CSV files an empty field is null, and text that a spreadsheet would take for a formula \
                        stands behind an apostrophe.";

/// What was exported, from where, and how far it was verified.
fn provenance(exported: &Exported) -> String {
    let id = &exported.dataset;
    let what = match &exported.release {
        Some(ReleaseName { version, seq, date, tagmanifest_sha256 }) => format!(
            "release {version} of {id}, number {seq}, of {date}, with the tag manifest sha256 {tagmanifest_sha256}"
        ),
        None => format!("a draft of {id}"),
    };
    let commit =
        exported.commit.as_ref().map_or(String::new(), |commit| format!(", read from the git commit {commit}"));
    let trust = match exported.trust {
        Trust::Verified => "Its seals, files and records were verified.",
        Trust::NotVerified => "Its records passed the check; its seals were not verified.",
        Trust::Checked => "Its records passed the check; nobody has signed them.",
    };
    let AnchorTally { checked, not_checked } = exported.anchors;
    let anchors = format!("Anchors held against their text: {checked}; not checked: {not_checked}.");
    format!("Exported from {what}{commit}. {trust} {anchors}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::export::{ExportedFile, TableForm};
    use crate::model::kind::RecordKind;
    use crate::model::origin::Origin;
    use crate::model::release_info::RecordTree;
    use crate::model::table::Table;

    /// What strangers may write where text is free.
    pub(super) const HOSTILE: &str = "</script>\u{202e}\u{1b}[2J\"\\ @id {} %00";

    /// A verified release with a hostile title.
    pub(super) fn exported() -> Exported {
        let tree = RecordTree { count: 5, root: Digest::of(b"a tree") };
        let release = ReleaseName {
            version: "1.2.0".parse().expect("a version"),
            seq: 3,
            date: "2026-01-02".parse().expect("a day"),
            tagmanifest_sha256: Digest::of(b"abc"),
        };
        Exported {
            dataset: "harbour".parse().expect("an id"),
            title: HOSTILE.into(),
            description: Some("What was said of a fire.".into()),
            license: "CC-BY-4.0".into(),
            trust: Trust::Verified,
            release: Some(release),
            commit: None,
            records: BTreeMap::from([(RecordKind::Claim, tree.clone())]),
            statuses: tree,
            anchors: AnchorTally { checked: 7, not_checked: 2 },
            origins: origins(),
        }
    }

    /// The same as a dataset folder.
    pub(super) fn draft() -> Exported {
        Exported { release: None, trust: Trust::Checked, ..exported() }
    }

    /// A file a table in CSV, and one of all tables.
    pub(super) fn files() -> Vec<ExportedFile> {
        let file = |path: String, form, tables| ExportedFile {
            bytes: 10,
            sha256: Digest::of(path.as_bytes()),
            path,
            form,
            tables,
        };
        let csv = |table: &'static Table| file(format!("csv/{}.csv", table.name), TableForm::Csv, vec![(table, 4)]);
        let all = file("harbour.sqlite".into(), TableForm::Sqlite, Table::ALL.iter().map(|table| (table, 4)).collect());
        Table::ALL.iter().map(csv).chain([all]).collect()
    }

    /// Two texts of one publisher, one with a hostile address, and one of a publisher whom nobody may name.
    fn origins() -> Vec<Origin> {
        let origin = |source: &str, publisher: &str, name: Option<&str>| Origin {
            source: source.parse().expect("an id"),
            title: None,
            publisher: (publisher.parse().expect("an id"), name.map(str::to_owned)),
            is_by_person: false,
            url: None,
            published: None,
        };
        let gazette = Some("The Gazette");
        let (title, url, published) =
            (Some(HOSTILE.into()), Some(format!("https://{HOSTILE}")), Some("2025-12".into()));
        vec![
            Origin { title, url, published, ..origin("notice", "gazette", gazette) },
            Origin { published: Some("2025-21".into()), ..origin("report", "gazette", gazette) },
            Origin { is_by_person: true, ..origin("letter", "person-1", None) },
        ]
    }

    #[test]
    fn a_digest_is_named_as_rfc_6920_has_it() {
        // The example of section 8.1: the digest of "Hello World!".
        let uri = "ni:///sha-256;f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk";
        assert_eq!(digest_uri(&Digest::of(b"Hello World!")), uri);
    }

    #[test]
    fn it_is_said_how_far_an_export_is_to_be_trusted() {
        let verified = provenance(&exported());
        assert!(verified.starts_with("Exported from release 1.2.0 of harbour, number 3, of 2026-01-02, with the tag"));
        assert!(verified.ends_with("were verified. Anchors held against their text: 7; not checked: 2."), "{verified}");
        let unverified = provenance(&Exported { trust: Trust::NotVerified, ..exported() });
        assert!(unverified.contains("its seals were not verified"), "{unverified}");
        let draft = provenance(&Exported { commit: Some("0123".into()), ..draft() });
        assert!(draft.starts_with("Exported from a draft of harbour, read from the git commit 0123. "), "{draft}");
        assert!(draft.contains("nobody has signed"), "{draft}");
        assert!(description(&exported()).starts_with("What was said of a fire. In the CSV files"));
    }
}
