//! Public suites decide what strict means: JSON, its canonical form, Merkle proofs, Ed25519; and ssh-keygen, where it
//! is installed. The suites' files stay outside the project, at `../shared/suites` or `$AFFIANT_SUITES`.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the suites' files and one variable that says where they are"
)]
#![expect(clippy::disallowed_macros, reason = "a test that could not run must say so")]

use std::fs;
use std::path::{Path, PathBuf};

use affiant::format::ed25519::{Signature, VerifyingKey};
use affiant::format::{canonical, jsonl, merkle};
use affiant::model::digest::Digest;
use serde_json::Value;

mod openssh;

/// The folder of one suite, or `None` after saying that its test did not run.
fn suite(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/suites");
    let folder = std::env::var_os("AFFIANT_SUITES").map_or_else(beside, PathBuf::from).join(name);
    if !folder.is_dir() {
        eprintln!("conformance: NOT RUN, suites absent at {}", folder.display());
        return None;
    }
    Some(folder)
}

/// All files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("an entry").path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let mut files: Vec<_> = entries.flat_map(below).collect();
    files.sort();
    files
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).expect("a readable file")).expect("JSON")
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut width) = (Vec::new(), 0u32, 0);
    for sextet in text.bytes().filter_map(|c| ALPHABET.iter().position(|&a| a == c)) {
        bits = bits << 6 | sextet as u32;
        width += 6;
        if width >= 8 {
            width -= 8;
            bytes.push((bits >> width) as u8);
            bits &= (1 << width) - 1;
        }
    }
    bytes
}

fn verifies(key: &str, message: &[u8], signature: &str) -> bool {
    let key: Option<[u8; 32]> = hex(key).try_into().ok();
    let signature: Option<Signature> = hex(signature).try_into().ok();
    let (Some(key), Some(signature)) = (key, signature) else { return false };
    VerifyingKey::from_bytes(&key).is_ok_and(|key| key.verify(message, &signature).is_ok())
}

#[test]
fn json_parsing() {
    let Some(folder) = suite("json-parsing/test_parsing") else { return };
    let cases = files(&folder);
    for file in &cases {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a UTF-8 name");
        let line = fs::read(file).expect("a readable file");
        let accept = name.starts_with("y_") && !name.starts_with("y_object_duplicated_key");
        // What the suite leaves open (i_) may go either way, but not panic.
        let is_open = name.starts_with("i_");
        match jsonl::parse(&line) {
            Ok(value) => assert!(is_open || accept, "{name} is read as {value}"),
            Err(fault) => assert!((is_open || !accept) && fault.at <= line.len(), "{name} is refused: {fault}"),
        }
    }
    assert_eq!(cases.len(), 318);
}

#[test]
fn jcs() {
    let Some(folder) = suite("jcs/testdata") else { return };
    let inputs = files(&folder.join("input"));
    for input in &inputs {
        let value = jsonl::parse(&fs::read(input).expect("input")).expect("JSON");
        let name = input.file_name().expect("a name");
        let output = fs::read(folder.join("output").join(name)).expect("output");
        let outhex = fs::read_to_string(folder.join("outhex").join(name).with_extension("txt")).expect("outhex");
        assert_eq!(canonical::to_vec(&value), output, "{input:?}");
        assert_eq!(canonical::value_to_vec(&value), hex(&outhex), "{input:?}");
        assert!(canonical::is_canonical(&output, &jsonl::parse(&output).expect("JSON")), "{input:?}");
    }
    assert_eq!(inputs.len(), 6);
}

/// Checks every case below a folder and counts them.
fn proofs(folder: &Path, holds: impl Fn(&Value) -> Option<bool>) -> usize {
    let cases = files(folder);
    for file in &cases {
        let case = json(file);
        // A case that does not even have the form of a proof does not hold.
        let held = holds(&case).unwrap_or(false);
        assert_eq!(held, case["wantErr"] == Value::Bool(false), "{}", file.display());
    }
    cases.len()
}

fn digest(value: &Value) -> Option<Digest> {
    base64(value.as_str()?).try_into().ok().map(Digest::from_bytes)
}

fn digests(value: &Value) -> Option<Vec<Digest>> {
    value.as_array().map_or(Some(Vec::new()), |items| items.iter().map(digest).collect())
}

#[test]
fn merkle_inclusion() {
    let Some(folder) = suite("merkle/testdata/inclusion") else { return };
    let holds = |case: &Value| {
        let (index, size) = (case["leafIdx"].as_u64()?, case["treeSize"].as_u64()?);
        let (leaf, proof, root) = (digest(&case["leafHash"])?, digests(&case["proof"])?, digest(&case["root"])?);
        Some(merkle::verify_inclusion(leaf, index, size, &proof, root).is_ok())
    };
    assert_eq!(proofs(&folder, holds), 98);
}

#[test]
fn merkle_consistency() {
    let Some(folder) = suite("merkle/testdata/consistency") else { return };
    let holds = |case: &Value| {
        let (size1, size2) = (case["size1"].as_u64()?, case["size2"].as_u64()?);
        // One proof that holds is between two equal roots that are no hashes: any stand-in keeps them equal.
        let root =
            |field| digest(&case[field]).or_else(|| case[field].as_str().map(|text| Digest::of(text.as_bytes())));
        let (proof, root1, root2) = (digests(&case["proof"])?, root("root1")?, root("root2")?);
        Some(merkle::verify_consistency(size1, size2, &proof, root1, root2).is_ok())
    };
    assert_eq!(proofs(&folder, holds), 98);
}

#[test]
fn wycheproof() {
    let Some(folder) = suite("wycheproof/testvectors_v1") else { return };
    let vectors = json(&folder.join("ed25519_test.json"));
    let mut ran = 0;
    for group in vectors["testGroups"].as_array().expect("groups") {
        let key = group["publicKey"]["pk"].as_str().expect("a key");
        for case in group["tests"].as_array().expect("tests") {
            let text = |field: &str| case[field].as_str().expect("text");
            let held = verifies(key, &hex(text("msg")), text("sig"));
            assert_eq!(held, text("result") == "valid", "case {}: {}", case["tcId"], text("comment"));
            ran += 1;
        }
    }
    assert_eq!(ran, 151);
}

#[test]
fn cctv() {
    let Some(folder) = suite("cctv/ed25519") else { return };
    let vectors = json(&folder.join("ed25519vectors.json"));
    let cases = vectors.as_array().expect("vectors");
    let holds = |case: &&Value| {
        let text = |field: &str| case[field].as_str().expect("text");
        verifies(text("key"), text("msg").as_bytes(), text("sig"))
    };
    let held: Vec<_> = cases.iter().filter(holds).collect();
    let low_order = |case: &&&Value| {
        case["flags"].as_array().is_some_and(|flags| {
            flags.iter().any(|flag| {
                matches!(
                    flag.as_str(),
                    Some("low_order_A" | "low_order_R" | "non_canonical_A" | "non_canonical_R" | "low_order_residue")
                )
            })
        })
    };
    assert_eq!(held.iter().filter(low_order).count(), 0);
    assert_eq!((held.len(), cases.len()), (43, 914));
}
