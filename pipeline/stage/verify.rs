//! The one verifier: the numbered steps of "Verifying a release" in SPEC.md.
//!
//! The bytes that are hashed are the bytes that are parsed. A step that finds something ends the work after reporting
//! all that this step finds: what lies behind it is not to be trusted with a reader's time.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::anchor::AnchoredClaim;
use super::assemble::bag_info;
use super::check::{self, Checked, Spelling};
use super::folder::{Entry, EntryKind, Folder, Progress};
use super::hash::{Copies, Hashed};
use super::record::RawRecord;
use super::status;
use super::tapped::Tapped;
use super::validate;
use crate::error::Result;
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::allowed_signers::{AllowedSigners, Trust};
use crate::format::bag::{self, BagInfo, Manifest};
use crate::format::ed25519::VerifyingKey;
use crate::format::merkle::CompactRange;
use crate::format::{layout, schema, sshsig};
use crate::model::digest::{Digest, Hasher};
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, RecordTree, ReleaseInfo};

/// Most entries a release folder may have.
const MAX_ENTRIES: usize = 4_000_000;

/// Largest tag file, in bytes.
const MAX_TAG_BYTES: u64 = 256 << 20;

/// Largest file of the payload, in bytes.
const MAX_PAYLOAD_BYTES: u64 = 1 << 40;

/// Whom the reader trusts.
pub struct TrustedSigners<'a> {
    /// Keys, and what each is good for.
    pub signers: &'a AllowedSigners,
    /// Ask for at least so many keys, whatever the dataset asks for.
    pub threshold: u32,
}

/// A release to be verified.
pub struct Request<'a> {
    /// Its folder.
    pub folder: &'a dyn Folder,
    /// The folder's own name, which is the release's version.
    pub folder_name: &'a str,
    /// Whom the reader trusts.
    pub trust: TrustedSigners<'a>,
    /// Copies of withheld texts.
    pub copies: Option<Copies<'a>>,
    /// Who watches.
    pub progress: &'a dyn Progress,
}

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The name the trust file gives the key.
    pub principal: String,
    /// `SHA256:...` of the key.
    pub fingerprint: String,
}

/// A release that passed every step: only [`verify`] makes one.
pub struct VerifiedRelease {
    info: ReleaseInfo,
    signers: Vec<Signer>,
    threshold: u32,
    files: u64,
    bytes: u64,
    checked: Checked,
}

impl VerifiedRelease {
    /// What it says about itself.
    pub fn info(&self) -> &ReleaseInfo {
        &self.info
    }

    /// The trusted keys that signed it.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// How many keys were asked for.
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// Number of files in the payload.
    pub fn files(&self) -> u64 {
        self.files
    }

    /// Bytes in the payload.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many anchors were held against their bytes by this reader.
    pub fn anchors(&self) -> AnchorTally {
        self.checked.anchors()
    }

    /// How each capture stands to its text.
    pub fn captures(&self) -> &[Hashed] {
        self.checked.hashed()
    }
}

/// Verifies a release. The value is `None` as soon as one step finds an error.
pub fn verify(request: Request) -> Result<Outcome<Option<VerifiedRelease>>> {
    let mut verifier = Verifier { request, findings: Findings::default() };
    let value = verifier.run()?;
    let findings = verifier.findings;
    Ok(Outcome { value: value.filter(|_| !findings.has_errors()), findings })
}

/// Ends the work when the step before found an error.
macro_rules! step {
    ($verifier:ident) => {
        if $verifier.findings.has_errors() {
            return Ok(None);
        }
    };
}

struct Verifier<'a> {
    request: Request<'a>,
    findings: Findings,
}

/// The tag files that the signature vouches for, by path.
type TagFiles = BTreeMap<String, Vec<u8>>;

