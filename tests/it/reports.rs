//! Reports of the real binary: every form is what its readers demand, and each reaches its place.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::forms;
use crate::server::Server;
use crate::terminal::{dovetail, folder, register, repository, run, shown, write};

/// Windows line ends, a tab, and a name that a runner would take for a command.
const ORDER_OLD: &str = "{\r\n\t\"type\": \"record\",\r\n\t\"name\": \"Order\",\r\n\t\"fields\": [\r\n\t\t{ \"name\": \"id\", \"type\": \"string\" }\r\n\t]\r\n}\r\n";
const ORDER_NEW: &str = "{\r\n\t\"type\": \"record\",\r\n\t\"name\": \"Order\",\r\n\t\"fields\": [\r\n\t\t{ \"name\": \"id\", \"type\": \"string\", \"doc\": \"漢字 😀\" }, { \"name\": \"country\", \"type\": \"string\", \"doc\": \"##[error]\" },\r\n\t\t{\r\n\t\t\t\"name\": \"quantity\",\r\n\t\t\t\"type\": \"int\"\r\n\t\t}\r\n\t]\r\n}\r\n";
const PRICE_OLD: &str = r#"{"type":"record","name":"Price","fields":[{"name":"cents","type":"int"}]}"#;
const PRICE_NEW: &str = r#"{"type":"record","name":"Price","fields":[{"name":"cents","type":"string"}]}"#;
const TEXT_OLD: &str = r#"{"type":"record","name":"Text","fields":[{"name":"words","type":"bytes"}]}"#;
const TEXT_NEW: &str = r#"{"type":"record","name":"Text","fields":[{"name":"words","type":"string"}]}"#;
const MANIFEST: &str = "\
version: 1
subjects:
  - glob: \"topics/**/*.avsc\"
    subject: \"{name}\"
waivers:
  - subject: price
    rule: avro-type-changed
    at: /fields/0/type
    until: 2999-01-31
    reason: \"no reader left, see #12 <b>\"
    by: team-orders
";

/// Two breaks, one that is waived, a warning, a file that is no schema, and one that is new.
fn rich() -> TempDir {
    let folder = repository(&[
        ("schemas.yaml", MANIFEST),
        ("topics/größe & co/order.avsc", ORDER_OLD),
        ("topics/price.avsc", PRICE_OLD),
        ("topics/text.avsc", TEXT_OLD),
    ]);
    let changed = [
        ("topics/größe & co/order.avsc", ORDER_NEW),
        ("topics/price.avsc", PRICE_NEW),
        ("topics/text.avsc", TEXT_NEW),
        ("topics/broken.avsc", "{\n  \"type\": \"record\",\n  \"name\" \"Broken\"\n}\n"),
        ("topics/fresh.avsc", PRICE_OLD),
    ];
    write(folder.path(), &changed);
    folder
}

