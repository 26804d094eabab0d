//! One records file by itself: lines in any order and any spelling, and nothing known of the dataset around them.
//!
//! No status can be computed from it, so none differs; whether a claim only went to another file is not to be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde_json::{Value, json};

use super::{Entries, Entry, Version};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Findings, Outcome, Place};
use crate::model::change::VersionName;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::release_info::RecordTree;
use crate::stage::batch::{Batch, Batches, in_order};
use crate::stage::record::RawRecord;
use crate::stage::sort::{Scratch, Sorter};
use crate::stage::tape::{Recorder, Tape};
use crate::stage::validate::LooseReader;

/// The id that stands for the dataset, which is not known.
const UNKNOWN_DATASET: &str = "records";

/// The records of one file.
pub struct RawVersion {
    name: VersionName,
    kind: RecordKind,
    lines: Tape,
}

impl RawVersion {
    /// The records that `file` holds; none if a line of it is no record with an id of its own.
    pub fn read(
        file: impl Read + Send,
        kind: RecordKind,
        name: VersionName,
        scratch: &mut dyn Scratch,
    ) -> Result<Outcome<Option<Self>>> {
        let place = name.path.clone().unwrap_or_default();
        let reader = LooseReader::new()?;
        let batches = Batches::new(file).map(|batch| batch.map_err(Error::io(&place)));
        let one = |(line, bytes): (u64, &[u8])| {
            (line, reader.read(&RawRecord { kind: Some(kind), file: &place, line, bytes }))
        };
        let work = |batch: Batch| batch.lines().map(one).collect::<Vec<_>>();
        let (mut findings, mut ids) = (Findings::default(), BTreeSet::new());
        let mut sorter = Sorter::new(scratch);
        in_order(batches, work, |read| {
            for (line, validated) in read {
                let Some(valid) = validated.record else {
                    findings.extend(validated.findings);
                    continue;
                };
                let named = valid.record();
                if ids.insert(named.id.clone()) {
                    sorter.push_line(&named.id, valid.leaf(), valid.canonical().into_owned())?;
                } else {
                    findings.push(reused(&place, line, kind, &named.id));
                }
            }
            Ok(())
        })?;
        if findings.has_errors() {
            return Ok(Outcome { value: None, findings });
        }
        let sorted = sorter.finish()?;
        let mut tape = Recorder::new(scratch)?;
        for record in sorted {
            tape.push(record?.canonical())?;
        }
        Ok(Outcome { value: Some(Self { name, kind, lines: tape.finish()? }), findings })
    }
}

fn reused(file: &str, line: u64, kind: RecordKind, id: &Id) -> Finding {
    Finding {
        code: Code::IdReused,
        message: format!("a line before this one has the id {id}, too"),
        place: Place { file: file.to_owned(), line: Some(line), column: None },
        kind: Some(kind),
        id: Some(id.to_string()),
        pointer: Some("/id".to_owned()),
        help: None,
    }
}

impl Version for RawVersion {
    fn name(&self) -> VersionName {
        self.name.clone()
    }

    fn declaration(&mut self) -> Result<Value> {
        Ok(json!({ "id": UNKNOWN_DATASET }))
    }

    fn entries(&mut self, kind: RecordKind) -> Result<Entries<'_>> {
        if kind != self.kind {
            return Ok(Box::new(std::iter::empty()));
        }
        Ok(Box::new(self.lines.play()?.map(|line| Ok(Entry { line: line?, standing: None }))))
    }

    fn files(&mut self) -> Result<BTreeMap<String, Digest>> {
        Ok(BTreeMap::new())
    }

    fn file(&mut self, _: &str) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn signer(&self) -> Option<String> {
        None
    }

    fn roots(&self) -> BTreeMap<RecordKind, RecordTree> {
        BTreeMap::new()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::model::change_class::ChangeClass::{self, A01, C01, C02};
    use crate::stage::diff;
    use crate::stage::sort::ScratchFile;

    struct Memory;

    impl Scratch for Memory {
        fn scratch_file(&mut self) -> Result<Box<dyn ScratchFile>> {
            Ok(Box::new(Cursor::new(Vec::new())))
        }
    }

    fn version(text: &str) -> Outcome<Option<RawVersion>> {
        let name = VersionName { path: Some("claims.jsonl".to_owned()), ..VersionName::default() };
        RawVersion::read(Cursor::new(text.to_owned()), RecordKind::Claim, name, &mut Memory).expect("memory")
    }

    fn changes(old: &str, new: &str) -> Vec<(String, Vec<ChangeClass>)> {
        let [mut old, mut new] = [old, new].map(|text| version(text).value.expect("records"));
        let mut difference = diff::diff(&mut old, &mut new, &mut Memory).expect("compared");
        let changes = difference.changes().expect("changes");
        changes.map(|change| change.expect("a change")).map(|change| (change.id, change.classes)).collect()
    }

    #[test]
    fn order_and_spelling_are_no_change() {
        let old = "{\"id\":\"a\",\"n\":1}\n{\"id\":\"b\"}\n";
        assert_eq!(changes(old, "{\"id\" : \"b\"}\n{\"n\":1.0, \"id\":\"\\u0061\"}"), []);
        assert_eq!(changes("", ""), []);
    }

    #[test]
    fn what_came_went_and_changed() {
        let old = "{\"id\":\"a\",\"note\":\"1\"}\n{\"id\":\"b\"}\n";
        let new = "{\"id\":\"c\"}\n{\"id\":\"a\",\"note\":\"2\"}\n";
        let found = changes(old, new);
        let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        assert_eq!(found.into_iter().flat_map(|(_, classes)| classes).collect::<Vec<_>>(), [A01, C02, C01]);
    }

    #[test]
    fn each_line_that_is_no_record_is_named() {
        let found =
            version("{\"id\":\"a\"}\n\n[]\n{\"id\":7}\n{}\n{\"id\":\"a\"}\n{\"id\":\"A b\"}\n{\"id\":\"d\"}\r\n");
        assert!(found.value.is_none());
        let places: Vec<_> = found.findings.kept().iter().map(|f| (f.place.line, f.code)).collect();
        let expected = [
            (2, Code::JsonSyntax),
            (3, Code::SchemaMismatch),
            (4, Code::SchemaMismatch),
            (5, Code::SchemaMismatch),
            (6, Code::IdReused),
            (7, Code::SchemaMismatch),
            (8, Code::LineEnding),
        ];
        assert_eq!(places, expected.map(|(line, code)| (Some(line), code)));
    }
}
