//! A diff by chunk lists: exactly what a diff of the whole says, and nothing read but what changed.

mod counting;
mod dataset;
mod edit;

use std::collections::BTreeSet;

use affiant::error::Result;
use affiant::io::{DiskFolder, Scratchpad};
use affiant::stage::diff::version::{ReleaseFacts, ReleaseVersion};
use affiant::stage::diff::{self, Version};
use affiant::stage::folder::Folder;
use proptest::collection::vec;
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;
use serde_json::{Value, json};

use crate::house::House;
use counting::Counting;
use dataset::{Dataset, claim};
use edit::edit;

/// The lines of a diff, whole or by chunk lists, and whether it was read in part.
fn lines(old: &dyn Folder, new: &dyn Folder, by_chunks: bool) -> Result<(Vec<u8>, bool)> {
    let version = |folder| Ok(ReleaseVersion::new(folder, None, ReleaseFacts::of(folder)?));
    let (mut old, mut new) = (version(old)?, version(new)?);
    if by_chunks {
        ReleaseVersion::leave_out_common(&mut old, &mut new)?;
    }
    let is_part = new.name().read_in_part;
    let mut diff = diff::diff(&mut old, &mut new, &Scratchpad)?;
    let mut lines = Vec::new();
    for line in diff.lines()? {
        lines.extend(line?);
        lines.push(b'\n');
    }
    Ok((lines, is_part))
}

/// The lines of a release's chunk list about one file.
fn chunks(house: &House, version: &str, file: &str) -> BTreeSet<String> {
    let file = format!("\"file\":\"{file}\"");
    let list = house.text(&format!("dist/{version}/data/chunks.jsonl"));
    list.lines().filter(|line| line.contains(&file)).map(str::to_owned).collect()
}

fn bytes_of<'a>(chunks: impl Iterator<Item = &'a String>, member: &str) -> u64 {
    let bytes =
        |line: &String| serde_json::from_str::<Value>(line).expect("JSON").pointer(member).expect(member).as_u64();
    chunks.map(|line| bytes(line).expect("a number")).sum()
}

#[test]
fn what_did_not_change_is_not_read() {
    for claims in [6_000, 12_000] {
        let mut dataset = Dataset::new(claims);
        let old = dataset.release("1.0.0");
        for number in [5, claims / 2, claims - 5] {
            dataset.of("claims").get_mut(&claim(number)).expect("the claim")["note"] = json!("looked at again");
        }
        let new = dataset.release("1.1.0");
        let folders = [Counting::new(&old.path("dist/1.0.0")), Counting::new(&new.path("dist/1.1.0"))];
        let (said, is_part) = lines(&folders[0], &folders[1], true).expect("a diff");
        assert!(is_part);
        assert_eq!(said.iter().filter(|byte| **byte == b'\n').count(), 1 + 3 + 3 + 1, "changes and events");
        let [before, after] = [chunks(&old, "1.0.0", "claims"), chunks(&new, "1.1.0", "claims")];
        for (folder, gone) in folders.iter().zip([before.difference(&after), after.difference(&before)]) {
            let gone: Vec<&String> = gone.collect();
            assert!((1..=3).contains(&gone.len()) && before.len() > 8 * gone.len());
            // Beside the chunks, the last byte of each file is looked at.
            assert_eq!(folder.read_of("claims.jsonl"), bytes_of(gone.iter().copied(), "/bytes") + 1);
            assert_eq!(folder.read_of("statuses.jsonl"), bytes_of(gone.iter().copied(), "/statuses/bytes") + 1);
            for file in ["agents.jsonl", "events.jsonl", "sources.jsonl"] {
                assert_eq!(folder.read_of(file), 1, "{file}");
            }
            assert!(folder.read_of("tolls.jsonl") > 1);
        }
        let whole = lines(&folders[0], &folders[1], false).expect("a diff");
        assert_eq!((whole.0 == said, whole.1), (true, false));
        assert!(folders[0].read_of("claims.jsonl") > 200 * claims as u64);
    }
}

