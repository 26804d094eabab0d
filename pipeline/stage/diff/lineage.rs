//! Who took whose place: what can only be told once all claims that differ are known.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::pair::Pair;
use super::spelled::members;
use super::{some, unfit};
use crate::error::Result;
use crate::format::{canonical, jsonl};
use crate::model::change::Change;
use crate::model::claim::Claim;
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::status::{Standing, Status};
use crate::stage::batch::in_order;
use crate::stage::tape::Tape;

/// Members of a claim that say nothing of what it claims and what it stands on.
const OTHER_MEMBERS: [&str; 6] = ["id", "ext", "links", "log", "note", "reading"];

/// Most claims that are gone and not rekeyed of which it is looked for others that resemble them, and most that do.
const LOOKED_OVER: usize = 100_000;

/// What all claims that differ come to.
#[derive(Default)]
pub(super) struct Lineage {
    /// How many claims each claim supersedes now that it did not supersede before.
    superseded_by: BTreeMap<Id, u64>,
    /// Claims that only have another id, sorted, and where in this list the other one stands.
    rekeyed: Vec<(Id, usize)>,
    /// Claims that came or went and resemble each other.
    resembling: BTreeMap<Id, BTreeSet<Id>>,
}

/// What became of a claim of which one version knows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Move {
    Gone,
    Came,
}

/// Hands what `work` makes of the claims that came or went to `sink`, in their order; `work` is given their lines.
fn moved<T: Send>(
    pairs: &mut Tape,
    work: impl Fn(Move, &[u8]) -> Option<T> + Sync,
    mut sink: impl FnMut(Move, T),
) -> Result<()> {
    let one = |pair: &Pair| {
        let (is, entry) = match (&pair.old, &pair.new) {
            (Some(old), None) => (Move::Gone, old),
            (None, Some(new)) => (Move::Came, new),
            _ => return None,
        };
        work(is, &entry.line).map(|made| (is, made))
    };
    let work = |pairs: Vec<Pair>| pairs.iter().filter_map(one).collect::<Vec<_>>();
    in_order(some(Pair::alone(pairs)?), work, |made| {
        made.into_iter().for_each(|(is, made)| sink(is, made));
        Ok(())
    })
}

/// What a claim says beside its id and the remarks on it.
fn content(line: &[u8]) -> Option<(Digest, Id)> {
    let claim: Claim = serde_json::from_slice(line).ok()?;
    let mut content = members(line).ok()?;
    content.retain(|name, _| !OTHER_MEMBERS.contains(&name.as_str()));
    Some((Digest::of(&serde_json::to_vec(&content).ok()?), claim.id))
}

/// What a claim shares with claims that resemble it.
fn traits(line: &[u8]) -> Option<(Vec<Digest>, Id)> {
    let claim: Claim = serde_json::from_slice(line).ok()?;
    let digest = |value: Value| Digest::of(&canonical::value_to_vec(&value));
    let words = claim.at.iter().map(|anchor| json!(["words", anchor.capture.source, anchor.sha256]));
    let said = claim.value.as_ref().map(|value| json!(["value", claim.event, claim.kind, claim.stance, value]));
    Some((words.chain(said).map(digest).collect(), claim.id))
}

impl Lineage {
    /// Looks over all claims that came or went.
    pub(super) fn look_over(&mut self, pairs: &mut Tape) -> Result<()> {
        self.rekeyed = rekeyed(pairs)?;
        self.resemblances(pairs)
    }

