//! The server as a process would run it: keep-alive, HEAD, requests that take too long, an orderly
//! end, and what one node sees of another.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::Body;
use dovetail::api::{self, Answers, Options};
use dovetail::model::Subject;
use dovetail::registry::{Caller, Defaults, Registry};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::harness::{self, TestStore};

/// A server on a port of its own.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
    _place: TestStore,
}

async fn serve(options: Options) -> Running {
    let place = harness::stores().await.into_iter().next().expect("a store");
    let registry = Registry::new(place.store.clone(), Defaults::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(api::serve(listener, registry, options, async move {
        let _dropped = stopped.await;
    }));
    Running { address, stop, server, _place: place }
}

/// What comes back until it ends with `ending`.
async fn read_until(client: &mut TcpStream, ending: &str) -> String {
    let mut answer = String::new();
    while !answer.ends_with(ending) {
        let mut bytes = [0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(10), client.read(&mut bytes)).await;
        let length = read.expect("an answer in time").expect("an answer");
        assert!(length > 0, "the connection ended after {answer}");
        answer.push_str(std::str::from_utf8(&bytes[..length]).expect("text"));
    }
    answer
}

async fn ended(server: JoinHandle<io::Result<()>>) {
    let ended = tokio::time::timeout(Duration::from_secs(10), server).await;
    ended.expect("the server ends in time").expect("no panic").expect("no error");
}

async fn answer(server: &Answers, method: &str, path: &str, body: &'static str) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(path).body(Body::from(body)).expect("a request");
    let (parts, body) = server.answer(request).await.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (parts.status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn requests_share_a_connection_and_the_server_ends_when_told() {
    let Running { address, stop, server, _place } = serve(Options::default()).await;
    let mut client = TcpStream::connect(address).await.expect("a connection");
    for (request, ending) in [
        ("GET /subjects HTTP/1.1\r\nhost: x\r\n\r\n", "\r\n\r\n[]"),
        ("GET /subjects HTTP/1.1\r\nhost: x\r\n\r\n", "\r\n\r\n[]"),
        ("HEAD /subjects HTTP/1.1\r\nhost: x\r\n\r\n", "\r\n\r\n"),
        ("GET //nothing HTTP/1.1\r\nhost: x\r\n\r\n", "HTTP 404 Not Found\"}"),
    ] {
        client.write_all(request.as_bytes()).await.expect("the request is sent");
        let answer = read_until(&mut client, ending).await;
        assert!(answer.contains("x-request-id: "), "{answer}");
        if request.starts_with("HEAD") {
            assert!(answer.contains("content-length: 2\r\n"), "{answer}");
        }
    }

    stop.send(()).expect("the server listens");
    ended(server).await;
}

#[tokio::test]
async fn what_is_in_flight_is_finished_before_the_server_ends() {
    let Running { address, stop, server, _place } = serve(Options::default()).await;
    let mut client = TcpStream::connect(address).await.expect("a connection");
    let body = r#"{"schema":"\"string\""}"#;
    let head = format!(
        "POST /subjects/s/versions HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await.expect("the head is sent");
    // The server asks for the body once it works on the request.
    read_until(&mut client, "100 Continue\r\n\r\n").await;
    stop.send(()).expect("the server listens");
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!server.is_finished(), "the server ended over a request");
    client.write_all(body.as_bytes()).await.expect("the body is sent");
    let answer = read_until(&mut client, "}").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#"{"id":1,"version":1,"#), "{answer}");
    ended(server).await;
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let options = Options { request_timeout: Duration::from_millis(100), ..Options::default() };
    let Running { address, stop, server, _place } = serve(options).await;
    // A short body is collected before the request is routed, a long one by the route.
    for length in [1000, 1_000_000] {
        let mut client = TcpStream::connect(address).await.expect("a connection");
        let head = format!(
            "POST /subjects/s/versions HTTP/1.1\r\nhost: x\r\naccept: application/json\r\n\
             content-length: {length}\r\n\r\n{{"
        );
        client.write_all(head.as_bytes()).await.expect("half a request is sent");
        let answer = read_until(&mut client, "}").await;
        assert!(answer.starts_with("HTTP/1.1 504 Gateway Timeout\r\n"), "{answer}");
        assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
        assert!(answer.ends_with(r#"{"error_code":504,"message":"Request timed out"}"#), "{answer}");
    }
    stop.send(()).expect("the server listens");
    ended(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_takes_too_long_did_not_happen() {
    for place in harness::stores().await {
        let registry = Registry::new(place.store.clone(), Defaults::default());
        let options = Options { request_timeout: Duration::from_millis(300), ..Options::default() };
        let server = api::service(registry, &options);
        let body = r#"{"schema":"\"string\""}"#;
        let writer = Caller { actor: "another".into(), request_id: "slow".into(), now: 1 };
        let mut slow = place.store.write(&writer).await.expect("a transaction");
        slow.lock_subjects(&[&Subject::parse("s")]).await.expect("a lock");

        let (status, text) = answer(&server, "POST", "/subjects/s/versions", body).await;
        assert_eq!((status.as_u16(), text.contains("504")), (504, true), "{}: {text}", place.name);
        let (status, text) = answer(&server, "GET", "/subjects/s/versions", "").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{}: a reader waits for nobody: {text}", place.name);
        drop(slow);

        let patient =
            api::service(Registry::new(place.store.clone(), Defaults::default()), &Options::default());
        let (status, text) = answer(&patient, "POST", "/subjects/s/versions", body).await;
        assert_eq!(status, StatusCode::OK, "{}: {text}", place.name);
        assert!(text.starts_with(r#"{"id":1,"version":1,"#), "{}: {text}", place.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_soon_sees_what_another_one_wrote() {
    for place in harness::stores().await.into_iter().filter(|place| place.name == "Postgres") {
        let here = api::service(Registry::new(place.store.clone(), Defaults::default()), &Options::default());
        let other_store = place.open_again().await;
        let there =
            api::service(Registry::new(other_store.clone(), Defaults::default()), &Options::default());
        let following = tokio::spawn(async move { other_store.follow(std::future::pending()).await });
        let check = r#"{"schema":"\"int\""}"#;
        let kept = answer(&there, "POST", "/compatibility/subjects/s/versions/latest", check).await;
        assert!(kept.1.contains("true"), "{}", kept.1);
        assert_eq!(answer(&there, "GET", "/subjects", "").await.1, "[]");

        let registered = answer(&here, "POST", "/subjects/s/versions", r#"{"schema":"\"string\""}"#).await;
        assert_eq!(registered.0, StatusCode::OK);
        let started = Instant::now();
        while answer(&there, "GET", "/subjects", "").await.1 != r#"["s"]"# {
            assert!(started.elapsed() < Duration::from_secs(5), "the other node keeps its old answer");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let fresh = answer(&there, "POST", "/compatibility/subjects/s/versions/latest", check).await;
        assert!(fresh.1.contains("false"), "{}", fresh.1);
        following.abort();
    }
}
