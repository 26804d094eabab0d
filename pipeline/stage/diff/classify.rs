//! What kinds of change a record went through.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::fields::{FieldChange, Fields, What, source_of};
use super::lineage::{Lineage, standings};
use super::pair::Pair;
use super::recapture::Recaptures;
use super::spelled::Spelled;
use super::{patch, range};
use crate::error::Result;
use crate::format::changes;
use crate::model::change::{Change, RangeChange, StatusChange, Subject};
use crate::model::change_class::ChangeClass::{self, *};
use crate::model::claim::{Claim, Decision, Ruling};
use crate::model::claim_context::ClaimContext;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::patch::Operation;
use crate::model::status::{Standing, Status};
use crate::model::value;

/// Classifies one record after the other.
pub(super) struct Classifier<'a> {
    lineage: &'a Lineage,
    recaptures: &'a Recaptures,
}

/// A record of which at least one version has another line: whole, or the members that differ if both hold it.
struct Records {
    old: Option<Value>,
    new: Option<Value>,
    /// Of a claim, what it says before and after.
    claims: [Option<Claim>; 2],
}

impl Records {
    fn of(kind: RecordKind, pair: &Pair) -> Result<Self> {
        let sides = [&pair.old, &pair.new].map(Option::as_ref);
        let [old, new] = sides.map(|entry| entry.map(|entry| Spelled::of(kind, &entry.line)).transpose());
        let (old, new) = (old?, new?);
        let (before, after) = match (&old, &new) {
            (Some(old), Some(new)) => old.differing(new).map(|(old, new)| (Some(old), Some(new)))?,
            (Some(old), None) => (Some(old.value()?), None),
            (None, new) => (None, new.as_ref().map(Spelled::value).transpose()?),
        };
        Ok(Self { old: before, new: after, claims: [old, new].map(|side| side?.claim) })
    }

    /// The fields that differ, where both versions hold the record.
    fn fields(&self, kind: RecordKind) -> Vec<FieldChange> {
        match (&self.old, &self.new) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => Fields::of(Some(kind)).changes(old, new),
            _ => Vec::new(),
        }
    }
}

impl<'a> Classifier<'a> {
    /// A classifier that knows what all changes together mean.
    pub(super) fn new(lineage: &'a Lineage, recaptures: &'a Recaptures) -> Self {
        Self { lineage, recaptures }
    }

    /// The changes that some pairs are, and their lines.
    pub(super) fn lines(&self, kind: RecordKind, pairs: &[Pair]) -> Result<Vec<(Change, Vec<u8>)>> {
        let changes = pairs.iter().filter_map(|pair| self.change(kind, pair).transpose());
        let line = |mut change: Change| {
            let line = changes::seal(&mut change);
            (change, line)
        };
        changes.map(|change| change.map(line)).collect()
    }

    /// The change that a pair is; `None` if only the claims that its status is due to differ.
    fn change(&self, kind: RecordKind, pair: &Pair) -> Result<Option<Change>> {
        let records = Records::of(kind, pair)?;
        let fields = records.fields(kind);
        let mut change = Change { patch: patch(kind, &pair.id, &records), ..blank(kind.into(), &pair.id) };
        let mut classes: BTreeSet<ChangeClass> = match (&records.old, &records.new) {
            (Some(_), Some(_)) => fields.iter().flat_map(|field| of_field(kind, field)).collect(),
            (None, _) => BTreeSet::from([if kind == RecordKind::Claim { C01 } else { R01 }]),
            (_, None) => BTreeSet::from([if kind == RecordKind::Claim { C02 } else { R02 }]),
        };
        match kind {
            RecordKind::Claim => self.claim(pair, &records, &fields, &mut classes, &mut change)?,
            RecordKind::Source if classes.contains(&E05) => change.anchored = self.recaptures.anchored(&pair.id),
            _ => {}
        }
        change.classes = classes.into_iter().collect();
        Ok((!change.classes.is_empty()).then_some(change))
    }

    fn claim(
        &self,
        pair: &Pair,
        records: &Records,
        fields: &[FieldChange],
        classes: &mut BTreeSet<ChangeClass>,
        change: &mut Change,
    ) -> Result<()> {
        if let [Some(old), Some(new)] = &records.claims {
            change.range = range_of(old, new);
            change.claim = Some(ClaimContext::of(new));
            if is_reused(old, new) {
                classes.insert(C08);
            }
        }
        if let Ok(id) = pair.id.parse::<Id>() {
            self.arrival(&id, classes, change);
        }
        let (before, after) = standings(pair)?;
        let by = after.as_ref().map_or(0, |standing| standing.by.len() as u64);
        if let (Some(before), Some(after)) = (&before, &after) {
            self.status(before, after, fields, classes, change);
        }
        let status = |standing: Option<Standing>| standing.map(|standing| standing.status);
        let status = StatusChange { old: status(before), new: status(after), by };
        change.status = (status.old.is_some() || status.new.is_some()).then_some(status);
        Ok(())
    }

    /// A claim that is new or gone: perhaps only its id is.
    fn arrival(&self, id: &Id, classes: &mut BTreeSet<ChangeClass>, change: &mut Change) {
        if !classes.contains(&C01) && !classes.contains(&C02) {
            return;
        }
        if let Some(other) = self.lineage.rekeyed(id) {
            *classes = BTreeSet::from([C05]);
            change.because = vec![other.clone()];
        } else {
            change.maybe = self.lineage.resembling(id);
        }
    }

