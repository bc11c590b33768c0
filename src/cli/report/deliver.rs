//! Bringing a report to where it is wanted: standard output, files, and the pages of a job.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::asked::{Asked, FailOn, Place, Wanted};
use super::surroundings::{Host, Surroundings};
use super::text::{self, Look};
use super::told;
use super::{Format, Setting};
use crate::cli::harmless;
use crate::cli::print::Printer;
use crate::failure::{Failure, Outcome};
use crate::gate::Texts;
use crate::published::Report;

/// How wide lines are taken to be where no terminal says.
const WIDTH: usize = 110;

/// The name under which GitLab's own templates keep a Code Quality report.
const OF_GITLAB: &str = "gl-code-quality-report.json";

/// Print the report, write it to every file that was asked for, and annotate in a job. All of it is tried
/// before a failure is told.
pub(crate) fn deliver(
    report: &Report,
    texts: &Texts,
    asked: &Asked,
    printer: Printer,
) -> Result<Outcome, Failure> {
    let outcome = asked.outcome(report);
    let surroundings = Surroundings::found();
    let look = look(printer, asked.fail_on == FailOn::Warn);
    let setting = Setting { texts, surroundings: &surroundings, exit_code: outcome as u8, look };
    let schemas = told::counted(report.files.len(), "schema");
    printer.note(format_args!("base  {}  {schemas}", told::printable(&report.base)));
    report.notes.iter().for_each(|note| printer.note(format_args!("note  {}", told::printable(note))));
    text::errors(report).into_iter().for_each(|sentence| printer.error(sentence));
    let mut failures = Vec::new();
    let printed = Wanted { format: asked.format, place: Place::Stdout };
    for wanted in std::iter::once(&printed).chain(&asked.reports) {
        let rendered = wanted.format.render(report, setting);
        match &wanted.place {
            Place::Stdout => printer.text(&inert(&rendered, wanted.format, printer)),
            Place::File(path) => failures.extend(write(path, &uncoloured(rendered, wanted.format)).err()),
        }
    }
    if !asked.no_annotations {
        failures.extend(annotate(report, setting, asked, printer).err());
    }
    if failures.is_empty() {
        return Ok(outcome);
    }
    let sentences: Vec<String> = failures.iter().map(|failure| format!("{failure:#}")).collect();
    let error = anyhow!("{}", sentences.join("; "));
    match outcome {
        Outcome::Success => Err(Failure::unable(error)),
        // Whoever tries again what could not be done must not overlook what was found.
        found => Err(Failure { outcome: found, error, hint: None }),
    }
}

/// Print the findings of a report for people, and nothing else of it.
pub(crate) fn tell(report: &Report, texts: &Texts, printer: Printer) {
    printer.text(&inert(&text::findings(report, texts, look(printer, false)), Format::Text, printer));
}

fn look(printer: Printer, warnings_fail: bool) -> Look {
    Look { quiet: printer.is_quiet(), warnings_fail, width: printer.width().unwrap_or(WIDTH) }
}

/// What a job wants without being asked: annotations and a summary on GitHub, a file on GitLab.
fn annotate(report: &Report, setting: Setting<'_>, asked: &Asked, printer: Printer) -> anyhow::Result<()> {
    match &setting.surroundings.host {
        Host::Unknown => Ok(()),
        Host::GitHub { summary } => {
            let is_asked_for =
                |format| asked.format == format || asked.reports.iter().any(|wanted| wanted.format == format);
            // Among the lines of another program's format they would break it.
            if asked.format == Format::Text && !is_asked_for(Format::Github) {
                printer.text(&inert(&Format::Github.render(report, setting), Format::Github, printer));
            }
            summary.as_deref().map_or(Ok(()), |path| append(path, &Format::Markdown.render(report, setting)))
        }
        Host::GitLab { project } => {
            if asked.reports.iter().any(|wanted| wanted.format == Format::Gitlab) {
                return Ok(());
            }
            let path = project.clone().unwrap_or_else(PathBuf::new).join(OF_GITLAB);
            write(&path, &Format::Gitlab.render(report, setting))
        }
    }
}

/// As it may be printed: what a schema made up must not be taken for a command of the terminal, nor of the
/// runner of a job. The forms for programs say the same as before.
fn inert(rendered: &str, format: Format, printer: Printer) -> String {
    match format {
        Format::Text | Format::Markdown => {
            let shown = harmless::for_terminal(rendered);
            if printer.is_job() { harmless::for_runner(&shown) } else { shown.into_owned() }
        }
        _ if !printer.is_job() => rendered.to_owned(),
        Format::Github => harmless::without_commands(rendered),
        Format::Junit => harmless::xml_without_commands(rendered),
        Format::Json | Format::Jsonl | Format::Sarif | Format::Gitlab => {
            harmless::json_without_commands(rendered)
        }
    }
}

fn uncoloured(rendered: String, format: Format) -> String {
    match format {
        Format::Text => anstream::adapter::strip_str(&rendered).to_string(),
        _ => rendered,
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let told = || format!("the report {} could not be written", path.display());
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).with_context(told)?;
    }
    fs::write(path, text).with_context(told)
}

fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = fs::OpenOptions::new().append(true).create(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("the summary {} could not be written", path.display()))
}
