//! Avro: what the structural comparison found, as findings with places, sentences and witnesses.

pub(super) mod datum;
mod minimal;
mod places;
pub(super) mod resolve;
pub(super) mod rules;
mod sentence;
pub(super) mod verify;

use super::budget::Fuel;
use super::reference::avro::{Ambiguous, Difference, DifferenceKind, NoAnswer, Route, compare};
use super::reference::unexpected;
use super::report::{Incompatibility, Listing, RefDiff};
use super::rules as catalogue;
use super::rules::Rule;
use crate::model::Direction;
use crate::schema::avro::AvroSchema;
use crate::schema::avro::model::{Kind, Model, TypeId};
use minimal::Minimal;
use sentence::Labels;
use verify::Claim;

/// Can `reader` read everything that `writer` writes?
pub(super) fn can_read(direction: Direction, reader: &AvroSchema, writer: &AvroSchema) -> Listing {
    match compare(reader.model(), writer.model(), Fuel::new(Fuel::PAIR)) {
        Ok(differences) => {
            let distinct = differences.distinct();
            if distinct.is_empty() {
                return Listing::default();
            }
            let mut describer = Describer::new(direction, reader, writer);
            let findings = distinct.iter().map(|(found, route)| describer.finding(*found, route)).collect();
            Listing { findings, listed: differences.order() }
        }
        Err(NoAnswer::Ambiguous(ambiguous)) => {
            Describer::new(direction, reader, writer).ambiguous(&ambiguous)
        }
        Err(NoAnswer::Exhausted) => exhausted(direction),
    }
}

/// There is no answer, and what was not compared is not accepted.
fn exhausted(direction: Direction) -> Listing {
    let message = "the two schemas are too large, too deep or too entangled to be compared".to_owned();
    let sentence = unexpected(&message);
    Listing::of_sentence(
        Incompatibility::of_the_whole(&catalogue::COMPARISON_EXHAUSTED, direction, message),
        sentence,
    )
}

/// Turns differences of one pair of schemas into findings.
struct Describer<'a> {
    direction: Direction,
    labels: Labels,
    reader: &'a Model,
    writer: &'a Model,
    writer_text: &'a str,
    minimal: Minimal<'a>,
}

impl<'a> Describer<'a> {
    fn new(direction: Direction, reader: &'a AvroSchema, writer: &'a AvroSchema) -> Describer<'a> {
        let labels = Labels::of(direction);
        let minimal = Minimal::of(writer.model(), Fuel::new(Fuel::WITNESSES));
        let writer_text = writer.canonical();
        Describer { direction, labels, reader: reader.model(), writer: writer.model(), writer_text, minimal }
    }

    /// A type of the writer as text.
    fn text(&self, id: TypeId) -> String {
        if id == self.writer.root() {
            self.writer_text.to_owned()
        } else {
            sentence::noun(self.writer.get(id))
        }
    }

    fn finding(&mut self, difference: Difference, route: &Route) -> Incompatibility {
        let rule = rule(difference.kind);
        let path = difference.path(route);
        let info = difference.info(self.reader, self.writer);
        let description = difference.description(&path, &info, self.labels.reader, self.labels.writer);
        let claim = Claim::of(difference, route, self.reader, self.writer);
        let witness = verify::witness(self.reader, self.writer, &mut self.minimal, &claim);
        Incompatibility {
            rule,
            direction: self.direction,
            reference: Some(RefDiff { name: difference.name(), path, description, info }),
            reader_at: Some(places::in_reader(self.reader, difference, route)),
            writer_at: Some(places::in_writer(self.writer, difference, route)),
            message: sentence::of(difference, self.reader, self.writer, &self.labels),
            hint: Some(rule.hint.to_owned()),
            witness,
            severity: rule.severity,
            sentence: None,
        }
    }

    /// The reference throws here: one field says it all, whatever else differs.
    fn ambiguous(&mut self, ambiguous: &Ambiguous) -> Listing {
        let (Kind::Record(read), Kind::Record(written)) =
            (&self.reader.get(ambiguous.reader).kind, &self.writer.get(ambiguous.writer).kind)
        else {
            return exhausted(self.direction);
        };
        let field = &read.fields[ambiguous.field];
        let exception = format!(
            "Reader record field {} type:{} pos:{} matches multiple fields in writer record schema {}",
            field.name,
            self.reader.get(field.schema.id).kind.word().to_uppercase(),
            ambiguous.field,
            self.text(ambiguous.writer),
        );
        let rule = &rules::AVRO_ALIAS_AMBIGUOUS;
        let claim = Claim::of_ambiguous(ambiguous);
        let finding = Incompatibility {
            reader_at: Some(places::of_field(self.reader, &ambiguous.route.reader, ambiguous.field)),
            writer_at: Some(places::of_type(self.writer, &ambiguous.route.writer)),
            witness: verify::witness(self.reader, self.writer, &mut self.minimal, &claim),
            ..Incompatibility::of_the_whole(
                rule,
                self.direction,
                sentence::of_ambiguous(field, read, written, &self.labels),
            )
        };
        Listing::of_sentence(finding, unexpected(&exception))
    }
}

fn rule(kind: DifferenceKind) -> &'static Rule {
    match kind {
        DifferenceKind::Name => &rules::AVRO_NAME_CHANGED,
        DifferenceKind::FixedSize => &rules::AVRO_FIXED_SIZE_CHANGED,
        DifferenceKind::Symbols => &rules::AVRO_SYMBOL_REMOVED,
        DifferenceKind::FieldMissing(_) => &rules::AVRO_FIELD_WITHOUT_DEFAULT,
        DifferenceKind::Type => &rules::AVRO_TYPE_CHANGED,
        DifferenceKind::UnionBranch(_) => &rules::AVRO_UNION_BRANCH_REMOVED,
    }
}
