//! The store: rows and transactions on SQLite or Postgres.
//!
//! The only floor that names a database driver. It keeps texts and hands them back byte for byte; it
//! parses no schema, compares none and knows no rule of the registry. One text per query serves both
//! databases; what must differ is in `tx.rs` and in the two folders of migrations.
//!
//! Every write leaves a row in `changes` within its own transaction, numbered in the order of
//! commits, so that a node can follow what the others do.

mod changes;
mod error;
mod follow;
mod migrations;
mod options;
mod rows;
mod schemas;
mod settings;
mod subjects;
mod tx;
mod versions;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};

use crate::model::Timestamp;

pub use changes::{Change, ChangeKind};
pub use error::StoreError;
pub use options::{StoreKind, StoreOptions, Synchronous};
pub use schemas::Use;
pub use subjects::{SubjectPrefix, Which};
pub use tx::Tx;
pub use versions::{Referrer, StoredVersion};

use options::Place;
use tx::Connection;

/// Connections that read a SQLite file at the same time; one more connection writes.
const SQLITE_READERS: u32 = 4;
/// Connections of one node to Postgres.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a request waits for a connection before the store counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

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

/// An open database. Cloning is cheap, the connections are shared.
#[derive(Clone)]
pub struct Store {
    pools: Pools,
    location: Arc<str>,
    seen: Arc<AtomicI64>,
}

#[derive(Clone)]
enum Pools {
    /// SQLite lets one connection write at a time, so exactly one of ours does and the others queue
    /// for it here, in order, instead of polling the file lock. In memory both are the same pool.
    Sqlite {
        readers: SqlitePool,
        writer: SqlitePool,
    },
    Postgres(PgPool),
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
            let store = Store { pools, location: location.as_str().into(), seen: Arc::default() };
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
            Pools::Sqlite { .. } => StoreKind::Sqlite,
            Pools::Postgres(_) => StoreKind::Postgres,
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
        let connection = match &self.pools {
            Pools::Sqlite { readers, .. } => Connection::read_sqlite(readers).await?,
            Pools::Postgres(pool) => Connection::read_postgres(pool).await?,
        };
        Ok(Tx::new(connection, None, self.seen.clone()))
    }

    /// Begin a transaction that writes in the name of `author`. Do not hold another one meanwhile.
    ///
    /// # Errors
    /// When there is no connection or, on SQLite, another process keeps writing.
    pub async fn write(&self, author: &Author) -> Result<Tx, StoreError> {
        let connection = match &self.pools {
            Pools::Sqlite { writer, .. } => Connection::write_sqlite(writer).await?,
            Pools::Postgres(pool) => Connection::write_postgres(pool).await?,
        };
        Ok(Tx::new(connection, Some(author.clone()), self.seen.clone()))
    }

    /// The sequence number of the newest change this node knows. A commit raises it before it
    /// returns; [`Store::follow`] raises it for the commits of other nodes. It never falls.
    pub fn seen(&self) -> i64 {
        self.seen.load(Ordering::Acquire)
    }

    /// Ask the database for its newest change and raise [`Store::seen`] to it.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn refresh_seen(&self) -> Result<i64, StoreError> {
        let newest = self.read().await?.newest_change().await?;
        self.seen.fetch_max(newest, Ordering::AcqRel);
        Ok(self.seen())
    }

    /// Close every connection once it is returned.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { readers, writer } => {
                readers.close().await;
                // Last, so that the one that closes the file can fold its log into it.
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl Pools {
    async fn connect(place: &Place) -> Result<Pools, StoreError> {
        match place {
            Place::Memory(options) => {
                // The data lives as long as its one connection: it must never be recycled.
                let pool = SqlitePoolOptions::new()
                    .min_connections(1)
                    .max_connections(1)
                    .idle_timeout(None)
                    .max_lifetime(None)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_with(options.clone())
                    .await?;
                Ok(Pools::Sqlite { readers: pool.clone(), writer: pool })
            }
            Place::File(options, _) => {
                let writer = tx::open_sqlite_writer(options).await?;
                let readers = SqlitePoolOptions::new()
                    .max_connections(SQLITE_READERS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_lazy_with(options.clone().pragma("query_only", "ON"));
                Ok(Pools::Sqlite { readers, writer })
            }
            Place::Postgres(options) => {
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_with((**options).clone())
                    .await?;
                Ok(Pools::Postgres(pool))
            }
        }
    }
}
