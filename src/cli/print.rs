//! The only file that prints. What was asked for goes to standard output, everything else to standard
//! error. Colour repeats what the words say and is dropped where nobody sees it.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

use owo_colors::OwoColorize;

use super::harmless;

/// Why an answer could not be written; the first time counts.
static LOST: OnceLock<String> = OnceLock::new();

/// Writes to the terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    quiet: bool,
    /// A runner reads along, and must not be given commands.
    is_job: bool,
}

impl Printer {
    /// A printer that leaves out everything but answers and errors when `quiet`. Colour is for
    /// terminals only, and `NO_COLOR` is honoured, unless `no_color` decides.
    pub(crate) fn new(quiet: bool, no_color: bool) -> Printer {
        if no_color {
            anstream::ColorChoice::Never.write_global();
        }
        Printer { quiet, is_job: harmless::is_job() }
    }

    /// Is it to be brief?
    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Is there anybody to watch how far it is?
    pub(crate) fn shows_progress(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Does a runner read along?
    pub(crate) fn is_job(self) -> bool {
        self.is_job
    }

    /// What was asked for, for people to read.
    pub(crate) fn answer(self, line: impl Display) {
        keep_loss(writeln!(anstream::stdout(), "{}", self.shown(&line)));
    }

    /// What was asked for, exactly as it is; lines end themselves.
    pub(crate) fn text(self, lines: &str) {
        keep_loss(write!(anstream::stdout(), "{lines}"));
    }

    /// Why an answer could not be written, if one could not.
    pub(crate) fn lost(self) -> Option<&'static str> {
        keep_loss(io::stdout().flush());
        LOST.get().map(String::as_str)
    }

    /// As people may see it, and a runner.
    fn shown(self, line: &impl Display) -> String {
        let line = line.to_string();
        let line = harmless::for_terminal(&line);
        if self.is_job { harmless::for_runner(&line) } else { line.into_owned() }
    }

    /// How many columns standard output has, where it is a terminal.
    pub(crate) fn width(self) -> Option<usize> {
        let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(std::io::stdout())?;
        Some(usize::from(columns))
    }

    /// Something worth knowing beside the answer.
    pub(crate) fn note(self, line: impl Display) {
        if !self.quiet {
            let _ = writeln!(anstream::stderr(), "{}", self.shown(&line));
        }
    }

    /// Why it does not go on.
    pub(crate) fn error(self, sentence: impl Display) {
        let _ = writeln!(anstream::stderr(), "{}: {}", "error".red().bold(), self.shown(&sentence));
    }

    /// What to do about it.
    pub(crate) fn hint(self, sentence: impl Display) {
        let _ = writeln!(anstream::stderr(), "{}: {}", "hint".cyan().bold(), self.shown(&sentence));
    }
}

/// Notes down that something could not be written. Whoever closes the pipe has read enough: that is no
/// failure.
pub(crate) fn keep_loss(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = LOST.set(error.to_string());
    }
}

/// How a word stands out where there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Doubtful,
    Name,
}

/// `text` in a tone, padded to `width` columns.
pub(crate) fn toned(text: &str, tone: Tone, width: usize) -> String {
    let padded = format!("{text:width$}");
    match tone {
        Tone::Good => padded.green().to_string(),
        Tone::Bad => padded.red().bold().to_string(),
        Tone::Doubtful => padded.yellow().to_string(),
        Tone::Name => padded.bold().to_string(),
    }
}
