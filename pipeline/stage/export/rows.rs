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
        let of_table = |(rows, table): (&Vec<Vec<Cell>>, &'static Table)| rows.iter().find_map(|row| fault(table, row));
        match self.tables.iter().zip(Table::ALL).find_map(of_table) {
            Some(fault) => Err(Error::Refused(fault)),
            None => Ok(()),
        }
    }
}

/// Why some form could not hold a row.
fn fault(table: &Table, row: &[Cell]) -> Option<String> {
    let holds_nul = |cell: &Cell| matches!(cell, Cell::Text(text) if text.contains('\0'));
    let column = table.columns.get(row.iter().position(holds_nul)?)?.name;
    let first = match row.first() {
        Some(Cell::Text(first)) => first,
        _ => table.name,
    };
    Some(format!(
        "{first}: {}.{column} holds the character U+0000, which not every reader of CSV and SQLite can take; take it out \
         of the record",
        table.name
    ))
}
