//! Keys of client-side encryption.

use std::collections::BTreeMap;

use dovetail::model::{Algorithm, Dek, DekSeries, Kek};
use dovetail::store::{Author, ChangeKind};

use super::{author, subject, version};
use crate::harness::stores;

fn kek(name: &str) -> Kek {
    Kek {
        name: name.into(),
        kms_type: "t".into(),
        kms_key_id: "i".into(),
        kms_props: BTreeMap::new(),
        doc: None,
        shared: false,
        deleted: false,
    }
}

fn series(kek: &str, of: &str) -> DekSeries {
    DekSeries { kek: kek.into(), subject: subject(of), algorithm: Algorithm::Aes256Gcm }
}

fn dek(series: DekSeries, number: i32) -> Dek {
    Dek { series, version: version(number), encrypted: "bQ==".into(), deleted: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_comes_back_as_it_was_recorded() {
    for test in stores().await {
        let rich = Kek {
            kms_props: [("ünï".to_owned(), "😀".to_owned()), (String::new(), String::new())].into(),
            doc: Some(String::new()),
            shared: true,
            deleted: true,
            ..kek("Ä")
        };
        let plain = kek("Ä");
        for recorded in [&rich, &plain] {
            let mut tx = test.store.write(&author()).await.unwrap();
            tx.lock_kek("Ä").await.unwrap();
            let stored = tx.put_kek(recorded).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!((&stored.key, stored.written_at), (recorded, author().now), "{}", test.name);
            let found = test.store.read().await.unwrap().kek("Ä").await.unwrap();
            assert_eq!(found, Some(stored), "{}", test.name);
        }

        let later = Author { now: author().now + 1, ..author() };
        let long = Dek {
            series: DekSeries {
                algorithm: Algorithm::Aes256Siv,
                ..series("Ä", &format!(":.x:{}", "s".repeat(1990)))
            },
            encrypted: "x".repeat(8 * 1024),
            ..dek(series("Ä", "s"), i32::MAX)
        };
        let mut tx = test.store.write(&author()).await.unwrap();
        tx.put_dek(&dek(long.series.clone(), i32::MAX)).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.store.write(&later).await.unwrap();
        let stored = tx.put_dek(&long).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(stored.written_at, later.now, "{}", test.name);
        let mut tx = test.store.read().await.unwrap();
        assert_eq!(tx.dek(&long.series, version(i32::MAX)).await.unwrap(), Some(stored), "{}", test.name);
        assert_eq!(tx.dek(&long.series, version(1)).await.unwrap(), None, "{}", test.name);
        assert_eq!(
            tx.dek_versions(&long.series).await.unwrap(),
            [(version(i32::MAX), false)],
            "{}",
            test.name
        );
        assert_eq!(tx.dek_versions(&series("Ä", "s")).await.unwrap(), [], "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_longest_address_are_stored() {
    for test in stores().await {
        // As long as may be, and nothing that an index could compress.
        let name: String = (0..256u32).map(|n| char::from_u32(0x4e00 + n * 71 % 20_000).unwrap()).collect();
        let text: String = (0..577u32).map(|n| char::from_u32(0x4e00 + n * 7919 % 20_000).unwrap()).collect();
        let longest = series(&name, &text);
        assert_eq!((name.len() + text.len(), longest.check()), (2499, Ok(())));
        let mut tx = test.store.write(&author()).await.unwrap();
        tx.put_kek(&kek(&name)).await.unwrap();
        tx.put_dek(&dek(longest.clone(), 1)).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.store.read().await.unwrap();
        assert!(tx.dek(&longest, version(1)).await.unwrap().is_some(), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_counted_marked_and_purged() {
    for test in stores().await {
        let mut tx = test.store.write(&author()).await.unwrap();
        for name in ["b", "a", "B"] {
            tx.put_kek(&kek(name)).await.unwrap();
        }
        tx.put_kek(&Kek { deleted: true, ..kek("c") }).await.unwrap();
        for (of, number) in [("s", 3), ("s", 1), (":.x:s", 1)] {
            tx.put_dek(&dek(series("a", of), number)).await.unwrap();
        }
        tx.mark_dek(&series("a", "s"), version(1), true).await.unwrap();
        tx.put_dek(&Dek { deleted: true, ..dek(series("b", "t"), 1) }).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = test.store.read().await.unwrap();
        assert_eq!(tx.kek_names(false).await.unwrap(), ["B", "a", "b"], "{}", test.name);
        assert_eq!(tx.kek_names(true).await.unwrap(), ["B", "a", "b", "c"], "{}", test.name);
        assert_eq!((tx.count_keks().await.unwrap(), tx.count_deks().await.unwrap()), (4, 4), "{}", test.name);
        let versions = tx.dek_versions(&series("a", "s")).await.unwrap();
        assert_eq!(versions, [(version(1), true), (version(3), false)], "{}", test.name);
        for (of, deleted, expected) in [
            (Some("a"), false, vec!["a :.x:s", "a s"]),
            (Some("b"), false, vec![]),
            (Some("b"), true, vec!["b t"]),
            (Some("a\0"), true, vec![]),
            (None, false, vec!["a :.x:s", "a s"]),
            (None, true, vec!["a :.x:s", "a s", "b t"]),
        ] {
            let found = tx.dek_subjects(of, deleted).await.unwrap();
            let mut shown: Vec<_> =
                found.into_iter().map(|(kek, subject)| format!("{kek} {subject}")).collect();
            shown.sort();
            assert_eq!(shown, expected, "{} {of:?} {deleted}", test.name);
        }
        for (of, live, any) in [("a", true, true), ("b", false, true), ("c", false, false)] {
            let found = (tx.encrypts(of, false).await.unwrap(), tx.encrypts(of, true).await.unwrap());
            assert_eq!(found, (live, any), "{} {of}", test.name);
        }
        for (kek, of) in [("a\0", "s"), ("a", "s\0")] {
            assert_eq!(tx.dek(&series(kek, of), version(1)).await.unwrap(), None, "{}", test.name);
            assert_eq!(tx.dek_versions(&series(kek, of)).await.unwrap(), [], "{}", test.name);
        }
        assert_eq!(tx.kek("a\0").await.unwrap(), None, "{}", test.name);
        let before = tx.newest_change().await.unwrap();
        drop(tx);

        let mut tx = test.store.write(&author()).await.unwrap();
        tx.purge_dek(&series("a", "s"), version(1)).await.unwrap();
        tx.mark_dek(&series("a", "s"), version(3), true).await.unwrap();
        tx.mark_dek(&series("a", "s"), version(3), false).await.unwrap();
        tx.purge_kek("c").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.store.read().await.unwrap();
        assert_eq!(tx.dek_versions(&series("a", "s")).await.unwrap(), [(version(3), false)], "{}", test.name);
        assert_eq!(tx.kek("c").await.unwrap(), None, "{}", test.name);
        let changes = tx.changes_after(before, 9).await.unwrap();
        let shown: Vec<_> = changes.iter().map(|change| (change.kind, change.subject.to_string())).collect();
        let expected = [
            (ChangeKind::PurgeDek, "s"),
            (ChangeKind::DeleteDek, "s"),
            (ChangeKind::PutDek, "s"),
            (ChangeKind::PurgeKek, ":.__GLOBAL:c"),
        ];
        assert_eq!(shown, expected.map(|(kind, of)| (kind, of.to_owned())), "{}", test.name);
        let first: Vec<_> = tx
            .changes_after(0, 4)
            .await
            .unwrap()
            .into_iter()
            .map(|change| (change.kind, change.subject))
            .collect();
        assert_eq!(first[0], (ChangeKind::PutKek, subject(":.__GLOBAL:b")), "{}", test.name);
        assert_eq!(first[3], (ChangeKind::DeleteKek, subject(":.__GLOBAL:c")), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_encrypts_others_cannot_be_purged() {
    for test in stores().await {
        let mut tx = test.store.write(&author()).await.unwrap();
        tx.put_kek(&kek("a")).await.unwrap();
        tx.put_dek(&dek(series("a", "s"), 1)).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.store.write(&author()).await.unwrap();
        assert!(tx.purge_kek("a").await.is_err(), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_key_keeps_other_writers_of_it_waiting() {
    for test in stores().await.into_iter().filter(|test| test.name == "Postgres") {
        let mut first = test.store.write(&author()).await.unwrap();
        first.lock_kek("a").await.unwrap();
        let mut other = test.store.write(&author()).await.unwrap();
        other.lock_kek("b").await.unwrap();
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(200), other.lock_kek("a")).await;
        assert!(waiting.is_err(), "another key is free, this one is not");
    }
}
