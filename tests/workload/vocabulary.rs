//! The vocabulary that the dataset declares.

use crate::json::object;

const UNITS: [(&str, &str); 5] = [
    ("person", "one human being"),
    ("building", "one building, whatever its size"),
    ("vehicle", "one motor vehicle"),
    ("tenge", "one Kazakh tenge"),
    ("hour", "sixty minutes"),
];

/// Kinds of claims about quantities, each with a unit it counts in.
pub const COUNTED: [(&str, &str); 8] = [
    ("killed", "person"),
    ("injured", "person"),
    ("detained", "person"),
    ("crowd", "person"),
    ("damage", "building"),
    ("damage", "vehicle"),
    ("damage", "tenge"),
    ("outage", "hour"),
];

const KINDS: [(&str, &str, &[&str]); 11] = [
    ("killed", "deaths in the event", &["person"]),
    ("injured", "people hurt and alive", &["person"]),
    ("detained", "people held, with or without charge", &["person"]),
    ("crowd", "people present at a place and time", &["person"]),
    ("damage", "things broken or burned, or what they were worth", &["building", "vehicle", "tenge"]),
    ("outage", "how long a network or the power was off", &["hour"]),
    ("date", "when something happened", &[]),
    ("location", "where something happened", &[]),
    ("cause", "why something happened", &[]),
    ("legal", "charges, verdicts and orders", &[]),
    ("denial", "that something is not so", &[]),
];

/// The file `dataset.json`.
pub fn dataset() -> Vec<u8> {
    let mut out = Vec::new();
    object(&mut out, |dataset| {
        dataset.text("id", "workload");
        dataset.text("title", "Workload: claims that nobody made");
        dataset.text("license", "CC-BY-4.0");
        dataset.text("law", "living");
        dataset.integer("threshold", Some(1));
        dataset.object("units", |units| UNITS.iter().for_each(|(unit, definition)| units.text(unit, definition)));
        dataset.object("kinds", |kinds| {
            for (name, definition, units) in KINDS {
                kinds.object(name, |kind| {
                    kind.text("definition", definition);
                    kind.array("units", units, |out, unit| crate::json::text(out, unit));
                });
            }
        });
    });
    out.push(b'\n');
    out
}
