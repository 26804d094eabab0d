//! Keys, as they are typed.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

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

/// `affiant keygen`
#[derive(Debug, Args)]
pub struct Keygen {
    /// The private key file to make; the public key goes into FILE.pub
    pub file: PathBuf,
    /// What to call the key: the comment of both files, and the principal of the line for allowed_signers
    /// [default: the file's name]
    #[arg(long, value_name = "WORDS")]
    pub comment: Option<String>,
    /// Leave the private key open: whoever reads the file can sign
    #[arg(long)]
    pub no_passphrase: bool,
}

/// `affiant pubkey`
#[derive(Debug, Args)]
pub struct Pubkey {
    /// An OpenSSH key file, private or public, or env:NAME; or an allowed_signers file, for all its keys
    #[arg(value_name = "KEY")]
    pub key: KeyArg,
    /// For which client
    #[arg(long = "as", value_name = "FORM")]
    pub form: PublicForm,
    /// Who holds the key, for allowed-signers [default: the key's comment]
    #[arg(long, value_name = "NAME")]
    pub principal: Option<String>,
    /// The log that the key signs for, for note: affiant/ and the dataset's id
    #[arg(long, value_name = "ORIGIN", required_if_eq("form", "note"))]
    pub origin: Option<String>,
}

/// A form that public keys have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PublicForm {
    /// The line of an OpenSSH public key file.
    Ssh,
    /// The line that trusts the key with releases, for `ssh-keygen -Y verify` and `affiant verify`.
    AllowedSigners,
    /// A minisign.pub file.
    Minisign,
    /// A PEM file, for openssl.
    Pem,
    /// A verifier key of the log (name+hash+key), for clients of C2SP notes and checkpoints.
    Note,
}
