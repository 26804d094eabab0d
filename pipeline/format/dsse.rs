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
        if !canonical::is_ordered(line, &document) {
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
        let mut bytes = canonical::ordered_to_vec(&document);
        bytes.push(b'\n');
        bytes
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::ed25519::SigningKey;

    const TYPE: &str = "text/plain";
    const PAYLOAD: &[u8] = b"the bytes of a tag manifest\n";

    // Computed with Python's hashlib and cryptography.
    const FILE: &str = "{\"payload\":\"dGhlIGJ5dGVzIG9mIGEgdGFnIG1hbmlmZXN0Cg==\",\"payloadType\":\"text/plain\",\
        \"signatures\":[{\"keyid\":\"SHA256:z/fSv0Z0RZS+Lccbc6ZoOWwt/fbj1VFJGSBKQbo4icE\",\
        \"sig\":\"yzqIvoiQjjBbpr/M3eDhqmXSmJKOa+UwRwxZ8isJuNng1KwC3JfTxWyakJXkSh4juyMchT6unjil5GscuZZ4CA==\"}]}\n";

    /// The order of the curve's group, little-endian.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    fn signed(seeds: &[u8]) -> Envelope {
        let mut envelope = Envelope::sign(&key(seeds[0]), TYPE, PAYLOAD).expect("signs");
        seeds[1..].iter().for_each(|&seed| envelope.add(&key(seed)).expect("another key"));
        envelope
    }

    fn parse(envelope: &Envelope) -> Result<Envelope, DsseError> {
        Envelope::parse(&envelope.to_bytes())
    }

    #[test]
    fn the_encoding_is_that_of_the_protocol() {
        // The example of the DSSE protocol.
        let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        assert_eq!(pre_authentication_encoding("\u{e9}", b""), "DSSEv1 2 \u{e9} 0 ".as_bytes());
    }

    #[test]
    fn signs_as_others_do() {
        assert_eq!(String::from_utf8(signed(&[7]).to_bytes()).as_deref(), Ok(FILE));
        assert_eq!(Envelope::parse(FILE.as_bytes()), Ok(signed(&[7])));
    }

    #[test]
    fn holds_for_its_payload_type_and_keys_only() {
        let envelope = signed(&[7, 8]);
        for seed in [7, 8] {
            assert_eq!(envelope.verify(&key(seed).verifying_key()), Ok(()));
        }
        let stranger = key(9).verifying_key();
        assert_eq!(envelope.verify(&stranger), Err(DsseError::NotSigned(stranger.fingerprint())));

        let payload_type = "application/vnd.in-toto+json".to_owned();
        let mut swapped = signed(&[7, 8]);
        let first = swapped.signatures[0].1;
        swapped.signatures[0].1 = std::mem::replace(&mut swapped.signatures[1].1, first);
        for changed in [
            Envelope { payload_type, ..signed(&[7, 8]) },
            Envelope { payload: b"the bytes".to_vec(), ..signed(&[7, 8]) },
            // Both lengths are signed: a byte cannot wander from the type to the payload.
            Envelope { payload_type: "text/plai".to_owned(), payload: [b"n", PAYLOAD].concat(), ..signed(&[7, 8]) },
            swapped,
        ] {
            let changed = parse(&changed).expect("the form");
            assert_eq!(changed.verify(&key(7).verifying_key()), Err(DsseError::Signature));
            assert_eq!(changed.verify(&key(8).verifying_key()), Err(DsseError::Signature));
        }
    }

    #[test]
    fn a_second_spelling_of_a_signature_is_none() {
        let mut envelope = signed(&[7]);
        let mut carry = 0;
        // The group's order added to S, which lenient verifiers accept too.
        for (byte, order) in envelope.signatures[0].1[32..].iter_mut().zip(ORDER) {
            carry += u16::from(*byte) + u16::from(order);
            *byte = carry as u8;
            carry >>= 8;
        }
        let envelope = parse(&envelope).expect("the form");
        assert_eq!(envelope.verify(&key(7).verifying_key()), Err(DsseError::Signature));
    }

    #[test]
    fn signatures_stand_in_one_order_each_once() {
        let envelope = signed(&[7, 8, 9]);
        assert_eq!(envelope.to_bytes(), signed(&[9, 7, 8]).to_bytes());
        assert_eq!(parse(&envelope).as_ref(), Ok(&envelope));
        let again = signed(&[7, 8]).add(&key(8));
        assert_eq!(again, Err(DsseError::AlreadySigned(key(8).verifying_key().fingerprint())));

        let reversed = envelope.signatures.iter().rev().cloned().collect();
        assert_eq!(parse(&Envelope { signatures: reversed, ..signed(&[7]) }), Err(DsseError::Order));
        let twice = [signed(&[7]).signatures, signed(&[7]).signatures].concat();
        assert_eq!(parse(&Envelope { signatures: twice, ..signed(&[7]) }), Err(DsseError::Order));
    }

    #[test]
    fn there_are_1_to_16_signatures() {
        let seeds: Vec<u8> = (1..=16).collect();
        let mut most = signed(&seeds);
        assert_eq!(parse(&most).as_ref(), Ok(&most));
        let before = most.clone();
        assert_eq!(most.add(&key(17)), Err(DsseError::Count(17)));
        assert_eq!(most, before);
        let seventeenth = signed(&[17]).signatures.remove(0);
        let place = most.place(&seventeenth.0).expect_err("a new key");
        most.signatures.insert(place, seventeenth);
        assert_eq!(parse(&most), Err(DsseError::Count(17)));
        assert_eq!(parse(&Envelope { signatures: Vec::new(), ..before }), Err(DsseError::Count(0)));
    }

    #[test]
    fn key_ids_are_fingerprints() {
        for bad in ["", "SHA256:", "z/fSv0Z0RZS+Lccbc6ZoOWwt/fbj1VFJGSBKQbo4icE", "MD5:00", "SHA256:AAAA"] {
            let file = FILE.replace("SHA256:z/fSv0Z0RZS+Lccbc6ZoOWwt/fbj1VFJGSBKQbo4icE", bad);
            assert_eq!(Envelope::parse(file.as_bytes()), Err(DsseError::KeyId(bad.to_owned())));
        }
        for (from, to) in [("4icE\"", "4icE=\""), ("4icE\"", "4icF\""), ("z/fS", "z_fS")] {
            let error = Envelope::parse(FILE.replace(from, to).as_bytes()).expect_err(to);
            assert!(matches!(error, DsseError::KeyId(_)), "{error}");
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let body = FILE.trim_end();
        let value = jsonl::parse(body.as_bytes()).expect("JSON");
        for bad in [
            body.to_owned(),
            format!("{FILE}\n"),
            format!("\n{FILE}"),
            format!("{body}\r\n"),
            format!("{body} \n"),
            format!("\u{feff}{FILE}"),
            format!("{FILE}{FILE}"),
            format!("{body}{body}\n"),
            format!("{FILE}x\n"),
            format!("[{body}]\n"),
            format!("{}\n", serde_json::to_string_pretty(&value).expect("JSON")),
            FILE.replace("{\"payload\":", "{\"extra\":1,\"payload\":"),
            FILE.replace("{\"keyid\":", "{\"extra\":1,\"keyid\":"),
            FILE.replace("{\"payload\":", "{\"payload\":\"\",\"payload\":"),
            FILE.replace("{\"payload\":", "{\"p\\u0061yload\":\"\",\"payload\":"),
            FILE.replace("{\"keyid\":", "{\"keyid\":\"\",\"keyid\":"),
            FILE.replace("text/plain", "text\\/plain"),
            FILE.replace("text/plain", "text/pl\\u0061in"),
            FILE.replace("\"text/plain\"", "null"),
            FILE.replace("\"payloadType\":\"text/plain\",", ""),
            FILE.replace("[{", "{").replace("}]", "}"),
            FILE.replace("[{\"keyid\":", "[[").replace("\"sig\":", "").replace("}]", "]]"),
            FILE.replace("Cg==", "Cg"),
            FILE.replace("Cg==", "Ch=="),
            FILE.replace("Cg==", "Cg==\\n"),
            FILE.replace("CA==", "CA"),
            FILE.replace("CA==", "CB=="),
            FILE.replace("yzqI", ""),
            FILE.replace("Ua+", "Ua-").replace("+U", "-U"),
            String::new(),
            "{}\n".to_owned(),
            "\n".to_owned(),
            format!("{}\n", "[".repeat(100_000)),
        ] {
            assert_eq!(Envelope::parse(bad.as_bytes()), Err(DsseError::Form), "{bad:.400}");
        }
        let members = ["\"payloadType\":\"text/plain\",", "\"payload\":\"dGhlIGJ5dGVzIG9mIGEgdGFnIG1hbmlmZXN0Cg==\","];
        let swapped = FILE.replace(&[members[1], members[0]].concat(), &members.concat());
        assert_ne!(swapped, FILE);
        assert_eq!(Envelope::parse(swapped.as_bytes()), Err(DsseError::Form));
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_and_prints_back(
            seeds in proptest::collection::btree_set(any::<u8>(), 1..=MAX_SIGNATURES),
            payload_type in "(?s).{0,40}",
            payload in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut keys = seeds.iter().map(|&seed| key(seed));
            let first = keys.next().expect("one key at least");
            let mut envelope = Envelope::sign(&first, &payload_type, &payload).expect("signs");
            keys.for_each(|key| envelope.add(&key).expect("another key"));
            let read = parse(&envelope).expect("our own form");
            prop_assert_eq!(&read, &envelope);
            prop_assert_eq!((read.payload_type(), read.payload()), (&payload_type[..], &payload[..]));
            prop_assert_eq!(read.signatures().len(), seeds.len());
            for seed in seeds {
                prop_assert_eq!(read.verify(&key(seed).verifying_key()), Ok(()));
            }
        }

        #[test]
        fn a_changed_byte_never_holds(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut file = FILE.as_bytes().to_owned();
            let at = at.index(file.len());
            prop_assume!(file[at] != byte);
            file[at] = byte;
            if let Ok(envelope) = Envelope::parse(&file) {
                prop_assert_eq!(envelope.to_bytes(), file);
                prop_assert!(envelope.verify(&key(7).verifying_key()).is_err());
            }
        }

        #[test]
        fn never_panics(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            text in r#"([\[\]{},:" \n]|"(payload(Type)?|signatures|keyid|sig)":|"SHA256:[A-Za-z0-9+/]{43}"|"[A-Za-z0-9+/]{4}"|\\u0061){0,24}"#,
        ) {
            _ = Envelope::parse(&bytes);
            _ = Envelope::parse(text.as_bytes());
        }
    }
}
