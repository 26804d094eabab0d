//! Steps 5 to 8: what the release says about itself, and its records.

use std::collections::BTreeMap;

use super::files::stream_digest;
use super::{Extent, Payload, TagFiles, Verifier, step, tag};
use crate::error::Result;
use crate::finding::{Code, Finding};
use crate::format::bag::{self, BagInfo, Manifest};
use crate::format::merkle::{self, CompactRange};
use crate::format::schema::Schema;
use crate::format::{layout, schema};
use crate::model::digest::{Digest, Hasher};
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, RecordTree, ReleaseInfo};
use crate::stage::assemble::bag_info;
use crate::stage::check::{self, Checked, Spelling};
use crate::stage::record::RawRecord;
use crate::stage::tapped::Tapped;
use crate::stage::{status, validate};

/// Count and root of the records of some kinds.
pub(super) type RecordTrees = BTreeMap<RecordKind, RecordTree>;

impl Verifier<'_> {
    /// Step 5: release.json is canonical and agrees with bag-info.txt, the schemas and the folder.
    pub(super) fn release_info(&mut self, payload: &Payload, tags: &TagFiles) -> Result<Option<ReleaseInfo>> {
        let json = tag(tags, layout::RELEASE_INFO);
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
        let info = valid.into_record();
        if self.request.extent != Extent::Receipt {
            self.labels(&info, payload, tags)?;
        }
        if !ReleaseInfo::FORMATS.contains(&info.format.as_str()) {
            let message = format!("format {:?}; this tool reads {}", info.format, ReleaseInfo::FORMATS.join(" and "));
            self.report(Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, message);
        }
        let version = info.version.to_string();
        let names = [version.clone(), format!("{}-{version}", info.dataset)];
        if let Some(name) = self.request.folder_name.filter(|name| !names.iter().any(|good| good == name)) {
            let message = format!("it says version {version}, the folder is named {name:?}");
            self.report(Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, message);
        }
        if info.fresh_until.is_some_and(|until| until < info.date) {
            self.report(Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, "fresh_until lies before date");
        }
        if info.seq == 0 || (info.seq == 1) != info.previous.is_none() {
            self.report(Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, "seq and previous do not agree");
        }
        self.schemas(&payload.manifest, &info);
        step!(self);
        Ok(Some(info))
    }

    /// Step 7, first half: the released schemas are ones this tool knows.
    pub(super) fn schemas(&mut self, manifest: &Manifest, info: &ReleaseInfo) {
        let prefix = format!("{}{}", layout::PAYLOAD, layout::SCHEMAS);
        let released: BTreeMap<&str, &Digest> =
            manifest.entries().filter_map(|(path, digest)| Some((path.strip_prefix(&prefix)?, digest))).collect();
        let stated: BTreeMap<&str, &Digest> =
            info.schemas.iter().map(|(name, digest)| (name.as_str(), digest)).collect();
        if released != stated && self.request.extent != Extent::Receipt {
            self.report(Code::ReleaseInfoDisagrees, layout::RELEASE_INFO, "its schemas are not those in data/schemas/");
        }
        let known: BTreeMap<&str, &Schema> =
            schema::released(&info.format).map(|schema| (schema.file, schema)).collect();
        for (name, digest) in &stated {
            if !known.get(name).is_some_and(|schema| schema.was(digest)) {
                self.report(Code::SchemaUnknown, &format!("{prefix}{name}"), "this tool does not know the schema");
            }
        }
        for name in known.keys().filter(|name| !stated.contains_key(*name)) {
            self.report(Code::SchemaUnknown, &format!("{prefix}{name}"), "the release does not carry this schema");
        }
    }

    fn labels(&mut self, info: &ReleaseInfo, payload: &Payload, tags: &TagFiles) -> Result<()> {
        if tag(tags, layout::BAG_DECLARATION) != bag::DECLARATION.as_bytes() {
            self.report(Code::ReleaseInfoMalformed, layout::BAG_DECLARATION, "it is not the declaration of BagIt 1.0");
        }
        match BagInfo::parse(tag(tags, layout::BAG_INFO)) {
            Ok(found) if labels_agree(&found, info, payload) => {}
            Ok(_) => {
                // Records are hashed as they are parsed, later: one that grew or shrank is named now.
                let digests = self.parsed_digests(payload)?;
                self.changed_records(payload, &digests);
                if self.findings.has_errors() {
                    return Ok(());
                }
                self.report(Code::ReleaseInfoDisagrees, layout::BAG_INFO, "its labels do not agree with release.json");
            }
            Err(error) => self.report(Code::ReleaseInfoMalformed, layout::BAG_INFO, error.to_string()),
        }
        Ok(())
    }

    /// Steps 4 to 8 for the records: digests, canonical form, order, roots, schemas, references and anchors in one pass.
    pub(super) fn records(&mut self, payload: &Payload, info: &ReleaseInfo) -> Result<Option<Checked>> {
        let tapped = Tapped::new(self.request.folder, layout::PAYLOAD);
        let mut tree = CompactRange::new();
        let outcome = check::check(
            check::Request {
                folder: &tapped,
                copies: self.request.copies.take(),
                spelling: Spelling::Released,
                progress: self.request.progress,
            },
            |claim| merkle::leaf_hash(&claim.canonical()),
            |leaf| {
                tree.push(leaf);
                Ok(())
            },
        )?;
        let digests = self.all_digests(payload, tapped.into_digests())?;
        self.changed_records(payload, &digests);
        step!(self);
        self.findings.append(outcome.findings);
        let Some(checked) = outcome.value else { return Ok(None) };
        self.agreement(info, &checked, RecordTree { count: tree.size(), root: tree.root() });
        self.statuses(info, &checked, payload);
        step!(self);
        Ok(Some(checked))
    }

    /// The digests of all files that are parsed, those too that an early error left unread.
    pub(super) fn all_digests(
        &self,
        payload: &Payload,
        mut digests: BTreeMap<String, Digest>,
    ) -> Result<BTreeMap<String, Digest>> {
        for (path, _) in self.parsed(payload) {
            if !digests.contains_key(path) {
                digests.insert(path.to_owned(), stream_digest(self.request.folder, path)?);
            }
        }
        Ok(digests)
    }

    /// Step 6: the records of each kind have the count and the root that release.json states.
    pub(super) fn roots(&mut self, info: &ReleaseInfo, trees: &RecordTrees) {
        for (kind, tree) in trees {
            if info.records.get(kind) != Some(tree) {
                let message =
                    format!("{} records with root {}, which release.json does not state", tree.count, tree.root);
                self.report(Code::RootMismatch, &format!("{}{}", layout::PAYLOAD, kind.file()), message);
            }
        }
    }

    /// Steps 5, 6 and 8: what release.json states about the records is what they are.
    pub(super) fn agreement(&mut self, info: &ReleaseInfo, checked: &Checked, claims: RecordTree) {
        let catalog = checked.catalog();
        let mut trees = RecordTrees::new();
        trees.insert(RecordKind::Agent, record_tree(catalog.agents.sorted().map(|record| record.leaf())));
        trees.insert(RecordKind::Event, record_tree(catalog.events.sorted().map(|record| record.leaf())));
        trees.insert(RecordKind::Source, record_tree(catalog.sources.sorted().map(|record| record.leaf())));
        trees.insert(RecordKind::Claim, claims);
        self.roots(info, &trees);
        let total = |tally: AnchorTally| tally.checked + tally.not_checked;
        if total(info.anchors) != total(checked.anchors()) {
            let (stated, found) = (total(info.anchors), total(checked.anchors()));
            let message = format!("it counts {stated} anchors, the claims hold {found}");
            self.report(Code::AnchorTallyMismatch, layout::RELEASE_INFO, message);
        }
        let dataset = checked.rulebook().dataset();
        if (&dataset.id, dataset.law, dataset.threshold) != (&info.dataset, info.law, info.threshold) {
            self.report(
                Code::ReleaseInfoDisagrees,
                layout::RELEASE_INFO,
                "its dataset, law and threshold are not those of data/dataset.json",
            );
        }
    }
}

