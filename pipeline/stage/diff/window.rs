//! Many whole lines at once, so that what two files have in common is passed over by comparing bytes.

use std::io::{self, Read};
use std::sync::Arc;
use std::{iter, mem};

use super::{Entry, unfit};
use crate::error::{Error, Result};
use crate::format::jsonl::MAX_LINE_BYTES;

/// Size of a window in bytes, unless a line is longer.
const WINDOW_BYTES: usize = 1 << 19;

/// Longest line, in bytes without its LF: the canonical form may be longer than what the curator wrote, `1e15` is.
const LONGEST_BYTES: usize = 4 * MAX_LINE_BYTES;

/// The records of one kind, in the order of their ids: canonical lines, each with its LF. An error that a reader gives
/// may be one of ours in the clothes of another.
pub struct Records<'a> {
    /// How a person calls the place that they come from.
    pub place: Arc<str>,
    /// The lines themselves.
    pub lines: Box<dyn Read + Send + 'a>,
    /// Of claims, the line of the standing of each; absent where the version does not hold the statuses.
    pub standings: Option<Box<dyn Read + Send + 'a>>,
}

impl<'a> Records<'a> {
    /// Records without standings, from canonical lines without LF.
    pub fn of_lines(lines: impl Iterator<Item = Result<Vec<u8>>> + Send + 'a) -> Self {
        Self { place: "records".into(), lines: Box::new(LineByLine::new(lines)), standings: None }
    }

    /// The same records with standings.
    pub fn with_standings(self, lines: impl Iterator<Item = Result<Vec<u8>>> + Send + 'a) -> Self {
        Self { standings: Some(Box::new(LineByLine::new(lines))), ..self }
    }

    /// The records one by one.
    pub fn entries(self) -> impl Iterator<Item = Result<Entry>> + 'a {
        let mut windows = Windows::new(self);
        iter::from_fn(move || windows.fill().and_then(|()| windows.next()).transpose())
    }
}

/// Lines that come one by one, as bytes.
struct LineByLine<I> {
    lines: I,
    line: io::Cursor<Vec<u8>>,
}

impl<I> LineByLine<I> {
    fn new(lines: I) -> Self {
        Self { lines, line: io::Cursor::default() }
    }
}

impl<I: Iterator<Item = Result<Vec<u8>>>> Read for LineByLine<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.line.read(buffer)?;
        if read > 0 {
            return Ok(read);
        }
        let Some(line) = self.lines.next().transpose().map_err(io::Error::other)? else { return Ok(0) };
        self.line = io::Cursor::new([line.as_slice(), b"\n"].concat());
        self.line.read(buffer)
    }
}

/// Lines without their LF.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let last = (!bytes.is_empty() && !bytes.ends_with(b"\n")).then_some(bytes.len());
    let mut at = 0;
    memchr::memchr_iter(b'\n', bytes).chain(last).map(move |end| &bytes[mem::replace(&mut at, end + 1)..end])
}

/// The first `count` of some whole lines, or all if they are fewer, and how many these are.
pub(super) fn first(lines: &[u8], count: usize) -> (usize, &[u8]) {
    let Some(before) = count.checked_sub(1) else { return (0, &[]) };
    match memchr::memchr_iter(b'\n', lines).nth(before) {
        Some(end) => (count, &lines[..=end]),
        None => (memchr::memchr_iter(b'\n', lines).count(), lines),
    }
}

/// Claims and standings that are not of the same number, or do not come in the same order.
pub(super) fn uneven(place: &str) -> Error {
    unfit(&format!("{place}: statuses and claims do not come in step"))
}

/// What a reader's error is to us.
pub(super) fn told(error: io::Error, place: &str) -> Error {
    error.downcast::<Error>().unwrap_or_else(Error::io(place))
}

/// The lines of a file that are at hand.
pub(super) struct Window<'a> {
    pub(super) place: Arc<str>,
    file: Box<dyn Read + Send + 'a>,
    bytes: Vec<u8>,
    /// How many bytes there may be.
    size: usize,
    /// Where the lines begin that nobody has taken, and where the whole ones end.
    taken: usize,
    whole: usize,
    ended: bool,
}

impl<'a> Window<'a> {
    /// A window at the beginning of a file, and nothing in it yet.
    pub(super) fn new(place: Arc<str>, file: Box<dyn Read + Send + 'a>) -> Self {
        Self { place, file, bytes: Vec::new(), size: WINDOW_BYTES, taken: 0, whole: 0, ended: false }
    }

    /// The lines at hand, each with its LF.
    pub(super) fn lines(&self) -> &[u8] {
        &self.bytes[self.taken..self.whole]
    }

    /// Goes on behind the first so many bytes of them.
    pub(super) fn take(&mut self, bytes: usize) {
        self.taken += bytes;
    }

    /// Whether nothing stands behind the lines at hand.
    pub(super) fn is_at_end(&self) -> bool {
        self.ended
    }

    /// Whether not much is at hand, and there may be more.
    fn is_low(&self) -> bool {
        !self.ended && self.whole - self.taken <= self.size / 2
    }

    /// How many bytes of lines were taken since reading on.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// The lines that were taken since reading on: they are given away, and what is behind them moves instead.
    pub(super) fn give(&mut self) -> Vec<u8> {
        let rest = &self.bytes[self.taken..];
        self.size = WINDOW_BYTES.max(rest.len());
        let mut next = Vec::with_capacity(self.size);
        next.extend_from_slice(rest);
        let mut given = mem::replace(&mut self.bytes, next);
        given.truncate(self.taken);
        (self.whole, self.taken) = (self.whole - self.taken, 0);
        given
    }

