//! The check over a manifest and several bases, by running the real binary and reading its JSON.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::server::Server;
use crate::terminal::{dovetail, folder, git, program, register, repository, run, write};

pub const ORDER: &str = r#"{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"amount","type":"double"}]}"#;
/// A reader that has a field without a default cannot read what `ORDER` wrote.
pub const ORDER_BREAKING: &str = r#"{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"country","type":"string"}]}"#;
/// Data of it is read with `ORDER`, but not the other way round.
pub const ORDER_WITHOUT_AMOUNT: &str =
    r#"{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}"#;
pub const MANIFEST: &str =
    "version: 1\nsubjects:\n  - glob: topics/*/value.avsc\n    subject: \"{1}-value\"\n";

/// Exit code and report.
pub fn check(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let arguments = [&["check", "--format", "json"], arguments].concat();
    let output = dovetail(folder, &arguments).output().expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let errors = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no report: {text}{errors}"));
    (output.status.code().expect("it ended by itself"), report)
}

/// `path subject level (from): result` of every file, and `kind rule outcome place` of every finding.
pub fn told(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let files = report["files"].as_array().expect("files").iter().map(|file| {
        let from = text(&file["level_from"]);
        format!(
            "{} {} {} ({from}): {}",
            text(&file["file"]),
            text(&file["subject"]),
            text(&file["level"]),
            text(&file["result"])
        )
    });
    let findings = report["findings"].as_array().expect("findings").iter().map(|finding| {
        let place = &finding["place"];
        let place = match place["line"].as_u64() {
            Some(line) => format!("{}:{line}:{}", text(&place["file"]), place["column"]),
            None => text(&place["file"]),
        };
        format!("{} {} {} {place}", text(&finding["kind"]), text(&finding["rule"]), text(&finding["outcome"]))
    });
    files.chain(findings).collect()
}

pub fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", message]);
}

/// A repository whose main branch holds `files`, with another branch checked out.
pub fn branched(files: &[(&str, &str)]) -> tempfile::TempDir {
    let repository = repository(files);
    git(repository.path(), &["checkout", "--quiet", "-b", "change"]);
    repository
}

#[test]
fn without_a_base_the_merge_base_is_taken() {
    let repository = branched(&[("schemas.yaml", MANIFEST), ("topics/orders/value.avsc", ORDER)]);
    write(repository.path(), &[("topics/orders/value.avsc", ORDER_BREAKING)]);
    commit(repository.path(), "break");
    // The main branch goes on; what it got since does not count.
    git(repository.path(), &["checkout", "--quiet", "main"]);
    write(
        repository.path(),
        &[("topics/orders/value.avsc", ORDER_BREAKING), ("topics/new/value.avsc", ORDER)],
    );
    commit(repository.path(), "main goes on");
    git(repository.path(), &["checkout", "--quiet", "change"]);
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 1, "{report:#}");
    let base = report["base"].as_str().expect("a base");
    assert!(base.starts_with("git:main@") && base.ends_with("(merge-base)"), "{base}");
    assert_eq!(
        told(&report),
        [
            "topics/orders/value.avsc orders-value BACKWARD (default): incompatible",
            "compatibility avro-field-without-default refuse topics/orders/value.avsc:1:71",
        ]
    );
}

#[test]
fn the_target_branch_is_what_the_pipeline_says() {
    let repository = branched(&[("order.avsc", ORDER)]);
    git(repository.path(), &["branch", "release", "main"]);
    git(repository.path(), &["branch", "-D", "--quiet", "main"]);
    write(repository.path(), &[("order.avsc", ORDER_BREAKING)]);
    let told_by = |name: &str, value: &str| {
        let mut command = dovetail(repository.path(), &["check"]);
        command.env(name, value).output().expect("the binary runs").status.code()
    };
    for name in ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CHANGE_TARGET", "DOVETAIL_TARGET"]
    {
        assert_eq!(told_by(name, "release"), Some(1), "{name}");
        assert_eq!(
            told_by(name, "nowhere"),
            Some(3),
            "{name}: a branch that is not there is never passed over"
        );
    }
}

