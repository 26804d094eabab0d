//! What is printed of a diff: which of its changes, how many, in which form.

use super::Side;
use crate::cli::{Diff, DiffFormat};
use crate::command::terminal::Terminal;
use crate::error::{Error, Result};
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
use crate::stage::diff::select::{Chosen, Selection};

/// Most changes that a person reads in a terminal, or that GitHub takes as annotations.
const FEW: u64 = 200;

/// Most results of a SARIF file that GitHub keeps.
const SARIF_RESULTS: u64 = 5_000;

/// Prints the diff.
pub(super) fn print(diff: &mut DatasetDiff, args: &Diff, sides: [&Side; 2], terminal: &mut Terminal) -> Result<()> {
    let wanted = Wanted::of(args);
    let chosen = wanted.chosen(diff)?;
    let mut output = output(diff, args, &chosen, sides)?;
    let (header, trailer, events) = (diff.header(), diff.trailer(), diff.events());
    terminal.print(&output.begin(DiffHead { header, trailer, events, selected: chosen.taken.as_ref() }))?;
    let total = trailer.changes;
    let shown = match args.format {
        DiffFormat::Jsonl if !args.redact => lines(diff, &chosen, terminal)?,
        _ => changes(diff, args, &chosen, &mut *output, terminal)?,
    };
    terminal.print(&output.end(total - shown))
}

/// Prints the changes as they are; how many there were.
fn lines(diff: &mut DatasetDiff, chosen: &Chosen, terminal: &mut Terminal) -> Result<u64> {
    let mut shown = 0;
    terminal.print_all(diff.some_lines(chosen.places.as_deref())?.map(|line| {
        shown += 1;
        let mut line = line?;
        line.push(b'\n');
        Ok(line)
    }))?;
    Ok(shown)
}

/// Prints the changes in their form; how many there were.
fn changes(
    diff: &mut DatasetDiff,
    args: &Diff,
    chosen: &Chosen,
    output: &mut dyn DiffOutput,
    terminal: &mut Terminal,
) -> Result<u64> {
    let mut shown = 0;
    terminal.print_all(diff.some(chosen.places.as_deref())?.map(|change| {
        shown += 1;
        let change = change?;
        Ok(output.change(&if args.redact { redacted(change) } else { change }))
    }))?;
    Ok(shown)
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

    /// The changes that are shown.
    fn chosen(&self, diff: &mut DatasetDiff) -> Result<Chosen> {
        let is_everything = self.selection.is_everything();
        match self.limit {
            limit if is_everything && limit >= diff.trailer().changes => Ok(Chosen::default()),
            0 if is_everything => Ok(Chosen { places: Some(Vec::new()), taken: None }),
            limit => self.selection.choose(diff.changes()?, limit),
        }
    }
}

fn output(diff: &mut DatasetDiff, args: &Diff, chosen: &Chosen, sides: [&Side; 2]) -> Result<Box<dyn DiffOutput>> {
    if args.name_only {
        return Ok(Box::new(Names));
    }
    let [old, new] = sides.map(Side::shelf);
    let quotes = |diff: &mut DatasetDiff| match args.redact {
        true => Ok(Quotes::default()),
        false => Quotes::find(diff.some(chosen.places.as_deref())?, &new),
    };
    let places = |diff: &mut DatasetDiff| Places::find(diff.some(chosen.places.as_deref())?, &old, &new);
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
