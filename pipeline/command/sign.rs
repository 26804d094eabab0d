//! `affiant sign`

use super::progress::Bar;
use super::terminal::Terminal;
use super::verify::trust_file;
use super::{Verdict, copies, key, rotate, texts_folder};
use crate::cli::Sign;
use crate::error::{Error, Result};
use crate::format::dsse::Envelope;
use crate::format::{layout, minisig};
use crate::io::{self, DiskFolder, Lock, Scratchpad};
use crate::render::{text, verdict};
use crate::stage::folder::Folder;
use crate::stage::seal;
use crate::stage::verify::{self, Extent, History, Request, TrustedSigners};

/// Largest seal, in bytes.
const MAX_SEAL_BYTES: u64 = 256 << 20;

pub fn run(args: Sign, terminal: &mut Terminal) -> Result<Verdict> {
    if io::first_bytes(&args.release, 0)?.is_some() {
        return rotate::sign(&args.release, &args.key, terminal);
    }
    let trust = args.trust.as_deref();
    let trust =
        trust.ok_or_else(|| Error::Usage("a release is verified before it is signed: --trust FILE".to_owned()))?;
    let signers = trust_file(trust)?;
    let signer = key::signer(&args.key)?;
    let folder = DiskFolder::open(&args.release)?;
    let releases = io::beside(&args.release, "");
    let lock = Lock::take(&releases)?;
    io::remove_drafts(&lock, &releases)?;
    let folder_name = folder.name()?;
    let texts = texts_folder(args.texts.as_deref())?;
    let bar = Bar::new();
    let outcome = verify::verify(Request {
        folder: &folder,
        folder_name: Some(&folder_name),
        trust: TrustedSigners { signers: &signers, threshold: None, keyring: None },
        history: History::default(),
        previous: None,
        extent: Extent::Whole,
        copies: copies(texts.as_ref())?,
        scratch: &Scratchpad,
        progress: &bar,
    })?;
    drop(bar);
    let Some(release) = outcome.value else {
        terminal.print(&text::findings(&outcome.findings, 100))?;
        terminal.print(&verdict::refused(&outcome.findings))?;
        return Ok(Verdict::Bad);
    };
    let key = signer.verifying_key();
    let tag_manifest = folder.read(layout::TAG_MANIFEST, MAX_SEAL_BYTES)?;
    let mut envelope = Envelope::parse(&folder.read(layout::INTOTO, MAX_SEAL_BYTES)?)
        .map_err(|error| Error::Refused(format!("{}: {error}", layout::INTOTO)))?;
    envelope.add(signer.as_ref()).map_err(|error| Error::Refused(format!("{}: {error}", args.release.display())))?;
    let signatures = seal::signatures(release.info(), &tag_manifest, signer.as_ref()).map_err(seal::unsigned)?;
    let mut files: Vec<(String, Vec<u8>)> =
        layout::cosigner_seals(minisig::key_id(&key)).into_iter().zip(signatures.map(String::into_bytes)).collect();
    files.push((layout::INTOTO.to_owned(), envelope.to_bytes()));
    io::exchange_files(&args.release, &files)?;
    let signed = envelope.signatures().len();
    terminal.print(&verdict::cosigned(release.info(), &key.fingerprint(), signed as u64))?;
    Ok(Verdict::Good)
}
