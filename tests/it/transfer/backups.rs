//! Backups: what they bring back, and which damage is found.

use std::fs;
use std::path::Path;

use dovetail::store::StoreKind;
use dovetail::transfer::check_backup_text;
use insta::assert_snapshot;
use serde_json::json;
use sqlx::Connection as _;

use super::{Client, answers, assert_alike, corpus, dovetail, routes};
use crate::harness;
use crate::server::Server;
use crate::terminal::{self, folder, run};

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
        dovetail(files.path(), &["backup", "--force", "--database-url", url, "one"], 0);
        source.kill();
        let one = read(files.path(), "one");
        assert!(!one.contains("pass-word"), "a credential is in the backup");
        dovetail(
            files.path(),
            &["backup", "--force", "--database-url", url, "with", "--with-credentials"],
            0,
        );
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
            dovetail(files.path(), &["backup", "--force", "--database-url", to, "two"], 0);
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
    assert!(check_backup_text(&small, "it").is_ok());
    let mut damaged = small.clone();
    for bit in 0..small.len() * 8 {
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(check_backup_text(&damaged, "it").is_err(), "bit {bit} of {}", small.len() * 8);
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
        let source = Server::with(url, &["--exporter-targets", "any"]);
        corpus::seed(&Client::of(&source)).await;
        corpus::seed_the_rest(&Client::of(&source)).await;
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
                "UPDATE contents SET rule_set = replace(rule_set, '\"CEL\"', '\"CEL')",
                "UPDATE contents SET rule_set = replace(rule_set, '\"CEL', '\"CEL\"')",
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
            (
                "UPDATE versions SET version = version + 5 WHERE subject = 'part'",
                "UPDATE versions SET version = version - 5 WHERE subject = 'part'",
                "`part` version 1 is lost",
            ),
            (
                "UPDATE versions SET subject = 'parx' WHERE subject = 'part'",
                "UPDATE versions SET subject = 'part' WHERE subject = 'parx'",
                "`parx` version 1 is there, though no change on record registered it",
            ),
            (
                "UPDATE versions SET deleted = NOT deleted WHERE subject = 'part' AND version = 1",
                "UPDATE versions SET deleted = NOT deleted WHERE subject = 'part' AND version = 1",
                "`part` version 1 is softly deleted, and on record it is live",
            ),
            (
                "UPDATE versions SET written = written + 1 WHERE subject = 'part' AND version = 1",
                "UPDATE versions SET written = written - 1 WHERE subject = 'part' AND version = 1",
                "`part` version 1 says that change",
            ),
            (
                "UPDATE modes SET subject = 'parx' WHERE subject = 'part'",
                "UPDATE modes SET subject = 'part' WHERE subject = 'parx'",
                "a mode of `part` is lost",
            ),
            (
                "UPDATE tombstones SET seq = -seq",
                "UPDATE tombstones SET seq = -seq",
                "removed a version for good and left no tombstone",
            ),
            (
                "UPDATE changes SET kind = 'registex' WHERE seq = 2",
                "UPDATE changes SET kind = 'register' WHERE seq = 2",
                "kind is `registex`",
            ),
            (
                "UPDATE judge_settings SET judge = judge || 'x'",
                "UPDATE judge_settings SET judge = replace(judge, 'x', '')",
                "a row of judge_settings",
            ),
            (
                "UPDATE tombstones SET id = id + 1 WHERE subject = 'many'",
                "UPDATE tombstones SET id = id - 1 WHERE subject = 'many'",
                "says `many` version 3 with the id 9, and on record that was `many` version 3 with the id 8",
            ),
            (
                "CREATE TABLE kept AS SELECT * FROM schema_ids WHERE context = '.' AND id = 14;
                 DELETE FROM schema_ids WHERE context = '.' AND id = 14",
                "INSERT INTO schema_ids SELECT * FROM kept; DROP TABLE kept",
                "the id 14 of the context `.` is lost",
            ),
            (
                SWAP_IDS,
                SWAP_IDS_BACK,
                "of `item` version 1: the id it was stored for is lost or leads to another schema now",
            ),
            (
                "UPDATE contexts SET deleted = NOT deleted WHERE name = '.quirk'",
                "UPDATE contexts SET deleted = NOT deleted WHERE name = '.quirk'",
                "the context `.quirk` is off the list, though no change on record took it off",
            ),
            (
                "CREATE TABLE kept AS SELECT * FROM deks; CREATE TABLE kept_keks AS SELECT * FROM keks;
                 DELETE FROM deks; DELETE FROM keks",
                "INSERT INTO keks SELECT * FROM kept_keks; INSERT INTO deks SELECT * FROM kept;
                 DROP TABLE kept; DROP TABLE kept_keks",
                "the key-encryption key `k` is lost",
            ),
            (
                "UPDATE keks SET deleted = NOT deleted",
                "UPDATE keks SET deleted = NOT deleted",
                "the key-encryption key `k` is softly deleted, and on record it is live",
            ),
            (
                "CREATE TABLE kept AS SELECT * FROM deks; DELETE FROM deks",
                "INSERT INTO deks SELECT * FROM kept; DROP TABLE kept",
                "data-encryption keys of `order` are lost: 0 are there, and on record 1 or more",
            ),
            (
                "INSERT INTO deks SELECT kek, context, subject, algorithm, 2, material, deleted, written_at FROM deks",
                "DELETE FROM deks WHERE version = 2",
                "data-encryption keys of `order`: 2 are there, and on record at most 1",
            ),
            (
                "UPDATE deks SET deleted = NOT deleted",
                "UPDATE deks SET deleted = NOT deleted",
                "wrote is lost or was changed since",
            ),
            (
                "CREATE TABLE kept AS SELECT * FROM exporters; DELETE FROM exporters",
                "INSERT INTO exporters SELECT * FROM kept; DROP TABLE kept",
                "exporters are lost: 0 are there, and on record 1 or more",
            ),
            (
                "CREATE TABLE kept AS SELECT * FROM associations; DELETE FROM associations",
                "INSERT INTO associations SELECT * FROM kept; DROP TABLE kept",
                "`order` has 0 associations, and on record there are 1",
            ),
            (
                "UPDATE keks SET props = '{bad'",
                "UPDATE keks SET props = '{\"a\":\"b\"}'",
                "props cannot be read",
            ),
            (
                "UPDATE deks SET algorithm = 'FOO'",
                "UPDATE deks SET algorithm = 'AES256_GCM'",
                "algorithm is `FOO`",
            ),
            ("UPDATE exporters SET state = 'BAD'", "UPDATE exporters SET state = 'PAUSED'", "state is `BAD`"),
            (
                "UPDATE associations SET lifecycle = 'ODD'",
                "UPDATE associations SET lifecycle = 'WEAK'",
                "lifecycle is `ODD`",
            ),
        ] {
            alter(&place.options.url, place.store.kind(), change).await;
            let found = dovetail(files.path(), &["verify", "--database-url", url], 1);
            let told = String::from_utf8(found.stdout).expect("UTF-8");
            assert!(told.contains(expected), "{} {change}: {told}", place.name);
            alter(&place.options.url, place.store.kind(), back).await;
        }
        let done = dovetail(files.path(), &["verify", "--database-url", url], 0);
        assert_eq!(String::from_utf8_lossy(&done.stdout).lines().count(), 1, "all is as it was");
    }
}

