//! Cutting releases: the same bytes every time, whole or not at all, each behind the one before it.

use std::path::Path;

use affiant::finding::Code;
use affiant::format::allowed_signers::AllowedSigners;
use affiant::format::{canonical, layout};
use affiant::io::{self, DiskFolder, Lock, NewDiskFolder, Scratchpad};
use affiant::model::digest::Digest;
use affiant::stage::assemble::{self, Terms};
use affiant::stage::check::{self, Spelling};
use affiant::stage::folder::Silent;
use affiant::stage::log::{self, Log};
use affiant::stage::seal;
use affiant::stage::shelf::Copies;
use affiant::stage::verify::{self, Extent, History, TrustedSigners};
use serde_json::{Value, json};

use crate::house::{Ended, House, PROJECT, key, signer};

/// Fills the dataset with claims: more than one batch of them, in several files, in no order of ids.
fn fill(house: &House) -> usize {
    let claims = house.text("dataset/claims.jsonl");
    let template = claims.lines().next().expect("a claim");
    for (file, numbers) in [("b", 1..1500_u32), ("a", 1500..3000), ("c", 3000..4500)] {
        let claim = |n: u32| {
            let id = n.wrapping_mul(2_654_435_761) % 100_000_000;
            let note = format!("\"note\":\"{}\",\"by\":", "n".repeat(600));
            template.replace("pf-0001", &format!("n-{id}-{n}")).replace("\"by\":", &note) + "\n"
        };
        house.write(&format!("dataset/claims/{file}.jsonl"), numbers.map(claim).collect::<String>());
    }
    claims.lines().count() + 4499
}

/// The command could not be done: the exit code is 2, the reason is told, and nothing is printed as a result.
fn refused(ended: Ended, reason: &str) {
    let ended = ended.with_code(2);
    assert_eq!(ended.stdout(), "");
    assert!(ended.stderr().contains(reason), "{}", ended.stderr());
}

#[test]
fn the_same_dataset_date_and_key_give_the_same_bytes() {
    let [one, other] = [House::new(), House::new()].map(|house| {
        house.release("1.0.0").with_code(0);
        house.files("dist")
    });
    assert!(one == other);
    assert_eq!(one.len(), 32, "{:?}", one.iter().map(|(path, _)| path).collect::<Vec<_>>());
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let house = House::new();
    let count = fill(&house);
    let with = |threads: &str, arguments: &[&str]| house.affiant(&[&["--threads", threads][..], arguments].concat());
    let release = |threads: &str| {
        let out = format!("dist-{threads}");
        let arguments = ["release", "dataset", "--texts", "texts", "--version", "1.0.0", "--date", "2026-11-21"];
        with(threads, &[&arguments[..], &["--key", "key", "--out", &out]].concat()).with_code(0);
        house.files(&out)
    };
    let one = release("1");
    let claims = house.text("dist-1/1.0.0/data/claims.jsonl");
    assert!(claims.len() > 3 << 20 && claims.lines().count() == count);
    assert!(release("2") == one && release("8") == one);

    for file in ["a", "b", "c"] {
        let text = house.text(&format!("dataset/claims/{file}.jsonl"));
        house.write(
            &format!("dataset/claims/{file}.jsonl"),
            text.replace("7\",\"event\":\"pier", "7\",\"event\":\"pie"),
        );
    }
    for format in ["text", "json", "jsonl"] {
        let check = |threads: &str| {
            let arguments = ["check", "dataset", "--max-findings", "0", "--format", format];
            with(threads, &arguments).with_code(1).stdout()
        };
        let one = check("1");
        assert_eq!(one.matches("no event pie-fire").count(), 450, "{format}");
        assert!(check("2") == one && check("8") == one, "{format}");
    }
}

