//! `affiant diff`, as it is typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::KeyArg;

/// `affiant diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// A release (folder, .tar.zst, .tar or .zip), a dataset folder, or either in git: REVISION:FOLDER
    pub old: PathBuf,
    /// The same; REVISION alone means the current folder, :FOLDER what is staged of it
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

/// `affiant approve`
#[derive(Debug, Args)]
pub struct Approve {
    /// The changes, as `affiant diff RELEASE DATASET --format jsonl` prints them; `-` is standard input
    pub changes: PathBuf,
    /// Fingerprints of the changes to approve; look at each change first
    #[arg(required = true, value_name = "FINGERPRINT")]
    pub fingerprints: Vec<String>,
    /// The reviewer's key: its private file, its public file if an ssh-agent holds it, or env:NAME for a variable
    #[arg(long, value_name = "KEY")]
    pub key: KeyArg,
    /// The folder that the approval is written to: `approvals` in the dataset
    #[arg(long, value_name = "DIR", default_value = "approvals")]
    pub out: PathBuf,
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
