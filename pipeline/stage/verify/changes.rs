//! Step 9: what the release says of its changes since the release before is well-formed, lawful and, where that release
//! is at hand, true.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use super::{Opened, Payload, Signer, VerifiedRelease, Verifier, step};
use crate::error::{Error, Result};
use crate::finding::Code;
use crate::format::changelog::Changelog;
use crate::format::changes::{ChangesError, ChangesLine, ChangesReader, MAX_CHANGE_BYTES};
use crate::format::merkle::{self, CompactRange};
use crate::format::{approval, layout};
use crate::model::change::{Change, ChangesHeader, ChangesTrailer, Subject, VersionName};
use crate::model::change_class::{Bump, ChangeClass};
use crate::model::dataset::{Approvals, Law};
use crate::model::digest::Digest;
use crate::model::release_info::{ChangesInfo, RecordTree, ReleaseInfo};
use crate::stage::approval::{self as stage_approval, Approved};
use crate::stage::diff::version::{ReleaseFacts, ReleaseVersion};
use crate::stage::diff::{self, Version};
use crate::stage::folder::Folder;
use crate::stage::sort::Scratch;
use crate::stage::tapped::Tapped;
use crate::stage::{law, replay};

/// The release before, for whoever wants to see the changelog replayed.
pub struct Previous<'a> {
    /// Its folder.
    pub folder: &'a dyn Folder,
    /// What passed.
    pub release: &'a VerifiedRelease,
}

/// What was checked of a changelog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The release has none: it is the first one, or of a format that knew none.
    Nothing,
    /// It says that so many changes were made; whether it says all of them was not checked.
    Stated(u64),
    /// The release before and these changes give this release, and no others were made.
    Replayed(u64),
}

/// What the lines come to.
struct Lines {
    header: Option<ChangesHeader>,
    /// The change of dataset.json, if it changed.
    declaration: Option<Box<Change>>,
    trailer: ChangesTrailer,
    tree: RecordTree,
    /// What the changes themselves come to.
    counted: ChangesTrailer,
    deciding: Vec<String>,
    /// Changes that no release may hold, or that nobody allowed.
    unlawful: Vec<String>,
    changelog: Vec<u8>,
}

