//! What `dovetail check` prints, as text and as JSON.

use serde_json::{Value, json};

use super::judge::{Finding, Origin, Verdict};
use crate::cli::Outcome;
use crate::cli::print::{Tone, toned};
use crate::compat::Pointer;
use crate::model::{Direction, Format, Level};
use crate::schema::Place;

/// The version of the JSON shape. It rises when a reader of the old shape would misread the new one.
const FORMAT_VERSION: u32 = 1;

/// A checked file.
pub(super) struct CheckedFile {
    pub(super) path: String,
    pub(super) subject: String,
    pub(super) format: Format,
    /// The level, and where it comes from; `None` when that could not be found out.
    pub(super) level: Option<(Level, LevelSource)>,
    pub(super) verdict: Verdict,
}

/// Who set the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LevelSource {
    Flag,
    Registry,
    Default,
}

impl LevelSource {
    fn word(self) -> &'static str {
        match self {
            LevelSource::Flag => "--level",
            LevelSource::Registry => "registry",
            LevelSource::Default => "default",
        }
    }
}

/// Everything that was checked in one run.
pub(super) struct Report {
    /// The base, as it is printed.
    pub(super) base: String,
    pub(super) files: Vec<CheckedFile>,
}

/// How many files came to which end.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    incompatible: usize,
    compatible: usize,
    new: usize,
    invalid: usize,
    unchecked: usize,
}

impl Report {
    /// What the run exits with. A break that was found counts most, so that nothing hides it; then
    /// files that are no schema; then what could not be checked.
    pub(super) fn outcome(&self) -> Outcome {
        let count = self.count();
        if count.incompatible > 0 {
            Outcome::Incompatible
        } else if count.invalid > 0 {
            Outcome::BadRequest
        } else if count.unchecked > 0 {
            Outcome::Unable
        } else {
            Outcome::Success
        }
    }

    fn count(&self) -> Count {
        let mut count = Count::default();
        for file in &self.files {
            *match &file.verdict {
                Verdict::Incompatible(_) => &mut count.incompatible,
                Verdict::Unchanged | Verdict::Compatible | Verdict::NotCompared => &mut count.compatible,
                Verdict::New => &mut count.new,
                Verdict::Invalid { .. } => &mut count.invalid,
                Verdict::Unchecked(_) => &mut count.unchecked,
            } += 1;
        }
        count
    }

    /// The sentences for files about which nothing can be said.
    pub(super) fn errors(&self) -> Vec<String> {
        let sentence = |file: &CheckedFile| match &file.verdict {
            Verdict::Invalid { place, message } => Some(format!("{}: {message}", at(&file.path, *place))),
            Verdict::Unchecked(reason) => Some(format!("{}: could not check: {reason}", file.path)),
            _ => None,
        };
        self.files.iter().filter_map(sentence).collect()
    }

    /// The text form. `quiet` leaves only what is wrong.
    pub(super) fn text(&self, quiet: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for file in &self.files {
            match &file.verdict {
                Verdict::Incompatible(findings) => {
                    findings.iter().for_each(|finding| lines.extend(finding_text(&self.base, file, finding)));
                }
                _ if quiet => {}
                Verdict::Unchanged => lines.push(file_line("ok", Tone::Good, file, "unchanged")),
                Verdict::Compatible => lines.push(file_line("ok", Tone::Good, file, "compatible")),
                Verdict::NotCompared => {
                    lines.push(file_line("ok", Tone::Good, file, "not compared at this level"))
                }
                Verdict::New => {
                    lines.push(file_line("new", Tone::Good, file, "nothing earlier to compare with"))
                }
                Verdict::Invalid { .. } => {
                    lines.push(file_line("????", Tone::Doubtful, file, "not a schema"))
                }
                Verdict::Unchecked(_) => {
                    lines.push(file_line("????", Tone::Doubtful, file, "could not check"))
                }
            }
        }
        if !quiet {
            let Count { incompatible, compatible, new, invalid, unchecked } = self.count();
            lines.push(format!(
                "{incompatible} incompatible, {compatible} compatible, {new} new, {invalid} invalid, {unchecked} not checked"
            ));
        }
        lines
    }

    /// The JSON form.
    pub(super) fn json(&self) -> Value {
        let verdict = match self.outcome() {
            Outcome::Success => "compatible",
            Outcome::Incompatible => "incompatible",
            Outcome::BadRequest => "invalid",
            Outcome::Unable => "unchecked",
        };
        let findings = self.files.iter().flat_map(|file| match &file.verdict {
            Verdict::Incompatible(findings) => {
                findings.iter().map(|finding| finding_json(&self.base, file, finding)).collect()
            }
            _ => Vec::new(),
        });
        let Count { incompatible, compatible, new, invalid, unchecked } = self.count();
        json!({
            "format_version": FORMAT_VERSION,
            "verdict": verdict,
            "judge": "reference",
            "base": self.base,
            "findings": findings.collect::<Vec<Value>>(),
            "files": self.files.iter().map(file_json).collect::<Vec<Value>>(),
            "count": {
                "incompatible": incompatible, "compatible": compatible, "new": new,
                "invalid": invalid, "unchecked": unchecked,
            },
        })
    }
}

