//! Lines and columns: of findings and of errors, in texts as people and their editors write them.
//!
//! Columns count characters, whatever their width: a letter with a combining accent is two, and so is none
//! of a byte order mark.

use std::fmt::Write as _;
use std::path::Path;

use dovetail::compat::{self, Extent, Incompatibility, Previous, Question};
use dovetail::model::{Format, Judge, Judging, Level, Version};
use dovetail::schema::{Lines, Options, Place, Schema};
use insta::assert_snapshot;
use serde::Deserialize;

use crate::terminal::{folder, run};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The rule that the pair violates; else there is an error.
    rule: Option<String>,
    /// Part of the message with which the text is refused.
    error: Option<String>,
    old: Option<String>,
    new: String,
    packs: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

/// What an editor may do to a text without changing what it says: its name, and the text after it.
type Spelling = (&'static str, fn(&str) -> String);

const SPELLINGS: [Spelling; 3] = [
    ("as it is", str::to_owned),
    ("with CRLF", |text| text.replace('\n', "\r\n")),
    ("with a blank line before and tabs", |text| format!("\n\t{}", text.replace("  ", "\t"))),
];

#[test]
fn findings_and_errors_are_where_they_are() {
    let mut wrong = String::new();
    for (name, format) in [("avro", Format::Avro), ("json", Format::Json), ("protobuf", Format::Protobuf)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cases/places/{name}.toml"));
        let file: File = toml::from_str(&std::fs::read_to_string(path).expect("a case file")).expect("cases");
        for case in file.case {
            for (spelling, respell) in SPELLINGS {
                let told = match (&case.rule, &case.error) {
                    (Some(rule), None) => of_finding(&case, rule, format, respell),
                    (None, Some(error)) => of_error(&case.new, error, format, respell),
                    _ => panic!("a case has a rule or an error"),
                };
                if let Err(told) = told {
                    let what = case.rule.as_ref().or(case.error.as_ref()).expect("one of them");
                    let _ = writeln!(wrong, "{name}: {what}, {spelling}: {told}");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn of_finding(case: &Case, rule: &str, format: Format, respell: fn(&str) -> String) -> Result<(), String> {
    let old = case.old.as_ref().expect("an old schema");
    let ((old, was), (new, is)) = (unmarked(&respell(old)), unmarked(&respell(&case.new)));
    let parse = |text: &str| Schema::parse(format, text, &[], Options::STORED).expect("a schema");
    let mut judging = Judging::by(Judge::Proof);
    if let Some(packs) = &case.packs {
        judging.packs = packs.iter().map(|pack| pack.parse().expect("a pack")).collect();
    }
    let question = Question { level: Level::Backward, judging: &judging, extent: Extent::Everything };
    let previous = Previous::live(Version::FIRST, Ok(parse(&old)));
    let report = compat::check_one(question, previous, &parse(&new));
    let place = |finding: &Incompatibility| {
        let of = |pointer: &Option<compat::Pointer>, text: &str| {
            let pointer = pointer.as_ref().expect("a pointer");
            let among = pointer.place_among(&Lines::of(text));
            assert_eq!(among, pointer.place(text));
            among
        };
        (of(&finding.writer_at, &old), of(&finding.reader_at, &new))
    };
    let found: Vec<_> =
        report.findings().filter(|(_, it)| it.rule.id == rule).map(|(_, it)| place(it)).collect();
    if found != [(Some(was), Some(is))] {
        return Err(format!("at {found:?}, not at {:?}", (was, is)));
    }
    Ok(())
}

fn of_error(text: &str, error: &str, format: Format, respell: fn(&str) -> String) -> Result<(), String> {
    let (text, place) = unmarked(&respell(text));
    let found = Schema::parse(format, &text, &[], Options::NEW).expect_err("no schema");
    if found.place != Some(place) || !found.message.contains(error) {
        return Err(format!("at {:?}, not at {place:?}: {}", found.place, found.message));
    }
    Ok(())
}

/// Every finding about the schemas themselves has a place in both, or the other one has none to show.
#[test]
fn every_finding_has_a_place() {
    let mut lacking = String::new();
    for name in ["avro", "json", "protobuf"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/compat").join(name);
        for entry in std::fs::read_dir(folder).expect("the case folder") {
            let path = entry.expect("a case file").path();
            let text = std::fs::read_to_string(&path).expect("a case file");
            let file: toml::Table = toml::from_str(&text).expect("valid cases");
            for case in file["case"].as_array().expect("cases") {
                let text = |key: &str| case.get(key).and_then(toml::Value::as_str).map(str::to_owned);
                // What is in texts that are referred to, built-in ones included, has no place here.
                let has_imports = path.ends_with("reference_imports.toml")
                    || ["imports", "old_imports", "new_imports"].iter().any(|key| case.get(key).is_some());
                let (Some(old), Some(new), false) = (text("old"), text("new"), has_imports) else { continue };
                let format: Format = name.to_uppercase().parse().expect("a format");
                let parse = |text: &str| Schema::parse(format, text, &[], Options::STORED);
                let (Ok(before), Ok(after)) = (parse(&old), parse(&new)) else { continue };
                let judging = Judging {
                    packs: "wire,json-names,source"
                        .split(',')
                        .map(|it| it.parse().expect("a pack"))
                        .collect(),
                    ..Judging::by(Judge::Proof)
                };
                let question = Question { level: Level::Full, judging: &judging, extent: Extent::Everything };
                let report = compat::check_one(question, Previous::live(Version::FIRST, Ok(before)), &after);
                for (_, finding) in report.findings().filter(|(_, finding)| finding.rule.is_judged()) {
                    let (reader, writer) = match finding.direction {
                        dovetail::model::Direction::Backward => (&new, &old),
                        dovetail::model::Direction::Forward => (&old, &new),
                    };
                    let has = |pointer: &Option<compat::Pointer>, text: &str| {
                        pointer.as_ref().is_some_and(|it| it.place(text).is_some()) || text.trim().is_empty()
                    };
                    if !has(&finding.reader_at, reader) || !has(&finding.writer_at, writer) {
                        let at = (&finding.reader_at, &finding.writer_at);
                        let _ = writeln!(lacking, "{}: {}: {at:?}", path.display(), finding.rule.id);
                    }
                }
            }
        }
    }
    assert!(lacking.is_empty(), "{lacking}");
}

/// A byte order mark is no part of a text: it parses, and columns do not count it.
#[test]
fn a_byte_order_mark_is_not_counted() {
    let mark = |text: &str| format!("\u{feff}{text}");
    let files = folder(&[
        ("a/é.avsc", &mark(r#"{"type":"enum","doc":"é","name":"E","symbols":["A"]}"#)),
        ("b/é.avsc", r#"{"type":"enum","doc":"é","name":"E","symbols":["A","B"]}"#),
        ("a/m.proto", &mark("/* é */ syntax = \"proto3\"; message M { int32 a = 1; }")),
        ("b/m.proto", "/* é */ syntax = \"proto3\"; message M { string a = 1; }"),
        ("a/s.schema.json", &mark(r#"{"title":"é","type":"string"}"#)),
        ("b/s.schema.json", r#"{"title":"é","type":"integer"}"#),
        ("a/x.avsc", &mark(r#"{"doc":"é" "type":"int"}"#)),
        ("b/x.avsc", r#""int""#),
    ]);
    assert_snapshot!(run(files.path(), &["diff", "b", "a", "--no-text"]), @r#"
    exit 2
    --- stdout
    old  b
    new  a

    changed   m.proto
      BACKWARD incompatible   FORWARD incompatible   FULL incompatible
      ~ type-changed  new 1:40  /M/1
          the type of the field `a` of the message `M` was `string` and is `int32`
          FAIL FORWARD  proto-field-type-changed
               `M.a` is int32 in the new schema and string in the old schema
          FAIL BACKWARD  proto-field-type-changed
               `M.a` is string in the old schema and int32 in the new schema

    changed   s.schema.json
      BACKWARD incompatible   FORWARD incompatible   FULL incompatible
      ~ type-changed  new 1:14  /type
          the type of the schema was `integer` and is `string`
          FAIL FORWARD  json-type-narrowed
               the new schema allows "", the old schema only integer
          FAIL BACKWARD  json-type-narrowed
               the old schema allows 0, the new schema only string

    invalid   x.avsc
      the new schema cannot be parsed at 1:12: expected ',' or '}' in an object at line 1, column 12

    changed   é.avsc
      BACKWARD incompatible   FORWARD compatible   FULL incompatible
      - symbol-removed  old 1:52  /symbols/1
          `E` lacks the symbol `B`, which it had
          FAIL BACKWARD  avro-symbol-removed
               the old schema writes symbols of the enum `E` that the new schema lacks: B
    --- stderr
    "#);
}

/// The text without its mark, and where that stood.
fn unmarked(marked: &str) -> (String, Place) {
    let (before, after) = marked.split_once('«').expect("a mark");
    (format!("{before}{after}"), Place::of(before, before.len()))
}
