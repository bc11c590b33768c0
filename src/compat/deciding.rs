//! From two opinions to an outcome: who decides, and what each finding leads to.

use std::collections::HashMap;

use super::finding::{Incompatibility, Opinion, Outcome, Pointer, Severity};
use super::report::{ProofView, ReferenceVerdict, ReferenceView, Verdict};
use super::{routes, rules};
use crate::model::{Action, Direction, Judge, Judging, Level};

/// One verdict out of what both judges say of a reader and a writer.
pub(super) fn verdict(
    direction: Direction,
    reference: ReferenceView,
    proof: ProofView,
    level: Level,
    judging: &Judging,
) -> Verdict {
    let ReferenceView { verdict: reference, listing } = reference;
    let ProofView { proof, unknown, findings: proved, more } = proof;
    let mut findings = listing.findings;
    merge(&mut findings, proved, unknown.is_none());
    for finding in &mut findings {
        finding.outcome = outcome(finding, &reference, level, judging);
    }
    if let (ReferenceVerdict::NoAnswer(why), Some(_)) = (&reference, &unknown)
        && !findings.iter().any(|finding| finding.outcome == Outcome::Refuse)
    {
        findings.push(nobody_answers(direction, why));
    }
    let mut verdict =
        Verdict { direction, proof, unknown, reference, findings, more, listed: listing.listed };
    verdict.drop_what_is_off(level, judging);
    verdict
}

/// Join what both report, and say of the rest of the reference's list what the proof judge thinks: it
/// is harmless if the judge found out everything.
fn merge(reported: &mut Vec<Incompatibility>, proved: Vec<Incompatibility>, is_all_known: bool) {
    let mut by_place: HashMap<String, Vec<usize>> = HashMap::new();
    for (position, finding) in reported.iter_mut().enumerate() {
        finding.proof = if is_all_known { Opinion::Harmless } else { Opinion::Undecided };
        by_place.entry(place(finding)).or_default().push(position);
    }
    for found in proved {
        if let Some(route) = &found.route {
            match routes::met(reported, &found, route) {
                Some(position) => join(&mut reported[position], found),
                None => reported.push(found),
            }
            continue;
        }
        let here = by_place.get(&place(&found)).map_or(&[][..], Vec::as_slice);
        let open = || here.iter().copied().filter(|&position| reported[position].proof != Opinion::Broken);
        let same_rule = open().find(|&position| reported[position].rule == found.rule);
        // A loss at the place of a break that is none is another matter: both are told.
        let breaks = matches!(found.severity, Severity::Break | Severity::Altered);
        let here = same_rule.or_else(|| open().next().filter(|_| breaks));
        let around = || reported.iter().position(|known| breaks && is_cause(&found, known));
        match here.or_else(around) {
            Some(position) => join(&mut reported[position], found),
            None => reported.push(found),
        }
    }
    routes::leave_open(reported);
}

/// Both mean the same: the proof judge's words, with what the reference calls it.
fn join(known: &mut Incompatibility, found: Incompatibility) {
    let (reference, sentence) = (known.reference.take(), known.sentence.take());
    *known = Incompatibility { reference, sentence, ..found };
}

/// Of a branch of a union that cannot be read the reference says no more than that; the proof judge
/// says what within it cannot.
fn is_cause(found: &Incompatibility, known: &Incompatibility) -> bool {
    let within = |inner: &Option<Pointer>, outer: &Option<Pointer>| match (inner, outer) {
        (Some(inner), Some(outer)) => {
            let below = inner.as_str().strip_prefix(outer.as_str());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        _ => false,
    };
    known.rule == &super::avro::rules::AVRO_UNION_BRANCH_REMOVED
        && known.proof != Opinion::Broken
        && within(&found.reader_at, &known.reader_at)
        && within(&found.writer_at, &known.writer_at)
}

fn place(finding: &Incompatibility) -> String {
    finding.reader_at.as_ref().map_or_else(String::new, |pointer| pointer.as_str().to_owned())
}

/// What was not compared is not accepted.
fn nobody_answers(direction: Direction, why: &str) -> Incompatibility {
    let finding = Incompatibility::of_the_whole(&rules::COMPARISON_EXHAUSTED, direction, why.to_owned());
    let finding = finding.with_sentence(super::reference::unexpected(why));
    Incompatibility { outcome: Outcome::Refuse, ..finding }
}

fn outcome(
    finding: &Incompatibility,
    reference: &ReferenceVerdict,
    level: Level,
    judging: &Judging,
) -> Outcome {
    if !finding.rule.is_judged() {
        return Outcome::Refuse;
    }
    let by_proof = finding.proof == Opinion::Broken;
    let acted_on = match (by_proof, action(finding, level, judging)) {
        (true, Action::Refuse) => Outcome::Refuse,
        (true, Action::Warn) => Outcome::Warn,
        (true, Action::Off) | (false, _) => Outcome::Note,
    };
    match judging.judge {
        _ if matches!(reference, ReferenceVerdict::NoAnswer(_)) => acted_on,
        Judge::Reference | Judge::Strictest if finding.is_of_reference() => Outcome::Refuse,
        Judge::Reference if acted_on == Outcome::Refuse => Outcome::Warn,
        // Where the proof judge does not know, the reference decides.
        Judge::Proof if finding.proof == Opinion::Undecided => Outcome::Refuse,
        Judge::Reference | Judge::Proof | Judge::Strictest => acted_on,
    }
}

/// What a finding of the proof judge leads to: what the settings say, else what its severity does.
fn action(finding: &Incompatibility, level: Level, judging: &Judging) -> Action {
    use crate::model::Depth;
    if let Some(action) = judging.rules.get(finding.rule.id) {
        return *action;
    }
    match finding.severity {
        // Data of versions that the level does not look at may be gone.
        _ if finding.rule.spans_versions && level.depth() == Depth::Latest => Action::Warn,
        Severity::Break | Severity::Altered => Action::Refuse,
        Severity::Lossy | Severity::Source => Action::Warn,
    }
}

impl Verdict {
    /// Rules that are off are not told, unless the reference tells of the same.
    fn drop_what_is_off(&mut self, level: Level, judging: &Judging) {
        let off = |finding: &Incompatibility| {
            !finding.is_of_reference() && action(finding, level, judging) == Action::Off
        };
        // What the reference lists comes first, so its positions stay.
        self.findings.retain(|finding| !off(finding) || !finding.rule.is_judged());
    }
}
