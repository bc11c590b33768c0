//! Backups: what they bring back, and which damage is found.

use std::fs;
use std::path::Path;

use dovetail::store::StoreKind;
use dovetail::transfer::check_backup;
use insta::assert_snapshot;
use serde_json::json;
use sqlx::Connection as _;

use super::{Client, answers, assert_alike, corpus, dovetail, routes};
use crate::harness;
use crate::server::Server;
use crate::terminal::{folder, run};

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).expect("it was written")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_store_cannot_be_told_from_the_original() {
    let files = folder(&[]);
    for place in harness::places().await {
        let url = place.options.url.as_str();
        let source = Server::with(url, &["--exporter-targets", "any"]);
        let east = Client::of(&source);
        corpus::seed(&east).await;
        let mut routes = routes(&east).await;
        routes.extend(corpus::seed_the_rest(&east).await);
        let expected = answers(&east, &routes).await;
        // Beside the running server.
        dovetail(files.path(), &["backup", "--database-url", url, "one"], 0);
        source.kill();
        let one = read(files.path(), "one");
        assert!(!one.contains("pass-word"), "a credential is in the backup");
        dovetail(files.path(), &["backup", "--database-url", url, "with", "--with-credentials"], 0);
        assert!(read(files.path(), "with").contains("pass-word"));
        dovetail(files.path(), &["verify", "one"], 0);
        dovetail(files.path(), &["verify", "one", "--database-url", url, "--against", "with"], 0);
        dovetail(files.path(), &["verify", "--database-url", url, "--against", "one"], 0);

        for target in harness::places().await {
            let to = target.options.url.as_str();
            let names = format!("{} to {}", place.name, target.name);
            // A server was started on it and nothing was sent to it.
            assert_eq!(Server::on(to).stop().code(), Some(0));
            dovetail(files.path(), &["restore", "one", "--database-url", to], 0);
            dovetail(files.path(), &["backup", "--database-url", to, "two"], 0);
            assert!(one == read(files.path(), "two"), "{names}: the backup of the restored store differs");
            dovetail(files.path(), &["verify", "--database-url", to], 0);
            let restored = Server::on(to);
            let west = Client::of(&restored);
            assert_alike(&expected, &answers(&west, &routes).await, &names);
            let new = json!({ "schema": r#"{"type":"record","name":"New","fields":[]}"# });
            assert_eq!(west.send("POST", "/subjects/new/versions", new).await["id"], 15, "{names}");
            restored.kill();
            let twice = dovetail(files.path(), &["restore", "one", "--database-url", to], 3);
            let told = String::from_utf8(twice.stderr).expect("UTF-8");
            assert!(told.contains("is not empty: it has rows of"), "{told}");
        }
    }
}

/// A store with little in it, and its backup.
async fn small(folder: &Path) -> Vec<u8> {
    let server = Server::on(&format!("sqlite:{}", folder.join("small.db").display()));
    let client = Client::of(&server);
    let schema = json!({ "schema": r#"{"type":"record","name":"Größe","fields":[]}"# });
    client.ask("POST", "/subjects/a/versions", &schema).await;
    client.send("POST", "/subjects/a/versions", json!({ "schema": "\"int\"" })).await;
    client.send("PUT", "/config/a", json!({ "compatibility": "NONE" })).await;
    server.kill();
    dovetail(folder, &["backup", "--database-url", "sqlite:small.db", "small"], 0);
    fs::read(folder.join("small")).expect("it was written")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flipped_bit_of_a_backup_is_found_before_anything_is_written() {
    let files = folder(&[]);
    let small = small(files.path()).await;
    let path = files.path().join("damaged");
    fs::write(&path, &small).expect("a file is written");
    assert!(check_backup(&path, &|_, _, _| {}).is_ok());
    let mut damaged = small.clone();
    for bit in 0..small.len() * 8 {
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &damaged).expect("a file is written");
        assert!(check_backup(&path, &|_, _, _| {}).is_err(), "bit {bit} of {}", small.len() * 8);
        damaged[bit / 8] ^= 1 << (bit % 8);
    }
    let lines: Vec<&[u8]> = small.split_inclusive(|byte| *byte == b'\n').collect();
    let middle = lines.len() / 2;
    let without = [&lines[..middle], &lines[middle + 1..]].concat().concat();
    let mut swapped = lines.clone();
    swapped.swap(middle, middle + 1);
    let mut flipped = small.clone();
    let place = small.len() / 2;
    flipped[place] ^= 4;
    for (what, bytes) in [
        ("a bit", flipped),
        ("cut", small[..small.len() - 1].to_vec()),
        ("cut between lines", lines[..middle].concat()),
        ("a line removed", without),
        ("lines swapped", swapped.concat()),
        ("empty", Vec::new()),
    ] {
        fs::write(&path, &bytes).expect("a file is written");
        let code = dovetail(files.path(), &["restore", "damaged", "--database-url", "sqlite:new.db"], 3);
        assert!(String::from_utf8_lossy(&code.stderr).contains("damaged"), "{what}");
        assert!(!files.path().join("new.db").exists(), "{what}: a database was made");
        dovetail(files.path(), &["verify", "damaged"], 1);
        dovetail(
            files.path(),
            &["import", "--from", "damaged", "--database-url", "sqlite:other.db"],
            if bytes.is_empty() { 2 } else { 3 },
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_in_a_database_is_found() {
    for place in harness::places().await {
        let files = folder(&[]);
        let place = place.open().await;
        let url = place.options.url.as_str();
        let source = Server::on(url);
        corpus::seed(&Client::of(&source)).await;
        source.kill();
        dovetail(files.path(), &["verify", "--database-url", url], 0);
        for (change, back, expected) in [
            // One bit: `y` and `x`.
            (
                "UPDATE contents SET text = replace(text, '\"type\"', '\"typd\"') WHERE format = 'JSON'",
                "UPDATE contents SET text = replace(text, '\"typd\"', '\"type\"') WHERE format = 'JSON'",
                "of `part` version 1 was changed",
            ),
            (
                "UPDATE contents SET metadata = replace(metadata, 'shop', 'shoq')",
                "UPDATE contents SET metadata = replace(metadata, 'shoq', 'shop')",
                "of `order` version 1 was changed",
            ),
            (
                "UPDATE contents SET rule_set = replace(rule_set, '{', '[')",
                "UPDATE contents SET rule_set = replace(rule_set, '[\"domain', '{\"domain')",
                "the rule set cannot be read",
            ),
            (
                "UPDATE content_references SET version = 3 WHERE name = 'Item'",
                "UPDATE content_references SET version = 1 WHERE name = 'Item'",
                "it refers to `item` version 3, which is not there",
            ),
            (
                "UPDATE contexts SET last_id = 2 WHERE name = '.quirk'",
                "UPDATE contexts SET last_id = 14 WHERE name = '.quirk'",
                "the context `.quirk` would give out ids again",
            ),
            (
                "UPDATE modes SET mode = 'READONLX' WHERE subject = 'part'",
                "UPDATE modes SET mode = 'READONLY' WHERE subject = 'part'",
                "mode is `READONLX`",
            ),
            (
                "UPDATE registry SET last_change = 3",
                "UPDATE registry SET last_change = (SELECT max(seq) FROM changes)",
                "the last change is 3",
            ),
        ] {
            alter(&place.options.url, place.store.kind(), change).await;
            let found = dovetail(files.path(), &["verify", "--database-url", url], 1);
            let told = String::from_utf8(found.stdout).expect("UTF-8");
            assert!(told.contains(expected), "{} {change}: {told}", place.name);
            if back.contains("rule_set") {
                break;
            }
            alter(&place.options.url, place.store.kind(), back).await;
        }
    }
}

/// Change rows behind the program's back.
async fn alter(url: &str, kind: StoreKind, sql: &'static str) {
    match kind {
        StoreKind::Sqlite => {
            let mut connection = sqlx::SqliteConnection::connect(url).await.expect("a connection");
            sqlx::query(sql).execute(&mut connection).await.expect("a statement");
            connection.close().await.expect("a connection");
        }
        StoreKind::Postgres => {
            let mut connection = sqlx::PgConnection::connect(url).await.expect("a connection");
            sqlx::query(sql).execute(&mut connection).await.expect("a statement");
            connection.close().await.expect("a connection");
        }
    }
}

#[test]
fn what_cannot_be_read_is_said_plainly() {
    let files = folder(&[("text", "nothing of the kind\n"), ("empty", "")]);
    let mut told = String::new();
    for arguments in [
        &["restore", "missing"][..],
        &["restore", "text"],
        &["verify", "text"],
        &["backup", "b", "--database-url", "sqlite:none.db"],
        &["backup", "no/such/folder/b"],
        &["verify", "--database-url", "sqlite:none.db"],
        &["import", "--from", "ftp://x", "--database-url", "sqlite:a.db"],
        &["import", "--from", "http://127.0.0.1:1", "--dry-run", "--database-url", "sqlite:none.db"],
        &["import", "--from", "missing", "--database-url", "sqlite:a.db"],
        &["import", "--from", "text", "--database-url", "sqlite:a.db"],
        &["import", "--from", "empty", "--database-url", "sqlite:a.db"],
    ] {
        told.push_str(&format!("$ dovetail {}\n{}\n", arguments.join(" "), run(files.path(), arguments)));
    }
    assert_snapshot!(told, @r"");
}

#[test]
fn help_says_what_is_kept_and_how() {
    let files = folder(&[]);
    let mut told = String::new();
    for verb in ["import", "export", "backup", "restore", "verify"] {
        told.push_str(&run(files.path(), &[verb, "--help"]));
    }
    assert_snapshot!(told, @r"");
}
