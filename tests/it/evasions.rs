//! Ways around the gate, and changes that only look like one: what a change brings along besides its break.

use std::fs;
use std::path::Path;

use crate::gate::{MANIFEST, ORDER, ORDER_BREAKING, ORDER_WITHOUT_AMOUNT, branched, check, commit, told};
use crate::terminal::{dovetail, folder, git, run, write};

const OF_ALL: &str = "version: 1\nsubjects: [{ glob: '**/*.avsc' }]\n";
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A change, and what it must come to.
struct Case {
    name: &'static str,
    /// What the main branch holds.
    before: &'static [(&'static str, &'static str)],
    /// What is written over it.
    after: &'static [(&'static str, &'static str)],
    /// What is removed first.
    removed: &'static [&'static str],
    arguments: &'static [&'static str],
    code: i32,
    /// What the report says in some line, or in some message.
    says: &'static [&'static str],
}

const CASE: Case =
    Case { name: "", before: &[], after: &[], removed: &[], arguments: &[], code: 0, says: &[] };

#[test]
fn whatever_comes_along_with_a_break_it_is_found() {
    for case in [
        Case {
            name: "the manifest is deleted, and what it demanded with it",
            before: &[
                ("schemas.yaml", "version: 1\ndefaults: { level: FULL }\nsubjects: [{ glob: '*.avsc' }]\n"),
                ("order.avsc", ORDER),
            ],
            after: &[("order.avsc", ORDER_WITHOUT_AMOUNT)],
            removed: &["schemas.yaml"],
            code: 1,
            says: &["manifest-deleted refuse", "schemas.yaml is gone", "the level was FULL and is BACKWARD"],
            ..CASE
        },
        Case {
            name: "the manifest above what is checked is deleted",
            before: &[("schemas.yaml", OF_ALL), ("topics/order.avsc", ORDER)],
            after: &[("topics/order.avsc", ORDER_WITHOUT_AMOUNT)],
            removed: &["schemas.yaml"],
            arguments: &["topics"],
            code: 1,
            says: &["manifest-deleted refuse"],
        },
        Case {
            name: "nobody wants a manifest",
            before: &[("schemas.yaml", OF_ALL), ("order.avsc", ORDER)],
            after: &[("order.avsc", ORDER_WITHOUT_AMOUNT)],
            removed: &["schemas.yaml"],
            arguments: &["--no-manifest"],
            code: 0,
            says: &["compatible"],
        },
        Case {
            name: "one file stands for another's subject",
            before: &[("schemas.yaml", OF_ALL), ("a/order.avsc", ORDER)],
            after: &[("b/order.avsc", ORDER_BREAKING)],
            code: 2,
            says: &["both stand for the subject `order`"],
            ..CASE
        },
        Case {
            name: "a file in capitals",
            before: &[("schemas.yaml", "version: 1\nsubjects: [{ glob: 't/*' }]\n"), ("t/ORDER.AVSC", ORDER)],
            after: &[("t/ORDER.AVSC", ORDER_BREAKING)],
            code: 1,
            says: &["t/ORDER.AVSC ORDER BACKWARD (default): incompatible"],
            ..CASE
        },
        Case {
            name: "what is referred to lies in a folder of its own",
            before: &[
                ("common/money.avsc", r#"{"type":"record","name":"Money","namespace":"shop","fields":[]}"#),
                (
                    "topics/cart.avsc",
                    r#"{"type":"record","name":"Cart","namespace":"shop","fields":[{"name":"sum","type":"Money"}]}"#,
                ),
            ],
            after: &[(
                "topics/cart.avsc",
                r#"{"type":"record","name":"Cart","namespace":"shop","fields":[{"name":"sum","type":"Money"},{"name":"new","type":"int"}]}"#,
            )],
            arguments: &["topics", "--include", "common"],
            code: 1,
            says: &["avro-field-without-default refuse topics/cart.avsc"],
            ..CASE
        },
        Case {
            name: "the manifest spells out where a name leads",
            before: &[
                (
                    "schemas.yaml",
                    "version: 1\nsubjects:\n- { file: p/a.proto, references: [{ name: common/money.proto, subject: money }] }\n- { file: q/m.proto, subject: money, level: NONE }\n",
                ),
                (
                    "p/a.proto",
                    "syntax = \"proto3\";\nimport \"common/money.proto\";\nmessage A { Money sum = 1; }\n",
                ),
                ("q/m.proto", "syntax = \"proto3\";\nmessage Money { int64 cents = 1; }\n"),
            ],
            after: &[("q/m.proto", "syntax = \"proto3\";\nmessage Money { string cents = 1; }\n")],
            code: 1,
            says: &["p/a.proto a BACKWARD (default): incompatible"],
            ..CASE
        },
        Case {
            name: "a reference in percents",
            before: &[
                ("my money.schema.json", r#"{"type":"integer"}"#),
                ("cart.schema.json", r##"{"properties":{"sum":{"$ref":"my%20money.schema.json"}}}"##),
            ],
            after: &[("my money.schema.json", r#"{"type":"string"}"#)],
            code: 1,
            says: &["cart.schema.json cart BACKWARD (default): incompatible"],
            ..CASE
        },
        Case {
            name: "a schema is deleted properly, and a reader has one of the same name",
            before: &[
                (
                    "schemas.yaml",
                    "version: 1\nsubjects: [{ glob: '*.avsc' }]\nreaders: [{ name: r, reads: { subject: other, file: readers/order.avsc } }]\n",
                ),
                ("order.avsc", ORDER),
                ("other.avsc", ORDER),
                ("readers/order.avsc", ORDER),
            ],
            removed: &["order.avsc"],
            code: 0,
            says: &["schema-deleted warn"],
            ..CASE
        },
    ] {
        let repository = branched(case.before);
        for path in case.removed {
            fs::remove_file(repository.path().join(path)).expect("it was there");
        }
        write(repository.path(), case.after);
        let arguments = [&["check", "--format", "json"], case.arguments].concat();
        let output = dovetail(repository.path(), &arguments).output().expect("the binary runs");
        let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let shown = match &report {
            serde_json::Value::Null => String::from_utf8_lossy(&output.stderr).into_owned(),
            report => format!("{}\n{report:#}", told(report).join("\n")),
        };
        assert_eq!(output.status.code(), Some(case.code), "{}: {shown}", case.name);
        for expected in case.says {
            assert!(shown.contains(expected), "{}: no `{expected}` in {shown}", case.name);
        }
    }
}

/// What a change says of its own gate is told, each of it.
#[test]
fn whatever_is_demanded_no_more_is_told() {
    let manifest = |entry: &str, more: &str| {
        format!("version: 1\nsubjects: [{{ file: order.avsc, subject: order{entry} }}]\n{more}")
    };
    let reader = "readers: [{ name: billing, reads: { subject: order, file: r.avsc } }]\n";
    for (old, new, says) in [
        (("", ""), (", fill_defaults: true", ""), "readers are said to fill in defaults"),
        (("", ""), (", assert_formats: true", ""), "`format` asserts what data may be"),
        (
            (", lint: { avro-doc-missing: error }", ""),
            ("", ""),
            "the lint rule avro-doc-missing was error and is off",
        ),
        (
            (", lint: { avro-doc-missing: error }", ""),
            (", lint: { avro-doc-missing: warn }", ""),
            "the lint rule avro-doc-missing was error and is warn",
        ),
        (
            (", rules: { avro-symbol-removed: refuse }", ""),
            ("", ""),
            "the rule avro-symbol-removed is set to refuse no longer",
        ),
        (("", reader), ("", ""), "`billing` is declared to read it no longer"),
        (("", ""), ("", "registry: { context: .other }\n"), "the context was the default one and is .other"),
        ((", level: FULL", ""), (", level: FULL", ""), ""),
    ] {
        let before = manifest(old.0, old.1);
        let repository = branched(&[("schemas.yaml", &before), ("order.avsc", ORDER), ("r.avsc", ORDER)]);
        write(repository.path(), &[("schemas.yaml", &manifest(new.0, new.1))]);
        let (code, report) = check(repository.path(), &[]);
        let shown = report.to_string();
        assert_eq!(code, 0, "{old:?} {new:?}: {shown}");
        assert_eq!(shown.contains("gate-loosened"), !says.is_empty(), "{old:?} {new:?}: {shown}");
        assert!(shown.contains(says), "{old:?} {new:?}: {shown}");
    }
    // A subject that is renamed with it, and a manifest that takes the file over.
    let of_subject = |subject: &str, level: &str| {
        format!("version: 1\nsubjects: [{{ file: topics/order.avsc, subject: {subject}, level: {level} }}]\n")
    };
    let outer = of_subject("order", "FULL");
    let renamed = branched(&[("schemas.yaml", &outer), ("topics/order.avsc", ORDER)]);
    write(
        renamed.path(),
        &[("schemas.yaml", &of_subject("orders", "NONE")), ("topics/order.avsc", ORDER_BREAKING)],
    );
    let (_, report) = check(renamed.path(), &[]);
    assert!(report.to_string().contains("the level was FULL and is NONE"), "{report:#}");
    let taken = branched(&[("schemas.yaml", &outer), ("topics/order.avsc", ORDER)]);
    write(
        taken.path(),
        &[("topics/schemas.yaml", "version: 1\nsubjects: [{ file: order.avsc, level: FULL }]\n")],
    );
    let (_, report) = check(taken.path(), &[]);
    assert!(
        report.to_string().contains("topics/schemas.yaml governs it, and no longer schemas.yaml"),
        "{report:#}"
    );
}

#[test]
fn only_a_branch_is_the_branch_to_be_merged_into() {
    let origin = branched(&[("order.avsc", ORDER)]);
    let clones = tempfile::tempdir().expect("a folder");
    let from = origin.path().to_str().expect("text");
    git(clones.path(), &["clone", "--quiet", "--branch", "main", from, "clone"]);
    let clone = clones.path().join("clone");
    git(&clone, &["checkout", "--quiet", "-b", "work"]);
    write(&clone, &[("order.avsc", ORDER_BREAKING)]);
    commit(&clone, "break");
    // Whoever pushes a tag of the branch's name must not choose what is compared.
    for tag in ["origin/main", "main", "refs/remotes/origin/main"] {
        git(&clone, &["tag", tag]);
    }
    git(&clone, &["commit", "--quiet", "--allow-empty", "--message", "more"]);
    let coded = |pipeline: &[(&str, &str)], arguments: &[&str]| {
        let mut command = dovetail(&clone, &[&["check"], arguments].concat());
        command.envs(pipeline.iter().copied()).output().expect("the binary runs").status.code()
    };
    let pipeline = [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_BASE_REF", "main")];
    assert_eq!(coded(&pipeline, &[]), Some(1));
    assert_eq!(coded(&[], &[]), Some(1));
    for target in ["main", "origin/main", "refs/heads/main", "refs/remotes/origin/main"] {
        assert_eq!(coded(&[], &["--target", target]), Some(1), "{target}");
    }
    assert_eq!(coded(&[("DOVETAIL_TARGET", "")], &[]), Some(1), "an empty input is none");
    // A branch of the clone itself is not what a pipeline means.
    git(&clone, &["branch", "--quiet", "release"]);
    assert_eq!(coded(&[("CI", "true"), ("GITHUB_BASE_REF", "release")], &[]), Some(3));
}

#[test]
fn a_schema_that_is_called_like_a_manifest_is_one_all_the_same() {
    let schema = |kind: &str| format!(r#"{{"$schema":"{DRAFT}","type":"{kind}"}}"#);
    let manifest = "version: 1\nsubjects: [{ glob: 'json/*.json' }]\n";
    for files in [&[("json/schemas.json", "")][..], &[("json/schemas.json", ""), ("schemas.yaml", manifest)]]
    {
        let before = schema("integer");
        let mut files: Vec<(&str, &str)> = files.to_vec();
        files[0].1 = &before;
        let repository = branched(&files);
        let copy = folder(&files);
        write(repository.path(), &[("json/schemas.json", &schema("string"))]);
        let folder = format!("dir:{}", copy.path().display());
        for against in ["git:HEAD", &folder] {
            let (code, report) = check(repository.path(), &["--against", against]);
            assert_eq!(
                (code, &report["files"][0]["result"]),
                (1, &"incompatible".into()),
                "{against}: {report:#}"
            );
            assert_eq!(report["notes"], serde_json::json!([]), "{against}");
        }
    }
    // Neither is a file of other people a manifest.
    let foreign =
        branched(&[("db/schemas.yml", "tables: [a]\n"), ("schemas.yaml", OF_ALL), ("order.avsc", ORDER)]);
    write(foreign.path(), &[("order.avsc", ORDER_BREAKING)]);
    assert_eq!(check(foreign.path(), &[]).0, 1);
}

#[test]
fn each_folder_that_is_checked_has_the_manifest_above_it() {
    let full = "version: 1\ndefaults: { level: FULL }\nsubjects: [{ glob: '**/*.avsc' }]\n";
    let files = [
        ("a/schemas.yaml", full),
        ("b/schemas.yaml", full),
        ("a/sub/x.avsc", ORDER),
        ("b/sub/y.avsc", ORDER),
    ];
    let repository = branched(&files);
    write(
        repository.path(),
        &[("a/sub/x.avsc", ORDER_WITHOUT_AMOUNT), ("b/sub/y.avsc", ORDER_WITHOUT_AMOUNT)],
    );
    let (code, report) = check(repository.path(), &["a/sub", "b/sub"]);
    assert_eq!(code, 1);
    assert_eq!(
        told(&report)[..2],
        [
            "a/sub/x.avsc x FULL (a/schemas.yaml:2): incompatible",
            "b/sub/y.avsc y FULL (b/schemas.yaml:2): incompatible"
        ]
    );
}

#[test]
fn another_repository_within_is_told_and_no_folder_of_its_name() {
    // Not a submodule of anything that was committed: it has come with this very change.
    let repository = branched(&[("schemas.yaml", OF_ALL), ("order.avsc", ORDER)]);
    let inner = repository.path().join("vendor");
    write(&inner, &[("inner.avsc", ORDER)]);
    git(&inner, &["init", "--quiet"]);
    write(repository.path(), &[("src/vendor/own.avsc", ORDER)]);
    let (code, report) = check(repository.path(), &[]);
    assert_eq!(code, 3, "{report:#}");
    assert_eq!(
        told(&report),
        [
            "order.avsc order BACKWARD (default): unchanged",
            "src/vendor/own.avsc own BACKWARD (default): new",
            "vendor/inner.avsc inner BACKWARD (default): unchecked",
        ]
    );
}

#[test]
fn a_base_that_has_nothing_of_what_is_checked_is_doubted() {
    let repository = branched(&[("order.avsc", ORDER)]);
    let invoice = ORDER.replace("Order", "Invoice");
    let other = folder(&[("elsewhere/invoice.avsc", &invoice)]);
    let against = format!("dir:{}", other.path().display());
    let (code, report) = check(repository.path(), &["--against", &against]);
    assert_eq!(code, 0, "{report:#}");
    let doubts = format!("nothing in {against} is an earlier state of what is checked; is it the right one?");
    assert_eq!(report["notes"], serde_json::json!([doubts]));
}

#[test]
fn places_in_the_base_are_spelt_from_where_the_check_runs() {
    let repository = branched(&[("s/order.avsc", ORDER), ("s/gone.avsc", ORDER)]);
    fs::remove_file(repository.path().join("s/gone.avsc")).expect("it was there");
    write(repository.path(), &[("s/order.avsc", ORDER_BREAKING)]);
    for (inside, path, gone) in [("", "s/order.avsc", "s/gone.avsc"), ("s", "order.avsc", "gone.avsc")] {
        let (code, report) = check(&repository.path().join(inside), &[]);
        assert_eq!(code, 1);
        let of = |rule: &str| {
            let findings = report["findings"].as_array().expect("findings");
            findings.iter().find(|finding| finding["rule"] == rule).expect(rule).clone()
        };
        let finding = of("avro-field-without-default");
        assert_eq!(
            (&finding["place"]["file"], &finding["earlier_place"]["file"]),
            (&path.into(), &path.into())
        );
        assert_eq!(of("schema-deleted")["place"]["file"], gone);
        assert_eq!(report["files"][0]["moved_from"], serde_json::Value::Null, "{report:#}");
    }
}

#[test]
fn one_waiver_is_enough_for_one_finding_however_many_states_it_breaks() {
    let with =
        |kind: &str| format!(r#"{{"type":"record","name":"R","fields":[{{"name":"a","type":"{kind}"}}]}}"#);
    let manifest = "version: 1\nsubjects: [{ file: r.avsc, level: BACKWARD_TRANSITIVE }]\nwaivers: []\n";
    let repository = branched(&[("schemas.yaml", manifest), ("r.avsc", &with("string"))]);
    for kind in ["boolean", "bytes"] {
        write(repository.path(), &[("r.avsc", &with(kind))]);
        commit(repository.path(), kind);
    }
    write(repository.path(), &[("r.avsc", &with("float"))]);
    let against = ["--against", "git:HEAD"];
    let (_, report) = check(repository.path(), &against);
    let findings = report["findings"].as_array().expect("findings");
    let fingerprints: Vec<&str> =
        findings.iter().filter_map(|finding| finding["fingerprint"].as_str()).collect();
    assert!(fingerprints.len() > 1 && fingerprints.iter().all(|one| *one == fingerprints[0]), "{report:#}");
    let waive = ["waive", fingerprints[0], "--until", "2100-01-01", "--reason", "r"];
    let shown = run(repository.path(), &[&waive[..], &against].concat());
    assert!(shown.starts_with("exit 0\n"), "{shown}");
    let (code, report) = check(repository.path(), &against);
    assert_eq!(code, 0, "{report:#}");
}

#[test]
fn before_the_first_commit_every_schema_is_new() {
    let folder = folder(&[("order.avsc", ORDER)]);
    git(folder.path(), &["init", "--quiet"]);
    for arguments in [&["--against", "git:HEAD"][..], &[]] {
        let (code, report) = check(folder.path(), arguments);
        assert_eq!(code, 0, "{report:#}");
        assert_eq!(told(&report), ["order.avsc order BACKWARD (default): new"]);
    }
}

#[test]
fn a_reader_of_another_folder_is_named_and_its_part_told() {
    let manifest = "version: 1\nsubjects: [{ file: topics/o.avsc, subject: o }]\n\
                    readers: [{ name: billing, reads: { subject: o, file: ./consumers/b.json } }]\n";
    let number = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#;
    let text = number.replace("int", "string");
    let files = [("schemas.yaml", manifest), ("topics/o.avsc", number), ("consumers/b.json", "")];
    let repository = branched(&files);
    let manifest = manifest.replace("b.json", "b.avsc");
    write(repository.path(), &[("schemas.yaml", &manifest), ("consumers/b.avsc", &text)]);
    let shown = run(repository.path(), &["check", "--against", "none"]);
    assert!(shown.contains("this file writes, at /fields/0"), "{shown}");
    assert!(shown.contains("the reader's schema reads, at /fields/0"), "{shown}");
    assert!(!shown.contains("the earlier schema"), "{shown}");
}

#[test]
fn who_wants_quiet_and_no_warning_sees_the_warning() {
    let manifest = |level: &str| format!("{MANIFEST}defaults: {{ level: {level} }}\n");
    let repository = branched(&[("schemas.yaml", &manifest("FULL")), ("topics/orders/value.avsc", ORDER)]);
    write(repository.path(), &[("schemas.yaml", &manifest("NONE"))]);
    let quiet = run(repository.path(), &["check", "--quiet"]);
    assert!(quiet.starts_with("exit 0\n--- stdout\n--- stderr\n"), "{quiet}");
    let failing = run(repository.path(), &["check", "--quiet", "--fail-on", "warn"]);
    assert!(
        failing.starts_with("exit 1\n") && failing.contains("the level was FULL and is NONE"),
        "{failing}"
    );
}

#[test]
fn init_in_a_folder_writes_the_pipeline_where_it_is_read() {
    let repository = branched(&[("svc/order.avsc", ORDER)]);
    let shown = run(repository.path(), &["init", "svc"]);
    assert!(shown.starts_with("exit 0\n"), "{shown}");
    let text = |path: &str| fs::read_to_string(repository.path().join(path)).expect(path);
    assert!(text(".github/workflows/schemas.yml").contains("run: dovetail check svc\n"));
    assert!(text(".pre-commit-config.yaml").contains("entry: dovetail check svc --against git:HEAD"));
    assert!(text("svc/schemas.yaml").starts_with("#"));
    assert!(!Path::new(&repository.path().join("svc/.github")).exists());
    let odd = folder(&[("x[y]/order.avsc", ORDER), ("a{b}/cart.avsc", ORDER), ("plain/bill.avsc", ORDER)]);
    run(odd.path(), &["init"]);
    let (code, report) = check(odd.path(), &["--against", "none"]);
    assert_eq!((code, told(&report).len()), (0, 3), "{report:#}");
    assert_eq!(report["notes"], serde_json::json!([]));
    let from_inside = branched(&[("svc/order.avsc", ORDER)]);
    run(&from_inside.path().join("svc"), &["init"]);
    assert!(from_inside.path().join(".github/workflows/schemas.yml").is_file());
    let (code, report) = check(repository.path(), &["svc"]);
    assert_eq!(code, 0, "{report:#}");
}

#[test]
fn inputs_of_pipelines_that_nobody_gives_are_none() {
    let repository = branched(&[("order.avsc", ORDER)]);
    write(repository.path(), &[("order.avsc", ORDER_BREAKING)]);
    let names =
        ["AGAINST", "FAIL_ON", "LEVEL", "TARGET", "MANIFEST", "NO_MANIFEST", "POLICY", "NO_COLOR", "REPORT"];
    let mut command = dovetail(repository.path(), &["check", "--quiet"]);
    command.envs(names.map(|name| (format!("DOVETAIL_{name}"), "")));
    let output = command.output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    for given in ["1", "true", "yes"] {
        let mut command = dovetail(repository.path(), &["check", "--quiet"]);
        command.env("DOVETAIL_NO_MANIFEST", given).env("DOVETAIL_FILL_DEFAULTS", given);
        assert_eq!(command.output().expect("the binary runs").status.code(), Some(1), "{given}");
    }
    // A server must not take another database because a secret is missing.
    let mut command = dovetail(repository.path(), &["migrate"]);
    command.env("DOVETAIL_DATABASE_URL", "");
    assert_eq!(command.output().expect("the binary runs").status.code(), Some(2));
}
