//! `dovetail diff`, by running the real binary.

use std::path::Path;

use dovetail::published::difference;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::server::Server;
use crate::terminal::{dovetail, folder, git, register, repository, run, send, write};

const ORDER_V1: &str = r#"{
  "type": "record",
  "name": "Order",
  "fields": [
    { "name": "id", "type": "string" },
    { "name": "note", "type": ["null", "string"], "default": null }
  ]
}
"#;
const ORDER_V2: &str = r#"{
  "type": "record",
  "name": "Order",
  "doc": "What somebody bought.",
  "fields": [
    { "name": "id", "type": "string" },
    { "name": "currency", "type": "string" }
  ]
}
"#;
const CART_V1: &str =
    "syntax = \"proto3\";\npackage shop;\n\nmessage Cart {\n  string id = 1;\n  int32 count = 2;\n}\n";
const CART_V2: &str = "syntax = \"proto3\";\npackage shop;\n\nmessage Cart {\n  string id = 1;\n  string count = 2;\n  // Cents.\n  int64 total = 3;\n}\n";
const USER_V1: &str = r#"{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "name": { "type": "string", "maxLength": 80 }
  },
  "additionalProperties": false
}
"#;
const USER_V2: &str = r#"{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "name": { "type": "string", "maxLength": 40 }
  },
  "required": ["name"],
  "additionalProperties": false
}
"#;

