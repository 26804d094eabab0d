//! A log as it stands in its folder: the checkpoint, and tiles and bundles that are exactly those of its entries.

use std::collections::BTreeMap;

use super::Log;
use crate::error::Result;
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::checkpoint::{self, Checkpoint};
use crate::format::note::Note;
use crate::format::tile::{self, Level, Tile};
use crate::stage::folder::{EntryKind, Folder};

/// Most entries that a log may have here: one a release.
pub const MAX_ENTRIES: u64 = 1 << 16;

/// Most bytes that all files of a log may have together.
pub const MAX_LOG_BYTES: u64 = 1 << 28;

/// A log whose files agree with each other; whose word its checkpoint is, nobody has asked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLog {
    log: Log,
    checkpoint: Note,
}

impl StoredLog {
    /// The entries and the hashes over them.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The signed checkpoint over all entries.
    pub fn checkpoint(&self) -> &Note {
        &self.checkpoint
    }

    /// The log, to be appended to.
    pub fn into_log(self) -> Log {
        self.log
    }
}

/// Reads a log from its folder. The value is `None` as soon as one step finds an error.
pub fn read(folder: &dyn Folder) -> Result<Outcome<Option<StoredLog>>> {
    let mut reader = Reader { folder, findings: Findings::default() };
    let value = reader.run()?;
    let findings = reader.findings;
    Ok(Outcome { value: value.filter(|_| !findings.has_errors()), findings })
}

struct Reader<'a> {
    folder: &'a dyn Folder,
    findings: Findings,
}

/// Tiles by their path.
type Tiles = BTreeMap<String, Tile>;

impl Reader<'_> {
    fn run(&mut self) -> Result<Option<StoredLog>> {
        let Some(tiles) = self.tiles()? else { return Ok(None) };
        let Some((checkpoint, said)) = self.checkpoint()? else { return Ok(None) };
        if !self.has_all(&tiles, said.size) {
            return Ok(None);
        }
        let Some(entries) = self.entries(said.size)? else { return Ok(None) };
        let Ok(log) = Log::from_entries(&said.origin, entries) else { return Ok(None) };
        self.compare(&log, &tiles)?;
        if log.checkpoint(said.size).as_ref() != Some(&said) {
            let message = format!("its root is not that of the {} entries", said.size);
            self.report(Code::LogRootMismatch, checkpoint::PATH, message);
        }
        Ok(Some(StoredLog { log, checkpoint }))
    }

    /// The tiles and bundles in the folder, in which nothing else may stand but the checkpoint.
    fn tiles(&mut self) -> Result<Option<Tiles>> {
        let mut tiles = Tiles::new();
        let mut total = 0u64;
        let mut has_checkpoint = false;
        for entry in self.folder.entries()? {
            let EntryKind::File(bytes) = entry.kind else {
                if entry.kind == EntryKind::Other {
                    self.report(Code::LogMalformed, &entry.path, "a link, device or pipe, not a plain file");
                }
                continue;
            };
            total = total.saturating_add(bytes);
            match entry.path.parse() {
                Ok(tile) => _ = tiles.insert(entry.path, tile),
                Err(_) if entry.path == checkpoint::PATH => has_checkpoint = true,
                Err(_) if is_scrap(&entry.path) => {
                    self.report(Code::LogUnfinished, &entry.path, "an interrupted run left it behind");
                }
                Err(_) => self.report(Code::LogMalformed, &entry.path, "no log has a file of this name"),
            }
        }
        if total > MAX_LOG_BYTES {
            self.report(Code::LogMalformed, "", format!("{total} bytes, {MAX_LOG_BYTES} at most"));
        }
        if !has_checkpoint {
            self.report(Code::LogFileMissing, checkpoint::PATH, "the log has no checkpoint");
        }
        Ok((!self.findings.has_errors()).then_some(tiles))
    }

    fn checkpoint(&mut self) -> Result<Option<(Note, Checkpoint)>> {
        let bytes = self.folder.read(checkpoint::PATH, MAX_LOG_BYTES)?;
        let read = Note::parse(bytes).map_err(|error| error.to_string());
        let read = read.and_then(|note| {
            let said: Checkpoint = note.text().parse().map_err(|error| format!("{error}"))?;
            if said.size > MAX_ENTRIES { Err(format!("more than {MAX_ENTRIES} entries")) } else { Ok((note, said)) }
        });
        Ok(read.map_err(|message| self.report(Code::LogMalformed, checkpoint::PATH, message)).ok())
    }

    /// Whether the files are there that a log of this size needs.
    fn has_all(&mut self, tiles: &Tiles, size: u64) -> bool {
        for path in Tile::all(size).map(|tile| tile.to_string()).filter(|path| !tiles.contains_key(path)) {
            self.report(Code::LogFileMissing, &path, format!("a log of {size} entries has this file"));
        }
        !self.findings.has_errors()
    }

    fn entries(&mut self, size: u64) -> Result<Option<Vec<Vec<u8>>>> {
        let mut entries = Vec::new();
        for bundle in Tile::all(size).filter(|tile| tile.level == Level::Entries) {
            let path = bundle.to_string();
            let bytes = self.folder.read(&path, MAX_LOG_BYTES)?;
            match tile::decode_bundle(&bytes, bundle.width) {
                Ok(read) => entries.extend(read),
                Err(error) => self.report(Code::LogMalformed, &path, error.to_string()),
            }
        }
        Ok((!self.findings.has_errors()).then_some(entries))
    }

    /// Holds every file against what the entries ask for: also those of the sizes that the log once had.
    fn compare(&mut self, log: &Log, tiles: &Tiles) -> Result<()> {
        let next: Vec<_> = Tile::all(log.size() + 1).collect();
        for (path, tile) in tiles {
            match log.tile(*tile) {
                Some(bytes) if self.folder.read(path, MAX_LOG_BYTES)? == bytes => {}
                Some(_) => self.report(Code::LogTileMismatch, path, "it does not hold what the entries ask for"),
                None if next.contains(tile) => {
                    let message = "it belongs to an entry that the checkpoint does not count";
                    self.report(Code::LogUnfinished, path, message);
                }
                None => self.report(Code::LogMalformed, path, "the log is not so large"),
            }
        }
        Ok(())
    }

    fn report(&mut self, code: Code, path: &str, message: impl Into<String>) {
        self.findings.push(Finding::of_file(code, self.folder.display(path), message));
    }
}

/// Whether a file has the name of one that was to take another's place in the end.
fn is_scrap(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(".tmp"))
}
