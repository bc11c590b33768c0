//! Dumps of a `_schemas` topic, and imports that are interrupted.

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use dovetail::store::{Store, StoreOptions};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Client, answers, assert_alike, corpus, dovetail, routes};
use crate::harness;
use crate::server::Server;
use crate::terminal::{self, folder, run, shown};

/// What a registry has written in a year: with records that are overwritten, deleted and purged, in a
/// context and in three formats, with texts that are not canonical or would be refused today.
const TOPIC: &str = r#"{"key":{"keytype":"NOOP","magic":0},"value":null}
{"key":{"keytype":"CONFIG","subject":null,"magic":0},"value":{"subject":null,"compatibilityLevel":"FULL"}}
{"key":{"keytype":"SCHEMA","subject":"user","version":1,"magic":1},"value":{"subject":"user","version":1,"id":1,"schema":"{\"type\": \"record\",  \"name\":\"User\",\"fields\":[ ]}","deleted":false}}
{"key":{"keytype":"SCHEMA","subject":"user","version":2,"magic":1},"value":{"subject":"user","version":2,"id":5,"md5":"AAAAAAAAAAAAAAAAAAAAAA==","schemaType":"AVRO","references":[],"metadata":null,"ruleSet":null,"schema":"{\"type\":\"record\",\"name\":\"User\",\"fields\":[{\"name\":\"n\",\"type\":\"int\",\"default\":\"x\"}]}","deleted":false,"ts":1700000000000}}
{"key":{"keytype":"SCHEMA","subject":"old","version":1,"magic":1},"value":{"subject":"old","version":1,"id":2,"schema":"\"int\"","deleted":false}}
{"key":{"keytype":"SCHEMA","subject":"old","version":2,"magic":1},"value":{"subject":"old","version":2,"id":3,"schema":"\"long\"","deleted":false}}
{"key":{"keytype":"DELETE_SUBJECT","subject":"old","magic":0},"value":{"subject":"old","version":2}}
{"key":{"keytype":"SCHEMA","subject":"old","version":3,"magic":1},"value":{"subject":"old","version":3,"id":4,"schema":"\"float\"","deleted":false}}
{"key":{"keytype":"SCHEMA","subject":"old","version":2,"magic":1},"value":null}
{"key":{"keytype":"SCHEMA","subject":"purged","version":1,"magic":1},"value":{"subject":"purged","version":1,"id":40,"schema":"\"double\"","deleted":true}}
{"key":{"keytype":"CLEAR_SUBJECT","subject":"purged","magic":0},"value":{"subject":"purged"}}
{"key":{"keytype":"CONTEXT","tenant":"default","context":".team","magic":0},"value":{"tenant":"default","context":".team"}}
{"key":{"keytype":"SCHEMA","subject":":.team:whole","version":1,"magic":1},"value":{"subject":":.team:whole","version":1,"id":1,"schemaType":"JSON","references":[{"name":"part.json","subject":"part","version":1}],"metadata":{"tags":null,"properties":{"owner":"x"}},"ruleSet":{"migrationRules":[],"domainRules":[{"name":"r","doc":null,"kind":"CONDITION","mode":"WRITE","type":"CEL","tags":null,"params":null,"expr":"true","onSuccess":null,"onFailure":null,"disabled":false}]},"schema":"{\"$ref\":\"part.json\"}","deleted":false}}
{"key":"{\"keytype\":\"SCHEMA\",\"subject\":\":.team:part\",\"version\":1,\"magic\":1}","value":"{\"subject\":\":.team:part\",\"version\":1,\"id\":2,\"schemaType\":\"JSON\",\"schema\":\"{\\\"type\\\":\\\"string\\\"}\",\"deleted\":false}"}
{"topic":"_schemas","partition":0,"offset":14,"key":"{\"keytype\":\"CONFIG\",\"subject\":\"user\",\"magic\":0}","payload":"{\"subject\":\"user\",\"compatibilityLevel\":\"NONE\"}"}
{"topic":"_schemas","partition":0,"offset":15,"key":"{\"keytype\":\"CONFIG\",\"subject\":\"user\",\"magic\":0}","payload":null}
{"keytype":"CONFIG","subject":"alias","magic":0}	{"subject":"alias","alias":"user","normalize":true}
{"keytype":"MODE","subject":null,"magic":0}	{"subject":null,"mode":"READONLY"}
{"keytype":"MODE","subject":null,"magic":0}	null
{"keytype":"MODE","subject":":.team:","magic":0}	{"subject":":.team:","mode":"IMPORT"}
{"key":{"keytype":"ASSOCIATION","magic":0},"value":{}}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_of_the_topic_becomes_the_registry_that_wrote_it() {
    let files = folder(&[("topic.jsonl", TOPIC)]);
    for place in harness::places().await {
        let url = place.options.url.as_str();
        let done = dovetail(files.path(), &["import", "--from", "topic.jsonl", "--database-url", url], 0);
        let told = String::from_utf8(done.stderr).expect("UTF-8");
        assert!(told.contains("left out: 1 record of the kind ASSOCIATION"), "{told}");
        assert!(
            told.contains(
                "recomputed: `user` version 2: the guid is given as 00000000-0000-0000-0000-000000000000"
            ),
            "{told}"
        );
        let server = Server::on(url);
        let client = Client::of(&server);
        let numbers = async |subject: &str, query: &str| {
            let path = format!("/subjects/{subject}/versions{query}");
            client.ask("GET", &path, &Value::Null).await.1
        };
        assert_eq!(
            client.get("/subjects?deleted=true").await,
            json!([":.team:part", ":.team:whole", "old", "user"])
        );
        assert_eq!(numbers("old", "").await, "[3]");
        assert_eq!(numbers("old", "?deleted=true").await, "[1,3]");
        let text = async |path: &str| client.ask("GET", path, &Value::Null).await.1;
        let verbatim = r#"{"type": "record",  "name":"User","fields":[ ]}"#;
        assert_eq!(text("/subjects/user/versions/1/schema").await, verbatim);
        assert_eq!(text("/schemas/ids/1/schema").await, verbatim);
        let invalid = client.get("/subjects/user/versions/2").await;
        assert_eq!((&invalid["id"], &invalid["ts"]), (&json!(5), &json!(1_700_000_000_000_i64)));
        let whole = client.get("/subjects/:.team:whole/versions/1").await;
        assert_eq!(whole["metadata"], json!({ "properties": { "owner": "x" } }));
        assert_eq!(whole["ruleSet"]["domainRules"][0]["expr"], "true");
        assert_eq!(client.get("/config").await, json!({ "compatibilityLevel": "FULL" }));
        assert_eq!(client.get("/config/alias").await["alias"], "user");
        assert_eq!(client.ask("GET", "/config/user", &Value::Null).await.0, 404);
        assert_eq!(client.get("/mode").await, json!({ "mode": "READWRITE" }));
        assert_eq!(client.get("/mode/:.team:").await, json!({ "mode": "IMPORT" }));
        let highest = client.get("/schemas/ids/1?fetchMaxId=true").await;
        assert_eq!(highest["maxId"], 40, "the id of a purged schema is not given out again");
        // A schema that was stored keeps its id when it is registered again in another spelling.
        let again = json!({ "schema": r#"{"type":"record","name":"User","fields":[]}"# });
        assert_eq!(client.send("POST", "/subjects/user", again).await["id"], 1);

        // Written as records again it is the same registry.
        dovetail(files.path(), &["export", "--database-url", url, "--to", "again.jsonl", "--force"], 0);
        dovetail(files.path(), &["import", "--from", "again.jsonl", "--database-url", "sqlite:again.db"], 0);
        let copy = Server::on(&format!("sqlite:{}", files.path().join("again.db").display()));
        let mut routes = routes(&client).await;
        // A topic does not tell of the ids of purged schemas.
        routes.retain(|route| !route.contains("fetchMaxId"));
        let (one, other) = (answers(&client, &routes).await, answers(&Client::of(&copy), &routes).await);
        assert_alike(&one, &other, place.name);
        // Also read from where it runs; and a backup that was made of that.
        dovetail(
            files.path(),
            &["export", "--from", &server.url, "--format", "backup", "--to", "b", "--force"],
            0,
        );
        dovetail(files.path(), &["verify", "b", "--against", &server.url], 0);
        copy.kill();
        fs::remove_file(files.path().join("again.db")).expect("it was made");
    }
}

#[test]
fn a_line_that_is_no_record_is_named() {
    for (line, expected) in [
        ("nonsense", "line 2: it is no record"),
        ("{\"value\":{}}", "line 2: it is no record"),
        ("{\"key\":{\"subject\":\"a\"},\"value\":{}}", "line 2: its key has no `keytype`"),
        ("{\"keytype\":\"SCHEMA\",\"subject\":\"a\"}\t{}", "line 2: its key has no version"),
        (
            "{\"keytype\":\"SCHEMA\",\"subject\":\"a\",\"version\":1}\t{\"schema\":\"1\"}",
            "line 2: the schema has no id",
        ),
        ("{\"keytype\":\"SCHEMA\",\"subject\":\"a\",\"version\":1}\t{\"id\":1}", "line 2: there is no text"),
        (
            "{\"keytype\":\"SCHEMA\",\"subject\":\"a\",\"version\":1}\t{\"id\":1,\"schema\":\"\",\"schemaType\":\"X\"}",
            "line 2: the schema type \"X\" is unknown",
        ),
        ("{\"keytype\":\"MODE\"}\t{\"mode\":\"WRONG\"}", "line 2: `WRONG` is not a mode"),
        ("{\"keytype\":\"CONFIG\"}\t{\"compatibilityLevel\":\"WRONG\"}", "line 2: "),
        ("{\"keytype\":\"NOOP\"}\t{", "line 2: it holds what is no JSON"),
        ("\u{fffd}", "line 2: it is no record"),
    ] {
        let files = folder(&[("t", &format!("\n{line}\n"))]);
        let failed = dovetail(files.path(), &["import", "--from", "t", "--database-url", "sqlite:a.db"], 2);
        let told = shown(files.path(), &failed);
        assert!(told.contains(expected), "{line}: {told}");
    }
}

#[test]
fn numbers_that_are_used_up_and_ids_that_mean_two_things_are_told() {
    let last =
        r#"{"keytype":"SCHEMA","subject":"a","version":2147483647}	{"id":2147483647,"schema":"\"int\""}"#;
    let twice = r#"{"keytype":"SCHEMA","subject":"a","version":1}	{"id":1,"schema":"\"int\""}
{"keytype":"SCHEMA","subject":"b","version":1}	{"id":1,"schema":"\"long\""}"#;
    let files = folder(&[("last", last), ("twice", twice)]);
    let mut told = String::new();
    for arguments in [
        &["import", "--from", "last", "--database-url", "sqlite:last.db"][..],
        &["verify", "--database-url", "sqlite:last.db"],
        &["import", "--from", "twice", "--database-url", "sqlite:twice.db"],
        &["verify", "twice"],
    ] {
        told.push_str(&format!("$ dovetail {}\n{}\n", arguments.join(" "), run(files.path(), arguments)));
    }
    assert_snapshot!(told, @r"
    $ dovetail import --from last --database-url sqlite:last.db
    exit 0
    --- stdout
    last holds 1 version in 1 subject and 1 context, 0 of them deleted; 0 configurations, 0 modes
    imported 1 version, 0 configurations and 0 modes into [DIR]/last.db; versions that were there already: 0
    verified: all of it is the same, byte for byte, in last and [DIR]/last.db
    --- stderr
    used up: the context `.` has the id 2147483647, the highest there is: no new schema gets one there
    used up: `a` version 2147483647 is the highest there is: no version comes after it
    the store was empty: `reference` judges from now on, as in the registry it comes from

    $ dovetail verify --database-url sqlite:last.db
    exit 0
    --- stdout
    [DIR]/last.db is well: 8 rows, 1 schema, 1 id, 1 version
    --- stderr
    the context `.` has the id 2147483647, the highest there is: no new schema gets one there
    `a` version 2147483647 is the highest there is: no version comes after it

    $ dovetail import --from twice --database-url sqlite:twice.db
    exit 1
    --- stdout
    twice holds 2 versions in 2 subjects and 1 context, 0 of them deleted; 0 configurations, 0 modes
    `b` version 1: its id 1 denotes another schema too
    --- stderr
    nothing was written: twice contradicts itself in 1 place. Only who runs it can say which schema an id means: purge the others there, or take them out of the file that is read

    $ dovetail verify twice
    exit 1
    --- stdout
    `b` version 1: its id 1 denotes another schema too
    --- stderr
    twice: 1 found
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_says_what_it_leaves_out() {
    let files = folder(&[]);
    let server = Server::with(
        &format!("sqlite:{}", files.path().join("a.db").display()),
        &["--exporter-targets", "any"],
    );
    corpus::seed(&Client::of(&server)).await;
    corpus::seed_the_rest(&Client::of(&server)).await;
    server.kill();
    dovetail(files.path(), &["backup", "--database-url", "sqlite:a.db", "b"], 0);
    let beside = "    left out: 2 judging settings: only `dovetail backup` and `restore` keep them
    left out: 1 association: only `dovetail backup` and `restore` keep it
    left out: 1 key-encryption key: only `dovetail backup` and `restore` keep it
    left out: 1 data-encryption key: only `dovetail backup` and `restore` keep it
    left out: 1 exporter: only `dovetail backup` and `restore` keep it\n"
        .replace("    left", "left");
    let ids = |context: &str, given: i32, told: i32| {
        format!(
            "left out: ids of purged schemas: the context `{context}` has given out ids up to {given}, and whoever \
             reads the records goes on after {told}\n"
        )
    };
    let ids = [ids(".", 14, 13), ids(".left", 1, 0)].concat();
    for (arguments, expected) in [
        (&["export", "--database-url", "sqlite:a.db", "--to", "1"][..], format!("{beside}{ids}")),
        (&["export", "--from", "b", "--to", "2"], format!("{beside}{ids}")),
        (&["export", "--database-url", "sqlite:a.db", "--format", "backup", "--to", "3"], beside.clone()),
    ] {
        let done = dovetail(files.path(), arguments, 0);
        assert_eq!(String::from_utf8(done.stderr).expect("UTF-8"), expected, "{arguments:?}");
    }
}

/// Many versions, with references, deletions and settings among them.
fn long_topic() -> String {
    let mut lines = String::new();
    for number in 1..=3000_i32 {
        let (subject, version) = (format!("s{}", number % 150), 1 + number / 150);
        let schema = format!(r#"{{\"type\":\"record\",\"name\":\"R{number}\",\"fields\":[]}}"#);
        let deleted = number % 7 == 0;
        let value = format!(
            r#"{{"id":{number},"schema":"{schema}","deleted":{deleted},"ts":{}}}"#,
            1_700_000_000_000 + i64::from(number)
        );
        let key = format!(r#"{{"keytype":"SCHEMA","subject":"{subject}","version":{version}}}"#);
        writeln!(lines, "{key}\t{value}").expect("a text grows");
    }
    for number in 0..150 {
        let key = format!(r#"{{"keytype":"CONFIG","subject":"s{number}"}}"#);
        writeln!(lines, "{key}\t{{\"compatibilityLevel\":\"FULL\"}}").expect("a text grows");
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_was_killed_goes_on_where_it_stopped() {
    let files = folder(&[("long", &long_topic())]);
    dovetail(files.path(), &["import", "--from", "long", "--database-url", "sqlite:whole.db"], 0);
    dovetail(files.path(), &["export", "--database-url", "sqlite:whole.db", "--to", "whole"], 0);
    let whole = fs::read(files.path().join("whole")).expect("it was written");
    for place in harness::places().await {
        let url = place.options.url.as_str();
        let import = ["import", "--from", "long", "--database-url", url];
        dovetail(files.path(), &["migrate", "--database-url", url], 0);
        let options = StoreOptions { migrate: false, ..place.options.clone() };
        let mut reached = 0;
        for kill in 1..=3 {
            let mut process = terminal::dovetail(files.path(), &import)
                .stdout(Stdio::null())
                .spawn()
                .expect("the binary runs");
            let store = Store::open(&options).await.expect("a store");
            let changes =
                async || store.read().await.expect("a store").newest_change().await.expect("a number");
            while changes().await <= reached {
                assert!(process.try_wait().expect("a process").is_none(), "it ended without a word");
            }
            process.kill().expect("it runs");
            process.wait().expect("it ends");
            reached = changes().await;
            assert!(reached < 3000, "kill {kill} on {} came too late", place.name);
            store.close().await;
            // What is there is whole, however much it is.
            dovetail(files.path(), &["verify", "--database-url", url], 0);
        }
        let done = dovetail(files.path(), &import, 0);
        let told = String::from_utf8(done.stdout).expect("UTF-8");
        assert!(told.contains("verified") && !told.contains("there already: 0"), "{told}");
        dovetail(files.path(), &["export", "--database-url", url, "--to", "again", "--force"], 0);
        let again = fs::read(files.path().join("again")).expect("it was written");
        assert!(again == whole, "on {} another registry came out", place.name);
    }
}
