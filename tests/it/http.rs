//! HTTP flows: `tests/cases/http/*.toml` played against the real router over a real store, on every
//! store there is. Each flow starts with an empty registry.
//!
//! A step names a request and what it must answer. `status` is always compared; `json` must equal
//! the body, save that members named by `ignore` (default `ts`) are dropped from both sides at every
//! depth; `contains` are texts that the body must hold; `text` is the whole body; `headers` must be
//! there with these values, an empty value means that the header is absent; `headers_unlike` must be
//! there with other values. `${name}` in a path, header or body stands for what an earlier step kept:
//! `keep = { name = "header etag" }` or `{ name = "/json/pointer" }`. `keep_body` keeps the bytes of
//! the whole answer for a later step to send as `body_kept`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use axum::body::Body;
use dovetail::api::{self, Answers, Options};
use dovetail::kms::{Kms, LocalKeys};
use dovetail::registry::{Caller, Defaults, Registry};
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::Value;

use crate::harness;

/// What `local_key` gives.
const LOCAL_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flow {
    #[serde(default)]
    options: FlowOptions,
    step: Vec<Step>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct FlowOptions {
    incompatible_error_code: Option<u32>,
    omit_avro_schema_type: bool,
    body_limit: Option<usize>,
    drop_rule_sets: bool,
    default_level: Option<String>,
    /// The server has a key file.
    local_key: bool,
    max_keys: Option<usize>,
    /// Who judges; `reference` unless said otherwise, for that is whose contract the flows hold.
    judge: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// What the step shows, when the request does not say it.
    #[serde(default)]
    name: String,
    /// `METHOD /path?query`.
    request: String,
    #[serde(default)]
    send: BTreeMap<String, Headers>,
    body: Option<String>,
    /// The body in hex, for what is no text.
    body_hex: Option<String>,
    /// The name under which an earlier step kept its answer, which is sent back as it came.
    body_kept: Option<String>,
    /// The schema text of a body.
    schema: Option<String>,
    /// The other members of a body with a schema, as a JSON object.
    with: Option<String>,
    #[serde(default = "ok")]
    status: u16,
    json: Option<String>,
    #[serde(default = "ts")]
    ignore: Vec<String>,
    #[serde(default)]
    contains: Vec<String>,
    text: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    headers_unlike: BTreeMap<String, String>,
    #[serde(default)]
    keep: BTreeMap<String, String>,
    keep_body: Option<String>,
}

/// What earlier steps kept.
#[derive(Default)]
struct Memory {
    texts: BTreeMap<String, String>,
    bodies: BTreeMap<String, Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Headers {
    One(String),
    Many(Vec<String>),
}

fn ok() -> u16 {
    200
}

fn ts() -> Vec<String> {
    vec!["ts".to_owned()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/http");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("flows").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failures = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a flow is readable");
        let flow: Flow = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for place in harness::stores().await {
            let registry = Registry::new(place.store.clone(), defaults(&flow.options));
            settle_judge(&registry, &flow.options).await;
            let server = api::service(registry, &options(&flow.options));
            let flow_name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            play(&server, &flow, &format!("{flow_name} on {}", place.name), &mut failures).await;
            place.store.close().await;
        }
    }
    assert!(failures.is_empty(), "{} steps failed\n{}", failures.len(), failures.join("\n"));
}

fn defaults(given: &FlowOptions) -> Defaults {
    let level = given.default_level.as_ref().map(|name| name.parse().expect("a level"));
    let local = given.local_key.then(|| LocalKeys::parse(LOCAL_KEY).expect("a key"));
    let defaults = Defaults::default();
    Defaults {
        level: level.unwrap_or(defaults.level),
        drop_rule_sets: given.drop_rule_sets,
        kms: Kms::new(local, None),
        most_keys: given.max_keys.unwrap_or(defaults.most_keys),
        ..defaults
    }
}

/// As the start of a server does it.
async fn settle_judge(registry: &Registry, given: &FlowOptions) {
    let judge = given.judge.as_deref().unwrap_or("reference").parse().expect("a judge");
    let caller = Caller { actor: "flow".into(), request_id: "start".into(), now: 1_787_443_200_000 };
    registry.settle_judge(Some(judge), &caller).await.expect("a fresh store");
}

fn options(given: &FlowOptions) -> Options {
    let defaults = Options::default();
    Options {
        incompatible_error_code: given.incompatible_error_code.unwrap_or(defaults.incompatible_error_code),
        omit_avro_schema_type: given.omit_avro_schema_type,
        body_limit: given.body_limit.unwrap_or(defaults.body_limit),
        ..defaults
    }
}

async fn play(server: &Answers, flow: &Flow, name: &str, failures: &mut Vec<String>) {
    let mut memory = Memory::default();
    for (number, step) in flow.step.iter().enumerate() {
        let (status, headers, body) = send(server, step, &memory).await;
        let kept = &mut memory.texts;
        let mut wrong = Vec::new();
        if status != step.status {
            wrong.push(format!("status {status}, expected {}", step.status));
        }
        let text = String::from_utf8_lossy(&body).into_owned();
        compare_body(step, &text, kept, &mut wrong);
        for (header, expected) in &step.headers {
            let found = header_text(&headers, header);
            if found != fill(expected, kept) {
                wrong.push(format!("header {header}: `{found}`, expected `{expected}`"));
            }
        }
        for (header, unexpected) in &step.headers_unlike {
            let found = header_text(&headers, header);
            if found.is_empty() || found == fill(unexpected, kept) {
                wrong.push(format!("header {header}: `{found}`, expected another value"));
            }
        }
        for (variable, place) in &step.keep {
            let value = match place.strip_prefix("header ") {
                Some(header) => headers.get(header).and_then(|value| value.to_str().ok()).map(str::to_owned),
                None => serde_json::from_str::<Value>(&text).ok().and_then(|json| {
                    json.pointer(place).map(|value| value.as_str().map_or(value.to_string(), str::to_owned))
                }),
            };
            kept.insert(variable.clone(), value.unwrap_or_default());
        }
        if let Some(name) = &step.keep_body {
            memory.bodies.insert(name.clone(), body);
        }
        if !wrong.is_empty() {
            let number = number + 1;
            failures.push(format!(
                "{name}, step {number} {} ({}):\n    {}\n    body: {text}",
                step.name,
                step.request,
                wrong.join("\n    ")
            ));
        }
    }
}

fn header_text<'a>(headers: &'a http::HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn compare_body(step: &Step, text: &str, kept: &BTreeMap<String, String>, wrong: &mut Vec<String>) {
    if let Some(expected) = &step.json {
        let expected: Value = serde_json::from_str(&fill(expected, kept))
            .unwrap_or_else(|error| panic!("the expectation of {} is not JSON: {error}", step.request));
        match serde_json::from_str::<Value>(text) {
            Ok(found) => {
                // As texts, so that the order of members counts.
                let text_of = |value| without(value, &step.ignore).to_string();
                let (found, expected) = (text_of(found), text_of(expected));
                if found != expected {
                    wrong.push(format!("expected {expected}"));
                }
            }
            Err(error) => wrong.push(format!("the body is not JSON: {error}")),
        }
    }
    if let Some(expected) = &step.text
        && *expected != text
    {
        wrong.push(format!("expected `{expected}`"));
    }
    for part in &step.contains {
        if !text.contains(&fill(part, kept)) {
            wrong.push(format!("expected something with `{part}`"));
        }
    }
}

fn without(value: Value, ignored: &[String]) -> Value {
    match value {
        Value::Object(members) => {
            let shown = members.into_iter().filter(|(key, _)| !ignored.contains(key));
            shown.map(|(key, value)| (key, without(value, ignored))).collect()
        }
        Value::Array(elements) => elements.into_iter().map(|element| without(element, ignored)).collect(),
        other => other,
    }
}

fn fill(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

async fn send(server: &Answers, step: &Step, memory: &Memory) -> (u16, http::HeaderMap, Vec<u8>) {
    let (method, path) = step.request.split_once(' ').expect("METHOD /path");
    let kept = &memory.texts;
    let body = match (&step.body, &step.body_hex, &step.body_kept) {
        (Some(text), ..) => fill(text, kept).into_bytes(),
        (_, Some(hex), _) => bytes_of(hex),
        (.., Some(name)) => memory.bodies.get(name).expect("an answer kept by an earlier step").clone(),
        _ => body_with_schema(step, kept),
    };
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = method.parse().expect("a method");
    *request.uri_mut() = fill(path, kept).parse().expect("a path");
    for (name, values) in &step.send {
        let values = match values {
            Headers::One(value) => std::slice::from_ref(value),
            Headers::Many(values) => values,
        };
        for value in values {
            let name: HeaderName = name.parse().expect("a header name");
            request
                .headers_mut()
                .append(name, HeaderValue::from_str(&fill(value, kept)).expect("a header value"));
        }
    }
    let response = server.answer(request).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("the body can be read").to_bytes();
    (parts.status.as_u16(), parts.headers, body.to_vec())
}

fn body_with_schema(step: &Step, kept: &BTreeMap<String, String>) -> Vec<u8> {
    if step.schema.is_none() && step.with.is_none() {
        return Vec::new();
    }
    let with = fill(step.with.as_deref().unwrap_or("{}"), kept);
    let mut body: serde_json::Map<String, Value> =
        serde_json::from_str(&with).unwrap_or_else(|error| panic!("{} sends no JSON: {error}", step.request));
    if let Some(schema) = &step.schema {
        body.insert("schema".to_owned(), fill(schema, kept).into());
    }
    Value::from(body).to_string().into_bytes()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
