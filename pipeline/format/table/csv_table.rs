//! Tables as comma-separated values: RFC 4180, UTF-8 without a byte order mark.
//!
//! Lines end in CRLF, as section 2 of the RFC has it: every reader of CSV takes that, and tools that read line by line
//! would go wrong on a quote that holds a line break in any case. Null is an empty field, and no text is empty.
//!
//! A spreadsheet runs what begins like a formula, and what is quoted here was written by strangers. So text that begins
//! with one of `FORMULA` stands behind an apostrophe. What begins with apostrophes and one of them has one more: the
//! text comes back by taking one apostrophe away from whatever matches `^'+[=+\-@＝＋－＠\t\r\n]`. The other forms of an
//! export, which no spreadsheet takes for formulas, have the text as it is.

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::TableWriter;
use crate::model::cell::Cell;
use crate::model::export::Exported;
use crate::model::table::Table;

/// With what spreadsheets take the beginning of a cell for that of a formula.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A file of one table.
pub struct CsvTable {
    writer: Writer<Box<dyn Write + Send>>,
}

impl CsvTable {
    /// Begins the file with the names of the table's columns.
    pub fn begin(table: &Table, file: Box<dyn Write + Send>) -> io::Result<Self> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(file);
        writer.write_record(table.columns.iter().map(|column| column.name))?;
        Ok(Self { writer })
    }
}

impl TableWriter for CsvTable {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        for cell in cells {
            self.writer.write_field(&*field(cell))?;
        }
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    fn finish(mut self: Box<Self>, _: &Exported) -> io::Result<()> {
        self.writer.flush()
    }
}

fn field(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Null => Cow::Borrowed(""),
        Cell::Text(text) => disarmed(text),
        Cell::Integer(number) => Cow::Owned(number.to_string()),
        Cell::Boolean(true) => Cow::Borrowed("true"),
        Cell::Boolean(false) => Cow::Borrowed("false"),
        Cell::Day(day) => Cow::Owned(day.to_string()),
    }
}

/// Text that no spreadsheet takes for a formula.
fn disarmed(text: &str) -> Cow<'_, str> {
    let is_formula = text.trim_start_matches('\'').starts_with(FORMULA);
    if is_formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_stands_behind_an_apostrophe() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+7", "'+7"),
            ("-5", "'-5"),
            ("@A1", "'@A1"),
            ("\tx", "'\tx"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("＝1", "'＝1"),
            ("'=1", "''=1"),
            ("''-", "'''-"),
            ("'tis", "'tis"),
            ("1-2", "1-2"),
            ("", ""),
        ] {
            assert_eq!(disarmed(text), expected);
        }
    }

    #[test]
    fn numbers_are_numbers() {
        assert_eq!(field(&Cell::Integer(-5)), "-5");
        assert_eq!(field(&Cell::Integer(9_007_199_254_740_991)), "9007199254740991");
    }
}
