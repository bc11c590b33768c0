//! `dovetail dump`, `prune`, `lock`, `pull` and `bundle`, by running the real binary against a real server.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::Server;
use crate::terminal::{folder, register, run, send, write};

const MONEY: &str = "syntax = \"proto3\";\npackage shop;\n\nmessage Money {\n  int64 cents = 1;\n}\n";
const CART: &str = "syntax = \"proto3\";\npackage shop;\n\nimport \"shop/money.proto\";\n\nmessage Cart {\n  Money sum = 1;\n}\n";

fn told(folder: &Path, server: &Server, arguments: &[&str]) -> String {
    run(folder, arguments).replace(&server.url, "[URL]")
}

#[track_caller]
fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let shown = run(folder, arguments);
    assert!(shown.starts_with("exit 0\n"), "{arguments:?}: {shown}");
    shown
}

fn get(url: &str) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let text = runtime.block_on(async { reqwest::get(url).await.expect("an answer").text().await });
    serde_json::from_str(&text.expect("a body")).expect("JSON")
}

/// A registry with all three formats, references, metadata, levels, several versions and a name with a
/// slash, in a context.
fn seed(server: &Server, prefix: &str) {
    let subject = |name: &str| format!("{prefix}{name}").replace('/', "%2F");
    let level = |name: &str, level: &str| {
        let path = format!("/config/{}", subject(name));
        send(server, Method::PUT, &path, json!({ "compatibility": level }));
    };
    register(server, &subject("money"), json!({ "schemaType": "PROTOBUF", "schema": MONEY }));
    let reference = json!([{ "name": "shop/money.proto", "subject": "money", "version": 1 }]);
    let cart = json!({ "schemaType": "PROTOBUF", "schema": CART, "references": reference });
    register(server, &subject("shop/cart.proto"), cart);
    let further = MONEY.replace("cents = 1;", "cents = 1;\n  string currency = 2;");
    register(server, &subject("money"), json!({ "schemaType": "PROTOBUF", "schema": further }));
    let metadata = json!({ "properties": { "owner": "team \"pay\": #1" } });
    let order =
        r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"}]}"#;
    register(server, &subject("orders-value"), json!({ "schema": order, "metadata": metadata }));
    let line =
        r#"{"type":"record","name":"Line","namespace":"shop","fields":[{"name":"order","type":"Order"}]}"#;
    let reference = json!([{ "name": "shop.Order", "subject": "orders-value", "version": 1 }]);
    register(server, &subject("lines-value"), json!({ "schema": line, "references": reference }));
    let document =
        r#"{"type":"object","properties":{"größe":{"type":"number"}},"additionalProperties":false}"#;
    register(server, &subject("sizes"), json!({ "schemaType": "JSON", "schema": document }));
    level("orders-value", "FULL_TRANSITIVE");
    level("sizes", "NONE");
}

