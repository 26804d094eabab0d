//! `affiant show`

use super::terminal::Terminal;
use super::{Verdict, copies, texts_folder};
use crate::cli::Show;
use crate::error::{Error, Result};
use crate::io::{DiskFolder, Scratchpad};
use crate::model::claim::Claim;
use crate::model::event::Event;
use crate::model::id::Id;
use crate::render::claim::{self, Neighbour, Portrait};
use crate::render::text;
use crate::stage::check::{self, Checked, Request, Spelling};
use crate::stage::folder::{Folder, Silent};
use crate::stage::graph::ClaimNumber;
use crate::stage::passed::{Passed, PassedRecord};
use crate::stage::search;
use crate::stage::shelf::Shelf;

pub fn run(args: Show, terminal: &mut Terminal) -> Result<Verdict> {
    let folder = DiskFolder::open(&args.dataset.dataset)?;
    let texts = texts_folder(args.dataset.texts.as_deref())?;
    // A claim's neighbours can stand anywhere: a first pass finds them, a second one fetches them.
    let request = || -> Result<Request> {
        Ok(Request {
            folder: &folder,
            copies: copies(texts.as_ref())?,
            spelling: Spelling::Free,
            scratch: &Scratchpad,
            progress: &Silent,
        })
    };
    let outcome = check::check(request()?, |_| (), |()| Ok(()))?;
    let Some(checked) = outcome.value else {
        terminal.say(&text::findings(&outcome.findings, 20));
        return Err(Error::Refused("the dataset does not pass `affiant check`; mend that first".to_owned()));
    };
    let Some(number) = checked.graph().find(&args.id) else {
        return Err(Error::Usage(format!("no claim {}", args.id)));
    };
    let links = neighbours(&checked, number);
    let wanted: Vec<ClaimNumber> = links.iter().map(|(_, claim)| *claim).chain([number]).collect();
    let is_wanted = |id: &Id| checked.graph().find(id.as_str()).is_some_and(|number| wanted.contains(&number));
    let (mut claims, mut events): (Vec<Claim>, Vec<Event>) = (Vec::new(), Vec::new());
    let about = checked.event(number);
    let keep = |passed: Passed| match passed.record() {
        PassedRecord::Claim(claim) => {
            let claim = claim.valid().record();
            (is_wanted(&claim.id).then(|| claim.clone()), None)
        }
        PassedRecord::Event(event) if Some(&event.record().id) == about => (None, Some(event.record().clone())),
        PassedRecord::Agent(_) | PassedRecord::Event(_) | PassedRecord::Source(_) => (None, None),
    };
    check::check(request()?, keep, |(claim, event)| {
        claims.extend(claim);
        events.extend(event);
        Ok(())
    })?;
    let fetch =
        |number: ClaimNumber| claims.iter().find(|claim| claim.id.as_str() == checked.graph().id(number)).cloned();
    let entries = folder.entries()?;
    let shelf = Shelf::new(&folder, entries, copies(texts.as_ref())?);
    let claim = fetch(number).ok_or_else(|| Error::changed_meanwhile("the dataset"))?;
    let status = |number: ClaimNumber| checked.statuses()[number as usize];
    let neighbours = links.into_iter().filter_map(|(relation, number)| {
        let other = fetch(number)?;
        let link = claim
            .links
            .iter()
            .find(|link| link.to == other.id)
            .or_else(|| other.links.iter().find(|link| link.to == claim.id));
        Some(Neighbour { relation, why: link.and_then(|link| link.why.clone()), status: status(number), claim: other })
    });
    let portrait = Portrait {
        status: status(number),
        event: events.pop(),
        voices: claim.by.iter().map(|voice| checked.catalog().agents.get(voice.agent()).cloned()).collect(),
        contexts: claim
            .at
            .iter()
            .map(|anchor| search::context(anchor, checked.catalog(), &shelf))
            .collect::<Result<_>>()?,
        neighbours: neighbours.collect(),
        claim: claim.clone(),
    };
    terminal.print(&claim::portrait(&portrait))?;
    Ok(Verdict::Good)
}

/// The claims a claim links to, then those that link to it.
fn neighbours(checked: &Checked, number: ClaimNumber) -> Vec<(String, ClaimNumber)> {
    let mut found = Vec::new();
    for link in checked.graph().links() {
        if link.from == number {
            found.push((link.rel.word().to_owned(), link.to));
        } else if link.to == number {
            found.push((link.rel.reversed().to_owned(), link.from));
        }
    }
    found
}
