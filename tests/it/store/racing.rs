//! Many writers at once, and writers that give up.

use std::collections::BTreeSet;
use std::task::Poll;
use std::time::Duration;

use dovetail::store::{Store, StoreError};

use super::{author, avro, context, register, register_text, subject, version};
use crate::harness::{TestStore, stores};

const WRITERS: i32 = 32;

/// `WRITERS` registrations at the same time, over two handles as two nodes would have; `(id, version)`.
async fn race(test: &TestStore, what: impl Fn(i32) -> (String, String)) -> BTreeSet<(i32, i32)> {
    let nodes = [test.store.clone(), test.open_again().await];
    let writing: Vec<_> = (0..WRITERS)
        .map(|number| {
            let store = nodes[number as usize % 2].clone();
            let (to, text) = what(number);
            tokio::spawn(async move { register_text(&store, &to, &text).await })
        })
        .collect();
    let mut numbers = BTreeSet::new();
    for written in writing {
        numbers.insert(written.await.unwrap());
    }
    nodes[1].close().await;
    numbers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_one_subject_get_consecutive_numbers() {
    for test in stores().await {
        let numbers = race(&test, |number| ("orders".into(), format!("\"{number}\""))).await;
        assert_eq!(numbers, (1..=WRITERS).map(|n| (n, n)).collect(), "{}", test.name);
        let mut tx = test.store.read().await.unwrap();
        let history = tx.history(&subject("orders")).await.unwrap();
        assert!((1..).zip(&history).all(|(n, stored)| (stored.version.number(), stored.id.0) == (n, n)));
        assert_eq!(history.len(), WRITERS as usize, "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_different_subjects_get_consecutive_ids() {
    for test in stores().await {
        let numbers = race(&test, |number| (format!("s{number}"), format!("\"{number}\""))).await;
        assert_eq!(numbers, (1..=WRITERS).map(|n| (n, 1)).collect(), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_one_content_get_one_id() {
    for test in stores().await {
        let numbers = race(&test, |number| (format!("s{number}"), "\"same\"".into())).await;
        assert_eq!(numbers, [(1, 1)].into(), "{}", test.name);
        assert_eq!(test.store.read().await.unwrap().max_id(&context(".")).await.unwrap(), 1, "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contexts_count_their_ids_apart() {
    for test in stores().await {
        let numbers = race(&test, |n| (format!(":.c{}:s{n}", n % 4), format!("\"{n}\""))).await;
        assert_eq!(numbers, (1..=WRITERS / 4).map(|n| (n, 1)).collect(), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_purge_racing_a_registration_leaves_no_version_without_content() {
    for test in stores().await {
        for round in 0..20 {
            let text = format!("\"{round}\"");
            let (purged, kept) = (subject(&format!("purged{round}")), format!("kept{round}"));
            register_text(&test.store, purged.name(), &text).await;
            let purging = async {
                let mut tx = test.store.write(&author()).await?;
                tx.lock_subjects(&[&purged]).await?;
                tx.purge(&purged, &[version(1)], "race").await?;
                tx.commit().await
            };
            let content = avro(&text);
            let (purged, registered) = tokio::join!(purging, register(&test.store, &kept, &content));
            purged.unwrap();
            let (id, _) = registered.unwrap();
            let found = test.store.read().await.unwrap().content(&context("."), id).await.unwrap();
            assert_eq!(found.as_ref(), Some(&content), "{}", test.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_given_up_leaves_nothing() {
    for test in stores().await {
        assert_eq!(register_text(&test.store, "orders", "\"1\"").await, (1, 1));
        for _ in 0..3 {
            let orders = subject("orders");
            let mut tx = test.store.write(&author()).await.unwrap();
            tx.lock_subjects(&[&orders, &subject("new")]).await.unwrap();
            let id = tx.intern(&context(".new"), &avro("\"lost\"")).await.unwrap();
            assert_eq!(id.0, 1);
            let id = tx.intern(&context("."), &avro("\"lost\"")).await.unwrap();
            assert_eq!(id.0, 2, "{}", test.name);
            tx.append(&orders, version(2), id).await.unwrap();
            tx.soft_delete(&orders, &[version(1)]).await.unwrap();
            drop(tx);
        }
        assert_eq!(register_text(&test.store, "orders", "\"2\"").await, (2, 2), "{}: no gap", test.name);
        let mut tx = test.store.read().await.unwrap();
        assert_eq!(tx.contexts().await.unwrap(), [context(".")], "{}", test.name);
        assert_eq!(tx.ids_of_guid(avro("\"lost\"").guid()).await.unwrap(), []);
        assert_eq!((tx.newest_change().await.unwrap(), test.store.seen()), (2, 2), "{}", test.name);
        assert!(tx.history(&subject("orders")).await.unwrap().iter().all(|version| !version.deleted));
    }
}

/// Poll `work` at most `polls` times, then drop it where it stands; did it finish?
async fn give_up_after(polls: usize, work: impl Future<Output = ()>) -> bool {
    let mut work = std::pin::pin!(work);
    let mut polled = 0;
    std::future::poll_fn(|waker| {
        polled += 1;
        match work.as_mut().poll(waker) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if polled >= polls => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_dropped_anywhere_leaves_all_or_nothing_and_word_of_it() {
    for test in stores().await {
        // How often a writer waits differs from time to time, and with it how many places there are to
        // drop it at: on a busy machine answers are there before they are waited for. Hence several
        // rounds, of which none may go by without a drop.
        for round in 0..5 {
            let mut polls = 1;
            while !write_and_give_up(&test, &format!("\"{round}.{polls}\""), polls).await {
                polls += 1;
            }
            assert!(polls > 1, "{}: nothing was dropped in round {round}", test.name);
        }
    }
}

async fn write_and_give_up(test: &TestStore, text: &str, polls: usize) -> bool {
    let registering = async {
        register_text(&test.store, "orders", text).await;
    };
    let finished = give_up_after(polls, registering).await;

    // Locked, so after whatever the dropped writer has left behind.
    let mut tx = test.store.write(&author()).await.unwrap();
    tx.lock_subjects(&[&subject("orders")]).await.unwrap();
    let newest = tx.newest_change().await.unwrap();
    let versions = tx.history(&subject("orders")).await.unwrap().len() as i64;
    let ids = tx.max_id(&context(".")).await.unwrap();
    drop(tx);
    assert_eq!((versions, i64::from(ids)), (newest, newest), "{}: after {polls} polls", test.name);
    let learning = async {
        while test.store.seen() < newest {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let learnt = tokio::time::timeout(Duration::from_secs(5), learning).await;
    assert!(learnt.is_ok(), "{}: a commit went unnoticed, dropped after {polls} polls", test.name);
    finished
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_is_of_one_moment() {
    for test in stores().await {
        register_text(&test.store, "orders", "\"1\"").await;
        let orders = subject("orders");
        let mut before = test.store.read().await.unwrap();
        assert_eq!(before.history(&orders).await.unwrap().len(), 1);
        register_text(&test.store, "orders", "\"2\"").await;
        assert_eq!(before.history(&orders).await.unwrap().len(), 1, "{}", test.name);
        assert_eq!(before.last_change(&orders).await.unwrap(), 1, "{}", test.name);
        drop(before);
        assert_eq!(test.store.read().await.unwrap().last_change(&orders).await.unwrap(), 2, "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_transaction_cannot_write() {
    for test in stores().await {
        let mut tx = test.store.read().await.unwrap();
        let outcome = tx.intern(&context("."), &avro("\"1\"")).await;
        assert!(matches!(outcome, Err(StoreError::Other(_))), "{}", test.name);
        assert!(tx.purge(&subject("a"), &[version(1)], "no").await.is_err(), "{}", test.name);
        assert!(tx.delete_modes_in(&context(".")).await.is_err(), "{}", test.name);
        tx.commit().await.unwrap();
    }
}

/// Reads whatever is newer than the last it saw, again and again, and never looks back.
async fn collect_changes(store: Store, enough: i64) -> Vec<i64> {
    let mut numbers = Vec::new();
    let mut last = 0;
    while last < enough {
        let mut tx = store.read().await.unwrap();
        for change in tx.changes_after(last, 7).await.unwrap() {
            numbers.push(change.seq);
            last = change.seq;
        }
    }
    numbers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_reads_the_changes_in_order_misses_none() {
    for test in stores().await {
        let (tasks, each) = (8, 20);
        let collecting = tokio::spawn(collect_changes(test.open_again().await, tasks * each));
        let writing: Vec<_> = (0..tasks)
            .map(|task| {
                let store = test.store.clone();
                tokio::spawn(async move {
                    for number in 0..each {
                        // One in three is given up half-way.
                        if number % 3 == 0 {
                            let mut tx = store.write(&author()).await.unwrap();
                            tx.intern(&context("."), &avro("\"x\"")).await.unwrap();
                        }
                        let (to, text) = (format!(":.c{task}:s"), format!("\"{number}\""));
                        register_text(&store, &to, &text).await;
                    }
                })
            })
            .collect();
        for task in writing {
            task.await.unwrap();
        }
        let collected = tokio::time::timeout(Duration::from_secs(30), collecting).await.unwrap().unwrap();
        assert_eq!(collected, (1..=tasks * each).collect::<Vec<i64>>(), "{}", test.name);
        assert_eq!(test.store.seen(), tasks * each);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_learns_of_the_commits_of_another() {
    for test in stores().await {
        let other = test.open_again().await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let following = tokio::spawn({
            let other = other.clone();
            async move { other.follow(async { drop(stopped.await) }).await }
        });
        for number in 1..=3 {
            register_text(&test.store, "orders", &format!("\"{number}\"")).await;
            let learning = async {
                while other.seen() < number {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(3), learning).await.expect("within the poll's second");
        }
        stop.send(()).unwrap();
        following.await.unwrap();
        other.close().await;
    }
}
