//! `affiant anchor`

use super::terminal::Terminal;
use super::{Verdict, copies, texts_folder};
use crate::cli::Anchor;
use crate::error::{Error, Result};
use crate::io::DiskFolder;
use crate::model::claim;
use crate::model::digest::Digest;
use crate::model::source::TextRights;
use crate::model::span::Span;
use crate::render::json::visible;
use crate::render::text::{STRONG, plain, styled};
use crate::stage::check::{self, Spelling};
use crate::stage::folder::{Folder, Silent};
use crate::stage::hash::{AtHand, Shelf, Text};
use crate::stage::{anchor, search};

pub fn run(args: Anchor, terminal: &mut Terminal) -> Result<Verdict> {
    let folder = DiskFolder::open(&args.dataset.dataset)?;
    let texts = texts_folder(args.dataset.texts.as_deref())?;
    let opened = check::catalog(&folder, Spelling::Free, &Silent)?;
    let catalog =
        opened.value.ok_or_else(|| Error::Refused("dataset.json has errors; run `affiant check`".to_owned()))?;
    let no_source = || {
        let known: Vec<&str> = catalog.sources.records().map(|source| source.id.as_str()).take(20).collect();
        Error::Usage(format!("no source {} that can be read; there are {}", args.source, known.join(", ")))
    };
    let source = catalog.sources.get(&args.source).ok_or_else(no_source)?;
    let capture = source.captures.last().ok_or_else(|| Error::Usage(format!("{} has no capture", args.source)))?;
    let id = source.capture_id(capture);
    let shelf = Shelf::new(&folder, &folder.entries()?, copies(texts.as_ref())?);
    let text = match shelf.text(source, capture)? {
        AtHand::Text(text) => text,
        AtHand::Changed(..) => {
            return Err(Error::Refused(format!(
                "the text of {id} is not the one that was captured; run `affiant hash`"
            )));
        }
        AtHand::Absent => {
            return Err(Error::Usage(format!("the text of {id} is not at hand; bring a copy with --texts DIR")));
        }
    };
    let spans = search::occurrences(text.bytes(), &args.words);
    let span = match (spans.as_slice(), args.nth) {
        ([], _) => return Ok(not_found(&args, &text, terminal)),
        ([span], None | Some(1)) => *span,
        (_, Some(nth)) if (1..=spans.len()).contains(&nth) => spans[nth - 1],
        (_, Some(nth)) => {
            return Err(Error::Usage(format!("there is no occurrence {nth}; the words stand {} times", spans.len())));
        }
        (_, None) => {
            terminal.say(&format!("the words stand {} times in {id}; choose one with --nth:\n", spans.len()));
            for (nth, span) in (1..).zip(&spans) {
                terminal.say(&format!("{nth:>3}  {}", shown(&text, *span)));
            }
            return Ok(Verdict::Bad);
        }
    };
    terminal.say(&shown(&text, span));
    if let Some(problem) = anchor::part_problem(capture, span) {
        terminal.say(&format!("no claim may stand here: {}\n", problem.message));
        return Ok(Verdict::Bad);
    }
    let quote = (source.rights.text == TextRights::Included).then(|| args.words.clone());
    let entry = claim::Anchor { capture: id, span, sha256: Digest::of(args.words.as_bytes()), quote };
    let json = serde_json::to_string(&entry).map_err(|error| Error::Usage(error.to_string()))?;
    terminal.print(&visible(&format!("{json}\n")))?;
    Ok(Verdict::Good)
}

fn not_found(args: &Anchor, text: &Text, terminal: &mut Terminal) -> Verdict {
    terminal.say(&format!("the words do not stand in {}\n", args.source));
    let whole = String::from_utf8_lossy(text.bytes());
    match search::nearest(&whole, &args.words) {
        Some(nearest) if nearest.is_same_words => {
            terminal.say("the same words stand here with other case, quotation marks, spaces or punctuation; copy them from here:\n");
            terminal.say(&shown(text, nearest.span));
        }
        Some(nearest) => {
            terminal.say("the nearest passage is:\n");
            terminal.say(&shown(text, nearest.span));
        }
        None => terminal.say("and nothing in it comes near to them\n"),
    }
    Verdict::Bad
}

fn shown(text: &Text, span: Span) -> String {
    let context = search::context_in(text.bytes(), span);
    let words = styled(STRONG, &plain(&context.words));
    format!(
        "line {}, bytes {span}: \u{2026}{}{words}{}\u{2026}\n",
        context.line,
        plain(&context.before),
        plain(&context.after)
    )
}
