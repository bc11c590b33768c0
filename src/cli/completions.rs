//! `dovetail completions`: what a shell needs to complete the command line.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Arguments;
use super::print::Printer;
use crate::failure::{Failure, Outcome};

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    dovetail completions bash > ~/.local/share/bash-completion/completions/dovetail\n  \
    dovetail completions zsh > \"${fpath[1]}/_dovetail\"\n  \
    dovetail completions fish > ~/.config/fish/completions/dovetail.fish")]
pub(super) struct Options {
    /// The shell.
    shell: Shell,
}

/// Print the script.
pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "dovetail", &mut script);
    printer.text(&String::from_utf8_lossy(&script));
    Ok(Outcome::Success)
}
