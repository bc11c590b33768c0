//! Offline and online say the same: every compatibility case is checked against a folder, against a
//! registry, and by the registry itself, and what is found must be equal, word for word.
//!
//! `DOVETAIL_CORPUS` may name a folder of JSON lines with more cases: `format`, `old`, `new`, and
//! optionally `policy`, in each line; those that refer to other texts are left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::server::Server;
use crate::terminal::{dovetail, folder, write};

struct Case {
    name: String,
    format: &'static str,
    new_format: &'static str,
    old: String,
    new: String,
    lenient: bool,
    assert_formats: bool,
    fill_defaults: bool,
    packs: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offline_and_online_verdicts_are_equal() {
    let mut cases = own_cases();
    if let Some(corpus) = std::env::var_os("DOVETAIL_CORPUS") {
        cases.extend(corpus_cases(Path::new(&corpus)));
    }
    let server = Server::start();
    let http = reqwest::Client::new();
    put(&http, &server, "/config", json!({ "compatibility": "NONE" })).await;
    // The registry takes what is new under today's rules only; an older text cannot get there.
    let mut kept = Vec::new();
    for (at, case) in cases.into_iter().enumerate() {
        let body = json!({ "schema": case.old, "schemaType": case.format });
        let url = format!("{}/subjects/case-{at}/versions", server.url);
        let request = http.post(url).header("Content-Type", "application/json").body(body.to_string());
        if request.send().await.expect("an answer").status().is_success() {
            kept.push((format!("case-{at}"), case));
        }
    }
    assert!(kept.len() > 600, "only {} cases can be registered", kept.len());

    let place = folder(&[("new/schemas.yaml", manifest(&kept).as_str())]);
    for (subject, case) in &kept {
        let (new, old) =
            (file_of(subject, case.new_format), format!("old/{}", file_of(subject, case.format)));
        write(place.path(), &[(&format!("new/{new}"), &case.new), (&old, &case.old)]);
    }
    let old_manifest =
        manifest(&kept.iter().map(|(subject, case)| (subject.clone(), before(case))).collect::<Vec<_>>());
    write(place.path(), &[("old/schemas.yaml", &old_manifest)]);
    let registry = format!("registry:{}", server.url);
    let offline = findings(&report(&place.path().join("new"), "dir:../old"));
    let online = findings(&report(&place.path().join("new"), &registry));
    let mut differences = String::new();
    for (subject, case) in &kept {
        let nothing = Vec::new();
        let of = |found: &BTreeMap<String, Vec<String>>| found.get(subject).unwrap_or(&nothing).clone();
        let (offline, online) = (of(&offline), of(&online));
        if offline != online {
            let _ = writeln!(differences, "{}:\noffline {offline:#?}\nonline  {online:#?}", case.name);
        }
        let asked = ask(&http, &server, subject, case).await;
        if online != asked {
            let _ = writeln!(differences, "{}:\nonline  {online:#?}\n/v1/check {asked:#?}", case.name);
        }
    }
    assert!(differences.is_empty(), "{differences}");
    let refused = offline.values().flatten().filter(|finding| finding.contains(" refuse ")).count();
    assert!(refused > 500, "only {refused} findings refuse anything");
}

/// The case as its old side is declared.
fn before(case: &Case) -> Case {
    Case {
        name: case.name.clone(),
        format: case.format,
        new_format: case.format,
        old: String::new(),
        new: String::new(),
        packs: case.packs.clone(),
        ..*case
    }
}

fn file_of(subject: &str, format: &str) -> String {
    let ending = match format {
        "AVRO" => "avsc",
        "PROTOBUF" => "proto",
        _ => "schema.json",
    };
    // A folder of its own: no case finds the names of another.
    format!("{subject}/schema.{ending}")
}

fn manifest(cases: &[(String, Case)]) -> String {
    let mut text = String::from("version: 1\nsubjects:\n");
    for (subject, case) in cases {
        let entry = json!({
            "file": file_of(subject, case.new_format),
            "subject": subject,
            "level": "FULL",
            "judge": "proof",
            "policy": if case.lenient { "lenient" } else { "strict" },
            "packs": case.packs,
            "assert_formats": case.assert_formats,
            "fill_defaults": case.fill_defaults,
        });
        let _ = writeln!(text, "  - {entry}");
    }
    text
}

fn report(folder: &Path, base: &str) -> Value {
    let output = dovetail(folder, &["check", "--format", "json", "--against", base])
        .output()
        .expect("the binary runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no report against {base}: {errors}"))
}

/// What was found of each subject, without what differs from base to base.
fn findings(report: &Value) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in report["files"].as_array().expect("files") {
        if matches!(file["result"].as_str(), Some("invalid" | "unchecked")) {
            let subject = file["subject"].as_str().expect("a subject").to_owned();
            found.insert(subject, vec![file["result"].as_str().unwrap_or_default().to_owned()]);
        }
    }
    for finding in report["findings"].as_array().expect("findings") {
        let subject = finding["subject"].as_str().expect("a subject").to_owned();
        found.entry(subject).or_default().push(line(finding));
    }
    found.values_mut().for_each(|lines| lines.sort());
    found
}

