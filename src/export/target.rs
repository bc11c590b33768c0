//! The registry that schemas are copied to, over HTTP.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use url::Url;

use crate::model::{InvalidExporter, TARGET_URL};
use crate::outgoing::{self, body_of, root_cause, take_credentials};

const SOURCE: &str = "basic.auth.credentials.source";
const USER_INFO: &str = "basic.auth.user.info";
const BEARER_SOURCE: &str = "bearer.auth.credentials.source";
const BEARER_TOKEN: &str = "bearer.auth.token";
/// Members that would change how the target is reached and that are not understood.
const UNKNOWN_WAYS: [&str; 3] = ["ssl.", "sasl.", "schema.registry.ssl."];

/// The longest part of what the target says that is passed on.
const LONGEST_SENTENCE: usize = 300;
/// Longer answers are no registry's.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Which registries schemas may be copied to. By default none: whoever may create exporters could
/// otherwise make the server call any place it can reach.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Targets {
    /// None.
    #[default]
    None,
    /// Those at or below these addresses.
    Below(Vec<Url>),
    /// All.
    Any,
}

impl Targets {
    fn allow(&self, root: &Url) -> bool {
        match self {
            Targets::None => false,
            Targets::Any => true,
            Targets::Below(allowed) => allowed.iter().any(|allowed| {
                let below = format!("{}/", allowed.path().trim_end_matches('/'));
                let same_server = allowed.origin() == root.origin();
                same_server && format!("{}/", root.path().trim_end_matches('/')).starts_with(&below)
            }),
        }
    }
}

impl FromStr for Targets {
    type Err = String;

    /// `any`, or addresses separated by commas.
    fn from_str(text: &str) -> Result<Targets, String> {
        if text.trim().eq_ignore_ascii_case("any") {
            return Ok(Targets::Any);
        }
        let address = |text: &str| match address_of(text) {
            Some(url) if url.username().is_empty() && url.password().is_none() => Ok(url),
            Some(_) => Err("credentials go into the configuration of an exporter, not here".to_owned()),
            None => Err("an address is such as https://west.example:8081; or `any`".to_owned()),
        };
        text.split(',').map(address).collect::<Result<_, _>>().map(Targets::Below)
    }
}

/// `None` unless it is a plain address that HTTP reaches.
fn address_of(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.host().is_some();
    (matches!(url.scheme(), "http" | "https") && is_plain).then_some(url)
}

/// A registry to copy to. Of several addresses the first one that answers is used.
pub(super) struct Target {
    http: reqwest::Client,
    roots: Vec<Url>,
    credentials: Credentials,
}

#[derive(Clone, PartialEq, Eq)]
enum Credentials {
    None,
    Basic(String, String),
    Bearer(String),
}

/// What the target said, or why it said nothing. Holds no credential.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The configuration of the exporter cannot be used.
    #[error(transparent)]
    Config(#[from] InvalidExporter),
    /// No address answers.
    #[error("the target {place} cannot be reached: {reason}")]
    Unreachable {
        /// Its addresses.
        place: String,
        /// Why.
        reason: String,
    },
    /// It refuses.
    #[error("the target answered {request} with {status}: {message}")]
    Refused {
        /// Method and path.
        request: String,
        /// The status.
        status: u16,
        /// The error code, if it is a registry's answer.
        code: Option<i64>,
        /// What it says.
        message: String,
    },
}

/// Can a target be reached with this configuration?
///
/// # Errors
/// When a member is missing, wrong, or asks for something that there is not or that may not be.
pub fn check_config(config: &BTreeMap<String, String>, targets: &Targets) -> Result<(), InvalidExporter> {
    read_config(config, targets).map(drop)
}

