//! A bar for what takes long. It is drawn on a terminal's standard error only, never for those who want
//! quiet, and not before a second has passed: what is over sooner needs none.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::print::Printer;

/// How long nothing is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the bar is drawn while nothing advances, so that it is seen to be alive.
const TICK: Duration = Duration::from_millis(120);

/// Tells how far a piece of work is. Dropped, it leaves no trace.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Dropped when the work is over, which ends the wait for the bar to appear.
    _over: Option<Sender<()>>,
}

impl Progress {
    /// For work of `total` pieces, or of nobody knows how many; `what` says what is done, for example
    /// "importing versions".
    pub(crate) fn new(printer: Printer, what: impl Into<String>, total: Option<u64>) -> Progress {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let form = match total {
            Some(_) => "{msg} {wide_bar} {human_pos}/{human_len} ({eta} left)",
            None => "{spinner} {msg}: {human_pos} ({elapsed})",
        };
        let style = ProgressStyle::with_template(form).expect("the form is one");
        bar.set_style(style.progress_chars("=> "));
        bar.set_message(what.into());
        let over = printer.shows_progress().then(|| appear_later(bar.clone()));
        Progress { bar, _over: over }
    }

    /// So many more pieces are done.
    pub(crate) fn advance(&self, pieces: u64) {
        self.bar.inc(pieces);
    }

    /// Print something without tearing the bar.
    pub(crate) fn pause<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Waits beside the work, which may be busy with one long piece when the time has come.
fn appear_later(bar: ProgressBar) -> Sender<()> {
    let (over, is_over) = mpsc::channel();
    std::thread::spawn(move || {
        if is_over.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) && !bar.is_finished() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
        }
    });
    over
}
