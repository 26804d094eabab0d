//! Where the lines of a version come from: a release's records files, or a dataset folder that passed `check`.

use serde_json::Value;

use super::{Lines, Version};
use crate::error::{Error, Result};
use crate::format::layout;
use crate::model::kind::RecordKind;
use crate::stage::batch::released_lines;
use crate::stage::catalog::Catalog;
use crate::stage::check::Checked;
use crate::stage::folder::Folder;
use crate::stage::sort::Sorted;
use crate::stage::tapped::Tapped;
use crate::stage::validate::MAX_DATASET_BYTES;
use crate::stage::verify::VerifiedRelease;

/// The records of a release.
pub struct ReleaseVersion<'a> {
    data: Tapped<'a>,
    verified: Option<&'a VerifiedRelease>,
}

impl<'a> ReleaseVersion<'a> {
    /// The release in `folder`. If it was verified, its files must still be the verified ones when they are read again.
    pub fn new(folder: &'a dyn Folder, verified: Option<&'a VerifiedRelease>) -> Self {
        Self { data: Tapped::new(folder, layout::PAYLOAD), verified }
    }

    fn is_still(&self, path: &str) -> bool {
        let path = format!("{}{path}", layout::PAYLOAD);
        let now = self.data.digest(&path);
        self.verified.is_none_or(|release| release.manifest().digest(&path) == now.as_ref())
    }
}

impl Version for ReleaseVersion<'_> {
    fn declaration(&mut self) -> Result<Value> {
        let bytes = self.data.read(layout::DATASET, MAX_DATASET_BYTES)?;
        if !self.is_still(layout::DATASET) {
            return Err(Error::Refused(format!(
                "{} changed after it was verified",
                self.data.display(layout::DATASET)
            )));
        }
        parsed(&bytes, &self.data.display(layout::DATASET))
    }

    fn lines(&mut self, kind: RecordKind) -> Result<Lines<'_>> {
        let place = self.data.display(kind.file());
        let lines = released_lines(self.data.open(kind.file())?).map(move |line| line.map_err(Error::io(&place)));
        let at_the_end = std::iter::from_fn(move || {
            let changed =
                || Error::Refused(format!("{} changed after it was verified", self.data.display(kind.file())));
            (!self.is_still(kind.file())).then(|| Err(changed()))
        });
        Ok(Box::new(lines.chain(at_the_end.take(1))))
    }
}

/// The records of a dataset folder.
pub struct DatasetVersion {
    declaration: Vec<u8>,
    catalog: Catalog,
    /// They can be taken once.
    claims: Option<Sorted>,
}

impl DatasetVersion {
    /// A dataset that passed `check`, and its claims in order.
    pub fn new(checked: Checked, claims: Sorted) -> Self {
        let declaration = checked.rulebook().declaration().to_vec();
        Self { declaration, catalog: checked.into_catalog(), claims: Some(claims) }
    }
}

impl Version for DatasetVersion {
    fn declaration(&mut self) -> Result<Value> {
        parsed(&self.declaration, layout::DATASET)
    }

    fn lines(&mut self, kind: RecordKind) -> Result<Lines<'_>> {
        let catalog = &self.catalog;
        Ok(match kind {
            RecordKind::Agent => Box::new(catalog.agents.sorted().map(|record| Ok(record.canonical().to_vec()))),
            RecordKind::Event => Box::new(catalog.events.sorted().map(|record| Ok(record.canonical().to_vec()))),
            RecordKind::Source => Box::new(catalog.sources.sorted().map(|record| Ok(record.canonical().to_vec()))),
            RecordKind::Claim => {
                let claims = self.claims.take().into_iter().flatten();
                Box::new(claims.map(|claim| claim.map(|claim| claim.canonical().to_vec())))
            }
        })
    }
}

fn parsed(declaration: &[u8], place: &str) -> Result<Value> {
    serde_json::from_slice(declaration).map_err(|error| Error::Refused(format!("{place} is not JSON ({error})")))
}
