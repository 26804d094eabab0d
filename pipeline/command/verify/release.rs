//! A release in its folder or archive.

use std::path::Path;

use super::{Reader, Report, is_fresh_enough};
use crate::cli::Verify;
use crate::command::progress::Bar;
use crate::command::trust::Trusted;
use crate::command::{copies, texts_folder};
use crate::error::{Error, Result};
use crate::finding::{Findings, Outcome};
use crate::format::layout::{self, MAX_TAG_BYTES};
use crate::io::{self, ReleaseFolder};
use crate::model::kind::RecordKind;
use crate::model::release_info::ReleaseInfo;
use crate::render::{json, verdict};
use crate::stage::folder::Folder;
use crate::stage::verify::{self, Extent, History, Previous, Request, VerifiedPart, VerifiedRelease};

pub(super) fn verify(args: &Verify, trusted: &Trusted) -> Result<Report> {
    let ReleaseFolder { folder, name } = io::open_release(&args.release)?;
    let info = unverified_info(&*folder);
    let reader = Reader::new(args, trusted, info.as_ref().map(|info| &info.dataset))?;
    let texts = texts_folder(args.texts.as_deref())?;
    let kinds: Vec<RecordKind> = args.only.iter().copied().map(RecordKind::from).collect();
    let bar = Bar::new();
    let request = Request {
        folder_name: Some(&name),
        extent: if kinds.is_empty() { Extent::Whole } else { Extent::Records(&kinds) },
        copies: copies(texts.as_ref())?,
        ..reader.request(&*folder, &bar)
    };
    let report = match &args.from {
        Some(from) => match before(from, &reader, &bar)? {
            Ok((folder, release)) => {
                let previous = Previous { folder: &*folder, release: &release };
                whole(Request { previous: Some(previous), ..request }, args, &reader)?
            }
            Err(findings) => Report::refused(findings),
        },
        None if kinds.is_empty() => whole(request, args, &reader)?,
        None => part(request, args)?,
    };
    match (&report.seen, info) {
        // Otherwise a file swapped meanwhile could be held against the memory of another dataset.
        (Some(seen), info) if info.as_ref().is_none_or(|info| info.dataset != seen.dataset) => {
            Err(Error::Refused(format!("{} changed while it was being verified", args.release.display())))
        }
        _ => Ok(report),
    }
}

/// A release that passed, and where it stands; or what was found in it.
type Before = std::result::Result<(Box<dyn Folder>, VerifiedRelease), Findings>;

/// The release before, verified on the same keys.
fn before(path: &Path, reader: &Reader, bar: &Bar) -> Result<Before> {
    let ReleaseFolder { folder, name } = io::open_release(path)?;
    let request = Request { folder_name: Some(&name), history: History::default(), ..reader.request(&*folder, bar) };
    let outcome = verify::verify(request)?;
    Ok(outcome.value.map(|release| (folder, release)).ok_or(outcome.findings))
}

fn whole(request: Request, args: &Verify, reader: &Reader) -> Result<Report> {
    let Outcome { value, findings } = verify::verify(request)?;
    let head = value.as_ref().map(VerifiedRelease::head);
    Ok(Report {
        words: value.as_ref().map_or_else(|| verdict::refused(&findings), verdict::verified),
        facts: json::verdict(value.as_ref()),
        seen: head
            .filter(|head| is_fresh_enough(head, &args.trust))
            .map(|head| reader.trusted.remember(head.seen().clone(), reader.seen.as_ref())),
        is_good: head.is_some_and(|head| is_fresh_enough(head, &args.trust)),
        findings,
    })
}

fn part(request: Request, args: &Verify) -> Result<Report> {
    let Outcome { value, findings } = verify::verify_part(request)?;
    let head = value.as_ref().map(VerifiedPart::head);
    Ok(Report {
        words: value.as_ref().map_or_else(|| verdict::refused(&findings), verdict::verified_part),
        facts: json::part_verdict(value.as_ref()),
        seen: None,
        is_good: head.is_some_and(|head| is_fresh_enough(head, &args.trust)),
        findings,
    })
}

/// What the release says about itself, before anything was verified: which memory to look into.
fn unverified_info(folder: &dyn Folder) -> Option<ReleaseInfo> {
    serde_json::from_slice(&folder.read(layout::RELEASE_INFO, MAX_TAG_BYTES).ok()?).ok()
}
