//! A summary to be read on a page: as a comment to a merge request, or as the summary of a job.

use super::told::{self, Tier};
use crate::gate::Texts;
use crate::published::{Finding, Report};

/// How long a comment may be; the shortest bound of the well-known hosts, taken in bytes.
const LONGEST: usize = 65_536;

/// Room for the sentence that says what was left out.
const RESERVE: usize = 200;

/// The whole report, or as much of it as fits, gravest first.
pub(super) fn render(report: &Report, texts: &Texts) -> String {
    let mut page = Page { text: heading(report), left_out: 0 };
    for (file, why) in told::unjudged(report) {
        let what = if file.result == "invalid" { "not a schema" } else { "could not check" };
        page.add(|| format!("- **{what}** {}: {}\n", code(&told::at(&file.place())), prose(why)));
    }
    if page.left_out == 0 {
        page.text.push('\n');
    }
    for (tier, finding) in told::by_gravity(report).into_iter().filter(|(tier, _)| *tier != Tier::Note) {
        page.add(|| section(report, texts, tier, finding));
    }
    if page.left_out > 0 {
        let left_out = page.left_out;
        page.text.push_str(&format!("\nAnd {left_out} more that do not fit here: see the log of the job.\n"));
    }
    page.text
}

/// What was written so far, and how much did not fit.
struct Page {
    text: String,
    left_out: usize,
}

impl Page {
    /// One block more, if it fits. What follows one that did not is not even made.
    fn add(&mut self, block: impl FnOnce() -> String) {
        if self.left_out == 0 {
            let block = block();
            if self.text.len() + block.len() + RESERVE <= LONGEST {
                self.text.push_str(&block);
                return;
            }
        }
        self.left_out += 1;
    }
}

fn heading(report: &Report) -> String {
    let count = &report.count;
    let mut ends = Vec::new();
    for (number, word) in [
        (count.incompatible, "incompatible"),
        (count.compatible, "compatible"),
        (count.new, "new"),
        (count.invalid, "invalid"),
        (count.unchecked, "not checked"),
        (count.deleted, "deleted"),
    ] {
        ends.extend((number > 0).then(|| format!("{number} {word}")));
    }
    let schemas = told::counted(report.files.len(), "schema");
    let ends = if ends.is_empty() { String::new() } else { format!(": {}", ends.join(", ")) };
    let base = code(&report.base);
    format!("### Schemas: {}\n\n{schemas} against {base}{ends}.\n\n", told::findings_counted(report))
}

/// One finding, folded; what must not pass is unfolded.
fn section(report: &Report, texts: &Texts, tier: Tier, finding: &Finding) -> String {
    let (word, open) = match tier {
        Tier::Error => ("FAIL", " open"),
        Tier::Warning => ("WARN", ""),
        Tier::Waived => ("waived", ""),
        Tier::Note => ("note", ""),
    };
    let place = finding.place.as_ref().map(|place| format!(" <code>{}</code>", html(&told::at(place))));
    let mut block = format!(
        "<details{open}><summary><b>{word}</b>{} {}</summary>\n\n{}\n\n",
        place.unwrap_or_default(),
        html(&finding.subject),
        prose(&finding.message),
    );
    if let Some(line) = finding.place.as_ref().and_then(|place| {
        let text = texts.of_file(&place.file)?;
        line_of(text, place.line?, place.column.unwrap_or(1))
    }) {
        block.push_str(&fenced(&line));
    }
    let level = told::level(finding.level, finding.level_from.as_deref());
    let mut item = |name: &str, value: &str| block.push_str(&format!("- {name}: {value}\n"));
    item("rule", &code(&finding.rule));
    if !level.is_empty() {
        item("level", &prose(&level));
    }
    if let Some(against) = told::against(finding) {
        item("against", &code(&against));
    }
    for (name, value) in told::facts(report, finding) {
        let value = if name == "witness" { code(&shortened(&value, 2000)) } else { prose(&value) };
        item(name, &value);
    }
    item("fingerprint", &code(&finding.fingerprint));
    block.push_str("\n</details>\n\n");
    block
}

/// The line of a finding, cut to a window around its column where it is long.
fn line_of(text: &str, line: u32, column: u32) -> Option<String> {
    const WINDOW: usize = 200;
    let content = text.split('\n').nth((line as usize).checked_sub(1)?)?.trim_end();
    let start = (column as usize).saturating_sub(WINDOW / 4);
    if content.chars().count() <= WINDOW {
        return Some(content.to_owned());
    }
    let window: String = content.chars().skip(start).take(WINDOW).collect();
    let (before, after) =
        (if start > 0 { "…" } else { "" }, if content.ends_with(&window) { "" } else { "…" });
    Some(format!("{before}{window}{after}"))
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// A block that shows its content as it is. The fence is longer than any within.
fn fenced(content: &str) -> String {
    let fence = "`".repeat(longest_run(content).max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n\n", told::printable(&content.replace('\t', "    ")))
}

/// A span that shows its content as it is.
fn code(content: &str) -> String {
    let content = told::printable(content);
    if content.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&content) + 1);
    let space = if content.starts_with('`') || content.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{content}{space}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or_default()
}

/// A sentence, with its names in code spans as it has them. All else of it is shown as it is: what a schema
/// makes up must not become a link, a mention or markup.
fn prose(sentence: &str) -> String {
    let sentence = told::printable(sentence);
    let mut shown = String::with_capacity(sentence.len());
    let mut rest = sentence.as_str();
    while let Some((before, after)) = rest.split_once('`') {
        shown.push_str(&plain(before));
        match after.split_once('`') {
            Some((name, after)) => {
                shown.push_str(&code(name));
                rest = after;
            }
            None => {
                shown.push_str("\\`");
                rest = after;
            }
        }
    }
    shown.push_str(&plain(rest));
    shown
}

fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Nobody is called by the name of a field.
            '@' => escaped.push_str("@<!-- -->"),
            '#' => escaped.push_str("#<!-- -->"),
            '\\' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped.replace("://", ":<!-- -->//").replace("www.", "www<!-- -->.")
}

/// Text within HTML.
fn html(text: &str) -> String {
    told::printable(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('@', "@<!-- -->")
}
