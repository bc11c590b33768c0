//! The command line, by running the real binary: exit code, standard output and standard error.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;
use tempfile::TempDir;

const ORDER_V1: &str = r#"{
  "type": "record",
  "name": "Order",
  "fields": [
    { "name": "id", "type": "string" }
  ]
}
"#;
const ORDER_V2: &str = r#"{
  "type": "record",
  "name": "Order",
  "fields": [
    { "name": "id", "type": "string" },
    { "name": "note", "type": "string", "default": "" }
  ]
}
"#;
const ORDER_BREAKING: &str = r#"{
  "type": "record",
  "name": "Order",
  "fields": [
    { "name": "id", "type": "string" },
    { "name": "größe", "type": "int" }, { "name": "country", "type": "string" }
  ]
}
"#;
const MONEY_V1: &str =
    r#"{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"cents","type":"long"}]}"#;
const MONEY_BREAKING: &str =
    r#"{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"cents","type":"string"}]}"#;
const CART: &str =
    r#"{"type":"record","name":"Cart","namespace":"shop","fields":[{"name":"sum","type":"Money"}]}"#;

/// A folder of files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), files);
    folder
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        fs::write(path, text).expect("a file is written");
    }
}

/// The binary, in an environment that does not speak for it.
fn dovetail(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dovetail"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DOVETAIL_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments).env("COLUMNS", "110");
    command
}

/// Exit code, standard output and standard error, with what differs from run to run blotted out.
fn run(folder: &Path, arguments: &[&str]) -> String {
    shown(folder, &dovetail(folder, arguments).output().expect("the binary runs"))
}

fn shown(folder: &Path, output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*folder.to_string_lossy(), "[DIR]");
    let code = output.status.code().expect("it ended by itself");
    format!("exit {code}\n--- stdout\n{}--- stderr\n{}", text(&output.stdout), text(&output.stderr))
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with one commit that holds `files`.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = folder(files);
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "--message", "first"]);
    folder
}

#[test]
fn a_compatible_change_passes() {
    let folder =
        folder(&[("new/order.avsc", ORDER_V2), ("new/user.avsc", MONEY_V1), ("old/order.avsc", ORDER_V1)]);
    assert_snapshot!(run(folder.path(), &["check", "new", "--against", "dir:old"]), @"");
}

#[test]
fn a_break_is_told_with_line_rule_and_way_out() {
    let folder = folder(&[("order.avsc", ORDER_BREAKING), ("old/order.avsc", ORDER_V1)]);
    assert_snapshot!(run(folder.path(), &["check", "order.avsc", "--against", "dir:old"]), @"");
}

#[test]
fn forward_findings_stand_at_the_line_of_the_file_too() {
    let folder = folder(&[("order.avsc", ORDER_V1), ("old.avsc", ORDER_BREAKING)]);
    assert_snapshot!(run(folder.path(), &["check", "order.avsc", "--against", "dir:old.avsc", "--level", "forward"]), @"");
}

#[test]
fn json_carries_the_same() {
    let folder = folder(&[("order.avsc", ORDER_BREAKING), ("old/order.avsc", ORDER_V1)]);
    let output =
        run(folder.path(), &["check", "order.avsc", "--against", "dir:old", "--format", "json", "--quiet"]);
    assert_snapshot!(output, @"");
}

