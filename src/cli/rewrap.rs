//! `dovetail rewrap`: encrypt data keys anew after the key file got another first line.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::kms::local_keys;
use super::migrate::{self, Database};
use super::print::Printer;
use super::wait_for;
use crate::clock;
use crate::failure::{Failure, Outcome};
use crate::kms::Kms;
use crate::registry::{Caller, Defaults, ForeignDek, Registry};
use crate::store::{Store, StoreOptions, Synchronous};

#[derive(Args)]
#[command(
    after_help = "Servers may run meanwhile. Exits with 3 when a data key of a shared key-encryption key can be\n\
                        decrypted with no line of the file.\n\n\
                        Example:\n  dovetail rewrap --kms-local-key-file dovetail.keys"
)]
pub(super) struct Options {
    #[command(flatten)]
    database: Database,
    /// The file of keys. What its other lines encrypted is encrypted anew with the first.
    #[arg(long, value_name = "FILE", env = "DOVETAIL_KMS_LOCAL_KEY_FILE")]
    kms_local_key_file: PathBuf,
}

/// Encrypt anew, and say how much.
pub(super) fn run(options: Options, printer: Printer) -> Result<Outcome, Failure> {
    let keys = local_keys(&options.kms_local_key_file)?;
    let caller =
        Caller { actor: "dovetail rewrap".to_owned(), request_id: "rewrap".to_owned(), now: clock::now() };
    wait_for(async {
        let url = options.database.database_url;
        let options = StoreOptions { url, migrate: false, sqlite_synchronous: Synchronous::Full };
        let store = Store::open(&options).await.map_err(migrate::failure)?;
        let defaults = Defaults { kms: Kms::new(Some(keys), None), ..Defaults::default() };
        let done = Registry::new(store.clone(), defaults).rewrap_all(&caller).await;
        store.close().await;
        let done = done.context("not every data key was seen to").map_err(Failure::unable)?;
        let (clients, lost): (Vec<_>, Vec<_>) = done.foreign.iter().partition(|key| key.is_of_clients);
        for key in &clients {
            printer.note(format_args!("left alone, as clients encrypted it: {}", shown(key)));
        }
        for key in &lost {
            printer.error(format_args!("no line of the file decrypts {}", shown(key)));
        }
        printer.answer(format_args!(
            "{} data keys were encrypted anew, {} needed nothing, {} cannot be decrypted",
            done.renewed,
            done.current,
            lost.len()
        ));
        Ok(if lost.is_empty() { Outcome::Success } else { Outcome::Unable })
    })
}

fn shown(ForeignDek { dek, .. }: &ForeignDek) -> String {
    let (series, version) = (&dek.series, dek.version.number());
    format!("key {} of subject {}, {} version {version}", series.kek, series.subject, series.algorithm)
}
