//! Stages 1 to 3 in one pass over a dataset folder. The builder and the verifier of releases both come through here.

use std::collections::BTreeMap;

use super::anchor::{self, AnchoredClaim};
use super::batch::{Batch, Batches, in_order};
use super::catalog::{Catalog, Table};
use super::folder::{Entry, Folder, Progress, record_files};
use super::graph::{ClaimGraph, Spot};
use super::hash::{self, Copies, Hashed, Shelf};
use super::line::{Held, Line};
use super::quality::Quality;
use super::record::{Problem, RawRecord};
use super::status;
use super::validate::{MAX_DATASET_BYTES, Record, Rulebook, ValidRecord};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Findings, Outcome, Severity};
use crate::format::merkle::CompactRange;
use crate::format::{canonical, layout};
use crate::model::agent::Agent;
use crate::model::claim::Claim;
use crate::model::event::Event;
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, RecordTree};
use crate::model::source::Source;
use crate::model::status::Status;

/// Whether records may be spelled freely, as a curator writes them, or only as a release holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Any spelling, any order, several claims files.
    Free,
    /// Canonical lines, sorted by id.
    Released,
}

/// A dataset folder to be checked.
pub struct Request<'a> {
    /// The folder.
    pub folder: &'a dyn Folder,
    /// Copies of withheld texts.
    pub copies: Option<Copies<'a>>,
    /// How its records may be spelled.
    pub spelling: Spelling,
    /// Who watches.
    pub progress: &'a dyn Progress,
}

/// A dataset in which no error was found: only [`check`] makes one.
pub struct Checked {
    rulebook: Rulebook,
    catalog: Catalog,
    graph: ClaimGraph,
    statuses: Vec<Status>,
    hashed: Vec<Hashed>,
    anchors: AnchorTally,
}

impl Checked {
    /// What the dataset declares, and the compiled rules.
    pub fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    /// Agents, events and sources.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Agents, events and sources alone, where the claims are no longer asked about.
    pub fn into_catalog(self) -> Catalog {
        self.catalog
    }

    /// What is remembered of the claims.
    pub fn graph(&self) -> &ClaimGraph {
        &self.graph
    }

    /// The status of each claim, by its number in the graph.
    pub fn statuses(&self) -> &[Status] {
        &self.statuses
    }

    /// The canonical lines of `statuses.jsonl`, without LF.
    pub fn status_lines(&self) -> impl Iterator<Item = Vec<u8>> {
        status::standings(&self.graph, &self.catalog, &self.statuses).map(|standing| canonical::to_vec(&standing))
    }

    /// How each capture stands to its text.
    pub fn hashed(&self) -> &[Hashed] {
        &self.hashed
    }

    /// How many anchors were held against their bytes.
    pub fn anchors(&self) -> AnchorTally {
        self.anchors
    }
}

/// Checks the whole folder and hands every claim that passed to `sink`, in the order of the files.
/// The value is `None` as soon as there is one error.
pub fn check(
    request: Request,
    sink: impl FnMut(AnchoredClaim) -> Result<()> + Send,
) -> Result<Outcome<Option<Checked>>> {
    run(request, false, sink)
}

/// The same for a curator, who is also warned of what can only be suspected.
pub fn review(request: Request) -> Result<Outcome<Option<Checked>>> {
    run(request, true, |_| Ok(()))
}

