//! `affiant diff`, as it is typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `affiant diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// A release (folder, .tar.zst, .tar or .zip) or a dataset folder
    pub old: PathBuf,
    /// A release (folder, .tar.zst, .tar or .zip) or a dataset folder
    pub new: PathBuf,
    /// Verify releases before comparing them: an OpenSSH allowed_signers file, or a keyring
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// The folder of all keyrings, as for `verify`
    #[arg(long, value_name = "DIR", requires = "trust")]
    pub keyring: Option<PathBuf>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DiffFormat,
    /// Print only the totals
    #[arg(long)]
    pub stat: bool,
    /// Print at most so many changed records (0: all); totals are exact
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub limit: u64,
    /// Exit with 1 if anything changed
    #[arg(long)]
    pub exit_code: bool,
}

/// How a diff is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people.
    Text,
    /// For a pull request.
    Markdown,
    /// One JSON document.
    Json,
    /// One JSON object a line, as in a release's changes.jsonl.
    Jsonl,
}
