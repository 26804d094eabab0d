//! Releases that were touched after they were made: what `affiant verify` says of each.
//!
//! A case is a line of a table: what must be said first, what was done, the file that must be named, and how it is done.
//! Most are kept as files too, in `tests/releases/bad/`; those that not every file system can hold are not.

mod changes;
mod folder;
pub mod history;
mod info;
mod payload;
mod receipt;
mod records;
mod seals;
mod signatures;
mod tag_files;

use affiant::finding::{Code, Group};
use serde_json::json;

use crate::house::key;
use crate::spoiled::{RELEASES, Release};

/// One thing that is done to a release.
#[derive(Clone, Copy)]
pub struct Case {
    /// What must be said first.
    pub code: Code,
    /// What was done, in a few words: the name of the case.
    pub what: &'static str,
    /// The file that must be named, by its path in the release; of a receipt, nothing.
    pub file: &'static str,
    /// How it is done.
    spoil: fn(&mut Release),
}

impl Case {
    const fn new(code: Code, what: &'static str, file: &'static str, spoil: fn(&mut Release)) -> Self {
        Self { code, what, file, spoil }
    }

    /// The spoiled release.
    pub fn release(&self) -> Release {
        let mut release = Release::new();
        (self.spoil)(&mut release);
        release
    }

    /// The file that must be named, as the report names it.
    pub fn place(&self, release: &Release) -> String {
        match self.file {
            "" => release.version.to_owned(),
            file => format!("{}/{file}", release.version),
        }
    }

    /// What differs from the refusal that the case asks for, if anything.
    fn fault(&self) -> Option<String> {
        let release = self.release();
        let (ended, words) = (release.verify("json"), release.verify("text"));
        let report = ended.json();
        let first = &report["findings"][0];
        let said = json!([report["verdict"], first["code"], first["file"]]);
        let refused = json!(["refused", self.code, self.place(&release)]);
        let calm = words.code() == 1 && !words.stdout().contains("verified");
        let holds = ended.code() == 1 && said == refused && calm;
        (!holds).then(|| format!("{}: expected {refused}\n{}{}", self.what, ended.stdout(), words.stdout()))
    }
}

/// The cases that are kept as files.
pub fn kept() -> impl Iterator<Item = &'static Case> {
    let tables = [
        folder::KEPT,
        signatures::SIGNATURES,
        signatures::TRUST,
        seals::FORM,
        seals::WORDS,
        tag_files::TAG_FILES,
        payload::PAYLOAD,
        info::INFO,
        records::RECORDS,
        changes::CHANGELOGS,
        history::HISTORY,
        receipt::RECEIPTS,
        receipt::COMPACT,
    ];
    tables.into_iter().flatten()
}

fn cases() -> impl Iterator<Item = &'static Case> {
    kept().chain(folder::MADE)
}

/// Shows that each of these cases, named `<code>/<what>`, is refused for its reason.
pub fn refuses<const N: usize>(names: [&str; N]) {
    for name in names {
        let case = cases().find(|case| format!("{}/{}", case.code, case.what) == name);
        let fault = case.unwrap_or_else(|| panic!("there is no case {name}")).fault();
        assert!(fault.is_none(), "{}", fault.unwrap_or_default());
    }
}

#[test]
fn each_change_is_refused_for_its_reason() {
    let faults: Vec<String> = cases().filter_map(Case::fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_code_of_a_release_has_a_case() {
    // What is wrong with an archive stands in archive.rs, dates that go back in keyring.rs.
    let elsewhere = [Code::ArchiveMalformed, Code::DateGoesBack];
    let is_of_a_receipt = |code: &Code| code.group() == Group::Receipt && code.name().starts_with("receipt");
    let codes = Code::ALL.iter().filter(|code| matches!(code.group(), Group::Release(_)) || is_of_a_receipt(code));
    for code in codes.filter(|code| !elsewhere.contains(code)) {
        assert!(cases().any(|case| case.code == *code), "{code} has no case");
    }
}

#[test]
fn no_two_cases_have_one_name() {
    let mut names: Vec<(Code, &str)> = cases().map(|case| (case.code, case.what)).collect();
    names.sort_unstable();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
}

#[test]
fn what_the_cases_start_from_verifies() {
    let mut release = Release::new();
    release.bring_texts();
    let report = release.verify("json").with_code(0).json();
    assert_eq!(report["verdict"], "verified");
    assert_eq!(report["anchors"], json!({ "checked": 9, "not_checked": 0 }));
    assert_eq!(report["authentic"]["signers"][0]["key"], json!(key().verifying_key().fingerprint()));
    let before = release.house.files(RELEASES);
    release.info(|_| ());
    release.seal_payload();
    assert!(release.house.files(RELEASES) == before, "sealing an untouched release changes no byte of it");
}

#[test]
fn a_reader_may_ask_for_more_keys_than_signed() {
    for (threshold, code) in [("0", 2), ("1", 0), ("2", 1)] {
        let mut release = Release::new();
        release.asked_with(["--threshold", threshold]);
        release.verify("json").with_code(code);
    }
}

#[test]
fn a_release_is_known_by_its_folder() {
    let mut release = Release::new();
    release.house.rename("dist/1.0.0", "dist/harbour-1.0.0");
    release.version = "harbour-1.0.0";
    release.verify("json").with_code(0);
    release.house.rename("dist/harbour-1.0.0", "dist/1.0.1");
    release.version = "1.0.1";
    assert_eq!(release.verify("json").with_code(1).codes(), ["release-info-disagrees"]);
}
