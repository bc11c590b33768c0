//! Which subjects belong to which resource.

use dovetail::model::{
    Association, AssociationFilter, AssociationType, Lifecycle, Resource, ResourceType, Subject,
};
use dovetail::store::{Associated, ChangeKind, Store, StoreError, SubjectPrefix};

use super::{author, context, subject};
use crate::harness::stores;

use AssociationType::{Key, Value};
use Lifecycle::{Strong, Weak};

fn association(of: &str, id: &str, called: (&str, &str), part: AssociationType) -> Association {
    Association {
        subject: subject(of),
        guid: format!("{id} {part}"),
        resource: Resource {
            kind: ResourceType::Topic,
            id: id.to_owned(),
            name: called.1.to_owned(),
            namespace: called.0.to_owned(),
        },
        part,
        lifecycle: if of.starts_with(':') { Strong } else { Weak },
        created_at: 1,
        updated_at: 2,
    }
}

/// In the order in which they are listed.
fn sample() -> [Association; 5] {
    [
        association("a", "5", ("m", "T"), Value),
        association("s", "1", ("m", "t"), Value),
        association(":.n:t-key", "2", ("n", "t"), Key),
        association(":.n:t-value", "2", ("n", "t"), Value),
        association("s", "3", ("n", "u"), Key),
    ]
}

async fn add(store: &Store, associations: impl IntoIterator<Item = Association>) -> Result<(), StoreError> {
    let mut tx = store.write(&author()).await?;
    tx.lock_associations().await?;
    for association in associations {
        tx.add_association(&association).await?;
    }
    tx.commit().await
}

