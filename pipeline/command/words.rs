//! Which words of a text are meant, where they were typed.

use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::model::span::Span;
use crate::render::text::{STRONG, plain, styled};
use crate::stage::search;

/// The bytes where the words stand in the text called `name`: all that match, or of several the `nth`. `None` once it
/// was said why no place is meant.
pub fn place(
    text: &[u8],
    name: &str,
    words: &str,
    nth: Option<usize>,
    terminal: &mut Terminal,
) -> Result<Option<Span>> {
    let spans = search::occurrences(text, words);
    match (spans.as_slice(), nth) {
        ([], _) => {
            not_found(text, name, words, terminal);
            Ok(None)
        }
        ([span], None | Some(1)) => Ok(Some(*span)),
        (_, Some(nth)) if (1..=spans.len()).contains(&nth) => Ok(Some(spans[nth - 1])),
        (_, Some(nth)) => {
            Err(Error::Usage(format!("there is no occurrence {nth}; the words stand {} times", spans.len())))
        }
        (_, None) => {
            terminal.say(&format!("the words stand {} times in {name}; choose one with --nth:\n", spans.len()));
            for (nth, span) in (1..).zip(&spans) {
                terminal.say(&format!("{nth:>3}  {}", shown(text, *span)));
            }
            Ok(None)
        }
    }
}

fn not_found(text: &[u8], name: &str, words: &str, terminal: &mut Terminal) {
    terminal.say(&format!("the words do not stand in {name}\n"));
    let whole = String::from_utf8_lossy(text);
    match search::nearest(&whole, words) {
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
}

/// The words at a span, and what stands around them.
pub fn shown(text: &[u8], span: Span) -> String {
    let context = search::context_in(text, span);
    let words = styled(STRONG, &plain(&context.words));
    format!(
        "line {}, bytes {span}: \u{2026}{}{words}{}\u{2026}\n",
        context.line,
        plain(&context.before),
        plain(&context.after)
    )
}
