//! A diff by chunk lists: exactly what a diff of the whole says, and nothing read but what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex};

use affiant::error::Result;
use affiant::io::{DiskFolder, Scratchpad};
use affiant::model::digest::Digest;
use affiant::stage::diff::version::{ReleaseFacts, ReleaseVersion};
use affiant::stage::diff::{self, Version};
use affiant::stage::folder::{Entry, Folder};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use rayon::ThreadPoolBuilder;
use serde_json::{Value, json};

use crate::house::House;

/// How many events the claims are about.
const EVENTS: usize = 400;

/// Records of one kind by id.
type Records = BTreeMap<String, Value>;

/// The harbour, with many claims on many events.
#[derive(Clone)]
struct Dataset {
    files: BTreeMap<&'static str, Records>,
    is_recaptured: bool,
}

impl Dataset {
    fn new(claims: usize) -> Self {
        let house = House::new();
        let records = |file: &str| -> Records {
            let text = house.text(&format!("dataset/{file}.jsonl"));
            let records = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
            records.map(|record| (record["id"].as_str().expect("an id").to_owned(), record)).collect()
        };
        let mut files: BTreeMap<&'static str, Records> =
            ["agents", "claims", "events", "sources"].map(|file| (file, records(file))).into();
        let template = files["claims"]["pf-0001"].clone();
        for number in 0..EVENTS {
            let event = json!({ "id": event(number), "label": format!("Day {number}") });
            files.get_mut("events").expect("events").insert(event_id(&event), event);
        }
        for number in 0..claims {
            files.get_mut("claims").expect("claims").insert(claim(number), numbered(&template, number));
        }
        Self { files, is_recaptured: false }
    }

    fn of(&mut self, file: &'static str) -> &mut Records {
        self.files.get_mut(file).expect("records")
    }

    /// Writes the dataset and cuts its release.
    fn release(&self, version: &str) -> House {
        let house = House::new();
        for (file, records) in &self.files {
            let lines = records.values().map(|record| format!("{record}\n"));
            house.write(&format!("dataset/{file}.jsonl"), lines.collect::<String>());
        }
        if self.is_recaptured {
            house.write("dataset/texts/gazette-summary.2.txt", NEW_TEXT);
        }
        house.release(version).with_code(0);
        house
    }
}

const NEW_TEXT: &str = "The Gazette counts three dead after all.\n";

fn event(number: usize) -> String {
    format!("e-{number:04}")
}

fn event_id(event: &Value) -> String {
    event["id"].as_str().expect("an id").to_owned()
}

fn claim(number: usize) -> String {
    format!("c-{number:06}")
}

/// A claim like the first of the harbour, with a figure, an event and a voice of its own.
fn numbered(template: &Value, number: usize) -> Value {
    let mut record = template.clone();
    record["id"] = json!(claim(number));
    record["event"] = json!(event(number * 7 % EVENTS));
    let figure = number * 31 % 97;
    record["value"] =
        json!({ "unit": "person", "qual": "exact", "said": format!("{figure} workers"), "lo": figure, "hi": figure });
    if number.is_multiple_of(3) {
        record["by"] = json!(["gazette"]);
    }
    if number % 29 == 1 {
        record["links"] = json!([{ "rel": "supersedes", "to": claim(number - 1), "why": "counted again" }]);
    }
    if number % 41 == 2 {
        record["links"] = json!([{ "rel": "contradicts", "to": claim(number - 1), "why": "another number" }]);
    }
    record
}

/// One thing that somebody did to the dataset.
#[derive(Clone, Debug)]
enum Edit {
    Figure(Index),
    Event(Index, Index),
    Gone(Index),
    Come(Index),
    Retracted(Index),
    Superseded(Index),
    Label(Index),
    Office,
    Recaptured,
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    prop_oneof![
        4 => index().prop_map(Edit::Figure),
        2 => (index(), index()).prop_map(|(claim, event)| Edit::Event(claim, event)),
        3 => index().prop_map(Edit::Gone),
        3 => index().prop_map(Edit::Come),
        2 => index().prop_map(Edit::Retracted),
        2 => index().prop_map(Edit::Superseded),
        2 => index().prop_map(Edit::Label),
        1 => Just(Edit::Office),
        1 => Just(Edit::Recaptured),
    ]
}

