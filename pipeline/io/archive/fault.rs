//! Why an archive is not read.

use std::io;

use crate::error::Error;

/// Why an archive is not read.
#[derive(Debug)]
pub(super) enum Fault {
    /// The archive could not be read.
    Io(io::Error),
    /// What it holds could not be put down.
    Scratch(io::Error),
    /// Tools could read it differently, or not at all.
    Malformed(String),
    /// It asks for more than an archive may.
    Limit(String),
}

impl Fault {
    /// A fault of the archive's form, in words.
    pub(super) fn form(message: impl Into<String>) -> Self {
        Self::Malformed(message.into())
    }

    /// The same for the user, with the archive's place.
    pub(super) fn at(&self, path: &str) -> Error {
        let again = |source: &io::Error| io::Error::new(source.kind(), source.to_string());
        let path = path.to_owned();
        match self {
            Self::Io(source) => Error::io(path)(again(source)),
            Self::Scratch(source) => Error::io("a temporary file")(again(source)),
            Self::Malformed(message) => Error::Archive { path, message: message.clone() },
            Self::Limit(message) => Error::ArchiveLimit { path, message: message.clone() },
        }
    }
}

impl From<io::Error> for Fault {
    /// What the system says has a number; the rest is said by who unpacks.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            _ if error.raw_os_error().is_some() => Self::Io(error),
            io::ErrorKind::UnexpectedEof => Self::form("it ends too early"),
            _ => Self::form(error.to_string()),
        }
    }
}
