//! What may happen to a dataset.

use affiant::model::digest::Digest;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::dataset::{Dataset, EVENTS, NEW_TEXT, event};

/// One thing that somebody did to the dataset.
#[derive(Clone, Debug)]
pub enum Edit {
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

pub fn edit() -> impl Strategy<Value = Edit> {
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
    pub fn apply(&self, dataset: &mut Dataset) {
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
