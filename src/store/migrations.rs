//! Bringing the tables up to date, one process at a time.

use uuid::Uuid;

use super::StoreError;
use super::pools::Pools;
use super::tx::{Connection, on};

/// One step; both texts make the same tables and columns.
struct Migration {
    number: i64,
    sqlite: &'static str,
    postgres: &'static str,
}

/// Every step, in order. A released step is never edited.
const MIGRATIONS: [Migration; 5] = [
    Migration {
        number: 1,
        sqlite: include_str!("../../migrations/sqlite/0001_registry.sql"),
        postgres: include_str!("../../migrations/postgres/0001_registry.sql"),
    },
    Migration {
        number: 2,
        sqlite: include_str!("../../migrations/sqlite/0002_judges.sql"),
        postgres: include_str!("../../migrations/postgres/0002_judges.sql"),
    },
    Migration {
        number: 3,
        sqlite: include_str!("../../migrations/sqlite/0003_associations.sql"),
        postgres: include_str!("../../migrations/postgres/0003_associations.sql"),
    },
    Migration {
        number: 4,
        sqlite: include_str!("../../migrations/sqlite/0004_keys.sql"),
        postgres: include_str!("../../migrations/postgres/0004_keys.sql"),
    },
    Migration {
        number: 5,
        sqlite: include_str!("../../migrations/sqlite/0005_exporters.sql"),
        postgres: include_str!("../../migrations/postgres/0005_exporters.sql"),
    },
];

/// The number of the newest step.
pub(super) const NEWEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].number;

/// Apply what is missing, or refuse.
pub(super) async fn run(pools: &Pools, location: &str, allowed: bool) -> Result<(), StoreError> {
    match compare(pools, location).await {
        Err(StoreError::NotMigrated { .. }) if allowed => apply(pools, location).await,
        other => other,
    }
}

/// Are the tables exactly those of this program?
pub(super) async fn check(pools: &Pools, location: &str) -> Result<(), StoreError> {
    compare(pools, location).await
}

async fn compare(pools: &Pools, location: &str) -> Result<(), StoreError> {
    let mut step = Step::begin_read(pools).await?;
    judge(step.newest_applied().await?, location)
}

fn judge(found: i64, location: &str) -> Result<(), StoreError> {
    let (location, known) = (location.to_owned(), NEWEST);
    match found {
        NEWEST => Ok(()),
        older if older < NEWEST => Err(StoreError::NotMigrated { location, found, known }),
        _ => Err(StoreError::NewerDatabase { location, found, known }),
    }
}

/// All missing steps in one transaction, so that a failure leaves the database as it was.
async fn apply(pools: &Pools, location: &str) -> Result<(), StoreError> {
    let mut step = Step::begin_write(pools).await?;
    // Asked again under the lock: another process may have done the work meanwhile.
    let applied = step.newest_applied().await?;
    match judge(applied, location) {
        Err(StoreError::NotMigrated { .. }) => {}
        other => return other,
    }
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > applied) {
        step.apply(migration).await?;
    }
    step.commit().await
}

/// A transaction before there is anything a [`Tx`](super::Tx) could rely on.
struct Step {
    connection: Connection,
}

impl Step {
    async fn begin_read(pools: &Pools) -> Result<Step, StoreError> {
        Ok(Step { connection: pools.begin_read().await? })
    }

    /// Holds a lock that only one process at a time can have: on SQLite the write lock, on Postgres an
    /// advisory one (there is no table to lock yet). The number is arbitrary, but ours for ever.
    async fn begin_write(pools: &Pools) -> Result<Step, StoreError> {
        let Pools::Postgres { writers, .. } = pools else {
            return Ok(Step { connection: pools.begin_write().await? });
        };
        // Without the limits of other writers: a migration may take as long as it takes.
        let mut transaction = writers.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock(4963178321)").execute(&mut *transaction).await?;
        Ok(Step { connection: Connection::Postgres(transaction) })
    }

    /// The newest migration the database has had; 0 for an empty one.
    async fn newest_applied(&mut self) -> Result<i64, StoreError> {
        let is_there = match &self.connection {
            Connection::Sqlite(_) => {
                "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'dovetail_migrations'"
            }
            Connection::Postgres(_) => {
                "SELECT count(*) FROM (SELECT to_regclass('dovetail_migrations') AS found) AS t WHERE found IS NOT NULL"
            }
        };
        let tables: i64 = on!(self, |conn| sqlx::query_scalar(is_there).fetch_one(conn).await)?;
        if tables == 0 {
            return Ok(0);
        }
        let sql = "SELECT max(number) FROM dovetail_migrations";
        let newest: Option<i64> = on!(self, |conn| sqlx::query_scalar(sql).fetch_one(conn).await)?;
        Ok(newest.unwrap_or(0))
    }

    async fn apply(&mut self, migration: &Migration) -> Result<(), StoreError> {
        match &mut self.connection {
            Connection::Sqlite(transaction) => {
                sqlx::raw_sql(migration.sqlite).execute(&mut **transaction).await?;
            }
            Connection::Postgres(transaction) => {
                sqlx::raw_sql(migration.postgres).execute(&mut **transaction).await?;
            }
        }
        if migration.number == 1 {
            let sql = "INSERT INTO registry (only_row, cluster_id, last_change) VALUES (1, $1, 0)";
            let cluster_id = Uuid::new_v4().to_string();
            on!(self, |conn| sqlx::query(sql).bind(&cluster_id).execute(conn).await.map(drop))?;
        }
        let sql = "INSERT INTO dovetail_migrations (number) VALUES ($1)";
        on!(self, |conn| sqlx::query(sql).bind(migration.number).execute(conn).await.map(drop))
    }

    async fn commit(self) -> Result<(), StoreError> {
        self.connection.commit().await
    }
}
