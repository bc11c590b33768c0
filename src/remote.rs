//! The few HTTP calls that commands make to a registry. Credentials in the URL are sent, and printed
//! nowhere.

use std::borrow::Cow;
use std::time::Duration;

use anyhow::anyhow;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::failure::Failure;
use crate::outgoing::{self, Credentials, root_cause, take_credentials};

/// The longest answer that is read, in bytes: a bound on what a server can make us hold.
const LONGEST_ANSWER: usize = 256 * 1024 * 1024;

/// A registry that is reached over HTTP.
#[derive(Clone)]
pub struct RegistryClient {
    http: reqwest::Client,
    root: Url,
    credentials: Option<Credentials>,
}

/// A registered version, as a registry shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct StoredVersion {
    /// The id of its schema.
    pub id: i32,
    /// Its number.
    pub version: i32,
    /// The text.
    pub schema: String,
    /// The language; Avro where it is not told.
    #[serde(rename = "schemaType", default)]
    pub format: Option<String>,
    /// What it refers to.
    #[serde(default)]
    pub references: Vec<StoredReference>,
}

/// A reference of a registered version.
#[derive(Debug, Clone, Deserialize)]
pub struct StoredReference {
    /// What the text calls it.
    pub name: String,
    /// The subject, in the context of the referrer unless it names one.
    pub subject: String,
    /// The version.
    pub version: i32,
}

