//! What a reader remembers from one verification to the next, and what he is told of the log, its witnesses and time.

use affiant::format::note::NoteKey;
use affiant::io::Lock;
use serde_json::{Value, json};

use crate::house::{Ended, key, signer, strange_key};
use crate::spoiled::Release;
use crate::tamper::history::{cosign, witness};

/// What is remembered, below the folder of all releases.
const MEMORY: &str = "dist/state/harbour.json";

const DAY: &str = "2026-11-21";

/// The first two releases, side by side.
fn two() -> Release {
    let release = Release::new();
    release.place("1.1.0");
    release
}

/// The first three releases and their log.
fn three() -> Release {
    let release = Release::before();
    ["1.0.0", "1.1.0", "1.2.0"].iter().for_each(|version| release.cut(version, DAY, &[]));
    release
}

/// Asks about a release.
fn ask(release: &mut Release, version: &'static str, arguments: &[&str]) -> Ended {
    release.version = version;
    release.arguments = arguments.iter().map(|&word| word.to_owned()).collect();
    release.verify("json")
}

/// Asks about a release, with a memory.
fn ask_again(release: &mut Release, version: &'static str) -> Ended {
    ask(release, version, &["--state", "state"])
}

/// Asks, is refused with this code alone, and remembers what was remembered before.
fn is_refused(release: &mut Release, version: &'static str, arguments: &[&str], code: &str) {
    let before = release.house.text(MEMORY);
    let ended = ask(release, version, &[&["--state", "state"], arguments].concat()).with_code(1);
    assert_eq!(ended.codes(), [code]);
    assert_eq!(release.house.text(MEMORY), before, "{code}");
}

#[test]
fn the_first_sight_is_remembered_and_the_second_is_the_same() {
    let mut release = Release::new();
    let report = ask_again(&mut release, "1.0.0").with_code(0).json();
    assert_eq!(report["logged"]["seen_before"], Value::Null);
    let memory = release.house.json(MEMORY);
    assert_eq!(
        [&memory["dataset"], &memory["version"], &memory["seq"]],
        [&json!("harbour"), &json!("1.0.0"), &json!(1)]
    );
    let before = release.house.text(MEMORY);
    let report = ask_again(&mut release, "1.0.0").with_code(0).json();
    assert_eq!(report["logged"]["seen_before"], 1);
    assert_eq!(release.house.text(MEMORY), before);
}

#[test]
fn the_next_release_follows_without_the_log() {
    let mut release = two();
    ask_again(&mut release, "1.0.0").with_code(0);
    let report = ask_again(&mut release, "1.1.0").with_code(0).json();
    assert_eq!(report["logged"]["seen_before"], 1);
    assert_eq!(release.house.json(MEMORY)["seq"], 2);
}

#[test]
fn a_jump_needs_the_log() {
    let mut release = three();
    ask_again(&mut release, "1.0.0").with_code(0);
    release.house.rename("dist/log", "dist/log-elsewhere");
    is_refused(&mut release, "1.2.0", &[], "log-needed");
    let report = ask(&mut release, "1.2.0", &["--state", "state", "--log", "log-elsewhere"]).with_code(0).json();
    assert_eq!(report["logged"]["seen_before"], 1);
    assert_eq!(release.house.json(MEMORY)["seq"], 3);
    release.house.remove(MEMORY);
    release.house.rename("dist/log-elsewhere", "dist/log");
    ask_again(&mut release, "1.0.0").with_code(0);
    ask_again(&mut release, "1.2.0").with_code(0);
}

#[test]
fn an_older_release_is_a_rollback_unless_nothing_is_remembered() {
    let mut release = two();
    ask_again(&mut release, "1.1.0").with_code(0);
    is_refused(&mut release, "1.0.0", &[], "rollback");
    ask(&mut release, "1.0.0", &["--no-state"]).with_code(0);
    assert_eq!(release.house.json(MEMORY)["seq"], 2);
}

#[test]
fn another_release_of_the_same_number_is_a_fork() {
    let mut release = Release::new();
    ask_again(&mut release, "1.0.0").with_code(0);
    release.start_again();
    release.swap_title();
    release.cut("1.0.0", DAY, &[]);
    is_refused(&mut release, "1.0.0", &[], "fork");
}

