//! What is asked for on the command line: forms, files, and what makes a run fail.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::Format;
use crate::failure::{Failure, Outcome};
use crate::published::Report;

/// The options about reports, the same for every verb that makes one.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reports")]
pub(crate) struct Asked {
    /// How findings are printed.
    #[arg(long, env = "DOVETAIL_FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// Write a report as well, for example sarif=dovetail.sarif; `-` stands for standard output. May be
    /// given several times.
    #[arg(long = "report", value_name = "FORMAT=FILE", env = "DOVETAIL_REPORT", value_delimiter = ',')]
    pub(super) reports: Vec<Wanted>,
    /// What makes the run fail: findings that must not pass (`error`), warnings as well (`warn`), or no
    /// finding at all (`none`). Files that are no schema, and what could not be checked, always do.
    #[arg(long, value_name = "WEIGHT", env = "DOVETAIL_FAIL_ON", default_value = "error")]
    pub(super) fail_on: FailOn,
    /// Do not annotate by yourself in jobs of GitHub and GitLab.
    #[arg(long, env = "DOVETAIL_NO_ANNOTATIONS", value_parser = clap::builder::BoolishValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub(super) no_annotations: bool,
}

/// A report that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) format: Format,
    pub(super) place: Place,
}

/// Where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Stdout,
    File(PathBuf),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Wanted, String> {
        let example = "for example sarif=dovetail.sarif";
        let (format, file) = text.split_once('=').ok_or_else(|| format!("write FORMAT=FILE, {example}"))?;
        let format = Format::from_str(format, false).map_err(|_| {
            let known: Vec<String> = Format::value_variants()
                .iter()
                .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
                .collect();
            format!("there is no format `{format}`; it is one of {}", known.join(", "))
        })?;
        let place = match file {
            "" => return Err(format!("a file is missing after `=`, {example}")),
            "-" => Place::Stdout,
            file => Place::File(file.into()),
        };
        Ok(Wanted { format, place })
    }
}

/// What makes a run fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// What must not pass.
    Error,
    /// Warnings too.
    Warn,
    /// No finding.
    None,
}

impl Asked {
    /// A report must not take the place of a file that was read for it.
    pub(crate) fn spare<'a>(&self, read: impl Iterator<Item = &'a Path>) -> Result<(), Failure> {
        // A file that is not there yet has no such path, and is nobody's.
        let wanted = self.reports.iter().filter_map(|wanted| match &wanted.place {
            Place::File(path) => Some((path, path.canonicalize().ok()?)),
            Place::Stdout => None,
        });
        let wanted: Vec<(&PathBuf, PathBuf)> = wanted.collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let read: BTreeSet<PathBuf> = read.filter_map(|path| path.canonicalize().ok()).collect();
        match wanted.iter().find(|(_, whole)| read.contains(whole)) {
            None => Ok(()),
            Some((path, _)) => {
                let error = anyhow!(
                    "--report: {} is one of the files that were read for the report, and would be overwritten",
                    path.display()
                );
                Err(Failure::bad_request(error).with_hint("Write the report to a file of its own."))
            }
        }
    }

    /// What a run that found this ends with. A finding counts most, so that nothing hides it; then files
    /// that are no schema; then what could not be checked.
    pub(crate) fn outcome(&self, report: &Report) -> Outcome {
        let count = &report.count;
        let has_findings = match self.fail_on {
            FailOn::Error => count.errors > 0,
            FailOn::Warn => count.errors + count.warnings > 0,
            FailOn::None => false,
        };
        if has_findings {
            Outcome::Findings
        } else if count.invalid > 0 {
            Outcome::BadRequest
        } else if count.unchecked > 0 {
            Outcome::Unable
        } else {
            Outcome::Success
        }
    }
}
