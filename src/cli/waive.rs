//! `dovetail waive`: accept one break for a while.

use anyhow::anyhow;
use clap::Args;

use super::check::How;
use super::print::Printer;
use crate::clock;
use crate::failure::{Failure, Outcome};
use crate::gate::manifest::{self, Date, Manifest, Waiver};
use crate::gate::{Checked, files};
use crate::published::Finding;
use crate::schema::Place;

const LONG_HELP: &str = "\
A waiver is an entry of the manifest: it is reviewed with the change that it lets pass. It covers one rule at one
place of one subject, and holds until the end of its last day (UTC). From then on it makes the check fail until
somebody deletes it or gives it a new date; no level has to be switched off.

The check is run first, to find the finding; take the options that it was run with.

Example
  dovetail waive f79604fcba86 --until 2027-01-31 --reason \"no reader left, see RFC 12\"";

#[derive(Args)]
#[command(after_help = "Example:\n  dovetail waive f79604fcba86 --until 2027-01-31 --reason \"no reader left\"", after_long_help = LONG_HELP)]
pub(super) struct Options {
    /// The finding, by the twelve digits that it is printed with.
    #[arg(value_name = "FINDING")]
    fingerprint: String,
    /// The last day on which it is accepted, like 2027-01-31.
    #[arg(long, value_name = "DATE")]
    until: Date,
    /// Why it is accepted.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who accepts it.
    #[arg(long, value_name = "WHO")]
    by: Option<String>,
    /// Schema files or folders to check.
    #[arg(long = "path", value_name = "PATH", default_value = ".")]
    paths: Vec<std::path::PathBuf>,
    #[command(flatten)]
    how: How,
}

/// Write the waiver into the manifest.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let today = clock::today();
    if options.until < today {
        return Err(Failure::bad_request(anyhow!("{} is over: today is {today}", options.until)));
    }
    if options.reason.trim().is_empty() {
        return Err(Failure::bad_request(anyhow!("a waiver needs a reason")));
    }
    let checked = options.how.check(&options.paths)?;
    let finding = find(&checked, &options.fingerprint)?;
    let manifest = manifest_of(&checked, finding)?;
    // One place may break in several ways, against several earlier states: one entry for each sentence.
    let mut says: Vec<&str> = Vec::new();
    for alike in checked.report.findings.iter().filter(|other| other.fingerprint == finding.fingerprint) {
        if alike.outcome == "refuse" && !says.contains(&alike.message.as_str()) {
            says.push(&alike.message);
        }
    }
    let waivers = says.into_iter().map(|says| Waiver {
        subject: finding.subject.clone(),
        rule: finding.rule.clone(),
        at: finding.reader.pointer.clone().filter(|at| !at.is_empty()),
        until: options.until,
        reason: options.reason.trim().to_owned(),
        by: options.by.clone(),
        says: Some(says.to_owned()),
        place: Place { line: 1, column: 1 },
    });
    let mut text = manifest.text.clone();
    for waiver in waivers {
        let before = Manifest::parse(&manifest.path, &text);
        let before = before.map_err(|error| Failure::bad_request(anyhow!(error)))?;
        text = manifest::with_waiver(&before, &waiver).map_err(|sentence| {
            Failure::bad_request(anyhow!("{sentence}")).with_hint(format!(
                "Add this to `waivers` yourself:\n  {}",
                manifest::lines_of(&waiver).join("\n  ")
            ))
        })?;
    }
    let path = std::path::Path::new(&manifest.governs).join(files::file_name(&manifest.path));
    std::fs::write(&path, text)
        .map_err(|error| Failure::unable(anyhow!("{} cannot be written: {error}", manifest.path)))?;
    let place = finding.reader.pointer.as_deref().unwrap_or_default();
    printer.answer(format_args!(
        "{}: `{}` at {} of `{}` is accepted until {}",
        manifest.path,
        finding.rule,
        if place.is_empty() { "/" } else { place },
        finding.subject,
        options.until
    ));
    Ok(Outcome::Success)
}

/// The finding of this fingerprint, or of one that begins like this.
pub(super) fn find<'a>(checked: &'a Checked, fingerprint: &str) -> Result<&'a Finding, Failure> {
    let findings = &checked.report.findings;
    let mut alike = findings.iter().filter(|finding| finding.fingerprint.starts_with(fingerprint));
    let first = alike.next().filter(|_| fingerprint.len() >= 4).ok_or_else(|| {
        Failure::bad_request(anyhow!("the check finds nothing called {fingerprint}")).with_hint(
            "`dovetail check` prints the findings there are; use the options that it was run with.",
        )
    })?;
    let mut others: Vec<&Finding> = alike.collect();
    if others.iter().any(|other| other.fingerprint != first.fingerprint) {
        return Err(Failure::bad_request(anyhow!("several findings begin with {fingerprint}")));
    }
    // What is still in the way comes before what was accepted already.
    others.insert(0, first);
    let in_the_way = others.iter().find(|finding| finding.outcome == "refuse").copied();
    Ok(in_the_way.unwrap_or(first))
}

fn manifest_of<'a>(checked: &'a Checked, finding: &Finding) -> Result<&'a Manifest, Failure> {
    if let Some(waiver) = &finding.waiver {
        let at = waiver.place.line.unwrap_or(1);
        return Err(Failure::bad_request(anyhow!("it is accepted until {} already", waiver.until))
            .with_hint(format!("Give it another date in {}:{at}.", waiver.place.file)));
    }
    if finding.outcome != "refuse" || finding.kind == "waiver" {
        return Err(Failure::bad_request(anyhow!(
            "`{}` ({}) stands in nobody's way, so there is nothing to accept",
            finding.rule,
            finding.outcome
        )));
    }
    let manifests = &checked.workspace.manifests;
    let declared = checked.workspace.find(&finding.subject).and_then(|declared| declared.manifest);
    manifests.get(declared.unwrap_or(0)).ok_or_else(|| {
        Failure::bad_request(anyhow!("there is no manifest that the waiver could stand in"))
            .with_hint("`dovetail init` writes one.")
    })
}
