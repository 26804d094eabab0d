//! Step 2: the seals. Each fits the tag manifest, each signer made all of his, and the first signer is trusted.

use std::collections::BTreeSet;

use super::files::Files;
use super::{Signer, Uncounted, Verifier, step};
use crate::error::Result;
use crate::finding::Code;
use crate::format::allowed_signers::Trust;
use crate::format::dsse::Envelope;
use crate::format::ed25519::VerifyingKey;
use crate::format::layout::{self, MAX_TAG_BYTES};
use crate::format::minisig;
use crate::format::note::NoteKey;
use crate::format::tlog_proof::TlogProof;
use crate::format::{canonical, sshsig, statement};
use crate::model::digest::Digest;
use crate::model::release_info::ReleaseInfo;
use crate::stage::{log, seal};

/// What the seals say, once each of them fits its bytes.
pub(super) struct Seals {
    /// The signed bytes.
    pub(super) tag_manifest: Vec<u8>,
    /// The first signer's key, then the co-signers'.
    keys: Vec<VerifyingKey>,
    /// Where the trusted comments stand, and what they say.
    comments: Vec<(String, String)>,
    /// The in-toto statement.
    statement: Vec<u8>,
    /// The proof that the log holds the tag manifest.
    pub(super) proof: TlogProof,
}

