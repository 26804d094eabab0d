//! One file per verb: read, run the stages, render, write. No logic of its own.

mod agent;
mod anchor;
mod approve;
mod capture;
mod chance;
mod check;
mod clock;
mod diff;
mod disclose;
mod export;
mod git_diff;
mod git_hook;
mod git_setup;
mod hash;
mod init;
mod key;
mod keygen;
mod keyring;
mod log;
mod memory;
mod operand;
mod pack;
mod passphrase;
mod past;
mod plain;
mod progress;
mod pubkey;
mod receipt;
mod records;
mod release;
mod rotate;
mod seal;
mod show;
mod sign;
mod sources;
mod terminal;
mod trust;
mod validate;
mod verify;
mod version;
mod words;

use std::path::Path;
use std::process::ExitCode;

use crate::cli::{Cli, Color, Command};
use crate::error::{Error, Result};
use crate::io::DiskFolder;
use crate::stage::shelf::Copies;
use terminal::Terminal;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Clean, accepted, done.
    Good,
    /// Checked, and problems were found.
    Bad,
}

/// Runs a command line.
pub fn run(cli: Cli) -> ExitCode {
    let choice = match cli.color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    let choice = if matches!(cli.command, Command::GitDiff(_)) { git_diff::colour(choice) } else { choice };
    let mut terminal = Terminal::new(choice);
    // This thread is one of the pool's: glibc grows the heap of any other by one page at a time.
    let mut pool = rayon::ThreadPoolBuilder::new().use_current_thread();
    if let Some(threads) = cli.threads {
        pool = pool.num_threads(threads.into());
    }
    let outcome = match pool.build_global() {
        Ok(()) => dispatch(cli.command, &mut terminal),
        Err(error) => Err(Error::Usage(error.to_string())),
    };
    match outcome.and_then(|verdict| terminal.flush().map(|()| verdict)) {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Bad) => ExitCode::from(1),
        Err(error) => {
            terminal.complain(&error);
            ExitCode::from(2)
        }
    }
}

fn dispatch(command: Command, terminal: &mut Terminal) -> Result<Verdict> {
    match command {
        Command::Init(args) => init::run(args, terminal),
        Command::Capture(args) => capture::run(args, terminal),
        Command::Seal(args) => seal::run(args, terminal),
        Command::Anchor(args) => anchor::run(args, terminal),
        Command::Show(args) => show::run(args, terminal),
        Command::Check(args) => check::run(args, terminal),
        Command::Validate(args) => validate::run(args, terminal),
        Command::Hash(args) => hash::run(args, terminal),
        Command::Release(args) => release::run(args, terminal),
        Command::Receipt(args) => receipt::run(args, terminal),
        Command::Sign(args) => sign::run(args, terminal),
        Command::Keyring(args) => keyring::run(args, terminal),
        Command::Rotate(args) => rotate::run(args, terminal),
        Command::Keygen(args) => keygen::run(args, terminal),
        Command::Pubkey(args) => pubkey::run(args, terminal),
        Command::Verify(args) => verify::run(args, terminal),
        Command::Log(args) => log::run(args, terminal),
        Command::Disclose(args) => disclose::run(args, terminal),
        Command::Pack(args) => pack::run(args, terminal),
        Command::Diff(args) => diff::run(args, terminal),
        Command::Export(args) => export::run(args, terminal),
        Command::Approve(args) => approve::run(args, terminal),
        Command::GitSetup(args) => git_setup::run(args, terminal),
        Command::GitDiff(args) => git_diff::run(args, terminal),
        Command::GitHook(args) => git_hook::run(args, terminal),
        Command::Explain(args) => plain::explain(args, terminal),
        Command::Schema(args) => plain::schema(args, terminal),
        Command::Completions(args) => plain::completions(args, terminal),
        Command::Man(args) => plain::man(args, terminal),
    }
}

/// Opens the folder given with `--texts`.
fn texts_folder(texts: Option<&Path>) -> Result<Option<DiskFolder>> {
    texts.map(DiskFolder::open).transpose()
}

/// The copies of withheld texts in it.
fn copies(folder: Option<&DiskFolder>) -> Result<Option<Copies<'_>>> {
    folder.map(|folder| Copies::open(folder)).transpose()
}
