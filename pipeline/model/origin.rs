//! What a dataset stands on.

use super::id::Id;

/// A published text that claims were read in, as a catalogue would list it: never its words.
///
/// Not the summary of another source, which only stands for it, and not a sealed text, of which nobody shall speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The source.
    pub source: Id,
    /// What the curator calls it.
    pub title: Option<String>,
    /// Who published it: the agent, and its best known name where it is named in public.
    pub publisher: (Id, Option<String>),
    /// Whether the publisher is one human being.
    pub is_by_person: bool,
    /// Where it was published.
    pub url: Option<String>,
    /// When it was published, in EDTF.
    pub published: Option<String>,
}

impl Origin {
    /// What a reader may call it: its title, else its id.
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(self.source.as_str())
    }
}
