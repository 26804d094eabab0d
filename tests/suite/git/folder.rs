//! Revisions as sides: exactly the bytes that were committed, and nothing run that the repository names.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// Header and changes of a diff, run in a folder of the house.
fn lines(house: &House, folder: &str, sides: [&str; 2]) -> (Value, Vec<Value>) {
    let mut command = house.command(&["diff", "--format", "jsonl", "--", sides[0], sides[1]]);
    let ended = Ended(command.current_dir(house.path(folder)).output().expect("the program runs")).with_code(0);
    let mut lines =
        ended.stdout().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect::<Vec<Value>>();
    let header = lines.remove(0);
    (header, lines.into_iter().filter(|line| line.get("patch").is_some()).collect())
}

fn refused(house: &House, sides: [&str; 2], reason: &str) {
    let ended = house.affiant(&["diff", "--", sides[0], sides[1]]).with_code(2);
    assert_eq!(ended.stdout(), "");
    assert!(ended.stderr().contains(reason), "{}", ended.stderr());
}

#[test]
fn every_way_to_name_two_versions_gives_the_same_changes() {
    let house = harbour();
    edit(&house);
    git(&house, &["add", "-A"]).with_code(0);
    let (header, expected) = lines(&house, "", ["HEAD:dataset", "dataset"]);
    assert_eq!(header["old"]["path"], "HEAD:dataset");
    assert_eq!(header["old"]["commit"], revision(&house, "HEAD"));
    assert_eq!(header["old"]["trust"], "checked");
    assert_eq!(header["new"].get("commit"), None);
    assert_eq!(expected.len(), 1, "{expected:?}");

    assert_eq!(lines(&house, "", ["HEAD:dataset/", ":dataset"]).1, expected);
    assert_eq!(lines(&house, "dataset", ["HEAD", "."]).1, expected);
    assert_eq!(lines(&house, "dataset", ["main", ":./"]).1, expected);
    commit(&house, "four");
    let tree = revision(&house, "HEAD^{tree}");
    assert_eq!(lines(&house, "dataset", ["HEAD~1", "HEAD"]).1, expected);
    assert_eq!(lines(&house, "texts", ["HEAD~1:./../dataset", "HEAD:dataset"]).1, expected);
    assert_eq!(lines(&house, "", ["HEAD^{/harbour: as}:dataset", &format!("{tree}:dataset")]).1, expected);
    let (header, changes) = lines(&house, "dataset", [":/harbour: as", &revision(&house, "HEAD")[..12]]);
    assert_eq!((changes, &header["new"]["commit"]), (expected, &Value::from(revision(&house, "HEAD"))));
    assert_eq!(lines(&house, "", ["HEAD:dataset", "dataset"]).1, [Value::Null; 0]);
    let text = house.affiant(&["diff", "HEAD~1:dataset", "HEAD:dataset"]).with_code(0).stdout();
    let short = |name| revision(&house, name)[..7].to_owned();
    let heading = format!("HEAD~1:dataset ({}, checked) -> HEAD:dataset ({}, checked)", short("HEAD~1"), short("HEAD"));
    assert!(text.starts_with(&heading), "{text}");
}

#[test]
fn a_release_in_a_revision_is_a_release() {
    let house = harbour();
    house.release("1.0.0").with_code(0);
    commit(&house, "a release");
    house.remove_folder("dist");
    let (header, changes) = lines(&house, "", ["HEAD:dist/1.0.0", "dataset"]);
    assert_eq!((&header["old"]["version"], &header["old"]["trust"]), (&"1.0.0".into(), &"not verified".into()));
    assert_eq!(changes, [Value::Null; 0]);
    let sides = ["HEAD:dist/1.0.0", "HEAD:dataset"];
    let verified =
        house.affiant(&["diff", sides[0], sides[1], "--trust", "trust", "--format", "json"]).with_code(0).json();
    assert_eq!(verified["old"]["trust"], "verified");
    assert_eq!(verified["old"]["commit"], revision(&house, "HEAD"));
}