#[test]
fn a_shallow_clone_is_told_never_passed() {
    let origin = repository(&[("order.avsc", ORDER)]);
    git(origin.path(), &["commit", "--quiet", "--allow-empty", "--message", "second"]);
    git(origin.path(), &["checkout", "--quiet", "-b", "change"]);
    write(origin.path(), &[("order.avsc", ORDER_BREAKING)]);
    commit(origin.path(), "break");
    git(origin.path(), &["checkout", "--quiet", "main"]);
    let clone = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", origin.path().display());
    git(clone.path(), &["clone", "--quiet", "--depth", "1", "--branch", "change", &url, "."]);
    let output = run(clone.path(), &["check"]);
    assert!(output.starts_with("exit 3\n"), "{output}");
    assert!(output.contains("git fetch --no-tags --depth=200 origin +main"), "{output}");
    git(
        clone.path(),
        &["fetch", "--quiet", "--no-tags", "--depth=200", "origin", "+main:refs/remotes/origin/main"],
    );
    assert_eq!(check(clone.path(), &[]).0, 1, "the advice helps");
}

#[test]
fn a_pipeline_of_the_target_branch_itself_is_told_never_passed() {
    let repository = repository(&[("order.avsc", ORDER)]);
    write(repository.path(), &[("order.avsc", ORDER_BREAKING)]);
    commit(repository.path(), "break on main");
    let checked = |ci: Option<&str>, arguments: &[&str]| {
        let mut command = dovetail(repository.path(), &[&["check"], arguments].concat());
        command.env_remove("CI");
        if let Some(ci) = ci {
            command.env("CI", ci);
        }
        command.output().expect("the binary runs").status.code()
    };
    assert_eq!(checked(None, &[]), Some(0), "at a desk only what is not committed counts");
    assert_eq!(checked(Some("true"), &[]), Some(3), "in a pipeline that would compare nothing");
    assert_eq!(checked(Some("true"), &["--against", "git:HEAD~1"]), Some(1));
}

#[test]
fn transitive_levels_look_through_the_history_of_the_file() {
    let v1 = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#;
    let v2 = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":0}]}"#;
    let v3 = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}"#;
    let repository = repository(&[("old/r.avsc", v1)]);
    write(repository.path(), &[("old/r.avsc", v2)]);
    commit(repository.path(), "second");
    git(repository.path(), &["mv", "old", "new"]);
    commit(repository.path(), "moved");
    write(repository.path(), &[("new/r.avsc", v3)]);
    let against_head = ["new", "--against", "git:HEAD"];
    let (code, _) = check(repository.path(), &against_head);
    assert_eq!(code, 0, "the last state wrote the field");
    let transitive = [&against_head[..], &["--level", "BACKWARD_TRANSITIVE"]].concat();
    let (code, report) = check(repository.path(), &transitive);
    assert_eq!(code, 1, "the first did not: {report:#}");
    let file = report["findings"][0]["against"]["file"].as_str().expect("a file");
    assert!(file.starts_with("old/r.avsc@"), "{file}");

    let clone = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", repository.path().display());
    git(clone.path(), &["clone", "--quiet", "--depth", "1", &url, "."]);
    write(clone.path(), &[("new/r.avsc", v3)]);
    assert_eq!(check(clone.path(), &against_head).0, 0);
    let (code, report) = check(clone.path(), &transitive);
    assert_eq!(code, 3, "half a history is none: {report:#}");
}

