//! Releases, as they are made and handed on.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{DatasetArgs, FindingArgs, KeyArg};
use crate::model::change_class::ChangeClass;
use crate::model::date::Day;
use crate::model::id::Id;

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
    /// A class of change that is meant, though the law refuses it without leave (D01, D02, D04); may be repeated
    #[arg(long, value_name = "CLASS")]
    pub allow: Vec<ChangeClass>,
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

/// `affiant receipt`
#[derive(Debug, Args)]
pub struct Receipt {
    /// The release: its folder, or a .tar.zst, .tar or .zip of it
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

/// `affiant pack`
#[derive(Debug, Args)]
pub struct Pack {
    /// The release folder
    pub release: PathBuf,
    /// What to pack it into [default: what --out ends in, else tar.zst]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ArchiveFormat>,
    /// The file to make [default: DATASET-VERSION.FORMAT in the current folder]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What a release is packed into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ArchiveFormat {
    /// Small, and of one piece.
    #[value(name = "tar.zst")]
    TarZst,
    /// Opens everywhere.
    Zip,
}
