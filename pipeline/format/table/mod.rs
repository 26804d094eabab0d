//! The forms that tables are exported in. They are no part of SPEC.md: an export is not signed.

pub mod csv_table;
pub mod parquet_table;
pub mod sqlite;

use std::io;

use crate::model::cell::Cell;
use crate::model::export::Exported;

/// A file that takes the rows of one table.
pub trait TableWriter: Send {
    /// Adds a row: a cell for each column of the table, in their order.
    fn row(&mut self, cells: &[Cell]) -> io::Result<()>;

    /// Ends the file, once it is known what was exported.
    fn finish(self: Box<Self>, exported: &Exported) -> io::Result<()>;
}
