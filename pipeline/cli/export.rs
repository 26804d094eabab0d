//! `affiant export`, as it is typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::model::export::TableForm;

/// `affiant export`
#[derive(Debug, Args)]
pub struct Export {
    /// A release (folder, .tar.zst, .tar or .zip), a dataset folder, or either in git: REVISION:FOLDER
    pub from: PathBuf,
    /// The folder to make; it must not exist
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// The forms of the tables, with commas between
    #[arg(long, value_name = "FORMS", value_delimiter = ',', default_value = "csv,parquet,sqlite")]
    pub format: Vec<ExportFormat>,
    /// Verify the release before exporting it: an OpenSSH allowed_signers file, or a keyring
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// The folder of all keyrings, as for `verify`
    #[arg(long, value_name = "DIR", requires = "trust")]
    pub keyring: Option<PathBuf>,
}

impl Export {
    /// The forms that are asked for, each once.
    pub fn forms(&self) -> Vec<TableForm> {
        let is_asked = |form: &TableForm| self.format.iter().any(|asked| TableForm::from(*asked) == *form);
        TableForm::ALL.into_iter().filter(is_asked).collect()
    }
}

/// A form of tables, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A file of comma-separated values for each table.
    Csv,
    /// An Apache Parquet file for each table.
    Parquet,
    /// One SQLite database.
    Sqlite,
}

impl From<ExportFormat> for TableForm {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Csv => TableForm::Csv,
            ExportFormat::Parquet => TableForm::Parquet,
            ExportFormat::Sqlite => TableForm::Sqlite,
        }
    }
}
