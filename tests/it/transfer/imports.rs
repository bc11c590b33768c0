//! Importing from a running registry.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Client, answers, assert_alike, corpus, dovetail, routes};
use crate::harness;
use crate::server::Server;
use crate::terminal::{folder, shown};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_registry_answers_every_route_as_the_source_does() {
    let source = Server::with("sqlite::memory:", &["--judge", "reference"]);
    let east = Client::of(&source);
    corpus::seed(&east).await;
    let routes = routes(&east).await;
    assert!(routes.len() > 500, "{} routes", routes.len());
    let expected = answers(&east, &routes).await;
    let files = folder(&[]);
    for place in harness::places().await {
        let url = place.options.url.as_str();
        let import = ["import", "--from", &source.url, "--database-url", url];
        // Nothing is written by looking: only tables are made here.
        dovetail(files.path(), &["migrate", "--database-url", url], 0);
        dovetail(files.path(), &[&import[..], &["--dry-run"]].concat(), 0);
        let empty = dovetail(files.path(), &["verify", "--database-url", url, "--against", &source.url], 1);
        assert!(String::from_utf8_lossy(&empty.stdout).contains("only in http://"), "{}", place.name);
        let done = dovetail(files.path(), &import, 0);
        let told = String::from_utf8(done.stdout).expect("UTF-8");
        assert!(
            told.contains("imported 22 versions, 5 configurations and 4 modes"),
            "{}: {told}",
            place.name
        );
        assert!(told.contains("verified: all of it is the same, byte for byte"), "{}: {told}", place.name);

        let target = Server::on(url);
        let west = Client::of(&target);
        assert_alike(&expected, &answers(&west, &routes).await, place.name);
        assert_eq!(west.get("/v1/settings").await["judge"], "reference");
        dovetail(files.path(), &["verify", "--database-url", url], 0);
        let both = ["verify", &target.url, "--against", &source.url];
        dovetail(files.path(), &both, 0);

        // Once more, beside a server that is running: nothing is left to do.
        let again = dovetail(files.path(), &import, 0);
        let told = String::from_utf8(again.stdout).expect("UTF-8");
        assert!(told.contains("imported 0 versions") && told.contains("there already: 22"), "{told}");
        assert_alike(&expected, &answers(&west, &routes).await, place.name);

        // Ids go on where they would have gone on, those of purged schemas not given out again.
        let new = json!({ "schema": r#"{"type":"record","name":"New","fields":[]}"# });
        let (status, added) = west.ask("POST", "/subjects/new/versions", &new).await;
        assert_eq!(status, 200, "{added}");
        let id = serde_json::from_str::<Value>(&added).expect("JSON")["id"].clone();
        assert_eq!(id, json!(15), "14 ids were given out in the default context");
        let differs = dovetail(files.path(), &both, 1);
        let told = String::from_utf8(differs.stdout).expect("UTF-8");
        assert_eq!(told.trim(), format!("`new` version 1: only in {}", target.url));
        target.kill();
    }
}

/// Hands requests on, but for those about one subject.
async fn hiding(State(source): State<Arc<String>>, request: Request) -> Response {
    let path = request.uri().path_and_query().expect("a path").to_string();
    if path.contains("money") {
        return axum::http::StatusCode::NOT_FOUND.into_response();
    }
    let answer = reqwest::get(format!("{source}{path}")).await.expect("an answer");
    (answer.status(), answer.bytes().await.expect("a body")).into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subject_that_is_listed_and_not_shown_is_not_lost_in_silence() {
    let source = Server::with("sqlite::memory:", &[]);
    let east = Client::of(&source);
    for subject in ["money", "user"] {
        east.send("POST", &format!("/subjects/{subject}/versions"), json!({ "schema": "\"int\"" })).await;
    }
    let app = axum::Router::new().fallback(hiding).with_state(Arc::new(source.url.clone()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let from = format!("http://{}", listener.local_addr().expect("an address"));
    let proxy = tokio::spawn(async move { axum::serve(listener, app).await });
    let files = folder(&[]);
    for command in [
        &["import", "--from", &from, "--database-url", "sqlite:a.db"][..],
        &["verify", &from],
        &["export", "--from", &from, "--to", "a.jsonl"],
    ] {
        let failed = tokio::task::block_in_place(|| dovetail(files.path(), command, 3));
        let told = shown(files.path(), &failed);
        assert!(told.contains("lists `money` and shows no version of it"), "{told}");
    }
    assert!(!files.path().join("a.db").exists() && !files.path().join("a.jsonl").exists());
    proxy.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judge_that_was_asked_for_stays() {
    let record = r#"{"keytype":"SCHEMA","subject":"a","version":1}	{"id":1,"schema":"\"int\""}"#;
    let files = folder(&[("t", record)]);
    for (number, (asked_for, judge)) in
        [("strictest", "strictest"), ("proof", "reference"), ("reference", "reference")].iter().enumerate()
    {
        let url = format!("sqlite:{}", files.path().join(format!("{number}.db")).display());
        let server = Server::with(&url, &["--judge", asked_for]);
        let done = dovetail(files.path(), &["import", "--from", "t", "--database-url", &url], 0);
        let told = shown(files.path(), &done);
        assert_eq!(
            told.contains("has `strictest` recorded as the judge, which stays"),
            number == 0,
            "{told}"
        );
        assert_eq!(told.contains("`reference` judges from now on"), number == 1, "{told}");
        let settings = Client::of(&server).get("/v1/settings").await;
        assert_eq!(settings["judge"], *judge, "{asked_for}");
        server.kill();
    }
}

/// In a path such names mean something else: whoever asks for the settings of one must not be told those of
/// the top level.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subjects_that_are_called_as_dots_are_subjects_to_every_command() {
    let server = Server::with("sqlite::memory:", &[]);
    let client = Client::of(&server);
    for subject in [":.:.", ":.:..", "plain"] {
        client.send("POST", &format!("/subjects/{subject}/versions"), json!({ "schema": "\"int\"" })).await;
    }
    client.send("PUT", "/config", json!({ "compatibility": "FORWARD" })).await;
    client.send("PUT", "/config/:.:..", json!({ "compatibility": "FULL" })).await;
    let files = folder(&[("plain.avsc", "\"int\"")]);
    dovetail(files.path(), &["dump", "--registry-url", &server.url, "--out", "dumped"], 0);
    let manifest = std::fs::read_to_string(files.path().join("dumped/schemas.yaml")).expect("a manifest");
    assert!(manifest.contains("subject: \".\"") && !manifest.contains("FORWARD"), "{manifest}");
    assert_eq!(manifest.matches("level: \"FULL\"").count(), 1, "{manifest}");
    dovetail(&files.path().join("dumped"), &["plan", "--fail-on", "drift"], 0);
    let manifest = format!(
        "version: 1\nregistry: {{ url: \"{}\" }}\nsubjects: [{{ file: plain.avsc, subject: plain }}]\n",
        server.url
    );
    std::fs::write(files.path().join("schemas.yaml"), manifest).expect("a manifest");
    std::fs::remove_dir_all(files.path().join("dumped")).expect("a folder");
    dovetail(files.path(), &["prune", "--yes"], 0);
    assert_eq!(client.get("/subjects").await, json!(["plain"]));
}

/// Hands requests on, and answers every third one as an overloaded proxy does.
async fn unreliable(State(state): State<Arc<(String, AtomicUsize)>>, request: Request) -> Response {
    if state.1.fetch_add(1, Ordering::Relaxed) % 3 == 0 {
        return (axum::http::StatusCode::SERVICE_UNAVAILABLE, "try later").into_response();
    }
    let path = request.uri().path_and_query().expect("a path").to_string();
    let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if authorization != Some("Basic YW5uOnAhc3M=") {
        return axum::http::StatusCode::UNAUTHORIZED.into_response();
    }
    let answer = reqwest::get(format!("{}{path}", state.0)).await.expect("an answer");
    (answer.status(), answer.bytes().await.expect("a body")).into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_is_waited_for_and_credentials_are_sent_and_not_shown() {
    let source = Server::with("sqlite::memory:", &[]);
    let east = Client::of(&source);
    for subject in ["a", "b", "c"] {
        east.send("POST", &format!("/subjects/{subject}/versions"), json!({ "schema": "\"int\"" })).await;
    }
    let state = Arc::new((source.url.clone(), AtomicUsize::new(0)));
    let app = axum::Router::new().fallback(unreliable).with_state(Arc::clone(&state));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let proxy = tokio::spawn(async move { axum::serve(listener, app).await });
    let files = folder(&[]);
    let right = format!("http://ann:p%21ss@{address}/");
    let done = tokio::task::block_in_place(|| {
        dovetail(files.path(), &["import", "--from", &right, "--database-url", "sqlite:a.db"], 0)
    });
    let told = shown(files.path(), &done);
    assert!(told.contains("imported 3 versions") && told.contains("verified"), "{told}");
    assert!(!told.contains("p!ss") && !told.contains("p%21ss") && !told.contains("ann"), "{told}");
    let wrong = format!("http://ann:secret@{address}");
    let refused = tokio::task::block_in_place(|| {
        dovetail(files.path(), &["import", "--from", &wrong, "--database-url", "sqlite:b.db"], 3)
    });
    let told = shown(files.path(), &refused);
    assert!(told.contains("401") && told.contains("Credentials go into the URL"), "{told}");
    assert!(!told.contains("secret"), "{told}");
    proxy.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_is_never_overwritten() {
    let source = Server::with("sqlite::memory:", &[]);
    let east = Client::of(&source);
    let register = async |client: &Client, subject: &str, schema: &str| {
        client.send("POST", &format!("/subjects/{subject}/versions"), json!({ "schema": schema })).await
    };
    register(&east, "a", "\"int\"").await;
    register(&east, "b", "\"long\"").await;
    register(&east, "c", "\"string\"").await;
    east.send("PUT", "/config", json!({ "compatibility": "FULL" })).await;
    east.send("PUT", "/mode/a", json!({ "mode": "READONLY" })).await;
    let mut conflicts = Vec::new();
    for place in harness::places().await {
        let url = place.options.url.as_str();
        let target = Server::on(url);
        let west = Client::of(&target);
        register(&west, "a", "\"int\"").await;
        register(&west, "b", "\"bytes\"").await;
        register(&west, "x", "\"float\"").await;
        west.send("PUT", "/config", json!({ "compatibility": "NONE" })).await;
        west.send("PUT", "/mode/a?force=true", json!({ "mode": "IMPORT" })).await;
        west.send("DELETE", "/subjects/a", Value::Null).await;
        let before = routes(&west).await;
        let before = (answers(&west, &before).await, before);
        let files = folder(&[]);
        let import = ["import", "--from", &source.url, "--database-url", url];
        let told = shown(files.path(), &dovetail(files.path(), &import, 1));
        let told = told.replace(&source.url, "[URL]").replace(&shown_place(url), "[DB]");
        conflicts.push(told);
        assert_alike(&before.0, &answers(&west, &before.1).await, place.name);
        assert_eq!(west.get("/v1/settings").await["judge"], "proof", "a store in use is judged as before");
        target.kill();
    }
    conflicts.dedup();
    assert_eq!(conflicts.len(), 1, "the stores tell it alike");
    assert_snapshot!(conflicts[0], @r"
    exit 1
    --- stdout
    [URL] holds 3 versions in 3 subjects and 1 context, 0 of them deleted; 1 configuration, 1 mode
    `a` version 1: it is deleted here and live in the source
    `b` version 1: its id 2 denotes another schema here, or once did
    `c` version 1: its id 3 denotes another schema here, or once did
    the top level: another configuration is recorded here
    `a`: the mode here is IMPORT, not READONLY
    --- stderr
    modes are kept: 1 of them does not let everything be registered; `PUT /mode` changes that
    nothing was written: [DB] has something else in 5 places
    ");
}

/// How a database is called in what is printed.
fn shown_place(url: &str) -> String {
    match url.strip_prefix("sqlite:") {
        Some(path) => path.to_owned(),
        None => {
            let mut url = url::Url::parse(url).expect("a URL");
            let host = url.query_pairs().find(|(key, _)| key == "host").map(|(_, host)| host.into_owned());
            url.set_query(None);
            let host = host.unwrap_or_else(|| url.host_str().unwrap_or_default().to_owned());
            format!("postgres://{host}:{}{}", url.port().unwrap_or(5432), url.path())
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_versions_behind_an_alias_arrive() {
    let source = Server::start();
    let east = Client::of(&source);
    for (subject, text) in [("behind", "\"int\""), ("behind", "\"long\""), ("front", "\"string\"")] {
        east.send("POST", &format!("/subjects/{subject}/versions"), json!({ "schema": text })).await;
    }
    east.ask("DELETE", "/subjects/behind/versions/1", &Value::Null).await;
    east.send("PUT", "/config/behind", json!({ "alias": "front" })).await;
    let files = folder(&[]);
    let done =
        dovetail(files.path(), &["import", "--from", &source.url, "--database-url", "sqlite:new.db"], 0);
    assert!(!shown(files.path(), &done).contains("left out"));
    let target = Server::on(&format!("sqlite:{}", files.path().join("new.db").display()));
    let west = Client::of(&target);
    for route in ["/schemas?deleted=true", "/schemas", "/schemas/ids/2", "/config/behind"] {
        assert_eq!(east.get(route).await, west.get(route).await, "{route}");
    }
    assert_eq!(
        west.get("/schemas?subjectPrefix=behind&deleted=true").await.as_array().map(Vec::len),
        Some(2)
    );
}
