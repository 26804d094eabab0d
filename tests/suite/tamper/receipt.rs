//! Receipts, whole and compact, that do not hold what they should.

use affiant::finding::Code;
use affiant::format::compact_receipt::PREFIX;
use affiant::format::receipt::Receipt;
use serde_json::{Value, json};

use super::Case;
use crate::house::strange_key;
use crate::spoiled::{RECEIPT, RELEASES, Release};

const CLAIM: &str = "pf-0001";

/// Hands out a receipt with edited bytes.
fn spelled(release: &mut Release, edit: impl FnOnce(String) -> String) {
    release.hand_out(CLAIM, &[]);
    let file = format!("{RELEASES}/{RECEIPT}");
    release.house.write(&file, edit(release.house.text(&file)));
}

/// Hands out a receipt with edited content.
fn told(release: &mut Release, edit: impl FnOnce(&mut Receipt)) {
    spelled(release, |text| {
        let mut receipt = Receipt::parse(text.as_bytes()).expect("a receipt");
        edit(&mut receipt);
        String::from_utf8(receipt.to_bytes()).expect("UTF-8")
    });
}

/// Hands out a compact receipt with other bytes in the place of some.
fn packed(release: &mut Release, old: &str, new: &str) {
    release.hand_out(CLAIM, &["--compact"]);
    let file = format!("{RELEASES}/{RECEIPT}");
    let text = release.house.text(&file);
    let bytes = base45::decode(text.trim_end().strip_prefix(PREFIX).expect("a receipt")).expect("base45");
    let at = bytes.windows(old.len()).position(|window| window == old.as_bytes()).expect("the words");
    let edited = [&bytes[..at], new.as_bytes(), &bytes[at + old.len()..]].concat();
    release.house.write(&file, format!("{PREFIX}{}\n", base45::encode(edited)));
}

pub const RECEIPTS: &[Case] = &[
    Case::new(Code::ReceiptMalformed, "space-after-a-colon", "", |r| spelled(r, |text| text.replacen(':', ": ", 1))),
    Case::new(Code::ReceiptMalformed, "last-line-not-ended", "", |r| spelled(r, |text| text.trim_end().to_owned())),
    Case::new(Code::ReceiptMalformed, "line-more", "", |r| spelled(r, |text| text + "\n")),
    Case::new(Code::ReceiptMalformed, "unknown-member", "", |r| {
        spelled(r, |text| {
            let mut json: Value = serde_json::from_str(&text).expect("JSON");
            json["more"] = json!(true);
            format!("{json}\n")
        });
    }),
    Case::new(Code::ReceiptMalformed, "unknown-format", "", |r| told(r, |receipt| receipt.format += "0")),
    Case::new(Code::ReceiptMalformed, "records-in-reverse", "", |r| told(r, |receipt| receipt.records.reverse())),
    Case::new(Code::ReceiptMalformed, "record-twice", "", |r| {
        told(r, |receipt| receipt.records.insert(0, receipt.records[0].clone()));
    }),
    Case::new(Code::ReceiptMalformed, "file-more", "", |r| {
        let bagit = r.text("bagit.txt");
        told(r, |receipt| _ = receipt.files.insert("bagit.txt".to_owned(), bagit));
    }),
    Case::new(Code::ReceiptMalformed, "seal-less", "", |r| {
        told(r, |receipt| _ = receipt.files.remove("tagmanifest-sha256.txt.minisig"));
    }),
    Case::new(Code::ReceiptMalformed, "file-of-no-release", "", |r| {
        told(r, |receipt| receipt.records.iter_mut().for_each(|record| record.file.insert(0, 'x')));
    }),
    Case::new(Code::ReceiptProofInvalid, "words-of-the-claim", "", |r| {
        told(r, |receipt| {
            let lines = receipt.records.iter_mut().map(|record| &mut record.line);
            lines.for_each(|line| *line = line.replace("three workers", "four workers"));
        });
    }),
    Case::new(Code::ReceiptProofInvalid, "another-line-number", "", |r| {
        told(r, |receipt| receipt.records.iter_mut().for_each(|record| record.index += 1));
    }),
    Case::new(Code::ReceiptProofInvalid, "shorter-way", "", |r| {
        told(r, |receipt| receipt.records.iter_mut().for_each(|record| _ = record.path.pop()));
    }),
    Case::new(Code::ReceiptProofInvalid, "status-settled", "", |r| {
        told(r, |receipt| {
            let lines = receipt.records.iter_mut().map(|record| &mut record.line);
            lines.for_each(|line| *line = line.replace("\"disputed\"", "\"asserted\""));
        });
    }),
    Case::new(Code::ReceiptIncomplete, "no-status", "", |r| {
        told(r, |receipt| receipt.records.retain(|record| record.file != "statuses.jsonl"));
    }),
    Case::new(Code::ReceiptIncomplete, "no-claim", "", |r| {
        told(r, |receipt| receipt.records.retain(|record| record.file != "claims.jsonl"));
    }),
    Case::new(Code::ReceiptIncomplete, "one-source-less", "", |r| {
        told(r, |receipt| receipt.records.retain(|record| record.index != 1 || record.file != "sources.jsonl"));
    }),
    Case::new(Code::ReceiptIncomplete, "somebody-whom-nobody-named", "", |r| {
        let other = r.house.affiant(&["receipt", "dist/1.0.0", "pf-0002"]).with_code(0).stdout();
        let other = Receipt::parse(other.as_bytes()).expect("a receipt");
        told(r, |receipt| {
            let missing = |record: &&_| !receipt.records.contains(record);
            let agents = other.records.iter().filter(|record| record.file == "agents.jsonl").filter(missing);
            receipt.records.extend(agents.cloned().collect::<Vec<_>>());
            receipt.records.sort();
        });
    }),
];

pub const COMPACT: &[Case] = &[
    Case::new(Code::ReceiptMalformed, "compact-with-a-letter-less", "", |r| {
        r.hand_out(CLAIM, &["--compact"]);
        r.house.write("dist/receipt", r.house.text("dist/receipt").replacen("AFFIANT1:A", "AFFIANT1:", 1) + "A");
    }),
    Case::new(Code::ReceiptProofInvalid, "compact-words-of-the-claim", "", |r| {
        packed(r, "three workers", "thirty worker")
    }),
    Case::new(Code::ReceiptProofInvalid, "compact-status-settled", "", |r| packed(r, "disputed", "asserted")),
    Case::new(Code::SignatureInvalid, "compact-lower-threshold", "", |r| packed(r, "threshold:1", "threshold:0")),
    Case::new(Code::KeyNotTrusted, "compact-strange-key", "", |r| {
        r.sign(&strange_key());
        r.hand_out(CLAIM, &["--compact"]);
    }),
    Case::new(Code::KeyNotValid, "compact-key-no-longer-valid", "", |r| {
        r.trust("valid-before=\"20261120235959Z\"");
        r.hand_out(CLAIM, &["--compact"]);
    }),
    Case::new(Code::ThresholdNotMet, "compact-one-of-two", "", |r| {
        r.asked_with(["--threshold", "2"]);
        r.hand_out(CLAIM, &["--compact"]);
    }),
];