const CHECK: &[&str] = &["check", "topics", "--against", "git:HEAD"];

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
    assert_snapshot!(shown(folder.path(), &check(folder.path(), &[])), @r###"
    exit 1
    --- stdout
    ????  topics/broken.avsc  broken  BACKWARD (default)  not a schema
            3 |   "name" "Broken"
              |          ^^^^^^^^ expected ':' after a key
    new   topics/fresh.avsc  fresh  BACKWARD (default)  nothing earlier to compare with
    FAIL  topics/größe & co/order.avsc:5:54  order  BACKWARD (default)  20eced7c11aa
          avro-field-without-default  the new schema has the field `country` in `Order` without a default, and the old schema does not write it
            5 | ..."漢字 😀" }, { "name": "country", "type": "string", "doc": "##[error]" },
              |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/1
            against   topics/größe & co/order.avsc:1:1 in git:HEAD@fb55bbf
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1
            witness   {"id":""}: no value was written for the field `country`, and it has no default (at /fields/1)
            hint      give the field a default
            accept    dovetail waive 20eced7c11aa --until DATE --reason TEXT
    FAIL  topics/größe & co/order.avsc:6:3  order  BACKWARD (default)  fa702af97528
          avro-field-without-default  the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it
            6 |         {
              |         ^ this file reads, at /fields/2
            7 |             "name": "quantity",
            8 |             "type": "int"
            against   topics/größe & co/order.avsc:1:1 in git:HEAD@fb55bbf
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/2
            witness   {"id":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)
            hint      give the field a default
            accept    dovetail waive fa702af97528 --until DATE --reason TEXT
    PASS  topics/price.avsc:1:66  price  BACKWARD (default)  avro-type-changed: waived until 2999-01-31 by team-orders: no reader left, see #12 <b>
    ok    topics/price.avsc  price  BACKWARD (default)  compatible
    WARN  topics/text.avsc:1:65  text  BACKWARD (default)  96ca1289bd7c
          avro-bytes-not-text  the old schema writes bytes, which the new schema reads as a string: bytes that are no UTF-8 are lost
            1 | {"type":"record","name":"Text","fields":[{"name":"words","type":"string"}]}
              |                                                                 ^^^^^^^^ this file reads, at /fields/0/type
            against   topics/text.avsc:1:65 in git:HEAD@fb55bbf
            1 | {"type":"record","name":"Text","fields":[{"name":"words","type":"bytes"}]}
              |                                                                 ------- the earlier schema writes, at /fields/0/type
            reference compatible: Confluent Schema Registry would accept it
            witness   {"words":"ÿ"}: bytes FF was written, � is read (at /fields/0/type)
            hint      keep bytes, unless only text was ever written
    ok    topics/text.avsc  text  BACKWARD (default)  compatible
    2 errors, 1 warning, 1 waived: 1 incompatible, 2 compatible, 1 new, 1 invalid, 0 not checked
    --- stderr
    base  git:HEAD@fb55bbf  5 schemas
    error: topics/broken.avsc:3:10: expected ':' after a key
    "###);
}

