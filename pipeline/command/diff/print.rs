//! What is printed of a diff: which of its changes, how many, in which form.

use super::Side;
use crate::cli::{Diff, DiffFormat};
use crate::command::terminal::Terminal;
use crate::error::{Error, Result};
use crate::model::change::Change;
use crate::render::diff::comment::Comment;
use crate::render::diff::github::Github;
use crate::render::diff::junit::Junit;
use crate::render::diff::markdown::Markdown;
use crate::render::diff::names::Names;
use crate::render::diff::page::Page;
use crate::render::diff::sarif::Sarif;
use crate::render::diff::text::Text;
use crate::render::diff::{DiffHead, DiffOutput, json};
use crate::stage::diff::DatasetDiff;
use crate::stage::diff::places::Places;
use crate::stage::diff::quotes::Quotes;
use crate::stage::diff::redact::redacted;
use crate::stage::diff::select::{Foremost, Selection};

/// Most changes that a person reads in a terminal, or that GitHub takes as annotations.
const FEW: u64 = 200;

/// Most results of a SARIF file that GitHub keeps.
const SARIF_RESULTS: u64 = 5_000;

/// Prints the diff.
pub(super) fn print(diff: &mut DatasetDiff, args: &Diff, sides: [&Side; 2], terminal: &mut Terminal) -> Result<()> {
    let wanted = Wanted::of(args);
    let taken = if wanted.selection.is_everything() { None } else { Some(wanted.selection.count(diff.changes()?)?) };
    let mut output = output(diff, args, &wanted, sides)?;
    let (header, trailer, events) = (diff.header().clone(), diff.trailer().clone(), diff.events().to_vec());
    let head = DiffHead { header: &header, trailer: &trailer, events: &events, selected: taken.as_ref() };
    terminal.print(&output.begin(head))?;
    let mut shown = 0;
    for change in wanted.changes(diff)? {
        let change = change?;
        terminal.print(&output.change(&if args.redact { redacted(change) } else { change }))?;
        shown += 1;
    }
    terminal.print(&output.end(trailer.changes - shown))
}

/// What is asked for.
struct Wanted {
    selection: Selection,
    limit: u64,
}

impl Wanted {
    fn of(args: &Diff) -> Self {
        let limit = match (args.stat, args.limit, args.format) {
            (true, _, _) => 0,
            (_, Some(0), _) => u64::MAX,
            (_, Some(limit), _) => limit,
            _ if args.name_only => u64::MAX,
            (_, None, DiffFormat::Text | DiffFormat::Github) => FEW,
            (_, None, DiffFormat::Sarif) => SARIF_RESULTS,
            (_, None, _) => u64::MAX,
        };
        let selection = Selection {
            classes: args.class.iter().copied().collect(),
            events: args.event.iter().cloned().collect(),
            sources: args.source.iter().cloned().collect(),
        };
        Self { selection, limit }
    }

    /// The changes that are asked for, in their order.
    fn changes<'a>(&'a self, diff: &'a mut DatasetDiff) -> Result<impl Iterator<Item = Result<Change>> + 'a> {
        let is_taken = |change: &Result<Change>| change.as_ref().map_or(true, |change| self.selection.takes(change));
        let mut foremost = Foremost::of(diff.changes()?.filter(is_taken), self.limit)?;
        let is_shown = move |change: &Result<Change>| change.as_ref().map_or(true, |change| foremost.takes(change));
        Ok(diff.changes()?.filter(is_taken).filter(is_shown))
    }
}

fn output(diff: &mut DatasetDiff, args: &Diff, wanted: &Wanted, sides: [&Side; 2]) -> Result<Box<dyn DiffOutput>> {
    if args.name_only {
        return Ok(Box::new(Names));
    }
    let [old, new] = sides.map(Side::shelf);
    let quotes = |diff: &mut DatasetDiff| match args.redact {
        true => Ok(Quotes::default()),
        false => Quotes::find(wanted.changes(diff)?, &new),
    };
    let places = |diff: &mut DatasetDiff| Places::find(wanted.changes(diff)?, &old, &new);
    Ok(match args.format {
        DiffFormat::Text => Box::new(Text::new(quotes(diff)?)),
        DiffFormat::Markdown => markdown(args.max_bytes.unwrap_or(Comment::DEFAULT_BYTES))?,
        DiffFormat::Html => Box::new(Page::new(quotes(diff)?)),
        DiffFormat::Json => Box::<json::Document>::default(),
        DiffFormat::Jsonl => Box::<json::Lines>::default(),
        DiffFormat::Github => Box::new(Github::new(places(diff)?)),
        DiffFormat::Sarif => Box::new(Sarif::new(places(diff)?)),
        DiffFormat::Junit => Box::<Junit>::default(),
    })
}

fn markdown(max_bytes: u64) -> Result<Box<dyn DiffOutput>> {
    match max_bytes {
        0 => Ok(Box::<Markdown>::default()),
        1..Comment::MIN_BYTES => {
            Err(Error::Usage(format!("--max-bytes is at least {}, or 0 for no limit", Comment::MIN_BYTES)))
        }
        _ => Ok(Box::new(Comment::new(max_bytes))),
    }
}
