//! The connections of one node: how many there are, and what each may be taken for.

use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};

use super::options::Place;
use super::tx::Connection;
use super::{StoreError, tx};

/// Connections that read a SQLite file at the same time; one more connection writes.
const SQLITE_READERS: u32 = 4;
/// Connections of one node that read from Postgres, one of which listens for changes.
const POSTGRES_READERS: u32 = 12;
/// Connections of one node that write to Postgres.
const POSTGRES_WRITERS: u32 = 4;
/// How long a request waits for a connection before the store counts as unavailable.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

/// Writers have connections of their own everywhere but in memory: however many of them queue for a
/// lock, reads go on. A writer that was given up keeps its connection until the database has answered
/// it, so counting the writers that are wanted would not do.
#[derive(Clone)]
pub(super) enum Pools {
    /// The data lives in its one connection.
    Memory(SqlitePool),
    /// SQLite lets one connection write at a time, so exactly one of ours does and the others queue
    /// for it here, in order, instead of polling the file lock.
    File { readers: SqlitePool, writer: SqlitePool },
    /// A server.
    Postgres { readers: PgPool, writers: PgPool },
}

impl Pools {
    pub(super) async fn connect(place: &Place) -> Result<Pools, StoreError> {
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
                Ok(Pools::Memory(pool))
            }
            Place::File(options, _) => {
                let writer = tx::open_sqlite_writer(options).await?;
                let readers = SqlitePoolOptions::new()
                    .max_connections(SQLITE_READERS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_lazy_with(options.clone().pragma("query_only", "ON"));
                Ok(Pools::File { readers, writer })
            }
            Place::Postgres(options) => {
                tx::try_postgres(options).await?;
                let pool = |connections| {
                    PgPoolOptions::new()
                        .max_connections(connections)
                        .acquire_timeout(ACQUIRE_TIMEOUT)
                        .test_before_acquire(false)
                        .before_acquire(|connection, idle| Box::pin(tx::test_if_idle(connection, idle)))
                        .connect_lazy_with((**options).clone())
                };
                Ok(Pools::Postgres { readers: pool(POSTGRES_READERS), writers: pool(POSTGRES_WRITERS) })
            }
        }
    }

    pub(super) async fn begin_read(&self) -> Result<Connection, StoreError> {
        match self {
            Pools::Memory(pool) | Pools::File { readers: pool, .. } => Connection::read_sqlite(pool).await,
            Pools::Postgres { readers, .. } => Connection::read_postgres(readers).await,
        }
    }

    pub(super) async fn begin_write(&self) -> Result<Connection, StoreError> {
        match self {
            Pools::Memory(pool) | Pools::File { writer: pool, .. } => Connection::write_sqlite(pool).await,
            Pools::Postgres { writers, .. } => Connection::write_postgres(writers).await,
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Pools::Memory(pool) => pool.close().await,
            Pools::File { readers, writer } => {
                readers.close().await;
                // Last, so that the one that closes the file can fold its log into it.
                writer.close().await;
            }
            Pools::Postgres { readers, writers } => {
                readers.close().await;
                writers.close().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Store, StoreOptions, Synchronous};
    use super::Pools;

    #[tokio::test]
    async fn sqlite_promises_what_it_is_told_to() {
        for (sqlite_synchronous, told) in [(Synchronous::Full, 2), (Synchronous::Normal, 1)] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let url = format!("sqlite:{}", folder.path().join("a.db").display());
            let store =
                Store::open(&StoreOptions { url, migrate: true, sqlite_synchronous }).await.expect("opens");
            let Pools::File { writer, .. } = &store.pools else { panic!("a SQLite file") };
            let number = |sql| sqlx::query_scalar::<_, i64>(sql).fetch_one(writer);
            assert_eq!(number("PRAGMA synchronous").await.ok(), Some(told));
            assert_eq!(number("PRAGMA foreign_keys").await.ok(), Some(1));
            let journal = sqlx::query_scalar::<_, String>("PRAGMA journal_mode").fetch_one(writer).await;
            assert_eq!(journal.ok().as_deref(), Some("wal"));
        }
    }
}
