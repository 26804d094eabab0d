//! Every single byte of a release counts.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use affiant::error::Result;
use affiant::finding::{Code, Finding};
use affiant::format::allowed_signers::AllowedSigners;
use affiant::format::layout;
use affiant::io::Scratchpad;
use affiant::model::digest::Digest;
use affiant::stage::folder::{Entry, EntryKind, Folder, Silent};
use affiant::stage::verify::{self, Extent, History, Request, TrustedSigners};
use rayon::prelude::*;
use serde_json::json;

use crate::house::House;

/// A folder in memory.
#[derive(Clone)]
pub struct Memory(pub BTreeMap<String, Vec<u8>>);

impl Folder for Memory {
    fn entries(&self) -> Result<Vec<Entry>> {
        let entry = |(path, bytes): (&String, &Vec<u8>)| Entry {
            path: path.clone(),
            kind: EntryKind::File(bytes.len() as u64),
        };
        Ok(self.0.iter().map(entry).collect())
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        Ok(Box::new(Cursor::new(self.0[path].clone())))
    }

    fn display(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// A release of one claim, and who may sign it.
struct Small {
    release: Memory,
    signers: AllowedSigners,
}

impl Small {
    fn new() -> Self {
        let house = House::empty();
        let (text, words) = ("Two ships lay in the harbour.\n", "Two ships");
        let anchor = json!({ "capture": "log.1", "span": [0, words.len()], "sha256": Digest::of(words.as_bytes()), "quote": words });
        let capture =
            json!({ "n": 1, "sha256": Digest::of(text.as_bytes()), "bytes": text.len(), "by": "port", "parts": [] });
        // So that no file of the release is empty.
        let value = json!({ "unit": "ship", "qual": "exact", "said": words, "lo": 2, "hi": 2 });
        let records = [
            ("agents", json!({ "id": "port", "kind": "office", "names": ["Port"], "privacy": "open" })),
            ("events", json!({ "id": "day", "label": "A day" })),
            (
                "sources",
                json!({ "id": "log", "publisher": "port", "lang": "en", "rights": { "holder": "port", "text": "included" }, "captures": [capture] }),
            ),
            (
                "claims",
                json!({ "id": "c-1", "event": "day", "kind": "ships", "stance": "asserts", "by": ["port"], "at": [anchor], "value": value }),
            ),
        ];
        for (name, record) in records {
            house.write(&format!("dataset/{name}.jsonl"), format!("{record}\n"));
        }
        let dataset = json!({
            "id": "day", "title": "Day", "license": "CC0-1.0", "law": "living", "threshold": 1,
            "units": { "ship": "one ship" }, "kinds": { "ships": { "definition": "Ships.", "units": ["ship"] } },
        });
        house.write("dataset/dataset.json", dataset.to_string());
        house.write("dataset/texts/log.1.txt", text);
        std::fs::create_dir(house.path("texts")).expect("no withheld texts");
        house.release("1.0.0").with_code(0);
        Self {
            release: Memory(house.files("dist/1.0.0").into_iter().collect()),
            signers: AllowedSigners::parse(&house.text("trust")).expect("a trust file"),
        }
    }

    /// What the verifier finds; nothing if it accepts.
    fn findings(&self, release: &Memory) -> Vec<Finding> {
        let outcome = verify::verify(Request {
            folder: release,
            folder_name: Some("1.0.0"),
            trust: TrustedSigners { signers: &self.signers, threshold: Some(1), keyring: None },
            history: History::default(),
            previous: None,
            extent: Extent::Whole,
            copies: None,
            scratch: &Scratchpad,
            progress: &Silent,
        });
        let outcome = outcome.expect("the work can be done");
        assert_eq!(outcome.value.is_some(), !outcome.findings.has_errors());
        outcome.findings.kept().iter().map(|finding| Finding::clone(finding)).collect()
    }

    /// Whether a release with other bytes in one file is refused, for reasons that lie in this file alone.
    fn is_refused(&self, path: &str, bytes: Vec<u8>) -> bool {
        let mut release = self.release.clone();
        release.0.insert(path.to_owned(), bytes);
        let findings = self.findings(&release);
        !findings.is_empty() && findings.iter().all(|finding| is_due_to(finding, path))
    }
}

/// Whether something is found because other bytes stand in this file.
fn is_due_to(finding: &Finding, path: &str) -> bool {
    let names = |file: &str| *finding.place.file == *file;
    match finding.code {
        Code::SignatureInvalid => match path {
            layout::TAG_MANIFEST | layout::SIGNATURE | layout::MINISIGN => names(layout::TAG_MANIFEST),
            _ => layout::SEALS.contains(&path) && names(path),
        },
        Code::SignatureMalformed => layout::SEALS.contains(&path) && names(path),
        Code::LogProofInvalid => path == layout::TLOG_PROOF && names(path),
        Code::TagFileChanged => layout::TAG_FILES.contains(&path) && names(path),
        Code::PayloadChanged => path.starts_with(layout::PAYLOAD) && names(path),
        _ => false,
    }
}

#[test]
fn every_changed_byte_is_refused() {
    let small = Small::new();
    assert_eq!(small.findings(&small.release), []);
    for (path, bytes) in &small.release.0 {
        let accepted: Vec<usize> = (0..bytes.len())
            .into_par_iter()
            .filter(|&at| {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << (at % 8);
                !small.is_refused(path, bytes)
            })
            .collect();
        assert_eq!(accepted, [0_usize; 0], "{path}");
    }
}

#[test]
fn a_longer_or_shorter_file_is_refused() {
    let small = Small::new();
    for (path, bytes) in &small.release.0 {
        for end in [b"\n".as_slice(), b"\0", b" ", b"{}"] {
            assert!(small.is_refused(path, [bytes, end].concat()), "{path} with {end:?} behind it");
        }
        assert!(small.is_refused(path, bytes[..bytes.len() - 1].to_vec()), "{path} without its last byte");
        assert!(small.is_refused(path, bytes[1..].to_vec()), "{path} without its first byte");
        assert!(small.is_refused(path, Vec::new()), "{path} without bytes");
    }
}
