//! Arguments to command to exit code.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    affiant::command::run(affiant::cli::Cli::parse())
}
