//! What is written is what is read.

use dovetail::model::{
    Content, Format, Guid, Level, Metadata, Mode, Policy, Reference, Rule, RuleSet, SchemaId, Scope,
    Settings, Subject,
};
use dovetail::store::{ChangeKind, StoreError, SubjectPrefix, Which};

use super::{author, avro, behind, context, register, register_text, subject, version};
use crate::harness::stores;

fn rich_contents() -> Vec<Content> {
    let reference = |name: &str, subject: &str, number| Reference {
        name: name.into(),
        subject: subject.into(),
        version: version(number),
    };
    let bare = avro("{\"type\":\"string\",\"doc\":\"ünï \\u0000 '\\\"% _ 😀\"}");
    let metadata = Metadata {
        tags: [("a.b".into(), ["PII".into()].into())].into(),
        properties: [("owner".into(), "bob\u{0}by".into()), ("größe".into(), String::new())].into(),
        sensitive: ["owner".into()].into(),
    };
    let rule = Rule { name: Some("r".into()), rule_type: Some("CEL".into()), ..Rule::default() };
    vec![
        bare.clone(),
        Content { format: Format::Json, ..bare.clone() },
        Content { metadata: Some(Metadata::default()), ..bare.clone() },
        Content { metadata: Some(metadata), ..bare.clone() },
        Content { rule_set: Some(RuleSet::default()), metadata: Some(Metadata::default()), ..bare.clone() },
        Content {
            rule_set: Some(RuleSet { domain_rules: vec![rule], ..RuleSet::default() }),
            references: vec![reference("z", "b", 2), reference("a", ":.x:b", 1), reference("z", "b", 2)],
            ..bare
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_comes_back_as_it_was_stored() {
    for test in stores().await {
        let contents = rich_contents();
        let mut expected = Vec::new();
        for (number, content) in (1..).zip(&contents) {
            let (id, _) = register(&test.store, "orders", content).await.unwrap();
            assert_eq!(id, SchemaId(number), "{}: every one is a content of its own", test.name);
            expected.push((id, content.clone()));
        }
        let default = context(".");
        let mut tx = test.store.read().await.unwrap();
        for (id, content) in &expected {
            assert_eq!(tx.content(&default, *id).await.unwrap().as_ref(), Some(content), "{}", test.name);
            let found = tx.find_content(&subject("orders"), content.guid(), content.format, false).await;
            assert_eq!(found.unwrap().map(|found| found.id), Some(*id), "{}", test.name);
        }
        let ids: Vec<SchemaId> = [6, 1, 99, 2, 3, 5, 4, 1].map(SchemaId).into();
        assert_eq!(tx.contents(&default, &ids).await.unwrap(), expected, "{}", test.name);
        assert_eq!(tx.content(&default, SchemaId(99)).await.unwrap(), None);
        assert_eq!(tx.content(&context(".x"), SchemaId(1)).await.unwrap(), None);
        assert_eq!(tx.max_id(&default).await.unwrap(), 6);
        assert_eq!(tx.max_id(&context(".x")).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_finds_its_ids_in_the_default_context_first() {
    for test in stores().await {
        let avro = avro("\"string\"");
        let json = Content { format: Format::Json, ..avro.clone() };
        for (to, content) in [(":.b:s", &avro), (":.a:s", &json), ("s", &avro), ("s", &json)] {
            register(&test.store, to, content).await.unwrap();
        }
        let mut tx = test.store.read().await.unwrap();
        let ids = tx.ids_of_guid(avro.guid()).await.unwrap();
        let ids: Vec<(&str, i32)> = ids.iter().map(|(context, id)| (context.as_str(), id.0)).collect();
        assert_eq!(ids, [(".", 1), (".", 2), (".a", 1), (".b", 1)], "{}", test.name);
        assert_eq!(tx.ids_of_guid(Guid([7; 16])).await.unwrap(), []);
        assert_eq!(tx.contexts().await.unwrap(), [context("."), context(".a"), context(".b")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_content_with_the_same_hash_is_refused() {
    let with_reference = |name: &str, subject: &str| Content {
        references: vec![Reference { name: name.into(), subject: subject.into(), version: version(1) }],
        ..avro("\"string\"")
    };
    let (one, other) = (with_reference("ab", "c"), with_reference("a", "bc"));
    assert_eq!(one.guid(), other.guid(), "the hash has no separators");
    for test in stores().await {
        register(&test.store, "a", &one).await.unwrap();
        // In another context, where the content has no id yet.
        let error = register(&test.store, ":.x:a", &other).await.expect_err("refused");
        assert!(matches!(error, StoreError::Unstorable(_)), "{}: {error:?}", test.name);
        register(&test.store, ":.x:a", &one).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_versions() {
    for test in stores().await {
        let orders = subject("orders");
        for (text, expected) in [("\"int\"", (1, 1)), ("\"long\"", (2, 2)), ("\"int\"", (1, 3))] {
            assert_eq!(register_text(&test.store, "orders", text).await, expected, "{}", test.name);
        }
        register_text(&test.store, "users", "\"int\"").await;

        let mut tx = test.store.write(&author()).await.unwrap();
        tx.lock_subjects(&[&orders]).await.unwrap();
        tx.soft_delete(&orders, &[version(3), version(1), version(9)]).await.unwrap();
        tx.soft_delete(&orders, &[version(3)]).await.unwrap();
        assert_eq!(tx.latest(&orders).await.unwrap().unwrap().version, version(2), "{}", test.name);
        tx.commit().await.unwrap();

        let mut tx = test.store.read().await.unwrap();
        let history = tx.history(&orders).await.unwrap();
        let shown: Vec<_> = history.iter().map(|v| (v.version.number(), v.id.0, v.deleted)).collect();
        assert_eq!(shown, [(1, 1, true), (2, 2, false), (3, 1, true)], "{}", test.name);
        assert_eq!(history[0].guid, avro("\"int\"").guid());
        assert_eq!((history[0].format, history[0].created_at), (Format::Avro, author().now));
        assert_eq!(tx.version(&orders, version(3)).await.unwrap(), Some(history[2]));
        assert_eq!(tx.version(&orders, version(4)).await.unwrap(), None);
        let uses = tx.uses(&context("."), SchemaId(1)).await.unwrap();
        let shown: Vec<_> =
            uses.iter().map(|u| (u.subject.name(), u.version.number(), u.deleted, u.written)).collect();
        assert_eq!(
            shown,
            [("orders", 1, true, 1), ("orders", 3, true, 3), ("users", 1, false, 4)],
            "{}",
            test.name
        );

        let changes = tx.changes_after(4, 100).await.unwrap();
        let shown: Vec<_> =
            changes.iter().map(|c| (c.seq, c.kind, c.version.unwrap().number(), c.id.unwrap().0)).collect();
        let delete = ChangeKind::Delete;
        assert_eq!(shown, [(5, delete, 1, 1), (6, delete, 3, 1)], "{}", test.name);
        assert_eq!((changes[0].actor.as_str(), changes[0].request_id.as_str()), ("ann", "request-1"));
        assert_eq!((changes[0].at, &changes[0].subject), (author().now, &orders));
        assert_eq!(tx.changes_after(4, 1).await.unwrap().len(), 1);
        assert_eq!((tx.last_change(&orders).await.unwrap(), test.store.seen()), (6, 6));
        assert_eq!(tx.last_change(&subject("users")).await.unwrap(), 4);
        assert_eq!(tx.last_change(&subject("nobody")).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_purged_is_not_found_and_not_forgotten() {
    for test in stores().await {
        let orders = subject("orders");
        register_text(&test.store, "orders", "\"int\"").await;
        register_text(&test.store, "orders", "\"long\"").await;
        register_text(&test.store, "users", "\"long\"").await;

        let mut tx = test.store.write(&author()).await.unwrap();
        tx.lock_subjects(&[&orders]).await.unwrap();
        tx.purge(&orders, &[version(1), version(2), version(5)], "asked to").await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = test.store.read().await.unwrap();
        let (default, int, long) = (context("."), avro("\"int\""), avro("\"long\""));
        assert_eq!(tx.history(&orders).await.unwrap(), [], "{}", test.name);
        // Nobody has the first id any more; the second is still in use.
        assert_eq!(tx.content(&default, SchemaId(1)).await.unwrap(), None, "{}", test.name);
        assert_eq!(tx.contents(&default, &[SchemaId(1)]).await.unwrap(), []);
        assert_eq!(tx.ids_of_guid(int.guid()).await.unwrap(), []);
        assert_eq!(tx.any_use(&default, SchemaId(1)).await.unwrap(), None, "{}", test.name);
        assert_eq!(tx.content(&default, SchemaId(2)).await.unwrap().as_ref(), Some(&long), "{}", test.name);
        assert_eq!(tx.changes_after(3, 9).await.unwrap().len(), 2, "{}", test.name);
        let sql = "SELECT version, id, purged_at, actor, request_id, reason FROM tombstones
                    WHERE context = '.' AND subject = 'orders' ORDER BY seq";
        let shown: Vec<(i64, i64, i64, String, String, String)> = behind::rows(&test, sql).await;
        let (now, who, request) = (author().now, "ann".to_owned(), "request-1".to_owned());
        let left = |n| (n, n, now, who.clone(), request.clone(), "asked to".to_owned());
        assert_eq!(shown, [left(1), left(2)], "{}", test.name);
        drop(tx);

        assert_eq!(register_text(&test.store, "orders", "\"int\"").await, (3, 1), "{}: a new id", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_modes_by_scope() {
    for test in stores().await {
        let (orders, in_x) = (subject("orders"), subject(":.x:orders"));
        let scopes = [Scope::of(&orders), Scope::top(), Scope::global(), Scope::of(&in_x)];
        let full = Settings {
            level: Some(Level::FullTransitive),
            normalize: Some(false),
            validate_fields: None,
            validate_new_schemas: Some(false),
            validate_rules: Some(true),
            policy: Some(Policy::Lenient),
            group: Some("application.major".to_owned()),
            alias: Some(":.x:orders".to_owned()),
            alias_for_deks: Some(String::new()),
            default_metadata: Some(Metadata {
                properties: [("owner".to_owned(), "null \u{0}".to_owned())].into(),
                ..Metadata::default()
            }),
            override_metadata: Some(Metadata::default()),
            default_rule_set: Some(RuleSet {
                domain_rules: vec![Rule { name: Some("r".to_owned()), ..Rule::default() }],
                ..RuleSet::default()
            }),
            override_rule_set: Some(RuleSet::default()),
        };
        let mut tx = test.store.write(&author()).await.unwrap();
        for scope in &scopes {
            assert_eq!((tx.settings(scope).await.unwrap(), tx.mode(scope).await.unwrap()), (None, None));
        }
        tx.put_settings(&scopes[0], &full).await.unwrap();
        tx.put_settings(&scopes[1], &full).await.unwrap();
        // A record of nothing is not the same as no record.
        tx.put_settings(&scopes[1], &Settings::default()).await.unwrap();
        tx.put_mode(&scopes[2], Mode::ReadOnly).await.unwrap();
        tx.put_mode(&scopes[0], Mode::ReadOnly).await.unwrap();
        tx.put_mode(&scopes[0], Mode::ReadWrite).await.unwrap();
        tx.put_mode(&scopes[1], Mode::ReadOnly).await.unwrap();
        tx.put_mode(&scopes[3], Mode::ReadOnly).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = test.store.write(&author()).await.unwrap();
        assert_eq!(tx.settings(&scopes[0]).await.unwrap().as_ref(), Some(&full), "{}", test.name);
        let along = tx.settings_along(&orders).await.unwrap();
        assert_eq!(along, [Some(full), Some(Settings::default()), None], "{}", test.name);
        let along = tx.modes_along(&orders).await.unwrap();
        assert_eq!(
            along,
            [Some(Mode::ReadWrite), Some(Mode::ReadOnly), Some(Mode::ReadOnly)],
            "{}",
            test.name
        );
        assert_eq!(tx.modes_along(&in_x).await.unwrap(), [Some(Mode::ReadOnly), None, Some(Mode::ReadOnly)]);
        let top = Subject::new(context("."), "");
        assert_eq!(tx.modes_along(&top).await.unwrap(), [Some(Mode::ReadOnly), Some(Mode::ReadOnly)]);

        tx.delete_modes_in(&context(".")).await.unwrap();
        assert_eq!(
            tx.modes_along(&orders).await.unwrap(),
            [None, Some(Mode::ReadOnly), Some(Mode::ReadOnly)]
        );
        assert_eq!(tx.mode(&scopes[3]).await.unwrap(), Some(Mode::ReadOnly), "another context");
        assert!(tx.delete_settings(&scopes[0]).await.unwrap());
        assert!(!tx.delete_settings(&scopes[0]).await.unwrap());
        assert!(tx.delete_mode(&scopes[1]).await.unwrap());
        assert_eq!(
            (tx.settings(&scopes[0]).await.unwrap(), tx.mode(&scopes[1]).await.unwrap()),
            (None, None)
        );
        tx.commit().await.unwrap();

        let mut tx = test.store.read().await.unwrap();
        let kinds: Vec<_> = tx.changes_after(8, 9).await.unwrap().iter().map(|change| change.kind).collect();
        assert_eq!(kinds, [ChangeKind::DeleteMode, ChangeKind::DeleteSettings, ChangeKind::DeleteMode]);
        assert_eq!(tx.contexts().await.unwrap(), [context(".")], "settings alone make no context");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn referrers_are_found_however_they_spell_it() {
    for test in stores().await {
        for (holder, target) in [
            ("bare", "t"),
            ("dotted", ":.:t"),
            ("elsewhere", ":.x:t"),
            (":.x:bare", "t"),
            (":.x:from-x", ":.x:t"),
            ("the-context", ":.x"),
            ("the-context-too", ":.x:"),
        ] {
            let twice = [1, 2].map(|name| Reference {
                name: format!("{holder}{name}"),
                subject: target.into(),
                version: version(1),
            });
            let content = Content { references: twice.into(), ..avro("\"string\"") };
            register(&test.store, holder, &content).await.unwrap();
        }
        let mut tx = test.store.read().await.unwrap();
        for (target, expected) in [
            ("t", vec!["bare", "dotted"]),
            (":.x:t", vec!["elsewhere", ":.x:bare", ":.x:from-x"]),
            (":.x:", vec!["the-context", "the-context-too"]),
            (":.y:t", vec![]),
            ("", vec![]),
        ] {
            let found = tx.referrers(&subject(target), version(1)).await.unwrap();
            let found: Vec<String> = found.iter().map(|referrer| referrer.subject.to_string()).collect();
            assert_eq!(found, expected, "{}: {target}", test.name);
            assert_eq!(
                tx.referrers(&subject(target), version(2)).await.unwrap(),
                [],
                "{}: {target}",
                test.name
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_tell_live_from_deleted() {
    for test in stores().await {
        for name in ["live", "half", "gone"] {
            register_text(&test.store, name, "\"int\"").await;
            register_text(&test.store, name, "\"long\"").await;
        }
        let mut tx = test.store.write(&author()).await.unwrap();
        tx.soft_delete(&subject("half"), &[version(1)]).await.unwrap();
        tx.soft_delete(&subject("gone"), &[version(1), version(2)]).await.unwrap();
        let every = SubjectPrefix::AllContexts { name: String::new() };
        for (which, expected) in [
            (Which::Live, vec!["half", "live"]),
            (Which::All, vec!["gone", "half", "live"]),
            (Which::DeletedOnly, vec!["gone"]),
        ] {
            let found = tx.subjects(&every, which).await.unwrap();
            let found: Vec<&str> = found.iter().map(Subject::name).collect();
            assert_eq!(found, expected, "{}: {which:?}", test.name);
        }
        for (deleted, expected) in [
            (false, vec![("half", 2), ("live", 1), ("live", 2)]),
            (true, vec![("gone", 1), ("gone", 2), ("half", 1), ("half", 2), ("live", 1), ("live", 2)]),
        ] {
            let found = tx.versions_matching(&every, deleted).await.unwrap();
            let found: Vec<_> = found.iter().map(|(s, v)| (s.name(), v.version.number())).collect();
            assert_eq!(found, expected, "{}", test.name);
        }
    }
}
