//! The list that a refused registration and the verbose compatibility routes carry: what the reference
//! would say, byte for byte, and then what the proof judge has to add.

use super::finding::{Incompatibility, Opinion, Outcome};
use super::reference::{quote, unexpected};
use super::report::{Comparison, ReferenceVerdict, Report};
use super::rules;
use crate::model::{Direction, Judge};

/// A sentence and a witness each take at most this many bytes of a line.
const LONGEST: usize = 1024;

impl Report {
    /// The list; empty when compatible. One version is reported, and the setting in force is named for
    /// the reader's sake.
    ///
    /// The reference's own list comes first and whole. Lines of the proof judge follow it; where the
    /// reference has nothing to say they come before the old schema instead.
    pub fn wire_lines(&self, validate_fields: bool) -> Vec<String> {
        let Some(comparison) = self.refused().next() else {
            return Vec::new();
        };
        let in_force = format!("{{validateFields: '{validate_fields}', compatibility: '{}'}}", self.level);
        let mut lines = comparison.reference_lines(self.level.directions());
        let ours = if self.judge == Judge::Reference { Vec::new() } else { comparison.proof_lines() };
        if !lines.is_empty() {
            lines.push(in_force);
            lines.extend(ours);
            return lines;
        }
        lines = if ours.is_empty() { comparison.failure_lines() } else { ours };
        lines.extend(comparison.old_lines());
        lines.push(in_force);
        lines
    }
}

impl Comparison {
    /// What the reference lists, the old schema included.
    fn reference_lines(&self, directions: &[Direction]) -> Vec<String> {
        let listed = || {
            self.verdicts.iter().flat_map(|verdict| {
                let found = verdict.listed.iter().filter_map(|&position| verdict.findings.get(position));
                found.map(move |finding| (verdict.direction, finding))
            })
        };
        let mut lines: Vec<String> = listed().filter_map(|(_, finding)| finding.reference_line()).collect();
        // Only the last direction of a level is followed by the old schema: of FULL, the backward one.
        let last = directions.last();
        let names_the_old = |finding: &Incompatibility| *finding.rule != rules::FORMAT_CHANGED;
        if listed().any(|(direction, finding)| Some(&direction) == last && names_the_old(finding)) {
            lines.extend(self.old_lines());
        }
        lines
    }

    /// A line for each finding of the proof judge that refuses.
    fn proof_lines(&self) -> Vec<String> {
        let decides = |finding: &&Incompatibility| {
            finding.proof == Opinion::Broken && finding.outcome == Outcome::Refuse
        };
        self.findings().filter(decides).map(proof_line).collect()
    }

    /// What is said where the reference fails on a schema that is refused all the same.
    fn failure_lines(&self) -> Vec<String> {
        let failures = self.verdicts.iter().filter_map(|verdict| match &verdict.reference {
            ReferenceVerdict::NoAnswer(why) => Some(unexpected(why)),
            ReferenceVerdict::Compatible | ReferenceVerdict::Incompatible => None,
        });
        failures.collect()
    }

    fn old_lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{{oldSchemaVersion: {}}}", self.version)];
        lines.extend(quote(&self.old_text));
        lines
    }
}

fn proof_line(finding: &Incompatibility) -> String {
    let mut text = shortened(&finding.message);
    if let Some(at) = &finding.reader_at {
        text.push_str(&format!(" (at {at})"));
    }
    if let Some(witness) = &finding.witness {
        text.push_str(&format!("; witness: {}", shortened(&witness.sentence())));
    }
    format!("{{errorType:\"{}\", description:\"{text}\"}}", finding.rule.id)
}

fn shortened(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let end = (0..=LONGEST).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
    format!("{}...", &text[..end])
}
