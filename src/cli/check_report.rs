//! What `dovetail check` prints, as text and as JSON.

use serde_json::{Value, json};

use crate::cli::print::{Tone, toned};
use crate::compat::{Opinion, Outcome as Led, Pointer};
use crate::failure::Outcome;
use crate::gate::judge::{Compared, Finding, Origin, Verdict};
use crate::model::{Direction, Format, Judge, Judging, Level};
use crate::published::{self, FORMAT_VERSION};
use crate::schema::Place;

/// A checked file.
pub(crate) struct CheckedFile {
    pub(crate) path: String,
    pub(crate) subject: String,
    pub(crate) format: Format,
    /// The level, and where it comes from; `None` when that could not be found out.
    pub(crate) level: Option<(Level, LevelSource)>,
    /// Who decides, and what broken rules lead to.
    pub(crate) judging: Judging,
    pub(crate) verdict: Verdict,
}

/// Who set the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LevelSource {
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
pub(crate) struct Report {
    /// The base, as it is printed.
    pub(crate) base: String,
    pub(crate) files: Vec<CheckedFile>,
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
    pub(crate) fn outcome(&self) -> Outcome {
        let count = self.count();
        if count.incompatible > 0 {
            Outcome::Findings
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
                Verdict::Compared(compared) if compared.is_refused() => &mut count.incompatible,
                Verdict::Unchanged | Verdict::Compared(_) | Verdict::NotCompared => &mut count.compatible,
                Verdict::New => &mut count.new,
                Verdict::Invalid { .. } => &mut count.invalid,
                Verdict::Unchecked(_) => &mut count.unchecked,
            } += 1;
        }
        count
    }

    /// The sentences for files about which nothing can be said.
    pub(crate) fn errors(&self) -> Vec<String> {
        let sentence = |file: &CheckedFile| match &file.verdict {
            Verdict::Invalid { place, message } => Some(format!("{}: {message}", at(&file.path, *place))),
            Verdict::Unchecked(reason) => Some(format!("{}: could not check: {reason}", file.path)),
            _ => None,
        };
        self.files.iter().filter_map(sentence).collect()
    }

    /// The text form. `quiet` leaves only what is wrong.
    pub(crate) fn text(&self, quiet: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for file in &self.files {
            match &file.verdict {
                Verdict::Compared(compared) => lines.extend(self.compared_text(file, compared, quiet)),
                _ if quiet => {}
                Verdict::Unchanged => lines.push(file_line("ok", Tone::Good, file, "unchanged")),
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

    /// What was found, what is decisive first; one line where nothing is.
    fn compared_text(&self, file: &CheckedFile, compared: &Compared, quiet: bool) -> Vec<String> {
        let of = |outcome| compared.findings.iter().filter(move |finding| finding.found.outcome == outcome);
        let mut lines: Vec<String> =
            of(Led::Refuse).flat_map(|finding| finding_text(&self.base, file, finding, "FAIL")).collect();
        if quiet {
            return lines;
        }
        lines.extend(of(Led::Warn).flat_map(|finding| finding_text(&self.base, file, finding, "WARN")));
        lines.extend(of(Led::Note).map(|finding| note_text(file, finding)));
        for (origin, opinion) in compared.opinions.iter().filter(|(_, opinion)| opinion.proof != "proved") {
            let Some(why) = &opinion.proof_detail else { continue };
            let remark = format!(
                "not proved against {}: {why}; Confluent's rules say {}",
                origin_text(origin, None),
                opinion.reference
            );
            lines.push(file_line("????", Tone::Doubtful, file, &remark));
        }
        if !compared.is_refused() {
            lines.push(file_line("ok", Tone::Good, file, "compatible"));
        }
        lines
    }

    /// The JSON form.
    pub(crate) fn json(&self) -> Value {
        let verdict = match self.outcome() {
            Outcome::Success => "compatible",
            Outcome::Findings => "incompatible",
            Outcome::BadRequest => "invalid",
            Outcome::Unable | Outcome::Stopped => "unchecked",
        };
        let compared = || {
            self.files.iter().filter_map(|file| match &file.verdict {
                Verdict::Compared(compared) => Some((file, compared)),
                _ => None,
            })
        };
        let findings = compared().flat_map(|(file, compared)| {
            compared.findings.iter().map(|finding| finding_json(&self.base, file, finding))
        });
        let comparisons = compared().flat_map(|(file, compared)| {
            compared.opinions.iter().map(|(origin, opinion)| {
                let mut value = json!(opinion);
                value["subject"] = json!(file.subject);
                value["against"] = json!(self.against(origin));
                value
            })
        });
        let Count { incompatible, compatible, new, invalid, unchecked } = self.count();
        json!({
            "format_version": FORMAT_VERSION,
            "verdict": verdict,
            "base": self.base,
            "findings": findings.collect::<Vec<Value>>(),
            "comparisons": comparisons.collect::<Vec<Value>>(),
            "files": self.files.iter().map(file_json).collect::<Vec<Value>>(),
            "count": {
                "incompatible": incompatible, "compatible": compatible, "new": new,
                "invalid": invalid, "unchecked": unchecked,
            },
        })
    }
}

impl Report {
    fn against(&self, origin: &Origin) -> published::Against {
        published::Against { base: Some(self.base.clone()), ..origin.against() }
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

fn origin_text(origin: &Origin, place: Option<Place>) -> String {
    match origin {
        Origin::File(path) => at(path, place),
        Origin::Version { version, id } => format!("version {version} (id {id})"),
    }
}

fn finding_text(base: &str, file: &CheckedFile, finding: &Finding, word: &str) -> Vec<String> {
    let found = &finding.found;
    let tone = if word == "FAIL" { Tone::Bad } else { Tone::Doubtful };
    let head =
        [at(&file.path, finding.place), file.subject.clone(), level_text(file), finding.fingerprint.clone()];
    let against = format!("{} in {base}", origin_text(&finding.against, finding.earlier_place));
    let (reader, writer) = match found.direction {
        Direction::Backward => ("this file", "the earlier schema"),
        Direction::Forward => ("the earlier schema", "this file"),
    };
    let pointer = |pointer: &Option<Pointer>| pointer.as_ref().map(Pointer::to_string);
    let mut lines = vec![
        format!("{}  {}", toned(word, tone, 4), head.join("  ")),
        format!("      {}  {}", toned(found.rule.id, Tone::Name, 0), found.message),
        format!("        {:9} {against}", "against"),
    ];
    let mut fact = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("        {name:9} {value}")));
    };
    fact("reader", pointer(&found.reader_at).map(|at| format!("{reader} at {at}")));
    fact("writer", pointer(&found.writer_at).map(|at| format!("{writer} at {at}")));
    fact("reference", Some(reference_text(finding)));
    fact("proof", proof_text(finding, file.judging.judge));
    fact("witness", found.witness.as_ref().map(|witness| witness.sentence()));
    fact("hint", found.hint.clone());
    lines
}

fn reference_text(finding: &Finding) -> String {
    let found = &finding.found;
    match &found.reference {
        Some(reference) => format!("{} at {}", reference.name, reference.path),
        None if found.is_of_reference() => "incompatible".to_owned(),
        None => "compatible: Confluent Schema Registry would accept it".to_owned(),
    }
}

/// What the proof judge thinks, where a witness does not say it.
fn proof_text(finding: &Finding, judge: Judge) -> Option<String> {
    let found = &finding.found;
    match found.proof {
        Opinion::Harmless if judge != Judge::Proof => {
            Some("harmless: every value can be read; --judge proof would accept it".to_owned())
        }
        Opinion::Harmless => Some("harmless: every value can be read".to_owned()),
        Opinion::Undecided if found.reference.is_some() => Some("undecided".to_owned()),
        Opinion::Undecided | Opinion::Broken => None,
    }
}

/// A finding that does not count, in a line.
fn note_text(file: &CheckedFile, finding: &Finding) -> String {
    let found = &finding.found;
    let what = match (&found.reference, found.proof) {
        (Some(reference), Opinion::Harmless) => {
            format!("{} by Confluent's rules, proved harmless", reference.name)
        }
        (Some(reference), _) => format!("{} by Confluent's rules", reference.name),
        (None, _) => format!("{}: {}", found.rule.id, found.message),
    };
    let facts = [at(&file.path, finding.place), file.subject.clone(), level_text(file), what];
    format!("{}  {}", toned("NOTE", Tone::Doubtful, 4), facts.join("  "))
}

fn file_json(file: &CheckedFile) -> Value {
    let (result, reason, place) = match &file.verdict {
        Verdict::New => ("new", None, None),
        Verdict::Unchanged => ("unchanged", None, None),
        Verdict::NotCompared => ("not_compared", None, None),
        Verdict::Compared(compared) if compared.is_refused() => ("incompatible", None, None),
        Verdict::Compared(_) => ("compatible", None, None),
        Verdict::Invalid { place, message } => ("invalid", Some(message), *place),
        Verdict::Unchecked(reason) => ("unchecked", Some(reason), None),
    };
    let mut value = json!({
        "file": file.path,
        "subject": file.subject,
        "schema_type": file.format.as_str(),
        "level": file.level.map(|(level, _)| level.as_str()),
        "level_from": file.level.map(|(_, source)| source.word()),
        "judge": file.judging.judge.as_str(),
        "result": result,
    });
    if let Some(reason) = reason {
        value["message"] = json!(reason);
    }
    add_place(&mut value, place);
    value
}

fn finding_json(base: &str, file: &CheckedFile, finding: &Finding) -> Value {
    let against = published::Against { base: Some(base.to_owned()), ..finding.against.against() };
    let setting = published::Setting {
        subject: &file.subject,
        against,
        level: file.level.map(|(level, source)| (level, source.word().to_owned())),
        new_text: "",
        old_text: "",
    };
    let mut value = json!(published::Finding::of(&finding.found, &setting));
    let backward = finding.found.direction == Direction::Backward;
    let (own, earlier) = if backward { ("reader", "writer") } else { ("writer", "reader") };
    value[own]["file"] = json!(file.path);
    add_place(&mut value[own], finding.place);
    if let Origin::File(path) = &finding.against {
        value[earlier]["base_file"] = json!(path);
    }
    add_place(&mut value[earlier], finding.earlier_place);
    value
}

fn add_place(value: &mut Value, place: Option<Place>) {
    if let Some(place) = place {
        value["line"] = json!(place.line);
        value["column"] = json!(place.column);
    }
}