fn run(
    request: Request,
    is_warned: bool,
    mut sink: impl FnMut(AnchoredClaim) -> Result<()> + Send,
) -> Result<Outcome<Option<Checked>>> {
    let Request { folder, copies, spelling, progress } = request;
    let entries = folder.entries()?;
    let mut findings = Findings::default();
    let Some(rulebook) = rulebook(folder, spelling, &mut findings)? else {
        return Ok(Outcome { value: None, findings });
    };

    let reader = Reader { folder, entries: &entries, rulebook: &rulebook, spelling, progress };
    let catalog = reader.catalog(&mut findings)?;
    let shelf = Shelf::new(folder, &entries, copies);
    let (hashed, found) = hash::hash(&catalog, &shelf)?;
    findings.extend(found);

    let quality = is_warned.then(|| Quality::new(&catalog, &rulebook));
    let (graph, anchors, names) = reader.claims(&catalog, &shelf, quality.as_ref(), &mut findings, &mut sink)?;
    let statuses = status::statuses(&graph, &catalog);
    if let Some(quality) = quality.filter(|_| !findings.has_errors()) {
        findings.extend(quality.warnings(&graph, &statuses, |file| names[usize::from(file)].clone()));
    }
    findings.sort();
    let checked = Checked { rulebook, catalog, graph, statuses, hashed, anchors };
    Ok(Outcome { value: (!findings.has_errors()).then_some(checked), findings })
}

/// Agents, events and sources alone; `None` if dataset.json has errors.
pub fn catalog(folder: &dyn Folder, spelling: Spelling, progress: &dyn Progress) -> Result<Outcome<Option<Catalog>>> {
    let entries = folder.entries()?;
    let mut findings = Findings::default();
    let Some(rulebook) = rulebook(folder, spelling, &mut findings)? else {
        return Ok(Outcome { value: None, findings });
    };
    let reader = Reader { folder, entries: &entries, rulebook: &rulebook, spelling, progress };
    let catalog = reader.catalog(&mut findings)?;
    Ok(Outcome { value: Some(catalog), findings })
}

/// Count and root of the released records of some kinds, each record held against its schema and the rules for one
/// record alone.
pub fn trees(
    folder: &dyn Folder,
    kinds: &[RecordKind],
    progress: &dyn Progress,
) -> Result<Outcome<Option<BTreeMap<RecordKind, RecordTree>>>> {
    let entries = folder.entries()?;
    let mut findings = Findings::default();
    let Some(rulebook) = rulebook(folder, Spelling::Released, &mut findings)? else {
        return Ok(Outcome { value: None, findings });
    };
    let reader = Reader { folder, entries: &entries, rulebook: &rulebook, spelling: Spelling::Released, progress };
    let mut trees = BTreeMap::new();
    for kind in kinds {
        let tree = match kind {
            RecordKind::Agent => reader.tree::<Agent>(&mut findings),
            RecordKind::Event => reader.tree::<Event>(&mut findings),
            RecordKind::Source => reader.tree::<Source>(&mut findings),
            RecordKind::Claim => reader.tree::<Claim>(&mut findings),
        }?;
        trees.insert(*kind, tree);
    }
    Ok(Outcome { value: (!findings.has_errors()).then_some(trees), findings })
}

fn rulebook(folder: &dyn Folder, spelling: Spelling, findings: &mut Findings) -> Result<Option<Rulebook>> {
    let name = folder.display(layout::DATASET);
    let declaration = match folder.read(layout::DATASET, MAX_DATASET_BYTES) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            let message = "a dataset begins with this file; `affiant init` makes one, and a release is checked by `affiant verify`";
            return Err(Error::Usage(format!("{name} is missing: {message}")));
        }
        read => read?,
    };
    let opened = Rulebook::open(&name, &declaration)?;
    findings.append(opened.findings);
    let is_canonical = |rulebook: &Rulebook| declaration.strip_suffix(b"\n") == Some(rulebook.declaration());
    if spelling == Spelling::Released && opened.value.as_ref().is_some_and(|rulebook| !is_canonical(rulebook)) {
        findings.push(Finding::of_file(Code::RecordNotCanonical, name, "it is not its own canonical form and LF"));
    }
    Ok(opened.value)
}

/// Reads the records of a folder, kind by kind.
struct Reader<'a> {
    folder: &'a dyn Folder,
    entries: &'a [Entry],
    rulebook: &'a Rulebook,
    spelling: Spelling,
    progress: &'a dyn Progress,
}

