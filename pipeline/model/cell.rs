//! What one cell of a table holds.

use super::date::Day;

/// The value of one column in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// No value.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// A day.
    Day(Day),
}

impl Cell {
    /// The text of anything that prints itself.
    pub fn text(value: impl ToString) -> Self {
        Self::Text(value.to_string())
    }

    /// The same, null where there is none.
    pub fn text_of(value: Option<impl ToString>) -> Self {
        value.map_or(Self::Null, Self::text)
    }

    /// How many things there are; what no machine can hold is as many as can be told.
    pub fn count(number: impl TryInto<i64>) -> Self {
        Self::Integer(number.try_into().unwrap_or(i64::MAX))
    }

    /// A number, null where there is none.
    pub fn number(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Integer)
    }

    /// A day, null where there is none.
    pub fn day(day: Option<Day>) -> Self {
        day.map_or(Self::Null, Self::Day)
    }
}