#[test]
fn where_much_differs_all_of_it_is_read_once() {
    let claims = 3_000;
    let mut dataset = Dataset::new(claims);
    let old = dataset.release("1.0.0");
    for number in (0..claims / 2).step_by(30) {
        dataset.of("claims").get_mut(&claim(number)).expect("the claim")["note"] = json!("looked at again");
    }
    let new = dataset.release("1.1.0");
    let folders = [Counting::new(&old.path("dist/1.0.0")), Counting::new(&new.path("dist/1.1.0"))];
    let (said, is_part) = lines(&folders[0], &folders[1], true).expect("a diff");
    let [before, after] = [chunks(&old, "1.0.0", "claims"), chunks(&new, "1.1.0", "claims")];
    for (folder, gone) in folders.iter().zip([before.difference(&after), after.difference(&before)]) {
        let gone: Vec<&String> = gone.collect();
        assert!(gone.len() > before.len() / 4 && gone.len() < before.len(), "{} of {}", gone.len(), before.len());
        // Beside the chunks the last byte is looked at, and what they count is read where it is stated.
        assert_eq!(folder.read_of("claims.jsonl"), bytes_of(gone.iter().copied(), "/bytes") + 1);
        assert!(folder.read_of("tolls.jsonl") > 1);
    }
    let reckoned = lines(&folders[0], &folders[1], false).expect("a diff");
    assert_eq!((reckoned.0 == said, reckoned.1, is_part), (true, false, true));
}

#[test]
fn a_chunk_that_is_not_what_the_list_says_is_not_compared() {
    let mut dataset = Dataset::new(3_000);
    let old = dataset.release("1.0.0");
    dataset.of("claims").get_mut(&claim(700)).expect("the claim")["note"] = json!("looked at again");
    let new = dataset.release("1.1.0");
    let diff = |options: &[&str]| {
        let old = old.path("dist/1.0.0");
        new.affiant(&[&["diff", old.to_str().expect("a path"), "dist/1.1.0"], options].concat())
    };
    let said = diff(&[]).with_code(0).stdout();
    assert_eq!(said.matches("not verified, read in part").count(), 2, "{said}");
    let verified = diff(&["--trust", "trust"]).with_code(0).stdout();
    assert!(!verified.contains("read in part") && verified.contains("verified"), "{verified}");
    let changes = |said: &str| said.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(changes(&said), changes(&verified));

    // The same length, so that only the root tells.
    new.swap("dist/1.1.0/data/claims.jsonl", "looked at again", "looked at never");
    let refused = diff(&[]).with_code(2);
    assert!(refused.stderr().contains("is not what chunks.jsonl says of it"), "{}", refused.stderr());
    // A list that is plainly not of these files is no use: all is read.
    new.swap("dist/1.1.0/data/claims.jsonl", "looked at never", "looked at");
    let said = diff(&[]).with_code(0).stdout();
    assert!(!said.contains("read in part") && said.contains("looked at"), "{said}");
    new.write("dist/1.1.0/data/chunks.jsonl", "{}\n");
    diff(&[]).with_code(0);
    new.remove("dist/1.1.0/data/chunks.jsonl");
    diff(&[]).with_code(0);
}

#[test]
fn a_chunk_that_begins_elsewhere_than_the_list_says_is_not_compared() {
    let mut dataset = Dataset::new(4_000);
    let old = dataset.release("1.0.0");
    for number in (0..4_000).step_by(30) {
        dataset.of("claims").get_mut(&claim(number)).expect("the claim")["note"] = json!("looked at again");
    }
    let new = dataset.release("1.1.0");
    let folder = |house: &House, version: &str| DiskFolder::open(house.path(version)).expect("a folder");
    let (before, after) = (folder(&old, "dist/1.0.0"), folder(&new, "dist/1.1.0"));
    let said = lines(&before, &after, true).expect("a diff");
    for shift in [1, -1] {
        let list = new.text("dist/1.1.0/data/chunks.jsonl");
        new.write("dist/1.1.0/data/chunks.jsonl", shifted(&new, "dist/1.1.0/data", shift));
        let refused = lines(&before, &after, true).expect_err("a list that is not of this file").to_string();
        assert!(refused.contains("claims.jsonl is not what chunks.jsonl says of it"), "{refused}");
        new.write("dist/1.1.0/data/chunks.jsonl", list);
        assert!(lines(&before, &after, true).expect("a diff") == said);
    }
}

/// A release's chunk list, in which all claims' chunks but the first begin so many lines later.
fn shifted(house: &House, data: &str, by: i64) -> String {
    let lengths = |file: &str| -> Vec<u64> {
        house.text(&format!("{data}/{file}.jsonl")).lines().map(|line| line.len() as u64 + 1).collect()
    };
    let (claims, statuses) = (lengths("claims"), lengths("statuses"));
    let (mut was, mut begin) = (0, 0);
    let mut list = String::new();
    for line in house.text(&format!("{data}/chunks.jsonl")).lines() {
        let mut chunk: Value = serde_json::from_str(line).expect("JSON");
        if chunk["file"] == "claims" {
            was += chunk["count"].as_u64().expect("a count") as usize;
            let end = if was == claims.len() { was } else { was.saturating_add_signed(by as isize) };
            chunk["count"] = json!(end - begin);
            chunk["bytes"] = json!(claims[begin..end].iter().sum::<u64>());
            chunk["statuses"]["bytes"] = json!(statuses[begin..end].iter().sum::<u64>());
            begin = end;
        }
        list += &format!("{chunk}\n");
    }
    list
}