/// Some lines of the file of this number.
struct FileBatch {
    file: u16,
    batch: Batch,
}

impl Reader<'_> {
    /// Runs `work` over each line of the files of a kind, and `sink` over the results in order.
    fn lines<T: Send>(
        &self,
        kind: RecordKind,
        work: impl Fn(&RawRecord) -> Result<Line<T>> + Sync,
        mut sink: impl FnMut(&RawRecord, u16, Line<T>, &mut Findings) -> Result<()> + Send,
        findings: &mut Findings,
    ) -> Result<Vec<String>> {
        let files = record_files(self.entries, kind);
        if files.is_empty() {
            let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(Error::io(self.folder.display(kind.file()))(missing));
        }
        let size = |path: &String| {
            let entry = self.entries.iter().find(|entry| entry.path == *path);
            entry.map_or(0, |entry| entry.kind.bytes())
        };
        self.progress.begin(&format!("{kind}s"), files.iter().map(size).sum());
        let names: Vec<String> = files.iter().map(|path| self.folder.display(path)).collect();
        let batches = files.iter().enumerate().flat_map(|(file, path)| self.batches(file, path));
        let mut before: Option<String> = None;
        in_order(
            batches,
            |FileBatch { file, batch }| {
                let lines = batch.lines().map(|(number, bytes)| work(&raw_record(kind, &names, file, number, bytes)));
                let lines = lines.collect::<Result<Vec<_>>>();
                (file, batch, lines)
            },
            |(file, batch, lines)| {
                for ((number, bytes), line) in batch.lines().zip(lines?) {
                    let record = raw_record(kind, &names, file, number, bytes);
                    if self.spelling == Spelling::Released {
                        findings.extend(record.order_finding(before.as_deref(), line.id.as_deref()));
                        before.clone_from(&line.id);
                    }
                    sink(&record, file, line, findings)?;
                }
                if self.spelling == Spelling::Released && !batch.is_terminated() {
                    let message = "the last line does not end in LF";
                    findings.push(Finding::of_file(Code::RecordNotCanonical, &names[usize::from(file)], message));
                }
                self.progress.advance(batch.bytes.len() as u64);
                Ok(())
            },
        )?;
        Ok(names)
    }

    fn batches(&self, file: usize, path: &str) -> Box<dyn Iterator<Item = Result<FileBatch>> + Send> {
        let name = self.folder.display(path);
        let Ok(file) = u16::try_from(file) else {
            return Box::new(std::iter::once(Err(Error::Usage(format!("{name}: more than 65,536 claims files")))));
        };
        match self.folder.open(path) {
            Ok(reader) => Box::new(Batches::new(reader).map(move |batch| match batch {
                Ok(batch) => Ok(FileBatch { file, batch }),
                Err(error) => Err(Error::io(name.clone())(error)),
            })),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }

    /// One line as a record of its kind.
    fn read<T: Record>(&self, raw: &RawRecord) -> Line<ValidRecord<T>> {
        let validated = self.rulebook.validate::<T>(raw);
        let mut findings = validated.findings;
        if self.spelling == Spelling::Released && validated.record.as_ref().is_some_and(|r| r.canonical() != raw.bytes)
        {
            let problem = Problem::new(Code::RecordNotCanonical, "", "the line is not its own canonical form");
            findings.push(raw.finding(validated.id.as_deref(), problem));
        }
        Line { number: raw.line, id: validated.id, value: validated.record, columns: Vec::new(), findings }
    }

    fn catalog(&self, findings: &mut Findings) -> Result<Catalog> {
        let catalog =
            Catalog { agents: self.table(findings)?, events: self.table(findings)?, sources: self.table(findings)? };
        findings.extend(catalog.findings());
        Ok(catalog)
    }

    fn tree<T: Record>(&self, findings: &mut Findings) -> Result<RecordTree> {
        let mut tree = CompactRange::new();
        self.lines(
            T::KIND,
            |raw| Ok(self.read::<T>(raw).map(|valid| valid.leaf())),
            |_, _, line, findings| {
                findings.extend(line.findings);
                line.value.into_iter().for_each(|leaf| tree.push(leaf));
                Ok(())
            },
            findings,
        )?;
        Ok(RecordTree { count: tree.size(), root: tree.root() })
    }

    fn table<T: Record>(&self, findings: &mut Findings) -> Result<Table<T>> {
        let mut table = Table::default();
        self.lines(
            T::KIND,
            |raw| Ok(self.read::<T>(raw)),
            |raw, _, line, findings| {
                findings.extend(line.findings);
                findings.extend(table.insert(raw, line.value, line.id));
                Ok(())
            },
            findings,
        )?;
        Ok(table)
    }

    fn claims(
        &self,
        catalog: &Catalog,
        shelf: &Shelf,
        quality: Option<&Quality>,
        findings: &mut Findings,
        sink: &mut (impl FnMut(AnchoredClaim) -> Result<()> + Send),
    ) -> Result<(ClaimGraph, AnchorTally, Vec<String>)> {
        let mut graph = ClaimGraph::default();
        let mut tally = AnchorTally::default();
        let names = self.lines(
            RecordKind::Claim,
            |raw| {
                let Line { number, id, value, mut columns, mut findings } = self.read::<Claim>(raw);
                let Some(valid) = value else { return Ok(Line { number, id, value: None, columns, findings }) };
                let mut anchored = anchor::anchor(valid, catalog, shelf)?;
                let problems = std::mem::take(&mut anchored.problems);
                let is_clean = problems.is_empty() && findings.iter().all(|f| f.code.severity() == Severity::Warning);
                findings.extend(raw.findings(id.as_deref(), problems));
                // Of findings that can only be made once all claims are known.
                columns.extend((0..anchored.valid.record().links.len()).map(|i| raw.column(&format!("/links/{i}/to"))));
                let suspicion = quality.map(|quality| quality.look(raw, &anchored, &mut findings));
                let value = Some(Held { anchored, is_clean, suspicion });
                Ok(Line { number, id, value, columns, findings })
            },
            |raw, file, line, findings| {
                let spot = Spot { file, line: u32::try_from(line.number).unwrap_or(u32::MAX) };
                findings.extend(line.findings);
                let inserted = match (&line.value, &line.id) {
                    (Some(held), _) => graph.insert(held.anchored.valid.record(), spot, &line.columns, catalog),
                    (None, Some(id)) => graph.insert_unreadable(id, spot),
                    (None, None) => Ok(()),
                };
                if let Err(first) = inserted {
                    let message =
                        format!("{} stands already in line {}", line.id.as_deref().unwrap_or_default(), first.line);
                    findings.push(raw.finding(line.id.as_deref(), Problem::new(Code::IdReused, "/id", message)));
                    return Ok(());
                }
                if let Some(Held { anchored, is_clean, suspicion }) = line.value {
                    if let (Some(quality), Some(suspicion)) = (quality, suspicion) {
                        quality.suspect(graph.last(), suspicion);
                    }
                    tally.checked += anchored.tally.checked;
                    tally.not_checked += anchored.tally.not_checked;
                    if let Some(claim) = anchored.into_claim().filter(|_| is_clean) {
                        sink(claim)?;
                    }
                }
                Ok(())
            },
            findings,
        )?;
        findings.extend(graph.findings(|file| names[usize::from(file)].clone()));
        Ok((graph, tally, names))
    }
}

fn raw_record<'a>(kind: RecordKind, names: &'a [String], file: u16, line: u64, bytes: &'a [u8]) -> RawRecord<'a> {
    RawRecord { kind: Some(kind), file: &names[usize::from(file)], line, bytes }
}
