//! The same dataset, spelled otherwise: other white space, order, escapes, numbers, lines and files.

use std::fmt::Write;

use affiant::format::layout;
use affiant::model::kind::RecordKind;
use serde_json::Value;

use super::shelf::{Files, Shelf};

/// A row of numbers that looks random (a linear congruential generator).
struct Whim(u64);

impl Whim {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// The shelf's folder with every record and the declaration spelled otherwise, lines in another order, and claims in
/// several files.
pub fn respelled(shelf: &Shelf, seed: u64) -> Files {
    let mut whim = Whim(seed);
    let mut folder = shelf.folder();
    folder.0.insert(layout::DATASET.to_owned(), spelled(&shelf.declaration, &mut whim).into_bytes());
    for (kind, records) in &shelf.records {
        let mut lines: Vec<String> = records.values().map(|record| spelled(record, &mut whim)).collect();
        whim.shuffle(&mut lines);
        folder.0.remove(kind.file());
        let files = if *kind == RecordKind::Claim { 3 } else { 1 };
        for line in lines {
            let path = match whim.below(files) {
                0 => kind.file().to_owned(),
                n => format!("claims/{n}.jsonl"),
            };
            folder.0.entry(path).or_default().extend(format!("{line}\n").into_bytes());
        }
        folder.0.entry(kind.file().to_owned()).or_default();
    }
    folder
}

fn space(whim: &mut Whim) -> &'static str {
    ["", "", " ", "\t", "  "][whim.below(5)]
}

fn spelled(value: &Value, whim: &mut Whim) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            whim.shuffle(&mut members);
            let mut one = |(name, value): (&String, &Value)| {
                let name = text(name, whim);
                format!("{}{name}{}:{}{}", space(whim), space(whim), space(whim), spelled(value, whim))
            };
            let members: Vec<String> = members.into_iter().map(&mut one).collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| spelled(item, whim) + space(whim)).collect();
            format!("[{}]", items.join(","))
        }
        Value::Number(number) => match whim.below(3) {
            0 => format!("{number}.0"),
            1 if number.as_i64() != Some(0) => format!("{number}0e-1"),
            _ => number.to_string(),
        },
        Value::String(string) => text(string, whim),
        other => other.to_string(),
    }
}

/// A JSON string in which some characters are escapes.
fn text(text: &str, whim: &mut Whim) -> String {
    let mut spelled = String::from('"');
    for c in text.chars() {
        if whim.below(4) == 0 {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(spelled, "\\u{unit:04x}").expect("memory takes every byte");
            }
        } else {
            let plain = Value::from(c.to_string()).to_string();
            spelled.push_str(&plain[1..plain.len() - 1]);
        }
    }
    spelled + "\""
}