#[test]
fn records_of_many_files_come_out_canonical_and_sorted() {
    let house = House::new();
    let count = fill(&house);
    house.release("1.0.0").with_code(0);
    let lines = |file: &str| -> Vec<String> {
        house.text(&format!("dist/1.0.0/data/{file}.jsonl")).lines().map(str::to_owned).collect()
    };
    for file in ["agents", "events", "sources", "claims"] {
        let records: Vec<Value> =
            lines(file).iter().map(|line| serde_json::from_str(line).expect("a record")).collect();
        let ids: Vec<&str> = records.iter().map(|record| record["id"].as_str().expect("an id")).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{file}");
        let spelled: Vec<String> =
            records.iter().map(|record| String::from_utf8(canonical::to_vec(record)).expect("UTF-8")).collect();
        assert!(lines(file) == spelled, "{file}");
    }
    assert_eq!(lines("claims").len(), count);
    let counts = &house.json("dist/1.0.0/release.json")["records"];
    assert_eq!(counts["claim"]["count"], json!(count));
    house.verify("dist/1.0.0").with_code(0);
}

/// The same value in the longest spelling: members backwards, every character escaped, every number a fraction.
fn respelled(value: &Value) -> String {
    let string = |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect::<String>();
    match value {
        Value::Number(number) => format!("{number}.0e+00"),
        Value::String(text) => format!("\"{}\"", string(text)),
        Value::Array(items) => format!("[ {} ]", items.iter().map(respelled).collect::<Vec<_>>().join(" , ")),
        Value::Object(members) => {
            let member = |(name, member): (&String, &Value)| format!("\"{}\" : {}", string(name), respelled(member));
            format!("{{ {} }}", members.iter().map(member).rev().collect::<Vec<_>>().join("\t,\t"))
        }
        Value::Null | Value::Bool(_) => value.to_string(),
    }
}

#[test]
fn however_records_are_spelled_the_release_is_the_same_and_verifies() {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    let released = house.files("dist");
    for file in ["agents.jsonl", "events.jsonl", "sources.jsonl", "claims.jsonl", "dataset.json"] {
        let file = format!("dataset/{file}");
        let text = house.text(&file);
        let lines: Vec<&str> = if file.ends_with(".jsonl") { text.lines().rev().collect() } else { vec![&text] };
        let respelled = lines.into_iter().map(|line| respelled(&serde_json::from_str(line).expect("JSON")) + "\n");
        house.write(&file, respelled.collect::<String>());
    }
    house.remove_folder("dist");
    house.release("1.0.0").with_code(0);
    assert!(house.files("dist") == released);
    house.verify("dist/1.0.0").with_code(0);
}

/// What the maker is told of a draft in which somebody meddles before it appears.
fn found_in_draft(house: &House, meddle: impl FnOnce(&Path)) -> Vec<Code> {
    let open = |path: &str| DiskFolder::open(house.path(path)).expect("a folder");
    let (dataset, texts, dist) = (open("dataset"), open("texts"), house.path("dist"));
    let lock = Lock::take(&dist).expect("the only writer");
    let out = NewDiskFolder::begin(&lock, &dist, "1.0.0").expect("a new folder");
    let copies = Some(Copies::open(&texts).expect("copies"));
    let request =
        check::Request { folder: &dataset, copies, spelling: Spelling::Free, scratch: &Scratchpad, progress: &Silent };
    let gathered = assemble::gather(request, &out).expect("readable").value.expect("no error");
    let origin = log::origin(&gathered.checked().rulebook().dataset().id);
    let version = "1.0.0".parse().expect("a version");
    let date = "2026-11-21".parse().expect("a day");
    let terms = Terms { version, seq: 1, date, fresh_until: None, previous: None };
    let payload = gathered.payload(&dataset, &Silent).expect("written");
    let release = payload.finish(terms).expect("written");
    let mut log = Log::new(origin);
    let signed = seal::seal(release, &key(), &mut log, &out).expect("sealed");
    meddle(&dist.join(".1.0.0.draft"));
    let draft = out.so_far().expect("a folder");
    let signers = AllowedSigners::parse(&signer("", &key())).expect("a trust file");
    let request = verify::Request {
        folder: &draft,
        folder_name: Some("1.0.0"),
        trust: TrustedSigners { signers: &signers, threshold: None, keyring: None },
        history: History::default(),
        previous: None,
        extent: Extent::Whole,
        copies: None,
        scratch: &Scratchpad,
        progress: &Silent,
    };
    let findings = verify::verify_draft(request, &signed).expect("readable");
    findings.kept().iter().map(|finding| finding.code).collect()
}