async fn guids(
    store: &Store,
    of: Associated<'_>,
    filter: &AssociationFilter,
    page: (usize, usize),
) -> Vec<String> {
    let mut tx = store.read().await.unwrap();
    let found = tx.associations(of, filter, page.0, page.1).await.unwrap();
    found.into_iter().map(|association| association.guid).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn associations_are_found_by_all_they_are_known_by() {
    for test in stores().await {
        add(&test.store, sample().into_iter().rev()).await.unwrap();
        let mut tx = test.store.read().await.unwrap();
        let all = Associated::Named { name: None, namespace: None };
        let any = AssociationFilter::default();
        assert_eq!(tx.associations(all, &any, 0, 9).await.unwrap(), sample(), "{}", test.name);
        drop(tx);
        let called = |name, namespace| Associated::Named { name, namespace };
        let (s, strong) = (subject("s"), subject(":.n:t-value"));
        for (of, expected) in [
            (all, vec!["5 value", "1 value", "2 key", "2 value", "3 key"]),
            (called(Some("t"), None), vec!["1 value", "2 key", "2 value"]),
            (called(None, Some("n")), vec!["2 key", "2 value", "3 key"]),
            (called(Some("t"), Some("n")), vec!["2 key", "2 value"]),
            (called(Some("t"), Some("")), vec![]),
            (called(Some("%"), None), vec![]),
            (Associated::Resource("2"), vec!["2 key", "2 value"]),
            (Associated::Resource("4"), vec![]),
            (Associated::Subject(&s), vec!["1 value", "3 key"]),
            (Associated::Subject(&strong), vec!["2 value"]),
        ] {
            assert_eq!(guids(&test.store, of, &any, (0, 9)).await, expected, "{}: {of:?}", test.name);
        }
        for (filter, expected) in [
            (AssociationFilter { parts: vec![Key], ..any.clone() }, vec!["2 key", "3 key"]),
            (AssociationFilter { lifecycle: Some(Strong), ..any.clone() }, vec!["2 key", "2 value"]),
            (
                AssociationFilter { parts: vec![Value], lifecycle: Some(Weak), ..any.clone() },
                vec!["5 value", "1 value"],
            ),
        ] {
            assert_eq!(guids(&test.store, all, &filter, (0, 9)).await, expected, "{}: {filter:?}", test.name);
        }
        assert_eq!(guids(&test.store, all, &any, (1, 2)).await, ["1 value", "2 key"], "{}", test.name);
        assert_eq!(guids(&test.store, all, &any, (4, usize::MAX)).await, ["3 key"], "{}", test.name);
        assert_eq!(guids(&test.store, all, &any, (5, 9)).await, Vec::<String>::new(), "{}", test.name);

        let mut tx = test.store.read().await.unwrap();
        let within = SubjectPrefix::Context { context: context(".n"), name: "t-v".into() };
        let found = tx.associations_matching(&within, &any).await.unwrap();
        assert_eq!(found, [sample()[3].clone()], "{}", test.name);
        let everywhere = SubjectPrefix::AllContexts { name: "t".into() };
        let keys = AssociationFilter { parts: vec![Key], ..any };
        let found = tx.associations_matching(&everywhere, &keys).await.unwrap();
        assert_eq!(found, [sample()[2].clone()], "{}", test.name);
        for (of, associated, strongly) in
            [("s", true, false), (":.n:t-key", true, true), ("t-key", false, false)]
        {
            assert_eq!(tx.is_associated(&subject(of)).await, Ok(associated), "{}: {of}", test.name);
            assert_eq!(tx.is_strongly_associated(&subject(of)).await, Ok(strongly), "{}: {of}", test.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn associations_begin_and_end() {
    for test in stores().await {
        let [_, first, second, ..] = sample();
        add(&test.store, [first.clone(), second.clone()]).await.unwrap();
        let twin = Association { guid: "another".into(), subject: subject("x"), ..first.clone() };
        let twice = add(&test.store, [twin.clone()]).await;
        assert!(matches!(twice, Err(StoreError::Other(_))), "{}: {twice:?}", test.name);

        let mut tx = test.store.write(&author()).await.unwrap();
        // Not the one that is there.
        assert_eq!(tx.delete_association(&twin).await, Ok(false), "{}", test.name);
        assert_eq!(tx.delete_association(&first).await, Ok(true), "{}", test.name);
        assert_eq!(tx.delete_association(&first).await, Ok(false), "{}", test.name);
        tx.commit().await.unwrap();

        let mut tx = test.store.read().await.unwrap();
        assert_eq!(tx.is_associated(&first.subject).await, Ok(false), "{}", test.name);
        assert!(tx.delete_association(&second).await.is_err(), "{}: a reader may not write", test.name);
        let changes = tx.changes_after(0, 9).await.unwrap();
        let changes: Vec<(ChangeKind, &Subject)> =
            changes.iter().map(|change| (change.kind, &change.subject)).collect();
        let expected = [
            (ChangeKind::Associate, &first.subject),
            (ChangeKind::Associate, &second.subject),
            (ChangeKind::Dissociate, &first.subject),
        ];
        assert_eq!(changes, expected, "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_is_associated_with_nothing() {
    let too_long = "x".repeat(2001);
    for test in stores().await {
        for wrong in ["a\u{0}", "a\nb", too_long.as_str()] {
            let mut tx = test.store.read().await.unwrap();
            let (any, of) = (AssociationFilter::default(), subject(wrong));
            for asked in [
                Associated::Subject(&of),
                Associated::Resource(wrong),
                Associated::Named { name: Some(wrong), namespace: None },
                Associated::Named { name: Some("t"), namespace: Some(wrong) },
            ] {
                assert_eq!(tx.associations(asked, &any, 0, 9).await, Ok(vec![]), "{}", test.name);
            }
            assert_eq!(tx.is_associated(&of).await, Ok(false), "{}", test.name);
            assert_eq!(tx.is_strongly_associated(&of).await, Ok(false), "{}", test.name);
            drop(tx);
            for one in [
                association(wrong, "1", ("n", "t"), Key),
                association("s", wrong, ("n", "t"), Key),
                association("s", "1", (wrong, "t"), Key),
                association("s", "1", ("n", wrong), Key),
            ] {
                let refused = add(&test.store, [one]).await;
                assert!(matches!(refused, Err(StoreError::Unstorable(_))), "{}: {refused:?}", test.name);
            }
        }
    }
}
