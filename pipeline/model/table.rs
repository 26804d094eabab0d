//! Tables of an export: what they hold, column by column. Every form of an export, and every description of one, is
//! made from [`Table::ALL`] and nothing else.

use super::kind::RecordKind;

/// A table: one row for each thing of one sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name in every form: lower-case words joined by underscores, no reserved word of SQL.
    pub name: &'static str,
    /// Its name for readers.
    pub title: &'static str,
    /// What one row is.
    pub description: &'static str,
    /// The records whose fields its columns hold; none for what the dataset declares and what is computed.
    pub record: Option<RecordKind>,
    /// The columns that tell its rows apart; the rows are in the order of the records, then of `position`.
    pub key: &'static [&'static str],
    /// Its columns, in order.
    pub columns: &'static [Column],
}

impl Table {
    /// The table of this name.
    pub fn find(name: &str) -> Option<&'static Table> {
        Table::ALL.iter().find(|table| table.name == name)
    }

    /// Position of the table of this name in [`Table::ALL`]; a name that no table has does not compile.
    pub(crate) const fn number(name: &str) -> usize {
        let mut number = 0;
        while !is_same(Table::ALL[number].name, name) {
            number += 1;
        }
        number
    }

    /// The columns that refer to other tables, with the table and the column they refer to.
    pub fn references(&self) -> impl Iterator<Item = (&'static Column, (&'static str, &'static str))> {
        self.columns.iter().filter_map(|column| Some((column, column.refers?)))
    }
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in every form.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: ColumnKind,
    /// Whether every row has a value; a cell without one is null, and in CSV nothing at all.
    pub is_required: bool,
    /// What a value says, with its unit.
    pub description: &'static str,
    /// The table and the column in which every value of this one stands.
    pub refers: Option<(&'static str, &'static str)>,
    /// The field of the table's record that it holds, as a JSON Pointer (RFC 6901) with `*` for any position in an
    /// array; none for what is joined from other records, counted or computed.
    pub field: Option<&'static str>,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// UTF-8 text, never with a NUL.
    Text,
    /// A whole number within 2^53-1 of zero.
    Integer,
    /// Yes or no.
    Boolean,
    /// A day of the Gregorian calendar (years 0000 to 9999, also before its reform), as text `YYYY-MM-DD`.
    Day,
}

impl ColumnKind {
    /// The kind as one word.
    pub fn word(self) -> &'static str {
        match self {
            ColumnKind::Text => "text",
            ColumnKind::Integer => "integer",
            ColumnKind::Boolean => "boolean",
            ColumnKind::Day => "day",
        }
    }
}

/// How columns are declared: `text("note", "A remark.").of("/note").nullable()`.
impl Column {
    const fn new(name: &'static str, kind: ColumnKind, description: &'static str) -> Self {
        Self { name, kind, is_required: true, description, refers: None, field: None }
    }

    pub(super) const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnKind::Text, description)
    }

    pub(super) const fn integer(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnKind::Integer, description)
    }

    pub(super) const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnKind::Boolean, description)
    }

    pub(super) const fn day(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnKind::Day, description)
    }

    /// The same, where a row may have no value.
    pub(super) const fn nullable(self) -> Self {
        Self { is_required: false, ..self }
    }

    /// The same, holding a field of the table's record.
    pub(super) const fn of(self, field: &'static str) -> Self {
        Self { field: Some(field), ..self }
    }

    /// The same, referring to the column `id` of another table.
    pub(super) const fn refers(self, table: &'static str) -> Self {
        Self { refers: Some((table, "id")), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_keys_are_required_columns() {
        let mut names: Vec<_> = Table::ALL.iter().map(|table| table.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Table::ALL.len());
        for table in Table::ALL {
            let mut columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
            columns.sort_unstable();
            columns.dedup();
            assert_eq!(columns.len(), table.columns.len(), "{}", table.name);
            for name in columns.iter().chain([&table.name]) {
                assert!(name.split('_').all(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())));
            }
            for key in table.key {
                assert!(table.columns.iter().any(|column| column.name == *key && column.is_required), "{key}");
            }
        }
    }

    #[test]
    fn references_lead_to_whole_keys_of_this_table_or_one_before() {
        for (number, table) in Table::ALL.iter().enumerate() {
            for (column, (other, key)) in table.references() {
                let target = Table::ALL[..=number].iter().find(|table| table.name == other).expect(other);
                assert_eq!(target.key, [key], "{}.{}", table.name, column.name);
            }
        }
    }

    #[test]
    fn every_description_is_a_sentence() {
        for table in Table::ALL {
            let columns = table.columns.iter().map(|column| column.description);
            for description in columns.chain([table.description]) {
                assert!(description.ends_with('.') && !description.contains("  "), "{description:?}");
            }
        }
    }

    #[test]
    fn fields_are_pointers_into_the_record_of_the_table() {
        for table in Table::ALL {
            for field in table.columns.iter().filter_map(|column| column.field) {
                assert!(table.record.is_some() && field.starts_with('/'), "{}: {field}", table.name);
            }
        }
    }
}