/// Two ids change places: what the first denotes was stored long before the second was given out.
const SWAP_IDS: &str = "CREATE TABLE kept AS SELECT * FROM schema_ids WHERE context = '.' AND id IN (1, 10);
    UPDATE schema_ids SET guid = (SELECT kept.guid FROM kept WHERE kept.id = 11 - schema_ids.id)
     WHERE context = '.' AND id IN (1, 10)";
const SWAP_IDS_BACK: &str = "UPDATE schema_ids
       SET guid = (SELECT kept.guid FROM kept WHERE kept.id = schema_ids.id)
     WHERE context = '.' AND id IN (1, 10); DROP TABLE kept";

/// What is found on standard input is what is found in a file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backups_and_dumps_are_looked_at_wherever_they_come_from() {
    let record = |reference: &str| {
        format!(
            "{{\"keytype\":\"SCHEMA\",\"subject\":\"a\",\"version\":1}}\t{{\"id\":1,\"schema\":\"\\\"int\\\"\",\
             \"references\":[{reference}]}}\n"
        )
    };
    let dangling = record(r#"{"name":"x","subject":"x","version":3}"#);
    let files = folder(&[
        ("whole", &record("")),
        ("dangling", &dangling),
        ("broken", &format!("{}nonsense\n", record(""))),
        ("nothing", "nothing of the kind\n"),
    ]);
    small(files.path()).await;
    let url = format!("sqlite:{}", files.path().join("small.db").display());
    alter(&url, StoreKind::Sqlite, "DELETE FROM versions WHERE version = 1").await;
    dovetail(files.path(), &["backup", "--database-url", "sqlite:small.db", "less"], 0);
    for (file, code, expected) in [
        ("small", 0, "[IT] is well: 10 rows, 1 schema, 1 id, 1 version\n"),
        ("less", 1, "`a` version 1 is lost: change 2 registered it, and no change removed it\n"),
        ("whole", 0, "[IT] is well: 1 version\n"),
        ("dangling", 1, "`a` version 1: it refers to `x` version 3, which is not there\n"),
        ("broken", 1, "[IT], line 2: it is no record"),
        ("nothing", 1, "[IT] is neither a backup nor a dump of a topic, or its beginning is damaged\n"),
    ] {
        for (what, place) in [(file, file), ("-", "standard input")] {
            let mut command = terminal::dovetail(files.path(), &["verify", what]);
            let input = fs::File::open(files.path().join(file)).expect("a file");
            let output = command.stdin(input).output().expect("the binary runs");
            let told = String::from_utf8_lossy(&output.stdout).replace(place, "[IT]");
            assert_eq!(output.status.code(), Some(code), "{file} as {what}: {told}");
            assert!(told.starts_with(expected), "{file} as {what}: {told}");
        }
        // Being the same as itself does not make it well.
        dovetail(files.path(), &["verify", file, "--against", "whole"], i32::from(file != "whole"));
        if expected.contains("version") {
            dovetail(files.path(), &["verify", file, "--against", file], code);
        }
    }
}

