//! The report of a run: what came of each base, put together subject by subject.

use std::collections::BTreeSet;

use super::{OneBase, Row, Run, location};
use crate::gate::judge::{Compared, Origin, Verdict};
use crate::gate::texts::Texts;
use crate::gate::{linting, readers, rules, waiving};
use crate::model::{Direction, Judging};
use crate::published::{self, File, OfBase, Report};

impl<'a> Run<'a> {
    /// Put everything together.
    pub(super) fn assemble(&self, looked_at: Vec<OneBase<'a>>) -> (Report, Texts) {
        let mut report = Report::against(looked_at.iter().map(|seen| seen.label.clone()).collect());
        let mut texts = Texts::default();
        report.notes.clone_from(&self.notes);
        report.notes.extend(self.note_of_undeclared());
        report.notes.extend(self.workspace.idle_entries());
        for manifest in &self.workspace.manifests {
            texts.keep_file(&manifest.path, &manifest.text);
        }
        for (position, declared) in self.checked().into_iter().enumerate() {
            // Each base has a row for each subject, in the same order.
            let rows: Vec<(&str, &Row<'_>)> =
                looked_at.iter().map(|seen| (seen.label.as_str(), &seen.rows[position])).collect();
            let mut findings = Vec::new();
            for (label, row) in &rows {
                let Verdict::Compared(compared) = &row.verdict else { continue };
                findings.extend(findings_of(label, row, compared, &mut texts));
                findings.extend(rules::left_out(label, declared, compared));
                report.comparisons.extend(compared.opinions.iter().map(|(origin, opinion)| {
                    let mut opinion = opinion.clone();
                    opinion.subject = Some(declared.subject.clone());
                    opinion.against =
                        published::Against { base: Some((*label).to_owned()), ..origin.against() };
                    opinion
                }));
            }
            findings.extend(readers::check(self.workspace, &self.index, declared, &mut texts, |settings| {
                self.judging(settings, Judging::default())
            }));
            findings.extend(linting::check(self.workspace, &self.index, declared));
            waiving::apply(self.workspace, self.request.today, &mut findings);
            findings.sort_by_key(|finding| rank(&finding.outcome));
            let file = file_of(&rows, &findings);
            if !findings.is_empty() || file.result == "invalid" {
                texts.keep_file(&declared.path, self.workspace.text(declared));
            }
            report.files.push(file);
            report.findings.extend(findings);
        }
        report.files.extend(readers::invalid(self.workspace, &self.index));
        for seen in &looked_at {
            report.findings.extend(seen.findings.iter().cloned());
            for gone in &seen.gone {
                report.files.push(gone.file.clone());
                let mut findings = gone.findings(&seen.label);
                waiving::apply(self.workspace, self.request.today, &mut findings);
                report.findings.extend(findings);
            }
        }
        let is_gone = |subject: &str| {
            looked_at.iter().any(|seen| seen.gone.iter().any(|gone| gone.file.subject == subject))
        };
        let idle = readers::idle(self.workspace).into_iter();
        report.findings.extend(idle.filter(|finding| !is_gone(&finding.subject)));
        report.findings.extend(waiving::expired(self.workspace, self.request.today));
        (report.close(), texts)
    }

    fn note_of_undeclared(&self) -> Option<String> {
        let readers = self.workspace.manifests.iter().flat_map(|manifest| {
            manifest.readers.iter().filter_map(|reader| self.workspace.file_of(manifest, &reader.file))
        });
        let read: BTreeSet<&str> = readers.map(|(path, _)| path).collect();
        let mut left = self.workspace.undeclared.iter().filter(|path| !read.contains(path.as_str()));
        let first = left.next()?;
        Some(match left.count() {
            0 => format!("{first} is declared nowhere, and was not checked"),
            more => {
                format!("{first} and {more} more schema files are declared nowhere, and were not checked")
            }
        })
    }
}

fn rank(outcome: &str) -> u8 {
    match outcome {
        "refuse" => 0,
        "waived" => 1,
        "warn" => 2,
        _ => 3,
    }
}

/// The findings of one comparison, in the published form.
fn findings_of(
    label: &str,
    row: &Row<'_>,
    compared: &Compared,
    texts: &mut Texts,
) -> Vec<published::Finding> {
    let mut told = Vec::new();
    for finding in &compared.findings {
        let against = published::Against { base: Some(label.to_owned()), ..finding.against.against() };
        if let Some((_, text)) = row.earlier.iter().find(|(origin, _)| *origin == finding.against) {
            texts.keep_earlier(&row.declared.subject, &against, text);
        }
        let setting = published::Setting {
            subject: &row.declared.subject,
            against,
            level: row.level.clone(),
            new_text: "",
            old_text: "",
        };
        let mut value = published::Finding::of(&finding.found, &setting);
        let (own, earlier) = match finding.found.direction {
            Direction::Backward => (&mut value.reader, &mut value.writer),
            Direction::Forward => (&mut value.writer, &mut value.reader),
        };
        own.file = Some(row.declared.path.clone());
        own.line = finding.place.map(|place| place.line);
        own.column = finding.place.map(|place| place.column);
        if let Origin::File(path) = &finding.against {
            earlier.base_file = Some(path.clone());
        }
        earlier.line = finding.earlier_place.map(|place| place.line);
        earlier.column = finding.earlier_place.map(|place| place.column);
        value.place = Some(location(&row.declared.path, finding.place));
        value.earlier_place = match &finding.against {
            Origin::File(path) => Some(location(path, finding.earlier_place)),
            Origin::Version { version, .. } => {
                Some(location(&format!("{}@{version}", row.declared.subject), finding.earlier_place))
            }
        };
        told.push(value);
    }
    told
}

/// What became of a subject, the worst of all bases.
fn file_of(rows: &[(&str, &Row<'_>)], findings: &[published::Finding]) -> File {
    let is_refused = |base: Option<&str>| {
        findings.iter().any(|finding| {
            finding.outcome == "refuse" && (base.is_none() || finding.against.base.as_deref() == base)
        })
    };
    let result = |label: &str, row: &Row<'_>| match &row.verdict {
        Verdict::Invalid { .. } => "invalid",
        Verdict::Unchecked(_) => "unchecked",
        _ if is_refused(Some(label)) => "incompatible",
        Verdict::New => "new",
        Verdict::Unchanged => "unchanged",
        Verdict::NotCompared => "not_compared",
        Verdict::Compared(compared) if compared.is_with_nothing() => "new",
        Verdict::Compared(_) => "compatible",
    };
    let badness = |result: &str| match result {
        "incompatible" => 6,
        "invalid" => 5,
        "unchecked" => 4,
        "compatible" => 3,
        "not_compared" => 2,
        "unchanged" => 1,
        _ => 0,
    };
    let results: Vec<OfBase> = rows
        .iter()
        .map(|(label, row)| OfBase { base: (*label).to_owned(), result: result(label, row) })
        .collect();
    let worst = results.iter().enumerate().max_by_key(|(_, of)| badness(of.result));
    let at = worst.map_or(0, |(at, _)| at);
    let row = rows[at].1;
    let mut overall = results[at].result;
    // What a declared reader cannot read is of no base.
    if is_refused(None) && badness(overall) < badness("incompatible") {
        overall = "incompatible";
    }
    let (message, place) = match &row.verdict {
        Verdict::Invalid { place, message } => (Some(message.clone()), *place),
        Verdict::Unchecked(reason) => (Some(reason.clone()), None),
        _ => (None, None),
    };
    File {
        file: row.declared.path.clone(),
        subject: row.declared.subject.clone(),
        schema_type: row.declared.format.as_str(),
        level: row.level.as_ref().map(|(level, _)| level.as_str()),
        level_from: row.level.as_ref().map(|(_, from)| from.clone()),
        judge: row.judging.judge.as_str(),
        result: overall,
        moved_from: rows.iter().find_map(|(_, row)| row.moved_from.clone()),
        owner: row.declared.settings.owner.clone(),
        message,
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        bases: if results.len() > 1 { results } else { Vec::new() },
    }
}
