//! `dovetail dump`, `prune`, `lock`, `pull` and `bundle`, by running the real binary against a real server.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::Server;
use crate::terminal::{folder, register, run, send, write};

const MONEY: &str = "syntax = \"proto3\";\npackage shop;\n\nmessage Money {\n  int64 cents = 1;\n}\n";
const CART: &str = "syntax = \"proto3\";\npackage shop;\n\nimport \"shop/money.proto\";\n\nmessage Cart {\n  Money sum = 1;\n}\n";

fn told(folder: &Path, server: &Server, arguments: &[&str]) -> String {
    run(folder, arguments).replace(&server.url, "[URL]")
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

/// A registry with all three formats, references, metadata, levels, several versions and a name with a
/// slash, in a context.
fn seed(server: &Server, prefix: &str) {
    let subject = |name: &str| format!("{prefix}{name}").replace('/', "%2F");
    let level = |name: &str, level: &str| {
        let path = format!("/config/{}", subject(name));
        send(server, Method::PUT, &path, json!({ "compatibility": level }));
    };
    register(server, &subject("money"), json!({ "schemaType": "PROTOBUF", "schema": MONEY }));
    let reference = json!([{ "name": "shop/money.proto", "subject": "money", "version": 1 }]);
    let cart = json!({ "schemaType": "PROTOBUF", "schema": CART, "references": reference });
    register(server, &subject("shop/cart.proto"), cart);
    let further = MONEY.replace("cents = 1;", "cents = 1;\n  string currency = 2;");
    register(server, &subject("money"), json!({ "schemaType": "PROTOBUF", "schema": further }));
    let metadata = json!({ "properties": { "owner": "team \"pay\": #1" } });
    let order =
        r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"}]}"#;
    register(server, &subject("orders-value"), json!({ "schema": order, "metadata": metadata }));
    let line =
        r#"{"type":"record","name":"Line","namespace":"shop","fields":[{"name":"order","type":"Order"}]}"#;
    let reference = json!([{ "name": "shop.Order", "subject": "orders-value", "version": 1 }]);
    register(server, &subject("lines-value"), json!({ "schema": line, "references": reference }));
    let document =
        r#"{"type":"object","properties":{"größe":{"type":"number"}},"additionalProperties":false}"#;
    register(server, &subject("sizes"), json!({ "schemaType": "JSON", "schema": document }));
    level("orders-value", "FULL_TRANSITIVE");
    level("sizes", "NONE");
}

#[test]
fn for_what_was_dumped_there_is_nothing_to_do() {
    let server = Server::start();
    for (prefix, flags) in [("", vec![]), (":.staging:", vec!["--context", ".staging"])] {
        seed(&server, prefix);
        let folder = tempfile::tempdir().expect("a folder");
        let mut arguments = vec!["dump", "--registry-url", &server.url, "--out", "schemas"];
        arguments.extend(flags);
        if prefix.is_empty() {
            assert_snapshot!(told(folder.path(), &server, &arguments), @r"");
            let manifest =
                fs::read_to_string(folder.path().join("schemas/schemas.yaml")).expect("a manifest");
            assert_snapshot!(manifest.replace(&server.url, "[URL]"), @r"");
        } else {
            succeeds(folder.path(), &arguments);
        }
        let before = get(&format!("{}/v1/state", server.url));
        let plan = succeeds(&folder.path().join("schemas"), &["plan", "--fail-on", "drift"]);
        assert!(
            plan.contains("Plan: 0 to register, 0 level changes, 0 deletes, 0 drift, 5 unchanged."),
            "{plan}"
        );
        succeeds(&folder.path().join("schemas"), &["apply"]);
        assert_eq!(get(&format!("{}/v1/state", server.url)), before, "nothing was written");
        // What is declared is a registry: into an empty one it makes the same subjects.
        let other = Server::start();
        succeeds(&folder.path().join("schemas"), &["apply", "--registry-url", &other.url]);
        let names = |server: &Server| get(&format!("{}/subjects?subjectPrefix={prefix}", server.url));
        assert_eq!(names(&other), names(&server));
    }
}

#[test]
fn prune_deletes_what_nobody_declares_protects_or_needs() {
    let server = Server::start();
    seed(&server, "");
    let manifest = format!(
        "version: 1\nregistry: {{ url: \"{}\" }}\nsubjects: [{{ file: line.avsc, subject: lines-value, \
         references: [{{ name: shop.Order, subject: orders-value, version: 1 }}] }}]\nprotect: [\"siz*\"]\n",
        server.url
    );
    let line =
        r#"{"type":"record","name":"Line","namespace":"shop","fields":[{"name":"order","type":"Order"}]}"#;
    let folder = folder(&[("schemas.yaml", &manifest), ("line.avsc", line)]);
    assert_snapshot!(told(folder.path(), &server, &["prune"]), @r"");
    let before = get(&format!("{}/subjects", server.url));
    assert_eq!(before.as_array().expect("a list").len(), 5, "nothing was deleted");
    assert_snapshot!(told(folder.path(), &server, &["prune", "--yes"]), @r"");
    assert_snapshot!(told(folder.path(), &server, &["prune", "--yes"]), @r"");
    let left = get(&format!("{}/subjects", server.url));
    assert_eq!(left, json!(["lines-value", "orders-value", "sizes"]));
    let deleted = get(&format!("{}/subjects?deletedOnly=true", server.url));
    assert_eq!(deleted, json!(["money", "shop/cart.proto"]), "softly");
}

#[test]
fn a_lock_holds_builds_to_the_versions_that_were_meant() {
    let server = Server::start();
    seed(&server, "");
    let dumped = tempfile::tempdir().expect("a folder");
    let home = dumped.path().join("schemas");
    succeeds(dumped.path(), &["dump", "--registry-url", &server.url]);
    assert_snapshot!(told(&home, &server, &["lock"]), @r"");
    assert_snapshot!(told(&home, &server, &["lock", "--check"]), @r"");
    let lock = fs::read_to_string(home.join("schemas.lock")).expect("a lock");
    let lock: Value = serde_json::from_str(&lock).expect("JSON");
    let money: Vec<&Value> =
        lock["schemas"].as_array().expect("a list").iter().filter(|one| one["subject"] == "money").collect();
    assert_eq!(
        money.iter().map(|one| &one["version"]).collect::<Vec<_>>(),
        [1, 2],
        "what is referred to, too"
    );
    assert!(money[0].get("path").is_none() && money[1].get("path").is_some(), "{money:?}");

    // A consumer has the lock and no schemas.
    let consumer = folder(&[("schemas.lock", &lock.to_string())]);
    let further = r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"},{"name":"n","type":"int","default":1}]}"#;
    register(&server, "orders-value", json!({ "schema": further }));
    assert_snapshot!(told(consumer.path(), &server, &["pull", "orders-value", "lines-value", "--out", "built"]), @r"");
    assert_snapshot!(told(consumer.path(), &server, &["pull", "orders-value", "lines-value", "--out", "built"]), @r"");
    let order = fs::read_to_string(consumer.path().join("built/orders-value.avsc")).expect("a schema");
    assert!(!order.contains("\"n\""), "the version in the lock, not the latest: {order}");
    succeeds(consumer.path(), &["pull", "shop/cart.proto", "--out", "imports"]);
    assert_eq!(fs::read_to_string(consumer.path().join("imports/shop/cart.proto")).expect("a schema"), CART);
    let money = fs::read_to_string(consumer.path().join("imports/shop/money.proto")).expect("a schema");
    assert_eq!(money, MONEY, "where the import looks for it, in the version that is referred to");

    assert_snapshot!(told(&home, &server, &["lock", "--check"]), @r"");
    let other = lock.to_string().replace(lock["schemas"][1]["sha256"].as_str().expect("a hash"), "0000");
    let wrong = folder(&[("schemas.lock", &other)]);
    let all = told(wrong.path(), &server, &["pull"]);
    assert!(all.starts_with("exit 1\n") && all.contains("has another text than the lock says"), "{all}");
    assert!(!wrong.path().join("schemas").exists(), "nothing was written");
}

/// Serves files, and knows nothing of schemas: a path leads to a file, a folder to its `index.html` by a
/// redirect, anything else is a page that says 404.
fn serve_files(root: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut lines = BufReader::new(client.try_clone().expect("a socket")).lines();
            let asked = lines.next().and_then(Result::ok).unwrap_or_default();
            while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
            let target = asked.split(' ').nth(1).unwrap_or_default();
            let path = target.split('?').next().unwrap_or_default();
            let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
            let file = root.join(decoded.trim_start_matches('/'));
            let (status, kind, body) = if !asked.starts_with("GET ") {
                ("501 Unsupported method", "text/html", b"<p>501</p>".to_vec())
            } else if file.is_dir() && !path.ends_with('/') {
                (
                    "301 Moved Permanently\r\nlocation: ",
                    "text/html",
                    path.as_bytes().iter().copied().chain(*b"/").collect(),
                )
            } else {
                let file = if file.is_dir() { file.join("index.html") } else { file };
                match fs::read(file) {
                    Ok(body) => ("200 OK", "application/octet-stream", body),
                    Err(_) => ("404 File not found", "text/html", b"<p>404</p>".to_vec()),
                }
            };
            let head = match status.strip_suffix("location: ") {
                Some(_) => format!("{status}{}", String::from_utf8_lossy(&body)),
                None => status.to_owned(),
            };
            let head = format!("HTTP/1.1 {head}\r\ncontent-type: {kind}\r\nconnection: close");
            // A client that went away needs no answer.
            let _ = write!(client, "{head}\r\ncontent-length: {}\r\n\r\n", body.len())
                .and_then(|()| client.write_all(&body));
        }
    });
    url
}

