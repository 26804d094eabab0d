//! Whom a reader trusts: OpenSSH's allowed_signers file (ssh-keygen(1), "ALLOWED SIGNERS").
//!
//! Each line is principals, options if any, and a key as in a public key file; `#` begins a line of comment. Times
//! without `Z` are read as UTC, where ssh-keygen takes the machine's own zone: a verdict must not depend on the machine.

use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use super::ed25519::{Ed25519Error, VerifyingKey};
use crate::model::date::Day;

/// The lines of an allowed_signers file.
#[derive(Debug, Clone, Default)]
pub struct AllowedSigners(Vec<Entry>);

#[derive(Debug, Clone)]
struct Entry {
    principals: String,
    options: Options,
    key: Key,
}

#[derive(Debug, Clone)]
enum Key {
    Ed25519(VerifyingKey),
    /// An algorithm that signs no release: the line is good, but says nothing to us.
    Unsupported(String),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Options {
    /// A pattern list; none allows every namespace.
    namespaces: Option<String>,
    /// First second of validity, Unix time.
    valid_after: Option<i64>,
    /// Last second of validity, Unix time.
    valid_before: Option<i64>,
}

/// When a key is good, in Unix seconds; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// The first second; none for always before.
    pub first: Option<i64>,
    /// The last second; none for ever after.
    pub last: Option<i64>,
}

/// What an allowed_signers file says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// A line trusts it for this purpose at this time.
    Trusted {
        /// The line's principals, as written.
        principal: String,
    },
    /// No line has it.
    UnknownKey,
    /// The lines that have it are for other namespaces.
    WrongNamespace,
    /// The lines that have it for this namespace are not valid at this time.
    OutsideValidity,
}

/// Where and why a text is not an allowed_signers file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct AllowedSignersError {
    /// The line, counting from 1.
    pub line: usize,
    /// What is wrong with it.
    pub kind: AllowedSignersFault,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowedSignersFault {
    /// A quote that does not close.
    #[error("a quote does not close")]
    Quote,
    /// No principals, or no key after them.
    #[error("not `principals [options] ssh-ed25519 AAAA...`")]
    Form,
    /// An option that ssh-keygen does not know either, or that is given twice.
    #[error("the option {0:?} is unknown, repeated, or lacks a quoted value")]
    Option(String),
    /// A certificate authority.
    #[error("cert-authority: certificates are not supported")]
    CertAuthority,
    /// Not a time.
    #[error("{0:?} is not a time (YYYYMMDD[HHMM[SS]][Z])")]
    Time(String),
    /// A validity that ends before it begins.
    #[error("valid-before does not lie after valid-after")]
    EmptyValidity,
    /// Not a key in base64.
    #[error("the key cannot be read")]
    Key,
    /// A weak key, or none.
    #[error(transparent)]
    Ed25519(#[from] Ed25519Error),
}

impl AllowedSigners {
    /// Reads the text of an allowed_signers file.
    ///
    /// # Errors
    /// The first line that ssh-keygen would not take, or that asks for certificates.
    pub fn parse(text: &str) -> Result<Self, AllowedSignersError> {
        let lines = (1..).zip(text.lines().map(str::trim));
        let spoken = lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#'));
        let entries = spoken.map(|(line, text)| entry(text).map_err(|kind| AllowedSignersError { line, kind }));
        entries.collect::<Result<_, _>>().map(Self)
    }

    /// What the file says of `key` for the purpose `namespace` at `at`, in Unix seconds; both ends of a validity
    /// belong to it.
    pub fn find(&self, key: &VerifyingKey, namespace: &str, at: i64) -> Trust {
        let mut answer = Trust::UnknownKey;
        for Entry { principals, options, .. } in self.0.iter().filter(|entry| entry.has(key)) {
            if !options.allow(namespace) {
                if answer == Trust::UnknownKey {
                    answer = Trust::WrongNamespace;
                }
            } else if options.valid_after.is_some_and(|first| at < first)
                || options.valid_before.is_some_and(|last| at > last)
            {
                answer = Trust::OutsideValidity;
            } else {
                return Trust::Trusted { principal: principals.clone() };
            }
        }
        answer
    }

    /// The keys that could sign a release, in the order of their lines.
    pub fn keys(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.named_keys().map(|(_, key)| key)
    }

    /// The same keys, each behind the principals of its line.
    pub fn named_keys(&self) -> impl Iterator<Item = (&str, &VerifyingKey)> {
        self.0.iter().filter_map(|entry| match &entry.key {
            Key::Ed25519(key) => Some((entry.principals.as_str(), key)),
            Key::Unsupported(_) => None,
        })
    }

    /// When `key` is good for the purpose `namespace`, line by line, sorted.
    pub fn periods(&self, key: &VerifyingKey, namespace: &str) -> Vec<Period> {
        let lines = self.0.iter().filter(|entry| entry.has(key)).map(|entry| &entry.options);
        let lines = lines.filter(|options| options.allow(namespace));
        let mut periods: Vec<Period> =
            lines.map(|options| Period { first: options.valid_after, last: options.valid_before }).collect();
        periods.sort_unstable();
        periods
    }

    /// Principals and algorithm of the lines whose keys sign no release, in order.
    pub fn unsupported(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|entry| match &entry.key {
            Key::Unsupported(algorithm) => Some((entry.principals.as_str(), algorithm.as_str())),
            Key::Ed25519(_) => None,
        })
    }
}

