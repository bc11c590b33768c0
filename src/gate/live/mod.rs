//! A registry that is planned for and written to, over HTTP: what stands in it, and the few writes that
//! a plan is made of.
//!
//! Every registry of the protocol is understood. One of our own tells more: the number of its newest
//! change, and what changed since. A write can be made to depend on it.

mod changes;
mod listing;
mod writes;

use anyhow::anyhow;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use changes::Change;
pub(crate) use listing::{Everything, Listed, ListedReference};
pub(crate) use writes::{Condition, Written};

use crate::failure::Failure;
use crate::model::{Context, Format, Level, Metadata, Subject};
use crate::remote::RegistryClient;

/// How many requests are on their way at a time.
pub(crate) const AT_A_TIME: usize = 16;

/// A registry and the context of it that is meant.
#[derive(Clone)]
pub(crate) struct Live {
    client: RegistryClient,
    context: Context,
}

/// What a subject has recorded for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OwnConfig {
    /// The level, in the registry's word.
    pub(crate) level: Option<String>,
    /// How undeclared properties are treated, in the registry's word.
    pub(crate) policy: Option<String>,
    /// The subject that it stands for: what is asked of it, or done to it, is asked of that one.
    pub(crate) alias: Option<String>,
}

/// What is in force for a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InForce {
    pub(crate) level: Level,
    /// The member of the metadata that versions must share to be compared.
    pub(crate) group: Option<String>,
    /// Fields that metadata reserves may not be used.
    pub(crate) reserves_fields: bool,
}

/// What stands in a registry of a subject, texts left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The numbers of its live versions, oldest first.
    pub(crate) versions: Vec<i32>,
    /// The highest number that it ever had; 0 before the first.
    pub(crate) highest: i32,
    /// What it has recorded for itself; `None` when nothing.
    pub(crate) config: Option<OwnConfig>,
}

/// A schema as it is looked up and registered.
#[derive(Debug, Clone)]
pub(crate) struct Body<'a> {
    pub(crate) format: Format,
    pub(crate) text: &'a str,
    /// Name, subject, version.
    pub(crate) references: Vec<(&'a str, &'a str, i32)>,
    pub(crate) metadata: Option<&'a Metadata>,
    pub(crate) normalize: bool,
}

/// A version that holds what was looked up.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LookedUp {
    #[serde(default)]
    subject: String,
    pub(crate) version: i32,
    pub(crate) id: i32,
}

impl Live {
    /// The registry at `url`, and one of its contexts; `None` for the default one.
    ///
    /// # Errors
    /// When the URL is none, or the context's name.
    pub(crate) fn new(url: &str, context: Option<&str>) -> Result<Live, Failure> {
        let client = RegistryClient::new(url)?;
        let context = match context {
            None | Some("" | ".") => Context::default_context(),
            Some(name) => {
                let dotted = if name.starts_with('.') { name.to_owned() } else { format!(".{name}") };
                Context::new(&dotted).ok_or_else(|| {
                    Failure::bad_request(anyhow!("`{name}` is no context: a colon cannot be in its name"))
                })?
            }
        };
        Ok(Live { client, context })
    }

    /// The URL without credentials.
    pub(crate) fn shown(&self) -> &str {
        self.client.shown()
    }

    /// The name of the context, with its dot.
    pub(crate) fn context(&self) -> &str {
        self.context.as_str()
    }

    /// A client of the same registry.
    pub(crate) fn client(&self) -> RegistryClient {
        self.client.clone()
    }

    /// A subject as this registry spells it: with the context, where that is not the default one.
    pub(crate) fn qualified(&self, subject: &str) -> String {
        Subject::parse_in(subject, &self.context).to_string()
    }

    /// A subject without the context.
    pub(crate) fn unqualified(&self, subject: &str) -> String {
        Subject::parse_in(subject, &self.context).name().to_owned()
    }

    /// Does the subject belong to the context?
    pub(super) fn is_home_of(&self, subject: &str) -> bool {
        *Subject::parse(subject).context() == self.context
    }

    /// The names of all subjects of the context that have a live version.
    pub(crate) async fn subjects(&self) -> Result<Vec<String>, Failure> {
        let query = query(&[("subjectPrefix", &self.prefix())]);
        let answer = self.client.ask(Method::GET, &["subjects"], Some(&query), None, &[]).await?;
        let mut subjects: Vec<String> = answer.success()?;
        // Some registries do not know the parameter.
        subjects.retain(|subject| self.is_home_of(subject));
        subjects.sort();
        Ok(subjects)
    }

    /// What stands in the registry of a subject.
    pub(crate) async fn standing(&self, subject: &str) -> Result<Standing, Failure> {
        let mut versions = self.client.versions(subject).await?.unwrap_or_default();
        versions.sort_unstable();
        let ever = self.client.versions_ever(subject).await?.unwrap_or_default();
        let highest = ever.into_iter().chain(versions.last().copied()).max().unwrap_or_default();
        Ok(Standing { versions, highest, config: self.own_config(subject).await? })
    }

