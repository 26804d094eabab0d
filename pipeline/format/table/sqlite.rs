//! Tables as SQL, for SQLite.
//!
//! Tables are STRICT: a cell is of its column's kind or is refused. A table whose key is more than one column is stored
//! in the order of that key (WITHOUT ROWID), which is then also the index by its first column: all rows of a claim lie
//! side by side. Every other column that refers to a table has an index of its own, so that a join from either side is
//! a search. The description of each column stands in the statement that made the table, and in the table `columns`.

use std::fmt::Write;

use crate::model::table::{Column, ColumnKind, Table};

/// `PRAGMA application_id`: "afnt", by which `file` and others may know what the database is.
pub const APPLICATION_ID: u32 = u32::from_be_bytes(*b"afnt");

/// `PRAGMA user_version`: counts up when a table or a column changes its name or its meaning.
pub const LAYOUT: u32 = 1;

/// Bytes of a page; that of SQLite itself, written down so that no build of it decides.
const PAGE_BYTES: u32 = 4096;

/// What is said before any table. The file is nobody's until it is whole, so that it needs no journal; whoever writes
/// it brings it to disk.
pub fn begin() -> String {
    format!(
        "PRAGMA page_size = {PAGE_BYTES}; PRAGMA encoding = 'UTF-8'; PRAGMA auto_vacuum = NONE; PRAGMA journal_mode = OFF; \
         PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -16384; \
         PRAGMA foreign_keys = OFF; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {LAYOUT}; BEGIN;"
    )
}

/// The statement that makes a table.
pub fn create(table: &Table) -> String {
    let mut sql = format!("CREATE TABLE {} ( -- {}\n", table.name, table.description);
    for column in table.columns {
        // Without a result: writing to a string does not fail.
        _ = writeln!(sql, "  {}, -- {}", definition(column), column.description);
    }
    let rowid = if table.key.len() > 1 { ", WITHOUT ROWID" } else { "" };
    _ = write!(sql, "  PRIMARY KEY ({})\n) STRICT{rowid};", table.key.join(", "));
    sql
}

fn definition(column: &Column) -> String {
    let mut sql = format!("{} {}", column.name, affinity(column.kind));
    if column.is_required {
        sql.push_str(" NOT NULL");
    }
    if column.kind == ColumnKind::Boolean {
        _ = write!(sql, " CHECK ({} IN (0, 1))", column.name);
    }
    if let Some((table, key)) = column.refers {
        _ = write!(sql, " REFERENCES {table} ({key})");
    }
    sql
}

fn affinity(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text | ColumnKind::Day => "TEXT",
        ColumnKind::Integer | ColumnKind::Boolean => "INTEGER",
    }
}

/// The statement that adds a row, with a parameter for each column.
pub fn insert(table: &Table) -> String {
    let parameters: Vec<String> = (1..=table.columns.len()).map(|number| format!("?{number}")).collect();
    format!("INSERT INTO {} VALUES ({})", table.name, parameters.join(", "))
}

/// The statements that make the table's indexes; made last, since that is faster and packs them well.
pub fn indexes(table: &Table) -> impl Iterator<Item = String> {
    let others = table.references().map(|(column, _)| column.name).filter(|name| table.key.first() != Some(name));
    others.map(|name| format!("CREATE INDEX {0}_{name} ON {0} ({name});", table.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_in_sql() {
        let voices = Table::find("voices").expect("a table");
        let sql = create(voices);
        assert!(sql.starts_with("CREATE TABLE voices ( -- One row a voice of a claim's chain.\n"), "{sql}");
        assert!(sql.contains("  claim TEXT NOT NULL REFERENCES claims (id), -- The claim.\n"), "{sql}");
        assert!(sql.contains("  is_root INTEGER NOT NULL CHECK (is_root IN (0, 1)), --"), "{sql}");
        assert!(sql.ends_with("  PRIMARY KEY (claim, position)\n) STRICT, WITHOUT ROWID;"), "{sql}");
        assert_eq!(insert(voices), "INSERT INTO voices VALUES (?1, ?2, ?3, ?4, ?5)");
        assert_eq!(indexes(voices).collect::<Vec<_>>(), ["CREATE INDEX voices_agent ON voices (agent);"]);
    }
}
