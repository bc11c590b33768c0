//! The compatibility engine against the case files, the only test code that calls it.
//!
//! A case holds an old and a new schema and both opinions of them. `backward` and `forward` are what
//! the proof judge finds, as `rule place-in-the-reader`, with the severity where it is not `break`; no
//! entry means proved, unless `undecided` says why not. `reference` and `reference_forward` are what
//! the reference reports, as `NAME path`; left out when neither judge has anything to say. `near` names
//! a rule that the case comes close to without violating it; `wire_…` are the complete lists of the wire
//! when the reference decides, `proof_…` when the proof judge does. `imports` are texts that the schemas
//! refer to, by name, `old_imports` and `new_imports` those of one side; `earlier` are versions before
//! the old one; `packs` the Protobuf packs that apply (`wire` where nothing is said); `lenient`,
//! `assert_formats` and `fill_defaults` what is assumed of those who write and read JSON documents.
//! `UPDATE=1` writes what the engine says into the files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use dovetail::compat::{
    self, Extent, Opinion, Previous, Proof, Question, ReferenceVerdict, Report, Severity, Why, rules,
};
use dovetail::model::{Assumptions, Direction, Format, Judge, Judging, Level, Policy, Version};
use dovetail::schema::{Dependency, Options, Schema};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    old: String,
    new: String,
    /// Of the new schema, where it is not the folder's.
    new_format: Option<String>,
    #[serde(default)]
    imports: BTreeMap<String, String>,
    #[serde(default)]
    old_imports: BTreeMap<String, String>,
    #[serde(default)]
    new_imports: BTreeMap<String, String>,
    packs: Option<Vec<String>>,
    #[serde(default)]
    lenient: bool,
    #[serde(default)]
    assert_formats: bool,
    #[serde(default)]
    fill_defaults: bool,
    near: Option<String>,
    /// Why the proof judge does not decide, at BACKWARD or at FORWARD.
    undecided: Option<String>,
    #[serde(default)]
    backward: Vec<String>,
    #[serde(default)]
    forward: Vec<String>,
    reference: Option<Vec<String>>,
    reference_forward: Option<Vec<String>>,
    wire_backward: Option<Vec<String>>,
    wire_forward: Option<Vec<String>>,
    wire_full: Option<Vec<String>>,
    proof_backward: Option<Vec<String>>,
    proof_forward: Option<Vec<String>>,
    proof_full: Option<Vec<String>>,
}