impl Verifier<'_> {
    pub(super) fn changes(&mut self, opened: &Opened, rule: Option<&Approvals>) -> Result<Option<Told>> {
        let Opened { payload, info, .. } = opened;
        let wanted = info.tells_changes();
        let path = |name: &str| format!("{}{name}", layout::PAYLOAD);
        for name in [layout::CHANGES, layout::CHANGELOG].map(path) {
            if payload.manifest.digest(&name).is_some() != wanted {
                let is = if wanted { "is missing" } else { "stands there without a release before" };
                self.report(Code::ChangesDisagree, &name, format!("the file {is}"));
            }
        }
        let approvals = path(layout::APPROVALS);
        if payload.manifest.digest(&approvals).is_some() && !wanted {
            self.report(Code::ChangesDisagree, &approvals, "approvals stand there without changes");
        }
        if info.changes.is_some() != wanted {
            let message = "it tells of changes exactly if there is a release before";
            self.report(Code::ChangesDisagree, layout::RELEASE_INFO, message);
        }
        step!(self);
        let Some(told) = info.changes.as_ref().filter(|_| wanted) else {
            if self.request.previous.is_some() {
                let message = "it tells nothing of changes, so that nothing can be replayed from another release";
                self.report(Code::ChangesNotReplayed, layout::RELEASE_INFO, message);
            }
            step!(self);
            return Ok(Some(Told::Nothing));
        };
        let folder = self.request.folder;
        let data = Tapped::new(folder, layout::PAYLOAD);
        let lines = match read(&data, info) {
            Ok(lines) => lines,
            Err(ChangesError::Io(error)) => return Err(Error::io(data.display(layout::CHANGES))(error)),
            Err(fault @ ChangesError::Line(..)) => {
                self.report(Code::ChangesMalformed, &path(layout::CHANGES), fault.to_string());
                return Ok(None);
            }
        };
        let changelog = data.read(layout::CHANGELOG, MAX_CHANGELOG_BYTES)?;
        for name in [layout::CHANGES, layout::CHANGELOG] {
            self.is_as_signed(name, &data, payload);
        }
        step!(self);
        if changelog != lines.changelog {
            self.report(Code::ChangelogDiffers, &path(layout::CHANGELOG), "it is not what changes.jsonl gives");
        }
        self.agree(&lines, told, info);
        self.lawful(&lines, told, info);
        step!(self);
        let rule = stage_approval::rule_in_force(rule, lines.declaration.as_deref())?;
        self.approved(&data, payload, info, rule)?;
        step!(self);
        let changes = lines.counted.changes;
        let Some(previous) = self.request.previous.take() else { return Ok(Some(Told::Stated(changes))) };
        self.replayed(previous, &data, opened)?;
        step!(self);
        Ok(Some(Told::Replayed(changes)))
    }

    /// The lines agree with each other and with release.json.
    fn agree(&mut self, lines: &Lines, told: &ChangesInfo, info: &ReleaseInfo) {
        let path = format!("{}{}", layout::PAYLOAD, layout::CHANGES);
        let Lines { header: Some(header), trailer, counted, .. } = lines else { return };
        let previous = info.previous.as_ref();
        let old = VersionName {
            version: previous.map(|previous| previous.version.clone()),
            tagmanifest_sha256: previous.map(|previous| previous.tagmanifest_sha256),
            ..VersionName::default()
        };
        let new = VersionName { version: Some(info.version.clone()), ..VersionName::default() };
        if header.dataset != info.dataset || header.old != old || header.new != new {
            self.report(Code::ChangesDisagree, &path, "its header is not of this release and the one before");
        }
        if info.law == Law::Strict && header.law != Law::Strict {
            self.report(Code::ChangesDisagree, &path, "its law is milder than the release's own");
        }
        let sums = (trailer.changes, &trailer.classes, trailer.bump);
        if sums != (counted.changes, &counted.classes, counted.bump) {
            self.report(Code::ChangesDisagree, &path, "its trailer does not count what its lines hold");
        }
        if trailer.roots.new != info.records {
            self.report(Code::ChangesDisagree, &path, "its roots are not those that release.json states");
        }
        let (bump, deciding) = (counted.bump, &lines.deciding);
        let meant = told.allowed.iter().all(|class| class.needs_leave() && counted.classes.contains_key(class));
        if !meant || !told.allowed.is_sorted_by(|one, next| one < next) {
            self.report(Code::ChangesDisagree, layout::RELEASE_INFO, "it allows what its changes do not ask for");
        }
        if told.tree != lines.tree || told.classes != counted.classes || told.bump != bump || told.deciding != *deciding
        {
            self.report(Code::ChangesDisagree, layout::RELEASE_INFO, "its changes are not those of data/changes.jsonl");
        }
    }

    /// The version is high enough, and nothing is held that no release may hold.
    fn lawful(&mut self, lines: &Lines, told: &ChangesInfo, info: &ReleaseInfo) {
        let path = format!("{}{}", layout::PAYLOAD, layout::CHANGES);
        for unlawful in &lines.unlawful {
            self.report(Code::LawBroken, &path, unlawful.clone());
        }
        let Some(previous) = &info.previous else { return };
        if info.version <= previous.version {
            let message = format!("{} does not come after {}", info.version, previous.version);
            self.report(Code::LawBroken, layout::RELEASE_INFO, message);
            return;
        }
        let Some(bump) = told.bump else { return };
        if !law::is_high_enough(&previous.version, &info.version, bump) {
            let message =
                format!("{} after {}: the law asks for more ({})", info.version, previous.version, bump.word());
            self.report(Code::LawBroken, layout::RELEASE_INFO, message);
        }
    }

    /// Every change has the approvals that the rule in force asks for, and nothing else passes for one.
    fn approved(
        &mut self,
        data: &Tapped,
        payload: &Payload,
        info: &ReleaseInfo,
        rule: Option<Approvals>,
    ) -> Result<()> {
        let path = |name: &str| format!("{}{name}", layout::PAYLOAD);
        let mut lines = Vec::new();
        if payload.manifest.digest(&path(layout::APPROVALS)).is_some() {
            let file = data.read(layout::APPROVALS, approval::MAX_BYTES)?;
            lines.extend(file.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec));
            self.is_as_signed(layout::APPROVALS, data, payload);
            if lines.is_empty() || !lines.is_sorted_by(|one, next| one < next) {
                self.report(Code::ChangesMalformed, &path(layout::APPROVALS), "its lines are not sorted, each once");
            }
        }
        if self.findings.has_errors() {
            return Ok(());
        }
        let asks = rule.is_some();
        let from = info.previous.as_ref().map_or(Digest::of(b""), |previous| previous.tagmanifest_sha256);
        let files = lines.into_iter().map(|line| (data.display(layout::APPROVALS), line));
        let approved = Approved::of(rule, files, &info.dataset, from)?;
        for finding in approved.findings.kept() {
            self.report(Code::ChangesDisagree, &path(layout::APPROVALS), finding.message.clone());
        }
        if !asks {
            return Ok(());
        }
        for change in changes_of(data)? {
            if let Some(missing) = approved.value.missing(&change?) {
                self.report(Code::LawBroken, &path(layout::CHANGES), missing);
            }
        }
        self.is_as_signed(layout::CHANGES, data, payload);
        Ok(())
    }

    /// The bytes of a file that was just read to its end are those that were signed. Every reading asks this anew: a file
    /// can be swapped between two of them.
    fn is_as_signed(&mut self, name: &str, data: &Tapped, payload: &Payload) {
        let path = format!("{}{name}", layout::PAYLOAD);
        if data.digest(&path).as_ref() != payload.manifest.digest(&path) {
            self.report(Code::PayloadChanged, &path, "its bytes are not those that were signed");
        }
    }

    /// The release before and the changes give this one, and a comparison of both finds these changes and no others.
    fn replayed(&mut self, previous: Previous, data: &Tapped, opened: &Opened) -> Result<()> {
        let path = format!("{}{}", layout::PAYLOAD, layout::CHANGES);
        let Opened { payload, info, signers, .. } = opened;
        let Previous { folder, release } = previous;
        let found = Some(release.head.seen.tagmanifest_sha256);
        if found != info.previous.as_ref().map(|previous| previous.tagmanifest_sha256) {
            let message = format!("{} is not the release that it names as the one before", folder.display(""));
            self.report(Code::PreviousMismatch, layout::RELEASE_INFO, message);
            return Ok(());
        }
        let before = release.info();
        if info.seq != before.seq.saturating_add(1) || info.date < before.date {
            let message =
                format!("its number or its date does not follow that of {} (seq {})", before.version, before.seq);
            self.report(Code::ChangesDisagree, layout::RELEASE_INFO, message);
        }
        let facts_before = facts(before, found, &release.head.signers);
        let mut old = ReleaseVersion::new(folder, Some(release.manifest()), facts_before);
        let mut new = ReleaseVersion::new(self.request.folder, Some(&payload.manifest), facts(info, None, signers));
        match replay::replay(&mut old, &mut new, changes_of(data)?)? {
            Some(fault) => self.report(Code::ChangesNotReplayed, &path, fault),
            None => self.is_as_signed(layout::CHANGES, data, payload),
        }
        match compared(&mut old, &mut new, self.request.scratch, data)? {
            Some(fault) => self.report(Code::ChangesNotReplayed, &path, fault),
            None => self.is_as_signed(layout::CHANGES, data, payload),
        }
        Ok(())
    }
}

