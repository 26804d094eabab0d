//! A diff as the names of what changed, a line each: claims by their ids, files by their paths, everything else as
//! `kind/id`.

use super::{DiffHead, DiffOutput};
use crate::model::change::{Change, Subject};
use crate::render::text::plain;

/// Names and nothing else.
pub struct Names;

impl DiffOutput for Names {
    fn begin(&mut self, _: DiffHead) -> String {
        String::new()
    }

    fn change(&mut self, change: &Change) -> String {
        let id = plain(&change.id);
        match change.kind {
            Subject::Claim | Subject::Dataset | Subject::File | Subject::Signer => format!("{id}\n"),
            kind => format!("{}/{id}\n", kind.word()),
        }
    }

    fn end(&mut self, _: u64) -> String {
        String::new()
    }
}
