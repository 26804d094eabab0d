//! Published texts and their captures.

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::id::{CaptureId, Id};
use super::read::filled;
use super::span::Span;

/// One published text, and every capture of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The bylined agents.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<Id>,
    /// The received bytes, oldest first.
    pub captures: Vec<Capture>,
    /// What a sealed text can later be shown to have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Digest>,
    /// What the text is derived from.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Derivation>,
    /// Names this source for ever.
    pub id: Id,
    /// BCP 47 tag.
    pub lang: String,
    /// When, as written (EDTF; the rules check it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Whether the text states that date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_basis: Option<String>,
    /// Who published it.
    pub publisher: Id,
    /// Who holds the rights, and whether the bytes may travel.
    pub rights: Rights,
    /// What the curator calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Source {
    /// The capture of this number.
    pub fn capture(&self, n: u16) -> Option<&Capture> {
        self.captures.iter().find(|capture| capture.n == n)
    }

    /// How anchors name a capture of this source.
    pub fn capture_id(&self, capture: &Capture) -> CaptureId {
        CaptureId { source: self.id.clone(), n: capture.n }
    }
}

/// One origin of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    /// How that is known.
    pub basis: String,
    /// quotes, summarises, syndicates, translates or spins.
    pub how: String,
    /// A source, or an agent where its text is not in the dataset.
    pub what: Id,
}

/// Rights in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Who holds them.
    pub holder: Id,
    /// SPDX licence expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Whether the bytes may travel.
    pub text: TextRights,
}

/// Whether a text's bytes may travel in a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextRights {
    /// The bytes travel.
    Included,
    /// Digest and spans only.
    Withheld,
    /// Nothing that a guess could confirm.
    Sealed,
}

/// The bytes of a text as received once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Who received them.
    pub by: Id,
    /// Length in bytes.
    pub bytes: u64,
    /// The day they were received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub got: Option<String>,
    /// 1 for the first, counting up.
    pub n: u16,
    /// What each stretch is; empty: all is body.
    pub parts: Vec<Part>,
    /// Digest of all bytes.
    pub sha256: Digest,
}

/// One stretch of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Who wrote it, where that is not the source's author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Id>,
    /// Unique within the capture.
    pub id: Id,
    /// When it was posted, as written (EDTF; the rules check it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted: Option<String>,
    /// What the stretch is.
    pub role: Role,
    /// Its bytes.
    pub span: Span,
}

/// What a stretch of a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The headline.
    Title,
    /// The text itself.
    Body,
    /// Words under a picture.
    Caption,
    /// A reader's comment.
    Comment,
    /// Bylines and photo credits.
    Credit,
    /// What the page wraps around the text; no anchor may lie here.
    Chrome,
}
