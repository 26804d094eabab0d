//! `affiant rotate`, and `affiant sign` of a keyring.

use std::path::Path;

use super::terminal::Terminal;
use super::{Verdict, key};
use crate::cli::{KeyArg, Rotate};
use crate::error::{Error, Result};
use crate::finding::Outcome;
use crate::format::keyring::{Keyring, KeyringTerms, MAX_BYTES, SignedKeyring};
use crate::io::{self, DiskFolder, Lock};
use crate::render::{keyring as render, text};
use crate::stage::folder::Folder;
use crate::stage::keyring::{self, KeyringChain, Link};
use crate::stage::seal;

pub fn run(args: Rotate, terminal: &mut Terminal) -> Result<Verdict> {
    let _lock = Lock::take(&args.folder)?;
    let folder = DiskFolder::open(&args.folder)?;
    let Some(chain) = chain(keyring::read(&folder)?, terminal)? else { return Ok(Verdict::Bad) };
    let keyring = next(&args, &chain)?;
    let file = keyring::file_name(keyring.terms().version);
    let (first, others) = args.key.split_first().unwrap_or_else(|| unreachable!("the command line asks for a key"));
    let mut signed = SignedKeyring::sign(keyring, key::signer(first)?.as_ref()).map_err(seal::unsigned)?;
    others.iter().try_for_each(|key| add(&mut signed, key))?;
    let bytes = signed.to_bytes();
    let link = keyring::pending(&chain, signed, &folder.display(&file)).map_err(Error::Refused)?;
    io::place(&folder.path(&file), &bytes)?;
    terminal.print(&render::written(&link, chain.newest()))?;
    Ok(Verdict::Good)
}

/// Adds a signature to a keyring that stands in the folder of all keyrings.
pub fn sign(path: &Path, key: &KeyArg, terminal: &mut Terminal) -> Result<Verdict> {
    let unreadable = |error: &dyn std::fmt::Display| Error::Refused(format!("{}: {error}", path.display()));
    let folder = io::beside(path, "");
    let _lock = Lock::take(&folder)?;
    let mut signed = SignedKeyring::parse(&io::read(path, MAX_BYTES)?).map_err(|error| unreadable(&error))?;
    let version = signed.keyring().terms().version;
    if io::name_of(path)? != keyring::file_name(version) {
        return Err(unreadable(&format!("it is keyring {version}, and not called {}", keyring::file_name(version))));
    }
    let before = keyring::read_below(&DiskFolder::open(folder)?, version)?;
    let Some(chain) = chain(before, terminal)? else { return Ok(Verdict::Bad) };
    add(&mut signed, key)?;
    let bytes = signed.to_bytes();
    let link = keyring::pending(&chain, signed, &path.display().to_string()).map_err(Error::Refused)?;
    io::replace(path, &bytes)?;
    terminal.print(&render::written(&link, chain.newest()))?;
    Ok(Verdict::Good)
}

/// The chain, or what is wrong with it.
fn chain(outcome: Outcome<Option<KeyringChain>>, terminal: &mut Terminal) -> Result<Option<KeyringChain>> {
    if outcome.value.is_none() {
        terminal.print(&text::findings(&outcome.findings, 0))?;
        terminal.print(&render::verdict(&outcome.findings, None))?;
    }
    Ok(outcome.value)
}

fn next(args: &Rotate, chain: &KeyringChain) -> Result<Keyring> {
    let before = chain.newest().map(Link::keyring);
    let dataset = args.dataset.clone().or_else(|| before.map(|before| before.terms().dataset.clone()));
    let signers = String::from_utf8(io::read(&args.signers, MAX_BYTES)?);
    let place = args.signers.display();
    let terms = KeyringTerms {
        dataset: dataset.ok_or_else(|| Error::Usage("the first keyring names its dataset: --dataset ID".to_owned()))?,
        date: args.date,
        previous: before.map(Keyring::digest),
        signers: signers.map_err(|_| Error::Usage(format!("{place}: not UTF-8")))?,
        threshold: args.threshold,
        version: before.map_or(1, |before| before.terms().version + 1),
    };
    Keyring::new(terms).map_err(|error| Error::Usage(format!("{place}: {error}")))
}

fn add(signed: &mut SignedKeyring, key: &KeyArg) -> Result<()> {
    let signer = key::signer(key)?;
    signed.add(signer.as_ref()).map_err(|error| Error::Refused(format!("{key}: {error}")))
}
