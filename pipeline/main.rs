//! Arguments to command to exit code.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// What one thread allocates another often frees: the allocators of most systems make them wait for each other.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    affiant::command::run(affiant::cli::Cli::parse())
}
