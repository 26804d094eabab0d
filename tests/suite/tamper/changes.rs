//! Step 9: what a release says of its changes, told otherwise by somebody who has the key.

use affiant::finding::Code;
use affiant::format::layout::RELEASE_INFO;
use affiant::model::change::{Change, Subject};
use affiant::model::change_class::ChangeClass;
use affiant::model::patch::Operation;
use serde_json::json;

use super::Case;
use crate::spoiled::Release;

const CHANGES: &str = "data/changes.jsonl";
const CHANGELOG: &str = "data/CHANGELOG.md";

/// The second release, with its changes told otherwise.
fn told(release: &mut Release, edit: impl FnOnce(&mut Vec<Change>)) {
    *release = Release::second();
    release.tell(edit);
}

/// The same for a reader who has the release before.
fn replayed(release: &mut Release, edit: impl FnOnce(&mut Vec<Change>)) {
    told(release, edit);
    release.asked_with(["--from", "1.0.0"]);
}

/// The second release, with the lines of its changelog spelled otherwise.
fn spelled(release: &mut Release, edit: impl FnOnce(&mut Vec<Vec<u8>>)) {
    *release = Release::second();
    release.write_changes(edit);
}

/// Replaces words in one line.
fn swap(lines: &mut [Vec<u8>], number: usize, old: &str, new: &str) {
    let line = String::from_utf8(lines[number].clone()).expect("UTF-8");
    assert!(line.contains(old), "{line}");
    lines[number] = line.replacen(old, new, 1).into_bytes();
}

fn claim(changes: &[Change], id: &str) -> usize {
    changes.iter().position(|change| change.kind == Subject::Claim && change.id == id).expect("the change")
}

pub const CHANGELOGS: &[Case] = &[
    Case::new(Code::ChangesMalformed, "space-after-a-colon", CHANGES, |r| {
        spelled(r, |lines| swap(lines, 1, ":", ": "));
    }),
    Case::new(Code::ChangesMalformed, "another-fingerprint", CHANGES, |r| {
        spelled(r, |lines| swap(lines, 1, r#""fingerprint":""#, r#""fingerprint":"0"#));
    }),
    Case::new(Code::ChangesMalformed, "no-trailer", CHANGES, |r| spelled(r, |lines| _ = lines.pop())),
    Case::new(Code::ChangesMalformed, "no-header", CHANGES, |r| spelled(r, |lines| _ = lines.remove(0))),
    Case::new(Code::ChangesMalformed, "two-changes-the-other-way-round", CHANGES, |r| {
        spelled(r, |lines| lines.swap(1, 2));
    }),
    Case::new(Code::ChangesMalformed, "a-change-twice", CHANGES, |r| {
        spelled(r, |lines| lines.insert(1, lines[1].clone()));
    }),
    Case::new(Code::ChangesMalformed, "a-line-behind-the-trailer", CHANGES, |r| {
        spelled(r, |lines| lines.push(lines[1].clone()));
    }),
    Case::new(Code::ChangesMalformed, "unknown-member", CHANGES, |r| {
        spelled(r, |lines| swap(lines, 1, r#""classes""#, r#""approved":true,"classes""#));
    }),
    Case::new(Code::ChangesMalformed, "unknown-class", CHANGES, |r| {
        spelled(r, |lines| swap(lines, 1, r#""C10""#, r#""C99""#));
    }),
    Case::new(Code::ChangesDisagree, "second-release-without-changes", CHANGES, |r| {
        *r = Release::second();
        r.remove(CHANGES);
        r.seal_payload();
    }),
    Case::new(Code::ChangesDisagree, "second-release-without-changelog", CHANGELOG, |r| {
        *r = Release::second();
        r.remove(CHANGELOG);
        r.seal_payload();
    }),
    Case::new(Code::ChangesDisagree, "first-release-with-changes", CHANGES, |r| {
        r.write(CHANGES, "");
        r.seal_payload();
    }),
    Case::new(Code::ChangesDisagree, "release-says-nothing-of-them", RELEASE_INFO, |r| {
        *r = Release::second();
        r.info(|info| _ = info.as_object_mut().expect("an object").remove("changes"));
        r.seal_payload();
    }),
    Case::new(Code::ChangesDisagree, "from-another-version", CHANGES, |r| {
        spelled(r, |lines| swap(lines, 0, r#""version":"1.0.0""#, r#""version":"0.9.0""#));
    }),
    Case::new(Code::ChangesDisagree, "a-change-less-than-counted", CHANGES, |r| {
        spelled(r, |lines| _ = lines.remove(1));
    }),
    Case::new(Code::ChangesDisagree, "leads-to-another-root", CHANGES, |r| {
        spelled(r, |lines| {
            let last = lines.len() - 1;
            swap(lines, last, r#""new":{"agent":{"count":4"#, r#""new":{"agent":{"count":5"#);
        });
    }),
    Case::new(Code::ChangesDisagree, "release-counts-other-classes", RELEASE_INFO, |r| {
        *r = Release::second();
        r.info(|info| info["changes"]["classes"] = json!({ "A01": 3 }));
        r.seal_payload();
    }),
    Case::new(Code::ChangelogDiffers, "a-number-in-the-table", CHANGELOG, |r| {
        *r = Release::second();
        r.swap(CHANGELOG, "| claims | 0 | 0 | 2 | 3 |", "| claims | 0 | 0 | 1 | 4 |");
        r.seal_payload();
    }),
    Case::new(Code::ChangelogDiffers, "kind-words-added", CHANGELOG, |r| {
        *r = Release::second();
        r.edit(CHANGELOG, |text| text + "\nNothing of importance changed.\n");
        r.seal_payload();
    }),
    Case::new(Code::LawBroken, "nobody-allowed-it", CHANGES, |r| {
        told(r, |changes| changes[0].classes.push(ChangeClass::D04));
    }),
    Case::new(Code::ChangesNotReplayed, "an-edit-without-its-line", CHANGES, |r| {
        replayed(r, |changes| {
            let value = claim(changes, "pf-0001");
            changes.remove(value);
        });
    }),
    Case::new(Code::ChangesNotReplayed, "a-line-without-its-edit", CHANGES, |r| {
        replayed(r, |changes| {
            let mut more = changes[claim(changes, "pf-0003")].clone();
            more.id = "pf-0004".to_owned();
            let behind = claim(changes, "pf-0003") + 1;
            changes.insert(behind, more);
        });
    }),
    Case::new(Code::ChangesNotReplayed, "a-value-for-a-remark", CHANGES, |r| {
        replayed(r, |changes| {
            let value = claim(changes, "pf-0001");
            changes[value].classes = vec![ChangeClass::A01];
        });
    }),
    Case::new(Code::ChangesNotReplayed, "another-value-before", CHANGES, |r| {
        replayed(r, |changes| {
            let value = claim(changes, "pf-0001");
            if let Some(Operation::Test { value, .. }) = changes[value].patch.first_mut() {
                value["lo"] = json!(4);
            }
        });
    }),
    Case::new(Code::ChangesNotReplayed, "a-release-that-tells-nothing", RELEASE_INFO, |r| {
        r.asked_with(["--from", "1.0.0"]);
    }),
    Case::new(Code::PreviousMismatch, "from-the-release-itself", RELEASE_INFO, |r| {
        *r = Release::second();
        r.asked_with(["--from", "1.1.0"]);
    }),
];
