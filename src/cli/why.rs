//! `dovetail why`: one finding, made anew and told whole.

use clap::Args;

use super::check::How;
use super::print::Printer;
use super::{explain, report, waive};
use crate::failure::{Failure, Outcome};

#[derive(Args)]
#[command(
    after_help = "The check is run once more: take the options that it was run with.\n\nExample:\n  dovetail why f79604fcba86"
)]
pub(super) struct Options {
    /// The finding, by the twelve digits that it is printed with.
    #[arg(value_name = "FINDING")]
    fingerprint: String,
    /// Schema files or folders to check.
    #[arg(long = "path", value_name = "PATH", default_value = ".")]
    paths: Vec<std::path::PathBuf>,
    #[command(flatten)]
    how: How,
}

/// Tell all there is to one finding: where, the data that shows it, and what its rule says.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let mut checked = options.how.check(&options.paths)?;
    let fingerprint = waive::find(&checked, &options.fingerprint)?.fingerprint.clone();
    checked.report.findings.retain(|finding| finding.fingerprint == fingerprint);
    report::tell(&checked.report, &checked.texts, printer);
    for finding in &checked.report.findings {
        if let Some(bytes) = finding.witness.as_ref().and_then(|witness| witness.bytes.as_ref()) {
            printer.answer(format_args!("the witness as it was written, in hexadecimal digits: {bytes}"));
        }
    }
    printer.answer("");
    explain::explain(&checked.report.findings[0].rule, printer)
}
