//! What is said of an export: to whoever made it, and in the README.md of its folder.

use std::fmt::Write;

use super::text::{GOOD, Thousands, WARNING, counted, plain, styled};
use crate::model::change::Trust;
use crate::model::export::{Exported, ExportedFile, TableForm};
use crate::model::kind::RecordKind;
use crate::model::table::{Column, Table};

/// What was exported, and what was not checked.
pub fn exported(exported: &Exported, files: &[ExportedFile], place: &str) -> String {
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    let claims = exported.records.get(&RecordKind::Claim).map_or(0, |tree| tree.count);
    let trust = match exported.trust {
        Trust::Verified => styled(GOOD, "verified"),
        Trust::NotVerified => styled(WARNING, "not verified: its seals were not looked at (give --trust FILE)"),
        Trust::Checked => styled(WARNING, "a draft: it passed the check, and nobody has signed it"),
    };
    let mut text = format!("{}, {trust}\n", name(exported));
    if exported.anchors.not_checked > 0 {
        let missing = Thousands(exported.anchors.not_checked);
        let checked = Thousands(exported.anchors.checked);
        _ = writeln!(text, "{checked} anchors checked, {missing} not checked: their texts are not at hand");
    }
    let (claims, tables) = (counted(claims, "claim"), counted(Table::ALL.len() as u64, "table"));
    let (files, bytes) = (counted(files.len() as u64, "file"), Thousands(bytes));
    _ = writeln!(text, "exported {claims} in {tables}: {files}, {bytes} bytes in {}", plain(place));
    text
}

/// `harbour 1.0.0 (seq 1, 2026-01-01)`
fn name(exported: &Exported) -> String {
    match &exported.release {
        Some(release) => {
            format!("{} {} (seq {}, {})", exported.dataset, release.version, release.seq, release.date)
        }
        None => exported.dataset.to_string(),
    }
}

/// README.md: what the folder holds and where it comes from, and the dictionary.
pub fn readme(exported: &Exported, files: &[ExportedFile]) -> String {
    let mut text = format!("# {}\n\n", in_cell(&exported.title));
    if let Some(description) = &exported.description {
        _ = writeln!(text, "{}\n", in_cell(description));
    }
    text.push_str(&origin(exported));
    text.push_str(&forms(exported, files));
    text.push_str(READING);
    text.push_str("## Tables\n");
    let rows = |table: &Table| {
        let mut tables = files.iter().flat_map(|file| &file.tables);
        tables.find(|(other, _)| other.name == table.name).map_or(0, |(_, rows)| *rows)
    };
    Table::ALL.iter().for_each(|each| text.push_str(&dictionary(each, rows(each))));
    text
}

/// Where it comes from, how far it is to be trusted, and on what terms it may be used.
fn origin(exported: &Exported) -> String {
    let mut text = "## Where this comes from\n\n".to_owned();
    let trust = match exported.trust {
        Trust::Verified => "Its seals, its files and its records were verified before it was exported.",
        Trust::NotVerified => {
            "Its records were checked before it was exported. **Its seals were not**: who signed it is not known."
        }
        Trust::Checked => "It is **a draft**: a dataset folder that passed the check, and that nobody has signed.",
    };
    _ = writeln!(text, "`affiant export` made these tables of {}. {trust}\n", name(exported));
    if let Some(release) = &exported.release {
        _ = writeln!(text, "- Tag manifest, the bytes that are signed: sha256 `{}`", release.tagmanifest_sha256);
    }
    if let Some(commit) = &exported.commit {
        _ = writeln!(text, "- Read from the git commit `{commit}`");
    }
    for (kind, tree) in &exported.records {
        let count = counted(tree.count, kind.word());
        _ = writeln!(text, "- {count}, Merkle root (RFC 6962) `{}`", tree.root);
    }
    let anchors = exported.anchors;
    let checked = Thousands(anchors.checked);
    let missing = Thousands(anchors.not_checked);
    _ = writeln!(text, "- {checked} anchors were held against their texts; {missing} were not, for want of the texts");
    _ = writeln!(
        text,
        "\nThis folder is not signed, and it is not the dataset: whoever has to be sure goes back to \
                        the release and verifies it.\n"
    );
    _ = writeln!(text, "Licence of the records: `{}`. {}\n", exported.license, citation(exported));
    text
}

fn citation(exported: &Exported) -> String {
    let title = in_cell(&exported.title);
    match &exported.release {
        Some(release) => format!(
            "To cite it: *{title}*, version {}, {}, sha256 {}.",
            release.version, release.date, release.tagmanifest_sha256
        ),
        None => format!("A draft of *{title}* is not to be cited: it has no version, and nobody stands by it."),
    }
}

