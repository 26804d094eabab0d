//! Keys as maintainers have them: open and locked files, variables of the environment, ssh-agents; and making them.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::thread;

use affiant::format::agent::{Answer, Identity};
use affiant::format::ed25519::SigningKey;
use affiant::format::private_key;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::house::{Ended, House, key, strange_key};

const PASSPHRASE: &str = "open, sesame";

const RELEASE: [&str; 8] = ["release", "dataset", "--texts", "texts", "--version", "1.0.0", "--date", "2026-11-21"];

/// The program, in a session of its own: no terminal can be reached from it.
fn without_terminal(house: &House, arguments: &[&str]) -> Command {
    let own = house.command(arguments);
    let mut command = Command::new("python3");
    command.args(["-c", "import os, sys; os.setsid(); os.execv(sys.argv[1], sys.argv[1:])"]);
    command.arg(own.get_program()).args(own.get_args()).current_dir(house.path("")).stdin(Stdio::null());
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
}

/// Cuts a release with a key, and looks at whether it is the one that the open private key makes.
fn release(house: &House, key: &str, variables: &[(&str, &str)]) -> Ended {
    _ = fs::remove_dir_all(house.path("dist"));
    let mut command = without_terminal(house, &[&RELEASE[..], &["--key", key]].concat());
    Ended(command.envs(variables.iter().copied()).output().expect("the program runs"))
}

fn refused(ended: Ended, words: &str) {
    let ended = ended.with_code(2);
    assert!(ended.stderr().contains(words), "{words}: {}", ended.stderr());
}

fn locked_key() -> String {
    private_key::to_openssh_locked(&key(), "tests", PASSPHRASE, &[3; private_key::SALT_BYTES]).to_string()
}

#[test]
fn a_variable_signs_what_the_file_signs() {
    let house = House::new();
    release(&house, "key", &[]).with_code(0);
    let expected = house.files("dist");
    let (open, locked) = (house.text("key"), locked_key());
    for variables in [
        &[("KEY", open.as_str())][..],
        &[("KEY", open.trim_end())],
        &[("KEY", &STANDARD.encode(&open))],
        &[("KEY", &locked), ("KEY_PASSPHRASE", PASSPHRASE)],
        &[("KEY", &STANDARD.encode(&locked)), ("KEY_PASSPHRASE", PASSPHRASE)],
    ] {
        release(&house, "env:KEY", variables).with_code(0);
        assert!(house.files("dist") == expected);
    }
    for (key, variables, words) in [
        ("env:KEY", &[][..], "env:KEY: the environment has no text in \"KEY\""),
        ("env:", &[], "env:: the environment has no text in \"\""),
        ("env:KEY", &[("KEY", "")], "env:KEY: neither an OpenSSH private key nor a public one"),
        ("env:KEY", &[("KEY", &locked)], "env:KEY: the environment has no text in \"KEY_PASSPHRASE\""),
        ("env:KEY", &[("KEY", &locked), ("KEY_PASSPHRASE", "sesame")], "env:KEY: the passphrase is wrong"),
    ] {
        let ended = release(&house, key, variables);
        assert!(!ended.stderr().contains(open.lines().nth(1).expect("a line")), "no secret is told");
        refused(ended, words);
    }
    assert!(!house.path("dist").exists());
}

#[test]
fn a_locked_key_needs_a_terminal() {
    let house = House::new();
    house.write("locked", locked_key());
    let ended = release(&house, "locked", &[]);
    for way in ["ssh-agent", "env:NAME"] {
        assert!(ended.stderr().contains(way), "{}", ended.stderr());
    }
    refused(ended, "locked: the key is locked with a passphrase, and there is no terminal");
    // Standard input is no place for a passphrase.
    let mut command = without_terminal(&house, &[&RELEASE[..], &["--key", "locked"]].concat());
    let mut process = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    _ = process.stdin.take().expect("its input").write_all(format!("{PASSPHRASE}\n").as_bytes());
    refused(Ended(process.wait_with_output().expect("it ends")), "no terminal");
}

/// An agent that gives these answers, one a connection, whatever it is asked.
fn agent(house: &House, answers: Vec<Vec<u8>>) -> thread::JoinHandle<Vec<Vec<u8>>> {
    _ = fs::remove_file(house.path("agent"));
    let listener = UnixListener::bind(house.path("agent")).expect("a socket");
    thread::spawn(move || {
        let exchange = |answer: Vec<u8>| {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut length = [0; 4];
            stream.read_exact(&mut length).expect("a length");
            let mut message = vec![0; u32::from_be_bytes(length) as usize];
            stream.read_exact(&mut message).expect("a message");
            _ = stream.write_all(&answer);
            message
        };
        answers.into_iter().map(exchange).collect()
    })
}

fn framed(answer: &Answer) -> Vec<u8> {
    let message = answer.to_bytes();
    [&u32::try_from(message.len()).expect("short").to_be_bytes()[..], &message].concat()
}

fn holding(keys: &[&SigningKey]) -> Vec<u8> {
    let identity = |key: &&SigningKey| Identity { key: key.verifying_key().to_wire(), comment: b"tests".to_vec() };
    framed(&Answer::Identities(keys.iter().map(identity).collect()))
}

