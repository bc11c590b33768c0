//! `dovetail man`: manual pages.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, CommandFactory};

use super::Arguments;
use super::print::Printer;
use crate::failure::{Failure, Outcome};

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    dovetail man | man -l -\n  \
    dovetail man --out /usr/local/share/man/man1")]
pub(super) struct Options {
    /// Write a page for the program and one for each command into this folder, instead of printing the first.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Print the page, or write all of them.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let command = Arguments::command();
    let Some(folder) = &options.out else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(command).render(&mut page);
        rendered.context("the manual page could not be made").map_err(Failure::unable)?;
        printer.text(&String::from_utf8_lossy(&page));
        return Ok(Outcome::Success);
    };
    let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written
        .with_context(|| format!("the manual pages could not be written to {}", folder.display()))
        .map_err(Failure::unable)?;
    printer.note(format_args!("wrote the manual pages to {}", folder.display()));
    Ok(Outcome::Success)
}
