//! Whatever is edited: the diff is the whole edit and nothing but the edit, forwards and backwards.

mod odd;
mod patch;
mod plan;
mod planted;
mod raw;
mod shelf;
mod spelling;

use std::collections::{BTreeMap, BTreeSet};

use affiant::model::change::{Change, Subject};
use affiant::model::change_class::ChangeClass::{self, *};
use affiant::model::id::Id;
use affiant::model::kind::RecordKind;
use affiant::render::diff::{DiffHead, DiffOutput, json, markdown, text};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;
use serde_json::Value;

use patch::{apply, backwards, is_equal};
use shelf::{Said, Shelf, compare, compare_folders};

/// The patches of all changes, one behind the other, turn the old document into the new one, and back.
fn replays(old: &Shelf, new: &Shelf, said: &Said) {
    let mut document = old.document();
    said.changes.iter().for_each(|change| apply(&mut document, &change.patch));
    assert!(is_equal(&document, &new.document()), "{document:#}\n{:#}", new.document());
    said.changes.iter().rev().for_each(|change| apply(&mut document, &backwards(&change.patch)));
    assert!(is_equal(&document, &old.document()), "{document:#}\n{:#}", old.document());
}

/// Exactly the records that differ have a patch, and the totals count them.
fn lists_exactly(old: &Shelf, new: &Shelf, said: &Said) {
    for kind in RecordKind::ALL {
        let (before, after) = (&old.records[&kind], &new.records[&kind]);
        let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let differing: Vec<&String> = ids.iter().copied().filter(|id| before.get(*id) != after.get(*id)).collect();
        let listed = said.changes.iter().filter(|change| change.kind == kind.into() && !change.patch.is_empty());
        assert_eq!(listed.map(|change| &change.id).collect::<Vec<_>>(), differing);
        let totals = said.trailer.totals[&kind];
        let added = differing.iter().filter(|id| !before.contains_key(**id)).count();
        let removed = differing.iter().filter(|id| !after.contains_key(**id)).count();
        let numbers = [added, removed, differing.len() - added - removed, ids.len() - differing.len()];
        assert_eq!([totals.added, totals.removed, totals.changed, totals.unchanged], numbers.map(|n| n as u64));
    }
}

/// What every change holds, and the trailer of all.
fn adds_up(said: &Said) {
    let of_class = |class: &ChangeClass| said.changes.iter().filter(|change| change.classes.contains(class)).count();
    let classes: BTreeSet<&ChangeClass> = said.changes.iter().flat_map(|change| &change.classes).collect();
    assert_eq!(said.trailer.changes, said.changes.len() as u64);
    assert_eq!(said.trailer.classes.keys().collect::<BTreeSet<_>>(), classes);
    assert!(said.trailer.classes.iter().all(|(class, count)| *count == of_class(class) as u64));
    let bumps = classes.iter().map(|class| class.bump(said.header.law));
    assert_eq!(said.trailer.bump, bumps.max());
    let fingerprints: BTreeSet<&String> = said.changes.iter().map(|change| &change.fingerprint).collect();
    assert_eq!(fingerprints.len(), said.changes.len());
}

/// The events of the claims that are listed are counted, each once.
fn counts_events(old: &Shelf, new: &Shelf, said: &Said) {
    let listed = said.changes.iter().filter(|change| change.kind == Subject::Claim);
    let event = |side: &Shelf, id: &str| side.records[&RecordKind::Claim].get(id).map(|claim| claim["event"].clone());
    let events = listed.flat_map(|change| [event(old, &change.id), event(new, &change.id)]).flatten();
    assert_eq!(said.trailer.events as usize, events.map(|event| event.to_string()).collect::<BTreeSet<_>>().len());
}

/// Claims that came or went have another id, if they are the only ones of their content; all others came or went.
fn rekeys_exactly(old: &Shelf, new: &Shelf, said: &Said) {
    let content = |record: &Value| {
        let mut members = record.as_object().expect("an object").clone();
        members.retain(|name, _| !["id", "ext", "links", "log", "note", "reading"].contains(&name.as_str()));
        Value::Object(members).to_string()
    };
    let only = |here: &Shelf, there: &Shelf| -> BTreeMap<String, String> {
        let there = &there.records[&RecordKind::Claim];
        let here = here.records[&RecordKind::Claim].iter().filter(|(id, _)| !there.contains_key(*id));
        here.map(|(id, record)| (id.clone(), content(record))).collect()
    };
    let (gone, came) = (only(old, new), only(new, old));
    let all = gone.iter().map(|claim| (claim, C02, &came)).chain(came.iter().map(|claim| (claim, C01, &gone)));
    for ((id, content), class, others) in all {
        let of = |claims: &BTreeMap<String, String>| claims.values().filter(|other| *other == content).count();
        let is_rekeyed = of(&gone) == 1 && of(&came) == 1;
        let change =
            said.changes.iter().find(|change| change.kind == Subject::Claim && change.id == *id).expect("the change");
        assert_eq!(change.classes, [if is_rekeyed { C05 } else { class }], "{change:#?}");
        let because: Vec<&str> = change.because.iter().map(Id::as_str).collect();
        let other = others.iter().filter(|(_, other)| is_rekeyed && *other == content).map(|(id, _)| id.as_str());
        assert_eq!(because, other.collect::<Vec<_>>(), "{change:#?}");
    }
}

