//! A release that was sealed a moment ago, verified by its maker before anybody sees it.
//!
//! All is asked that a reader will ask, but what the maker did just now with the same bytes:
//!
//! - *Digests of the payload* (step 4). The bytes of each file were hashed on their way into it, those of a text when it
//!   was held against its capture. The manifest that stands in the folder must list these very digests, and each file
//!   have as many bytes as were written; a file of which this does not hold is read and hashed.
//! - *Records, roots, statuses and anchors* (steps 6 to 8). A [`SignedRelease`] is made from a
//!   [`Checked`](crate::stage::check::Checked) dataset alone, and there is one `check` for datasets and releases. A
//!   reader asks it of the canonical lines where the maker asked it of the curator's. What it says of a record follows
//!   from the value that the line stands for, and a canonical line stands for the same value (`format/canonical.rs`) and
//!   is read as the record that it was printed from (`tests/suite/quick/read_back.rs`), unless it has become too long;
//!   that, and the order of the ids, `assemble` asks of each line as it writes it. What it says of several records does
//!   not depend on their order. Each text was written from the bytes that were held against their capture, and no other
//!   text passed under its name (`Texts` in `hash.rs`). Roots, statuses, tolls and chunks were computed from the lines as
//!   they were written, by the functions that a reader's verifier calls.
//!
//! Everything else is read back and judged: the folder, the seals, the tag files, the manifest, release.json, the
//! changes and their approvals, and the log.

use super::files::Files;
use super::{Extent, Payload, Request, Verifier, step};
use crate::error::Result;
use crate::finding::{Code, Findings};
use crate::format::layout;
use crate::stage::seal::SignedRelease;

/// What a reader would find in the folder of `signed`, which nobody has written to since; nothing, if he would accept it.
pub fn verify_draft<'a>(request: Request<'a>, signed: &'a SignedRelease) -> Result<Findings> {
    let request = Request { extent: Extent::Whole, ..request };
    let mut verifier = Verifier { written: Some(signed.release().payload()), ..Verifier::new(request) };
    verifier.draft(signed)?;
    Ok(verifier.findings)
}

impl Verifier<'_> {
    fn draft(&mut self, signed: &SignedRelease) -> Result<Option<()>> {
        let Some(opened) = self.open()? else { return Ok(None) };
        if opened.seals.tag_manifest != signed.release().tag_manifest() {
            self.report(Code::TagFileChanged, layout::TAG_MANIFEST, "its bytes are not those that were sealed");
        }
        step!(self);
        let Some(_) = self.changes(&opened, signed.release().approvals())? else { return Ok(None) };
        Ok(self.close(opened).map(drop))
    }

    /// Whether the pass over the records reads this file: of a draft there is none.
    pub(super) fn parses(&self, path: &str) -> bool {
        self.written.is_none() && self.request.extent.parses(path)
    }

    /// Whether a file of a draft holds what its maker wrote, and the manifest says so.
    pub(super) fn is_as_written(&self, path: &str, files: &Files, payload: &Payload) -> bool {
        let written = self.written.and_then(|written| written.get(path));
        written.is_some_and(|written| {
            payload.manifest.digest(path) == Some(&written.digest) && files.bytes(path) == Some(written.bytes)
        })
    }
}