impl RegistryClient {
    /// A client of the registry at `url`.
    ///
    /// # Errors
    /// When that is no address of a registry, or one of a context: what is asked there is answered for that
    /// context, so who asks for all of the registry would take a part for the whole.
    pub fn new(url: &str) -> Result<RegistryClient, Failure> {
        let wrong = |reason: &str| Failure::bad_request(anyhow!("the registry's URL {reason}"));
        let mut root = match Url::parse(url) {
            Ok(root) if matches!(root.scheme(), "http" | "https") && root.host().is_some() => root,
            Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase | url::ParseError::EmptyHost) => {
                return Err(wrong("must start with http:// or https:// and name a host"));
            }
            Err(error) => return Err(wrong(&format!("cannot be read: {error}"))),
        };
        if root.query().is_some() || root.fragment().is_some() {
            // Not repeated: it may hold a secret.
            return Err(wrong("must end before any `?` or `#`").with_hint(
                "Nothing behind them would be sent. Credentials go in front: https://USER:PASSWORD@HOST.",
            ));
        }
        let credentials = take_credentials(&mut root);
        if let Some((whole, context)) = split_context(&root) {
            return Err(wrong(&format!("leads into one context of it, `{context}`")).with_hint(format!(
                "Give the URL of the registry, {whole}. Commands that look at one context are told its name by \
                 --context, or by `context:` in the manifest; import, export and verify take all contexts."
            )));
        }
        let (connect, whole) = (Duration::from_secs(5), Duration::from_secs(30));
        let http = outgoing::client(std::slice::from_ref(&root), connect, whole).build();
        let http = http.map_err(|error| Failure::unable(anyhow!(error)))?;
        Ok(RegistryClient { http, root, credentials })
    }

    /// The URL without credentials.
    pub fn shown(&self) -> &str {
        self.root.as_str().trim_end_matches('/')
    }

    /// The numbers of the live versions of a subject, oldest first; `None` when it does not exist.
    pub async fn versions(&self, subject: &str) -> Result<Option<Vec<i32>>, Failure> {
        self.read(&["subjects", subject, "versions"], None).await
    }

    /// The numbers of all versions of a subject, soft-deleted ones included; `None` when there are none.
    pub async fn versions_ever(&self, subject: &str) -> Result<Option<Vec<i32>>, Failure> {
        self.read(&["subjects", subject, "versions"], Some("deleted=true")).await
    }

    /// The subjects that have live versions, in every context.
    pub async fn subjects(&self) -> Result<Vec<String>, Failure> {
        let found = self.read(&["subjects"], Some("subjectPrefix=:*:")).await?;
        Ok(found.unwrap_or_default())
    }

    /// The configuration that a subject has of its own; of the whole registry without one.
    pub async fn own_config(&self, subject: Option<&str>) -> Result<Option<Value>, Failure> {
        let path: &[&str] = match &subject {
            Some(subject) => &["config", subject],
            None => &["config"],
        };
        self.read_unless(path, None, |_, code| matches!(code, Some(40401..=40403 | 40408))).await
    }

    /// A version of a subject, soft-deleted or not.
    pub async fn version(&self, subject: &str, version: i32) -> Result<StoredVersion, Failure> {
        let number = version.to_string();
        let found = self.read(&["subjects", subject, "versions", &number], Some("deleted=true")).await?;
        found.ok_or_else(|| {
            Failure::unable(anyhow!("{} has no version {version} of `{subject}` any more", self.shown()))
        })
    }

    /// The configuration in force for a subject.
    pub async fn config(&self, subject: &str) -> Result<Option<Value>, Failure> {
        self.read(&["config", subject], Some("defaultToGlobal=true")).await
    }

    /// Who judges a subject; `None` for a registry that has no such setting.
    pub async fn judging(&self, subject: &str) -> Result<Option<Value>, Failure> {
        self.read_unless(&["v1", "settings", subject], Some("effective=true"), |status, _| {
            status == StatusCode::NOT_FOUND
        })
        .await
    }

    /// A GET of a route, and its URL without credentials.
    pub fn request(&self, path: &[&str], query: Option<&str>) -> (String, RequestBuilder) {
        self.request_of(Method::GET, path, query)
    }

    fn request_of(&self, method: Method, path: &[&str], query: Option<&str>) -> (String, RequestBuilder) {
        let mut url = self.root.clone();
        let segments = path.iter().map(|segment| in_path(segment));
        url.path_segments_mut().expect("an http URL has a path").pop_if_empty().extend(segments);
        url.set_query(query);
        let shown = url.to_string();
        let request = self.http.request(method, url);
        let request = request.header("Accept", "application/vnd.schemaregistry.v1+json, application/json");
        match &self.credentials {
            Some((user, password)) => (shown, request.basic_auth(user, password.as_deref())),
            None => (shown, request),
        }
    }

    /// GET and read a JSON answer; `None` for a 404 in the registry's own words.
    async fn read<T: serde::de::DeserializeOwned>(
        &self,
        path: &[&str],
        query: Option<&str>,
    ) -> Result<Option<T>, Failure> {
        self.read_unless(path, query, |_, code| matches!(code, Some(40401..=40403))).await
    }

    /// GET and read a JSON answer; `None` when status and error code say that there is none.
    async fn read_unless<T: serde::de::DeserializeOwned>(
        &self,
        path: &[&str],
        query: Option<&str>,
        is_absent: impl Fn(StatusCode, Option<i64>) -> bool,
    ) -> Result<Option<T>, Failure> {
        let answer = self.ask(Method::GET, path, query, None, &[]).await?;
        if answer.status.is_success() {
            return answer.read().map(Some);
        }
        if is_absent(answer.status, answer.code()) {
            return Ok(None);
        }
        Err(answer.failure())
    }

    /// Send a request and take whatever is answered: only no answer at all is a failure.
    ///
    /// # Errors
    /// When the registry cannot be reached, or answers without end.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &[&str],
        query: Option<&str>,
        body: Option<&Value>,
        headers: &[(&'static str, String)],
    ) -> Result<Answer, Failure> {
        let (url, mut request) = self.request_of(method.clone(), path, query);
        let asked = format!("{method} {url}");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request
                .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                .body(body.to_string());
        }
        let unreachable = |error: reqwest::Error| {
            let reason = root_cause(&error);
            Failure::unable(anyhow!("the registry {} cannot be reached: {reason}", self.shown())).with_hint(
                "Is the URL right and the registry up? `dovetail health URL/health/ready` asks it.",
            )
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let body = outgoing::body_of(response, LONGEST_ANSWER).await.map_err(unreachable)?;
        let body = body.ok_or_else(|| {
            Failure::unable(anyhow!("{asked} was answered with more than {LONGEST_ANSWER} bytes"))
        })?;
        Ok(Answer { asked, status, body })
    }
}

/// Where a URL leads into a context: the URL before that, and the context's name.
fn split_context(url: &Url) -> Option<(String, String)> {
    let segments: Vec<&str> = url.path_segments()?.collect();
    let place = segments.windows(2).position(|pair| pair[0] == "contexts" && !pair[1].is_empty())?;
    let mut whole = url.clone();
    whole.set_path(&segments[..place].join("/"));
    Some((whole.as_str().trim_end_matches('/').to_owned(), segments[place + 1].to_owned()))
}

/// A segment of a path. Subjects may be called like segments that mean something else there: these name
/// their context, which is the default one.
fn in_path(segment: &str) -> Cow<'_, str> {
    match segment {
        "" | "." | ".." => Cow::Owned(format!(":.:{segment}")),
        _ => Cow::Borrowed(segment),
    }
}

