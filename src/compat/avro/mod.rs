//! Avro: the proof judge. What the decoder of a reader does with what a writer writes.

mod branches;
pub(super) mod datum;
mod defaults;
pub(super) mod dialect;
mod java;
mod minimal;
pub(super) mod mishap;
pub(super) mod places;
mod reachable;
pub(super) mod resolution;
pub(super) mod resolve;
pub(super) mod rules;
pub(super) mod sentence;
pub(super) mod walk;

use std::collections::HashSet;

use super::budget::Fuel;
use super::finding::{Incompatibility, Labels};
use super::report::{How, ProofView, Room, Why};
use super::witness::{Trial, Witness};
use crate::model::Direction;
use crate::schema::avro::AvroSchema;
use minimal::{Heights, Leaf, Minimal};
use mishap::Mishap;
use places::{Edge, place, pointer};
use resolution::Resolution;
use walk::Claim;

/// Can `reader` read everything that `writer` writes?
pub(super) fn prove(direction: Direction, reader: &AvroSchema, writer: &AvroSchema) -> ProofView {
    if reader.is_equivalent(writer) {
        return ProofView::proved(How::Identical);
    }
    let mut fuel = Fuel::new(Fuel::PAIR);
    let heights = Heights::of(writer.model(), &mut fuel);
    let resolution = Resolution::of(reader.model(), writer.model(), &mut fuel);
    let (Ok(heights), Ok(mut resolution)) = (heights, resolution) else {
        return ProofView::of(Vec::new(), 0, Some(Why::Fuel));
    };
    let (claims, done) = walk::claims(&mut resolution, &heights, &mut fuel);
    let mut court = Court {
        labels: Labels::of(direction),
        direction,
        minimal: Minimal::of(writer.model(), &heights),
        resolution,
        fuel: Fuel::new(Fuel::WITNESSES),
        last: None,
        undecided: done.is_err().then_some(Why::Fuel),
    };
    let (mut findings, mut room) = (Vec::new(), Room::default());
    for claim in once_each(claims) {
        let rule = claim.mishap.rule();
        if room.take(rule, rule.severity) {
            findings.extend(court.hear(&claim));
        }
    }
    ProofView::of(findings, room.more, court.undecided)
}

/// Each claim once. A field that is ambiguous in both dialects is claimed by each on its own.
fn once_each(claims: Vec<Claim>) -> impl Iterator<Item = Claim> {
    let mut seen = HashSet::new();
    claims.into_iter().filter(move |claim| {
        let in_writer = match claim.mishap {
            Mishap::FieldAmbiguous(_) => String::new(),
            _ => pointer(&claim.writer_edges),
        };
        seen.insert((claim.mishap, pointer(&claim.reader_edges), in_writer))
    })
}

/// Has claims proved by trial, and words those that stand.
struct Court<'a> {
    direction: Direction,
    labels: Labels,
    resolution: Resolution<'a>,
    minimal: Minimal<'a>,
    fuel: Fuel,
    /// The last trial: several claims about one record need no more than one.
    last: Option<(Vec<Edge>, Leaf, Option<Trial<'a>>)>,
    undecided: Option<Why>,
}

impl<'a> Court<'a> {
    /// The finding, if data shows it.
    fn hear(&mut self, claim: &Claim) -> Option<Incompatibility> {
        let is_last =
            |(edges, leaf, _): &(Vec<Edge>, Leaf, _)| *edges == claim.datum_edges && *leaf == claim.leaf;
        if !self.last.as_ref().is_some_and(is_last) {
            let trial = self.trial(claim);
            self.last = Some((claim.datum_edges.clone(), claim.leaf, trial));
        }
        let Some((_, _, Some(trial))) = &self.last else {
            let keyword = "data too large to be shown".to_owned();
            let at = pointer(&claim.reader_edges);
            self.undecided.get_or_insert(Why::Unsupported { keyword, at });
            return None;
        };
        let Some((witness, affected)) = Witness::of_avro(trial, claim) else {
            self.undecided.get_or_insert(Why::VerifierDisagreed);
            return None;
        };
        let (reader, writer) = (self.resolution.reader, self.resolution.writer);
        let (read, written) = (reader.get(claim.reader), writer.get(claim.writer));
        let mut message = sentence::of(claim.mishap, read, written, &self.labels);
        message.push_str(sentence::affected(affected, claim.mishap));
        let finding = Incompatibility::proved(claim.mishap.rule(), self.direction, message, Some(witness));
        Some(finding.between(
            place(reader, &claim.reader_edges, claim.mishap.part()),
            place(writer, &claim.writer_edges, claim.mishap.part_of_writer()),
        ))
    }

    /// Build the value, and have it read. `None` where it would be too large, or takes too long.
    fn trial(&mut self, claim: &Claim) -> Option<Trial<'a>> {
        let datum = self.minimal.plugged(&claim.datum_edges, claim.leaf, &mut self.fuel)?;
        Trial::of(&mut self.resolution, &datum, &mut self.fuel)
    }
}