fn read_config(
    config: &BTreeMap<String, String>,
    targets: &Targets,
) -> Result<(Vec<Url>, Credentials), InvalidExporter> {
    let wrong = |sentence: String| Err(InvalidExporter::Config(sentence));
    if let Some(member) = config.keys().find(|key| UNKNOWN_WAYS.iter().any(|way| key.starts_with(way))) {
        return wrong(format!("`{member}` is not available in this version"));
    }
    let Some(addresses) = config.get(TARGET_URL) else {
        return wrong(format!("`{TARGET_URL}` is missing: the address of the registry to copy to"));
    };
    let mut roots = Vec::new();
    let mut in_url = None;
    for address in addresses.split(',').map(str::trim).filter(|address| !address.is_empty()) {
        let Some(mut root) = address_of(address) else {
            return wrong(format!(
                "`{TARGET_URL}` must start with http:// or https://, name a host and hold no query"
            ));
        };
        in_url = take_credentials(&mut root).or(in_url);
        if !targets.allow(&root) {
            let place = root.origin().ascii_serialization();
            return wrong(format!(
                "this server may not copy to {place}: it was not started with --exporter-targets for it"
            ));
        }
        roots.push(root);
    }
    if roots.is_empty() {
        return wrong(format!("`{TARGET_URL}` names no address"));
    }
    let named = |key: &str| config.get(key).map(|text| text.trim().to_uppercase());
    let credentials = match (named(SOURCE).as_deref(), named(BEARER_SOURCE).as_deref()) {
        (None | Some(""), None | Some("")) | (Some("URL"), None) => match in_url {
            Some((user, password)) => Credentials::Basic(user, password.unwrap_or_default()),
            None => Credentials::None,
        },
        (Some("USER_INFO"), None) => match config.get(USER_INFO).and_then(|info| info.split_once(':')) {
            Some((user, password)) => Credentials::Basic(user.to_owned(), password.to_owned()),
            None => return wrong(format!("`{USER_INFO}` must read USER:PASSWORD")),
        },
        (None, Some("STATIC_TOKEN")) => match config.get(BEARER_TOKEN) {
            Some(token) => Credentials::Bearer(token.clone()),
            None => return wrong(format!("`{BEARER_TOKEN}` is missing")),
        },
        _ => {
            return wrong(format!(
                "`{SOURCE}` can be USER_INFO or URL, or `{BEARER_SOURCE}` STATIC_TOKEN; not both"
            ));
        }
    };
    Ok((roots, credentials))
}