impl Verifier<'_> {
    fn run(&mut self) -> Result<Option<VerifiedRelease>> {
        let entries = self.request.folder.entries()?;
        self.folder(&entries);
        step!(self);
        let files: BTreeMap<&str, u64> = entries.iter().filter_map(plain_file).collect();
        let Some((tag_manifest, key)) = self.signature(&files)? else { return Ok(None) };
        let Some(tags) = self.tag_files(&files, &tag_manifest)? else { return Ok(None) };
        let Some(manifest) = self.manifest(&files, &tags)? else { return Ok(None) };
        let Some(info) = self.release_info(&manifest, &files, &tags)? else { return Ok(None) };
        let Some(signer) = self.signer(&key, &info) else { return Ok(None) };
        let Some(checked) = self.records(&manifest, &info)? else { return Ok(None) };
        let threshold = self.threshold(&checked, 1);
        step!(self);
        let files = manifest.len() as u64;
        let bytes = payload_bytes(&entries);
        Ok(Some(VerifiedRelease { info, signers: vec![signer], threshold, files, bytes, checked }))
    }

    fn report(&mut self, code: Code, path: &str, message: impl Into<String>) {
        self.findings.push(Finding::of_file(code, self.request.folder.display(path), message));
    }

    /// Step 1: plain files under safe, distinct paths; sizes and counts within limits.
    fn folder(&mut self, entries: &[Entry]) {
        if entries.len() > MAX_ENTRIES {
            self.report(Code::FolderLimit, "", format!("{} entries, {MAX_ENTRIES} at most", entries.len()));
            return;
        }
        let mut twins: BTreeMap<String, &str> = BTreeMap::new();
        for entry in entries {
            if let Err(fault) = bag::safe_path(&entry.path) {
                self.report(Code::FolderUnsafe, &entry.path, format!("not a safe path: {fault}"));
            }
            match entry.kind {
                EntryKind::Other => {
                    self.report(Code::FolderUnsafe, &entry.path, "a link, device or pipe, not a plain file");
                }
                EntryKind::File(bytes) => {
                    let limit = if entry.path.starts_with(layout::PAYLOAD) { MAX_PAYLOAD_BYTES } else { MAX_TAG_BYTES };
                    if bytes > limit {
                        self.report(Code::FolderLimit, &entry.path, format!("{bytes} bytes, {limit} at most"));
                    }
                }
                EntryKind::Folder => {}
            }
            if let Some(other) = twins.insert(bag::twin_key(&entry.path), &entry.path) {
                let message = format!("some file systems take this name and {other:?} for one");
                self.report(Code::FolderUnsafe, &entry.path, message);
            }
        }
    }

    /// Step 2, first half: the signature fits the tag manifest, and its key is one the reader trusts for releases.
    fn signature(&mut self, files: &BTreeMap<&str, u64>) -> Result<Option<(Vec<u8>, VerifyingKey)>> {
        for (path, code) in [(layout::TAG_MANIFEST, Code::TagFileMissing), (layout::SIGNATURE, Code::SignatureMissing)]
        {
            if !files.contains_key(path) {
                self.report(code, path, "the file is missing");
            }
        }
        step!(self);
        let tag_manifest = self.request.folder.read(layout::TAG_MANIFEST, MAX_TAG_BYTES)?;
        let armored = self.request.folder.read(layout::SIGNATURE, MAX_TAG_BYTES)?;
        let signature = match sshsig::parse(&armored) {
            Ok(signature) => signature,
            Err(error) => {
                self.report(Code::SignatureMalformed, layout::SIGNATURE, error.to_string());
                return Ok(None);
            }
        };
        if let Err(error) = signature.verify(layout::NAMESPACE, &tag_manifest) {
            self.report(
                Code::SignatureInvalid,
                layout::TAG_MANIFEST,
                format!("{} does not fit: {error}", layout::SIGNATURE),
            );
            return Ok(None);
        }
        let key = signature.key().clone();
        // The key's time is asked about once the release's date is known.
        if let Trust::UnknownKey = self.request.trust.signers.find(&key, layout::NAMESPACE, 0) {
            let message = format!("signed by {}, which the trust file does not list", key.fingerprint());
            self.report(Code::KeyNotTrusted, layout::SIGNATURE, message);
            return Ok(None);
        }
        Ok(Some((tag_manifest, key)))
    }

    /// Step 3: exactly the tag files that the tag manifest lists, with exactly their bytes.
    fn tag_files(&mut self, files: &BTreeMap<&str, u64>, tag_manifest: &[u8]) -> Result<Option<TagFiles>> {
        let manifest = match Manifest::parse(tag_manifest) {
            Ok(manifest) => manifest,
            Err(error) => {
                self.report(Code::TagManifestMalformed, layout::TAG_MANIFEST, error.to_string());
                return Ok(None);
            }
        };
        if !manifest.paths().eq(layout::TAG_FILES) {
            let message = format!("it must list {}", layout::TAG_FILES.join(", "));
            self.report(Code::TagManifestMalformed, layout::TAG_MANIFEST, message);
            return Ok(None);
        }
        let mut tags = TagFiles::new();
        for (path, digest) in manifest.entries() {
            if !files.contains_key(path) {
                self.report(Code::TagFileMissing, path, "the tag manifest lists it, but it is not here");
                continue;
            }
            let bytes = self.request.folder.read(path, MAX_TAG_BYTES)?;
            if Digest::of(&bytes) != *digest {
                self.report(Code::TagFileChanged, path, "its bytes are not those that were signed");
            }
            tags.insert(path.to_owned(), bytes);
        }
        let known = |path: &str| {
            path.starts_with(layout::PAYLOAD)
                || [layout::TAG_MANIFEST, layout::SIGNATURE].contains(&path)
                || layout::TAG_FILES.contains(&path)
        };
        for path in files.keys().filter(|path| !known(path)) {
            self.report(Code::TagFileExtra, path, "nothing that was signed mentions this file");
        }
        step!(self);
        Ok(Some(tags))
    }

    /// Step 4, first half: exactly the payload files that the manifest lists; all but the records with their bytes.
    fn manifest(&mut self, files: &BTreeMap<&str, u64>, tags: &TagFiles) -> Result<Option<Manifest>> {
        let manifest = match Manifest::parse(tag(tags, layout::MANIFEST)) {
            Ok(manifest) => manifest,
            Err(error) => {
                self.report(Code::ManifestMalformed, layout::MANIFEST, error.to_string());
                return Ok(None);
            }
        };
        for path in manifest.paths() {
            if !path.starts_with(layout::PAYLOAD) {
                self.report(Code::ManifestMalformed, layout::MANIFEST, format!("{path} does not lie under data/"));
            } else if !files.contains_key(path) {
                self.report(Code::PayloadMissing, path, "the manifest lists it, but it is not here");
            }
        }
        let listed: BTreeSet<&str> = manifest.paths().collect();
        for path in files.keys().filter(|path| path.starts_with(layout::PAYLOAD) && !listed.contains(*path)) {
            self.report(Code::PayloadExtra, path, "nothing that was signed mentions this file");
        }
        step!(self);
        // Records are hashed in the same pass that parses them.
        let apart: Vec<(&str, &Digest)> = manifest.entries().filter(|(path, _)| !is_parsed(path)).collect();
        let folder = self.request.folder;
        let changed: Vec<Option<&str>> = apart
            .into_par_iter()
            .map(|(path, digest)| Ok((stream_digest(folder, path)? != *digest).then_some(path)))
            .collect::<Result<_>>()?;
        for path in changed.into_iter().flatten() {
            self.report(Code::PayloadChanged, path, "its bytes are not those that were signed");
        }
        if self.findings.has_errors() {
            // Say the same of the records too, before anybody is sent away with half of the story.
            self.changed_records(&manifest, &stream_digests(folder, &manifest)?);
            return Ok(None);
        }
        Ok(Some(manifest))
    }

    fn changed_records(&mut self, manifest: &Manifest, digests: &BTreeMap<String, Digest>) {
        for (path, digest) in manifest.entries().filter(|(path, _)| is_parsed(path)) {
            if digests.get(path) != Some(digest) {
                self.report(Code::PayloadChanged, path, "its bytes are not those that were signed");
            }
        }
    }

    /// Step 5: release.json is canonical and agrees with bag-info.txt, the schemas and the folder.
    fn release_info(
        &mut self,
        manifest: &Manifest,
        files: &BTreeMap<&str, u64>,
        tags: &TagFiles,
    ) -> Result<Option<ReleaseInfo>> {
        let (json, labels) = (tag(tags, layout::RELEASE_INFO), tag(tags, layout::BAG_INFO));
        let file = self.request.folder.display(layout::RELEASE_INFO);
        let line = json.strip_suffix(b"\n").unwrap_or(json);
        let raw = RawRecord { kind: None, file: &file, line: 1, bytes: line };
        let read = validate::document::<ReleaseInfo>("release", &raw)?;
        for finding in read.findings {
            self.findings.push(Finding { code: Code::ReleaseInfoMalformed, ..finding });
        }
        let Some(valid) = read.record else { return Ok(None) };
        if valid.canonical() != line || !json.ends_with(b"\n") {
            self.report(Code::ReleaseInfoMalformed, layout::RELEASE_INFO, "it is not its own canonical form and LF");
        }
        let (info, _, _) = valid.into_parts();
        if tag(tags, layout::BAG_DECLARATION) != bag::DECLARATION.as_bytes() {
            self.report(Code::ReleaseInfoMalformed, layout::BAG_DECLARATION, "it is not the declaration of BagIt 1.0");
        }
        let bytes = files.iter().filter(|(path, _)| path.starts_with(layout::PAYLOAD)).map(|(_, bytes)| bytes).sum();
        match BagInfo::parse(labels) {
            Ok(found) if found == bag_info(&info, bytes, manifest.len() as u64) => {}
            Ok(_) => {
                self.report(Code::ReleaseInfoDisagrees, layout::BAG_INFO, "its labels do not agree with release.json")
            }
            Err(error) => self.report(Code::ReleaseInfoMalformed, layout::BAG_INFO, error.to_string()),
        }
        if info.format != ReleaseInfo::FORMAT {
            let message = format!("format {:?}; this tool reads {:?}", info.format, ReleaseInfo::FORMAT);
            self.report(Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, message);
        }
        let version = info.version.to_string();
        if ![version.clone(), format!("{}-{version}", info.dataset)].contains(&self.request.folder_name.to_owned()) {
            let message = format!("it says version {version}, the folder is named {:?}", self.request.folder_name);
            self.report(Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, message);
        }
        if info.seq == 0 || (info.seq == 1) != info.previous.is_none() {
            self.report(Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, "seq and previous do not agree");
        }
        self.schemas(manifest, &info);
        step!(self);
        Ok(Some(info))
    }

    /// Step 7, first half: the released schemas are ones this tool knows.
    fn schemas(&mut self, manifest: &Manifest, info: &ReleaseInfo) {
        let prefix = format!("{}{}", layout::PAYLOAD, layout::SCHEMAS);
        let released: BTreeMap<&str, &Digest> =
            manifest.entries().filter_map(|(path, digest)| Some((path.strip_prefix(&prefix)?, digest))).collect();
        let stated: BTreeMap<&str, &Digest> =
            info.schemas.iter().map(|(name, digest)| (name.as_str(), digest)).collect();
        if released != stated {
            self.report(Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, "its schemas are not those in data/schemas/");
        }
        let known = schema::RELEASED.iter().filter_map(|name| schema::named(name));
        let known: BTreeMap<&str, Digest> =
            known.map(|schema| (schema.file, Digest::of(schema.text.as_bytes()))).collect();
        for (name, digest) in &released {
            if known.get(name) != Some(digest) {
                self.report(Code::SchemaUnknown, &format!("{prefix}{name}"), "this tool does not know the schema");
            }
        }
        for name in known.keys().filter(|name| !released.contains_key(*name)) {
            self.report(Code::SchemaUnknown, &format!("{prefix}{name}"), "the release does not carry this schema");
        }
    }

    /// Step 2, second half: the key was good for releases on the release's own date.
    fn signer(&mut self, key: &VerifyingKey, info: &ReleaseInfo) -> Option<Signer> {
        let fingerprint = key.fingerprint();
        let why = match self.request.trust.signers.find(key, layout::NAMESPACE, info.date.unix_seconds()) {
            Trust::Trusted { principal } => return Some(Signer { principal, fingerprint }),
            Trust::OutsideValidity => format!("the trust file does not hold it valid on {}", info.date),
            Trust::WrongNamespace => format!("the trust file does not allow it for {}", layout::NAMESPACE),
            Trust::UnknownKey => "the trust file does not list it".to_owned(),
        };
        self.report(Code::KeyNotValid, layout::SIGNATURE, format!("signed by {fingerprint}: {why}"));
        None
    }

    fn threshold(&mut self, checked: &Checked, keys: u32) -> u32 {
        let threshold = self.request.trust.threshold.max(checked.rulebook().dataset().threshold);
        if keys < threshold {
            self.report(Code::ThresholdNotMet, layout::SIGNATURE, format!("{keys} of {threshold} trusted keys signed"));
        }
        threshold
    }

    /// Steps 4 to 8 for the records: digests, canonical form, order, roots, schemas, references and anchors in one pass.
    fn records(&mut self, manifest: &Manifest, info: &ReleaseInfo) -> Result<Option<Checked>> {
        let tapped = Tapped::new(self.request.folder, layout::PAYLOAD);
        let mut tree = CompactRange::new();
        let outcome = check::check(
            check::Request {
                folder: &tapped,
                copies: self.request.copies.take(),
                spelling: Spelling::Released,
                progress: self.request.progress,
            },
            |claim: AnchoredClaim| {
                tree.push(claim.leaf());
                Ok(())
            },
        )?;
        let mut digests = tapped.into_digests();
        for (path, _) in manifest.entries().filter(|(path, _)| is_parsed(path)) {
            // A file that an early error left unread is hashed now, so that the finding names it.
            if !digests.contains_key(path) {
                digests.insert(path.to_owned(), stream_digest(self.request.folder, path)?);
            }
        }
        self.changed_records(manifest, &digests);
        step!(self);
        self.findings.append(outcome.findings);
        let Some(checked) = outcome.value else { return Ok(None) };
        self.agreement(info, &checked, RecordTree { count: tree.size(), root: tree.root() });
        step!(self);
        Ok(Some(checked))
    }

    /// Steps 5, 6 and 8: what release.json states about the records is what they are.
    fn agreement(&mut self, info: &ReleaseInfo, checked: &Checked, claims: RecordTree) {
        let catalog = checked.catalog();
        let mut trees = BTreeMap::new();
        trees.insert(RecordKind::Agent, record_tree(catalog.agents.sorted().map(|record| record.leaf())));
        trees.insert(RecordKind::Event, record_tree(catalog.events.sorted().map(|record| record.leaf())));
        trees.insert(RecordKind::Source, record_tree(catalog.sources.sorted().map(|record| record.leaf())));
        trees.insert(RecordKind::Claim, claims);
        for (kind, tree) in &trees {
            if info.records.get(kind) != Some(tree) {
                let message =
                    format!("{} records with root {}, which release.json does not state", tree.count, tree.root);
                self.report(Code::RootMismatch, &format!("{}{}", layout::PAYLOAD, kind.file()), message);
            }
        }
        if info.statuses != status::per_event(checked.graph(), catalog, checked.statuses()) {
            self.report(Code::StatusMismatch, layout::RELEASE_INFO, "its statuses are not what the records give");
        }
        let total = |tally: AnchorTally| tally.checked + tally.not_checked;
        if total(info.anchors) != total(checked.anchors()) {
            let (stated, found) = (total(info.anchors), total(checked.anchors()));
            let message = format!("it counts {stated} anchors, the claims hold {found}");
            self.report(Code::AnchorTallyMismatch, layout::RELEASE_INFO, message);
        }
        let dataset = checked.rulebook().dataset();
        if dataset.id != info.dataset || dataset.law != info.law {
            self.report(
                Code::ReleaseInfoDisagrees,
                layout::RELEASE_INFO,
                "its dataset and law are not those of data/dataset.json",
            );
        }
    }
}

