//! Avro: what the structural comparison found, as findings with places, sentences and witnesses.

pub(super) mod datum;
mod minimal;
mod places;
pub(super) mod resolve;
pub(super) mod rules;
mod sentence;
pub(super) mod verify;

use super::budget::Fuel;
use super::reference::avro::{Ambiguous, DifferenceKind, Found, NoAnswer, compare};
use super::reference::unexpected;
use super::report::{Incompatibility, Listing, RefDiff};
use super::rules as catalogue;
use super::rules::Rule;
use crate::model::Direction;
use crate::schema::avro::AvroSchema;
use crate::schema::avro::model::Kind;
use minimal::Minimal;
use sentence::Labels;
use verify::Claim;

/// A list longer than this serves nobody and could be made to fill the memory.
const LISTED_AT_MOST: usize = 20_000;

/// Can `reader` read everything that `writer` writes?
pub(super) fn can_read(direction: Direction, reader: &AvroSchema, writer: &AvroSchema) -> Listing {
    match compare(reader.model(), writer.model(), Fuel::new(Fuel::PAIR)) {
        Ok(differences) if differences.listed() > LISTED_AT_MOST => exhausted(direction),
        Ok(differences) => {
            let distinct = differences.distinct();
            if distinct.is_empty() {
                return Listing::default();
            }
            let mut describer = Describer::new(direction, reader, writer);
            let findings = distinct.iter().map(|found| describer.finding(found)).collect();
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
    reader: &'a AvroSchema,
    writer: &'a AvroSchema,
    minimal: Minimal<'a>,
}

impl<'a> Describer<'a> {
    fn new(direction: Direction, reader: &'a AvroSchema, writer: &'a AvroSchema) -> Describer<'a> {
        let labels = Labels::of(direction);
        let minimal = Minimal::of(writer.model(), Fuel::new(Fuel::WITNESSES));
        Describer { direction, labels, reader, writer, minimal }
    }

    fn finding(&mut self, found: &Found<'_>) -> Incompatibility {
        let (reader, writer) = (self.reader.model(), self.writer.model());
        let Found { difference, route, .. } = found;
        let (difference, route) = (*difference, route);
        let rule = rule(difference.kind);
        let path = difference.path(route);
        let info = difference.info(reader, writer);
        let description = difference.description(&path, &info, self.labels.reader, self.labels.writer);
        let witness = verify::witness(reader, writer, &mut self.minimal, found);
        Incompatibility {
            rule,
            direction: self.direction,
            reference: Some(RefDiff { name: difference.name(), path, description, info }),
            reader_at: Some(places::in_reader(reader, difference, route)),
            writer_at: Some(places::in_writer(writer, difference, route)),
            message: sentence::of(difference, reader, writer, &self.labels),
            hint: Some(rule.hint.to_owned()),
            witness,
            severity: rule.severity,
            sentence: None,
        }
    }

    /// The reference throws here: one field says it all, whatever else differs.
    fn ambiguous(&mut self, ambiguous: &Ambiguous) -> Listing {
        let (reader, writer) = (self.reader.model(), self.writer.model());
        let (Kind::Record(read), Kind::Record(written)) =
            (&reader.get(ambiguous.reader).kind, &writer.get(ambiguous.writer).kind)
        else {
            return exhausted(self.direction);
        };
        let field = &read.fields[ambiguous.field];
        let exception = format!(
            "Reader record field {} type:{} pos:{} matches multiple fields in writer record schema {}",
            field.name,
            reader.get(field.schema.id).kind.word().to_uppercase(),
            ambiguous.field,
            self.writer.definition(ambiguous.writer),
        );
        let rule = &rules::AVRO_ALIAS_AMBIGUOUS;
        let claim = Claim::of_ambiguous(ambiguous);
        let finding = Incompatibility {
            reader_at: Some(places::of_field(reader, &ambiguous.route.reader, ambiguous.field)),
            writer_at: Some(places::of_type(writer, &ambiguous.route.writer)),
            witness: verify::attempt(reader, writer, &mut self.minimal, &claim),
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

#[cfg(test)]
mod tests {
    use super::can_read;
    use crate::model::Direction;
    use crate::schema::Options;
    use crate::schema::avro::AvroSchema;

    fn rules(old: &str, new: &str) -> Vec<&'static str> {
        let [old, new] =
            [old, new].map(|text| AvroSchema::parse(text, &[], Options::STORED).expect("a schema"));
        // The stack of a thread that serves requests is not large.
        let small_stack = std::thread::Builder::new().stack_size(512 * 1024);
        let thread = small_stack.spawn(move || can_read(Direction::Backward, &new, &old)).expect("a thread");
        let listing = thread.join().expect("no panic and no overflow");
        listing.findings.iter().map(|finding| finding.rule.id).collect()
    }

    fn record(name: &str, fields: &[(String, String)]) -> String {
        let fields: Vec<String> =
            fields.iter().map(|(name, of)| format!(r#"{{"name":"{name}","type":{of}}}"#)).collect();
        format!(r#"{{"type":"record","name":"{name}","fields":[{}]}}"#, fields.join(","))
    }

    /// Records R0 to Rn, each of which uses the next one twice.
    fn doubling(levels: usize, leaf: &str) -> String {
        (0..levels).rev().fold(format!("\"{leaf}\""), |inner, level| {
            let again = if level + 1 == levels { inner.clone() } else { format!("\"R{}\"", level + 1) };
            record(&format!("R{level}"), &[("a".to_owned(), inner), ("b".to_owned(), again)])
        })
    }

    /// A ring of records, each in a field of the one before.
    fn ring(length: usize, leaf: &str) -> String {
        let leaf = ("v".to_owned(), format!("\"{leaf}\""));
        let ring = |level: usize, next: String| {
            record(&format!("R{level}"), &[("next".to_owned(), next), leaf.clone()])
        };
        let last = ring(length - 1, r#"["null","R0"]"#.to_owned());
        let all = (0..length - 1).rev().fold(last, |inner, level| ring(level, inner));
        all.replace(r#""name":"R"#, r#""aliases":["X"],"name":"R"#)
    }

    /// A union of as many records.
    fn wide(branches: usize, of: &str) -> String {
        let field = [("v".to_owned(), format!("\"{of}\""))];
        let branches: Vec<String> =
            (0..branches).map(|branch| record(&format!("{of}{branch}"), &field)).collect();
        format!("[{}]", branches.join(","))
    }

    #[test]
    fn work_is_bounded() {
        for (name, old, new, expected) in [
            (
                "findings that double at each level",
                doubling(50, "int"),
                doubling(50, "string"),
                "comparison-exhausted",
            ),
            ("the same, without a finding", doubling(50, "int"), doubling(50, "long"), ""),
            (
                "unions too wide to be multiplied",
                wide(1500, "int"),
                wide(1500, "string"),
                "comparison-exhausted",
            ),
            ("wide unions that fit", wide(300, "int"), wide(300, "int"), ""),
            ("rings whose pairs nest too deep", ring(29, "int"), ring(31, "int"), "comparison-exhausted"),
            ("a ring that stays", ring(31, "int"), ring(31, "long"), ""),
        ] {
            let found = rules(&old, &new);
            assert_eq!(found.first().copied().unwrap_or_default(), expected, "{name}");
        }
    }

    #[test]
    fn examples_of_the_catalogue_violate_their_rules() {
        for rule in crate::compat::rules::RULES.iter().filter(|rule| rule.id.starts_with("avro-")) {
            assert!(rules(rule.example.0, rule.example.1).contains(&rule.id), "{}", rule.id);
        }
    }
}
