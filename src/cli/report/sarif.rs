//! SARIF 2.1.0, the exchange format of code scanning.

use serde_json::{Value, json};

use super::excerpt;
use super::surroundings::Surroundings;
use super::told::{self, Tier};
use crate::compat::rules;
use crate::gate::{self, Texts};
use crate::lint;
use crate::published::{File, Finding, Location, Report};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What stands for the folder that paths are relative to.
const ROOT: &str = "%SRCROOT%";
const NOT_A_SCHEMA: &str = "not-a-schema";

/// The whole report. `exit_code` is what the run ends with.
pub(super) fn render(report: &Report, texts: &Texts, surroundings: &Surroundings, exit_code: u8) -> String {
    let told = told::by_gravity(report);
    let mut rules: Vec<&str> = told.iter().map(|(_, finding)| finding.rule.as_str()).collect();
    let (invalid, unchecked): (Vec<_>, Vec<_>) =
        told::unjudged(report).partition(|(file, _)| file.result == "invalid");
    if !invalid.is_empty() {
        rules.push(NOT_A_SCHEMA);
    }
    rules.sort_unstable();
    rules.dedup();
    let sarif = Sarif { report, texts, surroundings, rules };
    let mut results: Vec<Value> = told.iter().map(|(tier, finding)| sarif.result(*tier, finding)).collect();
    results.extend(invalid.into_iter().map(|(file, why)| sarif.invalid(file, why)));
    let notifications: Vec<Value> =
        unchecked.into_iter().map(|(file, why)| sarif.notification(file, why)).collect();
    let mut run = json!({
        "tool": { "driver": {
            "name": "dovetail",
            "version": VERSION,
            "semanticVersion": VERSION,
            "rules": sarif.rules.iter().map(|id| rule(id, report)).collect::<Vec<_>>(),
        } },
        "columnKind": "unicodeCodePoints",
        "invocations": [{
            "executionSuccessful": notifications.is_empty(),
            "exitCode": exit_code,
            "toolExecutionNotifications": notifications,
        }],
        "results": results,
    });
    if let Some(provenance) = &surroundings.provenance {
        run["versionControlProvenance"] = json!([{
            "repositoryUri": provenance.repository,
            "revisionId": provenance.revision,
            "mappedTo": { "uriBaseId": ROOT },
        }]);
    }
    format!("{:#}\n", json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

struct Sarif<'a> {
    report: &'a Report,
    texts: &'a Texts,
    surroundings: &'a Surroundings,
    /// The ids of the rules, in the order in which they are described.
    rules: Vec<&'a str>,
}

impl Sarif<'_> {
    fn result(&self, tier: Tier, finding: &Finding) -> Value {
        let level = match tier {
            Tier::Error | Tier::Waived => "error",
            Tier::Warning => "warning",
            Tier::Note => "note",
        };
        let mut message = told::printable(&finding.message);
        for (name, value) in told::facts(self.report, finding) {
            if matches!(name, "witness" | "hint") {
                message.push_str(&format!("\n{name}: {}", told::printable(&value)));
            }
        }
        let place = told::place(self.report, finding);
        let mut result = json!({
            "ruleId": finding.rule,
            "ruleIndex": self.index(&finding.rule),
            "level": level,
            "message": { "text": message },
            "locations": [],
            "partialFingerprints": { "dovetailFinding/v1": finding.fingerprint },
            "properties": {
                "kind": finding.kind, "subject": finding.subject, "outcome": finding.outcome,
                "severity": finding.severity,
            },
        });
        if let Some(place) = place {
            let mut location = self.location(&place, self.texts.of_file(&place.file));
            let own = told::roles(finding).and_then(|[(_, side), _]| told::pointer(side));
            if let Some(pointer) = own {
                location["logicalLocations"] = json!([{ "fullyQualifiedName": pointer }]);
            }
            result["locations"] = json!([location]);
        }
        for (name, value) in [("level", finding.level), ("base", finding.against.base.as_deref())] {
            if let Some(value) = value {
                result["properties"][name] = json!(value);
            }
        }
        if let Some(against) = told::against(finding) {
            result["relatedLocations"] = json!([self.earlier(finding, &against)]);
        }
        if let Some(waiver) = finding.waiver.as_ref().filter(|_| tier == Tier::Waived) {
            let by = waiver.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            result["suppressions"] = json!([{
                "kind": "external",
                "status": "accepted",
                "justification": format!("{} (waived until {}{by})", waiver.reason, waiver.until),
                "location": self.location(&waiver.place, None),
            }]);
        }
        result
    }

    /// A file that is no schema is a result like any other: it is in the file, and can be repaired there.
    fn invalid(&self, file: &File, why: &str) -> Value {
        json!({
            "ruleId": NOT_A_SCHEMA,
            "ruleIndex": self.index(NOT_A_SCHEMA),
            "level": "error",
            "message": { "text": told::printable(why) },
            "locations": [self.location(&file.place(), self.texts.of_file(&file.file))],
            "properties": { "subject": file.subject },
        })
    }

    /// What could not be looked at says nothing about the file.
    fn notification(&self, file: &File, why: &str) -> Value {
        json!({
            "level": "error",
            "message": { "text": told::printable(&format!("{}: could not check: {why}", file.subject)) },
            "locations": [self.location(&file.place(), None)],
        })
    }

    fn index(&self, rule: &str) -> usize {
        self.rules.binary_search(&rule).expect("every rule that is named is described")
    }

    /// The place in the earlier state. What a registry holds is no file, and has a name only.
    fn earlier(&self, finding: &Finding, against: &str) -> Value {
        let message = json!({ "text": format!("{}: {against}", told::other(finding)) });
        match &finding.earlier_place {
            Some(place) if finding.against.file.is_some() => {
                let mut location =
                    self.location(place, self.texts.earlier(&finding.subject, &finding.against));
                location["id"] = json!(1);
                location["message"] = message;
                location
            }
            _ => json!({
                "id": 1,
                "message": message,
                "logicalLocations": [{ "fullyQualifiedName": format!("{} {against}", finding.subject) }],
            }),
        }
    }

    fn location(&self, place: &Location, text: Option<&str>) -> Value {
        let path = self.surroundings.root.path_of(&place.file);
        let artifact = if path.starts_with('/') {
            json!({ "uri": format!("file://{}", uri(&path)) })
        } else {
            json!({ "uri": uri(&path), "uriBaseId": ROOT })
        };
        let mut physical = json!({ "artifactLocation": artifact });
        if let Some(line) = place.line {
            physical["region"] = json!({ "startLine": line });
            if let Some(column) = place.column {
                physical["region"]["startColumn"] = json!(column);
                if let Some(length) = text.and_then(|text| excerpt::marked(text, place)) {
                    physical["region"]["endColumn"] = json!(column as usize + length);
                }
            }
        }
        json!({ "physicalLocation": physical })
    }
}