fn plain_file(entry: &Entry) -> Option<(&str, u64)> {
    match entry.kind {
        EntryKind::File(bytes) => Some((entry.path.as_str(), bytes)),
        EntryKind::Folder | EntryKind::Other => None,
    }
}

fn payload_bytes(entries: &[Entry]) -> u64 {
    entries
        .iter()
        .filter_map(plain_file)
        .filter(|(path, _)| path.starts_with(layout::PAYLOAD))
        .map(|(_, bytes)| bytes)
        .sum()
}

fn record_tree(leaves: impl Iterator<Item = Digest>) -> RecordTree {
    let mut tree = CompactRange::new();
    leaves.for_each(|leaf| tree.push(leaf));
    RecordTree { count: tree.size(), root: tree.root() }
}

/// Whether the pass over the records parses this file, and hashes it on the way.
fn is_parsed(path: &str) -> bool {
    let path = path.strip_prefix(layout::PAYLOAD).unwrap_or(path);
    path == layout::DATASET || RecordKind::ALL.iter().any(|kind| kind.file() == path)
}

fn tag<'a>(tags: &'a TagFiles, path: &str) -> &'a [u8] {
    tags.get(path).map_or(&[], Vec::as_slice)
}

fn stream_digest(folder: &dyn Folder, path: &str) -> Result<Digest> {
    let mut hasher = Hasher::new();
    let mut reader = folder.open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer).map_err(crate::error::Error::io(folder.display(path)))? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

fn stream_digests(folder: &dyn Folder, manifest: &Manifest) -> Result<BTreeMap<String, Digest>> {
    let parsed = manifest.paths().filter(|path| is_parsed(path));
    parsed.map(|path| Ok((path.to_owned(), stream_digest(folder, path)?))).collect()
}
