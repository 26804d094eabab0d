//! The forms that are a file for each table.

use std::io::{self, Write};

use super::TableSink;
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::format::table::TableWriter;
use crate::format::table::csv_table::CsvTable;
use crate::format::table::parquet_table::ParquetTable;
use crate::model::export::{Exported, TableForm};
use crate::model::table::Table;
use crate::stage::assemble::NewFolder;

/// A file for each table of [`Table::ALL`].
pub struct Files {
    writers: Vec<(String, Box<dyn TableWriter>)>,
}

impl Files {
    /// Begins `csv/<table>.csv` and so on in a folder.
    pub fn csv(folder: &mut dyn NewFolder) -> Result<Self> {
        Self::begin(TableForm::Csv, folder, |table, file| Ok(Box::new(CsvTable::begin(table, file)?)))
    }

    /// Begins `parquet/<table>.parquet` and so on in a folder.
    pub fn parquet(folder: &mut dyn NewFolder) -> Result<Self> {
        Self::begin(TableForm::Parquet, folder, |table, file| Ok(Box::new(ParquetTable::begin(table, file)?)))
    }

    fn begin(
        form: TableForm,
        folder: &mut dyn NewFolder,
        begin: impl Fn(&'static Table, Box<dyn Write + Send>) -> io::Result<Box<dyn TableWriter>>,
    ) -> Result<Self> {
        let mut writers = Vec::new();
        for table in Table::ALL {
            let path = form.file_of(table);
            let file = folder.create(&path)?;
            let place = folder.display(&path);
            writers.push((place.clone(), begin(table, file).map_err(Error::io(place))?));
        }
        Ok(Self { writers })
    }
}

impl TableSink for Files {
    fn rows(&mut self, rows: &Rows) -> Result<()> {
        for ((place, writer), rows) in self.writers.iter_mut().zip(rows.by_table()) {
            rows.iter().try_for_each(|row| writer.row(row)).map_err(Error::io(place.as_str()))?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>, exported: &Exported) -> Result<()> {
        self.writers.into_iter().try_for_each(|(place, writer)| writer.finish(exported).map_err(Error::io(place)))
    }
}
