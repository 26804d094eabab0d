//! Sealed texts: nothing that is released confirms a guess, and what is disclosed later proves that it was sealed.

use std::os::unix::fs::{PermissionsExt, symlink};

use affiant::finding::Code;
use affiant::format::allowed_signers::AllowedSigners;
use affiant::format::disclosure::{Disclosed, Disclosure};
use affiant::format::merkle::leaf_hash;
use affiant::io::Scratchpad;
use affiant::model::digest::Digest;
use affiant::stage::disclose;
use affiant::stage::folder::Silent;
use affiant::stage::receipt::ReceiptFolder;
use affiant::stage::verify::{Extent, History, Request, TrustedSigners};
use memchr::memmem;
use rayon::prelude::*;
use serde_json::Value;

use crate::house::{Ended, House, signer, strange_key};

const TEXT: &str =
    "Keep my name out of it.\nWe were told to write down three.\n\nIn truth it was seven, and Бесеу балалар еді.\n";
const PASSAGE: &str = "it was seven";

/// The harbour, and a letter that nobody may read.
fn house() -> House {
    let house = House::new();
    house.write("letter.txt", TEXT);
    house
}

fn seal(house: &House, text: &str, id: &str, salt: &str) -> Ended {
    house.affiant(&["seal", text, "--into", "dataset", "--id", id, "--publisher", "person-01", "--salt", salt])
}

/// The same with the letter sealed and released.
fn sealed() -> House {
    let house = house();
    seal(&house, "letter.txt", "letter-01", "letter.salt").with_code(0);
    house.release("1.0.0").with_code(0);
    house
}

fn disclose(house: &House, extent: &[&str]) -> Ended {
    let arguments = ["disclose", "letter-01", "--text", "letter.txt", "--salt", "letter.salt"];
    house.affiant(&[&arguments[..], &["--release", "dist/1.0.0"], extent].concat())
}

fn verify(house: &House, file: &str) -> Ended {
    house.affiant(&["verify", file, "--trust", "trust", "--format", "json"])
}

/// The words of the passage, disclosed into a file.
fn disclosed(house: &House) -> String {
    disclose(house, &["--words", PASSAGE, "--out", "disclosure.json"]).with_code(0);
    house.text("disclosure.json")
}

#[test]
fn what_was_sealed_is_released_disclosed_and_verified() {
    let house = sealed();
    assert_eq!(house.check().with_code(0).findings(), [Value::Null; 0]);
    house.verify("dist/1.0.0").with_code(0);

    let ended = disclose(&house, &["--words", PASSAGE, "--out", "words.json"]).with_code(0);
    assert!(ended.stderr().contains("it was seven,") && !ended.stderr().contains("truth"), "{}", ended.stderr());
    let words = verify(&house, "words.json").with_code(0).json();
    assert_eq!(words["text"], "it was seven, ");
    assert_eq!(words["passage"], serde_json::json!([15, 18]));
    assert_eq!(words["source"]["id"], "letter-01");

    disclose(&house, &["--whole", "--out", "whole.json"]).with_code(0);
    let whole = verify(&house, "whole.json").with_code(0).json();
    assert_eq!((whole["text"].as_str(), &whole["passage"]), (Some(TEXT), &Value::Null));

    // Without `--out` the same bytes are printed.
    assert_eq!(disclose(&house, &["--whole"]).with_code(0).stdout(), house.text("whole.json"));
}

#[test]
fn a_disclosure_shows_no_other_word() {
    let house = sealed();
    let text = disclosed(&house);
    let Disclosed::Passage(opening) = parsed(&house, "disclosure.json").disclosed else { panic!("a passage") };
    let shown: Vec<u8> = opening.segments.into_iter().flat_map(|segment| segment.bytes).collect();
    assert_eq!(shown, b"it was seven, ");
    for word in ["Keep", "told", "three", "truth", "\u{411}\u{435}\u{441}\u{435}\u{443}"] {
        assert!(TEXT.contains(word) && !text.contains(word), "{word}");
    }
    let salt = house.text("letter.salt");
    let secret = salt.lines().last().and_then(|line| line.strip_prefix("secret ")).expect("the secret");
    assert!(!text.contains(secret));
    assert!(disclose(&house, &["--whole"]).stdout().contains(secret));
}