#[test]
fn a_bundle_answers_readers_as_the_registry_did() {
    let server = Server::start();
    seed(&server, "");
    let folder = tempfile::tempdir().expect("a folder");
    assert_snapshot!(told(folder.path(), &server, &["bundle", "--registry-url", &server.url]), @r"");
    let files = serve_files(folder.path().join("bundle"));
    let mut addresses: Vec<String> = [
        "/subjects",
        "/contexts",
        "/config",
        "/config/orders-value",
        "/subjects/orders-value/versions",
        "/subjects/orders-value/versions/latest",
        "/subjects/shop%2Fcart.proto/versions/1",
        "/subjects/money/versions",
        "/subjects/money/versions/1?deleted=true",
        "/subjects/money/versions/latest",
        "/subjects/sizes/versions/latest?normalize=false",
    ]
    .map(str::to_owned)
    .into();
    let schemas = get(&format!("{}/schemas", server.url));
    for schema in schemas.as_array().expect("a list") {
        let guid = schema["guid"].as_str().expect("a guid");
        addresses.push(format!("/schemas/ids/{}?subject=x&fetchMaxId=false", schema["id"]));
        addresses.push(format!("/schemas/guids/{guid}"));
    }
    for address in addresses {
        let told = |url: &str| {
            let mut body = get(&format!("{url}{address}"));
            if let Some(body) = body.as_object_mut() {
                // What a reader has no use for: when it was registered, and whether it is deleted.
                for member in ["ts", "deleted", "subject", "version", "guid", "schemaType", "id", "maxId"] {
                    let is_of_content = address.starts_with("/schemas") && member != "schemaType";
                    if is_of_content || matches!(member, "ts" | "deleted") {
                        body.remove(member);
                    }
                }
                if body.get("schemaType") == Some(&json!("AVRO")) {
                    body.remove("schemaType");
                }
            }
            body
        };
        assert_eq!(told(&files), told(&server.url), "{address}");
    }
    server.kill();
    // Without the registry: a consumer reads a schema and what it refers to, and a check has its base.
    let pulled = tempfile::tempdir().expect("a folder");
    succeeds(pulled.path(), &["pull", "shop/cart.proto@1", "--registry-url", &files, "--out", "."]);
    assert_eq!(fs::read_to_string(pulled.path().join("shop/cart.proto")).expect("a schema"), CART);
    assert_eq!(fs::read_to_string(pulled.path().join("shop/money.proto")).expect("a schema"), MONEY);
}

