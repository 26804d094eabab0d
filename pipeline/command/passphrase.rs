//! Passphrases, asked for on the terminal.

use std::io::ErrorKind;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::render::text::plain;

/// Asks on the terminal that the program was started from, whatever standard input is; none without a terminal.
pub fn ask(prompt: &str) -> Result<Option<Zeroizing<String>>> {
    match rpassword::prompt_password(plain(prompt)) {
        Ok(passphrase) => Ok(Some(Zeroizing::new(passphrase))),
        Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::Interrupted) => {
            Err(Error::Usage("no passphrase was typed".to_owned()))
        }
        Err(_) => Ok(None),
    }
}
