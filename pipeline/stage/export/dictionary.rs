//! The table `columns`: what each column of each table says, itself included.

use super::rows::Rows;
use crate::model::cell::Cell;
use crate::model::table::{Column, Table};

const COLUMNS: usize = Table::number("columns");

/// A row for each column of each table.
pub(super) fn columns(rows: &mut Rows) {
    for table in Table::ALL {
        for (position, column) in (1..).zip(table.columns) {
            rows.put(COLUMNS, row(table, position, column));
        }
    }
}

fn row(table: &Table, position: i64, column: &Column) -> Vec<Cell> {
    vec![
        Cell::text(table.name),
        Cell::Integer(position),
        Cell::text(column.name),
        Cell::text(column.kind.word()),
        Cell::Boolean(column.is_required),
        Cell::Boolean(table.key.contains(&column.name)),
        Cell::text_of(column.refers.map(|(table, _)| table)),
        Cell::text_of(column.refers.map(|(_, key)| key)),
        Cell::text_of(table.record.filter(|_| column.field.is_some())),
        Cell::text_of(column.field),
        Cell::text(column.description),
    ]
}
