//! How plans, and what was done of them, are printed.

use serde_json::{Value, json};

use super::print::{Printer, Tone, toned};
use crate::failure::Outcome;
use crate::gate::apply::{Applied, Done};
use crate::gate::judge::Finding;
use crate::gate::plan::{
    Action, Against, Configuration, Judged, MadeAt, Plan, Planned, REGISTRY_REFUSES, Step,
};
use crate::published;
use crate::schema::Place;

/// The version of the JSON shapes.
const FORMAT_VERSION: u32 = 1;

/// What a plan ends with when something may not be registered.
pub(super) fn refusal(planned: &Planned) -> Option<Outcome> {
    let is_finding = |judged: &Judged| matches!(judged.why, Against::Findings(_));
    match planned.refused.as_slice() {
        [] => None,
        // A break counts most, so that nothing hides it.
        refused if refused.iter().any(is_finding) => Some(Outcome::Findings),
        _ => Some(Outcome::BadRequest),
    }
}

/// What is not known here and the registry decides.
pub(super) fn notes(planned: &Planned, printer: Printer) {
    planned.notes.iter().for_each(|note| printer.note(format_args!("note  {note}")));
}

/// A line or more for each thing that is planned, refused, or left alone.
pub(super) fn text(planned: &Planned, is_brief: bool) -> Vec<String> {
    let plan = &planned.plan;
    let subjects =
        plan.steps.iter().map(|step| &step.subject).chain(plan.drift.iter().map(|drift| &drift.subject));
    let width = subjects.map(|subject| subject.chars().count()).max().unwrap_or_default().min(40);
    let mut lines = Vec::new();
    for judged in &planned.refused {
        lines.extend(refused(judged));
    }
    lines.extend(plan.steps.iter().map(|step| planned_step(step, width)));
    if !is_brief {
        for drift in &plan.drift {
            let mark = toned("!", Tone::Doubtful, 1);
            lines.push(format!("{mark} {:width$}  {}: left alone", drift.subject, drift.says));
        }
    }
    lines.push(summary(planned));
    lines
}

fn planned_step(step: &Step, width: usize) -> String {
    let subject = &step.subject;
    let (mark, tone, what) = match &step.action {
        Action::Register(registration) => {
            let is_first = registration.version == 1;
            let what = format!("register version {}   {}", registration.version, registration.verdict);
            if is_first { ("+", Tone::Good, what) } else { ("~", Tone::Doubtful, what) }
        }
        Action::Configure(change) => ("~", Tone::Doubtful, changed(change)),
        Action::Delete { versions } => ("-", Tone::Bad, format!("delete softly, {}", versions_of(versions))),
    };
    format!("{} {subject:width$}  {what}", toned(mark, tone, 1))
}

fn changed(change: &Configuration) -> String {
    let arrow = |name: &str, from: &Option<String>, to: &Option<String>| {
        let to = to.as_ref()?;
        Some(match from {
            Some(from) => format!("{name} {from} → {to}"),
            None => format!("{name} {to}"),
        })
    };
    let level = match &change.level {
        Some(level) if change.keeps_level() => Some(format!("level stays {level}")),
        level => arrow("level", &change.level_before, level),
    };
    let policy = arrow("policy", &change.policy_before, &change.policy);
    let parts: Vec<String> = level.into_iter().chain(policy).collect();
    let why = change.why.as_ref().map(|why| format!("   {why}")).unwrap_or_default();
    format!("{}{why}", parts.join(", "))
}

/// The sentence at the end.
fn summary(planned: &Planned) -> String {
    let plan = &planned.plan;
    let counts = plan.counts();
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let mut parts = vec![
        format!("{} to register", counts.register),
        plural(counts.configure, "level change"),
        plural(counts.delete, "delete"),
        format!("{} drift", counts.drift),
    ];
    if !planned.refused.is_empty() {
        parts.push(format!("{} refused", planned.refused.len()));
    }
    if !planned.unchanged.is_empty() {
        parts.push(format!("{} unchanged", planned.unchanged.len()));
    }
    format!("Plan: {}.{}", parts.join(", "), state(plan))
}

fn state(plan: &Plan) -> String {
    match &plan.state {
        MadeAt::Sequence(sequence) => format!("  Registry state {sequence}."),
        MadeAt::Subjects(_) => String::new(),
    }
}

