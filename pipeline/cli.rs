//! What may be typed.

mod diff;
mod key;
mod keyring;
mod log;
mod plain;
mod sealed;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::format::note::NoteKey;
use crate::model::date::{Day, Moment};
use crate::model::id::Id;
use crate::model::kind::RecordKind;
pub use diff::{Diff, DiffFormat};
pub use key::{KeyArg, Keygen, Pubkey, PublicForm};
pub use keyring::{Keyring, KeyringFormat, Rotate};
pub use log::Log;
pub use plain::{Completions, Explain, Man, Schema};
pub use sealed::{Disclose, Seal};

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
    /// Show exactly which records changed between two releases, or a release and a dataset folder
    Diff(Diff),
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

/// `affiant release`
#[derive(Debug, Args)]
pub struct Release {
    /// The dataset folder and the texts beside it
    #[command(flatten)]
    pub dataset: DatasetArgs,
    /// The release's version (semantic versioning)
    #[arg(long, value_name = "X.Y.Z")]
    pub version: semver::Version,
    /// The release's day (YYYY-MM-DD) [default: SOURCE_DATE_EPOCH]
    #[arg(long, value_name = "DAY")]
    pub date: Option<Day>,
    /// The last day on which it may pass for the newest release (YYYY-MM-DD)
    #[arg(long, value_name = "DAY")]
    pub fresh_until: Option<Day>,
    /// An OpenSSH Ed25519 key: its private file, its public file if an ssh-agent holds it, or env:NAME for a variable
    #[arg(long, value_name = "KEY")]
    pub key: KeyArg,
    /// The folder of all releases; the new one appears in it under its version
    #[arg(long, value_name = "DIR", default_value = "dist")]
    pub out: PathBuf,
    /// How findings are printed
    #[command(flatten)]
    pub findings: FindingArgs,
}

/// `affiant verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// The release folder, or a receipt
    pub release: PathBuf,
    /// Whom you trust, and for what
    #[command(flatten)]
    pub trust: TrustArgs,
    /// What you saw before
    #[command(flatten)]
    pub memory: Memory,
    /// Check only the records of these kinds, where only they are at hand (with dataset.json); the verdict says so
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub only: Vec<KindArg>,
    /// For a receipt: a newer release, to see what became of the claim
    #[arg(long, value_name = "RELEASE")]
    pub newer: Option<PathBuf>,
    /// A folder with your own copies of withheld texts, found by their digests
    #[arg(long, value_name = "DIR")]
    pub texts: Option<PathBuf>,
    /// How the verdict is printed
    #[command(flatten)]
    pub findings: FindingArgs,
}

/// `affiant receipt`
#[derive(Debug, Args)]
pub struct Receipt {
    /// The release folder
    pub release: PathBuf,
    /// Id of the claim
    pub claim: Id,
    /// Small enough for a QR code: the claim, its status and one signature
    #[arg(long)]
    pub compact: bool,
    /// The file to write; it must not exist [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Whom a reader trusts, and for what.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// Whom you trust: an OpenSSH allowed_signers file, or a keyring, got by a way you trust
    #[arg(long, value_name = "FILE")]
    pub trust: PathBuf,
    /// The folder of all keyrings: the newest one that your trust leads to says whose release this may be
    #[arg(long, value_name = "DIR")]
    pub keyring: Option<PathBuf>,
    /// Ask for at least so many different trusted keys
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub threshold: u32,
    /// The moment at which the release should be fresh (YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ) [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<Moment>,
    /// Accept a release whose term has run out
    #[arg(long)]
    pub allow_stale: bool,
    /// The log of all releases [default: `log` beside the release, where it is needed]
    #[arg(long, value_name = "DIR")]
    pub log: Option<PathBuf>,
    /// A witness of the log that you trust: a verifier key (name+hash+key); may be repeated
    #[arg(long, value_name = "VKEY", value_parser = log::witness)]
    pub witness: Vec<NoteKey>,
    /// Ask for the signatures of at least so many of these witnesses
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub witnesses: u32,
}

/// What a reader saw before.
#[derive(Debug, Args)]
pub struct Memory {
    /// Where it is remembered what was seen [default: affiant in the user's state folder]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Neither look at what was seen before nor remember this release
    #[arg(long, conflicts_with = "state")]
    pub no_state: bool,
}

/// `affiant sign`
#[derive(Debug, Args)]
pub struct Sign {
    /// The release folder; or a keyring in the folder of all keyrings
    pub release: PathBuf,
    /// Your own key: its private file, its public file if an ssh-agent holds it, or env:NAME for a variable
    #[arg(long, value_name = "KEY")]
    pub key: KeyArg,
    /// Whose release you sign: an OpenSSH allowed_signers file; the release is verified first. A keyring needs none
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// A folder with your own copies of withheld texts, found by their digests
    #[arg(long, value_name = "DIR")]
    pub texts: Option<PathBuf>,
}
