//! Envelopes that sign a typed payload: DSSE 1.0 (<https://github.com/secure-systems-lab/dsse>).
//!
//! What is signed is the pre-authentication encoding of the payload and its type. The file is the canonical form of
//! the envelope and one line feed; each signature is named by its key's OpenSSH fingerprint, and they stand in the
//! order of these names, so that the same signers always make the same file.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, STANDARD_NO_PAD as BASE64_UNPADDED};
use serde::{Deserialize, Serialize};

use super::ed25519::{Signature, Signer, SignerError, VerifyingKey};
use super::{canonical, jsonl};

/// Largest envelope file that is read, in bytes: as for every file beside the payload of a release.
pub const MAX_BYTES: usize = 256 << 20;

/// Most signatures on one envelope.
pub const MAX_SIGNATURES: usize = 16;

/// Why an envelope is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DsseError {
    /// Not an envelope, byte for byte as we print it.
    #[error("not one DSSE envelope in exactly the canonical form that affiant writes")]
    Form,
    /// None, or more than [`MAX_SIGNATURES`].
    #[error("{0} signatures; an envelope has 1 to {MAX_SIGNATURES}")]
    Count(usize),
    /// Not what ssh-keygen prints for a key.
    #[error("the key id {0:?} is not the SHA-256 fingerprint of a key")]
    KeyId(String),
    /// Not sorted by key id, or two with one key id.
    #[error("the signatures are not sorted by key id, each once")]
    Order,
    /// A second signature with one key.
    #[error("already signed with {0}")]
    AlreadySigned(String),
    /// No signature carries the key's id.
    #[error("not signed with {0}")]
    NotSigned(String),
    /// Other bytes, another type, or another key.
    #[error("the signature does not hold for this payload and its type")]
    Signature,
    /// There is no signature to add.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

/// A payload, what it is, and who signed both; whether a signature holds, only [`Envelope::verify`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    /// With the ids of their keys, sorted.
    signatures: Vec<(String, Signature)>,
}

/// The envelope as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    payload: String,
    payload_type: String,
    signatures: Vec<SignatureDocument>,
}

/// A signature as it is written.
#[derive(Serialize, Deserialize)]
struct SignatureDocument {
    keyid: String,
    sig: String,
}

/// What a signature on an envelope is over (DSSE protocol, "Signature Definition").
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let start = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [start.as_bytes(), payload].concat()
}

impl Envelope {
    /// An envelope with one signature; the same input always gives the same envelope.
    ///
    /// # Errors
    /// The signer's own.
    pub fn sign(signer: &dyn Signer, payload_type: &str, payload: &[u8]) -> Result<Self, SignerError> {
        let signature = signer.sign(&pre_authentication_encoding(payload_type, payload))?;
        Ok(Self {
            payload_type: payload_type.to_owned(),
            payload: payload.to_owned(),
            signatures: vec![(signer.verifying_key().fingerprint(), signature)],
        })
    }

    /// Adds a signature at its place.
    ///
    /// # Errors
    /// [`DsseError::AlreadySigned`], [`DsseError::Count`] or [`DsseError::Signer`]; the envelope stays as it was.
    pub fn add(&mut self, signer: &dyn Signer) -> Result<(), DsseError> {
        let key_id = signer.verifying_key().fingerprint();
        let Err(place) = self.place(&key_id) else { return Err(DsseError::AlreadySigned(key_id)) };
        if self.signatures.len() == MAX_SIGNATURES {
            return Err(DsseError::Count(MAX_SIGNATURES + 1));
        }
        let signature = signer.sign(&pre_authentication_encoding(&self.payload_type, &self.payload))?;
        self.signatures.insert(place, (key_id, signature));
        Ok(())
    }

    /// Where the signature with this key id stands, or would stand.
    fn place(&self, key_id: &str) -> Result<usize, usize> {
        self.signatures.binary_search_by(|(id, _)| id.as_str().cmp(key_id))
    }

    /// Reads one envelope file with nothing around it.
    ///
    /// # Errors
    /// The first four [`DsseError`]s.
    pub fn parse(file: &[u8]) -> Result<Self, DsseError> {
        if file.len() > MAX_BYTES {
            return Err(DsseError::Form);
        }
        let line = file.strip_suffix(b"\n").ok_or(DsseError::Form)?;
        let value = jsonl::parse_document(line).map_err(|_| DsseError::Form)?;
        let document = Document::deserialize(value).map_err(|_| DsseError::Form)?;
        // A member that is not ours, or another spelling of one that is, prints back as something else.
        if canonical::to_vec(&document) != line {
            return Err(DsseError::Form);
        }
        Self::try_from(document)
    }

    /// The bytes of the envelope's file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let signatures = self.signatures.iter();
        let document = Document {
            payload: BASE64.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: signatures
                .map(|(key_id, signature)| SignatureDocument { keyid: key_id.clone(), sig: BASE64.encode(signature) })
                .collect(),
        };
        [&canonical::to_vec(&document)[..], b"\n"].concat()
    }

    /// What the payload is said to be.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// The payload, which says nothing until [`Envelope::verify`] has passed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signatures with the ids of their keys, sorted by id.
    pub fn signatures(&self) -> &[(String, Signature)] {
        &self.signatures
    }

    /// That `key` signed this payload as what it is said to be.
    ///
    /// # Errors
    /// [`DsseError::NotSigned`] or [`DsseError::Signature`].
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), DsseError> {
        let key_id = key.fingerprint();
        let Ok(place) = self.place(&key_id) else { return Err(DsseError::NotSigned(key_id)) };
        let (_, signature) = &self.signatures[place];
        let signed = pre_authentication_encoding(&self.payload_type, &self.payload);
        key.verify(&signed, signature).map_err(|_| DsseError::Signature)
    }
}

impl TryFrom<Document> for Envelope {
    type Error = DsseError;

    fn try_from(document: Document) -> Result<Self, DsseError> {
        if !(1..=MAX_SIGNATURES).contains(&document.signatures.len()) {
            return Err(DsseError::Count(document.signatures.len()));
        }
        let payload = BASE64.decode(document.payload).map_err(|_| DsseError::Form)?;
        let signatures = document.signatures.into_iter().map(SignatureDocument::read).collect::<Result<Vec<_>, _>>()?;
        if signatures.is_sorted_by(|(one, _), (next, _)| one < next) {
            Ok(Self { payload_type: document.payload_type, payload, signatures })
        } else {
            Err(DsseError::Order)
        }
    }
}

impl SignatureDocument {
    fn read(self) -> Result<(String, Signature), DsseError> {
        if !is_fingerprint(&self.keyid) {
            return Err(DsseError::KeyId(self.keyid));
        }
        let signature = BASE64.decode(self.sig).ok().and_then(|bytes| bytes.try_into().ok());
        Ok((self.keyid, signature.ok_or(DsseError::Form)?))
    }
}

/// Whether `text` is `SHA256:` and 32 bytes in base64 without padding.
fn is_fingerprint(text: &str) -> bool {
    let digest = text.strip_prefix("SHA256:").and_then(|digest| BASE64_UNPADDED.decode(digest).ok());
    digest.is_some_and(|digest| digest.len() == 32)
}
