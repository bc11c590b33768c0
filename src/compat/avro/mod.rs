//! Avro: the proof judge. What the decoder of a reader does with what a writer writes.

pub(super) mod datum;
mod minimal;
pub(super) mod places;
pub(super) mod resolve;
pub(super) mod rules;
pub(super) mod sentence;
pub(super) mod verify;

use super::budget::Fuel;
use super::finding::{Incompatibility, Opinion};
use super::reference;
use super::reference::avro::{NoAnswer, compare};
use super::report::{ProofView, Why};
use crate::model::Direction;
use crate::schema::avro::AvroSchema;
use minimal::Minimal;
use verify::Claim;

/// Can `reader` read everything that `writer` writes?
pub(super) fn prove(direction: Direction, reader: &AvroSchema, writer: &AvroSchema) -> ProofView {
    let mut minimal = Minimal::of(writer.model(), Fuel::new(Fuel::WITNESSES));
    let listing = reference::avro::view(direction, reader, writer).listing;
    let witnesses: Vec<_> = match compare(reader.model(), writer.model(), Fuel::new(Fuel::PAIR)) {
        Ok(differences) => {
            let distinct = differences.distinct();
            distinct
                .iter()
                .map(|found| verify::witness(reader.model(), writer.model(), &mut minimal, found))
                .collect()
        }
        Err(NoAnswer::Ambiguous(ambiguous)) => {
            let claim = Claim::of_ambiguous(&ambiguous);
            vec![verify::attempt(reader.model(), writer.model(), &mut minimal, &claim)]
        }
        Err(NoAnswer::Exhausted) => return ProofView::of(Vec::new(), 0, Some(Why::Fuel)),
    };
    let mut undecided = None;
    let mut findings = Vec::new();
    for (finding, witness) in listing.findings.into_iter().zip(witnesses) {
        if witness.is_none() {
            undecided = Some(Why::VerifierDisagreed);
            continue;
        }
        findings.push(Incompatibility {
            reference: None,
            sentence: None,
            proof: Opinion::Broken,
            witness,
            ..finding
        });
    }
    ProofView::of(findings, 0, undecided)
}

#[cfg(test)]
mod tests {
    use super::prove;
    use crate::compat::reference::avro::view;
    use crate::compat::report::ReferenceVerdict;
    use crate::model::Direction;
    use crate::schema::Options;
    use crate::schema::avro::AvroSchema;

    fn rules(old: &str, new: &str) -> Vec<&'static str> {
        let [old, new] =
            [old, new].map(|text| AvroSchema::parse(text, &[], Options::STORED).expect("a schema"));
        // The stack of a thread that serves requests is not large.
        let small_stack = std::thread::Builder::new().stack_size(512 * 1024);
        let judge = move || (view(Direction::Backward, &new, &old), prove(Direction::Backward, &new, &old));
        let thread = small_stack.spawn(judge).expect("a thread");
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

    #[test]
    fn examples_of_the_catalogue_violate_their_rules() {
        for rule in crate::compat::rules::all().filter(|rule| rule.id.starts_with("avro-")) {
            assert!(rules(rule.example.0, rule.example.1).contains(&rule.id), "{}", rule.id);
        }
    }
}
