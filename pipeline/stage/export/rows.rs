//! Rows on their way to the tables.

use crate::error::{Error, Result};
use crate::model::cell::Cell;
use crate::model::table::Table;

/// Rows of any tables.
#[derive(Clone, Debug)]
pub struct Rows {
    /// By the table's number in [`Table::ALL`].
    tables: Vec<Vec<Vec<Cell>>>,
}

impl Default for Rows {
    fn default() -> Self {
        Self { tables: Table::ALL.iter().map(|_| Vec::new()).collect() }
    }
}

impl Rows {
    /// Adds a row to the table of this number: a cell for each of its columns.
    pub(super) fn put(&mut self, table: usize, cells: Vec<Cell>) {
        self.tables[table].push(cells);
    }

    /// Adds all rows of others behind these.
    pub(super) fn append(&mut self, others: Rows) {
        for (rows, mut other) in self.tables.iter_mut().zip(others.tables) {
            rows.append(&mut other);
        }
    }

    /// The rows of each table of [`Table::ALL`].
    pub fn by_table(&self) -> impl Iterator<Item = &[Vec<Cell>]> {
        self.tables.iter().map(Vec::as_slice)
    }

    /// How many there are of each table.
    pub(super) fn counts(&self) -> impl Iterator<Item = u64> {
        self.tables.iter().map(|rows| rows.len() as u64)
    }

    /// Whether every form can hold them.
    pub(super) fn are_writable(&self) -> Result<()> {
        let cells = self.tables.iter().zip(Table::ALL).flat_map(|(rows, table)| {
            rows.iter().flat_map(move |row| {
                row.iter().zip(table.columns).map(move |(cell, column)| (table, row, cell, column))
            })
        });
        for (table, row, cell, column) in cells {
            if matches!(cell, Cell::Text(text) if text.contains('\0')) {
                let first = row.first().cloned().unwrap_or(Cell::Null);
                let of = match first {
                    Cell::Text(first) => first,
                    other => format!("{other:?}"),
                };
                return Err(Error::Refused(format!(
                    "{of}: {}.{} holds U+0000, which neither SQLite nor CSV can be relied on to keep",
                    table.name, column.name
                )));
            }
        }
        Ok(())
    }
}
