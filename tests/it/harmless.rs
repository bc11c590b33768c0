//! What the real binary prints: no name of a stranger commands a terminal or the runner of a job, an answer
//! that nobody got is no success, and no report takes the place of what it is about.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::terminal::{dovetail, folder};

/// A name that each reader of the output would obey, were it printed as it is.
const NAME: &str = "a\r::stop-commands::x\u{1b}]0;pwned\u{7}\u{202e}\n::error::y ##vso[task.complete] ##[error] ##teamcity[z";

const FORMATS: [&str; 8] = ["text", "markdown", "json", "jsonl", "sarif", "junit", "gitlab", "github"];

/// A break of a property that is called so.
fn broken(name: &str) -> TempDir {
    let schema = |kind: &str| {
        let properties = json!({ name: { "type": kind } });
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": properties})
            .to_string()
    };
    folder(&[
        ("old/a.schema.json", &schema("integer")),
        ("new/a.schema.json", &schema("string")),
        ("new/x\n::error file=b::pwned.avsc", "{"),
    ])
}

fn check(folder: &Path, variable: &str, more: &[&str]) -> Output {
    let arguments = [&["check", "new", "--against", "dir:old"], more].concat();
    dovetail(folder, &arguments).env(variable, "true").output().expect("the binary runs")
}

/// Both streams, which runners read alike.
fn printed(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn names_command_no_runner() {
    let folder = broken(NAME);
    for format in FORMATS {
        for variable in ["TF_BUILD", "TEAMCITY_VERSION"] {
            let output = check(folder.path(), variable, &["--format", format]);
            assert_eq!(output.status.code(), Some(1), "{format}");
            let printed = printed(&output);
            for command in ["##vso[", "##[", "##teamcity["] {
                assert!(!printed.contains(command), "{format}: {command} in {printed}");
            }
        }
        let output = check(folder.path(), "GITHUB_ACTIONS", &["--format", format, "--no-annotations"]);
        let printed = printed(&output);
        let mut lines = printed.split(['\n', '\r']).map(str::trim_start);
        let is_own = |line: &str| {
            format == "github" && (line.starts_with("::error file=") || line.starts_with("::error title="))
        };
        let command = lines.find(|line| line.starts_with("::") && !is_own(line));
        assert_eq!(command, None, "{format}");
    }
}

#[test]
fn names_command_no_terminal() {
    let folder = broken(NAME);
    for format in ["text", "markdown"] {
        let printed = printed(&check(folder.path(), "X", &["--format", format]));
        let harmful =
            printed.chars().find(|character| matches!(character, '\r' | '\u{1b}' | '\u{7}' | '\u{202e}'));
        assert_eq!(harmful, None, "{format}: {printed:?}");
    }
}

#[test]
fn forms_for_programs_say_the_same_in_a_job() {
    let folder = broken(NAME);
    let findings = |variable| {
        let output = check(folder.path(), variable, &["--format", "json"]);
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        report["findings"].clone()
    };
    let plain = findings("X");
    assert!(
        plain[0]["reader"]["pointer"].as_str().is_some_and(|pointer| pointer.contains("##vso[")),
        "{plain}"
    );
    assert_eq!(plain, findings("TF_BUILD"));
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let folder = broken("a");
    for (arguments, expected) in [
        (&["check", "old", "--against", "none"][..], 3),
        (&["check", "old", "--against", "none", "--format", "json"], 3),
        (&["explain", "avro-type-changed"], 3),
        (&["completions", "bash"], 3),
        (&["man"], 3),
        (&["--help"], 3),
        // What was found counts more.
        (&["check", "new", "--against", "dir:old"], 1),
    ] {
        let full = fs::File::options().write(true).open("/dev/full").expect("there is one");
        let output = dovetail(folder.path(), arguments).stdout(full).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}");
        assert!(printed(&output).contains("could not be written to standard output"), "{arguments:?}");
    }
}

#[test]
fn whoever_closes_the_pipe_has_read_enough() {
    let folder = broken("a");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = dovetail(folder.path(), &["explain", "avro-type-changed"]);
    assert_eq!(command.stdout(writer).status().expect("the binary runs").code(), Some(0));
}

#[test]
fn a_report_that_cannot_be_written_hides_no_finding() {
    let folder = broken("a");
    for (path, expected) in [("new", 1), ("old", 3)] {
        let arguments =
            ["check", path, "--against", "dir:old", "--report", "json=old/a.schema.json/report.json"];
        let output = dovetail(folder.path(), &arguments).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(expected), "{path}: {}", printed(&output));
        assert!(printed(&output).contains("could not be written"), "{}", printed(&output));
    }
}

#[test]
fn a_report_overwrites_nothing_that_was_read() {
    const SCHEMA: &str = r#"{"type":"fixed","name":"A","size":4}"#;
    const MANIFEST: &str = "version: 1\nsubjects:\n  - file: a.avsc\n    subject: a\n";
    let folder =
        folder(&[("a.avsc", SCHEMA), ("old.avsc", SCHEMA), ("schemas.yaml", MANIFEST), ("b.json", "{}")]);
    for (file, expected) in
        [("a.avsc", 2), ("./a.avsc", 2), ("schemas.yaml", 2), ("old.avsc", 2), ("b.json", 0), ("c.json", 0)]
    {
        let before = fs::read(folder.path().join(file)).ok();
        let report = format!("json={file}");
        let arguments = ["check", "a.avsc", "--against", "dir:old.avsc", "--report", &report];
        let output = dovetail(folder.path(), &arguments).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(expected), "{file}: {}", printed(&output));
        let is_kept = fs::read(folder.path().join(file)).ok() == before;
        assert_eq!(is_kept, expected == 2, "{file}");
    }
}
