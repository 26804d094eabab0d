//! What an archive held: the bytes of its files, one behind the other in one nameless file, and where each begins.
//!
//! No name of the archive ever becomes a name on disk.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::fault::Fault;
use super::limit::Names;
use crate::stage::folder::{Entry, EntryKind};

/// What an archive held so far.
pub(super) struct Spool {
    file: BufWriter<File>,
    bytes: u64,
    names: Names,
    stored: Vec<Stored>,
}

/// An entry and where its bytes begin.
struct Stored {
    entry: Entry,
    at: u64,
}

impl Spool {
    pub(super) fn new() -> Result<Self, Fault> {
        let file = BufWriter::with_capacity(1 << 16, tempfile::tempfile().map_err(Fault::Scratch)?);
        Ok(Self { file, bytes: 0, names: Names::default(), stored: Vec::new() })
    }

    /// Begins an entry under its name in the archive. What is written from now on are its bytes.
    pub(super) fn begin(&mut self, name: String, kind: EntryKind) -> Result<(), Fault> {
        self.names.keep(name.len())?;
        self.stored.push(Stored { entry: Entry { path: name, kind }, at: self.bytes });
        Ok(())
    }

    /// Takes bytes of the entry that was begun last.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.file.write_all(bytes).map_err(Fault::Scratch)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// All of it, below the folder that the first entry lies in.
    pub(super) fn finish(mut self) -> Result<Spooled, Fault> {
        let file = self.file.into_inner().map_err(|error| Fault::Scratch(error.into_error()))?;
        let top = self.stored.first().map_or("", |stored| top(&stored.entry.path)).to_owned();
        let is_folder = |stored: &Stored| stored.entry.kind == EntryKind::Folder && !top.is_empty();
        let is_top = |stored: &Stored| is_folder(stored) && stored.entry.path == top;
        if let Some(at) = self.stored.iter().position(is_top) {
            self.stored.remove(at);
        }
        for stored in &mut self.stored {
            stored.entry.path = below(&top, &stored.entry.path);
        }
        self.stored.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        Ok(Spooled { file: Arc::new(file), top, stored: self.stored })
    }
}

/// The first component of a name, unless it leads out of the folder where somebody might unpack it.
fn top(name: &str) -> &str {
    let first = name.split('/').next().unwrap_or_default();
    if matches!(first, "." | "..") { "" } else { first }
}

/// A name as a path that begins in the folder `top`. What lies outside gets a path that leads out, which no release may
/// hold; nothing else about a name is changed.
fn below(top: &str, name: &str) -> String {
    match name.strip_prefix(top) {
        Some("") => String::new(),
        Some(rest) if !top.is_empty() && rest.starts_with('/') => rest[1..].to_owned(),
        _ if name.starts_with('/') => name.to_owned(),
        _ => format!("../{name}"),
    }
}

/// All that an archive held.
pub(super) struct Spooled {
    file: Arc<File>,
    top: String,
    stored: Vec<Stored>,
}

impl Spooled {
    /// The name of the one folder on top.
    pub(super) fn top(&self) -> &str {
        &self.top
    }

    /// Everything below it, sorted by path; what the archive lists twice stands here twice.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.stored.iter().map(|stored| stored.entry.clone()).collect()
    }

    /// The bytes of a plain file.
    pub(super) fn open(&self, path: &str) -> io::Result<Piece> {
        let first = self.stored.partition_point(|stored| stored.entry.path.as_str() < path);
        let same = self.stored[first..].iter().take_while(|stored| stored.entry.path == path).collect::<Vec<_>>();
        match same[..] {
            [] => Err(io::ErrorKind::NotFound.into()),
            [Stored { entry: Entry { kind: EntryKind::File(bytes), .. }, at }] => {
                Ok(Piece { file: Arc::clone(&self.file), at: *at, end: at + bytes })
            }
            [_] => Err(io::Error::other("not a plain file")),
            _ => Err(io::Error::other("the archive holds it more than once")),
        }
    }
}

/// A stretch of the spool, read without moving anybody else's place in it.
pub(super) struct Piece {
    file: Arc<File>,
    at: u64,
    end: u64,
}

impl Read for Piece {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let read = self.file.read_at(&mut buffer[..wanted], self.at)?;
        if read == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spooled(files: &[(&str, &str)]) -> Spooled {
        let mut spool = Spool::new().expect("a temporary file");
        for (name, text) in files {
            let folder = name.strip_suffix('/');
            let kind = folder.map_or(EntryKind::File(text.len() as u64), |_| EntryKind::Folder);
            spool.begin(folder.unwrap_or(name).to_owned(), kind).expect("within limits");
            spool.write(text.as_bytes()).expect("written");
        }
        spool.finish().expect("written")
    }

    fn paths(files: &[(&str, &str)]) -> Vec<String> {
        spooled(files).entries().into_iter().map(|entry| entry.path).collect()
    }

    fn read(spooled: &Spooled, path: &str) -> io::Result<String> {
        let mut text = String::new();
        spooled.open(path)?.read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn each_file_has_its_own_bytes() {
        let spooled = spooled(&[("r/", ""), ("r/b", "two"), ("r/a", "one"), ("r/empty", ""), ("r/c", "three")]);
        assert_eq!(spooled.top(), "r");
        for (path, text) in [("a", "one"), ("b", "two"), ("c", "three"), ("empty", "")] {
            assert_eq!(read(&spooled, path).expect(path), text);
        }
        for path in ["", "r", "d", "r/a"] {
            assert!(spooled.open(path).is_err(), "{path}");
        }
    }

    #[test]
    fn what_lies_outside_leads_out() {
        for (name, path) in [
            ("r/x", "x"),
            ("r//x", "/x"),
            ("r/../x", "../x"),
            ("r/./x", "./x"),
            ("r", ""),
            ("rr/x", "../rr/x"),
            ("x", "../x"),
            ("../x", "../../x"),
            ("/x", "/x"),
            ("", "../"),
            (".", "../."),
        ] {
            assert_eq!(below("r", name), path, "{name}");
        }
        assert_eq!(paths(&[("./r/x", ""), ("./r/y", "")]), [".././r/x", ".././r/y"]);
        assert_eq!(paths(&[("/r/x", ""), ("r/y", "")]), ["../r/y", "/r/x"]);
        assert_eq!(paths(&[("", ""), ("x", "")]), ["", "../x"]);
        assert_eq!(paths(&[("/", "")]), [""]);
    }

    #[test]
    fn what_is_listed_twice_stays_twice() {
        let files = [("r/x", "one"), ("r/x", "two")];
        assert_eq!(paths(&files), ["x", "x"]);
        assert!(read(&spooled(&files), "x").is_err());
        assert_eq!(paths(&[("r/", ""), ("r/", "")]), [""]);
    }
}