    /// What each subject has recorded for itself, in their order.
    pub(crate) async fn own_configs(
        &self,
        subjects: impl Iterator<Item = &str>,
    ) -> Result<Vec<Option<OwnConfig>>, Failure> {
        let asked = stream::iter(subjects).map(|subject| self.own_config(subject));
        asked.buffered(AT_A_TIME).try_collect().await
    }

    /// What a subject has recorded for itself; `None` when nothing.
    pub(crate) async fn own_config(&self, subject: &str) -> Result<Option<OwnConfig>, Failure> {
        // Under the empty name is what the context has recorded.
        if self.unqualified(subject).is_empty() {
            return Ok(None);
        }
        let answer = self.client.ask(Method::GET, &["config", subject], None, None, &[]).await?;
        if answer.status == StatusCode::NOT_FOUND && answer.code().is_some() {
            return Ok(None);
        }
        let config: Value = answer.success()?;
        let word = |member: &str| config.get(member).and_then(Value::as_str).map(str::to_owned);
        Ok(Some(OwnConfig {
            level: word("compatibilityLevel"),
            policy: word("compatibilityPolicy"),
            alias: word("alias").filter(|alias| !alias.is_empty()),
        }))
    }

    /// The live version of a subject that holds a schema; `None` when there is none. A schema that the
    /// registry does not take at all is a bad request.
    pub(crate) async fn look_up(&self, subject: &str, body: &Body<'_>) -> Result<Option<LookedUp>, Failure> {
        let query = body.normalize.then_some("normalize=true");
        let path = ["subjects", subject];
        let answer = self.client.ask(Method::POST, &path, query, Some(&body.json(subject)), &[]).await?;
        // What is no schema, or refers to nothing, is registered nowhere.
        if matches!(answer.code(), Some(40401 | 40403 | 42201)) {
            return Ok(None);
        }
        if answer.status == StatusCode::PAYLOAD_TOO_LARGE {
            return Err(Failure::bad_request(anyhow!("it is longer than {} takes", self.shown()))
                .with_hint("Shorten it, or raise the registry's limit on the length of requests."));
        }
        let found: LookedUp = answer.success()?;
        // A registry may answer with a subject of the same name in another context.
        Ok(Some(found).filter(|found| Subject::parse(&found.subject) == Subject::parse(subject)))
    }

    /// A version of a subject, live or not.
    pub(crate) async fn version(&self, subject: &str, version: i32) -> Result<Listed, Failure> {
        let number = version.to_string();
        let path = ["subjects", subject, "versions", &number];
        let answer = self.client.ask(Method::GET, &path, Some("deleted=true"), None, &[]).await?;
        answer.success()
    }

    /// The level of the context, where a subject has none of its own.
    pub(crate) async fn level(&self) -> Result<String, Failure> {
        let prefix = self.prefix();
        let path: &[&str] = if prefix.is_empty() { &["config"] } else { &["config", &prefix] };
        let answer = self.client.ask(Method::GET, path, Some("defaultToGlobal=true"), None, &[]).await?;
        let config: Value = answer.success()?;
        let level = config.get("compatibilityLevel").and_then(Value::as_str);
        Ok(level.unwrap_or("BACKWARD").to_owned())
    }

    /// What is in force for a subject.
    pub(crate) async fn in_force(&self, subject: &str) -> Result<InForce, Failure> {
        let config = self.client.config(subject).await?.unwrap_or_default();
        let word = |member: &str| config.get(member).and_then(Value::as_str).filter(|word| !word.is_empty());
        let level = word("compatibilityLevel").ok_or_else(|| {
            Failure::unable(anyhow!("{} does not tell the level of `{subject}`", self.shown()))
        })?;
        let level = level.parse().map_err(|error| {
            Failure::unable(anyhow!("{} tells a level that is none: {error}", self.shown()))
        })?;
        Ok(InForce {
            level,
            group: word("compatibilityGroup").map(str::to_owned),
            reserves_fields: config.get("validateFields").and_then(Value::as_bool).unwrap_or_default(),
        })
    }

    /// The address of what a subject has recorded for itself, without credentials.
    pub(crate) fn config_url(&self, subject: &str) -> String {
        self.client.request(&["config", subject], None).0
    }

    fn prefix(&self) -> String {
        if self.context.is_default() { String::new() } else { format!(":{}:", self.context) }
    }
}

impl Body<'_> {
    /// As the wire has it, for registering under `subject`. A subject of the same context is named
    /// without it, as people do: a registry compares references by their spelling.
    fn json(&self, subject: &str) -> Value {
        let home = Subject::parse(subject);
        let spelled = |subject: &str| {
            let subject = Subject::parse(subject);
            if subject.context() == home.context() { subject.name().to_owned() } else { subject.to_string() }
        };
        let reference = |(name, subject, version): &(&str, &str, i32)| json!({ "name": name, "subject": spelled(subject), "version": version });
        let mut body = json!({ "schema": self.text });
        if self.format != Format::Avro {
            body["schemaType"] = self.format.as_str().into();
        }
        if !self.references.is_empty() {
            body["references"] = self.references.iter().map(reference).collect();
        }
        if let Some(metadata) = self.metadata {
            body["metadata"] = json!(metadata);
        }
        body
    }
}

/// A query string.
fn query(parameters: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}
