//! Floor 2: two schemas → a report. Pure and total: no store, no network, no clock, and no input on
//! which it panics or runs away.
//!
//! A *reader* and a *writer* are what the new and the old schema become once a direction is applied.
//! This module is the only place that reads a level; below it every question is "can this reader
//! read what this writer writes?".

mod avro;
mod budget;
mod deciding;
mod finding;
mod json;
mod protobuf;
mod reference;
mod report;
mod routes;
pub mod rules;
mod wire;
mod witness;

/// The stack that judging needs in the worst of cases, in bytes: pairs of types are walked by recursion,
/// whose depth is bounded. Who calls sees to it that there is one.
pub const STACK: usize = 16 * 1024 * 1024;

pub use finding::{Incompatibility, Opinion, Outcome, Pointer, RefDiff, Severity};
pub use report::{Comparison, How, Proof, ReferenceVerdict, Report, Verdict, Why};
pub use rules::Rule;
pub use witness::{Datum, Evidence, Witness};

use std::collections::HashSet;

use crate::model::{Depth, Direction, Judging, Level, Pack, Version};
use crate::schema::{ParseError, Schema};
use report::{Listing, ProofView, ReferenceView};

/// An earlier version that the new schema is compared with.
#[derive(Debug)]
pub struct Previous {
    /// Its number.
    pub version: Version,
    /// It is softly deleted.
    pub is_deleted: bool,
    /// Its schema, or why its text is none.
    pub schema: Result<Schema, ParseError>,
}

impl Previous {
    /// A live version.
    pub fn live(version: Version, schema: Result<Schema, ParseError>) -> Previous {
        Previous { version, is_deleted: false, schema }
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The level to check.
    pub level: Level,
    /// Who decides, and what broken rules lead to.
    pub judging: &'a Judging,
    /// How much of the history is reported.
    pub extent: Extent,
}

/// How much of the history is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Up to the version because of which the schema is refused, as the wire does it.
    FirstRefusal,
    /// Every version that the level looks at.
    Everything,
}

/// Compare `new` with the live versions before it, newest first, as far back as the level demands.
///
/// A version of another format decides before any comparison does; otherwise the newest version because
/// of which the schema is refused does, and the versions before it are only asked for their format. The
/// iterator may parse as it goes: no more versions are asked for than the level looks at.
pub fn check(
    question: Question<'_>,
    newest_first: impl IntoIterator<Item = Previous>,
    new: &Schema,
) -> Report {
    let compared = match (question.level, question.level.depth()) {
        (Level::None, _) => 0,
        (_, Depth::Latest) => 1,
        (_, Depth::All) => usize::MAX,
    };
    run(question, newest_first.into_iter().take(compared), new)
}

/// Compare `new` with exactly one version, however far back the level would look.
pub fn check_one(question: Question<'_>, old: Previous, new: &Schema) -> Report {
    let compared = if question.level == Level::None { 0 } else { 1 };
    run(question, std::iter::once(old).take(compared), new)
}

/// Add to a report what only a whole history tells: numbers of `new` that an earlier version used for
/// something else. `newest_first` is every version, soft-deleted ones included, whether the level looks
/// at it or not. A place is told once, of the newest version that clashes there, and not at all where the
/// schema is refused for something else.
pub fn check_numbers(
    report: &mut Report,
    question: Question<'_>,
    newest_first: impl IntoIterator<Item = Previous>,
    new: &Schema,
) {
    let Question { level, judging, extent } = question;
    let Schema::Protobuf(new) = new else { return };
    let is_decided = extent == Extent::FirstRefusal && !report.is_compatible();
    if level == Level::None || is_decided || !judging.packs.contains(&Pack::Wire) {
        return;
    }
    let place = |finding: &Incompatibility| finding.reader_at.clone().map(|at| at.as_str().to_owned());
    let refusing = report.findings().filter(|(_, finding)| finding.outcome == Outcome::Refuse);
    let told: HashSet<Option<String>> = refusing.map(|(_, finding)| place(finding)).collect();
    let earlier: Vec<Previous> = newest_first.into_iter().collect();
    let schemas = earlier.iter().filter_map(|old| match &old.schema {
        Ok(Schema::Protobuf(schema)) => {
            Some(protobuf::Earlier { version: old.version, is_deleted: old.is_deleted, schema })
        }
        _ => None,
    });
    let mut reused = protobuf::reused(new, schemas);
    reused.retain(|(_, finding)| !told.contains(&place(finding)));
    for old in &earlier {
        let of_it = reused.extract_if(.., |(version, _)| *version == old.version);
        let findings: Vec<Incompatibility> = of_it.map(|(_, finding)| finding).collect();
        if findings.is_empty() {
            continue;
        }
        let view = ReferenceView::of(Listing::default());
        let proof = ProofView::of(findings, 0, None);
        let verdict = deciding::verdict(Direction::Backward, view, proof, level, judging);
        let old_text = old.schema.as_ref().map(Schema::canonical).unwrap_or_default();
        report.comparisons.push(of_verdicts(old, old_text, vec![verdict]));
    }
}

