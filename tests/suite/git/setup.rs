//! `git-setup`, and what git shows and stops from then on.

use super::*;

const ATTRIBUTES: &str = "dataset/.gitattributes";
const HOOK: &str = ".git/hooks/pre-commit";

fn set_up(house: &House, options: &[&str]) -> Ended {
    house.affiant(&[&["git-setup", "dataset"], options].concat())
}

/// The harbour with git set up to show records.
fn shown() -> House {
    let house = harbour();
    set_up(&house, &["--hook"]).with_code(0);
    commit(&house, "attributes");
    house
}

fn shows(house: &House, arguments: &[&str], expected: &[&str]) {
    let shown = git(house, arguments).with_code(0).stdout();
    for words in expected {
        assert!(shown.contains(words), "{words:?} in:\n{shown}");
    }
}

#[test]
fn set_up_twice_is_set_up_once() {
    let house = harbour();
    let before = house.tree("");
    let dry = set_up(&house, &["--hook", "--dry-run"]).with_code(0).stdout();
    assert_eq!(dry.matches("would be").count(), 3, "{dry}");
    assert_eq!(house.tree(""), before);
    assert!(!house.text(".git/config").contains("affiant"));

    house.write(ATTRIBUTES, "*.png binary\n/claims.jsonl diff=affiant\r\nlast line without its end");
    let said = set_up(&house, &["--hook"]).with_code(0).stdout();
    assert!(said.contains("given 5 lines"), "{said}");
    let whole = |house: &House| [ATTRIBUTES, ".git/config", HOOK].map(|path| house.text(path));
    let [attributes, config, hook] = whole(&house);
    assert!(attributes.starts_with("*.png binary\n/claims.jsonl diff=affiant\r\nlast line without its end\n/claims/"));
    assert!(config.contains("command = affiant git-diff"), "{config}");
    assert!(hook.ends_with("exec affiant git-hook -- 'dataset'\n"), "{hook}");

    let again = set_up(&house, &["--hook"]).with_code(0).stdout();
    assert_eq!(again.matches("left as it is").count(), 3, "{again}");
    assert_eq!(whole(&house), [attributes, config, hook]);
}

#[test]
fn what_others_set_up_stays() {
    let house = harbour();
    git(&house, &["config", "diff.affiant.command", "affiant git-diff --color=always"]).with_code(0);
    house.write(HOOK, "#!/bin/sh\n");
    let before = house.tree("");
    let refused = set_up(&house, &["--hook"]).with_code(2);
    assert!(refused.stderr().contains("is another hook; nothing was written"), "{}", refused.stderr());
    assert!(refused.stderr().contains("affiant git-hook -- 'dataset' || exit 1"));
    assert_eq!((house.tree(""), house.text(HOOK)), (before, "#!/bin/sh\n".to_owned()));
    let said = set_up(&house, &[]).with_code(0).stdout();
    assert!(said.contains("is `affiant git-diff --color=always`, left as it is"), "{said}");
}

#[test]
fn only_a_dataset_in_a_repository_is_set_up() {
    let house = harbour();
    house.affiant(&["git-setup", "texts"]).with_code(2);
    house.affiant(&["git-setup", "nowhere"]).with_code(2);
    let outside = House::new();
    let refused = set_up(&outside, &[]).with_code(2);
    assert!(refused.stderr().contains("not a git repository"), "{}", refused.stderr());
    assert!(!outside.path(ATTRIBUTES).exists());
    symlink("../texts", house.path(ATTRIBUTES)).expect("a link");
    set_up(&house, &[]).with_code(2);
}

#[test]
fn git_shows_records() {
    let house = shown();
    edit(&house);
    let value = ["dataset/claims.jsonl\n  claims  1 changed, 4 unchanged", "C10 value-changed", "up by 1"];
    shows(&house, &["diff"], &value);
    commit(&house, "four");
    shows(&house, &["show", "--ext-diff"], &value);
    shows(&house, &["log", "-p", "--ext-diff", "-1"], &value);
    shows(&house, &["diff", "HEAD~1", "HEAD", "--", "dataset"], &value);

    let lines = house.text(CLAIMS);
    let turned: String = lines.lines().rev().map(|line| format!("{}\n", line.replace("\":", "\" : "))).collect();
    house.write(CLAIMS, turned);
    shows(&house, &["diff"], &["  claims  5 unchanged", "no record changed"]);
}

#[test]
fn a_pager_of_gits_is_given_colours() {
    let house = House::new();
    let arguments = ["git-diff", CLAIMS, "/dev/null", ".", ".", CLAIMS, "1a2b", "100644"];
    let is_coloured = |variables: &[(&str, &str)]| {
        let output = house.command(&arguments).envs(variables.iter().copied()).output().expect("the program runs");
        Ended(output).with_code(0).stdout().contains('\u{1b}')
    };
    assert!(is_coloured(&[("GIT_PAGER_IN_USE", "true")]));
    assert!(!is_coloured(&[("GIT_PAGER_IN_USE", "true"), ("NO_COLOR", "1")]));
    assert!(!is_coloured(&[]));
}

