//! Exporters between real processes: what arrives, under which names, and what survives a failure.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness;
use crate::server::Server;

/// How long to wait for something that takes at most a dozen seconds.
const PATIENCE: Duration = Duration::from_secs(60);

const ANYWHERE: [&str; 2] = ["--exporter-targets", "any"];

struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    fn of(server: &Server) -> Client {
        Client { http: reqwest::Client::new(), url: server.url.clone() }
    }

    /// The status and the body of an answer.
    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !body.is_null() {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, Value::Null).await;
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    async fn register(&self, subject: &str, schema: &str) -> Value {
        let body = json!({ "schema": schema });
        self.send("POST", &format!("/subjects/{subject}/versions"), body).await
    }

    /// Every schema below a prefix, soft-deleted ones included: subject, version, id, text, deleted.
    async fn schemas(&self, prefix: &str) -> Vec<(String, Value, Value, Value, Value)> {
        let found = self.get(&format!("/schemas?deleted=true&subjectPrefix={prefix}")).await;
        let shown = found.as_array().expect("a list").iter().map(|schema| {
            let part = |name: &str| schema[name].clone();
            let subject = schema["subject"].as_str().unwrap_or_default().to_owned();
            (subject, part("version"), part("id"), part("schema"), part("deleted"))
        });
        shown.collect()
    }

    async fn status(&self, exporter: &str) -> Value {
        self.get(&format!("/exporters/{exporter}/status")).await
    }
}