    /// Takes note of a claim that differs: it may be superseded now and not have been before.
    pub(super) fn note(&mut self, pair: &Pair) -> Result<()> {
        let [old, new] = lines_of_standings(pair);
        if old == new {
            return Ok(());
        }
        let (Some(old), Some(new)) = standings(pair)? else { return Ok(()) };
        if new.status == Status::Superseded && old.status != Status::Superseded {
            for by in new.by {
                *self.superseded_by.entry(by).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Claims that came or went, were not rekeyed, and share a trait.
    fn resemblances(&mut self, pairs: &mut Tape) -> Result<()> {
        let mut gone: BTreeMap<Digest, Vec<Id>> = BTreeMap::new();
        let mut looked_over = 0;
        let only = |wanted| move |is, line: &[u8]| if is == wanted { traits(line) } else { None };
        moved(pairs, only(Move::Gone), |_, (traits, id)| {
            if self.rekeyed(&id).is_none() && looked_over < LOOKED_OVER {
                looked_over += 1;
                traits.into_iter().for_each(|one| gone.entry(one).or_default().push(id.clone()));
            }
        })?;
        moved(pairs, only(Move::Came), |_, (traits, id)| {
            if self.rekeyed(&id).is_some() || self.resembling.len() >= 2 * LOOKED_OVER {
                return;
            }
            // A trait that very many share tells little: a few of them are named.
            let sharing = traits.iter().filter_map(|one| gone.get(one));
            for other in sharing.flat_map(|ids| ids.iter().take(Change::NEIGHBOURS)) {
                self.resemble(&id, other);
                self.resemble(other, &id);
            }
        })
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
        let at = self.rekeyed.binary_search_by(|(other, _)| other.cmp(claim)).ok()?;
        Some(&self.rekeyed[self.rekeyed[at].1].0)
    }

    /// Claims that resemble one that is gone or new.
    pub(super) fn resembling(&self, claim: &Id) -> Vec<Id> {
        self.resembling.get(claim).into_iter().flatten().cloned().collect()
    }
}

/// Claims that are gone and claims that came in their place: the only ones, there and here, of one content.
fn rekeyed(pairs: &mut Tape) -> Result<Vec<(Id, usize)>> {
    let (mut gone, mut came) = (Vec::new(), Vec::new());
    moved(
        pairs,
        |_, line| content(line),
        |is, claim| match is {
            Move::Gone => gone.push(claim),
            Move::Came => came.push(claim),
        },
    )?;
    let mut gone = alone(gone).into_iter().peekable();
    let mut rekeyed = Vec::new();
    for (number, (content, new)) in alone(came).into_iter().enumerate() {
        while gone.next_if(|(other, _)| *other < content).is_some() {}
        if let Some((_, old)) = gone.next_if(|(other, _)| *other == content) {
            rekeyed.extend([(old, number), (new, number)]);
        }
    }
    rekeyed.sort_unstable();
    // From the number of the pair to the place of the other one.
    let mut first: BTreeMap<usize, usize> = BTreeMap::new();
    for here in 0..rekeyed.len() {
        match first.remove(&rekeyed[here].1) {
            None => _ = first.insert(rekeyed[here].1, here),
            Some(other) => (rekeyed[here].1, rekeyed[other].1) = (other, here),
        }
    }
    Ok(rekeyed)
}

/// In the order of contents, the claims whose content no other one has.
fn alone(mut claims: Vec<(Digest, Id)>) -> Vec<(Digest, Id)> {
    claims.sort_unstable();
    let is_same =
        |(one, other): (usize, usize)| claims.get(one).zip(claims.get(other)).is_some_and(|(a, b)| a.0 == b.0);
    let is_alone: Vec<bool> =
        (0..claims.len()).map(|i| !is_same((i, i + 1)) && !is_same((i, i.wrapping_sub(1)))).collect();
    let mut is_alone = is_alone.into_iter();
    claims.retain(|_| is_alone.next().unwrap_or_default());
    claims
}

fn lines_of_standings(pair: &Pair) -> [Option<&[u8]>; 2] {
    [&pair.old, &pair.new].map(|entry| entry.as_ref()?.standing.as_deref())
}

/// Both standings, where both versions hold them; each must be that of the record beside it.
pub(super) fn standings(pair: &Pair) -> Result<(Option<Standing>, Option<Standing>)> {
    let [old, new] = lines_of_standings(pair);
    let parse = |line: Option<&[u8]>| -> Result<Option<Standing>> {
        let parsed = line.map(jsonl::deserialize).transpose();
        let standing: Option<Standing> =
            parsed.map_err(|error| unfit(&format!("a standing is not what it ought to be ({error})")))?;
        match standing.as_ref().is_none_or(|standing| standing.id.as_str() == pair.id) {
            true => Ok(standing),
            false => Err(unfit(&format!("the status beside {} is another claim's", pair.id))),
        }
    };
    let before = parse(old)?;
    let after = if new == old { before.clone() } else { parse(new)? };
    Ok((before, after))
}
