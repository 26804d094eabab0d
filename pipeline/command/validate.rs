//! `affiant validate`

use super::Verdict;
use super::check::report;
use super::terminal::Terminal;
use crate::cli::Validate;
use crate::error::{Error, Result};
use crate::finding::Findings;
use crate::io;
use crate::model::agent::Agent;
use crate::model::claim::Claim;
use crate::model::event::Event;
use crate::model::kind::RecordKind;
use crate::model::source::Source;
use crate::render::json;
use crate::stage::batch::{Batches, in_order};
use crate::stage::record::RawRecord;
use crate::stage::validate::{MAX_DATASET_BYTES, Record, Rulebook};

pub fn run(args: Validate, terminal: &mut Terminal) -> Result<Verdict> {
    let name = args.dataset.display().to_string();
    let opened = Rulebook::open(&name, &io::read(&args.dataset, MAX_DATASET_BYTES)?);
    let mut findings = opened.findings;
    if let Some(rulebook) = opened.value {
        for file in &args.files {
            match RecordKind::from(args.kind) {
                RecordKind::Agent => lines::<Agent>(&rulebook, file, &mut findings)?,
                RecordKind::Event => lines::<Event>(&rulebook, file, &mut findings)?,
                RecordKind::Source => lines::<Source>(&rulebook, file, &mut findings)?,
                RecordKind::Claim => lines::<Claim>(&rulebook, file, &mut findings)?,
            }
        }
    }
    report(&findings, &args.findings, "", json::checked(None), terminal)
}

fn lines<T: Record>(rulebook: &Rulebook, file: &std::path::Path, findings: &mut Findings) -> Result<()> {
    let name = file.display().to_string();
    let batches = Batches::new(io::open(file)?).map(|batch| batch.map_err(Error::io(&name)));
    in_order(
        batches,
        |batch| {
            let record = |(line, bytes)| RawRecord { kind: Some(T::KIND), file: &name, line, bytes };
            batch.lines().flat_map(|line| rulebook.validate::<T>(&record(line)).findings).collect::<Vec<_>>()
        },
        |found| {
            findings.extend(found);
            Ok(())
        },
    )
}
