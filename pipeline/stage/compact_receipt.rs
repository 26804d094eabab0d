//! Verifying a compact receipt: one signature, two lines.

use super::receipt;
use super::verify::{Signer, TrustedSigners};
use crate::finding::{Code, Finding, Findings, Outcome};
use crate::format::allowed_signers::Trust;
use crate::format::compact_receipt::CompactReceipt;
use crate::format::release_line::ReleaseLine;
use crate::format::{layout, minisig};
use crate::model::claim::Claim;
use crate::model::status::Standing;

/// A compact receipt that passed: only [`verify`] makes one. Neither log nor term is checked, and the voices are ids.
pub struct VerifiedCompactReceipt {
    release: ReleaseLine,
    signer: Signer,
    claim: Claim,
    line: String,
    standing: Standing,
}

impl VerifiedCompactReceipt {
    /// The release that it was made from.
    pub fn release(&self) -> &ReleaseLine {
        &self.release
    }

    /// Who signed.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The claim.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Its canonical line.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Its status in that release.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }
}

/// Verifies a compact receipt; `name` is what a person calls it.
pub fn verify(receipt: &CompactReceipt, name: &str, trust: TrustedSigners) -> Outcome<Option<VerifiedCompactReceipt>> {
    let mut findings = Findings::default();
    let value = match read(receipt, trust) {
        Ok(verified) => Some(verified),
        Err((code, message)) => {
            findings.push(Finding::of_file(code, name, message));
            None
        }
    };
    Outcome { value, findings }
}

fn read(receipt: &CompactReceipt, trust: TrustedSigners) -> Result<VerifiedCompactReceipt, (Code, String)> {
    let (key_id, tag_manifest) = (receipt.seal().key_id(), receipt.tag_manifest());
    let key = trust
        .signers
        .keys()
        .find(|key| minisig::key_id(key) == *key_id)
        .ok_or_else(|| (Code::KeyNotTrusted, "signed with a key that the trust file does not list".to_owned()))?;
    let comment = receipt.seal().verify(key, tag_manifest.as_bytes());
    let comment = comment.map_err(|error| (Code::SignatureInvalid, error.to_string()))?;
    let malformed = |error: &dyn std::fmt::Display| (Code::ReceiptMalformed, error.to_string());
    let release: ReleaseLine = comment.parse().map_err(|error| malformed(&error))?;
    if let Some(message) = trust.other_dataset(&release.dataset) {
        return Err((Code::KeyringDisagrees, message));
    }
    let fingerprint = key.fingerprint();
    let trusted = trust.signers.find(key, layout::NAMESPACE, release.date.unix_seconds());
    let Trust::Trusted { principal } = trusted else {
        let message = format!("{fingerprint} is not trusted for releases on {}", release.date);
        return Err((Code::KeyNotValid, message));
    };
    let needed = trust.needed(release.threshold, release.date);
    if needed > 1 {
        let message = format!("a compact receipt holds one signature, {needed} are needed; use the whole receipt");
        return Err((Code::ThresholdNotMet, message));
    }
    for (line, tree) in receipt.lines().iter().zip([&release.claims, &release.statuses]) {
        receipt::leads_to_root(line, tree)
            .map_err(|error| (Code::ReceiptProofInvalid, format!("{}: {error}", line.file)))?;
    }
    let [claim, status] = receipt.lines();
    let line = claim.line;
    let claim: Claim = serde_json::from_str(&line).map_err(|error| malformed(&error))?;
    let standing: Standing = serde_json::from_str(&status.line).map_err(|error| malformed(&error))?;
    if standing.id != claim.id {
        return Err((Code::ReceiptIncomplete, format!("the status is that of {}", standing.id)));
    }
    Ok(VerifiedCompactReceipt { release, signer: Signer { principal, fingerprint }, claim, line, standing })
}