#[test]
fn a_list_that_moves_bounds_brings_about_no_change() {
    let mut dataset = Dataset::new(6_000);
    let old = dataset.release("1.0.0");
    for number in [5, 3_000, 5_995] {
        dataset.of("claims").get_mut(&claim(number)).expect("the claim")["note"] = json!("looked at again");
    }
    let new = dataset.release("1.1.0");
    let folder = |house: &House, version: &str| DiskFolder::open(house.path(version)).expect("a folder");
    let (before, after) = (folder(&old, "dist/1.0.0"), folder(&new, "dist/1.1.0"));
    let whole = lines(&before, &after, false).expect("a diff").0;
    let path = "dist/1.1.0/data/chunks.jsonl";
    let list = new.text(path);
    let chunks: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let claims: Vec<usize> = (0..chunks.len()).filter(|&place| chunks[place]["file"] == "claims").collect();
    let add = |chunk: &mut Value, member: &str, by: i64| {
        let value = chunk.pointer_mut(member).expect(member);
        *value = json!(value.as_i64().expect("a number") + by);
    };
    let said = |chunk: &Value, member: &str| chunk.pointer(member).expect(member).as_i64().expect("a number");
    for &place in &claims[..claims.len() - 1] {
        let behind = &chunks[place + 1];
        // All of the next chunk, and then nothing but one of its lines, as far as its number goes.
        let mut swallowed = chunks.clone();
        let mut counted = chunks.clone();
        for member in ["/bytes", "/count", "/statuses/bytes"] {
            add(&mut swallowed[place], member, said(behind, member));
        }
        swallowed.remove(place + 1);
        add(&mut counted[place], "/count", 1);
        add(&mut counted[place + 1], "/count", -1);
        for lie in [swallowed, counted] {
            new.write(path, lie.iter().map(|chunk| format!("{chunk}\n")).collect::<String>());
            match lines(&before, &after, true) {
                Ok((said, _)) => assert!(said == whole, "{place}"),
                Err(refused) => assert!(refused.to_string().contains("what chunks.jsonl says of it"), "{refused}"),
            }
        }
    }
    new.write(path, &list);
    assert!(lines(&before, &after, true).expect("a diff") == (whole, true));
}

#[test]
fn any_number_of_threads_cuts_the_same_chunks() {
    let dataset = Dataset::new(3_000);
    let house = dataset.release("1.0.0");
    for threads in ["1", "2", "8"] {
        let arguments = ["release", "dataset", "--version", "1.0.0", "--date", "2026-11-21", "--key", "key"];
        let out = format!("with-{threads}");
        house
            .affiant(&[&arguments[..], &["--texts", "texts", "--out", &out, "--threads", threads]].concat())
            .with_code(0);
        assert!(house.files(&format!("{out}/1.0.0")) == house.files("dist/1.0.0"), "{threads}");
    }
    house.verify("dist/1.0.0").with_code(0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_diff_by_chunks_says_what_a_diff_of_the_whole_says(
        edits in prop_oneof![vec(edit(), 0..6), vec(edit(), 50..200)],
    ) {
        let mut dataset = Dataset::new(6_000);
        let old = dataset.release("1.0.0");
        edits.iter().for_each(|edit| edit.apply(&mut dataset));
        let new = dataset.release("1.1.0");
        let folder = |house: &House, version: &str| DiskFolder::open(house.path(version)).expect("a folder");
        let (old, new) = (folder(&old, "dist/1.0.0"), folder(&new, "dist/1.1.0"));
        let (whole, _) = lines(&old, &new, false).expect("a diff");
        for threads in [1, 2, 8] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let (said, is_part) = pool.install(|| lines(&old, &new, true)).expect("a diff");
            prop_assert!(is_part || !edits.is_empty());
            prop_assert_eq!(String::from_utf8_lossy(&said), String::from_utf8_lossy(&whole));
        }
        let (back, _) = lines(&new, &old, true).expect("a diff");
        prop_assert!(back == lines(&new, &old, false).expect("a diff").0);
    }
}
