//! The JSON Schemas (draft 2020-12) that say what every record and report is, as they stand in `schemas/`.

use crate::model::digest::Digest;
use crate::model::release_info::ReleaseInfo;

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

/// Digests of what these schemas were in releases that are out in the world, by file; each was widened since.
const EARLIER: [(&str, &str); 3] = [
    ("dataset.schema.json", "d114839b22370a5f6de6481a9477f72cbc30cbaab75db477d52b7bb064221a6f"),
    ("dataset.schema.json", "2732f98024650617b50f72f8bb963e272e6a459601e66462394f0e94e005b03f"),
    ("release.schema.json", "bb1fcbfafc4a97f917f462df1c9b163f82dd100994b4c05ee73e4a98415e9a01"),
];

impl Schema {
    /// Whether a release may hold the schema with these bytes: as it is, or as it once was.
    pub fn was(&self, digest: &Digest) -> bool {
        let is_earlier = |(file, earlier): &(&str, &str)| *file == self.file && digest.to_string() == *earlier;
        Digest::of(self.text.as_bytes()) == *digest || EARLIER.iter().any(is_earlier)
    }
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
    "changes",
    "claim",
    "dataset",
    "disclosure",
    "event",
    "finding",
    "receipt",
    "release",
    "source",
    "status"
);

/// The schemas a release carries: those of its own records and files.
pub const RELEASED: &[&str] = &["agent", "changes", "claim", "dataset", "event", "release", "source", "status"];

/// The schemas that a release of this format carries.
pub fn released(format: &str) -> impl Iterator<Item = &'static Schema> {
    let knows_changes = format != ReleaseInfo::FORMATS[0];
    let names = RELEASED.iter().filter(move |name| knows_changes || **name != "changes");
    names.filter_map(|name| named(name))
}

/// The schema of this name.
pub fn named(name: &str) -> Option<&'static Schema> {
    ALL.iter().find(|schema| schema.name == name)
}