#[test]
fn levels_come_from_the_flag_the_manifest_the_registry_or_nowhere() {
    let server = Server::start();
    register(&server, "orders-value", json!({ "schema": ORDER }));
    register(&server, "plain", json!({ "schema": ORDER }));
    crate::terminal::send(
        &server,
        reqwest::Method::PUT,
        "/config/plain",
        json!({ "compatibility": "FORWARD" }),
    );
    let manifest = "version: 1\nsubjects:\n  - glob: topics/*/value.avsc\n    subject: \"{1}-value\"\n    level: FULL\n  - glob: \"*.avsc\"\n";
    let folder =
        folder(&[("schemas.yaml", manifest), ("topics/orders/value.avsc", ORDER), ("plain.avsc", ORDER)]);
    let registry = format!("registry:{}", server.url);
    for (arguments, orders, plain) in [
        (vec!["--against", "none"], "FULL (schemas.yaml:5)", "BACKWARD (default)"),
        (vec!["--against", &registry], "FULL (schemas.yaml:5)", "FORWARD (registry)"),
        (vec!["--against", "none", "--against", &registry], "FULL (schemas.yaml:5)", "FORWARD (registry)"),
        (vec!["--against", &registry, "--level", "NONE"], "NONE (--level)", "NONE (--level)"),
    ] {
        let (_, report) = check(folder.path(), &arguments);
        let told = told(&report);
        assert!(told[0].contains(plain) && told[1].contains(orders), "{arguments:?}: {told:?}");
    }
}

#[test]
fn the_verdict_against_several_bases_is_the_union() {
    let server = Server::start();
    register(&server, "orders-value", json!({ "schema": ORDER }));
    let repository = branched(&[("schemas.yaml", MANIFEST), ("topics/orders/value.avsc", ORDER_BREAKING)]);
    let registry = format!("registry:{}", server.url);
    // Unchanged by the merge, and yet not what is deployed can be read with.
    let (code, report) = check(repository.path(), &["--against", "git:merge-base", "--against", &registry]);
    assert_eq!(code, 1, "{report:#}");
    let bases = &report["files"][0]["bases"];
    assert_eq!((&bases[0]["result"], &bases[1]["result"]), (&json!("unchanged"), &json!("incompatible")));
    assert_eq!(report["findings"][0]["against"]["base"], json!(registry));
    assert_eq!(report["findings"][0]["against"]["version"], json!(1));
}

#[test]
fn a_moved_file_with_the_same_subject_is_a_change() {
    let manifest = "version: 1\nsubjects:\n  - { file: a.avsc, subject: orders }\n";
    let repository = branched(&[("schemas.yaml", manifest), ("a.avsc", ORDER)]);
    fs::remove_file(repository.path().join("a.avsc")).expect("removed");
    let moved = manifest.replace("a.avsc", "sub/b.avsc");
    write(repository.path(), &[("sub/b.avsc", ORDER_BREAKING), ("schemas.yaml", &moved)]);
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(told(&report)[0], "sub/b.avsc orders BACKWARD (default): incompatible");
    assert_eq!(report["files"][0]["moved_from"], json!("a.avsc"));
}

#[test]
fn what_is_deleted_is_judged_by_who_needs_it() {
    let money = r#"{"type":"fixed","name":"Money","namespace":"shop","size":8}"#;
    let cart =
        r#"{"type":"record","name":"Cart","namespace":"shop","fields":[{"name":"sum","type":"Money"}]}"#;
    let readers =
        "readers:\n  - { name: billing, reads: { subject: order, file: consumers/billing.avsc } }\n";
    let manifest = format!("version: 1\nsubjects:\n  - glob: \"*.avsc\"\n{readers}");
    let files = [
        ("schemas.yaml", manifest.as_str()),
        ("order.avsc", ORDER),
        ("spare.avsc", ORDER),
        ("money.avsc", money),
        ("cart.avsc", cart),
        ("consumers/billing.avsc", ORDER_WITHOUT_AMOUNT),
    ];
    let repository = branched(&files);
    for gone in ["order.avsc", "spare.avsc", "money.avsc"] {
        fs::remove_file(repository.path().join(gone)).expect("removed");
    }
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(
        told(&report),
        [
            "cart.avsc cart BACKWARD (default): invalid",
            "money.avsc money - (-): deleted",
            "order.avsc order - (-): deleted",
            "spare.avsc spare - (-): deleted",
            "deletion deleted-with-referrer refuse cart.avsc",
            "deletion schema-deleted warn money.avsc",
            "deletion deleted-with-reader refuse schemas.yaml:5:5",
            "deletion schema-deleted warn order.avsc",
            "deletion schema-deleted warn spare.avsc",
        ]
    );
    // Nobody is left who needs it.
    write(repository.path(), &[("money.avsc", money), ("schemas.yaml", &manifest.replace(readers, ""))]);
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 0, "{report:#}");
}

