//! One records file by itself: lines in any order and any spelling, and nothing known of the dataset around them.
//!
//! No status can be computed from it, so none differs; whether a claim only went to another file is not to be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

use serde_json::{Value, json};

use super::align::{Aligned, align};
use super::unique::{Hash, are_distinct};
use super::{Records, Tolls, Version};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Findings, Outcome, Place};
use crate::model::change::VersionName;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::release_info::RecordTree;
use crate::stage::batch::{Batch, Batches, in_order};
use crate::stage::record::RawRecord;
use crate::stage::sort::{RunReader, Scratch, Sortable, Sorter};
use crate::stage::tape::{Recorder, Tape};
use crate::stage::validate::LooseReader;

/// The id that stands for the dataset, which is not known.
const UNKNOWN_DATASET: &str = "records";

/// The records of one file.
pub struct RawVersion {
    name: VersionName,
    kind: RecordKind,
    lines: Tape,
    /// How many lines are left out, because the other file has them too.
    left_out: u64,
}

impl RawVersion {
    /// The records that `file` holds; none if a line of it is no record with an id of its own.
    pub fn read(
        file: impl Read + Send,
        kind: RecordKind,
        name: VersionName,
        scratch: &dyn Scratch,
    ) -> Result<Outcome<Option<Self>>> {
        let Outcome { value, findings } = records(file, kind, &name, scratch)?;
        Ok(Outcome { value: value.map(|found| Self { name, kind, lines: found.lines, left_out: 0 }), findings })
    }

    /// The same of two files at once, without the records that both have byte for byte. `None`: the files must be read
    /// one by one, because of something in them that takes a closer look.
    pub fn read_both(
        files: [Box<dyn Read + Send + '_>; 2],
        kind: RecordKind,
        names: [VersionName; 2],
        scratch: &dyn Scratch,
    ) -> Result<Option<[Self; 2]>> {
        let Ok(Aligned { same, loose: [mut old, mut new], ids }) = align(files, scratch) else { return Ok(None) };
        let mut versions = Vec::new();
        let mut others = [Vec::new(), Vec::new()];
        for ((loose, name), others) in [&mut old, &mut new].into_iter().zip(names).zip(&mut others) {
            let read = records(Records::of_lines(loose.play()?).lines, kind, &name, scratch)?;
            let Some(Canonical { lines, ids }) = read.value else { return Ok(None) };
            others.extend(ids.iter().map(|id| Hash::of(id.as_str())));
            versions.push(Self { name, kind, lines, left_out: same });
        }
        Ok(if are_distinct(ids, others)? { versions.try_into().ok() } else { None })
    }
}

/// The canonical lines of a file in the order of their ids.
struct Canonical {
    lines: Tape,
    ids: BTreeSet<Id>,
}

/// A record's canonical line on its way to its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    id: Id,
    canonical: Vec<u8>,
}

impl Sortable for Line {
    const ROOM: usize = 16 << 20;

    fn size(&self) -> usize {
        self.canonical.len()
    }

    /// The length of the id in one byte, that of the line in four, the id and the line.
    fn write(&self, run: &mut impl Write) -> io::Result<u64> {
        let id = self.id.as_str().as_bytes();
        run.write_all(&[id.len() as u8])?;
        run.write_all(&(self.canonical.len() as u32).to_le_bytes())?;
        run.write_all(id)?;
        run.write_all(&self.canonical)?;
        Ok((1 + 4 + id.len() + self.canonical.len()) as u64)
    }

    fn read(run: &mut RunReader) -> io::Result<Self> {
        let [id] = run.array()?;
        let canonical = u32::from_le_bytes(run.array()?);
        Ok(Self { id: run.id(id)?, canonical: run.take(canonical as usize)?.to_vec() })
    }
}

/// What a file holds; nothing if a line of it is no record with an id of its own.
fn records(
    file: impl Read + Send,
    kind: RecordKind,
    name: &VersionName,
    scratch: &dyn Scratch,
) -> Result<Outcome<Option<Canonical>>> {
    let place = name.path.clone().unwrap_or_default();
    let reader = LooseReader::default();
    let batches = Batches::new(file).map(|batch| batch.map_err(Error::io(&place)));
    let one =
        |(line, bytes): (u64, &[u8])| (line, reader.read(&RawRecord { kind: Some(kind), file: &place, line, bytes }));
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
                sorter.push(Line { id: named.id.clone(), canonical: valid.canonical().into_owned() })?;
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
    let mut tape = Recorder::new(scratch);
    for line in sorted {
        tape.push(&line?.canonical)?;
    }
    Ok(Outcome { value: Some(Canonical { lines: tape.finish()?, ids }), findings })
}

