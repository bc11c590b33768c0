//! The yardstick of the load measurement: an axum server that does nothing but answer
//! `GET /schemas/ids/{id}` with the same bytes each time. What the registry adds is the difference.
//!
//! `benches/load/run` starts it with an address and the file that holds the bytes. Without these, as
//! `cargo bench` starts it, it only says so.

use std::{env, fs};

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use bytes::Bytes;
use tokio::net::TcpListener;

// The registry's allocator, so that the two differ in what they do and in nothing else.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [address, file] = arguments.as_slice() else {
        println!("bare_handler: measured by benches/load/run");
        return Ok(());
    };
    let body = Bytes::from(fs::read(file)?);
    let answer = move || async move { ([(CONTENT_TYPE, "application/vnd.schemaregistry.v1+json")], body) };
    let router = Router::new().route("/schemas/ids/{id}", get(answer));
    axum::serve(TcpListener::bind(address).await?, router).await?;
    Ok(())
}
