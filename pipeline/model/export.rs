//! What an export says about itself.

use std::collections::BTreeMap;

use super::change::Trust;
use super::date::Day;
use super::digest::Digest;
use super::id::Id;
use super::kind::RecordKind;
use super::origin::Origin;
use super::release_info::{AnchorTally, RecordTree};
use super::table::Table;

/// What was exported, and how far it is to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Id of the dataset.
    pub dataset: Id,
    /// Its name for readers.
    pub title: String,
    /// What it covers.
    pub description: Option<String>,
    /// SPDX licence expression of the records.
    pub license: String,
    /// `Checked` is a dataset folder: a draft of no version.
    pub trust: Trust,
    /// What it is called as a release, if it is one.
    pub release: Option<ReleaseName>,
    /// The git commit it was read from.
    pub commit: Option<String>,
    /// Per kind of record: how many were exported, and their Merkle root.
    pub records: BTreeMap<RecordKind, RecordTree>,
    /// The same of the lines of the claims' statuses.
    pub statuses: RecordTree,
    /// How many anchors were held against their bytes in this run.
    pub anchors: AnchorTally,
    /// The texts that the dataset stands on, sorted by id.
    pub origins: Vec<Origin>,
}

impl Exported {
    /// How far it is to be trusted, as the export says it.
    pub fn trust_word(&self) -> &'static str {
        match self.trust {
            Trust::Verified => "verified",
            Trust::NotVerified => "not verified",
            Trust::Checked => "draft",
        }
    }
}

/// What a release is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseName {
    /// Its version.
    pub version: semver::Version,
    /// Its number within the dataset, from 1.
    pub seq: u64,
    /// Its day.
    pub date: Day,
    /// Digest of its tag manifest.
    pub tagmanifest_sha256: Digest,
}

/// One file of an export that holds rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFile {
    /// Path in the export's folder, `/` between components: `csv/claims.csv`.
    pub path: String,
    /// Its form.
    pub form: TableForm,
    /// The tables in it, each with its number of rows: one, or in a SQLite file all.
    pub tables: Vec<(&'static Table, u64)>,
    /// Its length in bytes.
    pub bytes: u64,
    /// Digest of all its bytes.
    pub sha256: Digest,
}

/// A file of an export that holds no rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its path in the export's folder.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// What it is to a reader.
    pub description: &'static str,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// A form that tables are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableForm {
    /// A file of comma-separated values a table (RFC 4180), UTF-8, first line the names of the columns.
    Csv,
    /// An Apache Parquet file a table.
    Parquet,
    /// One SQLite database.
    Sqlite,
}

impl TableForm {
    /// All forms.
    pub const ALL: [TableForm; 3] = [TableForm::Csv, TableForm::Parquet, TableForm::Sqlite];

    /// The form as one word: its folder in an export, and the ending of its files.
    pub fn word(self) -> &'static str {
        match self {
            TableForm::Csv => "csv",
            TableForm::Parquet => "parquet",
            TableForm::Sqlite => "sqlite",
        }
    }

    /// Where the file of a table stands in an export, in a form that has a file for each.
    pub fn file_of(self, table: &Table) -> String {
        format!("{0}/{1}.{0}", self.word(), table.name)
    }

    /// Where the database of a dataset stands in an export.
    pub fn database_of(dataset: &Id) -> String {
        format!("{dataset}.sqlite")
    }

    /// The form's media type, as registered at IANA.
    pub fn media_type(self) -> &'static str {
        match self {
            TableForm::Csv => "text/csv",
            TableForm::Parquet => "application/vnd.apache.parquet",
            TableForm::Sqlite => "application/vnd.sqlite3",
        }
    }
}