#[test]
fn quiet_text_tells_what_must_not_pass() {
    let folder = rich();
    assert_snapshot!(shown(folder.path(), &check(folder.path(), &["--quiet"])), @r###"
    exit 1
    --- stdout
    FAIL  topics/größe & co/order.avsc:5:54  order  BACKWARD (default)  20eced7c11aa
          avro-field-without-default  the new schema has the field `country` in `Order` without a default, and the old schema does not write it
            5 | ..."漢字 😀" }, { "name": "country", "type": "string", "doc": "##[error]" },
              |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/1
            against   topics/größe & co/order.avsc:1:1 in git:HEAD@fb55bbf
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1
            witness   {"id":""}: no value was written for the field `country`, and it has no default (at /fields/1)
            hint      give the field a default
            accept    dovetail waive 20eced7c11aa --until DATE --reason TEXT
    FAIL  topics/größe & co/order.avsc:6:3  order  BACKWARD (default)  fa702af97528
          avro-field-without-default  the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it
            6 |         {
              |         ^ this file reads, at /fields/2
            7 |             "name": "quantity",
            8 |             "type": "int"
            against   topics/größe & co/order.avsc:1:1 in git:HEAD@fb55bbf
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/2
            witness   {"id":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)
            hint      give the field a default
            accept    dovetail waive fa702af97528 --until DATE --reason TEXT
    --- stderr
    error: topics/broken.avsc:3:10: expected ':' after a key
    "###);
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
    assert!(printed.starts_with("FAIL  topics/größe & co/order.avsc:5:"), "{printed}");
    assert!(printed.ends_with("}\n") && printed.contains("\n{\"type\":\"summary\""), "{printed}");
    let read = |path: &str| fs::read_to_string(folder.path().join(path)).expect("it was written");
    assert_eq!(forms::sarif_errors(&serde_json::from_str(&read("out/deep/d.sarif")).expect("JSON")), [""; 0]);
    assert_eq!(forms::junit_errors(&read("d.xml")), [""; 0]);
    assert!(read("d.txt").starts_with("FAIL  "));
}

#[test]
fn a_report_that_cannot_be_written_is_told_after_all_else_was_done() {
    let folder = rich();
    let output = check(
        folder.path(),
        &["--report", "sarif=schemas.yaml/d.sarif", "--report", "junit=d.xml", "--quiet"],
    );
    // What was found counts more than that it could not be reported everywhere.
    assert_eq!(output.status.code(), Some(1));
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
    for (old, new, on_error, on_warn, on_none) in
        [(TEXT_OLD, TEXT_NEW, 0, 1, 0), (ORDER_OLD, ORDER_NEW, 1, 1, 0), (ORDER_OLD, "{", 2, 2, 2)]
    {
        let folder = folder(&[("old/a.avsc", old), ("new/a.avsc", new)]);
        for (fail_on, expected) in [("error", on_error), ("warn", on_warn), ("none", on_none)] {
            let arguments = ["check", "new", "--against", "dir:old", "--fail-on", fail_on];
            let output = dovetail(folder.path(), &arguments).output().expect("the binary runs");
            assert_eq!(output.status.code(), Some(expected), "{new}: {fail_on}");
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
    assert_snapshot!(commands.join("\n"), @r#"
    ::error file=topics/größe & co/order.avsc,line=5,col=54,title=avro-field-without-default in order::the new schema has the field `country` in `Order` without a default, and the old schema does not write it%0Aagainst: topics/größe & co/order.avsc:1:1 in git:HEAD@fb55bbf%0Awitness: {"id":""}: no value was written for the field `country`, and it has no default (at /fields/1)%0Ahint: give the field a default
    ::error file=topics/größe & co/order.avsc,line=6,col=3,title=avro-field-without-default in order::the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it%0Aagainst: topics/größe & co/order.avsc:1:1 in git:HEAD@fb55bbf%0Awitness: {"id":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)%0Ahint: give the field a default
    ::error file=topics/broken.avsc,line=3,col=10,title=not a schema%3A broken::expected ':' after a key
    ::warning file=topics/text.avsc,line=1,col=65,title=avro-bytes-not-text in text::the old schema writes bytes, which the new schema reads as a string: bytes that are no UTF-8 are lost%0Aagainst: topics/text.avsc:1:65 in git:HEAD@fb55bbf%0Awitness: {"words":"ÿ"}: bytes FF was written, � is read (at /fields/0/type)%0Ahint: keep bytes, unless only text was ever written
    ::notice file=topics/price.avsc,line=1,col=66,title=avro-type-changed in price::the old schema writes int, the new schema reads string%0Aagainst: topics/price.avsc:1:66 in git:HEAD@fb55bbf%0Awitness: {"cents":0}: found int, expected string (at /fields/0/type)%0Ahint: keep the type, widen it, or add a new field and leave the old one%0Awaived: until 2999-01-31 by team-orders: no reader left, see #12 <b> (schemas.yaml:6:5)
    "#);
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
    assert_eq!(printed.matches("::error file=topics/größe & co/order.avsc,line=5").count(), 1, "{printed}");
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

/// Flags that no longer are would fail the pipelines of those who copy.
#[test]
fn what_the_guide_to_pipelines_says_can_be_run() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci.md");
    let guide = fs::read_to_string(guide).expect("the guide");
    let mut flags = 0;
    for command in guide.split("dovetail ").skip(1) {
        let command = command.split(['\n', '|', '`']).next().expect("a line");
        let mut words = command.split_whitespace();
        let verb = words.next().unwrap_or_default();
        let used: Vec<&str> = words.filter(|word| word.starts_with("--")).collect();
        if used.is_empty() {
            continue;
        }
        let help = run(Path::new("."), &[verb, "--help"]);
        for flag in used {
            let flag = flag.split(['=', '\'']).next().expect("a flag");
            assert!(help.contains(flag), "`dovetail {verb}` has no {flag}");
            flags += 1;
        }
    }
    assert!(flags >= 10, "{flags}");
    for variable in guide.split("DOVETAIL_").skip(1) {
        let name: String = variable
            .chars()
            .take_while(|character| character.is_ascii_uppercase() || *character == '_')
            .collect();
        let help = run(Path::new("."), &["check", "--help"]);
        assert!(help.contains(&format!("DOVETAIL_{name}")), "DOVETAIL_{name} is no variable");
    }
}
