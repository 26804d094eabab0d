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

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Error, ErrorKind, Read};

    use proptest::prelude::*;

    use super::super::tests::{log, note, signer};
    use super::*;
    use crate::format::layout;
    use crate::stage::folder::Entry;

    /// A folder in memory; a path without bytes is a link.
    #[derive(Clone)]
    struct Memory(BTreeMap<String, Option<Vec<u8>>>);

    impl Folder for Memory {
        fn entries(&self) -> Result<Vec<Entry>> {
            let kind = |bytes: &Option<Vec<u8>>| {
                bytes.as_ref().map_or(EntryKind::Other, |bytes| EntryKind::File(bytes.len() as u64))
            };
            Ok(self.0.iter().map(|(path, bytes)| Entry { path: path.clone(), kind: kind(bytes) }).collect())
        }

        fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
            let bytes = self.0.get(path).cloned().flatten();
            let bytes = bytes.ok_or_else(|| crate::error::Error::io(path)(Error::from(ErrorKind::NotFound)))?;
            Ok(Box::new(Cursor::new(bytes)))
        }

        fn display(&self, path: &str) -> String {
            path.to_owned()
        }
    }

    impl Memory {
        /// The folder of a log that has grown entry by entry up to `log`, from `first` entries on.
        fn grown(log: &Log, first: u64) -> Self {
            let sizes = first..=log.size();
            let tiles = sizes.flat_map(Tile::all).filter_map(|tile| Some((tile.to_string(), Some(log.tile(tile)?))));
            let checkpoint = (checkpoint::PATH.to_owned(), Some(note(log).to_string().into_bytes()));
            Self(tiles.chain([checkpoint]).collect())
        }

        fn of(log: &Log) -> Self {
            Self::grown(log, log.size())
        }

        fn with(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
            self.0.insert(path.to_owned(), Some(bytes.into()));
            self
        }

        fn without(mut self, path: &str) -> Self {
            self.0.remove(path).expect("a file");
            self
        }

        fn codes(&self) -> Vec<(Code, String)> {
            let outcome = read(self).expect("readable");
            assert_eq!(outcome.value.is_none(), outcome.findings.has_errors());
            outcome.findings.kept().iter().map(|finding| (finding.code, finding.place.file.to_string())).collect()
        }
    }

    fn signed(text: &str) -> Vec<u8> {
        Note::sign(&signer(), "affiant/harbour", text).expect("signs").to_string().into_bytes()
    }

    #[test]
    fn each_fault_is_found_where_it_is() {
        use Code::{LogFileMissing, LogMalformed, LogRootMismatch, LogTileMismatch, LogUnfinished};
        let log3 = log(3);
        let folder = || Memory::of(&log3);
        let (tile, bundle) = ("tile/0/000.p/3", "tile/entries/000.p/3");
        let checkpoint = |size: u64, of: u64| {
            let said = log3.checkpoint(of).expect("a state");
            signed(&Checkpoint { size, ..said }.to_string())
        };
        let huge = checkpoint(MAX_ENTRIES + 1, 3);
        let mut link = folder();
        link.0.insert("tile/0/001".to_owned(), None);
        for (folder, code, path) in [
            (folder().without(checkpoint::PATH), LogFileMissing, checkpoint::PATH),
            (folder().without(tile), LogFileMissing, tile),
            (folder().without(bundle), LogFileMissing, bundle),
            (folder().with(checkpoint::PATH, checkpoint(4, 3)), LogFileMissing, "tile/entries/000.p/4"),
            (folder().with(checkpoint::PATH, huge), LogMalformed, checkpoint::PATH),
            (folder().with(checkpoint::PATH, "no note\n"), LogMalformed, checkpoint::PATH),
            (folder().with(checkpoint::PATH, signed("no checkpoint\n")), LogMalformed, checkpoint::PATH),
            (folder().with(checkpoint::PATH, checkpoint(3, 2)), LogRootMismatch, checkpoint::PATH),
            (folder().with(bundle, "\0\x01a"), LogMalformed, bundle),
            (folder().with(bundle, "\0\0\0\0\0\0"), LogTileMismatch, tile),
            (folder().with(tile, ""), LogTileMismatch, tile),
            (folder().with("tile/0/000.p/2", [0; 64]), LogTileMismatch, "tile/0/000.p/2"),
            (folder().with("tile/entries/000.p/1", "\0\0"), LogTileMismatch, "tile/entries/000.p/1"),
            (folder().with("tile/0/000.p/4", ""), LogUnfinished, "tile/0/000.p/4"),
            (folder().with("tile/0/.tmp4x", ""), LogUnfinished, "tile/0/.tmp4x"),
            (folder().with("tile/0/000.p/5", ""), LogMalformed, "tile/0/000.p/5"),
            (folder().with("tile/1/000.p/1", ""), LogMalformed, "tile/1/000.p/1"),
            (folder().with("tile/63/000", ""), LogMalformed, "tile/63/000"),
            (folder().with("tile/0/000.p/03", ""), LogMalformed, "tile/0/000.p/03"),
            (folder().with(layout::TLOG_PROOF, ""), LogMalformed, layout::TLOG_PROOF),
            (link, LogMalformed, "tile/0/001"),
        ] {
            assert_eq!(folder.codes().first(), Some(&(code, path.to_owned())));
        }
    }

    #[test]
    fn what_an_interrupted_run_left_is_no_part_of_the_log() {
        let (log, next) = (log(256), log(257));
        let mut folder = Memory::of(&next);
        folder.0.extend(Memory::of(&log).0);
        let codes = folder.codes();
        assert!(codes.iter().all(|(code, _)| *code == Code::LogUnfinished) && codes.len() == 2, "{codes:?}");
        assert_eq!(read(&folder).expect("readable").value.map(StoredLog::into_log), Some(log));
    }

    #[test]
    fn a_folder_is_no_larger_than_a_log_may_be() {
        let folder = Memory::of(&log(1)).with("tile/0/001", vec![0; MAX_LOG_BYTES as usize + 1]);
        assert_eq!(folder.codes(), [(Code::LogMalformed, String::new())]);
    }

    proptest! {
        #[test]
        fn a_log_of_any_size_reads_back(size in 0..600usize, grown in 0..3u64) {
            let log = log(size);
            let folder = Memory::grown(&log, log.size().saturating_sub(grown));
            let outcome = read(&folder).expect("readable");
            prop_assert_eq!(outcome.findings.kept(), []);
            let stored = outcome.value.expect("no error");
            prop_assert_eq!(stored.checkpoint(), &note(&log));
            prop_assert_eq!(stored.into_log(), log);
        }

        #[test]
        fn a_changed_byte_is_found(file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0..8u8) {
            let mut folder = Memory::grown(&log(5), 1);
            let before = read(&folder).expect("readable").value.expect("a log");
            let bytes = file.get(&folder.0.keys().cloned().collect::<Vec<_>>()).clone();
            let bytes = folder.0.get_mut(&bytes).and_then(Option::as_mut).expect("a file");
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let after = read(&folder).expect("readable").value;
            // Files alone cannot tell whether the checkpoint's name and signature are the right ones.
            if let Some(after) = after {
                prop_assert!(after.log().entries() == before.log().entries());
                prop_assert!(after.checkpoint() != before.checkpoint());
            }
        }
    }
}
