//! The form that is one database.

use super::TableSink;
use super::rows::Rows;
use crate::error::Result;
use crate::format::table::sqlite;
use crate::model::cell::Cell;
use crate::model::export::Exported;
use crate::model::table::Table;

/// A database that is being made.
pub trait Database: Send {
    /// Runs statements, one after another.
    fn run(&mut self, statements: &str) -> Result<()>;

    /// Runs one statement for each row, with the row's cells as its parameters.
    fn insert(&mut self, statement: &str, rows: &[Vec<Cell>]) -> Result<()>;

    /// Ends the work on it.
    fn close(self: Box<Self>) -> Result<()>;
}

/// All tables in one database.
pub struct Databased {
    database: Box<dyn Database>,
    inserts: Vec<String>,
}

impl Databased {
    /// Makes the tables in an empty database.
    pub fn begin(mut database: Box<dyn Database>) -> Result<Self> {
        database.run(&sqlite::begin())?;
        Table::ALL.iter().try_for_each(|table| database.run(&sqlite::create(table)))?;
        Ok(Self { database, inserts: Table::ALL.iter().map(sqlite::insert).collect() })
    }
}

impl TableSink for Databased {
    fn rows(&mut self, rows: &Rows) -> Result<()> {
        let filled = self.inserts.iter().zip(rows.by_table()).filter(|(_, rows)| !rows.is_empty());
        filled.into_iter().try_for_each(|(insert, rows)| self.database.insert(insert, rows))
    }

    fn finish(mut self: Box<Self>, _: &Exported) -> Result<()> {
        for index in Table::ALL.iter().flat_map(sqlite::indexes) {
            self.database.run(&index)?;
        }
        self.database.run("COMMIT;")?;
        self.database.close()
    }
}
