//! The forms for programs: one document, or a line for each finding.

use serde_json::{Value, json};

use crate::published::{FORMAT_VERSION, Report};

/// The JSON Schema of both forms, and of what `POST /v1/check` answers.
pub(crate) const SCHEMA: &str = include_str!("../../published/check-report.schema.json");

/// The whole report as one document.
pub(super) fn document(report: &Report) -> String {
    format!("{:#}\n", json!(report))
}

/// A line for each finding, then one for all the rest. Each can be read without the others.
pub(super) fn lines(report: &Report) -> String {
    let mut summary = json!(report);
    let members = summary.as_object_mut().expect("a report is an object");
    // Removed so that the others keep their order.
    let findings = members.shift_remove("findings");
    let findings = findings.iter().flat_map(|findings| findings.as_array()).flatten();
    let mut lines: Vec<String> = findings.map(|finding| line("finding", finding)).collect();
    lines.push(line("summary", &summary));
    lines.concat()
}

fn line(kind: &str, members: &Value) -> String {
    let mut line = json!({ "type": kind, "format_version": FORMAT_VERSION });
    let own = line.as_object_mut().expect("an object was made");
    for (name, value) in members.as_object().into_iter().flatten() {
        own.insert(name.clone(), value.clone());
    }
    format!("{line}\n")
}