/// Largest CHANGELOG.md, in bytes.
const MAX_CHANGELOG_BYTES: u64 = 4 << 30;

const BUFFER_BYTES: usize = 1 << 18;

/// What a verified release says beside its payload. Its first signer is trusted, or it would not be verified.
fn facts(info: &ReleaseInfo, tagmanifest_sha256: Option<Digest>, signers: &[Signer]) -> ReleaseFacts {
    let name = VersionName { version: Some(info.version.clone()), tagmanifest_sha256, ..VersionName::default() };
    let signer = signers.first().map(|signer| signer.fingerprint.clone());
    ReleaseFacts::new(name, signer, info.records.clone())
}

/// The changes in their order.
fn changes_of(data: &Tapped) -> Result<impl Iterator<Item = Result<Change>>> {
    let lines = ChangesReader::new(BufReader::with_capacity(BUFFER_BYTES, data.open(layout::CHANGES)?));
    let place = data.display(layout::CHANGES);
    Ok(lines.filter_map(move |line| match line {
        Ok(ChangesLine::Change(change)) => Some(Ok(*change)),
        Ok(_) => None,
        Err(error) => Some(Err(Error::Refused(format!("{place}: {error}")))),
    }))
}

fn read(data: &Tapped, info: &ReleaseInfo) -> Result<Lines, ChangesError> {
    let file =
        data.open(layout::CHANGES).map_err(|error| ChangesError::Io(std::io::Error::other(error.to_string())))?;
    let (mut tree, mut changelog) = (CompactRange::new(), Changelog::default());
    let mut deciding: BTreeMap<Bump, Vec<String>> = BTreeMap::new();
    let (mut header, mut declaration, mut trailer) = (None, None, ChangesTrailer::default());
    let (mut counted, mut unlawful) = (ChangesTrailer::default(), Vec::new());
    let allowed = info.changes.as_ref().map(|changes| changes.allowed.clone()).unwrap_or_default();
    for line in ChangesReader::new(BufReader::with_capacity(BUFFER_BYTES, file)).spelled() {
        let (bytes, line) = line?;
        tree.push(merkle::leaf_hash(&bytes));
        match &line {
            ChangesLine::Header(found) => header = Some(found.clone()),
            ChangesLine::Trailer(found) => trailer = found.clone(),
            ChangesLine::Event(_) => {}
            ChangesLine::Change(change) => {
                if change.kind == Subject::Dataset {
                    declaration = Some(change.clone());
                }
                let law = header.as_ref().map_or(Law::Strict, |header| header.law);
                let bump = counted.count(change, law);
                let first = deciding.entry(bump).or_default();
                if first.len() < ChangesInfo::DECIDING {
                    first.push(change.fingerprint.clone());
                }
                let is_unlawful = |class: &&ChangeClass| {
                    class.bump(law) == Bump::Refused || (class.needs_leave() && !allowed.contains(class))
                };
                let faults = change.classes.iter().filter(is_unlawful);
                unlawful.extend(faults.map(|class| format!("{class}: {} {}", change.kind.word(), change.id)));
            }
        }
        changelog.push(line);
    }
    let deciding = counted.bump.and_then(|bump| deciding.remove(&bump)).unwrap_or_default();
    let tree = RecordTree { count: tree.size(), root: tree.root() };
    Ok(Lines { header, declaration, trailer, tree, counted, deciding, unlawful, changelog: changelog.finish() })
}

