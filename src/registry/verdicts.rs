//! What verdicts leave behind for those who watch: counters, and a word in the log where a break was
//! accepted knowingly.

use std::collections::BTreeSet;

use crate::compat::{Incompatibility, Outcome, Proof, ReferenceVerdict, Report, Severity, Verdict, Why};
use crate::model::{Format, Subject, Version};

/// Count a verdict on a schema of `format`. Where nothing was compared there is none.
pub(super) fn count(report: &Report, format: Format) {
    if report.comparisons.is_empty() {
        return;
    }
    let format = format.as_str();
    let outcome = if report.is_compatible() { "compatible" } else { "incompatible" };
    let judge = report.judge.as_str();
    metrics::counter!(
        "dovetail_verdicts_total", "format" => format, "judge" => judge, "outcome" => outcome
    )
    .increment(1);
    for verdict in report.comparisons.iter().flat_map(|comparison| &comparison.verdicts) {
        if let Some(way) = disagreement(verdict) {
            metrics::counter!("dovetail_judges_disagree_total", "format" => format, "way" => way)
                .increment(1);
        }
        if verdict.proof == Proof::Undecided(Why::VerifierDisagreed) {
            metrics::counter!("dovetail_verifier_disagreed_total").increment(1);
        }
    }
}

/// Who is alone in refusing, if the judges do not agree.
fn disagreement(verdict: &Verdict) -> Option<&'static str> {
    match (&verdict.reference, &verdict.proof) {
        (ReferenceVerdict::Incompatible, Proof::Proved(_)) => Some("only-reference-refuses"),
        (ReferenceVerdict::Compatible, Proof::Refuted) => Some("only-proof-refuses"),
        _ => None,
    }
}

/// Tell the log that a version was registered although it harms readers: because the proof judge does
/// not decide, or because settings say so. Never the schema.
pub(super) fn log_accepted(subject: &Subject, version: Version, report: &Report) {
    let harmful = |finding: &Incompatibility| {
        matches!(finding.severity, Severity::Break | Severity::Altered) && finding.witness.is_some()
    };
    let accepted = report.findings().filter(|(_, found)| found.outcome == Outcome::Warn && harmful(found));
    let rules: BTreeSet<&str> = accepted.map(|(_, finding)| finding.rule.id).collect();
    if rules.is_empty() {
        return;
    }
    tracing::warn!(
        %subject,
        version = version.number(),
        judge = report.judge.as_str(),
        rules = rules.into_iter().collect::<Vec<_>>().join(", "),
        "a version was accepted that harms readers"
    );
}
