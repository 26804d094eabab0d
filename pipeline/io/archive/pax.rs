//! Pax extended headers (POSIX.1-2017, pax, "pax Extended Header"): `<length> <keyword>=<value>` and LF, each once.

use std::collections::BTreeSet;

use super::fault::Fault;

/// The keywords and values of an extended header, in order.
pub(super) fn records(mut header: &[u8]) -> Result<Vec<(&str, &[u8])>, Fault> {
    let malformed = || Fault::form("a pax header is not lines of length, keyword and value");
    let mut records = Vec::new();
    let mut keywords = BTreeSet::new();
    while !header.is_empty() {
        let (keyword, value, rest) = record(header).ok_or_else(malformed)?;
        if !keywords.insert(keyword) {
            return Err(Fault::form(format!("a pax header sets {keyword:?} twice")));
        }
        records.push((keyword, value));
        header = rest;
    }
    Ok(records)
}

/// The first record, and what follows it. A value may hold any byte, LF too: its length says where it ends.
fn record(header: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let space = header.iter().position(|&byte| byte == b' ')?;
    let length = usize::try_from(number(&header[..space]).ok()?).ok()?;
    let (record, rest) = header.split_at_checked(length)?;
    let (keyword, value) = {
        let text = record.get(space + 1..)?.strip_suffix(b"\n")?;
        text.split_at_checked(text.iter().position(|&byte| byte == b'=')?)?
    };
    Some((std::str::from_utf8(keyword).ok()?, &value[1..], rest))
}

/// A decimal number without zeros in front.
pub(super) fn number(digits: &[u8]) -> Result<u64, Fault> {
    let text = std::str::from_utf8(digits).unwrap_or_default();
    let number = text.parse::<u64>().ok().filter(|number| number.to_string() == text);
    number.ok_or_else(|| Fault::form("a pax header has a number that is none"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn print(records: &[(&str, &[u8])]) -> Vec<u8> {
        let mut header = Vec::new();
        for (keyword, value) in records {
            let rest = keyword.len() + value.len() + 3;
            let digits = (1..=20).find(|digits| (rest + digits).to_string().len() == *digits).expect("a length");
            header.extend(format!("{} {keyword}=", rest + digits).bytes().chain(value.iter().copied()).chain([b'\n']));
        }
        header
    }

    #[test]
    fn values_are_bytes() {
        let read = records(b"18 path=r/x\n14 y=\n12 a=bcdefg\n").expect("two records");
        assert_eq!(read, [("path", b"r/x\n14 y=".as_slice()), ("a", b"bcdefg")]);
        assert_eq!(records(b"").expect("nothing"), []);
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for bad in [
            "12 path=r/x",
            "11 path=r/x\n",
            "13 path=r/x\n",
            "012 path=r/x\n",
            "+12 path=r/x\n",
            "12  path=r/x\n",
            " 12 path=r/x\n",
            "7 path\n",
            "4\n",
            "\n",
            "0 a=\n",
            "2 ",
            "1",
            "99999999999999999999 a=\n",
            "12 path=r/x\n\0",
            "12 path=r/x\n12 path=r/y\n",
        ] {
            assert!(records(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_prints_back(header in proptest::collection::vec("[0-9a-c=\n ]{0,3}|[1-9] [a-c]=[a-c]{0,5}\n", 0..5)) {
            let header = header.concat().into_bytes();
            if let Ok(records) = records(&header) {
                prop_assert_eq!(print(&records), header);
            }
        }

        #[test]
        fn what_is_printed_is_read(value in proptest::collection::vec(any::<u8>(), 0..1200)) {
            let header = print(&[("path", &value), ("a", b"")]);
            prop_assert_eq!(records(&header).expect("our own form"), [("path", value.as_slice()), ("a", b"")]);
        }

        #[test]
        fn never_panics(header in proptest::collection::vec(any::<u8>(), 0..200)) {
            _ = records(&header);
        }
    }
}
