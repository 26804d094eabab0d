//! Keys, as they are typed.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// Where a key is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyArg {
    /// A private key file; or a public one, whose private half an ssh-agent holds.
    File(PathBuf),
    /// `env:NAME`: a variable of the environment.
    Variable(String),
}

impl From<OsString> for KeyArg {
    fn from(typed: OsString) -> Self {
        match typed.to_str().and_then(|typed| typed.strip_prefix("env:")) {
            Some(name) => Self::Variable(name.to_owned()),
            None => Self::File(typed.into()),
        }
    }
}

impl fmt::Display for KeyArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Variable(name) => write!(f, "env:{name}"),
        }
    }
}
