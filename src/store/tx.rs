//! A transaction on either database, and every difference between the two.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{Connection as _, Transaction};

use super::changes::PendingChange;
use super::pools::ACQUIRE_TIMEOUT;
use super::{Author, StoreError};

/// One transaction. Dropping it rolls it back.
///
/// Reads on either kind; writes only on one that [`Store::write`](super::Store::write) began.
pub struct Tx {
    pub(super) connection: Connection,
    author: Option<Author>,
    /// Numbered and written at commit: the counter's row is locked for the shortest time, and always
    /// last, whatever the transaction did before.
    pub(super) pending: Vec<PendingChange>,
    seen: Arc<AtomicI64>,
    /// The newest change there has to be before the own ones.
    pub(super) expected: Option<i64>,
}

/// The transaction of the driver.
pub(super) enum Connection {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Run one query on whichever database the transaction is on: `on!(tx, |conn| query.fetch_all(conn).await)`.
///
/// It expands to a `match` with the query in both arms, so nothing but one query belongs inside.
macro_rules! on {
    ($tx:expr, |$conn:ident| $query:expr) => {
        match &mut $tx.connection {
            $crate::store::tx::Connection::Sqlite(transaction) => {
                let $conn = &mut **transaction;
                $query
            }
            $crate::store::tx::Connection::Postgres(transaction) => {
                let $conn = &mut **transaction;
                $query
            }
        }
        .map_err($crate::store::StoreError::from)
    };
}
pub(super) use on;

impl Connection {
    /// The snapshot is that of the first query.
    pub(super) async fn read_sqlite(pool: &SqlitePool) -> Result<Connection, StoreError> {
        Ok(Connection::Sqlite(pool.begin().await?))
    }

    /// One snapshot for all queries, as on SQLite: a history and the stamp that belongs to it are of
    /// the same moment. It costs no round trip more than a plain BEGIN and cannot fail to serialize.
    pub(super) async fn read_postgres(pool: &PgPool) -> Result<Connection, StoreError> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(Connection::Postgres(pool.begin_with(begin).await?))
    }

    /// Takes the write lock at once: a transaction that read first could not become a writer without
    /// risking that another one wrote in between.
    pub(super) async fn write_sqlite(pool: &SqlitePool) -> Result<Connection, StoreError> {
        Ok(Connection::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?))
    }

    /// Each query sees what was committed before it, so a read after a lock sees the work of the
    /// transaction it waited for. A writer that lost its node must not stop the others for ever, and who
    /// waits for a lock gives up before those who wait for a connection do: they get their turn.
    pub(super) async fn write_postgres(pool: &PgPool) -> Result<Connection, StoreError> {
        let begin = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '10s'; \
                     SET LOCAL idle_in_transaction_session_timeout = '60s'";
        Ok(Connection::Postgres(pool.begin_with(begin).await?))
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(transaction) => transaction.commit().await?,
            Connection::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }

    /// Wake the other nodes once this transaction commits. Other processes on a SQLite file are not
    /// told, they ask.
    pub(super) async fn notify(&mut self) -> Result<(), StoreError> {
        if let Connection::Postgres(transaction) = self {
            let sql = "SELECT pg_notify('dovetail_changes', '')";
            sqlx::query(sql).execute(&mut **transaction).await?;
        }
        Ok(())
    }
}

impl Tx {
    pub(super) fn new(
        connection: Connection,
        author: Option<Author>,
        seen: Arc<AtomicI64>,
        expected: Option<i64>,
    ) -> Tx {
        Tx { connection, author, pending: Vec::new(), seen, expected }
    }

    /// Who writes; the gate that every write passes.
    pub(super) fn author(&self) -> Result<&Author, StoreError> {
        let refusal = || StoreError::Other("a transaction begun for reading was asked to write".to_owned());
        self.author.as_ref().ok_or_else(refusal)
    }

    /// Make the writes permanent and visible, and tell the other nodes.
    ///
    /// # Errors
    /// When nothing was made permanent, or when the connection broke so that nobody knows.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if self.pending.is_empty() {
            return self.connection.commit().await;
        }
        // A task of its own: should the caller go away half-way, the commit and the word of it still
        // belong together.
        let committing = tokio::spawn(async move {
            let newest = self.write_changes().await?;
            self.connection.commit().await?;
            self.seen.fetch_max(newest, Ordering::AcqRel);
            Ok(())
        });
        committing.await.unwrap_or_else(|error| Err(StoreError::Other(error.to_string())))
    }
}

/// The one connection that writes a SQLite file.
///
/// Of several processes that open a new file at once, one switches it to the write-ahead log while
/// the others are told at once that it is locked, busy timeout or not; so they try again.
pub(super) async fn open_sqlite_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let started = Instant::now();
    loop {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await
            .map_err(StoreError::from);
        match pool {
            Err(StoreError::Unavailable(text))
                if text.contains("locked") && started.elapsed() < ACQUIRE_TIMEOUT =>
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            other => return other,
        }
    }
}

/// Connect once and say what stands against it. A pool would keep trying and then only say that it
/// gave up waiting.
pub(super) async fn try_postgres(options: &PgConnectOptions) -> Result<(), StoreError> {
    let connecting = tokio::time::timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(options));
    let connection = connecting
        .await
        .map_err(|_| StoreError::Unavailable("no answer from the Postgres server".to_owned()))??;
    connection.close().await?;
    Ok(())
}

/// Is the connection still good? A busy one was used a moment ago; asking it every time would cost
/// every request a round trip.
pub(super) async fn test_if_idle(
    connection: &mut PgConnection,
    metadata: PoolConnectionMetadata,
) -> Result<bool, sqlx::Error> {
    if metadata.idle_for > Duration::from_secs(5) {
        connection.ping().await?;
    }
    Ok(true)
}
