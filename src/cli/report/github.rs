//! Annotations of GitHub Actions: lines on standard output that the runner takes for commands.

use super::surroundings::Root;
use super::told::{self, Tier};
use crate::published::{Finding, Location, Report};

/// How many annotations of one kind the runner shows for a step; it drops the others.
const OF_A_KIND: usize = 10;

/// How many characters of a message the runner keeps.
const MESSAGE: usize = 4096;

/// A line for each finding, gravest first, and for each file that could not be judged.
pub(super) fn render(report: &Report, root: &Root) -> String {
    let mut errors: Vec<String> = Vec::new();
    let (mut warnings, mut notices) = (Vec::new(), Vec::new());
    for (tier, finding) in told::by_gravity(report) {
        match tier {
            Tier::Error => errors.push(annotation("error", report, finding, root)),
            Tier::Warning => warnings.push(annotation("warning", report, finding, root)),
            Tier::Waived => notices.push(annotation("notice", report, finding, root)),
            // What changes nothing for anybody is not worth a place beside a line.
            Tier::Note => {}
        }
    }
    for (file, why) in told::unjudged(report) {
        let title = if file.result == "invalid" { "not a schema" } else { "could not check" };
        errors.push(command("error", Some(&file.place()), root, &format!("{title}: {}", file.subject), why));
    }
    let kinds = [("error", errors), ("warning", warnings), ("notice", notices)];
    kinds.into_iter().flat_map(|(kind, lines)| bounded(kind, lines)).collect()
}

/// As many as are shown. Where there are more, the last one says so.
fn bounded(kind: &str, mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > OF_A_KIND {
        let left_out = lines.len() - (OF_A_KIND - 1);
        lines.truncate(OF_A_KIND - 1);
        lines.push(format!(
            "::{kind} title=dovetail check::and {left_out} more, in the log of this step and in its summary\n"
        ));
    }
    lines
}

fn annotation(kind: &str, report: &Report, finding: &Finding, root: &Root) -> String {
    let mut message = finding.message.clone();
    message.extend(told::against(finding).map(|against| format!("\nagainst: {against}")));
    for (name, value) in told::facts(report, finding) {
        if matches!(name, "witness" | "hint" | "waived") {
            message.push_str(&format!("\n{name}: {value}"));
        }
    }
    let title = format!("{} in {}", finding.rule, finding.subject);
    command(kind, told::place(report, finding).as_ref(), root, &title, &message)
}

fn command(kind: &str, place: Option<&Location>, root: &Root, title: &str, message: &str) -> String {
    let mut properties = Vec::new();
    if let Some(place) = place {
        properties.push(format!("file={}", property(&root.path_of(&place.file))));
        properties.extend(place.line.map(|line| format!("line={line}")));
        properties.extend(place.column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(title)));
    let message: String = message.chars().take(MESSAGE).collect();
    format!("::{kind} {}::{}\n", properties.join(","), data(&message))
}

/// The part after the second pair of colons.
fn data(text: &str) -> String {
    let is_shown = |character: char| !character.is_control() || matches!(character, '\r' | '\n');
    let shown = |character| if is_shown(character) { character } else { '\u{FFFD}' };
    text.chars().map(shown).collect::<String>().replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which a comma or a colon would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
