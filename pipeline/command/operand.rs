//! What a person names to be read: a folder, an archive, or a folder as a git revision has it.

use std::path::Path;

use crate::error::{Error, Result};
use crate::format::layout;
use crate::io::git::GitFolder;
use crate::io::{self, ReleaseFolder};
use crate::stage::folder::Folder;

/// Most folders that are proposed where the one named holds no dataset.
const PROPOSED: usize = 5;

/// What was named.
pub struct Opened {
    /// What it holds, and its own name.
    pub release: ReleaseFolder,
    /// The commit it was read at, if one was named.
    pub commit: Option<String>,
}

/// Opens what a person named: a path, if something stands there; else `REVISION:FOLDER`, `REVISION` (the current
/// folder as the revision has it), or `:FOLDER` (the folder as it is staged).
pub fn open(named: &Path) -> Result<Opened> {
    if io::exists(named) {
        is_not_both(named)?;
        return Ok(Opened { release: io::open_release(named)?, commit: None });
    }
    let shown = named.display();
    let neither = |why| Error::Usage(format!("there is no file or folder {shown}, and no git revision: {why}"));
    let typed = named.to_str().ok_or_else(|| neither("the name is not UTF-8".to_owned()))?;
    let folder = GitFolder::open(typed).map_err(|error| match error {
        Error::Refused(_) => error,
        error => neither(error.to_string()),
    })?;
    holds_something(&folder)?;
    let (name, commit) = (folder.name().to_owned(), folder.commit().map(str::to_owned));
    Ok(Opened { release: ReleaseFolder { folder: Box::new(folder), name }, commit })
}

/// Whoever may add a file could name it like a revision, and have it read in its place.
fn is_not_both(named: &Path) -> Result<()> {
    let revision = named.to_str().filter(|typed| typed.contains(':') && GitFolder::open(typed).is_ok());
    let shown = named.display();
    revision.map_or(Ok(()), |_| {
        Err(Error::Usage(format!("{shown} is both a path and a git revision; write ./{shown} for the path")))
    })
}

/// A dataset or a release; if there is neither, says where one is.
fn holds_something(folder: &GitFolder) -> Result<()> {
    let entries = folder.entries()?;
    let declared =
        |path: &str, name: &str| path.strip_suffix(name).is_some_and(|above| above.is_empty() || above.ends_with('/'));
    let holders = entries.iter().filter_map(|entry| {
        let name = [layout::DATASET, layout::RELEASE_INFO].into_iter().find(|name| declared(&entry.path, name))?;
        Some(entry.path.strip_suffix(name)?.trim_end_matches('/'))
    });
    let holders: Vec<&str> = holders.collect();
    if holders.contains(&"") {
        return Ok(());
    }
    // A release holds a dataset, too.
    let is_within =
        |holder: &str| holders.iter().any(|other| holder.strip_prefix(other).is_some_and(|rest| rest.starts_with('/')));
    let whole = holders.iter().filter(|holder| !is_within(holder));
    let proposed: Vec<String> = whole.take(PROPOSED).map(|holder| folder.display(holder)).collect();
    let help = match proposed.as_slice() {
        [] => String::new(),
        proposed => format!("; below it there are {}", proposed.join(", ")),
    };
    let place = folder.display("");
    Err(Error::Refused(format!("{place} holds neither {} nor {}{help}", layout::DATASET, layout::RELEASE_INFO)))
}
