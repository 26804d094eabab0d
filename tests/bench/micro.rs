//! The inner loops alone, in memory, on one core: over the claims in `seeds/` and the releases in `dist/`.

#![expect(clippy::disallowed_methods, reason = "a program of its own, outside the pipeline")]

use std::path::Path;
use std::sync::LazyLock;

use affiant::error::Result;
use affiant::format::{canonical, jsonl, merkle};
use affiant::io::{DiskFolder, Scratchpad};
use affiant::model::claim::Claim;
use affiant::model::digest::Digest;
use affiant::model::kind::RecordKind;
use affiant::stage::check::{self, Spelling};
use affiant::stage::diff::{self, version::ReleaseFacts, version::ReleaseVersion};
use affiant::stage::folder::Silent;
use affiant::stage::record::RawRecord;
use affiant::stage::validate::Rulebook;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");
/// What a captured text commonly measures, in bytes.
const TEXT_BYTES: usize = 6 << 10;

/// All claims in `seeds/`, a line each.
static CLAIMS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = std::fs::read_dir(Path::new(PROJECT).join("seeds/claims")).expect("a folder of claims");
    let mut files: Vec<_> = folder.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let texts: Vec<_> = files.iter().map(|file| std::fs::read_to_string(file).expect("UTF-8")).collect();
    texts.iter().flat_map(|text| text.lines()).map(|line| line.as_bytes().to_vec()).collect()
});
static VALUES: LazyLock<Vec<Value>> =
    LazyLock::new(|| CLAIMS.iter().map(|line| jsonl::parse(line).expect("JSON")).collect());
static CANONICAL: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| VALUES.iter().map(canonical::value_to_vec).collect());
static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(|| {
    let declaration = std::fs::read(Path::new(PROJECT).join("seeds/dataset.json")).expect("a declaration");
    Rulebook::open("dataset.json", &declaration).value.expect("a rulebook")
});

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("one pool");
    divan::main();
}

/// How many lines there are, and how many bytes.
fn size(lines: &[Vec<u8>]) -> (ItemsCount, BytesCount) {
    (ItemsCount::new(lines.len()), BytesCount::new(lines.iter().map(Vec::len).sum::<usize>()))
}

#[divan::bench]
fn parse_and_validate_claims(bencher: Bencher) {
    let (items, bytes) = size(&CLAIMS);
    let validate = |(line, bytes): (u64, &Vec<u8>)| {
        let raw = RawRecord { kind: Some(RecordKind::Claim), file: "claims.jsonl", line, bytes };
        let validated = RULEBOOK.validate::<Claim>(&raw);
        assert!(validated.findings.is_empty(), "{:?}", validated.findings);
        black_box(validated);
    };
    bencher.counter(items).counter(bytes).bench(|| (1..).zip(&*CLAIMS).for_each(validate));
}

#[divan::bench]
fn canonical_form_of_claims(bencher: Bencher) {
    let (items, bytes) = size(&CANONICAL);
    let write = |value| _ = black_box(canonical::value_to_vec(value));
    bencher.counter(items).counter(bytes).bench(|| VALUES.iter().for_each(write));
}

#[divan::bench]
fn leaf_hashes_of_claims(bencher: Bencher) {
    let (items, bytes) = size(&CANONICAL);
    let hash = |line: &Vec<u8>| _ = black_box(merkle::leaf_hash(line));
    bencher.counter(items).counter(bytes).bench(|| CANONICAL.iter().for_each(hash));
}

/// What the leaf hashes are compared with.
#[divan::bench]
fn leaf_hashes_of_claims_by_sha2(bencher: Bencher) {
    let (items, bytes) = size(&CANONICAL);
    let hash = |line: &Vec<u8>| _ = black_box(Sha256::new_with_prefix([0]).chain_update(line).finalize());
    bencher.counter(items).counter(bytes).bench(|| CANONICAL.iter().for_each(hash));
}

#[divan::bench]
fn digest_of_a_text(bencher: Bencher) {
    let text: Vec<u8> = (0..TEXT_BYTES).map(|at| at as u8).collect();
    bencher.counter(BytesCount::new(text.len())).bench(|| Digest::of(black_box(&text)));
}

/// Records, texts and anchors, from files on disk.
#[divan::bench]
fn check_seeds(bencher: Bencher) {
    let folder = DiskFolder::open(Path::new(PROJECT).join("seeds")).expect("a dataset");
    bencher.counter(size(&CLAIMS).0).bench(|| {
        let request = check::Request {
            folder: &folder,
            copies: None,
            spelling: Spelling::Free,
            scratch: &Scratchpad,
            progress: &Silent,
        };
        check::check(request, |_| (), |()| Ok(())).expect("readable").value.expect("no error")
    });
}

/// Records that are all equal: the merge of canonical lines.
#[divan::bench]
fn diff_of_a_release_with_itself(bencher: Bencher) {
    bencher.counter(size(&CLAIMS).0).bench(|| changes("1.1.0", "1.1.0").expect("two releases"));
}

#[divan::bench]
fn diff_of_two_releases(bencher: Bencher) {
    bencher.counter(size(&CLAIMS).0).bench(|| changes("1.0.0", "1.1.0").expect("two releases"));
}

/// How many changes there are between two releases in `dist/`.
fn changes(old: &str, new: &str) -> Result<usize> {
    let folder = |version| DiskFolder::open(Path::new(PROJECT).join("dist").join(version));
    let (old, new) = (folder(old)?, folder(new)?);
    let mut before = ReleaseVersion::new(&old, None, ReleaseFacts::of(&old)?);
    let mut after = ReleaseVersion::new(&new, None, ReleaseFacts::of(&new)?);
    Ok(diff::diff(&mut before, &mut after, &Scratchpad)?.changes()?.count())
}
