//! Steps 5 to 8: what the release says about itself, and its records.

use std::collections::BTreeMap;

use super::derived::Derived;
use super::{Extent, Opened, Payload, TagFiles, Verifier, step, tag};
use crate::error::Result;
use crate::finding::{Code, Finding};
use crate::format::bag::{self, BagInfo, Manifest};
use crate::format::schema::Schema;
use crate::format::{layout, schema};
use crate::model::digest::Digest;
use crate::model::kind::RecordKind;
use crate::model::release_info::{AnchorTally, RecordTree, ReleaseInfo};
use crate::model::source::TextRights;
use crate::stage::assemble::bag_info;
use crate::stage::check::{self, Checked, Spelling};
use crate::stage::chunk::{Chunked, Chunker};
use crate::stage::gist::{CaptureGist, SourceGist};
use crate::stage::hash::TextState;
use crate::stage::record::RawRecord;
use crate::stage::shelf::text_path;
use crate::stage::tapped::Tapped;
use crate::stage::validate;

/// Count and root of the records of some kinds.
pub(super) type RecordTrees = BTreeMap<RecordKind, RecordTree>;

impl Verifier<'_> {
    /// Step 5: release.json is canonical and agrees with bag-info.txt, the schemas and the folder.
    pub(super) fn release_info(&mut self, payload: &Payload, tags: &TagFiles) -> Result<Option<ReleaseInfo>> {
        let json = tag(tags, layout::RELEASE_INFO);
        let file = self.request.folder.display(layout::RELEASE_INFO);
        let line = json.strip_suffix(b"\n").unwrap_or(json);
        let raw = RawRecord { kind: None, file: &file, line: 1, bytes: line };
        let read = validate::document::<ReleaseInfo>("release", &raw);
        for finding in read.findings {
            self.findings.push(Finding { code: Code::ReleaseInfoMalformed, ..finding });
        }
        let Some(valid) = read.record else { return Ok(None) };
        if !valid.is_canonical(line) || !json.ends_with(b"\n") {
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
                self.parsed_payload(payload, Manifest::default())?;
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
    pub(super) fn records(&mut self, opened: &mut Opened) -> Result<Option<Checked>> {
        let Opened { files, payload, info, .. } = opened;
        self.later_files(info, payload);
        step!(self);
        // The shelf hashes the texts: each is held against its capture, and here the capture against the manifest.
        let tapped = Tapped::new(self.request.folder, layout::PAYLOAD).but(layout::TEXTS);
        let mut chunkers = RecordKind::ALL.map(|_| Chunker::default());
        let outcome = check::check_listed(
            check::Request {
                folder: &tapped,
                copies: self.request.copies.take(),
                scratch: self.request.scratch,
                spelling: Spelling::Released,
                progress: self.request.progress,
            },
            files.take_payload(),
            |record| {
                let canonical = record.canonical();
                (record.kind(), record.id().clone(), record.leaf_of(&canonical), canonical.len())
            },
            |(kind, id, leaf, bytes)| {
                chunkers[kind as usize].push(id.as_str(), leaf, bytes);
                Ok(())
            },
        )?;
        let lines: BTreeMap<RecordKind, Chunked> =
            RecordKind::ALL.into_iter().zip(chunkers.map(Chunker::finish)).collect();
        let derived = outcome.value.as_ref().map(|checked| Derived::of(checked, &lines, info.is_chunked(), &tapped));
        let derived = derived.transpose()?;
        let found = tapped.into_digests().into_iter().chain(outcome.value.iter().flat_map(texts));
        self.parsed_payload(payload, Manifest::new(found))?;
        step!(self);
        self.findings.append(outcome.findings);
        let Some((checked, derived)) = outcome.value.zip(derived) else { return Ok(None) };
        self.agreement(info, &checked, lines);
        self.derived(info, &checked, &derived);
        step!(self);
        Ok(Some(checked))
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
    pub(super) fn agreement(&mut self, info: &ReleaseInfo, checked: &Checked, lines: BTreeMap<RecordKind, Chunked>) {
        self.roots(info, &lines.into_iter().map(|(kind, chunked)| (kind, chunked.tree)).collect());
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

/// The digests of the texts, by their paths in the release: each file was just read, and has its capture's digest.
fn texts(checked: &Checked) -> impl Iterator<Item = (String, Digest)> {
    let is_included = |(source, _): &(&SourceGist, &CaptureGist)| source.text == TextRights::Included;
    let held = checked.texts().filter(|(_, state)| *state == TextState::Holds).map(|(captured, _)| captured);
    held.filter(is_included).map(|(source, capture)| {
        (format!("{}{}", layout::PAYLOAD, text_path(&source.capture_id(capture))), capture.sha256)
    })
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
