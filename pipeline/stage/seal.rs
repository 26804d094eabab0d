//! Stage 5: the maintainers' word for a release, in four forms that clients other than ours read.
//!
//! One key makes all four. Each form separates its own domain, so that no signature passes for another.

use std::io::Write;

use super::assemble::{NewFolder, Release};
use super::log::Log;
use crate::error::{Error, Result};
use crate::format::dsse::Envelope;
use crate::format::ed25519::{Signer, SignerError};
use crate::format::release_line::ReleaseLine;
use crate::format::tlog_proof::TlogProof;
use crate::format::{canonical, layout, minisig, sshsig, statement};
use crate::model::digest::Digest;
use crate::model::release_info::ReleaseInfo;

/// A release whose folder holds all seals of its first signer.
#[derive(Debug)]
pub struct SignedRelease {
    release: Release,
    proof: TlogProof,
}

impl SignedRelease {
    /// What it says about itself.
    pub fn info(&self) -> &ReleaseInfo {
        self.release.info()
    }

    /// The release under the seals.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// The proof of its place in the log.
    pub fn proof(&self) -> &TlogProof {
        &self.proof
    }
}

/// Makes the release the next entry of the log, and writes all seals into its folder.
///
/// # Errors
/// The signer's own, and I/O.
pub fn seal(release: Release, signer: &dyn Signer, log: &mut Log, out: &dyn NewFolder) -> Result<SignedRelease> {
    let tag_manifest = release.tag_manifest();
    let [openssh, minisign] = signatures(release.info(), tag_manifest, signer).map_err(unsigned)?;
    let envelope = envelope(release.info(), tag_manifest, signer).map_err(unsigned)?;
    let proof = append(log, tag_manifest, signer)?;
    for (path, bytes) in [
        (layout::SIGNATURE, openssh.as_bytes()),
        (layout::MINISIGN, minisign.as_bytes()),
        (layout::INTOTO, &envelope.to_bytes()),
        (layout::TLOG_PROOF, proof.to_string().as_bytes()),
    ] {
        let mut file = out.create(path)?;
        let written = file.write_all(bytes).and_then(|()| file.flush());
        written.map_err(Error::io(out.display(path)))?;
    }
    Ok(SignedRelease { release, proof })
}

/// The OpenSSH and the minisign signature over a tag manifest.
///
/// # Errors
/// The signer's own.
pub fn signatures(info: &ReleaseInfo, tag_manifest: &[u8], signer: &dyn Signer) -> Result<[String; 2], SignerError> {
    Ok([
        sshsig::sign(signer, layout::NAMESPACE, tag_manifest)?,
        minisig::sign(signer, &trusted_comment(info), tag_manifest)?,
    ])
}

fn envelope(info: &ReleaseInfo, tag_manifest: &[u8], signer: &dyn Signer) -> Result<Envelope, SignerError> {
    let statement = statement::to_bytes(&Digest::of(tag_manifest), &canonical::ordered_to_vec(info));
    Envelope::sign(signer, statement::PAYLOAD_TYPE, &statement)
}

/// The proof that the tag manifest is the log's newest entry, under a checkpoint signed now.
fn append(log: &mut Log, tag_manifest: &[u8], signer: &dyn Signer) -> Result<TlogProof> {
    let index = log.size();
    log.append(tag_manifest.to_vec()).map_err(|error| Error::Refused(format!("{}: {error}", layout::TAG_MANIFEST)))?;
    let Some(checkpoint) = log.checkpoint(log.size()) else { unreachable!("a log has a checkpoint of its own size") };
    let note = checkpoint.sign(signer).map_err(unsigned)?;
    let proof = log.prove(index, note);
    Ok(proof.unwrap_or_else(|| unreachable!("the log has the entry that was just appended")))
}

/// The keeper of the key did not sign.
pub fn unsigned(error: SignerError) -> Error {
    Error::Signer(error.0)
}

/// What the minisign signature says of the release, in words that it covers.
pub fn trusted_comment(info: &ReleaseInfo) -> String {
    ReleaseLine::of(info).map_or_else(String::new, |line| line.to_string())
}
