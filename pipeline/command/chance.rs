//! Chance, for new keys and salts alone: what is checked or released never depends on it.

use std::io;

use crate::error::{Error, Result};

/// Random bytes from the system.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    let refused = |error: getrandom::Error| io::Error::other(error.to_string());
    getrandom::fill(&mut bytes).map_err(refused).map_err(Error::io("the system's random numbers"))?;
    Ok(bytes)
}