impl Target {
    pub(super) fn new(config: &BTreeMap<String, String>, targets: &Targets) -> Result<Target, TargetError> {
        let (roots, credentials) = read_config(config, targets)?;
        let http = outgoing::client(&roots, Duration::from_secs(3), Duration::from_secs(10));
        let http = http
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| TargetError::Unreachable { place: place(&roots), reason: root_cause(&error) })?;
        Ok(Target { http, roots, credentials })
    }

    /// What the target is called, if it says.
    pub(super) async fn cluster_id(&self) -> Option<String> {
        let answer = self.ask(Method::GET, &["v1", "metadata", "id"], None, None).await.ok()?;
        answer.pointer("/scope/clusters/kafka-cluster").and_then(Value::as_str).map(str::to_owned)
    }

    /// The name of the mode in force for a subject.
    pub(super) async fn mode(&self, subject: &str) -> Result<String, TargetError> {
        let answer = self.ask(Method::GET, &["mode", subject], Some("defaultToGlobal=true"), None).await?;
        Ok(answer.get("mode").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    pub(super) async fn put(&self, path: &[&str], body: &Value) -> Result<(), TargetError> {
        self.ask(Method::PUT, path, None, Some(body)).await.map(drop)
    }

    pub(super) async fn post(&self, path: &[&str], body: &Value) -> Result<(), TargetError> {
        self.ask(Method::POST, path, None, Some(body)).await.map(drop)
    }

    /// Delete something; that it is not there, or is deleted already, is as good.
    pub(super) async fn delete(&self, path: &[&str], query: Option<&str>) -> Result<(), TargetError> {
        match self.ask(Method::DELETE, path, query, None).await {
            Err(TargetError::Refused { code: Some(40401..=40406), .. }) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Ask the first address that answers.
    async fn ask(
        &self,
        method: Method,
        path: &[&str],
        query: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, TargetError> {
        let mut unreachable = String::new();
        for root in &self.roots {
            let mut url = root.clone();
            url.path_segments_mut().expect("an http URL has a path").pop_if_empty().extend(path);
            url.set_query(query);
            let shown = format!("{method} {}", url.path());
            let mut request = self.authorized(self.http.request(method.clone(), url));
            if let Some(body) = body {
                request = request
                    .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                    .body(body.to_string());
            }
            let request =
                request.header("Accept", "application/vnd.schemaregistry.v1+json, application/json");
            let outcome = async {
                let response = request.send().await?;
                Ok::<_, reqwest::Error>((
                    response.status(),
                    body_of(response, LONGEST_ANSWER).await?.unwrap_or_default(),
                ))
            };
            match outcome.await {
                Ok((status, _))
                    if status == StatusCode::BAD_GATEWAY || status == StatusCode::SERVICE_UNAVAILABLE =>
                {
                    unreachable = format!("{shown} was answered with {status}");
                }
                Ok((status, bytes)) => return read(shown, status, &bytes),
                Err(error) => unreachable = root_cause(&error),
            }
        }
        Err(TargetError::Unreachable { place: place(&self.roots), reason: unreachable })
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.credentials {
            Credentials::None => request,
            Credentials::Basic(user, password) => request.basic_auth(user, Some(password)),
            Credentials::Bearer(token) => request.bearer_auth(token),
        }
    }
}

fn read(request: String, status: StatusCode, bytes: &[u8]) -> Result<Value, TargetError> {
    let answer: Value = serde_json::from_slice(bytes).unwrap_or_default();
    if status.is_success() {
        return Ok(answer);
    }
    let message = answer.get("message").and_then(Value::as_str).unwrap_or("no answer of a registry");
    Err(TargetError::Refused {
        request,
        status: status.as_u16(),
        code: answer.get("error_code").and_then(Value::as_i64),
        message: message.chars().take(LONGEST_SENTENCE).collect(),
    })
}

fn place(roots: &[Url]) -> String {
    let shown = roots.iter().map(|root| root.as_str().trim_end_matches('/'));
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Credentials, Targets, read_config};

    fn config(members: &[(&str, &str)]) -> BTreeMap<String, String> {
        members.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn credentials_come_from_where_the_configuration_says() {
        let url = ("schema.registry.url", "http://u:p%40ss@a.test:8081/x/, http://b.test");
        let basic = |user: &str, password: &str| Credentials::Basic(user.into(), password.into());
        for (members, credentials) in [
            (vec![url], basic("u", "p@ss")),
            (vec![("schema.registry.url", "http://a.test")], Credentials::None),
            (
                vec![url, ("basic.auth.credentials.source", "USER_INFO"), ("basic.auth.user.info", "me:a:b")],
                basic("me", "a:b"),
            ),
            (
                vec![url, ("bearer.auth.credentials.source", "static_token"), ("bearer.auth.token", "t")],
                Credentials::Bearer("t".into()),
            ),
        ] {
            let Ok((roots, found)) = read_config(&config(&members), &Targets::Any) else {
                panic!("{members:?}")
            };
            assert!(found == credentials, "{members:?}");
            assert!(roots.iter().all(|root| root.username().is_empty() && root.password().is_none()));
        }
    }

    #[test]
    fn what_cannot_be_reached_is_refused() {
        for members in [
            vec![],
            vec![("schema.registry.url", "")],
            vec![("schema.registry.url", "ftp://a")],
            vec![("schema.registry.url", "http://a?token=x")],
            vec![("schema.registry.url", "http://a"), ("ssl.keystore.location", "x")],
            vec![("schema.registry.url", "http://a"), ("basic.auth.credentials.source", "USER_INFO")],
            vec![("schema.registry.url", "http://a"), ("basic.auth.credentials.source", "SASL_INHERIT")],
        ] {
            assert!(read_config(&config(&members), &Targets::Any).is_err(), "{members:?}");
        }
    }

    #[test]
    fn only_the_targets_that_are_allowed_are_called() {
        let allows = |targets: &str, url: &str| {
            let targets: Targets = targets.parse().expect(targets);
            read_config(&config(&[("schema.registry.url", url)]), &targets).is_ok()
        };
        for (targets, url, is_allowed) in [
            ("any", "http://a.test:81/x", true),
            ("http://a.test:81", "http://a.test:81/x", true),
            ("http://b.test, http://a.test/x/", "http://u:p@a.test/x", true),
            ("http://a.test/x", "http://a.test/xy", false),
            ("http://a.test/x", "http://a.test/x/../y", false),
            ("http://a.test:81", "http://a.test:82", false),
            ("http://a.test", "https://a.test", false),
            ("http://a.test", "http://a.test, http://b.test", false),
            ("http://a.test", "http://a.test.evil.test", false),
        ] {
            assert_eq!(allows(targets, url), is_allowed, "{targets} {url}");
        }
        let anywhere = config(&[("schema.registry.url", "http://a.test")]);
        assert!(read_config(&anywhere, &Targets::default()).is_err());
        for wrong in ["", "a.test", "ftp://a.test", "http://u:p@a.test", "http://a.test?x"] {
            assert!(wrong.parse::<Targets>().is_err(), "{wrong}");
        }
    }
}
