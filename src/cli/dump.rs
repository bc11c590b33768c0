//! `dovetail dump`: a registry → files and a manifest.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

use super::declaring::Place;
use super::overwriting::check_overwriting;
use super::print::Printer;
use super::progress::Progress;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::gate::dump::dump;
use crate::gate::manifest::FILE_NAMES;

const LONG_HELP: &str = "\
Writes the latest version of each subject into a file and a schemas.yaml that declares them, with levels,
policies, metadata and references: `dovetail plan` then finds nothing to do. From there on the files are what
counts. What a manifest cannot hold (rules, aliases, subjects with an empty name or a brace) is told and left
to the registry.

Earlier versions stay in the registry; `dovetail bundle` and `dovetail backup` take them along.

Exit codes
  0  written    2  the folder holds a manifest already, or files that would be written over
  3  the registry cannot be read

Examples
  dovetail dump --registry-url http://127.0.0.1:8081 --out schemas
  dovetail dump --registry-url http://127.0.0.1:8081 --context .staging --out staging";

#[derive(Args)]
#[command(after_help = "`dovetail dump --help` tells what is written.", after_long_help = LONG_HELP)]
pub(super) struct Options {
    /// The folder to write into.
    #[arg(long, value_name = "FOLDER", env = "DOVETAIL_DUMP_OUT", default_value = "schemas")]
    out: PathBuf,
    /// Write over files that are there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    place: Place,
}

/// Read and write.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let (out, shown) = (&options.out, options.out.display());
    let manifest = FILE_NAMES.iter().find(|name| out.join(name).exists());
    if let Some(name) = manifest.filter(|_| !options.force) {
        return Err(Failure::bad_request(anyhow!("{shown} holds a manifest already, {name}"))
            .with_hint("Name another folder with --out, or write over it with --force."));
    }
    let live = options.place.live(None)?;
    let progress = Progress::new(printer, "reading versions", None);
    let dump = wait_for(dump(&live, &|more| progress.advance(more)))?;
    drop(progress);
    let unwritable = |error: std::io::Error| Failure::unable(anyhow!("{shown} cannot be written: {error}"));
    let paths: Vec<PathBuf> = dump.files.keys().map(|path| out.join(path)).collect();
    let texts = dump.files.values().map(String::as_str);
    check_overwriting(paths.iter().map(PathBuf::as_path).zip(texts), options.force)?;
    for (path, text) in paths.iter().zip(dump.files.values()) {
        std::fs::create_dir_all(path.parent().unwrap_or(out)).map_err(unwritable)?;
        std::fs::write(path, text).map_err(unwritable)?;
    }
    dump.notes.iter().for_each(|note| printer.note(format_args!("note  {note}")));
    let noun = if dump.subjects == 1 { "subject" } else { "subjects" };
    printer.answer(format_args!("Wrote {} {noun} and schemas.yaml into {shown}.", dump.subjects));
    Ok(Outcome::Success)
}
