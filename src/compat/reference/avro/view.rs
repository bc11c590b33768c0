//! What the comparison found, as findings in the project's words beside the reference's.

use super::{Ambiguous, DifferenceKind, Found, NoAnswer, compare};
use crate::compat::avro::places::{Edge, Part, place};
use crate::compat::avro::{rules, sentence};
use crate::compat::budget::Fuel;
use crate::compat::finding::{Incompatibility, Labels, RefDiff};
use crate::compat::reference::unexpected;
use crate::compat::report::{Listing, ReferenceView};
use crate::model::{Direction, Format};
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
    fn finding(&self, found: &Found) -> Incompatibility {
        let (reader, writer) = (self.reader.model(), self.writer.model());
        let Found { difference, route } = found;
        let path = difference.path(route);
        let info = difference.info(reader, writer);
        let description = difference.description(&path, &info, self.labels.reader, self.labels.writer);
        let reported =
            RefDiff { format: Format::Avro, name: difference.name(), path, description, info: Some(info) };
        let mishap = difference.mishap();
        let (mut reader_edges, mut writer_edges) = (route.reader.clone(), route.writer.clone());
        let (read, mut written) = (reader.get(difference.reader), writer.get(difference.writer));
        if let (DifferenceKind::UnionBranch(Some(branch)), Kind::Union(branches)) =
            (difference.kind, &written.kind)
        {
            writer_edges.push(Edge::Branch(branch as u32));
            written = branches.get(branch).map_or(written, |branch| writer.get(branch.id));
        }
        let mut part = mishap.part();
        // An enum with a default symbol but no default was compared with the record that lacks the
        // field: it is the field that has no value.
        if let (true, Some(Edge::Field(field))) = (route.into_missing_field, reader_edges.last().copied()) {
            reader_edges.pop();
            part = Part::Field(field);
        }
        let message = sentence::of(mishap, read, written, &self.labels);
        Incompatibility::reported(mishap.rule(), self.direction, message, reported).between(
            place(reader, &reader_edges, part),
            place(writer, &writer_edges, mishap.part_of_writer()),
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
                place(reader, &ambiguous.route.reader, Part::Field(ambiguous.field as u32)),
                place(writer, &ambiguous.route.writer, Part::Itself),
            );
        Some(finding.with_sentence(unexpected(&exception)))
    }
}
