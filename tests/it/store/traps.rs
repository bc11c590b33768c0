//! Where SQLite and Postgres differ by nature and must not here.

use dovetail::model::{Content, JudgeSettings, Level, Mode, Reference, SchemaId, Scope, Settings, Subject};
use dovetail::store::{StoreError, SubjectPrefix, Which};

use super::judges::refusal;
use super::{author, avro, behind, context, register, register_text, subject, version};
use crate::harness::stores;

/// Sorted as listings are: by UTF-16 code units, so that U+10000 comes before U+FFFD.
const NAMES: [&str; 17] = [
    "%",
    "10",
    "9",
    ":.a:f",
    ":.a.b:fo",
    ":.b:foo",
    "A",
    "B",
    "_",
    "a",
    "b",
    "fo",
    "foo",
    "foó",
    "ß",
    "\u{10000}x",
    "\u{fffd}x",
];

fn prefix(text: &str) -> SubjectPrefix {
    match text.strip_prefix(":*:") {
        Some(name) => SubjectPrefix::AllContexts { name: name.into() },
        None if text.starts_with(":.") && !text[1..].contains(':') => {
            SubjectPrefix::ContextsStarting(text[1..].into())
        }
        None => {
            let subject = Subject::parse(text);
            SubjectPrefix::Context { context: subject.context().clone(), name: subject.name().into() }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_sort_and_match_by_their_characters_alone() {
    for test in stores().await {
        for name in NAMES.iter().rev() {
            register_text(&test.store, name, "\"int\"").await;
        }
        let mut expected = NAMES.to_vec();
        expected.sort_by(|left, right| left.encode_utf16().cmp(right.encode_utf16()));
        for (asked, matches) in [
            (":*:", expected.clone()),
            (":*:f", vec![":.a.b:fo", ":.a:f", ":.b:foo", "fo", "foo", "foó"]),
            ("", expected.iter().copied().filter(|name| !name.starts_with(':')).collect()),
            ("fo", vec!["fo", "foo", "foó"]),
            ("a", vec!["a"]),
            ("A", vec!["A"]),
            ("_", vec!["_"]),
            ("%", vec!["%"]),
            ("\u{fffd}", vec!["\u{fffd}x"]),
            ("\u{10000}", vec!["\u{10000}x"]),
            ("\u{10ffff}", vec![]),
            (":.a:", vec![":.a:f"]),
            (":.a", vec![":.a.b:fo", ":.a:f"]),
            (":.a.", vec![":.a.b:fo"]),
            (":.", expected.clone()),
            (":.A", vec![]),
            ("f\u{0}", vec![]),
            (":.a\u{0}", vec![]),
        ] {
            let mut tx = test.store.read().await.unwrap();
            let found = tx.subjects(&prefix(asked), Which::Live).await.unwrap();
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, matches, "{}: {asked:?}", test.name);
            let versions = tx.versions_matching(&prefix(asked), false).await.unwrap();
            let versions: Vec<String> = versions.iter().map(|(subject, _)| subject.to_string()).collect();
            assert_eq!(versions, matches, "{}: versions of {asked:?}", test.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subjects_that_differ_in_case_or_accent_are_different() {
    for test in stores().await {
        // The last two look alike: one character, and a letter with a combining accent.
        for (number, name) in
            (1..).zip(["orders", "Orders", "ORDERS", "ördérs", "o\u{308}rdérs", " orders", "orders "])
        {
            assert_eq!(
                register_text(&test.store, name, &format!("\"{number}\"")).await,
                (number, 1),
                "{}",
                test.name
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_under_a_name_that_cannot_be_stored() {
    let (too_long, int) = ("x".repeat(2001), avro("\"int\""));
    for test in stores().await {
        register_text(&test.store, "a", "\"int\"").await;
        for wrong in ["a\u{0}", "\u{0}", "a\nb", ":.x\u{0}:a", too_long.as_str()] {
            let wrong = subject(wrong);
            let mut tx = test.store.read().await.unwrap();
            assert_eq!(tx.history(&wrong).await, Ok(vec![]), "{}", test.name);
            assert_eq!(tx.version(&wrong, version(1)).await, Ok(None));
            assert_eq!(tx.latest(&wrong).await, Ok(None));
            assert_eq!(tx.last_change(&wrong).await, Ok(0));
            assert_eq!(tx.referrers(&wrong, version(1)).await, Ok(vec![]));
            assert_eq!(tx.settings(&Scope::of(&wrong)).await, Ok(None));
            assert_eq!(tx.mode(&Scope::of(&wrong)).await, Ok(None));
            assert_eq!(tx.judge_settings(&Scope::of(&wrong)).await, Ok(None));
            assert_eq!(tx.refusals(Some(&wrong), 0, 9).await, Ok(vec![]));
            assert!(tx.settings_along(&wrong).await.is_ok() && tx.modes_along(&wrong).await.is_ok());
            assert_eq!(tx.referred(&wrong, false, false).await, Ok(vec![]));
            assert_eq!(tx.last_use(&wrong, SchemaId(1)).await, Ok(None));
            assert_eq!(tx.find_content(&wrong, int.guid(), int.format, true).await, Ok(None));
            assert_eq!(tx.contexts_holding(wrong.name()).await, Ok(vec![]));
            let home = wrong.context();
            if home.as_str() != "." {
                assert_eq!(tx.content(home, SchemaId(1)).await, Ok(None), "{}", test.name);
                assert_eq!(tx.contents(home, &[SchemaId(1)]).await, Ok(vec![]));
                assert_eq!(tx.uses(home, SchemaId(1)).await, Ok(vec![]));
                assert_eq!(tx.max_id(home).await, Ok(0));
                assert_eq!(tx.any_use(home, SchemaId(1)).await, Ok(None));
                assert_eq!(tx.holds_subjects(home).await, Ok(false));
            }
            drop(tx);

            let mut tx = test.store.write(&author()).await.unwrap();
            let refused = |outcome| matches!(outcome, Err(StoreError::Unstorable(_)));
            assert!(refused(tx.lock_subjects(&[&wrong]).await), "{}", test.name);
            assert!(refused(tx.append(&wrong, version(1), SchemaId(1)).await));
            assert!(refused(tx.put_settings(&Scope::of(&wrong), &Settings::default()).await));
            assert!(refused(tx.put_mode(&Scope::of(&wrong), Mode::ReadOnly).await));
            let judge = JudgeSettings::default();
            assert!(refused(tx.put_judge_settings(&Scope::of(&wrong), &judge).await));
            assert!(refused(tx.add_refusals(&[refusal(&wrong)]).await));
            assert_eq!(tx.delete_judge_settings(&Scope::of(&wrong)).await, Ok(false));
            assert_eq!(tx.delete_mode(&Scope::of(&wrong)).await, Ok(false));
            assert_eq!(tx.soft_delete(&wrong, &[version(1)]).await, Ok(()));
            assert_eq!(tx.delete_modes_in(wrong.context()).await, Ok(()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_with_a_null_character_is_refused_by_both() {
    let reference = Reference { name: "a\u{0}b".into(), subject: "a".into(), version: version(1) };
    for test in stores().await {
        for wrong in [avro("\"a\u{0}b\""), Content { references: vec![reference.clone()], ..avro("\"int\"") }]
        {
            let error = register(&test.store, "a", &wrong).await.expect_err("refused");
            assert!(matches!(error, StoreError::Unstorable(_)), "{}: {error:?}", test.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_subject_fits_every_index() {
    // Random-looking, or compression would hide what does not fit.
    let name: String = (0..2000_u32)
        .map(|n| char::from(b'!' + (n.wrapping_mul(n).wrapping_mul(7919) >> 7) as u8 % 90))
        .collect();
    let long = subject(&name[..1999]);
    for test in stores().await {
        register_text(&test.store, long.name(), "\"int\"").await;
        let reference =
            Reference { name: long.name().into(), subject: long.name().into(), version: version(1) };
        register(&test.store, "b", &Content { references: vec![reference], ..avro("\"int\"") })
            .await
            .unwrap();
        let mut tx = test.store.write(&author()).await.unwrap();
        tx.put_settings(&Scope::of(&long), &Settings { level: Some(Level::None), ..Settings::default() })
            .await
            .unwrap();
        tx.put_mode(&Scope::of(&long), Mode::ReadOnly).await.unwrap();
        tx.commit().await.unwrap();
        let found = test.store.read().await.unwrap().referrers(&long, version(1)).await.unwrap();
        assert_eq!(found.len(), 1, "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_subject_is_a_subject() {
    for test in stores().await {
        assert_eq!(register_text(&test.store, "", "\"int\"").await, (1, 1));
        assert_eq!(register_text(&test.store, ":.x:", "\"int\"").await, (1, 1));
        let mut tx = test.store.read().await.unwrap();
        let found = tx.subjects(&prefix(":*:"), Which::Live).await.unwrap();
        assert_eq!(found, [Subject::new(context("."), ""), Subject::new(context(".x"), "")], "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_numbers_and_large_texts_pass() {
    let large = format!("\"{}\"", "é".repeat(3_000_000));
    for test in stores().await {
        let top = version(i32::MAX);
        let id = register(&test.store, "a", &avro(&large)).await.unwrap().0;
        let mut tx = test.store.write(&dovetail::store::Author { now: i64::MAX, ..author() }).await.unwrap();
        tx.append(&subject("a"), top, id).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.store.read().await.unwrap();
        let latest = tx.latest(&subject("a")).await.unwrap().unwrap();
        assert_eq!((latest.version, latest.created_at), (top, i64::MAX), "{}", test.name);
        assert_eq!(tx.content(&context("."), id).await.unwrap().unwrap().text, large, "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_are_cut_into_statements() {
    for test in stores().await {
        let many: Vec<_> = (1..=1200).map(version).collect();
        let orders = subject("orders");
        let mut tx = test.store.write(&author()).await.unwrap();
        let mut ids = Vec::new();
        for number in &many {
            let id = tx.intern(orders.context(), &avro(&format!("\"{number}\""))).await.unwrap();
            tx.append(&orders, *number, id).await.unwrap();
            ids.push(id);
        }
        tx.soft_delete(&orders, &many).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(test.store.seen(), 2400, "{}", test.name);
        let mut tx = test.store.read().await.unwrap();
        assert_eq!(tx.contents(orders.context(), &ids).await.unwrap().len(), 1200);
        assert!(tx.history(&orders).await.unwrap().iter().all(|version| version.deleted));
        drop(tx);

        behind::count_inserts(&test, "tombstones").await;
        let mut tx = test.store.write(&author()).await.unwrap();
        tx.purge(&orders, &many, "all of them").await.unwrap();
        tx.commit().await.unwrap();
        let sql = "SELECT seq, version, id FROM tombstones ORDER BY seq";
        let left: Vec<(i64, i64, i64)> = behind::rows(&test, sql).await;
        assert_eq!(left, (1..=1200).map(|n| (2400 + n, n, n)).collect::<Vec<_>>(), "{}", test.name);
        if let Some(inserts) = behind::counted_inserts(&test).await {
            assert_eq!(inserts, 3, "{}: the counter is locked meanwhile", test.name);
        }
    }
}
