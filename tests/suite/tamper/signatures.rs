//! Step 2: the OpenSSH and minisign signatures, and whom the reader trusts.

use affiant::finding::Code;
use affiant::format::layout::{self, MINISIGN, SIGNATURE, TAG_MANIFEST};
use affiant::format::minisig;

use super::Case;
use crate::house::{key, signer, strange_key};
use crate::spoiled::{Release, add_order};

/// Where the co-signer's seals would stand if the first signer were one.
const OWN_COSIGNATURE: &str = "tagmanifest-sha256.txt.fe812c12f3ab4ce6.sig";

/// What would have to stand beside a co-signer's minisign signature.
const STRAY_COSIGNATURE: &str = "tagmanifest-sha256.txt.0123456789abcdef.sig";

/// The lines of a minisign file.
fn minisign_line(release: &Release, number: usize) -> String {
    release.text(MINISIGN).lines().nth(number).expect("the line").to_owned()
}

/// Puts a coordinate in the key's place. 1 is that of a point of small order, under which one signature holds for many
/// messages; 2 that of no point of the curve.
fn put_coordinate(y: u8, signature: &mut [u8]) {
    let key = *key().verifying_key().as_bytes();
    let at = signature.windows(key.len()).position(|window| window == key).expect("the key");
    signature[at..at + key.len()].fill(0);
    signature[at] = y;
}

/// Makes the first letter of the namespace a byte that begins no character.
fn garble_namespace(signature: &mut [u8]) {
    let namespace = layout::NAMESPACE.as_bytes();
    let at = signature.windows(namespace.len()).position(|window| window == namespace).expect("the namespace");
    signature[at] = 0xff;
}

/// The base64 of an armoured signature, with its line ends.
fn armoured(release: &Release) -> String {
    let text = release.text(SIGNATURE);
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('-')).collect();
    lines.join("\n")
}

