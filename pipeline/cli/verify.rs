//! Verifying: what, on whose word, and what was seen before.

use std::path::PathBuf;

use clap::Args;

use super::{FindingArgs, KindArg, log};
use crate::format::note::NoteKey;
use crate::model::date::Moment;

/// `affiant verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// The release: its folder, or a .tar.zst, .tar or .zip of it; or a receipt, or a disclosure
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
    /// The release before, to replay the changelog from it; it is verified too
    #[arg(long, value_name = "RELEASE", conflicts_with = "only")]
    pub from: Option<PathBuf>,
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
