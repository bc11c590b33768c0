//! HashiCorp Vault, and what speaks its protocol: the transit engine encrypts and decrypts.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::sync::Semaphore;
use url::Url;
use zeroize::Zeroizing;

use super::{KmsError, Secret};
use crate::outgoing::{body_of, root_cause};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(10);
/// How many requests are under way at a time.
const AT_ONCE: usize = 16;
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;
/// The longest token, in bytes.
const LONGEST_TOKEN: u64 = 16 * 1024;
/// The longest part of what Vault says that is passed on.
const LONGEST_SENTENCE: usize = 200;

/// What an address without a path allows: a token may write to other mounts too, where what is sent to
/// be encrypted would be stored.
const TRANSIT: &str = "transit";

/// Where the token comes from.
#[derive(Clone)]
pub enum VaultToken {
    /// It was given.
    Given(Zeroizing<String>),
    /// It is read from a file for every request, as it may be replaced there.
    File(PathBuf),
}

/// How to reach Vault.
pub struct VaultOptions {
    /// What identifiers of keys must start with: nothing else is ever called.
    pub addresses: Vec<Url>,
    /// Who we are.
    pub token: VaultToken,
    /// The namespace, where there are several.
    pub namespace: Option<String>,
}

/// Vault's transit engine.
pub struct Vault {
    http: Client,
    options: VaultOptions,
    turns: Semaphore,
}

/// What to ask the engine for.
#[derive(Clone, Copy)]
enum Verb {
    Encrypt,
    Decrypt,
}

impl Vault {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(options: VaultOptions) -> Result<Vault, String> {
        // Where Vault sends us on to was not allowed by anybody, nor was a proxy of the environment: it
        // would read the token and keys in the clear of an address without TLS.
        let http = Client::builder().redirect(Policy::none()).no_proxy();
        let http = http.connect_timeout(CONNECT_TIMEOUT).timeout(TIMEOUT);
        let http = http.build().map_err(|error| root_cause(&error))?;
        Ok(Vault { http, options, turns: Semaphore::new(AT_ONCE) })
    }

    /// Encrypt with the key `key_id`. The answer is Vault's text.
    pub(super) async fn encrypt(&self, key_id: &str, secret: &[u8]) -> Result<Vec<u8>, KmsError> {
        let plaintext = Zeroizing::new(STANDARD.encode(secret));
        let body = json!({ "plaintext": *plaintext });
        let text = self.ask(key_id, Verb::Encrypt, &body, "ciphertext").await?;
        Ok(text.as_bytes().to_vec())
    }

    /// Decrypt a text of Vault's.
    pub(super) async fn decrypt(&self, key_id: &str, wrapped: &[u8]) -> Result<Secret, KmsError> {
        let failed = |sentence: &str| KmsError::Failed(sentence.to_owned());
        let text = std::str::from_utf8(wrapped).map_err(|_| failed("it was not encrypted by Vault"))?;
        let plaintext = self.ask(key_id, Verb::Decrypt, &json!({ "ciphertext": text }), "plaintext").await?;
        let secret = STANDARD.decode(plaintext.as_bytes());
        secret.map(Zeroizing::new).map_err(|_| failed("Vault gave an answer that is not Base64"))
    }

    /// One request; the answer's member `wanted`.
    async fn ask(
        &self,
        key_id: &str,
        verb: Verb,
        body: &Value,
        wanted: &str,
    ) -> Result<Zeroizing<String>, KmsError> {
        let url = place(&self.options.addresses, key_id, verb).ok_or_else(|| {
            // Which addresses there are is nobody's business.
            let sentence = "the `kmsKeyId` is not of the form ADDRESS/MOUNT/keys/NAME below an address that \
                            this server was told of";
            KmsError::Failed(sentence.to_owned())
        })?;
        let token = self.options.token.read().await.map_err(KmsError::Failed)?;
        let unsaid = [Some(token.as_str()), body["plaintext"].as_str()];
        let said = |answer: &Value| said(answer, unsaid.into_iter().flatten());
        let body = Zeroizing::new(body.to_string());
        let mut authority = HeaderValue::from_str(&token).expect("tokens are visible ASCII");
        authority.set_sensitive(true);
        let mut request = self
            .http
            .post(url)
            .header("X-Vault-Request", "true")
            .header("X-Vault-Token", authority)
            .header("Content-Type", "application/json")
            .body(body.as_bytes().to_vec());
        if let Some(namespace) = &self.options.namespace {
            request = request.header("X-Vault-Namespace", namespace);
        }
        let unreachable = |error: reqwest::Error| {
            KmsError::Failed(format!("Vault cannot be reached: {}", root_cause(&error)))
        };
        let _turn = self.turns.acquire().await.expect("the semaphore is never closed");
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let answer = body_of(response, LONGEST_ANSWER).await.map_err(unreachable)?;
        let answer = Zeroizing::new(
            answer.ok_or_else(|| KmsError::Failed("Vault gave an answer that is too long".to_owned()))?,
        );
        let mut answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        match status {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(KmsError::Denied(format!("Vault denied access{}", said(&answer))));
            }
            other => return Err(KmsError::Failed(format!("Vault answered {other}{}", said(&answer)))),
        }
        match answer.pointer_mut(&format!("/data/{wanted}")).map(Value::take) {
            Some(Value::String(text)) => Ok(Zeroizing::new(text)),
            _ => Err(KmsError::Failed(format!("Vault gave an answer without `{wanted}`"))),
        }
    }
}

