//! `/contexts`: namespaces of subjects and ids.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::address::context_prefix;
use super::answer::{self, Answer};
use super::error::{ApiError, BadName, During, Refusals};
use super::extract::{Caller, ContextPath, Query};
use super::shapes::{Paging, cut};
use crate::model::Subject;
use crate::registry::Registry;

/// Query parameters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ContextsQuery {
    /// Only contexts whose names start so, as in `.c`.
    pub context_prefix: String,
}

/// List contexts.
///
/// The default context `.` comes first; a context appears with its first schema.
#[utoipa::path(get, path = "/contexts", tag = "Contexts", params(ContextsQuery, Paging),
    responses((status = 200, description = "Contexts.", body = Vec<String>, example = json!([".", ".test"])),
        ApiError))]
pub async fn list(
    State(registry): State<Registry>,
    Query(query): Query<ContextsQuery>,
    Query(paging): Query<Paging>,
) -> Answer {
    let contexts = registry.contexts().await.during("Error while listing contexts")?;
    let names =
        contexts.iter().map(ToString::to_string).filter(|name| name.starts_with(&query.context_prefix));
    answer::read(&cut(names.collect::<Vec<String>>(), &paging, usize::MAX))
}

/// Delete an empty context.
///
/// Its configuration and mode stay. A context that never was is as good as deleted.
#[utoipa::path(delete, path = "/contexts/{context}", tag = "Contexts",
    params(("context" = String, Path, description = "The context: `ctx`, `.ctx` or `:.ctx:`.")),
    responses((status = 204, description = "Deleted."),
        (status = 405, description = "The default context stays."), ApiError, BadName, Refusals))]
pub async fn delete(
    State(registry): State<Registry>,
    ContextPath(text): ContextPath,
    Caller(caller): Caller,
) -> Result<StatusCode, ApiError> {
    let context = Subject::parse(&context_prefix(&text)?).context().clone();
    if context.is_default() {
        return Err(ApiError::method_not_allowed());
    }
    registry.delete_context(&context, &caller).await.during("Error while deleting context")?;
    Ok(StatusCode::NO_CONTENT)
}