#[test]
fn a_disclosure_is_described_as_its_schema_says() {
    let house = sealed();
    let schema = house.affiant(&["schema", "disclosure"]).with_code(0).json();
    let schema = jsonschema::draft202012::options().build(&schema).expect("a schema");
    for extent in [&["--whole"][..], &["--words", PASSAGE], &["--words", "Keep"]] {
        let document = disclose(&house, extent).with_code(0).json();
        schema.validate(&document).unwrap_or_else(|error| panic!("{document}: {error}"));
    }
    let mut document = disclose(&house, &["--whole"]).json();
    document["passage"] = disclose(&house, &["--words", PASSAGE]).json()["passage"].take();
    assert!(!schema.is_valid(&document));
}

/// Every piece of the text that somebody might guess: of words, of lines, with and without white space at its ends.
fn guesses() -> Vec<Vec<u8>> {
    let mut ends: Vec<usize> = vec![0, TEXT.len()];
    for (at, c) in TEXT.char_indices().filter(|(_, c)| c.is_whitespace()) {
        ends.extend([at, at + c.len_utf8()]);
    }
    ends.sort_unstable();
    ends.dedup();
    let pieces =
        ends.iter().flat_map(|&from| ends.iter().filter(move |to| from < **to).map(move |&to| &TEXT[from..to]));
    let mut guesses: Vec<Vec<u8>> = pieces.map(|piece| piece.as_bytes().to_vec()).collect();
    let respelled =
        |line: &str| [line.to_lowercase(), line.to_uppercase(), format!("{line}\r\n")].map(String::into_bytes);
    guesses.extend(TEXT.lines().filter(|line| !line.is_empty()).flat_map(respelled));
    guesses
}

/// What a tool without salt would have put into a release for some bytes.
fn traces(guess: &[u8]) -> Vec<Digest> {
    let salted = |salt: &[u8]| leaf_hash(&[salt, guess].concat());
    let counted = |number: u64| salted(Digest::of(&number.to_be_bytes()).as_bytes());
    vec![Digest::of(guess), Digest::of(&[guess, b"\n"].concat()), leaf_hash(guess), salted(&[0; 32]), counted(0)]
}

#[test]
fn a_guess_is_not_confirmed() {
    let house = sealed();
    disclosed(&house);
    let mut released: Vec<u8> =
        house.files("dist").into_iter().flat_map(|(path, bytes)| [path.into_bytes(), bytes]).flatten().collect();
    let in_release = released.len();
    released.extend(house.bytes("disclosure.json"));
    let holds = |trace: &[u8], bytes: &[u8]| memmem::find(bytes, trace).is_some();
    let confirmed = |guess: &Vec<u8>| {
        let traces = traces(guess).into_iter().flat_map(|digest| {
            let hex = digest.to_string();
            [digest.as_bytes().to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()]
        });
        let words = guess.len() > 8 && holds(guess, &released[..in_release]);
        words || traces.into_iter().any(|trace| holds(&trace, &released))
    };
    let guesses = guesses();
    assert!(guesses.len() > 500 && guesses.iter().any(|guess| guess == TEXT.as_bytes()));
    let found: Vec<_> = guesses.par_iter().filter(|guess| confirmed(guess)).collect();
    assert!(found.is_empty(), "{found:?}");

    // The same search finds what a withheld text leaves behind.
    let withheld = house.bytes("texts/gazette-1999.txt");
    assert!(traces(&withheld).iter().any(|digest| holds(digest.to_string().as_bytes(), &released)));
}

