//! A dataset of as many claims as a test likes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::house::House;

/// How many events the claims are about.
pub const EVENTS: usize = 400;

/// Records of one kind by id.
pub type Records = BTreeMap<String, Value>;

/// The harbour, with many claims on many events.
#[derive(Clone)]
pub struct Dataset {
    pub files: BTreeMap<&'static str, Records>,
    pub is_recaptured: bool,
}

impl Dataset {
    pub fn new(claims: usize) -> Self {
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

    pub fn of(&mut self, file: &'static str) -> &mut Records {
        self.files.get_mut(file).expect("records")
    }

    /// Writes the dataset and cuts its release.
    pub fn release(&self, version: &str) -> House {
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

pub const NEW_TEXT: &str = "The Gazette counts three dead after all.\n";

pub fn event(number: usize) -> String {
    format!("e-{number:04}")
}

pub fn event_id(event: &Value) -> String {
    event["id"].as_str().expect("an id").to_owned()
}

pub fn claim(number: usize) -> String {
    format!("c-{number:06}")
}

/// A claim like the first of the harbour, with a figure, an event and a voice of its own.
pub fn numbered(template: &Value, number: usize) -> Value {
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
