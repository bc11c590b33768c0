//! What a comparison found.

use std::fmt;

use super::rules::{self, Rule};
use super::{Previous, Witness};
use crate::model::{Direction, Level, Version};
use crate::schema::tree::Span;
use crate::schema::{ParseError, Schema};

/// The answer of a check. No clash means compatible.
#[derive(Debug, Clone)]
pub struct Report {
    /// The level that was checked.
    pub level: Level,
    /// The versions that clash with the new schema: those of another format, then the others, each
    /// newest first.
    pub clashes: Vec<Clash>,
}

/// An earlier version that does not go together with the new schema.
#[derive(Debug, Clone)]
pub struct Clash {
    /// The earlier version.
    pub version: Version,
    /// Its canonical text; empty when its stored text could not be parsed.
    pub old_text: String,
    /// What is wrong, forward findings before backward ones; each once.
    pub findings: Vec<Incompatibility>,
    /// Positions in `findings`, in the order in which the reference lists them. It lists a finding
    /// again at each use of the type in which it lies.
    pub(super) listed: Vec<usize>,
}

/// One difference that breaks a reader.
#[derive(Debug, Clone)]
pub struct Incompatibility {
    /// Which rule it violates.
    pub rule: &'static Rule,
    /// Who reads whose data.
    pub direction: Direction,
    /// What Confluent Schema Registry calls it; `None` where it only has a sentence.
    pub reference: Option<RefDiff>,
    /// Where in the reader.
    pub reader_at: Option<Pointer>,
    /// Where in the writer.
    pub writer_at: Option<Pointer>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Data that the writer writes and the reader cannot read.
    pub witness: Option<Witness>,
    /// What happens to a reader.
    pub severity: Severity,
    /// What Confluent Schema Registry says where it has no name for the difference.
    pub(super) sentence: Option<String>,
}

/// What a finding means for whoever reads the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It fails.
    Break,
    /// It reads another value than was written.
    Altered,
    /// It reads a less exact value than was written.
    Lossy,
    /// It reads the data, but code made from the schema no longer compiles.
    Source,
}

/// A difference as Confluent Schema Registry reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefDiff {
    /// Its name there: `TYPE_MISMATCH`.
    pub name: &'static str,
    /// Where it is, in that registry's reckoning: mostly a pointer into the reader, but by branches
    /// of the writer where unions are concerned.
    pub path: String,
    /// Its sentence, which speaks of the new and the old schema.
    pub description: String,
    /// Its detail.
    pub info: String,
}

/// A place in a schema: a JSON pointer (RFC 6901) into its text, as if each use of a named type were
/// replaced by the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    path: String,
    span: Option<Span>,
}

impl Report {
    /// May the new schema follow the earlier ones?
    pub fn is_compatible(&self) -> bool {
        self.clashes.is_empty()
    }
}

impl Clash {
    /// The clash that `listings` of one version amount to; `None` when there is nothing in them.
    pub(super) fn of(old: &Previous, listings: Vec<Listing>) -> Option<Clash> {
        let (mut findings, mut listed) = (Vec::new(), Vec::new());
        for listing in listings {
            listed.extend(listing.listed.iter().map(|position| position + findings.len()));
            findings.extend(listing.findings);
        }
        let old_text = old.schema.as_ref().map(|schema| schema.canonical().to_owned()).unwrap_or_default();
        (!findings.is_empty()).then_some(Clash { version: old.version, old_text, findings, listed })
    }
}

impl Pointer {
    pub(super) fn new(path: String, span: Option<Span>) -> Pointer {
        Pointer { path, span }
    }

    /// The pointer; empty for the schema itself.
    pub fn as_str(&self) -> &str {
        &self.path
    }

    /// The bytes of the schema's text that it points at; `None` when they stand in a text that the
    /// schema refers to.
    pub fn span(&self) -> Option<Span> {
        self.span
    }
}

impl fmt::Display for Pointer {
    /// As in messages of the reference: the schema itself is `/`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.path.is_empty() { "/" } else { &self.path })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Break => "break",
            Severity::Altered => "altered",
            Severity::Lossy => "lossy",
            Severity::Source => "source",
        })
    }
}

/// What one direction found: each finding once, and the order in which the reference lists them.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    pub(super) findings: Vec<Incompatibility>,
    pub(super) listed: Vec<usize>,
}

impl Incompatibility {
    /// A finding that concerns the schema as a whole.
    pub(super) fn of_the_whole(
        rule: &'static Rule,
        direction: Direction,
        message: String,
    ) -> Incompatibility {
        Incompatibility {
            rule,
            direction,
            reference: None,
            reader_at: Some(Pointer::new(String::new(), None)),
            writer_at: Some(Pointer::new(String::new(), None)),
            message,
            hint: Some(rule.hint.to_owned()),
            witness: None,
            severity: rule.severity,
            sentence: None,
        }
    }

    /// Its entry in the list of the reference.
    pub(super) fn reference_line(&self) -> Option<String> {
        match (&self.reference, &self.sentence) {
            (Some(difference), _) => Some(difference.to_string()),
            (None, sentence) => sentence.clone(),
        }
    }
}

impl Listing {
    /// A single finding for which the reference has no more than a sentence.
    pub(super) fn of_sentence(finding: Incompatibility, sentence: String) -> Listing {
        Listing { findings: vec![Incompatibility { sentence: Some(sentence), ..finding }], listed: vec![0] }
    }
}

/// The earlier version is of another format than the new schema.
pub(super) fn format_changed(old: &Previous, schema: &Schema, level: Level) -> Clash {
    let direction = level.directions().first().copied().unwrap_or(Direction::Backward);
    let message = format!(
        "version {} is written in another schema language than the new schema: {}",
        old.version,
        schema.format()
    );
    let finding = Incompatibility::of_the_whole(&rules::FORMAT_CHANGED, direction, message);
    let listing = Listing::of_sentence(finding, super::reference::DIFFERENT_FORMAT.to_owned());
    Clash {
        version: old.version,
        old_text: schema.canonical().to_owned(),
        findings: listing.findings,
        listed: listing.listed,
    }
}

/// The stored text of the earlier version is no schema by today's reckoning.
pub(super) fn old_schema_unreadable(direction: Direction, error: &ParseError) -> Listing {
    let message = format!("the old schema cannot be parsed: {error}");
    let finding = Incompatibility::of_the_whole(&rules::OLD_SCHEMA_UNREADABLE, direction, message);
    Listing::of_sentence(finding, super::reference::unexpected(&error.message))
}
