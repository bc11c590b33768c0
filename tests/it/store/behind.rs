//! Looking at the tables, and changing them, behind the store's back.

use dovetail::store::StoreKind;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, FromRow, PgConnection, SqliteConnection};

use crate::harness::TestStore;

/// Run statements.
pub async fn run(test: &TestStore, sql: &str) {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match test.store.kind() {
        StoreKind::Sqlite => {
            let mut connection = SqliteConnection::connect(&test.options.url).await.unwrap();
            sql.execute(&mut connection).await.unwrap();
        }
        StoreKind::Postgres => {
            let mut connection = PgConnection::connect(&test.options.url).await.unwrap();
            sql.execute(&mut connection).await.unwrap();
        }
    }
}

/// Read rows.
pub async fn rows<T>(test: &TestStore, sql: &'static str) -> Vec<T>
where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    match test.store.kind() {
        StoreKind::Sqlite => {
            let mut connection = SqliteConnection::connect(&test.options.url).await.unwrap();
            sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
        }
        StoreKind::Postgres => {
            let mut connection = PgConnection::connect(&test.options.url).await.unwrap();
            sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
        }
    }
}

/// From now on count the statements that insert into a table, where the database can: SQLite only
/// knows of rows.
pub async fn count_inserts(test: &TestStore, table: &str) {
    if test.store.kind() == StoreKind::Postgres {
        let sql = format!(
            "CREATE TABLE inserts (one BIGINT NOT NULL);
             CREATE FUNCTION count_insert() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN INSERT INTO inserts VALUES (1); RETURN NULL; END';
             CREATE TRIGGER counted AFTER INSERT ON {table} EXECUTE FUNCTION count_insert()"
        );
        run(test, &sql).await;
    }
}

/// How many there were.
pub async fn counted_inserts(test: &TestStore) -> Option<usize> {
    if test.store.kind() == StoreKind::Sqlite {
        return None;
    }
    Some(rows::<(i64,)>(test, "SELECT one FROM inserts").await.len())
}
