//! "The tool could not do the job": nothing is known about the data.

use std::fmt::Display;
use std::io;

/// Why the work could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// What was asked for makes no sense as asked.
    #[error("{0}")]
    Usage(String),
    /// A key or trust file could not be used.
    #[error("{path}: {message}")]
    Key {
        /// The file.
        path: String,
        /// Why, and what to do.
        message: String,
    },
    /// The keeper of the key did not sign.
    #[error("no signature: {0}")]
    Signer(String),
    /// Tools could read an archive differently, or not at all.
    #[error("{path}: no archive to rely on: {message}")]
    Archive {
        /// The archive.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// An archive asks for more than one may.
    #[error("{path}: {message}")]
    ArchiveLimit {
        /// The archive.
        path: String,
        /// More than what.
        message: String,
    },
    /// The data has problems that stop this work; the findings tell them.
    #[error("{0}")]
    Refused(String),
}

impl Error {
    /// An I/O error with the place where it happened.
    pub fn io(path: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// What was read is not all of one time.
    pub fn changed_meanwhile(place: impl Display) -> Self {
        Self::Refused(format!("{place} changed while it was being read; run it again"))
    }
}

/// The result of work that may be impossible.
pub type Result<T, E = Error> = std::result::Result<T, E>;
