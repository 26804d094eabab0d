//! SPEC.md's worked example is what the program makes of it.

use crate::house::{House, PROJECT};

/// A file of the example's release, and how the text shows it.
const SHOWN: &[&str] = &[
    "bag-info.txt",
    "tagmanifest-sha256.txt",
    "tagmanifest-sha256.txt.sig",
    "tagmanifest-sha256.txt.minisig",
    "release.tlog-proof",
];

/// The release that all examples of the text come from.
fn example() -> House {
    let house = House::empty();
    house.affiant(&["init", "example"]).with_code(0);
    let arguments = ["--version", "1.0.0", "--date", "2026-11-21", "--fresh-until", "2027-11-21", "--key", "key"];
    house.affiant(&[&["release", "example"], &arguments[..]].concat()).with_code(0);
    house
}

#[test]
fn the_worked_example_of_the_text_is_true() {
    let house = example();
    let text = std::fs::read_to_string(format!("{PROJECT}/schemas/SPEC.md")).expect("SPEC.md");
    for file in SHOWN {
        let content = house.text(&format!("dist/1.0.0/{file}"));
        assert!(text.contains(&format!("```text\n{content}```")), "SPEC.md shows {file} otherwise; it is\n{content}");
    }
    let release_info = house.text("dist/1.0.0/release.json");
    let joined = text.replace('\n', "");
    assert!(joined.contains(release_info.trim_end()), "SPEC.md shows release.json otherwise; it is\n{release_info}");
    let envelope = house.json("dist/1.0.0/release.intoto.json");
    let signature = envelope["signatures"][0]["sig"].as_str().expect("a signature");
    assert!(text.contains(signature), "SPEC.md shows another signature of release.intoto.json; it is\n{signature}");
}
