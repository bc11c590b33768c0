//! The JSON form of a whole run: what `dovetail check --format json` prints, and what every other format
//! is made of.

use serde::Serialize;

use crate::model::Judge;

use super::{Comparison, FORMAT_VERSION, Finding, Location};

/// Everything that one run found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The version of the shape.
    pub format_version: u32,
    /// `compatible`, `incompatible` (something was found that must not pass), `invalid` (a file is no
    /// schema) or `unchecked` (something could not be looked at); the worst of it.
    pub verdict: &'static str,
    /// The bases, joined with ` + `.
    pub base: String,
    /// The bases, each as it is printed.
    pub bases: Vec<String>,
    /// What was found; what is decisive comes first within each subject.
    pub findings: Vec<Finding>,
    /// What both judges say of each pair that was compared.
    pub comparisons: Vec<Comparison>,
    /// Every subject that was looked at, in the order of its paths.
    pub files: Vec<File>,
    /// What is worth knowing and belongs to no finding.
    pub notes: Vec<String>,
    /// How many there are of which.
    pub count: Count,
}

/// A subject that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct File {
    /// The file; the one of the base where it is gone.
    pub file: String,
    /// The subject that it stands for.
    pub subject: String,
    /// The language: `AVRO`, `JSON` or `PROTOBUF`.
    pub schema_type: &'static str,
    /// The level, where it could be found out.
    pub level: Option<&'static str>,
    /// Where the level comes from: `--level`, the place in the manifest, `registry` or `default`.
    pub level_from: Option<String>,
    /// Whose verdict counts: `proof`, `reference` or `strictest`.
    pub judge: &'static str,
    /// What became of it, the worst of all bases: `new`, `unchanged`, `not_compared`, `compatible`,
    /// `incompatible`, `invalid`, `unchecked` or `deleted`.
    pub result: &'static str,
    /// Where it was before, if it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// Who answers for it, if the manifest says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Why it is invalid or unchecked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Where it is invalid: line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// What came of each base, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bases: Vec<OfBase>,
}

/// What came of comparing with one base.
#[derive(Debug, Clone, Serialize)]
pub struct OfBase {
    /// The base.
    pub base: String,
    /// As in [`File::result`].
    pub result: &'static str,
}

/// How many there are of which.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Subjects that somebody could not read.
    pub incompatible: usize,
    /// Subjects that nobody is harmed by, unchanged ones included.
    pub compatible: usize,
    /// Subjects that were not there before.
    pub new: usize,
    /// Files that are no schema.
    pub invalid: usize,
    /// Subjects that could not be looked at.
    pub unchecked: usize,
    /// Subjects whose file is gone.
    pub deleted: usize,
    /// Findings that must not pass.
    pub errors: usize,
    /// Findings that are told and pass.
    pub warnings: usize,
    /// Findings that a waiver lets pass.
    pub waived: usize,
}

impl Report {
    /// A report of nothing, against `bases`.
    pub fn against(bases: Vec<String>) -> Report {
        Report {
            format_version: FORMAT_VERSION,
            verdict: "compatible",
            base: bases.join(" + "),
            bases,
            findings: Vec::new(),
            comparisons: Vec::new(),
            files: Vec::new(),
            notes: Vec::new(),
            count: Count::default(),
        }
    }

    /// Count what is in it, and find its verdict.
    pub fn close(mut self) -> Report {
        let files =
            |results: &[&str]| self.files.iter().filter(|file| results.contains(&file.result)).count();
        let findings =
            |outcome: &str| self.findings.iter().filter(|finding| finding.outcome == outcome).count();
        self.count = Count {
            incompatible: files(&["incompatible"]),
            compatible: files(&["unchanged", "not_compared", "compatible"]),
            new: files(&["new"]),
            invalid: files(&["invalid"]),
            unchecked: files(&["unchecked"]),
            deleted: files(&["deleted"]),
            errors: findings("refuse"),
            warnings: findings("warn"),
            waived: findings("waived"),
        };
        // A break that was found counts most, so that nothing hides it.
        self.verdict = if self.count.errors > 0 || self.count.incompatible > 0 {
            "incompatible"
        } else if self.count.invalid > 0 {
            "invalid"
        } else if self.count.unchecked > 0 {
            "unchecked"
        } else {
            "compatible"
        };
        self
    }
}

impl File {
    /// A file of which no more is known than what became of it.
    pub fn of(file: &str, subject: &str, schema_type: &'static str, result: &'static str) -> File {
        File {
            file: file.to_owned(),
            subject: subject.to_owned(),
            schema_type,
            level: None,
            level_from: None,
            judge: Judge::default().as_str(),
            result,
            moved_from: None,
            owner: None,
            message: None,
            line: None,
            column: None,
            bases: Vec::new(),
        }
    }

    /// Where it is invalid, or the file as a whole.
    pub fn place(&self) -> Location {
        Location { file: self.file.clone(), line: self.line, column: self.column }
    }
}
