//! The JSON Schemas (draft 2020-12) that say what every record and report is, as they stand in `schemas/`.

/// One published schema.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// What it describes: `claim`, `release`, ...
    pub name: &'static str,
    /// Its file's name in `schemas/` and in a release.
    pub file: &'static str,
    /// Its bytes.
    pub text: &'static str,
}

macro_rules! schemas {
    ($($name:literal),*) => {
        /// All schemas, sorted by name.
        pub const ALL: &[Schema] = &[$(Schema {
            name: $name,
            file: concat!($name, ".schema.json"),
            text: include_str!(concat!("../../schemas/", $name, ".schema.json")),
        }),*];
    };
}

schemas!(
    "agent",
    "claim",
    "dataset",
    "diff",
    "disclosure",
    "event",
    "finding",
    "receipt",
    "release",
    "source",
    "status"
);

/// The schemas a release carries: those of its own records and files.
pub const RELEASED: &[&str] = &["agent", "claim", "dataset", "event", "release", "source", "status"];

/// The schema of this name.
pub fn named(name: &str) -> Option<&'static Schema> {
    ALL.iter().find(|schema| schema.name == name)
}
