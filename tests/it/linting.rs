//! The rules about one schema: each has a case that violates it, at the places that are marked, and a close one
//! that does not.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use dovetail::lint::{self, Action, Rule, Settings, rules};
use dovetail::model::Format;
use dovetail::schema::{Options, Place, Schema};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: String,
    fires: String,
    near: String,
}

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

#[test]
fn every_rule_fires_where_it_should_and_nowhere_else() {
    let mut wrong = String::new();
    let mut shown = BTreeSet::new();
    for (name, format) in [("avro", Format::Avro), ("json", Format::Json), ("protobuf", Format::Protobuf)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cases/lint/{name}.toml"));
        let file: File = toml::from_str(&std::fs::read_to_string(path).expect("a case file")).expect("cases");
        for case in file.case {
            let rule = rules::find(&case.rule).unwrap_or_else(|| panic!("there is no rule {}", case.rule));
            shown.insert(rule.id);
            let (text, expected) = unmarked(&case.fires);
            assert!(!expected.is_empty(), "{}: no place is marked", case.rule);
            let found = places(rule, format, &text);
            if found != expected {
                let _ = writeln!(wrong, "{}: fires at {found:?}, not at {expected:?}", case.rule);
            }
            let near = places(rule, format, &case.near);
            if !near.is_empty() {
                let _ = writeln!(wrong, "{}: fires at {near:?} of the case that comes near", case.rule);
            }
        }
    }
    for rule in rules::all().filter(|rule| !shown.contains(rule.id)) {
        let _ = writeln!(wrong, "{}: there is no case", rule.id);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What `dovetail explain` shows is true.
#[test]
fn the_examples_of_the_rules_are_examples() {
    let mut wrong = String::new();
    for rule in rules::all() {
        let format = match rule.id.split('-').next() {
            Some("avro") => Format::Avro,
            Some("json") => Format::Json,
            _ => Format::Protobuf,
        };
        if places(rule, format, rule.bad).is_empty() {
            let _ = writeln!(wrong, "{}: the bad example is good", rule.id);
        }
        if !places(rule, format, rule.good).is_empty() {
            let _ = writeln!(wrong, "{}: the good example is bad", rule.id);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn without_settings_nothing_is_unwise() {
    let schema = parse(Format::Avro, r#"{"type":"record","name":"r","fields":[]}"#);
    assert_eq!(lint::check(&schema, "", &Settings::default()), []);
}

/// Where a rule fires, and that what is found says what it should.
fn places(rule: &'static Rule, format: Format, text: &str) -> Vec<Place> {
    let mut settings = Settings::default();
    settings.set(rule, Some(Action::Error));
    let found = lint::check(&parse(format, text), text, &settings);
    let places = found.iter().map(|finding| {
        assert_eq!((finding.rule, finding.action), (rule, Action::Error));
        finding.place.unwrap_or_else(|| panic!("{}: no place: {}", rule.id, finding.message))
    });
    places.collect()
}

fn parse(format: Format, text: &str) -> Schema {
    Schema::parse(format, text, &[], Options::STORED).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The text without marks, and where they stood.
fn unmarked(marked: &str) -> (String, Vec<Place>) {
    let mut text = String::new();
    let mut places = Vec::new();
    for part in marked.split_inclusive('«') {
        text.push_str(part.trim_end_matches('«'));
        if part.ends_with('«') {
            places.push(Place::of(&text, text.len()));
        }
    }
    (text, places)
}
