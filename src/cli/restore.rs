//! `dovetail restore`: make an empty store into the one that was backed up.

use std::path::PathBuf;

use clap::Args;

use super::migrate::Database;
use super::moving::{Bar, author, failure, open};
use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::transfer::restore;

#[derive(Args)]
#[command(
    after_help = "The file is read to its end first: a changed, missing, added or moved line is found before \
    anything is written. Then all of it is written in one transaction. Afterwards every route answers as it did \
    when the backup was made, whichever database it was made on. Exporters go on where they were then: pause those \
    that another server still runs.\n\n\
    Only an empty database is restored into. One that a server was started on and nothing was sent to is empty.\n\n\
    Examples:\n  \
    dovetail restore registry.backup --database-url sqlite:new.db\n  \
    dovetail restore monday.backup --database-url postgres://dovetail@db/registry\n\n\
    Exit codes:\n  \
    0  done\n  \
    2  the command makes no sense, or the backup is of a version that this program does not know\n  \
    3  the backup is damaged, or the database is not empty or cannot be reached"
)]
pub(super) struct Options {
    /// The backup.
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    wait_for(async {
        let bar = Bar::new(printer);
        let progress = |what, done, total| bar.tell(what, done, total);
        // Also before the database: a damaged backup must not leave a new one behind.
        crate::transfer::check_backup(&options.file, &progress).map_err(failure)?;
        let store = open(&options.database.database_url, true).await?;
        let rows = restore(&store, &options.file, &author("restore"), &progress).await.map_err(failure)?;
        bar.clear();
        printer.answer(format_args!(
            "restored {rows} rows of {} to {}",
            options.file.display(),
            store.location()
        ));
        store.close().await;
        Ok(Outcome::Success)
    })
}