fn line(finding: &Value) -> String {
    let parts = ["rule", "outcome", "severity", "direction", "proof", "fingerprint", "message", "hint"];
    let parts = parts.map(|name| finding[name].as_str().unwrap_or("-"));
    format!(
        "{} at {} and {} {} {}",
        parts.join(" "),
        finding["reader"]["pointer"],
        finding["writer"]["pointer"],
        finding["reference"],
        finding["witness"]
    )
}

/// What the registry itself says.
async fn ask(http: &reqwest::Client, server: &Server, subject: &str, case: &Case) -> Vec<String> {
    let unusual = case.assert_formats || case.fill_defaults || case.packs != ["wire"];
    if unusual {
        let settings = json!({ "packs": case.packs, "assertFormats": case.assert_formats, "fillDefaults": case.fill_defaults });
        put(http, server, &format!("/v1/settings/{subject}"), settings).await;
    }
    let mut body = json!({
        "subject": subject, "schema": case.new, "schemaType": case.new_format, "level": "FULL", "judge": "proof",
    });
    if case.lenient {
        body["policy"] = json!("LENIENT");
    }
    let request = http.post(format!("{}/v1/check", server.url)).header("Content-Type", "application/json");
    let response = request.body(body.to_string()).send().await.expect("an answer");
    let status = response.status().as_u16();
    let answer: Value = serde_json::from_str(&response.text().await.expect("a body")).expect("JSON");
    if status == 422 {
        return vec!["invalid".to_owned()];
    }
    assert_eq!(status, 200, "{}: {answer:#}", case.name);
    let mut lines: Vec<String> = answer["findings"].as_array().expect("findings").iter().map(line).collect();
    lines.sort();
    lines
}

async fn put(http: &reqwest::Client, server: &Server, path: &str, body: Value) {
    let request = http.put(format!("{}{path}", server.url)).header("Content-Type", "application/json");
    let response = request.body(body.to_string()).send().await.expect("an answer");
    assert!(response.status().is_success(), "{path}: {}", response.status());
}

/// The cases of this project, but for those that refer to other texts.
fn own_cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/compat");
    let mut cases = Vec::new();
    for (folder, format) in [("avro", "AVRO"), ("json", "JSON"), ("protobuf", "PROTOBUF")] {
        for path in files(&root.join(folder), "toml") {
            let text = std::fs::read_to_string(&path).expect("a case file");
            let file: toml::Value = toml::from_str(&text).expect("TOML");
            for case in file["case"].as_array().expect("cases") {
                if ["imports", "old_imports", "new_imports"].iter().any(|name| case.get(name).is_some()) {
                    continue;
                }
                let text = |name: &str| case.get(name).and_then(toml::Value::as_str);
                let is_on = |name: &str| case.get(name).and_then(toml::Value::as_bool).unwrap_or_default();
                let packs = case.get("packs").and_then(toml::Value::as_array);
                let packs = packs
                    .map(|packs| packs.iter().filter_map(|pack| pack.as_str().map(str::to_owned)).collect());
                let new_format = text("new_format").map_or(format, |format| match format {
                    "avro" | "AVRO" => "AVRO",
                    "protobuf" | "PROTOBUF" => "PROTOBUF",
                    _ => "JSON",
                });
                cases.push(Case {
                    name: format!("{}: {}", path.display(), text("name").expect("a name")),
                    format,
                    new_format,
                    old: text("old").expect("old").to_owned(),
                    new: text("new").expect("new").to_owned(),
                    lenient: is_on("lenient"),
                    assert_formats: is_on("assert_formats"),
                    fill_defaults: is_on("fill_defaults"),
                    packs: packs.unwrap_or_else(|| vec!["wire".to_owned()]),
                });
            }
        }
    }
    cases
}

fn corpus_cases(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for path in files(folder, "jsonl") {
        let text = std::fs::read_to_string(&path).expect("a corpus file");
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).expect("a case");
            let refers = |side: &str| case[side].as_array().is_some_and(|list| !list.is_empty());
            let (Some(old), Some(new), false) =
                (case["old"].as_str(), case["new"].as_str(), refers("old_refs") || refers("new_refs"))
            else {
                continue;
            };
            let format = match case["format"].as_str() {
                Some("AVRO") => "AVRO",
                Some("PROTOBUF") => "PROTOBUF",
                _ => "JSON",
            };
            cases.push(Case {
                name: format!("{}: {}", path.display(), case["id"]),
                format,
                new_format: format,
                old: old.to_owned(),
                new: new.to_owned(),
                lenient: case["policy"] == "LENIENT",
                assert_formats: false,
                fill_defaults: false,
                packs: vec!["wire".to_owned()],
            });
        }
    }
    cases
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|other| other == ending)).collect();
    paths.sort();
    paths
}
