//! Reports of the real binary: every form is what its readers demand, and each reaches its place.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::forms;
use crate::server::Server;
use crate::terminal::{dovetail, folder, register, run, shown};

/// Windows line ends, a tab, and a name that a runner would take for a command.
const ORDER_OLD: &str = "{\r\n\t\"type\": \"record\",\r\n\t\"name\": \"Order\",\r\n\t\"fields\": [\r\n\t\t{ \"name\": \"id\", \"type\": \"string\" }\r\n\t]\r\n}\r\n";
const ORDER_NEW: &str = "{\r\n\t\"type\": \"record\",\r\n\t\"name\": \"Order\",\r\n\t\"fields\": [\r\n\t\t{ \"name\": \"id\", \"type\": \"string\", \"doc\": \"漢字 ##[error]😀\" }, { \"name\": \"country\", \"type\": \"string\" },\r\n\t\t{\r\n\t\t\t\"name\": \"quantity\",\r\n\t\t\t\"type\": \"int\"\r\n\t\t}\r\n\t]\r\n}\r\n";
const PRICE_OLD: &str = r#"{"type":"record","name":"Price","fields":[{"name":"cents","type":"int"}]}"#;
const PRICE_NEW: &str = r#"{"type":"record","name":"Price","fields":[{"name":"cents","type":"string"}]}"#;
const TEXT_OLD: &str = r#"{"type":"record","name":"Text","fields":[{"name":"words","type":"bytes"}]}"#;
const TEXT_NEW: &str = r#"{"type":"record","name":"Text","fields":[{"name":"words","type":"string"}]}"#;
const MANIFEST: &str = "\
version: 1
subjects:
  - glob: \"new/**/*.avsc\"
    subject: \"{name}\"
waivers:
  - subject: price
    rule: avro-type-changed
    until: 2999-01-31
    reason: \"no reader left, see #12 <b>\"
    by: team-orders
";

/// Two breaks, one that is waived, a warning, a file that is no schema, and one that is new.
fn rich() -> TempDir {
    folder(&[
        ("schemas.yaml", MANIFEST),
        ("new/größe & co/order.avsc", ORDER_NEW),
        ("old/order.avsc", ORDER_OLD),
        ("new/price.avsc", PRICE_NEW),
        ("old/price.avsc", PRICE_OLD),
        ("new/text.avsc", TEXT_NEW),
        ("old/text.avsc", TEXT_OLD),
        ("new/broken.avsc", "{\n  \"type\": \"record\",\n  \"name\" \"Broken\"\n}\n"),
        ("new/fresh.avsc", PRICE_OLD),
    ])
}

const CHECK: &[&str] = &["check", "new", "--against", "dir:old"];

