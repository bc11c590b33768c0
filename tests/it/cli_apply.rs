//! `dovetail plan`, `apply`, `dump`, `prune`, `lock`, `pull` and `bundle`, by running the real binary
//! against real servers.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use insta::{allow_duplicates, assert_snapshot};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness;
use crate::proxy::{Cut, Meanwhile, Mischief, Proxy};
use crate::server::Server;
use crate::terminal::{dovetail, folder, register, run, send, write};

const MONEY: &str =
    r#"{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"cents","type":"long"}]}"#;
const CART: &str =
    r#"{"type":"record","name":"Cart","namespace":"shop","fields":[{"name":"sum","type":"Money"}]}"#;
const CART_V2: &str = r#"{"type":"record","name":"Cart","namespace":"shop","fields":[
  {"name":"sum","type":"Money"},{"name":"note","type":"string","default":""}]}"#;
const CART_BROKEN: &str = r#"{"type":"record","name":"Cart","namespace":"shop","fields":[
  {"name":"sum","type":"Money"},{"name":"note","type":"string"}]}"#;

/// A manifest about everything in its folder, for a registry.
fn manifest(url: &str, more: &str) -> String {
    format!("version: 1\nregistry: {{ url: \"{url}\" }}\n{more}")
}

const ALL_AVRO: &str = "subjects:\n  - { glob: \"**/*.avsc\", subject: \"{name}-value\" }\n";

/// Files and a manifest.
fn declared(url: &str, more: &str, files: &[(&str, &str)]) -> TempDir {
    let folder = folder(files);
    write(folder.path(), &[("schemas.yaml", &manifest(url, more))]);
    folder
}

/// Exit code and output, without what differs from run to run.
fn told(folder: &TempDir, server: &Server, arguments: &[&str]) -> String {
    run(folder.path(), arguments).replace(&server.url, "[URL]")
}

fn code(folder: &Path, arguments: &[&str]) -> i32 {
    dovetail(folder, arguments).output().expect("the binary runs").status.code().expect("it ended by itself")
}

#[track_caller]
fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let shown = run(folder, arguments);
    assert!(shown.starts_with("exit 0\n"), "{arguments:?}: {shown}");
    shown
}

fn get(url: &str) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let text = runtime.block_on(async { reqwest::get(url).await.expect("an answer").text().await });
    serde_json::from_str(&text.expect("a body")).expect("JSON")
}

fn put_level(server: &Server, subject: &str, level: &str) {
    send(server, reqwest::Method::PUT, &format!("/config/{subject}"), json!({ "compatibility": level }));
}

fn avro(text: &str) -> Value {
    json!({ "schema": text })
}

