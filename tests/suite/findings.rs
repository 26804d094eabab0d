//! What `affiant check` finds, and that it finds all of it.

use affiant::finding::{Code, Group};
use serde_json::{Value, json};

use crate::cases::{Case, HERE, Spot, cases, swap};
use crate::house::{Ended, House};

#[test]
fn each_edit_is_found_exactly_where_it_stands() {
    let faults: Vec<String> = cases().iter().filter_map(Case::fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_code_of_a_dataset_has_a_case() {
    let cases = cases();
    let others = |code: &&Code| {
        matches!(code.group(), Group::Release(_) | Group::Law | Group::Log | Group::Receipt | Group::Keyring)
    };
    let of_a_dataset = Code::ALL.iter().filter(|code| !others(code));
    for code in of_a_dataset {
        assert!(cases.iter().any(|case| case.code == *code), "{code} has no case");
    }
}

/// The harbour with an agent that nothing names and a day whose year stands nowhere.
fn doubtful() -> House {
    let house = House::new();
    let agents = house.text("dataset/agents.jsonl");
    let watch = r#"{"id":"watch","kind":"org","names":["Night watch"],"privacy":"open"}"#;
    house.write("dataset/agents.jsonl", format!("{agents}{watch}\n"));
    house.swap("dataset/claims.jsonl", r#""when":"1999-05-05","basis":"stated""#, r#""when":"1999-05-05""#);
    house
}

fn codes(ended: &Ended) -> Vec<String> {
    ended.findings().iter().map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect()
}

#[test]
fn words_that_are_not_at_hand_are_not_judged() {
    let house = doubtful();
    assert_eq!(codes(&house.check().with_code(0)), ["year-without-basis", "orphan-agent"]);
    let without = house.affiant(&["check", "dataset", "--format", "json"]).with_code(0);
    assert_eq!(codes(&without), ["orphan-agent"]);
}

#[test]
fn a_curator_is_warned_and_a_reader_is_not() {
    let house = doubtful();
    assert_eq!(codes(&house.check().with_code(0)), ["year-without-basis", "orphan-agent"]);
    assert_eq!(codes(&house.release("1.0.0").with_code(0)), [""; 0]);
    assert_eq!(codes(&house.verify("dist/1.0.0").with_code(0)), [""; 0]);
}

#[test]
fn what_is_accepted_with_a_reason_is_not_shown_again() {
    let house = doubtful();
    let accepted = |code: &str, id: &str| json!({ "code": code, "id": id, "why": "it is so" });
    let accept = |accepted: Vec<Value>| {
        let mut dataset = house.json("dataset/dataset.json");
        dataset["accepted"] = json!(accepted);
        house.write("dataset/dataset.json", dataset.to_string());
    };
    let watch = accepted("orphan-agent", "watch");
    accept(vec![watch.clone()]);
    assert_eq!(codes(&house.check().with_code(0)), ["year-without-basis"]);
    let both = vec![watch.clone(), accepted("year-without-basis", "pf-0001")];
    accept(both.clone());
    let ended = house.check().with_code(0);
    assert_eq!((codes(&ended), &ended.json()["accepted"]), (vec![], &json!(both)));
    let words = house.affiant(&["check", "dataset", "--texts", "texts"]).with_code(0).stdout();
    assert!(words.contains("ACCEPTED") && words.contains("ok: no problem found"), "{words}");
    // What cannot be judged is not accepted in vain.
    assert_eq!(codes(&house.affiant(&["check", "dataset", "--format", "json"]).with_code(0)), [""; 0]);
    let again = json!({ "code": "orphan-agent", "id": "watch", "why": "said twice" });
    accept(vec![watch, again, accepted("no-such-code", "pf-0001"), accepted("year-without-basis", "pf-0002")]);
    let in_vain = ["accepted-in-vain", "accepted-in-vain", "accepted-in-vain", "year-without-basis"];
    let mut found = codes(&house.check().with_code(0));
    found.sort();
    assert_eq!(found, in_vain);
}

#[test]
fn nothing_is_suspected_of_records_beside_one_that_cannot_be_read() {
    let house = doubtful();
    house.swap("dataset/claims.jsonl", r#"{"id":"pf-0004","event":"pier-fire","#, r#"{"id":"pf-0004","#);
    assert_eq!(codes(&house.check().with_code(1)), ["year-without-basis", "schema-mismatch"]);
}

#[test]
fn each_code_is_explained_in_two_parts() {
    for code in Code::ALL {
        let parts: Vec<&str> = code.explanation().split('\n').collect();
        let is_sentence = |part: &&str| part.contains(' ') && part.ends_with('.');
        assert!(parts.len() == 2 && parts.iter().all(is_sentence), "{code}: what it means, and what to do");
        let explained = House::empty().affiant(&["explain", code.name()]).with_code(0).stdout();
        assert!(parts.iter().all(|part| explained.contains(part)), "{code}: {explained}");
    }
}

/// Edits the record of this id in a file of many records.
fn swap_in_record(house: &House, path: &str, id: &str, old: &str, new: &str) -> Spot {
    let text = house.text(path);
    let line = text.lines().find(|line| line.contains(&format!("{{\"id\":\"{id}\""))).expect("the record");
    assert!(line.contains(old), "{id} has {old}");
    swap(house, path, line, &line.replacen(old, new, 1)).expect("a marked spot")
}

/// The first anchor of a claim in this capture, up to its span, and the span.
fn anchor(house: &House, path: &str, id: &str, capture: &str) -> (String, u64, u64) {
    let text = house.text(path);
    let mut records = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a record"));
    let claim = records.find(|record| record["id"] == *id).expect("the claim");
    let anchors = claim["at"].as_array().expect("anchors");
    let anchor = anchors.iter().find(|anchor| anchor["capture"] == *capture).expect("an anchor in the capture");
    let (start, end) = serde_json::from_value(anchor["span"].clone()).expect("a span");
    (format!("{{\"capture\":\"{capture}\",\"span\":"), start, end)
}

#[test]
fn five_faults_in_five_lines_are_reported_in_one_run() {
    let house = House::seeds();
    let (souls, zhanaozen) = ("dataset/claims/souls-of-the-dead.jsonl", "dataset/claims/zhanaozen.jsonl");
    assert!(house.text("dataset/sources.jsonl").contains(r#""role":"chrome","span":[0,38]"#));
    let (at, start, end) = anchor(&house, souls, "sd-0001", "meduza-2023.1");
    let (body, chrome) = (format!("{at}[{start},{end}]"), format!("{at}{HERE}[0,38]"));
    let (at, start, end) = anchor(&house, zhanaozen, "zh-0001", "rferl-2011-summary.2");
    let (span, shifted) = (format!("{at}[{start},{end}]"), format!("{at}{HERE}[{},{}]", start + 1, end + 1));
    let edits = [
        ("anchor-in-chrome", souls, "sd-0001", body.as_str(), chrome.as_str()),
        ("quote-not-found", zhanaozen, "zh-0001", &span, &shifted),
        ("edtf-invalid", zhanaozen, "zh-0002", r#""when":"2011-12-16""#, r#""when":‸"2011-12-36""#),
        ("unknown-agent", zhanaozen, "zh-0003", r#""by":["rferl""#, r#""by":[‸"rferll""#),
        ("json-duplicate-key", zhanaozen, "zh-0005", r#""event":"#, r#""event":"x",‸"event":"#),
    ];
    let expected = edits.map(|(code, path, id, old, new)| {
        let (file, line, column) = swap_in_record(&house, path, id, old, new);
        json!([code, file, line, column])
    });
    let ended = house.affiant(&["check", "dataset", "--format", "json"]).with_code(1);
    let place = |finding: &Value| json!([finding["code"], finding["file"], finding["line"], finding["column"]]);
    assert_eq!(ended.findings().iter().map(place).collect::<Vec<_>>(), expected);
    let words = house.affiant(&["check", "dataset"]).with_code(1).stdout();
    for finding in &expected {
        let place = format!("{}:{}:{}", finding[1].as_str().expect("a file"), finding[2], finding[3]);
        assert!(words.contains(&place), "{place}\n{words}");
    }
}
