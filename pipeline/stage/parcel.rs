//! A release as it is packed into one file.
//!
//! Nothing is verified here, and nothing needs to be: whoever unpacks the release verifies it.

use super::folder::{Entry, EntryKind, Folder};
use crate::error::{Error, Result};
use crate::format::{bag, layout};
use crate::model::date::Day;
use crate::model::release_info::ReleaseInfo;

/// Largest release.json that is read, in bytes.
const MAX_INFO_BYTES: u64 = 256 << 20;

/// A release folder that can be packed: plain files and folders under safe paths, with a release.json among them.
#[derive(Debug)]
pub struct Parcel {
    name: String,
    date: Day,
    entries: Vec<Entry>,
}

impl Parcel {
    /// Looks a folder over.
    ///
    /// # Errors
    /// What keeps it from being packed, or from being read.
    pub fn of(folder: &dyn Folder) -> Result<Self> {
        let mut entries = folder.entries()?;
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        for entry in &entries {
            let refused = |why: String| Error::Refused(format!("{}: {why}", folder.display(&entry.path)));
            bag::safe_path(&entry.path).map_err(|fault| refused(format!("not a safe path: {fault}")))?;
            if entry.kind == EntryKind::Other {
                return Err(refused("only plain files and folders can be packed".to_owned()));
            }
        }
        let is_info = |entry: &Entry| entry.path == layout::RELEASE_INFO && matches!(entry.kind, EntryKind::File(_));
        if !entries.iter().any(is_info) {
            let message = format!("{} has no {}: it is not a release", folder.display(""), layout::RELEASE_INFO);
            return Err(Error::Refused(message));
        }
        let json = folder.read(layout::RELEASE_INFO, MAX_INFO_BYTES)?;
        let info: ReleaseInfo = serde_json::from_slice(&json).map_err(|error| {
            Error::Refused(format!(
                "{}: not what a release says of itself: {error}",
                folder.display(layout::RELEASE_INFO)
            ))
        })?;
        Ok(Self { name: format!("{}-{}", info.dataset, info.version), date: info.date, entries })
    }

    /// The one folder that everything is packed in: `<dataset>-<version>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The release's day.
    pub fn date(&self) -> Day {
        self.date
    }

    /// Files and folders, sorted by path.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many files, and their bytes together.
    pub fn size(&self) -> (u64, u64) {
        let bytes = self.entries.iter().filter_map(|entry| match entry.kind {
            EntryKind::File(bytes) => Some(bytes),
            EntryKind::Folder | EntryKind::Other => None,
        });
        bytes.fold((0, 0), |(files, sum), bytes| (files + 1, sum + bytes))
    }
}
