//! Tables as Apache Parquet files, compressed with Zstandard, with statistics, in row groups of bounded size.
//!
//! The format has no place for the description of a column, so descriptions stand in the file's key-value metadata,
//! beside what was exported.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::TableWriter;
use crate::model::cell::Cell;
use crate::model::export::Exported;
use crate::model::kind::RecordKind;
use crate::model::table::{Column, ColumnKind, Table};

/// What the file says made it: no more than what decides its bytes.
const CREATED_BY: &str = "affiant version 1 (build tables)";

/// Most rows of a row group.
const GROUP_ROWS: usize = 1 << 17;

/// A row group ends once its cells take so many bytes in memory.
const GROUP_BYTES: usize = 8 << 20;

/// What a cell of text takes in memory beside its letters, in bytes.
const CELL_BYTES: usize = 48;

/// A file of one table.
pub struct ParquetTable {
    table: &'static Table,
    writer: SerializedFileWriter<Box<dyn Write + Send>>,
    columns: Vec<Gathered>,
    rows: usize,
    bytes: usize,
}

impl ParquetTable {
    /// Begins the file.
    pub fn begin(table: &'static Table, file: Box<dyn Write + Send>) -> io::Result<Self> {
        let fields = table.columns.iter().map(|column| field(column).map(Arc::new)).collect::<Result<_>>()?;
        let schema = Type::group_type_builder(table.name).with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
        let columns = table.columns.iter().map(|column| Gathered::new(column.kind)).collect();
        Ok(Self { table, writer, columns, rows: 0, bytes: 0 })
    }

    /// Writes the rows gathered so far as one row group.
    fn write_group(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for (column, gathered) in self.table.columns.iter().zip(&mut self.columns) {
            let writer = group.next_column()?;
            let writer = writer.ok_or_else(|| ParquetError::General("the file lacks a column".to_owned()))?;
            gathered.write(column, writer)?;
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl TableWriter for ParquetTable {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += column.push(cell)?;
        }
        self.rows += 1;
        if self.rows == GROUP_ROWS || self.bytes >= GROUP_BYTES { Ok(self.write_group()?) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>, exported: &Exported) -> io::Result<()> {
        self.write_group()?;
        for (key, value) in metadata(self.table, exported) {
            self.writer.append_key_value_metadata(KeyValue::new(key, value));
        }
        // `finish` ends the file, and leaves the flushing of what lies below to us.
        self.writer.finish()?;
        self.writer.inner_mut().flush()
    }
}

fn field(column: &Column) -> Result<Type> {
    let (physical, logical) = match column.kind {
        ColumnKind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnKind::Integer => (PhysicalType::INT64, None),
        ColumnKind::Boolean => (PhysicalType::BOOLEAN, None),
        ColumnKind::Day => (PhysicalType::INT32, Some(LogicalType::Date)),
    };
    let repetition = if column.is_required { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    Type::primitive_type_builder(column.name, physical).with_repetition(repetition).with_logical_type(logical).build()
}

/// What the file says of the export and of itself.
fn metadata(table: &Table, exported: &Exported) -> Vec<(String, String)> {
    let mut pairs = vec![
        ("affiant.table".to_owned(), table.name.to_owned()),
        ("affiant.description".to_owned(), table.description.to_owned()),
        ("affiant.dataset".to_owned(), exported.dataset.to_string()),
        ("affiant.license".to_owned(), exported.license.clone()),
        ("affiant.trust".to_owned(), exported.trust_word().to_owned()),
    ];
    if let Some(release) = &exported.release {
        pairs.push(("affiant.version".to_owned(), release.version.to_string()));
        pairs.push(("affiant.tagmanifest_sha256".to_owned(), release.tagmanifest_sha256.to_string()));
    }
    if let Some(claims) = exported.records.get(&RecordKind::Claim) {
        pairs.push(("affiant.claims_root".to_owned(), claims.root.to_string()));
    }
    let described = |column: &Column| (format!("affiant.column.{}", column.name), column.description.to_owned());
    pairs.extend(table.columns.iter().map(described));
    pairs
}

/// The cells of one column that wait for their row group.
struct Gathered {
    values: Values,
    /// 1 where there is a value, 0 where there is none.
    levels: Vec<i16>,
}

enum Values {
    Text(Vec<ByteArray>),
    Integer(Vec<i64>),
    Boolean(Vec<bool>),
    Day(Vec<i32>),
}

impl Gathered {
    fn new(kind: ColumnKind) -> Self {
        let values = match kind {
            ColumnKind::Text => Values::Text(Vec::new()),
            ColumnKind::Integer => Values::Integer(Vec::new()),
            ColumnKind::Boolean => Values::Boolean(Vec::new()),
            ColumnKind::Day => Values::Day(Vec::new()),
        };
        Self { values, levels: Vec::new() }
    }

    /// Takes a cell; gives back how many bytes of memory it takes.
    fn push(&mut self, cell: &Cell) -> Result<usize> {
        let mut bytes = CELL_BYTES;
        match (&mut self.values, cell) {
            (_, Cell::Null) => bytes = size_of::<i16>(),
            (Values::Text(values), Cell::Text(text)) => {
                bytes += text.len();
                values.push(ByteArray::from(text.as_bytes().to_vec()));
            }
            (Values::Integer(values), Cell::Integer(number)) => values.push(*number),
            (Values::Boolean(values), Cell::Boolean(value)) => values.push(*value),
            (Values::Day(values), Cell::Day(day)) => {
                let days = i32::try_from(day.unix_days());
                values.push(days.map_err(|error| ParquetError::General(error.to_string()))?);
            }
            _ => return Err(ParquetError::General(format!("{cell:?} is of another kind than its column"))),
        }
        self.levels.push(i16::from(*cell != Cell::Null));
        Ok(bytes)
    }

    fn write(&mut self, column: &Column, writer: SerializedColumnWriter) -> Result<()> {
        let levels = std::mem::take(&mut self.levels);
        let levels = (!column.is_required).then_some(&levels[..]);
        match &mut self.values {
            Values::Text(values) => write_column::<ByteArrayType>(writer, values, levels),
            Values::Integer(values) => write_column::<Int64Type>(writer, values, levels),
            Values::Boolean(values) => write_column::<BoolType>(writer, values, levels),
            Values::Day(values) => write_column::<Int32Type>(writer, values, levels),
        }
    }
}

fn write_column<T: DataType>(
    mut writer: SerializedColumnWriter,
    values: &mut Vec<T::T>,
    levels: Option<&[i16]>,
) -> Result<()> {
    writer.typed::<T>().write_batch(values, levels, None)?;
    values.clear();
    writer.close()
}
