//! `dovetail openapi`: the document that the server serves.

use clap::Args;

use super::print::Printer;
use crate::failure::{Failure, Outcome};

#[derive(Args)]
#[command(after_help = "Example:\n  dovetail openapi > openapi.json")]
pub(super) struct Options {}

/// Print the document.
pub(super) fn run(_: &Options, printer: Printer) -> Result<Outcome, Failure> {
    printer.text(&format!("{}\n", crate::api::openapi_text().trim_end()));
    Ok(Outcome::Success)
}
