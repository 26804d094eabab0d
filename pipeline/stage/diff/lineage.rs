//! Who took whose place: what can only be told once all claims that differ are known.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::pair::Pair;
use super::unfit;
use crate::error::Result;
use crate::format::canonical;
use crate::model::change::Change;
use crate::model::claim::Claim;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::status::{Standing, Status};
use crate::stage::tape::Tape;

/// Members of a claim that say nothing of what it claims and what it stands on.
const OTHER_MEMBERS: [&str; 6] = ["id", "ext", "links", "log", "note", "reading"];

/// What all claims that differ come to.
#[derive(Default)]
pub(super) struct Lineage {
    /// How many claims each claim supersedes now that it did not supersede before.
    superseded_by: BTreeMap<Id, u64>,
    /// The other id of a claim that only has another id.
    rekeyed: BTreeMap<Id, Id>,
    /// Claims that came or went and resemble each other.
    resembling: BTreeMap<Id, BTreeSet<Id>>,
}

/// A claim that came or went.
struct Moved {
    id: Id,
    content: Digest,
    /// What it shares with claims that resemble it.
    traits: Vec<Digest>,
}

impl Moved {
    fn of(line: &[u8]) -> Option<Self> {
        let record: Value = serde_json::from_slice(line).ok()?;
        let claim = Claim::deserialize(&record).ok()?;
        let mut content = record;
        if let Value::Object(members) = &mut content {
            members.retain(|name, _| !OTHER_MEMBERS.contains(&name.as_str()));
        }
        let digest = |value: Value| Digest::of(&canonical::value_to_vec(&value));
        let words = claim.at.iter().map(|anchor| json!(["words", anchor.capture.source, anchor.sha256]));
        let said = claim.value.as_ref().map(|value| json!(["value", claim.event, claim.kind, claim.stance, value]));
        let traits = words.chain(said).map(digest).collect();
        Some(Self { content: digest(content), traits, id: claim.id })
    }
}

impl Lineage {
    /// Looks over all claims that differ.
    pub(super) fn of(pairs: &mut Tape) -> Result<Self> {
        let mut lineage = Self::default();
        let (mut gone, mut new) = (Vec::new(), 0);
        let mut tape = pairs.play()?;
        while let Some((kind, pair)) = Pair::play(&mut tape)? {
            match (&pair.old, &pair.new) {
                _ if kind != RecordKind::Claim => {}
                (Some(old), None) => gone.extend(Moved::of(&old.line)),
                (None, Some(_)) => new += 1,
                _ => lineage.note(&pair)?,
            }
        }
        if !gone.is_empty() && new > 0 {
            lineage.resemblances(&gone, pairs)?;
        }
        Ok(lineage)
    }

    /// A claim that is superseded now and was not before.
    fn note(&mut self, pair: &Pair) -> Result<()> {
        let (Some(old), Some(new)) = standings(pair)? else { return Ok(()) };
        if new.status == Status::Superseded && old.status != Status::Superseded {
            for by in new.by {
                *self.superseded_by.entry(by).or_default() += 1;
            }
        }
        Ok(())
    }

    fn resemblances(&mut self, gone: &[Moved], pairs: &mut Tape) -> Result<()> {
        let by_content = group(gone.iter().map(|claim| (claim.content, &claim.id)));
        let by_trait = group(gone.iter().flat_map(|claim| claim.traits.iter().map(|one| (*one, &claim.id))));
        let mut same: BTreeMap<Digest, Vec<Id>> = BTreeMap::new();
        let mut tape = pairs.play()?;
        while let Some((kind, pair)) = Pair::play(&mut tape)? {
            let (RecordKind::Claim, None, Some(new)) = (kind, &pair.old, &pair.new) else { continue };
            let Some(claim) = Moved::of(&new.line) else { continue };
            if by_content.contains_key(&claim.content) {
                same.entry(claim.content).or_default().push(claim.id.clone());
            }
            // A trait that very many share tells little: a few of them are named.
            let sharing = claim.traits.iter().filter_map(|one| by_trait.get(one));
            for other in sharing.flat_map(|ids| ids.iter().take(Change::NEIGHBOURS)) {
                self.resemble(&claim.id, other);
                self.resemble(other, &claim.id);
            }
        }
        for (content, new) in same {
            if let ([old], [new]) = (by_content[&content].as_slice(), new.as_slice()) {
                self.rekeyed.insert((*old).clone(), new.clone());
                self.rekeyed.insert(new.clone(), (*old).clone());
            }
        }
        Ok(())
    }

    fn resemble(&mut self, one: &Id, other: &Id) {
        let others = self.resembling.entry(one.clone()).or_default();
        if others.len() < Change::NEIGHBOURS {
            others.insert(other.clone());
        }
    }

    /// Whether a claim now supersedes two or more that stood for themselves before.
    pub(super) fn merges(&self, claim: &Id) -> bool {
        self.superseded_by.get(claim).is_some_and(|targets| *targets > 1)
    }

    /// The other id of a claim that is gone or new under this one.
    pub(super) fn rekeyed(&self, claim: &Id) -> Option<&Id> {
        self.rekeyed.get(claim)
    }

    /// Claims that resemble one that is gone or new.
    pub(super) fn resembling(&self, claim: &Id) -> Vec<Id> {
        self.resembling.get(claim).into_iter().flatten().cloned().collect()
    }
}

fn group<'a>(pairs: impl Iterator<Item = (Digest, &'a Id)>) -> BTreeMap<Digest, Vec<&'a Id>> {
    let mut groups: BTreeMap<Digest, Vec<&Id>> = BTreeMap::new();
    for (key, id) in pairs {
        groups.entry(key).or_default().push(id);
    }
    groups
}

/// Both standings, where both versions hold them; each must be that of the record beside it.
pub(super) fn standings(pair: &Pair) -> Result<(Option<Standing>, Option<Standing>)> {
    let parse = |line: Option<&Vec<u8>>| -> Result<Option<Standing>> {
        let parsed = line.map(|line| serde_json::from_slice(line)).transpose();
        let standing: Option<Standing> =
            parsed.map_err(|error| unfit(&format!("a standing is not what it ought to be ({error})")))?;
        match standing.as_ref().is_none_or(|standing| standing.id.as_str() == pair.id) {
            true => Ok(standing),
            false => Err(unfit(&format!("the status beside {} is another claim's", pair.id))),
        }
    };
    let line = |entry: &Option<super::Entry>| entry.as_ref().and_then(|entry| entry.standing.clone());
    Ok((parse(line(&pair.old).as_ref())?, parse(line(&pair.new).as_ref())?))
}