#[test]
fn a_draft_is_read_back_before_it_appears() {
    let house = House::new();
    assert_eq!(found_in_draft(&house, |_| ()), []);
    for (path, code) in [
        ("data/claims.jsonl", Code::PayloadChanged),
        ("data/texts/more.1.txt", Code::PayloadExtra),
        ("release.json", Code::TagFileChanged),
        ("manifest-sha256.txt", Code::TagFileChanged),
        ("tagmanifest-sha256.txt", Code::SignatureInvalid),
        ("tagmanifest-sha256.txt.sig", Code::SignatureMalformed),
        ("notes.txt", Code::TagFileExtra),
    ] {
        let append = |draft: &Path| {
            let mut bytes = std::fs::read(draft.join(path)).unwrap_or_default();
            bytes.push(b'x');
            std::fs::write(draft.join(path), bytes).expect("written");
        };
        assert!(found_in_draft(&house, append).contains(&code), "{path}");
    }
}

#[test]
fn a_release_is_never_overwritten() {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    let before = house.files("dist");
    house.swap("dataset/events.jsonl", "Strike at the docks", "Strike");
    refused(house.release("1.0.0"), "never overwritten");
    assert!(house.files("dist") == before);
}

#[test]
fn a_second_writer_is_kept_out() {
    let house = House::new();
    let lock = Lock::take(&house.path("dist")).expect("the first writer");
    refused(house.release("1.0.0"), "another affiant is writing here");
    drop(lock);
    house.release("1.0.0").with_code(0);
}

#[test]
fn a_failing_check_leaves_nothing_behind() {
    let house = House::new();
    house.swap("dataset/claims.jsonl", "[41,71]", "[42,72]");
    assert_eq!(house.release("1.0.0").with_code(1).codes(), ["quote-not-found"]);
    assert_eq!(house.tree("dist"), [""; 0]);
}

#[test]
fn two_captures_of_one_number_are_a_finding_and_not_two_files_of_one_name() {
    let house = House::new();
    let included = |source: &Value| source["rights"]["text"] == "included";
    let sources = house.text("dataset/sources.jsonl");
    let (line, mut source) = sources
        .lines()
        .map(|line| (line, serde_json::from_str::<Value>(line).expect("JSON")))
        .find(|(_, source)| included(source))
        .expect("a source whose text is here");
    let again = source["captures"][0].clone();
    source["captures"].as_array_mut().expect("captures").push(again);
    house.swap("dataset/sources.jsonl", line, &source.to_string());
    assert_eq!(house.release("1.0.0").with_code(1).codes(), ["capture-number"]);
    assert_eq!(house.tree("dist"), [""; 0]);
}

