//! One claim of a release with everything that proves it: made from a release, verified without one.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

use serde::de::DeserializeOwned;

use super::batch::released_lines;
use super::folder::{Entry, EntryKind, Folder};
use super::verify::{self, Request, VerifiedHead};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::layout;
use crate::format::merkle::{self, CompactRange, ProofError};
use crate::format::receipt::{ProvenLine, Receipt};
use crate::model::agent::Agent;
use crate::model::claim::{Claim, Voice};
use crate::model::digest::Digest;
use crate::model::event::Event;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::release_info::{RecordTree, ReleaseInfo};
use crate::model::source::Source;
use crate::model::status::Standing;

/// Largest file beside the payload that goes into a receipt, in bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Makes the receipt of a claim from a release, verified or not. Without such a claim in it, the receipt holds no
/// records.
///
/// # Errors
/// [`Error::Refused`] if the release's records are not those of its release.json; I/O.
pub fn make(release: &dyn Folder, claim: &Id) -> Result<Receipt> {
    let (files, info) = head(release)?;
    Ok(Receipt { format: Receipt::FORMAT.to_owned(), files, records: records(release, &info, claim)? })
}

/// The same of a source's record alone.
///
/// # Errors
/// As [`make`].
pub fn of_source(release: &dyn Folder, source: &Id) -> Result<Receipt> {
    let (files, info) = head(release)?;
    let records = prove(release, &info, RecordKind::Source.file(), &BTreeSet::from([source]))?;
    Ok(Receipt { format: Receipt::FORMAT.to_owned(), files, records })
}

/// The files of a release that vouch for its records, and what it says about itself.
fn head(release: &dyn Folder) -> Result<(BTreeMap<String, String>, ReleaseInfo)> {
    let mut files = BTreeMap::new();
    for Entry { path, .. } in release.entries()? {
        if [layout::TAG_MANIFEST, layout::RELEASE_INFO].contains(&&*path) || layout::is_seal(&path) {
            let text = String::from_utf8(release.read(&path, MAX_FILE_BYTES)?);
            let text = text.map_err(|_| Error::Refused(format!("{} is not UTF-8", release.display(&path))))?;
            files.insert(path, text);
        }
    }
    let info: ReleaseInfo = files
        .get(layout::RELEASE_INFO)
        .and_then(|json| serde_json::from_str(json).ok())
        .ok_or_else(|| Error::Refused(format!("{} holds no readable release.json", release.display(""))))?;
    Ok((files, info))
}

/// The claim, its status, its event, its sources, and everybody whom they name.
fn records(release: &dyn Folder, info: &ReleaseInfo, claim: &Id) -> Result<Vec<ProvenLine>> {
    let prove = |file: &str, ids: &BTreeSet<&Id>| prove(release, info, file, ids);
    let of_claim = BTreeSet::from([claim]);
    let mut records = prove(RecordKind::Claim.file(), &of_claim)?;
    let Some(found) = records.first().and_then(|proven| serde_json::from_str::<Claim>(&proven.line).ok()) else {
        return Ok(Vec::new());
    };
    records.extend(prove(layout::STATUSES, &of_claim)?);
    records.extend(prove(RecordKind::Event.file(), &BTreeSet::from([&found.event]))?);
    let sources = prove(RecordKind::Source.file(), &sources_of(&found))?;
    let told: Vec<Source> = sources.iter().filter_map(|proven| serde_json::from_str(&proven.line).ok()).collect();
    records.extend(sources);
    records.extend(prove(RecordKind::Agent.file(), &agents_of(&found, told.iter()))?);
    records.sort();
    Ok(records)
}

/// The sources a claim stands on.
fn sources_of(claim: &Claim) -> BTreeSet<&Id> {
    claim.at.iter().map(|anchor| &anchor.capture.source).collect()
}

/// Everybody who speaks in a claim, is spoken of, or published it.
fn agents_of<'a>(claim: &'a Claim, sources: impl Iterator<Item = &'a Source>) -> BTreeSet<&'a Id> {
    let voices = claim.by.iter().map(Voice::agent).chain(&claim.about);
    voices.chain(sources.flat_map(|source| source.authors.iter().chain([&source.publisher]))).collect()
}

/// The lines of a file that hold these ids, with their proofs.
fn prove(release: &dyn Folder, info: &ReleaseInfo, file: &str, ids: &BTreeSet<&Id>) -> Result<Vec<ProvenLine>> {
    let path = format!("{}{file}", layout::PAYLOAD);
    let (mut leaves, mut found) = (Vec::new(), Vec::new());
    for line in released_lines(release.open(&path)?) {
        let line = line.map_err(Error::io(release.display(&path)))?;
        if id_of(&line).is_some_and(|id| ids.contains(&id)) {
            found.push((leaves.len(), line.clone()));
        }
        leaves.push(merkle::leaf_hash(&line));
    }
    let tree = RecordTree { count: leaves.len() as u64, root: leaves.iter().copied().collect::<CompactRange>().root() };
    if tree_of(info, file) != Some(&tree) {
        let message = "its lines do not have the root that release.json states; verify the release";
        return Err(Error::Refused(format!("{}: {message}", release.display(&path))));
    }
    let proven = |(index, line): (usize, Vec<u8>)| {
        let path = merkle::inclusion_proof(&leaves, index)?;
        Some(ProvenLine { file: file.to_owned(), index: index as u64, line: String::from_utf8(line).ok()?, path })
    };
    Ok(found.into_iter().filter_map(proven).collect())
}

