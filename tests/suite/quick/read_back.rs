//! A canonical line is read as the record that it was printed from, with the same problems: so whoever has checked a
//! record need not read his own line of it again.

use affiant::finding::Finding;
use affiant::model::agent::Agent;
use affiant::model::claim::Claim;
use affiant::model::event::Event;
use affiant::model::kind::RecordKind;
use affiant::model::source::Source;
use affiant::stage::record::RawRecord;
use affiant::stage::validate::Record;
use proptest::prelude::*;

use super::tree::{Tree, quoted};
use super::{RULEBOOK, records, strange};

/// What a line comes to.
#[derive(Debug, PartialEq)]
struct Reading<T> {
    record: T,
    canonical: Vec<u8>,
    /// What is said of it, without the places.
    problems: Vec<String>,
}

fn read<T: Record>(line: &[u8]) -> Option<Reading<T>> {
    let raw = RawRecord { kind: Some(T::KIND), file: "records", line: 1, bytes: line };
    let validated = RULEBOOK.validate::<T>(&raw);
    let valid = validated.record?;
    let problem =
        |Finding { code, message, id, pointer, .. }: &Finding| format!("{} {id:?} {pointer:?} {message}", code.name());
    let mut problems: Vec<String> = validated.findings.iter().map(problem).collect();
    problems.sort();
    Some(Reading { canonical: valid.canonical().into_owned(), record: valid.into_record(), problems })
}

/// Whether the line is one of a record; then its canonical form must be read as the same.
fn is_read_back<T: Record + PartialEq + std::fmt::Debug>(line: &[u8]) -> bool {
    let Some(reading) = read::<T>(line) else { return false };
    let again = read::<T>(&reading.canonical);
    assert_eq!(again.as_ref(), Some(&reading), "{:.2000}", String::from_utf8_lossy(line));
    true
}

fn is_record(kind: RecordKind, line: &str) -> bool {
    match kind {
        RecordKind::Agent => is_read_back::<Agent>(line.as_bytes()),
        RecordKind::Event => is_read_back::<Event>(line.as_bytes()),
        RecordKind::Source => is_read_back::<Source>(line.as_bytes()),
        RecordKind::Claim => is_read_back::<Claim>(line.as_bytes()),
    }
}

/// What may be put in the place of a part: any text, any number, or one of the strange things.
fn part() -> impl Strategy<Value = Tree> {
    let strange = strange();
    prop_oneof![
        any::<String>().prop_map(|text| Tree::Scalar(quoted(&text))),
        "[\\PC\n\t\"\\\\/]{1,60}".prop_map(|text| Tree::Scalar(quoted(&text))),
        any::<i64>().prop_map(|number| Tree::Scalar((number >> 11).to_string())),
        (0..10_000_u32).prop_map(|number| Tree::Scalar(format!("{number}.0e+00"))),
        (0..strange.len()).prop_map(move |number| strange[number].clone()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn a_canonical_line_is_read_as_the_record_it_was_printed_from(
        kind in 0..4_usize, which in any::<usize>(), space in "[ \t]?",
        changes in proptest::collection::vec((any::<usize>(), any::<usize>(), part()), 0..24),
    ) {
        let kind = RecordKind::ALL[kind];
        let records = records(kind);
        let mut tree = Tree::of(&records[which % records.len()]);
        for (way, choice, part) in changes {
            let ways = tree.ways();
            let mut changed = tree.clone();
            let place = changed.at(&ways[way % ways.len()]).expect("a way leads there");
            let spoiled = place.spoiled();
            *place = spoiled.get(choice % (2 * spoiled.len() + 1)).unwrap_or(&part).clone();
            // What is no record any more is not gone on with.
            if is_record(kind, &changed.print(&space)) {
                tree = changed;
            }
        }
        prop_assert!(is_record(kind, &tree.print(&space)));
    }
}