#[test]
fn declared_readers_are_asked_and_strangers_are_not() {
    let manifest = |more: &str| {
        format!(
            "version: 1\nsubjects:\n  - {{ file: order.avsc, level: FULL{more} }}\nreaders:\n  - {{ name: billing, reads: {{ subject: order, file: consumers/billing.avsc }} }}\n"
        )
    };
    let repository = branched(&[
        ("schemas.yaml", &manifest("")),
        ("order.avsc", ORDER),
        ("consumers/billing.avsc", ORDER_WITHOUT_AMOUNT),
    ]);
    write(repository.path(), &[("order.avsc", ORDER_WITHOUT_AMOUNT)]);
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 1, "FULL protects readers that nobody knows: {report:#}");
    assert_eq!(told(&report)[1], "compatibility avro-field-without-default refuse order.avsc:1:1");
    write(repository.path(), &[("schemas.yaml", &manifest(", all_readers_declared: true"))]);
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 0, "no declared reader uses the field: {report:#}");
    write(repository.path(), &[("consumers/billing.avsc", ORDER)]);
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 1, "this one does: {report:#}");
    let finding = &report["findings"][0];
    assert_eq!(finding["kind"], "reader");
    assert!(
        finding["message"].as_str().expect("a sentence").starts_with("`billing` cannot read it"),
        "{finding:#}"
    );
    assert_eq!(finding["witness"]["json"], json!({ "id": 0 }));
}

#[test]
fn a_manifest_that_demands_less_is_told() {
    let strict = "version: 1\nsubjects:\n  - { file: order.avsc, level: FULL }\n";
    let repository = branched(&[("schemas.yaml", strict), ("order.avsc", ORDER)]);
    for (manifest, told_of) in [
        ("{ file: order.avsc, level: NONE }", "the level was FULL and is NONE"),
        ("{ file: order.avsc, level: BACKWARD_TRANSITIVE }", "the level was FULL and is BACKWARD_TRANSITIVE"),
        (
            "{ file: order.avsc, level: FULL, rules: { avro-field-without-default: off } }",
            "the rule avro-field-without-default is off",
        ),
        ("{ file: order.avsc, level: FULL, packs: [] }", "the pack wire is left out"),
        ("{ file: order.avsc, level: FULL, judge: reference }", "the judge was proof and is reference"),
        ("{ file: order.avsc, level: FULL_TRANSITIVE }", ""),
    ] {
        write(repository.path(), &[("schemas.yaml", &format!("version: 1\nsubjects:\n  - {manifest}\n"))]);
        let (code, report) = check(repository.path(), &[]);
        let messages: Vec<&str> = report["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .filter_map(|f| f["message"].as_str())
            .collect();
        assert_eq!(code, 0, "{manifest}: {messages:?}");
        assert_eq!(
            messages.iter().any(|message| message.contains(told_of)),
            !told_of.is_empty(),
            "{manifest}: {messages:?}"
        );
        assert_eq!(
            check(repository.path(), &["--fail-on", "warn"]).0,
            i32::from(!told_of.is_empty()),
            "{manifest}"
        );
    }
    // A file that is checked no longer, and changed at once.
    write(
        repository.path(),
        &[
            ("schemas.yaml", "version: 1\nsubjects:\n  - { file: other.avsc }\n"),
            ("other.avsc", ORDER),
            ("order.avsc", ORDER_BREAKING),
        ],
    );
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 1, "{report:#}");
    assert!(
        told(&report).contains(&"deletion subject-undeclared refuse order.avsc".to_owned()),
        "{report:#}"
    );
}

#[test]
fn what_moved_and_got_another_subject_is_compared_all_the_same() {
    let repository = branched(&[("schemas.yaml", MANIFEST), ("topics/orders/value.avsc", ORDER)]);
    fs::rename(repository.path().join("topics/orders"), repository.path().join("topics/Orders"))
        .expect("renamed");
    write(repository.path(), &[("topics/Orders/value.avsc", ORDER_BREAKING)]);
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(told(&report)[0], "topics/Orders/value.avsc Orders-value BACKWARD (default): incompatible");
}

