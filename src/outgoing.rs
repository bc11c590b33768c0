//! What the HTTP requests that this program makes itself have in common.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, Response};
use url::Url;

/// A user and a password.
pub type Credentials = (String, Option<String>);

/// What every client of a registry starts from, given the addresses that it is for.
pub fn client(roots: &[Url], connect: Duration, whole: Duration) -> ClientBuilder {
    let client = Client::builder()
        .connect_timeout(connect)
        .timeout(whole)
        .user_agent(concat!("dovetail/", env!("CARGO_PKG_VERSION")));
    if roots.iter().any(|root| root.scheme() != "http") {
        return client;
    }
    // The system's certificates are not needed, and a minimal image has none to load.
    client.tls_certs_only([])
}

/// Take the credentials out of an address.
pub fn take_credentials(root: &mut Url) -> Option<Credentials> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let is_there = !root.username().is_empty();
    let credentials = is_there.then(|| (decoded(root.username()), root.password().map(decoded)));
    let _ = (root.set_username(""), root.set_password(None));
    credentials
}

/// The body of an answer; `None`, and no more read, when it is longer than `longest` bytes.
///
/// # Errors
/// When it ends early.
pub async fn body_of(mut response: Response, longest: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await? {
        if body.len() + part.len() > longest {
            return Ok(None);
        }
        body.extend_from_slice(&part);
    }
    Ok(Some(body))
}

/// Why a request failed, in its innermost words: the outer ones repeat the URL, credentials included.
pub fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
