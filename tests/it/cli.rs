//! The command line, by running the real binary: exit code, standard output and standard error.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::server::Server;
use crate::terminal::{dovetail, folder, git, register, repository, run, send, shown, write};
use insta::assert_snapshot;

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
    { "name": "id", "type": "string", "doc": "Größe 😀" }, { "name": "country", "type": "string" },
    { "name": "quantity", "type": "int" }
  ]
}
"#;
const MONEY_V1: &str =
    r#"{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"cents","type":"long"}]}"#;
const MONEY_BREAKING: &str =
    r#"{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"cents","type":"string"}]}"#;
const CART: &str =
    r#"{"type":"record","name":"Cart","namespace":"shop","fields":[{"name":"sum","type":"Money"}]}"#;

#[test]
fn a_compatible_change_passes() {
    let folder =
        folder(&[("new/order.avsc", ORDER_V2), ("new/user.avsc", MONEY_V1), ("old/order.avsc", ORDER_V1)]);
    assert_snapshot!(run(folder.path(), &["check", "new", "--against", "dir:old"]), @r"
    exit 0
    --- stdout
    ok    new/order.avsc  order  BACKWARD (default)  compatible
    new   new/user.avsc  user  BACKWARD (default)  nothing earlier to compare with
    0 errors, 0 warnings: 0 incompatible, 1 compatible, 1 new, 0 invalid, 0 not checked
    --- stderr
    base  dir:old  2 schemas
    ");
}

#[test]
fn a_break_is_told_with_line_rule_and_way_out() {
    let folder = folder(&[("order.avsc", ORDER_BREAKING), ("old/order.avsc", ORDER_V1)]);
    assert_snapshot!(run(folder.path(), &["check", "order.avsc", "--against", "dir:old"]), @r#"
    exit 1
    --- stdout
    FAIL  order.avsc:5:59  order  BACKWARD (default)  20eced7c11aa
          avro-field-without-default  the new schema has the field `country` in `Order` without a default, and the old schema does not write it
            5 | ...öße 😀" }, { "name": "country", "type": "string" },
              |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/1
            against   order.avsc:1:1 in dir:old
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1
            witness   {"id":""}: no value was written for the field `country`, and it has no default (at /fields/1)
            hint      give the field a default
            accept    dovetail waive 20eced7c11aa --until DATE --reason TEXT
    FAIL  order.avsc:6:5  order  BACKWARD (default)  fa702af97528
          avro-field-without-default  the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it
            6 |     { "name": "quantity", "type": "int" }
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/2
            against   order.avsc:1:1 in dir:old
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/2
            witness   {"id":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)
            hint      give the field a default
            accept    dovetail waive fa702af97528 --until DATE --reason TEXT
    2 errors, 0 warnings: 1 incompatible, 0 compatible, 0 new, 0 invalid, 0 not checked
    --- stderr
    base  dir:old  1 schema
    "#);
}

#[test]
fn forward_findings_stand_at_the_line_of_the_file_too() {
    let folder = folder(&[("order.avsc", ORDER_V1), ("old.avsc", ORDER_BREAKING)]);
    assert_snapshot!(run(folder.path(), &["check", "order.avsc", "--against", "dir:old.avsc", "--level", "forward"]), @r#"
    exit 1
    --- stdout
    FAIL  order.avsc:1:1  order  FORWARD (--level)  20eced7c11aa
          avro-field-without-default  the old schema has the field `country` in `Order` without a default, and the new schema does not write it
            writer    this file at /
            against   old.avsc:5:59 in dir:old.avsc
            5 | ...😀" }, { "name": "country", "type": "string" },
              |           --------------------------------------- the earlier schema reads, at /fields/1
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1
            witness   {"id":""}: no value was written for the field `country`, and it has no default (at /fields/1)
            hint      give the field a default
            accept    dovetail waive 20eced7c11aa --until DATE --reason TEXT
    FAIL  order.avsc:1:1  order  FORWARD (--level)  fa702af97528
          avro-field-without-default  the old schema has the field `quantity` in `Order` without a default, and the new schema does not write it
            writer    this file at /
            against   old.avsc:6:5 in dir:old.avsc
            6 |     { "name": "quantity", "type": "int" }
              |     ------------------------------------- the earlier schema reads, at /fields/2
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/2
            witness   {"id":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)
            hint      give the field a default
            accept    dovetail waive fa702af97528 --until DATE --reason TEXT
    2 errors, 0 warnings: 1 incompatible, 0 compatible, 0 new, 0 invalid, 0 not checked
    --- stderr
    base  dir:old.avsc  1 schema
    "#);
}

#[test]
fn json_carries_the_same() {
    let folder = folder(&[("order.avsc", ORDER_BREAKING), ("old/order.avsc", ORDER_V1)]);
    let output =
        run(folder.path(), &["check", "order.avsc", "--against", "dir:old", "--format", "json", "--quiet"]);
    assert_snapshot!(output, @r#"
    exit 1
    --- stdout
    {
      "format_version": 1,
      "verdict": "incompatible",
      "base": "dir:old",
      "bases": [
        "dir:old"
      ],
      "findings": [
        {
          "kind": "compatibility",
          "rule": "avro-field-without-default",
          "severity": "break",
          "outcome": "refuse",
          "fingerprint": "20eced7c11aa",
          "subject": "order",
          "against": {
            "base": "dir:old",
            "file": "order.avsc"
          },
          "level": "BACKWARD",
          "level_from": "default",
          "direction": "backward",
          "reader": {
            "pointer": "/fields/1",
            "file": "order.avsc",
            "line": 5,
            "column": 59
          },
          "writer": {
            "pointer": "",
            "base_file": "order.avsc",
            "line": 1,
            "column": 1
          },
          "place": {
            "file": "order.avsc",
            "line": 5,
            "column": 59
          },
          "earlier_place": {
            "file": "order.avsc",
            "line": 1,
            "column": 1
          },
          "reference": {
            "verdict": "incompatible",
            "name": "READER_FIELD_MISSING_DEFAULT_VALUE",
            "path": "/fields/1"
          },
          "proof": "broken",
          "witness": {
            "json": {
              "id": ""
            },
            "bytes": "00",
            "portable": true,
            "failure": "no value was written for the field `country`, and it has no default (at /fields/1)",
            "evidence": {
              "kind": "undecodable",
              "at": "/fields/1",
              "error": "no value was written for the field `country`, and it has no default"
            }
          },
          "message": "the new schema has the field `country` in `Order` without a default, and the old schema does not write it",
          "hint": "give the field a default"
        },
        {
          "kind": "compatibility",
          "rule": "avro-field-without-default",
          "severity": "break",
          "outcome": "refuse",
          "fingerprint": "fa702af97528",
          "subject": "order",
          "against": {
            "base": "dir:old",
            "file": "order.avsc"
          },
          "level": "BACKWARD",
          "level_from": "default",
          "direction": "backward",
          "reader": {
            "pointer": "/fields/2",
            "file": "order.avsc",
            "line": 6,
            "column": 5
          },
          "writer": {
            "pointer": "",
            "base_file": "order.avsc",
            "line": 1,
            "column": 1
          },
          "place": {
            "file": "order.avsc",
            "line": 6,
            "column": 5
          },
          "earlier_place": {
            "file": "order.avsc",
            "line": 1,
            "column": 1
          },
          "reference": {
            "verdict": "incompatible",
            "name": "READER_FIELD_MISSING_DEFAULT_VALUE",
            "path": "/fields/2"
          },
          "proof": "broken",
          "witness": {
            "json": {
              "id": ""
            },
            "bytes": "00",
            "portable": true,
            "failure": "no value was written for the field `quantity`, and it has no default (at /fields/2)",
            "evidence": {
              "kind": "undecodable",
              "at": "/fields/2",
              "error": "no value was written for the field `quantity`, and it has no default"
            }
          },
          "message": "the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it",
          "hint": "give the field a default"
        }
      ],
      "comparisons": [
        {
          "subject": "order",
          "against": {
            "base": "dir:old",
            "file": "order.avsc"
          },
          "direction": "backward",
          "proof": "refuted",
          "reference": "incompatible"
        }
      ],
      "files": [
        {
          "file": "order.avsc",
          "subject": "order",
          "schema_type": "AVRO",
          "level": "BACKWARD",
          "level_from": "default",
          "judge": "proof",
          "result": "incompatible"
        }
      ],
      "notes": [],
      "count": {
        "incompatible": 1,
        "compatible": 0,
        "new": 0,
        "invalid": 0,
        "unchecked": 0,
        "deleted": 0,
        "errors": 2,
        "warnings": 0,
        "waived": 0
      }
    }
    --- stderr
    "#);
}

#[test]
fn a_file_that_is_no_schema_is_a_bad_request() {
    let folder = folder(&[
        ("a.avsc", "{\"type\":\"record\",\n  \"name\": nonsense}"),
        ("b.avsc", r#"{"type":"recrod","name":"R"}"#),
    ]);
    assert_snapshot!(run(folder.path(), &["check", "--against", "none"]), @r#"
    exit 2
    --- stdout
    ????  a.avsc  a  BACKWARD (default)  not a schema
            2 |   "name": nonsense}
              |           ^^^^^^^^^ unrecognized token 'nonsense', a JSON value was expected
    ????  b.avsc  b  BACKWARD (default)  not a schema
            1 | {"type":"recrod","name":"R"}
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ Undefined schema: recrod
    0 errors, 0 warnings: 0 incompatible, 0 compatible, 0 new, 2 invalid, 0 not checked
    --- stderr
    base  none  2 schemas
    error: a.avsc:2:11: unrecognized token 'nonsense', a JSON value was expected
    error: b.avsc:1:1: Undefined schema: recrod
    "#);
}

#[test]
fn requests_that_make_no_sense() {
    let folder =
        folder(&[("a.avsc", MONEY_V1), ("b.avsc", CART), ("empty/readme.txt", ""), ("notes.txt", "")]);
    for (arguments, said) in [
        (
            &["check", "--against", "main"][..],
            "a base is git:REV[:PATH], git:merge-base, registry[:URL], dir:PATH, bundle:FILE or none",
        ),
        (
            &["check", "--against", "none", "--judge", "jury"],
            "`jury` is no judge; it is one of proof, reference",
        ),
        (&["serve", "--judge", "jury"], "`jury` is no judge; it is one of proof, reference, strictest"),
        (&["check", "--against", "dir:"], "dir: needs a path"),
        (
            &["serve", "--listen", "127.0.0.1:0", "--database-url", "mysql://x"],
            "the database URL is of no known kind",
        ),
        (&["serve", "--listen", "nope"], "an address is HOST:PORT"),
        (&["health", "127.0.0.1:18081"], "must start with http:// or https://"),
        (&["serve", "--log-level", "=="], "`==` is no log level"),
        (&["serve", "--kms-local-key-file", "missing"], "the key file missing cannot be read"),
        (
            &["serve", "--kms-local-key-file", "notes.txt"],
            "the key file notes.txt cannot be used: it holds no key: a line of 32 random bytes in Base64",
        ),
        (&["serve", "--kms-vault-address", "vault:8200"], "an address is such as https://vault.example:8200"),
        (&["serve", "--kms-vault-namespace", "a"], "--kms-vault-address <URL>"),
        (
            &["serve", "--kms-vault-address", "http://v", "--kms-vault-token-file", "missing"],
            "Name its file with --kms-vault-token-file, or set VAULT_TOKEN.",
        ),
        (&["check", "--against", "none", "--level", "SIDEWAYS"], "`SIDEWAYS` is not a compatibility level"),
        (
            &["check", "--against", "none", "--subject", "s"],
            "--subject names one subject, but 2 files are checked",
        ),
        (&["check", "nowhere", "--against", "none"], "there is no file or folder nowhere"),
        (&["check", "empty", "--against", "none"], "there is no schema file in empty"),
        (&["check", "notes.txt", "--against", "none"], "notes.txt has none of the endings"),
        (&["check", "--against", "registry"], "which registry?"),
        (&["check", "--against", "registry:nonsense"], "must start with http:// or https://"),
        (&["check", "--against", "registry:http://host:port"], "the registry's URL cannot be read"),
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
    let lone = folder(&[
        ("a.avsc", MONEY_V1),
        (
            "not.db",
            "This text is long enough to have a header that is none of a database, by a hundred bytes or so of it.",
        ),
    ]);
    for (arguments, said) in [
        (&["check", "--against", "git:HEAD"][..], "is not in a git repository"),
        (&["check", "--against", "dir:nowhere"], "the base dir:nowhere does not exist"),
        (
            &["check", "--against", "registry:http://127.0.0.1:1"],
            "the registry http://127.0.0.1:1 cannot be reached",
        ),
        (&["health", "http://127.0.0.1:1"], "http://127.0.0.1:1 cannot be reached"),
        (&["migrate", "--database-url", "sqlite:not.db"], "file is not a database"),
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
    for mistyped in [
        &["check", "--against", "regstry:http://alice:s3cret@host"][..],
        &["check", "--against", "http://alice:s3cret@host"],
        &["check", "--against", "registry:htp://alice:s3cret@host"],
        &["check", "--against", "registry:alice:s3cret@host"],
        &["check", "--against", "registry", "--registry-url", "alice:s3cret@host:99999"],
        &["health", "http://alice:s3cret@host:port"],
        &["migrate", "--database-url", "postgre://alice:s3cret@host/registry"],
        &["serve", "--listen", "127.0.0.1:0", "--database-url", "postgres//alice:s3cret@host/registry"],
        &["serve", "--kms-vault-address", "https://alice:s3cret@host"],
    ] {
        let output = run(folder.path(), mistyped);
        assert!(output.starts_with("exit 2\n") && !output.contains("s3cret"), "{mistyped:?}: {output}");
    }
}

#[test]
fn a_server_that_cannot_listen_leaves_no_database() {
    let folder = folder(&[]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    for (listen, exit) in [("nope", 2), (&*address, 3)] {
        let output = run(folder.path(), &["serve", "--listen", listen, "--database-url", "sqlite:new.db"]);
        assert!(output.starts_with(&format!("exit {exit}\n")), "{listen}: {output}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "{listen}");
    }
}

#[test]
fn a_key_file_that_others_can_read_is_told_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder(&[("keys", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")]);
    let file = folder.path().join("keys");
    for (mode, is_told) in [(0o600, false), (0o640, false), (0o604, true)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("it is ours");
        let flags = ["--kms-local-key-file", file.to_str().expect("a path")];
        let server = Server::with("sqlite::memory:", &flags);
        let log = server.started_with.join("\n");
        assert_eq!(log.contains("everybody on this machine can read"), is_told, "{mode:o}: {log}");
        assert!(!log.contains("AAECAw"), "{log}");
    }
}

#[test]
fn a_quiet_server_logs_errors_only() {
    let folder = folder(&[]);
    let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = address.expect("a free port").to_string();
    let arguments = ["serve", "-q", "--listen", &address, "--database-url", "sqlite::memory:"];
    let server = dovetail(folder.path(), &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let url = format!("http://{address}/health/ready");
    let is_ready = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        run(folder.path(), &["health", &url]).starts_with("exit 0\n")
    });
    let asked = Command::new("kill").args(["-TERM", &server.id().to_string()]).status();
    assert!(asked.expect("kill runs").success());
    let output = server.wait_with_output().expect("it ends");
    assert!(is_ready, "{}", shown(folder.path(), &output));
    assert_eq!(shown(folder.path(), &output), "exit 0\n--- stdout\n--- stderr\n");
}

#[test]
fn a_file_that_is_no_text_does_not_hide_the_others() {
    let folder =
        folder(&[("new/order.avsc", ORDER_V2), ("old/order.avsc", ORDER_V1), ("old/cart.avsc", MONEY_V1)]);
    let latin = b"{\"type\":\"fixed\",\n\"doc\":\"Gr\xf6\xdfe\",\"name\":\"Cart\",\"size\":4}";
    fs::write(folder.path().join("new/cart.avsc"), latin).expect("a file is written");
    assert_snapshot!(run(folder.path(), &["check", "new", "--against", "dir:old"]), @r#"
    exit 2
    --- stdout
    ????  new/cart.avsc  cart  BACKWARD (default)  not a schema
            2 | "doc":"Gr��e","name":"Cart","size":4}
              |          ^^^^ not UTF-8 text
    ok    new/order.avsc  order  BACKWARD (default)  compatible
    0 errors, 0 warnings: 0 incompatible, 1 compatible, 0 new, 1 invalid, 0 not checked
    --- stderr
    base  dir:old  2 schemas
    error: new/cart.avsc:2:10: not UTF-8 text
    "#);
    // In the base it is what could not be compared with.
    let swapped = run(folder.path(), &["check", "old", "--against", "dir:new"]);
    assert!(
        swapped.contains("ok    old/order.avsc") || swapped.contains("FAIL  old/order.avsc"),
        "{swapped}"
    );
    assert!(swapped.contains("in the base, cart.avsc is not UTF-8 text"), "{swapped}");
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
        ("old/user.json", &draft("thing")),
    ]);
    assert_snapshot!(run(folder.path(), &["check", "new", "--against", "dir:old", "--quiet"]), @r#"
    exit 1
    --- stdout
    FAIL  new/order.avsc:5:59  order  BACKWARD (default)  20eced7c11aa
          avro-field-without-default  the new schema has the field `country` in `Order` without a default, and the old schema does not write it
            5 | ...öße 😀" }, { "name": "country", "type": "string" },
              |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/1
            against   order.avsc:1:1 in dir:old
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1
            witness   {"id":""}: no value was written for the field `country`, and it has no default (at /fields/1)
            hint      give the field a default
            accept    dovetail waive 20eced7c11aa --until DATE --reason TEXT
    FAIL  new/order.avsc:6:5  order  BACKWARD (default)  fa702af97528
          avro-field-without-default  the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it
            6 |     { "name": "quantity", "type": "int" }
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/2
            against   order.avsc:1:1 in dir:old
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/2
            witness   {"id":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)
            hint      give the field a default
            accept    dovetail waive fa702af97528 --until DATE --reason TEXT
    --- stderr
    error: new/broken.avsc:1:2: expected a key in double quotes
    "#);
    fs::remove_file(folder.path().join("new/order.avsc")).expect("removed");
    assert!(run(folder.path(), &["check", "new", "--against", "dir:old"]).starts_with("exit 2\n"));
    fs::remove_file(folder.path().join("new/broken.avsc")).expect("removed");
    // What was no schema is repaired; nothing can have been written with it.
    let output = run(folder.path(), &["check", "new", "--against", "dir:old"]);
    assert!(output.starts_with("exit 0\n") && output.contains("earlier-state-broken"), "{output}");
    fs::remove_dir_all(folder.path().join("old")).expect("removed");
    assert!(run(folder.path(), &["check", "new", "--against", "dir:old"]).starts_with("exit 3\n"));
}

#[test]
fn json_schemas_are_compared_by_the_documents_they_allow() {
    let order_v1 = r#"{
  "type": "object",
  "properties": {
    "payment": { "oneOf": [{ "type": "integer" }] },
    "note": { "type": "string" }
  }
}"#;
    let order_v2 = r#"{
  "type": "object",
  "properties": {
    "payment": {
      "oneOf": [{ "type": "integer" }, { "type": "number" }]
    },
    "note": { "type": "string", "minLength": 0 }
  },
  "required": ["note"]
}"#;
    let folder = folder(&[
        ("new/mail.schema.json", r#"{"type":"string","pattern":"^(a|b)\\1$"}"#),
        ("new/order.schema.json", order_v2),
        ("new/same.schema.json", r#"{ "type": "object" }"#),
        ("new/user.schema.json", r#"{"type":"string"}"#),
        ("new/void.schema.json", r#"{"type":"integer"}"#),
        ("old/mail.schema.json", r#"{"type":"string","pattern":"^(b|a)\\1$"}"#),
        ("old/order.schema.json", order_v1),
        ("old/same.schema.json", r#"{"type":"object"}"#),
        ("old/user.schema.json", r#"{"enum":["a","b"]}"#),
        ("old/void.schema.json", r#"{"type":"string","minLength":2,"maxLength":1}"#),
    ]);
    assert_snapshot!(run(folder.path(), &["check", "new", "--against", "dir:old"]), @r#"
    exit 1
    --- stdout
    FAIL  new/mail.schema.json:1:18  mail  BACKWARD (default)  765e53a48bfb
          json-pattern-narrowed  The value at path '#/pattern' is different between the new and old schema
            1 | {"type":"string","pattern":"^(a|b)\\1$"}
              |                  ^^^^^^^^^ this file reads, at /pattern
            against   mail.schema.json:1:18 in dir:old
            1 | {"type":"string","pattern":"^(b|a)\\1$"}
              |                  --------- the earlier schema writes, at /pattern
            reference PATTERN_CHANGED at #/pattern
            proof     undecided
            hint      keep the pattern, or add what is new as an alternative: `^(old|new)$`
            accept    dovetail waive 765e53a48bfb --until DATE --reason TEXT
    ????  new/mail.schema.json  mail  BACKWARD (default)  not proved against mail.schema.json: pattern ^(b|a)\1$ is not supported; Confluent's rules say incompatible
    FAIL  new/order.schema.json:9:16  order  BACKWARD (default)  1672c9373e76
          json-required-added  the old schema allows an object without `note`, the new schema requires it
            9 |   "required": ["note"]
              |                ^^^^^^ this file reads, at /required/0
            against   order.schema.json:1:1 in dir:old
            writer    the earlier schema at /
            reference REQUIRED_ATTRIBUTE_ADDED at #/required/note
            witness   {}: refused by /required/0
            hint      leave the property optional, or require it only once no data without it is left
            accept    dovetail waive 1672c9373e76 --until DATE --reason TEXT
    FAIL  new/order.schema.json:5:7  order  BACKWARD (default)  854f3b925adc
          json-branches-overlap  the old schema allows 0 at /payment, which 2 branches of `oneOf` in the new schema accept
            5 |       "oneOf": [{ "type": "integer" }, { "type": "number" }]
              |       ^^^^^^^ this file reads, at /properties/payment/oneOf
            against   order.schema.json:4:18 in dir:old
            4 |     "payment": { "oneOf": [{ "type": "integer" }] },
              |                  ------- the earlier schema writes, at /properties/payment/oneOf
            reference compatible: Confluent Schema Registry would accept it
            witness   {"payment":0}: refused at /payment, by /properties/payment/oneOf
            hint      make the branches exclusive, or use `anyOf`
            accept    dovetail waive 854f3b925adc --until DATE --reason TEXT
    NOTE  new/order.schema.json:7:33  order  BACKWARD (default)  MIN_LENGTH_ADDED by Confluent's rules, proved harmless
    ok    new/same.schema.json  same  BACKWARD (default)  unchanged
    NOTE  new/user.schema.json:1:1  user  BACKWARD (default)  TYPE_CHANGED by Confluent's rules, proved harmless
    ok    new/user.schema.json  user  BACKWARD (default)  compatible
    WARN  new/void.schema.json:1:1  void  BACKWARD (default)  19a26b3bbf28
          json-accepts-nothing  no document is valid for the old schema
            1 | {"type":"integer"}
              | ^^^^^^^^^^^^^^^^^^ this file reads, at /
            against   void.schema.json:1:1 in dir:old
            1 | {"type":"string","minLength":2,"maxLength":1}
              | --------------------------------------------- the earlier schema writes, at /
            reference compatible: Confluent Schema Registry would accept it
            hint      look for keywords that exclude each other
    NOTE  new/void.schema.json:1:1  void  BACKWARD (default)  TYPE_CHANGED by Confluent's rules, proved harmless
    ok    new/void.schema.json  void  BACKWARD (default)  compatible
    3 errors, 1 warning: 2 incompatible, 3 compatible, 0 new, 0 invalid, 0 not checked
    --- stderr
    base  dir:old  5 schemas
    "#);
    let at_none = run(folder.path(), &["check", "new", "--against", "dir:old", "--level", "NONE"]);
    assert!(at_none.starts_with("exit 0\n"), "{at_none}");
    let order = ["check", "new/order.schema.json", "--against", "dir:old"];
    let lenient = |judge| run(folder.path(), &[&order[..], &["--judge", judge]].concat());
    assert!(lenient("reference").contains("WARN  new/order.schema.json:5:7"));
    assert!(lenient("strictest").contains("FAIL  new/order.schema.json:7:33"));
    let output = run(folder.path(), &[&order[..], &["--format", "json"]].concat());
    let output: String = output.lines().map(str::trim).collect();
    let witness = concat!(
        r#""witness": {"json": {"payment": 0},"verified_by": ["dovetail","jsonschema"],"portable": true,"#,
        r#""failure": "refused at /payment, by /properties/payment/oneOf","#,
        r#""evidence": {"kind": "refused","at": "/payment","keyword": "/properties/payment/oneOf"}}"#
    );
    assert!(output.contains(witness), "{output}");
}

/// Each of these is another matter to each judge.
#[test]
fn who_judges_decides_what_fails() {
    let proto = |kind: &str, label: &str| {
        format!("syntax = \"proto2\";\nmessage User {{\n  optional {kind} id = 1;\n{label}}}\n")
    };
    let decimal =
        |scale: u8| format!(r#"{{"type":"bytes","logicalType":"decimal","precision":10,"scale":{scale}}}"#);
    let folder = folder(&[
        ("old/narrowed.proto", &proto("int64", "")),
        ("new/narrowed.proto", &proto("int32", "")),
        ("old/relaxed.proto", &proto("int32", "  required string name = 2;\n")),
        ("new/relaxed.proto", &proto("int32", "")),
        ("old/price.avsc", &decimal(2)),
        ("new/price.avsc", &decimal(4)),
        ("old/text.avsc", r#""bytes""#),
        ("new/text.avsc", r#""string""#),
    ]);
    let check =
        |more: &[&str]| run(folder.path(), &[&["check", "new", "--against", "dir:old"], more].concat());
    assert_snapshot!(check(&[]), @r#"
    exit 1
    --- stdout
    FAIL  new/narrowed.proto:3:3  narrowed  BACKWARD (default)  6418f3a7ca63
          proto-number-narrowed  `User.id` is int64 in the old schema and int32 in the new schema
            3 |   optional int32 id = 1;
              |   ^^^^^^^^^^^^^^^^^^^^^ this file reads, at /User/1
            against   narrowed.proto:3:3 in dir:old
            3 |   optional int64 id = 1;
              |   --------------------- the earlier schema writes, at /User/1
            reference compatible: Confluent Schema Registry would accept it
            witness   User {"id":"4294967297"} (bytes 088180808010): 4294967297 was written, 1 is read (at id)
            hint      keep the type or widen it: int32 to int64, uint32 to int64 or uint64, bool to any of them
            accept    dovetail waive 6418f3a7ca63 --until DATE --reason TEXT
    FAIL  new/price.avsc:1:1  price  BACKWARD (default)  6225c012bfa5
          avro-decimal-changed  the old schema writes decimal(10, 2), which the new schema reads as decimal(10, 4)
            1 | {"type":"bytes","logicalType":"decimal","precision":10,"scale":4}
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /
            against   price.avsc:1:1 in dir:old
            1 | {"type":"bytes","logicalType":"decimal","precision":10,"scale":2}
              | ------------------------------------------------------------ the earlier schema writes, at /
            reference compatible: Confluent Schema Registry would accept it
            witness   "{": decimals of different precision or scale do not match (at /)
            hint      keep precision and scale, or add a new field
            accept    dovetail waive 6225c012bfa5 --until DATE --reason TEXT
    NOTE  new/relaxed.proto:2:1  relaxed  BACKWARD (default)  REQUIRED_FIELD_REMOVED by Confluent's rules, proved harmless
    ok    new/relaxed.proto  relaxed  BACKWARD (default)  compatible
    WARN  new/text.avsc:1:1  text  BACKWARD (default)  2cbeda38ee2f
          avro-bytes-not-text  the old schema writes bytes, which the new schema reads as a string: bytes that are no UTF-8 are lost
            1 | "string"
              | ^^^^^^^^ this file reads, at /
            against   text.avsc:1:1 in dir:old
            1 | "bytes"
              | ------- the earlier schema writes, at /
            reference compatible: Confluent Schema Registry would accept it
            witness   "ÿ": bytes FF was written, � is read (at /)
            hint      keep bytes, unless only text was ever written
    ok    new/text.avsc  text  BACKWARD (default)  compatible
    2 errors, 1 warning: 2 incompatible, 2 compatible, 0 new, 0 invalid, 0 not checked
    --- stderr
    base  dir:old  4 schemas
    "#);
    assert_snapshot!(check(&["--judge", "reference"]), @r#"
    exit 1
    --- stdout
    WARN  new/narrowed.proto:3:3  narrowed  BACKWARD (default)  6418f3a7ca63
          proto-number-narrowed  `User.id` is int64 in the old schema and int32 in the new schema
            3 |   optional int32 id = 1;
              |   ^^^^^^^^^^^^^^^^^^^^^ this file reads, at /User/1
            against   narrowed.proto:3:3 in dir:old
            3 |   optional int64 id = 1;
              |   --------------------- the earlier schema writes, at /User/1
            reference compatible: Confluent Schema Registry would accept it
            witness   User {"id":"4294967297"} (bytes 088180808010): 4294967297 was written, 1 is read (at id)
            hint      keep the type or widen it: int32 to int64, uint32 to int64 or uint64, bool to any of them
    ok    new/narrowed.proto  narrowed  BACKWARD (default)  compatible
    WARN  new/price.avsc:1:1  price  BACKWARD (default)  6225c012bfa5
          avro-decimal-changed  the old schema writes decimal(10, 2), which the new schema reads as decimal(10, 4)
            1 | {"type":"bytes","logicalType":"decimal","precision":10,"scale":4}
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /
            against   price.avsc:1:1 in dir:old
            1 | {"type":"bytes","logicalType":"decimal","precision":10,"scale":2}
              | ------------------------------------------------------------ the earlier schema writes, at /
            reference compatible: Confluent Schema Registry would accept it
            witness   "{": decimals of different precision or scale do not match (at /)
            hint      keep precision and scale, or add a new field
    ok    new/price.avsc  price  BACKWARD (default)  compatible
    FAIL  new/relaxed.proto:2:1  relaxed  BACKWARD (default)  cc1b0664adf5
          proto-required-removed  the old schema requires the field `name` of `User`, which the new schema lacks
            2 | message User {
              | ^^^^^^^^^^^^ this file reads, at /User/2
            against   relaxed.proto:4:3 in dir:old
            4 |   required string name = 2;
              |   ------------------------ the earlier schema writes, at /User/2
            reference REQUIRED_FIELD_REMOVED at #/User/2
            proof     harmless: every value can be read; --judge proof would accept it
            hint      keep writing the field until no reader requires it
            accept    dovetail waive cc1b0664adf5 --until DATE --reason TEXT
    WARN  new/text.avsc:1:1  text  BACKWARD (default)  2cbeda38ee2f
          avro-bytes-not-text  the old schema writes bytes, which the new schema reads as a string: bytes that are no UTF-8 are lost
            1 | "string"
              | ^^^^^^^^ this file reads, at /
            against   text.avsc:1:1 in dir:old
            1 | "bytes"
              | ------- the earlier schema writes, at /
            reference compatible: Confluent Schema Registry would accept it
            witness   "ÿ": bytes FF was written, � is read (at /)
            hint      keep bytes, unless only text was ever written
    ok    new/text.avsc  text  BACKWARD (default)  compatible
    1 error, 3 warnings: 1 incompatible, 3 compatible, 0 new, 0 invalid, 0 not checked
    --- stderr
    base  dir:old  4 schemas
    "#);
    assert_snapshot!(check(&["--judge", "strictest", "--quiet"]), @r#"
    exit 1
    --- stdout
    FAIL  new/narrowed.proto:3:3  narrowed  BACKWARD (default)  6418f3a7ca63
          proto-number-narrowed  `User.id` is int64 in the old schema and int32 in the new schema
            3 |   optional int32 id = 1;
              |   ^^^^^^^^^^^^^^^^^^^^^ this file reads, at /User/1
            against   narrowed.proto:3:3 in dir:old
            3 |   optional int64 id = 1;
              |   --------------------- the earlier schema writes, at /User/1
            reference compatible: Confluent Schema Registry would accept it
            witness   User {"id":"4294967297"} (bytes 088180808010): 4294967297 was written, 1 is read (at id)
            hint      keep the type or widen it: int32 to int64, uint32 to int64 or uint64, bool to any of them
            accept    dovetail waive 6418f3a7ca63 --until DATE --reason TEXT
    FAIL  new/price.avsc:1:1  price  BACKWARD (default)  6225c012bfa5
          avro-decimal-changed  the old schema writes decimal(10, 2), which the new schema reads as decimal(10, 4)
            1 | {"type":"bytes","logicalType":"decimal","precision":10,"scale":4}
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /
            against   price.avsc:1:1 in dir:old
            1 | {"type":"bytes","logicalType":"decimal","precision":10,"scale":2}
              | ------------------------------------------------------------ the earlier schema writes, at /
            reference compatible: Confluent Schema Registry would accept it
            witness   "{": decimals of different precision or scale do not match (at /)
            hint      keep precision and scale, or add a new field
            accept    dovetail waive 6225c012bfa5 --until DATE --reason TEXT
    FAIL  new/relaxed.proto:2:1  relaxed  BACKWARD (default)  cc1b0664adf5
          proto-required-removed  the old schema requires the field `name` of `User`, which the new schema lacks
            2 | message User {
              | ^^^^^^^^^^^^ this file reads, at /User/2
            against   relaxed.proto:4:3 in dir:old
            4 |   required string name = 2;
              |   ------------------------ the earlier schema writes, at /User/2
            reference REQUIRED_FIELD_REMOVED at #/User/2
            proof     harmless: every value can be read; --judge proof would accept it
            hint      keep writing the field until no reader requires it
            accept    dovetail waive cc1b0664adf5 --until DATE --reason TEXT
    --- stderr
    "#);
}

#[test]
fn packs_say_which_promises_of_protobuf_are_kept() {
    let proto = |name: &str| format!("syntax = \"proto3\";\nmessage User {{\n  int32 {name} = 1;\n}}\n");
    let folder = folder(&[("old/user.proto", &proto("id")), ("new/user.proto", &proto("number"))]);
    let check = |packs: &str| run(folder.path(), &["check", "new", "--against", "dir:old", "--packs", packs]);
    assert_snapshot!(check("wire"), @r"
    exit 0
    --- stdout
    ok    new/user.proto  user  BACKWARD (default)  compatible
    0 errors, 0 warnings: 0 incompatible, 1 compatible, 0 new, 0 invalid, 0 not checked
    --- stderr
    base  dir:old  1 schema
    ");
    assert_snapshot!(check("wire,json-names"), @r#"
    exit 1
    --- stdout
    FAIL  new/user.proto:3:3  user  BACKWARD (default)  1d28006a98d4
          proto-field-renamed  the old schema writes `User.id` as `id` in JSON; the new schema calls it `number`, and `id` is the name of no field there
            3 |   int32 number = 1;
              |   ^^^^^^^^^^^^^^^^ this file reads, at /User/1
            against   user.proto:3:3 in dir:old
            3 |   int32 id = 1;
              |   ------------ the earlier schema writes, at /User/1
            reference compatible: Confluent Schema Registry would accept it
            witness   User {"id":1} (bytes 0801): unknown field "id" on message User at line 1 column 5 (at id)
            hint      keep the name, or set json_name to the old one
            accept    dovetail waive 1d28006a98d4 --until DATE --reason TEXT
    1 error, 0 warnings: 1 incompatible, 0 compatible, 0 new, 0 invalid, 0 not checked
    --- stderr
    base  dir:old  1 schema
    "#);
    assert_snapshot!(check("wire,source"), @r"
    exit 0
    --- stdout
    WARN  new/user.proto:3:3  user  BACKWARD (default)  1d28006a98d4
          proto-field-renamed  `User.id` is called `number` in the new schema
            3 |   int32 number = 1;
              |   ^^^^^^^^^^^^^^^^ this file reads, at /User/1
            against   user.proto:3:3 in dir:old
            3 |   int32 id = 1;
              |   ------------ the earlier schema writes, at /User/1
            reference compatible: Confluent Schema Registry would accept it
            hint      keep the name, or set json_name to the old one
    ok    new/user.proto  user  BACKWARD (default)  compatible
    0 errors, 1 warning: 0 incompatible, 1 compatible, 0 new, 0 invalid, 0 not checked
    --- stderr
    base  dir:old  1 schema
    ");
    assert_snapshot!(check("wires"), @r"
    exit 2
    --- stdout
    --- stderr
    error: invalid value 'wires' for '--packs <PACK>': `wires` is no pack; it is one of wire, json-names, source

    For more information, try '--help'.
    ");
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
    assert_snapshot!(run(folder.path(), &["check", "new", "--against", "dir:old"]), @r#"
    exit 1
    --- stdout
    FAIL  new/shop/cart.avsc  cart  BACKWARD (default)  16cbc48d59b4
          avro-type-changed  the old schema writes long, the new schema reads string
            reader    this file at /fields/0/type/fields/0/type
            against   shop/cart.avsc in dir:old
            writer    the earlier schema at /fields/0/type/fields/0/type
            reference TYPE_MISMATCH at /fields/0/type/fields/0/type
            witness   {"sum":{"cents":0}}: found long, expected string (at /fields/0/type/fields/0/type)
            hint      keep the type, widen it, or add a new field and leave the old one
            accept    dovetail waive 16cbc48d59b4 --until DATE --reason TEXT
    FAIL  new/shop/money.avsc:1:85  money  BACKWARD (default)  0030fe6e5aca
          avro-type-changed  the old schema writes long, the new schema reads string
            1 | {"type":"record","name":"Money","namespace":"shop","fields":[{"name":"cents","type":"string"}]}
              |                                                                                     ^^^^^^^^ this file reads, at /fields/0/type
            against   shop/money.avsc:1:85 in dir:old
            1 | {"type":"record","name":"Money","namespace":"shop","fields":[{"name":"cents","type":"long"}]}
              |                                                                                     ------ the earlier schema writes, at /fields/0/type
            reference TYPE_MISMATCH at /fields/0/type
            witness   {"cents":0}: found long, expected string (at /fields/0/type)
            hint      keep the type, widen it, or add a new field and leave the old one
            accept    dovetail waive 0030fe6e5aca --until DATE --reason TEXT
    2 errors, 0 warnings: 2 incompatible, 0 compatible, 0 new, 0 invalid, 0 not checked
    --- stderr
    base  dir:old  2 schemas
    "#);
    let alone = run(folder.path(), &["check", "new/shop/cart.avsc", "--against", "dir:new"]);
    assert!(alone.starts_with("exit 0\n"), "a single file finds what lies beside it: {alone}");
}

#[test]
fn references_in_a_circle_are_refused() {
    let uses = |own: &str, other: &str| {
        format!(r#"{{"type":"record","name":"{own}","fields":[{{"name":"other","type":"{other}"}}]}}"#)
    };
    let folder = folder(&[("a.avsc", &uses("A", "B")), ("b.avsc", &uses("B", "A"))]);
    assert_snapshot!(run(folder.path(), &["check", "--against", "none"]), @r"
    exit 2
    --- stdout
    ????  a.avsc  a  BACKWARD (default)  not a schema
    ????  b.avsc  b  BACKWARD (default)  not a schema
    0 errors, 0 warnings: 0 incompatible, 0 compatible, 0 new, 2 invalid, 0 not checked
    --- stderr
    base  none  2 schemas
    error: a.avsc: the references go round in a circle: a.avsc -> b.avsc -> a.avsc
    error: b.avsc: the references go round in a circle: b.avsc -> a.avsc -> b.avsc
    ");
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
    assert_snapshot!(run(root, &["check", "schemas", "--against", "git:HEAD"]), @r#"
    exit 1
    --- stdout
    ok    schemas/cart.avsc  cart  BACKWARD (default)  unchanged
    ok    schemas/money.avsc  money  BACKWARD (default)  unchanged
    FAIL  schemas/order.avsc:5:59  order  BACKWARD (default)  20eced7c11aa
          avro-field-without-default  the new schema has the field `country` in `Order` without a default, and the old schema does not write it
            5 | ...öße 😀" }, { "name": "country", "type": "string" },
              |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/1
            against   schemas/order.avsc:1:1 in git:HEAD@c68e2d7
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1
            witness   {"id":""}: no value was written for the field `country`, and it has no default (at /fields/1)
            hint      give the field a default
            accept    dovetail waive 20eced7c11aa --until DATE --reason TEXT
    FAIL  schemas/order.avsc:6:5  order  BACKWARD (default)  fa702af97528
          avro-field-without-default  the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it
            6 |     { "name": "quantity", "type": "int" }
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/2
            against   schemas/order.avsc:1:1 in git:HEAD@c68e2d7
            writer    the earlier schema at /
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/2
            witness   {"id":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)
            hint      give the field a default
            accept    dovetail waive fa702af97528 --until DATE --reason TEXT
    new   schemas/user.avsc  user  BACKWARD (default)  nothing earlier to compare with
    2 errors, 0 warnings: 1 incompatible, 2 compatible, 1 new, 0 invalid, 0 not checked
    --- stderr
    base  git:HEAD@c68e2d7  4 schemas
    "#);
    // From inside a folder, and with the folder named in the revision, it is the same file.
    for arguments in
        [["check", ".", "--against", "git:main"], ["check", "order.avsc", "--against", "git:HEAD:schemas"]]
    {
        let output = run(&root.join("schemas"), &arguments);
        assert!(
            output.starts_with("exit 1\n") && output.contains("order.avsc:5:59"),
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
    assert_snapshot!(run(origin.path(), &["check", "--against", "git:origin/main"]), @r"
    exit 3
    --- stdout
    --- stderr
    error: the revision `origin/main` is not in this repository
    hint: Fetch it with `git fetch origin`, and see `git branch --all` for the names there are.
    ");

    write(origin.path(), &[("order.avsc", ORDER_V2)]);
    git(origin.path(), &["commit", "--quiet", "--all", "--message", "second"]);
    let clone = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", origin.path().display());
    git(clone.path(), &["clone", "--quiet", "--depth", "1", &url, "."]);
    assert_snapshot!(run(clone.path(), &["check", "--against", "git:HEAD~1"]), @r"
    exit 3
    --- stdout
    --- stderr
    error: the revision `HEAD~1` is not in this clone, which is a shallow one
    hint: Fetch it with `git fetch --no-tags --depth=200 origin +main:refs/remotes/origin/main`, let the pipeline clone with full history (fetch-depth: 0), or check with --against registry.
    ");

    // What the hint says helps, in this clone that knows of one branch only.
    git(origin.path(), &["branch", "release/1.x"]);
    for (base, then) in [
        ("git:HEAD~1", "git:HEAD~1"),
        ("git:origin/release/1.x", "git:origin/release/1.x"),
        ("git:release/1.x", "git:origin/release/1.x"),
    ] {
        let clone = tempfile::tempdir().expect("a folder");
        git(clone.path(), &["clone", "--quiet", "--depth", "1", "--branch", "main", &url, "."]);
        let output = run(clone.path(), &["check", "--against", base]);
        assert!(output.starts_with("exit 3\n"), "{base}: {output}");
        let hint = output.split('`').find_map(|words| words.strip_prefix("git ")).expect("a command");
        git(clone.path(), &hint.split(' ').collect::<Vec<_>>());
        let output = run(clone.path(), &["check", "--against", then]);
        assert!(output.starts_with("exit 0\n"), "{then} after {hint}: {output}");
    }
}

#[test]
fn a_registry_is_a_base() {
    let server = Server::start();
    let base = format!("registry:{}", server.url);
    let check = |files: &[(&str, &str)], more: &[&str]| {
        let folder = folder(files);
        let output = run(folder.path(), &[&["check", "--against", &base], more].concat());
        output.replace(&server.url, "[URL]")
    };
    // Nothing is registered: everything is new.
    let new = check(&[("order.avsc", ORDER_V1)], &[]);
    assert!(
        new.starts_with("exit 0\n") && new.contains("new   order.avsc  order  BACKWARD (registry)"),
        "{new}"
    );

    register(&server, "order", serde_json::json!({ "schema": ORDER_V1 }));
    register(&server, "order", serde_json::json!({ "schema": ORDER_V2 }));
    register(&server, "shop%2Fmoney", serde_json::json!({ "schema": MONEY_V1 }));
    let references = [serde_json::json!({ "name": "shop.Money", "subject": "shop/money", "version": 1 })];
    register(&server, "cart", serde_json::json!({ "schema": CART, "references": references }));

    // References of the registered version are read too; a subject may hold a slash.
    let unchanged = check(&[("cart.avsc", CART), ("types/money.avsc", MONEY_V1)], &["--quiet"]);
    assert!(unchanged.starts_with("exit 0\n"), "{unchanged}");
    let money = check(&[("money.avsc", MONEY_BREAKING)], &["--subject", "shop/money"]);
    assert!(money.starts_with("exit 1\n"), "{money}");

    assert_snapshot!(check(&[("order.avsc", ORDER_BREAKING)], &["--level", "BACKWARD_TRANSITIVE"]), @r#"
    exit 1
    --- stdout
    FAIL  order.avsc:5:59  order  BACKWARD_TRANSITIVE (--level)  20eced7c11aa
          avro-field-without-default  the new schema has the field `country` in `Order` without a default, and the old schema does not write it
            5 | ...öße 😀" }, { "name": "country", "type": "string" },
              |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/1
            against   version 2 (id 2) in registry:[URL]
            1 | {"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"note","type":"...
              | ------------------------------------------------------------ the earlier schema writes, at /
            and       version 1 (id 1) in registry:[URL]
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1
            witness   {"id":"","note":""}: no value was written for the field `country`, and it has no default (at /fields/1)
            hint      give the field a default
            accept    dovetail waive 20eced7c11aa --until DATE --reason TEXT
    FAIL  order.avsc:6:5  order  BACKWARD_TRANSITIVE (--level)  fa702af97528
          avro-field-without-default  the new schema has the field `quantity` in `Order` without a default, and the old schema does not write it
            6 |     { "name": "quantity", "type": "int" }
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this file reads, at /fields/2
            against   version 2 (id 2) in registry:[URL]
            1 | {"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"note","type":"...
              | ------------------------------------------------------------ the earlier schema writes, at /
            and       version 1 (id 1) in registry:[URL]
            reference READER_FIELD_MISSING_DEFAULT_VALUE at /fields/2
            witness   {"id":"","note":""}: no value was written for the field `quantity`, and it has no default (at /fields/2)
            hint      give the field a default
            accept    dovetail waive fa702af97528 --until DATE --reason TEXT
    4 errors, 0 warnings: 1 incompatible, 0 compatible, 0 new, 0 invalid, 0 not checked
    --- stderr
    base  registry:[URL]  1 schema
    "#);
    // The registry's own level for the subject.
    send(&server, reqwest::Method::PUT, "/config/order", serde_json::json!({ "compatibility": "NONE" }));
    let at_none = check(&[("order.avsc", ORDER_BREAKING)], &[]);
    assert!(at_none.starts_with("exit 0\n") && at_none.contains("NONE (registry)"), "{at_none}");

    let health = run(Path::new("."), &["health", &format!("{}/health/ready", server.url)]);
    assert!(health.starts_with("exit 0\n"), "{health}");
    assert_eq!(server.stop().code(), Some(0), "a signal ends it in good order");
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
fn the_openapi_document_is_printed() {
    let output = dovetail(Path::new("."), &["openapi"]).output().expect("the binary runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), dovetail::api::openapi_text().trim_end());
}

#[test]
fn a_rule_is_explained() {
    let folder = folder(&[]);
    assert_snapshot!(run(folder.path(), &["explain", "avro-field-without-default"]), @r#"
    exit 0
    --- stdout
    avro-field-without-default (break)

    The reader has a field that the writer does not write, and no default for it.
    There is no value to put there.

    Example, at the level BACKWARD:
      old  {"type":"record","name":"R","fields":[]}
      new  {"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}

    What to do: give the field a default
    Confluent Schema Registry calls it READER_FIELD_MISSING_DEFAULT_VALUE.
    --- stderr
    "#);
    let list = run(folder.path(), &["explain"]);
    assert!(dovetail::compat::rules::all().all(|rule| list.contains(rule.id)), "{list}");
}

#[test]
fn colour_is_for_terminals() {
    let folder = folder(&[("order.avsc", ORDER_BREAKING), ("old/order.avsc", ORDER_V1)]);
    let output = dovetail(folder.path(), &["check", "order.avsc", "--against", "dir:old"]).output();
    assert!(!output.expect("it runs").stdout.contains(&0x1b));
}

#[test]
fn rewrap_says_how_much_it_did() {
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    let long = format!("{key}# {}\n{key}", "x".repeat(16 * 1024));
    let folder = folder(&[("keys", key), ("no.keys", "secret\n"), ("long.keys", &long)]);
    let missing = run(folder.path(), &["rewrap", "--kms-local-key-file", "keys"]);
    assert!(missing.starts_with("exit 2\n") && missing.contains("there is no database"), "{missing}");
    assert!(run(folder.path(), &["migrate"]).starts_with("exit 0\n"));
    let done = run(folder.path(), &["rewrap", "--kms-local-key-file", "keys"]);
    let sentence = "0 data keys were encrypted anew, 0 needed nothing, 0 cannot be decrypted";
    assert!(done.starts_with("exit 0\n") && done.contains(sentence), "{done}");
    let refused = run(folder.path(), &["rewrap", "--kms-local-key-file", "no.keys"]);
    assert!(refused.starts_with("exit 2\n") && !refused.contains("secret"), "{refused}");
    let refused = run(folder.path(), &["rewrap", "--kms-local-key-file", "long.keys"]);
    assert!(refused.starts_with("exit 2\n") && refused.contains("longer than 16384 bytes"), "{refused}");
}

#[test]
fn help_of_the_program() {
    assert_snapshot!(run(Path::new("."), &["--help"]), @r"
    exit 0
    --- stdout
    A schema registry for Avro, JSON Schema and Protobuf, and a check for schemas that change

    Usage: dovetail [OPTIONS] <COMMAND>

    Commands:
      serve        Serve the registry
      check        Check schema files against an earlier state of them
      diff         Tell what changed between two schemas, folders, revisions or registries
      init         Write a manifest, a pipeline and a hook for the schemas of a folder
      why          Tell all there is to one finding of the check
      waive        Accept one finding of the check for a while
      plan         Say what would have to be done so that a registry holds what is declared
      apply        Do it: register, set levels, in the right order, and only if nobody else is at it
      dump         Write down what a registry holds, as files and a manifest
      prune        List, or delete softly, what a registry holds and nobody declares
      lock         Note down which registered versions the declared schemas are
      pull         Fetch registered schemas for the build of a consumer
      bundle       Write a registry as files that any file server can serve to clients
      explain      Say what a rule means, why it is one, and what to do instead
      import       Take over what another registry holds, ids and all
      export       Write what a registry holds as the records of a `_schemas` topic
      backup       Write everything a database holds into a file
      restore      Make an empty database into the one that was backed up
      verify       Find out whether a backup, a database or a registry is what it should be
      migrate      Bring a database up to date and exit
      rewrap       Encrypt data keys anew after the key file got another first line
      openapi      Print the OpenAPI document of the server
      health       Ask a running registry whether it is ready
      completions  Print what a shell needs to complete the command line
      man          Print the manual page, or write one for each command
      help         Print this message or the help of the given subcommand(s)

    Options:
      -q, --quiet
              Print answers and errors only
              
              [env: DOVETAIL_QUIET=]

          --no-color
              Print without colour (as NO_COLOR does)
              
              [env: DOVETAIL_NO_COLOR=]

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Most options may also be given as an environment variable, named in their help[DIR]

    Exit codes:
      0  done; nothing incompatible found
      1  something was found that must not pass
      2  the request, or a schema in it, cannot be understood
      3  it could not be done: registry unreachable, revision unknown, database in the way
      4  it was begun and stopped: somebody else was faster, or it broke off half-way

    Examples:
      dovetail serve
      dovetail init
      dovetail check
      dovetail check schemas/ --against registry:http://127[DIR]0[DIR]0[DIR]1:8081
      dovetail explain avro-field-without-default
    --- stderr
    ");
}

#[test]
fn help_of_serve() {
    assert_snapshot!(run(folder(&[]).path(), &["serve", "--help"]), @r"
    exit 0
    --- stdout
    Serve the registry

    Usage: dovetail serve [OPTIONS]

    Options:
          --listen <ADDRESS>
              The address to listen on
              
              [env: DOVETAIL_LISTEN=]
              [default: 127.0.0.1:8081]

          --database-url <URL>
              The database: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE
              
              [env: DOVETAIL_DATABASE_URL]
              [default: sqlite:dovetail.db]

          --no-migrate
              Refuse to start when the database is not up to date, instead of bringing it up to date
              
              [env: DOVETAIL_NO_MIGRATE=]

          --sqlite-synchronous <HOW>
              SQLite: `full` keeps an answered registration through a power loss, `normal` is faster
              
              [env: DOVETAIL_SQLITE_SYNCHRONOUS=]
              [default: full]
              [possible values: full, normal]

          --compatibility-level <LEVEL>
              The compatibility level where none is recorded
              
              [env: DOVETAIL_COMPATIBILITY_LEVEL=]
              [default: BACKWARD]

          --judge <JUDGE>
              Whose verdicts decide where the store does not say: proof, reference or strictest.
              
              `proof`: what a decoder really does with the data, shown with data that breaks; where nothing can be
              proved, the verdict of Confluent Schema Registry. `reference`: that registry's verdict, word for
              word. `strictest`: refused if either refuses.
              
              The first start records it in the store: the judge given here, else `proof` in a new store and
              `reference` in one that was served before there was a choice. From then on it is changed with `PUT
              /v1/settings`, for all, a context or a subject.
              
              [env: DOVETAIL_JUDGE=]

          --incompatible-error-code <CODE>
              The error code of a refused registration: clients of Confluent Platform 7 and older look for 409
              
              [env: DOVETAIL_INCOMPATIBLE_ERROR_CODE=]
              [default: 40901]
              [possible values: 40901, 409]

          --avro-schema-type <HOW>
              Whether answers name the type of Avro schemas too
              
              [env: DOVETAIL_AVRO_SCHEMA_TYPE=]
              [default: show]
              [possible values: show, omit]

          --rule-sets <HOW>
              Whether rule sets of schemas are kept or dropped
              
              [env: DOVETAIL_RULE_SETS=]
              [default: keep]
              [possible values: keep, drop]

          --empty-subjects <HOW>
              Whether the subjects `` (empty) and `*` may be written
              
              [env: DOVETAIL_EMPTY_SUBJECTS=]
              [default: accept]
              [possible values: accept, refuse]

          --mode-changes <HOW>
              Whether modes can be changed
              
              [env: DOVETAIL_MODE_CHANGES=]
              [default: accept]
              [possible values: accept, refuse]

          --exporter-targets <URL>
              Which registries exporters may copy schemas to: addresses separated by commas, or `any`.
              
              Without it exporters cannot be made: whoever may send requests could make the server call any place
              that it can reach. An address with a path allows only what is below it.
              
              [env: DOVETAIL_EXPORTER_TARGETS=]

          --body-limit <BYTES>
              The largest request body that is read, in bytes (or with k, M or G)
              
              [env: DOVETAIL_BODY_LIMIT=]
              [default: 10M]

          --schema-limit <BYTES>
              The largest schema that is registered, in bytes (or with k, M or G) of the text that is stored
              
              [env: DOVETAIL_SCHEMA_LIMIT=]
              [default: 10M]

          --request-timeout <TIME>
              How long a request may take
              
              [env: DOVETAIL_REQUEST_TIMEOUT=]
              [default: 60s]

          --cache-size <BYTES>
              How much memory may be taken by what is kept at hand: two thirds by schemas, one by answers
              
              [env: DOVETAIL_CACHE_SIZE=]
              [default: 96M]

          --max-keys <NUMBER>
              How many keys of client-side encryption there may be: of those that encrypt keys, and of those that
              encrypt data
              
              [env: DOVETAIL_MAX_KEYS=]
              [default: 20000]

          --log-level <LEVEL>
              What to log: error, warn, info, debug, trace, or directives such as `warn,dovetail=debug`
              
              [env: DOVETAIL_LOG_LEVEL=]
              [default: info]

          --log-format <FORMAT>
              What a line of the log looks like

              Possible values:
              - text: For people
              - json: One JSON object a line, for collectors
              
              [env: DOVETAIL_LOG_FORMAT=]
              [default: text]

      -q, --quiet
              Print answers and errors only
              
              [env: DOVETAIL_QUIET=]

          --no-color
              Print without colour (as NO_COLOR does)
              
              [env: DOVETAIL_NO_COLOR=]

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Keys of client-side encryption:
          --kms-local-key-file <FILE>
              A file of keys for shared key-encryption keys of type `local-kms`.
              
              A line of 32 random bytes in Base64 (`openssl rand -base64 32`) for each; lines that start with `#`
              are left out. The first encrypts, the others decrypt what was encrypted with them before they were
              replaced. All servers of a registry need the same file, and whoever loses it loses every data key
              that was made with it.
              
              [env: DOVETAIL_KMS_LOCAL_KEY_FILE=]

          --kms-vault-address <URL>
              The Vault whose transit keys serve shared key-encryption keys of type `hcvault`.
              
              No other place is ever called: the `kmsKeyId` of a key is this address and then MOUNT/keys/NAME.
              Several may be given, separated by commas; all get the same token. An address with a path allows
              only what is below it, one without only what is below `transit`.
              
              [env: DOVETAIL_KMS_VAULT_ADDRESS=]

          --kms-vault-token-file <FILE>
              The file that holds Vault's token; it is read anew each time. Without it VAULT_TOKEN is taken
              
              [env: DOVETAIL_KMS_VAULT_TOKEN_FILE=]

          --kms-vault-namespace <NAME>
              Vault's namespace
              
              [env: DOVETAIL_KMS_VAULT_NAMESPACE=]

    Examples:
      dovetail serve
      dovetail serve --listen 0.0.0.0:8081 --database-url sqlite:/data/dovetail.db
      DOVETAIL_DATABASE_URL=postgres://dovetail:secret@db/registry dovetail serve

    SIGTERM and SIGINT let requests in flight finish; the exit code is then 0.
    --- stderr
    ");
}

#[test]
fn help_of_check() {
    assert_snapshot!(run(folder(&[]).path(), &["check", "--help"]), @r"
    exit 0
    --- stdout
    Check schema files against an earlier state of them

    Usage: dovetail check [OPTIONS] [PATH]...

    Arguments:
      [PATH]...
              Schema files, or folders of them
              
              [default: .]

    Options:
          --against <BASE>
              What to compare with: git:REV[:PATH], git:merge-base, registry[:URL], dir:PATH, bundle:FILE or none.
              May be given several times; git:merge-base when it is not given
              
              [env: DOVETAIL_AGAINST]

          --target <BRANCH>
              The branch that this is to be merged into, for git:merge-base; otherwise what the pipeline says, or
              origin's main branch
              
              [env: DOVETAIL_TARGET=]

          --manifest <FILE>
              The manifest, instead of the nearest schemas.yaml
              
              [env: DOVETAIL_MANIFEST=]

          --no-manifest
              Leave manifests aside: each file stands for the subject of its own name
              
              [env: DOVETAIL_NO_MANIFEST=]

          --level <LEVEL>
              The compatibility level, instead of the manifest's, the registry's or BACKWARD
              
              [env: DOVETAIL_LEVEL=]

          --subject <SUBJECT>
              The subject, for a single file
              
              [env: DOVETAIL_SUBJECT=]

          --include <FOLDER>
              A folder whose schemas may be referred to, but are not checked
              
              [env: DOVETAIL_INCLUDE=]

          --registry-url <URL>
              The registry for a base that names none, instead of the manifest's; may hold credentials,
              http://USER:PASSWORD@HOST
              
              [env: DOVETAIL_REGISTRY_URL]

          --context <CONTEXT>
              The context in registries and bundles, instead of the manifest's or the default one
              
              [env: DOVETAIL_CONTEXT=]

          --judge <JUDGE>
              Whose verdicts decide: `proof` (what readers really do), `reference` (Confluent Schema Registry's
              rules) or `strictest` (refused if either refuses); instead of the manifest's, the registry's or
              `proof`
              
              [env: DOVETAIL_JUDGE=]

          --packs <PACK>
              Which promises of Protobuf schemas are kept: `wire`, `json-names`, `source`; instead of the
              manifest's, the registry's or `wire`
              
              [env: DOVETAIL_PACKS=]

          --policy <POLICY>
              Undeclared properties of JSON documents: taken as the schema says (`strict`), or neither written nor
              minded (`lenient`); instead of the manifest's, the registry's or `strict`
              
              [env: DOVETAIL_POLICY=]

          --assert-formats
              The `format` of a JSON Schema is an assertion, whatever else is said
              
              [env: DOVETAIL_ASSERT_FORMATS=]

          --fill-defaults
              Readers of JSON documents put the default of a property in place where it is missing, whatever else
              is said
              
              [env: DOVETAIL_FILL_DEFAULTS=]

      -q, --quiet
              Print answers and errors only
              
              [env: DOVETAIL_QUIET=]

          --no-color
              Print without colour (as NO_COLOR does)
              
              [env: DOVETAIL_NO_COLOR=]

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Reports:
          --format <FORMAT>
              How findings are printed

              Possible values:
              - text:     For people at a terminal, with the lines that findings are about
              - json:     One JSON document; `dovetail check --schema` prints its JSON Schema
              - jsonl:    JSON lines: one for each finding, and a last one with everything else
              - sarif:    SARIF 2.1.0, for code scanning
              - junit:    JUnit XML, for lists of tests
              - github:   Annotations of GitHub Actions
              - gitlab:   A Code Quality report of GitLab
              - markdown: A summary in Markdown, short enough for a comment
              
              [env: DOVETAIL_FORMAT=]
              [default: text]

          --report <FORMAT=FILE>
              Write a report as well, for example sarif=dovetail.sarif; `-` stands for standard output. May be
              given several times
              
              [env: DOVETAIL_REPORT=]

          --fail-on <WEIGHT>
              What makes the run fail: findings that must not pass (`error`), warnings as well (`warn`), or no
              finding at all (`none`). Files that are no schema, and what could not be checked, always do

              Possible values:
              - error: What must not pass
              - warn:  Warnings too
              - none:  No finding
              
              [env: DOVETAIL_FAIL_ON=]
              [default: error]

          --no-annotations
              Do not annotate by yourself in jobs of GitHub and GitLab
              
              [env: DOVETAIL_NO_ANNOTATIONS=]

          --schema
              Print the JSON Schema of reports, and check nothing

    Files
      A folder is searched for *.avsc (Avro), *.proto (Protobuf), *.schema.json, and *.json whose $schema names a
      JSON Schema draft. Folders whose name starts with a dot, node_modules and target are left out. Which file is
      which subject says the manifest, schemas.yaml; without one a file stands for the subject of its own name
      without the ending: orders-value.avsc for `orders-value`. `dovetail init` writes one.

    References
      What a schema refers to is found in the files beside it: named types (Avro), $ref by path or $id (JSON
      Schema), imports (Protobuf). For a single file that is its own folder; --include adds more.

    Bases
      git:merge-base  where HEAD left the branch that it is to be merged into; the default
      git:REV[:PATH]  a revision of the repository around the files, or a folder of it
      registry[:URL]  what is registered
      dir:PATH        a folder, or one file
      bundle:FILE     what `dovetail bundle` wrote
      none            nothing: the schemas are parsed only
      Several may be given; the verdict is the worst of all, and each finding says against what. The transitive
      levels look at every earlier state: in the history of the repository, or at all versions of the registry.

    Level
      --level, else the manifest's, else the registry's, else BACKWARD. The report says which.

    Judges
      --judge, else the manifest's, else the registry's, else proof. `proof` decides by what a decoder does, and
      shows data that breaks; where it cannot decide, Confluent's rules do. `reference` decides as Confluent
      Schema Registry would. FAIL stands for what makes the check fail, WARN for what is accepted but told, PASS
      for what was waived, NOTE for what the judge that decides does not share, ???? for what was not proved.

    Reports
      --format is what is printed; --report writes others beside it, though the check fails. In a job of GitHub
      Actions the lines are annotated and the step gets a summary; in a job of GitLab the project's folder gets
      gl-code-quality-report.json. docs/ci.md has pipelines to copy.

    Exit codes
      0  nothing that must not pass    2  a schema, the manifest or the request cannot be understood
      1  something that must not       3  could not check (no such revision, registry unreachable), or not report
      Everything is checked and told in any case; when several apply, 1 counts before 2, and 2 before 3.

    Examples
      dovetail check
      dovetail check --against git:merge-base --against registry:https://registry.example
      dovetail check new.avsc --against dir:old.avsc --subject orders-value --level FULL
      dovetail check --report sarif=dovetail.sarif --report junit=schemas.xml
      dovetail check --format json | jq '.findings[].rule'
    --- stderr
    ");
}

#[test]
fn help_of_the_small_verbs() {
    let all = ["explain", "migrate", "openapi", "health"].map(|verb| run(Path::new("."), &[verb, "--help"]));
    assert_snapshot!(all.join("\n"), @r"
    exit 0
    --- stdout
    Say what a rule means, why it is one, and what to do instead

    Usage: dovetail explain [OPTIONS] [RULE]

    Arguments:
      [RULE]  The rule, as a finding names it; every rule in a line each when left out

    Options:
      -q, --quiet     Print answers and errors only [env: DOVETAIL_QUIET=]
          --no-color  Print without colour (as NO_COLOR does) [env: DOVETAIL_NO_COLOR=]
      -h, --help      Print help
      -V, --version   Print version

    Example:
      dovetail explain avro-field-without-default
    --- stderr

    exit 0
    --- stdout
    Bring a database up to date and exit

    Usage: dovetail migrate [OPTIONS]

    Options:
          --database-url <URL>  The database: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE [env:
                                DOVETAIL_DATABASE_URL] [default: sqlite:dovetail[DIR]db]
      -q, --quiet               Print answers and errors only [env: DOVETAIL_QUIET=]
          --no-color            Print without colour (as NO_COLOR does) [env: DOVETAIL_NO_COLOR=]
      -h, --help                Print help
      -V, --version             Print version

    `dovetail serve` does this by itself unless told --no-migrate[DIR]

    Examples:
      dovetail migrate
      dovetail migrate --database-url postgres://dovetail@db/registry
    --- stderr

    exit 0
    --- stdout
    Print the OpenAPI document of the server

    Usage: dovetail openapi [OPTIONS]

    Options:
      -q, --quiet     Print answers and errors only [env: DOVETAIL_QUIET=]
          --no-color  Print without colour (as NO_COLOR does) [env: DOVETAIL_NO_COLOR=]
      -h, --help      Print help
      -V, --version   Print version

    Example:
      dovetail openapi > openapi[DIR]json
    --- stderr

    exit 0
    --- stdout
    Ask a running registry whether it is ready

    Usage: dovetail health [OPTIONS] [URL]

    Arguments:
      [URL]  What to ask; http://127[DIR]0[DIR]0[DIR]1:8081/health/ready, or the port of DOVETAIL_LISTEN [env:
             DOVETAIL_HEALTH_URL=]

    Options:
      -q, --quiet     Print answers and errors only [env: DOVETAIL_QUIET=]
          --no-color  Print without colour (as NO_COLOR does) [env: DOVETAIL_NO_COLOR=]
      -h, --help      Print help
      -V, --version   Print version

    Exits with 0 when the registry is ready and with 3 when it is not[DIR]

    Examples:
      dovetail health
      dovetail health http://registry:8081/health/ready
    --- stderr
    ");
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
    let printed = against("v4-breaking.avsc", "v3.avsc");
    let (_, printed) = printed.split_once("--- stdout\n").expect("its parts are told apart");
    let (printed, _) = printed.split_once("--- stderr\n").expect("its parts are told apart");
    let page = std::fs::read_to_string(orders.join("README.md")).expect("the page");
    assert!(page.contains(printed), "the page shows other output than this: {printed}");
}
