//! `affiant export`

use std::io::Write;
use std::path::Path;

use super::operand::{self, Opened};
use super::progress::Bar;
use super::terminal::Terminal;
use super::trust::Trusted;
use super::{Verdict, version};
use crate::cli::Export;
use crate::error::{Error, Result};
use crate::format::layout;
use crate::format::metadata::{croissant, data_package, ro_crate};
use crate::io::sqlite::SqliteFile;
use crate::io::{self, DiskFolder, Lock, NewDiskFolder, ReleaseFolder};
use crate::model::change::Trust;
use crate::model::digest::Digest;
use crate::model::export::{Document, Exported, ExportedFile, TableForm};
use crate::model::release_info::ReleaseInfo;
use crate::render::export as report;
use crate::stage::assemble::NewFolder;
use crate::stage::check::Spelling;
use crate::stage::diff::Version;
use crate::stage::diff::version::{ReleaseFacts, ReleaseVersion};
use crate::stage::export::{self, Databased, Facts, Files, TableSink, listing};
use crate::stage::tapped::Tapped;

/// What is said where a version is not fit to be exported.
const UNDONE: &str = "nothing was exported";

/// The codebook, as it is called beside the tables.
const CODEBOOK: &str = "CODEBOOK.md";

pub fn run(args: Export, terminal: &mut Terminal) -> Result<Verdict> {
    let keyring = args.keyring.as_deref();
    let trusted = args.trust.as_deref().map(|trust| version::trusted(trust, keyring, UNDONE, terminal)).transpose()?;
    let opened = operand::open(&args.from)?;
    let (_lock, mut out) = begin(&args)?;
    let is_release = opened.release.folder.entries()?.iter().any(|entry| entry.path == layout::RELEASE_INFO);
    let words = match (is_release, &trusted) {
        (false, _) => of_dataset(opened, &args, &mut out, terminal),
        (true, Some(trusted)) => of_verified(opened, trusted, &args, &mut out, terminal),
        (true, None) => of_unverified(opened, &args, &mut out, terminal),
    }?;
    out.commit()?;
    terminal.print(&words)?;
    Ok(Verdict::Good)
}

/// The new folder, which may not lie in what is exported.
fn begin(args: &Export) -> Result<(Lock, NewDiskFolder)> {
    let shown = args.out.display();
    if io::exists(&args.from) && DiskFolder::open(&args.from).is_ok_and(|from| from.holds(&args.out)) {
        return Err(Error::Usage(format!("{shown} would lie in what is exported")));
    }
    let name = args.out.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Error::Usage(format!("{shown} is no name for a new folder")))?;
    let parent = args.out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let lock = Lock::take(parent)?;
    let out = NewDiskFolder::begin(&lock, parent, name)?;
    Ok((lock, out))
}

fn of_dataset(opened: Opened, args: &Export, out: &mut NewDiskFolder, terminal: &mut Terminal) -> Result<String> {
    let Opened { release: ReleaseFolder { folder, .. }, commit } = opened;
    let mut version = version::checked(&*folder, Spelling::Free, UNDONE, terminal)?;
    let facts = Facts { commit, ..Facts::of_dataset(version.checked()) };
    write(&mut version, facts, args, out)
}

fn of_verified(
    opened: Opened,
    trusted: &Trusted,
    args: &Export,
    out: &mut NewDiskFolder,
    terminal: &mut Terminal,
) -> Result<String> {
    let Opened { release, commit } = opened;
    let verified = version::verified(&release, trusted, UNDONE, terminal)?;
    let tag_manifest = verified.head().seen().tagmanifest_sha256;
    let facts = Facts::of_release(verified.info(), tag_manifest, Trust::Verified, verified.anchors());
    let mut version = ReleaseVersion::new(&*release.folder, Some(verified.manifest()), ReleaseFacts::default());
    write(&mut version, Facts { commit, ..facts }, args, out)
}

/// A release whose seals nobody asked about: its records are checked as those of a dataset are.
fn of_unverified(opened: Opened, args: &Export, out: &mut NewDiskFolder, terminal: &mut Terminal) -> Result<String> {
    let Opened { release: ReleaseFolder { folder, .. }, commit } = opened;
    let unfit = |error| Error::Refused(format!("{}: {error}; {UNDONE}", folder.display(layout::RELEASE_INFO)));
    let info: ReleaseInfo =
        serde_json::from_slice(&folder.read(layout::RELEASE_INFO, layout::MAX_TAG_BYTES)?).map_err(unfit)?;
    let tag_manifest = Digest::of(&folder.read(layout::TAG_MANIFEST, layout::MAX_TAG_BYTES)?);
    let payload = Tapped::new(&*folder, layout::PAYLOAD);
    let mut version = version::checked(&payload, Spelling::Released, UNDONE, terminal)?;
    let facts = Facts::of_release(&info, tag_manifest, Trust::NotVerified, version.checked().anchors());
    write(&mut version, Facts { commit, ..facts }, args, out)
}

/// Writes all that the new folder holds; gives back what is to be said of it.
fn write(version: &mut dyn Version, facts: Facts, args: &Export, out: &mut NewDiskFolder) -> Result<String> {
    let forms = args.forms();
    let dataset = export::dataset(version)?;
    let mut sinks: Vec<Box<dyn TableSink>> = Vec::new();
    for form in &forms {
        sinks.push(match form {
            TableForm::Csv => Box::new(Files::csv(out)?),
            TableForm::Parquet => Box::new(Files::parquet(out)?),
            TableForm::Sqlite => {
                let file = SqliteFile::create(&out.path(&TableForm::database_of(&dataset)))?;
                Box::new(Databased::begin(Box::new(file))?)
            }
        });
    }
    let bar = Bar::new();
    let (exported, counts) = export::export(version, facts, sinks, &bar)?;
    drop(bar);
    let files = listing::files(&out.so_far()?, &forms, &exported, &counts)?;
    for document in documents(&exported, &files, version.file(layout::CODEBOOK)?) {
        put(out, document.path, &document.content)?;
    }
    Ok(report::exported(&exported, &files, &args.out.display().to_string()))
}

/// What stands beside the tables: the last of them tells of all others.
fn documents(exported: &Exported, files: &[ExportedFile], codebook: Option<Vec<u8>>) -> Vec<Document> {
    let markdown = |path, description, content| Document { path, media_type: "text/markdown", description, content };
    let readme = report::readme(exported, files).into_bytes();
    let mut documents = vec![markdown("README.md", "What is here, and what every column says.", readme)];
    documents.extend(codebook.map(|content| markdown(CODEBOOK, "How the records were made.", content)));
    documents.extend(data_package::document(exported, files));
    documents.extend(croissant::document(exported, files));
    documents.extend(ro_crate::document(exported, files, &documents));
    documents
}

fn put(out: &mut NewDiskFolder, path: &str, bytes: &[u8]) -> Result<()> {
    let mut file = out.create(path)?;
    file.write_all(bytes).and_then(|()| file.flush()).map_err(Error::io(out.display(path)))
}
