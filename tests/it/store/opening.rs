//! Opening, migrating and refusing to.

use dovetail::store::{Store, StoreError, StoreKind, StoreOptions, Synchronous};
use sqlx::{Connection, PgConnection};

use super::{behind, register_text};
use crate::harness::{TestStore, places, stores};

async fn columns(test: &TestStore) -> Vec<(String, String, bool)> {
    let sql = match test.store.kind() {
        StoreKind::Sqlite => {
            "SELECT m.name, p.name, p.\"notnull\" FROM sqlite_master m, pragma_table_info(m.name) p
              WHERE m.type = 'table' ORDER BY m.name, p.cid"
        }
        StoreKind::Postgres => {
            "SELECT table_name::text, column_name::text, is_nullable = 'NO'
               FROM information_schema.columns WHERE table_schema = current_schema()
              ORDER BY table_name::text COLLATE \"C\", ordinal_position"
        }
    };
    behind::rows(test, sql).await
}

async fn indexes(test: &TestStore) -> Vec<(String,)> {
    let sql = match test.store.kind() {
        StoreKind::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        }
        StoreKind::Postgres => {
            "SELECT indexname::text FROM pg_indexes
              WHERE schemaname = current_schema() AND indexname NOT LIKE '%\\_pkey'
              ORDER BY indexname::text COLLATE \"C\""
        }
    };
    behind::rows(test, sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_migrations_make_the_same_tables_on_both_stores() {
    let stores = stores().await;
    let expected = (columns(&stores[0]).await, indexes(&stores[0]).await);
    assert!(expected.0.iter().any(|(table, column, _)| table == "changes" && column == "seq"));
    for test in &stores[1..] {
        assert_eq!((columns(test).await, indexes(test).await), expected, "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_compare_byte_by_byte_in_every_column_of_postgres() {
    for test in stores().await.iter().filter(|test| test.store.kind() == StoreKind::Postgres) {
        let sql = "SELECT table_name || '.' || column_name FROM information_schema.columns
                    WHERE table_schema = current_schema() AND data_type = 'text'
                      AND collation_name IS DISTINCT FROM 'C'
                      AND column_name IN ('context', 'subject', 'name', 'format', 'mode', 'kind')";
        let mut connection = PgConnection::connect(&test.options.url).await.unwrap();
        let loose: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap();
        assert_eq!(loose, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_nodes_open_an_empty_database_at_once() {
    for place in places().await {
        let opening: Vec<_> = (0..8)
            .map(|_| {
                let options = place.options.clone();
                tokio::spawn(async move { Store::open(&options).await })
            })
            .collect();
        let mut ids = Vec::new();
        for opened in opening {
            let store = opened.await.unwrap().unwrap_or_else(|error| panic!("{}: {error}", place.name));
            store.check_ready().await.unwrap();
            ids.push(store.read().await.unwrap().cluster_id().await.unwrap());
            store.close().await;
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "{}: one registry has one id", place.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_there_after_reopening() {
    for test in stores().await {
        assert_eq!(register_text(&test.store, "orders", "\"string\"").await, (1, 1));
        test.store.close().await;
        let store = test.open_again().await;
        assert_eq!(store.seen(), 1, "{}", test.name);
        assert_eq!(register_text(&store, "orders", "\"int\"").await, (2, 2), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_newer_than_the_program_is_refused() {
    for test in stores().await {
        behind::run(&test, "INSERT INTO dovetail_migrations (number) VALUES (9000)").await;
        assert!(
            matches!(test.store.check_ready().await, Err(StoreError::NewerDatabase { .. })),
            "{}",
            test.name
        );
        let error = Store::open(&test.options).await.err().expect("refused");
        assert!(matches!(error, StoreError::NewerDatabase { found: 9000, .. }), "{}: {error}", test.name);
        assert!(error.to_string().contains("run the newer version"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_database_is_refused_when_migrating_is_forbidden() {
    for place in places().await {
        let forbidden = StoreOptions { migrate: false, ..place.options.clone() };
        for _ in 0..2 {
            // Twice: the first refusal must not have made anything.
            let error = Store::open(&forbidden).await.err().expect("refused");
            assert!(error.to_string().contains("run `dovetail migrate`"), "{}: {error}", place.name);
        }
        let test = place.open().await;
        Store::open(&forbidden).await.expect("migrated by now").close().await;
        behind::run(&test, "DELETE FROM dovetail_migrations").await;
        let error = Store::open(&forbidden).await.err().expect("refused");
        assert!(matches!(error, StoreError::NotMigrated { found: 0, .. }), "{}: {error}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_first_version_is_brought_up_to_date() {
    for test in stores().await {
        assert_eq!(register_text(&test.store, "orders", "\"string\"").await, (1, 1));
        test.store.close().await;
        let undo = "DROP TABLE judge_settings; DROP TABLE counters; DROP TABLE refusals;
                    DROP TABLE associations; DROP TABLE exporters;
                    DROP TABLE deks; DROP TABLE keks;
                    DELETE FROM dovetail_migrations WHERE number > 1";
        behind::run(&test, undo).await;
        let expected = (columns(&stores().await[0]).await, indexes(&stores().await[0]).await);
        let store = test.open_again().await;
        assert_eq!((columns(&test).await, indexes(&test).await), expected, "{}", test.name);
        let mut tx = store.read().await.unwrap();
        assert!(tx.was_ever_used().await.unwrap(), "{}", test.name);
        drop(tx);
        assert_eq!(register_text(&store, "orders", "\"int\"").await, (2, 2), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn places_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no/such/data.db");
    let missing = format!("sqlite:{}", missing.display());
    let is_folder = format!("sqlite:{}", folder.path().display());
    for (url, told) in [
        (missing.as_str(), "no/such for the database file does not exist"),
        (is_folder.as_str(), "is a folder"),
        ("mysql://root:hunter2@db/x", "of no known kind"),
        ("sqlite:a.db?color=red", "unknown query parameter `color`"),
    ] {
        let options = options(url);
        let error = Store::open(&options).await.err().expect(url);
        assert!(matches!(error, StoreError::BadPlace(_)), "{url}: {error:?}");
        assert!(error.to_string().contains(told), "{url}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_and_no_location_shows_a_credential() {
    for url in [
        "postgres://user:hunter2@127.0.0.1:1/registry",
        "postgres://user:hunter2@127.0.0.1:notaport/registry",
        "postgres://user:hunter%32@no-such-host.invalid/registry",
        "postgres://user:hunter2@127.0.0.1:1/registry?sslmode=hunter2",
        "postgres://127.0.0.1:1/registry?user=u&password=hunter2",
        "postgres:user:hunter2@127.0.0.1/registry",
        "mysql://user:hunter2@127.0.0.1/registry",
        "user:hunter2@127.0.0.1/registry",
    ] {
        let options = options(url);
        let error = Store::open(&options).await.err().expect(url);
        for shown in [error.to_string(), format!("{error:?}"), format!("{options:?}")] {
            assert!(!shown.contains("hunter2") && !shown.contains("hunter%32"), "{url}: {shown}");
        }
    }
    for test in stores().await {
        let location = test.store.location();
        assert!(!location.contains('@'), "{location}");
        assert!(
            location.contains(if test.name == "SQLite" { "/test.db" } else { "/dovetail_test_" }),
            "{location}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_is_called_unavailable() {
    let error = Store::open(&options("postgres://u:p@127.0.0.1:1/x")).await.err().expect("nobody listens");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("127.0.0.1:1/x"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_serves_one_transaction_after_the_other() {
    let store = Store::open(&options("sqlite::memory:")).await.unwrap();
    assert_eq!(register_text(&store, "orders", "\"string\"").await, (1, 1));
    let other = Store::open(&options("sqlite::memory:")).await.unwrap();
    assert_eq!(register_text(&other, "orders", "\"int\"").await, (1, 1), "memories are apart");
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { register_text(&store, "orders", &format!("\"{number}\"")).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.seen(), 17);
}

fn options(url: &str) -> StoreOptions {
    StoreOptions { url: url.into(), migrate: true, sqlite_synchronous: Synchronous::Full }
}
