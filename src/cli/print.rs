//! The only file that prints. What was asked for goes to standard output, everything else to standard
//! error. Colour repeats what the words say and is dropped where nobody sees it.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

use owo_colors::OwoColorize;

/// Writes to the terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    quiet: bool,
}

impl Printer {
    /// A printer that leaves out everything but answers and errors when `quiet`. Colour is for
    /// terminals only, and `NO_COLOR` is honoured, unless `no_color` decides.
    pub(crate) fn new(quiet: bool, no_color: bool) -> Printer {
        if no_color {
            anstream::ColorChoice::Never.write_global();
        }
        Printer { quiet }
    }

    /// Is it to be brief?
    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Is there anybody to watch how far it is?
    pub(crate) fn shows_progress(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// What was asked for.
    pub(crate) fn answer(self, line: impl Display) {
        // Whoever closes the pipe has read enough: that is no failure.
        let _ = writeln!(anstream::stdout(), "{line}");
    }

    /// What was asked for, several lines that end themselves.
    pub(crate) fn text(self, lines: &str) {
        let _ = write!(anstream::stdout(), "{lines}");
    }

    /// How many columns standard output has, where it is a terminal.
    pub(crate) fn width(self) -> Option<usize> {
        let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(std::io::stdout())?;
        Some(usize::from(columns))
    }

    /// Something worth knowing beside the answer.
    pub(crate) fn note(self, line: impl Display) {
        if !self.quiet {
            let _ = writeln!(anstream::stderr(), "{line}");
        }
    }

    /// Why it does not go on.
    pub(crate) fn error(self, sentence: impl Display) {
        let _ = writeln!(anstream::stderr(), "{}: {sentence}", "error".red().bold());
    }

    /// What to do about it.
    pub(crate) fn hint(self, sentence: impl Display) {
        let _ = writeln!(anstream::stderr(), "{}: {sentence}", "hint".cyan().bold());
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
