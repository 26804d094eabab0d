//! What `affiant diff` is asked for: some of the changes, fewer words, and the forms that other programs read.

use std::collections::BTreeSet;

use affiant::model::change_class::ChangeClass;
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::house::{Ended, House};

const CLAIMS: &str = "dataset/claims.jsonl";

/// The harbour with a release of it, then six edits: another value, a claim gone, another voice and an event, a name, and
/// words of the codebook. Two of the claims stand in a file of their own by then, oddly spelt.
fn edited() -> House {
    let house = House::new();
    house.release("1.0.0").with_code(0);
    house.swap(CLAIMS, r#""lo":3,"hi":3"#, r#""lo":4,"hi":4"#);
    house.swap(CLAIMS, r#"["gazette","person-01"]"#, r#"["person-01"]"#);
    house.swap("dataset/events.jsonl", r#""when":"1999-05"}"#, r#""when":"1999-06"}"#);
    house.swap("dataset/agents.jsonl", r#"["The Harbour Gazette"]"#, r#"["The Gazette","The Harbour Gazette"]"#);
    house.write("dataset/README.md", "other words\n");
    let claims = house.text(CLAIMS);
    let lines: Vec<&str> = claims.lines().collect();
    house.write(CLAIMS, format!("{}\n{}\n", lines[2], lines[3]));
    let odd = lines[1].replacen(r#""id":"pf-0002","#, r#" "id" : "\u0070f-0002", "#, 1);
    house.write("dataset/claims/odd.jsonl", format!("{odd}\n{}\n", lines[0]));
    house
}

fn diff(house: &House, options: &[&str]) -> Ended {
    house.affiant(&[&["diff", "dist/1.0.0", "dataset"][..], options].concat()).with_code(0)
}

fn names(house: &House, options: &[&str]) -> Vec<String> {
    let printed = diff(house, &[&["--name-only"], options].concat()).stdout();
    printed.lines().map(str::to_owned).collect()
}

#[test]
fn filters_choose_any_of_a_kind_and_all_kinds_together() {
    let house = edited();
    let everything = ["pf-0001", "pf-0002", "pf-0005", "event/dock-strike", "agent/gazette", "README.md"];
    for (options, expected) in [
        (&[][..], &everything[..]),
        (&["--class", "C10"], &["pf-0001"]),
        (&["--class", "value-changed", "--class", "c02"], &["pf-0001", "pf-0005"]),
        (&["--class", "R03"], &["event/dock-strike", "agent/gazette"]),
        (&["--event", "dock-strike"], &["event/dock-strike"]),
        (&["--event", "dock-strike", "--event", "pier-fire"], &everything[..4]),
        (&["--source", "gazette-1999"], &everything[..3]),
        (&["--source", "gazette-1999", "--event", "pier-fire", "--class", "C11"], &["pf-0002"]),
        (&["--source", "gazette-1999", "--event", "dock-strike"], &[]),
        // The gravest first: another value, and a claim that is gone.
        (&["--limit", "2"], &["pf-0001", "pf-0005"]),
        (&["--limit", "0"], &everything[..]),
    ] {
        assert_eq!(names(&house, options), expected, "{options:?}");
        let document = diff(&house, &[&["--format", "json"], options].concat()).json();
        let ids: Vec<&str> = expected.iter().filter_map(|name| name.rsplit('/').next()).collect();
        let listed: Vec<&Value> =
            document["changes"].as_array().expect("changes").iter().map(|change| &change["id"]).collect();
        assert_eq!(listed, ids, "{options:?}");
        assert_eq!(document["hidden"], everything.len() - expected.len());
        assert_eq!(document["sum"]["changes"], everything.len());
    }
    let stat = diff(&house, &["--format", "json", "--stat"]).json();
    assert_eq!([&stat["hidden"], &stat["changes"]], [&json!(everything.len()), &json!([])]);
}

#[test]
fn what_is_left_out_is_counted() {
    let house = edited();
    let text = |options: &[&str]| diff(&house, options).stdout();
    assert!(text(&["--class", "R03"]).contains("2 of 6 changes selected"));
    assert!(text(&["--class", "R03", "--limit", "1"]).contains("1 more change not shown"));
    assert!(text(&["--limit", "2"]).contains("4 more changes not shown"));
    assert!(text(&["--class", "R03", "--stat"]).contains("2 of 6 changes selected"));
    assert!(text(&["--class", "E05"]).contains("0 of 6 changes selected"));
    let markdown = text(&["--format", "markdown", "--class", "R03", "--limit", "1"]);
    assert!(markdown.contains("2 of 6 changes selected") && markdown.contains("*1 of 2 changes shown;"));
    assert!(markdown.contains("#### R03 record-changed: 1 of 2 shown"), "{markdown}");
    let exit_code = ["diff", "dist/1.0.0", "dataset", "--class", "E05", "--exit-code"];
    house.affiant(&exit_code).with_code(1);
}

#[test]
fn a_comment_keeps_its_bytes() {
    let house = edited();
    let everything = diff(&house, &["--format", "markdown", "--max-bytes", "0"]).stdout();
    for max_bytes in [1_024, 1_500, 2_000, 64_000] {
        let comment = diff(&house, &["--format", "markdown", "--max-bytes", &max_bytes.to_string()]).stdout();
        assert!(comment.len() <= max_bytes);
        assert!(comment.contains("| claims | 0 | 1 | 2 | 2 |"));
        let lines = comment.lines().filter(|line| line.starts_with("  - "));
        lines.for_each(|line| assert!(everything.contains(&format!("{line}\n")), "{line}"));
    }
    house.affiant(&["diff", "dist/1.0.0", "dataset", "--format", "markdown", "--max-bytes", "1023"]).with_code(2);
}

#[test]
fn redacted_changes_hold_no_words_and_keep_their_names() {
    let house = edited();
    let words = ["three workers", "at least five bodies", "counts three dead", "on 5 May 1999"];
    for format in ["text", "markdown", "json", "jsonl", "github", "sarif", "junit"] {
        let redacted = diff(&house, &["--format", format, "--redact"]).stdout();
        words.iter().for_each(|words| assert!(!redacted.contains(words), "{format}: {words}"));
    }
    let changes = |options: &[&str]| {
        let document = diff(&house, &[&["--format", "json"], options].concat()).json();
        let changes = document["changes"].as_array().expect("changes").clone();
        changes.iter().map(|change| change["fingerprint"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(changes(&[]), changes(&["--redact"]));
    assert!(diff(&house, &["--format", "json"]).stdout().contains("three workers"));
}

/// Each change of a record with the line that it is said to stand at, from annotations.
fn annotated(printed: &str) -> Vec<(String, String, usize)> {
    let place = |line: &str| {
        let (properties, _) = line.split_once("::")?.1.split_once("::")?;
        let (_, properties) = properties.split_once(' ')?;
        let property = |name: &str| properties.split(',').find_map(|one| one.strip_prefix(name)?.strip_prefix('='));
        let id = property("title")?.split("%3A ").nth(1)?.rsplit(' ').next()?.to_owned();
        Some((id, property("file")?.to_owned(), property("line")?.parse().ok()?))
    };
    printed.lines().filter_map(place).collect()
}

/// The id of the record in a line of a file; the path of a file that holds no records.
fn id_at(house: &House, file: &str, line: usize) -> String {
    let text = house.text(file);
    let record = text.lines().nth(line - 1).map(serde_json::from_str::<Value>);
    match record {
        Some(Ok(record)) => record["id"].as_str().expect("an id").to_owned(),
        _ => file.rsplit('/').next().expect("a name").to_owned(),
    }
}

#[test]
fn every_change_is_shown_at_its_record() {
    let house = edited();
    // A claim that is gone stands in the old version, everything else in the new one.
    for (old, new, folder) in [
        ("dist/1.0.0", "dataset", ["dist/1.0.0/data/", "dataset/"]),
        ("dataset", "dist/1.0.0", ["dist/1.0.0/data/", "dist/1.0.0/data/"]),
    ] {
        let arguments = |format: &'static str| ["diff", old, new, "--format", format];
        let github = house.affiant(&arguments("github")).with_code(0).stdout();
        let sarif = house.affiant(&arguments("sarif")).with_code(0).json();
        let found = annotated(&github);
        assert_eq!(found.len(), 6, "{github}");
        let results = sarif["runs"][0]["results"].as_array().expect("results");
        for ((id, file, line), result) in found.iter().zip(results) {
            assert_eq!(*id, id_at(&house, file, *line), "{file}:{line}");
            assert!(file.starts_with(folder[usize::from(id != "pf-0005")]), "{file}");
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"], json!({ "uri": file, "uriBaseId": "%SRCROOT%" }));
            assert_eq!(place["region"], json!({ "startLine": line }));
        }
    }
}

#[test]
fn annotations_say_how_grave_a_change_is() {
    let house = edited();
    let printed = diff(&house, &["--format", "github", "--limit", "4"]).stdout();
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines[0].starts_with("::error title=affiant diff::"), "{printed}");
    assert!(lines[1].starts_with("::warning file=") && lines[1].contains("title=C10 value-changed%3A pf-0001::"));
    assert!(lines[3].starts_with("::error file=") && lines[3].contains("title=C02 claim-removed%3A pf-0005::"));
    assert_eq!(lines.last(), Some(&"::notice title=affiant diff::4 of 6 changes annotated"));
}

#[test]
fn sarif_has_a_rule_for_each_class_and_a_result_for_each_change() {
    let house = edited();
    let sarif = diff(&house, &["--format", "sarif", "--limit", "5"]).json();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, ChangeClass::ALL.iter().map(|class| class.code()).collect::<Vec<_>>());
    let results = run["results"].as_array().expect("results");
    let fingerprints: BTreeSet<&str> =
        results.iter().filter_map(|result| result["partialFingerprints"]["affiantChange/v1"].as_str()).collect();
    assert_eq!((results.len(), fingerprints.len()), (5, 5));
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small")];
        // A number that no longer fits the one before is louder than its class.
        let level = if result["ruleId"] == "C10" { &json!("warning") } else { &rule["defaultConfiguration"]["level"] };
        assert_eq!([&rule["id"], level], [&result["ruleId"], &result["level"]]);
    }
    assert_eq!([&run["properties"]["changes"], &run["properties"]["hidden"]], [6, 1]);
    let nothing = house.affiant(&["diff", "dataset", "dataset", "--format", "sarif"]).with_code(0).json();
    assert_eq!(nothing["runs"][0]["results"], json!([]));
}

/// The elements of a document by their names, each with its attributes; panics if it is not well formed.
fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Eof => return found,
            Event::Start(element) | Event::Empty(element) => {
                let attributes = element.attributes().map(|attribute| {
                    let attribute = attribute.expect("an attribute");
                    (attribute.key.as_ref().to_owned(), attribute.value.to_string())
                });
                found.push((element.name().as_ref().to_owned(), attributes.collect()));
            }
            _ => {}
        }
    }
}

#[test]
fn junit_fails_what_the_law_refuses() {
    let house = edited();
    let report = diff(&house, &["--format", "junit"]).stdout();
    let elements = elements(&report);
    let count = |name: &str| elements.iter().filter(|(found, _)| found == name).count();
    assert_eq!([count("testcase"), count("failure"), count("system-out")], [ChangeClass::ALL.len(), 1, 4]);
    let (_, suite) = elements.iter().find(|(name, _)| name == "testsuite").expect("a suite");
    assert!(suite.contains(&("failures".to_owned(), "1".to_owned())), "{suite:?}");
    let (_, failure) = elements.iter().find(|(name, _)| name == "failure").expect("a failure");
    assert!(failure.contains(&("type".to_owned(), "refused".to_owned())), "{failure:?}");
}
