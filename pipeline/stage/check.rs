//! Stages 1 to 3 in one pass over a dataset folder. The builder and the verifier of releases both come through here.

use std::collections::{BTreeMap, BTreeSet};

use super::anchor::{self, Anchored};
use super::catalog::Catalog;
use super::dating::Dating;
use super::folder::{Entry, Folder, Progress};
use super::gist::{CaptureGist, EventGist, Gist, SourceGist};
use super::graph::{ClaimGraph, ClaimNumber, Noted, Spot};
use super::hash::{self, TextState, Texts};
pub use super::lines::Spelling;
use super::lines::{Line, Lines, Order};
use super::passed::{Passed, PassedRecord};
use super::pending::{Pending, Waiting};
use super::quality::{Quality, Suspicion};
use super::record::{Problem, RawRecord};
use super::shelf::{Copies, Shelf};
use super::sort::Scratch;
use super::status;
use super::table::Table;
use super::validate::{MAX_DATASET_BYTES, Record, Rulebook, ValidRecord, Validated};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::layout;
use crate::format::merkle::CompactRange;
use crate::model::agent::Agent;
use crate::model::claim::Claim;
use crate::model::digest::Digest;
use crate::model::event::Event;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, RecordTree};
use crate::model::source::Source;
use crate::model::status::Status;

/// A dataset folder to be checked.
pub struct Request<'a> {
    /// The folder.
    pub folder: &'a dyn Folder,
    /// Copies of withheld texts.
    pub copies: Option<Copies<'a>>,
    /// How its records may be spelled.
    pub spelling: Spelling,
    /// Room for what does not fit into memory.
    pub scratch: &'a dyn Scratch,
    /// Who watches.
    pub progress: &'a dyn Progress,
}

/// A dataset in which no error was found: only [`check`] makes one.
pub struct Checked {
    rulebook: Rulebook,
    catalog: Catalog,
    graph: ClaimGraph,
    statuses: Vec<Status>,
    texts: Vec<TextState>,
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

    /// What is remembered of the claims.
    pub fn graph(&self) -> &ClaimGraph {
        &self.graph
    }

    /// The event that a claim is about.
    pub fn event(&self, claim: ClaimNumber) -> Option<&Id> {
        self.catalog.events.at(self.graph.node(claim).event as usize).map(|event| &event.id)
    }

    /// The status of each claim, by its number in the graph.
    pub fn statuses(&self) -> &[Status] {
        &self.statuses
    }

    /// The canonical lines of `statuses.jsonl`, without LF.
    pub fn status_lines(&self) -> impl Iterator<Item = Vec<u8>> {
        self.status_leaves().map(|(_, _, line)| line)
    }

    /// The same, each behind its claim's id and its leaf hash (RFC 6962).
    pub fn status_leaves(&self) -> impl Iterator<Item = (&str, Digest, Vec<u8>)> {
        status::standings(&self.graph, &self.catalog, &self.statuses)
    }

    /// How each capture stands to its text.
    pub fn texts(&self) -> impl Iterator<Item = ((&SourceGist, &CaptureGist), TextState)> {
        hash::captures(&self.catalog).zip(self.texts.iter().copied())
    }

    /// How many anchors were held against their bytes.
    pub fn anchors(&self) -> AnchorTally {
        self.anchors
    }
}

/// Checks the whole folder. Of every record that passed so far `make` keeps what is wanted, on all cores; `sink` takes it,
/// kind by kind in the order of the files. The value is `None` as soon as there is one error: then what `sink` took is worth nothing.
pub fn check<K: Send>(
    request: Request,
    make: impl Fn(Passed) -> K + Sync,
    sink: impl FnMut(K) -> Result<()> + Send,
) -> Result<Outcome<Option<Checked>>> {
    run(request, false, make, sink)
}

/// The same for a curator, who keeps nothing, but is also warned of what can only be suspected.
pub fn review(request: Request) -> Result<Outcome<Option<Checked>>> {
    run(request, true, |_| (), |()| Ok(()))
}