#[test]
fn a_draft_left_behind_does_not_verify_and_is_removed() {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    for (path, bytes) in house.files("dist/1.0.0") {
        house.write(&format!("dist/.1.1.0.draft/{path}"), bytes);
    }
    assert_eq!(house.verify("dist/.1.1.0.draft").with_code(1).codes(), ["release-info-disagrees"]);
    house.remove("dist/.1.1.0.draft/tagmanifest-sha256.txt.sig");
    assert_eq!(house.verify("dist/.1.1.0.draft").with_code(1).codes(), ["signature-missing"]);
    house.release("1.2.0").with_code(0);
    let tops: Vec<String> = house.tree("dist").into_iter().filter(|path| path.matches('/').count() == 1).collect();
    let is_whole = |path: &String| ["1.0.0/", "1.2.0/", "log/"].iter().any(|folder| path.starts_with(folder));
    assert!(tops.iter().all(is_whole), "{tops:?}");
    assert_eq!(house.json("dist/1.2.0/release.json")["seq"], 2, "a draft is no release");
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_of_the_work() {
    let house = House::new();
    let release = |out: &str| {
        let arguments = ["release", "dataset", "--version", "1.0.0", "--date", "2026-11-21", "--key", "key"];
        house.affiant(&[&arguments[..], &["--out", out]].concat())
    };
    refused(release("key"), "key");
    refused(release("key/dist"), "key");
    // Even the superuser makes no folder here.
    refused(release("/proc"), "/proc");
}

#[test]
fn releases_form_a_chain() {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    house.release("1.1.0-rc.1").with_code(0);
    house.release("1.1.0").with_code(0);
    let info = |version: &str| house.json(&format!("dist/{version}/release.json"));
    let link = |version: &str| {
        let manifest = house.bytes(&format!("dist/{version}/{}", layout::TAG_MANIFEST));
        json!({ "version": version, "tagmanifest_sha256": Digest::of(&manifest) })
    };
    assert_eq!([&info("1.0.0")["seq"], &info("1.0.0")["previous"]], [&json!(1), &Value::Null]);
    assert_eq!([&info("1.1.0-rc.1")["seq"], &info("1.1.0-rc.1")["previous"]], [&json!(2), &link("1.0.0")]);
    assert_eq!([&info("1.1.0")["seq"], &info("1.1.0")["previous"]], [&json!(3), &link("1.1.0-rc.1")]);
    for version in ["1.0.0", "1.1.0-rc.1", "1.1.0"] {
        house.verify(&format!("dist/{version}")).with_code(0);
    }
}

#[test]
fn a_release_comes_after_the_one_before() {
    let house = House::new();
    house.release("1.1.0").with_code(0);
    let before = house.files("dist");
    for version in ["1.0.9", "0.9.0", "1.1.0-rc.1"] {
        refused(house.release(version), "does not come after 1.1.0");
    }
    let at = |date: &str| house.affiant(&["release", "dataset", "--version", "1.2.0", "--key", "key", "--date", date]);
    refused(at("2026-11-20"), "lies before 2026-11-21");
    assert!(house.files("dist") == before);
    at("2026-11-21").with_code(0);
}

#[test]
fn the_day_is_given_and_never_asked_of_a_clock() {
    let house = House::new();
    let arguments = ["release", "dataset", "--version", "1.0.0", "--key", "key"];
    refused(house.affiant(&arguments), "--date YYYY-MM-DD");
    let output = house.command(&arguments).env("SOURCE_DATE_EPOCH", "1763683200").output();
    Ended(output.expect("the program runs")).with_code(0);
    assert_eq!(house.json("dist/1.0.0/release.json")["date"], "2025-11-21");
    assert!(house.text("dist/1.0.0/bag-info.txt").contains("Bagging-Date: 2025-11-21\n"));
}

#[test]
fn what_is_no_private_key_signs_nothing() {
    let house = House::new();
    house.write("public", key().verifying_key().to_openssh_line("a comment"));
    let no_key = "trust: neither an OpenSSH private key nor a public one";
    for (file, reason) in [("absent", "absent"), ("public", "SSH_AUTH_SOCK names none"), ("trust", no_key)] {
        let arguments = ["release", "dataset", "--version", "1.0.0", "--date", "2026-11-21", "--key", file];
        refused(house.affiant(&arguments), reason);
    }
    assert!(!house.path("dist").exists());
}

#[test]
fn what_was_not_checked_is_counted_and_said() {
    let house = House::new();
    let arguments = ["release", "dataset", "--version", "1.0.0", "--date", "2026-11-21", "--key", "key"];
    house.affiant(&arguments).with_code(0);
    assert_eq!(house.json("dist/1.0.0/release.json")["anchors"], json!({ "checked": 5, "not_checked": 4 }));
    assert_eq!(house.verify("dist/1.0.0").with_code(0).json()["anchors"], json!({ "checked": 9, "not_checked": 0 }));
    let words = house.affiant(&["verify", "dist/1.0.0", "--trust", "trust"]).with_code(0).stdout();
    assert!(words.contains("4 not checked"), "{words}");
    assert!(!house.tree("dist").iter().any(|path| path.contains("gazette-1999")), "a withheld text stays back");
}

#[test]
fn every_release_of_the_project_still_verifies() {
    let dist = Path::new(PROJECT).join("dist");
    let mut releases = io::folders_in(&dist).expect("the project's folders");
    releases.retain(|folder| dist.join(folder).join(layout::RELEASE_INFO).exists());
    assert!(!releases.is_empty());
    for release in releases {
        let folder = dist.join(&release).display().to_string();
        let trust = dist.join("allowed_signers").display().to_string();
        let words = House::empty().affiant(&["verify", &folder, "--trust", &trust]).with_code(0).stdout();
        assert!(words.ends_with("verified\n"), "{words}");
    }
}
