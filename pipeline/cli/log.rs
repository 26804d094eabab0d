//! What may be typed after `affiant log`.

use std::path::PathBuf;

use clap::Args;

use super::FindingArgs;
use crate::format::note::{NoteAlgorithm, NoteKey};

/// `affiant log`
#[derive(Debug, Args)]
pub struct Log {
    /// The folder of the log
    pub log: PathBuf,
    /// Whom you trust: an OpenSSH allowed_signers file, or a keyring, got by a way you trust
    #[arg(long, value_name = "FILE")]
    pub trust: PathBuf,
    /// The folder of all keyrings: the newest one that your trust leads to says whose log this may be
    #[arg(long, value_name = "DIR")]
    pub keyring: Option<PathBuf>,
    /// A witness of the log that you trust: a verifier key (name+hash+key); may be repeated
    #[arg(long, value_name = "VKEY", value_parser = witness)]
    pub witness: Vec<NoteKey>,
    /// Ask for the signatures of at least so many of these witnesses
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub witnesses: u32,
    /// The folder of the releases [default: the one that holds the log]
    #[arg(long, value_name = "DIR")]
    pub releases: Option<PathBuf>,
    /// How the verdict is printed
    #[command(flatten)]
    pub findings: FindingArgs,
}

/// The verifier key of a witness, and of nobody else.
pub(super) fn witness(typed: &str) -> Result<NoteKey, String> {
    let key: NoteKey = typed.parse().map_err(|error| format!("{error}"))?;
    match key.algorithm() {
        NoteAlgorithm::Cosignature => Ok(key),
        NoteAlgorithm::Ed25519 => Err("the key is a log's (type 0x01), not a witness's (0x04)".to_owned()),
    }
}