    /// A status that differs: somebody took the claim's place, or its neighbours changed.
    fn status(
        &self,
        before: &Standing,
        after: &Standing,
        fields: &[FieldChange],
        classes: &mut BTreeSet<ChangeClass>,
        change: &mut Change,
    ) {
        if before.status == after.status {
            return;
        }
        let own = ["links", "log", "by"];
        let stands_on_others = sources(fields, |field| &field.old) != sources(fields, |field| &field.new);
        if after.status == Status::Superseded {
            classes.insert(C04);
            classes.extend((after.by.len() > 1).then_some(C07));
            classes.extend(after.by.iter().any(|by| self.lineage.merges(by)).then_some(C06));
        } else if stands_on_others || fields.iter().any(|field| own.contains(&field.field())) {
            return;
        } else {
            classes.insert(C12);
        }
        change.because = causes(before, after);
    }
}

/// The sources of the anchors that differ, on one side.
fn sources(fields: &[FieldChange], side: impl Fn(&FieldChange) -> &Option<Value>) -> BTreeSet<String> {
    let anchors = fields.iter().filter(|field| field.field() == "at").filter_map(|field| side(field).as_ref());
    anchors.filter_map(source_of).map(str::to_owned).collect()
}

/// The neighbours that brought another status about: those that are new at it, or those that left it, or those that are
/// at it still and stand otherwise.
fn causes(before: &Standing, after: &Standing) -> Vec<Id> {
    let beyond = |one: &Standing, other: &Standing| -> Vec<Id> {
        one.by.iter().filter(|id| !other.by.contains(id)).cloned().collect()
    };
    let candidates = [beyond(after, before), beyond(before, after), after.by.clone()];
    let mut causes = candidates.into_iter().find(|ids| !ids.is_empty()).unwrap_or_default();
    causes.truncate(Change::NEIGHBOURS);
    causes
}

/// A change without content.
pub(super) fn blank(kind: Subject, id: &str) -> Change {
    Change {
        kind,
        id: id.to_owned(),
        classes: Vec::new(),
        fingerprint: String::new(),
        patch: Vec::new(),
        claim: None,
        status: None,
        range: None,
        because: Vec::new(),
        maybe: Vec::new(),
        anchored: None,
        count: None,
    }
}

fn patch(kind: RecordKind, id: &str, records: &Records) -> Vec<Operation> {
    let path = patch::record_path(kind, id);
    match (&records.old, &records.new) {
        (Some(old), Some(new)) => patch::members(&path, old, new),
        (old, new) => patch::value(&path, old.as_ref(), new.as_ref()),
    }
}

/// The classes of one changed field.
fn of_field(kind: RecordKind, field: &FieldChange) -> Vec<ChangeClass> {
    if field.what == What::Reordered {
        return vec![A02];
    }
    let one = match (kind, field.field()) {
        (RecordKind::Claim, "value") => C10,
        (RecordKind::Claim, "at") => of_anchor(field),
        (RecordKind::Claim, "links") => C13,
        (RecordKind::Claim, "log") => return of_log(field),
        (RecordKind::Claim, "reading" | "note" | "ext") => A01,
        (RecordKind::Claim, _) => C11,
        (RecordKind::Source, "captures") => of_capture(field),
        (RecordKind::Source, "commitment") => E06,
        (RecordKind::Source, "rights") => R04,
        (RecordKind::Agent, "privacy") => R05,
        _ if field.group == super::FieldGroup::Annotation => A01,
        _ => R03,
    };
    vec![one]
}

fn of_anchor(field: &FieldChange) -> ChangeClass {
    let digest = |side: &Option<Value>| side.as_ref().and_then(|anchor| anchor.get("sha256").cloned());
    match field.what {
        What::Removed => E02,
        What::AnchorMoved => E04,
        What::QuoteChanged => E03,
        What::Changed if digest(&field.old).is_some() && digest(&field.old) == digest(&field.new) => A01,
        What::Changed => E03,
        _ => E01,
    }
}

/// Earlier decisions stand as they were made; new ones follow them.
fn of_log(field: &FieldChange) -> Vec<ChangeClass> {
    let entries = |side: &Option<Value>| side.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let (old, new) = (entries(&field.old), entries(&field.new));
    if !new.starts_with(&old) || new.len() == old.len() {
        return vec![C15];
    }
    let class = |entry: &Value| match Decision::deserialize(entry).map(|decision| decision.is) {
        Ok(Ruling::Restored) => C14,
        _ => C03,
    };
    new[old.len()..].iter().map(class).collect()
}

/// A capture says what was received once: only what is said about its parts may change.
fn of_capture(field: &FieldChange) -> ChangeClass {
    let received = |side: &Option<Value>| -> Option<Map<String, Value>> {
        let mut capture = side.as_ref()?.as_object()?.clone();
        capture.remove("parts");
        Some(capture)
    };
    match field.what {
        What::Recaptured => E05,
        What::Changed if received(&field.old).is_some() && received(&field.old) == received(&field.new) => R03,
        _ => E06,
    }
}

/// How the quantity moved, where both values are quantities and differ.
fn range_of(old: &Claim, new: &Claim) -> Option<RangeChange> {
    match (&old.value, &new.value) {
        (Some(value::Value::Quantity(old)), Some(value::Value::Quantity(new))) if old != new => {
            Some(range::moved(old, new))
        }
        _ => None,
    }
}

/// Whether the id names another claim: of another event, on nothing that it stood on.
fn is_reused(old: &Claim, new: &Claim) -> bool {
    let evidence = |claim: &Claim| -> BTreeSet<_> {
        claim.at.iter().map(|anchor| (anchor.capture.source.clone(), anchor.sha256)).collect()
    };
    old.event != new.event && evidence(old).is_disjoint(&evidence(new))
}
