//! What ssh-keygen writes we read, and what we write it reads.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use affiant::format::allowed_signers::{AllowedSigners, Trust};
use affiant::format::ed25519::SigningKey;
use affiant::format::private_key::{self, PrivateKeyError, PrivateKeyFile};
use affiant::format::sshsig;

const NAMESPACE: &str = "affiant-release";
const MESSAGE: &[u8] = b"the bytes of a tag manifest\n";

/// A folder to work in, or `None` after saying that there is no ssh-keygen.
fn workshop() -> Option<tempfile::TempDir> {
    if Command::new("ssh-keygen").arg("-?").output().is_err() {
        eprintln!("conformance: NOT RUN, ssh-keygen is not installed");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("message"), MESSAGE).expect("a file");
    Some(folder)
}

/// The private key in a file that ssh-keygen made.
fn private(folder: &Path, file: &str) -> Result<PrivateKeyFile, PrivateKeyError> {
    private_key::parse(&fs::read(folder.join(file)).expect("a key"))
}

/// Runs ssh-keygen with the message as its input.
fn ssh_keygen(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let input = File::open(folder.join("message")).expect("the message");
    let run = Command::new("ssh-keygen").args(arguments).current_dir(folder).stdin(Stdio::from(input)).output();
    let run = run.expect("ssh-keygen runs");
    (run.status.success(), String::from_utf8_lossy(&run.stdout).into_owned())
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("permissions");
    }
}

#[test]
fn their_keys_and_signatures_are_ours() {
    let Some(folder) = workshop() else { return };
    let folder = folder.path();
    assert!(ssh_keygen(folder, &["-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", "key"]).0);
    let PrivateKeyFile::Open { key, comment } = private(folder, "key").expect("an Ed25519 key") else {
        panic!("it has no passphrase")
    };
    assert_eq!(comment, "a comment");
    let line = fs::read_to_string(folder.join("key.pub")).expect("a public key");
    assert_eq!(key.verifying_key().to_openssh_line("a comment"), line.trim_end());
    let (_, listing) = ssh_keygen(folder, &["-l", "-f", "key.pub"]);
    assert_eq!(listing.split(' ').nth(1), Some(key.verifying_key().fingerprint().as_str()));

    let (signed, armored) = ssh_keygen(folder, &["-Y", "sign", "-q", "-f", "key", "-n", NAMESPACE]);
    assert!(signed);
    assert_eq!(Ok(armored.clone()), sshsig::sign(&key, NAMESPACE, MESSAGE));
    let signature = sshsig::parse(armored.as_bytes()).expect("their form");
    assert_eq!(signature.verify(NAMESPACE, MESSAGE), Ok(&key.verifying_key()));
    let (_, sha256) = ssh_keygen(folder, &["-Y", "sign", "-q", "-f", "key", "-n", NAMESPACE, "-O", "hashalg=sha256"]);
    assert_eq!(sshsig::parse(sha256.as_bytes()), Err(sshsig::SshSigError::Hash("sha256".to_owned())));
}

#[test]
fn their_locked_keys_open() {
    let Some(folder) = workshop() else { return };
    let folder = folder.path();
    let passphrase = "a passphrase, пароль";
    for cipher in [
        "aes128-cbc",
        "aes192-cbc",
        "aes256-cbc",
        "aes128-ctr",
        "aes192-ctr",
        "aes256-ctr",
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
        "chacha20-poly1305@openssh.com",
    ] {
        assert!(
            ssh_keygen(folder, &["-q", "-t", "ed25519", "-Z", cipher, "-N", passphrase, "-f", cipher]).0,
            "{cipher}"
        );
        let PrivateKeyFile::Locked(locked) = private(folder, cipher).expect(cipher) else { panic!("{cipher}: open") };
        let line = fs::read_to_string(folder.join(format!("{cipher}.pub"))).expect("a public key");
        let key = locked.unlock(passphrase).expect(cipher).verifying_key();
        assert!(line.starts_with(&key.to_openssh_line("")), "{cipher}");
        assert_eq!(locked.unlock("another").map(|_| ()), Err(PrivateKeyError::Passphrase), "{cipher}");
    }
}

