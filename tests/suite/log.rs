//! What `affiant log` lists, and what it refuses.

use affiant::finding::{Code, Group, Severity};
use affiant::format::allowed_signers::AllowedSigners;
use affiant::format::ed25519::SigningKey;
use affiant::format::keyring::{Keyring, KeyringTerms, SignedKeyring};
use affiant::format::note::{self, Note, NoteKey};
use affiant::format::{checkpoint, layout};
use affiant::io::DiskFolder;
use affiant::stage::log::{self, Log, Request};
use serde_json::{Value, json};

use crate::house::{Ended, House, key, signer, strange_key};

const CHECKPOINT: &str = "dist/log/checkpoint";
const ORIGIN: &str = "affiant/harbour";
const WITNESS: &str = "witness.example/w1";
const TIME: u64 = 1_795_219_200;

fn witness() -> SigningKey {
    SigningKey::from_seed(&[9; 32])
}

fn vkey(name: &str, key: &SigningKey) -> String {
    NoteKey::witness(name, key.verifying_key()).expect("a name").to_string()
}

/// Two releases of the harbour and their log, which a witness has seen.
struct Logged(House);

impl Logged {
    fn new() -> Self {
        let house = House::new();
        for version in ["1.0.0", "1.1.0"] {
            house.release(version).with_code(0);
        }
        let logged = Self(house);
        logged.cosign(WITNESS, &witness());
        logged
    }

    fn log(&self) -> Log {
        let outcome = log::read(&self.folder()).expect("readable");
        outcome.value.expect("a log").into_log()
    }

    fn folder(&self) -> DiskFolder {
        DiskFolder::open(self.0.path("dist/log")).expect("a folder")
    }

    fn checkpoint(&self) -> Note {
        Note::parse(self.0.bytes(CHECKPOINT)).expect("a note")
    }

    fn edit(&self, file: &str, edit: impl FnOnce(String) -> String) {
        self.0.write(file, edit(self.0.text(file)));
    }

    fn cosign(&self, name: &str, key: &SigningKey) {
        let mut note = self.checkpoint();
        note.add(note::cosign(key, name, TIME, note.text()).expect("signs")).expect("room");
        self.0.write(CHECKPOINT, note.to_string());
    }

    /// Writes a log in the place of this one, signed and witnessed.
    fn replace(&self, log: &Log, key: &SigningKey) {
        std::fs::remove_dir_all(self.0.path("dist/log")).expect("no log");
        for (path, bytes) in log.files() {
            self.0.write(&format!("dist/log/{path}"), bytes);
        }
        let note = log.checkpoint(log.size()).expect("its own size").sign(key).expect("signs");
        self.0.write(CHECKPOINT, note.to_string());
        self.cosign(WITNESS, &witness());
    }

    /// Gives release 1.1.0 a proof from another log, in which its entry has the same place.
    fn prove_elsewhere(&self, first: &[u8], key: &SigningKey) {
        let entries = [first.to_vec(), self.log().entries()[1].clone()];
        let other = Log::from_entries(ORIGIN, entries).expect("short entries");
        let note = other.checkpoint(2).expect("its own size").sign(key).expect("signs");
        let proof = other.prove(1, note).expect("in the log");
        self.0.write("dist/1.1.0/release.tlog-proof", proof.to_string());
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.0.affiant(&[&["log", "dist/log", "--trust", "trust", "--format", "json"], arguments].concat())
    }

    /// The log, read by somebody who asks for the witness.
    fn audit(&self) -> Ended {
        self.run(&["--witness", &vkey(WITNESS, &witness()), "--witnesses", "1"])
    }
}

