//! The number of a registry's newest change, and what changed since.

use anyhow::anyhow;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::{Live, query};
use crate::failure::Failure;
use crate::model::{Context, Subject};

/// More changes than this are not looked at one by one.
const MOST: usize = 100_000;

/// The changes that say what holds for a subject, a context or all.
const SETTINGS: [&str; 6] =
    ["put-settings", "delete-settings", "put-mode", "delete-mode", "put-judge", "delete-judge"];

/// What changes of keys and of exporters end with: they say nothing of schemas.
const BESIDE: [&str; 3] = ["-kek", "-dek", "-exporter"];

/// A change, as `/v1/state` tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    pub(crate) seq: i64,
    /// When, in milliseconds since 1970.
    #[serde(default)]
    pub(crate) at: i64,
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
    /// May it matter to somebody who looked at these subjects, all of one context?
    pub(crate) fn concerns(&self, subjects: &[String], context: &str) -> bool {
        !self.is_beside() && (subjects.contains(&self.subject) || self.is_general_for(context))
    }

    /// Is it a setting of what stands above the subjects of a context? What another context sets for itself
    /// holds there only, and what the default one sets holds where others set nothing.
    fn is_general_for(&self, context: &str) -> bool {
        let scope = Subject::parse(&self.subject);
        let is_about_contexts = self.change == "delete-context" || self.change == "open-context";
        (self.is_setting() || is_about_contexts)
            && is_whole(&scope)
            && (holds_for_all(scope.context()) || scope.context().as_str() == context)
    }

    fn is_setting(&self) -> bool {
        SETTINGS.contains(&self.change.as_str())
    }

    fn is_beside(&self) -> bool {
        BESIDE.iter().any(|ending| self.change.ends_with(ending))
    }

    /// Who did what, for a sentence.
    pub(crate) fn told(&self) -> String {
        let scope = Subject::parse(&self.subject);
        let is_whole_set = self.is_setting() && is_whole(&scope);
        let what = match () {
            () if is_whole_set && holds_for_all(scope.context()) => "the settings of all".to_owned(),
            () if is_whole_set => format!("the settings of the context {}", scope.context()),
            // Key-encryption keys are of no context.
            () if self.is_beside() && scope.context().is_global() => scope.name().to_owned(),
            () if self.subject.is_empty() => "something without a name".to_owned(),
            () => self.subject.clone(),
        };
        format!("{what}: {} by {}", self.change, self.caller)
    }
}

/// Is it a context, and not one subject of it?
fn is_whole(scope: &Subject) -> bool {
    scope.name().is_empty() || scope.context().is_global()
}

/// Does what is set for a context hold in others too, which set nothing?
fn holds_for_all(context: &Context) -> bool {
    context.is_default() || context.is_global()
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

    /// What changed after change number `sequence`, and that change itself before it, where it is on record.
    pub(crate) async fn changes_from(&self, sequence: i64) -> Result<(Option<Change>, Moved), Failure> {
        if sequence <= 0 {
            return Ok((None, self.changes_after(sequence).await?));
        }
        let mut moved = self.changes_after(sequence - 1).await?;
        let is_first = moved.changes.first().is_some_and(|change| change.seq == sequence);
        let first = is_first.then(|| moved.changes.remove(0));
        Ok((first, moved))
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

#[cfg(test)]
mod tests {
    use super::Change;

    #[test]
    fn only_settings_above_a_context_hold_for_all_of_it() {
        for (change, subject, is_minded) in [
            ("put-settings", "", true),
            ("put-mode", ":.mine:", true),
            ("put-judge", ":.__GLOBAL:", true),
            ("delete-context", ":.mine:", true),
            ("put-settings", ":.other:", false),
            ("delete-mode", ":.other:", false),
            ("delete-context", ":.other:", false),
            ("put-kek", "", false),
            ("put-kek", ":.__GLOBAL:k1", false),
            ("put-dek", ":.mine:a", false),
            ("put-exporter", "", false),
            ("register", "", false),
            ("register", ":.mine:a", true),
            ("register", ":.mine:b", false),
            ("put-settings", ":.mine:a", true),
        ] {
            let told = Change {
                seq: 1,
                at: 0,
                caller: "ann".to_owned(),
                request_id: String::new(),
                change: change.to_owned(),
                subject: subject.to_owned(),
            };
            let concerns = told.concerns(&[":.mine:a".to_owned()], ".mine");
            assert_eq!(concerns, is_minded, "{change} of `{subject}`");
            assert_eq!(
                told.told().contains("settings of all"),
                matches!((change, subject), ("put-settings", "") | ("put-judge", _)),
                "{change}: {}",
                told.told()
            );
        }
    }
}
