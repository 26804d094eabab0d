//! A disclosure as a person reads it: who answers for the release, which source was sealed in it, and the words.

use std::fmt::Write;

use serde_json::{Value, json};

use super::json::head_alone;
use super::text::{GOOD, counted, plain, styled};
use super::verdict::{authentic, line, standing_alone};
use crate::model::digest::Digest;
use crate::stage::disclose::VerifiedDisclosure;

/// The whole view.
pub fn verified(disclosure: &VerifiedDisclosure) -> String {
    let mut text = authentic(disclosure.head());
    text.push_str(&standing_alone(disclosure.head()));
    let source = disclosure.source();
    let sealed = format!("{} from {}: its commitment is in this release", source.id, source.publisher);
    text.push_str(&line("SEALED", &sealed, true));
    text.push_str(&match disclosure.passage() {
        None => {
            line("DISCLOSED", &format!("the whole text, {}", counted(disclosure.bytes().len() as u64, "byte")), true)
        }
        Some(passage) => {
            let shown = counted(passage.end - passage.start, "word");
            let before = counted(passage.start, "word");
            line("DISCLOSED", &format!("{shown}, behind {before} that are not"), true)
                + &line("", "not checked: what stands around them, which may say the contrary", false)
        }
    });
    // Every line is marked: the words may look like a verdict.
    for words in String::from_utf8_lossy(disclosure.bytes()).lines() {
        _ = writeln!(text, "  > {}", plain(words));
    }
    _ = writeln!(text, "{}", styled(GOOD, "verified"));
    text
}

/// The same for machines.
pub fn facts(disclosure: &VerifiedDisclosure) -> Value {
    let mut facts = head_alone(disclosure.head(), "verified");
    facts["format"] = json!("affiant-disclosure-verdict-1");
    facts["source"] = json!(disclosure.source());
    facts["passage"] = json!(disclosure.passage().map(|passage| [passage.start, passage.end]));
    facts["bytes"] = json!(disclosure.bytes().len());
    facts["sha256"] = json!(Digest::of(disclosure.bytes()));
    // Bytes that are not UTF-8 stand in the disclosure itself.
    facts["text"] = json!(std::str::from_utf8(disclosure.bytes()).ok());
    facts
}

/// What is said of a disclosure that did not pass.
pub fn refused() -> Value {
    json!({ "format": "affiant-disclosure-verdict-1", "verdict": "refused" })
}