impl Verifier<'_> {
    /// Step 2, first half: everything that can be asked before the release's own words are known.
    pub(super) fn seals(&mut self, files: &Files) -> Result<Option<Seals>> {
        if !files.has(layout::TAG_MANIFEST) {
            self.report(Code::TagFileMissing, layout::TAG_MANIFEST, "the file is missing");
        }
        let pairs = signature_files(files);
        for path in pairs.iter().flatten().map(String::as_str).chain([layout::INTOTO, layout::TLOG_PROOF]) {
            if !files.has(path) {
                self.report(Code::SignatureMissing, path, "the file is missing");
            }
        }
        step!(self);
        let tag_manifest = self.tag_bytes(layout::TAG_MANIFEST)?;
        let (mut keys, mut comments) = (Vec::new(), Vec::new());
        for [openssh, minisign] in &pairs {
            let Some(key) = self.openssh(openssh, &tag_manifest)? else { continue };
            if let Some(comment) = self.minisign(minisign, &key, &tag_manifest)? {
                comments.push((minisign.clone(), comment));
            }
            if keys.contains(&key) {
                self.report(Code::SignatureMalformed, openssh, "this key's seals stand here twice");
            }
            if layout::cosigner(openssh).is_some() && layout::cosigner_seals(minisig::key_id(&key))[0] != *openssh {
                self.report(Code::SignatureMalformed, openssh, "the file is not named after its key");
            }
            keys.push(key);
        }
        step!(self);
        let statement = self.envelope(&keys)?;
        let proof = self.proof(&keys, &tag_manifest)?;
        step!(self);
        self.first_signer_is_known(&keys);
        step!(self);
        let (Some(statement), Some(proof)) = (statement, proof) else { return Ok(None) };
        Ok(Some(Seals { tag_manifest, keys, comments, statement, proof }))
    }

    fn tag_bytes(&self, path: &str) -> Result<Vec<u8>> {
        self.request.folder.read(path, MAX_TAG_BYTES)
    }

    fn openssh(&mut self, path: &str, tag_manifest: &[u8]) -> Result<Option<VerifyingKey>> {
        let signature = match sshsig::parse(&self.tag_bytes(path)?) {
            Ok(signature) => signature,
            Err(error) => {
                self.report(Code::SignatureMalformed, path, error.to_string());
                return Ok(None);
            }
        };
        if let Err(error) = signature.verify(layout::NAMESPACE, tag_manifest) {
            self.report(Code::SignatureInvalid, layout::TAG_MANIFEST, format!("{path} does not fit: {error}"));
            return Ok(None);
        }
        Ok(Some(signature.key().clone()))
    }

    /// The trusted comment.
    fn minisign(&mut self, path: &str, key: &VerifyingKey, tag_manifest: &[u8]) -> Result<Option<String>> {
        let signature = match minisig::parse(&self.tag_bytes(path)?) {
            Ok(signature) => signature,
            Err(error) => {
                self.report(Code::SignatureMalformed, path, error.to_string());
                return Ok(None);
            }
        };
        match signature.verify(key, tag_manifest) {
            Ok(comment) => Ok(Some(comment.to_owned())),
            Err(error) => {
                self.report(Code::SignatureInvalid, layout::TAG_MANIFEST, format!("{path} does not fit: {error}"));
                Ok(None)
            }
        }
    }

    /// The statement that all keys signed, and no other key.
    fn envelope(&mut self, keys: &[VerifyingKey]) -> Result<Option<Vec<u8>>> {
        let path = layout::INTOTO;
        let envelope = match Envelope::parse(&self.tag_bytes(path)?) {
            Ok(envelope) => envelope,
            Err(error) => {
                self.report(Code::SignatureMalformed, path, error.to_string());
                return Ok(None);
            }
        };
        if envelope.payload_type() != statement::PAYLOAD_TYPE {
            let message = format!("its payload is {:?}, not {:?}", envelope.payload_type(), statement::PAYLOAD_TYPE);
            self.report(Code::SignatureMalformed, path, message);
        }
        for key in keys {
            if let Err(error) = envelope.verify(key) {
                self.report(Code::SignatureInvalid, path, format!("{}: {error}", key.fingerprint()));
            }
        }
        if envelope.signatures().len() != keys.len() {
            let message =
                format!("{} signed it, {} signed {}", envelope.signatures().len(), keys.len(), layout::TAG_MANIFEST);
            self.report(Code::SignatureInvalid, path, message);
        }
        Ok(Some(envelope.payload().to_vec()))
    }

    /// The log's promise, signed by the first signer.
    fn proof(&mut self, keys: &[VerifyingKey], tag_manifest: &[u8]) -> Result<Option<TlogProof>> {
        let path = layout::TLOG_PROOF;
        let (proof, checkpoint) = match TlogProof::parse(&self.tag_bytes(path)?).and_then(|proof| {
            let checkpoint = proof.checkpoint()?;
            Ok((proof, checkpoint))
        }) {
            Ok(read) => read,
            Err(error) => {
                self.report(Code::SignatureMalformed, path, error.to_string());
                return Ok(None);
            }
        };
        let log_key = keys.first().and_then(|key| NoteKey::log(&checkpoint.origin, key.clone()).ok());
        if let Some(Err(error)) = log_key.map(|key| proof.note.verify(&key)) {
            self.report(Code::SignatureInvalid, path, format!("its checkpoint: {error}"));
        }
        if let Err(error) = proof.verify_inclusion(tag_manifest) {
            self.report(Code::LogProofInvalid, path, error.to_string());
        }
        Ok(Some(proof))
    }

    fn first_signer_is_known(&mut self, keys: &[VerifyingKey]) {
        let Some(first) = keys.first() else { return };
        // The key's time is asked about once the release's date is known.
        if let Trust::UnknownKey = self.request.trust.signers.find(first, layout::NAMESPACE, 0) {
            let message = format!("signed by {}, which the trust file does not list", first.fingerprint());
            self.report(Code::KeyNotTrusted, layout::SIGNATURE, message);
        }
    }

    /// Step 5, second half: what the seals say of the release is what release.json says.
    pub(super) fn seals_agree(&mut self, seals: &Seals, info: &ReleaseInfo) {
        let comment = seal::trusted_comment(info);
        for (path, said) in seals.comments.iter().filter(|(_, said)| *said != comment) {
            self.report(Code::SealDisagrees, path, format!("its trusted comment is {said:?}, not {comment:?}"));
        }
        let release_info = canonical::ordered_to_vec(info);
        if seals.statement != statement::to_bytes(&Digest::of(&seals.tag_manifest), &release_info) {
            let message = format!("its statement is not the one about this {}", layout::TAG_MANIFEST);
            self.report(Code::SealDisagrees, layout::INTOTO, message);
        }
        let origin = log::origin(&info.dataset);
        match seals.proof.checkpoint() {
            Ok(checkpoint) if checkpoint.origin != origin => {
                let message = format!("its log is {:?}, not {origin:?}", checkpoint.origin);
                self.report(Code::SealDisagrees, layout::TLOG_PROOF, message);
            }
            _ => {}
        }
        if seals.proof.index.checked_add(1) != Some(info.seq) {
            let message = format!("it proves entry {}, and release.json says seq {}", seals.proof.index, info.seq);
            self.report(Code::SealDisagrees, layout::TLOG_PROOF, message);
        }
    }

    /// Step 2, second half: which keys the reader trusts for releases on the release's own date.
    pub(super) fn signers(&mut self, seals: &Seals, info: &ReleaseInfo) -> (Vec<Signer>, Vec<Uncounted>) {
        let (mut signers, mut uncounted) = (Vec::new(), Vec::new());
        if let Some(message) = self.request.trust.other_dataset(&info.dataset) {
            self.report(Code::KeyringDisagrees, layout::RELEASE_INFO, message);
        }
        for (number, key) in seals.keys.iter().enumerate() {
            let fingerprint = key.fingerprint();
            let why = match self.request.trust.signers.find(key, layout::NAMESPACE, info.date.unix_seconds()) {
                Trust::Trusted { principal } => {
                    signers.push(Signer { principal, fingerprint });
                    continue;
                }
                Trust::OutsideValidity => format!("the trust file does not hold it valid on {}", info.date),
                Trust::WrongNamespace => format!("the trust file does not allow it for {}", layout::NAMESPACE),
                Trust::UnknownKey => "the trust file does not list it".to_owned(),
            };
            if number == 0 {
                self.report(Code::KeyNotValid, layout::SIGNATURE, format!("signed by {fingerprint}: {why}"));
            }
            uncounted.push(Uncounted { fingerprint, why });
        }
        (signers, uncounted)
    }

    /// Step 2, the end: as many trusted keys as the reader and the dataset ask for.
    pub(super) fn threshold(&mut self, info: &ReleaseInfo, signers: usize) -> u32 {
        let threshold = self.request.trust.needed(info.threshold, info.date);
        if (signers as u64) < u64::from(threshold) {
            let message = format!("trusted keys that signed: {signers}; needed: {threshold}");
            self.report(Code::ThresholdNotMet, layout::SIGNATURE, message);
        }
        threshold
    }
}

/// The signature files of each signer: the first one's, then those of each co-signer of whom one is here.
fn signature_files(files: &Files) -> Vec<[String; 2]> {
    let first = [layout::SIGNATURE.to_owned(), layout::MINISIGN.to_owned()];
    let cosigners: BTreeSet<&str> = files.paths().filter_map(layout::cosigner).collect();
    let pair = |id: &str| ["sig", "minisig"].map(|suffix| format!("{}.{id}.{suffix}", layout::TAG_MANIFEST));
    std::iter::once(first).chain(cosigners.into_iter().map(pair)).collect()
}
