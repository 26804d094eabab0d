//! Steps 2 and 5 for the envelope and the log's proof: their form, and what they say.

use affiant::finding::Code;
use affiant::format::dsse::Envelope;
use affiant::format::layout::{INTOTO, MINISIGN, TAG_MANIFEST, TLOG_PROOF};
use affiant::format::note;
use affiant::format::statement::{self, PAYLOAD_TYPE};
use affiant::format::tlog_proof::TlogProof;
use affiant::model::digest::Digest;

use super::Case;
use crate::house::{key, strange_key};
use crate::spoiled::{Release, add_order};

fn envelope(release: &Release) -> Envelope {
    Envelope::parse(release.text(INTOTO).as_bytes()).expect("an envelope")
}

fn proof(release: &Release) -> TlogProof {
    TlogProof::parse(release.text(TLOG_PROOF).as_bytes()).expect("a proof")
}

/// The base64 of the envelope's signature.
fn envelope_signature(release: &Release) -> String {
    let text = release.text(INTOTO);
    let (_, rest) = text.split_once(r#""sig":""#).expect("a signature");
    rest.split('"').next().expect("its end").to_owned()
}

/// The base64 of the checkpoint's signature.
fn checkpoint_signature(release: &Release) -> String {
    let text = release.text(TLOG_PROOF);
    text.lines().last().and_then(|line| line.split(' ').nth(2)).expect("a signature").to_owned()
}

/// Adds the lines of so many witnesses to the checkpoint.
fn with_witnesses(release: &Release, count: usize) {
    let note = proof(release).note;
    let line = |n: usize| {
        let mut cosigned = note.clone();
        let signature = note::cosign(&strange_key(), &format!("witness-{n}"), 1, note.text()).expect("signs");
        cosigned.add(signature).expect("room");
        format!("{}\n", cosigned.to_string().lines().last().expect("a line"))
    };
    let lines: String = (0..count).map(line).collect();
    release.edit(TLOG_PROOF, |text| text + &lines);
}

pub const FORM: &[Case] = &[
    Case::new(Code::SignatureMissing, "envelope", INTOTO, |r| r.remove(INTOTO)),
    Case::new(Code::SignatureMissing, "proof", TLOG_PROOF, |r| r.remove(TLOG_PROOF)),
    Case::new(Code::SignatureMalformed, "envelope-with-a-space-more", INTOTO, |r| {
        r.edit(INTOTO, |text| text.replacen(':', ": ", 1));
    }),
    Case::new(Code::SignatureMalformed, "envelope-with-a-line-more", INTOTO, |r| r.edit(INTOTO, |text| text + "\n")),
    Case::new(Code::SignatureMalformed, "envelope-of-another-type", INTOTO, |r| {
        r.envelope(&key(), "application/json", |statement| statement);
    }),
    Case::new(Code::SignatureMalformed, "envelope-without-signatures", INTOTO, |r| {
        r.edit(INTOTO, |text| {
            let (before, _) = text.split_once("[{").expect("signatures");
            format!("{before}[]}}\n")
        });
    }),
    Case::new(Code::SignatureMalformed, "envelope-with-a-name-for-a-key", INTOTO, |r| {
        r.swap(INTOTO, "SHA256:", "SHA512:")
    }),
    Case::new(Code::SignatureMalformed, "envelope-with-half-a-signature", INTOTO, |r| {
        let whole = envelope_signature(r);
        r.swap(INTOTO, &whole, &whole[..44]);
    }),
    Case::new(Code::SignatureMalformed, "proof-with-junk-behind-it", TLOG_PROOF, |r| {
        r.edit(TLOG_PROOF, |text| text + "\n")
    }),
    Case::new(Code::SignatureMalformed, "proof-with-carriage-returns", TLOG_PROOF, |r| {
        r.edit(TLOG_PROOF, |text| text.replace('\n', "\r\n"));
    }),
    Case::new(Code::SignatureMalformed, "proof-with-a-plus-in-the-origin", TLOG_PROOF, |r| {
        r.swap(TLOG_PROOF, "affiant/harbour\n", "affiant+harbour\n");
    }),
    Case::new(Code::SignatureMalformed, "proof-with-a-longer-root", TLOG_PROOF, |r| {
        r.swap(TLOG_PROOF, "=\n\n—", "AAAA\n\n—");
    }),
    Case::new(Code::SignatureMalformed, "proof-with-seventeen-signatures", TLOG_PROOF, |r| with_witnesses(r, 16)),
    Case::new(Code::SignatureInvalid, "envelope-malleable", INTOTO, |r| {
        r.recode(INTOTO, &envelope_signature(r), add_order)
    }),
    Case::new(Code::SignatureInvalid, "envelope-by-another-key", INTOTO, |r| {
        r.envelope(&strange_key(), PAYLOAD_TYPE, |statement| statement);
    }),
    Case::new(Code::SignatureInvalid, "envelope-with-one-signature-more", INTOTO, |r| {
        let mut envelope = envelope(r);
        envelope.add(&strange_key()).expect("signs");
        r.write(INTOTO, envelope.to_bytes());
    }),
    Case::new(Code::SignatureInvalid, "proof-malleable", TLOG_PROOF, |r| {
        r.recode(TLOG_PROOF, &checkpoint_signature(r), add_order)
    }),
    Case::new(Code::SignatureInvalid, "proof-by-another-key", TLOG_PROOF, |r| {
        r.prove(&strange_key(), "harbour", |_| ())
    }),
    Case::new(Code::LogProofInvalid, "proof-of-another-release", TLOG_PROOF, |r| r.take_from_second(TLOG_PROOF)),
    Case::new(Code::LogProofInvalid, "proof-with-a-longer-way", TLOG_PROOF, |r| {
        r.prove(&key(), "harbour", |proof| proof.path.push(Digest::of(b"")));
    }),
    Case::new(Code::LogProofInvalid, "proof-of-an-entry-behind-the-end", TLOG_PROOF, |r| {
        r.prove(&key(), "harbour", |proof| proof.index = 1);
    }),
];

pub const WORDS: &[Case] = &[
    Case::new(Code::SealDisagrees, "another-trusted-comment", MINISIGN, |r| r.minisign(&key(), "dataset:harbour")),
    Case::new(Code::SealDisagrees, "envelope-of-another-release", INTOTO, |r| r.take_from_second(INTOTO)),
    Case::new(Code::SealDisagrees, "statement-of-another-predicate", INTOTO, |r| {
        let tag_manifest = r.text(TAG_MANIFEST);
        r.envelope(&key(), PAYLOAD_TYPE, |_| statement::to_bytes(&Digest::of(tag_manifest.as_bytes()), b"{}"));
    }),
    Case::new(Code::SealDisagrees, "log-of-another-dataset", TLOG_PROOF, |r| r.prove(&key(), "pier", |_| ())),
    Case::new(Code::SealDisagrees, "another-place-in-the-log", TLOG_PROOF, |r| {
        r.edit(TLOG_PROOF, |_| second_of_two(r));
    }),
];

/// A proof that the release is the second entry of a log, though it says that it is the first.
fn second_of_two(release: &Release) -> String {
    let mut log = affiant::stage::log::Log::new("affiant/harbour");
    log.append(b"an entry before".to_vec()).expect("room");
    log.append(release.text(TAG_MANIFEST).into_bytes()).expect("room");
    let note = log.checkpoint(2).expect("a checkpoint").sign(&key()).expect("signs");
    log.prove(1, note).expect("a proof").to_string()
}