    /// The first so many bytes of the lines at hand, which are taken.
    pub(super) fn cut(&mut self, bytes: usize) -> Vec<u8> {
        let begin = self.taken;
        self.taken += bytes;
        // Whatever is less is copied.
        if bytes < self.bytes.len() - self.taken {
            return self.bytes[begin..self.taken].to_vec();
        }
        let mut given = self.give();
        given.drain(..begin);
        given
    }

    /// Reads on, if not much is at hand: one line at least, unless the file is at its end.
    pub(super) fn fill(&mut self) -> Result<()> {
        if !self.is_low() {
            return Ok(());
        }
        self.bytes.drain(..mem::take(&mut self.taken));
        self.read()?;
        if self.whole == 0 && !self.ended {
            self.size = LONGEST_BYTES + 1;
            self.read()?;
        }
        match self.whole == 0 && !self.ended {
            true => Err(unfit(&format!("{}: a line is longer than {LONGEST_BYTES} bytes", self.place))),
            false => Ok(()),
        }
    }

    fn read(&mut self) -> Result<()> {
        let room = self.size.saturating_sub(self.bytes.len());
        self.bytes.reserve_exact(room);
        let mut file = (&mut self.file).take(room as u64);
        let read = file.read_to_end(&mut self.bytes).map_err(|error| told(error, &self.place))?;
        self.ended = read < room;
        if self.ended && !self.bytes.ends_with(b"\n") && !self.bytes.is_empty() {
            self.bytes.push(b'\n');
        }
        self.whole = memchr::memrchr(b'\n', &self.bytes).map_or(0, |last| last + 1);
        Ok(())
    }

    /// Goes on behind so many lines, or to the end.
    pub(super) fn skip(&mut self, mut count: usize) -> Result<()> {
        self.fill()?;
        while count > 0 && !self.lines().is_empty() {
            let (lines, bytes) = first(self.lines(), count);
            (count, self.taken) = (count - lines, self.taken + bytes.len());
            self.fill()?;
        }
        Ok(())
    }

    /// The next line, without its LF.
    fn next(&mut self) -> Option<Vec<u8>> {
        let line = first(self.lines(), 1).1.strip_suffix(b"\n")?.to_vec();
        self.take(line.len() + 1);
        Some(line)
    }
}

/// The records of one version at hand, and their standings.
pub(super) struct Windows<'a> {
    pub(super) lines: Window<'a>,
    pub(super) standings: Option<Window<'a>>,
}

impl<'a> Windows<'a> {
    /// Windows at the beginning of all records.
    pub(super) fn new(Records { place, lines, standings }: Records<'a>) -> Self {
        let standings = standings.map(|standings| Window::new(Arc::clone(&place), standings));
        Self { lines: Window::new(place, lines), standings }
    }

    /// Reads on where it is needed.
    pub(super) fn fill(&mut self) -> Result<()> {
        self.lines.fill()?;
        self.standings.as_mut().map_or(Ok(()), Window::fill)
    }

    /// The next record of those at hand; `None` at the end, where as many standings must have come as records.
    fn next(&mut self) -> Result<Option<Entry>> {
        let (line, standing) = (self.lines.next(), self.standings.as_mut().map(Window::next));
        match (line, standing) {
            (Some(line), None) => Ok(Some(Entry { line, standing: None })),
            (Some(line), Some(Some(standing))) => Ok(Some(Entry { line, standing: Some(standing) })),
            (None, None | Some(None)) => Ok(None),
            _ => Err(uneven(&self.lines.place)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(lines: &[u8], standings: Option<&[u8]>) -> Result<Vec<Entry>> {
        let boxed = |bytes: &[u8]| -> Box<dyn Read + Send> { Box::new(io::Cursor::new(bytes.to_vec())) };
        let (place, lines, standings) = ("records".into(), boxed(lines), standings.map(boxed));
        Records { place, lines, standings }.entries().collect()
    }

    #[test]
    fn every_line_comes_once() {
        for length in [0, 1, 40, WINDOW_BYTES - 1, WINDOW_BYTES, WINDOW_BYTES + 1, LONGEST_BYTES] {
            let lines: Vec<Vec<u8>> = (0..5_u8).map(|n| vec![b'a' + n; length]).collect();
            let bytes = lines.join(&b'\n');
            for bytes in [bytes.clone(), [bytes.as_slice(), b"\n"].concat()] {
                let found: Vec<Vec<u8>> = entries(&bytes, None).expect("lines").into_iter().map(|e| e.line).collect();
                let expected = if length == 0 && !bytes.ends_with(b"\n\n\n\n\n") { &lines[..4] } else { &lines[..] };
                assert!(found == expected, "{length}");
            }
        }
        assert_eq!(entries(b"", None).expect("nothing"), []);
        assert!(entries(&vec![b'a'; LONGEST_BYTES + 2], None).is_err());
    }

    #[test]
    fn standings_come_in_step() {
        let found = entries(b"1\n2\n3\n", Some(b"a\nb\nc\n")).expect("three records");
        assert_eq!(found[2], Entry { line: b"3".to_vec(), standing: Some(b"c".to_vec()) });
        for standings in [b"a\nb\n".as_slice(), b"a\nb\nc\nd\n", b""] {
            assert!(entries(b"1\n2\n3\n", Some(standings)).is_err());
        }
    }
}
