//! A finding: one place at which a reader and a writer do not go together, and what both judges say
//! of it.

use std::fmt;

use super::rules::Rule;
use super::witness::Witness;
use crate::model::{Direction, Format};
use crate::schema::tree::Span;
use crate::schema::{Lines, Place};

/// One difference between a reader and a writer.
#[derive(Debug, Clone)]
pub struct Incompatibility {
    /// Which rule it violates.
    pub rule: &'static Rule,
    /// Who reads whose data.
    pub direction: Direction,
    /// What happens to a reader.
    pub severity: Severity,
    /// What it leads to, once that is decided.
    pub outcome: Outcome,
    /// What Confluent Schema Registry reports of it; `None` where it does not see it, or has no more
    /// than a sentence.
    pub reference: Option<RefDiff>,
    /// What the proof judge says of it.
    pub proof: Opinion,
    /// Where in the reader.
    pub reader_at: Option<Pointer>,
    /// Where in the writer.
    pub writer_at: Option<Pointer>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Data that the writer writes and the reader cannot read, or reads as something else.
    pub witness: Option<Witness>,
    /// What Confluent Schema Registry says where it has no name for the difference.
    pub(super) sentence: Option<String>,
    /// The place as that registry reckons places of a JSON Schema.
    pub(super) route: Option<Route>,
}

/// Where a finding is by the paths of the reference, so that both are known to mean the same. Schemas
/// about the same value (`allOf/1`) are left out of these paths, and `#` in front.
#[derive(Debug, Clone, Default)]
pub(super) struct Route {
    /// Of the part of the value, in the reader and in the writer.
    pub(super) bases: Vec<String>,
    /// The schema in the reader's text that has the keyword.
    pub(super) node: String,
    /// Where the reference would report just this.
    pub(super) exact: Vec<String>,
    /// Below these everything was left out of the rest of the comparison.
    pub(super) swallowed: Vec<String>,
    /// The same was done with the branches of a union there.
    pub(super) is_union: bool,
}

/// What a finding means for whoever reads the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// It fails, or loses what was written.
    Break,
    /// It reads another value than was written.
    Altered,
    /// It reads a less exact value than was written.
    Lossy,
    /// It reads the data; what is wrong is the schema itself: code made from it no longer compiles, or
    /// there is no data at all.
    Source,
}

/// What a finding leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The schema is refused because of it.
    Refuse,
    /// It is told, and stands in nobody's way.
    Warn,
    /// The judge that decides does not share it.
    Note,
}

/// What the proof judge says of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opinion {
    /// Readers are harmed, and a witness shows it (a finding of severity `Source` needs none).
    Broken,
    /// Nobody is harmed: only the reference reports it.
    Harmless,
    /// It could not be decided.
    Undecided,
}

/// A difference as Confluent Schema Registry reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefDiff {
    /// The language of the schemas, which decides how the difference is written.
    pub format: Format,
    /// Its name there: `TYPE_MISMATCH`.
    pub name: &'static str,
    /// Where it is, in that registry's reckoning.
    pub path: String,
    /// Its sentence, which speaks of the new and the old schema.
    pub description: String,
    /// Its detail; only Avro's have one.
    pub info: Option<String>,
}

/// A place in a schema. Avro: a JSON pointer (RFC 6901) into the text, as if each use of a named type
/// were replaced by the definition. Protobuf: names of messages and the number of a field,
/// `/Order/Line/3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    path: String,
    spot: Option<Spot>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    Bytes(Span),
    Place(Place),
}

impl Pointer {
    /// To bytes of the schema's own text; `None` when they stand in a text that it refers to.
    pub(super) fn in_text(path: String, span: Option<Span>) -> Pointer {
        Pointer { path, spot: span.map(Spot::Bytes) }
    }

    /// To a line and column of the schema's own text; `None` when it is another text.
    pub(super) fn at(path: String, place: Option<Place>) -> Pointer {
        Pointer { path, spot: place.map(Spot::Place) }
    }

