//! Findings as a person reads them, and the escaping of all text that is not ours.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use crate::finding::{Code, Finding, Findings, Group, Severity};
use crate::stage::rule::is_hidden;

/// The style of an error's name.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// The style of a warning's name.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// The style of what is well or new.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// The style of what stands aside.
pub const FAINT: Style = AnsiColor::BrightBlack.on_default();
/// The style of names.
pub const STRONG: Style = Style::new().bold();

/// Text in a style.
pub fn styled(style: Style, text: &str) -> String {
    format!("{}{text}{}", style.render(), style.render_reset())
}

/// Untrusted text for a terminal: what cannot be seen is spelled out.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) || matches!(c, '\n' | '\t') {
            plain.extend(c.escape_unicode());
        } else {
            plain.push(c);
        }
    }
    plain
}

/// `1 error`, `2 errors`.
pub fn counted(count: u64, noun: &str) -> String {
    let noun = match (count, noun.strip_suffix('y')) {
        (1, _) => noun.to_owned(),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    };
    format!("{}", Thousands(count)) + " " + &noun
}

/// A number with commas between thousands.
pub struct Thousands(pub u64);

impl std::fmt::Display for Thousands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.0.to_string();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                f.write_char(',')?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}

/// The first `limit` findings (0: all that were kept), and the totals of all.
pub fn findings(findings: &Findings, limit: usize) -> String {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let mut text = String::new();
    for finding in findings.kept().iter().take(limit) {
        text.push_str(&one(finding));
    }
    let total: u64 = findings.totals().values().sum();
    let shown = findings.kept().len().min(limit) as u64;
    if shown < total {
        let line = format!("{} of {} shown; --max-findings 0 shows all\n", Thousands(shown), counted(total, "finding"));
        text.push_str(&styled(FAINT, &line));
    }
    if findings.totals().len() > 1 || shown < total {
        for (code, count) in findings.totals() {
            _ = writeln!(text, "{:>9}  {code}", Thousands(*count).to_string());
        }
    }
    text
}

fn one(finding: &Finding) -> String {
    let (style, word) = match finding.code.severity() {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
    };
    let name = styled(style, &format!("{word}[{}]", finding.code));
    let mut text = format!(
        "{name}: {}\n  {} {}",
        plain(&finding.message),
        styled(FAINT, "-->"),
        plain(&finding.place.to_string())
    );
    if let (Some(kind), Some(id)) = (finding.kind, &finding.id) {
        _ = write!(text, "  {kind} {}", plain(id));
    }
    if let Some(pointer) = finding.pointer.as_ref().filter(|pointer| !pointer.is_empty()) {
        _ = write!(text, " {}", plain(pointer));
    }
    text.push('\n');
    let help = finding.help.clone().unwrap_or_else(|| format!("run `affiant explain {}`", finding.code));
    _ = writeln!(text, "  {} {}", styled(FAINT, "help:"), plain(&help));
    text
}

/// A code as `affiant explain` teaches it.
pub fn explanation(code: Code) -> String {
    let severity = match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let (meaning, step) = code.explanation().split_once('\n').unwrap_or((code.explanation(), ""));
    format!(
        "{} ({severity}, {}): {}\n\n{meaning}\n\nWhat to do: {step}\n",
        styled(STRONG, code.name()),
        found_by(code),
        code.title()
    )
}

/// All codes, a line each, under the part of the work that reports them.
pub fn codes() -> String {
    let mut text = String::new();
    let mut part = String::new();
    for code in Code::ALL {
        let found_by = found_by(*code);
        if part != found_by {
            _ = writeln!(text, "{}{}", if part.is_empty() { "" } else { "\n" }, styled(STRONG, &found_by));
            part = found_by;
        }
        _ = writeln!(text, "  {:<26}{}", code.name(), code.title());
    }
    text
}

/// The first findings in one line without colours, for a message about something else.
pub fn in_words(findings: &Findings) -> String {
    let words = |finding: &Finding| format!("{}: {} [{}]", finding.place.file, finding.message, finding.code.name());
    findings.kept().iter().take(3).map(|finding| words(finding)).collect::<Vec<_>>().join("; ")
}

fn found_by(code: Code) -> String {
    match code.group() {
        Group::Json => "found in one line of JSON".to_owned(),
        Group::Record => "found in one record".to_owned(),
        Group::Reference => "found between records".to_owned(),
        Group::Text => "found in the captured texts".to_owned(),
        Group::Anchor => "found at an anchor".to_owned(),
        Group::Quality => "suspected when a dataset is checked".to_owned(),
        Group::Law => "found when a release is made".to_owned(),
        Group::Release(step) => format!("found by step {step} of verifying a release"),
        Group::Receipt => "found in a receipt or a disclosure".to_owned(),
        Group::Keyring => "found in the chain of keyrings".to_owned(),
        Group::Log => "found in the log of releases".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_never_reach_a_terminal_raw() {
        assert_eq!(plain("a\u{202e}b\u{1b}[31m\n"), "a\\u{202e}b\\u{1b}[31m\\u{a}");
        assert_eq!(plain("Жаңаөзен “14”"), "Жаңаөзен “14”");
    }

    #[test]
    fn numbers_and_nouns() {
        assert_eq!(counted(1, "error"), "1 error");
        assert_eq!(counted(1_234_567, "anchor"), "1,234,567 anchors");
        assert_eq!(counted(0, "day"), "0 days");
        assert_eq!(counted(2, "key"), "2 keys");
        assert_eq!(counted(2, "entry"), "2 entries");
        assert_eq!(counted(2, "party"), "2 parties");
    }
}
