//! `affiant seal`

use serde_json::json;
use zeroize::Zeroizing;

use super::sources::{self, SourcesFile};
use super::terminal::Terminal;
use super::{Verdict, chance};
use crate::cli::Seal;
use crate::error::{Error, Result};
use crate::format::commitment::{MAX_TEXT_BYTES, SealedText, Secret};
use crate::format::layout;
use crate::format::salt::SaltFile;
use crate::io::{self, DiskFolder, Lock};
use crate::model::digest::Digest;
use crate::model::id::Id;
use crate::model::kind::RecordKind;
use crate::model::source::{Rights, Source, TextRights};
use crate::render::text::plain;
use crate::stage::check::{self, Spelling};
use crate::stage::folder::{Folder, Silent};
use crate::stage::record::RawRecord;
use crate::stage::validate::{MAX_DATASET_BYTES, Rulebook};

pub fn run(args: Seal, terminal: &mut Terminal) -> Result<Verdict> {
    let lock = Lock::take(&args.into)?;
    for (what, path) in [("the text", &args.text), ("the salt file", &args.salt)] {
        if io::secret::lies_below(path, &args.into)? {
            let message = format!("{what} would lie in the dataset's folder and travel with it; keep it elsewhere");
            return Err(Error::Usage(message));
        }
    }
    let text = io::read(&args.text, MAX_TEXT_BYTES as u64)?;
    let folder = DiskFolder::open(&args.into)?;
    refuse_what_is_known(&folder, &args.id, &text)?;
    let rulebook = rulebook(&folder)?;

    let secret = Secret::from_bytes(chance::bytes()?);
    let salt = SaltFile { dataset: rulebook.dataset().id.clone(), source: args.id.clone(), secret };
    let sealed = SealedText::new(&text, &salt.secret).map_err(|error| Error::Usage(error.to_string()))?;
    let mut sources = SourcesFile::open(&lock, &args.into)?;
    let line = sources.add(&record(&args, sealed.commitment(salt.subject())))?;
    refuse_what_is_wrong(&rulebook, &line)?;
    // The salt file comes first: a commitment without one can never be opened.
    io::secret::write_new(&args.salt, Zeroizing::new(salt.to_string()).as_bytes())?;
    sources.write()?;
    terminal.print(&line)?;
    terminal.say(&format!("sealed {}; its salt file is {}\n", args.id, plain(&args.salt.display().to_string())));
    terminal.say("keep the salt file secret and the text unchanged, not in one place: if either is lost, nothing can be proven\n");
    let agent = json!({ "id": args.publisher, "kind": "person", "names": [], "privacy": "sealed" });
    sources::say_if_missing(&args.into, &args.publisher, &agent, terminal)?;
    Ok(Verdict::Good)
}

/// A sealed source takes a new id, and a text whose digest nobody was told yet.
fn refuse_what_is_known(folder: &DiskFolder, id: &Id, text: &[u8]) -> Result<()> {
    let catalog =
        check::catalog(folder, &folder.entries()?, Spelling::Free, &Silent)?.value.ok_or_else(dataset_has_errors)?;
    if catalog.sources.knows(id) {
        return Err(Error::Usage(format!("{id} is a source already; a sealed one takes an id of its own")));
    }
    let digest = Digest::of(text);
    let mut told = catalog.sources.gists().filter(|source| source.captures.iter().any(|c| c.sha256 == digest));
    match told.next() {
        Some(source) => Err(Error::Usage(format!("{} tells the digest of this text; it cannot be sealed", source.id))),
        None => Ok(()),
    }
}

fn rulebook(folder: &DiskFolder) -> Result<Rulebook> {
    let declaration = folder.read(layout::DATASET, MAX_DATASET_BYTES)?;
    Rulebook::open(&folder.display(layout::DATASET), &declaration).value.ok_or_else(dataset_has_errors)
}

fn dataset_has_errors() -> Error {
    Error::Refused("dataset.json has errors; run `affiant check`".to_owned())
}

fn record(args: &Seal, commitment: Digest) -> Source {
    Source {
        id: args.id.clone(),
        publisher: args.publisher.clone(),
        title: None,
        authors: Vec::new(),
        lang: args.lang.clone(),
        url: None,
        published: None,
        published_basis: None,
        from: Vec::new(),
        rights: Rights { holder: args.publisher.clone(), text: TextRights::Sealed, license: None },
        commitment: Some(commitment),
        captures: Vec::new(),
    }
}

fn refuse_what_is_wrong(rulebook: &Rulebook, line: &str) -> Result<()> {
    let raw = RawRecord {
        kind: Some(RecordKind::Source),
        file: "the new record",
        line: 1,
        bytes: line.trim_end().as_bytes(),
    };
    match rulebook.validate::<Source>(&raw).findings.first() {
        Some(finding) => Err(Error::Usage(format!("the record would not be valid: {}", finding.message))),
        None => Ok(()),
    }
}
