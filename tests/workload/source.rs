//! Published texts.

use affiant::model::digest::Digest;

use crate::agent::Cast;
use crate::date;
use crate::json::object;
use crate::random::{Random, Stream};
use crate::text::{Language, Text};

/// A source with its only capture.
pub struct Source<'a> {
    id: String,
    pub publisher: &'a str,
    pub language: &'a Language,
    pub text: Text<'a>,
    published: String,
    got: String,
}

impl<'a> Source<'a> {
    /// The `n`th source.
    pub fn draw(seed: u64, n: usize, languages: &'a [Language], cast: &'a Cast) -> Self {
        let random = &mut Random::new(seed, Stream::Source, n);
        let language = random.pick(languages);
        Self {
            id: format!("s-{:07}", n + 1),
            publisher: &random.pick(cast.outlets()).id,
            language,
            text: Text::draw(random, language, languages),
            published: date::edtf(random),
            got: date::day(random),
        }
    }

    /// How anchors name its capture.
    pub fn capture(&self) -> String {
        format!("{}.1", self.id)
    }

    /// Its record.
    pub fn line(&self, cast: &Cast) -> Vec<u8> {
        let Text { content, parts, .. } = &self.text;
        let mut out = Vec::new();
        object(&mut out, |source| {
            source.text("id", &self.id);
            source.text("publisher", self.publisher);
            source.text("lang", self.language.tag);
            source.text("url", &format!("https://example.org/{}", self.id));
            source.text("published", &self.published);
            source.text("published_basis", "stated");
            source.object("rights", |rights| {
                rights.text("holder", self.publisher);
                rights.text("text", "included");
                rights.text("license", "CC-BY-4.0");
            });
            source.array("captures", [()], |out, ()| {
                object(out, |capture| {
                    capture.integer("n", Some(1));
                    capture.text("sha256", &Digest::of(content.as_bytes()).to_string());
                    capture.integer("bytes", Some(content.len() as i64));
                    capture.text("got", &self.got);
                    capture.text("by", &cast.keepers().id);
                    capture.array("parts", parts, |out, part| {
                        object(out, |member| {
                            member.text("id", part.role);
                            member.text("role", part.role);
                            member.span("span", part.span);
                        });
                    });
                });
            });
        });
        out.push(b'\n');
        out
    }
}