fn refused(judged: &Judged) -> Vec<String> {
    let Judged { subject, path, level, why } = judged;
    let fail = toned("FAIL", Tone::Bad, 4);
    match why {
        Against::Findings(findings) => findings
            .iter()
            .flat_map(|finding| {
                let found = &finding.found;
                let mut lines = vec![
                    format!(
                        "{fail}  {}  {subject}  {level}  {}",
                        at(path, finding.place),
                        finding.fingerprint
                    ),
                    format!("      {}  {}", found.rule.id, found.message),
                ];
                if let Some(version) = finding.against.against().version {
                    lines.push(format!("        against   version {version}"));
                }
                if let Some(witness) = &found.witness {
                    let witness = published::Witness::of(witness);
                    let datum = witness.text.or_else(|| witness.json.map(|json| json.to_string()));
                    lines.push(format!(
                        "        witness   {}: {}",
                        datum.unwrap_or_default(),
                        witness.failure
                    ));
                }
                lines.extend(found.hint.iter().map(|hint| format!("        hint      {hint}")));
                // What only the registry's own rules refuse is found by no check of the files.
                if found.hint.as_deref() != Some(REGISTRY_REFUSES) {
                    let id = &finding.fingerprint;
                    lines.push(format!(
                        "        accept    dovetail waive {id} --against registry --until DATE --reason TEXT"
                    ));
                }
                lines
            })
            .collect(),
        Against::Invalid { place, message } => {
            vec![format!("{fail}  {}  {subject}  no schema: {message}", at(path, *place))]
        }
        Against::Impossible { message, hint } => {
            vec![format!("{fail}  {path}  {subject}  {message}"), format!("        hint      {hint}")]
        }
    }
}

fn at(path: &str, place: Option<Place>) -> String {
    place.map_or_else(|| path.to_owned(), |place| format!("{path}:{}:{}", place.line, place.column))
}

/// The plan and all that was found on the way, as JSON.
pub(super) fn json(planned: &Planned) -> Value {
    json!({
        "format_version": FORMAT_VERSION,
        "count": planned.plan.counts(),
        "refused": planned.refused.iter().map(refused_json).collect::<Vec<_>>(),
        "unchanged": planned.unchanged,
        "notes": planned.notes,
        "plan": planned.plan,
    })
}

fn refused_json(judged: &Judged) -> Value {
    let (message, findings) = match &judged.why {
        Against::Findings(findings) => (None, findings.as_slice()),
        Against::Invalid { message, .. } | Against::Impossible { message, .. } => (Some(message), &[][..]),
    };
    let finding = |finding: &Finding| {
        json!({
            "rule": finding.found.rule.id,
            "fingerprint": finding.fingerprint,
            "against": finding.against.against(),
            "line": finding.place.map(|place| place.line),
            "column": finding.place.map(|place| place.column),
            "message": finding.found.message,
            "hint": finding.found.hint,
        })
    };
    json!({
        "subject": judged.subject,
        "file": judged.path,
        "level": judged.level.as_str(),
        "message": message,
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// A line for a step that was done.
pub(super) fn applied(applied: &Applied) -> String {
    let what = match &applied.done {
        Done::Registered { version, id } => format!("version {version}, id {id}"),
        Done::Configured { level, policy } => {
            let level = level.as_ref().map(|level| format!("level {level}"));
            let policy = policy.as_ref().map(|policy| format!("policy {policy}"));
            level.into_iter().chain(policy).collect::<Vec<_>>().join(", ")
        }
        Done::Deleted { versions } => format!("deleted softly, {}", versions_of(versions)),
    };
    let earlier = if applied.earlier { " (by an earlier run)" } else { "" };
    format!("{}  {}  {what}{earlier}", toned("done", Tone::Good, 4), applied.subject)
}

/// What became of a level, for a sentence.
pub(super) fn applied_level(applied: &Applied) -> String {
    let level = match &applied.done {
        Done::Configured { level, .. } => level.as_deref().unwrap_or_default(),
        Done::Registered { .. } | Done::Deleted { .. } => "",
    };
    format!("the level of `{}` is {level}", applied.subject)
}

/// How many versions, in words.
pub(super) fn versions_of(versions: &[i32]) -> String {
    format!("{} version{}", versions.len(), if versions.len() == 1 { "" } else { "s" })
}

/// The sentence at the end of a run.
pub(super) fn ended(applied: &[Applied], plan: &Plan, sequence: Option<i64>) -> String {
    let at = sequence.map(|sequence| format!("  Registry state {sequence}.")).unwrap_or_default();
    let total = plan.steps.len();
    match applied.iter().filter(|applied| !applied.earlier).count() {
        0 if total == 0 => format!("Nothing to do.{at}"),
        0 => format!("Nothing left to do: an earlier run did all {total}.{at}"),
        count => format!("Applied {count} of {total}.{at}"),
    }
}
