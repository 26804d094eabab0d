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
use crate::stage::batch::{one_ahead, stretches};
use crate::stage::check::Checked;
use crate::stage::chunk::{self, Chunked, Chunker};
use crate::stage::folder::Folder;
use crate::stage::tapped::Tapped;
use crate::stage::toll;

/// Lines that are compared while the next ones are computed.
const STRETCH: usize = 1 << 10;

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
        let statuses = || chunked(checked.status_stretches().map(Ok), layout::STATUSES, data);
        let tolls = || {
            let lines = toll::toll_lines(checked).map(|(event, leaf, line)| (String::from(event), leaf, line));
            is_chunked.then(|| chunked(stretches(lines.map(Ok), STRETCH), layout::TOLLS, data)).transpose()
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
fn chunked<I: Into<Box<str>> + Send>(
    stretches: impl Iterator<Item = Result<Vec<(I, Digest, Vec<u8>)>>> + Send,
    path: &str,
    data: &Tapped,
) -> Result<(Chunked, Held)> {
    let (mut chunker, mut file) = (Chunker::default(), Compared::open(path, data)?);
    one_ahead(stretches, |stretch| {
        stretch.into_iter().try_for_each(|(id, leaf, line)| {
            chunker.push(id, leaf, line.len());
            file.next(line)
        })
    })?;
    let chunked = chunker.finish();
    let held = Held { tree: chunked.tree.clone(), are_in_file: file.finish()? };
    Ok((chunked, held))
}

/// The same of the lines of the chunks.
fn chunks(mut lines: impl Iterator<Item = (Digest, Vec<u8>)>, data: &Tapped) -> Result<Held> {
    let (mut tree, mut file) = (CompactRange::new(), Compared::open(layout::CHUNKS, data)?);
    lines.try_for_each(|(leaf, line)| {
        tree.push(leaf);
        file.next(line)
    })?;
    Ok(Held { tree: RecordTree { count: tree.size(), root: tree.root() }, are_in_file: file.finish()? })
}

/// A file, while it is compared with the lines that it must hold; one that is not here holds none.
struct Compared {
    place: String,
    file: BufReader<Box<dyn Read + Send>>,
    found: Vec<u8>,
    is_same: bool,
}

impl Compared {
    fn open(path: &str, data: &Tapped) -> Result<Self> {
        let file = if data.has(path)? { data.open(path)? } else { Box::new(io::empty()) };
        let file = BufReader::with_capacity(1 << 18, file);
        Ok(Self { place: data.display(path), file, found: Vec::new(), is_same: true })
    }

    /// Compares the next line, which comes without its LF.
    fn next(&mut self, mut line: Vec<u8>) -> Result<()> {
        line.push(b'\n');
        self.found.clear();
        let read = self.file.by_ref().take(line.len() as u64).read_to_end(&mut self.found);
        read.map_err(|error| Error::io(&self.place)(error))?;
        self.is_same &= self.found == line;
        Ok(())
    }

    /// Whether the file held the lines and no others.
    fn finish(mut self) -> Result<bool> {
        let more = io::copy(&mut self.file, &mut io::sink()).map_err(Error::io(self.place))?;
        Ok(self.is_same && more == 0)
    }
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