/// The line, without its line feed, that trusts `key` for the one purpose `namespace` and calls its holder `principal`;
/// none if no line can call anybody that.
pub fn line(principal: &str, namespace: &str, key: &VerifyingKey) -> Option<String> {
    let quote = if principal.contains(' ') { "\"" } else { "" };
    let line = format!("{quote}{principal}{quote} namespaces=\"{namespace}\" {}", key.to_openssh_line(""));
    let signers = AllowedSigners::parse(&line).ok()?;
    let reads_back = signers.named_keys().eq([(principal, key)]);
    let is_plain = principal == principal.trim() && !principal.contains(char::is_control);
    (reads_back && is_plain).then_some(line)
}

impl Entry {
    fn has(&self, wanted: &VerifyingKey) -> bool {
        matches!(&self.key, Key::Ed25519(key) if key == wanted)
    }
}

impl Options {
    fn allow(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_none_or(|patterns| matches_list(patterns, namespace))
    }
}

fn entry(line: &str) -> Result<Entry, AllowedSignersFault> {
    let (principals, rest) = word(line)?;
    let (first, after) = word(rest)?;
    let (options, text) = if is_algorithm(first) { (Options::default(), rest) } else { (options(first)?, after) };
    let principals = principals.trim_matches('"').to_owned();
    let key = key(text)?;
    if principals.is_empty() { Err(AllowedSignersFault::Form) } else { Ok(Entry { principals, options, key }) }
}

/// The text up to white space outside quotes, and what follows.
fn word(text: &str) -> Result<(&str, &str), AllowedSignersFault> {
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        !quoted && matches!(c, ' ' | '\t')
    });
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    if quoted { Err(AllowedSignersFault::Quote) } else { Ok((word, rest.trim_start())) }
}

fn is_algorithm(word: &str) -> bool {
    let known = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-sha2-", "rsa-sha2-"];
    known.iter().any(|prefix| word.starts_with(prefix))
}

fn key(text: &str) -> Result<Key, AllowedSignersFault> {
    let (algorithm, rest) = word(text)?;
    if !is_algorithm(algorithm) || rest.is_empty() {
        return Err(AllowedSignersFault::Form);
    }
    if algorithm.contains("-cert-") {
        return Err(AllowedSignersFault::CertAuthority);
    }
    if algorithm != "ssh-ed25519" {
        return Ok(Key::Unsupported(algorithm.to_owned()));
    }
    // The comment goes first: what follows the key is nobody's business.
    let blob = rest.split([' ', '\t']).next().unwrap_or(rest);
    let line = format!("{algorithm} {blob}");
    let key = PublicKey::from_openssh(&line).map_err(|_| AllowedSignersFault::Key)?;
    let KeyData::Ed25519(key) = key.key_data() else { return Err(AllowedSignersFault::Key) };
    let key = VerifyingKey::from_bytes(&key.0)?;
    // The crate passes over a length inside the key; ssh-keygen does not.
    if key.to_openssh_line("").trim_end() == line { Ok(Key::Ed25519(key)) } else { Err(AllowedSignersFault::Key) }
}

fn options(text: &str) -> Result<Options, AllowedSignersFault> {
    let mut options = Options::default();
    let mut quoted = false;
    let is_comma = |c| {
        quoted ^= c == '"';
        !quoted && c == ','
    };
    for option in text.split(is_comma) {
        let refuse = || AllowedSignersFault::Option(option.to_owned());
        if option.eq_ignore_ascii_case("cert-authority") {
            return Err(AllowedSignersFault::CertAuthority);
        }
        if option.is_empty() {
            return Err(AllowedSignersFault::Form);
        }
        let (name, value) = option.split_once('=').ok_or_else(refuse)?;
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).ok_or_else(refuse)?;
        let time = || unix_time(value).ok_or_else(|| AllowedSignersFault::Time(value.to_owned()));
        let repeated = match name.to_ascii_lowercase().as_str() {
            "namespaces" => options.namespaces.replace(value.to_owned()).is_some(),
            "valid-after" => options.valid_after.replace(time()?).is_some(),
            "valid-before" => options.valid_before.replace(time()?).is_some(),
            _ => true,
        };
        if repeated {
            return Err(refuse());
        }
    }
    match (options.valid_after, options.valid_before) {
        (Some(after), Some(before)) if before <= after => Err(AllowedSignersFault::EmptyValidity),
        _ => Ok(options),
    }
}

