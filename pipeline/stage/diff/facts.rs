//! What a release says beside its payload.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::error::Result;
use crate::format::jsonl::{self, MAX_INTEGER};
use crate::format::layout::{self, MAX_TAG_BYTES};
use crate::format::sshsig;
use crate::model::change::VersionName;
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::model::release_info::{RecordTree, ReleaseInfo};
use crate::model::status::{Status, StatusCounts};
use crate::stage::folder::Folder;

/// What a release says beside its payload.
#[derive(Clone, Debug, Default)]
pub struct ReleaseFacts {
    /// What it is called.
    pub name: VersionName,
    /// `SHA256:...` of the key that signed first.
    pub signer: Option<String>,
    /// Count and Merkle root of its records.
    pub records: BTreeMap<RecordKind, RecordTree>,
    /// How many of its claims were taken back.
    pub(super) retracted: u64,
    /// Whether its format lists chunks.
    pub(super) is_chunked: bool,
}

/// What is wanted of release.json, which may have a line for each of very many events.
#[derive(Deserialize)]
struct Stated {
    format: String,
    version: semver::Version,
    records: BTreeMap<RecordKind, RecordTree>,
    statuses: Retracted,
}

/// How many claims of all events were taken back.
struct Retracted(u64);

impl<'de> Deserialize<'de> for Retracted {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Events;

        impl<'de> Visitor<'de> for Events {
            type Value = Retracted;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("numbers by event and status")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut events: A) -> Result<Retracted, A::Error> {
                let mut retracted = 0_u64;
                while let Some((_, counts)) = events.next_entry::<IgnoredAny, StatusCounts>()? {
                    retracted = retracted.saturating_add(counts.of(Status::Retracted));
                }
                Ok(Retracted(retracted))
            }
        }

        input.deserialize_map(Events)
    }
}

impl ReleaseFacts {
    /// What is known of a release that is read whole.
    pub fn new(name: VersionName, signer: Option<String>, records: BTreeMap<RecordKind, RecordTree>) -> Self {
        Self { name, signer, records, ..Self::default() }
    }

    /// What each of two folders says that is a release.
    pub fn of_both(old: &dyn Folder, new: &dyn Folder) -> Result<[Option<Self>; 2]> {
        let facts = |folder: &dyn Folder| folder.has(layout::RELEASE_INFO)?.then(|| Self::of(folder)).transpose();
        let (old, new) = rayon::join(|| facts(old), || facts(new));
        Ok([old?, new?])
    }

    /// What the release in `folder` says; nothing of it is verified here.
    pub fn of(folder: &dyn Folder) -> Result<Self> {
        let stated: Option<Stated> = jsonl::deserialize(&folder.read(layout::RELEASE_INFO, MAX_TAG_BYTES)?).ok();
        let stated = stated.filter(|stated| stated.records.values().all(|tree| tree.count <= MAX_INTEGER));
        let tag_manifest = folder.read(layout::TAG_MANIFEST, MAX_TAG_BYTES)?;
        let signature = folder.read(layout::SIGNATURE, MAX_TAG_BYTES).unwrap_or_default();
        let signer = sshsig::parse(&signature).ok().map(|signature| signature.key().fingerprint());
        let tagmanifest_sha256 = Some(Digest::of(&tag_manifest));
        let Some(Stated { format, version, records, statuses: Retracted(retracted) }) = stated else {
            let name = VersionName { tagmanifest_sha256, ..VersionName::default() };
            return Ok(Self { name, signer, ..Self::default() });
        };
        let name = VersionName { version: Some(version), tagmanifest_sha256, ..VersionName::default() };
        Ok(Self { name, signer, records, retracted, is_chunked: format == ReleaseInfo::FORMAT })
    }
}
