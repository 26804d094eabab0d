//! Steps 5 to 8: what the release says about itself, and its records.

use std::collections::BTreeMap;

use super::files::{stream_digest, stream_digests};
use super::{Signer, TagFiles, Verifier, is_parsed, step, tag};
use crate::error::Result;
use crate::finding::{Code, Finding};
use crate::format::allowed_signers::Trust;
use crate::format::bag::{self, BagInfo, Manifest};
use crate::format::ed25519::VerifyingKey;
use crate::format::merkle::CompactRange;
use crate::format::{layout, schema};
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, RecordTree, ReleaseInfo};
use crate::stage::anchor::AnchoredClaim;
use crate::stage::assemble::bag_info;
use crate::stage::check::{self, Checked, Spelling};
use crate::stage::record::RawRecord;
use crate::stage::tapped::Tapped;
use crate::stage::{status, validate};

impl Verifier<'_> {
    /// Step 5: release.json is canonical and agrees with bag-info.txt, the schemas and the folder.
    pub(super) fn release_info(
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
                // Records are hashed as they are parsed, later: one that grew or shrank is named now.
                self.changed_records(manifest, &stream_digests(self.request.folder, manifest)?);
                step!(self);
                self.report(Code::ReleaseInfoDisagrees, layout::BAG_INFO, "its labels do not agree with release.json");
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
    pub(super) fn schemas(&mut self, manifest: &Manifest, info: &ReleaseInfo) {
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
    pub(super) fn signer(&mut self, key: &VerifyingKey, info: &ReleaseInfo) -> Option<Signer> {
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

    pub(super) fn threshold(&mut self, checked: &Checked, keys: u32) -> u32 {
        let threshold = self.request.trust.threshold.max(checked.rulebook().dataset().threshold);
        if keys < threshold {
            self.report(
                Code::ThresholdNotMet,
                layout::SIGNATURE,
                format!("{keys} trusted key signed, {threshold} needed"),
            );
        }
        threshold
    }

    /// Steps 4 to 8 for the records: digests, canonical form, order, roots, schemas, references and anchors in one pass.
    pub(super) fn records(&mut self, manifest: &Manifest, info: &ReleaseInfo) -> Result<Option<Checked>> {
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
    pub(super) fn agreement(&mut self, info: &ReleaseInfo, checked: &Checked, claims: RecordTree) {
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

fn record_tree(leaves: impl Iterator<Item = Digest>) -> RecordTree {
    let mut tree = CompactRange::new();
    leaves.for_each(|leaf| tree.push(leaf));
    RecordTree { count: tree.size(), root: tree.root() }
}