#[test]
fn links_are_followed_and_submodules_told() {
    let repository = branched(&[
        ("real.avsc", ORDER),
        ("schemas.yaml", "version: 1\nsubjects:\n  - { file: linked/order.avsc }\n"),
    ]);
    fs::create_dir(repository.path().join("linked")).expect("a folder");
    std::os::unix::fs::symlink("../real.avsc", repository.path().join("linked/order.avsc")).expect("a link");
    commit(repository.path(), "linked");
    write(repository.path(), &[("real.avsc", ORDER_BREAKING)]);
    let (code, report) = check(repository.path(), &["--against", "git:HEAD"]);
    assert_eq!(code, 1, "{report:#}");
    let other = self::repository(&[("order.avsc", ORDER)]);
    let url = other.path().display().to_string();
    git(repository.path(), &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "sub"]);
    write(
        repository.path(),
        &[("schemas.yaml", "version: 1\nsubjects:\n  - { file: sub/order.avsc }\n"), ("real.avsc", ORDER)],
    );
    commit(repository.path(), "submodule");
    let (code, report) = check(repository.path(), &["--against", "git:HEAD"]);
    assert_eq!(code, 3, "{report:#}");
}

#[test]
fn a_reader_that_cannot_be_read_is_told() {
    let readers =
        "readers:\n  - { name: billing, reads: { subject: order, file: consumers/billing.avsc } }\n";
    let manifest = format!("version: 1\nsubjects:\n  - glob: \"*.avsc\"\n{readers}");
    let place =
        folder(&[("schemas.yaml", &manifest), ("order.avsc", ORDER), ("consumers/billing.avsc", "{")]);
    let (code, report) = check(place.path(), &["--against", "none"]);
    assert_eq!(code, 2, "{report:#}");
    assert_eq!(report["files"][1]["result"], "invalid");
    write(
        place.path(),
        &[
            ("schemas.yaml", &manifest.replace("subject: order,", "subject: orders,")),
            ("consumers/billing.avsc", ORDER),
        ],
    );
    let (code, report) = check(place.path(), &["--against", "none"]);
    assert_eq!((code, &report["findings"][0]["rule"]), (0, &json!("reader-of-nothing")), "{report:#}");
}

#[test]
fn a_base_that_holds_nothing_is_told_and_one_of_a_folder_is_paired() {
    let repository = branched(&[("schemas.yaml", MANIFEST), ("topics/orders/value.avsc", ORDER)]);
    write(repository.path(), &[("topics/orders/value.avsc", ORDER_BREAKING)]);
    fs::create_dir(repository.path().join("empty")).expect("a folder");
    let code = |arguments: &[&str]| {
        dovetail(repository.path(), &[&["check"], arguments].concat())
            .output()
            .expect("it runs")
            .status
            .code()
    };
    assert_eq!(code(&["--against", "dir:empty"]), Some(3));
    assert_eq!(code(&["topics", "--against", "git:HEAD:topics"]), Some(1));
}

