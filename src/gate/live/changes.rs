//! The number of a registry's newest change, and what changed since.

use anyhow::anyhow;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::{Live, query};
use crate::failure::Failure;
use crate::model::Subject;

/// More changes than this are not looked at one by one.
const MOST: usize = 100_000;

/// A change, as `/v1/state` tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    pub(crate) seq: i64,
    pub(crate) caller: String,
    pub(crate) request_id: String,
    pub(crate) change: String,
    pub(crate) subject: String,
}

/// What changed since.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moved {
    /// The number of the newest change.
    pub(crate) sequence: i64,
    /// The changes, oldest first.
    pub(crate) changes: Vec<Change>,
}

#[derive(Deserialize)]
struct State {
    sequence: i64,
    #[serde(default)]
    changes: Vec<Change>,
}

impl Change {
    /// May it matter to somebody who looked at these subjects?
    pub(crate) fn concerns(&self, subjects: &[String]) -> bool {
        self.is_general() || subjects.contains(&self.subject)
    }

    /// Is it about a whole context, or about all of them?
    pub(crate) fn is_general(&self) -> bool {
        let subject = Subject::parse(&self.subject);
        subject.name().is_empty() || subject.context().is_global()
    }

    /// Who did what, for a sentence.
    pub(crate) fn told(&self) -> String {
        let what = if self.is_general() { "the settings of all" } else { self.subject.as_str() };
        format!("{what}: {} by {}", self.change, self.caller)
    }
}

impl Live {
    /// The number of the newest change; `None` for a registry that has no such thing.
    pub(crate) async fn sequence(&self) -> Result<Option<i64>, Failure> {
        Ok(self.state(None).await?.map(|state| state.sequence))
    }

    /// What the registry calls its store; `None` for one that does not tell.
    pub(crate) async fn identity(&self) -> Result<Option<String>, Failure> {
        let answer = self.client.ask(Method::GET, &["v1", "metadata", "id"], None, None, &[]).await?;
        if !answer.status.is_success() {
            // Older registries do not have it, and some hide it.
            return if answer.status.is_client_error() { Ok(None) } else { Err(answer.failure()) };
        }
        let Ok(told) = answer.read::<Value>() else { return Ok(None) };
        let cluster = told.pointer("/scope/clusters/kafka-cluster").and_then(Value::as_str);
        Ok(cluster.filter(|cluster| !cluster.is_empty()).map(str::to_owned))
    }

    /// What changed after change number `sequence`.
    pub(crate) async fn changes_after(&self, sequence: i64) -> Result<Moved, Failure> {
        let mut moved = Moved { sequence, changes: Vec::new() };
        let mut after = sequence;
        loop {
            let state = self.state(Some(after)).await?.ok_or_else(|| {
                Failure::unable(anyhow!("{} does not tell its changes any more", self.shown()))
            })?;
            moved.sequence = state.sequence;
            let Some(last) = state.changes.last() else { return Ok(moved) };
            // A registry that repeats itself is not followed for ever.
            if last.seq <= after || moved.changes.len() > MOST {
                return Err(Failure::unable(anyhow!("{} tells of too many changes", self.shown())));
            }
            after = last.seq;
            let is_all = last.seq >= state.sequence;
            moved.changes.extend(state.changes);
            if is_all {
                return Ok(moved);
            }
        }
    }

    async fn state(&self, after: Option<i64>) -> Result<Option<State>, Failure> {
        let query = after.map(|after| query(&[("after", &after.to_string())]));
        let answer = self.client.ask(Method::GET, &["v1", "state"], query.as_deref(), None, &[]).await?;
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
            return Ok(None);
        }
        answer.success().map(Some)
    }
}