fn check(folder: &Path, more: &[&str]) -> Output {
    dovetail(folder, &[CHECK, more].concat()).output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn json_of(folder: &Path, format: &str) -> Value {
    serde_json::from_str(&stdout(&check(folder, &["--format", format]))).expect("JSON")
}

fn published() -> String {
    stdout(&dovetail(Path::new("."), &["check", "--schema"]).output().expect("the binary runs"))
}

#[test]
fn text() {
    let folder = rich();
    assert_snapshot!(shown(folder.path(), &check(folder.path(), &[])), @r"");
}

#[test]
fn quiet_text_tells_what_must_not_pass() {
    let folder = rich();
    assert_snapshot!(shown(folder.path(), &check(folder.path(), &["--quiet"])), @r"");
}

#[test]
fn every_form_is_what_its_readers_demand() {
    let folder = rich();
    let document = json_of(folder.path(), "json");
    assert_eq!(forms::errors_by(&forms::strict(&published(), "report"), &document), [""; 0]);
    assert_eq!(document["count"]["errors"], 2, "{document:#}");
    assert_eq!(document["count"]["warnings"], 1, "{document:#}");
    assert_eq!(document["count"]["waived"], 1, "{document:#}");

    let lines = stdout(&check(folder.path(), &["--format", "jsonl"]));
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let (summary, findings) = lines.split_last().expect("lines");
    assert_eq!(forms::errors_by(&forms::strict(&published(), "summary_line"), summary), [""; 0]);
    for finding in findings {
        assert_eq!(forms::errors_by(&forms::strict(&published(), "finding_line"), finding), [""; 0]);
    }
    assert_eq!(Some(findings.len()), document["findings"].as_array().map(Vec::len));

    assert_eq!(forms::sarif_errors(&json_of(folder.path(), "sarif")), [""; 0]);
    assert_eq!(forms::junit_errors(&stdout(&check(folder.path(), &["--format", "junit"]))), [""; 0]);
    let issues = json_of(folder.path(), "gitlab");
    assert_eq!(forms::json_errors("gitlab-code-quality.schema.json", &issues), [""; 0]);
    for format in ["json", "jsonl", "sarif", "junit", "gitlab", "github", "markdown", "text"] {
        let output = check(folder.path(), &["--format", format]);
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(!stdout(&output).contains('\u{1b}'), "{format}: there is no colour outside a terminal");
    }
}

#[test]
fn what_the_server_answers_is_of_the_same_shape() {
    let server = Server::start();
    register(&server, "order", json!({"schema": ORDER_OLD}));
    let body = json!({"subject": "order", "schema": ORDER_NEW, "against": "all"});
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer: Value = runtime.block_on(async {
        let request = reqwest::Client::new().post(format!("{}/v1/check", server.url));
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        let text = request.send().await.expect("an answer").text().await.expect("a body");
        serde_json::from_str(&text).expect("JSON")
    });
    assert_eq!(answer["findings"].as_array().map(Vec::len), Some(2), "{answer:#}");
    assert_eq!(forms::errors_by(&forms::strict(&published(), "answer"), &answer), [""; 0]);
}

#[test]
fn reports_are_written_though_the_check_fails() {
    let folder = rich();
    let reports = ["--report", "sarif=out/deep/d.sarif", "--report", "junit=d.xml", "--report", "text=d.txt"];
    let output = check(folder.path(), &[&reports[..], &["--report", "jsonl=-", "--quiet"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let printed = stdout(&output);
    assert!(printed.starts_with("FAIL  new/größe & co/order.avsc:5:"), "{printed}");
    assert!(printed.ends_with("}\n") && printed.contains("\n{\"type\":\"summary\""), "{printed}");
    let read = |path: &str| fs::read_to_string(folder.path().join(path)).expect("it was written");
    assert_eq!(forms::sarif_errors(&serde_json::from_str(&read("out/deep/d.sarif")).expect("JSON")), [""; 0]);
    assert_eq!(forms::junit_errors(&read("d.xml")), [""; 0]);
    assert!(read("d.txt").starts_with("FAIL  "));
}

#[test]
fn a_report_that_cannot_be_written_fails_the_run_after_all_else_was_done() {
    let folder = rich();
    let output = check(
        folder.path(),
        &["--report", "sarif=schemas.yaml/d.sarif", "--report", "junit=d.xml", "--quiet"],
    );
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).starts_with("FAIL  "));
    assert!(folder.path().join("d.xml").exists());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("error: the report schemas.yaml/d.sarif could not be written"), "{errors}");
}

#[test]
fn a_report_is_spelled_like_this() {
    let folder = folder(&[]);
    for (spelled, told) in [
        ("sarif", "write FORMAT=FILE, for example sarif=dovetail.sarif"),
        ("sarif=", "a file is missing after `=`"),
        (
            "pdf=x",
            "there is no format `pdf`; it is one of text, json, jsonl, sarif, junit, github, gitlab, markdown",
        ),
    ] {
        let output = check(folder.path(), &["--report", spelled]);
        assert_eq!(output.status.code(), Some(2), "{spelled}");
        let errors = String::from_utf8_lossy(&output.stderr).replace("\n  ", " ");
        assert!(errors.contains(told), "{spelled}: {errors}");
    }
}

#[test]
fn what_fails_the_run_is_a_choice() {
    let warned = [("new/text.avsc", TEXT_NEW), ("old/text.avsc", TEXT_OLD)];
    let broken = [("new/order.avsc", ORDER_NEW), ("old/order.avsc", ORDER_OLD)];
    let invalid = [("new/order.avsc", "{"), ("old/order.avsc", ORDER_OLD)];
    for (files, on_error, on_warn, on_none) in [(warned, 0, 1, 0), (broken, 1, 1, 0), (invalid, 2, 2, 2)] {
        let folder = folder(&files);
        for (fail_on, expected) in [("error", on_error), ("warn", on_warn), ("none", on_none)] {
            let output = check(folder.path(), &["--fail-on", fail_on]);
            assert_eq!(output.status.code(), Some(expected), "{}: {fail_on}", files[0].1);
        }
    }
}

/// In a job of GitHub, which checked out the folder.
fn on_github(folder: &Path, more: &[&str]) -> Output {
    let mut command = dovetail(folder, &[CHECK, more].concat());
    command
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", folder)
        .env("GITHUB_STEP_SUMMARY", folder.join("summary.md"));
    command.output().expect("the binary runs")
}

#[test]
fn a_job_of_github_is_annotated_and_summarised() {
    let folder = rich();
    fs::write(folder.path().join("summary.md"), "before\n").expect("written");
    let output = on_github(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let printed = stdout(&output);
    let commands: Vec<&str> = printed.lines().filter(|line| line.trim_start().starts_with("::")).collect();
    assert_snapshot!(commands.join("\n"), @r"");
    // What a schema says is no command, neither in the old spelling nor in the new.
    assert!(printed.contains("##\u{200b}[error]") && !printed.contains("##["), "{printed}");
    let summary = fs::read_to_string(folder.path().join("summary.md")).expect("a summary");
    assert!(summary.starts_with("before\n### Schemas: 2 errors, 1 warning, 1 waived"), "{summary}");
}

#[test]
fn annotations_stay_out_of_the_way() {
    let folder = rich();
    let output = on_github(folder.path(), &["--format", "json"]);
    serde_json::from_str::<Value>(&stdout(&output)).expect("nothing but JSON");
    fs::remove_file(folder.path().join("summary.md")).expect("it was written");
    let printed = stdout(&on_github(folder.path(), &["--no-annotations"]));
    assert!(!printed.contains("::error"), "{printed}");
    assert!(!folder.path().join("summary.md").exists());
    let printed = stdout(&on_github(folder.path(), &["--report", "github=-"]));
    assert_eq!(printed.matches("::error file=new/größe & co/order.avsc,line=5").count(), 1, "{printed}");
}

#[test]
fn a_job_of_gitlab_leaves_its_report_where_it_is_looked_for() {
    let folder = rich();
    let on_gitlab = |more: &[&str]| {
        let mut command = dovetail(folder.path(), &[CHECK, more].concat());
        command.env("GITLAB_CI", "true").env("CI_PROJECT_DIR", folder.path());
        command.output().expect("the binary runs").status.code()
    };
    let left = folder.path().join("gl-code-quality-report.json");
    assert_eq!(on_gitlab(&["--report", "gitlab=mine.json"]), Some(1));
    assert!(folder.path().join("mine.json").exists() && !left.exists());
    assert_eq!(on_gitlab(&["--no-annotations"]), Some(1));
    assert!(!left.exists());
    assert_eq!(on_gitlab(&[]), Some(1));
    let issues: Value = serde_json::from_str(&fs::read_to_string(&left).expect("left")).expect("JSON");
    assert_eq!(forms::json_errors("gitlab-code-quality.schema.json", &issues), [""; 0]);
    assert_eq!(issues.as_array().map(Vec::len), Some(5), "{issues:#}");
}

#[test]
fn the_published_schema_is_one() {
    let schema: Value = serde_json::from_str(&published()).expect("JSON");
    assert!(jsonschema::meta::is_valid(&schema));
    assert_eq!(schema["$id"], "urn:dovetail:check-report:1");
    for definition in ["report", "line", "answer"] {
        assert!(schema["$defs"][definition].is_object(), "{definition}");
    }
}

/// Every command that `--help` lists.
fn verbs() -> Vec<String> {
    let help = run(Path::new("."), &["--help"]);
    let commands = help.split("Commands:\n").nth(1).expect("commands").split("\n\n").next().expect("a list");
    let named = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let verbs: Vec<String> =
        named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(verbs.contains(&"check".to_owned()) && verbs.contains(&"man".to_owned()), "{verbs:?}");
    verbs
}

#[test]
fn completions_know_every_command() {
    let folder = folder(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = dovetail(folder.path(), &["completions", shell]).output().expect("the binary runs");
        assert!(output.status.success());
        let script = stdout(&output);
        for verb in verbs() {
            assert!(script.contains(&verb), "{shell} does not know {verb}");
        }
        assert!(script.contains("no-annotations"), "{shell} does not know the options");
        if shell == "bash" {
            let path = folder.path().join("dovetail.bash");
            fs::write(&path, script).expect("written");
            let parsed = Command::new("bash").arg("-n").arg(&path).output().expect("bash runs");
            assert!(parsed.status.success(), "{}", String::from_utf8_lossy(&parsed.stderr));
        }
    }
}

#[test]
fn manual_pages_know_every_command() {
    let folder = folder(&[]);
    let page = stdout(&dovetail(folder.path(), &["man"]).output().expect("the binary runs"));
    assert!(page.starts_with(".ie"), "{page}");
    let written = run(folder.path(), &["man", "--out", "man/man1"]);
    assert!(written.starts_with("exit 0\n"), "{written}");
    for verb in verbs() {
        // In roff a dash is escaped, and `help` is nobody's page.
        assert!(page.contains(&format!("dovetail\\-{verb}(1)")), "{verb} is not on the first page");
        let own = folder.path().join(format!("man/man1/dovetail-{verb}.1"));
        let own = fs::read_to_string(own).unwrap_or_default();
        assert!(verb == "help" || own.contains(".SH SYNOPSIS"), "{verb} has no page");
    }
    let check = fs::read_to_string(folder.path().join("man/man1/dovetail-check.1")).expect("a page");
    assert!(check.contains("\\-\\-report"), "{check}");
    fs::write(folder.path().join("file"), "").expect("written");
    let refused = run(folder.path(), &["man", "--out", "file/man1"]);
    assert!(refused.starts_with("exit 3\n"), "{refused}");
}
