//! `affiant release`

use std::path::Path;

use super::check::report;
use super::progress::Bar;
use super::terminal::Terminal;
use super::{Verdict, copies, texts_folder};
use crate::cli::{Release, ReportFormat};
use crate::error::{Error, Result};
use crate::format::ed25519::SigningKey;
use crate::format::jsonl::MAX_INTEGER;
use crate::format::{layout, private_key};
use crate::io::{self, DiskFolder, Lock, NewDiskFolder};
use crate::model::date::Day;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::release_info::{Previous, ReleaseInfo};
use crate::render::{json, verdict};
use crate::stage::assemble::{self, Terms};
use crate::stage::check::{self, Checked, Request, Spelling};
use crate::stage::sign;
use crate::stage::sort::Sorter;

/// Longest version, in bytes.
const MAX_VERSION_BYTES: usize = 64;

/// Largest key or tag manifest that is read, in bytes.
const MAX_SMALL_FILE: u64 = 1 << 20;

pub fn run(args: Release, terminal: &mut Terminal) -> Result<Verdict> {
    let date = release_date(args.date)?;
    let name = args.version.to_string();
    if !args.version.build.is_empty() || name.len() > MAX_VERSION_BYTES {
        return Err(Error::Usage(format!(
            "{name}: a version has no build metadata and at most {MAX_VERSION_BYTES} bytes"
        )));
    }
    let key = signing_key(&args.key)?;
    let folder = DiskFolder::open(&args.dataset.dataset)?;
    let texts = texts_folder(args.dataset.texts.as_deref())?;
    let lock = Lock::take(&args.out)?;
    let mut out = NewDiskFolder::begin(&lock, &args.out, &name)?;

    let bar = Bar::new();
    let mut sorter = Sorter::new(&mut out);
    let request =
        Request { folder: &folder, copies: copies(texts.as_ref())?, spelling: Spelling::Free, progress: &bar };
    let outcome = check::check(request, |claim| sorter.push(&claim))?;
    let claims = sorter.finish()?;
    let Some(checked) = outcome.value else {
        drop(bar);
        return report(&outcome.findings, &args.findings, "no release was made\n", json::released(None), terminal);
    };
    let terms = terms(&args, date, &checked)?;
    let release = assemble::assemble(&checked, claims, &folder, terms, &mut out, &bar)?;
    drop(bar);
    let signed = sign::sign(release, &key, &mut out)?;
    let path = out.commit()?;
    let facts = json::released(Some(signed.info()));
    let verdict = report(&outcome.findings, &args.findings, &verdict::checked(&checked), facts, terminal)?;
    if args.findings.format == ReportFormat::Text {
        terminal.print(&verdict::released(signed.info(), &path.display().to_string()))?;
    }
    Ok(verdict)
}

#[expect(clippy::disallowed_methods, reason = "SOURCE_DATE_EPOCH is how build systems give the date")]
fn release_date(given: Option<Day>) -> Result<Day> {
    let from_environment = || {
        let seconds = std::env::var("SOURCE_DATE_EPOCH").ok()?.parse().ok()?;
        Day::from_unix_seconds(seconds)
    };
    given
        .or_else(from_environment)
        .ok_or_else(|| Error::Usage("a release needs its day: --date YYYY-MM-DD, or SOURCE_DATE_EPOCH".to_owned()))
}

fn signing_key(path: &Path) -> Result<SigningKey> {
    let bytes = io::read(path, MAX_SMALL_FILE)?;
    private_key::parse(&bytes)
        .map_err(|error| Error::Key { path: path.display().to_string(), message: error.to_string() })
}

/// Version, number and predecessor: the newest release of the dataset in the folder of all releases is the one before.
fn terms(args: &Release, date: Day, checked: &Checked) -> Result<Terms> {
    let newest = newest_release(&args.out, &checked.rulebook().dataset().id)?;
    let Some((info, tag_manifest)) = newest else {
        return Ok(Terms { version: args.version.clone(), seq: 1, date, previous: None });
    };
    if args.version <= info.version {
        let message = format!(
            "version {} does not come after {}, the newest release in {}",
            args.version,
            info.version,
            args.out.display()
        );
        return Err(Error::Usage(message));
    }
    if date < info.date {
        return Err(Error::Usage(format!("{date} lies before {}, the date of release {}", info.date, info.version)));
    }
    let seq = info.seq.checked_add(1).filter(|seq| *seq <= MAX_INTEGER);
    let seq = seq.ok_or_else(|| Error::Refused(format!("no number comes after seq {}", info.seq)))?;
    let previous = Previous { version: info.version, tagmanifest_sha256: tag_manifest };
    Ok(Terms { version: args.version.clone(), seq, date, previous: Some(previous) })
}

/// The release with the greatest number, and the digest of its tag manifest.
fn newest_release(out: &Path, dataset: &Id) -> Result<Option<(ReleaseInfo, Digest)>> {
    let mut newest: Option<(ReleaseInfo, Digest)> = None;
    for name in io::folders_in(out)?.iter().filter(|name| !name.starts_with('.')) {
        let folder = out.join(name);
        if !io::exists(&folder.join(layout::RELEASE_INFO)) {
            continue;
        }
        let json = io::read(&folder.join(layout::RELEASE_INFO), u64::MAX >> 1)?;
        let info: ReleaseInfo = serde_json::from_slice(&json).map_err(|error| {
            Error::Refused(format!("{} is not readable ({error}); a new release would have no past", folder.display()))
        })?;
        if info.dataset != *dataset {
            let message = format!(
                "{} holds releases of {}; give {dataset} a folder of its own with --out",
                out.display(),
                info.dataset
            );
            return Err(Error::Usage(message));
        }
        let tag_manifest = io::read(&folder.join(layout::TAG_MANIFEST), MAX_SMALL_FILE)?;
        if newest.as_ref().is_none_or(|(other, _)| other.seq < info.seq) {
            newest = Some((info, Digest::of(&tag_manifest)));
        }
    }
    Ok(newest)
}
