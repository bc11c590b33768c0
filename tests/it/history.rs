//! What transitive levels look at: the earlier states of a file, wherever it was, and what counts when one of
//! them was no schema.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::terminal::{dovetail, folder, git, repository, write};

/// One change of a work tree.
enum Change<'a> {
    Write(&'a str, &'a str),
    Remove(&'a str),
    Move(&'a str, &'a str),
    /// A link, and where it leads.
    Link(&'a str, &'a str),
}

/// What each commit changes.
type Commits<'a> = &'a [&'a [Change<'a>]];

/// What is tried, the commits before it, the arguments, the exit code, and the rules of all findings.
type Case<'a> = (&'a str, Commits<'a>, &'a [&'a str], i32, &'a [&'a str]);

use Change::{Link, Move, Remove, Write};

fn apply(place: &Path, changes: &[Change<'_>]) {
    for change in changes {
        match change {
            Write(path, text) => write(place, &[(path, text)]),
            Remove(path) => fs::remove_file(place.join(path)).expect("a file"),
            Move(from, to) => {
                let to = place.join(to);
                fs::create_dir_all(to.parent().expect("a folder")).expect("a folder is made");
                fs::rename(place.join(from), to).expect("it is moved");
            }
            Link(path, target) => {
                let path = place.join(path);
                fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
                std::os::unix::fs::symlink(target, path).expect("a link");
            }
        }
    }
}

fn commit(place: &Path) {
    git(place, &["add", "--all"]);
    git(place, &["commit", "--quiet", "--message", "next"]);
}

/// A repository with a commit for each list of changes but the last, which is not committed.
fn changed(steps: &[&[Change<'_>]]) -> TempDir {
    let place = repository(&[("README", "schemas")]);
    let (last, committed) = steps.split_last().expect("a change");
    for changes in committed {
        apply(place.path(), changes);
        commit(place.path());
    }
    apply(place.path(), last);
    place
}

/// Exit code and report.
fn check(place: &Path, arguments: &[&str]) -> (i32, Value) {
    let arguments = [&["check", "--format", "json"], arguments].concat();
    let output = dovetail(place, &arguments).output().expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let errors = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no report: {text}{errors}"));
    (output.status.code().expect("it ended by itself"), report)
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().filter_map(|finding| finding["rule"].as_str()).collect()
}

const NUMBER: &str = r#"{"name":"x","type":"int","default":0}"#;
const TEXT: &str = r#"{"name":"x","type":"string","default":""}"#;

fn record(name: &str, fields: &str) -> String {
    format!(r#"{{"type":"record","name":"{name}","namespace":"shop","fields":[{fields}]}}"#)
}

/// A message that had a number, then nothing, then a text in its place.
const MESSAGES: [&str; 3] = [
    "syntax = \"proto3\";\nmessage Order { int32 x = 1; string y = 2; }\n",
    "syntax = \"proto3\";\nmessage Order { string y = 2; }\n",
    "syntax = \"proto3\";\nmessage Order { string x = 1; string y = 2; }\n",
];

const TRANSITIVE: [&str; 4] = ["--against", "git:HEAD", "--level", "BACKWARD_TRANSITIVE"];

#[test]
fn a_history_goes_on_wherever_its_file_was() {
    let [number, nothing, text] = [NUMBER, "", TEXT].map(|fields| record("Order", fields));
    let [number, nothing, text] = [&*number, &*nothing, &*text];
    let [bill_number, bill] = [NUMBER, ""].map(|fields| record("Bill", fields));
    let cart = record("Cart", r#"{"name":"sum","type":"shop.Money"}"#);
    let [money_number, money, money_text] = [NUMBER, "", TEXT].map(|fields| record("Money", fields));
    let [number_marked, nothing_marked] = [number, nothing].map(|text| format!("\u{feff}{text}"));
    let declared = |file: &str| format!("version: 1\nsubjects:\n  - {{ file: {file}, subject: orders }}\n");
    let (first, second) = (declared("a.proto"), declared("b.proto"));
    let deep = record("Order", r#"{"name":"sum","type":"shop.Money"}"#);
    let bills = ["int32 z = 1;", "int32 z = 1; string y = 2;"]
        .map(|fields| format!("syntax = \"proto3\";\nmessage Bill {{ {fields} }}\n"));
    let bills = [&*bills[0], &*bills[1]];
    let cases: &[(&str, Commits<'_>, &[&str], i32)] = &[
        (
            "its subject tells, though name and text changed at once",
            &[
                &[Write("schemas.yaml", &first), Write("a.proto", MESSAGES[0])],
                &[Remove("a.proto"), Write("schemas.yaml", &second), Write("b.proto", MESSAGES[1])],
                &[Write("b.proto", MESSAGES[2])],
            ],
            &[],
            1,
        ),
        (
            "the name that it defines tells",
            &[
                &[Write("o.avsc", number)],
                &[Remove("o.avsc"), Write("orders/purchase.avsc", nothing)],
                &[Write("orders/purchase.avsc", text)],
            ],
            &[],
            1,
        ),
        (
            "a folder of files that are called alike, moved and changed",
            &[
                &[Write("topics/a/value.avsc", number), Write("topics/b/value.avsc", &bill_number)],
                &[
                    Move("topics", "events"),
                    Write("events/a/value.avsc", nothing),
                    Write("events/b/value.avsc", &bill),
                ],
                &[Write("events/a/value.avsc", text)],
            ],
            &[],
            1,
        ),
        (
            "where names tell nothing, the rest of the path does",
            &[
                &[Write("topics/a/value.proto", MESSAGES[0]), Write("topics/b/value.proto", bills[0])],
                &[
                    Move("topics", "events"),
                    Write("events/a/value.proto", MESSAGES[1]),
                    Write("events/b/value.proto", bills[1]),
                ],
                &[Write("events/a/value.proto", MESSAGES[2])],
            ],
            &[],
            1,
        ),
        (
            "which of several it was is never guessed",
            &[
                &[Write("topics/a/value.proto", MESSAGES[0]), Write("topics/b/value.proto", MESSAGES[0])],
                &[
                    Remove("topics/a/value.proto"),
                    Remove("topics/b/value.proto"),
                    Write("events/value.proto", MESSAGES[1]),
                ],
                &[Write("events/value.proto", MESSAGES[2])],
            ],
            &[],
            3,
        ),
        (
            "what another file continues is not its past",
            &[
                &[Write("a/value.avsc", number)],
                &[Move("a/value.avsc", "c/value.avsc"), Write("b/value.avsc", &record("Fresh", ""))],
                &[Write("b/value.avsc", &record("Fresh", TEXT))],
            ],
            &[],
            0,
        ),
        (
            "what it refers to was moved",
            &[
                &[Write("cart.avsc", &cart), Write("common/money.avsc", &money_number)],
                &[Write("common/money.avsc", &money)],
                &[Move("common/money.avsc", "shared/money.avsc")],
                &[Write("shared/money.avsc", &money_text)],
            ],
            &["cart.avsc", "--include", "shared"],
            1,
        ),
        (
            "what it refers to was moved and changed at once",
            &[
                &[Write("cart.avsc", &cart), Write("common/money.avsc", &money_number)],
                &[Remove("common/money.avsc"), Write("shared/m.avsc", &money)],
                &[Write("shared/m.avsc", &money_text)],
            ],
            &[],
            1,
        ),
        (
            "a link to the file",
            &[
                &[Write("real/order.avsc", number), Link("topics/order.avsc", "../real/order.avsc")],
                &[Write("real/order.avsc", nothing)],
                &[Write("real/order.avsc", text)],
            ],
            &["topics"],
            1,
        ),
        (
            "a link that became a file, through a link to a link",
            &[
                &[
                    Write("real/order.avsc", number),
                    Link("real/again.avsc", "order.avsc"),
                    Link("topics/order.avsc", "../real/again.avsc"),
                ],
                &[Remove("topics/order.avsc"), Write("topics/order.avsc", nothing)],
                &[Write("topics/order.avsc", text)],
            ],
            &["topics"],
            1,
        ),
        (
            "a folder that is a link, and what is referred to in it",
            &[
                &[
                    Write("real/order.avsc", &deep),
                    Write("real/money.avsc", &money_number),
                    Link("topics", "real"),
                ],
                &[Write("real/money.avsc", &money)],
                &[Write("real/money.avsc", &money_text)],
            ],
            &["topics"],
            1,
        ),
        (
            "a byte order mark",
            &[
                &[Write("order.avsc", &number_marked)],
                &[Write("order.avsc", &nothing_marked)],
                &[Write("order.avsc", text)],
            ],
            &[],
            1,
        ),
        (
            "a folder that is searched only because it was named",
            &[
                &[Write(".s/cart.avsc", &cart), Write(".s/money.avsc", &money_number)],
                &[Write(".s/money.avsc", &money)],
                &[Write(".s/money.avsc", &money_text)],
            ],
            &[".s"],
            1,
        ),
    ];
    for (name, steps, arguments, expected) in cases {
        let place = changed(steps);
        let (code, report) = check(place.path(), &[arguments, &TRANSITIVE[..]].concat());
        assert_eq!(code, *expected, "{name}: {report:#}");
        if code == 3 {
            let message = report["files"][0]["message"].as_str().unwrap_or_default();
            assert!(message.contains("several files may be it"), "{name}: {message}");
        }
        let (code, report) = check(place.path(), &[arguments, &["--against", "git:HEAD"][..]].concat());
        assert_eq!(code, 0, "{name}, the latest state alone: {report:#}");
    }
}

#[test]
fn links_are_followed_through_links_and_folders() {
    let (number, text) = (record("Order", NUMBER), record("Order", TEXT));
    for (links, checked) in [
        (&[("topics/order.avsc", "../a.avsc"), ("a.avsc", "real/order.avsc")][..], "topics/order.avsc"),
        (&[("topics", "real")], "topics"),
        (&[("topics", "a"), ("a", "real")], "topics/order.avsc"),
        (&[("topics/order.avsc", "../a/order.avsc"), ("a", "real")], "topics"),
    ] {
        let mut steps = vec![Write("real/order.avsc", &number)];
        steps.extend(links.iter().map(|(path, target)| Link(path, target)));
        let place = changed(&[&steps, &[Write("real/order.avsc", &text)]]);
        let (code, report) = check(place.path(), &[checked, "--against", "git:HEAD"]);
        assert_eq!(code, 1, "{links:?}: {report:#}");
    }
    let place =
        changed(&[&[Link("a.avsc", "b.avsc"), Link("b.avsc", "a.avsc"), Write("c.avsc", &number)], &[]]);
    assert_eq!(check(place.path(), &["--against", "git:HEAD"]).0, 0, "a circle is no file");
}

#[test]
fn a_state_that_was_no_schema_can_be_repaired_and_hides_nothing() {
    let [number, other, nothing, text] =
        [NUMBER, r#"{"name":"x","type":"int","default":1}"#, "", TEXT].map(|fields| record("Order", fields));
    let [number, other, nothing, text] = [&*number, &*other, &*nothing, &*text];
    let cart = record("Cart", r#"{"name":"sum","type":"shop.Money"}"#);
    let [money, money_text] = [NUMBER, TEXT].map(|fields| record("Money", fields));
    let plain = record("Cart", r#"{"name":"sum","type":"int"}"#);
    let sum = MESSAGES[0].replace("Order", "Sum");
    let importing = ["", "string z = 3;"].map(|field| {
        format!("syntax = \"proto3\";\nimport \"money.proto\";\nmessage Order {{ Sum x = 1; {field} }}\n")
    });
    let importing = [&*importing[0], &*importing[1]];
    let head = &["--against", "git:HEAD"][..];
    let before = &["--against", "git:HEAD~1"][..];
    let broken = "earlier-state-broken";
    let field = "avro-type-changed";
    let cases: &[Case<'_>] = &[
        (
            "the state before it counts",
            &[&[Write("o.avsc", number)], &[Write("o.avsc", "{")], &[Write("o.avsc", text)]],
            head,
            1,
            &[field, broken],
        ),
        (
            "a repair",
            &[&[Write("o.avsc", number)], &[Write("o.avsc", "{")], &[Write("o.avsc", other)]],
            head,
            0,
            &[broken],
        ),
        ("it never was a schema", &[&[Write("o.avsc", "{")], &[Write("o.avsc", text)]], head, 0, &[broken]),
        (
            "one state among many",
            &[
                &[Write("o.avsc", number)],
                &[Write("o.avsc", "{")],
                &[Write("o.avsc", nothing)],
                &[Write("o.avsc", text)],
            ],
            &TRANSITIVE,
            1,
            &[field, broken],
        ),
        (
            "what it refers to was no schema",
            &[
                &[Write("cart.avsc", &cart), Write("money.avsc", &money)],
                &[Write("money.avsc", "{")],
                &[Write("money.avsc", &money_text)],
            ],
            head,
            1,
            &[field, broken, field, broken],
        ),
        (
            "what it referred to was nowhere",
            &[&[Write("cart.avsc", &cart)], &[Write("cart.avsc", &plain)]],
            head,
            0,
            &[broken],
        ),
        (
            "what it referred to is added by a commit",
            &[&[Write("cart.avsc", &cart)], &[Write("money.avsc", &money)], &[]],
            before,
            0,
            &[broken],
        ),
        (
            "an import that lies where git has nothing",
            &[
                &[Write("order.proto", importing[0])],
                &[Write("order.proto", importing[1]), Write("money.proto", &sum)],
            ],
            head,
            3,
            &[],
        ),
        (
            "what it referred to lies where git has nothing",
            &[&[Write("cart.avsc", &cart)], &[Write("money.avsc", &money)]],
            head,
            3,
            &[],
        ),
    ];
    for (name, steps, arguments, expected, found) in cases {
        let place = changed(steps);
        let (code, report) = check(place.path(), arguments);
        assert_eq!((code, rules(&report)), (*expected, found.to_vec()), "{name}: {report:#}");
    }
    // A folder has no history.
    let place = folder(&[("old/o.avsc", "{"), ("new/o.avsc", text)]);
    let (code, report) = check(place.path(), &["new", "--against", "dir:old"]);
    assert_eq!((code, rules(&report)), (0, vec![broken]), "{report:#}");
    assert_eq!(report["files"][0]["result"], "new");
    fs::write(place.path().join("old/o.avsc"), b"\"\xff\"").expect("a file is written");
    let (code, report) = check(place.path(), &["new", "--against", "dir:old"]);
    assert_eq!((code, rules(&report)), (0, vec![broken]), "not UTF-8: {report:#}");
}

#[test]
fn what_a_clone_lacks_is_told_and_how_to_get_it() {
    let (number, text) = (record("Order", NUMBER), record("Order", TEXT));
    let origin = changed(&[&[Write("o.avsc", &number)], &[Write("o.avsc", "{")], &[Write("o.avsc", &text)]]);
    let url = format!("file://{}", origin.path().display());
    let clone = tempfile::tempdir().expect("a folder");
    git(clone.path(), &["clone", "--quiet", "--depth", "1", &url, "."]);
    write(clone.path(), &[("o.avsc", &text)]);
    let (code, report) = check(clone.path(), &["--against", "git:HEAD"]);
    assert_eq!(code, 3, "{report:#}");
    let message = report["files"][0]["message"].as_str().expect("a reason");
    assert!(message.contains("git fetch --unshallow"), "{message}");

    git(origin.path(), &["config", "uploadpack.allowFilter", "true"]);
    let partial = tempfile::tempdir().expect("a folder");
    git(partial.path(), &["clone", "--quiet", "--filter=blob:none", &url, "."]);
    write(partial.path(), &[("o.avsc", &text)]);
    let (code, report) = check(partial.path(), &["--against", "git:HEAD"]);
    assert_eq!(code, 3, "{report:#}");
    let message = report["files"][0]["message"].as_str().expect("a reason");
    assert!(message.contains("partial clone") && message.contains("--refetch --no-filter"), "{message}");
    git(partial.path(), &["fetch", "--quiet", "--refetch", "--no-filter"]);
    assert_eq!(check(partial.path(), &["--against", "git:HEAD"]).0, 1, "the advice helps");
}

#[test]
fn a_history_that_cannot_be_read_is_not_taken_for_none() {
    let place = changed(&[&[Write("o.avsc", &record("Order", NUMBER))], &[]]);
    git(place.path(), &["checkout", "--quiet", "-b", "change"]);
    git(place.path(), &["commit", "--quiet", "--allow-empty", "--message", "one"]);
    let output = std::process::Command::new("git")
        .current_dir(place.path())
        .args(["rev-parse", "HEAD"])
        .output()
        .expect("git runs");
    let id = String::from_utf8(output.stdout).expect("text");
    git(place.path(), &["commit", "--quiet", "--allow-empty", "--message", "two"]);
    let object = place.path().join(".git/objects").join(&id[..2]).join(id[2..].trim());
    fs::remove_file(&object).expect("a loose object");
    fs::write(&object, "garbage").expect("a file is written");
    let output = dovetail(place.path(), &["check"]).output().expect("the binary runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("cannot be found") && !errors.contains("no common history"), "{errors}");
}
