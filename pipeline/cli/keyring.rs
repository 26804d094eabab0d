//! Keyrings, as they are typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::KeyArg;
use crate::model::date::Day;
use crate::model::id::Id;

/// `affiant keyring`
#[derive(Debug, Args)]
pub struct Keyring {
    /// The folder of all keyrings: 1.json, 2.json, ...
    pub folder: PathBuf,
    /// Whom you trust: an OpenSSH allowed_signers file, or one of the keyrings, got by a way you trust
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// Ask for at least so many different keys at every step from there on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub threshold: u32,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: KeyringFormat,
}

/// How a chain of keyrings is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyringFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// `affiant rotate`
#[derive(Debug, Args)]
pub struct Rotate {
    /// The folder of all keyrings; the next one appears in it under its number
    pub folder: PathBuf,
    /// Who may sign from now on, and who no longer: an OpenSSH allowed_signers file
    #[arg(long, value_name = "FILE")]
    pub signers: PathBuf,
    /// How many different keys must sign a release, and the next keyring
    #[arg(long, value_name = "N")]
    pub threshold: u32,
    /// The keyring's day (YYYY-MM-DD)
    #[arg(long, value_name = "DAY")]
    pub date: Day,
    /// Id of the dataset [default: that of the keyring before]
    #[arg(long, value_name = "ID")]
    pub dataset: Option<Id>,
    /// A key to sign with, as for `release`; may be repeated
    #[arg(long, value_name = "KEY", required = true)]
    pub key: Vec<KeyArg>,
}
