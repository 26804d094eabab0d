//! `affiant disclose`

use std::path::Path;

use super::terminal::Terminal;
use super::{Verdict, words};
use crate::cli::Disclose;
use crate::error::{Error, Result};
use crate::format::commitment::MAX_TEXT_BYTES;
use crate::format::disclosure::{Disclosed, Disclosure};
use crate::format::salt::{self, SaltFile};
use crate::io;
use crate::render::text::plain;
use crate::stage::disclose::{self, Extent};

pub fn run(args: Disclose, terminal: &mut Terminal) -> Result<Verdict> {
    let release = io::open_release(&args.release)?.folder;
    let salt = salt_file(&args.salt)?;
    if salt.source != args.source {
        let file = args.salt.display();
        return Err(Error::Usage(format!("{file} is the salt file of {}, not of {}", salt.source, args.source)));
    }
    let text = io::read(&args.text, MAX_TEXT_BYTES as u64)?;
    let extent = match &args.words {
        None => Extent::Whole,
        Some(words) => match words::place(&text, salt.source.as_str(), words, args.nth, terminal)? {
            Some(span) => Extent::Words(span),
            None => return Ok(Verdict::Bad),
        },
    };
    let disclosure = disclose::disclose(&*release, &text, &salt, extent)?;
    say_what_is_shown(&disclosure, terminal);
    match &args.out {
        Some(out) => io::write_new(out, &disclosure.to_bytes())?,
        None => terminal.print(&String::from_utf8_lossy(&disclosure.to_bytes()))?,
    }
    Ok(Verdict::Good)
}

fn salt_file(path: &Path) -> Result<SaltFile> {
    let bytes = io::secret::read(path, salt::MAX_FILE_BYTES)?;
    SaltFile::parse(&bytes).map_err(|error| Error::Key { path: path.display().to_string(), message: error.to_string() })
}

/// The words that everybody will read, before they can.
fn say_what_is_shown(disclosure: &Disclosure, terminal: &mut Terminal) {
    match &disclosure.disclosed {
        Disclosed::Whole { text, .. } => terminal.say(&format!("discloses the whole text, {} bytes\n", text.len())),
        Disclosed::Passage(opening) => {
            let bytes: Vec<u8> = opening.segments.iter().flat_map(|segment| &segment.bytes).copied().collect();
            let words = String::from_utf8_lossy(&bytes);
            terminal.say(&format!("discloses these words, and that {} stand before them:\n", opening.first));
            terminal.say(&format!("{}\n", plain(words.trim_end())));
        }
    }
}
