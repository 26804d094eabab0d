//! Which changes a reader asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fields::source_of;
use crate::error::Result;
use crate::model::change::{Change, Subject};
use crate::model::change_class::{Bump, ChangeClass, ClassGroup};
use crate::model::dataset::Law;
use crate::model::id::Id;

/// A choice of changes: of any of the classes, about any of the events, on any of the sources. What is empty chooses
/// everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Classes of which a change must have one.
    pub classes: BTreeSet<ChangeClass>,
    /// Events of which a change must be about one: the event itself, or a claim that is or was of it.
    pub events: BTreeSet<Id>,
    /// Sources of which a change must concern one: the source itself, or a claim that stands or stood on it.
    pub sources: BTreeSet<Id>,
}

/// Which changes are shown, and how many were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Where they stand in the diff, counting from 0, in its order; absent if all are shown.
    pub places: Option<Vec<u64>>,
    /// How many were asked for; absent if all.
    pub taken: Option<Taken>,
}

/// How far behind a change stands.
fn rank(change: &Change) -> u8 {
    let of = |class: &ChangeClass| match (class.bump(Law::Living), class) {
        (Bump::Refused, _) => 0,
        _ if class.needs_leave() => 0,
        (_, ChangeClass::C10) => 1,
        (_, ChangeClass::C01 | ChangeClass::R01) => 4,
        (_, ChangeClass::E04 | ChangeClass::A01 | ChangeClass::A02) => 5,
        _ if class.group() == ClassGroup::Claim => 2,
        _ => 3,
    };
    change.classes.iter().map(of).min().unwrap_or(u8::MAX)
}

/// How many changes a selection takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// All of them.
    pub changes: u64,
    /// Those of each class; a change may be of several.
    pub classes: BTreeMap<ChangeClass, u64>,
}

impl Selection {
    /// Whether every change is taken.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a change is taken.
    pub fn takes(&self, change: &Change) -> bool {
        let has_class = self.classes.is_empty() || change.classes.iter().any(|class| self.classes.contains(class));
        let names = |wanted: &BTreeSet<Id>, concerned: fn(&Change) -> BTreeSet<&str>| {
            wanted.is_empty() || concerned(change).iter().any(|id| wanted.contains(*id))
        };
        has_class && names(&self.events, events) && names(&self.sources, sources)
    }

    /// Chooses the `limit` foremost of those that are taken: what claims say comes before what they stand on, and what is
    /// new or only stands elsewhere comes last.
    pub fn choose(&self, changes: impl Iterator<Item = Result<Change>>, limit: u64) -> Result<Chosen> {
        let (mut taken, mut ranks) = (Taken::default(), BTreeMap::<u8, Vec<u64>>::new());
        for (place, change) in (0..).zip(changes) {
            let change = change?;
            if !self.takes(&change) {
                continue;
            }
            taken.changes += 1;
            let places = ranks.entry(rank(&change)).or_default();
            if (places.len() as u64) < limit {
                places.push(place);
            }
            for class in change.classes {
                *taken.classes.entry(class).or_default() += 1;
            }
        }
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut places: Vec<u64> = ranks.into_values().flatten().take(most).collect();
        places.sort_unstable();
        Ok(Chosen { places: Some(places), taken: (!self.is_everything()).then_some(taken) })
    }
}

/// The values that a patch takes away or brings, with the member of the record each stands at; "" is the whole record.
fn values(change: &Change) -> impl Iterator<Item = (&str, &Value)> {
    change.patch.iter().filter_map(|operation| {
        let member = operation.path().splitn(4, '/').nth(3).unwrap_or_default();
        Some((member, operation.value()?))
    })
}

/// A member of a record, before and after, as far as the patch holds it.
fn member<'a>(change: &'a Change, name: &'a str) -> impl Iterator<Item = &'a Value> {
    values(change)
        .filter_map(move |(at, value)| if at.is_empty() { value.get(name) } else { (at == name).then_some(value) })
}