pub const SIGNATURES: &[Case] = &[
    Case::new(Code::SignatureMissing, "openssh", SIGNATURE, |r| r.remove(SIGNATURE)),
    Case::new(Code::SignatureMissing, "minisign", MINISIGN, |r| r.remove(MINISIGN)),
    Case::new(Code::SignatureMissing, "minisign-of-a-cosigner-alone", STRAY_COSIGNATURE, |r| {
        r.write("tagmanifest-sha256.txt.0123456789abcdef.minisig", r.text(MINISIGN));
    }),
    Case::new(Code::SignatureMalformed, "openssh-with-a-line-more", SIGNATURE, |r| {
        r.edit(SIGNATURE, |text| text + "\n")
    }),
    Case::new(Code::SignatureMalformed, "openssh-with-carriage-returns", SIGNATURE, |r| {
        r.edit(SIGNATURE, |text| text.replace('\n', "\r\n"));
    }),
    Case::new(Code::SignatureMalformed, "openssh-twice", SIGNATURE, |r| r.edit(SIGNATURE, |text| text.repeat(2))),
    Case::new(Code::SignatureMalformed, "openssh-empty", SIGNATURE, |r| r.write(SIGNATURE, "")),
    Case::new(Code::SignatureMalformed, "openssh-by-a-weak-key", SIGNATURE, |r| {
        r.recode(SIGNATURE, &armoured(r), |bytes| put_coordinate(1, bytes))
    }),
    Case::new(Code::SignatureMalformed, "openssh-by-no-key", SIGNATURE, |r| {
        r.recode(SIGNATURE, &armoured(r), |bytes| put_coordinate(2, bytes))
    }),
    Case::new(Code::SignatureMalformed, "openssh-for-a-garbled-namespace", SIGNATURE, |r| {
        r.recode(SIGNATURE, &armoured(r), garble_namespace);
    }),
    Case::new(Code::SignatureMalformed, "minisign-of-the-older-kind", MINISIGN, |r| {
        r.recode(MINISIGN, &minisign_line(r, 1), |bytes| bytes[1] = b'd');
    }),
    Case::new(Code::SignatureMalformed, "minisign-with-a-line-more", MINISIGN, |r| {
        r.edit(MINISIGN, |text| text + "\n")
    }),
    Case::new(Code::SignatureMalformed, "minisign-with-carriage-returns", MINISIGN, |r| {
        r.edit(MINISIGN, |text| text.replace('\n', "\r\n"));
    }),
    Case::new(Code::SignatureMalformed, "minisign-with-another-untrusted-comment", MINISIGN, |r| {
        r.edit(MINISIGN, |text| text.replacen("untrusted comment: ", "untrusted comment: verified! ", 1));
    }),
    Case::new(Code::SignatureMalformed, "minisign-with-a-control-character", MINISIGN, |r| {
        r.swap(MINISIGN, "dataset:", "dataset\t");
    }),
    Case::new(Code::SignatureMalformed, "minisign-empty", MINISIGN, |r| r.write(MINISIGN, "")),
    Case::new(Code::SignatureMalformed, "same-key-as-co-signer", OWN_COSIGNATURE, |r| {
        let [openssh, minisign] = layout::cosigner_seals(minisig::key_id(&key().verifying_key()));
        r.write(&openssh, r.text(SIGNATURE));
        r.write(&minisign, r.text(MINISIGN));
    }),
    Case::new(Code::SignatureInvalid, "tag-manifest-with-a-line-more", TAG_MANIFEST, |r| {
        r.edit(TAG_MANIFEST, |text| text + "\n");
    }),
    Case::new(Code::SignatureInvalid, "openssh-for-git", TAG_MANIFEST, |r| r.openssh(&key(), "git")),
    Case::new(Code::SignatureInvalid, "openssh-for-a-longer-namespace", TAG_MANIFEST, |r| {
        r.openssh(&key(), "affiant-release2");
    }),
    Case::new(Code::SignatureInvalid, "openssh-of-another-release", TAG_MANIFEST, |r| r.take_from_second(SIGNATURE)),
    Case::new(Code::SignatureInvalid, "openssh-malleable", TAG_MANIFEST, |r| {
        r.recode(SIGNATURE, &armoured(r), add_order)
    }),
    Case::new(Code::SignatureInvalid, "minisign-of-another-release", TAG_MANIFEST, |r| r.take_from_second(MINISIGN)),
    Case::new(Code::SignatureInvalid, "minisign-by-another-key", TAG_MANIFEST, |r| {
        r.minisign(&strange_key(), "dataset:harbour");
    }),
    Case::new(Code::SignatureInvalid, "minisign-with-another-trusted-comment", TAG_MANIFEST, |r| {
        r.swap(MINISIGN, "threshold:1", "threshold:0");
    }),
    Case::new(Code::SignatureInvalid, "minisign-malleable", TAG_MANIFEST, |r| {
        r.recode(MINISIGN, &minisign_line(r, 1), add_order)
    }),
    Case::new(Code::SignatureInvalid, "minisign-malleable-comment", TAG_MANIFEST, |r| {
        r.recode(MINISIGN, &minisign_line(r, 3), add_order);
    }),
];

pub const TRUST: &[Case] = &[
    Case::new(Code::KeyNotTrusted, "strange-key", SIGNATURE, |r| r.sign(&strange_key())),
    Case::new(Code::KeyNotTrusted, "nobody-is-trusted", SIGNATURE, |r| r.house.write("dist/trust", "# nobody\n")),
    Case::new(Code::KeyNotValid, "key-for-git-only", SIGNATURE, |r| r.trust("namespaces=\"git\"")),
    Case::new(Code::KeyNotValid, "key-not-valid-yet", SIGNATURE, |r| r.trust("valid-after=\"20261122Z\"")),
    Case::new(Code::KeyNotValid, "key-no-longer-valid", SIGNATURE, |r| r.trust("valid-before=\"20261120235959Z\"")),
    Case::new(Code::ThresholdNotMet, "one-of-two", SIGNATURE, |r| {
        r.start_again();
        r.ask_for_signers(2);
        r.cut("1.0.0", "2026-11-21", &[]);
        r.forget_log();
    }),
    Case::new(Code::ThresholdNotMet, "one-key-under-two-names", SIGNATURE, |r| {
        let twice = format!("{}\nsomebody-else {}\n", signer("", &key()), key().verifying_key().to_openssh_line(""));
        r.house.write("dist/trust", twice);
        r.asked_with(["--threshold", "2"]);
    }),
    Case::new(Code::ThresholdNotMet, "co-signer-whom-nobody-knows", SIGNATURE, |r| {
        r.start_again();
        r.ask_for_signers(2);
        r.cut("1.0.0", "2026-11-21", &[]);
        r.cosign(8);
        r.forget_log();
    }),
];