/// A claim whose record is as it was changes by its status alone.
fn statuses_alone(change: &Change) {
    if change.kind == Subject::Claim && change.patch.is_empty() {
        let status = change.status.expect("the status");
        assert!(status.old.is_some() && status.new.is_some() && status.old != status.new, "{change:#?}");
        assert!(change.classes.iter().all(|class| [C04, C06, C07, C12].contains(class)), "{change:#?}");
        assert!(!change.because.is_empty(), "{change:#?}");
    }
}

/// Every form of output can say it.
fn can_be_said(said: &Said) {
    let forms: [Box<dyn DiffOutput>; 4] = [
        Box::<text::Text>::default(),
        Box::<markdown::Markdown>::default(),
        Box::<json::Document>::default(),
        Box::<json::Lines>::default(),
    ];
    for mut form in forms {
        let head = DiffHead { header: &said.header, trailer: &said.trailer, events: &said.events, selected: None };
        let mut printed = form.begin(head);
        said.changes.iter().for_each(|change| printed.push_str(&form.change(change)));
        printed.push_str(&form.end(0));
        assert!(said.changes.iter().all(|change| printed.contains(&change.fingerprint)));
    }
}

/// All claims that are in both versions, and nothing else that differs.
fn only_in_both(old: &Shelf, new: &Shelf, id: &str) -> Shelf {
    let mut one = old.clone();
    if let Some(record) = new.records[&RecordKind::Claim].get(id) {
        one.of(RecordKind::Claim).insert(id.to_owned(), record.clone());
    }
    one
}

/// Datasets are checked before they are compared, which takes a while: one case for four of the others.
fn fewer() -> ProptestConfig {
    let usual = usual();
    ProptestConfig { cases: usual.cases.div_ceil(4), ..usual }
}

fn usual() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(usual())]

    #[test]
    fn a_diff_of_anything_is_the_whole_edit((old, new) in raw::versions()) {
        let said = compare(&mut old.clone(), &mut new.clone()).expect("a diff");
        replays(&old, &new, &said);
        lists_exactly(&old, &new, &said);
        adds_up(&said);
        can_be_said(&said);
        prop_assert!(compare(&mut new.clone(), &mut new.clone()).expect("a diff").changes.is_empty());
    }

    /// Without the statuses, which neighbours decide, a record's fingerprint says nothing of other records.
    #[test]
    fn a_fingerprint_is_of_its_change_alone((old, new) in raw::versions()) {
        let said = compare(&mut old.clone(), &mut new.clone()).expect("a diff");
        for change in said.changes.iter().filter(|change| change.kind == Subject::Claim && change.claim.is_some()) {
            let alone = compare(&mut old.clone(), &mut only_in_both(&old, &new, &change.id)).expect("a diff");
            prop_assert_eq!(&alone.changes[0].fingerprint, &change.fingerprint);
        }
    }
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn a_diff_of_datasets_is_the_whole_edit((old, new) in plan::versions()) {
        let said = compare_folders(&old.folder(), &new.folder());
        replays(&old, &new, &said);
        lists_exactly(&old, &new, &said);
        adds_up(&said);
        rekeys_exactly(&old, &new, &said);
        counts_events(&old, &new, &said);
        said.changes.iter().for_each(statuses_alone);
        can_be_said(&said);
        prop_assert!(compare_folders(&new.folder(), &new.folder()).changes.is_empty());
    }

    #[test]
    fn a_respelled_dataset_is_the_same((old, new) in plan::versions(), seed in any::<u64>()) {
        let respelled = spelling::respelled(&new, seed);
        prop_assert!(compare_folders(&new.folder(), &respelled).changes.is_empty());
        let said = compare_folders(&old.folder(), &respelled);
        prop_assert_eq!(said.bytes, compare_folders(&old.folder(), &new.folder()).bytes);
    }

    #[test]
    fn threads_make_no_difference((old, new) in plan::versions()) {
        let bytes = [1, 2, 8].map(|threads| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| compare_folders(&old.folder(), &new.folder()).bytes)
        });
        prop_assert!(bytes.iter().all(|one| *one == bytes[0]));
    }

    /// A remark on one claim leaves the fingerprints of all other changes as they are.
    #[test]
    fn a_remark_elsewhere_leaves_fingerprints_alone((old, new) in plan::versions(), at in any::<prop::sample::Index>()) {
        let mut remarked = new.clone();
        let claims = remarked.of(RecordKind::Claim);
        prop_assume!(!claims.is_empty());
        let id = claims.keys().nth(at.index(claims.len())).expect("a claim").clone();
        claims.get_mut(&id).expect("the claim")["note"] = "Remarked on elsewhere.".into();
        let prints = |said: Said| -> BTreeSet<(String, String)> {
            said.changes.into_iter().filter(|change| change.id != id).map(|c| (c.id, c.fingerprint)).collect()
        };
        let plain = prints(compare_folders(&old.folder(), &new.folder()));
        prop_assert_eq!(plain, prints(compare_folders(&old.folder(), &remarked.folder())));
    }
}
