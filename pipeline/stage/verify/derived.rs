//! Step 6, the end: the files that follow from the records are what follows from them.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

use super::Verifier;
use crate::error::{Error, Result};
use crate::finding::Code;
use crate::format::layout;
use crate::format::merkle::CompactRange;
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::model::release_info::{RecordTree, ReleaseInfo};
use crate::stage::check::Checked;
use crate::stage::chunk::{self, Chunked, Chunker};
use crate::stage::folder::Folder;
use crate::stage::tapped::Tapped;
use crate::stage::toll;

/// What follows from the records, and whether it stands in the release.
pub(super) struct Derived {
    /// Its statuses.
    statuses: Held,
    /// Its tolls and its chunks, in a format that has them.
    later: Option<[Held; 2]>,
}

/// The lines that a file must hold.
struct Held {
    /// Their number and root.
    tree: RecordTree,
    /// Whether the file holds these lines and no others.
    are_in_file: bool,
}

impl Derived {
    /// Computes it, and reads the files. `records` are the lines of each kind.
    pub(super) fn of(
        checked: &Checked,
        records: &BTreeMap<RecordKind, Chunked>,
        is_chunked: bool,
        data: &Tapped,
    ) -> Result<Self> {
        let statuses = || chunked(checked.status_leaves(), layout::STATUSES, data);
        let tolls = || {
            let lines = toll::toll_lines(checked).map(|(event, leaf, line)| (String::from(event), leaf, line));
            is_chunked.then(|| chunked(lines, layout::TOLLS, data)).transpose()
        };
        let (statuses, tolls) = rayon::join(statuses, tolls);
        let ((statuses, held_statuses), tolls) = (statuses?, tolls?);
        let later = tolls.map(|(tolls, held_tolls)| {
            Ok::<_, Error>([held_tolls, chunks(chunk::chunk_lines(records, &statuses, &tolls), data)?])
        });
        Ok(Self { statuses: held_statuses, later: later.transpose()? })
    }
}

/// The chunks of the lines that a file must hold, each by its id, its leaf hash and its bytes; and whether it holds them.
fn chunked(
    lines: impl Iterator<Item = (impl Into<Box<str>>, Digest, Vec<u8>)>,
    path: &str,
    data: &Tapped,
) -> Result<(Chunked, Held)> {
    let mut chunker = Chunker::default();
    let lines = lines.map(|(id, leaf, line)| {
        chunker.push(id, leaf, line.len());
        line
    });
    let are_in_file = are_in_file(lines, path, data)?;
    let chunked = chunker.finish();
    let held = Held { tree: chunked.tree.clone(), are_in_file };
    Ok((chunked, held))
}

/// The same of the lines of the chunks.
fn chunks(lines: impl Iterator<Item = (Digest, Vec<u8>)>, data: &Tapped) -> Result<Held> {
    let mut tree = CompactRange::new();
    let lines = lines.map(|(leaf, line)| {
        tree.push(leaf);
        line
    });
    let are_in_file = are_in_file(lines, layout::CHUNKS, data)?;
    Ok(Held { tree: RecordTree { count: tree.size(), root: tree.root() }, are_in_file })
}

/// Whether a file holds these lines and no others; a file that is not here does not.
fn are_in_file(lines: impl Iterator<Item = Vec<u8>>, path: &str, data: &Tapped) -> Result<bool> {
    let broken = |error| Error::io(data.display(path))(error);
    let file: Box<dyn Read> = if data.has(path)? { data.open(path)? } else { Box::new(io::empty()) };
    let (mut file, mut are_in_file, mut found) = (BufReader::with_capacity(1 << 18, file), true, Vec::new());
    for mut line in lines {
        line.push(b'\n');
        found.clear();
        (&mut file).take(line.len() as u64).read_to_end(&mut found).map_err(broken)?;
        are_in_file &= found == line;
    }
    let more = io::copy(&mut file, &mut io::sink()).map_err(broken)?;
    Ok(are_in_file && more == 0)
}

impl Verifier<'_> {
    /// The statuses are what the records give, in release.json and in their file; so are the tolls and the chunks.
    pub(super) fn derived(&mut self, info: &ReleaseInfo, checked: &Checked, found: &Derived) {
        if !info.statuses.iter().map(|(event, counts)| (event, *counts)).eq(checked.event_statuses()) {
            self.report(Code::StatusMismatch, layout::RELEASE_INFO, "its statuses are not what the records give");
        }
        self.held(Code::StatusMismatch, layout::STATUSES, Some(&info.status_tree), &found.statuses);
        if let Some([tolls, chunks]) = &found.later {
            self.held(Code::TollMismatch, layout::TOLLS, info.toll_tree.as_ref(), tolls);
            self.held(Code::ChunkMismatch, layout::CHUNKS, info.chunk_tree.as_ref(), chunks);
        }
    }

    fn held(&mut self, code: Code, file: &str, stated: Option<&RecordTree>, found: &Held) {
        let path = format!("{}{file}", layout::PAYLOAD);
        if !found.are_in_file {
            self.report(code, &path, "its lines are not what the records give");
        }
        if stated != Some(&found.tree) {
            self.report(Code::RootMismatch, &path, "its count and root are not those that release.json states");
        }
    }

    /// A release holds tolls and chunks exactly if its format has them.
    pub(super) fn later_files(&mut self, info: &ReleaseInfo, payload: &super::Payload) {
        let is = if info.is_chunked() { "is missing" } else { "is of a later format" };
        for (code, file, tree) in [
            (Code::TollMismatch, layout::TOLLS, &info.toll_tree),
            (Code::ChunkMismatch, layout::CHUNKS, &info.chunk_tree),
        ] {
            let path = format!("{}{file}", layout::PAYLOAD);
            if payload.manifest.digest(&path).is_some() != info.is_chunked() {
                self.report(code, &path, format!("the file {is}"));
            } else if tree.is_some() != info.is_chunked() {
                self.report(code, layout::RELEASE_INFO, format!("the tree of {path} {is}"));
            }
        }
    }
}
