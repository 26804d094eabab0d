//! Texts whose bytes a careless tool would mend: captured, anchored, released and verified as they came.

use affiant::model::digest::Digest;
use serde_json::{Value, json};

use crate::house::{Ended, House};

/// A text as it came, and words of it.
type Fixture = (&'static str, &'static [u8], &'static str);

const FIXTURES: &[Fixture] = &[
    ("emoji", "Ten people \u{1f525}\u{1f468}\u{200d}\u{1f469} stood there.\n".as_bytes(), "\u{1f525}\u{1f468}\u{200d}\u{1f469}"),
    (
        "kazakh",
        "\u{49a}\u{430}\u{43b}\u{430}\u{434}\u{430} \u{43e}\u{4a3} \u{430}\u{434}\u{430}\u{43c} \u{49b}\u{430}\u{437}\u{430} \u{442}\u{430}\u{43f}\u{442}\u{44b}.\n".as_bytes(),
        "\u{43e}\u{4a3} \u{430}\u{434}\u{430}\u{43c}",
    ),
    ("decomposed", "The cafe\u{301} and the caf\u{e9} were closed.\n".as_bytes(), "cafe\u{301}"),
    ("composed", "The cafe\u{301} and the caf\u{e9} were closed.\n".as_bytes(), "caf\u{e9}"),
    ("carriage-returns", b"The first line.\r\nThe second line.\r\n", "line.\r\nThe"),
    ("byte-order-mark", "\u{feff}The office spoke of ten.\n".as_bytes(), "\u{feff}The office"),
    ("no-break-space", "They counted 10\u{a0}000 people.\u{a0}\n".as_bytes(), "10\u{a0}000 people.\u{a0}"),
    ("final-newline", b"They counted ten people.\n", "ten people.\n"),
    ("no-final-newline", b"They counted ten people.", "ten people."),
    ("blank-ends", b"\n\n  They counted ten people. \t\n\n", " They counted ten people. \t"),
    ("separators", "One line\u{2028}one paragraph\u{2029}and \u{c}a page.\n".as_bytes(), "line\u{2028}one paragraph\u{2029}and \u{c}a"),
    ("not-utf-8", b"The caf\xe9 had ten guests.\n", "had ten guests"),
];

/// The harbour with one more source, all of it body.
fn captured((id, text, _): &Fixture) -> House {
    let house = House::new();
    house.write("page.txt", text);
    let arguments = ["capture", "page.txt", "--id", id, "--publisher", "maintainers", "--into", "dataset"];
    let mut record = house.affiant(&arguments).with_code(0).json();
    let line = house.text("dataset/sources.jsonl").lines().last().expect("the new source").to_owned();
    record["captures"][0]["parts"] = json!([]);
    house.swap("dataset/sources.jsonl", &line, &record.to_string());
    house
}

/// Adds a claim that stands on this anchor.
fn add_claim(house: &House, anchor: &Value) {
    let claim = json!({
        "id": "pf-0006", "event": "pier-fire", "kind": "denial", "stance": "asserts", "by": ["maintainers"], "at": [anchor],
    });
    house.write("dataset/claims.jsonl", house.text("dataset/claims.jsonl") + &format!("{claim}\n"));
}

fn anchor(house: &House, id: &str, words: &str, options: &[&str]) -> Ended {
    house.affiant(&[&["anchor", "dataset", id, words][..], options].concat())
}

#[test]
fn every_byte_is_kept() {
    for fixture @ (id, text, words) in FIXTURES {
        let house = captured(fixture);
        let entry = anchor(&house, id, words, &[]).with_code(0).json();
        let start = text.windows(words.len()).position(|bytes| bytes == words.as_bytes()).expect("the words");
        let expected = json!({
            "capture": format!("{id}.1"),
            "span": [start, start + words.len()],
            "sha256": Digest::of(words.as_bytes()),
            "quote": words,
        });
        assert_eq!(entry, expected, "{id}");

        add_claim(&house, &entry);
        house.check().with_code(0);
        house.release("1.0.0").with_code(0);
        let report = house.verify("dist/1.0.0").with_code(0).json();
        assert_eq!(report["anchors"], json!({ "checked": 10, "not_checked": 0 }), "{id}");
        assert_eq!(&house.bytes(&format!("dataset/texts/{id}.1.txt")), text, "{id}");
        assert_eq!(&house.bytes(&format!("dist/1.0.0/data/texts/{id}.1.txt")), text, "{id}");
        let claims = house.text("dist/1.0.0/data/claims.jsonl");
        let claim: Value = serde_json::from_str(claims.lines().last().expect("a claim")).expect("JSON");
        assert_eq!(claim["at"][0], expected, "{id}");
    }
}

#[test]
fn an_anchor_begins_and_ends_with_whole_characters() {
    for fixture @ (id, text, _) in FIXTURES {
        let Ok(whole) = std::str::from_utf8(text) else { continue };
        let inside = (1..text.len()).filter(|at| !whole.is_char_boundary(*at));
        for at in inside {
            for span in [0..at, at..text.len()] {
                let house = captured(fixture);
                let digest = Digest::of(&text[span.clone()]);
                add_claim(
                    &house,
                    &json!({ "capture": format!("{id}.1"), "span": [span.start, span.end], "sha256": digest }),
                );
                assert_eq!(house.check().with_code(1).codes(), ["anchor-splits-character"], "{id} {span:?}");
            }
        }
    }
}

#[test]
fn offsets_count_bytes_and_nothing_else() {
    let fixture = &FIXTURES[0];
    let (id, text, _) = fixture;
    let words = "stood there";
    let whole = std::str::from_utf8(text).expect("UTF-8");
    let start = whole.find(words).expect("the words");
    let characters = whole[..start].chars().count();
    let units = whole[..start].encode_utf16().count();
    assert!(characters < units && units < start);
    for (offset, code) in [(start, 0), (characters, 1), (units, 1)] {
        let house = captured(fixture);
        let span = [offset, offset + words.len()];
        let digest = Digest::of(words.as_bytes());
        add_claim(&house, &json!({ "capture": format!("{id}.1"), "span": span, "sha256": digest, "quote": words }));
        let ended = house.check().with_code(code);
        if code == 1 {
            let help = ended.findings()[0]["help"].to_string();
            let found = ended.codes() == ["quote-not-found"] && help.contains(&format!("bytes {start}.."));
            assert!(found || ended.codes() == ["anchor-splits-character"], "{}", ended.stdout());
        }
    }
}

#[test]
fn words_that_stand_twice_are_told_apart_by_their_offset() {
    let text = b"Ten people came.\nTen people came.\n";
    let house = captured(&("twice", text, ""));
    let ended = anchor(&house, "twice", "Ten people", &[]).with_code(1);
    assert_eq!(ended.stdout(), "");
    assert!(ended.stderr().contains("2 times"), "{}", ended.stderr());
    for (nth, span) in [("1", [0, 10]), ("2", [17, 27])] {
        let entry = anchor(&house, "twice", "Ten people", &["--nth", nth]).with_code(0).json();
        assert_eq!(entry["span"], json!(span));
    }
    anchor(&house, "twice", "Ten people", &["--nth", "3"]).with_code(2);
}

#[test]
fn words_in_another_spelling_are_shown_but_not_anchored() {
    let house = captured(&FIXTURES[2]);
    for words in ["Cafe\u{301}", "THE CAFE\u{301}", "the cafe\u{301}  and"] {
        let ended = anchor(&house, "decomposed", words, &[]).with_code(1);
        assert_eq!(ended.stdout(), "", "{words}");
        assert!(ended.stderr().contains("the same words stand here"), "{words}: {}", ended.stderr());
    }
    let ended = anchor(&house, "decomposed", "nothing of the kind", &[]).with_code(1);
    assert_eq!(ended.stdout(), "");
}