#[test]
fn two_files_are_compared_change_by_change_and_line_by_line() {
    let files = folder(&[("old.avsc", ORDER_V1), ("new.avsc", ORDER_V2)]);
    assert_snapshot!(run(files.path(), &["diff", "old.avsc", "new.avsc"]), @r#"
    exit 0
    --- stdout
    old  old.avsc
    new  new.avsc

    changed   new.avsc (was old.avsc)
      BACKWARD incompatible   FORWARD compatible   FULL incompatible
      ~ doc-changed (doc)  new 4:3  /doc
          `Order` is now documented: `What somebody bought.`
      - field-removed  old 6:5  /fields/1
          the field `note` of `Order` is gone, with a default
      + field-added  new 7:5  /fields/1
          `Order` has the new field `currency`, without a default
          FAIL BACKWARD  avro-field-without-default
               the new schema has the field `currency` in `Order` without a default, and the old schema does not write it
    --- old.avsc
    +++ new.avsc
    @@ -1,8 +1,9 @@
     {
       "type": "record",
       "name": "Order",
    +  "doc": "What somebody bought.",
       "fields": [
         { "name": "id", "type": "string" },
    -    { "name": "note", "type": ["null", "string"], "default": null }
    +    { "name": "currency", "type": "string" }
       ]
     }
    --- stderr
    "#);
}

#[test]
fn the_same_is_no_difference_however_it_is_spelled() {
    let respelled = ORDER_V1.replace('\n', "\r\n").replace("  ", "    ");
    let files = folder(&[("old.avsc", ORDER_V1), ("new.avsc", respelled.as_str())]);
    let arguments = ["diff", "old.avsc", "new.avsc", "--exit-code"];
    assert_snapshot!(run(files.path(), &arguments), @r"
    exit 0
    --- stdout
    old  old.avsc
    new  new.avsc
    no difference
    --- stderr
    ");
}

#[test]
fn revisions_and_folders_are_matched_by_path_and_moved_files_by_name() {
    let files = repository(&[
        ("schemas/order.avsc", ORDER_V1),
        ("schemas/old/cart.proto", CART_V1),
        ("schemas/gone.avsc", "\"string\""),
        ("schemas/same.avsc", "\"int\""),
    ]);
    git(files.path(), &["mv", "schemas/old/cart.proto", "schemas/cart.proto"]);
    git(files.path(), &["rm", "--quiet", "schemas/gone.avsc"]);
    write(
        files.path(),
        &[
            ("schemas/order.avsc", ORDER_V2),
            ("schemas/cart.proto", CART_V2),
            ("schemas/user.schema.json", USER_V1),
            ("schemas/broken.avsc", "{"),
        ],
    );
    let arguments = ["diff", "git:HEAD", "schemas", "--no-text"];
    assert_snapshot!(run(files.path(), &arguments), @r"
    exit 0
    --- stdout
    old  git:HEAD@e7e1b28:schemas
    new  schemas

    added     broken.avsc

    changed   cart.proto
      BACKWARD incompatible   FORWARD incompatible   FULL incompatible
      ~ type-changed  new 6:3  /Cart/2
          the type of the field `count` of the message `Cart` was `int32` and is `string`
          FAIL FORWARD  proto-field-type-changed
               `Cart.count` is string in the new schema and int32 in the old schema
          FAIL BACKWARD  proto-field-type-changed
               `Cart.count` is int32 in the old schema and string in the new schema
      + field-added  new 8:3  /Cart/3
          the message `Cart` has the new field `total` with the number 3

    removed   gone.avsc

    changed   order.avsc
      BACKWARD incompatible   FORWARD compatible   FULL incompatible
      ~ doc-changed (doc)  new 4:3  /doc
          `Order` is now documented: `What somebody bought.`
      - field-removed  old 6:5  /fields/1
          the field `note` of `Order` is gone, with a default
      + field-added  new 7:5  /fields/1
          `Order` has the new field `currency`, without a default
          FAIL BACKWARD  avro-field-without-default
               the new schema has the field `currency` in `Order` without a default, and the old schema does not write it

    added     user.schema.json
    --- stderr
    ");
    git(files.path(), &["add", "."]);
    git(files.path(), &["commit", "--quiet", "--message", "second"]);
    let arguments = ["diff", "git:HEAD~1:schemas/order.avsc", "git:HEAD:schemas/order.avsc", "--no-text"];
    assert_snapshot!(run(files.path(), &arguments), @r"
    exit 0
    --- stdout
    old  git:HEAD~1@e7e1b28:schemas/order.avsc
    new  git:HEAD@e533078:schemas/order.avsc

    changed   git:HEAD:schemas/order.avsc (was git:HEAD~1:schemas/order.avsc)
      BACKWARD incompatible   FORWARD compatible   FULL incompatible
      ~ doc-changed (doc)  new 4:3  /doc
          `Order` is now documented: `What somebody bought.`
      - field-removed  old 6:5  /fields/1
          the field `note` of `Order` is gone, with a default
      + field-added  new 7:5  /fields/1
          `Order` has the new field `currency`, without a default
          FAIL BACKWARD  avro-field-without-default
               the new schema has the field `currency` in `Order` without a default, and the old schema does not write it
    --- stderr
    ");
    let arguments = ["diff", "git:HEAD:schemas/none.avsc", "git:HEAD"];
    assert_snapshot!(run(files.path(), &arguments), @r"
    exit 2
    --- stdout
    --- stderr
    error: there is no schema file at schemas/none.avsc in HEAD
    hint: Paths of a revision count from the root of the repository.
    ");
}

#[test]
fn what_is_referred_to_is_found_beside_a_schema_and_at_its_revision() {
    let line = |kind: &str| {
        format!(
            r#"{{"type":"record","name":"Line","namespace":"shop","fields":[{{"name":"n","type":"{kind}"}}]}}"#
        )
    };
    let order = r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"lines","type":{"type":"array","items":"Line"}}]}"#;
    let files = repository(&[("order.avsc", order), ("line.avsc", &line("string"))]);
    write(files.path(), &[("line.avsc", &line("int"))]);
    assert_snapshot!(run(files.path(), &["diff", "git:HEAD", ".", "--no-text"]), @r"
    exit 0
    --- stdout
    old  git:HEAD@0055682
    new  .

    changed   line.avsc
      BACKWARD incompatible   FORWARD incompatible   FULL incompatible
      ~ type-changed  new 1:80  /fields/0/type
          the type of the field `n` of `Line` was `string` and is `int`
          FAIL FORWARD  avro-type-changed
               the new schema writes int, the old schema reads string
          FAIL BACKWARD  avro-type-changed
               the old schema writes string, the new schema reads int

    changed   order.avsc
      BACKWARD incompatible   FORWARD incompatible   FULL incompatible
      ~ type-changed  /fields/0/type/items/fields/0/type
          the type of the field `n` of `Line` was `string` and is `int`
          FAIL FORWARD  avro-type-changed
               the new schema writes int, the old schema reads string
          FAIL BACKWARD  avro-type-changed
               the old schema writes string, the new schema reads int
    --- stderr
    ");
}

#[test]
fn registered_versions_are_laid_out_and_compared() {
    let server = Server::start();
    for (subject, format, text) in
        [("user", "JSON", USER_V1), ("user", "JSON", USER_V2), ("order", "AVRO", ORDER_V1)]
    {
        send(&server, reqwest::Method::PUT, &format!("/config/{subject}"), json!({"compatibility": "NONE"}));
        register(&server, subject, json!({"schemaType": format, "schema": text}));
    }
    let here = folder(&[("order.avsc", ORDER_V2)]);
    let diff = |arguments: &[&str]| {
        let all = [&["diff"], arguments, &["--registry-url", &server.url]].concat();
        run(here.path(), &all).replace(&server.url, "[URL]")
    };
    assert_snapshot!(diff(&["user@1", "user@latest"]), @r#"
    exit 0
    --- stdout
    old  user@1
    new  user@2

    changed   user@2 (was user@1)
      BACKWARD incompatible   FORWARD compatible   FULL incompatible
      ~ constraint-tightened  new 7:7  /properties/name/maxLength
          `maxLength` of `name` of the schema was `80` and is `40`
          FAIL BACKWARD  json-length-narrowed
               the old schema allows a string of 41 characters at /name, the new schema at most 40
      + required-added  new 11:5  /required/0
          the schema requires `name`
          FAIL BACKWARD  json-required-added
               the old schema allows an object without `name`, the new schema requires it
    --- user@1
    +++ user@2
    @@ -4,8 +4,11 @@
       "properties": {
         "name": {
           "type": "string",
    -      "maxLength": 80
    +      "maxLength": 40
         }
       },
    +  "required": [
    +    "name"
    +  ],
       "additionalProperties": false
     }
    --- stderr
    "#);
    assert_snapshot!(diff(&["order@latest", "order.avsc", "--no-text", "--fail-on", "break"]), @r"
    exit 1
    --- stdout
    old  order@1
    new  order.avsc

    changed   order.avsc (was order@1)
      BACKWARD incompatible   FORWARD compatible   FULL incompatible
      ~ doc-changed (doc)  new 4:3  /doc
          `Order` is now documented: `What somebody bought.`
      + field-added  new 7:5  /fields/1
          `Order` has the new field `currency`, without a default
          FAIL BACKWARD  avro-field-without-default
               the new schema has the field `currency` in `Order` without a default, and the old schema does not write it
      - field-removed  old 9:5  /fields/1
          the field `note` of `Order` is gone, with a default
    --- stderr
    ");
    assert_snapshot!(diff(&["nobody@latest", "order.avsc"]), @r"
    exit 2
    --- stdout
    --- stderr
    error: [URL] has no subject `nobody`
    ");
    assert_snapshot!(run(here.path(), &["diff", "user@1", "user@2"]), @r"
    exit 2
    --- stdout
    --- stderr
    error: which registry holds `user`?
    hint: Say it with --registry-url or DOVETAIL_REGISTRY_URL.
    ");
    assert_snapshot!(run(here.path(), &["diff", "user@1", "user@2", "--registry-url", "http://u:secret@127.0.0.1:1"]), @r"
    exit 3
    --- stdout
    --- stderr
    error: the registry http://127.0.0.1:1 cannot be reached: Connection refused (os error 111)
    hint: Is the URL right and the registry up? `dovetail health URL/health/ready` asks it.
    ");
}

#[test]
fn two_registries_are_compared_by_subject_version_and_level() {
    let (staging, production) = (Server::start(), Server::start());
    let put = |server: &Server, subject: &str, text: &str| {
        register(server, subject, json!({"schemaType": "AVRO", "schema": text}));
    };
    for server in [&staging, &production] {
        send(server, reqwest::Method::PUT, "/config", json!({"compatibility": "NONE"}));
        put(server, "orders-value", ORDER_V1);
        put(server, "same-value", "\"int\"");
    }
    put(&staging, "only-staging", "\"int\"");
    put(&production, "only-production", "\"int\"");
    put(&production, "orders-value", ORDER_V2);
    put(&staging, "payments-value", "\"int\"");
    put(&production, "payments-value", "\"long\"");
    send(&production, reqwest::Method::PUT, "/config/orders-value", json!({"compatibility": "FULL"}));
    let here = folder(&[]);
    let (from, to) = (format!("registry:{}", staging.url), format!("registry:{}", production.url));
    let diff = |arguments: &[&str]| {
        let all = [&["diff", from.as_str(), to.as_str()], arguments].concat();
        let output = run(here.path(), &all);
        output.replace(&staging.url, "[STAGING]").replace(&production.url, "[PRODUCTION]")
    };
    assert_snapshot!(diff(&["--no-text"]), @r"
    exit 0
    --- stdout
    old  registry:[STAGING]
    new  registry:[PRODUCTION]
    added     only-production
    removed   only-staging
    added     orders-value: the level is not set there and FULL here
    added     orders-value version 2
    changed   payments-value version 1: the two hold different schemas

    changed   orders-value (was orders-value@1)
      BACKWARD incompatible   FORWARD compatible   FULL incompatible
      ~ doc-changed (doc)  new 4:3  /doc
          `Order` is now documented: `What somebody bought.`
      - field-removed  old 9:5  /fields/1
          the field `note` of `Order` is gone, with a default
      + field-added  new 10:5  /fields/1
          `Order` has the new field `currency`, without a default
          FAIL BACKWARD  avro-field-without-default
               the new schema has the field `currency` in `Order` without a default, and the old schema does not write it

    changed   payments-value (was payments-value@1)
      BACKWARD compatible   FORWARD incompatible   FULL incompatible
      ~ type-changed  new 1:1
          the type of the schema was `int` and is `long`
          FAIL FORWARD  avro-type-changed
               the new schema writes long, the old schema reads int
    --- stderr
    ");
    assert_snapshot!(diff(&["--subject", "same-*", "--exit-code"]), @r"
    exit 0
    --- stdout
    old  registry:[STAGING]
    new  registry:[PRODUCTION]
    no difference
    --- stderr
    ");
    let found = json_of(here.path(), &["diff", &from, &to, "--format", "json"]);
    assert_eq!(found["registries"].as_array().map(Vec::len), Some(5), "{found:#}");
}

/// The output is of the published shape, whatever it holds.
#[test]
fn the_json_form_is_valid_for_its_schema() {
    let files = folder(&[
        ("a/order.avsc", ORDER_V1),
        ("b/order.avsc", ORDER_V2),
        ("a/cart.proto", CART_V1),
        ("b/cart.proto", CART_V2),
        ("a/user.schema.json", USER_V1),
        ("b/user.schema.json", USER_V2),
        ("a/same.avsc", "\"int\""),
        ("b/same.avsc", "\"int\""),
        ("a/gone.avsc", "\"int\""),
        ("b/come.avsc", "\"int\""),
        ("a/broken.avsc", "\"int\""),
        ("b/broken.avsc", "{"),
    ]);
    let found = json_of(files.path(), &["diff", "a", "b", "--format", "json", "--packs", "wire,source"]);
    let results: Vec<&str> =
        found["schemas"].as_array().into_iter().flatten().filter_map(|it| it["result"].as_str()).collect();
    assert_eq!(results, ["invalid", "changed", "added", "removed", "changed", "unchanged", "changed"]);
    let order = &found["schemas"][4];
    assert_eq!(order["verdicts"][0], json!({"level": "BACKWARD", "compatible": false}));
    let added = order["changes"].as_array().into_iter().flatten().find(|it| it["kind"] == "field-added");
    let added = added.expect("a field was added");
    assert_eq!(added["new"], json!({"pointer": "/fields/1", "line": 7, "column": 5}));
    assert_eq!(added["findings"][0]["rule"], "avro-field-without-default");
    assert!(order["text"].as_str().is_some_and(|text| text.contains("\n+    { \"name\": \"currency\"")));
}

#[test]
fn the_exit_code_says_what_was_asked_for() {
    let files = folder(&[
        ("old.avsc", ORDER_V1),
        ("new.avsc", ORDER_V2),
        ("more.avsc", &ORDER_V1.replace("\"string\" },", "\"string\", \"doc\": \"An id.\" },")),
        ("broken.avsc", "{"),
        ("folder/old.avsc", ORDER_V1),
    ]);
    for (arguments, expected) in [
        (&["old.avsc", "new.avsc"][..], 0),
        (&["old.avsc", "old.avsc", "--exit-code"], 0),
        (&["old.avsc", "new.avsc", "--exit-code"], 1),
        (&["old.avsc", "more.avsc", "--exit-code"], 1),
        (&["old.avsc", "more.avsc", "--fail-on", "break", "--level", "FULL"], 0),
        (&["old.avsc", "new.avsc", "--fail-on", "break"], 1),
        (&["new.avsc", "old.avsc", "--fail-on", "break"], 0),
        (&["new.avsc", "old.avsc", "--fail-on", "break", "--level", "FORWARD"], 1),
        (&["new.avsc", "old.avsc", "--fail-on", "break", "--level", "FULL_TRANSITIVE"], 1),
        (&["new.avsc", "old.avsc", "--fail-on", "break", "--level", "NONE"], 0),
        (&["old.avsc", "broken.avsc"], 2),
        (&["old.avsc", "folder"], 2),
        (&["old.avsc", "missing.avsc"], 2),
        (&["registry:http://127.0.0.1:1", "old.avsc"], 2),
        (&["git:HEAD", "old.avsc"], 3),
        (&["registry:http://127.0.0.1:1", "registry:http://127.0.0.1:1"], 3),
    ] {
        let all = [&["diff"], arguments].concat();
        let output = dovetail(files.path(), &all).output().expect("the binary runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {told}");
    }
}

/// What is printed as JSON, checked against the published schema.
fn json_of(folder: &Path, arguments: &[&str]) -> Value {
    let output = dovetail(folder, arguments).output().expect("the binary runs");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let schema: Value = serde_json::from_str(difference::SCHEMA).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let errors: Vec<String> =
        validator.iter_errors(&found).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    found
}
