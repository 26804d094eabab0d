//! `affiant approve`

use std::path::PathBuf;

use super::terminal::Terminal;
use super::{Verdict, key};
use crate::cli::Approve;
use crate::error::{Error, Result};
use crate::format::approval::SignedApproval;
use crate::format::changes::{self, ChangesLine, ChangesReader, FINGERPRINT_DIGITS};
use crate::format::layout;
use crate::io;
use crate::model::change::{Change, ChangesHeader};
use crate::render::diff::text;
use crate::render::text::{GOOD, counted, styled};
use crate::stage::seal;

pub fn run(args: Approve, terminal: &mut Terminal) -> Result<Verdict> {
    let (header, changes) = chosen(&args)?;
    let from = header.old.tagmanifest_sha256.ok_or_else(|| {
        let message =
            "the changes do not lead on from a release: compare with the one before (`affiant diff RELEASE DATASET`)";
        Error::Usage(message.to_owned())
    })?;
    let out = out(&args, &header)?;
    let version = header.old.version.as_ref().map_or_else(String::new, ToString::to_string);
    terminal.print(&format!("changes of {} since {version} ({from}):\n", header.dataset))?;
    for change in &changes {
        terminal.print(&format!("{}    digest {}\n", text::one(change), changes::digest(change)))?;
    }
    let signer = key::signer(&args.key)?;
    let digests = changes.iter().map(changes::digest).collect();
    let signed = SignedApproval::sign(signer.as_ref(), header.dataset, from, digests).map_err(seal::unsigned)?;
    let name = changes.first().map_or("", |change| change.fingerprint.as_str());
    let key: String = signer.verifying_key().as_bytes()[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    let path = out.join(format!("{name}-{key}.json"));
    io::write_new(&path, &signed.to_bytes())?;
    let (words, count) = (styled(GOOD, "approved"), counted(changes.len() as u64, "change"));
    terminal.print(&format!("{words} {count} with {}: {}\n", signed.key_id(), path.display()))?;
    Ok(Verdict::Good)
}

/// Whether these are the first digits of a change's digest, at least as many as its fingerprint has.
fn names(digits: &str, change: &Change) -> bool {
    digits.len() >= FINGERPRINT_DIGITS && changes::digest(change).to_string().starts_with(digits)
}

/// The folder that was given, or that of the dataset which the changes lead to.
fn out(args: &Approve, header: &ChangesHeader) -> Result<PathBuf> {
    let of_dataset = || {
        let dataset = PathBuf::from(header.new.path.as_ref()?);
        io::exists(&dataset.join(layout::DATASET)).then(|| dataset.join(layout::APPROVALS_FOLDER.trim_end_matches('/')))
    };
    let unknown = || {
        let message = "the changes name no dataset folder that is here; give its folder of approvals with --out";
        Error::Usage(message.to_owned())
    };
    args.out.clone().or_else(of_dataset).ok_or_else(unknown)
}

/// The changes that are meant, each by exactly one fingerprint.
fn chosen(args: &Approve) -> Result<(ChangesHeader, Vec<Change>)> {
    let place = args.changes.display().to_string();
    let unreadable = |error: &dyn std::fmt::Display| Error::Refused(format!("{place}: {error}"));
    let (mut header, mut chosen): (_, Vec<Change>) = (None, Vec::new());
    for line in ChangesReader::new(std::io::BufReader::new(io::open(&args.changes)?)) {
        match line.map_err(|error| unreadable(&error))? {
            ChangesLine::Header(found) => header = Some(found),
            ChangesLine::Change(change) if args.fingerprints.iter().any(|digits| names(digits, &change)) => {
                chosen.push(*change);
            }
            _ => {}
        }
    }
    for fingerprint in &args.fingerprints {
        let number = chosen.iter().filter(|change| names(fingerprint, change)).count();
        if number != 1 {
            let message = format!("{place}: {number} changes have the fingerprint {fingerprint}; nothing was approved");
            return Err(Error::Usage(message));
        }
    }
    Ok((header.ok_or_else(|| unreadable(&"it has no header"))?, chosen))
}
