//! What the comparison found, as findings in the project's words beside the reference's.

use super::{Ambiguous, DifferenceKind, Found, NoAnswer, compare};
use crate::compat::avro::{places, rules, sentence};
use crate::compat::budget::Fuel;
use crate::compat::finding::{Incompatibility, Labels, RefDiff};
use crate::compat::reference::unexpected;
use crate::compat::report::{Listing, ReferenceView};
use crate::compat::rules::Rule;
use crate::model::Direction;
use crate::schema::avro::AvroSchema;
use crate::schema::avro::model::Kind;

/// A list longer than this serves nobody and could be made to fill the memory.
const LISTED_AT_MOST: usize = 20_000;

const TOO_MUCH: &str = "the two schemas are too large, too deep or too entangled to be compared";

/// What the reference says of a reader and a writer.
pub(in crate::compat) fn view(
    direction: Direction,
    reader: &AvroSchema,
    writer: &AvroSchema,
) -> ReferenceView {
    let describer = Describer { direction, labels: Labels::of(direction), reader, writer };
    match compare(reader.model(), writer.model(), Fuel::new(Fuel::PAIR)) {
        Ok(differences) if differences.listed() > LISTED_AT_MOST => ReferenceView::no_answer(TOO_MUCH),
        Ok(differences) => {
            let findings = differences.distinct().iter().map(|found| describer.finding(found)).collect();
            ReferenceView::of(Listing { findings, listed: differences.order() })
        }
        Err(NoAnswer::Ambiguous(ambiguous)) => match describer.ambiguous(&ambiguous) {
            Some(finding) => ReferenceView::of(Listing::in_order(vec![finding])),
            None => ReferenceView::no_answer(TOO_MUCH),
        },
        Err(NoAnswer::Exhausted) => ReferenceView::no_answer(TOO_MUCH),
    }
}

/// Turns differences of one pair of schemas into findings.
struct Describer<'a> {
    direction: Direction,
    labels: Labels,
    reader: &'a AvroSchema,
    writer: &'a AvroSchema,
}

impl Describer<'_> {
    fn finding(&self, found: &Found<'_>) -> Incompatibility {
        let (reader, writer) = (self.reader.model(), self.writer.model());
        let (difference, route) = (found.difference, &found.route);
        let path = difference.path(route);
        let info = difference.info(reader, writer);
        let description = difference.description(&path, &info, self.labels.reader, self.labels.writer);
        let reported = RefDiff { name: difference.name(), path, description, info: Some(info) };
        let message = sentence::of(difference, reader, writer, &self.labels);
        Incompatibility::reported(rule(difference.kind), self.direction, message, reported).between(
            places::in_reader(reader, difference, route),
            places::in_writer(writer, difference, route),
        )
    }

    /// The reference throws here: one field says it all, whatever else differs.
    fn ambiguous(&self, ambiguous: &Ambiguous) -> Option<Incompatibility> {
        let (reader, writer) = (self.reader.model(), self.writer.model());
        let (Kind::Record(read), Kind::Record(written)) =
            (&reader.get(ambiguous.reader).kind, &writer.get(ambiguous.writer).kind)
        else {
            return None;
        };
        let field = read.fields.get(ambiguous.field)?;
        let exception = format!(
            "Reader record field {} type:{} pos:{} matches multiple fields in writer record schema {}",
            field.name,
            reader.get(field.schema.id).kind.word().to_uppercase(),
            ambiguous.field,
            self.writer.definition(ambiguous.writer),
        );
        let message = sentence::of_ambiguous(field, read, written, &self.labels);
        let finding = Incompatibility::of_the_whole(&rules::AVRO_ALIAS_AMBIGUOUS, self.direction, message)
            .between(
                places::of_field(reader, &ambiguous.route.reader, ambiguous.field),
                places::of_type(writer, &ambiguous.route.writer),
            );
        Some(finding.with_sentence(unexpected(&exception)))
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
