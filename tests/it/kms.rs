//! Keys that the server makes: with a stand-in for the transit engine of Vault, and many at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dovetail::api::{self, Answers, Options};
use dovetail::kms::{Kms, LocalKeys, Vault, VaultOptions, VaultToken};
use dovetail::registry::{Caller, Defaults, Registry};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;
use zeroize::Zeroizing;

use crate::harness::{self, TestStore};

const TOKEN: &str = "hvs.topsecret";
const KEKS: &str = "/dek-registry/v1/keks";

/// A transit engine with some keys that behave badly.
struct Engine {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Engine {
    async fn start() -> Engine {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(AtomicUsize::new(0));
        let router = Router::new().route("/v1/{mount}/{verb}/{key}", post(transit)).with_state(asked.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Engine { address, asked }
    }

    fn key(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }
}

/// "Encryption" turns the text around, and numbers how often it was asked.
async fn transit(
    State(asked): State<Arc<AtomicUsize>>,
    Path((mount, verb, key)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let number = asked.fetch_add(1, Ordering::SeqCst) + 1;
    let refuse =
        |status: StatusCode, errors: Value| (status, json!({ "errors": errors }).to_string()).into_response();
    if headers.get("x-vault-token").is_none_or(|token| token != TOKEN) {
        return refuse(StatusCode::FORBIDDEN, json!(["permission denied"]));
    }
    let namespace = headers.get("x-vault-namespace").map(|name| name.to_str().expect("text"));
    match (key.as_str(), namespace) {
        ("denied", _) => {
            return refuse(StatusCode::FORBIDDEN, json!(["1 error occurred:\n\t* permission denied\n\n"]));
        }
        ("moved", _) => return Redirect::temporary("/v1/transit/encrypt/good").into_response(),
        ("sealed", _) => return refuse(StatusCode::SERVICE_UNAVAILABLE, json!(["Vault is sealed"])),
        ("silent", _) => return StatusCode::OK.into_response(),
        ("endless", _) => return "x".repeat(1 << 20).into_response(),
        ("chatty", _) => return refuse(StatusCode::BAD_REQUEST, json!([format!("{TOKEN} sent {body}")])),
        ("team", Some("a")) | ("good" | "forgetful", None) => {}
        _ => return refuse(StatusCode::BAD_REQUEST, json!([])),
    }
    let sent: Value = serde_json::from_str(&body).expect("JSON");
    let data = match (mount.as_str(), verb.as_str()) {
        ("transit", "encrypt") => {
            let plaintext = sent["plaintext"].as_str().expect("a plaintext");
            let plaintext = if key == "forgetful" { "AAAA" } else { plaintext };
            json!({ "ciphertext": format!("vault:v{number}:{}", plaintext.chars().rev().collect::<String>()) })
        }
        ("transit", "decrypt") => {
            let ciphertext = sent["ciphertext"].as_str().expect("a ciphertext");
            let Some(("vault", rest)) = ciphertext.split_once(':') else {
                return refuse(StatusCode::BAD_REQUEST, json!(["invalid ciphertext"]));
            };
            let turned = rest.split_once(':').expect("a version").1;
            json!({ "plaintext": turned.chars().rev().collect::<String>() })
        }
        _ => return refuse(StatusCode::NOT_FOUND, json!([])),
    };
    json!({ "data": data }).to_string().into_response()
}

async fn server(options: VaultOptions) -> (TestStore, Answers) {
    let place = harness::stores().await.into_iter().next().expect("a store");
    let vault = Vault::new(options).expect("a client");
    let defaults = Defaults { kms: Kms::new(None, Some(vault)), ..Defaults::default() };
    let registry = Registry::new(place.store.clone(), defaults);
    (place, api::service(registry, &Options::default()))
}

fn options(engine: &Engine) -> VaultOptions {
    VaultOptions {
        addresses: vec![Url::parse(&engine.key("")).expect("an address")],
        token: VaultToken::Given(Zeroizing::new(TOKEN.to_owned())),
        namespace: None,
    }
}

async fn answer(server: &Answers, method: &str, path: &str, body: Value) -> (u16, Value) {
    let path = format!("{KEKS}{path}");
    let body = Body::from(if body.is_null() { String::new() } else { body.to_string() });
    let request = Request::builder().method(method).uri(path).body(body).expect("a request");
    let (parts, body) = server.answer(request).await.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (parts.status.as_u16(), serde_json::from_slice(&body).expect("JSON"))
}

/// A shared key-encryption key.
fn kek(name: &str, key_id: &str) -> Value {
    json!({ "name": name, "kmsType": "hcvault", "kmsKeyId": key_id, "shared": true })
}

#[tokio::test(flavor = "multi_thread")]
async fn vault_encrypts_keys_and_decrypts_them_again() {
    let engine = Engine::start().await;
    let (_place, server) = server(options(&engine)).await;
    let created =
        answer(&server, "POST", "?testSharing=true", kek("k", &engine.key("transit/keys/good"))).await;
    assert_eq!(created.0, 200, "{}", created.1);
    assert_eq!(engine.asked.load(Ordering::SeqCst), 2, "it was tried out");

    let (status, made) = answer(&server, "POST", "/k/deks/s", json!({})).await;
    assert_eq!(status, 200, "{made}");
    let clear = STANDARD.decode(made["keyMaterial"].as_str().expect("a key")).expect("Base64");
    assert_eq!((clear.len(), clear[..2].to_vec()), (34, vec![0x1a, 32]));
    let text_of = |dek: &Value| {
        let wrapped = STANDARD.decode(dek["encryptedKeyMaterial"].as_str().expect("a text")).expect("Base64");
        String::from_utf8(wrapped).expect("the text of Vault is what clients take for the encrypted key")
    };
    assert!(text_of(&made).starts_with("vault:v3:"), "{made}");

    let asked = engine.asked.load(Ordering::SeqCst);
    let (_, mut found) = answer(&server, "GET", "/k/deks/s", Value::Null).await;
    assert_eq!(found, made);
    (_, found) = answer(&server, "GET", "/k/deks/s", Value::Null).await;
    assert_eq!(
        (found, engine.asked.load(Ordering::SeqCst)),
        (made.clone(), asked + 2),
        "asked for each read"
    );

    let (_, rewrapped) = answer(&server, "POST", "/k/deks/s?rewrap=true", json!({})).await;
    assert_eq!(rewrapped["keyMaterial"], made["keyMaterial"]);
    assert_ne!(rewrapped["encryptedKeyMaterial"], made["encryptedKeyMaterial"]);
    assert!(text_of(&rewrapped).starts_with("vault:v"), "{rewrapped}");
    let (_, found) = answer(&server, "GET", "/k/deks/s", Value::Null).await;
    assert_eq!(found["encryptedKeyMaterial"], rewrapped["encryptedKeyMaterial"]);

    for (material, sentence) in [
        (STANDARD.encode("hashicorp:v1:x"), "Vault answered 400 Bad Request: invalid ciphertext"),
        (STANDARD.encode([0xff, 0xfe]), "it was not encrypted by Vault"),
        (STANDARD.encode("vault:v1:*"), "Vault gave an answer that is not Base64"),
    ] {
        let body = json!({ "encryptedKeyMaterial": material });
        let (status, error) = answer(&server, "POST", "/k/deks/t", body).await;
        assert_eq!((status, &error["error_code"]), (500, &json!(50070)), "{error}");
        assert_eq!(error["message"], format!("Could not generate raw dek for t: {sentence}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_vault_does_not_do_is_told() {
    let engine = Engine::start().await;
    let (_place, server) = server(options(&engine)).await;
    for (key, status, code, sentence) in [
        ("denied", 403, 40370, "Vault denied access: 1 error occurred:  * permission denied"),
        ("moved", 500, 50070, "Vault answered 307 Temporary Redirect"),
        ("sealed", 500, 50070, "Vault answered 503 Service Unavailable: Vault is sealed"),
        ("silent", 500, 50070, "Vault gave an answer without `ciphertext`"),
        ("chatty", 500, 50070, "Vault answered 400 Bad Request"),
        ("endless", 500, 50070, "Vault gave an answer that is too long"),
        ("unknown", 500, 50070, "Vault answered 400 Bad Request"),
    ] {
        let created =
            answer(&server, "POST", "", kek(key, &engine.key(&format!("transit/keys/{key}")))).await;
        assert_eq!(created.0, 200, "{}", created.1);
        let asked = engine.asked.load(Ordering::SeqCst);
        let (found, error) = answer(&server, "POST", &format!("/{key}/deks/s"), json!({})).await;
        assert_eq!((found, &error["error_code"]), (status, &json!(code)), "{key}: {error}");
        assert_eq!(error["message"], format!("Could not generate encrypted dek for s: {sentence}"), "{key}");
        assert_eq!(engine.asked.load(Ordering::SeqCst), asked + 1, "{key}: nothing is followed or repeated");
        let (found, error) = answer(&server, "POST", &format!("/{key}/test"), Value::Null).await;
        assert_eq!((found, &error["error_code"]), (status, &json!(code)), "{key}: {error}");
        let (found, subjects) =
            answer(&server, "GET", &format!("/{key}/deks?deleted=true"), Value::Null).await;
        assert_eq!((found, subjects), (200, json!([])), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_cannot_send_the_server_anywhere() {
    let (engine, stranger) = (Engine::start().await, Engine::start().await);
    let (_place, server) = server(options(&engine)).await;
    for (number, key_id) in [
        stranger.key("transit/keys/good"),
        format!("http://{}@{}/transit/keys/good", engine.address, stranger.address),
        engine.key("transit/keys/good?x=y"),
        engine.key("sys/policy"),
        engine.key("kv/data/keys/good"),
        engine.key("sys/keys/good"),
    ]
    .iter()
    .enumerate()
    {
        let name = format!("k{number}");
        assert_eq!(answer(&server, "POST", "", kek(&name, key_id)).await.0, 200);
        let (status, error) = answer(&server, "POST", &format!("/{name}/deks/s"), json!({})).await;
        assert_eq!((status, &error["error_code"]), (500, &json!(50070)), "{error}");
        let message = error["message"].as_str().expect("a sentence");
        assert!(message.ends_with("below an address that this server was told of"), "{message}");
        assert!(!message.contains(TOKEN) && !message.contains(&engine.address.to_string()), "{message}");
    }
    let asked = [&engine, &stranger].map(|engine| engine.asked.load(Ordering::SeqCst));
    assert_eq!(asked, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_read_anew_and_never_told() {
    let engine = Engine::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    let (_place, server) = server(VaultOptions {
        token: VaultToken::File(file.clone()),
        namespace: Some("a".to_owned()),
        ..options(&engine)
    })
    .await;
    assert_eq!(answer(&server, "POST", "", kek("k", &engine.key("transit/keys/team"))).await.0, 200);
    for (token, status, sentence) in [
        (None, 500, "the file of Vault's token cannot be read: No such file"),
        (Some(" \n"), 500, "there is no token for Vault"),
        (Some("two\nlines"), 500, "there is no token for Vault"),
        (Some("hvs.wrong\n"), 403, "Vault denied access: permission denied"),
        (Some("hvs.topsecret\n"), 200, ""),
    ] {
        if let Some(token) = token {
            std::fs::write(&file, token).expect("a file");
        }
        let (found, body) = answer(&server, "POST", "/k/deks/s", json!({})).await;
        assert_eq!(found, status, "{body}");
        let message = body["message"].as_str().unwrap_or_default();
        assert!(message.contains(sentence) && !message.contains("hvs."), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_is_not_there_is_told() {
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let engine = Engine { address: gone.local_addr().expect("an address"), asked: Arc::default() };
    drop(gone);
    let (_place, server) = server(options(&engine)).await;
    let created =
        answer(&server, "POST", "?testSharing=true", kek("k", &engine.key("transit/keys/good"))).await;
    assert_eq!((created.0, &created.1["error_code"]), (500, &json!(50070)), "{}", created.1);
    let message = created.1["message"].as_str().expect("a sentence");
    assert!(
        message.starts_with("Could not generate encrypted dek for k: Vault cannot be reached: "),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_that_want_a_key_made_one_gets_it_and_the_others_are_told() {
    for place in harness::stores().await {
        let keys = LocalKeys::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("a key");
        let defaults = Defaults { kms: Kms::new(Some(keys), None), ..Defaults::default() };
        let server = api::service(Registry::new(place.store.clone(), defaults), &Options::default());
        let kek = json!({ "name": "k", "kmsType": "local-kms", "kmsKeyId": "i", "shared": true });
        assert_eq!(answer(&server, "POST", "", kek).await.0, 200, "{}", place.name);
        let asking: Vec<_> = (0..8)
            .map(|_| {
                let server = server.clone();
                tokio::spawn(async move { answer(&server, "POST", "/k/deks/s", json!({})).await })
            })
            .collect();
        let mut made = Vec::new();
        for asked in asking {
            match asked.await.expect("no panic") {
                (200, dek) => made.push(dek),
                (status, error) => {
                    assert_eq!(
                        (status, &error["error_code"]),
                        (409, &json!(40971)),
                        "{}: {error}",
                        place.name
                    );
                }
            }
        }
        assert_eq!(made.len(), 1, "{}", place.name);
        let (_, found) = answer(&server, "GET", "/k/deks/s", Value::Null).await;
        assert_eq!(found, made[0], "{}", place.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_as_something_else_replaces_nothing() {
    let engine = Engine::start().await;
    let (_place, server) = server(options(&engine)).await;
    assert_eq!(answer(&server, "POST", "", kek("k", &engine.key("transit/keys/forgetful"))).await.0, 200);
    let sentence = "what was encrypted came back as something else";
    let (status, error) = answer(&server, "POST", "/k/deks/new", json!({})).await;
    assert_eq!((status, &error["error_code"]), (500, &json!(50070)), "{error}");
    assert_eq!(error["message"], format!("Could not generate raw dek for new: {sentence}"));
    assert_eq!(answer(&server, "GET", "/k/deks?deleted=true", Value::Null).await.1, json!([]));

    let material = STANDARD.encode("vault:v1:==wA");
    let body = json!({ "encryptedKeyMaterial": material });
    let (status, held) = answer(&server, "POST", "/k/deks/s", body).await;
    assert_eq!((status, &held["keyMaterial"]), (200, &json!("Aw==")), "{held}");
    let (status, error) = answer(&server, "POST", "/k/deks/s?rewrap=true", json!({})).await;
    assert_eq!((status, &error["error_code"]), (500, &json!(50070)), "{error}");
    assert_eq!(answer(&server, "GET", "/k/deks/s", Value::Null).await.1, held);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_rewrapping_the_first_line_decrypts_everything() {
    const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const NEW: &str = "IAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    for place in harness::stores().await {
        let with = |lines: &str| {
            let keys = LocalKeys::parse(lines).expect("keys");
            let defaults = Defaults { kms: Kms::new(Some(keys), None), ..Defaults::default() };
            Registry::new(place.store.clone(), defaults)
        };
        let server = api::service(with(OLD), &Options::default());
        for name in ["live", "gone", "unshared"] {
            let kek = json!({ "name": name, "kmsType": "local-kms", "kmsKeyId": name, "shared": true });
            assert_eq!(answer(&server, "POST", "", kek).await.0, 200, "{}", place.name);
        }
        let mut keys = Vec::new();
        for (path, body) in [
            ("/live/deks/s", json!({})),
            ("/live/deks/s", json!({ "version": 7 })),
            ("/live/deks/s", json!({ "algorithm": "AES128_GCM" })),
            ("/live/deks/:.c:s", json!({ "algorithm": "AES256_SIV", "version": 2 })),
            ("/live/deks/deleted", json!({ "deleted": true })),
            ("/gone/deks/s", json!({ "deleted": true })),
            ("/unshared/deks/s", json!({})),
        ] {
            let (status, mut key) = answer(&server, "POST", path, body).await;
            assert_eq!(status, 200, "{}: {path} {key}", place.name);
            let members = key.as_object_mut().expect("a key");
            members.remove("ts");
            members.remove("encryptedKeyMaterial");
            keys.push((path, key));
        }
        let gone = Request::builder().method("DELETE").uri(format!("{KEKS}/gone"));
        assert_eq!(server.answer(gone.body(Body::empty()).expect("a request")).await.status(), 204);
        assert_eq!(answer(&server, "PUT", "/unshared", json!({ "shared": false })).await.0, 200);
        for (kek, kms_type, key_id) in [("clients", "local-kms", "x"), ("aws", "aws-kms", "arn:aws:kms:x")] {
            let kek_body = json!({ "name": kek, "kmsType": kms_type, "kmsKeyId": key_id });
            assert_eq!(answer(&server, "POST", "", kek_body).await.0, 200, "{}", place.name);
            let material = json!({ "encryptedKeyMaterial": "bQ==" });
            assert_eq!(answer(&server, "POST", &format!("/{kek}/deks/s"), material).await.0, 200);
        }

        let caller = Caller { actor: "t".to_owned(), request_id: "r".to_owned(), now: 1 };
        let both = with(&format!("{NEW}\n{OLD}"));
        let server = api::service(both.clone(), &Options::default());
        for (path, version, deleted) in
            [("/live/deks/s", 7, Value::Null), ("/live/deks/deleted", 1, json!(true))]
        {
            let found = format!("{path}/versions/{version}?deleted=true");
            let before = answer(&server, "GET", &found, Value::Null).await.1;
            let (status, after) =
                answer(&server, "POST", &format!("{path}?rewrap=true"), json!({ "version": version })).await;
            assert_eq!((status, &after["deleted"]), (200, &deleted), "{}: {after}", place.name);
            assert_eq!(after["keyMaterial"], before["keyMaterial"], "{}", place.name);
            assert_ne!(after["encryptedKeyMaterial"], before["encryptedKeyMaterial"], "{}", place.name);
            assert_eq!(answer(&server, "GET", &found, Value::Null).await.1, after, "{}", place.name);
        }
        let done = both.rewrap_all(&caller).await.expect("it can be done");
        assert_eq!((done.renewed, done.current), (5, 2), "{}", place.name);
        let foreign: Vec<_> =
            done.foreign.iter().map(|key| (&*key.dek.series.kek, key.is_of_clients)).collect();
        assert_eq!(foreign, [("clients", true)], "{}", place.name);
        let done = both.rewrap_all(&caller).await.expect("it can be done again");
        assert_eq!((done.renewed, done.current), (0, 7), "{}", place.name);
        let done = with(OLD).rewrap_all(&caller).await.expect("it can be told");
        assert_eq!((done.renewed, done.current, done.foreign.len()), (0, 0, 8), "{}", place.name);
        assert!(Registry::new(place.store.clone(), Defaults::default()).rewrap_all(&caller).await.is_err());

        let server = api::service(with(NEW), &Options::default());
        assert_eq!(answer(&server, "PUT", "/unshared", json!({ "shared": true })).await.0, 200);
        for (path, expected) in keys {
            let version = &expected["version"];
            let algorithm = expected["algorithm"].as_str().expect("an algorithm");
            let path = format!("{path}/versions/{version}?deleted=true&algorithm={algorithm}");
            let (status, mut found) = answer(&server, "GET", &path, Value::Null).await;
            let members = found.as_object_mut().expect("a key");
            members.remove("ts");
            members.remove("encryptedKeyMaterial");
            assert_eq!((status, found), (200, expected), "{}: {path}", place.name);
        }
    }
}
