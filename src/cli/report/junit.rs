//! JUnit's XML, as Jenkins' xUnit schema has it: a suite for each schema, a case for each finding. What
//! was accepted counts as skipped, and what could not be judged as an error.

use std::fmt::Write;

use super::told::{self, Tier};
use crate::published::{File, Finding, Report};

/// The whole report.
pub(super) fn render(report: &Report) -> String {
    let mut suites: Vec<Suite> = report.files.iter().map(|file| Suite::of(report, file)).collect();
    let of_files = |finding: &&Finding| report.files.iter().any(|file| file.subject == finding.subject);
    let others: Vec<&Finding> = report.findings.iter().filter(|finding| !of_files(finding)).collect();
    if !others.is_empty() {
        let cases = others.into_iter().map(|finding| Case::of(report, finding)).collect();
        suites.push(Suite { name: "schemas".to_owned(), file: None, cases });
    }
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"dovetail check\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
        all().count(),
        all().filter(|case| case.end.is_failure()).count(),
        all().filter(|case| case.end.is_error()).count(),
    );
    suites.iter().for_each(|suite| suite.write(&mut xml));
    xml.push_str("</testsuites>\n");
    xml
}

struct Suite {
    name: String,
    file: Option<String>,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    class: String,
    end: End,
    /// What else is worth knowing.
    output: Option<String>,
}

/// How a case ended.
enum End {
    Passed,
    Skipped(String),
    Failed { rule: String, message: String, details: String },
    Error { kind: &'static str, message: String, details: String },
}

impl End {
    fn is_failure(&self) -> bool {
        matches!(self, End::Failed { .. })
    }

    fn is_error(&self) -> bool {
        matches!(self, End::Error { .. })
    }

    fn is_skipped(&self) -> bool {
        matches!(self, End::Skipped(_))
    }
}

impl Suite {
    fn of(report: &Report, file: &File) -> Suite {
        let own = report.findings.iter().filter(|finding| finding.subject == file.subject);
        let mut cases: Vec<Case> = own.map(|finding| Case::of(report, finding)).collect();
        cases.extend(Case::of_file(file));
        Suite { name: file.subject.clone(), file: Some(file.file.clone()), cases }
    }

    fn write(&self, xml: &mut String) {
        let count = |is: fn(&End) -> bool| self.cases.iter().filter(|case| is(&case.end)).count();
        let file = self.file.as_ref().map(|file| format!(" file=\"{}\"", attribute(file)));
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"{}>",
            attribute(&self.name),
            self.cases.len(),
            count(End::is_failure),
            count(End::is_error),
            count(End::is_skipped),
            file.unwrap_or_default(),
        );
        self.cases.iter().for_each(|case| case.write(xml));
        xml.push_str("  </testsuite>\n");
    }
}

impl Case {
    fn of(report: &Report, finding: &Finding) -> Case {
        let tier = Tier::of(finding);
        let details = details(report, finding);
        let message = told::printable(&finding.message);
        let (end, output) = match tier {
            Tier::Error => (End::Failed { rule: finding.rule.clone(), message, details }, None),
            Tier::Waived => {
                let reason = finding.waiver.as_ref().map_or_else(
                    || "waived".to_owned(),
                    |waiver| format!("waived until {}: {}", waiver.until, waiver.reason),
                );
                (End::Skipped(reason), Some(format!("{message}\n{details}")))
            }
            Tier::Warning => (End::Passed, Some(format!("warning: {message}\n{details}"))),
            Tier::Note => (End::Passed, Some(format!("note: {message}\n{details}"))),
        };
        let place = finding.place.as_ref().map(|place| format!(" at {}", told::at(place)));
        Case {
            // Two findings of one rule are two cases, and stay the same two from run to run.
            name: format!("{}{} ({})", finding.rule, place.unwrap_or_default(), finding.fingerprint),
            class: finding.subject.clone(),
            end,
            output,
        }
    }

    /// What became of the file as a whole, unless its findings say so.
    fn of_file(file: &File) -> Option<Case> {
        let message = || file.message.clone().unwrap_or_default();
        let details = || told::printable(&told::at(&file.place()));
        let (name, end) = match file.result {
            "incompatible" => return None,
            "invalid" => {
                ("is a schema", End::Error { kind: "invalid", message: message(), details: details() })
            }
            "unchecked" => {
                ("can be checked", End::Error { kind: "unchecked", message: message(), details: details() })
            }
            "not_compared" => ("is compatible", End::Skipped("not compared at this level".to_owned())),
            "new" => ("is new", End::Passed),
            "deleted" => ("may be deleted", End::Passed),
            _ => ("is compatible", End::Passed),
        };
        let level = told::level(file.level, file.level_from.as_deref());
        let name = if level.is_empty() { name.to_owned() } else { format!("{name}, {level}") };
        Some(Case { name, class: file.subject.clone(), end, output: None })
    }

    fn write(&self, xml: &mut String) {
        let _ = write!(
            xml,
            "    <testcase name=\"{}\" classname=\"{}\" time=\"0\"",
            attribute(&self.name),
            attribute(&self.class)
        );
        let mut inner = String::new();
        match &self.end {
            End::Passed => {}
            End::Skipped(reason) => {
                let _ = writeln!(inner, "      <skipped message=\"{}\"/>", attribute(reason));
            }
            End::Failed { rule, message, details } => element(&mut inner, "failure", rule, message, details),
            End::Error { kind, message, details } => element(&mut inner, "error", kind, message, details),
        }
        if let Some(output) = &self.output {
            let _ = writeln!(inner, "      <system-out>{}</system-out>", content(output));
        }
        if inner.is_empty() {
            xml.push_str("/>\n");
        } else {
            let _ = write!(xml, ">\n{inner}    </testcase>\n");
        }
    }
}

fn element(xml: &mut String, name: &str, kind: &str, message: &str, details: &str) {
    let (kind, message) = (attribute(kind), attribute(message));
    let _ =
        writeln!(xml, "      <{name} type=\"{kind}\" message=\"{message}\">{}</{name}>", content(details));
}

/// Where it is and what there is to say, a line each.
fn details(report: &Report, finding: &Finding) -> String {
    let mut lines = Vec::new();
    lines.extend(finding.place.as_ref().map(|place| format!("place: {}", told::at(place))));
    lines.extend(told::against(finding).map(|against| format!("against: {against}")));
    let facts = told::facts(report, finding).into_iter();
    lines.extend(facts.map(|(name, value)| format!("{name}: {value}")));
    lines.push(format!("fingerprint: {}", finding.fingerprint));
    // A line that a name brings along could be taken for a command, where the report is printed.
    let lines: Vec<String> = lines.iter().map(|line| told::printable(line)).collect();
    lines.join("\n")
}

/// Text between tags. What XML has no way to write becomes a replacement character.
fn content(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Else a parser would make a line feed of it.
            '\r' => escaped.push_str("&#13;"),
            '\t' | '\n' | '\u{20}'..='\u{fffd}' | '\u{10000}'.. => escaped.push(character),
            _ => escaped.push('\u{fffd}'),
        }
    }
    escaped
}

/// Text within double quotes, where white space would be made spaces.
fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}