/// The events that a change is about.
fn events(change: &Change) -> BTreeSet<&str> {
    match change.kind {
        Subject::Event => BTreeSet::from([change.id.as_str()]),
        Subject::Claim => {
            let now = change.claim.iter().map(|claim| claim.event.as_str());
            member(change, "event").filter_map(Value::as_str).chain(now).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// The sources that a change concerns.
fn sources(change: &Change) -> BTreeSet<&str> {
    match change.kind {
        Subject::Source => BTreeSet::from([change.id.as_str()]),
        Subject::Claim => {
            let anchors = member(change, "at").filter_map(Value::as_array).flatten();
            let sources = anchors.filter_map(source_of);
            sources.chain(change.claim.iter().flat_map(|claim| claim.sources.iter().map(Id::as_str))).collect()
        }
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(json: Value) -> Change {
        serde_json::from_value(json).expect("a change")
    }

    fn selection(classes: &[&str], events: &[&str], sources: &[&str]) -> Selection {
        let ids = |ids: &[&str]| ids.iter().map(|id| id.parse().expect("an id")).collect();
        let classes = classes.iter().map(|class| class.parse().expect("a class")).collect();
        Selection { classes, events: ids(events), sources: ids(sources) }
    }

    fn moved() -> Change {
        change(json!({
            "kind": "claim", "id": "a-1", "classes": ["C11", "E01"], "fingerprint": "",
            "patch": [
                { "op": "test", "path": "/claims/a-1/at", "value": [{ "capture": "old-page.1" }] },
                { "op": "replace", "path": "/claims/a-1/at", "value": [{ "capture": "new-page.2" }] },
                { "op": "test", "path": "/claims/a-1/event", "value": "fire" },
                { "op": "replace", "path": "/claims/a-1/event", "value": "flood" },
            ],
            "claim": { "event": "flood", "kind": "killed", "stance": "asserts", "by": ["a"], "sources": ["new-page"] },
        }))
    }

    fn gone() -> Change {
        change(json!({
            "kind": "claim", "id": "a-2", "classes": ["C02"], "fingerprint": "",
            "patch": [
                { "op": "test", "path": "/claims/a-2", "value": { "event": "fire", "at": [{ "capture": "old-page.1" }] } },
                { "op": "remove", "path": "/claims/a-2" },
            ],
        }))
    }

    #[test]
    fn both_sides_of_a_change_are_looked_at() {
        for (selected, moves, goes) in [
            (selection(&[], &[], &[]), true, true),
            (selection(&["E01"], &[], &[]), true, false),
            (selection(&["claim-removed", "c11"], &[], &[]), true, true),
            (selection(&[], &["fire"], &[]), true, true),
            (selection(&[], &["flood"], &[]), true, false),
            (selection(&[], &["a-1"], &[]), false, false),
            (selection(&[], &[], &["old-page"]), true, true),
            (selection(&[], &[], &["new-page"]), true, false),
            (selection(&[], &["flood"], &["old-page"]), true, false),
            (selection(&["C02"], &["flood"], &[]), false, false),
        ] {
            assert_eq!((selected.takes(&moved()), selected.takes(&gone())), (moves, goes), "{selected:?}");
            let chosen = selected.choose([moved(), gone()].into_iter().map(Ok), 1).expect("two changes");
            let taken = chosen.taken.map_or(2, |taken| taken.changes);
            assert_eq!(taken, u64::from(moves) + u64::from(goes));
            // What is gone without a trace comes first.
            assert_eq!(
                chosen.places,
                Some([(goes, 1), (moves && !goes, 0)].into_iter().filter(|p| p.0).map(|p| p.1).collect())
            );
        }
    }

    #[test]
    fn a_source_and_an_event_stand_for_themselves() {
        let of = |kind: &str| change(json!({ "kind": kind, "id": "x", "classes": ["R03"], "fingerprint": "" }));
        assert!(selection(&[], &["x"], &[]).takes(&of("event")) && !selection(&[], &["x"], &[]).takes(&of("source")));
        assert!(selection(&[], &[], &["x"]).takes(&of("source")) && !selection(&[], &[], &["x"]).takes(&of("agent")));
    }
}
