//! SQLite databases, as they are made. SQLite opens its files itself, so that its door is here.

use std::path::Path;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, params_from_iter};

use crate::error::{Error, Result};
use crate::stage::export::{Cell, Database};

/// A database file.
pub struct SqliteFile {
    connection: Connection,
    place: String,
}

impl SqliteFile {
    /// Makes a database file at a path where nothing is.
    pub fn create(path: &Path) -> Result<Self> {
        let place = path.display().to_string();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(path, flags).map_err(failed(&place));
        Ok(Self { connection: opened?, place })
    }
}

impl Database for SqliteFile {
    fn run(&mut self, statements: &str) -> Result<()> {
        self.connection.execute_batch(statements).map_err(failed(&self.place))
    }

    fn insert(&mut self, statement: &str, rows: &[Vec<Cell>]) -> Result<()> {
        let mut prepared = self.connection.prepare(statement).map_err(failed(&self.place))?;
        for row in rows {
            prepared.execute(params_from_iter(row.iter().map(Parameter))).map_err(failed(&self.place))?;
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        let place = self.place;
        self.connection.close().map_err(|(_, error)| failed(&place)(error))
    }
}

fn failed(place: &str) -> impl FnOnce(rusqlite::Error) -> Error + use<'_> {
    move |error| Error::io(place)(std::io::Error::other(error))
}

/// A cell as SQLite takes it.
struct Parameter<'a>(&'a Cell);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Cell::Boolean(value) => ToSqlOutput::Owned(Value::Integer((*value).into())),
            Cell::Day(day) => ToSqlOutput::Owned(Value::Text(day.to_string())),
        })
    }
}