/// What a registry answered, whatever its status.
pub(crate) struct Answer {
    asked: String,
    pub(crate) status: StatusCode,
    body: Vec<u8>,
}

impl Answer {
    /// The JSON of the body.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Failure::unable(anyhow!("{} gave an answer that is not a registry's: {error}", self.asked))
        })
    }

    /// The JSON of the body of a success, or the failure that the answer is.
    pub(crate) fn success<T: serde::de::DeserializeOwned>(&self) -> Result<T, Failure> {
        if self.status.is_success() { self.read() } else { Err(self.failure()) }
    }

    /// The registry's own number for an error.
    pub(crate) fn code(&self) -> Option<i64> {
        self.error().get("error_code").and_then(Value::as_i64)
    }

    /// The registry's own words for an error.
    pub(crate) fn message(&self) -> Option<String> {
        self.error().get("message").and_then(Value::as_str).map(str::to_owned)
    }

    /// The failure that an answer is which is no success.
    pub(crate) fn failure(&self) -> Failure {
        let said = self.message().map(|text| format!(": {text}")).unwrap_or_default();
        let failure = Failure::unable(anyhow!("{} was answered with {}{said}", self.asked, self.status));
        if matches!(self.status.as_u16(), 401 | 403) {
            failure.with_hint("Credentials go into the URL: https://USER:PASSWORD@HOST.")
        } else {
            failure
        }
    }

    fn error(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Is the server at `url` ready? An answer that is not 2xx is a failure like none at all.
pub async fn ask_health(url: &str) -> Result<(), Failure> {
    let client = RegistryClient::new(url)?;
    let shown = client.shown();
    let response = client.http.get(client.root.clone()).timeout(Duration::from_secs(5)).send().await;
    let response = response
        .map_err(|error| Failure::unable(anyhow!("{shown} cannot be reached: {}", root_cause(&error))))?;
    match response.status() {
        status if status.is_success() => Ok(()),
        status => Err(Failure::unable(anyhow!("{shown} was answered with {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::RegistryClient;

    #[test]
    fn credentials_are_taken_out_of_the_url() {
        let client = RegistryClient::new("http://al+ice:p%40ss@registry.test/prefix/").expect("a URL");
        assert_eq!(client.shown(), "http://registry.test/prefix");
        assert_eq!(client.credentials, Some(("al+ice".to_owned(), Some("p@ss".to_owned()))));
    }

    #[test]
    fn a_subject_in_a_path_stays_one_whatever_it_is_called() {
        let client = RegistryClient::new("http://registry.test/prefix/").expect("a URL");
        for (subject, expected) in [
            ("a", "a"),
            ("a/b", "a%2Fb"),
            ("", ":.:"),
            (".", ":.:."),
            ("..", ":.:.."),
            ("...", "..."),
            (":.c:.", ":.c:."),
        ] {
            let (shown, _) = client.request(&["config", subject], None);
            assert_eq!(shown, format!("http://registry.test/prefix/config/{expected}"));
        }
    }

    #[test]
    fn a_url_of_a_context_is_none_of_a_registry() {
        for (wrong, whole) in [
            ("http://ann:s3cret@h/contexts/.c", "http://h"),
            ("http://h/contexts/:.c:/", "http://h"),
            ("http://h/registry/contexts/.c/subjects", "http://h/registry"),
        ] {
            let Err(failure) = RegistryClient::new(wrong) else { panic!("{wrong} is taken") };
            let hint = failure.hint.expect("what to do");
            assert!(hint.starts_with(&format!("Give the URL of the registry, {whole}. ")), "{hint}");
        }
        for right in ["http://contexts", "http://h/contexts", "http://h/contexts/", "http://h/my-contexts/.c"]
        {
            assert!(RegistryClient::new(right).is_ok(), "{right}");
        }
    }

    #[test]
    fn only_http_urls_lead_to_a_registry() {
        for wrong in [
            "localhost:8081",
            "ftp://x",
            "",
            "http://",
            "ann:s3cret@host",
            "http://h/?token=s3cret",
            "http://h/#s3cret",
        ] {
            let Err(failure) = RegistryClient::new(wrong) else { panic!("{wrong} is taken") };
            assert!(!format!("{:#} {:?}", failure.error, failure.hint).contains("s3cret"), "{wrong}");
        }
    }
}
