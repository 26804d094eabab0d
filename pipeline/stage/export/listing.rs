//! The files of an export, as they lie in its folder.

use std::io;

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::model::export::{Exported, ExportedFile, TableForm};
use crate::model::table::Table;
use crate::stage::folder::Folder;
use crate::stage::tapped::Tapped;

/// The files that hold the tables, in these forms, with `counts` rows in each table of [`Table::ALL`].
pub fn files(
    folder: &dyn Folder,
    forms: &[TableForm],
    exported: &Exported,
    counts: &[u64],
) -> Result<Vec<ExportedFile>> {
    let named: Vec<_> = forms.iter().flat_map(|form| of_form(*form, exported, counts)).collect();
    named.into_par_iter().map(|(path, form, tables)| listed(folder, path, form, tables)).collect()
}

/// A file, and the tables in it with their numbers of rows.
type Named = (String, TableForm, Vec<(&'static Table, u64)>);

fn of_form(form: TableForm, exported: &Exported, counts: &[u64]) -> Vec<Named> {
    let tables = Table::ALL.iter().zip(counts.iter().copied());
    match form {
        TableForm::Sqlite => vec![(TableForm::database_of(&exported.dataset), form, tables.collect())],
        TableForm::Csv | TableForm::Parquet => {
            tables.map(|(table, rows)| (form.file_of(table), form, vec![(table, rows)])).collect()
        }
    }
}

fn listed(
    folder: &dyn Folder,
    path: String,
    form: TableForm,
    tables: Vec<(&'static Table, u64)>,
) -> Result<ExportedFile> {
    let tapped = Tapped::new(folder, "");
    let place = folder.display(&path);
    let bytes = io::copy(&mut tapped.open(&path)?, &mut io::sink()).map_err(Error::io(&*place))?;
    let gone = || Error::Refused(format!("{place} was not read to its end"));
    let sha256 = tapped.digest(&path).ok_or_else(gone)?;
    Ok(ExportedFile { path, form, tables, bytes, sha256 })
}