#[test]
fn a_log_that_was_rewritten_is_a_fork() {
    let mut release = three();
    ask_again(&mut release, "1.0.0").with_code(0);
    for folder in ["1.0.0", "1.1.0", "1.2.0", "log"] {
        release.house.remove_folder(&format!("dist/{folder}"));
    }
    release.swap_title();
    ["1.0.0", "1.1.0", "1.2.0"].iter().for_each(|version| release.cut(version, DAY, &[]));
    is_refused(&mut release, "1.1.0", &[], "fork");
    is_refused(&mut release, "1.2.0", &[], "fork");
}

#[test]
fn what_is_refused_or_stale_is_not_remembered() {
    let mut release = two();
    release.version = "1.1.0";
    release.write("notes.txt", "");
    ask_again(&mut release, "1.1.0").with_code(1);
    assert!(!release.house.path(MEMORY).exists());
    ask_again(&mut release, "1.0.0").with_code(0);
    is_refused(&mut release, "1.1.0", &[], "tag-file-extra");

    let mut release = Release::before();
    release.cut("1.0.0", DAY, &["--fresh-until", "2026-12-31"]);
    let late = ["--state", "state", "--at", "2027-01-01"];
    ask(&mut release, "1.0.0", &late).with_code(1);
    assert!(!release.house.path(MEMORY).exists());
    ask(&mut release, "1.0.0", &[&late[..], &["--allow-stale"]].concat()).with_code(0);
    assert_eq!(release.house.json(MEMORY)["seq"], 1);
}

#[test]
fn a_part_is_not_remembered() {
    let mut release = Release::new();
    let report = ask(&mut release, "1.0.0", &["--state", "state", "--only", "claim"]).with_code(0).json();
    assert_eq!(report["verdict"], "verified in part");
    assert!(!release.house.path(MEMORY).exists());
}

#[test]
fn a_broken_memory_is_no_memory_and_nothing_is_verified() {
    let mut release = Release::new();
    ask_again(&mut release, "1.0.0").with_code(0);
    let good = release.house.text(MEMORY);
    for broken in [
        String::new(),
        "{}\n".to_owned(),
        good.replace("affiant-seen-1", "affiant-seen-2"),
        good.replace("harbour", "pier"),
        good.replace("\"seq\":1", "\"seq\":-1"),
        good.replacen('{', "{\"more\":1,", 1),
        good[..good.len() / 2].to_owned(),
        good.clone() + "x",
    ] {
        release.house.write(MEMORY, &broken);
        let ended = ask_again(&mut release, "1.0.0").with_code(2);
        assert_eq!(ended.stdout(), "", "{broken}");
        assert!(ended.stderr().contains("nothing was verified"), "{}", ended.stderr());
        assert_eq!(release.house.text(MEMORY), broken);
    }
}

#[test]
fn memory_is_kept_where_the_system_keeps_such_things() {
    let release = Release::new();
    for (variable, place) in [("HOME", ".local/state/affiant"), ("XDG_STATE_HOME", "affiant")] {
        let home = release.house.path(variable);
        let mut command = release.house.command(&["verify", "dist/1.0.0", "--trust", "trust"]);
        Ended(command.env(variable, &home).output().expect("the program runs")).with_code(0);
        assert!(home.join(place).join("harbour.json").exists(), "{variable}");
    }
}

#[test]
fn a_term_ends_with_its_last_day() {
    let mut release = Release::before();
    release.cut("1.0.0", DAY, &["--fresh-until", "2026-12-31"]);
    for (at, exit, is) in [
        ("2026-11-21", 0, "fresh"),
        ("2026-12-31", 0, "fresh"),
        ("2026-12-31T23:59:59Z", 0, "fresh"),
        ("2027-01-01T00:00:00Z", 1, "stale"),
        ("2030-01-01", 1, "stale"),
    ] {
        let report = ask(&mut release, "1.0.0", &["--at", at]).with_code(exit).json();
        assert_eq!(report["fresh"], json!({ "is": is, "until": "2026-12-31" }), "{at}");
        assert_eq!(report["verdict"], if exit == 0 { "verified" } else { "stale" }, "{at}");
        let words = release.verify("text").with_code(exit).stdout();
        assert_eq!(words.ends_with("verified\n"), exit == 0, "{words}");
        ask(&mut release, "1.0.0", &["--at", at, "--allow-stale"]).with_code(0);
    }
}

