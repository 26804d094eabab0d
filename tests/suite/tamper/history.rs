//! Step 10: what the reader saw before, and whom he trusts to have watched the log.

use affiant::finding::Code;
use affiant::format::layout::{RELEASE_INFO, TAG_MANIFEST, TLOG_PROOF};
use affiant::format::note::{self, NoteKey};
use affiant::format::tlog_proof::TlogProof;

use super::Case;
use crate::house::strange_key;
use crate::spoiled::Release;

/// Whom the reader trusts to watch.
const WITNESS: &str = "witness.example/one";

/// The witness's key, as it is typed.
pub fn witness() -> String {
    NoteKey::witness(WITNESS, strange_key().verifying_key()).expect("a name").to_string()
}

/// Has the witness sign the checkpoint of a release; what he signed is put under an edited text.
pub fn cosign(release: &Release, edit: impl FnOnce(&str) -> String) {
    let mut proof = TlogProof::parse(release.text(TLOG_PROOF).as_bytes()).expect("a proof");
    let text = edit(proof.note.text());
    proof.note.add(note::cosign(&strange_key(), WITNESS, 1_795_000_000, &text).expect("signs")).expect("room");
    release.write(TLOG_PROOF, proof.to_string());
}

/// Has the reader see a release that another history put there.
fn see_another(release: &Release, version: &str) {
    release.swap_title();
    release.cut(version, "2026-11-21", &[]);
    release.see(version);
    release.house.remove_folder(&format!("dist/{version}"));
    release.forget_log();
}

pub const HISTORY: &[Case] = &[
    Case::new(Code::Rollback, "older-than-seen", RELEASE_INFO, |r| {
        r.place("1.1.0");
        r.see("1.1.0");
        r.asked_with(["--state", "state"]);
    }),
    Case::new(Code::Fork, "same-number-other-bytes", TAG_MANIFEST, |r| {
        r.start_again();
        see_another(r, "1.0.0");
        r.place("1.0.0");
        r.asked_with(["--state", "state"]);
    }),
    Case::new(Code::Fork, "next-of-another-history", TLOG_PROOF, |r| {
        r.start_again();
        see_another(r, "1.0.0");
        r.place("1.1.0");
        r.version = "1.1.0";
        r.asked_with(["--state", "state"]);
    }),
    Case::new(Code::Fork, "log-at-hand-is-another", TLOG_PROOF, |r| {
        r.start_again();
        r.swap_title();
        r.cut("1.0.0", "2026-11-21", &[]);
        r.house.remove_folder("dist/1.0.0");
        r.place("1.0.0");
        r.asked_with(["--log", "log"]);
    }),
    Case::new(Code::LogNeeded, "two-further-than-seen", TLOG_PROOF, |r| {
        r.see("1.0.0");
        r.cut("1.1.0", "2026-11-21", &[]);
        r.cut("1.2.0", "2026-11-21", &[]);
        r.forget_log();
        r.house.remove_folder("dist/1.1.0");
        r.version = "1.2.0";
        r.asked_with(["--state", "state"]);
    }),
    Case::new(Code::WitnessesMissing, "no-witness", TLOG_PROOF, |r| {
        r.asked_with(["--witness", &witness(), "--witnesses", "1"]);
    }),
    Case::new(Code::LogProofInvalid, "witness-of-another-checkpoint", TLOG_PROOF, |r| {
        cosign(r, |text| text.replacen("\n1\n", "\n2\n", 1));
        r.asked_with(["--witness", &witness()]);
    }),
];
