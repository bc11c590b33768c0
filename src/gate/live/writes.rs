//! The writes that a plan is made of. Each can be repeated without harm.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Body, Live};
use crate::failure::Failure;
use crate::remote::Answer;

/// The header that makes a write conditional.
const IF_STATE: &str = "dovetail-if-state";

/// What a write depends on, and what it is called in the record of changes.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// The number that the newest change must have; a registry that knows none ignores it.
    pub(crate) sequence: Option<i64>,
    /// What the request is called.
    pub(crate) request_id: String,
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is as it was to be.
    Done,
    /// Others changed something before; nothing was written.
    Moved,
    /// The registry does not do it, for this reason.
    Refused(String),
}

impl Live {
    /// Register a schema.
    pub(crate) async fn register(
        &self,
        subject: &str,
        body: &Body<'_>,
        condition: &Condition,
    ) -> Result<Written, Failure> {
        let query = body.normalize.then_some("normalize=true");
        let path = ["subjects", subject, "versions"];
        let json = body.json(subject);
        let answer = self.client.ask(Method::POST, &path, query, Some(&json), &condition.headers()).await?;
        written(&answer)
    }

    /// Record a level or a policy of a subject; what is `None` stays as it is.
    pub(crate) async fn configure(
        &self,
        subject: &str,
        level: Option<&str>,
        policy: Option<&str>,
        condition: &Condition,
    ) -> Result<Written, Failure> {
        let mut body = json!({});
        if let Some(level) = level {
            body["compatibility"] = level.into();
        }
        if let Some(policy) = policy {
            body["compatibilityPolicy"] = policy.into();
        }
        let path = ["config", subject];
        let answer = self.client.ask(Method::PUT, &path, None, Some(&body), &condition.headers()).await?;
        written(&answer)
    }

    /// Delete a subject softly: its versions can be brought back.
    pub(crate) async fn delete(&self, subject: &str, condition: &Condition) -> Result<Written, Failure> {
        let path = ["subjects", subject];
        let answer =
            self.client.ask(Method::DELETE, &path, None, None::<&Value>, &condition.headers()).await?;
        if matches!(answer.code(), Some(40401 | 40404)) {
            return Ok(Written::Done);
        }
        written(&answer)
    }
}

/// What an answer says. A registry that fails is a failure, one that refuses is not.
fn written(answer: &Answer) -> Result<Written, Failure> {
    match answer.status {
        status if status.is_success() => Ok(Written::Done),
        StatusCode::PRECONDITION_FAILED => Ok(Written::Moved),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(answer.failure()),
        status if status.is_client_error() => {
            Ok(Written::Refused(answer.message().unwrap_or_else(|| status.to_string())))
        }
        _ => Err(answer.failure()),
    }
}

impl Condition {
    fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("x-request-id", self.request_id.clone())];
        headers.extend(self.sequence.map(|sequence| (IF_STATE, sequence.to_string())));
        headers
    }
}
