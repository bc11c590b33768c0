//! The store: rows and transactions on SQLite or Postgres.
//!
//! The only floor that names a database driver. It keeps texts and hands them back byte for byte; it
//! parses no schema, compares none and knows no rule of the registry. One text per query serves both
//! databases; what must differ is in `tx.rs` and in the two folders of migrations.
//!
//! Every write leaves a row in `changes` within its own transaction, numbered in the order of
//! commits, so that a node can follow what the others do.

mod associations;
mod changes;
mod error;
mod exporters;
mod follow;
mod import;
mod judge;
mod keys;
mod migrations;
mod options;
mod pools;
mod references;
mod refusals;
mod rows;
mod schemas;
mod settings;
mod snapshot;
mod subjects;
mod tx;
mod uses;
mod versions;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::model::Timestamp;

pub use associations::Associated;
pub use changes::{Change, ChangeKind};
pub use error::StoreError;
pub use exporters::Claimed;
pub use import::BroughtVersion;
pub use keys::StoredKey;
pub use options::{StoreKind, StoreOptions, Synchronous};
pub use references::Referrer;
pub use refusals::{Refusal, StoredRefusal};
pub use snapshot::{Cell, Column, ColumnKind, Row, TABLES, Table};
pub use subjects::{SubjectPrefix, Which};
pub use tx::Tx;
pub use uses::Use;
pub use versions::StoredVersion;

use pools::Pools;

/// Who writes, on behalf of which request, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Whoever the request was authenticated as.
    pub actor: String,
    /// The request's id, as in the log.
    pub request_id: String,
    /// The time of the request; the store reads no clock.
    pub now: Timestamp,
}

impl Author {
    /// Postgres cannot hold U+0000, and a stranger may have chosen the request's id.
    fn storable(&self) -> Author {
        let clean = |text: &str| text.replace('\0', "\u{fffd}");
        Author { actor: clean(&self.actor), request_id: clean(&self.request_id), now: self.now }
    }
}

/// An open database. Cloning is cheap, the connections are shared.
#[derive(Clone)]
pub struct Store {
    pools: Pools,
    location: Arc<str>,
    seen: Arc<AtomicI64>,
    /// The newest change that a write has to find, where it has to.
    expected: Option<i64>,
}

impl Store {
    /// Open the database, bringing its tables up to date first if the options allow it. Any number of
    /// processes may do this at the same time.
    ///
    /// # Errors
    /// When the database cannot be reached, is newer than this program or needs a migration that the
    /// options forbid. The text says what to do and holds no password.
    pub async fn open(options: &StoreOptions) -> Result<Store, StoreError> {
        let place = options.place().map_err(|error| error.without(&options.secrets()))?;
        let location = place.location();
        let opened = async {
            let pools = Pools::connect(&place).await?;
            migrations::run(&pools, &location, options.migrate).await?;
            let location = location.as_str().into();
            let store = Store { pools, location, seen: Arc::default(), expected: None };
            store.refresh_seen().await?;
            Ok(store)
        };
        opened.await.map_err(|error: StoreError| match error.without(&options.secrets()) {
            StoreError::Unavailable(text) => StoreError::Unavailable(format!("{text} ({location})")),
            other => other,
        })
    }

    /// Where the data is: the absolute path of the file, or host and database of Postgres. Never a
    /// credential.
    pub fn location(&self) -> String {
        self.location.to_string()
    }

    /// Which database this is.
    pub fn kind(&self) -> StoreKind {
        match self.pools {
            Pools::Memory(_) | Pools::File { .. } => StoreKind::Sqlite,
            Pools::Postgres { .. } => StoreKind::Postgres,
        }
    }

    /// Is the database reachable and are its tables those of this program?
    ///
    /// # Errors
    /// When it is not.
    pub async fn check_ready(&self) -> Result<(), StoreError> {
        migrations::check(&self.pools, &self.location).await
    }

    /// Begin a transaction that reads: everything it sees is of one moment.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let connection = self.pools.begin_read().await?;
        Ok(Tx::new(connection, None, self.seen.clone(), None))
    }

    /// Begin a transaction that writes in the name of `author`. Do not hold another one meanwhile.
    ///
    /// # Errors
    /// When the connections that write stay busy or, on SQLite, another process keeps writing.
    pub async fn write(&self, author: &Author) -> Result<Tx, StoreError> {
        let connection = self.pools.begin_write().await?;
        Ok(Tx::new(connection, Some(author.storable()), self.seen.clone(), self.expected))
    }

    /// A handle whose writes are committed only while `newest` is the newest change of all.
    pub fn only_at(&self, newest: i64) -> Store {
        Store { expected: Some(newest), ..self.clone() }
    }

    /// The sequence number of the newest change this node knows. A commit raises it before it
    /// returns; [`Store::follow`] raises it for the commits of other nodes. It never falls.
    pub fn seen(&self) -> i64 {
        self.seen.load(Ordering::Acquire)
    }

    /// Ask the database for its newest change and raise [`Store::seen`] to it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh_seen(&self) -> Result<(), StoreError> {
        let newest = self.read().await?.newest_change().await?;
        self.seen.fetch_max(newest, Ordering::AcqRel);
        Ok(())
    }

    /// Close every connection once it is returned.
    pub async fn close(&self) {
        self.pools.close().await;
    }
}
