//! `affiant release`

use super::check::report;
use super::past::{self, Past, PastRelease};
use super::progress::Bar;
use super::terminal::Terminal;
use super::{Verdict, copies, key, texts_folder};
use crate::cli::{Release, ReportFormat};
use crate::error::{Error, Result};
use crate::finding::Outcome;
use crate::format::allowed_signers::AllowedSigners;
use crate::format::ed25519::Signer;
use crate::format::jsonl::MAX_INTEGER;
use crate::io::{DiskFolder, Lock, NewDiskFolder, Scratchpad};
use crate::model::change::VersionName;
use crate::model::date::Day;
use crate::model::digest::Digest;
use crate::model::release_info::{Previous, ReleaseInfo};
use crate::render::{json, text, verdict};
use crate::stage::approval::{self, Approved};
use crate::stage::assemble::{self, Payload, Terms};
use crate::stage::check::{Checked, Request, Spelling};
use crate::stage::diff::version::{ReleaseFacts, ReleaseVersion};
use crate::stage::diff::{self, DatasetDiff};
use crate::stage::folder::Silent;
use crate::stage::law;
use crate::stage::seal::{self, SignedRelease};
use crate::stage::verify::{self, Extent, History, TrustedSigners};

pub fn run(args: Release, terminal: &mut Terminal) -> Result<Verdict> {
    let date = release_date(args.date)?;
    let name = args.version.to_string();
    if !ReleaseInfo::may_be_version(&args.version) {
        return Err(Error::Usage(format!(
            "{name}: a version has no build metadata and at most {} bytes",
            ReleaseInfo::MAX_VERSION_BYTES
        )));
    }
    let signer = key::signer(&args.key)?;
    let folder = DiskFolder::open(&args.dataset.dataset)?;
    let texts = texts_folder(args.dataset.texts.as_deref())?;
    let lock = Lock::take(&args.out)?;
    let past = Past::open(&args.out)?;
    let out = NewDiskFolder::begin(&lock, &args.out, &name)?;

    let bar = Bar::new();
    let request = Request {
        folder: &folder,
        copies: copies(texts.as_ref())?,
        spelling: Spelling::Free,
        scratch: &out,
        progress: &bar,
    };
    let Outcome { value, mut findings } = assemble::gather(request, &out)?;
    let Some(gathered) = value else {
        drop(bar);
        return report(&findings, &args.findings, "no release was made\n", json::released(None), terminal);
    };
    let dataset = gathered.checked().rulebook().dataset().id.clone();
    past.is_of(&dataset, &args.out)?;
    let terms = terms(&args, date, &past)?;
    let so_far = out.so_far()?;
    let mut payload = gathered.payload(&folder, &bar)?;
    if let Some(previous) = past.newest() {
        let mut diff = changes(&args, previous, &so_far, &payload, signer.as_ref())?;
        let place = args.dataset.dataset.display().to_string();
        let judged = law::judge(&mut diff, &previous.info.version, &args.version, &args.allow, &place)?;
        let approved = approved(payload.checked(), &folder, previous, &mut diff)?;
        findings.append(judged.findings);
        findings.append(approved.findings);
        findings.append(approval::judge(&mut diff, &approved.value, &place)?);
        let Some(decision) = judged.value.filter(|_| !findings.has_errors()) else {
            drop(bar);
            return report(&findings, &args.findings, "no release was made\n", json::released(None), terminal);
        };
        payload.changes(diff.lines()?, &decision)?;
        payload.approvals(&approved.value)?;
    }
    let words = verdict::checked(payload.checked());
    let release = payload.finish(terms)?;
    drop(bar);
    let mut log = past.into_log(&dataset);
    let signed = seal::seal(release, signer.as_ref(), &mut log, &out)?;
    would_verify(&so_far, &name, signer.as_ref(), &signed)?;
    let path = out.commit()?;
    past::publish_log(&args.out, &log, &signed.proof().note)?;
    let facts = json::released(Some(signed.info()));
    let verdict = report(&findings, &args.findings, &words, facts, terminal)?;
    if args.findings.format == ReportFormat::Text {
        terminal.print(&verdict::released(signed.info(), &path.display().to_string()))?;
    }
    Ok(verdict)
}

/// Verifies the release before anybody sees it, as whoever trusts its signer will.
fn would_verify(draft: &DiskFolder, name: &str, signer: &dyn Signer, signed: &SignedRelease) -> Result<()> {
    let unfit = |why: String| Error::Refused(format!("the release would not verify, and was not made: {why}"));
    let line = format!("signer {}", signer.verifying_key().to_openssh_line(""));
    let signers = AllowedSigners::parse(&line).map_err(|error| unfit(error.to_string()))?;
    let request = verify::Request {
        folder: draft,
        folder_name: Some(name),
        trust: TrustedSigners { signers: &signers, threshold: None, keyring: None },
        history: History::default(),
        previous: None,
        extent: Extent::Whole,
        copies: None,
        scratch: &Scratchpad,
        progress: &Silent,
    };
    let findings = verify::verify_draft(request, signed)?;
    if findings.has_errors() { Err(unfit(text::in_words(&findings))) } else { Ok(()) }
}

/// What changed since the release before.
fn changes(
    args: &Release,
    previous: &PastRelease,
    so_far: &DiskFolder,
    payload: &Payload,
    signer: &dyn Signer,
) -> Result<DatasetDiff> {
    let manifest = previous.manifest()?;
    let mut old = ReleaseVersion::new(&previous.folder, Some(&manifest), ReleaseFacts::of(&previous.folder)?);
    let name = VersionName { version: Some(args.version.clone()), ..VersionName::default() };
    let signer = Some(signer.verifying_key().fingerprint());
    let facts = ReleaseFacts::new(name, signer, payload.records().clone());
    let mut new = ReleaseVersion::new(so_far, None, facts);
    diff::diff(&mut old, &mut new, &Scratchpad)
}

/// The approvals that stand in the dataset.
fn approved(
    checked: &Checked,
    dataset: &DiskFolder,
    previous: &PastRelease,
    diff: &mut DatasetDiff,
) -> Result<Outcome<Approved>> {
    let declared = checked.rulebook().dataset();
    let declaration = approval::of_declaration(diff)?;
    let rule = approval::rule_in_force(declared.approvals.as_ref(), declaration.as_ref())?;
    Approved::of(rule, approval::read(dataset)?, &declared.id, Digest::of(&previous.tag_manifest))
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

/// Version, number and predecessor: the newest release of the dataset in the folder of all releases is the one before.
fn terms(args: &Release, date: Day, past: &Past) -> Result<Terms> {
    let mut terms =
        Terms { version: args.version.clone(), seq: 1, date, fresh_until: args.fresh_until, previous: None };
    if terms.fresh_until.is_some_and(|until| until < date) {
        return Err(Error::Usage(format!("--fresh-until lies before {date}, the release's own day")));
    }
    let Some(PastRelease { info, tag_manifest, .. }) = past.newest() else { return Ok(terms) };
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
    terms.seq = seq.ok_or_else(|| Error::Refused(format!("no number comes after seq {}", info.seq)))?;
    let tagmanifest_sha256 = Digest::of(tag_manifest);
    terms.previous = Some(Previous { version: info.version.clone(), tagmanifest_sha256 });
    Ok(terms)
}
