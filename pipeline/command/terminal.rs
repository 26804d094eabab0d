//! Where words go: the product to standard output, talk to standard error.

use std::io::Write;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};

use crate::error::{Error, Result};
use crate::format::utf8;
use crate::render::text::{ERROR, plain, styled};

/// Bytes that are worth a system call.
const AT_ONCE_BYTES: usize = 1 << 16;

/// Standard output and standard error, with or without colour.
pub struct Terminal {
    out: AutoStream<std::io::Stdout>,
    err: AutoStream<std::io::Stderr>,
}

impl Terminal {
    /// Both streams; `Auto` colours terminals only and heeds NO_COLOR.
    pub fn new(choice: ColorChoice) -> Self {
        Self { out: AutoStream::new(std::io::stdout(), choice), err: AutoStream::new(std::io::stderr(), choice) }
    }

    /// Writes the product. A reader that goes away (`| head`) changes nothing about the verdict.
    pub fn print(&mut self, text: &str) -> Result<()> {
        let written = match self.out.current_choice() {
            // Colours are looked for letter by letter, and what is for machines has none.
            _ if is_plain(text) => self.out.as_inner().write_all(text.as_bytes()),
            // Taken out by the stream, every colour would end one call to the system and begin another.
            ColorChoice::Never => self.out.as_inner().write_all(strip_str(text).to_string().as_bytes()),
            _ => self.out.write_all(text.as_bytes()),
        };
        unless_closed(written)
    }

    /// Writes the product, which comes in small pieces.
    pub fn print_all<T: AsRef<[u8]>>(&mut self, pieces: impl IntoIterator<Item = Result<T>>) -> Result<()> {
        let mut text = Vec::with_capacity(2 * AT_ONCE_BYTES);
        for piece in pieces {
            text.extend_from_slice(piece?.as_ref());
            if text.len() >= AT_ONCE_BYTES {
                self.print_bytes(&text)?;
                text.clear();
            }
        }
        self.print_bytes(&text)
    }

    fn print_bytes(&mut self, text: &[u8]) -> Result<()> {
        match utf8::read(text) {
            Some(text) => self.print(text),
            None => self.print(&String::from_utf8_lossy(text)),
        }
    }

    /// Writes talk; what cannot be said is not worth stopping for.
    pub fn say(&mut self, text: &str) {
        _ = self.err.write_all(text.as_bytes());
    }

    /// Says why the work could not be done.
    pub fn complain(&mut self, error: &Error) {
        let name = styled(ERROR, "error");
        self.say(&format!("{name}: {}\n", plain(&error.to_string())));
    }

    /// Brings the product out.
    pub fn flush(&mut self) -> Result<()> {
        let flushed = self.out.flush();
        unless_closed(flushed)
    }
}

/// Whether a text is nothing but characters and the ends of lines.
fn is_plain(text: &str) -> bool {
    let has_other =
        |bytes: &[u8]| bytes.iter().fold(false, |other, byte| other | (byte.is_ascii_control() & (*byte != b'\n')));
    !text.as_bytes().chunks(1 << 10).any(has_other)
}

fn unless_closed(written: std::io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(Error::io("standard output")),
    }
}
