//! Step 5: release.json and the labels are in their one form, and agree.

use affiant::finding::Code;
use affiant::format::layout::{BAG_DECLARATION, BAG_INFO, RELEASE_INFO};
use affiant::model::digest::Digest;
use serde_json::{Value, json};

use super::Case;
use crate::spoiled::Release;

/// Seals a release with edited text of release.json.
fn spelled(release: &Release, edit: impl FnOnce(String) -> String) {
    release.edit(RELEASE_INFO, edit);
    release.seal();
}

/// Seals a release with edited content of release.json.
fn stated(release: &Release, edit: impl FnOnce(&mut Value)) {
    release.info(edit);
    release.seal();
}

/// Seals a release with edited labels.
fn labelled(release: &Release, edit: impl FnOnce(String) -> String) {
    release.edit(BAG_INFO, edit);
    release.seal();
}

pub const INFO: &[Case] = &[
    Case::new(Code::ReleaseInfoMalformed, "space-after-a-colon", RELEASE_INFO, |r| {
        spelled(r, |text| text.replacen(':', ": ", 1))
    }),
    Case::new(Code::ReleaseInfoMalformed, "last-line-not-ended", RELEASE_INFO, |r| {
        spelled(r, |text| text.trim_end().to_owned());
    }),
    Case::new(Code::ReleaseInfoMalformed, "unknown-member", RELEASE_INFO, |r| {
        stated(r, |info| info["fresh"] = json!(true))
    }),
    Case::new(Code::ReleaseInfoMalformed, "no-threshold", RELEASE_INFO, |r| {
        stated(r, |info| _ = info.as_object_mut().expect("an object").remove("threshold"));
    }),
    Case::new(Code::ReleaseInfoMalformed, "threshold-of-zero", RELEASE_INFO, |r| {
        stated(r, |info| info["threshold"] = json!(0));
    }),
    Case::new(Code::ReleaseInfoMalformed, "byte-order-mark", RELEASE_INFO, |r| {
        spelled(r, |text| format!("\u{feff}{text}"))
    }),
    Case::new(Code::ReleaseInfoMalformed, "member-twice", RELEASE_INFO, |r| {
        spelled(r, |text| text.replacen('{', r#"{"seq":2,"#, 1));
    }),
    Case::new(Code::ReleaseInfoMalformed, "lone-surrogate", RELEASE_INFO, |r| {
        spelled(r, |text| text.replacen("harbour", r"harbour\ud800", 1));
    }),
    Case::new(Code::ReleaseInfoMalformed, "number-past-two-to-the-53", RELEASE_INFO, |r| {
        spelled(r, |text| text.replacen(r#""seq":1"#, r#""seq":9007199254740993"#, 1));
    }),
    Case::new(Code::ReleaseInfoMalformed, "a-hundred-thousand-deep", RELEASE_INFO, |r| {
        spelled(r, |_| "[".repeat(100_000) + &"]".repeat(100_000) + "\n");
    }),
    Case::new(Code::ReleaseInfoMalformed, "empty", RELEASE_INFO, |r| spelled(r, |_| String::new())),
    Case::new(Code::ReleaseInfoMalformed, "older-bag-declaration", BAG_DECLARATION, |r| {
        r.swap(BAG_DECLARATION, "1.0", "0.97");
        r.seal();
    }),
    Case::new(Code::ReleaseInfoMalformed, "labels-without-spaces", BAG_INFO, |r| {
        labelled(r, |text| text.replace(": ", ":"))
    }),
    Case::new(Code::ReleaseInfoDisagrees, "label-of-another-day", BAG_INFO, |r| {
        labelled(r, |text| text.replace("2026-11-21", "2026-11-22"));
    }),
    Case::new(Code::ReleaseInfoDisagrees, "another-day-than-the-label", BAG_INFO, |r| {
        stated(r, |info| info["date"] = json!("2026-11-22"));
    }),
    Case::new(Code::ReleaseInfoDisagrees, "unknown-format", RELEASE_INFO, |r| {
        stated(r, |info| info["format"] = json!("affiant-release-other"));
    }),
    Case::new(Code::ReleaseInfoDisagrees, "term-before-its-day", RELEASE_INFO, |r| {
        stated(r, |info| info["fresh_until"] = json!("2026-11-20"))
    }),
    Case::new(Code::ReleaseInfoDisagrees, "second-without-a-first", RELEASE_INFO, |r| {
        stated(r, |info| info["seq"] = json!(2))
    }),
    Case::new(Code::ReleaseInfoDisagrees, "another-law", RELEASE_INFO, |r| {
        stated(r, |info| info["law"] = json!("strict"))
    }),
    Case::new(Code::ReleaseInfoDisagrees, "another-schema", RELEASE_INFO, |r| {
        stated(r, |info| info["schemas"]["claim.schema.json"] = json!(Digest::of(b"")));
    }),
    Case::new(Code::ReleaseInfoDisagrees, "another-version", RELEASE_INFO, |r| {
        labelled(r, |text| text.replace("1.0.0", "1.0.1"));
        stated(r, |info| info["version"] = json!("1.0.1"));
    }),
];
