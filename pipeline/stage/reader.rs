//! The records of a folder, read kind by kind: each line judged on all cores, and taken in its order.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::anchor::{self, Anchored};
use super::catalog::Catalog;
use super::dating::Dating;
use super::gist::{EventGist, Gist, SourceGist};
use super::graph::{ClaimGraph, Noted, Spot};
use super::hash::Texts;
use super::lines::{Line, Lines, Order, Spelling};
use super::passed::{Passed, PassedRecord};
use super::pending::{Pending, Waiting};
use super::quality::Quality;
use super::record::{Problem, RawRecord};
use super::sort::Scratch;
use super::table::Table;
use super::validate::{Record, Rulebook, ValidRecord, Validated};
use crate::error::Result;
use crate::finding::{Code, Findings};
use crate::format::merkle::CompactRange;
use crate::model::agent::Agent;
use crate::model::claim::Claim;
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, RecordTree};

/// Reads the records of a folder, kind by kind.
pub(super) struct Reader<'a> {
    pub(super) lines: Lines<'a>,
    pub(super) rulebook: &'a Rulebook,
}

/// What claims are held against.
pub(super) struct Evidence<'a> {
    pub(super) texts: &'a Texts<'a>,
    pub(super) scratch: &'a dyn Scratch,
    pub(super) quality: Option<&'a Quality<'a>>,
    /// Where the claims stand that are wrong: known only when all are read again.
    pub(super) faulty: Option<BTreeSet<Spot>>,
}

impl Evidence<'_> {
    /// Whether the anchors of a claim may be judged later. When claims are read again, those that wait are right.
    fn may_wait(&self, spot: Spot) -> bool {
        self.faulty.as_ref().is_none_or(|faulty| !faulty.contains(&spot))
    }
}

/// All claims, and what was found in them.
pub(super) struct Claims {
    pub(super) graph: ClaimGraph,
    pub(super) anchors: AnchorTally,
    pub(super) names: Vec<Arc<str>>,
    pub(super) findings: Findings,
    /// Where all claims stand that are wrong, if something is still to be said of the anchors of one.
    pub(super) faulty: BTreeSet<Spot>,
}

/// A claim that could be read, judged but for what other claims say and what texts say that are still to be read.
struct Judged<K> {
    noted: Noted,
    tally: AnchorTally,
    waiting: Vec<Waiting>,
    may_be_rootless: bool,
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

    pub(super) fn catalog<K: Send>(
        &self,
        make: &(impl Fn(Passed) -> K + Sync),
        sink: &mut (impl FnMut(K) -> Result<()> + Send),
        findings: &mut Findings,
    ) -> Result<Catalog> {
        let agents = self.table::<Agent, K>(&Table::default(), make, sink, findings)?;
        let events = self.table::<EventGist, K>(&agents, make, sink, findings)?;
        let sources = self.table::<SourceGist, K>(&agents, make, sink, findings)?;
        let catalog = Catalog { agents, events, sources };
        findings.append(self.lines.placed(catalog.findings())?);
        Ok(catalog)
    }

    pub(super) fn tree<T: Record>(&self, findings: &mut Findings) -> Result<RecordTree> {
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
        agents: &Table<Agent>,
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
                let mut line = self.read::<G::Record>(raw);
                let is_clean = line.is_clean();
                let value = line.value.take().map(|valid| {
                    let kept = is_clean.then(|| make(Passed::new(&valid, leaf.map(|leaf| (raw.bytes, leaf)))));
                    let (gist, problems) = G::of(valid.into_record(), &|agent| agents.number(agent));
                    line.findings.extend(raw.findings(Some(gist.id().as_str()), problems));
                    (gist, kept)
                });
                Ok(Line { value, unreadable: line.unreadable, findings: line.findings })
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

    pub(super) fn claims<K: Send>(
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
        let mut faulty = BTreeSet::new();
        let names = self.lines.each(
            RecordKind::Claim,
            |raw, file, leaf| self.judge(raw, leaf, evidence, evidence.may_wait(Spot::of(raw, file)), make),
            |raw, file, line, findings| {
                let spot = Spot::of(raw, file);
                if !line.is_clean() {
                    faulty.insert(spot);
                }
                let Line { value: mut judged, unreadable, findings: found } = line;
                if let (Some(judged), None) = (&mut judged, &evidence.faulty) {
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
                    let place = self.lines.name(RecordKind::Claim, first.file);
                    let message = format!("{} stands already in {place}:{}", id.unwrap_or_default(), first.line);
                    findings.push(raw.finding(id, Problem::new(Code::IdReused, "/id", message)));
                    return Ok(());
                }
                let Some(Judged { tally: anchors, may_be_rootless, kept, .. }) = judged else { return Ok(()) };
                if let Some(quality) = evidence.quality.filter(|_| may_be_rootless) {
                    quality.suspect(graph.last());
                }
                tally += anchors;
                kept.map_or(Ok(()), &mut *sink)
            },
            &mut findings,
        )?;
        findings.append(self.lines.placed(graph.findings(|file| Arc::clone(&names[usize::from(file)])))?);
        let (anchors, misquoted) = pending.finish()?;
        tally += anchors;
        let faulty = if misquoted.is_empty() { misquoted } else { &misquoted | &faulty };
        Ok(Claims { graph, anchors: tally, names, findings, faulty })
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
        let may_be_rootless = quality.is_some_and(|quality| quality.look(raw, &anchored, &mut findings));
        let Anchored { valid, references, tally, waiting, .. } = anchored;
        let noted = Noted::new(valid.into_record(), &references, self.rulebook.countables());
        Ok(Line { value: Some(Judged { noted, tally, waiting, may_be_rootless, kept }), unreadable: None, findings })
    }
}
