//! How long verdicts take: both judges, witnesses included, schemas already parsed.
//!
//! Prints the median, the 99th percentile and the slowest of many rounds for each pair of schemas, and
//! writes the pairs where other checkers can read them (`--emit FOLDER`); `benches/verdicts/run`
//! has those judge the same pairs in the same run and prints the ratios.

#[path = "../../tests/soundness/json/worst.rs"]
#[expect(dead_code, reason = "what is true of a pair is the concern of the test")]
mod worst;

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dovetail::compat::{self, Extent, Previous, Question};
use dovetail::model::{Format, Judge, Judging, Level, Version};
use dovetail::schema::{Options, Schema};
use serde_json::json;

// The registry's allocator: schemas are made of many small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One thing to measure.
struct Subject {
    name: &'static str,
    format: Format,
    level: Level,
    /// Oldest first.
    history: Vec<String>,
    new: String,
    rounds: usize,
}

fn main() {
    let (mut emit, mut only) = (None, String::new());
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(option) = arguments.next() {
        match (option.as_str(), arguments.next()) {
            ("--emit", Some(folder)) => emit = Some(PathBuf::from(folder)),
            ("--only", Some(name)) => only = name,
            _ => panic!("usage: verdicts [--emit FOLDER] [--only PART OF A NAME]"),
        }
    }
    println!("{:44} {:>10} {:>10} {:>10}  verdict", "what", "p50", "p99", "slowest");
    for subject in subjects().into_iter().filter(|subject| subject.name.contains(&only)) {
        if let (Some(folder), [old]) = (&emit, subject.history.as_slice()) {
            write(folder, &subject, old);
        }
        let name = subject.name;
        let judge = std::thread::Builder::new().stack_size(compat::STACK);
        let judge = judge.spawn(move || measure(&subject)).expect("a thread");
        let (mut times, verdict) = judge.join().expect("a verdict");
        times.sort_unstable();
        let at = |share: usize| times[(times.len() - 1) * share / 100];
        let [median, most, slowest] = [at(50), at(99), at(100)].map(micros);
        println!("{name:44} {median:>10} {most:>10} {slowest:>10}  {verdict}");
    }
}

/// Avro schemas as files; pairs of JSON Schema as lines of one.
fn write(folder: &Path, subject: &Subject, old: &str) {
    let stem = subject.name.replace([' ', ','], "-");
    match subject.format {
        Format::Avro => {
            for (side, text) in [("old", old), ("new", &subject.new)] {
                std::fs::write(folder.join(format!("{stem}.{side}.avsc")), text)
                    .expect("the folder is writable");
            }
        }
        Format::Json => {
            let pair = json!({"id": subject.name, "format": "JSON", "old": old, "new": subject.new});
            let file = OpenOptions::new().create(true).append(true).open(folder.join("json.jsonl"));
            writeln!(file.expect("the folder is writable"), "{pair}").expect("a file that takes a line");
        }
        Format::Protobuf => {}
    }
}

fn micros(time: Duration) -> String {
    format!("{:.1} us", time.as_secs_f64() * 1e6)
}

fn measure(subject: &Subject) -> (Vec<Duration>, String) {
    let parse = |text: &str| Schema::parse(subject.format, text, &[], Options::STORED).expect("a schema");
    let history: Vec<Schema> = subject.history.iter().map(|text| parse(text)).collect();
    let new = parse(&subject.new);
    let judging = Judging::by(Judge::Proof);
    let question = Question { level: subject.level, judging: &judging, extent: Extent::FirstRefusal };
    let check = || {
        let newest_first = history.iter().enumerate().rev().map(|(position, schema)| {
            let version = Version::new(position as i32 + 1).expect("a version");
            Previous::live(version, Ok(schema.clone()))
        });
        compat::check(question, newest_first, &new)
    };
    let report = check();
    let verdict = match report.findings().next() {
        None => "compatible".to_owned(),
        Some((_, finding)) => format!(
            "{}, {} findings, first {}",
            if report.is_compatible() { "compatible" } else { "incompatible" },
            report.findings().count(),
            finding.rule.id
        ),
    };
    let times = (0..subject.rounds).map(|_| {
        let start = Instant::now();
        black_box(check());
        start.elapsed()
    });
    (times.collect(), verdict)
}

fn subjects() -> Vec<Subject> {
    let avro = |name, old: String, new: String| Subject {
        name,
        format: Format::Avro,
        level: Level::Backward,
        history: vec![old],
        new,
        rounds: 2_000,
    };
    let protobuf = |name, old: String, new: String| Subject {
        name,
        format: Format::Protobuf,
        level: Level::Backward,
        history: vec![old],
        new,
        rounds: 300,
    };
    let json = |name, old: String, new: String, rounds| Subject {
        name,
        format: Format::Json,
        level: Level::Backward,
        history: vec![old],
        new,
        rounds,
    };
    let mut subjects = vec![
        avro("avro record of 200, a field with default", record(200, ""), record(201, "")),
        avro("avro record of 200, a type narrowed", record(200, ""), record(200, "narrowed")),
        avro("avro record of 200, every type changed", record(200, ""), record(200, "all")),
        protobuf("protobuf file of 1000, a field added", file(1_000, ""), file(1_000, "added")),
        protobuf("protobuf file of 1000, a type changed", file(1_000, ""), file(1_000, "changed")),
        protobuf("protobuf file of 1000, every message changed", file(1_000, ""), file(1_000, "all")),
        json("json record of 200, a property added", object(200, ""), object(201, ""), 1_000),
        json("json record of 200, a bound tightened", object(200, ""), object(200, "tightened"), 1_000),
        json("json record of 200, a bound loosened", object(200, "tightened"), object(200, ""), 1_000),
        json("json record of 200, every type changed", object(200, ""), object(200, "all"), 200),
        json("json union of 100 tagged, one tightened", union(100, 0), union(100, 1), 200),
        json("json union of 100 tagged, one loosened", union(100, 1), union(100, 0), 200),
        Subject {
            name: "avro, transitive over 500 versions",
            format: Format::Avro,
            level: Level::BackwardTransitive,
            history: (0..500).map(|added| record(50 + added / 10, "")).collect(),
            new: record(101, ""),
            rounds: 200,
        },
        Subject {
            name: "protobuf, transitive over 500 versions",
            format: Format::Protobuf,
            level: Level::BackwardTransitive,
            history: (0..500).map(|added| file(20 + added / 25, "")).collect(),
            new: file(41, ""),
            rounds: 100,
        },
    ];
    // They take long, and it is not the differences between rounds that they are here for.
    subjects.extend(worst::rows().into_iter().map(|row| json(row.name, row.old, row.new, 3)));
    subjects
}

