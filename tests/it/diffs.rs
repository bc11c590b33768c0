//! Changes and refusals are told once and together: what the engine refuses under FULL is found in the
//! difference of the two schemas, each finding upon one change.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use dovetail::compat::{self, Extent, Incompatibility, Previous, Question};
use dovetail::diff::{self, Diff, Side};
use dovetail::model::{Format, Judge, Judging, Level, Version};
use dovetail::schema::{Dependency, Options, Schema};
use serde::Deserialize;

/// A case of the compatibility engine, as far as it matters here.
#[derive(Deserialize)]
struct Case {
    name: String,
    old: String,
    new: String,
    new_format: Option<String>,
    #[serde(default)]
    imports: BTreeMap<String, String>,
    #[serde(default)]
    old_imports: BTreeMap<String, String>,
    #[serde(default)]
    new_imports: BTreeMap<String, String>,
    packs: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

#[test]
fn every_refusal_is_in_the_difference_once() {
    let mut wrong = String::new();
    let mut seen = 0;
    for (path, case) in cases() {
        for judge in [Judge::Proof, Judge::Reference] {
            let Some((judging, old, new)) = parsed(&path, &case, judge) else { continue };
            seen += 1;
            let (old, new) = (side(&old, &case.old), side(&new, &case.new));
            let found = diff::compare(&judging, old, new);
            let question = Question { level: Level::Full, judging: &judging, extent: Extent::Everything };
            let previous = Previous::live(Version::FIRST, Ok(old.schema.clone()));
            let report = compat::check_one(question, previous, new.schema);
            let mut expected: Vec<String> = report.findings().map(|(_, finding)| line(finding)).collect();
            let mut told: Vec<String> =
                found.changes.iter().flat_map(|change| &change.findings).map(line).collect();
            expected.sort();
            told.sort();
            if expected != told {
                let _ = writeln!(wrong, "{}: {}: {expected:#?} but {told:#?}", path.display(), case.name);
            }
            if found.is_compatible(Level::Full) != report.is_compatible() {
                let _ = writeln!(wrong, "{}: {}: another verdict at FULL", path.display(), case.name);
            }
            for level in [Level::Backward, Level::Forward].into_iter().filter(|_| judge == Judge::Proof) {
                let question = Question { level, judging: &judging, extent: Extent::Everything };
                let previous = Previous::live(Version::FIRST, Ok(old.schema.clone()));
                let is_compatible = compat::check_one(question, previous, new.schema).is_compatible();
                if found.is_compatible(level) != is_compatible {
                    let _ = writeln!(wrong, "{}: {}: another verdict at {level}", path.display(), case.name);
                }
            }
        }
    }
    assert!(seen > 500, "only {seen} pairs");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_is_the_same_has_no_difference_and_what_is_not_has_one() {
    let mut wrong = String::new();
    for (path, case) in cases() {
        let Some((judging, old, new)) = parsed(&path, &case, Judge::Proof) else { continue };
        // There are schemas that the reference does not take for compatible with themselves.
        let same = diff::compare(&judging, side(&new, &case.new), side(&new, &case.new));
        if same.changes.iter().any(|change| change.findings.is_empty()) {
            let what = shown(&same);
            let _ = writeln!(wrong, "{}: {}: it differs from itself: {what}", path.display(), case.name);
        }
        let found = diff::compare(&judging, side(&old, &case.old), side(&new, &case.new));
        let is_same = match (&old, &new) {
            (Schema::Avro(_), Schema::Avro(_)) => old.is_equivalent(&new),
            _ => old.normal_form() == new.normal_form(),
        };
        let has_imports = case.old_imports != case.new_imports;
        let is_order_without_meaning = ["values in another order", "branches in another order"];
        if found.is_empty() && !is_same && !is_order_without_meaning.contains(&case.name.as_str()) {
            let _ = writeln!(wrong, "{}: {}: no change is told", path.display(), case.name);
        }
        // What is normalised away may still matter: the first constant of an enum is its default.
        let is_told_for_nothing = found.changes.iter().any(|change| change.findings.is_empty());
        if is_told_for_nothing && is_same && !has_imports {
            let _ = writeln!(wrong, "{}: {}: {}", path.display(), case.name, shown(&found));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn side<'a>(schema: &'a Schema, text: &'a str) -> Side<'a, Schema> {
    Side { schema, text }
}

fn shown(found: &Diff) -> String {
    let lines = found.changes.iter().map(|change| format!("{} {}\n", change.kind.id, change.message));
    lines.collect()
}

fn line(finding: &Incompatibility) -> String {
    format!("{} {} {:?} {:?}", finding.rule.id, finding.outcome, finding.reader_at, finding.writer_at)
}

fn parsed(path: &Path, case: &Case, judge: Judge) -> Option<(Judging, Schema, Schema)> {
    let format = match path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str()) {
        Some("json") => Format::Json,
        Some("protobuf") => Format::Protobuf,
        _ => Format::Avro,
    };
    let new_format = case.new_format.as_ref().map_or(format, |name| name.parse().expect("a format"));
    let dependencies = |own: &BTreeMap<String, String>| -> Vec<Dependency> {
        let all = case.imports.iter().filter(|(name, _)| !own.contains_key(*name)).chain(own);
        all.map(|(name, text)| Dependency { name: name.clone(), origin: None, text: text.clone() }).collect()
    };
    let parse = |format, text, own| Schema::parse(format, text, &dependencies(own), Options::STORED).ok();
    let mut judging = Judging::by(judge);
    if let Some(packs) = &case.packs {
        judging.packs = packs.iter().map(|pack| pack.parse().expect("a pack")).collect();
    }
    Some((
        judging,
        parse(format, &case.old, &case.old_imports)?,
        parse(new_format, &case.new, &case.new_imports)?,
    ))
}

fn cases() -> Vec<(PathBuf, Case)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/compat");
    let mut found = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the case folder") {
            let path = entry.expect("a case file").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).expect("a case file");
                let file: File = toml::from_str(&text).expect("valid cases");
                found.extend(file.case.into_iter().map(|case| (path.clone(), case)));
            }
        }
    }
    found
}