#[test]
fn a_transitive_level_looks_through_what_a_file_refers_to() {
    let money = |fields: &str| {
        format!(r#"{{"type":"record","name":"Money","namespace":"shop","fields":[{fields}]}}"#)
    };
    let cart =
        r#"{"type":"record","name":"Cart","namespace":"shop","fields":[{"name":"sum","type":"Money"}]}"#;
    let number = r#"{"name":"x","type":"int","default":0}"#;
    let repository = repository(&[("cart.avsc", cart), ("money.avsc", &money(number))]);
    write(repository.path(), &[("money.avsc", &money(""))]);
    commit(repository.path(), "without");
    write(repository.path(), &[("money.avsc", &money(r#"{"name":"x","type":"string","default":""}"#))]);
    let (_, report) = check(repository.path(), &["--against", "git:HEAD", "--level", "BACKWARD_TRANSITIVE"]);
    let results: Vec<&str> =
        report["files"].as_array().expect("files").iter().filter_map(|f| f["result"].as_str()).collect();
    assert_eq!(results, ["incompatible", "incompatible"], "{report:#}");
}

#[test]
fn a_waiver_covers_its_finding_and_nothing_else_until_its_day() {
    let repository = branched(&[("schemas.yaml", MANIFEST), ("topics/orders/value.avsc", ORDER)]);
    write(repository.path(), &[("topics/orders/value.avsc", ORDER_BREAKING)]);
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 1);
    let fingerprint = report["findings"][0]["fingerprint"].as_str().expect("a fingerprint").to_owned();
    let waive = |until: &str| {
        run(
            repository.path(),
            &["waive", &fingerprint, "--until", until, "--reason", "nobody reads it: RFC 12"],
        )
    };
    assert!(waive("2020-01-31").starts_with("exit 2\n"));
    let written = waive("2999-01-31");
    assert!(written.starts_with("exit 0\n"), "{written}");
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["findings"][0]["outcome"], "waived");
    assert_eq!(report["findings"][0]["waiver"]["reason"], "nobody reads it: RFC 12");
    assert_eq!(report["count"]["waived"], 1);
    assert!(waive("2999-01-31").starts_with("exit 2\n"), "it is accepted already");

    // Another break beside it.
    let two = ORDER_BREAKING.replace(r#"{"name":"id","type":"long"}"#, r#"{"name":"id","type":"string"}"#);
    write(repository.path(), &[("topics/orders/value.avsc", &two)]);
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 1, "{report:#}");
    let outcomes: Vec<&str> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter_map(|f| f["outcome"].as_str())
        .collect();
    assert_eq!(outcomes, ["refuse", "waived"]);

    write(repository.path(), &[("topics/orders/value.avsc", ORDER_BREAKING)]);
    let path = repository.path().join("schemas.yaml");
    let text = fs::read_to_string(&path).expect("a manifest");
    fs::write(&path, text.replace("2999-01-31", "2020-01-31")).expect("written");
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 1);
    let rules: Vec<&str> =
        report["findings"].as_array().expect("findings").iter().filter_map(|f| f["rule"].as_str()).collect();
    assert_eq!(rules, ["avro-field-without-default", "waiver-expired"]);
    // Another field at the same place is another finding.
    fs::write(&path, &text).expect("written");
    write(repository.path(), &[("topics/orders/value.avsc", &ORDER_BREAKING.replace("country", "currency"))]);
    assert_eq!(check(repository.path(), &[]).0, 1, "it was not accepted for this one");
    fs::write(&path, text.replace("2999-01-31", "2020-01-31")).expect("written");
    // Even when there is nothing left that it could cover.
    write(repository.path(), &[("topics/orders/value.avsc", ORDER)]);
    assert_eq!(check(repository.path(), &[]).0, 1);
}

#[test]
fn a_manifest_that_is_wrong_is_told_with_its_place() {
    let folder = folder(&[
        ("order.avsc", ORDER),
        ("schemas.yaml", "version: 1\nsubjects:\n  - { glob: '*.avsc', level: FUL }\n"),
    ]);
    let output = run(folder.path(), &["check", "--against", "none"]);
    assert!(output.starts_with("exit 2\n"), "{output}");
    assert!(output.contains("schemas.yaml:3:30: "), "{output}");
    assert!(run(folder.path(), &["check", "--against", "none", "--no-manifest"]).starts_with("exit 0\n"));
    write(
        folder.path(),
        &[(
            "schemas.yaml",
            "version: 1\nsubjects: []\nreaders: [{ name: b, reads: { subject: a, file: none.avsc } }]\n",
        )],
    );
    let output = run(folder.path(), &["check", "order.avsc", "--against", "none"]);
    assert!(output.starts_with("exit 2\n") && output.contains("schemas.yaml:3:"), "{output}");
}

#[test]
fn a_manifest_above_governs_and_one_below_governs_its_folder() {
    let outer = "version: 1\ndefaults: { level: FORWARD }\nsubjects:\n  - glob: \"**/*.avsc\"\n    subject: \"outer.{name}\"\n";
    let inner = "version: 1\nsubjects:\n  - glob: \"*.avsc\"\n    subject: \"inner.{name}\"\n";
    let folder = folder(&[
        ("schemas.yaml", outer),
        ("a/order.avsc", ORDER),
        ("b/schemas.yaml", inner),
        ("b/order.avsc", ORDER),
        ("b/sub/left.avsc", ORDER),
    ]);
    let (_, report) = check(folder.path(), &["--against", "none"]);
    assert_eq!(
        told(&report),
        [
            "a/order.avsc outer.order FORWARD (schemas.yaml:2): new",
            "b/order.avsc inner.order BACKWARD (default): new"
        ]
    );
    assert_eq!(report["notes"], json!(["b/sub/left.avsc is declared nowhere, and was not checked"]));
    let (_, report) = check(&folder.path().join("a"), &["--against", "none"]);
    assert_eq!(told(&report), ["order.avsc outer.order FORWARD (../schemas.yaml:2): new"]);
}

#[test]
fn init_writes_what_check_reads() {
    let folder = folder(&[
        ("topics/orders/value.avsc", ORDER),
        (
            "proto/shop/cart.proto",
            "syntax = \"proto3\";\npackage shop;\nimport \"shop/money.proto\";\nmessage Cart { Money sum = 1; }\n",
        ),
        (
            "proto/shop/money.proto",
            "syntax = \"proto3\";\npackage shop;\nmessage Money { int64 cents = 1; }\n",
        ),
        ("users/user.schema.json", r#"{"type":"object"}"#),
    ]);
    git(folder.path(), &["init", "--quiet"]);
    let output = run(folder.path(), &["init"]);
    assert!(output.starts_with("exit 0\n"), "{output}");
    for file in ["schemas.yaml", ".github/workflows/schemas.yml", ".pre-commit-config.yaml"] {
        assert!(folder.path().join(file).is_file(), "{file}: {output}");
    }
    let (code, report) = check(folder.path(), &["--against", "none"]);
    assert_eq!(code, 0, "{report:#}");
    let subjects: Vec<&str> = report["files"]
        .as_array()
        .expect("files")
        .iter()
        .filter_map(|file| file["subject"].as_str())
        .collect();
    assert_eq!(subjects, ["shop/cart.proto", "shop/money.proto", "orders-value", "user"]);
    let again = run(folder.path(), &["init"]);
    assert!(again.starts_with("exit 2\n") && again.contains("there is a manifest already"), "{again}");
}

#[test]
fn every_manifest_of_the_tests_keeps_to_the_published_shape() {
    let folder = folder(&[]);
    let schema = dovetail(folder.path(), &["init", "--schema"]).output().expect("the binary runs").stdout;
    let schema: Value = serde_json::from_slice(&schema).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let full = json!({
        "version": 1,
        "registry": { "url": "${URL}", "context": "." },
        "defaults": { "level": "BACKWARD", "normalize": false, "owner": "a", "lint": {}, "rules": { "avro-field-without-default": "warn" } },
        "subjects": [
            { "glob": "a/*.avsc", "subject": "{1}", "type": "AVRO", "judge": "proof", "policy": "lenient", "packs": ["wire"],
              "assert_formats": true, "fill_defaults": true, "all_readers_declared": true,
              "metadata": { "properties": { "a": "b" }, "tags": { "**.x": ["PII"] }, "sensitive": ["c"] },
              "references": [{ "name": "n", "subject": "s", "version": 1 }] },
            { "file": "b.json" },
        ],
        "readers": [{ "name": "r", "reads": { "subject": "s", "file": "r.avsc" } }],
        "waivers": [{ "subject": "s", "rule": "r", "at": "/a", "until": "2027-01-31", "reason": "r", "by": "b", "says": "c" }],
        "protect": ["p-*"],
        "include": ["common"],
    });
    let errors: Vec<String> = validator.iter_errors(&full).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    // The program and the schema agree on what is left out or too much.
    let accepted = |document: &Value| {
        let text = document.to_string();
        let folder = crate::terminal::folder(&[
            ("schemas.json", text.as_str()),
            ("r.avsc", ORDER),
            ("b.json", "{}"),
            ("common/x.avsc", ORDER),
        ]);
        run(folder.path(), &["check", "b.json", "--against", "none", "--manifest", "schemas.json"])
    };
    let output = accepted(&full);
    assert!(output.starts_with("exit 0\n"), "{output}");
    for (pointer, member) in [
        ("", "x"),
        ("/defaults", "glob"),
        ("/subjects/0", "x"),
        ("/waivers/0", "x"),
        ("/readers/0/reads", "x"),
        ("/registry", "x"),
    ] {
        let mut wrong = full.clone();
        wrong.pointer_mut(pointer).expect("there")[member] = json!("y");
        assert!(!validator.is_valid(&wrong), "{pointer} {member}");
        let output = accepted(&wrong);
        assert!(output.starts_with("exit 2\n"), "{pointer} {member}: {output}");
    }
    for (pointer, member) in [
        ("", "version"),
        ("/waivers/0", "until"),
        ("/waivers/0", "reason"),
        ("/readers/0", "name"),
        ("/subjects/1", "file"),
    ] {
        let mut wrong = full.clone();
        wrong.pointer_mut(pointer).expect("there").as_object_mut().expect("an object").remove(member);
        assert!(!validator.is_valid(&wrong), "{pointer} {member}");
        assert!(accepted(&wrong).starts_with("exit 2\n"), "{pointer} {member}");
    }
}

#[test]
fn offline_no_network_is_used() {
    let repository = branched(&[("schemas.yaml", MANIFEST), ("topics/orders/value.avsc", ORDER)]);
    write(repository.path(), &[("topics/orders/value.avsc", ORDER_BREAKING)]);
    let binary = env!("CARGO_BIN_EXE_dovetail");
    let isolated = |arguments: &[&str]| {
        let arguments = [&["--net", "--map-root-user"], arguments].concat();
        program(repository.path(), "unshare", &arguments).output()
    };
    // Without a namespace of its own nothing is shown.
    if !isolated(&["true"]).is_ok_and(|output| output.status.success()) {
        eprintln!("left out: no network namespace can be made here");
        return;
    }
    let output = isolated(&[binary, "check", "--quiet"]).expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let asked = isolated(&[binary, "check", "--against", "registry:http://127.0.0.1:9"]).expect("it runs");
    assert_eq!(asked.status.code(), Some(3), "there really is no network");
}

#[test]
fn lint_rules_are_off_until_the_manifest_wants_them() {
    let plain =
        folder(&[("order.avsc", ORDER), ("schemas.yaml", "version: 1\nsubjects: [{ glob: '*.avsc' }]\n")]);
    assert_eq!(check(plain.path(), &["--against", "none"]).1["findings"], json!([]));
    let manifest =
        |lint: &str| format!("version: 1\ndefaults: {{ lint: {lint} }}\nsubjects: [{{ glob: '*.avsc' }}]\n");
    write(
        plain.path(),
        &[("schemas.yaml", &manifest("{ avro-doc-missing: warn, avro-namespace-missing: error }"))],
    );
    let (code, report) = check(plain.path(), &["--against", "none"]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(
        told(&report)[..3],
        [
            "order.avsc order BACKWARD (default): incompatible",
            "lint avro-namespace-missing refuse order.avsc:1:18",
            "lint avro-doc-missing warn order.avsc:1:18",
        ]
    );
    write(plain.path(), &[("schemas.yaml", &manifest("{ avro-doc-missing: warn }"))]);
    assert_eq!(check(plain.path(), &["--against", "none"]).0, 0, "a warning passes");
    assert_eq!(check(plain.path(), &["--against", "none", "--fail-on", "warn"]).0, 1, "unless it must not");
    write(plain.path(), &[("schemas.yaml", &manifest("{ avro-docs-missing: warn }"))]);
    let output = run(plain.path(), &["check", "--against", "none"]);
    assert!(
        output.starts_with("exit 2\n") && output.contains("did you mean `avro-doc-missing`?"),
        "{output}"
    );
}
