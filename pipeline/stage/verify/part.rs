//! A release of which a part is at hand: its seals, and the records that were asked for.

use super::contents::RecordTrees;
use super::{Extent, Payload, Request, VerifiedHead, Verifier, step};
use crate::error::Result;
use crate::finding::Outcome;
use crate::format::bag::Manifest;
use crate::format::layout;
use crate::model::kind::RecordKind;
use crate::stage::check;
use crate::stage::tapped::Tapped;

/// What of a release passed: only [`verify_part`] makes one.
pub struct VerifiedPart {
    head: VerifiedHead,
    records: Vec<RecordKind>,
    not_checked: Vec<String>,
}

impl VerifiedPart {
    /// What the seals vouch for.
    pub fn head(&self) -> &VerifiedHead {
        &self.head
    }

    /// The kinds whose records are the signed ones, canonical and each valid by itself.
    pub fn records(&self) -> &[RecordKind] {
        &self.records
    }

    /// The files of the payload that are not here.
    pub fn not_checked(&self) -> &[String] {
        &self.not_checked
    }
}

/// Verifies what is here of a release: all seals and tag files, the digests of every payload file that is here, and
/// each record of the kinds in `request.extent` by itself. What one record says of another is not checked.
pub fn verify_part(request: Request) -> Result<Outcome<Option<VerifiedPart>>> {
    let mut verifier = Verifier::new(request);
    let value = verifier.part()?;
    let findings = verifier.findings;
    Ok(Outcome { value: value.filter(|_| !findings.has_errors()), findings })
}

impl Verifier<'_> {
    fn part(&mut self) -> Result<Option<VerifiedPart>> {
        let Some(opened) = self.open()? else { return Ok(None) };
        let kinds = match self.request.extent {
            Extent::Whole => RecordKind::ALL.to_vec(),
            Extent::Records(kinds) => kinds.to_vec(),
            Extent::Receipt => Vec::new(),
        };
        if !kinds.is_empty() {
            let Some(trees) = self.records_alone(&opened.payload, &kinds)? else { return Ok(None) };
            self.roots(&opened.info, &trees);
        }
        let Some((head, payload)) = self.close(opened) else { return Ok(None) };
        Ok(Some(VerifiedPart { head, records: kinds, not_checked: payload.missing }))
    }

    /// Steps 4, 6 and 7 for the records of some kinds, each by itself.
    fn records_alone(&mut self, payload: &Payload, kinds: &[RecordKind]) -> Result<Option<RecordTrees>> {
        let tapped = Tapped::new(self.request.folder, layout::PAYLOAD);
        let outcome = check::trees(&tapped, kinds, self.request.progress)?;
        self.parsed_payload(payload, Manifest::new(tapped.into_digests()))?;
        step!(self);
        self.findings.append(outcome.findings);
        Ok(outcome.value)
    }
}
