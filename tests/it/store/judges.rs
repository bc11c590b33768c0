//! Who judges, and the journal of refusals.

use dovetail::model::{Action, Format, Guid, Judge, JudgeSettings, Level, Pack, Scope, Subject};
use dovetail::store::{Author, ChangeKind, Refusal, Store, StoreError};

use super::{author, register_text, subject};
use crate::harness::stores;

/// A refusal of some schema for `of`.
pub fn refusal(of: &Subject) -> Refusal {
    Refusal {
        by: author(),
        subject: of.clone(),
        format: Format::Avro,
        guid: Some(Guid([7; 16])),
        level: Level::Backward,
        judge: Judge::Proof,
        report: "{}".into(),
    }
}

async fn add(store: &Store, refusals: &[Refusal]) -> Result<(), StoreError> {
    let mut tx = store.write(&author()).await?;
    tx.add_refusals(refusals).await?;
    tx.commit().await
}

async fn numbers(store: &Store, of: Option<&str>, offset: usize, limit: usize) -> Vec<i64> {
    let mut tx = store.read().await.unwrap();
    let found = tx.refusals(of.map(subject).as_ref(), offset, limit).await.unwrap();
    found.iter().map(|stored| stored.seq).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_judges_by_scope() {
    for test in stores().await {
        let (orders, in_x) = (subject("orders"), subject(":.x:orders"));
        let scopes = [Scope::of(&orders), Scope::top(), Scope::global(), Scope::of(&in_x)];
        let all = JudgeSettings {
            judge: Some(Judge::Strictest),
            packs: Some([Pack::JsonNames, Pack::Wire].into()),
            rules: [("b".to_owned(), Action::Off), ("a".to_owned(), Action::Refuse)].into(),
            assert_formats: Some(true),
            fill_defaults: Some(false),
        };
        let none = JudgeSettings { packs: Some([].into()), ..JudgeSettings::default() };
        let mut tx = test.store.write(&author()).await.unwrap();
        for scope in &scopes {
            assert_eq!(tx.judge_settings(scope).await.unwrap(), None, "{}", test.name);
        }
        tx.put_judge_settings(&scopes[0], &none).await.unwrap();
        tx.put_judge_settings(&scopes[0], &all).await.unwrap();
        tx.put_judge_settings(&scopes[1], &all).await.unwrap();
        tx.put_judge_settings(&scopes[1], &none).await.unwrap();
        // A record of nothing is not the same as no record.
        tx.put_judge_settings(&scopes[2], &JudgeSettings::default()).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = test.store.write(&author()).await.unwrap();
        assert_eq!(tx.judge_settings(&scopes[0]).await.unwrap().as_ref(), Some(&all), "{}", test.name);
        let along = tx.judge_settings_along(&orders).await.unwrap();
        let global = Some(JudgeSettings::default());
        assert_eq!(along, [Some(all), Some(none), global.clone()], "{}", test.name);
        assert_eq!(tx.judge_settings_along(&in_x).await.unwrap(), [None, None, global], "{}", test.name);
        assert!(tx.delete_judge_settings(&scopes[0]).await.unwrap());
        assert!(!tx.delete_judge_settings(&scopes[0]).await.unwrap());
        assert_eq!(tx.judge_settings(&scopes[0]).await.unwrap(), None, "{}", test.name);
        tx.commit().await.unwrap();

        let mut tx = test.store.read().await.unwrap();
        let changes = tx.changes_after(3, 9).await.unwrap();
        let shown: Vec<_> = changes.iter().map(|change| (change.kind, &change.subject)).collect();
        let global = Scope::global();
        let last = (ChangeKind::DeleteJudge, &orders);
        assert_eq!(
            shown,
            [(ChangeKind::PutJudge, &Subject::parse("")), (ChangeKind::PutJudge, global.subject()), last],
            "{}",
            test.name
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_was_used_once_something_was_registered() {
    for test in stores().await {
        let mut tx = test.store.write(&author()).await.unwrap();
        tx.put_judge_settings(&Scope::global(), &JudgeSettings::default()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!test.store.read().await.unwrap().was_ever_used().await.unwrap(), "{}", test.name);
        register_text(&test.store, ":.x:a", "\"int\"").await;
        let mut tx = test.store.write(&author()).await.unwrap();
        tx.purge(&subject(":.x:a"), &[super::version(1)], "test").await.unwrap();
        tx.commit().await.unwrap();
        assert!(test.store.read().await.unwrap().was_ever_used().await.unwrap(), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_comes_back_as_it_was_entered_and_changes_nothing() {
    for test in stores().await {
        register_text(&test.store, "orders", "\"int\"").await;
        let (orders, in_x) = (subject("orders"), subject(":.x:orders"));
        let by = Author { actor: "bob".into(), request_id: "a\u{0}b".into(), now: 5 };
        let rich = Refusal {
            by: by.clone(),
            guid: None,
            format: Format::Protobuf,
            level: Level::FullTransitive,
            judge: Judge::Strictest,
            report: "{\"ünï\":\"😀\"}".into(),
            ..refusal(&orders)
        };
        add(&test.store, &[rich.clone(), refusal(&in_x)]).await.unwrap();
        add(&test.store, &[]).await.unwrap();
        add(&test.store, &[refusal(&subject(":.x:users"))]).await.unwrap();

        let found = test.store.read().await.unwrap().refusals(None, 0, 9).await.unwrap();
        assert_eq!(found.iter().map(|stored| stored.seq).collect::<Vec<_>>(), [3, 2, 1], "{}", test.name);
        assert_eq!(found[1].refusal, refusal(&in_x), "{}", test.name);
        let cleaned = Author { request_id: "a\u{fffd}b".into(), ..by };
        assert_eq!(found[2].refusal, Refusal { by: cleaned, ..rich }, "{}", test.name);
        for (of, offset, limit, expected) in [
            (Some("orders"), 0, 9, vec![1]),
            (Some(":.x:orders"), 0, 9, vec![2]),
            (Some(":.x:"), 0, 9, vec![3, 2]),
            (Some(":.:"), 0, 9, vec![1]),
            (Some("nobody"), 0, 9, vec![]),
            (None, 1, 1, vec![2]),
            (None, 3, 9, vec![]),
            (None, usize::MAX, usize::MAX, vec![]),
        ] {
            assert_eq!(numbers(&test.store, of, offset, limit).await, expected, "{}: {of:?}", test.name);
        }
        // Kept answers stay good, and nobody who follows the changes is told.
        assert_eq!(test.store.seen(), 1, "{}", test.name);
        assert_eq!(test.store.read().await.unwrap().newest_change().await.unwrap(), 1, "{}", test.name);

        let null = Refusal { report: "\u{0}".into(), ..refusal(&orders) };
        let error = add(&test.store, &[refusal(&orders), null]).await.expect_err("refused");
        assert!(matches!(error, StoreError::Unstorable(_)), "{}: {error:?}", test.name);
        add(&test.store, &[refusal(&orders)]).await.unwrap();
        assert_eq!(numbers(&test.store, None, 0, 9).await, [4, 3, 2, 1], "{}: no gap", test.name);
        let error = test.store.read().await.unwrap().add_refusals(&[]).await.expect_err("a reader");
        assert!(matches!(error, StoreError::Other(_)), "{}: {error:?}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_thousand_refusals_are_kept() {
    for test in stores().await {
        let many = vec![refusal(&subject("orders")); 700];
        add(&test.store, &many).await.unwrap();
        add(&test.store, &many).await.unwrap();
        let kept = numbers(&test.store, None, 0, 5000).await;
        assert_eq!(kept, (401..=1400).rev().collect::<Vec<_>>(), "{}", test.name);
        add(&test.store, &many[..1]).await.unwrap();
        assert_eq!(numbers(&test.store, None, 0, 1).await, [1401], "{}", test.name);
        assert_eq!(numbers(&test.store, None, 999, 5).await, [402], "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_number_their_refusals_together() {
    for test in stores().await {
        let other = test.open_again().await;
        let entering: Vec<_> = (0..16)
            .map(|node| {
                let store = if node % 2 == 0 { test.store.clone() } else { other.clone() };
                tokio::spawn(async move { add(&store, &vec![refusal(&subject("orders")); 3]).await })
            })
            .collect();
        for entered in entering {
            entered.await.unwrap().unwrap();
        }
        let all = numbers(&test.store, None, 0, 99).await;
        assert_eq!(all, (1..=48).rev().collect::<Vec<_>>(), "{}", test.name);
    }
}