#[test]
fn our_keys_and_signatures_are_theirs() {
    let Some(folder) = workshop() else { return };
    let folder = folder.path();
    let key = SigningKey::from_seed(&[7; 32]);
    write_private(&folder.join("key"), &private_key::to_openssh(&key, "throwaway"));
    let (read, line) = ssh_keygen(folder, &["-y", "-f", "key"]);
    assert!(read);
    assert_eq!(line.trim_end(), key.verifying_key().to_openssh_line("throwaway"));

    let locked = private_key::to_openssh_locked(&key, "locked", "a passphrase", &[5; private_key::SALT_BYTES]);
    write_private(&folder.join("locked"), &locked);
    let (read, line) = ssh_keygen(folder, &["-y", "-P", "a passphrase", "-f", "locked"]);
    assert!(read);
    assert_eq!(line.trim_end(), key.verifying_key().to_openssh_line("locked"));
    assert!(!ssh_keygen(folder, &["-y", "-P", "another", "-f", "locked"]).0);

    fs::write(folder.join("sig"), sshsig::sign(&key, NAMESPACE, MESSAGE).expect("signs")).expect("a file");
    let verify = ["-Y", "verify", "-f", "signers", "-I", "ann", "-n", NAMESPACE, "-s", "sig"];
    // Lines, a time for ssh-keygen and the same in Unix seconds; both readers must agree, and with the last column.
    for (options, time, seconds, trusted) in [
        ("", "20240601Z", 1_717_200_000, true),
        ("namespaces=\"affiant-*\" ", "20240601Z", 1_717_200_000, true),
        ("namespaces=\"git,file\" ", "20240601Z", 1_717_200_000, false),
        ("namespaces=\"*,!affiant-release\" ", "20240601Z", 1_717_200_000, false),
        ("valid-after=\"20240601Z\" ", "20240601Z", 1_717_200_000, true),
        ("valid-after=\"20240602Z\" ", "20240601Z", 1_717_200_000, false),
        ("valid-before=\"20240601Z\" ", "20240601Z", 1_717_200_000, true),
        ("valid-before=\"20240601Z\" ", "20240601000001Z", 1_717_200_001, false),
        ("Valid-After=\"20240101Z\",valid-before=\"202412312359Z\" ", "20240601Z", 1_717_200_000, true),
    ] {
        let signers = format!("# maintainers\nann {options}{}\n", key.verifying_key().to_openssh_line(""));
        fs::write(folder.join("signers"), &signers).expect("a file");
        let verify_time = format!("verify-time={time}");
        let (theirs, _) = ssh_keygen(folder, &[&verify[..], &["-O", &verify_time]].concat());
        let ours = AllowedSigners::parse(&signers).expect("well formed").find(&key.verifying_key(), NAMESPACE, seconds);
        assert_eq!(theirs, trusted, "ssh-keygen at {time}: {signers}");
        assert_eq!(matches!(ours, Trust::Trusted { .. }), trusted, "{ours:?} at {time}: {signers}");
    }
}

#[test]
fn keys_that_cannot_sign_say_why() {
    let Some(folder) = workshop() else { return };
    let folder = folder.path();
    let parse = |arguments: &[&str]| {
        assert!(ssh_keygen(folder, &[&["-q", "-f", arguments[0]], &arguments[1..]].concat()).0);
        private(folder, arguments[0]).map(|_| ())
    };
    let cipher = ["locked", "-t", "ed25519", "-N", "a passphrase", "-Z", "3des-cbc"];
    assert_eq!(parse(&cipher), Err(PrivateKeyError::Cipher("3des-cbc".to_owned())));
    let algorithm = |name: &str| Err(PrivateKeyError::Algorithm(name.to_owned()));
    assert_eq!(parse(&["locked-rsa", "-t", "rsa", "-b", "2048", "-N", "a passphrase"]), algorithm("ssh-rsa"));
    assert_eq!(parse(&["rsa", "-t", "rsa", "-b", "2048", "-N", ""]), algorithm("ssh-rsa"));
    assert_eq!(parse(&["ecdsa", "-t", "ecdsa", "-N", ""]), algorithm("ECDSA, or one not known here"));
    assert_eq!(private(folder, "rsa.pub").map(|_| ()), Err(PrivateKeyError::NotAKey));
}