impl Edit {
    fn apply(&self, dataset: &mut Dataset) {
        let ids: Vec<String> = dataset.of("claims").keys().cloned().collect();
        let at = |index: &Index| ids[index.index(ids.len())].clone();
        match self {
            Edit::Figure(index) => {
                let value = &mut dataset.of("claims").get_mut(&at(index)).expect("a claim")["value"];
                if value["unit"] == "person" {
                    *value = json!({ "unit": "person", "qual": "at_least", "said": "many", "lo": 500, "hi": null });
                }
            }
            Edit::Event(index, other) => {
                let other = event(other.index(EVENTS));
                dataset.of("claims").get_mut(&at(index)).expect("a claim")["event"] = json!(other);
            }
            Edit::Gone(index) => {
                let id = at(index);
                let is_linked = |record: &Value| record["links"].to_string().contains(&id);
                if id.starts_with("c-") && !dataset.of("claims").values().any(is_linked) {
                    dataset.of("claims").remove(&id);
                }
            }
            Edit::Come(index) => {
                let mut record = dataset.of("claims")[&at(index)].clone();
                record["id"] = json!(format!("{}-b", at(index)));
                if record["links"].is_array() {
                    record.as_object_mut().expect("an object").remove("links");
                }
                dataset.of("claims").insert(format!("{}-b", at(index)), record);
            }
            Edit::Retracted(index) => {
                let log = json!([{ "is": "retracted", "on": "2002-01-01", "why": "a mistake" }]);
                dataset.of("claims").get_mut(&at(index)).expect("a claim")["log"] = log;
            }
            Edit::Superseded(index) => {
                let links = json!([{ "rel": "supersedes", "to": at(index), "why": "told anew" }]);
                let mut record = dataset.of("claims")["pf-0001"].clone();
                record["id"] = json!(format!("{}-s", at(index)));
                record["links"] = links;
                dataset.of("claims").insert(format!("{}-s", at(index)), record);
            }
            Edit::Label(index) => {
                dataset.of("events").get_mut(&event(index.index(EVENTS))).expect("an event")["label"] = json!("A day");
            }
            Edit::Office => dataset.of("agents").get_mut("gazette").expect("the agent")["kind"] = json!("office"),
            Edit::Recaptured if !dataset.is_recaptured => {
                dataset.is_recaptured = true;
                let captures = &mut dataset.of("sources").get_mut("gazette-summary").expect("the source")["captures"];
                captures.as_array_mut().expect("captures").push(json!({
                    "n": 2, "sha256": Digest::of(NEW_TEXT.as_bytes()), "bytes": NEW_TEXT.len(), "by": "maintainers",
                    "parts": [],
                }));
            }
            Edit::Recaptured => {}
        }
    }
}

/// A folder that counts what is read of each of its files.
struct Counting {
    folder: DiskFolder,
    read: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Counting {
    fn new(release: &Path) -> Self {
        Self { folder: DiskFolder::open(release).expect("a folder"), read: Arc::default() }
    }

    fn counted(&self, path: &str, file: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        Box::new(Counted { file, path: path.to_owned(), read: Arc::clone(&self.read) })
    }

    /// Bytes of a file of the payload.
    fn read_of(&self, file: &str) -> u64 {
        self.read.lock().expect("counts").get(&format!("data/{file}")).copied().unwrap_or_default()
    }
}

impl Folder for Counting {
    fn entries(&self) -> Result<Vec<Entry>> {
        self.folder.entries()
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        Ok(self.counted(path, self.folder.open(path)?))
    }

    fn open_at(&self, path: &str, byte: u64) -> Result<Option<Box<dyn Read + Send>>> {
        Ok(self.folder.open_at(path, byte)?.map(|file| self.counted(path, file)))
    }

    fn display(&self, path: &str) -> String {
        self.folder.display(path)
    }
}

struct Counted {
    file: Box<dyn Read + Send>,
    path: String,
    read: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        *self.read.lock().expect("counts").entry(self.path.clone()).or_default() += read as u64;
        Ok(read)
    }
}

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
fn where_much_differs_all_is_read_once() {
    let claims = 3_000;
    let mut dataset = Dataset::new(claims);
    let old = dataset.release("1.0.0");
    for number in (0..claims).step_by(30) {
        dataset.of("claims").get_mut(&claim(number)).expect("the claim")["note"] = json!("looked at again");
    }
    let new = dataset.release("1.1.0");
    let folders = [Counting::new(&old.path("dist/1.0.0")), Counting::new(&new.path("dist/1.1.0"))];
    let (said, is_part) = lines(&folders[0], &folders[1], true).expect("a diff");
    for (folder, (house, version)) in folders.iter().zip([(&old, "1.0.0"), (&new, "1.1.0")]) {
        let claims = house.text(&format!("dist/{version}/data/claims.jsonl"));
        // Beside the claims their last byte is looked at, and what they count is read where it is stated.
        assert_eq!(folder.read_of("claims.jsonl"), claims.len() as u64 + 1);
        assert!(folder.read_of("tolls.jsonl") > 1);
    }
    let reckoned = lines(&folders[0], &folders[1], false).expect("a diff");
    assert_eq!((reckoned.0 == said, reckoned.1, is_part), (true, false, false));
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
    fn a_diff_by_chunks_says_what_a_diff_of_the_whole_says(edits in vec(edit(), 0..6)) {
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