/// What was done to the log or to what lies beside it, and what must be said first: the code, and the file it names.
type Case = (Code, &'static str, fn(&Logged));

const FILES: &[Case] = &[
    (Code::LogMalformed, "log/notes.txt", |l| l.0.write("dist/log/notes.txt", "")),
    (Code::LogMalformed, "log/tile/0/001.p/999", |l| l.0.write("dist/log/tile/0/001.p/999", "")),
    (Code::LogMalformed, "log/tile/0/001", |l| l.0.write("dist/log/tile/0/001", [0; 8192])),
    (Code::LogMalformed, "log/tile/1/000.p/1", |l| l.0.write("dist/log/tile/1/000.p/1", [0; 32])),
    (Code::LogMalformed, "log/tile/link", |l| {
        std::os::unix::fs::symlink("../checkpoint", l.0.path("dist/log/tile/link")).expect("a link");
    }),
    (Code::LogMalformed, "log/checkpoint", |l| l.edit(CHECKPOINT, |text| text + "\n")),
    (Code::LogMalformed, "log/checkpoint", |l| l.edit(CHECKPOINT, |text| text.replace('\n', "\r\n"))),
    (Code::LogMalformed, "log/checkpoint", |l| l.edit(CHECKPOINT, |text| text.replacen("\n2\n", "\n02\n", 1))),
    (Code::LogMalformed, "log/checkpoint", |l| l.edit(CHECKPOINT, |text| text.replacen("\n\n", "\nmore\n\n", 1))),
    (Code::LogMalformed, "log/checkpoint", |l| {
        let lines = (0..15).map(|n| note::cosign(&witness(), &format!("w{n}"), TIME, "").expect("signs").to_string());
        l.edit(CHECKPOINT, |text| text + &lines.collect::<String>());
    }),
    (Code::LogMalformed, "log/tile/entries/000.p/2", |l| l.0.write("dist/log/tile/entries/000.p/2", "\0\x01a")),
    (Code::LogFileMissing, "log/checkpoint", |l| l.0.remove(CHECKPOINT)),
    (Code::LogFileMissing, "log/tile/0/000.p/2", |l| l.0.remove("dist/log/tile/0/000.p/2")),
    (Code::LogFileMissing, "log/tile/entries/000.p/2", |l| l.0.remove("dist/log/tile/entries/000.p/2")),
    (Code::LogFileMissing, "log/tile/entries/000.p/3", |l| {
        l.edit(CHECKPOINT, |text| text.replacen("\n2\n", "\n3\n", 1));
    }),
    (Code::LogUnfinished, "log/tile/0/000.p/3", |l| l.0.write("dist/log/tile/0/000.p/3", [0; 96])),
    (Code::LogUnfinished, "log/tile/0/.tmpx", |l| l.0.write("dist/log/tile/0/.tmpx", "")),
    (Code::LogTileMismatch, "log/tile/0/000.p/2", |l| l.0.write("dist/log/tile/0/000.p/2", [0; 64])),
    (Code::LogTileMismatch, "log/tile/0/000.p/1", |l| l.0.write("dist/log/tile/0/000.p/1", [0; 32])),
    (Code::LogTileMismatch, "log/tile/entries/000.p/1", |l| l.0.write("dist/log/tile/entries/000.p/1", "\0\0")),
];

const SIGNATURES: &[Case] = &[
    (Code::LogRootMismatch, "log/checkpoint", |l| {
        let other = Log::from_entries(ORIGIN, [vec![1], vec![2]]).expect("short entries");
        let said = other.checkpoint(2).expect("its own size");
        l.0.write(CHECKPOINT, said.sign(&key()).expect("signs").to_string());
    }),
    (Code::LogSignatureInvalid, "log/checkpoint", |l| l.replace(&l.log(), &strange_key())),
    (Code::LogSignatureInvalid, "log/checkpoint", |l| {
        // The right key under another name, which is another key.
        let note = Note::sign(&key(), "affiant/port", l.checkpoint().text()).expect("signs");
        l.0.write(CHECKPOINT, note.to_string());
        l.cosign(WITNESS, &witness());
    }),
    (Code::LogSignatureInvalid, "log/checkpoint", |l| {
        let log = NoteKey::log(ORIGIN, key().verifying_key()).expect("a name");
        let stolen = Note::sign(&key(), ORIGIN, "affiant/harbour\n1\n").expect("signs").to_string();
        assert_eq!(l.checkpoint().verify(&log), Ok(()));
        let (_, line) = stolen.rsplit_once("\n\n").expect("a signature");
        l.0.write(CHECKPOINT, format!("{}\n{line}", l.checkpoint().text()));
        l.cosign(WITNESS, &witness());
    }),
    (Code::LogSignatureInvalid, "log/checkpoint", |l| {
        // A cosignature for another checkpoint of the same log.
        let first = l.log().checkpoint(1).expect("a state").to_string();
        let mut note = l.log().checkpoint(2).expect("a state").sign(&key()).expect("signs");
        note.add(note::cosign(&witness(), WITNESS, TIME, &first).expect("signs")).expect("room");
        l.0.write(CHECKPOINT, note.to_string());
    }),
    (Code::WitnessesMissing, "log/checkpoint", |l| {
        let note = l.log().checkpoint(2).expect("a state").sign(&key()).expect("signs");
        l.0.write(CHECKPOINT, note.to_string());
    }),
    (Code::WitnessesMissing, "log/checkpoint", |l| {
        l.replace(&l.log(), &key());
        l.edit(CHECKPOINT, |text| text.replacen("/w1", "/w2", 1));
    }),
];

const RELEASES: &[Case] = &[
    (Code::LogEntryMismatch, "1.0.0/tagmanifest-sha256.txt", |l| {
        l.edit("dist/1.0.0/tagmanifest-sha256.txt", |text| text.replacen('1', "2", 1));
    }),
    (Code::LogEntryMismatch, "1.0.0/tagmanifest-sha256.txt", |l| {
        l.0.write("dist/1.0.0/tagmanifest-sha256.txt", l.0.bytes("dist/1.1.0/tagmanifest-sha256.txt"));
    }),
    (Code::LogEntryMismatch, "1.0.0/tagmanifest-sha256.txt", |l| {
        l.edit("dist/1.0.0/release.json", |text| text.replacen("2026", "2027", 1));
    }),
    (Code::LogEntryMismatch, "1.0.0/tagmanifest-sha256.txt", |l| l.0.remove("dist/1.0.0/tagmanifest-sha256.txt")),
    (Code::LogEntryMismatch, "1.1.0/tagmanifest-sha256.txt", |l| {
        // The newest release is taken back.
        let older = Log::from_entries(ORIGIN, l.log().entries()[..1].to_vec()).expect("short entries");
        l.replace(&older, &key());
    }),
    (Code::LogEntryMismatch, "1.0.0/tagmanifest-sha256.txt", |l| {
        // History is rewritten by the very key that wrote it.
        let entries = [b"another release\n".to_vec(), l.log().entries()[1].clone()];
        l.replace(&Log::from_entries(ORIGIN, entries).expect("short entries"), &key());
    }),
    (Code::LogEntryMismatch, "1.0.0/tagmanifest-sha256.txt", |l| {
        let entries = l.log().entries().to_vec();
        l.replace(&Log::from_entries("affiant/port", entries).expect("short entries"), &key());
    }),
    (Code::LogProofMismatch, "1.0.0/release.tlog-proof", |l| l.0.remove("dist/1.0.0/release.tlog-proof")),
    (Code::LogProofMismatch, "1.0.0/release.tlog-proof", |l| {
        l.0.write("dist/1.0.0/release.tlog-proof", l.0.bytes("dist/1.1.0/release.tlog-proof"));
    }),
    (Code::LogProofMismatch, "1.0.0/release.tlog-proof", |l| {
        l.edit("dist/1.0.0/release.tlog-proof", |text| text.replacen("index", "extra AAAA\nindex", 1));
    }),
    (Code::LogProofMismatch, "1.1.0/release.tlog-proof", |l| l.prove_elsewhere(b"another release\n", &key())),
    (Code::LogProofMismatch, "1.1.0/release.tlog-proof", |l| {
        l.prove_elsewhere(&l.log().entries()[0], &strange_key());
    }),
];

fn cases() -> impl Iterator<Item = Case> {
    [FILES, SIGNATURES, RELEASES].into_iter().flatten().copied()
}

/// What differs from what the case asks for, if anything.
fn fault((code, file, spoil): Case) -> Option<String> {
    let logged = Logged::new();
    spoil(&logged);
    let ended = logged.audit();
    let report = ended.json();
    let first = &report["findings"][0];
    let is_error = code.severity() == Severity::Error;
    let verdict = if is_error { "refused" } else { "verified" };
    let expected = json!([i32::from(is_error), verdict, code.name(), format!("dist/{file}")]);
    let said = json!([ended.code(), report["verdict"], first["code"], first["file"]]);
    let words = logged.0.affiant(&["log", "dist/log", "--trust", "trust"]);
    let calm = words.code() == 0 || !words.stdout().contains("verified");
    (said != expected || !calm).then(|| format!("expected {expected}\n{}{}", ended.stdout(), words.stdout()))
}

#[test]
fn each_change_is_refused_for_its_reason() {
    let faults: Vec<String> = cases().filter_map(fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_code_of_the_log_has_a_case() {
    for code in Code::ALL.iter().filter(|code| code.group() == Group::Log) {
        assert!(cases().any(|(of, _, _)| of == *code), "{code} has no case");
    }
}

#[test]
fn a_log_lists_its_releases_and_what_is_known_of_them() {
    let logged = Logged::new();
    let report = logged.audit().with_code(0).json();
    let release = |version: &str, size: u64| json!({ "version": version, "date": "2026-11-21", "proved_at": size });
    let of_entries: Vec<&Value> =
        report["entries"].as_array().expect("entries").iter().map(|e| &e["release"]).collect();
    assert_eq!(of_entries, [&release("1.0.0", 1), &release("1.1.0", 2)]);
    assert_eq!(report["witnesses"], json!([{ "witness": WITNESS, "time": TIME }]));
    assert_eq!(report["authentic"]["date"], "2026-11-21");
    assert_eq!(report["authentic"]["signer"]["key"], json!(key().verifying_key().fingerprint()));

    // A release that is elsewhere is not checked, and nothing is claimed about it.
    logged.0.rename("dist/1.1.0", "1.1.0");
    let report = logged.run(&[]).with_code(0).json();
    assert_eq!(report["entries"][0]["release"], release("1.0.0", 1));
    assert_eq!(report["entries"][1]["release"], Value::Null);
    let report = logged.run(&["--releases", "texts"]).with_code(0).json();
    assert_eq!(
        report["authentic"],
        json!({ "date": null, "signer": { "key": key().verifying_key().fingerprint(), "principal": null } })
    );
}

#[test]
fn a_key_signs_the_log_only_as_long_as_it_is_valid() {
    let logged = Logged::new();
    for (options, code) in [
        ("namespaces=\"affiant-release\",valid-before=\"20261121235959Z\"", 0),
        ("valid-before=\"20261120235959Z\"", 1),
        ("valid-after=\"20261122Z\"", 1),
        ("namespaces=\"git\"", 1),
    ] {
        logged.0.write("trust", signer(options, &key()));
        logged.audit().with_code(code);
    }
    logged.0.write("trust", signer("", &strange_key()));
    assert_eq!(logged.audit().with_code(1).codes().last().map(String::as_str), Some("log-signature-invalid"));
    logged.0.affiant(&["log", "dist/log"]).with_code(2);
    logged.0.affiant(&["log", "dist/no-log", "--trust", "trust"]).with_code(2);
}

#[test]
fn a_keyring_answers_for_the_log_of_its_dataset_alone() {
    let logged = Logged::new();
    for (dataset, code) in [("harbour", 0), ("port", 1)] {
        let terms = KeyringTerms {
            dataset: dataset.parse().expect("an id"),
            date: "2026-11-21".parse().expect("a day"),
            previous: None,
            signers: format!("{}\n", signer("namespaces=\"affiant-release\"", &key()).trim_end()),
            threshold: 1,
            version: 1,
        };
        let keyring = Keyring::new(terms).expect("a keyring");
        let signed = SignedKeyring::sign(keyring, &key()).expect("signs");
        logged.0.write("trust", signed.to_bytes());
        let codes = logged.audit().with_code(code).codes();
        assert_eq!(codes, if code == 0 { vec![] } else { vec!["keyring-disagrees"] });
    }
}

#[test]
fn a_witness_counts_once_and_the_log_never_for_itself() {
    let logged = Logged::new();
    logged.cosign("witness.example/w2", &witness());
    logged.cosign("witness.example/self", &key());
    let proof = logged.log().prove(1, logged.checkpoint()).expect("in the log");
    logged.0.write("dist/1.1.0/release.tlog-proof", proof.to_string());
    let (one, two) = (vkey(WITNESS, &witness()), vkey("witness.example/w2", &witness()));
    let itself = vkey("witness.example/self", &key());
    for (witnesses, needed, code) in [
        (vec![&one], "1", 0),
        (vec![&one, &one], "2", 1),
        (vec![&one, &two], "2", 1),
        (vec![&itself], "1", 1),
        (vec![&one, &itself], "2", 1),
    ] {
        let named = witnesses.iter().flat_map(|vkey| ["--witness", vkey.as_str()]);
        let arguments: Vec<&str> = named.chain(["--witnesses", needed]).collect();
        logged.run(&arguments).with_code(code);
        let verify = ["verify", "dist/1.1.0", "--trust", "trust", "--no-state"];
        logged.0.affiant(&[&verify[..], &arguments].concat()).with_code(code);
    }
    let log = NoteKey::log(ORIGIN, key().verifying_key()).expect("a name").to_string();
    logged.run(&["--witness", &log]).with_code(2);
}

#[test]
fn every_byte_of_a_log_counts() {
    let logged = Logged::new();
    let signers = AllowedSigners::parse(&logged.0.text("trust")).expect("a trust file");
    let witnesses = [NoteKey::witness(WITNESS, witness().verifying_key()).expect("a name")];
    let releases = ["1.0.0", "1.1.0"].map(|name| DiskFolder::open(logged.0.path(&format!("dist/{name}"))).expect("it"));
    let releases = releases.each_ref().map(|release| release as &dyn affiant::stage::folder::Folder);
    let folder = logged.folder();
    let is_good = || {
        let request = Request {
            folder: &folder,
            signers: &signers,
            dataset: None,
            witnesses: &witnesses,
            witnesses_needed: 1,
            releases: &releases,
        };
        log::audit(request).expect("readable").value.is_some()
    };
    assert!(is_good());
    let files = logged.0.files("dist/log").into_iter().map(|(path, bytes)| (format!("dist/log/{path}"), bytes));
    let proof = format!("dist/1.0.0/{}", layout::TLOG_PROOF);
    let files: Vec<_> = files.chain([(proof.clone(), logged.0.bytes(&proof))]).collect();
    assert!(files.iter().any(|(path, _)| path.ends_with(checkpoint::PATH)) && files.len() == 6);
    for (path, bytes) in files {
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            logged.0.write(&path, changed);
            assert!(!is_good(), "{path}, byte {at}");
        }
        logged.0.write(&path, bytes);
    }
    assert!(is_good());
}
