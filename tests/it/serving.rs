//! The server over a real socket: keep-alive, HEAD, and an orderly end.

use std::time::Duration;

use dovetail::api::{self, Options};
use dovetail::registry::{Defaults, Registry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::harness;

#[tokio::test]
async fn requests_share_a_connection_and_the_server_ends_when_told() {
    let place = harness::stores().await.into_iter().next().expect("a store");
    let registry = Registry::new(place.store.clone(), Defaults::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(api::serve(listener, registry, Options::default(), async move {
        let _dropped = stopped.await;
    }));

    let mut client = TcpStream::connect(address).await.expect("a connection");
    for (request, ending) in [
        ("GET /subjects HTTP/1.1\r\nhost: x\r\n\r\n", "\r\n\r\n[]"),
        ("GET /subjects HTTP/1.1\r\nhost: x\r\n\r\n", "\r\n\r\n[]"),
        ("HEAD /subjects HTTP/1.1\r\nhost: x\r\n\r\n", "\r\n\r\n"),
        ("GET //nothing HTTP/1.1\r\nhost: x\r\n\r\n", "HTTP 404 Not Found\"}"),
    ] {
        client.write_all(request.as_bytes()).await.expect("the request is sent");
        let mut answer = String::new();
        while !answer.ends_with(ending) {
            let mut bytes = [0; 4096];
            let read = tokio::time::timeout(Duration::from_secs(10), client.read(&mut bytes)).await;
            let length = read.expect("an answer in time").expect("an answer");
            assert!(length > 0, "the connection ended after {answer}");
            answer.push_str(std::str::from_utf8(&bytes[..length]).expect("text"));
        }
        assert!(answer.contains("x-request-id: "), "{answer}");
        if request.starts_with("HEAD") {
            assert!(answer.contains("content-length: 2\r\n"), "{answer}");
        }
    }

    stop.send(()).expect("the server listens");
    let ended = tokio::time::timeout(Duration::from_secs(10), server).await;
    ended.expect("an idle connection does not hold the server up").expect("no panic").expect("no error");
}