#[cfg(test)]
mod tests {
    use super::prove;
    use crate::compat::reference::avro::view;
    use crate::compat::report::{Proof, ReferenceVerdict};
    use crate::model::Direction;
    use crate::schema::avro::AvroSchema;
    use crate::schema::{Dependency, Options};

    fn rules(old: &str, new: &str) -> Vec<&'static str> {
        let [old, new] =
            [old, new].map(|text| AvroSchema::parse(text, &[], Options::STORED).expect("a schema"));
        let promised_stack = std::thread::Builder::new().stack_size(crate::compat::STACK);
        let judge = move || (view(Direction::Backward, &new, &old), prove(Direction::Backward, &new, &old));
        let thread = promised_stack.spawn(judge).expect("a thread");
        let (reference, _) = thread.join().expect("no panic and no overflow");
        if matches!(reference.verdict, ReferenceVerdict::NoAnswer(_)) {
            return vec!["comparison-exhausted"];
        }
        reference.listing.findings.iter().map(|finding| finding.rule.id).collect()
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

    fn proof(old: &str, new: &str) -> &'static str {
        let [old, new] =
            [old, new].map(|text| AvroSchema::parse(text, &[], Options::STORED).expect("a schema"));
        proof_of(old, new)
    }

    fn proof_of(old: AvroSchema, new: AvroSchema) -> &'static str {
        // The walk itself needs less than the comparison of the reference does.
        let small_stack = std::thread::Builder::new().stack_size(512 * 1024);
        let thread = small_stack.spawn(move || prove(Direction::Backward, &new, &old).proof);
        match thread.expect("a thread").join().expect("no panic and no overflow") {
            Proof::Proved(_) => "proved",
            Proof::Refuted => "refuted",
            Proof::Undecided(_) => "undecided",
        }
    }

    /// Records that each have the next one's value in their default, which leaves it out again.
    fn endless_default(length: usize) -> String {
        let last = r#"{"type":"record","name":"D0","fields":[{"name":"n","type":"D1","default":{}}]}"#;
        let all = (1..length).rev().fold(last.to_owned(), |inner, level| {
            format!(
                r#"{{"type":"record","name":"D{level}","fields":[{{"name":"n","type":{inner},"default":{{}}}}]}}"#
            )
        });
        format!(r#"{{"type":"record","name":"R","fields":[{{"name":"a","type":{all},"default":{{}}}}]}}"#)
    }

    #[test]
    fn proofs_are_bounded() {
        let chain = |length: usize, leaf: &str| {
            (0..length).rev().fold(format!("\"{leaf}\""), |inner, level| {
                record(&format!("C{level}"), &[("n".to_owned(), inner)])
            })
        };
        let nothing = r#"{"type":"record","name":"R","fields":[]}"#;
        for (name, old, new, expected) in [
            ("a value that doubles at each level", doubling(50, "int"), doubling(50, "string"), "undecided"),
            ("the same, with nothing to show", doubling(50, "int"), doubling(50, "long"), "proved"),
            ("wide unions", wide(1500, "int"), wide(1500, "string"), "refuted"),
            ("rings of two lengths", ring(29, "int"), ring(31, "int"), "refuted"),
            ("a ring that stays", ring(31, "int"), ring(31, "long"), "proved"),
            ("a value that nests", chain(60, "int"), chain(60, "string"), "refuted"),
            ("a default without end", nothing.to_owned(), endless_default(30), "refuted"),
        ] {
            assert_eq!(proof(&old, &new), expected, "{name}");
        }
    }

    /// Texts that refer to each other nest deeper than one text may.
    #[test]
    fn values_nest_as_deep_as_is_safe() {
        let chain = |length: usize, leaf: &str| {
            let name = |level: usize| format!(r#""C{level}""#);
            let mut dependencies = vec![Dependency {
                name: format!("C{length}"),
                origin: None,
                text: record(&format!("C{length}"), &[("n".to_owned(), format!("\"{leaf}\""))]),
            }];
            dependencies.extend((1..length).rev().map(|level| Dependency {
                name: format!("C{level}"),
                origin: None,
                text: record(&format!("C{level}"), &[("n".to_owned(), name(level + 1))]),
            }));
            let text = record("C0", &[("n".to_owned(), name(1))]);
            AvroSchema::parse(&text, &dependencies, Options::STORED).expect("a schema")
        };
        for (length, expected) in [(190, "refuted"), (600, "undecided")] {
            assert_eq!(proof_of(chain(length, "int"), chain(length, "string")), expected, "{length}");
        }
    }

    #[test]
    fn examples_of_the_catalogue_violate_their_rules() {
        for rule in super::rules::RULES {
            let [old, new] = [rule.example.0, rule.example.1]
                .map(|text| AvroSchema::parse(text, &[], Options::STORED).expect("a schema"));
            let found = prove(Direction::Backward, &new, &old).findings;
            assert!(found.iter().any(|finding| finding.rule == *rule), "{}: {found:?}", rule.id);
        }
    }
}