/// `YYYYMMDD[HHMM[SS]][Z]` in UTC as Unix seconds.
fn unix_time(text: &str) -> Option<i64> {
    let digits = text.strip_suffix('Z').unwrap_or(text);
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let day = Day::new(digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..8].parse().ok()?).ok()?;
    let field = |range, most| match digits.get(range).map(str::parse::<i64>) {
        None => Some(0),
        Some(number) => number.ok().filter(|number| *number <= most),
    };
    let (hour, minute, second) = (field(8..10, 23)?, field(10..12, 59)?, field(12..14, 59)?);
    Some(day.unix_seconds() + hour * 3_600 + minute * 60 + second)
}

/// Whether a comma-separated list has a pattern that matches, and none with `!` that does (ssh_config(5), PATTERNS).
fn matches_list(patterns: &str, text: &str) -> bool {
    let (negated, plain): (Vec<_>, Vec<_>) = patterns.split(',').partition(|pattern| pattern.starts_with('!'));
    plain.iter().any(|pattern| matches(pattern, text)) && !negated.iter().any(|pattern| matches(&pattern[1..], text))
}

/// Whether `pattern`, where `*` stands for any bytes and `?` for one, matches all of `text`.
fn matches(pattern: &str, text: &str) -> bool {
    let text = text.as_bytes();
    // ends[i]: the pattern so far matches the first i bytes.
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for p in pattern.bytes() {
        if p == b'*' {
            let first = ends.iter().position(|&end| end).unwrap_or(ends.len());
            ends[first..].fill(true);
        } else {
            ends.rotate_right(1);
            ends[0] = false;
            text.iter().zip(&mut ends[1..]).for_each(|(&t, end)| *end &= p == b'?' || p == t);
        }
    }
    ends.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;

    fn key(seed: u8) -> VerifyingKey {
        SigningKey::from_seed(&[seed; 32]).verifying_key()
    }

    fn file(lines: &[(&str, u8)]) -> String {
        lines.iter().map(|(start, seed)| format!("{start} {}\n", key(*seed).to_openssh_line("a comment"))).collect()
    }

    fn fault(text: &str) -> AllowedSignersFault {
        AllowedSigners::parse(text).expect_err(text).kind
    }

    #[test]
    fn a_key_has_one_spelling() {
        let line = key(7).to_openssh_line("");
        for (good, bad) in [("AAAAIOpK", "AAaAIOpK"), ("AAAAIOpK", "AAAAMOpK"), ("AAAAIOpK", "AAQAIOpK")] {
            assert!(line.contains(good), "{line}");
            assert_eq!(fault(&format!("us {}", line.replace(good, bad))), AllowedSignersFault::Key, "{bad}");
        }
    }

    #[test]
    fn a_key_is_trusted_by_purpose_and_time() {
        let text = file(&[
            ("ann@example.org", 1),
            (
                "\"bob b\" namespaces=\"affiant-*,!affiant-log\",valid-after=\"20240101Z\",Valid-Before=\"20241231235959\"",
                2,
            ),
            ("carl namespaces=\"git\"", 3),
            ("carl\tvalid-after=\"20990101\"", 3),
        ]);
        let signers = AllowedSigners::parse(&format!("# maintainers\n\n  {text}")).expect("well formed");
        let trusted = |principal: &str| Trust::Trusted { principal: principal.to_owned() };
        let (first, last) = (1_704_067_200, 1_735_689_599);
        for (seed, namespace, at, trust) in [
            (1, "anything", 0, trusted("ann@example.org")),
            (2, "affiant-release", first, trusted("bob b")),
            (2, "affiant-release", last, trusted("bob b")),
            (2, "affiant-release", first - 1, Trust::OutsideValidity),
            (2, "affiant-release", last + 1, Trust::OutsideValidity),
            (2, "affiant-log", first, Trust::WrongNamespace),
            (2, "file", first, Trust::WrongNamespace),
            (3, "git", 0, trusted("carl")),
            (3, "affiant-release", 0, Trust::OutsideValidity),
            (4, "affiant-release", 0, Trust::UnknownKey),
        ] {
            assert_eq!(signers.find(&key(seed), namespace, at), trust, "{seed} {namespace} {at}");
        }
    }

    #[test]
    fn a_line_reads_back_or_is_not_made() {
        for principal in ["ann", "ann@example.org,bob", "releases of the museum"] {
            let line = line(principal, "affiant-release", &key(1)).expect(principal);
            let signers = AllowedSigners::parse(&line).expect("well formed");
            let trusted = Trust::Trusted { principal: principal.to_owned() };
            assert_eq!(signers.find(&key(1), "affiant-release", 0), trusted);
            assert_eq!(signers.find(&key(1), "git", 0), Trust::WrongNamespace);
        }
        for bad in ["", " ", "#ann", "ann\n", "ann\tb", "a\"b", "\"ann\"", "ann\u{7}"] {
            assert_eq!(line(bad, "affiant-release", &key(1)), None, "{bad:?}");
        }
    }

    #[test]
    fn other_algorithms_are_kept_and_certificates_refused() {
        let signers = AllowedSigners::parse("ann ssh-rsa AAAAB3Nza\nbob ecdsa-sha2-nistp256 AAAAE2Vj\n").expect("fine");
        let unsupported: Vec<_> = signers.unsupported().collect();
        assert_eq!(unsupported, [("ann", "ssh-rsa"), ("bob", "ecdsa-sha2-nistp256")]);
        assert_eq!(fault(&file(&[("*@example.org cert-authority", 1)])), AllowedSignersFault::CertAuthority);
        assert_eq!(fault("a ssh-ed25519-cert-v01@openssh.com AAAA"), AllowedSignersFault::CertAuthority);
    }

    #[test]
    fn what_ssh_keygen_would_not_take_is_refused_by_line() {
        use AllowedSignersFault::{EmptyValidity, Form, Option, Quote, Time};
        let text = file(&[("ann", 1), ("bob valid-after=\"2024\"", 2)]);
        let error = AllowedSigners::parse(&text).expect_err("no time");
        assert_eq!((error.line, error.kind), (2, Time("2024".to_owned())));
        let option = |text: &str| Option(text.to_owned());
        for (start, kind) in [
            ("a valid-after=\"20240101\",valid-before=\"20240101\"", EmptyValidity),
            ("a namespaces=git", option("namespaces=git")),
            ("a namespaces=\"a\",namespaces=\"b\"", option("namespaces=\"b\"")),
            ("a no-touch-required", option("no-touch-required")),
            ("a unknown=\"1\"", option("unknown=\"1\"")),
            ("a namespaces=\"b", Quote),
            ("\"\"", Form),
        ] {
            assert_eq!(fault(&file(&[(start, 1)])), kind, "{start}");
        }
        assert_eq!(fault("ann"), Form);
        assert_eq!(fault("ann ssh-ed25519"), Form);
        assert_eq!(fault("ann ssh-ed25519 AAAA"), AllowedSignersFault::Key);
        let cut = file(&[("ann", 1)]).replace(" a comment", "").replace('=', "");
        assert_eq!(fault(&cut[..cut.len() - 2]), AllowedSignersFault::Key);
    }

    #[test]
    fn times_are_utc() {
        for (text, seconds) in [
            ("19700101", 0),
            ("19700101000001", 1),
            ("200002291200Z", 951_825_600),
            ("20240301", 1_709_251_200),
            ("20380119031408Z", 1 << 31),
            ("19691231235959", -1),
            ("00000301", -719_468 * 86_400),
        ] {
            assert_eq!(unix_time(text), Some(seconds), "{text}");
        }
        for bad in [
            "",
            "Z",
            "2024",
            "20240230",
            "20230229",
            "19000229",
            "20240001",
            "20241301",
            "20240100",
            "2024010124",
            "202401012400",
            "202401010060",
            "20240101000060",
            "20240101z",
            "2024-01-1",
            "+2024010",
        ] {
            assert_eq!(unix_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn patterns() {
        for (pattern, text) in
            [("", ""), ("*", ""), ("a*", "a"), ("*-r?l*", "affiant-release"), ("**b", "aab"), ("a?c", "abc")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("?", ""), ("a*b", "abc"), ("a", "ab"), ("*a", "b"), ("A", "a")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "([a-z*!,\"= #\\n\\t]|é|ssh-ed25519 AAAA|namespaces=\"|valid-after=\"2024|0101Z?\"){0,24}") {
            _ = AllowedSigners::parse(&text).map(|signers| signers.find(&key(1), &text, 0));
        }

        #[test]
        fn every_second_of_a_day_counts(second in 0..86_400i64) {
            let text = format!("20240229{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60);
            prop_assert_eq!(unix_time(&text), Some(1_709_164_800 + second));
        }
    }
}