#[test]
fn files_come_go_and_move() {
    let house = shown();
    git(&house, &["rm", "-q", "dataset/events.jsonl"]).with_code(0);
    fs::create_dir(house.path("dataset/claims")).expect("a new folder");
    git(&house, &["mv", CLAIMS, "dataset/claims/-harbour -x.jsonl"]).with_code(0);
    house.write("dataset/claims/$(touch it-ran).jsonl", "{\"id\":\"ab-0001\",\"kind\":\"dead\"}\n");
    git(&house, &["add", "-A"]).with_code(0);
    let expected = [
        "dataset/events.jsonl (deleted file)\n  events  2 removed, 0 unchanged",
        "dataset/claims.jsonl -> dataset/claims/-harbour -x.jsonl\n  claims  5 unchanged",
        "dataset/claims/$(touch it-ran).jsonl (new file)\n  claims  1 added, 0 unchanged",
    ];
    shows(&house, &["diff", "--cached", "-M"], &expected);
    nothing_ran(&house);
}

#[test]
fn what_holds_no_records_is_not_compared() {
    let house = shown();
    let lines = house.text(CLAIMS);
    let first = lines.lines().next().expect("a claim").to_owned();
    house.write(CLAIMS, format!("{lines}\n{{\"id\":7}}\n{first}\n{{\"id\":\u{1b}[31m\n"));
    let place = |line: u8| format!("dataset/claims.jsonl:{line}");
    let [blank, number, twice, escape] = [6, 7, 8, 9].map(place);
    let expected = ["not compared: the new file does not hold records", &blank, &number, &twice, &escape, "id-reused"];
    shows(&house, &["diff"], &expected);
    assert!(!git(&house, &["diff"]).stdout().contains('\u{1b}'));

    house.remove(CLAIMS);
    symlink("events.jsonl", house.path(CLAIMS)).expect("a link");
    shows(&house, &["diff"], &["not compared"]);
    git(&house, &["checkout", "-q", "."]).with_code(0);

    git(&house, &["checkout", "-q", "-b", "other"]).with_code(0);
    edit(&house);
    commit(&house, "four");
    git(&house, &["checkout", "-q", "main"]).with_code(0);
    house.swap(CLAIMS, r#""lo":3,"hi":3"#, r#""lo":5,"hi":5"#);
    commit(&house, "five");
    git(&house, &["merge", "-q", "other"]).with_code(1);
    shows(&house, &["diff"], &["dataset/claims.jsonl"]);
}

#[test]
fn a_broken_claim_is_not_committed() {
    let house = shown();
    edit(&house);
    let before = revision(&house, "HEAD");
    house.swap(CLAIMS, "[41,71]", "[19,3]");
    git(&house, &["add", "-A"]).with_code(0);
    // What is staged counts, not what stands in the folder.
    house.swap(CLAIMS, "[19,3]", "[41,71]");
    let stopped = git(&house, &["commit", "-m", "broken"]).with_code(1).stderr();
    assert!(stopped.contains("--> :dataset/claims.jsonl:") && stopped.contains("nothing is committed"), "{stopped}");
    assert_eq!(revision(&house, "HEAD"), before);

    let passed = git(&house, &["commit", "-a", "-m", "mended"]).with_code(0);
    assert!(passed.stderr().contains("C10 value-changed"), "{}", passed.stderr());
    assert_ne!(revision(&house, "HEAD"), before);
}

#[test]
fn the_hook_looks_at_the_dataset_alone() {
    let house = shown();
    house.write("notes.txt", "of no concern");
    git(&house, &["add", "-A"]).with_code(0);
    let passed = git(&house, &["commit", "-m", "notes"]).with_code(0);
    assert_eq!(passed.stderr(), "");

    house.swap(CLAIMS, "[41,71]", "[19,3]");
    commit(&house, "broken, and committed all the same");
    house.swap(CLAIMS, "[19,3]", "[41,71]");
    let mended = git(&house, &["commit", "-m", "mended", "--", CLAIMS]).with_code(0).stderr();
    assert!(mended.contains("how it differs from the last commit is not known"), "{mended}");

    git(&house, &["rm", "-rq", "dataset"]).with_code(0);
    let stopped = git(&house, &["commit", "-m", "gone"]).with_code(1).stderr();
    assert!(stopped.contains(":dataset"), "{stopped}");
    let gone = git(&house, &["commit", "--no-verify", "-qm", "gone"]).with_code(0);
    assert_eq!(gone.stdout(), "");
    git(&house, &["commit", "--allow-empty", "-qm", "nothing"]).with_code(0);
}

#[test]
fn the_first_commit_is_checked() {
    let house = House::new();
    git(&house, &["init", "-q"]).with_code(0);
    let said = Ended(
        house.command(&["git-setup", "--hook"]).current_dir(house.path("dataset")).output().expect("the program runs"),
    );
    said.with_code(0);
    git(&house, &["add", "dataset"]).with_code(0);
    let first = git(&house, &["commit", "-m", "first"]).with_code(0).stderr();
    assert!(first.contains("all valid"), "{first}");
}