fn run<K: Send>(
    request: Request,
    is_warned: bool,
    make: impl Fn(Passed) -> K + Sync,
    mut sink: impl FnMut(K) -> Result<()> + Send,
) -> Result<Outcome<Option<Checked>>> {
    let Request { folder, copies, spelling, scratch, progress } = request;
    let entries = folder.entries()?;
    let mut findings = Findings::default();
    let Some(rulebook) = rulebook(folder, spelling, &mut findings)? else {
        return Ok(Outcome { value: None, findings });
    };

    let reader = Reader { lines: Lines { folder, entries: &entries, spelling, progress }, rulebook: &rulebook };
    let catalog = reader.catalog(&make, &mut sink, &mut findings)?;
    let shelf = Shelf::new(folder, &entries, copies);
    let texts = Texts::new(&catalog, &shelf, spelling);
    texts.read_few()?;

    let quality = is_warned.then(|| Quality::new(&catalog, &rulebook));
    let evidence = Evidence { texts: &texts, scratch, quality: quality.as_ref(), misquoted: None };
    let mut claims = reader.claims(&evidence, &make, &mut sink)?;
    if !claims.misquoted.is_empty() {
        // Now that it is known whose anchors are wrong, all is said once more in the order of the lines.
        let misquoted = Some(claims.misquoted);
        claims = reader.claims(&Evidence { misquoted, ..evidence }, &make, &mut |_| Ok(()))?;
        if !claims.findings.has_errors() {
            return Err(Error::Refused(format!(
                "{} changed while it was being read; run it again",
                folder.display("")
            )));
        }
    }
    let (texts, found) = texts.finish();
    findings.extend(found);
    let Claims { graph, anchors, names, findings: found, .. } = claims;
    findings.append(found);
    let statuses = status::statuses(&graph, &catalog);
    if let Some(quality) = quality.filter(|_| !findings.has_errors()) {
        let warnings = quality.warnings(&graph, &statuses, |file| names[usize::from(file)].clone());
        findings.extend(reader.lines.placed(warnings)?);
    }
    findings.sort();
    let checked = Checked { rulebook, catalog, graph, statuses, texts, anchors };
    Ok(Outcome { value: (!findings.has_errors()).then_some(checked), findings })
}

/// Agents, events and sources alone, of a folder with these entries; `None` if dataset.json has errors.
pub fn catalog(
    folder: &dyn Folder,
    entries: &[Entry],
    spelling: Spelling,
    progress: &dyn Progress,
) -> Result<Outcome<Option<Catalog>>> {
    let mut findings = Findings::default();
    let Some(rulebook) = rulebook(folder, spelling, &mut findings)? else {
        return Ok(Outcome { value: None, findings });
    };
    let reader = Reader { lines: Lines { folder, entries, spelling, progress }, rulebook: &rulebook };
    let catalog = reader.catalog(&|_| (), &mut |()| Ok(()), &mut findings)?;
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
    let spelling = Spelling::Released;
    let reader = Reader { lines: Lines { folder, entries: &entries, spelling, progress }, rulebook: &rulebook };
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
    let opened = Rulebook::open(&name, &declaration);
    findings.append(opened.findings);
    let is_canonical = |rulebook: &Rulebook| declaration.strip_suffix(b"\n") == Some(rulebook.declaration());
    if spelling == Spelling::Released && opened.value.as_ref().is_some_and(|rulebook| !is_canonical(rulebook)) {
        findings.push(Finding::of_file(Code::RecordNotCanonical, name, "it is not its own canonical form and LF"));
    }
    Ok(opened.value)
}

/// Reads the records of a folder, kind by kind.
struct Reader<'a> {
    lines: Lines<'a>,
    rulebook: &'a Rulebook,
}

/// What claims are held against.
struct Evidence<'a> {
    texts: &'a Texts<'a>,
    scratch: &'a dyn Scratch,
    quality: Option<&'a Quality<'a>>,
    /// Where the claims stand whose anchors were put by and found wrong: known only when the claims are read again.
    misquoted: Option<BTreeSet<Spot>>,
}

