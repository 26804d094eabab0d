//! Verbs that print what the tool knows about itself, as they are typed.

use clap::Args;

/// `affiant explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The code of a finding, or the code or name of a change class; without it, all are listed
    pub code: Option<String>,
}

/// `affiant schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// The schema's name; without it, all names are listed
    pub name: Option<String>,
}

/// `affiant completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `affiant man`
#[derive(Debug, Args)]
pub struct Man {
    /// The verb; without it, the page of the whole tool
    pub verb: Option<String>,
}
