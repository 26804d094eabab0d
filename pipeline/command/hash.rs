//! `affiant hash`

use super::check::report;
use super::progress::Bar;
use super::terminal::Terminal;
use super::{Verdict, copies, texts_folder};
use crate::cli::{Hash, ReportFormat};
use crate::error::Result;
use crate::io::DiskFolder;
use crate::render::{json, verdict};
use crate::stage::check::{self, Spelling};
use crate::stage::folder::Folder;
use crate::stage::hash;
use crate::stage::shelf::Shelf;

pub fn run(args: Hash, terminal: &mut Terminal) -> Result<Verdict> {
    let folder = DiskFolder::open(&args.dataset.dataset)?;
    let texts = texts_folder(args.dataset.texts.as_deref())?;
    let bar = Bar::new();
    let entries = folder.entries()?;
    let opened = check::catalog(&folder, &entries, Spelling::Free, &bar)?;
    let mut findings = opened.findings;
    // As long as the list of all captures: only what will be printed is made.
    let is_text = args.findings.format == ReportFormat::Text;
    let (mut summary, mut facts) = (String::new(), json::checked(None));
    if let Some(catalog) = opened.value {
        let shelf = Shelf::new(&folder, entries, copies(texts.as_ref())?);
        let (states, found) = hash::hash(&catalog, &shelf)?;
        findings.extend(found);
        if is_text {
            summary = verdict::captures(&catalog, &states);
        } else {
            facts = json::captures(&catalog, &states);
        }
    }
    drop(bar);
    report(&findings, &args.findings, &summary, facts, terminal)
}
