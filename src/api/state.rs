//! `/v1/state`: where the registry stands. Who plans changes reads it, and has them made only as long as
//! nobody else made one.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::error::{ApiError, During};
use super::extract::{Query, optional_number};
use crate::model::Timestamp;
use crate::registry::{self, Registry};
use crate::store::Change;

/// How many changes are told at once.
const LONGEST: u32 = 1000;

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct StateQuery {
    /// Also list the changes after the one of this number, oldest first, at most a thousand of them.
    #[serde(deserialize_with = "optional_number")]
    #[param(value_type = Option<i64>)]
    pub after: Option<i64>,
}

/// Where the registry stands.
#[derive(Serialize, ToSchema)]
#[schema(as = RegistryState, example = json!({"sequence": 8844, "changes": [
    {"seq": 8844, "at": 1787443200000_i64, "caller": "anonymous", "requestId": "1c5a…", "change": "register",
     "subject": "orders-value", "version": 8, "id": 131}]}))]
pub struct StateView {
    /// The number of the newest change; it rises with every write. 0 before the first.
    sequence: i64,
    /// The changes that were asked for. There are more where the last of them is not the newest.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<ChangeView>>,
}

/// A change of the registry.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegistryChange)]
pub struct ChangeView {
    seq: i64,
    /// When, in milliseconds since 1970.
    #[schema(value_type = i64)]
    at: Timestamp,
    /// Who asked for it.
    caller: String,
    /// The `X-Request-ID` of the request.
    request_id: String,
    /// What was done: `register`, `delete`, `put-settings` and so on.
    change: &'static str,
    /// To which subject or scope.
    subject: String,
    /// The version, if it was about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
    /// The id of that version's schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i32>,
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> ChangeView {
        ChangeView {
            seq: change.seq,
            at: change.at,
            caller: change.actor,
            request_id: change.request_id,
            change: change.kind.as_str(),
            subject: change.subject.to_string(),
            version: change.version.map(|version| version.number()),
            id: change.id.map(|id| id.0),
        }
    }
}

/// Show the number of the newest change.
///
/// A write that carries the number in a header `Dovetail-If-State` is done only while no other change
/// was made: otherwise it is answered with 412, and nothing is written.
#[utoipa::path(get, path = "/v1/state", tag = "Server", params(StateQuery),
    responses((status = 200, description = "The state.", body = StateView), ApiError))]
pub async fn show(State(registry): State<Registry>, Query(query): Query<StateQuery>) -> Answer {
    let state = registry.state(query.after, LONGEST).await;
    let registry::State { sequence, changes } = state.during("Failed to read the state of the registry")?;
    let changes = query.after.map(|_| changes.into_iter().map(ChangeView::from).collect());
    // Never given again: somebody relies on it, and it costs one small read.
    answer::written(&StateView { sequence, changes })
}