#[test]
fn a_bundle_is_replaced_as_a_whole_and_its_texts_are_held_against_their_checksums() {
    let server = Server::start();
    register(&server, "a", json!({ "schema": "\"int\"" }));
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["bundle", "--registry-url", &server.url, "--out", "b"];
    succeeds(folder.path(), &arguments);
    send(&server, Method::DELETE, "/subjects/a", json!({}));
    register(&server, "b", json!({ "schema": "\"long\"" }));
    succeeds(folder.path(), &arguments);
    assert!(!folder.path().join("b/subjects/a").exists());
    let bundle = dovetail::gate::bundle::read(&folder.path().join("b")).expect("a bundle");
    assert_eq!(bundle.schemas.iter().map(|one| one.subject.as_str()).collect::<Vec<_>>(), ["b"]);
    for (path, sum) in &bundle.files {
        let bytes = fs::read(folder.path().join("b").join(path)).expect(path);
        assert_eq!(hash(&bytes), *sum, "{path}");
    }
    let text = fs::read_to_string(folder.path().join("b/bundle.json")).expect("a file");
    for (broken, expected) in [
        (text.replace("\\\"long\\\"", "\\\"int\\\""), "does not have its checksum"),
        (text.replace("\"format_version\": 1", "\"format_version\": 9"), "its form is 9"),
        ("{".to_owned(), "is no bundle"),
    ] {
        write(folder.path(), &[("broken.json", &broken)]);
        let failure = dovetail::gate::bundle::read(&folder.path().join("broken.json")).expect_err("broken");
        assert!(failure.error.to_string().contains(expected), "{}", failure.error);
    }
}

