//! Makes a signing key for trying things out: `throwaway-key FILE` writes FILE (0600), FILE.pub and
//! FILE.allowed_signers. Real keys are made with ssh-keygen.

#![expect(clippy::disallowed_methods, reason = "a program of its own, outside the tool's one door to the file system")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use affiant::format::ed25519::SigningKey;
use affiant::format::private_key;

const PRINCIPAL: &str = "throwaway";

fn main() -> io::Result<()> {
    let Some(file) = std::env::args().nth(1) else {
        return Err(io::Error::other("usage: throwaway-key FILE"));
    };
    let mut seed = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut seed)?;
    let key = SigningKey::from_seed(&seed);
    let private = private_key::to_openssh(&key, PRINCIPAL);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?.write_all(private.as_bytes())?;
    let public = key.verifying_key().to_openssh_line(PRINCIPAL);
    fs::write(format!("{file}.pub"), format!("{public}\n"))?;
    fs::write(format!("{file}.allowed_signers"), format!("{PRINCIPAL} namespaces=\"affiant-release\" {public}\n"))
}
