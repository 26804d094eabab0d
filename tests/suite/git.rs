//! Datasets in real git repositories: revisions as sides of a diff, what `git diff` shows, what a commit is held to.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::house::{Ended, House};

mod folder;
mod setup;

const CLAIMS: &str = "dataset/claims.jsonl";

/// What a program that must never run would leave behind.
const MARK: &str = "it-ran";

/// The harbour in a repository of its own: `dataset/` and `texts/`, committed.
fn harbour() -> House {
    let house = House::new();
    git(&house, &["init", "-q", "-b", "main"]).with_code(0);
    house.write(".gitignore", "/key\n/trust\n");
    commit(&house, "the harbour: as it was");
    house
}

/// Git in the house's folder, with nobody's settings and affiant on its path.
fn git(house: &House, arguments: &[impl AsRef<OsStr>]) -> Ended {
    let program = Path::new(env!("CARGO_BIN_EXE_affiant")).parent().expect("a folder").display().to_string();
    let mut command = Command::new("git");
    command.current_dir(house.path("")).env_clear();
    command.envs([("PATH", format!("{program}:/usr/local/bin:/usr/bin:/bin").as_str()), ("GIT_CONFIG_NOSYSTEM", "1")]);
    command.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_AUTHOR_NAME", "tests"), ("GIT_AUTHOR_EMAIL", "tests")]);
    command.envs([("GIT_COMMITTER_NAME", "tests"), ("GIT_COMMITTER_EMAIL", "tests"), ("LC_ALL", "C")]);
    Ended(command.args(arguments).output().expect("git runs"))
}

fn commit(house: &House, message: &str) {
    git(house, &["add", "-A"]).with_code(0);
    git(house, &["commit", "-q", "--no-verify", "--allow-empty", "-m", message]).with_code(0);
}

fn revision(house: &House, name: &str) -> String {
    git(house, &["rev-parse", name]).with_code(0).stdout().trim().to_owned()
}

/// Three workers become four.
fn edit(house: &House) {
    house.swap(CLAIMS, r#""lo":3,"hi":3"#, r#""lo":4,"hi":4"#);
}

/// A setting that would leave the mark, if what it names ever ran.
fn trap(house: &House, name: &str) {
    let mark = house.path(MARK).display().to_string();
    git(house, &["config", name, &format!("touch {mark}; cat")]).with_code(0);
}

fn nothing_ran(house: &House) {
    assert!(!house.path(MARK).exists(), "a program of the repository's ran");
}
