//! A reviewer's word for named changes: a DSSE envelope with one signature (SPEC.md, "Approvals").

use serde::{Deserialize, Serialize};

use super::canonical;
use super::dsse::{DsseError, Envelope};
use super::ed25519::{Signer, SignerError, VerifyingKey};
use crate::model::digest::Digest;
use crate::model::id::Id;

/// The payload type of the envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.affiant.approval+json";

/// Largest approval, in bytes.
pub const MAX_BYTES: u64 = 64 << 20;

/// What is approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Always [`Approval::FORMAT`].
    pub format: String,
    /// The dataset.
    pub dataset: Id,
    /// Digest of the tag manifest of the release that the changes lead on from.
    pub from: Digest,
    /// Digests of the changes ([`super::changes::digest`]), sorted, each once; at least one.
    pub changes: Vec<Digest>,
}

impl Approval {
    /// The format's name.
    pub const FORMAT: &str = "affiant-approval-1";
}

/// Why bytes are no approval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// The envelope is not one.
    #[error(transparent)]
    Envelope(#[from] DsseError),
    /// An envelope for something else, or with more than one signature.
    #[error("not an envelope of type {PAYLOAD_TYPE} with one signature")]
    Type,
    /// The payload is no approval, byte for byte as we write it.
    #[error("its payload is not an approval in exactly the canonical form that affiant writes")]
    Form,
}

/// An approval and its envelope. Whether the signature holds, only [`SignedApproval::verify`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedApproval {
    approval: Approval,
    envelope: Envelope,
}

impl SignedApproval {
    /// Approves changes.
    ///
    /// # Errors
    /// The signer's own.
    pub fn sign(signer: &dyn Signer, dataset: Id, from: Digest, mut changes: Vec<Digest>) -> Result<Self, SignerError> {
        changes.sort();
        changes.dedup();
        let approval = Approval { format: Approval::FORMAT.to_owned(), dataset, from, changes };
        let envelope = Envelope::sign(signer, PAYLOAD_TYPE, &canonical::to_vec(&approval))?;
        Ok(Self { approval, envelope })
    }

    /// Parses a file: the envelope and one LF.
    pub fn parse(file: &[u8]) -> Result<Self, ApprovalError> {
        let envelope = Envelope::parse(file)?;
        if envelope.payload_type() != PAYLOAD_TYPE || envelope.signatures().len() != 1 {
            return Err(ApprovalError::Type);
        }
        let approval: Approval = serde_json::from_slice(envelope.payload()).map_err(|_| ApprovalError::Form)?;
        let is_sorted = !approval.changes.is_empty() && approval.changes.is_sorted_by(|a, b| a < b);
        if !is_sorted || approval.format != Approval::FORMAT || canonical::to_vec(&approval) != envelope.payload() {
            return Err(ApprovalError::Form);
        }
        Ok(Self { approval, envelope })
    }

    /// The file: the envelope and one LF.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.envelope.to_bytes()
    }

    /// What is approved.
    pub fn approval(&self) -> &Approval {
        &self.approval
    }

    /// `SHA256:...` of the key that it names.
    pub fn key_id(&self) -> String {
        self.envelope
            .signatures()
            .first()
            .map_or_else(String::new, |(id, _)| format!("SHA256:{}", id.trim_start_matches("SHA256:")))
    }

    /// Holds the signature against a key.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), ApprovalError> {
        Ok(self.envelope.verify(key)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;

    fn approval() -> SignedApproval {
        let changes = vec![Digest::of(b"b"), Digest::of(b"a"), Digest::of(b"b")];
        let dataset = "harbour".parse().expect("an id");
        SignedApproval::sign(&SigningKey::from_seed(&[7; 32]), dataset, Digest::of(b"tags"), changes).expect("signs")
    }

    #[test]
    fn what_parses_prints_back_and_verifies() {
        let approval = approval();
        let parsed = SignedApproval::parse(&approval.to_bytes()).expect("an approval");
        assert_eq!(parsed, approval);
        assert_eq!(parsed.approval().changes.len(), 2);
        let key = SigningKey::from_seed(&[7; 32]).verifying_key();
        assert_eq!(parsed.key_id(), key.fingerprint());
        assert!(parsed.verify(&key).is_ok());
        assert!(parsed.verify(&SigningKey::from_seed(&[8; 32]).verifying_key()).is_err());
    }

    #[test]
    fn another_envelope_is_no_approval() {
        let key = SigningKey::from_seed(&[7; 32]);
        let other = Envelope::sign(&key, "application/json", b"{}").expect("signs");
        assert_eq!(SignedApproval::parse(&other.to_bytes()), Err(ApprovalError::Type));
        let other = Envelope::sign(&key, PAYLOAD_TYPE, b"{}").expect("signs");
        assert_eq!(SignedApproval::parse(&other.to_bytes()), Err(ApprovalError::Form));
        let mut two = approval().envelope;
        two.add(&SigningKey::from_seed(&[8; 32])).expect("signs");
        assert_eq!(SignedApproval::parse(&two.to_bytes()), Err(ApprovalError::Type));
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            _ = SignedApproval::parse(&bytes);
        }

        #[test]
        fn one_changed_byte_is_refused(at in 0_usize..400, byte: u8) {
            let mut file = approval().to_bytes();
            let at = at % file.len();
            prop_assume!(file[at] != byte);
            file[at] = byte;
            let key = SigningKey::from_seed(&[7; 32]).verifying_key();
            let parsed = SignedApproval::parse(&file);
            prop_assert!(parsed.is_err() || parsed.is_ok_and(|parsed| parsed.verify(&key).is_err()));
        }
    }
}
