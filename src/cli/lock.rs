//! `dovetail lock`: what is declared → which versions of the registry that is, and the hashes of their
//! texts.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

use super::declaring::Declaring;
use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::gate::lock::{LOCK_FILE, Lock};

const LONG_HELP: &str = "\
Writes schemas.lock: for each declared subject, and for what it refers to, the version, the id, the guid and
the SHA-256 of the text as the registry serves it. Commit it: `dovetail pull` then fetches these versions and
refuses any other text, and a change of a version is seen in a review.

Exit codes
  0  written, or as it was    1  a declared schema is not registered, or --check and the lock is out of date
  2  the manifest cannot be understood    3  the registry cannot be read

Examples
  dovetail lock
  dovetail lock --check";

#[derive(Args)]
#[command(after_help = "`dovetail lock --help` tells what it is for.", after_long_help = LONG_HELP)]
pub(super) struct Options {
    #[command(flatten)]
    declaring: Declaring,
    /// Where to write it.
    #[arg(long, value_name = "FILE", env = "DOVETAIL_LOCK", default_value = LOCK_FILE)]
    lock: PathBuf,
    /// Write nothing, but fail if it would be another one.
    #[arg(long)]
    check: bool,
}

/// Look up and write.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let declared = options.declaring.open()?;
    let lock = wait_for(Lock::take(&declared.live, &declared.wanted))?;
    let (shown, count) = (options.lock.display(), lock.schemas.len());
    let noun = if count == 1 { "schema" } else { "schemas" };
    if Lock::read(&options.lock)?.as_ref() == Some(&lock) {
        printer.answer(format_args!("{shown} is up to date: {count} {noun}."));
        return Ok(Outcome::Success);
    }
    if options.check {
        printer.error(format_args!("{shown} is out of date"));
        printer.hint("`dovetail lock` writes it anew.");
        return Ok(Outcome::Findings);
    }
    std::fs::write(&options.lock, lock.text())
        .map_err(|error| Failure::unable(anyhow!("{shown} cannot be written: {error}")))?;
    printer.answer(format_args!("Locked {count} {noun} in {shown}."));
    Ok(Outcome::Success)
}
