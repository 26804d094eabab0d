//! `affiant anchor`

use super::terminal::Terminal;
use super::{Verdict, copies, texts_folder, words};
use crate::cli::Anchor;
use crate::error::{Error, Result};
use crate::io::DiskFolder;
use crate::model::claim;
use crate::model::digest::Digest;
use crate::model::source::TextRights;
use crate::render::json::visible;
use crate::stage::anchor;
use crate::stage::check::{self, Spelling};
use crate::stage::folder::{Folder, Silent};
use crate::stage::shelf::{AtHand, Shelf};

pub fn run(args: Anchor, terminal: &mut Terminal) -> Result<Verdict> {
    let folder = DiskFolder::open(&args.dataset.dataset)?;
    let texts = texts_folder(args.dataset.texts.as_deref())?;
    let entries = folder.entries()?;
    let opened = check::catalog(&folder, &entries, Spelling::Free, &Silent)?;
    let catalog =
        opened.value.ok_or_else(|| Error::Refused("dataset.json has errors; run `affiant check`".to_owned()))?;
    let no_source = || {
        let known: Vec<&str> = catalog.sources.gists().map(|source| source.id.as_str()).take(20).collect();
        Error::Usage(format!("no source {} that can be read; there are {}", args.source, known.join(", ")))
    };
    let source = catalog.sources.get(&args.source).ok_or_else(no_source)?;
    let capture = source.captures.last().ok_or_else(|| Error::Usage(format!("{} has no capture", args.source)))?;
    let id = source.capture_id(capture);
    let shelf = Shelf::new(&folder, entries, copies(texts.as_ref())?);
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
    let name = id.to_string();
    let Some(span) = words::place(text.bytes(), &name, &args.words, args.nth, terminal)? else {
        return Ok(Verdict::Bad);
    };
    terminal.say(&words::shown(text.bytes(), span));
    if let Some(problem) = anchor::part_problem(capture, span) {
        terminal.say(&format!("no claim may stand here: {}\n", problem.message));
        return Ok(Verdict::Bad);
    }
    let quote = (source.text == TextRights::Included).then(|| args.words.clone());
    let entry = claim::Anchor { capture: id, span, sha256: Digest::of(args.words.as_bytes()), quote };
    let json = serde_json::to_string(&entry).map_err(|error| Error::Usage(error.to_string()))?;
    terminal.print(&visible(&format!("{json}\n")))?;
    Ok(Verdict::Good)
}