fn id_of(line: &[u8]) -> Option<Id> {
    #[derive(serde::Deserialize)]
    struct Named {
        id: Id,
    }
    serde_json::from_slice::<Named>(line).ok().map(|named| named.id)
}

/// Whether a line stands where it says in the tree.
pub(super) fn leads_to_root(proven: &ProvenLine, tree: &RecordTree) -> Result<(), ProofError> {
    let leaf = merkle::leaf_hash(proven.line.as_bytes());
    merkle::verify_inclusion(leaf, proven.index, tree.count, &proven.path, tree.root)
}

/// What release.json states of a file of records.
pub fn tree_of<'a>(info: &'a ReleaseInfo, file: &str) -> Option<&'a RecordTree> {
    match RecordKind::ALL.into_iter().find(|kind| kind.file() == file) {
        Some(kind) => info.records.get(&kind),
        None => (file == layout::STATUSES).then_some(&info.status_tree),
    }
}

/// A receipt that passed: only [`verify()`] makes one.
pub struct VerifiedReceipt {
    head: VerifiedHead,
    claim: Claim,
    line: String,
    standing: Standing,
    event: Event,
    sources: Vec<Source>,
    agents: Vec<Agent>,
}

impl VerifiedReceipt {
    /// What the seals vouch for.
    pub fn head(&self) -> &VerifiedHead {
        &self.head
    }

    /// The claim.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Its canonical line.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Its status in this release.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Its event.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The sources it stands on.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// An agent that the claim or its sources name.
    pub fn agent(&self, id: &Id) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == *id)
    }
}

/// Verifies a receipt: its seals as those of a release, then each line. The request's folder is that of the receipt.
pub fn verify(receipt: &Receipt, request: Request) -> Result<Outcome<Option<VerifiedReceipt>>> {
    let name = request.folder.display("");
    let Outcome { value, mut findings } = verify_lines(receipt, request)?;
    let mut lines = Lines { receipt, name: &name, findings: &mut findings };
    let value = value.and_then(|head| lines.read(head));
    Ok(Outcome { value: value.filter(|_| !findings.has_errors()), findings })
}

/// Verifies the seals, and that each line stands in the release. What the lines say is not looked at.
pub(super) fn verify_lines(receipt: &Receipt, request: Request) -> Result<Outcome<Option<VerifiedHead>>> {
    let findings = unfit_files(receipt, &request.folder.display(""));
    if findings.has_errors() {
        return Ok(Outcome { value: None, findings });
    }
    let name = request.folder.display("");
    let Outcome { value, mut findings } = verify::verify_head(request)?;
    if let Some(head) = &value {
        Lines { receipt, name: &name, findings: &mut findings }.prove(head.info());
    }
    Ok(Outcome { value: value.filter(|_| !findings.has_errors()), findings })
}

/// What became of a claim in another release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sequel {
    /// It stands there, word for word.
    Same(Standing),
    /// It reads otherwise there.
    Changed(Standing),
    /// It is not there.
    Gone,
}

/// What became of a claim, given as its canonical line, in the release that `newer` was made from: proven by its
/// seals, and by the roots that [`make`] holds all lines against.
pub fn sequel(
    id: &Id,
    line: &str,
    newer: &Receipt,
    request: Request,
) -> Result<Outcome<Option<(VerifiedHead, Sequel)>>> {
    if newer.records.is_empty() {
        let Outcome { value, findings } = verify::verify_head(request)?;
        return Ok(Outcome { value: value.map(|head| (head, Sequel::Gone)), findings });
    }
    let Outcome { value, findings } = verify(newer, request)?;
    let value = value.filter(|found| found.claim.id == *id).map(|found| {
        let is_same = found.line == line;
        (found.head, if is_same { Sequel::Same(found.standing) } else { Sequel::Changed(found.standing) })
    });
    Ok(Outcome { value, findings })
}

/// A receipt holds the tag manifest, release.json and the seals, and no other file.
fn unfit_files(receipt: &Receipt, name: &str) -> Findings {
    let mut wanted = layout::SEALS.into_iter().chain([layout::TAG_MANIFEST, layout::RELEASE_INFO]);
    let is_wanted = |path: &str| wanted.clone().any(|wanted| wanted == path) || layout::is_seal(path);
    let extra = receipt.files.keys().find(|path| !is_wanted(path)).map(|path| format!("no receipt holds {path:?}"));
    let missing = wanted.find(|path| !receipt.files.contains_key(*path)).map(|path| format!("{path} is missing"));
    let finding = |message| Finding::of_file(Code::ReceiptMalformed, name, message);
    extra.into_iter().chain(missing).map(finding).collect()
}