impl Verifier<'_> {
    /// Step 6, the end: the statuses are what the records give, in release.json and in their file.
    fn statuses(&mut self, info: &ReleaseInfo, checked: &Checked, payload: &Payload) {
        if info.statuses != status::per_event(checked.graph(), checked.catalog(), checked.statuses()) {
            self.report(Code::StatusMismatch, layout::RELEASE_INFO, "its statuses are not what the records give");
        }
        let (mut tree, mut hasher) = (CompactRange::new(), Hasher::new());
        for line in checked.status_lines() {
            tree.push(merkle::leaf_hash(&line));
            hasher.update(&line);
            hasher.update(b"\n");
        }
        let path = format!("{}{}", layout::PAYLOAD, layout::STATUSES);
        if payload.manifest.digest(&path) != Some(&hasher.finish()) {
            self.report(Code::StatusMismatch, &path, "its lines are not what the records give");
        }
        if info.status_tree != (RecordTree { count: tree.size(), root: tree.root() }) {
            self.report(Code::RootMismatch, &path, "its count and root are not those that release.json states");
        }
    }
}

fn record_tree(leaves: impl Iterator<Item = Digest>) -> RecordTree {
    let mut tree = CompactRange::new();
    leaves.for_each(|leaf| tree.push(leaf));
    RecordTree { count: tree.size(), root: tree.root() }
}

/// The labels follow from release.json and the payload; of a payload that is not all here, only the number of files.
fn labels_agree(found: &BagInfo, info: &ReleaseInfo, payload: &Payload) -> bool {
    let files = payload.manifest.len() as u64;
    if payload.missing.is_empty() {
        return *found == bag_info(info, payload.bytes, files);
    }
    let bytes = found.value("Payload-Oxum").and_then(|oxum| oxum.split_once('.')?.0.parse().ok());
    bytes.is_some_and(|bytes| *found == bag_info(info, bytes, files))
}
