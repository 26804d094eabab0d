//! Stages 1 to 3 in one pass over a dataset folder. The builder and the verifier of releases both come through here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::catalog::Catalog;
use super::folder::{Entry, Folder, Progress};
use super::gist::{CaptureGist, SourceGist};
use super::graph::{ClaimGraph, ClaimNumber};
use super::hash::{self, TextState, TextTaker, Texts};
use super::lines::Lines;
pub use super::lines::Spelling;
use super::passed::Passed;
use super::quality::Quality;
use super::reader::{Claims, Evidence, Reader};
use super::shelf::{Copies, Shelf};
use super::sort::Scratch;
use super::status::{self, Standings};
use super::validate::{MAX_DATASET_BYTES, Rulebook};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::layout;
use crate::model::agent::Agent;
use crate::model::claim::Claim;
use crate::model::digest::Digest;
use crate::model::event::Event;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, RecordTree};
use crate::model::source::Source;
use crate::model::status::{Status, StatusCounts};

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

/// How many claims' standings are worked out at a time, on all threads.
const STRETCH: usize = 1 << 13;

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

    /// How many claims of each event have each status, in the order of the events' ids.
    pub fn event_statuses(&self) -> impl Iterator<Item = (&Id, StatusCounts)> {
        status::per_event(&self.graph, &self.catalog, &self.statuses)
    }

    /// The canonical lines of `statuses.jsonl`, without LF.
    pub fn status_lines(&self) -> impl Iterator<Item = Vec<u8>> {
        self.status_leaves().map(|(_, _, line)| line)
    }

    /// The same, each behind its claim's id and its leaf hash (RFC 6962).
    pub fn status_leaves(&self) -> impl Iterator<Item = (&str, Digest, Vec<u8>)> {
        let (standings, order, count) = (self.standings(), self.graph.by_id(), self.graph.len() as ClaimNumber);
        (0..count).step_by(STRETCH).flat_map(move |begin| {
            let places = begin..count.min(begin + STRETCH as ClaimNumber);
            standings.lines(&places.map(|place| order.at(place)).collect::<Vec<_>>())
        })
    }

    /// What makes these lines, of whichever claims.
    pub(super) fn standings(&self) -> Standings<'_> {
        Standings::new(&self.graph, &self.catalog, &self.statuses)
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
    run(request, None, false, None, make, sink)
}

/// The same of a folder that was listed already: these are its entries, sorted by path.
pub(super) fn check_listed<K: Send>(
    request: Request,
    entries: Vec<Entry>,
    make: impl Fn(Passed) -> K + Sync,
    sink: impl FnMut(K) -> Result<()> + Send,
) -> Result<Outcome<Option<Checked>>> {
    run(request, Some(entries), false, None, make, sink)
}

/// The same for a maker: `texts` takes what is to be released beside the records.
pub fn gather<K: Send>(
    request: Request,
    texts: TextTaker,
    make: impl Fn(Passed) -> K + Sync,
    sink: impl FnMut(K) -> Result<()> + Send,
) -> Result<Outcome<Option<Checked>>> {
    run(request, None, false, Some(texts), make, sink)
}

/// The same for a curator, who keeps nothing, but is also warned of what can only be suspected.
pub fn review(request: Request) -> Result<Outcome<Option<Checked>>> {
    run(request, None, true, None, |_| (), |()| Ok(()))
}

fn run<K: Send>(
    request: Request,
    listed: Option<Vec<Entry>>,
    is_warned: bool,
    taker: Option<TextTaker>,
    make: impl Fn(Passed) -> K + Sync,
    mut sink: impl FnMut(K) -> Result<()> + Send,
) -> Result<Outcome<Option<Checked>>> {
    let Request { folder, copies, spelling, scratch, progress } = request;
    let mut findings = Findings::default();
    let Some(rulebook) = rulebook(folder, spelling, &mut findings)? else {
        return Ok(Outcome { value: None, findings });
    };

    // The texts are many, and are asked for until all claims are read; the records once more after that.
    let entries = listed.map_or_else(|| folder.entries(), Ok)?;
    let (texts, entries): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| entry.path.starts_with(layout::TEXTS));
    let reader = Reader { lines: Lines { folder, entries: &entries, spelling, progress }, rulebook: &rulebook };
    let catalog = reader.catalog(&make, &mut sink, &mut findings)?;
    let shelf = Shelf::new(folder, texts, copies);
    let texts = Texts::new(&catalog, &shelf, spelling).taken_by(taker);
    texts.read_few()?;

    let quality = is_warned.then(|| Quality::new(&catalog, &rulebook));
    let evidence = Evidence { texts: &texts, scratch, quality: quality.as_ref(), faulty: None };
    let mut claims = reader.claims(&evidence, &make, &mut sink)?;
    if !claims.faulty.is_empty() {
        // Now that it is known which are wrong, all is said once more in the order of the lines.
        let faulty = Some(claims.faulty);
        claims = reader.claims(&Evidence { faulty, ..evidence }, &make, &mut |_| Ok(()))?;
        if !claims.findings.has_errors() {
            return Err(Error::changed_meanwhile(folder.display("")));
        }
    }
    let (texts, found) = texts.finish();
    findings.extend(found);
    drop(shelf);
    let Claims { graph, anchors, names, findings: found, .. } = claims;
    findings.append(found);
    let statuses = status::statuses(&graph, &catalog);
    if let Some(quality) = quality.filter(|_| !findings.has_errors()) {
        let warnings = quality.warnings(&graph, &statuses, |file| Arc::clone(&names[usize::from(file)]));
        findings.append(reader.lines.placed(warnings)?);
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