/// `path:line:column`, as far as it is known; the form that editors and terminals can follow.
fn at(path: &str, place: Option<Place>) -> String {
    place.map_or_else(|| path.to_owned(), |place| format!("{path}:{}:{}", place.line, place.column))
}

fn level_text(file: &CheckedFile) -> String {
    file.level.map_or_else(String::new, |(level, source)| format!("{level} ({})", source.word()))
}

fn file_line(word: &str, tone: Tone, file: &CheckedFile, remark: &str) -> String {
    let facts = [file.path.clone(), file.subject.clone(), level_text(file), remark.to_owned()];
    let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    format!("{}  {}", toned(word, tone, 4), facts.join("  "))
}

fn finding_text(base: &str, file: &CheckedFile, finding: &Finding) -> Vec<String> {
    let found = &finding.found;
    let head =
        [at(&file.path, finding.place), file.subject.clone(), level_text(file), finding.fingerprint.clone()];
    let against = match &finding.against {
        Origin::File(path) => format!("{} in {base}", at(path, finding.earlier_place)),
        Origin::Version { version, id } => format!("version {version} (id {id}) in {base}"),
    };
    let (reader, writer) = match found.direction {
        Direction::Backward => ("this file", "the earlier schema"),
        Direction::Forward => ("the earlier schema", "this file"),
    };
    let pointer = |pointer: &Option<Pointer>| pointer.as_ref().map(Pointer::to_string);
    let mut lines = vec![
        format!("{}  {}", toned("FAIL", Tone::Bad, 4), head.join("  ")),
        format!("      {}  {}", toned(found.rule.id, Tone::Name, 0), found.message),
        format!("        {:9} {against}", "against"),
    ];
    let mut fact = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("        {name:9} {value}")));
    };
    fact("reader", pointer(&found.reader_at).map(|at| format!("{reader} at {at}")));
    fact("writer", pointer(&found.writer_at).map(|at| format!("{writer} at {at}")));
    fact(
        "reference",
        found.reference.as_ref().map(|reference| format!("{} at {}", reference.name, reference.path)),
    );
    if let Some(witness) = &found.witness {
        fact(
            "witness",
            Some(format!("{}  ({})", without_controls(witness.datum()), without_controls(witness.failure()))),
        );
    }
    fact("hint", found.hint.clone());
    lines
}

/// A terminal must not be moved by what a schema makes up.
fn without_controls(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{FFFD}' } else { character }).collect()
}

fn file_json(file: &CheckedFile) -> Value {
    let (result, reason, place) = match &file.verdict {
        Verdict::New => ("new", None, None),
        Verdict::Unchanged => ("unchanged", None, None),
        Verdict::Compatible => ("compatible", None, None),
        Verdict::NotCompared => ("not_compared", None, None),
        Verdict::Incompatible(_) => ("incompatible", None, None),
        Verdict::Invalid { place, message } => ("invalid", Some(message), *place),
        Verdict::Unchecked(reason) => ("unchecked", Some(reason), None),
    };
    let mut value = json!({
        "file": file.path,
        "subject": file.subject,
        "schema_type": file.format.as_str(),
        "level": file.level.map(|(level, _)| level.as_str()),
        "level_from": file.level.map(|(_, source)| source.word()),
        "result": result,
    });
    if let Some(reason) = reason {
        value["message"] = json!(reason);
    }
    add_place(&mut value, place);
    value
}

fn finding_json(base: &str, file: &CheckedFile, finding: &Finding) -> Value {
    let found = &finding.found;
    let side = |pointer: &Option<Pointer>, is_file: bool| {
        let mut value = json!({ "pointer": pointer.as_ref().map(Pointer::as_str) });
        if is_file {
            value["file"] = json!(file.path);
        } else if let Origin::File(path) = &finding.against {
            value["base_file"] = json!(path);
        }
        add_place(&mut value, if is_file { finding.place } else { finding.earlier_place });
        value
    };
    let backward = found.direction == Direction::Backward;
    json!({
        "rule": found.rule.id,
        "severity": found.severity.to_string(),
        "fingerprint": finding.fingerprint,
        "subject": file.subject,
        "against": match &finding.against {
            Origin::File(path) => json!({ "base": base, "file": path }),
            Origin::Version { version, id } => json!({ "base": base, "version": version.number(), "id": id }),
        },
        "level": file.level.map(|(level, _)| level.as_str()),
        "level_from": file.level.map(|(_, source)| source.word()),
        "direction": if backward { "backward" } else { "forward" },
        "reader": side(&found.reader_at, backward),
        "writer": side(&found.writer_at, !backward),
        "reference": found.reference.as_ref().map(|reference| json!({
            "verdict": "incompatible", "name": reference.name, "path": reference.path,
        })),
        "witness": found.witness.as_ref().map(|witness| json!({
            "json": serde_json::from_str::<Value>(witness.datum()).unwrap_or_else(|_| json!(witness.datum())),
            "bytes": witness.bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "failure": witness.failure(),
            "portable": witness.portable(),
        })),
        "message": found.message,
        "hint": found.hint,
    })
}

fn add_place(value: &mut Value, place: Option<Place>) {
    if let Some(place) = place {
        value["line"] = json!(place.line);
        value["column"] = json!(place.column);
    }
}
