//! Reports: what a check found, in the form that was asked for. One file a format; each makes text of a
//! report and prints nothing. [`deliver`] brings the texts to where they are wanted.

mod asked;
mod deliver;
mod excerpt;
mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod sarif;
mod surroundings;
mod text;
mod told;

#[cfg(test)]
mod tests;

use clap::ValueEnum;

pub(crate) use asked::Asked;
pub(crate) use deliver::{deliver, tell};
pub(crate) use json::SCHEMA;
use surroundings::Surroundings;

use crate::gate::Texts;
use crate::published::Report;

/// How findings are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people at a terminal, with the lines that findings are about.
    Text,
    /// One JSON document; `dovetail check --schema` prints its JSON Schema.
    Json,
    /// JSON lines: one for each finding, and a last one with everything else.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for lists of tests.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// A Code Quality report of GitLab.
    Gitlab,
    /// A summary in Markdown, short enough for a comment.
    Markdown,
}

/// What a format may need beside the report.
#[derive(Clone, Copy)]
struct Setting<'a> {
    /// The texts that findings are about.
    texts: &'a Texts,
    /// Where the run takes place.
    surroundings: &'a Surroundings,
    /// What the run ends with, unless it fails yet.
    exit_code: u8,
    /// How the form for people is to look.
    look: text::Look,
}

impl Format {
    /// The report in this form. It ends with a line feed, unless there is nothing to tell.
    fn render(self, report: &Report, setting: Setting<'_>) -> String {
        let Setting { texts, surroundings, exit_code, look } = setting;
        match self {
            Format::Text => text::render(report, texts, look),
            Format::Json => json::document(report),
            Format::Jsonl => json::lines(report),
            Format::Sarif => sarif::render(report, texts, surroundings, exit_code),
            Format::Junit => junit::render(report),
            Format::Github => github::render(report, &surroundings.root),
            Format::Gitlab => gitlab::render(report, &surroundings.root),
            Format::Markdown => markdown::render(report, texts),
        }
    }
}