    /// The pointer; empty for the schema itself.
    pub fn as_str(&self) -> &str {
        &self.path
    }

    /// The same as [`Pointer::place`] for who asks about many.
    pub fn place_among(&self, lines: &Lines<'_>) -> Option<Place> {
        self.spot.map(|spot| match spot {
            Spot::Bytes(span) => lines.place(span.start),
            Spot::Place(place) => place,
        })
    }

    /// Line and column in `text`, which is the text of the schema; `None` when it points into a text
    /// that the schema refers to.
    pub fn place(&self, text: &str) -> Option<Place> {
        self.spot.map(|spot| match spot {
            Spot::Bytes(span) => Place::of(text, span.start),
            Spot::Place(place) => place,
        })
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

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Refuse => "refuse",
            Outcome::Warn => "warn",
            Outcome::Note => "note",
        })
    }
}

impl fmt::Display for Opinion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Opinion::Broken => "broken",
            Opinion::Harmless => "harmless",
            Opinion::Undecided => "undecided",
        })
    }
}

/// What the reader and the writer are called in sentences.
#[derive(Debug, Clone, Copy)]
pub(super) struct Labels {
    pub(super) reader: &'static str,
    pub(super) writer: &'static str,
}

impl Labels {
    pub(super) fn of(direction: Direction) -> Labels {
        match direction {
            Direction::Backward => Labels { reader: "new", writer: "old" },
            Direction::Forward => Labels { reader: "old", writer: "new" },
        }
    }
}

impl Incompatibility {
    /// A finding of the proof judge, with the severity of its rule.
    pub(super) fn proved(
        rule: &'static Rule,
        direction: Direction,
        message: String,
        witness: Option<Witness>,
    ) -> Incompatibility {
        Incompatibility {
            proof: Opinion::Broken,
            witness,
            reader_at: None,
            writer_at: None,
            ..Incompatibility::of_the_whole(rule, direction, message)
        }
    }

    /// A finding of the reference judge; whether it is one of the proof judge too is found out later.
    pub(super) fn reported(
        rule: &'static Rule,
        direction: Direction,
        message: String,
        reference: RefDiff,
    ) -> Incompatibility {
        Incompatibility {
            reference: Some(reference),
            reader_at: None,
            writer_at: None,
            ..Incompatibility::of_the_whole(rule, direction, message)
        }
    }

    /// A finding that concerns the schema as a whole, and that no judge decided.
    pub(super) fn of_the_whole(
        rule: &'static Rule,
        direction: Direction,
        message: String,
    ) -> Incompatibility {
        Incompatibility {
            rule,
            direction,
            severity: rule.severity,
            outcome: Outcome::Note,
            reference: None,
            proof: Opinion::Undecided,
            reader_at: Some(Pointer::in_text(String::new(), None)),
            writer_at: Some(Pointer::in_text(String::new(), None)),
            message,
            hint: Some(rule.hint.to_owned()),
            witness: None,
            sentence: None,
            route: None,
        }
    }

    /// The same at these places.
    pub(super) fn between(self, reader_at: Pointer, writer_at: Pointer) -> Incompatibility {
        Incompatibility { reader_at: Some(reader_at), writer_at: Some(writer_at), ..self }
    }

    /// The same, for which the reference has no more than a sentence.
    pub(super) fn with_sentence(self, sentence: String) -> Incompatibility {
        Incompatibility { sentence: Some(sentence), ..self }
    }

    /// Does the reference report it, by name or in a sentence?
    pub fn is_of_reference(&self) -> bool {
        self.reference.is_some() || self.sentence.is_some()
    }

    /// Its entry in the list of the reference.
    pub(super) fn reference_line(&self) -> Option<String> {
        match (&self.reference, &self.sentence) {
            (Some(difference), _) => Some(difference.to_string()),
            (None, sentence) => sentence.clone(),
        }
    }
}
