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
