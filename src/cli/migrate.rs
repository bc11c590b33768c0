//! `dovetail migrate`: bring a database up to date and exit.

use anyhow::anyhow;
use clap::Args;

use super::print::Printer;
use super::wait_for;
use crate::failure::{Failure, Outcome};
use crate::store::{Store, StoreError, StoreOptions, Synchronous};

#[derive(Args)]
#[command(after_help = "`dovetail serve` does this by itself unless told --no-migrate.\n\n\
                        Examples:\n  dovetail migrate\n  dovetail migrate --database-url postgres://dovetail@db/registry")]
pub(super) struct Options {
    #[command(flatten)]
    database: Database,
}

/// Where the data is.
#[derive(Args)]
pub(super) struct Database {
    /// The database: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE.
    #[arg(
        long,
        value_name = "URL",
        env = "DOVETAIL_DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite:dovetail.db"
    )]
    pub(super) database_url: String,
}

/// Migrate, and say from where to where.
pub(super) fn run(options: Options, printer: Printer) -> Result<Outcome, Failure> {
    let open = |migrate| {
        let url = options.database.database_url.clone();
        let options = StoreOptions { url, migrate, sqlite_synchronous: Synchronous::Full };
        async move { Store::open(&options).await }
    };
    wait_for(async {
        let before = open(false).await;
        let store = open(true).await.map_err(failure)?;
        let location = store.location();
        printer.answer(match before {
            Ok(_) => format!("{location} is up to date: nothing to do"),
            Err(StoreError::NotMigrated { found, known, .. }) => {
                format!("{location} went from migration {found} to {known}")
            }
            Err(_) => format!("{location} was created and migrated"),
        });
        store.close().await;
        Ok(Outcome::Success)
    })
}

/// A URL that makes no sense is the caller's; anything else is the database's.
pub(super) fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::BadPlace(_) => Failure::bad_request(anyhow!(error)),
        _ => Failure::unable(anyhow!(error)),
    }
}
