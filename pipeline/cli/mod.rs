//! What may be typed.

mod diff;
mod export;
mod git;
mod key;
mod keyring;
mod log;
mod plain;
mod release;
mod sealed;
mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::date::Day;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
pub use diff::{Approve, Diff, DiffFormat};
pub use export::{Export, ExportFormat};
pub use git::{GitDiff, GitHook, GitSetup};
pub use key::{KeyArg, Keygen, Pubkey, PublicForm};
pub use keyring::{Keyring, KeyringFormat, Rotate};
pub use log::Log;
pub use plain::{Completions, Explain, Man, Schema};
pub use release::{ArchiveFormat, Pack, Receipt, Release, Sign};
pub use sealed::{Disclose, Seal};
pub use verify::{Memory, TrustArgs, Verify};

/// Signed datasets of contested claims: check, release, verify, diff.
#[derive(Debug, Parser)]
#[command(name = "affiant", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 clean or accepted, 1 checked and found problems, 2 could not check, 101 a bug of ours."
)]
pub struct Cli {
    /// When to colour the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Number of threads; the output is the same for any number [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// When to colour the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new dataset folder that passes `check`
    Init(Init),
    /// Make a source record for a text file, with digest, size, language and suggested parts
    Capture(Capture),
    /// Seal a text: add a source with a commitment that confirms no guess, and make its salt file
    Seal(Seal),
    /// Find words in a source's text and print the `at` entry for a claim
    Anchor(Anchor),
    /// Print a claim with its words in context, its voices and its conflicts
    Show(Show),
    /// Check a dataset: records, texts, anchors, and how they fit together
    ///
    /// In git, the dataset may also be named REVISION:FOLDER, or :FOLDER for what is staged of it.
    Check(Check),
    /// Check records alone: JSON, schema, and the rules within one record
    Validate(Validate),
    /// Hold the captured texts of a dataset against their digests
    Hash(Hash),
    /// Check a dataset and cut a signed release of it
    Release(Release),
    /// Add a co-maintainer's seals to a release, or their signature to a keyring
    Sign(Sign),
    /// Check the chain of keyrings, and tell who may sign releases since when
    Keyring(Keyring),
    /// Write the next keyring: who may sign from now on, and who no longer
    Rotate(Rotate),
    /// Write one claim of a release, with all that proves it, into one file
    Receipt(Receipt),
    /// Make a key to sign releases with
    Keygen(Keygen),
    /// Print a public key as other tools read it
    Pubkey(Pubkey),
    /// Verify a release, a receipt or a disclosure: seals, files, records, anchors and history
    Verify(Verify),
    /// List the log of all releases, and check it against them, its signature and its witnesses
    Log(Log),
    /// Disclose a sealed text, or words of it, in one file that proves that they were sealed
    Disclose(Disclose),
    /// Pack a release folder into one file, which verifies as the folder does
    Pack(Pack),
    /// Show exactly which records changed between two releases, dataset folders or git revisions
    Diff(Diff),
    /// Write a release or a dataset as tables: CSV, Parquet, SQLite
    Export(Export),
    /// Approve changes by their fingerprints, with a reviewer's key
    Approve(Approve),
    /// Make git show changed records instead of changed lines, and check them before each commit
    GitSetup(GitSetup),
    /// Show how one records file changed, as git asks it of a diff program
    #[command(hide = true)]
    GitDiff(GitDiff),
    /// Check what is staged of a dataset, and show how it differs from the last commit
    #[command(hide = true)]
    GitHook(GitHook),
    /// Teach a finding code
    Explain(Explain),
    /// Print a JSON Schema
    Schema(Schema),
    /// Print a shell's completions
    Completions(Completions),
    /// Print a manual page (roff): of the tool, or of one verb
    Man(Man),
}