#[test]
fn a_plan_is_made_done_and_then_there_is_nothing_to_do() {
    let server = Server::start();
    let files = [("cart.avsc", CART), ("money.avsc", MONEY)];
    let folder = declared(&server.url, &format!("defaults: {{ level: FULL }}\n{ALL_AVRO}"), &files);
    assert_snapshot!(told(&folder, &server, &["plan", "--out", "plan.json"]), @r"
    exit 0
    --- stdout
    + money-value  register version 1   the first version
    ~ money-value  level BACKWARD → FULL
    + cart-value   register version 1   the first version
    ~ cart-value   level BACKWARD → FULL
    Plan: 2 to register, 2 level changes, 0 deletes, 0 drift.  Registry state 1.
    --- stderr
    ");
    assert_snapshot!(told(&folder, &server, &["apply", "--plan", "plan.json"]), @r"
    exit 0
    --- stdout
    done  money-value  version 1, id 1
    done  money-value  level FULL
    done  cart-value  version 1, id 2
    done  cart-value  level FULL
    Applied 4 of 4.  Registry state 5.
    --- stderr
    ");
    assert_snapshot!(told(&folder, &server, &["apply", "--plan", "plan.json"]), @r"
    exit 0
    --- stdout
    done  money-value  version 1, id 1 (by an earlier run)
    done  money-value  level FULL (by an earlier run)
    done  cart-value  version 1, id 2 (by an earlier run)
    done  cart-value  level FULL (by an earlier run)
    Nothing left to do: an earlier run did all 4.  Registry state 5.
    --- stderr
    ");
    assert_snapshot!(told(&folder, &server, &["apply"]), @r"
    exit 0
    --- stdout
    Nothing to do.  Registry state 5.
    --- stderr
    ");
    assert_snapshot!(told(&folder, &server, &["plan"]), @r"
    exit 0
    --- stdout
    Plan: 0 to register, 0 level changes, 0 deletes, 0 drift, 2 unchanged.  Registry state 5.
    --- stderr
    ");
    write(folder.path(), &[("cart.avsc", CART_V2)]);
    assert_snapshot!(told(&folder, &server, &["plan"]), @r"
    exit 0
    --- stdout
    ~ cart-value  register version 2   compatible under FULL
    Plan: 1 to register, 0 level changes, 0 deletes, 0 drift, 1 unchanged.  Registry state 5.
    --- stderr
    ");
    assert_snapshot!(told(&folder, &server, &["apply"]), @r"
    exit 0
    --- stdout
    done  cart-value  version 2, id 3
    Applied 1 of 1.  Registry state 6.
    --- stderr
    ");
    let cart = get(&format!("{}/subjects/cart-value/versions/2", server.url));
    assert_eq!(cart["references"], json!([{ "name": "shop.Money", "subject": "money-value", "version": 1 }]));
    assert_eq!(get(&format!("{}/config/cart-value", server.url))["compatibilityLevel"], "FULL");
}

#[test]
fn what_may_not_be_registered_is_told_and_nothing_is_done() {
    let server = Server::start();
    let files = [("cart.avsc", CART), ("money.avsc", MONEY)];
    let folder = declared(&server.url, ALL_AVRO, &files);
    succeeds(folder.path(), &["apply"]);
    let more = r#"{"type":"record","name":"New","fields":[]}"#;
    write(folder.path(), &[("cart.avsc", CART_BROKEN), ("new.avsc", more)]);
    assert_snapshot!(told(&folder, &server, &["plan", "--out", "plan.json"]), @r#"
    exit 1
    --- stdout
    FAIL  cart.avsc:2:33  cart-value  BACKWARD  f6d42b0d334f
          avro-field-without-default  the new schema has the field `note` in `shop.Cart` without a default, and the old schema does not write it
            against   version 1
            witness   {"sum":{"cents":0}}: no value was written for the field `note`, and it has no default (at /fields/1)
            hint      give the field a default
            accept    dovetail waive f6d42b0d334f --against registry --until DATE --reason TEXT
    + new-value  register version 1   the first version
    Plan: 1 to register, 0 level changes, 0 deletes, 0 drift, 1 refused, 1 unchanged.  Registry state 3.
    --- stderr
    note  the plan is not saved: it could not be applied
    "#);
    assert!(!folder.path().join("plan.json").exists());
    assert_snapshot!(told(&folder, &server, &["apply"]), @r#"
    exit 1
    --- stdout
    FAIL  cart.avsc:2:33  cart-value  BACKWARD  f6d42b0d334f
          avro-field-without-default  the new schema has the field `note` in `shop.Cart` without a default, and the old schema does not write it
            against   version 1
            witness   {"sum":{"cents":0}}: no value was written for the field `note`, and it has no default (at /fields/1)
            hint      give the field a default
            accept    dovetail waive f6d42b0d334f --against registry --until DATE --reason TEXT
    + new-value  register version 1   the first version
    Plan: 1 to register, 0 level changes, 0 deletes, 0 drift, 1 refused, 1 unchanged.  Registry state 3.
    --- stderr
    error: nothing was done: the plan holds what may not be registered
    "#);
    assert_eq!(get(&format!("{}/subjects", server.url)), json!(["cart-value", "money-value"]));
    write(folder.path(), &[("cart.avsc", r#"{"type":"recrod"}"#)]);
    assert_snapshot!(told(&folder, &server, &["plan"]), @r"
    exit 2
    --- stdout
    FAIL  cart.avsc:1:1  cart-value  no schema: Undefined schema: recrod
    + new-value  register version 1   the first version
    Plan: 1 to register, 0 level changes, 0 deletes, 0 drift, 1 refused, 1 unchanged.  Registry state 3.
    --- stderr
    ");
}

#[test]
fn what_cannot_be_understood_or_reached_has_its_own_exit_code() {
    let server = Server::start();
    let folder = declared(&server.url, ALL_AVRO, &[("money.avsc", MONEY)]);
    succeeds(folder.path(), &["plan", "--out", "plan.json"]);
    let plan = fs::read_to_string(folder.path().join("plan.json")).expect("a plan");
    write(
        folder.path(),
        &[
            ("forged.json", &plan.replace("cents", "euros")),
            ("newer.json", &plan.replace("\"format_version\": 1", "\"format_version\": 2")),
            ("none.json", "[]"),
        ],
    );
    for (arguments, expected) in [
        (&["apply", "--plan", "forged.json"][..], 2),
        (&["apply", "--plan", "newer.json"], 2),
        (&["apply", "--plan", "none.json"], 2),
        (&["apply", "--plan", "missing.json"], 2),
        (&["apply", "--plan", "plan.json", "--delete"], 2),
        (&["apply", "--plan", "plan.json", "--registry-url", "http://127.0.0.1:9"], 2),
        (&["apply", "--plan", "plan.json", "--context", ".prod"], 2),
        (&["plan", "--registry-url", "http://127.0.0.1:9/?token=x"], 2),
        (&["plan", "--registry-url", "http://127.0.0.1:9"], 3),
        (&["apply", "--registry-url", "http://127.0.0.1:9"], 3),
        (&["plan", "--manifest", "missing.yaml"], 2),
        (&["lock"], 1),
        (&["lock", "--registry-url", "http://127.0.0.1:9"], 3),
        (&["pull", "nobody", "--registry-url", &server.url], 3),
        (&["dump", "--out", "."], 2),
        (&["dump", "--out", "new"], 2),
        (&["dump", "--out", "new", "--registry-url", "http://127.0.0.1:9"], 3),
        (&["bundle", "--out", ".", "--registry-url", &server.url], 2),
        (&["prune", "--registry-url", "http://127.0.0.1:9"], 3),
    ] {
        let shown = run(folder.path(), arguments);
        assert!(shown.starts_with(&format!("exit {expected}\n")), "{arguments:?}: {shown}");
    }
    assert_eq!(get(&format!("{}/subjects", server.url)), json!([]), "nothing of it was done");
}

#[test]
fn credentials_are_in_no_plan_and_no_message() {
    let server = Server::start();
    let secret = server.url.replace("http://", "http://ann:s3cret@");
    let folder = declared(&secret, ALL_AVRO, &[("money.avsc", MONEY)]);
    let mut all = succeeds(folder.path(), &["plan", "--out", "plan.json"]);
    all.push_str(&fs::read_to_string(folder.path().join("plan.json")).expect("a plan"));
    all.push_str(&succeeds(folder.path(), &["plan", "--format", "json"]));
    all.push_str(&succeeds(folder.path(), &["apply", "--plan", "plan.json", "--registry-url", &secret]));
    all.push_str(&succeeds(folder.path(), &["lock"]));
    all.push_str(&fs::read_to_string(folder.path().join("schemas.lock")).expect("a lock"));
    all.push_str(&succeeds(folder.path(), &["dump", "--registry-url", &secret, "--out", "dumped"]));
    all.push_str(&fs::read_to_string(folder.path().join("dumped/schemas.yaml")).expect("a manifest"));
    all.push_str(&succeeds(folder.path(), &["bundle", "--registry-url", &secret, "--out", "bundle"]));
    all.push_str(&fs::read_to_string(folder.path().join("bundle/bundle.json")).expect("a bundle"));
    all.push_str(&run(folder.path(), &["plan", "--registry-url", "http://ann:s3cret@127.0.0.1:9"]));
    assert!(!all.contains("s3cret") && !all.contains("ann"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_race_stops_the_plan_before_its_first_step() {
    for place in harness::places().await {
        let url = place.options.url.clone();
        tokio::task::spawn_blocking(move || {
            let server = Server::on(&url);
            let files = [("cart.avsc", CART), ("money.avsc", MONEY)];
            let folder = declared(&server.url, ALL_AVRO, &files);
            succeeds(folder.path(), &["plan", "--out", "plan.json"]);
            register(&server, "elsewhere", avro(r#""int""#));
            let shown = told(&folder, &server, &["apply", "--plan", "plan.json"]);
            allow_duplicates! { assert_snapshot!(shown, @r"
            exit 4
            --- stdout
            --- stderr
            error: the plan was made at state 1, the registry is at 2 (elsewhere: register by anonymous)
            hint: Plan again, and look at what changed.
            ") };
            assert_eq!(get(&format!("{}/subjects", server.url)), json!(["elsewhere"]), "nothing was applied");
            let arguments = ["apply", "--plan", "plan.json", "--ignore-unrelated"];
            succeeds(folder.path(), &arguments);
            // Something that the plan depends on is no stranger's affair.
            write(folder.path(), &[("cart.avsc", CART_V2)]);
            succeeds(folder.path(), &["plan", "--out", "plan.json"]);
            put_level(&server, "cart-value", "NONE");
            let shown = told(&folder, &server, &arguments);
            allow_duplicates! { assert_snapshot!(shown, @r"
            exit 4
            --- stdout
            --- stderr
            error: the plan was made at state 4, the registry is at 5 (cart-value: put-settings by anonymous)
            hint: Plan again, and look at what changed.
            ") };
            send(&server, reqwest::Method::PUT, "/config", json!({ "compatibility": "FULL" }));
            succeeds(folder.path(), &["plan", "--out", "plan.json"]);
            send(&server, reqwest::Method::PUT, "/config", json!({ "compatibility": "NONE" }));
            assert_eq!(code(folder.path(), &arguments), 4, "a level that holds for all");
        })
        .await
        .expect("no panic");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_apply_at_once_one_goes_on_and_the_other_is_told() {
    for place in harness::places().await {
        let url = place.options.url.clone();
        tokio::task::spawn_blocking(move || {
            let server = Server::on(&url);
            for round in 0..6 {
                let subjects = format!("subjects:\n  - {{ glob: \"*.avsc\", subject: \"r{round}-{{name}}\" }}\n");
                let folders = ["left", "right"].map(|side| {
                    let text = |name: &str| {
                        format!(r#"{{"type":"record","name":"{name}","fields":[{{"name":"{side}","type":"int"}}]}}"#)
                    };
                    let files = ["a", "b", "c"].map(|name| (format!("{name}.avsc"), text(name)));
                    let files = files.each_ref().map(|(path, text)| (path.as_str(), text.as_str()));
                    declared(&server.url, &subjects, &files)
                });
                // In the second half they plan first and race with what they saved.
                let saved = round >= 3;
                for folder in folders.iter().filter(|_| saved) {
                    succeeds(folder.path(), &["plan", "--out", "plan.json"]);
                }
                let arguments: &[&str] = if saved { &["apply", "--plan", "plan.json"] } else { &["apply"] };
                let running = folders.each_ref().map(|folder| {
                    let mut command = dovetail(folder.path(), arguments);
                    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
                    command.spawn().expect("the binary runs")
                });
                let ended = running.map(|process| process.wait_with_output().expect("it ends"));
                let codes = ended.each_ref().map(|output| output.status.code());
                let told = ended.each_ref().map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
                // Who comes so late that the other is through plans against the other's schemas.
                let is_conflict = |code: Option<i32>| code == Some(4) || (!saved && code == Some(1));
                let winner = codes.iter().position(|code| *code == Some(0));
                let winner = winner.unwrap_or_else(|| panic!("round {round}: nobody won: {codes:?} {told:?}"));
                assert!(is_conflict(codes[1 - winner]), "round {round}: {codes:?} {told:?}");
                let side = ["left", "right"][winner];
                for name in ["a", "b", "c"] {
                    let subject = format!("{}/subjects/r{round}-{name}/versions", server.url);
                    assert_eq!(get(&subject), json!([1]), "round {round}");
                    let text = get(&format!("{subject}/1"))["schema"].to_string();
                    assert!(text.contains(side), "round {round}: {side} won, and {name} is {text}");
                }
            }
        })
        .await
        .expect("no panic");
    }
}

/// A subject of everything that a plan can do: new and further versions that refer to each other, levels
/// that are loosened and tightened, an accepted break, a deletion.
fn eventful(server: &Server, url: &str, context: &str) -> TempDir {
    let qualified = |subject: &str| format!(":{context}:{subject}");
    let old = r#"{"type":"record","name":"Old","fields":[{"name":"a","type":"int"}]}"#;
    register(server, &qualified("broken"), avro(old));
    register(server, &qualified("looser"), avro(old));
    register(server, &qualified("tighter"), avro(old));
    register(server, &qualified("unwanted"), avro(old));
    put_level(server, &qualified("looser"), "FULL");
    let broken = r#"{"type":"record","name":"Old","fields":[{"name":"a","type":"string"}]}"#;
    // A reader finds what is missing in neither; nobody who read the old one reads the new one.
    let looser = r#"{"type":"record","name":"Old","fields":[{"name":"b","type":"int","default":1}]}"#;
    let tighter = r#"{"type":"record","name":"Old","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":1}]}"#;
    let files = [
        ("broken.avsc", broken),
        ("cart.avsc", CART),
        ("looser.avsc", looser),
        ("money.avsc", MONEY),
        ("tighter.avsc", tighter),
    ];
    let folder = folder(&files);
    let text = format!(
        r#"version: 1
registry: {{ url: "{url}", context: "{context}" }}
subjects:
  - {{ file: looser.avsc, level: BACKWARD }}
  - {{ file: tighter.avsc, level: FULL_TRANSITIVE }}
  - {{ file: broken.avsc, level: BACKWARD }}
  - {{ glob: "*.avsc" }}
waivers:
  - {{ subject: broken, rule: avro-type-changed, at: /fields/0/type, until: 2100-01-01, reason: nobody reads it }}
"#
    );
    write(folder.path(), &[("schemas.yaml", &text)]);
    folder
}

/// Everything that stands in a context, without names and times.
fn standing(server: &Server, context: &str) -> Value {
    let mut all = Vec::new();
    for mut schema in get(&format!("{}/schemas?subjectPrefix=:{context}:&deleted=true", server.url))
        .as_array()
        .expect("a list")
        .clone()
    {
        let subject = schema["subject"].as_str().expect("a subject").to_owned();
        let config = get(&format!("{}/config/{subject}", server.url));
        schema["level"] = config["compatibilityLevel"].clone();
        schema["ts"] = Value::Null;
        schema["subject"] = subject.replace(context, ".c").into();
        all.push(schema);
    }
    all.into()
}

#[test]
fn interrupted_at_any_write_it_comes_to_the_same_end() {
    let server = Server::start();
    let whole = eventful(&server, &server.url, ".whole");
    assert_snapshot!(told(&whole, &server, &["plan", "--delete"]), @r"
    exit 0
    --- stdout
    ~ :.whole:broken    level BACKWARD → NONE   for the accepted break
    ~ :.whole:broken    register version 2   1 accepted break under BACKWARD
    ~ :.whole:broken    level NONE → BACKWARD
    + :.whole:money     register version 1   the first version
    ~ :.whole:looser    level FULL → BACKWARD
    ~ :.whole:looser    register version 2   compatible under BACKWARD
    ~ :.whole:tighter   register version 2   compatible under FULL_TRANSITIVE
    ~ :.whole:tighter   level BACKWARD → FULL_TRANSITIVE
    + :.whole:cart      register version 1   the first version
    - :.whole:unwanted  delete softly, 1 version
    Plan: 5 to register, 4 level changes, 1 delete, 0 drift.  Registry state 6.
    --- stderr
    ");
    assert_snapshot!(told(&whole, &server, &["apply", "--delete"]), @r"
    exit 0
    --- stdout
    done  :.whole:broken  level NONE
    done  :.whole:broken  version 2, id 2
    done  :.whole:broken  level BACKWARD
    done  :.whole:money  version 1, id 3
    done  :.whole:looser  level BACKWARD
    done  :.whole:looser  version 2, id 4
    done  :.whole:tighter  version 2, id 5
    done  :.whole:tighter  level FULL_TRANSITIVE
    done  :.whole:cart  version 1, id 6
    done  :.whole:unwanted  deleted softly, 1 version
    Applied 10 of 10.  Registry state 16.
    --- stderr
    ");
    let expected = standing(&server, ".whole");
    let mut number = 0;
    let mut interruptions = 0;
    for is_saved in [false, true] {
        for cut in [Cut::Before, Cut::After] {
            for at in 0.. {
                number += 1;
                let context = format!(".k{number}");
                let proxy = Proxy::to(&server.url, Mischief { cut: Some((at, cut)), ..Mischief::default() });
                let folder = eventful(&server, &proxy.url, &context);
                let what = format!("saved: {is_saved}, {cut:?} write {at}");
                let mut arguments = vec!["apply", "--delete"];
                if is_saved {
                    succeeds(folder.path(), &["plan", "--delete", "--out", "plan.json"]);
                    arguments = vec!["apply", "--plan", "plan.json"];
                }
                let first = run(folder.path(), &arguments);
                if proxy.writes() <= at {
                    assert!(first.starts_with("exit 0"), "{what}: {first}");
                    break;
                }
                interruptions += 1;
                assert!(first.starts_with("exit 4"), "{what}: {first}");
                proxy.mend();
                let second = run(folder.path(), &arguments);
                assert!(second.starts_with("exit 0"), "{what}: {first}\n{second}");
                assert_eq!(standing(&server, &context), expected, "{what}: {first}\n{second}");
            }
        }
    }
    assert_eq!(interruptions, 4 * 10, "each of the ten writes, before and after, saved or not");
}

#[test]
fn a_tree_of_imports_five_deep_is_one_command_and_idempotent() {
    let server = Server::start();
    let deepest = "syntax = \"proto3\";\npackage deep;\nimport \"google/protobuf/timestamp.proto\";\n\
                   message M5 { google.protobuf.Timestamp at = 1; }\n";
    let level = |number: usize| {
        let next = number + 1;
        format!(
            "syntax = \"proto3\";\npackage deep;\nimport \"deep/m{next}.proto\";\nmessage M{number} {{ M{next} next = 1; }}\n"
        )
    };
    let mut files: Vec<(String, String)> =
        (0..5).map(|number| (format!("proto/deep/m{number}.proto"), level(number))).collect();
    files.push(("proto/deep/m5.proto".to_owned(), deepest.to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let subjects = "subjects:\n  - { glob: \"proto/**/*.proto\", subject: \"{1}/{2}.proto\" }\n";
    let folder = declared(&server.url, subjects, &files);
    assert_snapshot!(told(&folder, &server, &["apply"]), @r"
    exit 0
    --- stdout
    done  deep/m5.proto  version 1, id 1
    done  deep/m4.proto  version 1, id 2
    done  deep/m3.proto  version 1, id 3
    done  deep/m2.proto  version 1, id 4
    done  deep/m1.proto  version 1, id 5
    done  deep/m0.proto  version 1, id 6
    Applied 6 of 6.  Registry state 7.
    --- stderr
    ");
    assert_snapshot!(told(&folder, &server, &["apply"]), @r"
    exit 0
    --- stdout
    Nothing to do.  Registry state 7.
    --- stderr
    ");
    // What changes at the bottom changes all that is above it, in one go.
    write(folder.path(), &[("proto/deep/m5.proto", &deepest.replace("at = 1;", "at = 1; int32 n = 2;"))]);
    let shown = succeeds(folder.path(), &["apply"]);
    assert!(shown.contains("Applied 6 of 6"), "{shown}");
    let top = get(&format!("{}/subjects/deep%2Fm0.proto/versions/2", server.url));
    let expected = json!([{ "name": "deep/m1.proto", "subject": "deep/m1.proto", "version": 2 }]);
    assert_eq!(top["references"], expected);
    // A part of it brings along what it needs.
    let other = Server::start();
    let part = ["apply", "proto/deep/m3.proto", "--registry-url", &other.url];
    succeeds(folder.path(), &part);
    let names = json!(["deep/m3.proto", "deep/m4.proto", "deep/m5.proto"]);
    assert_eq!(get(&format!("{}/subjects", other.url)), names);
}

#[test]
fn what_is_not_declared_is_told_and_left_alone_until_it_is_to_be_deleted() {
    let server = Server::start();
    let files = [("cart.avsc", CART), ("money.avsc", MONEY)];
    let folder = declared(&server.url, ALL_AVRO, &files);
    succeeds(folder.path(), &["apply"]);
    for subject in ["legacy-value", "payments-value"] {
        register(&server, subject, avro(MONEY));
    }
    let reference = json!([{ "name": "shop.Money", "subject": "legacy-value", "version": 1 }]);
    register(&server, "user-value", json!({ "schema": CART, "references": reference }));
    put_level(&server, "money-value", "FULL");
    assert_snapshot!(told(&folder, &server, &["plan"]), @r"
    exit 0
    --- stdout
    ! money-value     has the level FULL, which is not declared: left alone
    ! legacy-value    is in the registry, and not declared here: left alone
    ! payments-value  is in the registry, and not declared here: left alone
    ! user-value      is in the registry, and not declared here: left alone
    Plan: 0 to register, 0 level changes, 0 deletes, 4 drift, 2 unchanged.  Registry state 7.
    --- stderr
    ");
    assert_eq!(code(folder.path(), &["plan", "--fail-on", "drift"]), 1);
    assert_eq!(code(folder.path(), &["plan", "--quiet"]), 0);
    assert_eq!(code(folder.path(), &["plan", "money.avsc", "--delete"]), 2, "a part deletes nothing");
    assert_eq!(
        code(folder.path(), &["plan", "cart.avsc", "--fail-on", "drift"]),
        1,
        "the level of what it needs"
    );
    // What is protected stays, and so does what that refers to.
    let more = format!("{ALL_AVRO}protect: [\"payments-*\", \"user-*\"]\n");
    write(folder.path(), &[("schemas.yaml", &manifest(&server.url, &more))]);
    assert_snapshot!(told(&folder, &server, &["plan", "--delete"]), @r"
    exit 0
    --- stdout
    ! money-value     has the level FULL, which is not declared: left alone
    ! legacy-value    is not declared here, and is referred to by user-value: left alone
    ! payments-value  is not declared here, and is protected: left alone
    ! user-value      is not declared here, and is protected: left alone
    Plan: 0 to register, 0 level changes, 0 deletes, 4 drift, 2 unchanged.  Registry state 7.
    --- stderr
    ");
    let more = format!("{ALL_AVRO}protect: [\"payments-*\"]\n");
    write(folder.path(), &[("schemas.yaml", &manifest(&server.url, &more))]);
    assert_snapshot!(told(&folder, &server, &["apply", "--delete"]), @r"
    exit 0
    --- stdout
    done  user-value  deleted softly, 1 version
    done  legacy-value  deleted softly, 1 version
    Applied 2 of 2.  Registry state 9.
    --- stderr
    ");
    let left = json!(["cart-value", "money-value", "payments-value"]);
    assert_eq!(get(&format!("{}/subjects", server.url)), left);
    let nothing = declared(&server.url, "subjects:\n  - { glob: \"none/*.avsc\" }\n", &[("x/a.avsc", MONEY)]);
    assert_eq!(
        code(nothing.path(), &["apply", "--delete"]),
        2,
        "a glob that matches nothing deletes nothing"
    );
    assert_eq!(get(&format!("{}/subjects", server.url)), left);
}

#[test]
fn an_accepted_break_is_registered_and_the_level_is_back_in_the_same_run() {
    let server = Server::start();
    let files = [("cart.avsc", CART), ("money.avsc", MONEY)];
    let folder = declared(&server.url, ALL_AVRO, &files);
    succeeds(folder.path(), &["apply"]);
    write(folder.path(), &[("cart.avsc", CART_BROKEN)]);
    let waiver = "waivers: [{ subject: cart-value, rule: avro-field-without-default, at: /fields/1, \
                  until: 2100-01-01, reason: nobody reads it }]\n";
    let with = |more: &str| write(folder.path(), &[("schemas.yaml", &manifest(&server.url, more))]);
    with(&format!("{ALL_AVRO}{waiver}"));
    assert_snapshot!(told(&folder, &server, &["apply"]), @r"
    exit 2
    --- stdout
    FAIL  cart.avsc  cart-value  the accepted break needs the level NONE for a moment, and no level is declared that it goes back to (it is BACKWARD now)
            hint      Add `level: BACKWARD` to its entry in the manifest.
    Plan: 0 to register, 0 level changes, 0 deletes, 0 drift, 1 refused, 1 unchanged.  Registry state 3.
    --- stderr
    error: nothing was done: the plan holds what may not be registered
    ");
    let levelled = format!("defaults: {{ level: BACKWARD }}\n{ALL_AVRO}");
    with(&format!("{levelled}{}", waiver.replace("2100", "2020")));
    assert_eq!(code(folder.path(), &["apply"]), 1, "it is over");
    with(&format!("{levelled}{}", waiver.replace("/fields/1", "/fields/0")));
    assert_eq!(code(folder.path(), &["apply"]), 1, "it is for another place");
    let says = "the new schema has the field `other` in `shop.Cart` without a default, and the old schema does not write it";
    with(&format!("{levelled}{}", waiver.replace(" }]", &format!(", says: \"{says}\" }}]"))));
    assert_eq!(code(folder.path(), &["apply"]), 1, "it is for another field in that place");
    let says = says.replace("other", "note");
    with(&format!("{levelled}{}", waiver.replace(" }]", &format!(", says: \"{says}\" }}]"))));
    assert_eq!(code(folder.path(), &["plan"]), 0, "it is for this one");
    with(&format!("{levelled}{waiver}"));
    assert_snapshot!(told(&folder, &server, &["apply"]), @r"
    exit 0
    --- stdout
    done  cart-value  level NONE
    done  cart-value  version 2, id 3
    done  cart-value  level BACKWARD
    Applied 3 of 3.  Registry state 6.
    --- stderr
    ");
    assert_eq!(get(&format!("{}/subjects/cart-value/versions", server.url)), json!([1, 2]));
    assert_eq!(get(&format!("{}/config/cart-value", server.url))["compatibilityLevel"], "BACKWARD");
    assert_snapshot!(told(&folder, &server, &["apply"]), @r"
    exit 0
    --- stdout
    Nothing to do.  Registry state 6.
    --- stderr
    ");
}

#[test]
fn a_registry_that_does_not_count_its_changes_is_looked_at_instead() {
    let server = Server::start();
    let files = [("cart.avsc", CART), ("money.avsc", MONEY)];
    let proxy = Proxy::to(&server.url, Mischief { hidden: Some("/v1/"), ..Mischief::default() });
    let folder = declared(&proxy.url, &format!("defaults: {{ level: FULL }}\n{ALL_AVRO}"), &files);
    let told = |arguments: &[&str]| run(folder.path(), arguments).replace(&proxy.url, "[URL]");
    assert_snapshot!(told(&["plan", "--out", "plan.json"]), @r"
    exit 0
    --- stdout
    + money-value  register version 1   the first version
    ~ money-value  level BACKWARD → FULL
    + cart-value   register version 1   the first version
    ~ cart-value   level BACKWARD → FULL
    Plan: 2 to register, 2 level changes, 0 deletes, 0 drift.
    --- stderr
    ");
    register(&server, "elsewhere", avro(r#""int""#));
    assert_snapshot!(told(&["apply", "--plan", "plan.json"]), @r"
    exit 0
    --- stdout
    done  money-value  version 1, id 2
    done  money-value  level FULL
    done  cart-value  version 1, id 3
    done  cart-value  level FULL
    Applied 4 of 4.
    --- stderr
    ");
    assert_snapshot!(told(&["apply", "--plan", "plan.json"]), @r"
    exit 0
    --- stdout
    done  money-value  version 1, id 2 (by an earlier run)
    done  money-value  level FULL (by an earlier run)
    done  cart-value  version 1, id 3 (by an earlier run)
    done  cart-value  level FULL (by an earlier run)
    Nothing left to do: an earlier run did all 4.
    --- stderr
    ");
    write(folder.path(), &[("cart.avsc", CART_V2)]);
    succeeds(folder.path(), &["plan", "--out", "plan.json"]);
    put_level(&server, "cart-value", "NONE");
    assert_snapshot!(told(&["apply", "--plan", "plan.json"]), @r"
    exit 4
    --- stdout
    --- stderr
    error: somebody else changed `cart-value` since the plan was made
    hint: Plan again, and look at what changed.
    ");
    assert_eq!(get(&format!("{}/subjects/cart-value/versions", server.url)), json!([1]));
    // Interrupted, it goes on where it was.
    let files = [("cart.avsc", CART), ("money.avsc", MONEY)];
    let other = Server::start();
    for (cut, at) in [(Cut::Before, 2), (Cut::After, 0), (Cut::After, 1), (Cut::After, 2), (Cut::After, 3)] {
        let proxy = Proxy::to(
            &other.url,
            Mischief { hidden: Some("/v1/"), cut: Some((at, cut)), ..Mischief::default() },
        );
        let subjects = format!(
            "subjects:\n  - {{ glob: \"*.avsc\", subject: \"{{name}}-{cut:?}{at}\", level: FULL }}\n"
        );
        let folder = declared(&proxy.url, &subjects, &files);
        succeeds(folder.path(), &["plan", "--out", "plan.json"]);
        assert_eq!(code(folder.path(), &["apply", "--plan", "plan.json"]), 4, "{cut:?} {at}");
        proxy.mend();
        succeeds(folder.path(), &["apply", "--plan", "plan.json"]);
        let plan = succeeds(folder.path(), &["plan"]);
        assert!(plan.contains("Plan: 0 to register, 0 level changes"), "{cut:?} {at}: {plan}");
    }
}

#[test]
fn what_is_planned_and_done_can_be_read_by_programs() {
    let server = Server::start();
    let folder = declared(&server.url, ALL_AVRO, &[("money.avsc", MONEY)]);
    let json = |arguments: &[&str]| -> Value {
        let output = dovetail(folder.path(), arguments).output().expect("the binary runs");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let plan = json(&["plan", "--format", "json", "--out", "plan.json"]);
    let saved: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("plan.json")).expect("a plan"))
            .expect("JSON");
    assert_eq!(plan["plan"], saved, "what is printed is what is saved");
    assert_eq!(plan["plan"]["steps"][0]["do"], "register");
    assert_eq!(plan["count"], json!({ "register": 1, "configure": 0, "delete": 0, "drift": 0 }));
    let applied = json(&["apply", "--plan", "plan.json", "--format", "json"]);
    assert_eq!(
        applied["applied"],
        json!([{ "step": 1, "subject": "money-value", "did": "registered", "version": 1, "id": 1, "earlier": false }])
    );
    assert_eq!(applied["stopped"], Value::Null);
    let state = get(&format!("{}/v1/state?after={}", server.url, saved["state"]["sequence"]));
    assert_eq!(applied["sequence"], state["sequence"]);
    let request = state["changes"][0]["requestId"].as_str().expect("an id");
    let name = format!("dovetail-plan-{}", &saved["digest"].as_str().expect("a digest")[..16]);
    assert!(request.starts_with(&name), "the record of changes says which plan it was: {request}");
}

#[test]
fn what_the_registry_refuses_no_word_of_the_manifest_lets_through() {
    let server = Server::start();
    let settings = json!({ "judge": "proof", "packs": ["wire", "json-names"] });
    send(&server, reqwest::Method::PUT, "/v1/settings", settings);
    let text = |field: &str| format!("syntax = \"proto3\";\nmessage M {{\n  int32 {field} = 1;\n}}\n");
    let entry = |more: &str| {
        format!(
            "subjects: [{{ file: m.proto, subject: m, level: BACKWARD{more} }}]\n\
             waivers: [{{ subject: other, rule: proto-field-renamed, at: /M/1, until: 2100-01-01, reason: none }}]\n"
        )
    };
    let folder = declared(&server.url, &entry(""), &[("m.proto", &text("a"))]);
    succeeds(folder.path(), &["apply"]);
    write(folder.path(), &[("m.proto", &text("renamed"))]);
    for more in ["", ", packs: [wire]", ", rules: { proto-field-renamed: off }", ", judge: reference"] {
        write(folder.path(), &[("schemas.yaml", &manifest(&server.url, &entry(more)))]);
        for verb in ["plan", "apply"] {
            let shown = run(folder.path(), &[verb]);
            assert!(shown.starts_with("exit 1\n"), "{verb}{more}: {shown}");
            let is_told = shown.contains("PUT /v1/settings");
            assert_eq!(is_told, !more.is_empty(), "{verb}{more}: {shown}");
        }
        assert_eq!(get(&format!("{}/subjects/m/versions", server.url)), json!([1]), "{more}");
    }
    let waived = entry(", packs: [wire]").replace("subject: other", "subject: m");
    write(folder.path(), &[("schemas.yaml", &manifest(&server.url, &waived))]);
    succeeds(folder.path(), &["apply"]);
    assert_eq!(get(&format!("{}/subjects/m/versions", server.url)), json!([1, 2]));
}

#[test]
fn a_gate_that_stands_open_is_shown_though_the_schema_may_not_pass() {
    let server = Server::start();
    let files = [("cart.avsc", CART), ("money.avsc", MONEY)];
    let folder = declared(&server.url, &format!("defaults: {{ level: BACKWARD }}\n{ALL_AVRO}"), &files);
    succeeds(folder.path(), &["apply"]);
    put_level(&server, "cart-value", "NONE");
    write(folder.path(), &[("cart.avsc", CART_BROKEN)]);
    let shown = told(&folder, &server, &["plan"]);
    assert!(shown.starts_with("exit 1\n") && shown.contains("level NONE → BACKWARD"), "{shown}");
}

#[test]
fn two_manifests_of_two_registries_are_not_mixed() {
    let (server, other) = (Server::start(), Server::start());
    let folder = declared(&server.url, ALL_AVRO, &[("money.avsc", MONEY), ("sub/cart.avsc", r#""int""#)]);
    write(folder.path(), &[("sub/schemas.yaml", &manifest(&other.url, ALL_AVRO))]);
    for verb in ["plan", "apply"] {
        let shown = run(folder.path(), &[verb]);
        assert!(shown.starts_with("exit 2\n") && shown.contains("--manifest FILE"), "{verb}: {shown}");
    }
    for server in [&server, &other] {
        assert_eq!(get(&format!("{}/subjects", server.url)), json!([]), "nothing was done");
    }
}

#[test]
fn what_only_the_registry_has_may_be_referred_to() {
    let server = Server::start();
    register(&server, "theirs", json!({ "schemaType": "JSON", "schema": r#"{"type":"string"}"# }));
    let entry = "subjects: [{ file: ours.json, subject: ours, \
                 references: [{ name: theirs.json, subject: theirs, version: 1 }] }]\n";
    let ours = r#"{"type":"object","properties":{"a":{"$ref":"theirs.json"}}}"#;
    let folder = declared(&server.url, entry, &[("ours.json", ours)]);
    let shown = succeeds(folder.path(), &["plan", "--delete"]);
    assert!(shown.contains("ours") && !shown.contains("delete softly"), "{shown}");
    succeeds(folder.path(), &["apply", "--delete"]);
    let registered = get(&format!("{}/subjects/ours/versions/1", server.url));
    assert_eq!(
        registered["references"],
        json!([{ "name": "theirs.json", "subject": "theirs", "version": 1 }])
    );
    let further = ours.replace(r#"{"a":"#, r#"{"b":{"type":"number"},"a":"#);
    write(folder.path(), &[("ours.json", &further)]);
    let shown = run(folder.path(), &["plan"]);
    assert!(!shown.contains("no schema"), "{shown}");
}

#[test]
fn a_race_lost_behind_a_step_is_told_and_no_level_stays_open() {
    for hidden in [None, Some("/v1/")] {
        let server = Arc::new(Server::start());
        let files = [("cart.avsc", CART), ("money.avsc", MONEY)];
        // The proxy outlives the test, and must not keep the server alive.
        let foreign = Arc::downgrade(&server);
        // The first write of the plan is the level that steps aside.
        let meanwhile: Meanwhile = (
            0,
            Arc::new(move || {
                let server = foreign.upgrade().expect("it serves the request at hand");
                register(&server, "cart-value", avro(r#""bytes""#));
            }),
        );
        let proxy = Proxy::racing(&server.url, Mischief { hidden, ..Mischief::default() }, Some(meanwhile));
        let waiver = "waivers: [{ subject: cart-value, rule: avro-field-without-default, at: /fields/1, \
                      until: 2100-01-01, reason: nobody reads it }]\n";
        let more = format!("defaults: {{ level: BACKWARD }}\n{ALL_AVRO}{waiver}");
        let folder = declared(&proxy.url, &more, &files);
        succeeds(folder.path(), &["apply", "--registry-url", &server.url]);
        write(folder.path(), &[("cart.avsc", CART_BROKEN)]);
        let shown = run(folder.path(), &["apply"]);
        assert!(shown.starts_with("exit 4\n"), "{hidden:?}: {shown}");
        assert!(shown.contains("done  cart-value  level NONE"), "{hidden:?}: {shown}");
        assert!(shown.contains("one step stands"), "{hidden:?}: {shown}");
        assert!(shown.contains("`cart-value` was put back to BACKWARD"), "{hidden:?}: {shown}");
        assert_eq!(get(&format!("{}/config/cart-value", server.url))["compatibilityLevel"], "BACKWARD");
        assert_eq!(get(&format!("{}/subjects/cart-value/versions", server.url)), json!([1, 2]));
    }
}

#[test]
fn a_plan_is_done_at_the_store_it_was_made_for_and_at_no_other() {
    // Numbers of changes are small, so that two stores easily stand at the same one.
    for hidden in [None, Some("/v1/state")] {
        let (one, other) = (Server::start(), Server::start());
        for server in [&one, &other] {
            register(server, "legacy-value", avro(MONEY));
        }
        let proxy = Proxy::to(&one.url, Mischief { hidden, ..Mischief::default() });
        let folder = declared(&proxy.url, ALL_AVRO, &[("money.avsc", MONEY)]);
        succeeds(folder.path(), &["plan", "--out", "plan.json"]);
        proxy.turn_to(&other.url);
        let shown = run(folder.path(), &["apply", "--plan", "plan.json"]);
        assert!(shown.starts_with("exit 4\n") && shown.contains("the plan is for the store "), "{shown}");
        assert_eq!(get(&format!("{}/subjects", other.url)), json!(["legacy-value"]));
        proxy.turn_to(&one.url);
        succeeds(folder.path(), &["apply", "--plan", "plan.json"]);
    }
}

#[test]
fn plans_and_locks_get_their_credentials_from_the_manifest() {
    let server = Server::start();
    // ann:s3cret
    let demanded = Some("Basic YW5uOnMzY3JldA==");
    let proxy = Proxy::to(&server.url, Mischief { demanded, ..Mischief::default() });
    let folder = declared("${SR_URL}", ALL_AVRO, &[("money.avsc", MONEY)]);
    let with = |url: &str, arguments: &[&str]| {
        let output = dovetail(folder.path(), arguments).env("SR_URL", url).output().expect("the binary runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let secret = proxy.url.replace("http://", "http://ann:s3cret@");
    assert_eq!(with(&proxy.url, &["plan"]).0, Some(3), "nobody is let in without");
    for arguments in [
        &["plan", "--out", "plan.json"][..],
        &["apply", "--plan", "plan.json"],
        &["lock"],
        &["pull", "--out", "pulled"],
        &["bundle", "--out", "bundle"],
    ] {
        let (code, told) = with(&secret, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {told}");
    }
    assert_eq!(get(&format!("{}/subjects", server.url)), json!(["money-value"]));
}

#[test]
fn a_schema_that_is_too_large_for_the_registry_stops_nothing_but_itself() {
    let server = Server::start();
    let large = MONEY.replace("\"fields\"", &format!("\"doc\":\"{}\",\"fields\"", "x".repeat(11 << 20)));
    let folder = declared(&server.url, ALL_AVRO, &[("large.avsc", &large), ("money.avsc", MONEY)]);
    assert_snapshot!(told(&folder, &server, &["plan"]), @r"
    exit 2
    --- stdout
    FAIL  large.avsc  large-value  it is longer than [URL] takes
            hint      Shorten it, or raise the registry's limit on the length of requests.
    + money-value  register version 1   the first version
    Plan: 1 to register, 0 level changes, 0 deletes, 0 drift, 1 refused.  Registry state 1.
    --- stderr
    ");
    assert_eq!(code(folder.path(), &["apply"]), 2);
    assert_eq!(get(&format!("{}/subjects", server.url)), json!([]));
}

#[test]
fn what_is_protected_may_be_spelt_with_its_context() {
    let server = Server::start();
    for subject in [":.shop:pay-value", ":.shop:old-value"] {
        register(&server, subject, avro(MONEY));
    }
    let of_protected = |protected: &str| {
        let more = format!("{ALL_AVRO}protect: [\"{protected}\"]\n");
        let registry = format!("registry: {{ url: \"{}\", context: .shop }}", server.url);
        let folder = folder(&[("money.avsc", MONEY)]);
        write(folder.path(), &[("schemas.yaml", &format!("version: 1\n{registry}\n{more}"))]);
        told(&folder, &server, &["plan", "--delete"])
    };
    let qualified = of_protected(":.shop:pay-*");
    assert_eq!(qualified, of_protected("pay-*"));
    assert_snapshot!(qualified, @r"
    exit 0
    --- stdout
    + :.shop:money-value  register version 1   the first version
    - :.shop:old-value    delete softly, 1 version
    ! :.shop:pay-value    is not declared here, and is protected: left alone
    Plan: 1 to register, 0 level changes, 1 delete, 1 drift.  Registry state 3.
    --- stderr
    ");
}

#[test]
fn an_alias_is_never_deleted_for_what_it_stands_for() {
    let with = |server: &Server, url: &str| {
        for subject in ["money-value", "prot-value", "al-value", "al2-value", "gone-value"] {
            register(server, subject, avro(MONEY));
        }
        declared(url, &format!("{ALL_AVRO}protect: [\"prot-*\"]\n"), &[("money.avsc", MONEY)])
    };
    let make_aliases = |server: &Server| {
        for (alias, target) in [("al-value", "money-value"), ("al2-value", "prot-value")] {
            send(server, reqwest::Method::PUT, &format!("/config/{alias}"), json!({ "alias": target }));
        }
    };
    let left = json!(["al-value", "al2-value", "money-value", "prot-value"]);
    for arguments in [&["prune", "--yes"][..], &["apply", "--delete"]] {
        let server = Server::start();
        let folder = with(&server, &server.url);
        make_aliases(&server);
        let shown = succeeds(folder.path(), arguments);
        assert!(shown.contains("Applied 1 of 1"), "{arguments:?}: {shown}");
        assert_eq!(get(&format!("{}/subjects", server.url)), left, "{arguments:?}");
        let shown = told(&folder, &server, &["plan", "--delete"]);
        allow_duplicates! { assert_snapshot!(shown, @r"
        exit 0
        --- stdout
        ! al-value    is not declared here, and is an alias of `money-value`: left alone
        ! al2-value   is not declared here, and is an alias of `prot-value`: left alone
        ! prot-value  is not declared here, and is protected: left alone
        Plan: 0 to register, 0 level changes, 0 deletes, 3 drift, 1 unchanged.  Registry state 9.
        --- stderr
        ") };
    }
    // What became an alias since the plan was made is seen, even where changes are not counted.
    for hidden in [None, Some("/v1/")] {
        let server = Server::start();
        let proxy = Proxy::to(&server.url, Mischief { hidden, ..Mischief::default() });
        let folder = with(&server, &proxy.url);
        succeeds(folder.path(), &["plan", "--delete", "--out", "plan.json"]);
        make_aliases(&server);
        assert_eq!(code(folder.path(), &["apply", "--plan", "plan.json"]), 4, "{hidden:?}");
        let subjects = get(&format!("{}/subjects", server.url));
        for subject in left.as_array().expect("a list") {
            assert!(subjects.as_array().expect("a list").contains(subject), "{hidden:?}: {subjects}");
        }
    }
}

#[test]
fn what_is_declared_under_an_alias_is_refused() {
    let server = Server::start();
    for subject in ["money-value", "other-value"] {
        register(&server, subject, avro(r#""int""#));
    }
    send(&server, reqwest::Method::PUT, "/config/money-value", json!({ "alias": "other-value" }));
    let folder = declared(&server.url, ALL_AVRO, &[("money.avsc", r#""long""#)]);
    for verb in ["plan", "apply"] {
        let shown = told(&folder, &server, &[verb]);
        assert!(shown.starts_with("exit 2\n"), "{verb}: {shown}");
        assert!(shown.contains("`money-value` is an alias of `other-value`"), "{verb}: {shown}");
        assert!(shown.contains("Declare `other-value` instead"), "{verb}: {shown}");
    }
    assert_eq!(get(&format!("{}/subjects/other-value/versions", server.url)), json!([1]));
    let dumped = tempfile::tempdir().expect("a folder");
    let shown = succeeds(dumped.path(), &["dump", "--registry-url", &server.url]);
    assert!(shown.contains("`money-value` is left out: it is an alias of `other-value`"), "{shown}");
    let shown = succeeds(&dumped.path().join("schemas"), &["plan"]);
    assert!(shown.contains("0 to register, 0 level changes"), "{shown}");
}

/// A cart with an accepted break, at a registry where the first version is.
fn with_an_accepted_break(server: &Server, url: &str, waiver: &str) -> TempDir {
    let files = [("cart.avsc", CART), ("money.avsc", MONEY)];
    let more = format!("defaults: {{ level: BACKWARD }}\n{ALL_AVRO}{waiver}");
    let folder = declared(url, &more, &files);
    succeeds(folder.path(), &["apply", "--registry-url", &server.url]);
    write(folder.path(), &[("cart.avsc", CART_BROKEN)]);
    folder
}

const ACCEPTED: &str = "waivers: [{ subject: cart-value, rule: avro-field-without-default, at: /fields/1, \
                        until: 2100-01-01, reason: nobody reads it }]\n";

fn level_of_cart(server: &Server) -> Value {
    get(&format!("{}/config/cart-value", server.url))["compatibilityLevel"].clone()
}

#[test]
fn no_level_stays_open_whatever_stops_a_run() {
    // The first write is the level that steps aside; where it is NONE already, the registration.
    for (is_open, status) in [
        (false, "403 Forbidden"),
        (false, "401 Unauthorized"),
        (false, "503 Service Unavailable"),
        (false, "422 Unprocessable Entity"),
        (true, "403 Forbidden"),
        (true, "422 Unprocessable Entity"),
    ] {
        let server = Server::start();
        let at = usize::from(!is_open);
        let proxy = Proxy::to(&server.url, Mischief { denied: Some((at, status)), ..Mischief::default() });
        let folder = with_an_accepted_break(&server, &proxy.url, ACCEPTED);
        if is_open {
            put_level(&server, "cart-value", "NONE");
        }
        let shown = run(folder.path(), &["apply"]);
        let what = format!("{is_open} {status}: {shown}");
        assert!(shown.starts_with("exit 4\n"), "{what}");
        assert!(shown.contains("the level of `cart-value` was put back to BACKWARD"), "{what}");
        assert_eq!(level_of_cart(&server), "BACKWARD", "{what}");
        assert_eq!(get(&format!("{}/subjects/cart-value/versions", server.url)), json!([1]), "{what}");
        succeeds(folder.path(), &["apply"]);
        assert_eq!(level_of_cart(&server), "BACKWARD", "{what}");
    }
}

#[test]
fn a_level_that_cannot_be_put_back_is_told_with_the_command_that_does_it() {
    let server = Server::start();
    let mischief = Mischief { cut: Some((1, Cut::Before)), ..Mischief::default() };
    let proxy = Proxy::to(&server.url, mischief);
    let folder = with_an_accepted_break(&server, &proxy.url, ACCEPTED);
    let shown = run(folder.path(), &["apply"]);
    assert!(shown.starts_with("exit 4\n"), "{shown}");
    assert!(
        shown.contains("the level of `cart-value` is NONE and could not be put back to BACKWARD"),
        "{shown}"
    );
    assert_eq!(level_of_cart(&server), "NONE");
    proxy.mend();
    let command = shown.split("written to: ").nth(1).and_then(|rest| rest.lines().next()).expect("a command");
    let done = std::process::Command::new("sh").args(["-c", command]).output().expect("a shell");
    assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(level_of_cart(&server), "BACKWARD", "{command}");
}

#[test]
fn a_gate_that_stands_open_is_closed_though_the_schema_may_not_pass() {
    let server = Server::start();
    let folder = with_an_accepted_break(&server, &server.url, "");
    put_level(&server, "cart-value", "NONE");
    write(folder.path(), &[("new.avsc", r#"{"type":"record","name":"New","fields":[]}"#)]);
    let shown = run(folder.path(), &["apply"]);
    assert!(shown.starts_with("exit 1\n"), "{shown}");
    let says = "nothing was registered: the plan holds what may not be registered; \
                no gate is left open: the level of `cart-value` is BACKWARD";
    assert!(shown.contains(says), "{shown}");
    assert_eq!(level_of_cart(&server), "BACKWARD");
    assert_eq!(get(&format!("{}/subjects", server.url)), json!(["cart-value", "money-value"]));
    // What refers to nothing is refused before it is compared.
    put_level(&server, "cart-value", "NONE");
    let entry = "subjects: [{ file: cart.avsc, subject: cart-value, level: FULL, \
                 references: [{ name: shop.Money, subject: nowhere, version: 1 }] }]\n";
    write(folder.path(), &[("schemas.yaml", &manifest(&server.url, entry))]);
    assert_eq!(code(folder.path(), &["apply"]), 2);
    assert_eq!(level_of_cart(&server), "FULL");
}

#[test]
fn the_first_record_of_a_subject_keeps_the_level_in_force() {
    let server = Server::start();
    send(&server, reqwest::Method::PUT, "/config", json!({ "compatibility": "FULL_TRANSITIVE" }));
    let open = r#"{"type":"object","properties":{"a":{"type":"string"}}}"#;
    let folder = declared(
        &server.url,
        "subjects: [{ file: j.json, subject: j, policy: lenient }]\n",
        &[("j.json", open)],
    );
    assert_snapshot!(told(&folder, &server, &["plan"]), @r"
    exit 0
    --- stdout
    ~ j  level stays FULL_TRANSITIVE, policy LENIENT
    + j  register version 1   the first version
    Plan: 1 to register, 1 level change, 0 deletes, 0 drift.  Registry state 2.
    --- stderr
    ");
    succeeds(folder.path(), &["apply"]);
    let in_force = |subject: &str| {
        let config = get(&format!("{}/config/{subject}?defaultToGlobal=true", server.url));
        (config["compatibilityLevel"].clone(), config["compatibilityPolicy"].clone())
    };
    assert_eq!(in_force("j"), (json!("FULL_TRANSITIVE"), json!("LENIENT")));
    succeeds(folder.path(), &["plan", "--fail-on", "drift"]);
    // A level that is tightened after the registration: at no moment is less in force than before.
    send(&server, reqwest::Method::PUT, "/config", json!({ "compatibility": "FORWARD" }));
    let entry = "subjects: [{ file: j.json, subject: k, policy: lenient, level: FULL }]\n";
    write(folder.path(), &[("schemas.yaml", &manifest(&server.url, entry))]);
    assert_snapshot!(told(&folder, &server, &["plan", "--registry-url", &server.url]), @r"
    exit 0
    --- stdout
    ~ k  level stays FORWARD, policy LENIENT
    + k  register version 1   the first version
    ~ k  level FORWARD → FULL
    ! j  is in the registry, and not declared here: left alone
    Plan: 1 to register, 2 level changes, 0 deletes, 1 drift.  Registry state 5.
    --- stderr
    ");
    succeeds(folder.path(), &["apply"]);
    assert_eq!(in_force("k"), (json!("FULL"), json!("LENIENT")));
}

#[test]
fn a_plan_is_not_done_at_a_store_that_was_restored_and_went_on_otherwise() {
    let data = tempfile::tempdir().expect("a folder");
    let at = |name: &str| data.path().join(name);
    let url = |name: &str| format!("sqlite:{}", at(name).display());
    let first = Server::on(&url("one.db"));
    register(&first, "a", avro(MONEY));
    first.stop();
    for ending in ["", "-wal", "-shm"] {
        let from = at(&format!("one.db{ending}"));
        if from.exists() {
            fs::copy(from, at(&format!("two.db{ending}"))).expect("a copy");
        }
    }
    let (one, two) = (Server::on(&url("one.db")), Server::on(&url("two.db")));
    let proxy = Proxy::to(&one.url, Mischief::default());
    register(&one, "b", avro(MONEY));
    register(&one, "c", avro(MONEY));
    let folder = declared(&proxy.url, ALL_AVRO, &[("money.avsc", MONEY)]);
    succeeds(folder.path(), &["plan", "--out", "plan.json"]);
    register(&two, "money-value", avro(r#""bytes""#));
    put_level(&two, "money-value", "NONE");
    let state = |server: &Server| get(&format!("{}/v1/state", server.url))["sequence"].clone();
    assert_eq!(state(&one), state(&two), "they came to the same number");
    proxy.turn_to(&two.url);
    let shown = run(folder.path(), &["apply", "--plan", "plan.json"]);
    assert!(shown.starts_with("exit 4\n") && shown.contains("of the registry is another one"), "{shown}");
    assert_eq!(get(&format!("{}/subjects/money-value/versions", two.url)), json!([1]));
    // A registry may not tell that change any more. The version is another one all the same.
    let mut plan = dovetail::gate::plan::Plan::read(&folder.path().join("plan.json")).expect("a plan");
    (plan.newest, plan.digest) = (None, String::new());
    let bytes = serde_json::to_vec(&plan).expect("JSON");
    plan.digest =
        <sha2::Sha256 as sha2::Digest>::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    write(folder.path(), &[("plan.json", &plan.saved())]);
    let shown = run(folder.path(), &["apply", "--plan", "plan.json"]);
    assert!(shown.starts_with("exit 4\n"), "{shown}");
    assert!(shown.contains("was to become version 1 and is version 2"), "{shown}");
}

#[test]
fn a_refused_plan_leaves_no_older_one_to_be_applied() {
    let server = Server::start();
    let folder = declared(&server.url, ALL_AVRO, &[("money.avsc", MONEY)]);
    succeeds(folder.path(), &["plan", "--out", "plan.json"]);
    write(folder.path(), &[("money.avsc", "{")]);
    let shown = run(folder.path(), &["plan", "--out", "plan.json"]);
    assert!(
        shown.starts_with("exit 2\n") && shown.contains("the older one in plan.json is removed"),
        "{shown}"
    );
    assert!(!folder.path().join("plan.json").exists());
    write(folder.path(), &[("plan.json", "mine")]);
    let shown = run(folder.path(), &["plan", "--out", "plan.json"]);
    assert!(shown.contains("plan.json holds what it held before"), "{shown}");
    assert_eq!(fs::read_to_string(folder.path().join("plan.json")).expect("a file"), "mine");
}

#[test]
fn a_finding_has_one_name_in_a_plan_and_in_a_check() {
    let server = Server::start();
    let in_context = |text: &str| {
        let registry = format!("registry: {{ url: \"{}\", context: .mk }}", server.url);
        let folder = folder(&[("money.avsc", text)]);
        write(folder.path(), &[("schemas.yaml", &format!("version: 1\n{registry}\n{ALL_AVRO}"))]);
        folder
    };
    let folder = in_context(r#""int""#);
    succeeds(folder.path(), &["apply"]);
    write(folder.path(), &[("money.avsc", r#""string""#)]);
    let shown = run(folder.path(), &["plan"]);
    let accept =
        shown.lines().find_map(|line| line.trim().strip_prefix("accept    dovetail ")).expect("a line");
    let (day, reason) = ("2100-01-01", "nobody");
    let accept = accept.replace("DATE", day).replace("TEXT", reason);
    succeeds(folder.path(), &accept.split(' ').collect::<Vec<_>>());
    let text = fs::read_to_string(folder.path().join("schemas.yaml")).expect("a manifest");
    let levelled = text.replace("version: 1\n", "version: 1\ndefaults: { level: BACKWARD }\n");
    write(folder.path(), &[("schemas.yaml", &levelled)]);
    let shown = succeeds(folder.path(), &["plan"]);
    assert!(shown.contains("1 accepted break under BACKWARD"), "{shown}");
}

#[test]
fn keys_and_other_contexts_stop_no_plan_that_minds_its_own() {
    let server = Server::start();
    let folder = declared(&server.url, ALL_AVRO, &[("money.avsc", MONEY)]);
    succeeds(folder.path(), &["plan", "--out", "plan.json"]);
    let kek = json!({ "name": "k", "kmsType": "my-kms", "kmsKeyId": "i", "shared": false });
    send(&server, reqwest::Method::POST, "/dek-registry/v1/keks", kek);
    send(&server, reqwest::Method::PUT, "/config/:.other:", json!({ "compatibility": "FULL" }));
    let shown = run(folder.path(), &["apply", "--plan", "plan.json"]);
    assert!(shown.starts_with("exit 4\n") && !shown.contains("the settings of all"), "{shown}");
    succeeds(folder.path(), &["apply", "--plan", "plan.json", "--ignore-unrelated"]);
}

#[test]
fn a_subject_with_the_highest_number_gets_no_further_version() {
    let server = Server::start();
    let mode = |mode: &str| send(&server, reqwest::Method::PUT, "/mode", json!({ "mode": mode }));
    mode("IMPORT");
    register(&server, "money-value", json!({ "schema": "\"int\"", "version": i32::MAX, "id": 7 }));
    mode("READWRITE");
    let folder = declared(&server.url, ALL_AVRO, &[("money.avsc", r#""long""#)]);
    for verb in ["plan", "apply"] {
        let shown = run(folder.path(), &[verb]);
        assert!(
            shown.starts_with("exit 2\n") && shown.contains("no number comes after it"),
            "{verb}: {shown}"
        );
    }
}

#[test]
fn what_only_the_registry_decides_is_said() {
    let server = Server::start();
    let config = json!({ "compatibilityGroup": "major", "validateFields": true });
    send(&server, reqwest::Method::PUT, "/config/money-value", config);
    let folder = declared(&server.url, ALL_AVRO, &[("money.avsc", MONEY)]);
    let shown = succeeds(folder.path(), &["plan"]);
    for note in
        ["note  `money-value` has the compatibility group `major`", "note  `money-value` has validateFields"]
    {
        assert!(shown.contains(note), "{shown}");
    }
}

#[test]
fn an_inner_manifest_deletes_nothing_that_an_outer_one_declares_or_protects() {
    let server = Server::start();
    let outer = "subjects:\n  - { glob: \"*.avsc\" }\nprotect: [\"pay-*\"]\n";
    let folder = declared(&server.url, outer, &[("outer.avsc", MONEY), ("sub/inner.avsc", MONEY)]);
    let inner = format!(
        "version: 1\nregistry: {{ url: \"{}\" }}\nsubjects:\n  - {{ glob: \"*.avsc\" }}\n",
        server.url
    );
    write(folder.path(), &[("sub/schemas.yaml", &inner)]);
    succeeds(folder.path(), &["apply"]);
    for subject in ["pay-value", "nobodys"] {
        register(&server, subject, avro(MONEY));
    }
    let sub = folder.path().join("sub");
    let shown = run(&sub, &["prune"]);
    assert!(
        shown.contains("! outer  is declared in ") && shown.contains("! pay-value  is protected"),
        "{shown}"
    );
    assert!(shown.contains("- nobodys"), "{shown}");
    succeeds(&sub, &["apply", "--delete"]);
    let named = ["apply", "--delete", "--manifest", "schemas.yaml"];
    succeeds(folder.path(), &named);
    assert_eq!(get(&format!("{}/subjects", server.url)), json!(["inner", "outer", "pay-value"]));
}
