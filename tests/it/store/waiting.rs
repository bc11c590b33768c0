//! Requests that wait for others, and those that must not.

use std::time::Duration;

use dovetail::store::{Store, StoreError, StoreKind, Tx};
use tokio::task::JoinHandle;

use super::{author, avro, behind, register, register_text, subject};
use crate::harness::{TestStore, stores};

/// A transaction that keeps everybody else from writing to `orders`.
async fn hold(store: &Store) -> Tx {
    let mut tx = store.write(&author()).await.unwrap();
    tx.lock_subjects(&[&subject("orders")]).await.unwrap();
    tx
}

/// Registrations that cannot go on before the lock is given up.
async fn queue(store: &Store, writers: usize) -> Vec<JoinHandle<Result<(), StoreError>>> {
    let queueing = (0..writers).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let content = avro(&format!("\"{number}\""));
            register(&store, "orders", &content).await.map(drop)
        })
    });
    let queueing = queueing.collect();
    // Time to open as many connections as they are allowed to.
    tokio::time::sleep(Duration::from_secs(1)).await;
    queueing
}

/// The number of versions, asked for by somebody who does not want to wait.
async fn read_at_once(test: &TestStore) -> usize {
    let reading = async {
        let mut tx = test.store.read().await.unwrap();
        tx.history(&subject("orders")).await.unwrap().len()
    };
    let read = tokio::time::timeout(Duration::from_secs(3), reading).await;
    read.unwrap_or_else(|_| panic!("{}: a read waited for writers", test.name))
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_that_queue_for_a_subject_do_not_keep_readers_waiting() {
    for test in stores().await {
        register_text(&test.store, "orders", "\"first\"").await;
        let holder = hold(&test.store).await;
        let queueing = queue(&test.store, 20).await;
        assert_eq!(read_at_once(&test).await, 1, "{}", test.name);
        drop(holder);
        for writer in queueing {
            writer.await.unwrap().unwrap();
        }
        assert_eq!(read_at_once(&test).await, 21, "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_do_writers_that_were_given_up_while_they_queued() {
    for test in stores().await {
        register_text(&test.store, "orders", "\"first\"").await;
        let holder = hold(&test.store).await;
        for _ in 0..3 {
            for writer in queue(&test.store, 8).await {
                writer.abort();
            }
            assert_eq!(read_at_once(&test).await, 1, "{}", test.name);
        }
        drop(holder);
        register_text(&test.store, "orders", "\"second\"").await;
        assert_eq!(read_at_once(&test).await, 2, "{}", test.name);
    }
}

/// Somebody holds a lock for longer than anybody waits.
async fn wait_in_vain(test: TestStore) {
    let holder = hold(&test.store).await;
    // One more than may wait for the lock at the same time on Postgres, less the one that holds it.
    let waiting = if test.store.kind() == StoreKind::Postgres { 4 } else { 1 };
    let mut queueing = queue(&test.store, waiting).await;
    let mut refused = 0;
    while refused < waiting.min(3) {
        let writer = queueing.remove(0);
        if !writer.is_finished() {
            queueing.push(writer);
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        let error = writer.await.unwrap().expect_err("the lock is held");
        assert!(matches!(error, StoreError::Unavailable(_)), "{}: {error:?}", test.name);
        assert!(error.to_string().contains("try again"), "{}: {error}", test.name);
        refused += 1;
    }
    drop(holder);
    for writer in queueing {
        writer.await.unwrap().expect("it waited for a connection, and got its turn");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_is_told_to_try_again() {
    let waiting: Vec<_> = stores().await.into_iter().map(|test| tokio::spawn(wait_in_vain(test))).collect();
    for test in waiting {
        test.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_the_moment_are_told_from_others() {
    for test in stores().await.iter().filter(|test| test.store.kind() == StoreKind::Postgres) {
        for (code, passing) in
            [("25P03", true), ("55P03", true), ("40P01", true), ("25P02", false), ("23514", false)]
        {
            let sql = format!(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                     'BEGIN RAISE EXCEPTION USING ERRCODE = ''{code}'', MESSAGE = ''as told''; END';
                 CREATE OR REPLACE TRIGGER refusing BEFORE INSERT ON subjects EXECUTE FUNCTION refuse()"
            );
            behind::run(test, &sql).await;
            let error = register(&test.store, "orders", &avro("\"int\"")).await.expect_err("refused");
            assert_eq!(matches!(error, StoreError::Unavailable(_)), passing, "{code}: {error:?}");
            assert!(error.to_string().contains("as told"), "{code}: {error}");
        }
    }
}
