//! Carrying what a registry holds from one place to another: what arrives, and what is found to be wrong.

mod backups;
mod corpus;
mod imports;
mod topics;

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::server::Server;
use crate::terminal;

/// A client of a server.
struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    fn of(server: &Server) -> Client {
        Client { http: reqwest::Client::new(), url: server.url.clone() }
    }

    /// The status and the body of an answer.
    async fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !body.is_null() {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.text().await.expect("a body"))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, &Value::Null).await;
        assert_eq!(status, 200, "GET {path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, &body).await;
        assert!(status < 300, "{method} {path}: {status} {answer}");
        serde_json::from_str(&answer).unwrap_or_default()
    }
}

/// Every route that tells of what a registry holds, for all that this one holds and some that it does not.
async fn routes(client: &Client) -> Vec<String> {
    let mut routes: Vec<String> = [
        "/contexts",
        "/schemas?deleted=true&subjectPrefix=:*:",
        "/schemas?subjectPrefix=:*:&latestOnly=true",
        "/schemas?aliases=true",
        "/subjects?deleted=true",
        "/subjects",
        "/subjects?deletedOnly=true",
        "/config",
        "/config?defaultToGlobal=true",
        "/config/:.__GLOBAL:",
        "/config/:.__GLOBAL:?defaultToGlobal=true",
        "/mode",
        "/mode?defaultToGlobal=true",
        "/mode/:.__GLOBAL:",
        "/config/nobody?defaultToGlobal=true",
        "/mode/nobody?defaultToGlobal=true",
    ]
    .map(str::to_owned)
    .to_vec();
    let texts = |list: Value| -> Vec<String> {
        let entries = list.as_array().expect("a list").iter();
        entries.map(|entry| entry.as_str().expect("a text").to_owned()).collect()
    };
    for context in texts(client.get("/contexts").await) {
        let scope = if context == "." { String::new() } else { format!(":{context}:") };
        if !scope.is_empty() {
            routes.extend(scoped(&scope));
        }
        for id in 1..=15 {
            let path = format!("/schemas/ids/{id}");
            routes.push(format!("{path}?subject={scope}&fetchMaxId=true"));
            routes.push(format!("{path}/schema?subject={scope}"));
            routes.push(format!("{path}/subjects?subject={scope}&deleted=true"));
            routes.push(format!("{path}/versions?subject={scope}&deleted=true"));
        }
    }
    for subject in texts(client.get("/subjects?deleted=true").await) {
        let subject = in_path(&subject);
        routes.extend(scoped(&subject));
        let path = format!("/subjects/{subject}/versions");
        routes.extend(["", "?deleted=true", "?deletedOnly=true"].map(|query| format!("{path}{query}")));
        routes.push(format!("{path}/latest"));
        for version in 1..=5 {
            routes.push(format!("{path}/{version}"));
            routes.push(format!("{path}/{version}?deleted=true"));
            routes.push(format!("{path}/{version}/schema?deleted=true"));
            routes.push(format!("{path}/{version}/referencedby?deleted=true"));
        }
    }
    for schema in client.get("/schemas?deleted=true&subjectPrefix=:*:").await.as_array().expect("a list") {
        let guid = schema["guid"].as_str().expect("a guid");
        routes.push(format!("/schemas/guids/{guid}"));
        routes.push(format!("/schemas/guids/{guid}/ids"));
    }
    routes
}

/// A subject as a path spells it.
fn in_path(subject: &str) -> String {
    let text = if matches!(subject, "" | "..") { format!(":.:{subject}") } else { subject.to_owned() };
    let mut url = url::Url::parse("http://x").expect("a URL");
    url.path_segments_mut().expect("a path").push(&text);
    url.path().trim_start_matches('/').to_owned()
}

fn scoped(scope: &str) -> Vec<String> {
    ["config", "mode"]
        .into_iter()
        .flat_map(|kind| ["", "?defaultToGlobal=true"].map(|query| format!("/{kind}/{scope}{query}")))
        .collect()
}

/// What a registry answers to each route.
async fn answers(client: &Client, routes: &[String]) -> Vec<String> {
    let mut answers = Vec::new();
    for route in routes {
        let (status, body) = client.ask("GET", route, &Value::Null).await;
        answers.push(format!("GET {route}\n{status} {body}"));
    }
    answers
}

/// Both answer alike, and one that differs is named.
#[track_caller]
fn assert_alike(one: &[String], other: &[String], when: &str) {
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one, other, "{when}");
    }
    assert_eq!(one.len(), other.len());
}

/// Run the binary; it must end with this code.
#[track_caller]
fn dovetail(folder: &Path, arguments: &[&str], code: i32) -> Output {
    let output = terminal::dovetail(folder, arguments).output().expect("the binary runs");
    let shown = terminal::shown(folder, &output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {shown}");
    output
}
