//! Plays the flows of `tests/cases/http` against the real router over a real store, on every store
//! there is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use dovetail::api::{self, Answers, Options};
use dovetail::kms::{Kms, LocalKeys};
use dovetail::registry::{Caller, Defaults, Registry};
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt;
use serde_json::Value;

use crate::contract::Contract;
use crate::flows::{self, Flow, FlowOptions, Headers, Step};
use crate::harness;

/// What `local_key` gives.
const LOCAL_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Flows that are played at the same time: they wait more than they work.
const PLAYERS: usize = 4;

/// What earlier steps kept.
#[derive(Default)]
struct Memory {
    texts: BTreeMap<String, String>,
    bodies: BTreeMap<String, Vec<u8>>,
}

/// `FLOW=text` in the environment plays only the flows whose titles hold it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flows() {
    let wanted = std::env::var("FLOW").unwrap_or_default();
    let flows: Vec<Flow> = flows::all().into_iter().filter(|flow| flow.title().contains(&wanted)).collect();
    assert!(!flows.is_empty(), "there is no flow like `{wanted}`");
    let (flows, next) = (Arc::new(flows), Arc::new(AtomicUsize::new(0)));
    let contract = Arc::new(Contract::read());
    let mut players = tokio::task::JoinSet::new();
    for _ in 0..PLAYERS {
        let (flows, next, contract) = (flows.clone(), next.clone(), contract.clone());
        players.spawn(async move {
            let mut failures = Vec::new();
            while let Some(flow) = flows.get(next.fetch_add(1, Ordering::Relaxed)) {
                play_everywhere(flow, &contract, &mut failures).await;
            }
            failures
        });
    }
    let mut failures = players.join_all().await.concat();
    failures.sort();
    if wanted.is_empty() {
        failures.extend(contract.unmet());
    }
    assert!(failures.is_empty(), "{} steps failed\n{}", failures.len(), failures.join("\n"));
}

async fn play_everywhere(flow: &Flow, contract: &Contract, failures: &mut Vec<String>) {
    for place in harness::copies().await {
        let registry = Registry::new(place.store.clone(), defaults(&flow.options));
        settle_judge(&registry, &flow.options).await;
        let server = api::service(registry, &options(&flow.options));
        for mut failure in play(&server, flow, contract).await {
            failure.insert_str(0, &format!("{} on {}, ", flow.title(), place.name));
            failures.push(failure);
        }
        place.store.close().await;
    }
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
        reject_empty_subjects: given.reject_empty_subjects,
        fixed_modes: given.fixed_modes,
        schema_limit: given.schema_limit.unwrap_or(defaults.schema_limit),
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
        exporter_targets: given.exporter_targets.as_deref().unwrap_or("any").parse().expect("targets"),
        ..defaults
    }
}

/// Plays a flow and tells what went wrong, step by step.
async fn play(server: &Answers, flow: &Flow, contract: &Contract) -> Vec<String> {
    let mut failures = Vec::new();
    let mut memory = Memory::default();
    for (number, step) in flow.steps.iter().enumerate() {
        let (status, headers, body) = send(server, step, &memory).await;
        let kept = &mut memory.texts;
        let mut wrong = Vec::new();
        if status != step.status {
            wrong.push(format!("status {status}, expected {}", step.status));
        }
        let text = String::from_utf8_lossy(&body).into_owned();
        compare_body(step, &text, kept, &mut wrong);
        if !errors_in(status, &text).iter().all(|(status, error)| is_documented(contract, *status, error)) {
            wrong.push("the error is none of docs/CONTRACT.md".to_owned());
        }
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
                "step {number} {} ({}):\n    {}\n    body: {text}",
                step.name,
                step.request,
                wrong.join("\n    ")
            ));
        }
    }
    failures
}

/// The errors of an answer, and the status of each: an answer that holds several has one of its own.
fn errors_in(status: u16, text: &str) -> Vec<(u16, Value)> {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    match status {
        400.. if !text.is_empty() => vec![(status, body)],
        207 => {
            let errors = body["results"].as_array().into_iter().flatten().filter_map(|one| one.get("error"));
            let status_of = |error: &Value| (error["error_code"].as_u64().unwrap_or(0) / 100) as u16;
            errors.map(|error| (status_of(error), error.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// Is it an error of the document, in the shape of all errors?
fn is_documented(contract: &Contract, status: u16, error: &Value) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Error {
        error_code: u32,
        message: String,
    }
    let error: Result<Error, _> = serde_json::from_value(error.clone());
    error.is_ok_and(|error| contract.has(status, error.error_code, &error.message))
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
    for part in &step.lacks {
        if text.contains(&fill(part, kept)) {
            wrong.push(format!("expected nothing with `{part}`"));
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