fn reused(file: &str, line: u64, kind: RecordKind, id: &Id) -> Finding {
    Finding {
        code: Code::IdReused,
        message: format!("a line before this one has the id {id}, too"),
        place: Place { file: file.into(), line: Some(line), column: None },
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

    fn records(&mut self, kind: RecordKind) -> Result<Records<'_>> {
        Ok(if kind == self.kind {
            Records::of_lines(self.lines.play()?)
        } else {
            Records::of_lines(std::iter::empty())
        })
    }

    fn left_out(&self, kind: RecordKind) -> u64 {
        if kind == self.kind { self.left_out } else { 0 }
    }

    fn tolls(&mut self, _: &BTreeSet<&str>) -> Result<Tolls> {
        Ok(Tolls::Unknown)
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

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::change::{Change, ChangesTrailer};
    use crate::model::change_class::ChangeClass::{self, A01, C01, C02};
    use crate::stage::diff;
    use crate::stage::memory::{MemoryScratch, sorted_on_disk};

    fn version(text: &str) -> Outcome<Option<RawVersion>> {
        let name = VersionName { path: Some("claims.jsonl".to_owned()), ..VersionName::default() };
        RawVersion::read(Cursor::new(text.to_owned()), RecordKind::Claim, name, &MemoryScratch).expect("memory")
    }

    fn changes(old: &str, new: &str) -> Vec<(String, Vec<ChangeClass>)> {
        let [mut old, mut new] = [old, new].map(|text| version(text).value.expect("records"));
        let mut difference = diff::diff(&mut old, &mut new, &MemoryScratch).expect("compared");
        let changes = difference.changes().expect("changes");
        changes.map(|change| change.expect("a change")).map(|change| (change.id, change.classes)).collect()
    }

    /// The changes that are found where both files are read at once; `None` where they are not.
    fn in_step(old: &str, new: &str) -> Option<(Vec<Change>, ChangesTrailer)> {
        let files = [old, new].map(|text| -> Box<dyn Read + Send> { Box::new(Cursor::new(text.to_owned())) });
        let names = [old, new].map(|_| VersionName::default());
        let versions = RawVersion::read_both(files, RecordKind::Claim, names, &MemoryScratch).expect("memory");
        versions.map(|[old, new]| all(old, new))
    }

    fn one_by_one(old: &str, new: &str) -> Option<(Vec<Change>, ChangesTrailer)> {
        let [old, new] = [old, new].map(|text| version(text).value);
        Some(all(old?, new?))
    }

    fn all(mut old: RawVersion, mut new: RawVersion) -> (Vec<Change>, ChangesTrailer) {
        let mut difference = diff::diff(&mut old, &mut new, &MemoryScratch).expect("compared");
        let changes = difference.changes().expect("changes").collect::<Result<_>>().expect("changes");
        (changes, difference.trailer().clone())
    }

    #[test]
    fn lines_come_back_by_their_ids() {
        let line = |id: &str| Line {
            id: id.parse().expect("an id"),
            canonical: id.repeat(Line::ROOM / 2 / id.len() + 1).into_bytes(),
        };
        let ordered = ["a-1", "a-10", "zh-2"].map(line);
        assert_eq!(sorted_on_disk(ordered.iter().rev().cloned()), ordered);
    }

    #[test]
    fn files_in_step_are_read_at_once() {
        let lines = |ids: &[u32]| ids.iter().map(|id| format!("{{\"id\":\"a{id}\"}}\n")).collect::<String>();
        let all: Vec<u32> = (0..100).collect();
        let some: Vec<u32> = (5..105).filter(|n| n % 7 > 0).collect();
        for (old, new) in [(&all, &all), (&all, &some), (&some, &all)] {
            let found = in_step(&lines(old), &lines(new)).expect("records");
            assert_eq!(Some(found), one_by_one(&lines(old), &lines(new)));
        }
        for broken in [
            "{\"id\":\"a1\"}\n",
            "{}\n",
            "\n",
            "{\"id\":\"A b\"}\n",
            "{\"id\":\"b\"}\r\n",
            "{\"n\":1.5,\"id\":\"b\"}\n",
            "{\"id\":\"a1\",\"n\":1}\n",
        ] {
            let broken = lines(&all) + broken;
            assert!(in_step(&broken, &broken).is_none() && one_by_one(&broken, &broken).is_none());
            assert!(in_step(&lines(&all), &broken).is_none() && in_step(&broken, &lines(&all)).is_none());
        }
        for broken in ["{\"id\":\"b\",\"n\":1.5}\n", "{\"id\":\"b\",\"n\":1,\"n\":1}\n", "{\"id\":\"b\",}\n"] {
            let broken = lines(&all) + broken;
            let (changes, trailer) = in_step(&broken, &broken).expect("what is not looked at");
            assert!(changes.is_empty() && trailer.totals[&RecordKind::Claim].unchanged == 101);
            assert!(in_step(&lines(&all), &broken).is_none() && in_step(&broken, &lines(&all)).is_none());
        }
    }

    /// A line of one of few ids, of one of few contents, in one of few spellings.
    fn line() -> impl Strategy<Value = String> {
        (0..12, 0..2, 0..4).prop_map(|(id, note, spelling)| match spelling {
            0 => format!("{{\"id\":\"a{id}\",\"note\":\"{note}\"}}\n"),
            1 => format!("{{\"note\":\"{note}\",\"id\":\"a{id}\"}}\n"),
            2 => format!("{{\"id\":\"\\u0061{id}\",\"note\":\"{note}\"}}\n"),
            _ => format!("{{\"id\":\"a{id}\",\"n\":1.0}}\n"),
        })
    }

    proptest! {
        #[test]
        fn reading_at_once_tells_the_same(old in vec(line(), 0..10), new in vec(line(), 0..10)) {
            let [old, new] = [old.concat(), new.concat()];
            prop_assert_eq!(in_step(&old, &new), one_by_one(&old, &new));
        }
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