/// The lines of a receipt.
struct Lines<'a> {
    receipt: &'a Receipt,
    name: &'a str,
    findings: &'a mut Findings,
}

impl Lines<'_> {
    fn report(&mut self, code: Code, message: String) {
        self.findings.push(Finding::of_file(code, self.name, message));
    }

    /// Every line is where it says in the file it names.
    fn prove(&mut self, info: &ReleaseInfo) {
        if !self.receipt.records.is_sorted_by(|a, b| (&a.file, a.index) < (&b.file, b.index)) {
            self.report(Code::ReceiptMalformed, "its records are not sorted by file and index".to_owned());
        }
        for proven in &self.receipt.records {
            let Some(tree) = tree_of(info, &proven.file) else {
                self.report(Code::ReceiptMalformed, format!("no release has a file {:?}", proven.file));
                continue;
            };
            if let Err(error) = leads_to_root(proven, tree) {
                self.report(Code::ReceiptProofInvalid, format!("line {} of {}: {error}", proven.index, proven.file));
            }
        }
    }

    /// The claim and all that it names; nothing may be missing, and nothing else may be here.
    fn read(&mut self, head: VerifiedHead) -> Option<VerifiedReceipt> {
        let claims: Vec<(Claim, String)> = self.lines(RecordKind::Claim.file())?;
        let standings: Vec<(Standing, String)> = self.lines(layout::STATUSES)?;
        let events: Vec<(Event, String)> = self.lines(RecordKind::Event.file())?;
        let sources: Vec<Source> =
            self.lines(RecordKind::Source.file())?.into_iter().map(|(source, _)| source).collect();
        let agents: Vec<Agent> = self.lines(RecordKind::Agent.file())?.into_iter().map(|(agent, _)| agent).collect();
        let ([(claim, line)], [(standing, _)], [(event, _)]) = (&claims[..], &standings[..], &events[..]) else {
            self.report(
                Code::ReceiptIncomplete,
                "it does not hold one claim, its one status and its one event".to_owned(),
            );
            return None;
        };
        let has_its_own = standing.id == claim.id
            && event.id == claim.event
            && sources.iter().map(|source| &source.id).collect::<BTreeSet<_>>() == sources_of(claim)
            && agents.iter().map(|agent| &agent.id).collect::<BTreeSet<_>>() == agents_of(claim, sources.iter());
        if !has_its_own {
            let message = format!("its other records are not exactly those that {} names", claim.id);
            self.report(Code::ReceiptIncomplete, message);
            return None;
        }
        self.quotes(claim);
        Some(VerifiedReceipt {
            head,
            line: line.clone(),
            claim: claim.clone(),
            standing: standing.clone(),
            event: event.clone(),
            sources,
            agents,
        })
    }

    fn lines<T: DeserializeOwned>(&mut self, file: &str) -> Option<Vec<(T, String)>> {
        let mut read = Vec::new();
        for proven in self.receipt.records.iter().filter(|proven| proven.file == file) {
            match serde_json::from_str(&proven.line) {
                Ok(record) => read.push((record, proven.line.clone())),
                Err(error) => {
                    self.report(Code::ReceiptMalformed, format!("line {} of {file}: {error}", proven.index));
                    return None;
                }
            }
        }
        Some(read)
    }

    /// A quote has the digest that its anchor states.
    fn quotes(&mut self, claim: &Claim) {
        for anchor in &claim.at {
            if anchor.quote.as_ref().is_some_and(|quote| Digest::of(quote.as_bytes()) != anchor.sha256) {
                let message = format!("the quote of {} bytes {} does not have its digest", anchor.capture, anchor.span);
                self.report(Code::QuoteDiffers, message);
            }
        }
    }
}

/// The files of a receipt as a folder.
pub struct ReceiptFolder<'a> {
    files: &'a BTreeMap<String, String>,
    name: &'a str,
}

impl<'a> ReceiptFolder<'a> {
    /// The files of `receipt`; `name` is what a person calls it.
    pub fn new(receipt: &'a Receipt, name: &'a str) -> Self {
        Self { files: &receipt.files, name }
    }
}

impl Folder for ReceiptFolder<'_> {
    fn entries(&self) -> Result<Vec<Entry>> {
        let entry =
            |(path, text): (&String, &String)| Entry { path: path.clone(), kind: EntryKind::File(text.len() as u64) };
        Ok(self.files.iter().map(entry).collect())
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        let missing = || Error::io(self.display(path))(std::io::ErrorKind::NotFound.into());
        let text = self.files.get(path).ok_or_else(missing)?;
        Ok(Box::new(Cursor::new(text.clone().into_bytes())))
    }

    fn display(&self, path: &str) -> String {
        if path.is_empty() { self.name.to_owned() } else { format!("{}:{path}", self.name) }
    }
}
