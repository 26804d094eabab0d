//! The digest by which a page names the one script and the one style sheet that a browser may use
//! (Content Security Policy Level 3, "hash-source"): `sha256-` and base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::model::digest::Digest;

/// What stands for these bytes, between quotes, in a policy.
pub fn of(bytes: &[u8]) -> String {
    format!("sha256-{}", STANDARD.encode(Digest::of(bytes).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_the_digest_that_everybody_knows() {
        assert_eq!(of(b""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