#[test]
fn a_witness_counts_once_and_only_for_what_he_signed() {
    let other = NoteKey::witness("witness.example/one", key().verifying_key()).expect("a name").to_string();
    let good = witness();
    let mut release = Release::new();
    is_missing(&mut release, &["--witness", &good, "--witnesses", "1"]);
    cosign(&release, str::to_owned);
    let report = ask(&mut release, "1.0.0", &["--witness", &good, "--witnesses", "1"]).with_code(0).json();
    assert_eq!(report["logged"]["witnesses"], json!([{ "name": "witness.example/one", "time": 1_795_000_000 }]));
    is_missing(&mut release, &["--witnesses", "1"]);
    is_missing(&mut release, &["--witness", &other, "--witnesses", "1"]);
    is_missing(&mut release, &["--witness", &good, "--witness", &other, "--witnesses", "2"]);
    is_missing(&mut release, &["--witness", &good, "--witness", &good, "--witnesses", "2"]);
}

fn is_missing(release: &mut Release, arguments: &[&str]) {
    let codes = ask(release, "1.0.0", arguments).with_code(1).codes();
    assert_eq!(codes, ["witnesses-missing"], "{arguments:?}");
}

#[test]
fn a_part_is_held_against_its_digests() {
    let mut release = Release::new();
    release.remove("data/sources.jsonl");
    ask(&mut release, "1.0.0", &[]).with_code(1);
    let report = ask(&mut release, "1.0.0", &["--only", "claim,event"]).with_code(0).json();
    assert_eq!(report["records"], json!(["claim", "event"]));
    assert_eq!(report["not_checked"], json!(["data/sources.jsonl"]));
    assert_eq!(ask(&mut release, "1.0.0", &["--only", "source"]).with_code(1).codes(), ["payload-missing"]);
    release.swap("data/events.jsonl", "Strike", "strike");
    for kind in ["claim", "event"] {
        assert_eq!(ask(&mut release, "1.0.0", &["--only", kind]).with_code(1).codes(), ["payload-changed"], "{kind}");
    }
}

#[test]
fn a_second_maintainer_makes_the_threshold() {
    let mut release = Release::before();
    release.ask_for_signers(2);
    release.cut("1.0.0", DAY, &[]);
    let trust = format!("{}\n{}\n", signer("", &key()), signer("", &strange_key()));
    release.house.write("dist/trust", trust);
    assert_eq!(ask(&mut release, "1.0.0", &[]).with_code(1).codes(), ["threshold-not-met"]);
    release.cosign(8);
    let report = ask(&mut release, "1.0.0", &[]).with_code(0).json();
    assert_eq!(report["authentic"]["signers"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["authentic"]["threshold"], 2);
    // The log has seen one release, whoever signed it.
    release.cut("1.1.0", DAY, &[]);
}

#[test]
fn a_co_signer_whom_the_reader_does_not_know_is_named_and_not_counted() {
    let mut release = Release::new();
    release.cosign(8);
    let report = ask(&mut release, "1.0.0", &[]).with_code(0).json();
    assert_eq!(report["authentic"]["signers"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["authentic"]["not_counted"][0]["key"], json!(strange_key().verifying_key().fingerprint()));
    assert_eq!(ask(&mut release, "1.0.0", &["--threshold", "2"]).with_code(1).codes(), ["threshold-not-met"]);
}

#[test]
fn nobody_signs_twice_nor_what_does_not_verify() {
    let release = Release::new();
    let sign = |key: &str| {
        let arguments = ["sign", "dist/1.0.0", "--key", key, "--trust", "trust"];
        let before = release.house.files("dist");
        let ended = release.house.affiant(&arguments);
        assert!(release.house.files("dist") == before, "{}", ended.stderr());
        ended
    };
    sign("key").with_code(2);
    let lock = Lock::take(&release.house.path("dist")).expect("the first writer");
    let ended = sign("key").with_code(2);
    assert!(ended.stderr().contains("another affiant is writing here"), "{}", ended.stderr());
    drop(lock);
    release.cosign(8);
    sign("other-key").with_code(2);
    release.swap("data/claims.jsonl", "three workers", "four workers");
    let ended = sign("other-key").with_code(1);
    assert!(ended.stdout().contains("payload-changed"), "{}", ended.stdout());
}