#[test]
fn a_file_that_is_no_schema_is_a_bad_request() {
    let folder = folder(&[
        ("a.avsc", "{\"type\":\"record\",\n  \"name\": nonsense}"),
        ("b.avsc", r#"{"type":"recrod","name":"R"}"#),
    ]);
    assert_snapshot!(run(folder.path(), &["check", "--against", "none"]), @"");
}

#[test]
fn requests_that_make_no_sense() {
    let folder =
        folder(&[("a.avsc", MONEY_V1), ("b.avsc", CART), ("empty/readme.txt", ""), ("notes.txt", "")]);
    for (arguments, said) in [
        (&["check"][..], "--against <BASE>"),
        (&["check", "--against", "main"], "a base is dir:PATH, git:REV[:PATH], registry[:URL] or none"),
        (
            &["check", "--against", "none", "--judge", "proof"],
            "the judge `proof` is not available in this version",
        ),
        (&["serve", "--judge", "strictest"], "the judge `strictest` is not available in this version"),
        (&["serve", "--database-url", "mysql://x"], "the database URL is of no known kind"),
        (&["serve", "--log-level", "=="], "the log level `==` cannot be read"),
        (&["check", "--against", "none", "--level", "SIDEWAYS"], "`SIDEWAYS` is not a compatibility level"),
        (
            &["check", "--against", "none", "--subject", "s"],
            "--subject names one subject, but 2 files are checked",
        ),
        (&["check", "nowhere", "--against", "none"], "there is no file or folder nowhere"),
        (&["check", "empty", "--against", "none"], "there is no schema file in empty"),
        (&["check", "notes.txt", "--against", "none"], "notes.txt has none of the endings"),
        (&["check", "--against", "registry"], "which registry?"),
        (&["check", "--against", "registry:nonsense"], "the registry's URL cannot be read"),
        (&["explain", "nothing"], "there is no rule `nothing`"),
        (&["fly"], "unrecognized subcommand 'fly'"),
    ] {
        let output = run(folder.path(), arguments);
        assert!(output.starts_with("exit 2\n"), "{arguments:?}: {output}");
        assert!(output.contains(said), "{arguments:?} should say {said:?}: {output}");
    }
}

#[test]
fn what_cannot_be_checked_is_never_passed() {
    let lone = folder(&[("a.avsc", MONEY_V1), ("blocker.db/x", "")]);
    for (arguments, said) in [
        (&["check", "--against", "git:HEAD"][..], "is not in a git repository"),
        (&["check", "--against", "dir:nowhere"], "the base dir:nowhere does not exist"),
        (
            &["check", "--against", "registry:http://127.0.0.1:1"],
            "the registry http://127.0.0.1:1 cannot be reached",
        ),
        (&["health", "http://127.0.0.1:1"], "http://127.0.0.1:1 cannot be reached"),
        (&["migrate", "--database-url", "sqlite:blocker.db"], "the database is unavailable"),
        (
            &["serve", "--listen", "256.0.0.1:1", "--database-url", "sqlite::memory:"],
            "cannot listen on 256.0.0.1:1",
        ),
    ] {
        let output = run(lone.path(), arguments);
        assert!(output.starts_with("exit 3\n"), "{arguments:?}: {output}");
        assert!(output.contains(said), "{arguments:?} should say {said:?}: {output}");
    }
}

#[test]
fn credentials_are_printed_nowhere() {
    let folder = folder(&[("a.avsc", MONEY_V1)]);
    let arguments = ["check", "--against", "registry:http://alice:s3cret@127.0.0.1:1", "--format", "json"];
    let output = run(folder.path(), &arguments);
    assert!(
        output.starts_with("exit 3\n") && !output.contains("s3cret") && !output.contains("alice"),
        "{output}"
    );
    let help = dovetail(folder.path(), &["check", "--help"])
        .env("DOVETAIL_REGISTRY_URL", "http://alice:s3cret@host")
        .env("DOVETAIL_AGAINST", "registry:http://alice:s3cret@host")
        .output();
    assert!(!shown(folder.path(), &help.expect("help")).contains("s3cret"));
    let help = dovetail(folder.path(), &["serve", "--help"])
        .env("DOVETAIL_DATABASE_URL", "postgres://a:s3cret@h/d")
        .output();
    assert!(!shown(folder.path(), &help.expect("help")).contains("s3cret"));
}

#[test]
fn everything_is_checked_and_the_break_decides() {
    let draft =
        |kind: &str| format!(r#"{{"$schema":"http://json-schema.org/draft-07/schema#","type":"{kind}"}}"#);
    let folder = folder(&[
        ("new/broken.avsc", "{"),
        ("new/order.avsc", ORDER_BREAKING),
        ("new/user.json", &draft("string")),
        ("old/order.avsc", ORDER_V1),
        ("old/user.json", &draft("object")),
    ]);
    assert_snapshot!(run(folder.path(), &["check", "new", "--against", "dir:old", "--quiet"]), @"");
    fs::remove_file(folder.path().join("new/order.avsc")).expect("removed");
    assert!(run(folder.path(), &["check", "new", "--against", "dir:old"]).starts_with("exit 2\n"));
    fs::remove_file(folder.path().join("new/broken.avsc")).expect("removed");
    assert!(run(folder.path(), &["check", "new", "--against", "dir:old"]).starts_with("exit 3\n"));
}

#[test]
fn formats_without_an_engine_pass_only_unchanged_or_at_none() {
    let proto = |kind: &str| format!("syntax = \"proto3\";\nmessage User {{\n  {kind} id = 1;\n}}\n");
    let folder = folder(&[
        ("new/user.schema.json", r#"{"type":"string"}"#),
        ("new/same.schema.json", r#"{ "type": "object" }"#),
        ("new/user.proto", &proto("string")),
        ("new/same.proto", &proto("int32")),
        ("old/user.schema.json", r#"{"type":"object"}"#),
        ("old/same.schema.json", r#"{"type":"object"}"#),
        ("old/user.proto", &proto("int32")),
        ("old/same.proto", &proto("int32")),
    ]);
    assert_snapshot!(run(folder.path(), &["check", "new", "--against", "dir:old"]), @"");
    let at_none = run(folder.path(), &["check", "new", "--against", "dir:old", "--level", "NONE"]);
    assert!(at_none.starts_with("exit 0\n"), "{at_none}");
}

#[test]
fn references_are_found_beside_the_file() {
    let folder = folder(&[
        ("new/shop/cart.avsc", CART),
        ("new/shop/money.avsc", MONEY_BREAKING),
        ("old/shop/cart.avsc", CART),
        ("old/shop/money.avsc", MONEY_V1),
    ]);
    // The cart's own text did not change; what it refers to did.
    assert_snapshot!(run(folder.path(), &["check", "new", "--against", "dir:old"]), @"");
    let alone = run(folder.path(), &["check", "new/shop/cart.avsc", "--against", "dir:new"]);
    assert!(alone.starts_with("exit 0\n"), "a single file finds what lies beside it: {alone}");
}

#[test]
fn references_in_a_circle_are_refused() {
    let uses = |own: &str, other: &str| {
        format!(r#"{{"type":"record","name":"{own}","fields":[{{"name":"other","type":"{other}"}}]}}"#)
    };
    let folder = folder(&[("a.avsc", &uses("A", "B")), ("b.avsc", &uses("B", "A"))]);
    assert_snapshot!(run(folder.path(), &["check", "--against", "none"]), @"");
}

#[test]
fn a_revision_is_a_base() {
    let repository = repository(&[
        ("schemas/order.avsc", ORDER_V1),
        ("schemas/cart.avsc", CART),
        ("schemas/money.avsc", MONEY_V1),
    ]);
    let root = repository.path();
    let unchanged = run(root, &["check", "schemas", "--against", "git:HEAD"]);
    assert!(unchanged.starts_with("exit 0\n"), "{unchanged}");

    write(
        root,
        &[
            ("schemas/order.avsc", ORDER_BREAKING),
            ("schemas/user.avsc", r#"{"type":"fixed","name":"User","size":4}"#),
        ],
    );
    assert_snapshot!(run(root, &["check", "schemas", "--against", "git:HEAD"]), @"");
    // From inside a folder, and with the folder named in the revision, it is the same file.
    for arguments in
        [["check", ".", "--against", "git:main"], ["check", "order.avsc", "--against", "git:HEAD:schemas"]]
    {
        let output = run(&root.join("schemas"), &arguments);
        assert!(
            output.starts_with("exit 1\n") && output.contains("order.avsc:6:7"),
            "{arguments:?}: {output}"
        );
    }
}

#[test]
fn a_moved_file_is_a_change_not_a_new_schema() {
    let repository = repository(&[("schemas/order.avsc", ORDER_V1)]);
    let root = repository.path();
    fs::remove_file(root.join("schemas/order.avsc")).expect("removed");
    write(root, &[("schemas/orders/order.avsc", ORDER_BREAKING)]);
    let output = run(root, &["check", "schemas", "--against", "git:HEAD"]);
    assert!(output.starts_with("exit 1\n"), "{output}");
}

#[test]
fn an_unknown_revision_says_what_to_do() {
    let origin = repository(&[("order.avsc", ORDER_V1)]);
    assert_snapshot!(run(origin.path(), &["check", "--against", "git:origin/main"]), @"");

    write(origin.path(), &[("order.avsc", ORDER_V2)]);
    git(origin.path(), &["commit", "--quiet", "--all", "--message", "second"]);
    let clone = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", origin.path().display());
    git(clone.path(), &["clone", "--quiet", "--depth", "1", &url, "."]);
    assert_snapshot!(run(clone.path(), &["check", "--against", "git:HEAD~1"]), @"");
}

#[test]
fn migrate_says_from_where_to_where() {
    let folder = folder(&[]);
    let first = run(folder.path(), &["migrate"]);
    assert!(first.starts_with("exit 0\n") && first.contains("was created and migrated"), "{first}");
    let second = run(folder.path(), &["migrate"]);
    assert!(second.starts_with("exit 0\n") && second.contains("is up to date: nothing to do"), "{second}");
}

#[test]
fn a_rule_is_explained() {
    let folder = folder(&[]);
    assert_snapshot!(run(folder.path(), &["explain", "avro-field-without-default"]), @"");
    let list = run(folder.path(), &["explain"]);
    assert!(dovetail::compat::rules::RULES.iter().all(|rule| list.contains(rule.id)), "{list}");
}

#[test]
fn colour_is_for_terminals() {
    let folder = folder(&[("order.avsc", ORDER_BREAKING), ("old/order.avsc", ORDER_V1)]);
    let output = dovetail(folder.path(), &["check", "order.avsc", "--against", "dir:old"]).output();
    assert!(!output.expect("it runs").stdout.contains(&0x1b));
}

#[test]
fn help_of_the_program() {
    assert_snapshot!(run(Path::new("."), &["--help"]), @"");
}

#[test]
fn help_of_serve() {
    assert_snapshot!(run(Path::new("."), &["serve", "--help"]), @"");
}

#[test]
fn help_of_check() {
    assert_snapshot!(run(Path::new("."), &["check", "--help"]), @"");
}

#[test]
fn help_of_the_small_verbs() {
    let all = ["explain", "migrate", "openapi", "health"].map(|verb| run(Path::new("."), &[verb, "--help"]));
    assert_snapshot!(all.join("\n"), @"");
}

#[test]
fn the_example_does_what_its_page_says() {
    let orders = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/orders");
    let against = |file: &str, base: &str| {
        let base = format!("dir:{base}");
        run(&orders, &["check", file, "--subject", "orders-value", "--level", "FULL", "--against", &base])
    };
    for (file, base, exit) in [
        ("v2.avsc", "v1.avsc", 0),
        ("v3.avsc", "v2.avsc", 0),
        ("v3.avsc", "v1.avsc", 0),
        ("v4-breaking.avsc", "v3.avsc", 1),
    ] {
        let output = against(file, base);
        assert!(output.starts_with(&format!("exit {exit}\n")), "{file} after {base}: {output}");
    }
}
