//! `affiant git-setup`: tells git to show records, not lines. What is there already stays, and twice is once.

use std::path::{Path, PathBuf};

use super::Verdict;
use super::terminal::Terminal;
use crate::cli::GitSetup;
use crate::error::{Error, Result};
use crate::format::layout;
use crate::io::git::{self, Git};
use crate::io::{self, DiskFolder};
use crate::render::text::plain;
use crate::stage::folder::Folder;

/// Where git looks for attributes.
const ATTRIBUTES: &str = ".gitattributes";

/// Largest such file, in bytes.
const MAX_ATTRIBUTES_BYTES: u64 = 1 << 20;

/// Which files are shown by affiant, and which bytes git must never touch.
const LINES: [&str; 6] = [
    "/claims.jsonl diff=affiant",
    "/claims/*.jsonl diff=affiant",
    "/agents.jsonl diff=affiant",
    "/events.jsonl diff=affiant",
    "/sources.jsonl diff=affiant",
    "/texts/* -text",
];

/// What git runs for files with `diff=affiant`.
const DRIVER: (&str, &str) = ("diff.affiant.command", "affiant git-diff");

/// The hook that git runs before each commit.
const HOOK: &str = "pre-commit";

pub fn run(args: GitSetup, terminal: &mut Terminal) -> Result<Verdict> {
    let folder = DiskFolder::open(&args.dataset)?;
    if !io::exists(&folder.path(layout::DATASET)) {
        let place = args.dataset.display();
        return Err(Error::Usage(format!("{place} is no dataset folder: it holds no {}", layout::DATASET)));
    }
    let git = Git::of(&args.dataset);
    let hook = if args.hook { Some(Hook::of(&git)?) } else { None };
    let mut steps = vec![attributes(&folder)?, driver(&git)?];
    steps.extend(hook.map(Hook::step));
    for step in steps {
        let Step { place, words, work } = step;
        let words = match work {
            Work::Nothing => format!("{words}, left as it is"),
            _ if args.dry_run => format!("would be {words}"),
            work => {
                work.run(&git)?;
                words
            }
        };
        terminal.print(&format!("{}: {}\n", plain(&place), plain(&words)))?;
    }
    Ok(Verdict::Good)
}

/// One thing to set up.
struct Step {
    place: String,
    words: String,
    work: Work,
}

/// What is to be done for it.
enum Work {
    Nothing,
    Write(PathBuf, Vec<u8>),
    Replace(PathBuf, Vec<u8>),
    Configure,
    Install(PathBuf, String),
}

impl Work {
    fn run(self, git: &Git) -> Result<()> {
        match self {
            Work::Nothing => Ok(()),
            Work::Write(path, bytes) => io::write_new(&path, &bytes),
            Work::Replace(path, bytes) => io::replace(&path, &bytes),
            Work::Configure => git.set(DRIVER.0, DRIVER.1),
            Work::Install(path, text) => git::write_program(&path, &text),
        }
    }
}

fn attributes(folder: &DiskFolder) -> Result<Step> {
    let path = folder.path(ATTRIBUTES);
    let is_there = io::exists(&path);
    let mut bytes = if is_there { folder.read(ATTRIBUTES, MAX_ATTRIBUTES_BYTES)? } else { Vec::new() };
    let stands = |line: &&str| bytes.split(|&byte| byte == b'\n').any(|there| there.trim_ascii() == line.as_bytes());
    let missing: Vec<&str> = LINES.into_iter().filter(|line| !stands(line)).collect();
    let place = path.display().to_string();
    if missing.is_empty() {
        return Ok(Step { place, words: "has all lines".to_owned(), work: Work::Nothing });
    }
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    bytes.extend(missing.iter().flat_map(|line| [line, "\n"]).flat_map(str::bytes));
    let words = format!("given {} lines: {}", missing.len(), missing.join("; "));
    Ok(Step { place, words, work: if is_there { Work::Replace(path, bytes) } else { Work::Write(path, bytes) } })
}

fn driver(git: &Git) -> Result<Step> {
    git.prefix()?;
    let (name, command) = DRIVER;
    let (words, work) = match git.setting(name)? {
        Some(set) => (format!("is `{set}`"), Work::Nothing),
        None => (format!("set to `{command}` for this repository"), Work::Configure),
    };
    Ok(Step { place: format!("git config {name}"), words, work })
}

/// The hook as it is to be.
struct Hook {
    path: PathBuf,
    text: String,
    is_there: bool,
}

impl Hook {
    /// A hook for the dataset; refused where there is another one.
    fn of(git: &Git) -> Result<Self> {
        let dataset = git.prefix()?;
        let path = git.hook(HOOK)?;
        let line = format!("affiant git-hook -- {}", quoted(dataset.trim_end_matches('/')));
        let text = format!("#!/bin/sh\n# Made by `affiant git-setup --hook`.\nexec {line}\n");
        let there = io::read_if_there(&path, MAX_ATTRIBUTES_BYTES)?;
        if there.as_ref().is_some_and(|there| there != text.as_bytes()) {
            return Err(Error::Refused(another(&path, &line)));
        }
        Ok(Self { path, text, is_there: there.is_some() })
    }

    fn step(self) -> Step {
        let place = self.path.display().to_string();
        if self.is_there {
            return Step { place, words: "is the hook".to_owned(), work: Work::Nothing };
        }
        Step { place, words: "installed".to_owned(), work: Work::Install(self.path, self.text) }
    }
}

fn another(path: &Path, line: &str) -> String {
    format!("{} is another hook; nothing was written. Add this line to it: {line} || exit 1", path.display())
}

/// A word for the shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_means_anything_to_the_shell() {
        assert_eq!(quoted("seeds"), "'seeds'");
        assert_eq!(quoted("$(x) 'y'"), r"'$(x) '\''y'\'''");
    }
}
