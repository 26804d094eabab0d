//! Whom a reader trusts: OpenSSH's allowed_signers (ssh-keygen(1), "ALLOWED SIGNERS").

use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use super::ed25519::VerifyingKey;
use crate::model::date::Day;

/// Keys, and what each is good for.
#[derive(Clone, Debug, Default)]
pub struct AllowedSigners {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    principal: String,
    /// Patterns; none: any namespace.
    namespaces: Vec<String>,
    /// Unix seconds, inclusive.
    valid_after: Option<i64>,
    /// Unix seconds, exclusive.
    valid_before: Option<i64>,
    key: VerifyingKey,
}

/// What the file says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is good.
    Trusted {
        /// The name the file gives it.
        principal: String,
    },
    /// No line has it.
    UnknownKey,
    /// Its lines are for other purposes.
    WrongNamespace,
    /// Its lines are for another time.
    OutsideValidity,
}

/// A line that is not of the form ssh-keygen reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct AllowedSignersError {
    /// The line, counting from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl AllowedSigners {
    /// Reads the file. Lines with keys that are not Ed25519 are passed over: no release is signed with one. Times
    /// without a zone are read as UTC, where ssh-keygen takes the machine's own zone.
    pub fn parse(text: &str) -> Result<Self, AllowedSignersError> {
        let mut entries = Vec::new();
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            entries.extend(entry(content).map_err(|reason| AllowedSignersError { line, reason })?);
        }
        Ok(Self { entries })
    }

    /// What the file says of a key, for a purpose and at a time in Unix seconds.
    pub fn find(&self, key: &VerifyingKey, namespace: &str, at: i64) -> Trust {
        let mut answer = Trust::UnknownKey;
        for entry in self.entries.iter().filter(|entry| entry.key == *key) {
            let for_purpose =
                entry.namespaces.is_empty() || entry.namespaces.iter().any(|pattern| matches(pattern, namespace));
            let in_time = entry.valid_after.is_none_or(|after| after <= at)
                && entry.valid_before.is_none_or(|before| at < before);
            match (for_purpose, in_time) {
                (true, true) => return Trust::Trusted { principal: entry.principal.clone() },
                (true, false) => answer = Trust::OutsideValidity,
                (false, _) if answer == Trust::UnknownKey => answer = Trust::WrongNamespace,
                (false, _) => {}
            }
        }
        answer
    }
}

fn entry(line: &str) -> Result<Option<Entry>, String> {
    let (principal, rest) = word(line)?;
    let mut namespaces = Vec::new();
    let (mut valid_after, mut valid_before) = (None, None);
    let (first, behind) = word(rest)?;
    let is_key_type = |word: &str| ["ssh-", "ecdsa-", "sk-"].iter().any(|prefix| word.starts_with(prefix));
    let key = if is_key_type(&first) {
        rest
    } else {
        for option in options(&first) {
            let (name, value) = option.split_once('=').unwrap_or((option.as_str(), ""));
            let value = value.trim_matches('"');
            match name.to_ascii_lowercase().as_str() {
                "namespaces" => namespaces.extend(value.split(',').map(str::to_owned)),
                "valid-after" => valid_after = Some(time(value)?),
                "valid-before" => valid_before = Some(time(value)?),
                "cert-authority" => return Err("certificates are not supported".to_owned()),
                _ => return Err(format!("unknown option {name:?}")),
            }
        }
        behind
    };
    let key = PublicKey::from_openssh(key.trim()).map_err(|error| format!("not a public key ({error})"))?;
    let KeyData::Ed25519(key) = key.key_data() else { return Ok(None) };
    let key = VerifyingKey::from_bytes(&key.0).map_err(|error| error.to_string())?;
    Ok(Some(Entry { principal, namespaces, valid_after, valid_before, key }))
}

/// The next word, quotation marks keeping spaces together, and what stands behind it.
fn word(line: &str) -> Result<(String, &str), String> {
    let line = line.trim_start();
    let mut quoted = false;
    let end = line.char_indices().find(|&(_, c)| {
        quoted ^= c == '"';
        !quoted && matches!(c, ' ' | '\t')
    });
    match end {
        Some((end, _)) => Ok((line[..end].trim_matches('"').to_owned(), &line[end..])),
        None if quoted => Err("a quotation mark is not closed".to_owned()),
        None => Err("not `principals [options] key`".to_owned()),
    }
}

