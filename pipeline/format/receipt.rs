//! A receipt: one claim of a release, and everything that proves it, in one file.
//!
//! One JSON object in canonical form, and LF. It holds the release's seals, its tag manifest and its release.json as
//! they are, and lines of its records, each with its way to a root that release.json states.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{canonical, jsonl};
use crate::model::digest::Digest;

/// Longest receipt, in bytes.
pub const MAX_BYTES: u64 = 64 << 20;

/// A receipt as it is written. Whether it proves anything, only [`crate::stage::receipt::verify`] tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Always [`Receipt::FORMAT`].
    pub format: String,
    /// Files of the release that stand beside its payload, by name.
    pub files: BTreeMap<String, String>,
    /// Records, sorted by file and index.
    pub records: Vec<ProvenLine>,
}

/// A line of a file of the payload, and its way to the root of the tree over that file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenLine {
    /// The file in the payload: `claims.jsonl`, `statuses.jsonl`, ...
    pub file: String,
    /// Number of the line in the file, counting from 0.
    pub index: u64,
    /// Its bytes, without LF.
    pub line: String,
    /// The hashes beside the way from its leaf to the root, lowest first (RFC 6962 section 2.1.1).
    pub path: Vec<Digest>,
}

/// The bytes are not a receipt in its one spelling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not JSON, or not with these members.
    #[error("not a receipt: {0}")]
    Form(String),
    /// Another spelling of a receipt.
    #[error("not in canonical form (RFC 8785) with one LF at its end")]
    NotCanonical,
    /// Another format.
    #[error("its format is {0:?}; this tool reads {FORMAT:?}", FORMAT = Receipt::FORMAT)]
    Format(String),
}

impl Receipt {
    /// The format this tool writes.
    pub const FORMAT: &str = "affiant-receipt-1";

    /// Reads a receipt.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let line = bytes.strip_suffix(b"\n").ok_or(ReceiptError::NotCanonical)?;
        let form = |error: &dyn std::fmt::Display| ReceiptError::Form(error.to_string());
        let value = jsonl::parse_document(line).map_err(|fault| form(&fault.kind))?;
        let receipt = Self::deserialize(&value).map_err(|error| form(&error))?;
        if receipt.format != Self::FORMAT {
            return Err(ReceiptError::Format(receipt.format));
        }
        if receipt.to_bytes() == bytes { Ok(receipt) } else { Err(ReceiptError::NotCanonical) }
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = canonical::to_vec(self);
        bytes.push(b'\n');
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn receipt() -> Receipt {
        let path = vec![Digest::of(b"a"), Digest::of(b"b")];
        Receipt {
            format: Receipt::FORMAT.to_owned(),
            files: [("release.json".to_owned(), "{}\n".to_owned())].into(),
            records: vec![ProvenLine {
                file: "claims.jsonl".to_owned(),
                index: 3,
                line: "{\"id\":\"a\"}".to_owned(),
                path,
            }],
        }
    }

    #[test]
    fn reads_back_what_it_prints_and_nothing_else() {
        let printed = String::from_utf8(receipt().to_bytes()).expect("UTF-8");
        assert_eq!(Receipt::parse(printed.as_bytes()), Ok(receipt()));
        for (other, error) in [
            (printed.trim_end().to_owned(), ReceiptError::NotCanonical),
            (format!("{printed}\n"), ReceiptError::NotCanonical),
            (printed.replacen(':', ": ", 1), ReceiptError::NotCanonical),
            (printed.replace("receipt-1", "receipt-2"), ReceiptError::Format("affiant-receipt-2".to_owned())),
        ] {
            assert_eq!(Receipt::parse(other.as_bytes()), Err(error), "{other}");
        }
        for other in [
            printed.replace("{\"files\"", "{\"extra\":1,\"files\""),
            printed.replace("{\"files\"", "{\"files\":{},\"files\""),
            printed.replace("\"index\":3", "\"index\":-3"),
            String::from("\n"),
        ] {
            assert!(matches!(Receipt::parse(other.as_bytes()), Err(ReceiptError::Form(_))), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_another_receipt_or_none(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = receipt().to_bytes();
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            if let Ok(read) = Receipt::parse(&bytes) {
                prop_assert_ne!(&read, &receipt());
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }
    }
}