fn hash(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_help_of_each_command_teaches() {
    let folder: TempDir = tempfile::tempdir().expect("a folder");
    assert_snapshot!(run(folder.path(), &["plan", "--help"]), @r"");
    assert_snapshot!(run(folder.path(), &["apply", "--help"]), @r"");
    assert_snapshot!(run(folder.path(), &["dump", "--help"]), @r"");
    assert_snapshot!(run(folder.path(), &["prune", "--help"]), @r"");
    assert_snapshot!(run(folder.path(), &["lock", "--help"]), @r"");
    assert_snapshot!(run(folder.path(), &["pull", "--help"]), @r"");
    assert_snapshot!(run(folder.path(), &["bundle", "--help"]), @r"");
}

#[test]
fn a_bundle_is_a_base_without_a_network() {
    let server = Server::start();
    seed(&server, "");
    let folder = tempfile::tempdir().expect("a folder");
    succeeds(folder.path(), &["bundle", "--registry-url", &server.url]);
    succeeds(folder.path(), &["dump", "--registry-url", &server.url]);
    server.kill();
    let home = folder.path().join("schemas");
    let check = |base: &str| -> (Option<i32>, Value) {
        let mut command = crate::terminal::dovetail(&home, &["check", "--against", base, "--format", "json"]);
        let output = command.output().expect("the binary runs");
        (output.status.code(), serde_json::from_slice(&output.stdout).expect("JSON"))
    };
    let (code, report) = check("bundle:../bundle");
    assert_eq!(
        (code, &report["count"]["incompatible"], &report["count"]["new"]),
        (Some(0), &json!(0), &json!(0))
    );
    let order =
        r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"string"}]}"#;
    write(&home, &[("orders-value.avsc", order)]);
    let (code, report) = check("bundle:../bundle/bundle.json");
    assert_eq!(code, Some(1), "{report:#}");
    let broken: Vec<&Value> = report["files"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|file| file["result"] == "incompatible")
        .collect();
    assert_eq!(broken.len(), 2, "the schema, and what refers to it: {report:#}");
    assert_eq!(broken[1]["level"], "FULL_TRANSITIVE", "the level of then");
    assert_eq!(report["findings"][0]["against"]["version"], 1);
    let (code, _) = check("none");
    assert_eq!(code, Some(0));
    let missing = crate::terminal::dovetail(&home, &["check", "--against", "bundle:missing.json"]).output();
    assert_eq!(missing.expect("the binary runs").status.code(), Some(3));
}
