//! The words that the formats share: how grave a finding is, where it is, and what there is to say of it.

use crate::cli::harmless::is_harmful;
use crate::published::{Finding, Location, Report, Side};

/// How grave a finding is, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    /// It must not pass.
    Error,
    /// It is told, and passes.
    Warning,
    /// It would not pass, had nobody accepted it.
    Waived,
    /// It is worth knowing.
    Note,
}

impl Tier {
    pub(super) fn of(finding: &Finding) -> Tier {
        match finding.outcome.as_str() {
            "refuse" => Tier::Error,
            "warn" => Tier::Warning,
            "waived" => Tier::Waived,
            _ => Tier::Note,
        }
    }
}

/// The findings of these tiers, gravest first, else in the order of the report.
pub(super) fn by_gravity(report: &Report) -> Vec<(Tier, &Finding)> {
    let mut told: Vec<_> = report.findings.iter().map(|finding| (Tier::of(finding), finding)).collect();
    told.sort_by_key(|(tier, _)| *tier);
    told
}

/// `path:line:column`, as far as it is known; the form that editors and terminals can follow.
pub(super) fn at(place: &Location) -> String {
    match (place.line, place.column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}", place.file),
        (Some(line), None) => format!("{}:{line}", place.file),
        _ => place.file.clone(),
    }
}

/// Where a finding is shown: where it is, else at the waiver that it is about, else at its subject's file.
pub(super) fn place(report: &Report, finding: &Finding) -> Option<Location> {
    let of_waiver = || finding.waiver.as_ref().map(|waiver| waiver.place.clone());
    let of_file = || {
        let file = report.files.iter().find(|file| file.subject == finding.subject)?;
        Some(Location { file: file.file.clone(), line: None, column: None })
    };
    finding.place.clone().or_else(of_waiver).or_else(of_file)
}

/// `BACKWARD (default)`; nothing where no level is known.
pub(super) fn level(level: Option<&str>, from: Option<&str>) -> String {
    match (level, from) {
        (Some(level), Some(from)) => format!("{level} ({from})"),
        (Some(level), None) => level.to_owned(),
        (None, _) => String::new(),
    }
}

/// What it clashes with, and where there: `old.avsc:5:9 in dir:old`, `version 3 (id 8) in registry:…`.
pub(super) fn against(finding: &Finding) -> Option<String> {
    let against = &finding.against;
    let what = match (&against.file, against.version, against.id) {
        (_, Some(version), Some(id)) => format!("version {version} (id {id})"),
        (_, Some(version), None) => format!("version {version}"),
        (Some(file), ..) => finding.earlier_place.as_ref().map_or_else(|| file.clone(), at),
        (None, ..) => finding.earlier_place.as_ref().map(at).unwrap_or_default(),
    };
    match (what.as_str(), &against.base) {
        ("", None) => None,
        ("", Some(base)) => Some(base.clone()),
        (_, None) => Some(what),
        (_, Some(base)) => Some(format!("{what} in {base}")),
    }
}

/// Who reads and who writes, seen from the file: the word for each, and its place. The first of the two is
/// the file's own.
pub(super) fn roles(finding: &Finding) -> Option<[(&'static str, &Side); 2]> {
    let roles = [("reads", &finding.reader), ("writes", &finding.writer)];
    match (finding.kind, finding.direction?) {
        // A declared reader has a file of its own, and this one writes for it.
        (READER, _) | (_, "forward") => Some([roles[1], roles[0]]),
        _ => Some(roles),
    }
}

/// What a declared reader cannot read.
pub(super) const READER: &str = "reader";

/// The other schema, beside the file's own.
pub(super) fn other(finding: &Finding) -> &'static str {
    if finding.kind == READER { "the reader's schema" } else { "the earlier schema" }
}

/// A place in a schema as it is printed: the schema itself is `/`.
pub(super) fn pointer(side: &Side) -> Option<&str> {
    side.pointer.as_deref().map(|pointer| if pointer.is_empty() { "/" } else { pointer })
}