/// Change rows behind the program's back.
async fn alter(url: &str, kind: StoreKind, sql: &'static str) {
    match kind {
        StoreKind::Sqlite => {
            let mut connection = sqlx::SqliteConnection::connect(url).await.expect("a connection");
            sqlx::raw_sql(sql).execute(&mut connection).await.expect(sql);
            connection.close().await.expect("a connection");
        }
        StoreKind::Postgres => {
            let mut connection = sqlx::PgConnection::connect(url).await.expect("a connection");
            sqlx::raw_sql(sql).execute(&mut connection).await.expect(sql);
            connection.close().await.expect("a connection");
        }
    }
}

#[test]
fn what_cannot_be_read_is_said_plainly() {
    let dump = "{\"key\":{\"keytype\":\"NOOP\",\"magic\":0},\"value\":null}\n";
    let files = folder(&[("text", "nothing of the kind\n"), ("empty", ""), ("dump", dump)]);
    let mut told = String::new();
    for arguments in [
        &["restore", "missing"][..],
        &["restore", "text"],
        &["restore", "dump"],
        &["verify", "text"],
        &["backup", "b", "--database-url", "sqlite:none.db"],
        &["backup", "no/such/folder/b"],
        &["verify", "--database-url", "sqlite:none.db"],
        &["verify", "http://ann:s3cret@h/contexts/.c"],
        &["verify", "dump", "--against", "postgres://ann:s3cret@h/registry"],
        &["import", "--from", "https://h/registry/contexts/.c/", "--database-url", "sqlite:a.db"],
        &["import", "--from", "ftp://x", "--database-url", "sqlite:a.db"],
        &["import", "--from", "http://127.0.0.1:1", "--dry-run", "--database-url", "sqlite:none.db"],
        &["import", "--from", "missing", "--database-url", "sqlite:a.db"],
        &["import", "--from", "text", "--database-url", "sqlite:a.db"],
        &["import", "--from", "empty", "--database-url", "sqlite:a.db"],
    ] {
        told.push_str(&format!("$ dovetail {}\n{}\n", arguments.join(" "), run(files.path(), arguments)));
    }
    assert_snapshot!(told, @r#"
    $ dovetail restore missing
    exit 3
    --- stdout
    --- stderr
    error: missing: No such file or directory (os error 2)

    $ dovetail restore text
    exit 3
    --- stdout
    --- stderr
    error: text is no backup, or its beginning is damaged
    hint: Take an older backup.

    $ dovetail restore dump
    exit 2
    --- stdout
    --- stderr
    error: dump is a dump of a topic, not a backup
    hint: `dovetail import --from FILE` takes over what a dump holds.

    $ dovetail verify text
    exit 1
    --- stdout
    text is neither a backup nor a dump of a topic, or its beginning is damaged
    --- stderr
    text: 1 found

    $ dovetail backup b --database-url sqlite:none.db
    exit 2
    --- stdout
    --- stderr
    error: there is no database at [DIR]/none.db: run `dovetail migrate` to create it

    $ dovetail backup no/such/folder/b
    exit 2
    --- stdout
    --- stderr
    error: there is no database at [DIR]/dovetail.db: run `dovetail migrate` to create it

    $ dovetail verify --database-url sqlite:none.db
    exit 2
    --- stdout
    --- stderr
    error: there is no database at [DIR]/none.db: run `dovetail migrate` to create it

    $ dovetail verify http://ann:s3cret@h/contexts/.c
    exit 2
    --- stdout
    --- stderr
    error: the registry's URL leads into one context of it, `.c`
    hint: Give the URL of the registry, http://h. Commands that look at one context are told its name by --context, or by `context:` in the manifest; import, export and verify take all contexts.

    $ dovetail verify dump --against postgres://ann:s3cret@h/registry
    exit 2
    --- stdout
    --- stderr
    error: a database is named by --database-url only
    hint: `dovetail backup` writes what it holds into a file, which can be read here.

    $ dovetail import --from https://h/registry/contexts/.c/ --database-url sqlite:a.db
    exit 2
    --- stdout
    --- stderr
    error: the registry's URL leads into one context of it, `.c`
    hint: Give the URL of the registry, https://h/registry. Commands that look at one context are told its name by --context, or by `context:` in the manifest; import, export and verify take all contexts.

    $ dovetail import --from ftp://x --database-url sqlite:a.db
    exit 2
    --- stdout
    --- stderr
    error: the registry's URL must start with http:// or https:// and name a host

    $ dovetail import --from http://127.0.0.1:1 --dry-run --database-url sqlite:none.db
    exit 3
    --- stdout
    --- stderr
    error: the registry http://127.0.0.1:1 cannot be reached: Connection refused (os error 111)

    $ dovetail import --from missing --database-url sqlite:a.db
    exit 3
    --- stdout
    --- stderr
    error: missing: No such file or directory (os error 2)

    $ dovetail import --from text --database-url sqlite:a.db
    exit 2
    --- stdout
    --- stderr
    error: text, line 1: it is no record: write {"key":…,"value":…}, or key and value with a tab between (expected ident at line 1 column 2)

    $ dovetail import --from empty --database-url sqlite:a.db
    exit 2
    --- stdout
    --- stderr
    error: empty holds no record
    "#);
}

#[test]
fn help_says_what_is_kept_and_how() {
    let files = folder(&[]);
    let mut told = String::new();
    for verb in ["import", "export", "backup", "restore", "verify"] {
        told.push_str(&run(files.path(), &[verb, "--help"]));
    }
    assert_snapshot!(told, @r"
    exit 0
    --- stdout
    Take over what another registry holds, ids and all

    Usage: dovetail import [OPTIONS] --from <URL|FILE>

    Options:
          --from <URL|FILE>     The registry's URL, or a file: a dump of the `_schemas` topic or a backup; `-` is
                                standard input [env: DOVETAIL_FROM]
          --database-url <URL>  The database: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE [env:
                                DOVETAIL_DATABASE_URL] [default: sqlite:dovetail.db]
          --dry-run             Only tell what would be imported and what stands in the way [env:
                                DOVETAIL_DRY_RUN=]
          --no-verify           Do not read the source once more to compare it with what arrived [env:
                                DOVETAIL_NO_VERIFY=]
          --at-once <NUMBER>    How many requests a registry is sent at once [env: DOVETAIL_AT_ONCE=] [default: 8]
      -q, --quiet               Print answers and errors only [env: DOVETAIL_QUIET=]
          --no-color            Print without colour (as NO_COLOR does) [env: DOVETAIL_NO_COLOR=]
      -h, --help                Print help
      -V, --version             Print version

    Everything is kept as it is: ids, version numbers, guids, texts byte for byte, references, metadata, rule
    sets, soft-deleted versions, configurations and modes. A schema that would be refused today is kept too.
    Nothing that is there is overwritten: what differs is told, and then nothing is written. Run again after it
    broke off, it goes on where it stopped.

    An empty database is set to be judged as Confluent Schema Registry judges, unless another judge than the
    default was recorded there; `PUT /v1/settings` changes it. Not taken along: associations, keys of encryption,
    exporters, settings of judging. Over HTTP nobody can see configurations of subjects that have no schema; a
    dump of the topic has them.

    Examples:
      dovetail import --from http://old-registry:8081 --dry-run
      dovetail import --from https://user:secret@old-registry --database-url postgres://dovetail@db/registry
      kcat -b broker -C -t _schemas -o beginning -e -J | dovetail import --from -
      dovetail import --from monday.backup

    Exit codes:
      0  done, and what arrived is the same
      1  something else is there already, or did not arrive
      2  the command or the source makes no sense
      3  the source or the database cannot be reached
      4  somebody else wrote the same meanwhile
    --- stderr
    exit 0
    --- stdout
    Write what a registry holds as the records of a `_schemas` topic

    Usage: dovetail export [OPTIONS] --to <FILE>

    Options:
          --to <FILE>
              The file to write; `-` is standard output
              
              [env: DOVETAIL_TO=]

          --from <URL|FILE>
              Read a running registry, a dump or a backup instead of a database
              
              [env: DOVETAIL_FROM]

          --force
              Replace the file that is there, if it is neither a database nor read

          --format <FORMAT>
              What to write

              Possible values:
              - topic:  The records of a `_schemas` topic
              - backup: A backup, as `dovetail backup` writes it
              
              [env: DOVETAIL_FORMAT=]
              [default: topic]

          --database-url <URL>
              The database: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE
              
              [env: DOVETAIL_DATABASE_URL]
              [default: sqlite:dovetail.db]

      -q, --quiet
              Print answers and errors only
              
              [env: DOVETAIL_QUIET=]

          --no-color
              Print without colour (as NO_COLOR does)
              
              [env: DOVETAIL_NO_COLOR=]

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    The records of a topic are JSON objects with `key` and `value`, one a line, as Confluent Schema Registry keeps
    them. Written to an empty `_schemas` topic, they make such a registry serve the same schemas under the same
    ids. What that registry does not know is left out, and told: settings of judging, associations, keys of
    encryption, exporters.

    Examples:
      dovetail export --to schemas.jsonl
      dovetail export --from http://old-registry:8081 --to schemas.jsonl
      dovetail export --from http://old-registry:8081 --format backup --to old.backup
    --- stderr
    exit 0
    --- stdout
    Write everything a database holds into a file

    Usage: dovetail backup [OPTIONS] <FILE>

    Arguments:
      <FILE>  The file to write

    Options:
          --force               Replace the file that is there, if it is no database
          --database-url <URL>  The database: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE [env:
                                DOVETAIL_DATABASE_URL] [default: sqlite:dovetail.db]
          --with-credentials    Write the credentials of exporters into the file, in the clear [env:
                                DOVETAIL_WITH_CREDENTIALS=]
      -q, --quiet               Print answers and errors only [env: DOVETAIL_QUIET=]
          --no-color            Print without colour (as NO_COLOR does) [env: DOVETAIL_NO_COLOR=]
      -h, --help                Print help
      -V, --version             Print version

    The file is text: one row of the database a line, sorted, each with a checksum, and one over all of them at
    the end. It is of one moment, and the server may go on meanwhile. Two backups of the same state are the same
    file, so they can be compared with `diff` and kept in a repository.

    It holds everything: schemas, ids, versions, deleted ones, tombstones, configurations, modes, settings of
    judging, associations, exporters, the record of changes and of refusals, and keys of encryption. Data keys are
    in it only as the key-management service has encrypted them; the keys of that service are not in it.
    Credentials of exporters are left out: after a restore give them anew with `PUT /exporters/NAME/config`. With
    --with-credentials they are in it, and the file is to be kept as passwords are.

    Examples:
      dovetail backup registry.backup
      dovetail backup --force latest.backup
      dovetail backup monday.backup --database-url postgres://dovetail@db/registry
    --- stderr
    exit 0
    --- stdout
    Make an empty database into the one that was backed up

    Usage: dovetail restore [OPTIONS] <FILE>

    Arguments:
      <FILE>  The backup

    Options:
          --database-url <URL>  The database: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE [env:
                                DOVETAIL_DATABASE_URL] [default: sqlite:dovetail.db]
      -q, --quiet               Print answers and errors only [env: DOVETAIL_QUIET=]
          --no-color            Print without colour (as NO_COLOR does) [env: DOVETAIL_NO_COLOR=]
      -h, --help                Print help
      -V, --version             Print version

    The file is read to its end first: a changed, missing, added or moved line is found before anything is
    written. Then all of it is written in one transaction. Afterwards every route answers as it did when the
    backup was made, whichever database it was made on. Exporters go on where they were then: pause those that
    another server still runs.

    Only an empty database is restored into. One that a server was started on and nothing was sent to is empty.

    Examples:
      dovetail restore registry.backup --database-url sqlite:new.db
      dovetail restore monday.backup --database-url postgres://dovetail@db/registry

    Exit codes:
      0  done
      2  the command makes no sense, or the backup is of a version that this program does not know
      3  the backup is damaged, or the database is not empty or cannot be reached
    --- stderr
    exit 0
    --- stdout
    Find out whether a backup, a database or a registry is what it should be

    Usage: dovetail verify [OPTIONS] [FILE|URL]

    Arguments:
      [FILE|URL]  A backup, a dump of a topic, or the URL of a registry; `-` is standard input. The database if it
                  is left out

    Options:
          --database-url <URL>  The database: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE [env:
                                DOVETAIL_DATABASE_URL] [default: sqlite:dovetail.db]
          --against <URL|FILE>  Compare with this registry, dump or backup [env: DOVETAIL_AGAINST]
          --at-once <NUMBER>    How many requests a registry is sent at once [env: DOVETAIL_AT_ONCE=] [default: 8]
      -q, --quiet               Print answers and errors only [env: DOVETAIL_QUIET=]
          --no-color            Print without colour (as NO_COLOR does) [env: DOVETAIL_NO_COLOR=]
      -h, --help                Print help
      -V, --version             Print version

    A backup: is every line what was written? A database, and what a backup holds: is every text the one its hash
    was made of, does every version have its schema, does every reference lead somewhere, will no id be given out
    twice, and is there what the record of changes says, no version, id, context, key, exporter or association
    lost, renumbered or come back? The record does not hold the values of settings. A registry and a dump: are
    hashes right, does every reference lead somewhere? A registry: do ids lead to the texts that versions show?

    With --against two of them are compared: contexts, subjects, versions with ids, guids, texts byte for byte,
    references, metadata, rule sets and deletions, configurations and modes. Each difference is a line.

    Examples:
      dovetail verify monday.backup
      dovetail verify --database-url postgres://dovetail@db/registry
      dovetail verify --against http://old-registry:8081
      dovetail verify http://new-registry:8081 --against http://old-registry:8081

    Exit codes:
      0  all is well
      1  something was found
      2  the command makes no sense
      3  it could not be looked at
    --- stderr
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_backup_is_written_over_what_it_reads_nor_unasked_over_anything() {
    let files =
        folder(&[("there", "mine"), ("dump", "{\"key\":{\"keytype\":\"NOOP\",\"magic\":0},\"value\":null}")]);
    let folder = files.path();
    small(folder).await;
    dovetail(folder, &["migrate", "--database-url", "sqlite:other.db"], 0);
    let database = fs::read(folder.join("small.db")).expect("a database");
    let from = ["--database-url", "sqlite:small.db"];
    for target in ["small.db", "other.db", "there"] {
        dovetail(folder, &[&["backup", target][..], &from].concat(), 2);
        dovetail(folder, &[&["export", "--to", target][..], &from].concat(), 2);
    }
    for target in ["small.db", "other.db"] {
        dovetail(folder, &[&["backup", "--force", target][..], &from].concat(), 2);
        dovetail(folder, &[&["export", "--force", "--to", target][..], &from].concat(), 2);
    }
    dovetail(folder, &["export", "--force", "--from", "dump", "--to", "dump"], 2);
    assert_eq!(read(folder, "there"), "mine");
    assert!(read(folder, "dump").contains("NOOP"));
    assert!(fs::read(folder.join("small.db")).expect("a database") == database, "it is another now");
    dovetail(folder, &[&["backup", "--force", "there"][..], &from].concat(), 0);
    #[cfg(unix)]
    {
        // A link stays one, and a device a device.
        std::os::unix::fs::symlink("there", folder.join("link")).expect("a link");
        dovetail(folder, &[&["backup", "link"][..], &from].concat(), 2);
        dovetail(folder, &[&["backup", "--force", "link"][..], &from].concat(), 0);
        let link = fs::symlink_metadata(folder.join("link")).expect("a link");
        assert!(link.is_symlink() && read(folder, "there") == read(folder, "small"));
        // What is not there cannot be lost.
        dovetail(folder, &[&["backup", "/dev/full"][..], &from].concat(), 3);
        dovetail(folder, &[&["backup", "/dev/null"][..], &from].concat(), 0);
        for device in ["/dev/full", "/dev/null"] {
            use std::os::unix::fs::FileTypeExt;
            assert!(fs::metadata(device).expect(device).file_type().is_char_device(), "{device}");
        }
    }
}