/// Where a comparison of both versions finds something else than the changelog says.
fn compared(
    old: &mut dyn Version,
    new: &mut dyn Version,
    scratch: &dyn Scratch,
    data: &Tapped,
) -> Result<Option<String>> {
    let mut diff = diff::diff(old, new, scratch)?;
    let mut file = BufReader::with_capacity(BUFFER_BYTES, data.open(layout::CHANGES)?);
    let mut next = || -> Result<Vec<u8>> {
        let mut found = Vec::new();
        let read = (&mut file).take(MAX_CHANGE_BYTES as u64 + 1).read_until(b'\n', &mut found);
        read.map_err(Error::io(data.display(layout::CHANGES)))?;
        Ok(found)
    };
    for (number, line) in (1_u64..).zip(diff.lines()?) {
        let (wanted, found) = (line?, next()?);
        if found.strip_suffix(b"\n") != Some(&wanted) {
            let what = match ChangesLine::parse(&wanted) {
                Ok(ChangesLine::Change(change)) => {
                    format!("{} {} ({})", change.kind.word(), change.id, change.fingerprint)
                }
                _ => "another sum".to_owned(),
            };
            return Ok(Some(format!("line {number} is not what a comparison of both releases finds: {what}")));
        }
    }
    let is_more = !next()?.is_empty();
    Ok(is_more.then(|| "it holds more than a comparison of both releases finds".to_owned()))
}
