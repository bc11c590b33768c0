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

pub use changes::{Change, ChangeKind, Tombstone};
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
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

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
        Ok(Tx::new(connection, Some(author.storable()), self.seen.clone()))
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
                tx::try_postgres(options).await?;
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .test_before_acquire(false)
                    .before_acquire(|connection, idle| Box::pin(tx::test_if_idle(connection, idle)))
                    .connect_lazy_with((**options).clone());
                Ok(Pools::Postgres(pool))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pools, Store, StoreOptions, Synchronous};

    #[tokio::test]
    async fn sqlite_promises_what_it_is_told_to() {
        for (sqlite_synchronous, told) in [(Synchronous::Full, 2), (Synchronous::Normal, 1)] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let url = format!("sqlite:{}", folder.path().join("a.db").display());
            let store =
                Store::open(&StoreOptions { url, migrate: true, sqlite_synchronous }).await.expect("opens");
            let Pools::Sqlite { writer, .. } = &store.pools else { panic!("a SQLite store") };
            let number = |sql| sqlx::query_scalar::<_, i64>(sql).fetch_one(writer);
            assert_eq!(number("PRAGMA synchronous").await.ok(), Some(told));
            assert_eq!(number("PRAGMA foreign_keys").await.ok(), Some(1));
            let journal = sqlx::query_scalar::<_, String>("PRAGMA journal_mode").fetch_one(writer).await;
            assert_eq!(journal.ok().as_deref(), Some("wal"));
        }
    }
}
