//! GitLab's Code Quality report, which merge requests show beside the lines.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::surroundings::Root;
use super::told::{self, Tier};
use crate::published::{Finding, Location, Report};

/// The whole report.
pub(super) fn render(report: &Report, root: &Root) -> String {
    let mut seen = HashSet::new();
    let mut issues = Vec::new();
    for (tier, finding) in told::by_gravity(report) {
        // GitLab takes two of one fingerprint for one; the same break against two bases is one.
        let severity = match tier {
            Tier::Error => "critical",
            Tier::Warning => "minor",
            Tier::Waived | Tier::Note => "info",
        };
        if let Some(place) = told::place(report, finding)
            && seen.insert(&finding.fingerprint)
        {
            let description = description(report, finding);
            issues.push(issue(&finding.rule, &description, &finding.fingerprint, severity, &place, root));
        }
    }
    for (file, why) in told::unjudged(report) {
        let name = if file.result == "invalid" { "not-a-schema" } else { "not-checked" };
        let fingerprint = format!("{name}:{}", root.path_of(&file.file));
        issues.push(issue(name, &told::printable(why), &fingerprint, "blocker", &file.place(), root));
    }
    format!("{:#}\n", Value::from(issues))
}

fn description(report: &Report, finding: &Finding) -> String {
    let mut sentence = format!("{}: {}", finding.subject, finding.message);
    for (name, value) in told::facts(report, finding) {
        if matches!(name, "witness" | "hint" | "waived") {
            sentence.push_str(&format!(" – {name}: {value}"));
        }
    }
    told::printable(&sentence)
}

fn issue(
    name: &str,
    description: &str,
    fingerprint: &str,
    severity: &str,
    place: &Location,
    root: &Root,
) -> Value {
    json!({
        "type": "issue",
        "check_name": name,
        "description": description,
        "categories": ["Compatibility"],
        "severity": severity,
        "fingerprint": fingerprint,
        "location": {
            "path": root.path_of(&place.file),
            // A finding about a file as a whole stands at its first line: a line is demanded.
            "lines": { "begin": place.line.unwrap_or(1) },
        },
    })
}
