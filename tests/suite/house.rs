//! A whole dataset in a temporary folder, to be spoiled and looked at through the built program.
//!
//! ```text
//! dataset/    tests/vectors/harbour/dataset: four agents, two events, two sources, five claims
//! texts/      the withheld text
//! key, trust  the maintainer's private key, and the allowed_signers file of a reader
//! dist/       releases, once there are any
//! ```

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use affiant::format::ed25519::SigningKey;
use affiant::format::private_key;
use serde_json::Value;
use tempfile::TempDir;

/// The root of the project.
pub const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

/// The key all releases of the tests are signed with.
pub fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

/// A key nobody trusts.
pub fn strange_key() -> SigningKey {
    SigningKey::from_seed(&[8; 32])
}

/// A line of allowed_signers for a key.
pub fn signer(options: &str, key: &SigningKey) -> String {
    format!("maintainers {options} {}", key.verifying_key().to_openssh_line(""))
}

/// The temporary folder; it vanishes with the value.
pub struct House {
    root: TempDir,
}

impl House {
    pub fn new() -> Self {
        let house = Self::empty();
        copy(&Path::new(PROJECT).join("tests/vectors/harbour"), house.root.path());
        house
    }

    /// The dataset the project ships, without its withheld texts.
    pub fn seeds() -> Self {
        let house = Self::empty();
        copy(&Path::new(PROJECT).join("seeds"), &house.path("dataset"));
        house
    }

    /// A house without a dataset.
    pub fn empty() -> Self {
        let house = Self { root: TempDir::new().expect("a temporary folder") };
        house.write("key", private_key::to_openssh(&key(), "tests").as_bytes());
        house.write("trust", signer("namespaces=\"affiant-release\"", &key()));
        house
    }

    /// Brings a folder in.
    pub fn copy(&self, from: &Path, to: &str) {
        copy(from, &self.path(to));
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn text(&self, path: &str) -> String {
        String::from_utf8(self.bytes(path)).expect("UTF-8")
    }

    pub fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.bytes(path)).expect("JSON")
    }

    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        fs::write(path, bytes).expect("a new file");
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    pub fn remove_folder(&self, path: &str) {
        fs::remove_dir_all(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    pub fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap_or_else(|error| panic!("{from}: {error}"));
    }

    /// Replaces words that stand in a file exactly once.
    pub fn swap(&self, path: &str, old: &str, new: &str) {
        let text = self.text(path);
        assert_eq!(text.matches(old).count(), 1, "{old:?} stands once in {path}");
        self.write(path, text.replace(old, new));
    }

    /// Everything below a folder, by path, in order; folders end in a slash.
    pub fn tree(&self, folder: &str) -> Vec<String> {
        let mut paths = Vec::new();
        list(&self.path(folder), "", &mut paths);
        paths.sort();
        paths
    }

    /// The bytes of every file below a folder, by path.
    pub fn files(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let files = self.tree(folder).into_iter().filter(|path| !path.ends_with('/'));
        files.map(|path| (path.clone(), self.bytes(&format!("{folder}/{path}")))).collect()
    }

    /// The program in this folder, without anything of the environment it was started from.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_affiant"));
        command.current_dir(self.root.path()).env_clear().args(arguments);
        command
    }

    pub fn affiant(&self, arguments: &[&str]) -> Ended {
        Ended(self.command(arguments).output().expect("the program runs"))
    }

    pub fn check(&self) -> Ended {
        self.affiant(&["check", "dataset", "--texts", "texts", "--format", "json"])
    }

    /// Cuts a release of the dataset into `dist/`.
    pub fn release(&self, version: &str) -> Ended {
        let arguments = ["release", "dataset", "--texts", "texts", "--version", version];
        self.affiant(&[&arguments[..], &["--date", "2026-11-21", "--key", "key", "--format", "json"]].concat())
    }

    pub fn verify(&self, release: &str) -> Ended {
        self.affiant(&["verify", release, "--trust", "trust", "--texts", "texts", "--format", "json"])
    }
}

/// Copies a folder with everything in it; links stay links.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a new folder");
    for item in fs::read_dir(from).expect("a folder") {
        let item = item.expect("an entry");
        let target = to.join(item.file_name());
        if item.path().is_symlink() {
            symlink(fs::read_link(item.path()).expect("a link"), target).expect("a copy");
        } else if item.path().is_dir() {
            copy(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).expect("a copy");
        }
    }
}

fn list(folder: &Path, below: &str, paths: &mut Vec<String>) {
    for item in fs::read_dir(folder).expect("a folder") {
        let item = item.expect("an entry");
        let path = format!("{below}{}", item.file_name().to_string_lossy());
        if item.path().is_dir() {
            paths.push(format!("{path}/"));
            list(&item.path(), &format!("{path}/"), paths);
        } else {
            paths.push(path);
        }
    }
}

/// A run of the program that has come to its end.
pub struct Ended(pub Output);

impl Ended {
    /// The exit code.
    pub fn code(&self) -> i32 {
        self.0.status.code().expect("the program ended by itself")
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).expect("UTF-8")
    }

    pub fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).expect("UTF-8")
    }

    /// The report on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.0.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}{}", self.stdout(), self.stderr()))
    }

    /// The report's findings.
    pub fn findings(&self) -> Vec<Value> {
        self.json()["findings"].as_array().expect("findings").clone()
    }

    /// The codes of the report's findings.
    pub fn codes(&self) -> Vec<String> {
        self.findings().iter().map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect()
    }

    /// The run, if it ended with this exit code.
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "{}{}", self.stdout(), self.stderr());
        self
    }
}
