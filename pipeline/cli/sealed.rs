//! Sealed texts, as they are typed.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::model::id::Id;

const SEAL_HELP: &str = "\
The dataset gets a record that says there is a text, and a commitment: a digest with a secret in it. Whoever knows the \
commitment and guesses the text, or a word of it, cannot tell that the guess is right. With the text and its salt file \
you can show later, with `affiant disclose`, that the text or a passage of it was there when the release was signed.

What you have to do yourself:
  - Keep the salt file secret. Whoever has it can try out guesses.
  - Keep the text, byte for byte, and the salt file. If either is lost, nobody can ever prove anything.
  - Keep both away from the dataset, from its repository and from each other.
  - Release no digest of the text: what was once captured cannot be sealed.

What sealing does not hide: that there is a text; when it entered the dataset; the ids in its record; what summaries \
and claims of the dataset repeat of it; how it reached you, and who else has a copy. Disclosed words carry their \
author's style, and how many words stand before them.";

/// `affiant seal`
#[derive(Debug, Args)]
#[command(after_long_help = SEAL_HELP)]
pub struct Seal {
    /// The text file, as received; it stays outside the dataset
    pub text: PathBuf,
    /// The dataset that takes the record
    #[arg(long, value_name = "DATASET")]
    pub into: PathBuf,
    /// Id of the new source; it should tell nothing (letter-01)
    #[arg(long)]
    pub id: Id,
    /// Id of the agent that the text comes from
    #[arg(long, value_name = "AGENT")]
    pub publisher: Id,
    /// The salt file to make, outside the dataset: without it nothing can ever be proven
    #[arg(long, value_name = "FILE")]
    pub salt: PathBuf,
    /// BCP 47 tag of the text's language; `und` tells nothing
    #[arg(long, value_name = "TAG", default_value = "und")]
    pub lang: String,
}

const DISCLOSE_HELP: &str = "\
The file says what was sealed, and proves it to whoever trusts the release's signers, with `affiant verify FILE --trust \
SIGNERS`. What is disclosed is public for ever.

Words are disclosed with the rest of the words that they begin and end in, and with how many words stand before them; a \
word ends where white space does. Nothing else of the text is shown, not even how long it is. Nor is it shown what \
stands around them: it may say the contrary.

The whole text comes with its secret. Nothing of it is sealed from then on.";

/// `affiant disclose`
#[derive(Debug, Args)]
#[command(after_long_help = DISCLOSE_HELP)]
#[command(group = ArgGroup::new("extent").required(true).args(["words", "whole"]))]
pub struct Disclose {
    /// Id of the sealed source
    pub source: Id,
    /// The text file, byte for byte as it was sealed
    #[arg(long, value_name = "FILE")]
    pub text: PathBuf,
    /// Its salt file
    #[arg(long, value_name = "FILE")]
    pub salt: PathBuf,
    /// A release that has the source
    #[arg(long, value_name = "RELEASE")]
    pub release: PathBuf,
    /// Disclose these words, and no more than the words they begin and end in
    #[arg(long)]
    pub words: Option<String>,
    /// Which occurrence, where the words stand more than once (1 = first)
    #[arg(long, value_name = "N", requires = "words")]
    pub nth: Option<usize>,
    /// Disclose the whole text
    #[arg(long)]
    pub whole: bool,
    /// The file to make [default: print]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