impl VaultToken {
    /// The token as it is now.
    ///
    /// # Errors
    /// When there is none, in a sentence that does not hold it.
    pub async fn read(&self) -> Result<Zeroizing<String>, String> {
        let token = match self {
            VaultToken::Given(token) => token.clone(),
            VaultToken::File(path) => {
                let mut text = Zeroizing::new(String::new());
                let read = async {
                    let file = tokio::fs::File::open(path).await?;
                    file.take(LONGEST_TOKEN + 1).read_to_string(&mut text).await
                };
                read.await.map_err(|error| format!("the file of Vault's token cannot be read: {error}"))?;
                text
            }
        };
        let trimmed = token.trim();
        if token.len() as u64 > LONGEST_TOKEN {
            return Err("the file of Vault's token is too long".to_owned());
        }
        if trimmed.is_empty() || !trimmed.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("there is no token for Vault".to_owned());
        }
        Ok(Zeroizing::new(trimmed.to_owned()))
    }
}

/// Where Vault does `verb` with the key `ADDRESS/MOUNT/keys/NAME`; `None` when the identifier is
/// another or leads out of every address. Whoever may register a key chooses its identifier, so host
/// and scheme are taken from the address, and segments may hold nothing that anybody reads twice.
fn place(addresses: &[Url], key_id: &str, verb: Verb) -> Option<Url> {
    let asked = Url::parse(key_id).ok()?;
    if !asked.username().is_empty() || asked.password().is_some() {
        return None;
    }
    if asked.query().is_some() || asked.fragment().is_some() {
        return None;
    }
    let segments: Vec<&str> = asked.path_segments()?.collect();
    let is_plain = |segment: &&str| {
        !segment.is_empty()
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if !segments.iter().all(is_plain) {
        return None;
    }
    let address = addresses.iter().find(|address| {
        let mut below: Vec<&str> =
            address.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).collect();
        if below.is_empty() {
            below.push(TRANSIT);
        }
        address.origin() == asked.origin() && segments.starts_with(&below)
    })?;
    let [mount @ .., "keys", name] = segments.as_slice() else { return None };
    if mount.is_empty() {
        return None;
    }
    let verb = match verb {
        Verb::Encrypt => "encrypt",
        Verb::Decrypt => "decrypt",
    };
    let mut url = address.clone();
    url.set_path(&format!("/v1/{}/{verb}/{name}", mount.join("/")));
    Some(url)
}

/// What Vault says itself, if it says something that repeats no secret.
fn said<'a>(answer: &Value, mut unsaid: impl Iterator<Item = &'a str>) -> String {
    let Some(sentence) = answer.pointer("/errors/0").and_then(Value::as_str) else { return String::new() };
    if unsaid.any(|secret| sentence.contains(secret)) {
        return String::new();
    }
    let shown: String = sentence.trim().chars().take(LONGEST_SENTENCE).collect();
    format!(": {}", shown.replace(char::is_control, " "))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{Verb, place};

    fn led_to(key_id: &str) -> Option<String> {
        let addresses = ["https://vault.test:8200", "http://inner.test/teams/a/"];
        let addresses = addresses.map(|address| Url::parse(address).expect("an address"));
        place(&addresses, key_id, Verb::Encrypt).map(Into::into)
    }

    #[test]
    fn keys_are_found_below_an_address() {
        for (key_id, url) in [
            ("https://vault.test:8200/transit/keys/k", "https://vault.test:8200/v1/transit/encrypt/k"),
            (
                "HTTPS://Vault.test:8200/transit/b/keys/k-1.x",
                "https://vault.test:8200/v1/transit/b/encrypt/k-1.x",
            ),
            (
                "https://vault.test:8200/transit/keys/x/keys/k",
                "https://vault.test:8200/v1/transit/keys/x/encrypt/k",
            ),
            ("http://inner.test:80/teams/a/keys/k", "http://inner.test/v1/teams/a/encrypt/k"),
            ("http://inner.test/teams/a/transit/keys/k", "http://inner.test/v1/teams/a/transit/encrypt/k"),
        ] {
            assert_eq!(led_to(key_id).as_deref(), Some(url), "{key_id}");
        }
    }

    #[test]
    fn nothing_else_is_ever_called() {
        for key_id in [
            "",
            "transit/keys/k",
            "http://169.254.169.254/transit/keys/k",
            "http://vault.test:8200/transit/keys/k",
            "https://vault.test/transit/keys/k",
            "https://vault.test:8200.evil.test/transit/keys/k",
            "https://vault.test:8200@evil.test/transit/keys/k",
            "https://user@vault.test:8200/transit/keys/k",
            "https://vault.test:8200/keys/k",
            "https://vault.test:8200/kv/data/keys/k",
            "https://vault.test:8200/sys/keys/k",
            "https://vault.test:8200/transit2/keys/k",
            "https://vault.test:8200//keys/k",
            "https://vault.test:8200/transit/keys/",
            "https://vault.test:8200/transit/keys/k/",
            "https://vault.test:8200/transit/key/k",
            "https://vault.test:8200/transit/keys/k?x=1",
            "https://vault.test:8200/transit/keys/k#x",
            "https://vault.test:8200/transit/keys/..%2f..%2fsys",
            "https://vault.test:8200/transit/keys/%2e%2e",
            "https://vault.test:8200/transit/keys/a b",
            "http://inner.test/transit/keys/k",
            "http://inner.test/teams/ab/keys/k",
            "http://inner.test/teams/a/../b/keys/k",
            "file:///transit/keys/k",
        ] {
            assert_eq!(led_to(key_id), None, "{key_id}");
        }
    }
}
