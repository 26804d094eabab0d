//! What affiant does for git, as it is typed or as git types it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser};

use super::{Check, Cli, Command, Diff};

/// `affiant git-setup`
#[derive(Debug, Args)]
pub struct GitSetup {
    /// The dataset folder, with dataset.json in it
    #[arg(default_value = ".")]
    pub dataset: PathBuf,
    /// Also install a pre-commit hook: check what is staged, and show how it differs from the last commit
    #[arg(long)]
    pub hook: bool,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// `affiant git-diff`: what git runs for a file that has `diff=affiant`.
#[derive(Debug, Args)]
pub struct GitDiff {
    /// PATH OLD-FILE OLD-HEX OLD-MODE NEW-FILE NEW-HEX NEW-MODE [NEW-PATH RENAMED], or the PATH of an unmerged file
    #[arg(required = true, num_args = 1.., allow_hyphen_values = true, trailing_var_arg = true)]
    pub arguments: Vec<OsString>,
}

/// `affiant git-hook`: what the pre-commit hook runs.
#[derive(Debug, Args)]
pub struct GitHook {
    /// The dataset folder, from the top of the repository
    #[arg(default_value = "")]
    pub dataset: String,
}

impl Check {
    /// The check of a dataset, as if only its place were typed.
    pub fn of(dataset: &str) -> Option<Self> {
        match Cli::try_parse_from(["affiant", "check", "--", dataset]).ok()?.command {
            Command::Check(args) => Some(args),
            _ => None,
        }
    }
}

impl Diff {
    /// The diff of two versions, as if only their places were typed.
    pub fn between(old: &str, new: &str) -> Option<Self> {
        match Cli::try_parse_from(["affiant", "diff", "--", old, new]).ok()?.command {
            Command::Diff(args) => Some(args),
            _ => None,
        }
    }
}