/// The options between commas, quotation marks keeping commas together.
fn options(word: &str) -> Vec<String> {
    let mut options = vec![String::new()];
    let mut quoted = false;
    for c in word.chars() {
        quoted ^= c == '"';
        match (c, options.last_mut()) {
            (',', _) if !quoted => options.push(String::new()),
            (c, Some(option)) => option.push(c),
            (_, None) => {}
        }
    }
    options
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, with or without `Z`, in Unix seconds.
fn time(text: &str) -> Result<i64, String> {
    let fault = || format!("{text:?} is not a time of the form YYYYMMDD[HHMM[SS]][Z]");
    let digits = text.strip_suffix('Z').unwrap_or(text);
    if !digits.bytes().all(|b| b.is_ascii_digit()) || ![8, 12, 14].contains(&digits.len()) {
        return Err(fault());
    }
    let day: Day = format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8]).parse().map_err(|_| fault())?;
    let pair = |at: usize, most: i64| match digits.get(at..at + 2).map(str::parse::<i64>) {
        None => Ok(0),
        Some(Ok(n)) if n <= most => Ok(n),
        Some(_) => Err(fault()),
    };
    Ok(day.unix_seconds() + pair(8, 23)? * 3600 + pair(10, 59)? * 60 + pair(12, 59)?)
}

/// Whether a pattern with `*` and `?` covers a name (ssh_config(5), PATTERNS).
fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.chars().next(), name.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            let behind = &pattern[1..];
            (0..=name.len()).filter(|&i| name.is_char_boundary(i)).any(|i| matches(behind, &name[i..]))
        }
        (Some('?'), Some(c)) => matches(&pattern[1..], &name[c.len_utf8()..]),
        (Some(p), Some(c)) if p == c => matches(&pattern[p.len_utf8()..], &name[c.len_utf8()..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ed25519::SigningKey;
    use super::*;
    use proptest::prelude::*;

    fn key() -> VerifyingKey {
        SigningKey::from_seed(&[7; 32]).verifying_key()
    }

    fn trust(options: &str, at: &str) -> Trust {
        let line = format!("# ours\n\n\"the maintainers\" {options} {}", key().to_openssh_line("comment"));
        let at = at.parse::<Day>().expect("a day").unix_seconds();
        AllowedSigners::parse(&line).expect("a trust file").find(&key(), "affiant-release", at)
    }

    #[test]
    fn a_key_is_good_for_a_purpose_and_a_time() {
        let trusted = Trust::Trusted { principal: "the maintainers".to_owned() };
        assert_eq!(trust("", "2026-11-21"), trusted);
        assert_eq!(trust(r#"namespaces="git,affiant-*""#, "2026-11-21"), trusted);
        assert_eq!(trust(r#"namespaces="git""#, "2026-11-21"), Trust::WrongNamespace);
        let window = r#"namespaces="affiant-release",valid-after="20260101Z",valid-before="20270101000000Z""#;
        assert_eq!(trust(window, "2026-01-01"), trusted);
        assert_eq!(trust(window, "2026-12-31"), trusted);
        assert_eq!(trust(window, "2025-12-31"), Trust::OutsideValidity);
        assert_eq!(trust(window, "2027-01-01"), Trust::OutsideValidity);
        let other = SigningKey::from_seed(&[8; 32]).verifying_key();
        assert_eq!(AllowedSigners::parse("").expect("nobody").find(&other, "affiant-release", 0), Trust::UnknownKey);
    }

    #[test]
    fn lines_that_cannot_be_read_are_named() {
        for bad in [
            "a@b",
            "a@b ssh-ed25519 AAAA",
            "a@b cert-authority ssh-ed25519 AAAA",
            "a@b valid-after=\"2026\" ssh-ed25519 A",
            "a@b colour=\"red\" ssh-ed25519 A",
            "\"a ssh-ed25519 A",
        ] {
            assert_eq!(AllowedSigners::parse(&format!("# x\n{bad}\n")).err().map(|error| error.line), Some(2), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,80}") {
            _ = AllowedSigners::parse(&text);
        }
    }
}
