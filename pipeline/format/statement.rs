//! What a release's envelope says: one Statement of the in-toto attestation framework, version 1
//! (<https://github.com/in-toto/attestation/tree/main/spec/v1>).
//!
//! Its subject is the tag manifest, its predicate the whole of release.json. Whoever has these two has the statement
//! too, byte for byte; so it is never read, only made again and compared.

use super::layout;
use crate::model::digest::Digest;

/// The type of an envelope's payload that is a statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// `_type` of a statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// `predicateType` of a statement about a release.
pub const PREDICATE_TYPE: &str = "urn:affiant:release:1";

/// The canonical form (RFC 8785), without a line feed, of the statement that the tag manifest with the digest
/// `tag_manifest` belongs to the release that `release_info` tells of: release.json in canonical form, without a line
/// feed either.
pub fn to_bytes(tag_manifest: &Digest, release_info: &[u8]) -> Vec<u8> {
    let subject = format!(r#"[{{"digest":{{"sha256":"{tag_manifest}"}},"name":"{}"}}]"#, layout::TAG_MANIFEST);
    let start = format!(r#"{{"_type":"{STATEMENT_TYPE}","predicate":"#);
    let end = format!(r#","predicateType":"{PREDICATE_TYPE}","subject":{subject}}}"#);
    [start.as_bytes(), release_info, end.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::format::{canonical, jsonl};

    fn statement(release_info: &Value) -> Value {
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{
                "name": "tagmanifest-sha256.txt",
                "digest": { "sha256": Digest::of(b"abc").to_string() },
            }],
            "predicateType": "urn:affiant:release:1",
            "predicate": release_info,
        })
    }

    #[test]
    fn reads_as_in_toto_wants_it() {
        let bytes = to_bytes(&Digest::of(b"abc"), br#"{"seq":1}"#);
        let text = "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"seq\":1},\
            \"predicateType\":\"urn:affiant:release:1\",\"subject\":[{\"digest\":{\"sha256\":\
            \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"},\"name\":\"tagmanifest-sha256.txt\"}]}";
        assert_eq!(String::from_utf8(bytes).as_deref(), Ok(text));
    }

    proptest! {
        #[test]
        fn is_the_canonical_form_of_a_statement(
            members in proptest::collection::btree_map("(?s).{0,8}", "(?s).{0,8}|[0-9]{1,6}", 0..8),
            seq in any::<i64>(),
        ) {
            let release_info = json!({ "seq": seq, "members": members });
            let bytes = to_bytes(&Digest::of(b"abc"), &canonical::value_to_vec(&release_info));
            prop_assert_eq!(&bytes, &canonical::to_vec(&statement(&release_info)));
            let read = jsonl::parse(&bytes).expect("JSON");
            prop_assert!(canonical::is_canonical(&bytes, &read));
        }
    }
}