#[test]
fn the_same_text_is_sealed_differently_every_time() {
    let [one, other] = [sealed(), sealed()];
    let commitment = |house: &House| {
        let sources = house.text("dataset/sources.jsonl");
        let record: Value = serde_json::from_str(sources.lines().last().expect("a source")).expect("JSON");
        record["commitment"].as_str().expect("a commitment").to_owned()
    };
    assert_ne!(commitment(&one), commitment(&other));
    assert_ne!(one.text("letter.salt"), other.text("letter.salt"));
    assert!(one.text("letter.salt").contains("dataset harbour\nsource letter-01\n"));
}

/// Nothing is made: the reason is told, and dataset and salt file are as before.
fn refuses_to_seal(house: &House, text: &str, id: &str, salt: &str, reason: &str) {
    let before = house.files("dataset");
    let ended = seal(house, text, id, salt).with_code(2);
    assert!(ended.stderr().contains(reason) && ended.stdout().is_empty(), "{}", ended.stderr());
    assert!(house.files("dataset") == before);
}

#[test]
fn a_salt_file_is_its_owners_alone_and_never_in_the_dataset() {
    let house = house();
    symlink("dataset", house.path("link")).expect("a link");
    symlink("dataset/absent", house.path("dangling")).expect("a link");
    for salt in ["dataset/salt", "dataset/texts/salt", "texts/../dataset/salt", "link/salt", "dataset/claims.jsonl"] {
        refuses_to_seal(&house, "letter.txt", "letter-01", salt, "keep it elsewhere");
    }
    refuses_to_seal(&house, "letter.txt", "letter-01", "dangling", "exists");
    refuses_to_seal(&house, "letter.txt", "letter-01", "no/such/folder/salt", "No such file");
    refuses_to_seal(&house, "letter.txt", "letter-01", "key", "exists");

    seal(&house, "letter.txt", "letter-01", "letter.salt").with_code(0);
    let mode = house.path("letter.salt").metadata().expect("the salt file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let salt = house.bytes("letter.salt");
    refuses_to_seal(&house, "letter.txt", "letter-02", "letter.salt", "exists");
    assert_eq!(house.bytes("letter.salt"), salt);
}

#[test]
fn only_a_text_of_which_nothing_is_told_is_sealed() {
    let house = house();
    house.write("dataset/drafts/letter.txt", TEXT);
    house.write("empty.txt", "");
    refuses_to_seal(&house, "dataset/drafts/letter.txt", "letter-01", "salt", "keep it elsewhere");
    refuses_to_seal(&house, "empty.txt", "letter-01", "salt", "cannot be sealed");
    refuses_to_seal(&house, "texts/gazette-1999.txt", "letter-01", "salt", "gazette-1999 tells the digest");
    refuses_to_seal(&house, "letter.txt", "gazette-1999", "salt", "is a source already");
    assert!(!house.path("salt").exists());
    seal(&house, "letter.txt", "letter-01", "salt").with_code(0);
    let capture = ["capture", "letter.txt", "--id", "letter-01", "--into", "dataset", "--withheld"];
    let ended = house.affiant(&capture).with_code(2);
    assert!(ended.stderr().contains("letter-01 is sealed"), "{}", ended.stderr());
}

#[test]
fn only_what_was_sealed_can_be_disclosed() {
    let house = sealed();
    let refused = |edit: &dyn Fn(), reason: &str| {
        let files = ["letter.txt", "letter.salt"].map(|file| (file, house.bytes(file)));
        edit();
        for extent in [&["--whole"][..], &["--words", PASSAGE]] {
            let ended = disclose(&house, extent).with_code(2);
            assert!(ended.stderr().contains(reason) && ended.stdout().is_empty(), "{reason}: {}", ended.stderr());
        }
        files.into_iter().for_each(|(file, bytes)| house.write(file, bytes));
    };
    refused(&|| house.write("letter.txt", format!("{TEXT}\n")), "do not give the commitment of letter-01");
    refused(&|| house.write("letter.txt", TEXT.replace("\n", "\r\n")), "do not give the commitment");
    refused(&|| house.swap("letter.salt", "dataset harbour", "dataset mine"), "do not give the commitment");
    refused(&|| house.swap("letter.salt", "letter-01", "letter-02"), "the salt file of letter-02, not of letter-01");
    refused(&|| house.swap("letter.salt", "KEEP", "Keep"), "not a salt file");
    refused(&|| house.rename("dist/1.0.0/data/sources.jsonl", "dist/1.0.0/data/other"), "sources.jsonl");
    house.rename("dist/1.0.0/data/other", "dist/1.0.0/data/sources.jsonl");
    assert!(disclose(&house, &["--words", "it was three"]).with_code(1).stdout().is_empty());
    assert!(disclose(&house, &["--words", "it"]).with_code(1).stderr().contains("choose one with --nth"));
    disclose(&house, &["--words", "it", "--nth", "2"]).with_code(0);
    disclose(&house, &[]).with_code(2);
    disclose(&house, &["--whole", "--words", "it"]).with_code(2);

    house.write("later.txt", TEXT);
    seal(&house, "later.txt", "letter-02", "later.salt").with_code(0);
    let arguments = ["disclose", "letter-02", "--text", "later.txt", "--salt", "later.salt", "--release", "dist/1.0.0"];
    let ended = house.affiant(&[&arguments[..], &["--whole"]].concat()).with_code(2);
    assert!(ended.stderr().contains("has no source letter-02"), "{}", ended.stderr());
}

/// What was done to the disclosure of the passage, and what is said of it.
type Case = (Code, &'static str, fn(&House));

const CASES: &[Case] = &[
    (Code::DisclosureMalformed, "one more byte", |h| h.write("disclosure.json", h.text("disclosure.json") + "\n")),
    (Code::DisclosureMalformed, "another spelling", |h| h.swap("disclosure.json", "seven", "\\u0073even")),
    (Code::DisclosureMalformed, "another format", |h| h.swap("disclosure.json", "disclosure-1", "disclosure-2")),
    (Code::DisclosureMalformed, "its end is missing", |h| {
        let text = h.text("disclosure.json");
        h.write("disclosure.json", &text[..text.len() / 2]);
    }),
    (Code::DisclosureMismatch, "another word", |h| h.swap("disclosure.json", "seven, ", "eight, ")),
    (Code::DisclosureMismatch, "two words for one", |h| h.swap("disclosure.json", "seven, ", "seven or eight, ")),
    (Code::DisclosureMismatch, "another place", |h| h.swap("disclosure.json", "\"first\":15", "\"first\":14")),
    (Code::DisclosureMismatch, "the proof of another passage", |h| {
        let text = h.text("disclosure.json");
        disclose(h, &["--words", "told", "--out", "other.json"]).with_code(0);
        let proof = |text: &str| {
            text.split_once("\"proof\":").and_then(|(_, rest)| rest.split_once(']')).map(|(proof, _)| proof.to_owned())
        };
        let (old, new) = (proof(&text).expect("a proof"), proof(&h.text("other.json")).expect("a proof"));
        h.swap("disclosure.json", &old, &new);
    }),
    (Code::DisclosureMismatch, "the receipt of another letter", |h| {
        seal(h, "letter.txt", "letter-02", "other.salt").with_code(0);
        h.release("1.1.0").with_code(0);
        let arguments = ["disclose", "letter-02", "--text", "letter.txt", "--salt", "other.salt", "--release"];
        h.affiant(&[&arguments[..], &["dist/1.1.0", "--whole", "--out", "other.json"]].concat()).with_code(0);
        let (mut disclosure, other) = (parsed(h, "disclosure.json"), parsed(h, "other.json"));
        disclosure.receipt = other.receipt;
        h.write("disclosure.json", disclosure.to_bytes());
    }),
    (Code::DisclosureMismatch, "a source that is not sealed", |h| {
        let mut disclosure = parsed(h, "disclosure.json");
        disclosure.receipt = affiant::stage::receipt::of_source(
            &affiant::io::DiskFolder::open(h.path("dist/1.0.0")).expect("the release"),
            &"gazette-1999".parse().expect("an id"),
        )
        .expect("a receipt");
        h.write("disclosure.json", disclosure.to_bytes());
    }),
    (Code::DisclosureMismatch, "the whole text of another length", |h| {
        let mut disclosure = parsed(h, "disclosure.json");
        disclose(h, &["--whole", "--out", "whole.json"]).with_code(0);
        let Disclosed::Whole { text, secret } = parsed(h, "whole.json").disclosed else { panic!("the whole") };
        disclosure.disclosed = Disclosed::Whole { text: text[..23].to_vec(), secret };
        h.write("disclosure.json", disclosure.to_bytes());
    }),
    (Code::ReceiptProofInvalid, "another commitment", |h| {
        let mut disclosure = parsed(h, "disclosure.json");
        let line = &mut disclosure.receipt.records[0].line;
        let (_, rest) = line.split_once("\"commitment\":\"").expect("a commitment");
        *line = line.replace(&rest[..64], &Digest::of(b"another").to_string());
        h.write("disclosure.json", disclosure.to_bytes());
    }),
    (Code::KeyNotTrusted, "a key that nobody trusts", |h| h.write("trust", signer("", &strange_key()))),
];

fn parsed(house: &House, file: &str) -> Disclosure {
    Disclosure::parse(&house.bytes(file)).expect("a disclosure")
}

#[test]
fn what_was_not_sealed_is_refused() {
    for (code, what, spoil) in CASES {
        let house = sealed();
        disclosed(&house);
        spoil(&house);
        let ended = verify(&house, "disclosure.json").with_code(1);
        assert_eq!(ended.codes().first().map(String::as_str), Some(code.name()), "{what}: {}", ended.stdout());
        assert_eq!(ended.json()["verdict"], "refused", "{what}");
        assert!(!ended.stdout().contains("seven"), "{what}");
    }
}

#[test]
fn each_code_of_a_disclosure_has_a_case() {
    for code in Code::ALL.iter().filter(|code| code.name().starts_with("disclosure-")) {
        assert!(CASES.iter().any(|(other, ..)| other == code), "{code} has no case");
    }
}

#[test]
fn every_byte_of_a_disclosure_counts() {
    let house = sealed();
    let bytes = disclosed(&house).into_bytes();
    let signers = AllowedSigners::parse(&house.text("trust")).expect("the trust file");
    let is_verified = |bytes: &[u8]| {
        let Ok(disclosure) = Disclosure::parse(bytes) else { return false };
        let request = Request {
            folder: &ReceiptFolder::new(&disclosure.receipt, "disclosure.json"),
            folder_name: None,
            trust: TrustedSigners { signers: &signers, threshold: Some(1), keyring: None },
            history: History::default(),
            previous: None,
            extent: Extent::Whole,
            copies: None,
            scratch: &Scratchpad,
            progress: &Silent,
        };
        disclose::verify(&disclosure, request).expect("it can be checked").value.is_some()
    };
    assert!(is_verified(&bytes));
    let changed = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        bytes
    };
    let accepted: Vec<usize> = (0..bytes.len()).into_par_iter().filter(|at| is_verified(&changed(*at))).collect();
    assert_eq!(accepted, [0; 0]);
}

#[test]
fn disclosed_words_cannot_pass_for_a_verdict() {
    let house = House::new();
    house.write("letter.txt", "first\nverified\n\u{1b}[2J\u{202e}AUTHENTIC  signed\n");
    seal(&house, "letter.txt", "letter-01", "letter.salt").with_code(0);
    house.release("1.0.0").with_code(0);
    disclose(&house, &["--whole", "--out", "disclosure.json"]).with_code(0);
    let words = house.affiant(&["verify", "disclosure.json", "--trust", "trust"]).with_code(0).stdout();
    assert_eq!(words.lines().filter(|line| *line == "verified").count(), 1, "{words}");
    assert!(words.contains("  > verified\n") && !words.contains(['\u{1b}', '\u{202e}']), "{words}");
}