/// A dataset folder and the texts that may not travel with it.
#[derive(Debug, Args)]
pub struct DatasetArgs {
    /// The dataset folder, with dataset.json in it
    pub dataset: PathBuf,
    /// A folder with your own copies of withheld texts, found by their digests
    #[arg(long, value_name = "DIR")]
    pub texts: Option<PathBuf>,
}

/// How findings are printed.
#[derive(Debug, Args)]
pub struct FindingArgs {
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// Print at most so many findings as text (0: all); totals are exact
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub max_findings: usize,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
}

/// `affiant init`
#[derive(Debug, Args)]
pub struct Init {
    /// The folder to make; it must be empty or absent
    pub folder: PathBuf,
    /// Id of the dataset [default: the folder's name]
    #[arg(long)]
    pub id: Option<Id>,
}

/// `affiant capture`
#[derive(Debug, Args)]
pub struct Capture {
    /// The text file, as received
    pub file: PathBuf,
    /// Id of the source [default: from the file's name]
    #[arg(long)]
    pub id: Option<Id>,
    /// Id of the agent that published the text
    #[arg(long, value_name = "AGENT", default_value = "publisher")]
    pub publisher: Id,
    /// Id of the agent that captured it
    #[arg(long, value_name = "AGENT", default_value = "maintainers")]
    pub by: Id,
    /// The text may not travel: record digest and spans only
    #[arg(long)]
    pub withheld: bool,
    /// SPDX licence of an included text
    #[arg(long, default_value = "CC-BY-4.0")]
    pub license: String,
    /// The day the bytes were received (YYYY-MM-DD)
    #[arg(long, value_name = "DAY")]
    pub got: Option<Day>,
    /// Add the record (or, for a known source, the new capture) to this dataset; without it, only print the record
    #[arg(long, value_name = "DATASET")]
    pub into: Option<PathBuf>,
}

/// `affiant anchor`
#[derive(Debug, Args)]
pub struct Anchor {
    /// The dataset folder and the texts beside it
    #[command(flatten)]
    pub dataset: DatasetArgs,
    /// Id of the source
    pub source: Id,
    /// The words, exactly as they stand in the text
    pub words: String,
    /// Which occurrence, where the words stand more than once (1 = first)
    #[arg(long, value_name = "N")]
    pub nth: Option<usize>,
}

/// `affiant show`
#[derive(Debug, Args)]
pub struct Show {
    /// The dataset folder and the texts beside it
    #[command(flatten)]
    pub dataset: DatasetArgs,
    /// Id of a claim
    pub id: String,
}

/// `affiant check`
#[derive(Debug, Args)]
pub struct Check {
    /// The dataset folder and the texts beside it
    #[command(flatten)]
    pub dataset: DatasetArgs,
    /// How findings are printed
    #[command(flatten)]
    pub findings: FindingArgs,
}

/// `affiant validate`
#[derive(Debug, Args)]
pub struct Validate {
    /// Records files; `-` is standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// What the files hold
    #[arg(long, value_enum)]
    pub kind: KindArg,
    /// The dataset.json whose vocabulary and extensions apply
    #[arg(long, value_name = "FILE")]
    pub dataset: PathBuf,
    /// How findings are printed
    #[command(flatten)]
    pub findings: FindingArgs,
}

/// A kind of record, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// agents.jsonl
    Agent,
    /// events.jsonl
    Event,
    /// sources.jsonl
    Source,
    /// claims.jsonl
    Claim,
}

impl From<KindArg> for RecordKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Agent => RecordKind::Agent,
            KindArg::Event => RecordKind::Event,
            KindArg::Source => RecordKind::Source,
            KindArg::Claim => RecordKind::Claim,
        }
    }
}

/// `affiant hash`
#[derive(Debug, Args)]
pub struct Hash {
    /// The dataset folder and the texts beside it
    #[command(flatten)]
    pub dataset: DatasetArgs,
    /// How findings are printed
    #[command(flatten)]
    pub findings: FindingArgs,
}