fn run(question: Question<'_>, compared: impl Iterator<Item = Previous>, new: &Schema) -> Report {
    let Question { level, judging, extent } = question;
    let mut comparisons = Vec::new();
    let mut of_other_format = Vec::new();
    let mut refused = false;
    for old in compared {
        if let Ok(schema) = &old.schema
            && schema.format() != new.format()
        {
            of_other_format.push(format_changed(&old, schema, level));
            if extent == Extent::FirstRefusal {
                break;
            }
            continue;
        }
        if refused && extent == Extent::FirstRefusal {
            continue;
        }
        let comparison = compare(question, &old, new);
        refused |= comparison.is_refused();
        comparisons.push(comparison);
    }
    // The reference looks at the formats of the whole history before it compares anything.
    if extent == Extent::Everything || of_other_format.is_empty() {
        of_other_format.extend(comparisons);
    }
    Report { level, judge: judging.judge, comparisons: of_other_format }
}

/// Every direction of the level against one version.
fn compare(question: Question<'_>, old: &Previous, new: &Schema) -> Comparison {
    let Question { level, judging, .. } = question;
    let schema = match &old.schema {
        Ok(schema) => schema,
        Err(error) => return unreadable(old, error, level),
    };
    let directions = level.directions().iter();
    let verdicts = directions.map(|&direction| {
        let (reader, writer) = match direction {
            Direction::Backward => (new, schema),
            Direction::Forward => (schema, new),
        };
        can_read(direction, reader, writer, level, judging)
    });
    of_verdicts(old, schema.canonical(), verdicts.collect())
}

/// The old text is kept where the wire quotes it.
fn of_verdicts(old: &Previous, old_text: &str, verdicts: Vec<Verdict>) -> Comparison {
    let mut comparison = Comparison { version: old.version, old_text: String::new(), verdicts };
    if comparison.is_refused() {
        comparison.old_text = old_text.to_owned();
    }
    comparison
}

/// Can `reader` read everything that `writer` writes? Both judges are asked, whoever decides. The
/// direction only words the answer.
fn can_read(
    direction: Direction,
    reader: &Schema,
    writer: &Schema,
    level: Level,
    judging: &Judging,
) -> Verdict {
    let (reference, proof) = match (reader, writer) {
        (Schema::Avro(reader), Schema::Avro(writer)) => {
            (reference::avro::view(direction, reader, writer), avro::prove(direction, reader, writer))
        }
        (Schema::Protobuf(reader), Schema::Protobuf(writer)) => (
            reference::protobuf::compare(direction, reader, writer),
            protobuf::prove(direction, reader, writer, &judging.packs),
        ),
        (Schema::Json(reader), Schema::Json(writer)) => (
            reference::json::view(direction, reader, writer, judging.assumptions.policy),
            json::prove(direction, reader, writer, judging.assumptions),
        ),
        // Formats are looked at before schemas are.
        _ => (
            ReferenceView::no_answer(reference::DIFFERENT_FORMAT),
            ProofView::of(Vec::new(), 0, Some(Why::VerifierDisagreed)),
        ),
    };
    deciding::verdict(direction, reference, proof, level, judging)
}

/// The earlier version is of another format than the new schema.
fn format_changed(old: &Previous, schema: &Schema, level: Level) -> Comparison {
    let direction = level.directions().first().copied().unwrap_or(Direction::Backward);
    let message = format!(
        "version {} is written in another schema language than the new schema: {}",
        old.version,
        schema.format()
    );
    let finding = Incompatibility::of_the_whole(&rules::FORMAT_CHANGED, direction, message);
    of_fact(old, finding.with_sentence(reference::DIFFERENT_FORMAT.to_owned()), schema.canonical())
}

/// The stored text of the earlier version is no schema by today's reckoning.
fn unreadable(old: &Previous, error: &ParseError, level: Level) -> Comparison {
    let direction = level.directions().last().copied().unwrap_or(Direction::Backward);
    let message = format!("the old schema cannot be parsed: {error}");
    let finding = Incompatibility::of_the_whole(&rules::OLD_SCHEMA_UNREADABLE, direction, message);
    of_fact(old, finding.with_sentence(reference::unexpected(&error.message)), "")
}

/// A comparison that was over before it began.
fn of_fact(old: &Previous, fact: Incompatibility, old_text: &str) -> Comparison {
    let verdict = Verdict {
        direction: fact.direction,
        proof: Proof::Undecided(Why::Unsupported { keyword: fact.rule.id.to_owned(), at: String::new() }),
        unknown: None,
        reference: ReferenceVerdict::Incompatible,
        findings: vec![Incompatibility { outcome: Outcome::Refuse, ..fact }],
        more: 0,
        listed: vec![0],
    };
    Comparison { version: old.version, old_text: old_text.to_owned(), verdicts: vec![verdict] }
}