#[test]
fn an_agent_that_does_not_do_its_part_makes_no_release() {
    let house = House::new();
    house.write("key.pub", format!("{}\n", key().verifying_key().to_openssh_line("tests")));
    let socket = house.path("agent").display().to_string();
    let holds = || holding(&[&strange_key(), &key()]);
    let wrong = framed(&Answer::Signature(strange_key().sign(b"the same bytes")));
    let rsa = b"\0\0\0\x17\x0e\0\0\0\x12\0\0\0\x07ssh-rsa\0\0\0\x03abc".to_vec();
    for (answers, words) in [
        (vec![holding(&[])], "does not hold the key SHA256:"),
        (vec![holding(&[&strange_key()])], "does not hold the key SHA256:"),
        (vec![framed(&Answer::Failure)], "does not say which keys it holds"),
        (vec![b"\0\0\0\x01\x06".to_vec()], "message 6"),
        (vec![b"\0\0\0\0".to_vec()], "malformed"),
        (vec![b"\0\0\0\x09\x0c".to_vec()], "the ssh-agent at "),
        (vec![b"\xff\xff\xff\xff\x0c".to_vec()], "an answer of 4294967295 bytes"),
        (vec![Vec::new()], "the ssh-agent at "),
        (vec![holds(), framed(&Answer::Failure)], "refuses to sign"),
        (vec![holds(), wrong], "does not hold for the key"),
        (vec![holds(), holds()], "sent keys where a signature was asked for"),
        (vec![holds(), rsa], "not one of ssh-ed25519"),
    ] {
        let agent = agent(&house, answers);
        refused(release(&house, "key.pub", &[("SSH_AUTH_SOCK", &socket)]), words);
        agent.join().expect("the agent was asked as often as it expected");
        assert_eq!(house.tree("").iter().filter(|path| path.starts_with("dist/1")).count(), 0, "{words}");
    }
    refused(release(&house, "key.pub", &[("SSH_AUTH_SOCK", "/absent")]), "the ssh-agent at /absent: No such file");
    for variables in [&[][..], &[("SSH_AUTH_SOCK", "")]] {
        refused(release(&house, "key.pub", variables), "SSH_AUTH_SOCK names none");
    }
}

#[test]
fn a_new_key_signs_and_is_never_overwritten() {
    let house = House::new();
    let made =
        Ended(without_terminal(&house, &["keygen", "new", "--no-passphrase"]).output().expect("runs")).with_code(0);
    house.write("trust", made.stdout());
    assert!(made.stdout().starts_with("new namespaces=\"affiant-release\" ssh-ed25519 AAAA"), "{}", made.stdout());
    assert!(house.text("new.pub").ends_with(" new\n"));
    let mode = fs::metadata(house.path("new")).expect("the key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    release(&house, "new", &[]).with_code(0);
    house.verify("dist/1.0.0").with_code(0);

    let before = (house.bytes("new"), house.bytes("new.pub"));
    refused(house.affiant(&["keygen", "new", "--no-passphrase"]), "new exists; a key is never overwritten");
    house.remove("new");
    refused(house.affiant(&["keygen", "new", "--no-passphrase"]), "new.pub exists; a key is never overwritten");
    assert!(!house.path("new").exists() && house.bytes("new.pub") == before.1);
    house.affiant(&["keygen", "keys/other", "--no-passphrase", "--comment", "ann@example.org"]).with_code(0);
    assert!(house.bytes("keys/other") != before.0);
}

#[test]
fn a_key_that_cannot_be_made_leaves_nothing() {
    let house = House::empty();
    let keygen = |arguments: &[&str]| {
        Ended(without_terminal(&house, &[&["keygen", "new"], arguments].concat()).output().expect("the program runs"))
    };
    refused(keygen(&[]), "--no-passphrase");
    for comment in ["", "#1", "a\"b", "a\nb"] {
        refused(keygen(&["--no-passphrase", "--comment", comment]), "say another --comment");
    }
    assert_eq!(house.tree(""), ["key", "trust"]);
}

#[test]
fn a_public_key_is_the_same_wherever_it_stands() {
    let house = House::empty();
    house.write("key.pub", format!("{}\n", key().verifying_key().to_openssh_line("tests")));
    house.write("locked", locked_key());
    let pubkey = |key: &str, form: &str| {
        let named = ["--principal", "ann", "--origin", "affiant/harbour"];
        house.affiant(&[&["pubkey", key, "--as", form], &named[..]].concat()).with_code(0)
    };
    for form in ["ssh", "allowed-signers", "minisign", "pem", "note"] {
        let expected = pubkey("key", form).stdout();
        assert_eq!(pubkey("key.pub", form).stdout(), expected);
        assert_eq!(pubkey("locked", form).stdout(), expected.replace(" tests\n", "\n"));
    }
    let trusted = house.affiant(&["pubkey", "key", "--as", "allowed-signers"]).with_code(0).stdout();
    assert!(trusted.starts_with("tests namespaces=\"affiant-release\" ssh-ed25519 "), "{trusted}");
    refused(house.affiant(&["pubkey", "locked", "--as", "allowed-signers"]), "say --principal NAME");
}
