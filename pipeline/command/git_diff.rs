//! `affiant git-diff`: shows how one records file changed, where `git diff` would show its lines.
//!
//! Git gives up at once when a diff program fails, so what cannot be compared is said, and is no failure.

use std::ffi::OsStr;
use std::path::Path;

use anstream::ColorChoice;

use super::Verdict;
use super::records::{Compared, RecordsFile, compare, kind_of};
use super::terminal::Terminal;
use crate::cli::GitDiff;
use crate::error::{Error, Result};
use crate::render::diff::records::{Records, heading};

/// What git writes for a side that has no file.
const NO_FILE: &str = "/dev/null";

/// Git shows what a diff program prints through its pager where it stands at a terminal itself.
#[expect(
    clippy::disallowed_methods,
    reason = "git tells its programs by the environment that it pages what they print"
)]
pub fn colour(choice: ColorChoice) -> ColorChoice {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if choice == ColorChoice::Auto && is_set("GIT_PAGER_IN_USE") && !is_set("NO_COLOR") {
        ColorChoice::Always
    } else {
        choice
    }
}

pub fn run(args: GitDiff, terminal: &mut Terminal) -> Result<Verdict> {
    let words: Vec<&Path> = args.arguments.iter().map(Path::new).collect();
    let (old, new, kind, is_plain) = match words.as_slice() {
        [path] => {
            let unmerged = RecordsFile::called(path, path);
            return not_compared(&unmerged, &unmerged, "unmerged\n", terminal);
        }
        [path, old, _, old_mode, new, _, new_mode, renamed @ ..] => {
            let to = renamed.first().unwrap_or(path);
            (
                side(path, old),
                side(to, new),
                kind_of(to),
                is_plain(old_mode.as_os_str()) && is_plain(new_mode.as_os_str()),
            )
        }
        _ => return Err(Error::Usage("git-diff takes what git gives to a diff program".to_owned())),
    };
    let why = match kind {
        None => "its name is not that of a records file\n".to_owned(),
        Some(_) if !is_plain => "not a plain file\n".to_owned(),
        Some(kind) => match compare(&old, &new, kind, &mut Records::of(kind), terminal)? {
            Compared::Not(why) => why,
            Compared::Same | Compared::Changed => return Ok(Verdict::Good),
        },
    };
    not_compared(&old, &new, &why, terminal)
}

fn not_compared(old: &RecordsFile, new: &RecordsFile, why: &str, terminal: &mut Terminal) -> Result<Verdict> {
    terminal.print(&heading(&old.name, &new.name))?;
    terminal.print(&format!("  not compared: {why}"))?;
    Ok(Verdict::Good)
}

fn side<'a>(name: &Path, file: &'a Path) -> RecordsFile<'a> {
    if file == Path::new(NO_FILE) { RecordsFile::absent() } else { RecordsFile::called(name, file) }
}

/// Whether git's mode is that of a plain file, or of none.
fn is_plain(mode: &OsStr) -> bool {
    mode == "." || mode.to_string_lossy().starts_with("100")
}
