//! `affiant diff`, as it is typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::KeyArg;
use crate::model::change_class::ChangeClass;
use crate::model::id::Id;

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
    /// Only changes of this class, by its code or its name (`affiant explain` lists them); may be repeated
    #[arg(long, value_name = "CLASS")]
    pub class: Vec<ChangeClass>,
    /// Only this event and the claims that are or were of it; may be repeated, and joined with the other filters
    #[arg(long, value_name = "ID")]
    pub event: Vec<Id>,
    /// Only this source and the claims that stand or stood on it; may be repeated, and joined with the other filters
    #[arg(long, value_name = "ID")]
    pub source: Vec<Id>,
    /// Print only the totals
    #[arg(long)]
    pub stat: bool,
    /// Print only what changed, a line each: claims by id, files by path, all else as kind/id
    #[arg(long, conflicts_with_all = ["stat", "format"])]
    pub name_only: bool,
    /// Print at most so many changes (0: all); totals are exact [default: 200 in text and github, 5,000 in sarif, else 0]
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Print at most so many bytes of Markdown: the summary, then the first changes of each class, whole ones only
    /// (0: everything, in the order of the diff) [default: 64000, for a comment on GitHub]
    #[arg(long, value_name = "N")]
    pub max_bytes: Option<u64>,
    /// Print digests in place of quotes and of the words that carry a value; a change keeps its fingerprint
    #[arg(long)]
    pub redact: bool,
    /// Exit with 1 if anything changed, whatever the filters leave of it
    #[arg(long)]
    pub exit_code: bool,
}

/// `affiant approve`
#[derive(Debug, Args)]
pub struct Approve {
    /// The changes, as `affiant diff RELEASE DATASET --format jsonl` prints them; `-` is standard input
    pub changes: PathBuf,
    /// Fingerprints of the changes to approve, or more digits of their digests; look at each change first
    #[arg(required = true, value_name = "FINGERPRINT")]
    pub fingerprints: Vec<String>,
    /// The reviewer's key: its private file, its public file if an ssh-agent holds it, or env:NAME for a variable
    #[arg(long, value_name = "KEY")]
    pub key: KeyArg,
    /// The folder that the approval is written to; `release` reads `approvals` in the dataset [default: that one]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// How a diff is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people.
    Text,
    /// For a pull request.
    Markdown,
    /// One page for a browser.
    Html,
    /// One JSON document.
    Json,
    /// One JSON object a line, as in a release's changes.jsonl.
    Jsonl,
    /// Annotations of a GitHub workflow.
    Github,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// A JUnit report: a test case for each change class.
    Junit,
}
