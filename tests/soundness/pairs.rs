//! Both judges' opinions of pairs that come as JSON Lines, for programs outside.

use std::io::{BufRead, Write};
use std::time::Instant;

use dovetail::compat::{
    self, Datum, Extent, Incompatibility, Previous, Proof, Question, ReferenceVerdict, Verdict, Why,
};
use dovetail::model::{Assumptions, Direction, Format, Judge, Judging, Level, Pack, Policy, Version};
use dovetail::schema::{Dependency, Options, Schema};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Pair {
    id: Value,
    format: String,
    old: String,
    new: String,
    #[serde(default)]
    old_refs: Vec<Reference>,
    #[serde(default)]
    new_refs: Vec<Reference>,
    level: Option<String>,
    /// Protobuf packs; all of them where nothing is said.
    packs: Option<Vec<String>>,
    /// JSON Schema: STRICT, or LENIENT as the corpora write it too.
    policy: Option<String>,
    #[serde(default)]
    assert_formats: bool,
    #[serde(default)]
    fill_defaults: bool,
}

#[derive(Deserialize)]
struct Reference {
    name: String,
    #[serde(alias = "schema")]
    text: String,
}

/// A line in, a line out.
pub fn judge_lines() {
    let judge = std::thread::Builder::new().stack_size(compat::STACK);
    judge.spawn(judge_all).expect("a thread").join().expect("an answer to every pair");
}

fn judge_all() {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line of text");
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str::<Pair>(&line) {
            Ok(pair) => judge(&pair),
            Err(error) => json!({"error": error.to_string()}),
        };
        writeln!(out, "{answer}").expect("standard output");
    }
}

fn judge(pair: &Pair) -> Value {
    let failed = |what: &str, error: &dyn std::fmt::Display| json!({"id": pair.id, "error": format!("{what}: {error}")});
    let Ok(format) = pair.format.parse::<Format>() else { return failed("format", &pair.format) };
    let level = pair.level.as_deref().unwrap_or("BACKWARD");
    let Ok(level) = level.parse::<Level>() else { return failed("level", &level) };
    let parse = |text: &str, references: &[Reference]| {
        let dependencies: Vec<Dependency> = references
            .iter()
            .map(|reference| Dependency {
                name: reference.name.clone(),
                origin: None,
                text: reference.text.clone(),
            })
            .collect();
        Schema::parse(format, text, &dependencies, Options::STORED)
    };
    let (old, new) = match (parse(&pair.old, &pair.old_refs), parse(&pair.new, &pair.new_refs)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(error), _) => return failed("old", &error),
        (_, Err(error)) => return failed("new", &error),
    };
    let mut judging = Judging::by(Judge::Proof);
    judging.packs = match &pair.packs {
        Some(packs) => packs.iter().filter_map(|pack| pack.parse().ok()).collect(),
        None => [Pack::Wire, Pack::JsonNames, Pack::Source].into_iter().collect(),
    };
    let policy = match pair.policy.as_deref() {
        None | Some("STRICT") => Policy::Strict,
        Some("LENIENT") => Policy::Lenient,
        Some(policy) => return failed("policy", &policy),
    };
    judging.assumptions =
        Assumptions { policy, assert_formats: pair.assert_formats, fill_defaults: pair.fill_defaults };
    let question = Question { level, judging: &judging, extent: Extent::FirstRefusal };
    let started = Instant::now();
    let report = compat::check_one(question, Previous::live(Version::FIRST, Ok(old)), &new);
    let micros = started.elapsed().as_micros() as u64;
    let verdicts = report.comparisons.iter().flat_map(|comparison| &comparison.verdicts);
    let verdicts: Vec<Value> = verdicts.map(verdict).collect();
    json!({"id": pair.id, "compatible": report.is_compatible(), "verdicts": verdicts, "micros": micros})
}

fn verdict(verdict: &Verdict) -> Value {
    let proof = match &verdict.proof {
        Proof::Proved(how) => format!("proved ({how:?})"),
        Proof::Refuted => "refuted".to_owned(),
        Proof::Undecided(Why::VerifierDisagreed) => "undecided (VerifierDisagreed)".to_owned(),
        Proof::Undecided(why) => format!("undecided ({why})"),
    };
    let reference = match &verdict.reference {
        ReferenceVerdict::Compatible => "compatible".to_owned(),
        ReferenceVerdict::Incompatible => "incompatible".to_owned(),
        ReferenceVerdict::NoAnswer(why) => format!("no answer: {why}"),
    };
    json!({
        "direction": match verdict.direction {
            Direction::Backward => "backward",
            Direction::Forward => "forward",
        },
        "proof": proof,
        "reference": reference,
        "findings": verdict.findings.iter().map(finding).collect::<Vec<Value>>(),
        "more": verdict.more,
    })
}

fn finding(finding: &Incompatibility) -> Value {
    let place = |at: &Option<compat::Pointer>| at.as_ref().map(|at| at.as_str().to_owned());
    json!({
        "rule": finding.rule.id,
        "severity": finding.severity.to_string(),
        "outcome": finding.outcome.to_string(),
        "proof": finding.proof.to_string(),
        "reader_at": place(&finding.reader_at),
        "writer_at": place(&finding.writer_at),
        "message": finding.message,
        "reference": finding.reference.as_ref().map(|known| json!({"name": known.name, "path": known.path})),
        "witness": finding.witness.as_ref().map(|witness| json!({
            "message_type": match witness.datum() {
                Datum::Protobuf { message, .. } => Some(message.clone()),
                Datum::Avro { .. } | Datum::Json { .. } => None,
            },
            "json": witness.json(),
            "bytes": witness.hex(),
            "evidence": witness.evidence().to_string(),
            "portable": witness.portable(),
        })),
    })
}