impl Evidence<'_> {
    /// Whether the anchors of a claim may be judged later. When claims are read again, those that wait are right.
    fn may_wait(&self, spot: Spot) -> bool {
        self.misquoted.as_ref().is_none_or(|misquoted| !misquoted.contains(&spot))
    }
}

/// All claims, and what was found in them.
struct Claims {
    graph: ClaimGraph,
    anchors: AnchorTally,
    names: Vec<String>,
    findings: Findings,
    /// Where claims stand of whose anchors nothing was said yet, though they are wrong.
    misquoted: BTreeSet<Spot>,
}

/// A claim that could be read, judged but for what other claims say and what texts say that are still to be read.
struct Judged<K> {
    noted: Noted,
    tally: AnchorTally,
    waiting: Vec<Waiting>,
    suspicion: Option<Suspicion>,
    /// What is kept of it, if it passed.
    kept: Option<K>,
}

impl Reader<'_> {
    /// One line as a record of its kind.
    fn read<T: Record>(&self, raw: &RawRecord) -> Line<ValidRecord<T>> {
        let Validated { record, unreadable, mut findings } = self.rulebook.validate::<T>(raw);
        if self.lines.spelling == Spelling::Released
            && let Some(valid) = &record
            && !valid.is_canonical(raw.bytes)
        {
            let problem = Problem::new(Code::RecordNotCanonical, "", "the line is not its own canonical form");
            findings.push(raw.finding(Some(valid.record().id().as_str()), problem));
        }
        Line { value: record, unreadable, findings }
    }

    fn catalog<K: Send>(
        &self,
        make: &(impl Fn(Passed) -> K + Sync),
        sink: &mut (impl FnMut(K) -> Result<()> + Send),
        findings: &mut Findings,
    ) -> Result<Catalog> {
        let agents = self.table::<Agent, K>(make, sink, findings)?;
        let events = self.table::<EventGist, K>(make, sink, findings)?;
        let sources = self.table::<SourceGist, K>(make, sink, findings)?;
        let catalog = Catalog { agents, events, sources };
        findings.extend(self.lines.placed(catalog.findings())?);
        Ok(catalog)
    }

    fn tree<T: Record>(&self, findings: &mut Findings) -> Result<RecordTree> {
        let mut tree = CompactRange::new();
        let mut order = Order::new(self.lines.spelling);
        self.lines.each(
            T::KIND,
            |raw, _, leaf| Ok(self.read::<T>(raw).map(|valid| (valid.record().id().clone(), leaf))),
            |raw, _, line, findings| {
                let id = line.value.as_ref().map(|(id, _)| id.as_str()).or(line.unreadable.as_deref());
                findings.extend(order.finding(raw, id));
                findings.extend(line.findings);
                line.value.and_then(|(_, leaf)| leaf).into_iter().for_each(|leaf| tree.push(leaf));
                Ok(())
            },
            findings,
        )?;
        Ok(RecordTree { count: tree.size(), root: tree.root() })
    }

    fn table<G: Gist, K: Send>(
        &self,
        make: &(impl Fn(Passed) -> K + Sync),
        sink: &mut (impl FnMut(K) -> Result<()> + Send),
        findings: &mut Findings,
    ) -> Result<Table<G>>
    where
        for<'a> PassedRecord<'a>: From<&'a ValidRecord<G::Record>>,
    {
        let mut table = Table::default();
        let mut order = Order::new(self.lines.spelling);
        self.lines.each(
            G::Record::KIND,
            |raw, _, leaf| {
                let line = self.read::<G::Record>(raw);
                let is_clean = line.is_clean();
                Ok(line.map(|valid| {
                    let kept = is_clean.then(|| make(Passed::new(&valid, leaf.map(|leaf| (raw.bytes, leaf)))));
                    (G::from(valid.into_record()), kept)
                }))
            },
            |raw, _, line, findings| {
                let Line { value, unreadable, findings: found } = line;
                let (gist, kept) = value.unzip();
                let id = gist.as_ref().map(|gist: &G| gist.id().as_str()).or(unreadable.as_deref());
                findings.extend(order.finding(raw, id));
                findings.extend(found);
                findings.extend(table.insert(raw, gist, unreadable.as_deref()));
                kept.flatten().map_or(Ok(()), &mut *sink)
            },
            findings,
        )?;
        Ok(table)
    }

    fn claims<K: Send>(
        &self,
        evidence: &Evidence,
        make: &(impl Fn(Passed) -> K + Sync),
        sink: &mut (impl FnMut(K) -> Result<()> + Send),
    ) -> Result<Claims> {
        let mut findings = Findings::default();
        let mut graph = ClaimGraph::default();
        let mut pending = Pending::new(evidence.texts, evidence.scratch);
        let mut tally = AnchorTally::default();
        let mut order = Order::new(self.lines.spelling);
        let names = self.lines.each(
            RecordKind::Claim,
            |raw, file, leaf| self.judge(raw, leaf, evidence, evidence.may_wait(Spot::of(raw, file)), make),
            |raw, file, line, findings| {
                let Line { value: mut judged, unreadable, findings: found } = line;
                let spot = Spot::of(raw, file);
                if let (Some(judged), None) = (&mut judged, &evidence.misquoted) {
                    pending.put_by(spot, std::mem::take(&mut judged.waiting))?;
                }
                let id = judged.as_ref().map(|judged| judged.noted.id().as_str()).or(unreadable.as_deref());
                findings.extend(order.finding(raw, id));
                findings.extend(found);
                let inserted = match (&judged, id) {
                    (Some(judged), _) => graph.insert(&judged.noted, spot),
                    (None, Some(id)) => graph.insert_unreadable(id, spot),
                    (None, None) => Ok(()),
                };
                if let Err(first) = inserted {
                    let message = format!("{} stands already in line {}", id.unwrap_or_default(), first.line);
                    findings.push(raw.finding(id, Problem::new(Code::IdReused, "/id", message)));
                    return Ok(());
                }
                let Some(Judged { tally: anchors, suspicion, kept, .. }) = judged else { return Ok(()) };
                if let (Some(quality), Some(suspicion)) = (evidence.quality, suspicion) {
                    quality.suspect(graph.last(), suspicion);
                }
                tally += anchors;
                kept.map_or(Ok(()), &mut *sink)
            },
            &mut findings,
        )?;
        findings.extend(self.lines.placed(graph.findings(|file| names[usize::from(file)].clone()))?);
        let (anchors, misquoted) = pending.finish()?;
        tally += anchors;
        Ok(Claims { graph, anchors: tally, names, findings, misquoted })
    }

    /// One line as a claim, held against the records it refers to and the bytes it stands on.
    fn judge<K>(
        &self,
        raw: &RawRecord,
        leaf: Option<Digest>,
        evidence: &Evidence,
        may_wait: bool,
        make: impl Fn(Passed) -> K,
    ) -> Result<Line<Judged<K>>> {
        let &Evidence { texts, quality, .. } = evidence;
        let line = self.read::<Claim>(raw);
        let is_clean = line.is_clean();
        let Line { value, unreadable, mut findings } = line;
        let Some(valid) = value else { return Ok(Line { value: None, unreadable, findings }) };
        let dating = quality.map_or_else(Dating::default, |_| Dating::of(valid.record()));
        let mut anchored = anchor::anchor(valid, dating, texts, may_wait)?;
        // A released line in which nothing was found is its own canonical form.
        let released = leaf.map(|leaf| (raw.bytes, leaf));
        let kept = anchored.claim().filter(|_| is_clean).map(|claim| make(Passed::new(claim, released)));
        let problems = std::mem::take(&mut anchored.problems);
        findings.extend(raw.findings(Some(anchored.valid.record().id.as_str()), problems));
        let suspicion = quality.map(|quality| quality.look(raw, &anchored, &mut findings));
        let Anchored { valid, sources, tally, waiting, .. } = anchored;
        let noted = Noted::new(valid.into_record(), sources, texts.catalog(), self.rulebook.countables());
        Ok(Line { value: Some(Judged { noted, tally, waiting, suspicion, kept }), unreadable: None, findings })
    }
}