#[test]
fn cases() {
    let mut differences = String::new();
    for path in case_files() {
        let text = std::fs::read_to_string(&path).expect("a case file");
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let found: Vec<Case> = file.case.iter().map(|case| run(case, &path, &mut differences)).collect();
        let rendered = render(&text, &found);
        if rendered == text {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, rendered).expect("the case file is writable");
        } else {
            let _ = write!(differences, "\n{}:\n{}", path.display(), line_differences(&text, &rendered));
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn every_rule_has_a_case_that_violates_it_and_one_that_nearly_does() {
    // What no case file can show in a few lines is shown elsewhere, and some only the reference reports.
    let shown_elsewhere = ["comparison-exhausted", "proto-number-reused", "proto-oneof-field-removed"];
    let cases: Vec<Case> = case_files()
        .iter()
        .flat_map(|path| {
            let text = std::fs::read_to_string(path).expect("a case file");
            toml::from_str::<File>(&text).expect("valid cases").case
        })
        .collect();
    let violates = |case: &Case, id: &str| {
        let mut found = case.backward.iter().chain(&case.forward);
        found.any(|finding| finding.split(' ').next() == Some(id))
    };
    let mut lacking = Vec::new();
    for rule in rules::all().filter(|rule| !shown_elsewhere.contains(&rule.id)) {
        if !cases.iter().any(|case| violates(case, rule.id)) {
            lacking.push(format!("{}: no case violates it", rule.id));
        }
        let near: Vec<&Case> = cases.iter().filter(|case| case.near.as_deref() == Some(rule.id)).collect();
        if !near.iter().any(|case| !case.backward.iter().any(|finding| finding.starts_with(rule.id))) {
            lacking.push(format!("{}: no case comes near it without violating it", rule.id));
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

#[test]
fn a_level_says_which_versions_and_directions_are_compared() {
    let record = |fields: &[&str]| {
        let fields: Vec<String> = fields
            .iter()
            .map(|field| match field.split_once(' ') {
                Some((name, of)) => format!(r#"{{"name":"{name}","type":"{of}"}}"#),
                None => format!(r#"{{"name":"{field}","type":"int","default":0}}"#),
            })
            .collect();
        format!(r#"{{"type":"record","name":"R","fields":[{}]}}"#, fields.join(","))
    };
    let [plain, required, optional, text] =
        [record(&["a int"]), record(&["a int", "b int"]), record(&["a int", "b"]), record(&["a string"])];
    let broken = "{".to_owned();
    // The level, the history (oldest first), the new schema, and: the versions that are reported when
    // only the first counts, when all do, and how many versions are asked for.
    for (level, history, new, first, every, asked) in [
        (Level::None, vec![&text, &broken], &plain, vec![], vec![], 0),
        (Level::Backward, vec![], &plain, vec![], vec![], 0),
        (Level::Backward, vec![&text, &plain], &optional, vec![], vec![], 1),
        (Level::Backward, vec![&plain, &text], &required, vec![2], vec![2], 1),
        (Level::BackwardTransitive, vec![&text, &plain], &plain, vec![1], vec![1], 2),
        (Level::BackwardTransitive, vec![&text, &plain, &text], &plain, vec![3], vec![3, 1], 3),
        (Level::BackwardTransitive, vec![&broken, &plain], &plain, vec![1], vec![1], 2),
        (Level::Forward, vec![&plain], &required, vec![], vec![], 1),
        (Level::Forward, vec![&plain, &required], &plain, vec![2], vec![2], 1),
        (Level::ForwardTransitive, vec![&required, &plain], &plain, vec![1], vec![1], 2),
        (Level::Full, vec![&required, &plain], &plain, vec![], vec![], 1),
        (Level::Full, vec![&plain], &required, vec![1], vec![1], 1),
        (Level::FullTransitive, vec![&required, &plain], &optional, vec![], vec![], 2),
        (Level::FullTransitive, vec![&required, &plain], &plain, vec![1], vec![1], 2),
    ] {
        let new = Schema::parse(Format::Avro, new, &[], Options::STORED).expect("the new schema");
        let reference = Judging::by(Judge::Reference);
        let versions = |extent| {
            let mut asked = 0;
            let newest_first = history.iter().enumerate().rev().map(|(index, text)| {
                asked += 1;
                previous(index as i32 + 1, Format::Avro, text)
            });
            let question = Question { level, judging: &reference, extent };
            let report = compat::check(question, newest_first, &new);
            let refused: Vec<i32> = report.refused().map(|refused| refused.version.number()).collect();
            (refused, asked)
        };
        assert_eq!(versions(Extent::FirstRefusal), (first, asked), "{level}, {history:?}");
        assert_eq!(versions(Extent::Everything), (every, asked), "{level}, {history:?}");
    }
}

#[test]
fn one_version_can_be_compared_alone_and_full_does_its_forward_half_first() {
    let new = Schema::parse(Format::Avro, r#""int""#, &[], Options::STORED).expect("a schema");
    let reference = Judging::by(Judge::Reference);
    let one = |level| {
        let question = Question { level, judging: &reference, extent: Extent::FirstRefusal };
        compat::check_one(question, previous(3, Format::Avro, r#""string""#), &new)
    };
    assert!(one(Level::None).is_compatible());
    let report = one(Level::FullTransitive);
    let directions: Vec<Direction> = findings(&report).map(|finding| finding.direction).collect();
    assert_eq!(directions, [Direction::Forward, Direction::Backward]);
    let lines = report.wire_lines(true);
    assert_eq!(lines[2], "{oldSchemaVersion: 3}");
    assert_eq!(lines[4], "{validateFields: 'true', compatibility: 'FULL_TRANSITIVE'}");
}

/// What the proof judge decides about a pair at BACKWARD: the outcomes of all findings, and whether the
/// schema is accepted.
fn outcomes(format: Format, old: &str, new: &str) -> (bool, Vec<(String, String)>) {
    let parse = |text: &str| Schema::parse(format, text, &[], Options::STORED).expect("a schema");
    let judging = Judging::by(Judge::Proof);
    let question = Question { level: Level::Backward, judging: &judging, extent: Extent::FirstRefusal };
    let old = Previous::live(Version::FIRST, Ok(parse(old)));
    let report = compat::check_one(question, old, &parse(new));
    let outcome =
        |finding: &compat::Incompatibility| (finding.rule.id.to_owned(), finding.outcome.to_string());
    (report.is_compatible(), findings(&report).map(outcome).collect())
}

/// Data that shows the break of `Big` is too large to be shown, so nothing is known of it; the loss
/// beside it is known, and says nothing about the break.
#[test]
fn what_is_not_found_out_is_not_called_harmless() {
    let record = |x: &str, k: &str| {
        format!(
            r#"{{"type":"record","name":"T","fields":[{{"name":"x","type":"{x}"}},{{"name":"d","type":["null",{{"type":"record","name":"Big","fields":[{{"name":"blob","type":{{"type":"fixed","name":"F","size":300000}}}},{{"name":"k","type":"{k}"}}]}}]}}]}}"#
        )
    };
    let (is_compatible, found) = outcomes(Format::Avro, &record("long", "int"), &record("double", "string"));
    assert!(!is_compatible, "{found:?}");
    assert!(found.contains(&("avro-number-rounded".to_owned(), "warn".to_owned())), "{found:?}");
    assert!(found.iter().any(|(_, outcome)| outcome == "refuse"), "{found:?}");
    let (is_compatible, found) = outcomes(Format::Avro, &record("long", "int"), &record("double", "int"));
    assert!(is_compatible, "{found:?}");
}

/// Only so many findings are told, but each rule has its say.
#[test]
fn many_losses_do_not_hide_a_break() {
    let avro = |of: &str, last: &str| {
        let fields = (0..150).map(|n| format!(r#"{{"name":"f{n}","type":"{of}"}},"#)).collect::<String>();
        format!(r#"{{"type":"record","name":"R","fields":[{fields}{{"name":"last","type":"{last}"}}]}}"#)
    };
    let (is_compatible, found) = outcomes(Format::Avro, &avro("long", "int"), &avro("double", "string"));
    assert!(!is_compatible);
    assert_eq!(found.iter().filter(|(rule, _)| rule == "avro-number-rounded").count(), 100);
    let protobuf = |label: &str, last: &str| {
        let fields = (1..=150).map(|n| format!("{label}int32 f{n} = {n};")).collect::<String>();
        format!("syntax = \"proto3\"; message M {{ {fields} {last} last = 200; }}")
    };
    let (is_compatible, _) =
        outcomes(Format::Protobuf, &protobuf("optional ", "int64"), &protobuf("", "int32"));
    assert!(!is_compatible);
}

#[test]
fn formats_are_looked_at_before_schemas() {
    let new = Schema::parse(Format::Json, r#"{"type":"string"}"#, &[], Options::STORED).expect("a schema");
    let json = || previous(2, Format::Json, r#"{"type":"integer"}"#);
    let avro = || previous(1, Format::Avro, r#""string""#);
    let reference = Judging::by(Judge::Reference);
    let check = |level, newest_first: Vec<Previous>| {
        let question = Question { level, judging: &reference, extent: Extent::FirstRefusal };
        compat::check(question, newest_first, &new)
    };
    assert!(check(Level::None, vec![json(), avro()]).is_compatible());
    assert!(check(Level::Full, vec![]).is_compatible());
    let lines = check(Level::Backward, vec![json(), avro()]).wire_lines(false);
    assert!(lines[0].contains("TYPE_CHANGED"), "{lines:?}");
    assert_eq!(
        check(Level::FullTransitive, vec![json(), avro()]).wire_lines(false),
        [
            "Incompatible because of different schema type",
            "{validateFields: 'false', compatibility: 'FULL_TRANSITIVE'}",
        ]
    );
}

/// `docs/rules.md` is what the catalogue says.
#[test]
fn the_page_of_rules_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, rules::markdown()).expect("the page is writable");
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page == rules::markdown(), "docs/rules.md is stale; run this test with UPDATE=1");
}

fn previous(number: i32, format: Format, text: &str) -> Previous {
    let version = Version::new(number).expect("a version");
    Previous::live(version, Schema::parse(format, text, &[], Options::STORED))
}

/// The case as the engine would have it.
fn run(case: &Case, path: &Path, differences: &mut String) -> Case {
    let format = match path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str()) {
        Some("json") => Format::Json,
        Some("protobuf") => Format::Protobuf,
        _ => Format::Avro,
    };
    let new_format = case.new_format.as_ref().map_or(format, |name| name.parse().expect("a format"));
    let parse = |format, text: &str, own: &BTreeMap<String, String>| {
        Schema::parse(format, text, &dependencies(&case.imports, own), Options::STORED)
    };
    let new = parse(new_format, &case.new, &case.new_imports)
        .unwrap_or_else(|error| panic!("{}: the new schema: {error}", case.name));
    let mut judging = Judging::by(Judge::Proof);
    if let Some(packs) = &case.packs {
        judging.packs = packs.iter().map(|pack| pack.parse().expect("a pack")).collect();
    }
    judging.assumptions = Assumptions {
        policy: if case.lenient { Policy::Lenient } else { Policy::Strict },
        assert_formats: case.assert_formats,
        fill_defaults: case.fill_defaults,
    };
    let check = |judge, level: Level| {
        let judging = Judging { judge, ..judging.clone() };
        let question = Question { level, judging: &judging, extent: Extent::FirstRefusal };
        let old = parse(format, &case.old, &case.old_imports);
        let old = Previous::live(Version::FIRST, old);
        compat::check(question, [old], &new)
    };
    let (backward, forward) = (check(Judge::Proof, Level::Backward), check(Judge::Proof, Level::Forward));
    for finding in findings(&backward).chain(findings(&forward)) {
        let is_fact = rules_of_facts().contains(&finding.rule.id);
        let needs_witness = finding.proof == Opinion::Broken && finding.severity != Severity::Source;
        if needs_witness && !is_fact && finding.witness.is_none() {
            let _ = writeln!(
                differences,
                "{}: {}: {} has no witness",
                path.display(),
                case.name,
                finding.rule.id
            );
        }
        // Of formats there are too many opinions.
        let verified_by = finding.witness.as_ref().filter(|_| format == Format::Json && !case.assert_formats);
        if verified_by.is_some_and(|witness| witness.verified_by() != ["dovetail", "jsonschema"]) {
            let _ = writeln!(
                differences,
                "{}: {}: only one validator saw {}",
                path.display(),
                case.name,
                finding.rule.id
            );
        }
    }
    let wire = |expected: &Option<Vec<String>>, judge, level| {
        expected.as_ref().map(|_| check(judge, level).wire_lines(false))
    };
    let proved = |report: &Report| findings(report).filter(|f| is_told(f)).map(line).collect();
    let (backward_lines, forward_lines): (Vec<String>, Vec<String>) = (proved(&backward), proved(&forward));
    Case {
        undecided: undecided(&backward).or_else(|| undecided(&forward)),
        reference: reported(&backward, &backward_lines),
        reference_forward: reported(&forward, &forward_lines),
        backward: backward_lines,
        forward: forward_lines,
        wire_backward: wire(&case.wire_backward, Judge::Reference, Level::Backward),
        wire_forward: wire(&case.wire_forward, Judge::Reference, Level::Forward),
        wire_full: wire(&case.wire_full, Judge::Reference, Level::Full),
        proof_backward: wire(&case.proof_backward, Judge::Proof, Level::Backward),
        proof_forward: wire(&case.proof_forward, Judge::Proof, Level::Forward),
        proof_full: wire(&case.proof_full, Judge::Proof, Level::Full),
        ..case.clone()
    }
}

fn dependencies(shared: &BTreeMap<String, String>, own: &BTreeMap<String, String>) -> Vec<Dependency> {
    let all = shared.iter().filter(|(name, _)| !own.contains_key(*name)).chain(own);
    all.map(|(name, text)| Dependency { name: name.clone(), origin: None, text: text.clone() }).collect()
}

fn findings(report: &Report) -> impl Iterator<Item = &compat::Incompatibility> {
    report.findings().map(|(_, finding)| finding)
}

/// Facts before any judging: both judges share them.
fn rules_of_facts() -> [&'static str; 3] {
    ["format-changed", "old-schema-unreadable", "comparison-exhausted"]
}

fn is_told(finding: &compat::Incompatibility) -> bool {
    finding.proof == Opinion::Broken || rules_of_facts().contains(&finding.rule.id)
}

fn line(finding: &compat::Incompatibility) -> String {
    let place = finding.reader_at.as_ref().map_or_else(String::new, |place| format!(" {place}"));
    let severity = match finding.severity {
        Severity::Break => String::new(),
        other => format!(" ({other})"),
    };
    let portable = match &finding.witness {
        Some(witness) if !witness.portable() => " (not portable)",
        _ => "",
    };
    format!("{}{place}{severity}{portable}", finding.rule.id)
}

fn undecided(report: &Report) -> Option<String> {
    let mut verdicts = report.comparisons.iter().flat_map(|comparison| &comparison.verdicts);
    verdicts.find_map(|verdict| match &verdict.proof {
        Proof::Undecided(Why::Unsupported { keyword, .. })
            if rules_of_facts().contains(&keyword.as_str()) =>
        {
            None
        }
        Proof::Undecided(why) => Some(format!("{why:?}")),
        Proof::Proved(_) | Proof::Refuted => None,
    })
}

/// What the reference reports; nothing where both judges are silent.
fn reported(report: &Report, proved: &[String]) -> Option<Vec<String>> {
    let verdicts = report.comparisons.iter().flat_map(|comparison| &comparison.verdicts);
    let no_answers = verdicts.filter_map(|verdict| match &verdict.reference {
        ReferenceVerdict::NoAnswer(why) => Some(format!("no answer: {why}")),
        ReferenceVerdict::Compatible | ReferenceVerdict::Incompatible => None,
    });
    let differences = findings(report).filter(|finding| finding.is_of_reference()).map(|finding| {
        match &finding.reference {
            Some(reference) => format!("{} {}", reference.name, reference.path),
            None => "a sentence".to_owned(),
        }
    });
    let lines: Vec<String> = no_answers.chain(differences).collect();
    (!(lines.is_empty() && proved.is_empty())).then_some(lines)
}

fn case_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/compat");
    let mut files = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the case folder") {
            let path = entry.expect("a case file").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no case files");
    files
}

/// The file with these cases; the comment on top is kept.
fn render(old: &str, cases: &[Case]) -> String {
    let mut out: String = old
        .lines()
        .take_while(|line| line.starts_with('#'))
        .fold(String::new(), |out, line| out + line + "\n");
    for case in cases {
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "[[case]]\nname = {}", literal(&case.name));
        let _ = writeln!(out, "old = {}\nnew = {}", literal(&case.old), literal(&case.new));
        let texts = [("new_format", &case.new_format), ("near", &case.near), ("undecided", &case.undecided)];
        for (key, value) in texts {
            if let Some(value) = value {
                let _ = writeln!(out, "{key} = {}", literal(value));
            }
        }
        let assumed = [
            ("lenient", case.lenient),
            ("assert_formats", case.assert_formats),
            ("fill_defaults", case.fill_defaults),
        ];
        for (key, _) in assumed.into_iter().filter(|(_, is_assumed)| *is_assumed) {
            let _ = writeln!(out, "{key} = true");
        }
        let imports = [
            ("imports", &case.imports),
            ("old_imports", &case.old_imports),
            ("new_imports", &case.new_imports),
        ];
        for (key, texts) in imports {
            for (name, text) in texts {
                let _ = writeln!(out, "{key}.\"{name}\" = {}", literal(text));
            }
        }
        let found = [("backward", &case.backward), ("forward", &case.forward)];
        for (key, lines) in found.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            list(&mut out, key, lines);
        }
        let lists = [
            ("packs", &case.packs),
            ("reference", &case.reference),
            ("reference_forward", &case.reference_forward),
            ("wire_backward", &case.wire_backward),
            ("wire_forward", &case.wire_forward),
            ("wire_full", &case.wire_full),
            ("proof_backward", &case.proof_backward),
            ("proof_forward", &case.proof_forward),
            ("proof_full", &case.proof_full),
        ];
        for (key, lines) in lists {
            if let Some(lines) = lines {
                list(&mut out, key, lines);
            }
        }
    }
    out
}

fn list(out: &mut String, key: &str, lines: &[String]) {
    let lines: Vec<String> = lines.iter().map(|line| literal(line)).collect();
    let _ = match lines.as_slice() {
        [] => writeln!(out, "{key} = []"),
        [line] if line.len() < 90 => writeln!(out, "{key} = [{line}]"),
        _ => writeln!(out, "{key} = [\n    {},\n]", lines.join(",\n    ")),
    };
}

fn literal(text: &str) -> String {
    if !text.contains(['"', '\\', '\n']) {
        format!("\"{text}\"")
    } else if !text.contains(['\'', '\n']) {
        format!("'{text}'")
    } else {
        format!("'''{text}'''")
    }
}

/// The lines in which two texts differ: enough to see what changed.
fn line_differences(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let gone = expected.iter().filter(|line| !found.contains(line)).map(|line| format!("- {line}\n"));
    let come = found.iter().filter(|line| !expected.contains(line)).map(|line| format!("+ {line}\n"));
    let lines: String = gone.chain(come).collect();
    if lines.is_empty() { "  the order or the layout of lines differs\n".to_owned() } else { lines }
}