#[test]
fn for_what_was_dumped_there_is_nothing_to_do() {
    let server = Server::start();
    for (prefix, flags) in [("", vec![]), (":.staging:", vec!["--context", ".staging"])] {
        seed(&server, prefix);
        let folder = tempfile::tempdir().expect("a folder");
        let mut arguments = vec!["dump", "--registry-url", &server.url, "--out", "schemas"];
        arguments.extend(flags);
        if prefix.is_empty() {
            assert_snapshot!(told(folder.path(), &server, &arguments), @r"
            exit 0
            --- stdout
            Wrote 5 subjects and schemas.yaml into schemas.
            --- stderr
            ");
            let manifest =
                fs::read_to_string(folder.path().join("schemas/schemas.yaml")).expect("a manifest");
            assert_snapshot!(manifest.replace(&server.url, "[URL]"), @r#"
            version: 1
            registry: {"url":"[URL]"}
            subjects:
              - file: "lines-value.avsc"
                subject: "lines-value"
                references: [{"name":"shop.Order","subject":"orders-value"}]
              - file: "shop/money.proto"
                subject: "money"
              - file: "orders-value.avsc"
                subject: "orders-value"
                level: "FULL_TRANSITIVE"
                metadata: {"properties":{"owner":"team \"pay\": #1"}}
              - file: "shop/cart.proto"
                subject: "shop/cart.proto"
                references: [{"name":"shop/money.proto","subject":"money","version":1}]
              - file: "sizes.schema.json"
                subject: "sizes"
                level: "NONE"
            "#);
        } else {
            succeeds(folder.path(), &arguments);
        }
        let before = get(&format!("{}/v1/state", server.url));
        let plan = succeeds(&folder.path().join("schemas"), &["plan", "--fail-on", "drift"]);
        assert!(
            plan.contains("Plan: 0 to register, 0 level changes, 0 deletes, 0 drift, 5 unchanged."),
            "{plan}"
        );
        succeeds(&folder.path().join("schemas"), &["apply"]);
        assert_eq!(get(&format!("{}/v1/state", server.url)), before, "nothing was written");
        // What is declared is a registry: into an empty one it makes the same subjects.
        let other = Server::start();
        succeeds(&folder.path().join("schemas"), &["apply", "--registry-url", &other.url]);
        let names = |server: &Server| get(&format!("{}/subjects?subjectPrefix={prefix}", server.url));
        assert_eq!(names(&other), names(&server));
    }
}

#[test]
fn prune_deletes_what_nobody_declares_protects_or_needs() {
    let server = Server::start();
    seed(&server, "");
    let manifest = format!(
        "version: 1\nregistry: {{ url: \"{}\" }}\nsubjects: [{{ file: line.avsc, subject: lines-value, \
         references: [{{ name: shop.Order, subject: orders-value, version: 1 }}] }}]\nprotect: [\"siz*\"]\n",
        server.url
    );
    let line =
        r#"{"type":"record","name":"Line","namespace":"shop","fields":[{"name":"order","type":"Order"}]}"#;
    let folder = folder(&[("schemas.yaml", &manifest), ("line.avsc", line)]);
    assert_snapshot!(told(folder.path(), &server, &["prune"]), @r"
    exit 0
    --- stdout
    - shop/cart.proto  1 version
    - money  2 versions
    ! sizes  is protected: left alone
    2 not declared, 1 of others left alone.
    --- stderr
    note  nothing was deleted; --yes deletes them softly
    ");
    let before = get(&format!("{}/subjects", server.url));
    assert_eq!(before.as_array().expect("a list").len(), 5, "nothing was deleted");
    assert_snapshot!(told(folder.path(), &server, &["prune", "--yes"]), @r"
    exit 0
    --- stdout
    done  shop/cart.proto  deleted softly, 1 version
    done  money  deleted softly, 2 versions
    Applied 2 of 2.  Registry state 12.
    --- stderr
    ");
    assert_snapshot!(told(folder.path(), &server, &["prune", "--yes"]), @r"
    exit 0
    --- stdout
    Nothing to do.  Registry state 12.
    --- stderr
    ");
    let left = get(&format!("{}/subjects", server.url));
    assert_eq!(left, json!(["lines-value", "orders-value", "sizes"]));
    let deleted = get(&format!("{}/subjects?deletedOnly=true", server.url));
    assert_eq!(deleted, json!(["money", "shop/cart.proto"]), "softly");
}

#[test]
fn a_lock_holds_builds_to_the_versions_that_were_meant() {
    let server = Server::start();
    seed(&server, "");
    let dumped = tempfile::tempdir().expect("a folder");
    let home = dumped.path().join("schemas");
    succeeds(dumped.path(), &["dump", "--registry-url", &server.url]);
    assert_snapshot!(told(&home, &server, &["lock"]), @r"
    exit 0
    --- stdout
    Locked 6 schemas in schemas.lock.
    --- stderr
    ");
    assert_snapshot!(told(&home, &server, &["lock", "--check"]), @r"
    exit 0
    --- stdout
    schemas.lock is up to date: 6 schemas.
    --- stderr
    ");
    let lock = fs::read_to_string(home.join("schemas.lock")).expect("a lock");
    let lock: Value = serde_json::from_str(&lock).expect("JSON");
    let money: Vec<&Value> =
        lock["schemas"].as_array().expect("a list").iter().filter(|one| one["subject"] == "money").collect();
    assert_eq!(
        money.iter().map(|one| &one["version"]).collect::<Vec<_>>(),
        [1, 2],
        "what is referred to, too"
    );
    assert!(money[0].get("path").is_none() && money[1].get("path").is_some(), "{money:?}");

    // A consumer has the lock and no schemas.
    let consumer = folder(&[("schemas.lock", &lock.to_string())]);
    let further = r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"},{"name":"n","type":"int","default":1}]}"#;
    register(&server, "orders-value", json!({ "schema": further }));
    assert_snapshot!(told(consumer.path(), &server, &["pull", "orders-value", "lines-value", "--out", "built"]), @r"
    exit 0
    --- stdout
    Pulled 2 into built: 2 written, 0 as they were.
    --- stderr
    wrote  built/lines-value.avsc  lines-value version 1
    wrote  built/orders-value.avsc  orders-value version 1
    ");
    assert_snapshot!(told(consumer.path(), &server, &["pull", "orders-value", "lines-value", "--out", "built"]), @r"
    exit 0
    --- stdout
    Pulled 2 into built: 0 written, 2 as they were.
    --- stderr
    ");
    let order = fs::read_to_string(consumer.path().join("built/orders-value.avsc")).expect("a schema");
    assert!(!order.contains("\"n\""), "the version in the lock, not the latest: {order}");
    succeeds(consumer.path(), &["pull", "shop/cart.proto", "--out", "imports"]);
    assert_eq!(fs::read_to_string(consumer.path().join("imports/shop/cart.proto")).expect("a schema"), CART);
    let money = fs::read_to_string(consumer.path().join("imports/shop/money.proto")).expect("a schema");
    assert_eq!(money, MONEY, "where the import looks for it, in the version that is referred to");

    assert_snapshot!(told(&home, &server, &["lock", "--check"]), @r"
    exit 0
    --- stdout
    schemas.lock is up to date: 6 schemas.
    --- stderr
    ");
    let other = lock.to_string().replace(lock["schemas"][1]["sha256"].as_str().expect("a hash"), "0000");
    let wrong = folder(&[("schemas.lock", &other)]);
    let all = told(wrong.path(), &server, &["pull"]);
    assert!(all.starts_with("exit 1\n") && all.contains("has another text than the lock says"), "{all}");
    assert!(!wrong.path().join("schemas").exists(), "nothing was written");
}

/// Serves files, and knows nothing of schemas: a path leads to a file, a folder to its `index.html` by a
/// redirect, anything else is a page that says 404.
fn serve_files(root: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut lines = BufReader::new(client.try_clone().expect("a socket")).lines();
            let asked = lines.next().and_then(Result::ok).unwrap_or_default();
            while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
            let target = asked.split(' ').nth(1).unwrap_or_default();
            let path = target.split('?').next().unwrap_or_default();
            let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
            let file = root.join(decoded.trim_start_matches('/'));
            let (status, kind, body) = if !asked.starts_with("GET ") {
                ("501 Unsupported method", "text/html", b"<p>501</p>".to_vec())
            } else if file.is_dir() && !path.ends_with('/') {
                (
                    "301 Moved Permanently\r\nlocation: ",
                    "text/html",
                    path.as_bytes().iter().copied().chain(*b"/").collect(),
                )
            } else {
                let file = if file.is_dir() { file.join("index.html") } else { file };
                match fs::read(file) {
                    Ok(body) => ("200 OK", "application/octet-stream", body),
                    Err(_) => ("404 File not found", "text/html", b"<p>404</p>".to_vec()),
                }
            };
            let head = match status.strip_suffix("location: ") {
                Some(_) => format!("{status}{}", String::from_utf8_lossy(&body)),
                None => status.to_owned(),
            };
            let head = format!("HTTP/1.1 {head}\r\ncontent-type: {kind}\r\nconnection: close");
            // A client that went away needs no answer.
            let _ = write!(client, "{head}\r\ncontent-length: {}\r\n\r\n", body.len())
                .and_then(|()| client.write_all(&body));
        }
    });
    url
}

#[test]
fn a_bundle_answers_readers_as_the_registry_did() {
    let server = Server::start();
    seed(&server, "");
    let folder = tempfile::tempdir().expect("a folder");
    assert_snapshot!(told(folder.path(), &server, &["bundle", "--registry-url", &server.url]), @r"
    exit 0
    --- stdout
    Bundled 6 versions as 38 files in bundle.
    --- stderr
    ");
    let files = serve_files(folder.path().join("bundle"));
    let mut addresses: Vec<String> = [
        "/subjects",
        "/contexts",
        "/config",
        "/config/orders-value",
        "/subjects/orders-value/versions",
        "/subjects/orders-value/versions/latest",
        "/subjects/shop%2Fcart.proto/versions/1",
        "/subjects/money/versions",
        "/subjects/money/versions/1?deleted=true",
        "/subjects/money/versions/latest",
        "/subjects/sizes/versions/latest?normalize=false",
    ]
    .map(str::to_owned)
    .into();
    let schemas = get(&format!("{}/schemas", server.url));
    for schema in schemas.as_array().expect("a list") {
        let guid = schema["guid"].as_str().expect("a guid");
        addresses.push(format!("/schemas/ids/{}?subject=x&fetchMaxId=false", schema["id"]));
        addresses.push(format!("/schemas/guids/{guid}"));
    }
    for address in addresses {
        let told = |url: &str| {
            let mut body = get(&format!("{url}{address}"));
            if let Some(body) = body.as_object_mut() {
                // What a reader has no use for: when it was registered, and whether it is deleted.
                for member in ["ts", "deleted", "subject", "version", "guid", "schemaType", "id", "maxId"] {
                    let is_of_content = address.starts_with("/schemas") && member != "schemaType";
                    if is_of_content || matches!(member, "ts" | "deleted") {
                        body.remove(member);
                    }
                }
                if body.get("schemaType") == Some(&json!("AVRO")) {
                    body.remove("schemaType");
                }
            }
            body
        };
        assert_eq!(told(&files), told(&server.url), "{address}");
    }
    server.kill();
    // Without the registry: a consumer reads a schema and what it refers to, and a check has its base.
    let pulled = tempfile::tempdir().expect("a folder");
    succeeds(pulled.path(), &["pull", "shop/cart.proto@1", "--registry-url", &files, "--out", "."]);
    assert_eq!(fs::read_to_string(pulled.path().join("shop/cart.proto")).expect("a schema"), CART);
    assert_eq!(fs::read_to_string(pulled.path().join("shop/money.proto")).expect("a schema"), MONEY);
}

#[test]
fn a_bundle_is_replaced_as_a_whole_and_its_texts_are_held_against_their_checksums() {
    let server = Server::start();
    register(&server, "a", json!({ "schema": "\"int\"" }));
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["bundle", "--registry-url", &server.url, "--out", "b"];
    succeeds(folder.path(), &arguments);
    send(&server, Method::DELETE, "/subjects/a", json!({}));
    register(&server, "b", json!({ "schema": "\"long\"" }));
    succeeds(folder.path(), &arguments);
    assert!(!folder.path().join("b/subjects/a").exists());
    let bundle = dovetail::gate::bundle::read(&folder.path().join("b")).expect("a bundle");
    assert_eq!(bundle.schemas.iter().map(|one| one.subject.as_str()).collect::<Vec<_>>(), ["b"]);
    for (path, sum) in &bundle.files {
        let bytes = fs::read(folder.path().join("b").join(path)).expect(path);
        assert_eq!(hash(&bytes), *sum, "{path}");
    }
    let text = fs::read_to_string(folder.path().join("b/bundle.json")).expect("a file");
    for (broken, expected) in [
        (text.replace("\\\"long\\\"", "\\\"int\\\""), "does not have its checksum"),
        (text.replace("\"format_version\": 1", "\"format_version\": 9"), "its form is 9"),
        ("{".to_owned(), "is no bundle"),
    ] {
        write(folder.path(), &[("broken.json", &broken)]);
        let failure = dovetail::gate::bundle::read(&folder.path().join("broken.json")).expect_err("broken");
        assert!(failure.error.to_string().contains(expected), "{}", failure.error);
    }
}

fn hash(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_help_of_each_command_teaches() {
    let folder: TempDir = tempfile::tempdir().expect("a folder");
    assert_snapshot!(run(folder.path(), &["plan", "--help"]), @r"
    exit 0
    --- stdout
    Say what would have to be done so that a registry holds what is declared

    Usage: dovetail plan [OPTIONS] [PATH]...

    Arguments:
      [PATH]...
              Declared files, or folders of them; the whole manifest unless said otherwise

    Options:
          --manifest <FILE>
              The manifest, instead of the nearest schemas.yaml in this folder or above it
              
              [env: DOVETAIL_MANIFEST=]

          --registry-url <URL>
              The registry, instead of the manifest's; may hold credentials, http://USER:PASSWORD@HOST
              
              [env: DOVETAIL_REGISTRY_URL]

          --context <CONTEXT>
              The context, instead of the manifest's or the default one
              
              [env: DOVETAIL_CONTEXT=]

          --out <FILE>
              Save the plan, for `dovetail apply --plan`
              
              [env: DOVETAIL_PLAN_OUT=]

          --delete
              Delete, softly, what is not declared

          --fail-on <WHAT>
              Also fail on this

              Possible values:
              - drift: What is in the registry and not declared, or otherwise than declared
              
              [env: DOVETAIL_PLAN_FAIL_ON=]

          --format <FORMAT>
              How the plan is printed
              
              [env: DOVETAIL_PLAN_FORMAT=]
              [default: text]
              [possible values: text, json]

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

    What is compared
      Each subject of schemas.yaml with what the registry holds under it: the schema with all that it refers to,
      the level, the policy, the metadata. References are found in the texts and registered first. A schema that
      has to be registered is judged under the level that is to hold.

    What is planned
      +  a first version               ~  a further version, a level, a policy
      -  a deletion (--delete only; never what `protect` names or somebody refers to)
      !  drift: what differs and is left alone
      A level that asks for less is changed before the registration, one that asks for more after it. A break
      that a waiver accepts is registered under NONE, and the declared level is back in the next step.

    The saved plan
      --out writes a file that holds everything, texts included, and the number of the registry's newest change.
      `dovetail apply --plan FILE` does that and nothing else, and refuses if the registry has moved. A registry
      that does not count its changes is held against what the plan saw of each subject.

    Exit codes
      0  planned    1  something may not be registered, or there is drift and --fail-on drift
      2  the manifest or a schema cannot be understood    3  the registry cannot be read

    Examples
      dovetail plan
      dovetail plan --out plan.json && dovetail apply --plan plan.json
      dovetail plan --fail-on drift --quiet
    --- stderr
    ");
    assert_snapshot!(run(folder.path(), &["apply", "--help"]), @r"
    exit 0
    --- stdout
    Do it: register, set levels, in the right order, and only if nobody else is at it

    Usage: dovetail apply [OPTIONS] [PATH]...

    Arguments:
      [PATH]...
              Declared files, or folders of them; the whole manifest unless said otherwise

    Options:
          --manifest <FILE>
              The manifest, instead of the nearest schemas.yaml in this folder or above it
              
              [env: DOVETAIL_MANIFEST=]

          --registry-url <URL>
              The registry, instead of the manifest's; may hold credentials, http://USER:PASSWORD@HOST
              
              [env: DOVETAIL_REGISTRY_URL]

          --context <CONTEXT>
              The context, instead of the manifest's or the default one
              
              [env: DOVETAIL_CONTEXT=]

          --plan <FILE>
              The plan to do, as `dovetail plan --out` wrote it

          --ignore-unrelated
              Do the saved plan even if others changed what it has nothing to do with

          --delete
              Delete, softly, what is not declared

          --format <FORMAT>
              How it is printed what was done
              
              [env: DOVETAIL_PLAN_FORMAT=]
              [default: text]
              [possible values: text, json]

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

    With --plan FILE
      Does exactly what `dovetail plan --out FILE` wrote down. If the registry has moved since, nothing is done:
      somebody looked at that plan, and it is another one now. Changes of subjects that the plan has nothing to
      do with are no reason to stop with --ignore-unrelated.

    Without
      Plans and does it at once. Changes of others stop it only where they concern the plan.

    Safety
      Each write is made at the very state that the step before left behind, or not at all: of two that apply at
      the same time, one goes on and the other stops. A run that was interrupted is simply run again, with or
      without the plan; what was done is recognised and not done twice. (A registry that does not count its
      changes, such as Confluent's, is looked at before and after each step instead.)
      For a break that was accepted the level is NONE for the moment of its registration. A run that fails in
      between puts it back (plan again then), or prints the command that does. A later run closes a gate that it
      finds open.

    Exit codes
      0  the registry is as declared
      1  something may not be registered; nothing was done, but that levels are as declared that were left at NONE
      2  the plan or the manifest cannot be understood    3  the registry cannot be reached; nothing was done
      4  stopped half-way, or others were faster; what was done is listed

    Examples
      dovetail apply
      dovetail apply schemas/orders
      dovetail plan --out plan.json && dovetail apply --plan plan.json
    --- stderr
    ");
    assert_snapshot!(run(folder.path(), &["dump", "--help"]), @r"
    exit 0
    --- stdout
    Write down what a registry holds, as files and a manifest

    Usage: dovetail dump [OPTIONS]

    Options:
          --out <FOLDER>
              The folder to write into
              
              [env: DOVETAIL_DUMP_OUT=]
              [default: schemas]

          --force
              Write over files that are there

          --registry-url <URL>
              The registry, instead of the manifest's; may hold credentials, http://USER:PASSWORD@HOST
              
              [env: DOVETAIL_REGISTRY_URL]

          --context <CONTEXT>
              The context, instead of the manifest's or the default one
              
              [env: DOVETAIL_CONTEXT=]

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

    Writes the latest version of each subject into a file and a schemas.yaml that declares them, with levels,
    policies, metadata and references: `dovetail plan` then finds nothing to do. From there on the files are what
    counts. What a manifest cannot hold (rules, aliases, subjects with an empty name or a brace) is told and left
    to the registry.

    Earlier versions stay in the registry; `dovetail bundle` and `dovetail backup` take them along.

    Exit codes
      0  written    2  the folder holds a manifest already, or files that would be written over
      3  the registry cannot be read

    Examples
      dovetail dump --registry-url http://127.0.0.1:8081 --out schemas
      dovetail dump --registry-url http://127.0.0.1:8081 --context .staging --out staging
    --- stderr
    ");
    assert_snapshot!(run(folder.path(), &["prune", "--help"]), @r"
    exit 0
    --- stdout
    List, or delete softly, what a registry holds and nobody declares

    Usage: dovetail prune [OPTIONS] [PATH]...

    Arguments:
      [PATH]...
              Declared files, or folders of them; the whole manifest unless said otherwise

    Options:
          --manifest <FILE>
              The manifest, instead of the nearest schemas.yaml in this folder or above it
              
              [env: DOVETAIL_MANIFEST=]

          --registry-url <URL>
              The registry, instead of the manifest's; may hold credentials, http://USER:PASSWORD@HOST
              
              [env: DOVETAIL_REGISTRY_URL]

          --context <CONTEXT>
              The context, instead of the manifest's or the default one
              
              [env: DOVETAIL_CONTEXT=]

          --yes
              Delete them, softly

          --format <FORMAT>
              How it is printed
              
              [env: DOVETAIL_PLAN_FORMAT=]
              [default: text]
              [possible values: text, json]

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

    Lists the subjects of the registry that the manifest does not declare. With --yes they are deleted softly:
    their versions can be brought back, and what carries their ids can still be read.

    Never deleted is what `protect` of the manifest names, what other manifests of the repository declare, an
    alias, and what a schema that stays refers to, in whatever context. Of several that refer to each other, the
    referring ones go first. It stops when others change one of them meanwhile.

    Where several repositories share a registry, each declares a part: use contexts, or `protect` what belongs to
    the others.

    Exit codes
      0  done    2  the manifest cannot be understood    3  the registry cannot be read
      4  stopped half-way, or others were faster

    Examples
      dovetail prune
      dovetail prune --yes
    --- stderr
    ");
    assert_snapshot!(run(folder.path(), &["lock", "--help"]), @r"
    exit 0
    --- stdout
    Note down which registered versions the declared schemas are

    Usage: dovetail lock [OPTIONS] [PATH]...

    Arguments:
      [PATH]...
              Declared files, or folders of them; the whole manifest unless said otherwise

    Options:
          --manifest <FILE>
              The manifest, instead of the nearest schemas.yaml in this folder or above it
              
              [env: DOVETAIL_MANIFEST=]

          --registry-url <URL>
              The registry, instead of the manifest's; may hold credentials, http://USER:PASSWORD@HOST
              
              [env: DOVETAIL_REGISTRY_URL]

          --context <CONTEXT>
              The context, instead of the manifest's or the default one
              
              [env: DOVETAIL_CONTEXT=]

          --lock <FILE>
              Where to write it
              
              [env: DOVETAIL_LOCK=]
              [default: schemas.lock]

          --check
              Write nothing, but fail if it would be another one

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

    Writes schemas.lock: for each declared subject, and for what it refers to, the version, the id, the guid and
    the SHA-256 of the text as the registry serves it. Commit it: `dovetail pull` then fetches these versions and
    refuses any other text, and a change of a version is seen in a review.

    Exit codes
      0  written, or as it was    1  a declared schema is not registered, or --check and the lock is out of date
      2  the manifest cannot be understood    3  the registry cannot be read

    Examples
      dovetail lock
      dovetail lock --check
    --- stderr
    ");
    assert_snapshot!(run(folder.path(), &["pull", "--help"]), @r"
    exit 0
    --- stdout
    Fetch registered schemas for the build of a consumer

    Usage: dovetail pull [OPTIONS] [SUBJECT[@VERSION]]...

    Arguments:
      [SUBJECT[@VERSION]]...
              Subjects, each with a version or not

    Options:
          --out <FOLDER>
              The folder to write into
              
              [env: DOVETAIL_PULL_OUT=]
              [default: schemas]

          --force
              Write over files that hold something else

          --lock <FILE>
              The lock to hold them against
              
              [env: DOVETAIL_LOCK=]
              [default: schemas.lock]

          --manifest <FILE>
              The manifest, where there is no lock
              
              [env: DOVETAIL_MANIFEST=]

          --registry-url <URL>
              The registry, instead of the manifest's; may hold credentials, http://USER:PASSWORD@HOST
              
              [env: DOVETAIL_REGISTRY_URL]

          --context <CONTEXT>
              The context, instead of the manifest's or the default one
              
              [env: DOVETAIL_CONTEXT=]

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

    Fetches schemas and everything that they refer to. A file that others import lies where the import looks for
    it; any other is called after its subject. Files that hold the same already are not touched;
    those that hold something else stop it, unless --force is given.

    Which
      SUBJECT[@VERSION]…, else what schemas.lock holds, else what the manifest declares. Without @VERSION it is
      the
      version in the lock, or the latest.

    The lock
      Where schemas.lock holds a version that is fetched, text and id must be the ones that it says.

    Exit codes
      0  fetched    1  a schema is not what the lock says; nothing was written
      2  the request cannot be understood, or files would be written over    3  the registry cannot be read

    Examples
      dovetail pull --out target/schemas
      dovetail pull orders-value@3 --registry-url http://127.0.0.1:8081
    --- stderr
    ");
    assert_snapshot!(run(folder.path(), &["bundle", "--help"]), @r"
    exit 0
    --- stdout
    Write a registry as files that any file server can serve to clients

    Usage: dovetail bundle [OPTIONS]

    Options:
          --out <FOLDER>
              The folder to write into
              
              [env: DOVETAIL_BUNDLE_OUT=]
              [default: bundle]

          --lock <FILE>
              Take declared files and this lock, and ask no registry

          --manifest <FILE>
              The manifest, instead of the nearest schemas.yaml in this folder or above it
              
              [env: DOVETAIL_MANIFEST=]

          --registry-url <URL>
              The registry, instead of the manifest's; may hold credentials, http://USER:PASSWORD@HOST
              
              [env: DOVETAIL_REGISTRY_URL]

          --context <CONTEXT>
              The context, instead of the manifest's or the default one
              
              [env: DOVETAIL_CONTEXT=]

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

    Writes a folder of files under the addresses that clients ask a registry for: schemas/ids/1,
    subjects/orders-value/versions/latest and so on. Served by any file server, as a second URL after the
    registry's, it lets consumers start while the registry cannot be reached. A README.txt in it tells how to
    serve it, and what it cannot do: it does not answer POST.

    bundle.json in it holds everything once more in one document, with checksums. It is a base:
    `dovetail check --against bundle:FOLDER` needs no network.

    With --lock FILE nobody is asked: texts come from the declared files, versions and ids from the lock, and a
    file that is not what was locked stops it.

    The folder is replaced as a whole, and only if it holds nothing but a bundle, or nothing at all.

    Exit codes
      0  written    1  a file is not what the lock says    2  the folder holds something else
      3  the registry cannot be read

    Examples
      dovetail bundle --registry-url http://127.0.0.1:8081 --out fallback
      python3 -m http.server --directory fallback 8082
      dovetail bundle --lock schemas.lock --out fallback
    --- stderr
    ");
}

#[test]
fn a_bundle_of_files_and_a_lock_is_that_of_the_registry() {
    let server = Server::start();
    seed(&server, "");
    // Nothing may refer to a version that no file holds.
    let reference = json!([{ "name": "shop/money.proto", "subject": "money", "version": 2 }]);
    let cart = CART.replace("sum = 1;", "sum = 1;\n  string note = 2;");
    let cart = json!({ "schemaType": "PROTOBUF", "schema": cart, "references": reference });
    register(&server, "shop%2Fcart.proto", cart);
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("schemas");
    succeeds(folder.path(), &["dump", "--registry-url", &server.url]);
    succeeds(&home, &["lock"]);
    succeeds(&home, &["bundle", "--registry-url", &server.url, "--out", "online"]);
    server.kill();
    succeeds(&home, &["bundle", "--lock", "schemas.lock", "--out", "offline"]);
    let compared = |bundle: &str| {
        let bundle = dovetail::gate::bundle::read(&home.join(bundle)).expect("a bundle");
        let mut latest = std::collections::BTreeMap::new();
        for schema in bundle.schemas {
            let mut schema = json!(schema);
            // The files do not say whether a level is the subject's own.
            schema.as_object_mut().expect("an object").remove("level");
            latest.insert(schema["subject"].to_string(), schema);
        }
        latest
    };
    assert_eq!(compared("offline"), compared("online"), "the latest versions");
    write(&home, &[("orders-value.avsc", r#""string""#)]);
    let shown = run(&home, &["bundle", "--lock", "schemas.lock", "--out", "offline"]);
    assert!(
        shown.starts_with("exit 1\n") && shown.contains("orders-value.avsc is not what was locked"),
        "{shown}"
    );
}

#[test]
fn a_bundle_is_a_base_without_a_network() {
    let server = Server::start();
    seed(&server, "");
    let folder = tempfile::tempdir().expect("a folder");
    succeeds(folder.path(), &["bundle", "--registry-url", &server.url]);
    succeeds(folder.path(), &["dump", "--registry-url", &server.url]);
    server.kill();
    let home = folder.path().join("schemas");
    let check = |base: &str| -> (Option<i32>, Value) {
        let mut command = crate::terminal::dovetail(&home, &["check", "--against", base, "--format", "json"]);
        let output = command.output().expect("the binary runs");
        (output.status.code(), serde_json::from_slice(&output.stdout).expect("JSON"))
    };
    let (code, report) = check("bundle:../bundle");
    assert_eq!(
        (code, &report["count"]["incompatible"], &report["count"]["new"]),
        (Some(0), &json!(0), &json!(0))
    );
    let order =
        r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"string"}]}"#;
    write(&home, &[("orders-value.avsc", order)]);
    let (code, report) = check("bundle:../bundle/bundle.json");
    assert_eq!(code, Some(1), "{report:#}");
    let broken: Vec<&Value> = report["files"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|file| file["result"] == "incompatible")
        .collect();
    assert_eq!(broken.len(), 2, "the schema, and what refers to it: {report:#}");
    assert_eq!(broken[1]["level"], "FULL_TRANSITIVE", "the level of then");
    assert_eq!(report["findings"][0]["against"]["version"], 1);
    let (code, _) = check("none");
    assert_eq!(code, Some(0));
    let missing = crate::terminal::dovetail(&home, &["check", "--against", "bundle:missing.json"]).output();
    assert_eq!(missing.expect("the binary runs").status.code(), Some(3));
}

#[test]
fn files_of_others_are_not_written_over() {
    let server = Server::start();
    register(&server, "a", json!({ "schema": "\"int\"" }));
    let url = server.url.as_str();
    for verb in ["dump", "pull"] {
        let folder = folder(&[("out/a.avsc", "mine"), ("out/other.txt", "mine too")]);
        let mut arguments = vec![verb, "--registry-url", url, "--out", "out"];
        arguments.extend((verb == "pull").then_some("a"));
        let shown = run(folder.path(), &arguments);
        assert!(shown.starts_with("exit 2\n") && shown.contains("out/a.avsc"), "{verb}: {shown}");
        let read = |path: &str| fs::read_to_string(folder.path().join(path)).expect(path);
        assert_eq!(read("out/a.avsc"), "mine", "{verb}");
        assert!(!folder.path().join("out/schemas.yaml").exists(), "{verb}: nothing was written");
        arguments.push("--force");
        succeeds(folder.path(), &arguments);
        assert_eq!(read("out/a.avsc").trim_end(), "\"int\"", "{verb}");
        assert_eq!(read("out/other.txt"), "mine too", "{verb}");
    }
}

#[test]
fn a_bundle_replaces_nothing_but_a_bundle() {
    let server = Server::start();
    register(&server, "a", json!({ "schema": "\"int\"" }));
    let folder = folder(&[("stranger/bundle.json", "{}"), ("stranger/precious.txt", "mine")]);
    let bundle = |out: &str| run(folder.path(), &["bundle", "--registry-url", &server.url, "--out", out]);
    assert!(bundle("stranger").starts_with("exit 2\n"));
    assert!(bundle("b").starts_with("exit 0\n"));
    write(folder.path(), &[("b/.git/config", "mine")]);
    let shown = bundle("b");
    assert!(shown.starts_with("exit 2\n") && shown.contains(".git/config"), "{shown}");
    for path in ["stranger/precious.txt", "b/.git/config"] {
        assert_eq!(fs::read_to_string(folder.path().join(path)).expect(path), "mine");
    }
    fs::remove_dir_all(folder.path().join("b/.git")).expect("it is there");
    assert!(bundle("b").starts_with("exit 0\n"));
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 2, "nothing lies beside: {left:?}");
}

#[test]
fn a_subject_with_an_empty_name_stops_nothing() {
    for prefix in [":.:", ":.c:"] {
        let server = Server::start();
        register(&server, prefix, json!({ "schema": "\"int\"" }));
        register(&server, &format!("{prefix}a"), json!({ "schema": "\"int\"" }));
        register(&server, &format!("{prefix}b"), json!({ "schema": "\"int\"" }));
        let context = prefix.trim_matches(':');
        let at = ["--registry-url", server.url.as_str(), "--context", context];
        let folder = folder(&[("a.avsc", "\"int\"")]);
        write(folder.path(), &[("schemas.yaml", "version: 1\nsubjects: [{ file: a.avsc }]\n")]);
        let with = |arguments: &[&str]| succeeds(folder.path(), &[arguments, &at[..]].concat());
        let shown = with(&["prune"]);
        assert!(
            shown.contains("has an empty name: left alone") && shown.contains("1 not declared"),
            "{shown}"
        );
        with(&["plan", "--delete"]);
        with(&["apply", "--delete"]);
        let shown = with(&["dump", "--out", "dumped"]);
        assert!(shown.contains("`` is left out: in a manifest each subject has a name"), "{shown}");
        let shown = with(&["bundle", "--out", "bundle"]);
        assert!(shown.contains("Bundled 2 versions"), "{shown}");
        succeeds(&folder.path().join("dumped"), &["plan"]);
    }
}

#[test]
fn of_nothing_a_manifest_is_dumped_that_can_be_read() {
    let server = Server::start();
    let manifest =
        format!("version: 1\nregistry: {{ url: \"{}\" }}\nsubjects: [{{ file: a.avsc }}]\n", server.url);
    let folder = folder(&[("schemas.yaml", &manifest), ("a.avsc", "\"int\"")]);
    succeeds(folder.path(), &["dump", "--registry-url", &server.url, "--out", "below"]);
    // It is read with the manifest above it.
    let shown = succeeds(folder.path(), &["plan"]);
    assert!(shown.contains("1 to register"), "{shown}");
}

#[test]
fn what_another_context_refers_to_is_left_and_the_others_go() {
    let server = Server::start();
    for subject in [":.p:a", ":.p:money", ":.p:z"] {
        register(&server, subject, json!({ "schema": r#"{"type":"record","name":"M","fields":[]}"# }));
    }
    let cart = r#"{"type":"record","name":"C","fields":[{"name":"m","type":"M"}]}"#;
    let references = json!([{ "name": "M", "subject": ":.p:money", "version": 1 }]);
    register(&server, "cart", json!({ "schema": cart, "references": references }));
    let manifest = format!(
        "version: 1\nregistry: {{ url: \"{}\", context: .p }}\nsubjects: [{{ file: mine.avsc }}]\n",
        server.url
    );
    let folder = folder(&[("schemas.yaml", &manifest), ("mine.avsc", "\"int\"")]);
    assert_snapshot!(told(folder.path(), &server, &["prune", "--yes"]), @r"
    exit 0
    --- stdout
    done  :.p:a  deleted softly, 1 version
    done  :.p:z  deleted softly, 1 version
    Applied 2 of 2.  Registry state 7.
    --- stderr
    ");
    let shown = succeeds(folder.path(), &["prune"]);
    assert!(shown.contains("! :.p:money  is referred to by cart: left alone"), "{shown}");
}

#[test]
fn a_check_is_about_the_context_that_a_plan_is_about() {
    let server = Server::start();
    register(&server, ":.nw:a", json!({ "schema": "\"int\"" }));
    let manifest =
        format!("version: 1\nregistry: {{ url: \"{}\" }}\nsubjects: [{{ file: a.avsc }}]\n", server.url);
    let folder = folder(&[("schemas.yaml", &manifest), ("a.avsc", "\"string\"")]);
    succeeds(folder.path(), &["bundle", "--context", ".nw", "--out", "bundle"]);
    let exits = |context: Option<&str>, arguments: &[&str]| {
        let mut command = crate::terminal::dovetail(folder.path(), arguments);
        command.envs(context.map(|context| ("DOVETAIL_CONTEXT", context)));
        command.output().expect("the binary runs").status.code()
    };
    for base in ["registry", "bundle:bundle"] {
        assert_eq!(exits(Some(".nw"), &["check", "--against", base]), Some(1), "{base}");
        assert_eq!(exits(None, &["check", "--against", base, "--context", ".nw"]), Some(1), "{base}");
    }
    assert_eq!(exits(Some(".nw"), &["plan"]), Some(1));
    assert_eq!(exits(None, &["check", "--against", "bundle:bundle"]), Some(2), "it is of another context");
    assert_eq!(exits(Some(".x"), &["check", "--against", "bundle:bundle"]), Some(2));
    // The default context by its name.
    register(&server, "a", json!({ "schema": "\"int\"" }));
    succeeds(folder.path(), &["bundle", "--out", "bundle"]);
    assert_eq!(exits(Some("."), &["check", "--against", "bundle:bundle"]), Some(1));
}