/// What there is to say beyond the message, each with its name: the opinions of the judges, the data that
/// shows it, what to do, and who accepted it.
pub(super) fn facts(report: &Report, finding: &Finding) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    facts.extend(reference(finding).map(|opinion| ("reference", opinion)));
    facts.extend(proof(report, finding).map(|opinion| ("proof", opinion)));
    facts.extend(witness(finding).map(|witness| ("witness", witness)));
    facts.extend(finding.hint.clone().map(|hint| ("hint", hint)));
    if let Some(waiver) = &finding.waiver {
        let by = waiver.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let place = at(&waiver.place);
        facts.push(("waived", format!("until {}{by}: {} ({place})", waiver.until, waiver.reason)));
    }
    facts
}

/// The name that Confluent Schema Registry has for it, or that it would let it pass.
fn reference(finding: &Finding) -> Option<String> {
    let opinion = finding.reference.as_ref()?;
    Some(match (opinion.name, &opinion.path) {
        (Some(name), Some(path)) => format!("{name} at {path}"),
        (Some(name), None) => name.to_owned(),
        (None, _) if opinion.verdict == "incompatible" => "incompatible".to_owned(),
        (None, _) => "compatible: Confluent Schema Registry would accept it".to_owned(),
    })
}

/// What the proof judge thinks, where a witness does not say it.
fn proof(report: &Report, finding: &Finding) -> Option<String> {
    let judge = report.files.iter().find(|file| file.subject == finding.subject).map(|file| file.judge);
    let has_name = finding.reference.as_ref().is_some_and(|reference| reference.name.is_some());
    match finding.proof.as_deref()? {
        "harmless" if judge.is_some_and(|judge| judge != "proof") => {
            Some("harmless: every value can be read; --judge proof would accept it".to_owned())
        }
        "harmless" => Some("harmless: every value can be read".to_owned()),
        "undecided" if has_name => Some("undecided".to_owned()),
        _ => None,
    }
}

/// The data, and what happens to it, in a line.
pub(super) fn witness(finding: &Finding) -> Option<String> {
    let witness = finding.witness.as_ref()?;
    let json = witness.text.clone().or_else(|| witness.json.as_ref().map(ToString::to_string));
    let bytes = witness.bytes.as_ref().map(|bytes| format!("bytes {bytes}"));
    let data = match (&witness.message, json, bytes) {
        (Some(message), Some(json), Some(bytes)) => format!("{message} {json} ({bytes})"),
        (Some(message), None, Some(bytes)) => format!("{message} ({bytes})"),
        (_, Some(json), _) => json,
        (_, None, Some(bytes)) => bytes,
        (_, None, None) => return Some(printable(&witness.failure)),
    };
    Some(printable(&format!("{data}: {}", witness.failure)))
}

/// In one line, and without anything that would move a terminal or turn the order of what it shows.
pub(super) fn printable(text: &str) -> String {
    let shown = |character| if is_harmful(character) { '\u{FFFD}' } else { character };
    text.chars().map(shown).collect()
}

/// `1 error`, `2 errors`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// How many findings of which weight: `1 error, 0 warnings, 2 waived`.
pub(super) fn findings_counted(report: &Report) -> String {
    let count = &report.count;
    let mut words = vec![counted(count.errors, "error"), counted(count.warnings, "warning")];
    words.extend((count.waived > 0).then(|| format!("{} waived", count.waived)));
    words.join(", ")
}

/// Files about which nothing can be said, and why.
pub(super) fn unjudged(report: &Report) -> impl Iterator<Item = (&crate::published::File, &str)> {
    let told = |file: &'_ &crate::published::File| matches!(file.result, "invalid" | "unchecked");
    report.files.iter().filter(told).map(|file| (file, file.message.as_deref().unwrap_or("not looked at")))
}