/// The forms, with their first file.
fn forms(exported: &Exported, files: &[ExportedFile]) -> String {
    let mut text = "## What is here\n\n".to_owned();
    let has = |form: TableForm| files.iter().any(|file| file.form == form);
    if has(TableForm::Csv) {
        text.push_str("- `csv/`: a file for each table. RFC 4180, UTF-8 without a byte order mark, lines end in CRLF; an \
                       empty field is null, `true` and `false` are booleans. Text that a spreadsheet would run as a \
                       formula (it begins with `=`, `+`, `-`, `@`, their full-width forms, a tab or a line break) stands \
                       behind an apostrophe; so does text that begins with apostrophes and one of these. Take one \
                       apostrophe away from what matches `^'+[=+\\-@＝＋－＠\\t\\r\\n]` and it is as recorded. `NA` and \
                       `null` are text like any other: pandas wants `keep_default_na=False, na_values=['']`, R \
                       `na.strings = \"\"`.\n");
    }
    if has(TableForm::Parquet) {
        text.push_str(
            "- `parquet/`: a file for each table; descriptions of its columns stand in its key-value metadata \
                       under `affiant.column.NAME`.\n",
        );
    }
    if has(TableForm::Sqlite) {
        let file = TableForm::database_of(&exported.dataset);
        _ = writeln!(
            text,
            "- `{file}`: all tables, with primary and foreign keys and an index for each reference. A boolean is 0 or 1, \
             a day is text."
        );
    }
    text.push_str(descriptions(exported, has(TableForm::Csv)));
    text.push('\n');
    text
}

/// The descriptions for tools, of which some need CSV files and one a release.
fn descriptions(exported: &Exported, has_csv: bool) -> &'static str {
    match (has_csv, exported.release.is_some()) {
        (true, true) => {
            "- `datapackage.json` (Data Package 2.0), `croissant.json` (Croissant 1.0) and `ro-crate-metadata.json` \
             (RO-Crate 1.1): the same for tools that load data, with the digest of each file.\n"
        }
        (true, false) => {
            "- `datapackage.json` (Data Package 2.0) and `croissant.json` (Croissant 1.0): the same for tools that load \
             data, with the digest of each file. An RO-Crate needs a date, and a draft has none.\n"
        }
        (false, true) => {
            "- `ro-crate-metadata.json` (RO-Crate 1.1): the same for tools, with the digest of each file.\n"
        }
        (false, false) => "",
    }
}

/// How the tables are to be read.
const READING: &str = "## How to read it\n\n\
    A row of `claims` says that a voice said something, never that it is so. Each proposition of each voice is a claim of \
    its own: to count the dead of an event is to choose whose figures count, not to add up `lo`. The same claim may be \
    made again by others; `links` says how claims stand to each other, `status` what follows from that, `grounds` from \
    which of them. Copies of a text corroborate nothing (`derivations`).\n\n\
    Bounds are inclusive and null where there is none: \"more than 80\" is `lo` 81 and `hi` null. Dates are EDTF (ISO \
    8601-2:2019) and often not one day: `..._from` and `..._to` are the first and the last day that is possible. Offsets \
    are bytes of the text as received, the end not included. People who are not named in public have no name here \
    either.\n\n";

/// A table of Markdown: the columns of one table.
fn dictionary(table: &Table, rows: u64) -> String {
    let mut text = format!("\n### {}\n\n{} {}.\n\n", table.name, in_cell(table.description), counted(rows, "row"));
    text.push_str("| column | kind | what it says |\n|---|---|---|\n");
    for column in table.columns {
        _ = writeln!(text, "| {} | {} | {} |", key(table, column), kind(column), in_cell(&meaning(column)));
    }
    text
}

fn key(table: &Table, column: &Column) -> String {
    if table.key.contains(&column.name) { format!("**`{}`**", column.name) } else { format!("`{}`", column.name) }
}

fn kind(column: &Column) -> String {
    format!("{}{}", column.kind.word(), if column.is_required { "" } else { ", or null" })
}

fn meaning(column: &Column) -> String {
    match column.refers {
        Some((table, key)) => format!("{} (→ `{table}.{key}`)", column.description),
        None => column.description.to_owned(),
    }
}

/// Text as it may stand in a line of Markdown: of one line, and without what would make markup of it.
fn in_cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in plain(text).chars() {
        if matches!(c, '|' | '<' | '>' | '*' | '[' | ']' | '\\') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}
