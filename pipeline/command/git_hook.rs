//! `affiant git-hook`: before a commit, checks what is staged of a dataset and shows how it differs from the last one.

use super::terminal::Terminal;
use super::{Verdict, check, diff};
use crate::cli::{Check, Diff, GitHook};
use crate::error::{Error, Result};
use crate::io::git::Git;
use crate::render::text::plain;

pub fn run(args: GitHook, terminal: &mut Terminal) -> Result<Verdict> {
    let folder = args.dataset.trim_end_matches('/');
    let git = Git::here();
    let committed = git.committed_folder(folder)?;
    if committed == git.staged_folder(folder)? {
        return Ok(Verdict::Good);
    }
    let (old, new) = (format!("HEAD:{folder}"), format!(":{folder}"));
    let not_typed = || Error::Usage(format!("{folder:?} cannot be typed as the place of a dataset"));
    if check::run(Check::of(&new).ok_or_else(not_typed)?, terminal)? == Verdict::Bad {
        terminal.say("nothing is committed: mend what was found, stage it, and commit again\n");
        return Ok(Verdict::Bad);
    }
    if committed.is_some()
        && let Err(error) = diff::run(Diff::between(&old, &new).ok_or_else(not_typed)?, terminal)
    {
        // What was committed before may be what is mended now.
        terminal.say(&format!("how it differs from the last commit is not known: {}\n", plain(&error.to_string())));
    }
    Ok(Verdict::Good)
}
