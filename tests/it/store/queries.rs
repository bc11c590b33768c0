//! Questions that are answered by one row, or one list, whatever else is stored.

use dovetail::model::{Content, Format, Reference, SchemaId, Subject};
use dovetail::store::{Store, Use};

use super::{author, avro, context, register, register_text, subject, version};
use crate::harness::stores;

/// Append a content as a version of the test's choice.
async fn append(store: &Store, to: &str, number: i32, content: &Content) {
    let to = subject(to);
    let mut tx = store.write(&author()).await.unwrap();
    tx.lock_subjects(&[&to]).await.unwrap();
    let id = tx.intern(to.context(), content).await.unwrap();
    tx.append(&to, version(number), id).await.unwrap();
    tx.commit().await.unwrap();
}

async fn soft_delete(store: &Store, from: &str, number: i32) {
    let mut tx = store.write(&author()).await.unwrap();
    tx.soft_delete(&subject(from), &[version(number)]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn purge(store: &Store, from: &str, number: i32) {
    let mut tx = store.write(&author()).await.unwrap();
    tx.purge(&subject(from), &[version(number)], "test").await.unwrap();
    tx.commit().await.unwrap();
}

/// What `find_content` says of `"int"`: version and whether it is softly deleted.
async fn found(store: &Store, of: &str, format: Format, deleted: bool) -> Option<(i32, bool)> {
    let mut tx = store.read().await.unwrap();
    let guid = avro("\"int\"").guid();
    let found = tx.find_content(&subject(of), guid, format, deleted).await.unwrap()?;
    assert_eq!(Some(found), tx.version(&subject(of), found.version).await.unwrap());
    Some((found.version.number(), found.deleted))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_is_found_at_the_highest_version_that_recorded_it() {
    for test in stores().await {
        let store = &test.store;
        for (to, text) in [
            ("orders", "\"int\""),
            ("orders", "\"long\""),
            ("orders", "\"int\""),
            ("orders", "\"long\""),
            ("users", "\"long\""),
            (":.x:orders", "\"long\""),
            (":.x:users", "\"int\""),
        ] {
            register_text(store, to, text).await;
        }
        for (of, format, expected) in [
            ("orders", Format::Avro, Some((3, false))),
            ("orders", Format::Json, None),
            ("users", Format::Avro, None),
            (":.x:orders", Format::Avro, None),
            (":.x:users", Format::Avro, Some((1, false))),
            ("nobody", Format::Avro, None),
        ] {
            assert_eq!(found(store, of, format, false).await, expected, "{}: {of}", test.name);
        }
        soft_delete(store, "orders", 3).await;
        assert_eq!(found(store, "orders", Format::Avro, false).await, None, "{}: not the first", test.name);
        assert_eq!(found(store, "orders", Format::Avro, true).await, Some((3, true)), "{}", test.name);
        purge(store, "orders", 3).await;
        assert_eq!(found(store, "orders", Format::Avro, false).await, Some((1, false)), "{}", test.name);
        purge(store, "orders", 1).await;
        assert_eq!(found(store, "orders", Format::Avro, true).await, None, "{}", test.name);
    }
}

fn shown(used: Option<Use>) -> Option<(String, i32, bool, i64)> {
    used.map(|used| (used.subject.to_string(), used.version.number(), used.deleted, used.written))
}

#[tokio::test(flavor = "multi_thread")]
async fn any_use_of_an_id_is_the_first_written_live_one() {
    for test in stores().await {
        for name in [":.x:other", "users", "accounts", "orders"] {
            register_text(&test.store, name, "\"int\"").await;
        }
        let any = async |context_name, id| {
            let mut tx = test.store.read().await.unwrap();
            shown(tx.any_use(&context(context_name), SchemaId(id)).await.unwrap())
        };
        let expect = |name: &str, deleted, written| Some((name.to_owned(), 1, deleted, written));
        assert_eq!(any(".", 1).await, expect("users", false, 2), "{}", test.name);
        assert_eq!(any(".x", 1).await, expect(":.x:other", false, 1), "{}", test.name);
        assert_eq!((any(".", 2).await, any(".y", 1).await), (None, None), "{}", test.name);
        soft_delete(&test.store, "users", 1).await;
        assert_eq!(any(".", 1).await, expect("accounts", false, 3), "{}", test.name);
        soft_delete(&test.store, "orders", 1).await;
        soft_delete(&test.store, "accounts", 1).await;
        assert_eq!(any(".", 1).await, expect("users", true, 2), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_of_an_id_is_the_one_written_last_not_the_highest() {
    for test in stores().await {
        let int = avro("\"int\"");
        for number in [10, 5, 7] {
            append(&test.store, "orders", number, &int).await;
        }
        append(&test.store, "orders", 20, &avro("\"long\"")).await;
        append(&test.store, "users", 1, &int).await;
        append(&test.store, ":.x:orders", 1, &int).await;
        let last = async |of, id| {
            let mut tx = test.store.read().await.unwrap();
            shown(tx.last_use(&subject(of), SchemaId(id)).await.unwrap())
        };
        let expect = |name: &str, number, deleted, written| Some((name.to_owned(), number, deleted, written));
        assert_eq!(last("orders", 1).await, expect("orders", 7, false, 3), "{}", test.name);
        assert_eq!(last("orders", 2).await, expect("orders", 20, false, 4), "{}", test.name);
        assert_eq!(last(":.x:orders", 1).await, expect(":.x:orders", 1, false, 6), "{}", test.name);
        assert_eq!((last("users", 2).await, last("nobody", 1).await), (None, None), "{}", test.name);
        soft_delete(&test.store, "orders", 7).await;
        assert_eq!(last("orders", 1).await, expect("orders", 7, true, 3), "{}", test.name);
        purge(&test.store, "orders", 7).await;
        assert_eq!(last("orders", 1).await, expect("orders", 5, false, 2), "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contexts_that_hold_a_name() {
    for test in stores().await {
        for name in ["a", ":.b:a", ":.b:a", ":.a:a", ":.gone:a", ":.other:ab", ":.Z:a", ":.Z:b"] {
            register_text(&test.store, name, &format!("\"{name}\"")).await;
        }
        soft_delete(&test.store, ":.a:a", 1).await;
        purge(&test.store, ":.gone:a", 1).await;
        let mut tx = test.store.read().await.unwrap();
        for (name, expected) in
            [("a", vec![".Z", ".a", ".b"]), ("ab", vec![".other"]), ("b", vec![".Z"]), ("c", vec![])]
        {
            let found = tx.contexts_holding(name).await.unwrap();
            let found: Vec<&str> = found.iter().map(|context| context.as_str()).collect();
            assert_eq!(found, expected, "{}: {name}", test.name);
        }
        for (name, holds) in
            [(".", true), (".a", true), (".b", true), (".gone", false), (".z", false), (".othe", false)]
        {
            assert_eq!(tx.holds_subjects(&context(name)).await.unwrap(), holds, "{}: {name}", test.name);
        }
    }
}

/// A content of its own that refers to versions of subjects, each of them twice.
fn referring(text: &str, targets: &[(&str, i32)]) -> Content {
    let reference = |(name, (target, number)): (usize, &(&str, i32))| Reference {
        name: name.to_string(),
        subject: (*target).to_owned(),
        version: version(*number),
    };
    let twice = targets.iter().chain(targets).enumerate();
    Content { references: twice.map(reference).collect(), ..avro(text) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_versions_that_are_referred_to() {
    for test in stores().await {
        for target in ["t", ":.x:t", ":.x:", "lonely"] {
            for text in ["\"1\"", "\"2\"", "\"3\"", "\"4\""] {
                register_text(&test.store, target, text).await;
            }
        }
        for (holder, content) in [
            ("live", referring("\"live\"", &[("t", 4), ("t", 1), ("t", 9), (":.x:t", 1)])),
            ("gone", referring("\"gone\"", &[("t", 2)])),
            ("t", referring("\"self\"", &[("t", 3), ("t", 4)])),
            (":.x:live", referring("\"x\"", &[("t", 3), (":.:t", 1), (":.x", 2)])),
            (":.y:t", referring("\"y\"", &[(":.:t", 1), (":.x:", 4)])),
        ] {
            register(&test.store, holder, &content).await.unwrap();
        }
        soft_delete(&test.store, "gone", 1).await;
        let mut tx = test.store.read().await.unwrap();
        for (target, live_only, others_only, expected) in [
            ("t", false, false, vec![1, 2, 3, 4]),
            ("t", true, false, vec![1, 3, 4]),
            ("t", false, true, vec![1, 2, 4]),
            ("t", true, true, vec![1, 4]),
            (":.x:t", true, true, vec![1, 3]),
            (":.x:", false, false, vec![2, 4]),
            (":.y:t", false, false, vec![]),
            ("lonely", false, false, vec![]),
        ] {
            let found = tx.referred(&Subject::parse(target), live_only, others_only).await.unwrap();
            let found: Vec<i32> = found.iter().map(|version| version.number()).collect();
            assert_eq!(found, expected, "{}: {target}, {live_only}, {others_only}", test.name);
        }
    }
}
