//! Stage 5: the maintainer's word for a release.

use std::io::Write;

use super::assemble::{NewFolder, Release};
use crate::error::{Error, Result};
use crate::format::ed25519::Signer;
use crate::format::{layout, sshsig};
use crate::model::release_info::ReleaseInfo;

/// A release whose folder holds a signature over its tag manifest.
#[derive(Debug)]
pub struct SignedRelease {
    release: Release,
}

impl SignedRelease {
    /// What it says about itself.
    pub fn info(&self) -> &ReleaseInfo {
        self.release.info()
    }
}

/// Signs the tag manifest as OpenSSH does (PROTOCOL.sshsig) and writes the signature beside it.
pub fn sign(release: Release, signer: &dyn Signer, out: &mut dyn NewFolder) -> Result<SignedRelease> {
    let signature =
        sshsig::sign(signer, layout::NAMESPACE, release.tag_manifest()).map_err(|error| Error::Signer(error.0))?;
    let mut file = out.create(layout::SIGNATURE)?;
    let written = file.write_all(signature.as_bytes()).and_then(|()| file.flush());
    written.map_err(Error::io(out.display(layout::SIGNATURE)))?;
    Ok(SignedRelease { release })
}
