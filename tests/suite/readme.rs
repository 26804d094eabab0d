//! What README.md and tests/cmd/ show is what the tool prints.

use std::fs;
use std::path::Path;
use std::process::Command;

use affiant::format::ed25519::SigningKey;
use affiant::format::private_key;

/// Commands run at the root of the package and may write below these two folders only.
const TOUR: &str = "target/tour";
const CASES: &str = "target/cmd";

/// README.md makes a file in its shell, between two of its console blocks.
fn begin_tour() {
    let readme = fs::read_to_string("README.md").expect("README.md");
    let printf = readme.lines().find(|line| line.starts_with("printf ")).expect("the line that makes a text");
    let status = Command::new("sh").args(["-c", printf]).status().expect("a shell");
    assert!(status.success(), "{printf}");
}

/// A key that everybody knows, so that releases come out the same every time.
fn write_key(folder: &Path) {
    let key = SigningKey::from_seed(&[7; 32]);
    let private = private_key::to_openssh(&key, "known-to-all");
    let trusted = format!("known-to-all {}\n", key.verifying_key().to_openssh_line(""));
    fs::write(folder.join("key"), private.as_bytes()).expect("the key file");
    fs::write(folder.join("allowed_signers"), trusted).expect("the trust file");
}

#[test]
fn console_blocks_are_true() {
    for folder in [TOUR, CASES] {
        _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).expect("a fresh folder");
    }
    begin_tour();
    write_key(Path::new(CASES));
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .env("CLICOLOR_FORCE", "0")
        .env("SOURCE_DATE_EPOCH", "")
        // Nothing is remembered from one case to the next, nor in the folder of whoever runs the tests.
        .env("HOME", "")
        .env("XDG_STATE_HOME", "")
        .case("README.md")
        .case("tests/cmd/*.md");
}