/// What is known of a rule.
fn rule(id: &str, report: &Report) -> Value {
    let mut described = json!({ "id": id });
    let advised = |reason: &str, hint: &str| format!("{reason}\n\nWhat to do: {hint}");
    let (summary, help) = if let Some(rule) = rules::find(id) {
        described["fullDescription"] = json!({ "text": format!("{} {}", rule.summary, rule.reason) });
        (rule.summary.to_owned(), advised(rule.reason, rule.hint))
    } else if let Some(rule) = gate::rules::find(id) {
        (rule.summary.to_owned(), advised(rule.reason, rule.hint))
    } else if let Some(rule) = lint::rules::find(id) {
        (rule.summary.to_owned(), advised(rule.reason, rule.hint))
    } else if id == NOT_A_SCHEMA {
        (
            "The file is no schema.".to_owned(),
            "The text cannot be parsed, or does not hold together. Nothing can be said about its compatibility."
                .to_owned(),
        )
    } else {
        let finding = report.findings.iter().find(|finding| finding.rule == id);
        let hint = finding.and_then(|finding| finding.hint.as_deref()).unwrap_or_default();
        (format!("The rule {id}."), format!("{hint}\n\nSee: dovetail explain {id}"))
    };
    let words = [("shortDescription", summary), ("help", help)];
    for (name, text) in words {
        described[name] = json!({ "text": text.trim() });
    }
    described["defaultConfiguration"] = json!({ "level": "error" });
    if let Some(page) = page_of(id) {
        described["helpUri"] = json!(page);
    }
    described
}

/// Where a rule is explained, if the project says where it is at home.
fn page_of(id: &str) -> Option<String> {
    let home = env!("CARGO_PKG_REPOSITORY");
    (!home.is_empty() && rules::find(id).is_some()).then(|| format!("{home}/blob/main/docs/rules.md#{id}"))
}

/// A path as a URI reference: everything but what may stand there is written in hexadecimal digits.
fn uri(path: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const IN_PATH: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(path, IN_PATH).to_string()
}