/// Wait until a question is answered with yes.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < PATIENCE, "it never came true that {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What the source holds, as the target should: renamed, in another context.
async fn arrived(source: &Client, target: &Client) -> bool {
    let mut expected = source.schemas("").await;
    // A subject without a name is not exported.
    expected.retain(|schema| !schema.0.is_empty());
    for schema in &mut expected {
        schema.0 = format!(":.east:e-{}", schema.0);
    }
    target.schemas(":.east:").await == expected
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_registered_arrives_and_stays_in_step() {
    for place in harness::places().await {
        let source = Server::with(&place.options.url, &ANYWHERE);
        let (east, target) = (Client::of(&source), Server::start());
        let west = Client::of(&target);
        let record =
            |name: &str, fields: &str| format!(r#"{{"type":"record","name":"{name}","fields":[{fields}]}}"#);
        east.register("item", &record("Item", "")).await;
        let with_item = json!({
            "schema": record("Order", r#"{"name":"item","type":"Item"}"#),
            "references": [{ "name": "Item", "subject": "item", "version": 1 }],
            "metadata": { "properties": { "owner": "shop" } },
            "ruleSet": { "domainRules": [{ "name": "r", "type": "CEL" }] },
        });
        east.send("POST", "/subjects/order/versions", with_item).await;
        for number in 0..20 {
            east.register(
                "many",
                &record("M", &format!(r#"{{"name":"f{number}","type":"int","default":0}}"#)),
            )
            .await;
        }
        east.send("DELETE", "/subjects/many/versions/3", Value::Null).await;
        east.send("DELETE", "/subjects/many/versions/4", Value::Null).await;
        east.send("DELETE", "/subjects/many/versions/4?permanent=true", Value::Null).await;
        east.register(":.other:x", "\"string\"").await;

        let exporter = json!({
            "name": "west", "contextType": "CUSTOM", "context": "east", "subjects": ["*"],
            "subjectRenameFormat": "e-${subject}",
            "config": { "schema.registry.url": format!("http://ann:pass@{}", &west.url["http://".len()..]) },
        });
        assert_eq!(east.send("POST", "/exporters", exporter).await, json!({ "name": "west" }));
        eventually("all has arrived", async || arrived(&east, &west).await).await;
        eventually("it runs", async || east.status("west").await["state"] == "RUNNING").await;
        assert_eq!(west.get("/mode/:.east:").await, json!({ "mode": "IMPORT" }), "{}", place.name);
        let order = west.get("/subjects/:.east:e-order/versions/1").await;
        assert_eq!(order["references"], json!([{ "name": "Item", "subject": "e-item", "version": 1 }]));
        assert_eq!(order["metadata"]["properties"]["owner"], "shop");
        assert_eq!(order["ruleSet"]["domainRules"][0]["name"], "r");

        // Deletions that references stand against, until the other one is done; names that mean something
        // in a path; a version that is written over although another one refers to it.
        let first = record("Self", "");
        east.register("circle", &first).await;
        let second = json!({
            "schema": record("Next", r#"{"name":"s","type":"Self","default":{}}"#),
            "references": [{ "name": "Self", "subject": "circle", "version": 1 }],
        });
        east.send("POST", "/subjects/circle/versions?force=true", second).await;
        eventually("the circle is there", async || arrived(&east, &west).await).await;
        east.send("DELETE", "/subjects/circle", Value::Null).await;
        east.register(":.:..", "\"int\"").await;
        east.register(":.:", "\"int\"").await;
        east.send("PUT", "/mode/item?force=true", json!({ "mode": "IMPORT" })).await;
        let written_over =
            json!({ "schema": record("Item", r#"{"name":"n","type":"int"}"#), "id": 900, "version": 1 });
        east.send("POST", "/subjects/item/versions", written_over).await;
        east.send("DELETE", "/mode/item", Value::Null).await;
        eventually("all of that is followed", async || arrived(&east, &west).await).await;
        east.send("DELETE", "/subjects/circle?permanent=true", Value::Null).await;
        eventually("and purged", async || arrived(&east, &west).await).await;
        assert_eq!(west.get("/mode").await, json!({ "mode": "READWRITE" }));

        east.register("late", "\"int\"").await;
        east.send("DELETE", "/subjects/many/versions/5", Value::Null).await;
        east.send("POST", "/v1/subjects/many/versions/3/undelete", Value::Null).await;
        eventually("changes are followed", async || arrived(&east, &west).await).await;

        // A target that is gone is told of, without its password, and tried again.
        target.kill();
        east.register("meanwhile", "\"long\"").await;
        eventually("the failure is told", async || east.status("west").await["state"] == "ERROR").await;
        let trace = east.status("west").await["trace"].as_str().expect("a reason").to_owned();
        assert!(trace.contains("cannot be reached") && !trace.contains("pass"), "{trace}");
        let shown = east.get("/exporters/west/config").await.to_string();
        assert!(!shown.contains("pass") && !shown.contains("ann"), "{shown}");

        // It can be told of another target, and to start over.
        let target = Server::start();
        let west = Client::of(&target);
        east.send("PUT", "/exporters/west/pause", Value::Null).await;
        assert_eq!(east.status("west").await["state"], "PAUSED");
        east.send("PUT", "/exporters/west/config", json!({ "schema.registry.url": west.url })).await;
        east.send("PUT", "/exporters/west/reset", Value::Null).await;
        assert_eq!(east.status("west").await["offset"], 0);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert!(west.schemas(":.east:").await.is_empty(), "a paused exporter does nothing");
        east.send("PUT", "/exporters/west/resume", Value::Null).await;
        eventually("all has arrived again", async || arrived(&east, &west).await).await;

        // After a crash it goes on.
        source.kill();
        let source = Server::with(&place.options.url, &ANYWHERE);
        let east = Client::of(&source);
        east.register("after", "\"double\"").await;
        eventually("it goes on after a crash", async || arrived(&east, &west).await).await;
        let position = east.status("west").await["offset"].as_i64().expect("a number");
        assert!(position > 20, "{position}");
        east.send("DELETE", "/exporters/west", Value::Null).await;
        assert_eq!(east.get("/exporters").await, json!([]));
        assert_eq!(source.stop().code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contexts_by_themselves_and_as_they_are() {
    let place = harness::places().await.into_iter().next().expect("SQLite");
    let source = Server::with(&place.options.url, &ANYWHERE);
    let (target, plain) = (Server::start(), Server::start());
    let (east, west, same) = (Client::of(&source), Client::of(&target), Client::of(&plain));
    east.register("s", "\"string\"").await;
    east.register(":.c:s", "\"int\"").await;
    same.register("busy", "\"int\"").await;
    let exporter = |name: &str, context_type: &str, url: &str| {
        json!({
            "name": name, "contextType": context_type, "subjects": [":*:"],
            "config": { "schema.registry.url": url },
        })
    };
    east.send("POST", "/exporters", exporter("auto", "AUTO", &west.url)).await;
    east.send("POST", "/exporters", exporter("same", "NONE", &same.url)).await;
    let cluster = east.get("/v1/metadata/id").await;
    let cluster = cluster["scope"]["clusters"]["kafka-cluster"].as_str().expect("an id").to_owned();
    eventually("both have arrived under the name of the registry", async || {
        west.get("/subjects?subjectPrefix=:*:").await
            == json!([format!(":.{cluster}.c:s"), format!(":.{cluster}:s")])
    })
    .await;
    // A registry that copies to itself would never come to an end.
    east.send("POST", "/exporters", exporter("self", "AUTO", &east.url)).await;
    eventually("it is told", async || {
        east.status("self").await["trace"] == "the target is this registry itself"
    })
    .await;
    assert_eq!(east.get("/contexts").await, json!([".", ".c"]));
    // The id 1 is taken in the default context of that target: what cannot be kept is told, not changed.
    eventually("a conflict is told", async || east.status("same").await["state"] == "ERROR").await;
    let trace = east.status("same").await["trace"].as_str().expect("a reason").to_owned();
    assert!(trace.contains("Overwrite new schema with id 1"), "{trace}");
    assert_eq!(same.get("/subjects").await, json!(["busy"]));
}
