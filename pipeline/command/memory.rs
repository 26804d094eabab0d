//! What the reader saw before, kept from one verification to the next.

use std::path::{Path, PathBuf};

use crate::cli::Memory;
use crate::error::{Error, Result};
use crate::format::canonical;
use crate::io;
use crate::model::id::Id;
use crate::model::seen::Seen;

/// Largest file of what was seen, in bytes.
const MAX_SEEN_BYTES: u64 = 1 << 16;

/// Where it is kept: the folder that was named, or the user's own for such things (XDG Base Directory); `None` where
/// nothing is to be remembered, or there is no such folder.
pub fn folder(args: &Memory) -> Option<PathBuf> {
    if args.no_state {
        return None;
    }
    args.state.clone().or_else(|| {
        let home = || Some(PathBuf::from(variable("HOME")?).join(".local/state"));
        Some(variable("XDG_STATE_HOME").map(PathBuf::from).or_else(home)?.join("affiant"))
    })
}

#[expect(clippy::disallowed_methods, reason = "the environment says where a user's files are kept")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| Path::new(value).is_absolute())
}

/// What was seen of a dataset.
pub fn recall(folder: &Path, dataset: &Id) -> Result<Option<Seen>> {
    let path = file(folder, dataset);
    let Some(bytes) = io::read_if_there(&path, MAX_SEEN_BYTES)? else { return Ok(None) };
    let seen: Option<Seen> = serde_json::from_slice(&bytes).ok();
    let seen = seen.filter(|seen| seen.format == Seen::FORMAT && seen.dataset == *dataset);
    let unusable =
        || Error::Refused(format!("{} is not what this tool keeps there; nothing was verified", path.display()));
    seen.map(Some).ok_or_else(unusable)
}

/// Keeps what was seen, in one step; unless somebody else has seen a newer release meanwhile.
pub fn keep(folder: &Path, seen: &Seen) -> Result<()> {
    if recall(folder, &seen.dataset)?.is_some_and(|other| other.seq > seen.seq) {
        return Ok(());
    }
    let mut line = canonical::to_vec(seen);
    line.push(b'\n');
    io::replace(&file(folder, &seen.dataset), &line)
}

fn file(folder: &Path, dataset: &Id) -> PathBuf {
    folder.join(format!("{dataset}.json"))
}