/// A record of as many fields; those beyond the first fifty have defaults.
fn record(fields: usize, change: &str) -> String {
    const TYPES: [&str; 8] = [
        r#""long""#,
        r#""string""#,
        r#"["null","string"]"#,
        r#""double""#,
        r#"{"type":"array","items":"string"}"#,
        r#"{"type":"map","values":"long"}"#,
        r#"{"type":"long","logicalType":"timestamp-millis"}"#,
        r#"["null",{"type":"record","name":"NAME","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"}]}]"#,
    ];
    let mut text = r#"{"type":"record","name":"R","namespace":"shop","fields":["#.to_owned();
    for field in 0..fields {
        let of = match change {
            "narrowed" if field == 96 => r#""int""#.to_owned(),
            "all" => r#"{"type":"fixed","name":"NAME","size":3}"#.to_owned(),
            _ if field >= 200 => r#"["null","long"]"#.to_owned(),
            _ => TYPES[field % TYPES.len()].to_owned(),
        };
        let of = of.replace("NAME", &format!("N{field}"));
        let comma = if field == 0 { "" } else { "," };
        let default = match (field, of.starts_with(r#"["null""#)) {
            (_, true) => r#","default":null"#,
            (50.., false) if change.is_empty() => default_of(field % TYPES.len()),
            _ => "",
        };
        let _ = write!(text, r#"{comma}{{"name":"f{field}","type":{of}{default}}}"#);
    }
    text + "]}"
}

fn default_of(kind: usize) -> &'static str {
    match kind {
        0 | 6 => r#","default":0"#,
        1 => r#","default":"""#,
        3 => r#","default":0.5"#,
        4 => r#","default":[]"#,
        5 => r#","default":{}"#,
        _ => "",
    }
}

/// An object of as many properties, the first fifty of them required and no others allowed.
fn object(properties: usize, change: &str) -> String {
    const TYPES: [&str; 8] = [
        r#"{"type":"integer"}"#,
        r#"{"type":"string","maxLength":200}"#,
        r#"{"type":["null","string"]}"#,
        r#"{"type":"number","minimum":0}"#,
        r#"{"type":"array","items":{"type":"string"}}"#,
        r#"{"type":"object","additionalProperties":{"type":"integer"}}"#,
        r#"{"type":"string","pattern":"^[a-z]+-[0-9]+$"}"#,
        r#"{"anyOf":[{"type":"null"},{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}]}"#,
    ];
    let mut text = r#"{"type":"object","additionalProperties":false,"required":["#.to_owned();
    for property in 0..50 {
        let comma = if property == 0 { "" } else { "," };
        let _ = write!(text, r#"{comma}"f{property}""#);
    }
    text.push_str(r#"],"properties":{"#);
    for property in 0..properties {
        let comma = if property == 0 { "" } else { "," };
        let of = match change {
            "tightened" if property == 96 => r#"{"type":"integer","minimum":0}"#,
            "all" => r#"{"type":"boolean"}"#,
            _ => TYPES[property % TYPES.len()],
        };
        let _ = write!(text, r#"{comma}"f{property}":{of}"#);
    }
    text + "}}"
}

/// Objects that one property tells apart; the last has another that is at least `least`.
fn union(branches: usize, least: usize) -> String {
    let mut text = r#"{"oneOf":["#.to_owned();
    for branch in 0..branches {
        let comma = if branch == 0 { "" } else { "," };
        let least = if branch + 1 == branches { least } else { 0 };
        let _ = write!(
            text,
            r#"{comma}{{"type":"object","required":["kind","of"],"properties":{{"kind":{{"const":"k{branch}"}},"of":{{"type":"integer","minimum":{least}}}}}}}"#
        );
    }
    text + "]}"
}

/// A file of as many messages, each of which uses the one before.
fn file(messages: usize, change: &str) -> String {
    let mut text = "syntax = \"proto3\";\npackage shop;\n".to_owned();
    for message in 0..messages {
        let is_changed = change == "all" || (change == "changed" && message == messages / 2);
        let kind = if is_changed { "string" } else { "int64" };
        let _ =
            write!(text, "message M{message} {{ {kind} id = 1; string name = 2; repeated double values = 3;");
        if message > 0 {
            let _ = write!(text, " M{} before = 4; map<string, M{}> by_name = 5;", message - 1, message / 2);
        }
        if change == "added" && message == messages / 2 {
            text.push_str(" bool added = 9;");
        }
        text.push_str(" }\n");
    }
    text
}