#[test]
fn the_bytes_are_those_of_the_objects() {
    let house = harbour();
    let all = "* text eol=crlf ident filter=trap diff=trap merge=trap export-subst export-ignore\n";
    house.write(".gitattributes", all);
    commit(&house, "attributes");
    for name in
        ["filter.trap.smudge", "filter.trap.clean", "filter.trap.process", "diff.trap.textconv", "diff.trap.command"]
    {
        trap(&house, name);
    }
    for name in ["core.fsmonitor", "core.pager", "diff.external", "core.sshCommand", "core.askPass", "core.editor"] {
        trap(&house, name);
    }
    for hook in ["post-index-change", "post-checkout", "reference-transaction", "fsmonitor-watchman"] {
        house.write(&format!(".git/hooks/{hook}"), format!("#!/bin/sh\ntouch {}\n", house.path(MARK).display()));
        let path = house.path(&format!(".git/hooks/{hook}"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
    }
    house.affiant(&["check", "HEAD:dataset", "--texts", "texts"]).with_code(0);
    assert_eq!(lines(&house, "", ["HEAD~1:dataset", "HEAD:dataset"]).1, [Value::Null; 0]);
    assert_eq!(lines(&house, "", ["HEAD:dataset", "dataset"]).1, [Value::Null; 0]);
    house.write("dataset/README.md", "another codebook\n");
    git(&house, &["-c", "core.hooksPath=/dev/null", "update-index", "--add", "dataset/README.md"]);
    _ = fs::remove_file(house.path(MARK));
    let index = house.bytes(".git/index");
    assert_eq!(lines(&house, "", ["HEAD:dataset", ":dataset"]).1.len(), 1);
    assert!(house.bytes(".git/index") == index, "the index is not touched");
    for (name, value) in [("GIT_EXTERNAL_DIFF", MARK), ("GIT_PAGER", MARK), ("GIT_SSH_COMMAND", MARK)] {
        let mut command = house.command(&["check", "HEAD:dataset"]);
        assert!(command.env(name, format!("touch {value}")).output().expect("the program runs").status.success());
    }
    nothing_ran(&house);
}

#[test]
fn a_replacement_stands_for_nothing() {
    let house = harbour();
    let was = revision(&house, "HEAD:dataset/claims.jsonl");
    edit(&house);
    commit(&house, "four");
    git(&house, &["replace", &was, "HEAD:dataset/claims.jsonl"]).with_code(0);
    git(&house, &["diff", "--exit-code", "HEAD~1:dataset/claims.jsonl", "HEAD:dataset/claims.jsonl"]);
    assert_eq!(lines(&house, "", ["HEAD~1:dataset", "HEAD:dataset"]).1.len(), 1);
}

#[test]
fn what_a_partial_clone_lacks_is_not_fetched() {
    let house = harbour();
    git(&house, &["config", "uploadpack.allowFilter", "true"]).with_code(0);
    let from = format!("file://{}", house.path("").display());
    let mark = house.path(MARK).display().to_string();
    for clone in ["clone", "control"] {
        git(&house, &["clone", "-q", "--no-checkout", "--filter=blob:none", &from, clone]).with_code(0);
        let program = format!("touch {mark}; git-upload-pack");
        git(&house, &["-C", clone, "config", "remote.origin.uploadpack", &program]).with_code(0);
    }
    git(&house, &["-C", "control", "ls-tree", "-r", "-l", "HEAD"]).with_code(0);
    house.remove(MARK);
    let mut command = house.command(&["check", "HEAD:dataset"]);
    let ended = Ended(command.current_dir(house.path("clone")).output().expect("the program runs")).with_code(2);
    assert!(ended.stderr().contains("a partial clone?"), "{}", ended.stderr());
    nothing_ran(&house);
}

#[test]
fn a_folder_is_seen_as_on_disk() {
    let house = harbour();
    symlink("gazette-summary.1.txt", house.path("dataset/texts/link.txt")).expect("a link");
    symlink("claims.jsonl", house.path("dataset/sources-too.jsonl")).expect("a link");
    symlink("texts", house.path("dataset/claims")).expect("a link");
    house.write("dataset/texts/tab\there.txt", "a text");
    house.write("dataset/texts/\"quoted\" -x.txt", "a text");
    let texts = house.path("dataset/texts");
    fs::write(texts.join(OsStr::from_bytes(b"not-\xff.txt")), "a text").expect("a new file");
    commit(&house, "strange names");
    let module = format!("160000,{},dataset/module", revision(&house, "HEAD"));
    git(&house, &["update-index", "--add", "--cacheinfo", &module]).with_code(0);
    let codes = |place: &str| {
        let findings = house.affiant(&["check", place, "--texts", "texts", "--format", "json"]).findings();
        findings.iter().map(|finding| finding.to_string().replace(place, "")).collect::<Vec<_>>()
    };
    let on_disk = codes("dataset");
    assert_eq!(on_disk.len(), 4, "{on_disk:?}");
    assert_eq!(codes("HEAD:dataset"), on_disk);
    assert_eq!(codes(":dataset"), on_disk);
}

#[test]
fn what_is_neither_a_path_nor_a_revision_is_said() {
    let house = harbour();
    let neither = "there is no file or folder nowhere, and no git revision: git knows no revision nowhere";
    refused(&house, ["nowhere", "dataset"], neither);
    refused(&house, ["HEAD:nowhere", "dataset"], "git finds nothing at HEAD:nowhere");
    refused(&house, ["HEAD:dataset/claims.jsonl", "dataset"], "is a file there, not a folder");
    refused(
        &house,
        ["HEAD", "dataset"],
        "HEAD holds neither dataset.json nor release.json; below it there are HEAD:dataset",
    );
    refused(&house, ["--output=it-ran", "dataset"], "git knows no revision --output=it-ran");
    refused(&house, ["-h", "dataset"], "git knows no revision -h");
    refused(&house, ["HEAD:dataset\nHEAD", "dataset"], "git finds nothing");
    refused(&house, ["$(touch it-ran):dataset", "dataset"], "git knows no revision");
    nothing_ran(&house);

    let outside = House::new();
    refused(&outside, ["HEAD", "dataset"], "not a git repository");
}

#[test]
fn a_path_comes_first_unless_it_is_named_like_a_revision() {
    let house = harbour();
    house.copy(&house.path("dataset"), "main");
    edit(&house);
    let (header, changes) = lines(&house, "", ["main", "dataset"]);
    assert_eq!((&header["old"].get("commit"), changes.len()), (&None, 1));
    house.copy(&house.path("dataset"), "HEAD:dataset");
    refused(&house, ["HEAD:dataset", "dataset"], "is both a path and a git revision");
    assert_eq!(lines(&house, "", ["./HEAD:dataset", "dataset"]).1.len(), 0);
}

#[test]
fn a_broken_revision_is_not_compared() {
    let house = harbour();
    house.swap(CLAIMS, "[41,71]", "[19,3]");
    commit(&house, "broken");
    refused(
        &house,
        ["HEAD~1:dataset", "HEAD:dataset"],
        "HEAD:dataset does not pass `affiant check`; nothing was compared",
    );
    let findings = house.affiant(&["check", "HEAD:dataset", "--texts", "texts"]).with_code(1).stdout();
    assert!(findings.contains("--> HEAD:dataset/claims.jsonl:"), "{findings}");
}
