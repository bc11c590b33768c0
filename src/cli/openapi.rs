//! `dovetail openapi`: the document that the server serves.

use anyhow::anyhow;
use clap::Args;

use super::print::Printer;
use super::{Failure, Outcome};

#[derive(Args)]
#[command(after_help = "Example:\n  dovetail openapi > openapi.json")]
pub(super) struct Options {}

/// Print the document.
pub(super) fn run(_: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let document = crate::api::openapi().to_pretty_json().map_err(|error| Failure::unable(anyhow!(error)))?;
    printer.answer(document);
    Ok(Outcome::Success)
}
