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
const EARLIER: [(&str, &str); 4] = [
    ("dataset.schema.json", "d114839b22370a5f6de6481a9477f72cbc30cbaab75db477d52b7bb064221a6f"),
    ("dataset.schema.json", "2732f98024650617b50f72f8bb963e272e6a459601e66462394f0e94e005b03f"),
    ("release.schema.json", "bb1fcbfafc4a97f917f462df1c9b163f82dd100994b4c05ee73e4a98415e9a01"),
    ("release.schema.json", "7258a291e85fb0b673aafbd632bce6d895ed9741c54f5f11a959e8dfc2c98c5f"),
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
    "chunk",
    "claim",
    "dataset",
    "disclosure",
    "event",
    "finding",
    "receipt",
    "release",
    "source",
    "status",
    "toll"
);

/// The schemas a release carries: those of its own records and files.
pub const RELEASED: &[&str] =
    &["agent", "changes", "chunk", "claim", "dataset", "event", "release", "source", "status", "toll"];

/// Those that the first formats did not know, and the place of the format that came to know them.
const LATER: [(&str, usize); 3] = [("changes", 1), ("chunk", 2), ("toll", 2)];

/// The schemas that a release of this format carries.
pub fn released(format: &str) -> impl Iterator<Item = &'static Schema> {
    let place = ReleaseInfo::FORMATS.iter().position(|known| *known == format).unwrap_or(ReleaseInfo::FORMATS.len());
    let is_later = move |name: &&&str| LATER.iter().any(|(later, since)| later == *name && place < *since);
    RELEASED.iter().filter(move |name| !is_later(name)).filter_map(|name| named(name))
}

/// The schema of this name.
pub fn named(name: &str) -> Option<&'static Schema> {
    ALL.iter().find(|schema| schema.name == name)
}
