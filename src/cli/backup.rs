//! `dovetail backup`: write everything a store holds into a file.

use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

use super::migrate::Database;
use super::moving::{Bar, NewFile, failure, open};
use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::transfer::{Secrets, write_backup};

#[derive(Args)]
#[command(
    after_help = "The file is text: one row of the database a line, sorted, each with a checksum, and one \
    over all of them at the end. It is of one moment, and the server may go on meanwhile. Two backups of the same \
    state are the same file, so they can be compared with `diff` and kept in a repository.\n\n\
    It holds everything: schemas, ids, versions, deleted ones, tombstones, configurations, modes, settings of \
    judging, associations, exporters, the record of changes and of refusals, and keys of encryption. Data keys are \
    in it only as the key-management service has encrypted them; the keys of that service are not in it. \
    Credentials of exporters are left out: after a restore give them anew with `PUT /exporters/NAME/config`. With \
    --with-credentials they are in it, and the file is to be kept as passwords are.\n\n\
    Examples:\n  \
    dovetail backup registry.backup\n  \
    dovetail backup --force latest.backup\n  \
    dovetail backup monday.backup --database-url postgres://dovetail@db/registry"
)]
pub(super) struct Options {
    /// The file to write.
    file: PathBuf,
    /// Replace the file that is there, if it is no database.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    database: Database,
    /// Write the credentials of exporters into the file, in the clear.
    #[arg(long, env = "DOVETAIL_WITH_CREDENTIALS", value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    with_credentials: bool,
}

pub(super) fn run(options: &Options, printer: Printer) -> Result<Outcome, Failure> {
    wait_for(async {
        let store = open(&options.database.database_url, false).await?;
        let secrets = if options.with_credentials { Secrets::Kept } else { Secrets::LeftOut };
        let mut file = NewFile::create(&options.file, options.force, Path::new(&store.location()))?;
        let bar = Bar::new(printer);
        let progress = |what, done, total| bar.tell(what, done, total);
        let rows = write_backup(&store, &mut file.out, secrets, &progress).await.map_err(failure)?;
        file.finish()?;
        bar.clear();
        printer.answer(format_args!(
            "wrote {rows} rows of {} to {}",
            store.location(),
            options.file.display()
        ));
        store.close().await;
        Ok(Outcome::Success)
    })
}
